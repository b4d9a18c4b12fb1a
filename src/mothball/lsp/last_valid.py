"""Keep the dependencies of the last valid parse while the text in an editor has a syntax error. Pure.

A format that is read whole or not at all finds nothing in such a text. What the last valid text had on lines that are
unchanged is still there, and was looked up before: no name is looked up that is being typed.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar

from mothball.model.document import Dependency, Document, IgnoreComment, Include, ParseProblem, Span, UnnamedEntry
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item", Dependency, IgnoreComment, Include, ParseProblem, UnnamedEntry)


class LastValid(NamedTuple):
    """A text, and what is left in it of the last valid parse: all of its document, if it is valid itself."""

    text: str
    document: Document


def keep_unchanged_lines(valid: LastValid, text: str, broken: Document) -> Document:
    """Return ``broken``, the document of ``text``, with what ``valid`` has on lines that both texts begin or end with.

    So an edit drops the lines from the first to the last that it changes; several edits are taken one after the other.
    What a file says as a whole, its indexes and its project's name, stays as it was last valid.
    """
    before, after = valid.text.split("\n"), text.split("\n")
    first = _count_alike(before, after)
    last = _count_alike(reversed(before[first:]), reversed(after[first:]))
    head = sum(len(line) + 1 for line in before[:first])
    tail = len(valid.text) - sum(len(line) + 1 for line in before[len(before) - last :]) + 1
    shift = len(text) - len(valid.text)

    def move(span: Span) -> Span | None:
        if span.end < head:
            return span
        return Span(span.start + shift, span.end + shift) if span.start >= tail else None

    document = valid.document
    return document._replace(
        dependencies=_moved(document.dependencies, move),
        ignores=_moved(document.ignores, move),
        includes=_moved(document.includes, move),
        unnamed=_moved(document.unnamed, move),
        unresolvable=_moved(document.unresolvable, move),
        problems=broken.problems,
        is_broken=True,
    )


def _count_alike(lines: Iterable[str], others: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lines, others, strict=False)))


def _moved(items: Iterable[_Item], move: Callable[[Span], Span | None]) -> tuple[_Item, ...]:
    """Return those of ``items`` whose spans can all be moved, with these spans."""
    moved = []
    for item in items:
        spans: dict[str, Any] = {name: move(value) for name, value in item._asdict().items() if isinstance(value, Span)}
        if None not in spans.values():
            moved.append(item._replace(**spans))
    return tuple(moved)
