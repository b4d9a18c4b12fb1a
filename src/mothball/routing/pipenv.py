"""Pipenv: ``[[source]]`` of a Pipfile, and Pipfile.lock, which records the index of each package.

The first source answers for all that names no other one, unless ``install_search_all_sources`` is set. Where
``PIPENV_PYPI_MIRROR`` is, it stands for the default index.
"""

from __future__ import annotations

from mothball.config.installers import UserIndex
from mothball.routing.candidates import (
    Candidate,
    RoutingRequest,
    Selection,
    is_public,
    rejected,
    tool_candidate,
    user_candidate,
)


def select_indexes(request: RoutingRequest) -> Selection:
    """Return whom Pipenv would ask."""
    indexes, mirror, default = request.indexes, request.settings.pipenv_mirror, request.default
    if not indexes:
        return _mirrored(Selection((default.candidate,)), None if default.is_configured else mirror)
    sources = [tool_candidate(one) for one in indexes]
    searched = sources if indexes[0].role == "searched" else sources[:1]
    if not all(one.address for one in searched):
        return Selection(no_index_reason=f"{searched[0].set_by} has no address yet")
    over = rejected(sources[len(searched) :], "only the first source is asked for what names none")
    return _mirrored(Selection((*searched[1:], searched[0]), over), mirror)


def mirrored(candidate: Candidate, mirror: UserIndex | None) -> Candidate:
    """Return the mirror in place of the default index."""
    return user_candidate(mirror) if mirror is not None and is_public(candidate) else candidate


def _mirrored(choice: Selection, mirror: UserIndex | None) -> Selection:
    asked = tuple(mirrored(one, mirror) for one in choice.asked)
    gone = [one for one in choice.asked if one not in asked]
    return choice._replace(
        asked=asked, rejected=choice.rejected + rejected(gone, f"{asked[-1].set_by} takes its place")
    )
