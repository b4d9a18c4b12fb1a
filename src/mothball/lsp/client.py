"""Features of the client, read from its `initialize` request."""

from __future__ import annotations

from lsprotocol import types

from mothball.model.records import NamedTuple

_Shape = types.PublishDiagnosticsClientCapabilities | types.DiagnosticClientCapabilities


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
    document = capabilities.text_document or types.TextDocumentClientCapabilities()
    workspace = capabilities.workspace or types.WorkspaceClientCapabilities()
    window = capabilities.window or types.WindowClientCapabilities()
    edits = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
    published = document.publish_diagnostics or types.PublishDiagnosticsClientCapabilities()
    pulled = document.diagnostic
    # Features of diagnostics may be announced in either place; older clients know only the first.
    shapes: list[_Shape] = [published] if pulled is None else [published, pulled]
    tags = [tag for options in shapes for tag in (options.tag_support.value_set if options.tag_support else ())]
    return ClientFeatures(
        encoding=str(getattr(encoding, "value", encoding)),
        pulls=bool(pulled is not None and workspace.diagnostics and workspace.diagnostics.refresh_support),
        related_information=any(options.related_information for options in shapes),
        code_description=any(options.code_description_support for options in shapes),
        deprecated_tag=types.DiagnosticTag.Deprecated in tags,
        markdown=bool(document.hover and types.MarkupKind.Markdown in (document.hover.content_format or ())),
        configuration=bool(workspace.configuration),
        watched_files=bool(
            workspace.did_change_watched_files and workspace.did_change_watched_files.dynamic_registration
        ),
        progress=bool(window.work_done_progress),
        show_document=bool(window.show_document and window.show_document.support),
        code_action_literals=bool(document.code_action and document.code_action.code_action_literal_support),
        document_changes=bool(edits.document_changes),
        creates_files=bool(
            edits.document_changes and types.ResourceOperationKind.Create in (edits.resource_operations or ())
        ),
        code_lens_refresh=bool(workspace.code_lens and workspace.code_lens.refresh_support),
        inlay_refresh=bool(workspace.inlay_hint and workspace.inlay_hint.refresh_support),
        snippet_edits=bool(edits.document_changes and edits.snippet_edit_support),
    )
