"""The document of a text with a syntax error, in formats that are read whole or not at all."""

from __future__ import annotations

import re

from mothball.model.document import Document, ParseProblem, Span

_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|>{7})(?: [^\r\n]*)?(?=[\r\n]|\Z)", re.MULTILINE)
_REST_OF_LINE = re.compile(r"[^\r\n]*")


def broken_document(format_name: str, text: str, offset: int, message: str) -> Document:
    """Return a document with one problem: an unresolved merge conflict, or ``message`` at ``offset``."""
    conflict = find_conflict_marker(text)
    if conflict is not None:
        problem = ParseProblem(conflict, "unresolved merge conflict", "keep one side, remove the markers")
    else:
        start = min(offset, len(text.rstrip()))
        rest = _REST_OF_LINE.match(text, start)
        length = len(rest[0].rstrip()) if rest else 0
        help_text = "fix the syntax error: until then, nothing in this file is checked"
        problem = ParseProblem(Span(start, start + length), message, help_text)
    return Document(format_name, problems=(problem,), is_broken=True)


def find_conflict_marker(text: str) -> Span | None:
    """Return the first line that marks a merge conflict, None if there is none."""
    found = _CONFLICT.search(text)
    return Span(*found.span()) if found else None
