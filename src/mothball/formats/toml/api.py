"""A tolerant TOML scanner: every key, value, header and comment with its place, also in a half-typed document.

It reads TOML 1.0 and 1.1. ``scan`` never raises and never stops at an error: it reports the error and goes on where
the rest of the document keeps its meaning. What it makes of broken places:

- a string without its closing quote ends with the line;
- an array without its ``]`` ends before the next ``key =`` or table header;
- an inline table without its ``}`` ends where something stands that cannot belong to it;
- items that follow an array, or stand where its ``[`` is missing, still belong to its key;
- a header that lacks a bracket is a header, a second statement on a line is read, the marks of a merge conflict are
  stepped over, and of any other line that makes no sense only this line is lost.

The text is expected without a byte-order mark; one that is there is an error and is stepped over. The cap on file size
is the caller's.

``toml_values`` holds what is found, ``toml_text`` reads strings and scalars, ``toml_tables`` knows what the statements
add up to, ``toml_scanner`` goes through the text. Others use this module.
"""

from __future__ import annotations

from functools import lru_cache

from mothball.formats.toml.cursor import MAX_ERRORS
from mothball.formats.toml.scanner import Scanner
from mothball.formats.toml.tables import find_span, first_error_in, flatten_inline_tables, to_mapping
from mothball.formats.toml.values import (
    Array,
    Escape,
    Header,
    InlineTable,
    Invalid,
    Key,
    Path,
    Scalar,
    String,
    TomlEntry,
    TomlError,
    TomlScan,
    Value,
    source_span,
)
from mothball.model.document import MAX_SYNTAX_ERRORS, ParseProblem

__all__ = [
    "MAX_ERRORS",
    "Array",
    "Escape",
    "Header",
    "InlineTable",
    "Invalid",
    "Key",
    "Path",
    "Scalar",
    "String",
    "TomlEntry",
    "TomlError",
    "TomlScan",
    "Value",
    "find_span",
    "first_error_in",
    "flatten_inline_tables",
    "scan",
    "scan_cached",
    "source_span",
    "syntax_problems",
    "to_mapping",
]


def scan(text: str) -> TomlScan:
    """Read a TOML document; the result's ``errors`` are empty exactly where the text is TOML 1.1.

    At most a hundred errors are kept, and a hundred levels of nesting read. Raises nothing, whatever the text.
    """
    return Scanner(text).document()


def syntax_problems(document: TomlScan) -> list[ParseProblem]:
    """Return the first syntax errors of a document as problems of its file."""
    errors = document.errors[:MAX_SYNTAX_ERRORS]
    return [ParseProblem(error.span, f"invalid TOML: {error.message}", error.help) for error in errors]


@lru_cache(maxsize=4)
def scan_cached(text: str) -> TomlScan:
    """Read a TOML document as ``scan`` does, and remember the last few: for a pyproject.toml that holds our table.

    Its table is looked for, then read, and then the file is read for its dependencies.
    """
    return scan(text)
