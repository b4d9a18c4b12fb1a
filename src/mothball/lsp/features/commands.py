"""``workspace/executeCommand``: check again, check the workspace, open a project's page; work-done progress."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Self

from lsprotocol import types

if TYPE_CHECKING:
    from mothball.lsp.server import Server

CHECK_AGAIN = "mothball.checkAgain"
CHECK_WORKSPACE = "mothball.checkWorkspace"
OPEN_PAGE = "mothball.openPage"

# All commands of the server; the VS Code extension registers them.
COMMANDS = (CHECK_AGAIN, CHECK_WORKSPACE, OPEN_PAGE)

# Wait this long for a client to accept a progress token, in seconds.
_TOKEN_TIMEOUT = 1.0


def register(server: Server) -> None:
    """Register the commands; each receives the parameters of its request."""

    def check_again(_: types.ExecuteCommandParams) -> None:
        server.session.check_again()

    async def check_workspace(params: types.ExecuteCommandParams) -> dict[str, int] | None:
        return await _check_workspace(server, params.work_done_token)

    def open_page(params: types.ExecuteCommandParams) -> None:
        address = params.arguments[0] if params.arguments else None
        # Project pages are always https; another URL does not come from this server.
        if isinstance(address, str) and address.startswith("https://") and server.session.client.show_document:
            server.protocol.send_message(types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(address, external=True))

    server.command(CHECK_AGAIN)(check_again)
    server.command(CHECK_WORKSPACE)(check_workspace)
    server.command(OPEN_PAGE)(open_page)


async def _check_workspace(server: Server, token: types.ProgressToken | None) -> dict[str, int] | None:
    """Check the workspace, show the diagnostics, and return the counts; None if the client cancels it."""
    progress = WorkProgress(server, "mothball: checking the workspace", token)
    await progress.create()
    async with progress:
        result = await server.workspace_diagnostics.check(progress, retry=True)
    if result is None:
        return None
    for problem in result.problems:
        server.log(problem)
    summary = result.summary
    counts = {"files": summary.files, "dependencies": summary.dependencies, "findings": summary.findings}
    return {**counts, "problems": len(result.problems)}


class WorkProgress:
    """Work-done progress of one request; ``canceled`` is done once the client has canceled it by its token."""

    def __init__(self, server: Server, title: str, token: types.ProgressToken | None) -> None:
        """Report to ``token``; if it is None, nothing is shown unless ``create`` obtains one."""
        self.canceled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._server = server
        self._title = title
        self._token = token

    async def create(self) -> None:
        """Request a progress token if the client sent none and supports that."""
        if self._token is not None or not self._server.session.client.progress:
            return
        token, responded = f"mothball-{uuid.uuid4()}", asyncio.get_running_loop().create_future()
        response = self._server.protocol.send_request(
            types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
        )
        response.add_done_callback(lambda _: responded.set_result(None))
        # Some clients never respond. A later response is ignored.
        await asyncio.wait({responded}, timeout=_TOKEN_TIMEOUT)
        if response.done() and not response.cancelled() and response.exception() is None:
            self._token = token

    async def __aenter__(self) -> Self:
        if self._token is not None:
            progress = self._server.work_done_progress
            progress.begin(self._token, types.WorkDoneProgressBegin(self._title, cancellable=True, percentage=0))
            progress.tokens[self._token].add_done_callback(lambda _: self.canceled.set_result(None))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._token is not None:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
            self._server.work_done_progress.tokens.pop(self._token, None)

    def report(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` names are looked up."""
        if self._token is not None and total:
            report = types.WorkDoneProgressReport(message=f"{done} of {total} names", percentage=100 * done // total)
            self._server.work_done_progress.report(self._token, report)
