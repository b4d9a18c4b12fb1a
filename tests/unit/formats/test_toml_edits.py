"""What an edit somewhere in a pyproject.toml does to the dependencies that it does not touch: nearly nothing."""

from __future__ import annotations

import random
import tomllib
from collections import Counter

from mothball.formats.pyproject import parse
from mothball.model import Dependency
from tests.support.toml_documents import COMPACT, SHOP, project
from tests.support.toml_edits import Edit, edits

ROUNDS = 6


def lost(text: str, found: tuple[Dependency, ...], edit: Edit) -> tuple[int, int]:
    """Return how many of the dependencies that ``edit`` leaves alone are not found again, and how many those are.

    What touches the edit is not counted, nor what a valid document lost by it.
    """
    changed = edit.apply(text)
    if is_valid(changed):
        return 0, 0
    untouched = [
        (one.name, one.section, edit.moved(one.name_span.start))
        for one in found
        if one.entry_span.end + 1 <= edit.start or (one.entry_span.start - 1 >= edit.end and edit.kind != "truncate")
    ]
    again = {(one.name, one.section, one.name_span.start) for one in parse(changed).dependencies}
    return sum(one not in again for one in untouched), len(untouched)


def is_valid(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def test_untouched_dependencies_keep_their_name_and_place() -> None:
    pick = random.Random(20261122)
    missing: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for text in (SHOP, COMPACT, *map(project, range(12))):
        found = parse(text).dependencies
        assert len(found) >= 8
        for _ in range(ROUNDS):
            for edit in edits(text, pick):
                gone, untouched = lost(text, found, edit)
                missing[edit.kind] += gone
                counted[edit.kind] += untouched
    kept = {kind: 1 - missing[kind] / counted[kind] for kind in counted if counted[kind]}
    assert 1 - missing.total() / counted.total() >= 0.98, kept
    assert kept["drop bracket"] >= 0.999, kept
    assert min(kept.values()) >= 0.9, kept


def test_a_missing_bracket_costs_nothing_wherever_it_stood() -> None:
    gone = untouched = 0
    for text in (SHOP, *map(project, range(12, 18))):
        found = parse(text).dependencies
        for at, character in enumerate(text):
            if character in "[]":
                here = lost(text, found, Edit("drop bracket", at, at + 1))
                gone += here[0]
                untouched += here[1]
    assert untouched > 5000
    assert gone <= untouched / 1000
