"""Poetry: ``[[tool.poetry.source]]`` with its priorities, and poetry.lock, which records a source where it is not PyPI.

A primary source takes the place of PyPI unless PyPI is named as well. Supplemental sources (``secondary`` of old) are
asked by Poetry when the primary ones do not have a name; we ask them first, as a name must not be looked for in public
before at home. Explicit ones answer for what is pinned to them.
"""

from __future__ import annotations

from mothball.model.document import ToolIndex
from mothball.routing.candidates import Choice, RoutingRequest, of_tool, rejected

_DEFAULT = "pypi"
_PRIMARY = ("default", "primary")


def choose(request: RoutingRequest) -> Choice:
    """Return whom Poetry would ask."""
    indexes, default = request.indexes, request.default
    sources = [one for one in indexes if one.name.lower() != _DEFAULT]
    for source in sources:
        if not source.url and source.role != "explicit":
            return Choice(no_index_reason=f"{of_tool(source).set_by} has no address yet")
    primary = [of_tool(one) for one in sources if one.role in _PRIMARY]
    explicit = [of_tool(one) for one in sources if one.role == "explicit"]
    others = [of_tool(one) for one in sources if one.role not in {*_PRIMARY, "explicit"}]
    over = rejected(explicit, "only what is pinned to it is asked of it")
    if not primary or any(_asks_default(one) for one in indexes):
        return Choice((*others, *primary, default.candidate), over)
    over += rejected([default.candidate], f"{primary[0].set_by} takes its place")
    return Choice((*others, *primary), over)


def _asks_default(index: ToolIndex) -> bool:
    return index.name.lower() == _DEFAULT and index.role != "explicit"
