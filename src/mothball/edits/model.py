"""Text edits, and positions of lines in a text. Lines end with LF, CR LF or CR only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter

from mothball.model.document import Span
from mothball.model.records import NamedTuple

_TO_END = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")


class Edit(NamedTuple):
    """Replace ``span`` of a text with ``new_text``; an empty span inserts it."""

    span: Span
    new_text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with ``edits`` applied; all spans refer to the original text.

    Insertions at the same position are applied in the given order. Raises ValueError if edits overlap.
    """
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=attrgetter("span")):
        if edit.span.start < position:
            raise ValueError(f"the edit of {edit.span} overlaps the previous edit")
        pieces += text[position : edit.span.start], edit.new_text
        position = edit.span.end
    return "".join([*pieces, text[position:]])


def start_of_line(text: str, position: int) -> int:
    """Return the start of the line that contains ``position``."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def end_of_line(text: str, position: int) -> int:
    """Return the end of the line that contains ``position``, without the line ending."""
    match = _TO_END.match(text, position)
    return match.end() if match else position


def next_line(text: str, position: int) -> int:
    """Return the start of the line after the one that contains ``position``, or the end of the text."""
    end = end_of_line(text, position)
    match = _LINE_END.match(text, end)
    return match.end() if match else end


def end_of_logical_line(text: str, position: int) -> int:
    """Return the end of the line that contains ``position`` and of the lines that backslashes continue it with."""
    end = end_of_line(text, position)
    while text[end - 1 : end] == "\\" and end < len(text):
        end = end_of_line(text, next_line(text, end))
    return end


def newline_of(text: str) -> str:
    """Return the first line ending in ``text``, or LF."""
    match = _LINE_END.search(text)
    return match[0] if match else "\n"
