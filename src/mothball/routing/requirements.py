"""Files that belong to no single tool: requirements, setup.py, tox.ini, a pyproject.toml without a tool's table, ...

pip installs from them, and uv. What the two would not ask alike is settled for the private side: where they disagree on
the main index, the one that is not the default index answers.

pip takes the last ``--index-url`` of the files and forgets all indexes named before it, in the file or in its own
configuration; uv forgets none, and a variable of its own beats what the file says. A name must not be looked for in
public before at home, so indexes that uv would ask first are asked first.
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
    rejected,
    user_candidate,
)
from mothball.routing.uv import select_indexes as uv_choice


def select_indexes(request: RoutingRequest) -> Selection:
    """Return whom pip or uv would ask; the indexes of the question are those by which uv installs around the file."""
    pip, default = request.settings.pip, request.default
    # An option with an empty value changes nothing for pip: it must not hide the default index from us.
    extra = [option_candidate(one) for one in request.options if one.name == "extra-index-url" and one.value]
    named = [option_candidate(one) for one in request.options if one.name == "index-url" and one.value]
    off = next((one for one in request.options if one.name == "no-index"), None)
    # What is said to `uv pip` alone is said of these files, and comes before what is said to uv.
    around = (one._replace(scope="") for one in sorted(request.indexes, key=lambda one: not one.scope))
    uv = uv_choice(request._replace(indexes=tuple(around), default=default._replace(is_configured=False)))
    no_index_reason = option_candidate(off).set_by if off else ""
    if not no_index_reason and (named or not default.is_configured):
        no_index_reason = pip.no_index or uv.no_index_reason
    elif not no_index_reason and uv.no_index_reason != request.settings.uv.no_index:
        no_index_reason = uv.no_index_reason  # a table around the file cannot be read, and may name an index
    if no_index_reason:
        return Selection(rejected=rejected([*extra, *named], no_index_reason), no_index_reason=no_index_reason)
    uvs = [one for one in uv.asked[-1:] if one is not default.candidate]
    main, over = _main(named, uvs, [user_candidate(pip.default)] if pip.default else [], default)
    over = (*over, *(one for one in uv.rejected if one.candidate is not default.candidate))
    pips = [user_candidate(one) for one in pip.extra]
    if named and not is_public(main[-1]):
        over += rejected(pips, f"pip forgets it for {named[-1].set_by}")
        pips = []
    return Selection((*uv.asked[:-1], *pips, *extra, *main), over)


def _main(
    named: list[Candidate], uvs: list[Candidate], pips: list[Candidate], default: DefaultIndex
) -> tuple[list[Candidate], tuple[RejectedIndex, ...]]:
    """Return the main index of pip and, where that is another one that may be asked too, of uv; pip's comes last."""
    over = rejected(named[:-1], f"{named[-1].set_by} comes later") if named else ()
    users = [*uvs, *pips]
    if named:
        file = named[-1]
        # A variable of uv beats what the file says, and pip reads the file: only the default index yields to it.
        kept = uvs if is_public(file) and uvs and not is_public(uvs[0]) else [file]
        others = [file, *users]
    elif default.is_configured:
        kept, others = [default.candidate], users
    else:
        kept = [one for one in users if not is_public(one)] or users[-1:] or [default.candidate]
        others = [*users, default.candidate]
    return kept, over + rejected([one for one in others if one not in kept], f"{kept[-1].set_by} comes before it")
