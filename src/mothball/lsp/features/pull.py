"""``textDocument/diagnostic`` and ``workspace/diagnostic``: diagnostics for clients that pull them."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from mothball.lsp.convert import SOURCE, path_of, uri_of
from mothball.lsp.features.commands import WorkProgress
from mothball.lsp.server import Server

Report = types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport
_Item = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport


def register(server: Server) -> None:
    """Register pulling of documents."""
    session = server.session

    async def pull(params: types.DocumentDiagnosticParams) -> Report:
        uri, previous = params.text_document.uri, params.previous_result_id
        async with WorkProgress(server, "mothball: checking", params.work_done_token):
            document = await session.wait_to_pull(uri)
        if document is None:
            return _unopened(server, path_of(uri), previous)
        return _report(document.diagnostics or [], document.result_id, previous)

    # A lock depends on its manifests, and every file on its configuration.
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=False, identifier=SOURCE, work_done_progress=True
    )
    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(pull)


def register_workspace(server: Server) -> None:
    """Register pulling of the workspace; nothing is published for files that are not open then."""
    diagnostics = server.workspace_diagnostics
    diagnostics.pulls = True

    async def pull(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        # Clients pull every few seconds; usually nothing has changed.
        if not diagnostics.is_current():
            async with WorkProgress(server, "mothball: checking the workspace", params.work_done_token) as progress:
                result = await diagnostics.check(progress)
            if result is None:
                raise JsonRpcRequestCancelled
        return _workspace_report(server, params.previous_result_ids)

    server.feature(types.WORKSPACE_DIAGNOSTIC)(pull)


def _workspace_report(server: Server, previous: Iterable[types.PreviousResultId]) -> types.WorkspaceDiagnosticReport:
    diagnostics = server.workspace_diagnostics
    diagnostics.pulled = diagnostics.reports
    previous_ids = {result.uri: result.value for result in previous}
    open_paths = {document.path for document in server.session.documents.values()}
    items: list[_Item] = []
    for path, (result_id, file_diagnostics) in diagnostics.reports.items():
        uri = uri_of(path)
        if path in open_paths:
            continue
        if previous_ids.pop(uri, None) == result_id:
            items.append(types.WorkspaceUnchangedDocumentDiagnosticReport(uri, result_id))
        else:
            items.append(types.WorkspaceFullDocumentDiagnosticReport(uri, file_diagnostics, result_id=result_id))
    # Clear the files that are not reported anymore.
    reported = {*diagnostics.reports, *open_paths}
    removed = (uri for uri, value in previous_ids.items() if value and path_of(uri) not in reported)
    items += (types.WorkspaceFullDocumentDiagnosticReport(uri, []) for uri in removed)
    return types.WorkspaceDiagnosticReport(items)


def _unopened(server: Server, path: str | None, previous: str | None) -> Report:
    """Return the workspace diagnostics of a file that is not open, for a pull while it is being closed."""
    diagnostics = server.workspace_diagnostics
    if path is None or not diagnostics.pulls or path not in diagnostics.reports:
        return types.RelatedFullDocumentDiagnosticReport([])
    result_id, file_diagnostics = diagnostics.reports[path]
    return _report(file_diagnostics, result_id, previous)


def _report(diagnostics: list[types.Diagnostic], result_id: str, previous: str | None) -> Report:
    if previous == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    return types.RelatedFullDocumentDiagnosticReport(diagnostics, result_id=result_id)
