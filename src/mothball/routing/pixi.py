"""The indexes that pixi queries. No I/O."""

from __future__ import annotations

from mothball.routing.candidates import RoutingRequest, Selection, reject, tool_candidate


def select_indexes(request: RoutingRequest) -> Selection:
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
    by_precedence = sorted(in_scope, key=lambda index: index.scope == "")
    mains = [tool_candidate(index) for index in by_precedence if index.role == "index-url"]
    others = (tool_candidate(index) for index in indexes if index not in in_scope)
    rejected = reject(others, "belongs to another feature")
    workspace_has_main = any(index.role == "index-url" and index.scope == "" for index in in_scope)
    if not all(candidate.url for candidate in (*extras, *mains)):
        return Selection(no_index_reason="`pypi-options` has an index without a URL", rejected=rejected)
    if feature and mains:
        rejected += reject([*mains[1:], default], f"replaced by {mains[0].set_by}")
        return Selection((*extras, mains[0]), rejected)
    if workspace_has_main:
        rejected += reject([default], f"replaced by {mains[-1].set_by}")
        return Selection((*extras, *mains), rejected)
    return Selection((*extras, *mains, default), rejected)
