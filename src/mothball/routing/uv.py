"""The indexes that uv queries, and those of files that pip or uv installs from: requirements, setup.py, tox.ini, ...

The order is that of uv: environment variables, indexes of the project, indexes of the user's and the system's uv.toml,
extra indexes, default index. Of several default indexes the first counts, and of several indexes with one name. The
first index that has a package is used (uv's strategy ``first-index``; the strategies that query more indexes are not
supported). A uv.toml in the project replaces the indexes of [tool.uv].

pip uses the last ``--index-url`` of the files and discards all indexes named before it, in the file or in its own
configuration. uv discards none, and its environment variables take precedence over the file. If the two disagree on the
main index, the one that is not the built-in default is used. Indexes that uv queries first are queried first, so that a
private name is found on the private index before a public one is queried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mothball.config.connection_settings import UserIndex, UvSettings
from mothball.model.document import ToolIndex
from mothball.routing.candidates import (
    Candidate,
    DefaultIndex,
    RejectedIndex,
    RoutingRequest,
    Selection,
    is_public,
    option_candidate,
    reject,
    tool_candidate,
    user_candidate,
)

_REPLACED = "an earlier index has the same name"


def select_for_uv(request: RoutingRequest) -> Selection:
    """Return the indexes that uv queries for projects, uv.lock and scripts with [tool.uv] in their metadata."""
    indexes = [index for index in request.indexes if not index.scope]
    return _select(request.settings.uv, indexes, request.default)


def _select(uv_settings: UvSettings, project_indexes: Sequence[ToolIndex], default: DefaultIndex) -> Selection:
    settings, rejected = _without_replaced_files(uv_settings, project_indexes)
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


def select_for_requirements(request: RoutingRequest) -> Selection:
    """Return the indexes that pip or uv queries; ``request.indexes`` are those of the project's uv tables."""
    pip, default = request.settings.pip, request.default
    # pip ignores options with an empty value, so these must not replace the default index.
    extra = [
        option_candidate(option) for option in request.options if option.name == "extra-index-url" and option.value
    ]
    index_urls = [option_candidate(option) for option in request.options if option.name == "index-url" and option.value]
    no_index = next((option for option in request.options if option.name == "no-index"), None)
    # [tool.uv.pip] applies to these files, and takes precedence over [tool.uv].
    uv_indexes = sorted(request.indexes, key=lambda index: not index.scope)
    uv = _select(request.settings.uv, uv_indexes, DefaultIndex(default.candidate))
    no_index_reason = option_candidate(no_index).set_by if no_index else ""
    if not no_index_reason and (index_urls or not default.is_configured):
        no_index_reason = pip.no_index or uv.no_index_reason
    elif not no_index_reason and uv.no_index_reason != request.settings.uv.no_index:
        no_index_reason = uv.no_index_reason  # an unreadable uv table of the project may name an index
    if no_index_reason:
        return Selection(rejected=reject([*extra, *index_urls], no_index_reason), no_index_reason=no_index_reason)
    uv_mains = [candidate for candidate in uv.selected[-1:] if candidate is not default.candidate]
    mains, rejected = _main_indexes(index_urls, uv_mains, [user_candidate(pip.default)] if pip.default else [], default)
    rejected = (*rejected, *(entry for entry in uv.rejected if entry.candidate is not default.candidate))
    pip_extra = [user_candidate(index) for index in pip.extra]
    if index_urls and not is_public(mains[-1]):
        rejected += reject(pip_extra, f"pip discards it because of {index_urls[-1].set_by}")
        pip_extra = []
    return Selection((*uv.selected[:-1], *pip_extra, *extra, *mains), rejected)


def _main_indexes(
    index_urls: list[Candidate], uv_mains: list[Candidate], pip_mains: list[Candidate], default: DefaultIndex
) -> tuple[list[Candidate], tuple[RejectedIndex, ...]]:
    """Return the main indexes, pip's last, and the rejected ones.

    uv's main index is returned as well if it differs from pip's and may be queried.
    """
    rejected = reject(index_urls[:-1], f"overridden by {index_urls[-1].set_by}") if index_urls else ()
    user_mains = [*uv_mains, *pip_mains]
    if index_urls:
        from_file = index_urls[-1]
        # uv's variables override the file, pip does not know them: only the built-in default is replaced by them.
        selected = uv_mains if is_public(from_file) and uv_mains and not is_public(uv_mains[0]) else [from_file]
        considered = [from_file, *user_mains]
    elif default.is_configured:
        selected, considered = [default.candidate], user_mains
    else:
        selected = [main for main in user_mains if not is_public(main)] or user_mains[-1:] or [default.candidate]
        considered = [*user_mains, default.candidate]
    others = [candidate for candidate in considered if candidate not in selected]
    return selected, rejected + reject(others, f"{selected[-1].set_by} takes precedence")
