"""Pipenv: ``[[source]]`` of a Pipfile, and Pipfile.lock, which records the index of each package.

The first source answers for all that names no other one, unless ``install_search_all_sources`` is set. Where
``PIPENV_PYPI_MIRROR`` is, it stands for the default index.
"""

from __future__ import annotations

from mothball.config.installers import UserIndex
from mothball.routing.candidates import Candidate, Choice, RoutingRequest, is_public, of_tool, of_user, rejected


def choose(request: RoutingRequest) -> Choice:
    """Return whom Pipenv would ask."""
    indexes, mirror, default = request.indexes, request.settings.mirror, request.default
    if not indexes:
        return _mirrored(Choice((default.candidate,)), None if default.is_chosen else mirror)
    sources = [of_tool(one) for one in indexes]
    searched = sources if indexes[0].role == "searched" else sources[:1]
    if not all(one.address for one in searched):
        return Choice(no_index_reason=f"{searched[0].set_by} has no address yet")
    over = rejected(sources[len(searched) :], "only the first source is asked for what names none")
    return _mirrored(Choice((*searched[1:], searched[0]), over), mirror)


def mirrored(candidate: Candidate, mirror: UserIndex | None) -> Candidate:
    """Return the mirror in place of the default index."""
    return of_user(mirror) if mirror is not None and is_public(candidate) else candidate


def _mirrored(choice: Choice, mirror: UserIndex | None) -> Choice:
    asked = tuple(mirrored(one, mirror) for one in choice.asked)
    gone = [one for one in choice.asked if one not in asked]
    return choice._replace(
        asked=asked, rejected=choice.rejected + rejected(gone, f"{asked[-1].set_by} takes its place")
    )
