"""The supported formats and their parsers. ``formats/names.py`` maps file names to formats."""

from __future__ import annotations

from typing import Any, TypeVar

from mothball.formats.names import (
    INCLUDE_SUFFIXES,
    INCLUDING_FORMATS,
    LOCK_FORMATS,
    PATTERNS,
    FilePattern,
    format_of,
    is_constraints,
    may_be_dependency_file,
    may_be_included,
    may_contain_requirements,
)
from mothball.model.document import (
    MAX_ENTRIES,
    MAX_OPTIONS,
    MAX_PROBLEMS,
    DependencyKind,
    Document,
    IndexOption,
    ParseProblem,
    Span,
    relocated,
)
from mothball.model.errors import TooManyEntriesError, UnreadableFileError, decoding_error
from mothball.model.file_names import FORMATS

__all__ = [
    "FORMATS",
    "INCLUDE_SUFFIXES",
    "INCLUDING_FORMATS",
    "LOCK_FORMATS",
    "PATTERNS",
    "FilePattern",
    "decode",
    "format_of",
    "is_constraints",
    "may_be_dependency_file",
    "may_be_included",
    "may_contain_requirements",
    "parse",
]

# Format name to the module whose ``parse(text)`` reads it; requirements files are a special case in ``parse``.
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
    "pixi-lock": "locks.pixi",
    "conda-lock": "locks.conda_lock",
}

# Formats that may declare their encoding in one of the first two lines (PEP 263).
_WITH_CODING_LINE = frozenset({"requirements", "script", "setup-py"})
_BYTE_ORDER_MARK = "\ufeff"
_SCRIPT_MARK = b"# /// script"

_Record = TypeVar("_Record", bound=tuple[object, ...])


def decode(format_name: str, path: str, data: bytes) -> str:
    """Decode the content of the file at ``path``; remove a byte-order mark and keep line endings.

    Raises UnreadableFileError if the content is not valid in the encoding of the format or of the coding line.
    """
    if format_name == "script" and _SCRIPT_MARK not in data:
        # Without metadata no part of the script is parsed, so its encoding does not matter.
        return data.decode("latin-1")
    try:
        if format_name in _WITH_CODING_LINE:
            from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - only the format at hand is imported

            return requirements.decode(data)
        return data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise decoding_error(path, data, error) from error
    except LookupError as error:
        raise UnreadableFileError(path, str(error), help_text="save it as UTF-8") from error


def parse(format_name: str, text: str, kind: DependencyKind = DependencyKind.REQUIREMENT) -> Document:
    """Parse ``text`` as a file of the format ``format_name``; imports only the module of that format.

    ``kind`` applies to the entries of a requirements file; other formats determine it themselves. Raises KeyError if
    the format is not in ``FORMATS``, and nothing else.
    """
    try:
        if text.startswith(_BYTE_ORDER_MARK):
            # Only a text in an editor begins with one: `decode` removes it.
            return _after_mark(_parse(format_name, text[1:], kind))
        return _parse(format_name, text, kind)
    except TooManyEntriesError as error:
        return _not_read(format_name, error.args)


def _parse(format_name: str, text: str, kind: DependencyKind) -> Document:
    if format_name == "requirements":
        from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - only the format at hand is imported

        return _limited(requirements.parse(text, kind=kind))
    # Importing importlib for import_module would cost as much as importing a format.
    return _limited(__import__(f"mothball.formats.{_MODULES[format_name]}", fromlist=["parse"]).parse(text))


def _after_mark(document: Document) -> Document:
    """Return the document of a text without its byte-order mark, with the positions in the whole text."""
    located = ("dependencies", "problems", "ignores", "includes", "index_options", "tool_indexes", "unnamed")
    fields: dict[str, Any] = {name: tuple(map(_moved, getattr(document, name))) for name in (*located, "unresolvable")}
    return document._replace(**fields)


def _moved(record: _Record) -> _Record:
    return relocated(record, lambda start, end: Span(start + 1, end + 1))


def _limited(document: Document) -> Document:
    """Return the document with at most ``MAX_PROBLEMS`` problems, and a last one that says so.

    It counts as broken: an added entry may be among those whose problem is not shown. Raises TooManyEntriesError for
    more than ``MAX_OPTIONS`` includes and index options.
    """
    if len(document.includes) + len(document.index_options) > MAX_OPTIONS:
        raise TooManyEntriesError
    if len(document.problems) <= MAX_PROBLEMS:
        return document
    first, following = document.problems[:MAX_PROBLEMS], document.problems[MAX_PROBLEMS]
    message = f"more than {MAX_PROBLEMS} errors: the others are not shown"
    return document._replace(problems=(*first, ParseProblem(following.span, message)), is_broken=True)


def _not_read(format_name: str, causes: tuple[ParseProblem, ...]) -> Document:
    """Return the document of a file of which nothing is read; the indexes of all that is installed with it are unknown.

    A part of the entries could be worse than none: an option in the rest may keep their names on an index.
    """
    from mothball.formats.broken import SPLIT_HELP  # noqa: PLC0415 - such files are rare

    limits = f"{MAX_ENTRIES:,} entries, {MAX_OPTIONS:,} includes or index options, or {MAX_PROBLEMS} errors"
    problem = ParseProblem(Span(0, 0), f"more than {limits}: the file is not read", SPLIT_HELP)
    unknown = IndexOption(Span(0, 0), "unknown", "")
    return Document(format_name, problems=causes or (problem,), index_options=(unknown,), is_broken=True)
