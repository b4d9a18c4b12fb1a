"""The supported formats and their parsers. ``formats/names.py`` maps file names to formats."""

from __future__ import annotations

import codecs
import re
from typing import Any

from mothball.model.document import (
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

# Format name to the function of the text that reads it; that of requirements files also takes the kind of entries.
_PARSERS = {
    "requirements": "requirements.document.parse",
    "pyproject": "manifests.pyproject.parse",
    "pipfile": "manifests.tool_entries.parse_pipfile",
    "hatch-toml": "manifests.tool_hatch.parse",
    "pixi-toml": "manifests.tool_entries.parse_pixi",
    "tox-toml": "manifests.tool_tox.parse",
    "setup-cfg": "ini.setup_cfg.parse",
    "setup-py": "python.setup_py.parse",
    "tox-ini": "ini.tox_ini.parse",
    "conda-env": "yaml.conda_env.parse",
    "pre-commit": "yaml.pre_commit.parse",
    "script": "manifests.script.parse",
    "uv-lock": "locks.toml_locks.parse_uv",
    "poetry-lock": "locks.toml_locks.parse_poetry",
    "pdm-lock": "locks.toml_locks.parse_pdm",
    "pylock": "locks.toml_locks.parse_pylock",
    "pipfile-lock": "locks.pipfile.parse",
    "pixi-lock": "locks.yaml_locks.parse_pixi",
    "conda-lock": "locks.yaml_locks.parse_conda_lock",
}

# Formats that may declare their encoding in one of the first two lines (PEP 263).
_WITH_CODING_LINE = frozenset({"requirements", "script", "setup-py"})
_BYTE_ORDER_MARK = "\ufeff"
# The UTF-32-LE mark begins with the UTF-16-LE mark, so it must come first.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = rb"coding[:=]\s*+([-\w.]{1,40})"
# Not encodings of text files; decoding the first two takes quadratic time.
_REFUSED_CODECS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_SCRIPT_MARK = b"# /// script"
# The fields of a document whose records have positions.
_LOCATED = frozenset(
    {"dependencies", "problems", "ignores", "includes", "index_options", "tool_indexes", "unnamed", "unresolvable"}
)


def decode(format_name: str, path: str, data: bytes) -> str:
    """Decode the content of the file at ``path``; remove a byte-order mark and keep line endings.

    Raises UnreadableFileError if the content is not valid in the encoding of the format or of the coding line.
    """
    if format_name == "script" and _SCRIPT_MARK not in data:
        # Without metadata no part of the script is parsed, so its encoding does not matter.
        return data.decode("latin-1")
    try:
        if format_name in _WITH_CODING_LINE:
            return decode_source(data)
        return data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise decoding_error(path, data, error) from error
    except LookupError as error:
        raise UnreadableFileError(path, str(error), help_text="save it as UTF-8") from error


def decode_source(data: bytes) -> str:
    """Decode requirements as pip does: by byte-order mark, else by coding comment (PEP 263), else as UTF-8.

    The coding comment must start one of the first two lines. The result has no byte-order mark. Raises
    UnicodeDecodeError if the content is not valid in its encoding (pip would fall back to the locale, so its result
    depends on the machine), and LookupError, with a message for users, if the encoding is not supported.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding).removeprefix(_BYTE_ORDER_MARK)
    for line in data.split(b"\n", 2)[:2]:
        if line.startswith(b"#") and (coding := re.search(_CODING, line)):
            return _decode_as(coding[1].decode("ascii"), data).removeprefix(_BYTE_ORDER_MARK)
    return data.decode("utf-8")


def _decode_as(encoding: str, data: bytes) -> str:
    try:
        if codecs.lookup(encoding).name not in _REFUSED_CODECS:
            return data.decode(encoding)
    except LookupError:
        pass
    raise LookupError(f"unsupported encoding in its coding line: {encoding}")


def parse(format_name: str, text: str, kind: DependencyKind = DependencyKind.REQUIREMENT) -> Document:
    """Parse ``text`` as a file of the format ``format_name``; imports only the module of that format.

    ``kind`` applies to the entries of a requirements file; other formats determine it themselves. Raises KeyError
    for an unknown format, and nothing else.
    """
    try:
        if text.startswith(_BYTE_ORDER_MARK):
            # Only a text in an editor begins with one: `decode` removes it.
            return _after_mark(_parse(format_name, text[1:], kind))
        return _parse(format_name, text, kind)
    except TooManyEntriesError as error:
        return _not_read(format_name, error.args)


def _parse(format_name: str, text: str, kind: DependencyKind) -> Document:
    module, _, function = _PARSERS[format_name].rpartition(".")
    # Importing importlib for import_module would cost as much as importing a format.
    read = getattr(__import__(f"mothball.formats.{module}", fromlist=[function]), function)
    return _limited(read(text, kind=kind) if format_name == "requirements" else read(text))


def _after_mark(document: Document) -> Document:
    """Return the document of a text without its byte-order mark, with the positions in the whole text."""

    def locate(start: int, end: int) -> Span:
        return Span(start + 1, end + 1)

    fields: dict[str, Any] = {
        name: tuple(relocated(record, locate) for record in getattr(document, name)) for name in _LOCATED
    }
    return document._replace(**fields)


def _limited(document: Document) -> Document:
    """Return the document with at most ``MAX_PROBLEMS`` problems, and a last one that says so.

    It counts as broken: an added entry may be among those whose problem is not shown. Raises TooManyEntriesError for
    more than ``MAX_OPTIONS`` includes and index options.
    """
    if len(document.includes) + len(document.index_options) > MAX_OPTIONS:
        from mothball.formats.broken import over_limit_problem  # noqa: PLC0415 - such files are rare

        raise TooManyEntriesError(over_limit_problem(f"{MAX_OPTIONS:,} includes and index options"))
    if len(document.problems) <= MAX_PROBLEMS:
        return document
    first, following = document.problems[:MAX_PROBLEMS], document.problems[MAX_PROBLEMS]
    message = f"more than {MAX_PROBLEMS} errors: the others are not shown"
    return document._replace(problems=(*first, ParseProblem(following.span, message)), is_broken=True)


def _not_read(format_name: str, problems: tuple[ParseProblem, ...]) -> Document:
    """Return the document of a file of which nothing is read; the indexes of all that is installed with it are unknown.

    A part of the entries could be worse than none: an option in the rest may keep their names on an index.
    """
    unknown = IndexOption(Span(0, 0), "unknown", "")
    return Document(format_name, problems=problems, index_options=(unknown,), is_broken=True)
