"""Edits of a text, and the lines around a place in it, which end at LF, CR LF and CR only. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter

from mothball.model.document import Span
from mothball.model.records import NamedTuple

_TO_END = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")


class Edit(NamedTuple):
    """``span`` of a text becomes ``new_text``; an empty span inserts."""

    span: Span
    new_text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` after ``edits``, whose spans all count into ``text`` itself.

    Raises ValueError where two of them overlap. Several that insert at one place come in the order in which they are
    given.
    """
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=attrgetter("span")):
        if edit.span.start < position:
            raise ValueError(f"the edit of {edit.span} overlaps the one before")
        pieces += text[position : edit.span.start], edit.new_text
        position = edit.span.end
    return "".join([*pieces, text[position:]])


def start_of_line(text: str, position: int) -> int:
    """Return where the line begins on which ``position`` is."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def end_of_line(text: str, position: int) -> int:
    """Return where the line of ``position`` ends, before its line end."""
    found = _TO_END.match(text, position)
    return found.end() if found else position


def next_line(text: str, position: int) -> int:
    """Return where the line behind that of ``position`` begins; the end of the text where there is none."""
    end = end_of_line(text, position)
    found = _LINE_END.match(text, end)
    return found.end() if found else end


def newline_of(text: str) -> str:
    """Return the line end that ``text`` uses, by its first."""
    found = _LINE_END.search(text)
    return found[0] if found else "\n"
