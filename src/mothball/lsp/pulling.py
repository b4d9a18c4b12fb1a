"""``textDocument/diagnostic``: diagnostics for clients that ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.convert import SOURCE, path_of
from mothball.lsp.work_progress import WorkProgress

if TYPE_CHECKING:
    from mothball.lsp.server import Server

Report = types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport


def register(server: Server) -> None:
    """Have ``server`` answer pulls."""
    bench = server.bench

    async def pull(params: types.DocumentDiagnosticParams) -> Report:
        uri, held = params.text_document.uri, params.previous_result_id
        async with WorkProgress(server, "mothball: checking", params.work_done_token):
            document = await bench.checked(uri)
        if document is None:
            return _unopened(server, path_of(uri), held)
        document.pulled = True
        return _report(document.diagnostics or [], document.result_id, held)

    # What stands in a lock depends on its manifests, and everything on the configuration.
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=False, identifier=SOURCE, work_done_progress=True
    )
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(pull)


def _unopened(server: Server, path: str | None, held: str | None) -> Report:
    """Return what a client that pulls the workspace has of a file, for the last pull of one that is being closed."""
    unopened = server.unopened
    if path is None or not unopened.pulls or path not in unopened.result_ids:
        return types.RelatedFullDocumentDiagnosticReport([])
    return _report(unopened.diagnostics()[path], unopened.result_ids[path], held)


def _report(diagnostics: list[types.Diagnostic], result_id: str, held: str | None) -> Report:
    if held == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    return types.RelatedFullDocumentDiagnosticReport(diagnostics, result_id=result_id)
