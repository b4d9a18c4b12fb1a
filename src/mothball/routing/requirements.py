"""Files of no single tool: requirements, setup.py, tox.ini, a pyproject.toml without the table of a tool, ...

pip or uv installs from them. If the two disagree on the main index, the one that is not the built-in default is used.

pip uses the last ``--index-url`` of the files and discards all indexes named before it, in the file or in its own
configuration. uv discards none, and its environment variables take precedence over the file. Indexes that uv queries
first are queried first, so that a private name is found on the private index before a public one is queried.
"""

from __future__ import annotations

from mothball.routing.candidates import (
    Candidate,
    DefaultIndex,
    RejectedIndex,
    RoutingRequest,
    Selection,
    is_public,
    option_candidate,
    reject,
    user_candidate,
)
from mothball.routing.uv import select_indexes as select_uv_indexes


def select_indexes(request: RoutingRequest) -> Selection:
    """Return the indexes that pip or uv queries; ``request.indexes`` are those of the project's uv tables."""
    pip, default = request.settings.pip, request.default
    # pip ignores options with an empty value, so these must not replace the default index.
    extra = [
        option_candidate(option) for option in request.options if option.name == "extra-index-url" and option.value
    ]
    index_urls = [option_candidate(option) for option in request.options if option.name == "index-url" and option.value]
    no_index = next((option for option in request.options if option.name == "no-index"), None)
    # [tool.uv.pip] applies to these files, and takes precedence over [tool.uv].
    uv_indexes = (index._replace(scope="") for index in sorted(request.indexes, key=lambda index: not index.scope))
    uv = select_uv_indexes(request._replace(indexes=tuple(uv_indexes), default=default._replace(is_configured=False)))
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
