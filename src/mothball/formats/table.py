"""The formats: what each is, and the module that reads it. Which file names stand for them: ``formats/names.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.names import (
    INCLUDE_SUFFIXES,
    INCLUDING_FORMATS,
    PATTERNS,
    FilePattern,
    format_of,
    is_constraints,
    may_be_dependency_file,
    may_be_included,
)
from mothball.model.document import DependencyKind
from mothball.model.errors import UnreadableFileError, decoding_error

if TYPE_CHECKING:
    from mothball.model.document import Document

__all__ = [
    "FORMATS",
    "INCLUDE_SUFFIXES",
    "INCLUDING_FORMATS",
    "PATTERNS",
    "FilePattern",
    "decode",
    "format_of",
    "is_constraints",
    "may_be_dependency_file",
    "may_be_included",
    "parse",
]

# Format name to what it is, for people.
FORMATS = {
    "pyproject": "pyproject.toml: project metadata, dependency groups, build requirements, the tables of tools",
    "requirements": "requirements and constraints files, as pip reads them",
    "pipfile": "Pipfile: the packages of Pipenv, by category",
    "hatch-toml": "hatch.toml: environments and builds of Hatch",
    "pixi-toml": "pixi.toml: the PyPI dependencies of pixi, by feature and platform",
    "tox-toml": "tox.toml: what the environments of tox install",
    "setup-cfg": "setup.cfg: the lists of setuptools, and tox where its configuration stands there",
    "setup-py": "setup.py: the literals in a call of setup(), never executed",
    "tox-ini": "tox.ini: what the environments of tox install",
    "conda-env": "environment.yml of conda: its pip: lists; conda packages are skipped",
    "pre-commit": ".pre-commit-config.yaml: additional_dependencies of Python hooks",
    "script": "Python scripts with metadata in their comments (PEP 723); only with --as script",
    "uv-lock": "uv.lock, and the locks of scripts that uv writes",
    "poetry-lock": "poetry.lock",
    "pdm-lock": "pdm.lock",
    "pylock": "pylock.toml, the lock format of all tools (PEP 751)",
    "pipfile-lock": "Pipfile.lock of Pipenv",
}

# The module that reads a format, where ``parse(text)`` is all there is to it.
_MODULES = {
    "pyproject": "manifests.document",
    "pipfile": "manifests.pipfile",
    "hatch-toml": "manifests.tool_hatch",
    "pixi-toml": "manifests.tool_pixi",
    "tox-toml": "manifests.tool_tox",
    "setup-cfg": "ini.setup_cfg",
    "setup-py": "python.setup_py",
    "tox-ini": "ini.tox_ini",
    "conda-env": "yaml.conda_env",
    "pre-commit": "yaml.pre_commit",
    "script": "manifests.script",
    "uv-lock": "locks.uv",
    "poetry-lock": "locks.poetry",
    "pdm-lock": "locks.pdm",
    "pylock": "locks.pylock",
    "pipfile-lock": "locks.pipfile",
}

# Where the first two lines may say in which encoding the file is (PEP 263).
_WITH_CODING_LINE = frozenset({"requirements", "script", "setup-py"})
_SCRIPT_MARK = b"# /// script"


def decode(format_name: str, path: str, data: bytes) -> str:
    """Return ``data``, the bytes of the file at ``path``, as text without a byte-order mark; line ends stay.

    Raises UnreadableFileError where the bytes are not in the encoding that the format, or the file itself, prescribes.
    """
    if format_name == "script" and _SCRIPT_MARK not in data:
        # Without metadata nothing in it is ours to read, in whatever encoding it is.
        return data.decode("latin-1")
    try:
        if format_name in _WITH_CODING_LINE:
            from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - only the format at hand is imported

            return requirements.decode(data)
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise decoding_error(path, data, error) from error
    except LookupError as error:
        raise UnreadableFileError(
            path, f"its coding line is of no use: {error}", help_text="save it as UTF-8"
        ) from error


def parse(format_name: str, text: str, kind: DependencyKind = DependencyKind.REQUIREMENT) -> Document:
    """Read ``text`` as a file of ``format_name``; imports that format's module alone.

    ``kind`` says what the entries of a requirements file are to the project; other formats know by themselves. Raises
    KeyError for a format that is not in ``FORMATS``, and nothing else.
    """
    if format_name == "requirements":
        from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - only the format at hand is imported

        return requirements.parse(text, kind=kind)
    # importlib.import_module does the same, and its own import costs as much as a format's.
    document: Document = __import__(f"mothball.formats.{_MODULES[format_name]}", fromlist=["parse"]).parse(text)
    return document
