"""The indexes that PDM, Pipenv, pixi, Poetry and Rye query. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mothball.config.user_settings import UserIndex
from mothball.model.document import ToolIndex
from mothball.routing.candidates import (
    Candidate,
    RejectedIndex,
    RoutingRequest,
    Selection,
    is_configured,
    is_public,
    reject,
    tool_candidate,
    user_candidate,
)

_PRIMARY = ("default", "primary")


def select_for_pdm(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[tool.pdm.source]]``, also for pdm.lock, which does not record the index of a package.

    All sources are queried in addition to the default index, which a source named ``pypi`` replaces. If
    ``include_packages`` of a source lists a package, only that source is queried for it; ``exclude_packages`` excludes
    a package from a source.
    """
    sources, rejected = _without_find_links(request, "find_links")
    # A source named "pypi" without a URL only sets options of the default index.
    if incomplete := _without_url(source for source in sources if not _is_pypi(source)):
        return incomplete
    sources = [source for source in sources if source.url]
    including = [tool_candidate(source) for source in sources if _matches(request.name, source.includes)]
    if including:
        rest = [candidate for candidate in map(tool_candidate, sources) if candidate not in including]
        rejected += reject([*rest, request.default], f"`include_packages` of {including[0].set_by} lists the name")
        return Selection(tuple(including), rejected)
    excluding = [tool_candidate(source) for source in sources if _matches(request.name, source.excludes)]
    rejected += reject(excluding, "its `exclude_packages` lists the name")
    extras = [tool_candidate(source) for source in sources if not _is_pypi(source)]
    mains, replaced = _or_default([tool_candidate(source) for source in sources if _is_pypi(source)], request.default)
    selected = tuple(candidate for candidate in (*extras, *mains) if candidate not in excluding)
    reason = "" if selected else "`exclude_packages` of every source lists the name"
    return Selection(selected, rejected + replaced, reason)


def select_for_pipenv(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[source]]`` of a Pipfile; Pipfile.lock records the index of each package.

    The first source is queried for all packages without an ``index``, unless ``install_search_all_sources`` is set.
    ``PIPENV_PYPI_MIRROR`` replaces the default index.
    """
    indexes, mirror, default = request.indexes, request.settings.pipenv_mirror, request.default
    if not indexes:
        return _with_mirror([default], (), None if is_configured(default) else mirror)
    sources = [tool_candidate(index) for index in indexes]
    searched = sources if indexes[0].role == "searched" else sources[:1]
    if not all(source.address for source in searched):
        return Selection(no_index_reason=f"{searched[0].set_by} has no URL")
    others = reject(sources[len(searched) :], "Pipenv queries only the first source for packages without `index`")
    return _with_mirror([*searched[1:], searched[0]], others, mirror)


def select_for_pixi(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[pypi-options]`` of the workspace and of its features.

    Dependencies of a feature are installed with the options of the feature and of the workspace. Dependencies of the
    workspace are installed in every environment, therefore also with the options of any feature.
    """
    indexes, default = request.indexes, request.default
    keys = request.section.removeprefix("tool.pixi.").split(".")
    feature = keys[1] if keys[0] == "feature" and len(keys) > 2 else ""
    in_scope = [index for index in indexes if index.scope in {feature, ""} or not feature]
    extras = [tool_candidate(index) for index in in_scope if index.role != "index-url"]
    # A feature's own index-url takes precedence over the workspace's.
    main_indexes = sorted((index for index in in_scope if index.role == "index-url"), key=lambda index: not index.scope)
    mains = [tool_candidate(index) for index in main_indexes]
    others = (tool_candidate(index) for index in indexes if index not in in_scope)
    rejected = reject(others, "belongs to another feature")
    if not all(candidate.address for candidate in (*extras, *mains)):
        return Selection(no_index_reason="`pypi-options` has an index without a URL", rejected=rejected)
    if feature and mains:
        rejected += reject([*mains[1:], default], f"replaced by {mains[0].set_by}")
        return Selection((*extras, mains[0]), rejected)
    if not all(index.scope for index in main_indexes):  # the workspace has its own
        rejected += reject([default], f"replaced by {mains[-1].set_by}")
        return Selection((*extras, *mains), rejected)
    return Selection((*extras, *mains, default), rejected)


