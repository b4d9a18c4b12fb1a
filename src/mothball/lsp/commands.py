"""``workspace/executeCommand``: check again, check the workspace, open a project's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp import workspace_check

if TYPE_CHECKING:
    from mothball.lsp.server import Server

CHECK_AGAIN = "mothball.checkAgain"
CHECK_WORKSPACE = "mothball.checkWorkspace"
OPEN_PAGE = "mothball.openPage"

# All that the server takes; an extension that passes commands on itself is made from this.
COMMANDS = (CHECK_AGAIN, CHECK_WORKSPACE, OPEN_PAGE)


def register(server: Server) -> None:
    """Have ``server`` take commands.

    Arguments are texts by their annotation: pygls gives the server itself to whoever would take any object.
    """

    def check_again(*_: str) -> None:
        server.bench.check_again()

    async def check_workspace(*_: str) -> dict[str, int] | None:
        return await workspace_check.run(server)

    def open_page(*arguments: str) -> None:
        address = arguments[0] if arguments else None
        # The page of a project is https; a client that sends something else did not get it from us.
        if isinstance(address, str) and address.startswith("https://") and server.bench.client.show_document:
            server.protocol.tell(types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(address, external=True))

    server.command(CHECK_AGAIN)(check_again)
    server.command(CHECK_WORKSPACE)(check_workspace)
    server.command(OPEN_PAGE)(open_page)
