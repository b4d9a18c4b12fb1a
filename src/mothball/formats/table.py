"""The one table: file name to format. Whoever asks which files mothball reads finds the answer here.

The patterns are data because the hook's ``files`` expression, the documentation and the editors are made of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mothball.errors import UnreadableFileError, undecodable
from mothball.model import Kind
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from mothball.model import Document


class FilePattern(NamedTuple):
    """A shape of file names; ``*`` stands for any characters, letters are told apart by case.

    ``parent`` is the name of the directory that must hold the file, empty where any may.
    """

    name: str
    format: str
    parent: str = ""


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
    "conda-env": "environment.yml of conda: its pip: lists; conda packages are withheld",
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
    "pyproject": "pyproject",
    "pipfile": "pipfile",
    "hatch-toml": "tool_hatch",
    "pixi-toml": "tool_pixi",
    "tox-toml": "tool_tox",
    "setup-cfg": "setup_cfg",
    "setup-py": "setup_py",
    "tox-ini": "tox_ini",
    "conda-env": "conda_env",
    "pre-commit": "pre_commit",
    "script": "script",
    "uv-lock": "uv_lock",
    "poetry-lock": "poetry_lock",
    "pdm-lock": "pdm_lock",
    "pylock": "pylock",
    "pipfile-lock": "pipfile_lock",
}

# The first that matches wins.
PATTERNS = (
    FilePattern("pyproject.toml", "pyproject"),
    FilePattern("Pipfile", "pipfile"),
    FilePattern("hatch.toml", "hatch-toml"),
    FilePattern("pixi.toml", "pixi-toml"),
    FilePattern("tox.toml", "tox-toml"),
    FilePattern("setup.cfg", "setup-cfg"),
    FilePattern("setup.py", "setup-py"),
    FilePattern("tox.ini", "tox-ini"),
    FilePattern("*environment*.yml", "conda-env"),
    FilePattern("*environment*.yaml", "conda-env"),
    FilePattern(".pre-commit-config.yaml", "pre-commit"),
    FilePattern(".pre-commit-hooks.yaml", "pre-commit"),
    FilePattern("uv.lock", "uv-lock"),
    FilePattern("*.py.lock", "uv-lock"),
    FilePattern("poetry.lock", "poetry-lock"),
    FilePattern("pdm.lock", "pdm-lock"),
    FilePattern("pylock.toml", "pylock"),
    FilePattern("pylock.*.toml", "pylock"),
    FilePattern("Pipfile.lock", "pipfile-lock"),
    FilePattern("*requirements*.txt", "requirements"),
    FilePattern("*requirements*.in", "requirements"),
    FilePattern("*constraints*.txt", "requirements"),
    FilePattern("*constraints*.in", "requirements"),
    FilePattern("*.txt", "requirements", parent="requirements"),
    FilePattern("*.in", "requirements", parent="requirements"),
)

# Where the first two lines may say in which encoding the file is (PEP 263).
_WITH_CODING_LINE = frozenset({"requirements", "script", "setup-py"})

# A file that is drawn in by -r or -c bears one of these, or a name of the table: an include must not make us read, and
# quote from, whatever a repository points at.
INCLUDE_SUFFIXES = (".txt", ".in", ".pip", ".reqs", ".lock")


def format_of(path: str) -> str | None:
    """Return the format of the file at ``path``, judged by its name and that of its directory; None for no format."""
    directory, name = os.path.split(path)
    parent = os.path.basename(directory)
    for pattern in PATTERNS:
        if (not pattern.parent or pattern.parent == parent) and _matches(name, pattern.name):
            return pattern.format
    return None


def is_constraints(path: str) -> bool:
    """Return whether the file at ``path`` is, by its name, a constraints file."""
    name = os.path.basename(path)
    return "constraints" in name and format_of(path) == "requirements"


def may_be_included(path: str) -> bool:
    """Return whether ``-r`` and ``-c`` may lead to ``path``, judged by its name."""
    return os.path.basename(path).endswith(INCLUDE_SUFFIXES) or format_of(path) == "requirements"


def decode(format_name: str, path: str, data: bytes) -> str:
    """Return ``data``, the bytes of the file at ``path``, as text without a byte-order mark; line ends stay.

    Raises UnreadableFileError where the bytes are not in the encoding that the format, or the file itself, prescribes.
    """
    try:
        if format_name in _WITH_CODING_LINE:
            from mothball.formats import requirements  # noqa: PLC0415 - only the format at hand is imported

            return requirements.decode(data)
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise undecodable(path, data, error) from error
    except LookupError as error:
        raise UnreadableFileError(
            path, f"its coding line is of no use: {error}", help_text="save it as UTF-8"
        ) from error


def parse(format_name: str, text: str, kind: Kind = Kind.REQUIREMENT) -> Document:
    """Read ``text`` as a file of ``format_name``; imports that format's module alone.

    ``kind`` says what the entries of a requirements file are to the project; other formats know by themselves. Raises
    KeyError for a format that is not in ``FORMATS``, and nothing else.
    """
    if format_name == "requirements":
        from mothball.formats import requirements  # noqa: PLC0415 - only the format at hand is imported

        return requirements.parse(text, kind=kind)
    # importlib.import_module does the same, and its own import costs as much as a format's.
    document: Document = __import__(f"mothball.formats.{_MODULES[format_name]}", fromlist=["parse"]).parse(text)
    return document


def _matches(name: str, pattern: str) -> bool:
    """Return whether ``name`` has the shape ``pattern``."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    *middle, last = rest
    if not name.startswith(first) or not name.endswith(last):
        return False
    position = len(first)
    for part in middle:
        position = name.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return position <= len(name) - len(last)
