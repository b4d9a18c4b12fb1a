"""PDM: ``[[tool.pdm.source]]``, and pdm.lock, which does not record the index of a package.

All sources are queried in addition to the default index, which a source named ``pypi`` replaces. If
``include_packages`` of a source lists a package, only that source is queried for it; ``exclude_packages`` excludes a
package from a source.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from mothball.routing.candidates import Candidate, RoutingRequest, Selection, reject, tool_candidate

_DEFAULT = "pypi"


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes that PDM queries."""
    name, default = request.name, request.default
    sources = [source for source in request.indexes if source.role != "find_links"]
    for source in sources:
        # A source named "pypi" without a URL only sets options of the default index.
        if not source.url and source.name.lower() != _DEFAULT:
            return Selection(no_index_reason=f"{tool_candidate(source).set_by} has no URL")
    sources = [source for source in sources if source.url]
    rejected = reject(
        (tool_candidate(source) for source in request.indexes if source.role == "find_links"),
        "find-links location, not an index",
    )
    replacements = [tool_candidate(source) for source in sources if source.name.lower() == _DEFAULT]
    including = [tool_candidate(source) for source in sources if _matches(name, source.includes)]
    if including:
        rest = [candidate for candidate in map(tool_candidate, sources) if candidate not in including]
        rejected += reject([*rest, default.candidate], f"`include_packages` of {including[0].set_by} lists the name")
        return Selection(tuple(including), rejected)
    excluding = [tool_candidate(source) for source in sources if _matches(name, source.excludes)]
    rejected += reject(excluding, "its `exclude_packages` lists the name")
    extras = [tool_candidate(source) for source in sources if source.name.lower() != _DEFAULT]
    mains: list[Candidate] = replacements or [default.candidate]
    if replacements:
        rejected += reject([default.candidate], f"replaced by {replacements[0].set_by}")
    selected = tuple(candidate for candidate in (*extras, *mains) if candidate not in excluding)
    return Selection(selected, rejected, "" if selected else "`exclude_packages` of every source lists the name")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)
