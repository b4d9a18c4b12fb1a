"""uv: projects with [tool.uv], uv.lock, scripts with [tool.uv] in their metadata.

The order is that of uv: environment variables, indexes of the project, indexes of the user's and the system's uv.toml,
extra indexes, default index. Of several default indexes the first counts, and of several indexes with one name. The
first index that has a package is used (uv's strategy ``first-index``; the strategies that query more indexes are not
supported). A uv.toml in the project replaces the indexes of [tool.uv].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mothball.config.installers import UserIndex, UvSettings
from mothball.model.document import ToolIndex
from mothball.routing.candidates import (
    Candidate,
    RejectedIndex,
    RoutingRequest,
    Selection,
    reject,
    tool_candidate,
    user_candidate,
)

_REPLACED = "an earlier index has the same name"


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes that uv queries."""
    default = request.default
    project_indexes = [index for index in request.indexes if not index.scope]
    settings, rejected = _without_replaced_files(request.settings.uv, project_indexes)
    variables = _names((*_as_tuple(settings.default), *settings.indexes))
    by_role: dict[str, list[Candidate]] = {}
    for index in project_indexes:
        if index.name in variables:
            rejected += reject((tool_candidate(index),), _REPLACED)
            continue
        if index.role == "no-index":
            return Selection(no_index_reason=tool_candidate(index).set_by)
        # The user may be typing the URL of a private index: query no other index meanwhile.
        if not index.url and index.role not in {"explicit", "flat", "find-links"}:
            return Selection(no_index_reason=f"{tool_candidate(index).set_by} has no URL")
        by_role.setdefault(index.role, []).append(tool_candidate(index))
    if settings.no_index:
        return Selection(no_index_reason=settings.no_index)
    extras = [
        *map(user_candidate, settings.indexes),
        *by_role.get("index", ()),
        *map(user_candidate, settings.file_indexes),
        *map(user_candidate, settings.extra),
        *by_role.get("extra-index-url", ()),
        *map(user_candidate, settings.file_extra),
    ]
    project = [*by_role.get("default", ()), *by_role.get("index-url", ())]
    environment = list(map(user_candidate, _as_tuple(settings.default)))
    user_files = list(map(user_candidate, _as_tuple(settings.file_default)))
    if project:
        mains = [*environment, *project, *user_files]
    elif default.is_configured:
        mains = [default.candidate, *environment, *user_files]
    else:
        mains = [*environment, *user_files, default.candidate]
    rejected += reject(mains[1:], f"{mains[0].set_by} takes precedence")
    rejected += reject(by_role.get("explicit", ()), "queried only for packages pinned to it")
    rejected += reject(by_role.get("flat", ()), "flat index without project statuses")
    rejected += reject(by_role.get("find-links", ()), "find-links location, not an index")
    return Selection((*extras, mains[0]), rejected)


def index_by_name(name: str, indexes: Sequence[ToolIndex], settings: UvSettings) -> Candidate | None:
    """Return the index called ``name`` in the variables, the project, its workspace or other settings of uv."""
    replacing = index_of_variables(name, settings)
    if replacing is not None:
        return replacing
    for index in indexes:
        if index.tool == "uv" and index.name == name and index.url and index.role != "flat":
            return tool_candidate(index)
    user_indexes = (*settings.file_indexes, *_as_tuple(settings.file_default), *settings.explicit)
    return next((user_candidate(index) for index in user_indexes if index.name == name), None)


def index_of_variables(name: str, settings: UvSettings) -> Candidate | None:
    """Return the index called ``name`` in ``UV_DEFAULT_INDEX`` or ``UV_INDEX``, which replaces that of a project."""
    indexes = (*_as_tuple(settings.default), *settings.indexes)
    return next((user_candidate(index) for index in indexes if index.name == name), None)


def _without_replaced_files(
    settings: UvSettings, project_indexes: Sequence[ToolIndex]
) -> tuple[UvSettings, tuple[RejectedIndex, ...]]:
    """Return ``settings`` without the indexes whose names earlier ones have, and these as rejected."""
    indexes = [index for index in settings.indexes if index.name not in _names(_as_tuple(settings.default))]
    earlier = _names((*_as_tuple(settings.default), *indexes, *project_indexes))
    file_default = None if settings.file_default and settings.file_default.name in earlier else settings.file_default
    file_indexes = [index for index in settings.file_indexes if index.name not in earlier]
    kept = settings._replace(indexes=tuple(indexes), file_default=file_default, file_indexes=tuple(file_indexes))
    all_named = (*settings.indexes, *_as_tuple(settings.file_default), *settings.file_indexes)
    kept_named = (*indexes, *_as_tuple(file_default), *file_indexes)
    return kept, reject((user_candidate(index) for index in all_named if index not in kept_named), _REPLACED)


def _names(indexes: Iterable[UserIndex | ToolIndex]) -> set[str]:
    return {index.name for index in indexes} - {""}


def _as_tuple(index: UserIndex | None) -> tuple[UserIndex, ...]:
    return () if index is None else (index,)
