"""Lookup results as text for the terminal."""

from __future__ import annotations

from time import gmtime, strftime
from typing import assert_never

from mothball.check.messages import format_age
from mothball.model.results import IndexResult, Source, Unavailable


def origin_text(lookup: IndexResult, now: float) -> str:
    """Return the age and source of a lookup result, after a comma, or an empty string for a failed lookup."""
    if isinstance(lookup, Unavailable):
        return ""
    age = format_age(now - lookup.origin.checked_at)
    match lookup.origin.source:
        case Source.INDEX:
            return ", checked now"
        case Source.CACHE:
            return f", checked {age} ago"
        case Source.STALE:
            return f", checked {age} ago, could not be refreshed"
        case Source.SNAPSHOT:
            return f", status from the snapshot of {strftime('%Y-%m-%d', gmtime(lookup.origin.checked_at))}"
        case _:
            assert_never(lookup.origin.source)
