"""Tolerant TOML scanner: find every key, value, header and comment with its span, also in incomplete documents.

It supports TOML 1.0 and 1.1. ``scan`` never raises and never stops at an error: it reports the error and continues so
that the rest of the document keeps its meaning. Recovery from errors:

- an unclosed string ends with the line;
- an array without ``]`` ends before the next ``key =`` or table header;
- an inline table without ``}`` ends before the first token that cannot belong to it;
- items after an array, or without the opening ``[``, still belong to its key;
- a header with a missing bracket counts as a header, a second statement on a line is read, merge conflict markers are
  skipped, and any other invalid line is skipped on its own.

The text must not have a byte-order mark; it would be reported as an error and skipped. The caller limits the file size.

Other packages use this module only: ``values`` defines the records, ``strings`` reads strings and scalars, ``tables``
tracks table definitions and queries a finished scan, and ``scanner`` processes the text.
"""

from __future__ import annotations

from functools import lru_cache

from mothball.formats.toml.cursor import CONFLICT, MAX_ERRORS
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
    """Scan a TOML document; ``errors`` of the result is empty exactly if the text is valid TOML 1.1.

    At most 100 errors are kept, and at most 100 levels of nesting are read. Raises nothing.
    """
    return Scanner(text).document()


def syntax_problems(document: TomlScan) -> list[ParseProblem]:
    """Return the first syntax errors of a document as problems.

    In a document with merge conflicts, these are the only problems: the others are mostly consequences.
    """
    conflicts = [error for error in document.errors if error.message == CONFLICT]
    errors = (conflicts or document.errors)[:MAX_SYNTAX_ERRORS]
    return [ParseProblem(error.span, f"invalid TOML: {error.message}", error.help) for error in errors]


@lru_cache(maxsize=4)
def scan_cached(text: str) -> TomlScan:
    """Scan a TOML document with a small cache.

    A pyproject.toml is scanned to look for mothball's table, to read that table, and to read the dependencies.
    """
    return scan(text)
