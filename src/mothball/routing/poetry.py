"""The indexes that Poetry queries. No I/O."""

from __future__ import annotations

from mothball.routing.candidates import RoutingRequest, Selection, reject, tool_candidate, without_url

# The name of a source that stands for the default index in Poetry.
_PYPI = "pypi"
_PRIMARY = ("default", "primary")


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[tool.poetry.source]]``; poetry.lock records a source unless it is PyPI.

    A primary source replaces PyPI unless PyPI is declared as well. Poetry queries supplemental sources (formerly
    ``secondary``) after the primary ones. mothball queries them first, so that a private name is found on the private
    index before a public one is queried. Explicit sources are only queried for packages pinned to them.
    """
    default = request.default
    sources = [index for index in request.indexes if index.name.lower() != _PYPI]
    if incomplete := without_url(source for source in sources if source.role != "explicit"):
        return incomplete
    primary = [tool_candidate(source) for source in sources if source.role in _PRIMARY]
    explicit = [tool_candidate(source) for source in sources if source.role == "explicit"]
    supplemental = [tool_candidate(source) for source in sources if source.role not in {*_PRIMARY, "explicit"}]
    rejected = reject(explicit, "queried only for packages pinned to it")
    if not primary or any(index.name.lower() == _PYPI and index.role != "explicit" for index in request.indexes):
        return Selection((*supplemental, *primary, default), rejected)
    return Selection((*supplemental, *primary), rejected + reject([default], f"replaced by {primary[0].set_by}"))
