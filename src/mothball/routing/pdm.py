"""The indexes that PDM queries. No I/O."""

from __future__ import annotations

from fnmatch import fnmatchcase

from mothball.routing.candidates import (
    RoutingRequest,
    Selection,
    reject,
    tool_candidate,
    without_find_links,
    without_url,
)

# The name of a source that stands for the default index in PDM.
_PYPI = "pypi"


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[tool.pdm.source]]``, also for pdm.lock, which does not record the index of a package.

    All sources are queried in addition to the default index, which a source named ``pypi`` replaces. If
    ``include_packages`` of a source lists a package, only that source is queried for it; ``exclude_packages`` excludes
    a package from a source.
    """
    name, default = request.name, request.default
    sources, rejected = without_find_links(request, "find_links")
    # A source named "pypi" without a URL only sets options of the default index.
    if incomplete := without_url(source for source in sources if source.name.lower() != _PYPI):
        return incomplete
    sources = [source for source in sources if source.url]
    including = [tool_candidate(source) for source in sources if _matches(name, source.includes)]
    if including:
        rest = [candidate for candidate in map(tool_candidate, sources) if candidate not in including]
        rejected += reject([*rest, default], f"`include_packages` of {including[0].set_by} lists the name")
        return Selection(tuple(including), rejected)
    excluding = [tool_candidate(source) for source in sources if _matches(name, source.excludes)]
    rejected += reject(excluding, "its `exclude_packages` lists the name")
    extras = [tool_candidate(source) for source in sources if source.name.lower() != _PYPI]
    replacements = [tool_candidate(source) for source in sources if source.name.lower() == _PYPI]
    if replacements:
        rejected += reject([default], f"replaced by {replacements[0].set_by}")
    candidates = (*extras, *(replacements or [default]))
    selected = tuple(candidate for candidate in candidates if candidate not in excluding)
    return Selection(selected, rejected, "" if selected else "`exclude_packages` of every source lists the name")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)
