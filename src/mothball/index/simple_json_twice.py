"""Keys that stand twice in a JSON page.

A decoder takes the last and says nothing; another program may take the first, and what an installer makes of the page
is then anyone's guess. A page that says two things is no answer, in JSON as in HTML.
"""

from __future__ import annotations

import json

from mothball.errors import PageError

# The keys that decide what a page says; none of them stands within a file's entry.
_TELLING = ("name", "meta", "project-status", "project-status-reason", "api-version", "status", "state", "reason")
_QUOTED = tuple(f'"{key}"'.encode() for key in _TELLING)


def check_twice(body: bytes) -> None:
    """Raise PageError where a telling key stands twice in one object of ``body``, valid JSON, with different values.

    Nearly every page is done with after counting: the careful reading is for those in which such a key occurs twice
    at all. It keeps only those keys, and no number, so that a page made to hurt costs little room.
    """
    if all(body.count(key) < 2 for key in _QUOTED):
        return
    try:
        json.loads(body, object_pairs_hook=_told, parse_int=_nothing, parse_float=_nothing, parse_constant=_nothing)
    except (ValueError, RecursionError) as error:
        raise PageError("the page is broken JSON, or nested too deeply") from error


def _told(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the telling keys of an object."""
    told: dict[str, object] = {}
    for key, value in pairs:
        if key in _TELLING and told.setdefault(key, value) != value:
            raise PageError(f"the page has {key} twice, and differently")
    return told


def _nothing(_: str) -> None:
    """Stand for a number."""
