"""Rye: ``[[tool.rye.sources]]``.

All sources are queried in addition to the default index, which a source named ``default`` replaces. Find-links sources
are not indexes.
"""

from __future__ import annotations

from mothball.routing.candidates import RoutingRequest, Selection, reject, tool_candidate

_DEFAULT = "default"
_FIND_LINKS = "find-links"


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes that Rye queries."""
    sources = [source for source in request.indexes if source.role != _FIND_LINKS]
    for source in sources:
        if not source.url:
            return Selection(no_index_reason=f"{tool_candidate(source).set_by} has no URL")
    rejected = reject(
        (tool_candidate(source) for source in request.indexes if source.role == _FIND_LINKS),
        "find-links location, not an index",
    )
    extras = [tool_candidate(source) for source in sources if source.name != _DEFAULT]
    mains = [tool_candidate(source) for source in sources if source.name == _DEFAULT]
    if mains:
        rejected += reject([request.default.candidate], f"replaced by {mains[0].set_by}")
    return Selection((*extras, *(mains or [request.default.candidate])), rejected)
