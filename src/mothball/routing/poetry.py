"""Poetry: ``[[tool.poetry.source]]`` with its priorities, and poetry.lock, which records a source where it is not PyPI.

A primary source takes the place of PyPI unless PyPI is named as well. Supplemental sources (``secondary`` of old) are
asked by Poetry when the primary ones do not have a name; we ask them first, as a name must not be looked for in public
before at home. Explicit ones answer for what is pinned to them.
"""

from __future__ import annotations

from mothball.model.document import ToolIndex
from mothball.routing.candidates import RoutingRequest, Selection, rejected, tool_candidate

_DEFAULT = "pypi"
_PRIMARY = ("default", "primary")


def select_indexes(request: RoutingRequest) -> Selection:
    """Return whom Poetry would ask."""
    indexes, default = request.indexes, request.default
    sources = [one for one in indexes if one.name.lower() != _DEFAULT]
    for source in sources:
        if not source.url and source.role != "explicit":
            return Selection(no_index_reason=f"{tool_candidate(source).set_by} has no address yet")
    primary = [tool_candidate(one) for one in sources if one.role in _PRIMARY]
    explicit = [tool_candidate(one) for one in sources if one.role == "explicit"]
    others = [tool_candidate(one) for one in sources if one.role not in {*_PRIMARY, "explicit"}]
    over = rejected(explicit, "only what is pinned to it is asked of it")
    if not primary or any(_asks_default(one) for one in indexes):
        return Selection((*others, *primary, default.candidate), over)
    over += rejected([default.candidate], f"{primary[0].set_by} takes its place")
    return Selection((*others, *primary), over)


def _asks_default(index: ToolIndex) -> bool:
    return index.name.lower() == _DEFAULT and index.role != "explicit"
