"""Features of the client, read from its `initialize` request."""

from __future__ import annotations

from lsprotocol import types
from pygls.capabilities import get_capability

from mothball.model.records import NamedTuple


class ClientFeatures(NamedTuple):
    """Features of the client; ``encoding`` is that of positions: ``utf-8``, ``utf-16`` or ``utf-32``.

    ``pulls`` means that the client pulls diagnostics and can be requested to pull again; otherwise they are published,
    never both.
    """

    encoding: str = "utf-16"
    pulls: bool = False
    related_information: bool = False
    code_description: bool = False
    deprecated_tag: bool = False
    markdown: bool = False
    configuration: bool = False
    watched_files: bool = False
    progress: bool = False
    show_document: bool = False
    code_action_literals: bool = False
    document_changes: bool = False
    creates_files: bool = False
    snippet_edits: bool = False
    inlay_refresh: bool = False
    code_lens_refresh: bool = False


def read_features(capabilities: types.ClientCapabilities, encoding: object) -> ClientFeatures:
    """Return the features that ``capabilities`` announce; ``encoding`` is the negotiated one."""

    def has(*fields: str) -> bool:
        return any(get_capability(capabilities, field) for field in fields)

    def lists(field: str, value: object) -> bool:
        return value in (get_capability(capabilities, field) or ())

    versioned_edits = has("workspace.workspace_edit.document_changes")
    # Features of diagnostics may be announced in either place; older clients know only the first.
    published, pulled = "text_document.publish_diagnostics", "text_document.diagnostic"
    return ClientFeatures(
        encoding=str(getattr(encoding, "value", encoding)),
        pulls=has(pulled) and has("workspace.diagnostics.refresh_support"),
        related_information=has(f"{published}.related_information", f"{pulled}.related_information"),
        code_description=has(f"{published}.code_description_support", f"{pulled}.code_description_support"),
        deprecated_tag=any(
            lists(f"{place}.tag_support.value_set", types.DiagnosticTag.Deprecated) for place in (published, pulled)
        ),
        markdown=lists("text_document.hover.content_format", types.MarkupKind.Markdown),
        configuration=has("workspace.configuration"),
        watched_files=has("workspace.did_change_watched_files.dynamic_registration"),
        progress=has("window.work_done_progress"),
        show_document=has("window.show_document.support"),
        code_action_literals=has("text_document.code_action.code_action_literal_support"),
        document_changes=versioned_edits,
        creates_files=versioned_edits
        and lists("workspace.workspace_edit.resource_operations", types.ResourceOperationKind.Create),
        code_lens_refresh=has("workspace.code_lens.refresh_support"),
        inlay_refresh=has("workspace.inlay_hint.refresh_support"),
        snippet_edits=versioned_edits and has("workspace.workspace_edit.snippet_edit_support"),
    )
