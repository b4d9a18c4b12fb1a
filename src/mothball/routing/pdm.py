"""PDM: ``[[tool.pdm.source]]``, and pdm.lock, which does not record where its packages come from.

All sources are asked beside the default index, whose place one named ``pypi`` takes. A source that includes a name has
it alone, one that excludes it is never asked for it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from mothball.routing.candidates import Candidate, RoutingRequest, Selection, rejected, tool_candidate

_DEFAULT = "pypi"


def select_indexes(request: RoutingRequest) -> Selection:
    """Return whom PDM would ask."""
    name, indexes, default = request.name, request.indexes, request.default
    sources = [one for one in indexes if one.role != "find_links"]
    for source in sources:
        # One of the name of the default index may only set its options.
        if not source.url and source.name.lower() != _DEFAULT:
            return Selection(no_index_reason=f"{tool_candidate(source).set_by} has no address yet")
    sources = [one for one in sources if one.url]
    over = rejected((tool_candidate(one) for one in indexes if one.role == "find_links"), "it is a list of files")
    replaced = [tool_candidate(one) for one in sources if one.name.lower() == _DEFAULT]
    including = [tool_candidate(one) for one in sources if _matches(name, one.includes)]
    if including:
        rest = [tool_candidate(one) for one in sources if tool_candidate(one) not in including]
        over += rejected([*rest, default.candidate], f"{including[0].set_by} includes the name")
        return Selection(tuple(including), over)
    excluding = [tool_candidate(one) for one in sources if _matches(name, one.excludes)]
    over += rejected(excluding, "it excludes the name")
    extras = [tool_candidate(one) for one in sources if one.name.lower() != _DEFAULT]
    mains: list[Candidate] = replaced or [default.candidate]
    if replaced:
        over += rejected([default.candidate], f"{replaced[0].set_by} takes its place")
    asked = tuple(one for one in (*extras, *mains) if one not in excluding)
    return Selection(asked, over, "" if asked else "every source excludes the name")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)
