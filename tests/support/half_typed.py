"""How much of a file is still read while somebody works on another line of it."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from mothball.lines import LineTable
from mothball.sources import lines_of
from tests.support.toml_edits import Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mothball.model import Document


def edits(text: str, pick: random.Random, dropped: str, lines: Sequence[str]) -> Iterator[Edit]:
    """Yield one edit of each kind at places drawn by ``pick``; ``lines`` are those that somebody may have begun."""
    place = pick.randrange(len(text))
    yield Edit("delete", place, place + 1)
    yield Edit("insert", place, place, pick.choice("\"'[]{},:=#-.x1 \n\\"))
    yield Edit("truncate", place, len(text))
    for character in dropped:
        places = [offset for offset, found in enumerate(text) if found == character]
        if places:
            place = pick.choice(places)
            yield Edit(f"drop {character!r}", place, place + 1)
    starts = [0, *[offset + 1 for offset, found in enumerate(text) if found == "\n"]]
    line = pick.randrange(len(starts) - 1)
    start, end = starts[line], starts[line + 1]
    yield Edit("duplicate line", end, end, text[start:end])
    ours = text[start:end]
    yield Edit("conflict", start, end, f"<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> theirs\n")
    for half in lines:
        yield Edit(f"half typed {half!r}", start, start, half)


def survival(parse: Callable[[str], Document], text: str, made: Sequence[Edit]) -> tuple[int, int, Counter[str]]:
    """Return how many entries on untouched lines kept name and place in all edits, how many there were, and the losses.

    The losses are counted by the kind of the edit.
    """
    table = LineTable(text)
    known = [(one.name, one.name_span, lines_of(one.entry_span, table)) for one in parse(text).dependencies]
    kept = total = 0
    losses: Counter[str] = Counter()
    for edit in made:
        found = {(one.name, one.name_span.start) for one in parse(edit.apply(text)).dependencies}
        touched = _touched(edit, table)
        for name, span, lines in known:
            if lines.start < touched.stop and touched.start < lines.stop:
                continue
            if edit.kind == "truncate" and span.start >= edit.start:
                continue
            total += 1
            kept += (name, edit.moved(span.start)) in found
            losses[edit.kind] += (name, edit.moved(span.start)) not in found
    return kept, total, losses


def _touched(edit: Edit, table: LineTable) -> range:
    first = table.position(edit.start).line
    last = table.position(edit.end).line
    # A line that is put in touches none.
    return range(first, first) if edit.start == edit.end and edit.inserted.endswith("\n") else range(first, last + 1)
