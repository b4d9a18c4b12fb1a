"""``textDocument/diagnostic``: diagnostics for clients that ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.convert import SOURCE

if TYPE_CHECKING:
    from mothball.lsp.server import Server

Report = types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport


def register(server: Server) -> None:
    """Have ``server`` answer pulls."""
    bench = server.bench

    async def pull(params: types.DocumentDiagnosticParams) -> Report:
        document = await bench.checked(params.text_document.uri)
        if document is None or document.diagnostics is None:
            return types.RelatedFullDocumentDiagnosticReport([])
        document.pulled = True
        if params.previous_result_id == document.result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(document.result_id)
        return types.RelatedFullDocumentDiagnosticReport(document.diagnostics, result_id=document.result_id)

    # What stands in a lock depends on its manifests, and everything on the configuration.
    options = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier=SOURCE)
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(pull)
