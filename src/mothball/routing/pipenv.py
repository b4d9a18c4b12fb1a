"""The indexes that Pipenv queries. No I/O."""

from __future__ import annotations

from mothball.config.user_settings import UserIndex
from mothball.routing.candidates import (
    Candidate,
    RejectedIndex,
    RoutingRequest,
    Selection,
    is_configured,
    is_public,
    reject,
    tool_candidate,
    user_candidate,
)


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[source]]`` of a Pipfile; Pipfile.lock records the index of each package.

    The first source is queried for all packages without an ``index``, unless ``install_search_all_sources`` is set.
    ``PIPENV_PYPI_MIRROR`` replaces the default index.
    """
    indexes, mirror, default = request.indexes, request.settings.pipenv_mirror, request.default
    if not indexes:
        return _with_mirror([default], (), None if is_configured(default) else mirror)
    sources = [tool_candidate(index) for index in indexes]
    searched = sources if indexes[0].role == "searched" else sources[:1]
    if not all(source.url for source in searched):
        return Selection(no_index_reason=f"{searched[0].set_by} has no URL")
    others = reject(sources[len(searched) :], "Pipenv queries only the first source for packages without `index`")
    return _with_mirror([*searched[1:], searched[0]], others, mirror)


def mirror_or(candidate: Candidate, mirror: UserIndex | None) -> Candidate:
    """Return the mirror if ``candidate`` is the built-in default index, else ``candidate``."""
    return user_candidate(mirror) if mirror is not None and is_public(candidate) else candidate


def _with_mirror(
    candidates: list[Candidate], rejected: tuple[RejectedIndex, ...], mirror: UserIndex | None
) -> Selection:
    selected = tuple(mirror_or(candidate, mirror) for candidate in candidates)
    replaced = [candidate for candidate in candidates if candidate not in selected]
    return Selection(selected, rejected + reject(replaced, f"replaced by {selected[-1].set_by}"))
