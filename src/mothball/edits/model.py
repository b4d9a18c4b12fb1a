"""What an edit of a text is, and what a text is after it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from mothball.model import Span
from mothball.records import NamedTuple


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
