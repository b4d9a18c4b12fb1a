"""``workspace/diagnostic``: the files of the workspace that are not open, for clients that ask for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from mothball.lsp.convert import path_of, uri_of
from mothball.lsp.shared_run import GivenUpError
from mothball.lsp.work_progress import WorkProgress

if TYPE_CHECKING:
    from mothball.lsp.server import Server

_Item = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport


def register(server: Server) -> None:
    """Have ``server`` answer such pulls, and show nothing of unopened files in another way."""
    unopened = server.unopened
    unopened.pulls = True

    async def pull(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        # Clients ask every few seconds, and hardly ever has anything changed.
        if not unopened.is_current():
            try:
                async with WorkProgress(server, "mothball: checking the workspace", params.work_done_token) as progress:
                    await unopened.renew(progress)
            except GivenUpError as error:
                raise JsonRpcRequestCancelled from error
        return _report(server, params.previous_result_ids)

    server.feature(types.WORKSPACE_DIAGNOSTIC)(pull)


def _report(server: Server, previous: Iterable[types.PreviousResultId]) -> types.WorkspaceDiagnosticReport:
    unopened = server.unopened
    unopened.answered = unopened.result_ids
    held = {one.uri: one.value for one in previous}
    open_paths = {document.path for document in server.bench.documents.values()}
    items: list[_Item] = []
    for path, diagnostics in unopened.diagnostics().items():
        uri, result_id = uri_of(path), unopened.result_ids[path]
        if path in open_paths:
            continue
        if held.pop(uri, None) == result_id:
            items.append(types.WorkspaceUnchangedDocumentDiagnosticReport(uri, result_id))
        else:
            items.append(types.WorkspaceFullDocumentDiagnosticReport(uri, diagnostics, result_id=result_id))
    # What is there no more is told once, as empty.
    known = {*unopened.result_ids, *open_paths}
    gone = (uri for uri, value in held.items() if value and path_of(uri) not in known)
    items += (types.WorkspaceFullDocumentDiagnosticReport(uri, []) for uri in gone)
    return types.WorkspaceDiagnosticReport(items)
