"""Parse a text in an editor; while it has a syntax error, keep the dependencies of the last valid parse. No I/O.

Formats that are parsed as a whole yield nothing for such a text. Dependencies on unchanged lines are kept; they were
looked up before, so no name that is being typed is looked up.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar

from mothball.formats.table import parse
from mothball.model.document import (
    Dependency,
    Document,
    FileKind,
    IgnoreComment,
    Include,
    ParseProblem,
    Span,
    UnnamedEntry,
)
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item", Dependency, IgnoreComment, Include, ParseProblem, UnnamedEntry)


class LastValid(NamedTuple):
    """A text and the part of the last valid parse that still applies to it: all of it if the text is valid."""

    text: str
    document: Document


def parse_text(format_name: str, text: str, kind: FileKind, valid: LastValid | None) -> Document:
    """Parse ``text``; if it has a syntax error, with the entries of ``valid`` on unchanged lines.

    Unchanged are the lines that both texts begin or end with; several edits are applied one after the other. Indexes
    and the project name stay those of the last valid parse.
    """
    document = parse(format_name, text, kind)
    return _keep_unchanged_lines(valid, text, document) if document.is_broken and valid is not None else document


def _keep_unchanged_lines(valid: LastValid, text: str, broken: Document) -> Document:
    """Return ``broken``, the document of ``text``, with the entries of ``valid`` on unchanged lines."""
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
    """Return the ``items`` whose spans can all be moved, with the new spans."""
    moved = []
    for item in items:
        spans: dict[str, Any] = {name: move(value) for name, value in item._asdict().items() if isinstance(value, Span)}
        if None not in spans.values():
            moved.append(item._replace(**spans))
    return tuple(moved)
