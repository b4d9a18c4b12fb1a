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
    "pyproject": "pyproject.toml: project metadata, dependency groups, build requirements (PEP 518, 621, 735)",
    "requirements": "requirements and constraints files, as pip reads them",
}

# The first that matches wins.
PATTERNS = (
    FilePattern("pyproject.toml", "pyproject"),
    FilePattern("*requirements*.txt", "requirements"),
    FilePattern("*requirements*.in", "requirements"),
    FilePattern("*constraints*.txt", "requirements"),
    FilePattern("*constraints*.in", "requirements"),
    FilePattern("*.txt", "requirements", parent="requirements"),
    FilePattern("*.in", "requirements", parent="requirements"),
)

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
        if format_name == "requirements":
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
    match format_name:
        case "pyproject":
            from mothball.formats import pyproject  # noqa: PLC0415 - only the format at hand is imported

            return pyproject.parse(text)
        case "requirements":
            from mothball.formats import requirements  # noqa: PLC0415 - only the format at hand is imported

            return requirements.parse(text, kind=kind)
        case _:
            raise KeyError(format_name)


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
