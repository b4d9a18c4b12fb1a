"""``workspace/executeCommand``: check again, check the workspace, open a project's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.shared_run import GivenUpError
from mothball.lsp.work_progress import WorkProgress

if TYPE_CHECKING:
    from mothball.lsp.server import Server

CHECK_AGAIN = "mothball.checkAgain"
CHECK_WORKSPACE = "mothball.checkWorkspace"
OPEN_PAGE = "mothball.openPage"

# All that the server takes; an extension that passes commands on itself is made from this.
COMMANDS = (CHECK_AGAIN, CHECK_WORKSPACE, OPEN_PAGE)


def register(server: Server) -> None:
    """Have ``server`` take commands. Each is given the parameters of its request."""

    def check_again(_: types.ExecuteCommandParams) -> None:
        server.bench.check_again()

    async def check_workspace(params: types.ExecuteCommandParams) -> dict[str, int] | None:
        return await _check_workspace(server, params.work_done_token)

    def open_page(params: types.ExecuteCommandParams) -> None:
        address = params.arguments[0] if params.arguments else None
        # The page of a project is https; a client that sends something else did not get it from us.
        if isinstance(address, str) and address.startswith("https://") and server.bench.client.show_document:
            server.protocol.tell(types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(address, external=True))

    server.command(CHECK_AGAIN)(check_again)
    server.command(CHECK_WORKSPACE)(check_workspace)
    server.command(OPEN_PAGE)(open_page)


async def _check_workspace(server: Server, token: types.ProgressToken | None) -> dict[str, int] | None:
    """Check the workspace, which shows what is found, and return the numbers; None when the client cancelled it."""
    progress = WorkProgress(server, "mothball: checking the workspace", token)
    await progress.create()
    async with progress:
        try:
            found = await server.unopened.check(progress)
        except GivenUpError:
            return None
    for problem in found.problems:
        server.log(problem)
    numbers = {"files": found.files, "dependencies": found.dependencies, "findings": found.findings}
    return {**numbers, "problems": len(found.problems)} if found.is_partial else numbers
