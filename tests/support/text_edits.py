"""Edits of thirteen kinds at random positions, and the share of entries that are still found after them."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from mothball.formats.table import parse

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Sequence


class Edit(NamedTuple):
    """An edit that replaces ``text[start:end]`` with ``inserted``."""

    kind: str
    start: int
    end: int
    inserted: str = ""

    def apply(self, text: str) -> str:
        return text[: self.start] + self.inserted + text[self.end :]

    def moved(self, offset: int) -> int:
        """Return where ``offset``, which is outside of the edit, is after it."""
        return offset if offset < self.end else offset + len(self.inserted) - (self.end - self.start)


_DROPPED = {
    "drop quote": "\"'",
    "drop bracket": "[]",
    "drop brace": "{}",
    "drop separator": "=:",
    "drop comma": ",",
    "drop newline": "\n",
}
KINDS = (
    *("delete", "insert", "truncate"),
    *_DROPPED,
    *("duplicate line", "conflict", "half-typed line", "half-typed end"),
)


def edits(text: str, pick: random.Random, half_typed: Sequence[str]) -> Iterator[Edit]:
    """Yield one edit of each kind at positions chosen by ``pick``; ``half_typed`` are incomplete lines."""
    place = pick.randrange(len(text))
    yield Edit("delete", place, place + 1)
    yield Edit("insert", place, place, pick.choice("\"'[]{},:=#-.x1 \n\\"))
    yield Edit("truncate", place, len(text))
    for kind, characters in _DROPPED.items():
        places = [offset for offset, found in enumerate(text) if found in characters]
        if places:
            place = pick.choice(places)
            yield Edit(kind, place, place + 1)
    starts = [0, *[offset + 1 for offset, found in enumerate(text) if found == "\n"]]
    line = pick.randrange(len(starts) - 1)
    start, end = starts[line], starts[line + 1]
    yield Edit("duplicate line", end, end, text[start:end])
    ours = text[start:end]
    yield Edit("conflict", start, end, f"<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> theirs\n")
    for half in half_typed:
        yield Edit("half-typed line", start, start, f"{half}\n")
        yield Edit("half-typed end", len(text), len(text), half)


def dropped(text: str, characters: str) -> Iterator[Edit]:
    """Yield the deletion of each one of ``characters``, wherever it occurs."""
    for place, found in enumerate(text):
        if found in characters:
            yield Edit("drop bracket", place, place + 1)


class Tally(NamedTuple):
    """The numbers of untouched entries before an edit and lost after it, by kind of edit."""

    lost: Counter[str]
    counted: Counter[str]

    def kept(self, kind: str | None = None) -> float:
        """Return the share of the entries that kept their name and position."""
        lost, counted = (
            (self.lost.total(), self.counted.total()) if kind is None else (self.lost[kind], self.counted[kind])
        )
        return 1 - lost / counted if counted else 1.0


def survival(format_name: str, text: str, made: Iterable[Edit]) -> Tally:
    """Apply each edit alone and count the entries that are still found.

    Entries that the edit touches do not count, nor do edits whose result is valid, since the text then has another
    meaning.
    """
    tally = Tally(Counter(), Counter())
    known = parse(format_name, text).dependencies
    for edit in made:
        changed = edit.apply(text)
        if _is_sound(format_name, changed):
            continue
        untouched = [
            (one.name, one.section, edit.moved(one.name_span.start))
            for one in known
            if one.entry_span.end < edit.start or (one.entry_span.start > edit.end and edit.kind != "truncate")
        ]
        found = {(one.name, one.section, one.name_span.start) for one in parse(format_name, changed).dependencies}
        tally.lost[edit.kind] += sum(one not in found for one in untouched)
        tally.counted[edit.kind] += len(untouched)
    return tally


# Nearly all of these texts are valid, and few edits of one line change another one.
_ALWAYS_SOUND = frozenset({"requirements", "setup-cfg", "tox-ini", "script"})


def _is_sound(format_name: str, text: str) -> bool:
    if format_name in _ALWAYS_SOUND:
        return False
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True