def select_for_poetry(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[tool.poetry.source]]``; poetry.lock records a source unless it is PyPI.

    A primary source replaces PyPI unless PyPI is declared as well. Poetry queries supplemental sources (formerly
    ``secondary``) after the primary ones. mothball queries them first, so that a private name is found on the private
    index before a public one is queried. Explicit sources are only queried for packages pinned to them.
    """
    sources = [index for index in request.indexes if not _is_pypi(index)]
    if incomplete := _without_url(source for source in sources if source.role != "explicit"):
        return incomplete
    primary = [tool_candidate(source) for source in sources if source.role in _PRIMARY]
    explicit = [tool_candidate(source) for source in sources if source.role == "explicit"]
    supplemental = [tool_candidate(source) for source in sources if source.role not in {*_PRIMARY, "explicit"}]
    rejected = reject(explicit, "queried only for packages pinned to it")
    if any(_is_pypi(index) and index.role != "explicit" for index in request.indexes):
        return Selection((*supplemental, *primary, request.default), rejected)
    mains, replaced = _or_default(primary, request.default)
    return Selection((*supplemental, *mains), rejected + replaced)


def select_for_rye(request: RoutingRequest) -> Selection:
    """Return the indexes of ``[[tool.rye.sources]]``.

    All sources are queried in addition to the default index, which a source named ``default`` replaces.
    """
    sources, rejected = _without_find_links(request, "find-links")
    if incomplete := _without_url(sources):
        return incomplete
    extras = [tool_candidate(source) for source in sources if source.name != "default"]
    named_default = [tool_candidate(source) for source in sources if source.name == "default"]
    mains, replaced = _or_default(named_default, request.default)
    return Selection((*extras, *mains), rejected + replaced)


SELECT: dict[str, Callable[[RoutingRequest], Selection]] = {
    "pdm": select_for_pdm,
    "pipenv": select_for_pipenv,
    "pixi": select_for_pixi,
    "poetry": select_for_poetry,
    "rye": select_for_rye,
}


def mirror_or(candidate: Candidate, mirror: UserIndex | None) -> Candidate:
    """Return the mirror of Pipenv if ``candidate`` is the built-in default index, else ``candidate``."""
    return user_candidate(mirror) if mirror is not None and is_public(candidate) else candidate


def _with_mirror(
    candidates: list[Candidate], rejected: tuple[RejectedIndex, ...], mirror: UserIndex | None
) -> Selection:
    selected = tuple(mirror_or(candidate, mirror) for candidate in candidates)
    replaced = [candidate for candidate in candidates if candidate not in selected]
    return Selection(selected, rejected + reject(replaced, f"replaced by {selected[-1].set_by}"))


def _or_default(mains: list[Candidate], default: Candidate) -> tuple[list[Candidate], tuple[RejectedIndex, ...]]:
    """Return ``mains``, which replace the default index, and that one as rejected; without any, the default index."""
    return (mains, reject([default], f"replaced by {mains[0].set_by}")) if mains else ([default], ())


def _is_pypi(source: ToolIndex) -> bool:
    """Return True for the name of a source that stands for the default index in Poetry and PDM."""
    return source.name.lower() == "pypi"


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    from fnmatch import fnmatchcase  # noqa: PLC0415 - of these tools, only PDM has patterns

    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)


def _without_find_links(request: RoutingRequest, role: str) -> tuple[list[ToolIndex], tuple[RejectedIndex, ...]]:
    """Return the sources that are indexes, and those with ``role``, which are not, as rejected."""
    links = (tool_candidate(source) for source in request.indexes if source.role == role)
    sources = [source for source in request.indexes if source.role != role]
    return sources, reject(links, "find-links location, not an index")


def _without_url(sources: Iterable[ToolIndex]) -> Selection | None:
    """Return the selection of no index if one of ``sources`` has no URL."""
    source = next((source for source in sources if not source.url), None)
    return None if source is None else Selection(no_index_reason=f"{tool_candidate(source).set_by} has no URL")
