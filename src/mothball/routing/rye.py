"""Rye: ``[[tool.rye.sources]]``.

All sources are asked beside the default index, whose place one named ``default`` takes; the lists of files among them
are no indexes.
"""

from __future__ import annotations

from mothball.routing.candidates import RoutingRequest, Selection, rejected, tool_candidate

_DEFAULT = "default"
_LINKS = "find-links"


def select_indexes(request: RoutingRequest) -> Selection:
    """Return whom Rye would ask."""
    sources = [one for one in request.indexes if one.role != _LINKS]
    for source in sources:
        if not source.url:
            return Selection(no_index_reason=f"{tool_candidate(source).set_by} has no address yet")
    over = rejected((tool_candidate(one) for one in request.indexes if one.role == _LINKS), "it is a list of files")
    extras = [tool_candidate(one) for one in sources if one.name != _DEFAULT]
    mains = [tool_candidate(one) for one in sources if one.name == _DEFAULT]
    if mains:
        over += rejected([request.default.candidate], f"{mains[0].set_by} takes its place")
    return Selection((*extras, *(mains or [request.default.candidate])), over)
