"""Poetry: ``[[tool.poetry.source]]`` with its priorities, and poetry.lock, which records a source unless it is PyPI.

A primary source replaces PyPI unless PyPI is declared as well. Poetry queries supplemental sources (formerly
``secondary``) after the primary ones. mothball queries them first, so that a private name is found on the private index
before a public one is queried. Explicit sources are only queried for packages pinned to them.
"""

from __future__ import annotations

from mothball.model.document import ToolIndex
from mothball.routing.candidates import RoutingRequest, Selection, reject, tool_candidate

_DEFAULT = "pypi"
_PRIMARY = ("default", "primary")


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes that Poetry queries."""
    indexes, default = request.indexes, request.default
    sources = [index for index in indexes if index.name.lower() != _DEFAULT]
    for source in sources:
        if not source.url and source.role != "explicit":
            return Selection(no_index_reason=f"{tool_candidate(source).set_by} has no URL")
    primary = [tool_candidate(source) for source in sources if source.role in _PRIMARY]
    explicit = [tool_candidate(source) for source in sources if source.role == "explicit"]
    supplemental = [tool_candidate(source) for source in sources if source.role not in {*_PRIMARY, "explicit"}]
    rejected = reject(explicit, "queried only for packages pinned to it")
    if not primary or any(_declares_default(index) for index in indexes):
        return Selection((*supplemental, *primary, default.candidate), rejected)
    rejected += reject([default.candidate], f"replaced by {primary[0].set_by}")
    return Selection((*supplemental, *primary), rejected)


def _declares_default(index: ToolIndex) -> bool:
    return index.name.lower() == _DEFAULT and index.role != "explicit"
