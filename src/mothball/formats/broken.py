"""Documents for files with a syntax error, in formats that are rejected as a whole."""

from __future__ import annotations

import re

from mothball.model.document import Document, ParseProblem, Span

_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|>{7})(?: [^\r\n]*)?(?=[\r\n]|\Z)", re.MULTILINE)
_REST_OF_LINE = re.compile(r"[^\r\n]*")


def broken_document(format_name: str, text: str, offset: int, message: str) -> Document:
    """Return a document with one problem: an unresolved merge conflict, or ``message`` at ``offset``."""
    conflict = find_conflict_marker(text)
    if conflict is not None:
        problem = ParseProblem(conflict, "unresolved merge conflict", "keep one side and remove the conflict markers")
    else:
        start = min(offset, len(text.rstrip()))
        rest = _REST_OF_LINE.match(text, start)
        length = len(rest[0].rstrip()) if rest else 0
        help_text = "fix the syntax error; nothing in this file is checked until then"
        problem = ParseProblem(Span(start, start + length), message, help_text)
    return Document(format_name, problems=(problem,), is_broken=True)


def find_conflict_marker(text: str) -> Span | None:
    """Return the span of the first merge conflict marker, or None."""
    marker = _CONFLICT.search(text)
    return Span(*marker.span()) if marker else None
