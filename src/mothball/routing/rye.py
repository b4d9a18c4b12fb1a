"""The indexes that Rye queries. No I/O."""

from __future__ import annotations

from mothball.routing.candidates import (
    RoutingRequest,
    Selection,
    reject,
    tool_candidate,
    without_find_links,
    without_url,
)


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[tool.rye.sources]]``.

    All sources are queried in addition to the default index, which a source named ``default`` replaces.
    """
    default = request.default
    sources, rejected = without_find_links(request, "find-links")
    if incomplete := without_url(sources):
        return incomplete
    extras = [tool_candidate(source) for source in sources if source.name != "default"]
    mains = [tool_candidate(source) for source in sources if source.name == "default"]
    if mains:
        rejected += reject([default], f"replaced by {mains[0].set_by}")
    return Selection((*extras, *(mains or [default])), rejected)
