"""uv: projects with [tool.uv], uv.lock, scripts with [tool.uv] in their metadata.

The order is uv's own: its variables, the project's indexes, those of the user's and the system's uv.toml, then extra
indexes, and the default index last; of several defaults the first counts. The first index that has a name answers for
it (uv's strategy ``first-index``; the others ask more indexes and are not followed). A uv.toml beside the project takes
the place of the indexes in [tool.uv].
"""

from __future__ import annotations

from collections.abc import Sequence

from mothball.config.installers import UserIndex, UvSettings
from mothball.model.document import ToolIndex
from mothball.routing.candidates import Candidate, RoutingRequest, Selection, rejected, tool_candidate, user_candidate


def select_indexes(request: RoutingRequest) -> Selection:
    """Return whom uv would ask."""
    settings, default = request.settings.uv, request.default
    by_role: dict[str, list[Candidate]] = {}
    for index in request.indexes:
        if index.scope:
            continue
        if index.role == "no-index":
            return Selection(no_index_reason=tool_candidate(index).set_by)
        # What is being typed may be where all names belong.
        if not index.url and index.role not in {"explicit", "flat"}:
            return Selection(no_index_reason=f"{tool_candidate(index).set_by} has no address yet")
        by_role.setdefault(index.role, []).append(tool_candidate(index))
    if settings.no_index:
        return Selection(no_index_reason=settings.no_index)
    asked = [
        *map(user_candidate, settings.indexes),
        *by_role.get("index", ()),
        *map(user_candidate, settings.file_indexes),
        *map(user_candidate, settings.extra),
        *by_role.get("extra-index-url", ()),
        *map(user_candidate, settings.file_extra),
    ]
    tables = [*by_role.get("default", ()), *by_role.get("index-url", ())]
    env, file = _one(settings.default), _one(settings.file_default)
    if tables:
        mains = [*env, *tables, *file]
    elif default.is_configured:
        mains = [default.candidate, *env, *file]
    else:
        mains = [*env, *file, default.candidate]
    over = rejected(mains[1:], f"{mains[0].set_by} comes before it")
    over += rejected(by_role.get("explicit", ()), "only what is pinned to it is asked of it")
    over += rejected(by_role.get("flat", ()), "it is a list of files, and states nothing")
    return Selection((*asked, mains[0]), over)


def named(name: str, indexes: Sequence[ToolIndex], settings: UvSettings) -> Candidate | None:
    """Return the index that a source pins by ``name``: of the project, of its workspace, or of the user."""
    for index in indexes:
        if index.tool == "uv" and index.name == name and index.url and index.role != "flat":
            return tool_candidate(index)
    users = (*settings.indexes, *_some(settings.default), *settings.file_indexes, *_some(settings.file_default))
    return next((user_candidate(one) for one in (*users, *settings.explicit) if one.name == name), None)


def _one(index: UserIndex | None) -> tuple[Candidate, ...]:
    return tuple(map(user_candidate, _some(index)))


def _some(index: UserIndex | None) -> tuple[UserIndex, ...]:
    return () if index is None else (index,)
