"""PDM: ``[[tool.pdm.source]]``, and pdm.lock, which does not record where its packages come from.

All sources are asked beside the default index, whose place one named ``pypi`` takes. A source that includes a name has
it alone, one that excludes it is never asked for it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from mothball.routing.candidates import Candidate, Choice, RoutingRequest, of_tool, rejected

_DEFAULT = "pypi"


def choose(request: RoutingRequest) -> Choice:
    """Return whom PDM would ask."""
    name, indexes, default = request.name, request.indexes, request.default
    sources = [one for one in indexes if one.role != "find_links"]
    for source in sources:
        # One of the name of the default index may only set its options.
        if not source.url and source.name.lower() != _DEFAULT:
            return Choice(no_index_reason=f"{of_tool(source).set_by} has no address yet")
    sources = [one for one in sources if one.url]
    over = rejected((of_tool(one) for one in indexes if one.role == "find_links"), "it is a list of files")
    replaced = [of_tool(one) for one in sources if one.name.lower() == _DEFAULT]
    including = [of_tool(one) for one in sources if _matches(name, one.includes)]
    if including:
        rest = [of_tool(one) for one in sources if of_tool(one) not in including]
        over += rejected([*rest, default.candidate], f"{including[0].set_by} includes the name")
        return Choice(tuple(including), over)
    excluding = [of_tool(one) for one in sources if _matches(name, one.excludes)]
    over += rejected(excluding, "it excludes the name")
    extras = [of_tool(one) for one in sources if one.name.lower() != _DEFAULT]
    mains: list[Candidate] = replaced or [default.candidate]
    if replaced:
        over += rejected([default.candidate], f"{replaced[0].set_by} takes its place")
    asked = tuple(one for one in (*extras, *mains) if one not in excluding)
    return Choice(asked, over, "" if asked else "every source excludes the name")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)
