"""Rye: ``[[tool.rye.sources]]``.

All sources are asked beside the default index, whose place one named ``default`` takes; the lists of files among them
are no indexes.
"""

from __future__ import annotations

from mothball.routing.candidates import Choice, RoutingRequest, of_tool, rejected

_DEFAULT = "default"
_LINKS = "find-links"


def choose(request: RoutingRequest) -> Choice:
    """Return whom Rye would ask."""
    sources = [one for one in request.indexes if one.role != _LINKS]
    for source in sources:
        if not source.url:
            return Choice(no_index_reason=f"{of_tool(source).set_by} has no address yet")
    over = rejected((of_tool(one) for one in request.indexes if one.role == _LINKS), "it is a list of files")
    extras = [of_tool(one) for one in sources if one.name != _DEFAULT]
    mains = [of_tool(one) for one in sources if one.name == _DEFAULT]
    if mains:
        over += rejected([request.default.candidate], f"{mains[0].set_by} takes its place")
    return Choice((*extras, *(mains or [request.default.candidate])), over)
