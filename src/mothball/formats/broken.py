"""Merge conflicts, and documents for files with a syntax error in formats that are rejected as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.model.document import MAX_PROBLEMS, Document, ParseProblem, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

# Code points of a manifest that is no TOML and no requirements file. Real ones are far shorter, and the time per entry,
# option or nested value is too high for a megabyte of them.
MAX_LENGTH = 200_000
CONFLICT = "unresolved merge conflict"
CONFLICT_HELP = "keep one side and remove the conflict markers"
# The remedies for a file that exceeds a limit of mothball.
_SPLIT_HELP = "split the file"
_ERRORS_HELP = "correct the errors; if this is no dependency file, leave it out with `exclude`"
CONFLICT_MARKERS = frozenset({"<<<<<<<", "|||||||", "=======", ">>>>>>>"})
# These patterns are not compiled at import: few files need them.
_CONFLICT = r"(?m)^(?:<{7}|\|{7}|>{7})(?: [^\r\n]*)?(?=[\r\n]|\Z)"
_REST_OF_LINE = r"[^\r\n]*"


def broken_document(format_name: str, text: str, offset: int, message: str) -> Document:
    """Return a document with one problem: an unresolved merge conflict, or ``message`` at ``offset``."""
    conflict = find_conflict_marker(text)
    if conflict is not None:
        problem = ParseProblem(conflict, CONFLICT, CONFLICT_HELP)
    else:
        start = min(offset, len(text.rstrip()))
        rest = re.compile(_REST_OF_LINE).match(text, start)
        length = len(rest[0].rstrip()) if rest else 0
        help_text = "fix the syntax error; nothing in this file is checked until then"
        problem = ParseProblem(Span(start, start + length), message, help_text)
    return Document(format_name, problems=(problem,), is_broken=True)


def too_long_document(format_name: str, text: str) -> Document:
    """Return the document of a ``text`` with more than ``MAX_LENGTH`` code points, with one problem: it is not read."""
    message = f"the file has {len(text):,} characters, at most {MAX_LENGTH:,} are supported: it is not read"
    problem = ParseProblem(Span(0, 0), message, _SPLIT_HELP)
    return Document(format_name, problems=(problem,), is_broken=True)


def over_limit_problem(limit: str) -> ParseProblem:
    """Return the problem of a file with more than ``limit``, such as "100,000 entries", of which nothing is read."""
    return ParseProblem(Span(0, 0), f"more than {limit}: the file is not read", _SPLIT_HELP)


def too_many_errors_problem(first: ParseProblem) -> ParseProblem:
    """Return the problem of a file with too many errors, of which nothing is read, at the first of them."""
    message = f"more than {MAX_PROBLEMS} errors, the first of them here: {first.message}; the file is not read"
    return ParseProblem(first.span, message, _ERRORS_HELP)


def is_over_limit(document: Document) -> bool:
    """Return True if ``document`` is not read because its text exceeds a limit of mothball: it may be valid."""
    return document.is_broken and any(problem.help in (_SPLIT_HELP, _ERRORS_HELP) for problem in document.problems)


def is_conflict_marker(line: str) -> bool:
    """Return True if ``line`` is a merge conflict marker."""
    return line[:7] in CONFLICT_MARKERS and line[7:8] in {"", " "}


def conflict_problems(text: str, markers: Iterable[Span]) -> list[ParseProblem]:
    """Return one problem for each merge conflict, at the first of its ``markers``."""
    problems = []
    is_open = False
    for marker in markers:
        character = text[marker.start]
        if character == "<" or not is_open:
            problems.append(ParseProblem(marker, CONFLICT, CONFLICT_HELP))
        is_open = character != ">"
    return problems


def find_conflict_marker(text: str) -> Span | None:
    """Return the span of the first merge conflict marker, or None."""
    marker = re.search(_CONFLICT, text)
    return Span(*marker.span()) if marker else None
