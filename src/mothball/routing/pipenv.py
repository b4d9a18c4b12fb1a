"""Pipenv: ``[[source]]`` of a Pipfile, and Pipfile.lock, which records the index of each package.

The first source is queried for all packages without an ``index``, unless ``install_search_all_sources`` is set.
``PIPENV_PYPI_MIRROR`` replaces the default index.
"""

from __future__ import annotations

from mothball.config.installers import UserIndex
from mothball.routing.candidates import (
    Candidate,
    RoutingRequest,
    Selection,
    is_public,
    reject,
    tool_candidate,
    user_candidate,
)


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes that Pipenv queries."""
    indexes, mirror, default = request.indexes, request.settings.pipenv_mirror, request.default
    if not indexes:
        return _with_mirror(Selection((default.candidate,)), None if default.is_configured else mirror)
    sources = [tool_candidate(index) for index in indexes]
    searched = sources if indexes[0].role == "searched" else sources[:1]
    if not all(source.address for source in searched):
        return Selection(no_index_reason=f"{searched[0].set_by} has no URL")
    rejected = reject(sources[len(searched) :], "Pipenv queries only the first source for packages without `index`")
    return _with_mirror(Selection((*searched[1:], searched[0]), rejected), mirror)


def mirror_or(candidate: Candidate, mirror: UserIndex | None) -> Candidate:
    """Return the mirror if ``candidate`` is the built-in default index, else ``candidate``."""
    return user_candidate(mirror) if mirror is not None and is_public(candidate) else candidate


def _with_mirror(selection: Selection, mirror: UserIndex | None) -> Selection:
    selected = tuple(mirror_or(candidate, mirror) for candidate in selection.selected)
    replaced = [candidate for candidate in selection.selected if candidate not in selected]
    rejected = selection.rejected + reject(replaced, f"replaced by {selected[-1].set_by}")
    return selection._replace(selected=selected, rejected=rejected)
