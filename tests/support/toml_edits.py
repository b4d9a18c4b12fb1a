"""The edits that documents go through while somebody works on them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Edit(NamedTuple):
    """``text[start:end]`` becomes ``inserted``."""

    kind: str
    start: int
    end: int
    inserted: str = ""

    def apply(self, text: str) -> str:
        return text[: self.start] + self.inserted + text[self.end :]

    def moved(self, offset: int) -> int:
        """Return where what stood at ``offset``, outside of the edit, stands after it."""
        return offset if offset < self.end else offset + len(self.inserted) - (self.end - self.start)


_DROPPED = {
    '"': "quote",
    "[": "bracket",
    "]": "bracket",
    "{": "brace",
    "}": "brace",
    "=": "equals",
    ",": "comma",
    "\n": "newline",
}
_HALF_TYPED = (
    "requires-python =\n",
    "name\n",
    '"\n',
    '    "req\n',
    "[tool.\n",
    'x = { a = "b"\n',
    "x = [\n",
    "<<<<<<< HEAD\n",
)


def edits(text: str, pick: random.Random) -> Iterator[Edit]:
    """Yield one edit of each kind, at places drawn by ``pick``."""
    place = pick.randrange(len(text))
    yield Edit("delete", place, place + 1)
    yield Edit("insert", place, place, pick.choice("\"'[]{},=#.x1 \n\\"))
    yield Edit("truncate", place, len(text))
    for character, kind in _DROPPED.items():
        places = [offset for offset, found in enumerate(text) if found == character]
        if places:
            place = pick.choice(places)
            yield Edit(f"drop {kind}", place, place + 1)
    starts = [0, *[offset + 1 for offset, found in enumerate(text) if found == "\n"]]
    line = pick.randrange(len(starts) - 1)
    start, end = starts[line], starts[line + 1]
    yield Edit("duplicate line", end, end, text[start:end])
    ours = text[start:end]
    yield Edit("conflict", start, end, f"<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> theirs\n")
    for half in _HALF_TYPED:
        yield Edit("half typed", start, start, half)
