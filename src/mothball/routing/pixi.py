"""pixi: ``[pypi-options]`` of the workspace and of its features.

What a feature requires is installed with the options of the feature and of the workspace. What the workspace requires
is installed in every environment, so also with those of any feature.
"""

from __future__ import annotations

from mothball.routing.candidates import RoutingRequest, Selection, rejected, tool_candidate


def select_indexes(request: RoutingRequest) -> Selection:
    """Return whom pixi would ask."""
    indexes, default = request.indexes, request.default
    scope = _scope_of(request.section)
    ours = [one for one in indexes if one.scope in {scope, ""} or not scope]
    extras = [tool_candidate(one) for one in ours if one.role != "index-url"]
    # The feature's own comes before the workspace's, which answers where a feature names none.
    mains = [tool_candidate(one) for one in sorted(ours, key=lambda one: one.scope == "") if one.role == "index-url"]
    others = rejected((tool_candidate(one) for one in indexes if one not in ours), "it is of another feature")
    workspace = any(one.role == "index-url" and one.scope == "" for one in ours)
    if not all(one.address for one in (*extras, *mains)):
        return Selection(no_index_reason="pypi-options has an index without an address", rejected=others)
    if scope and mains:
        others += rejected([*mains[1:], default.candidate], f"{mains[0].set_by} takes its place")
        return Selection((*extras, mains[0]), others)
    if workspace:
        return Selection(
            (*extras, *mains), others + rejected([default.candidate], f"{mains[-1].set_by} takes its place")
        )
    return Selection((*extras, *mains, default.candidate), others)


def _scope_of(section: str) -> str:
    """Return the feature that a table belongs to, empty for the workspace's own."""
    steps = section.removeprefix("tool.pixi.").split(".")
    return steps[1] if steps[0] == "feature" and len(steps) > 2 else ""
