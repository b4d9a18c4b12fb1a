"""``workspace/executeCommand``: check again, check the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mothball.lsp.server import Server

CHECK_AGAIN = "mothball.checkAgain"
CHECK_WORKSPACE = "mothball.checkWorkspace"


def register(server: Server) -> None:
    """Have ``server`` take commands."""

    def check_again(*_: object) -> None:
        server.bench.check_again()

    def check_workspace(*_: object) -> None:
        server.bench.check_again()

    server.command(CHECK_AGAIN)(check_again)
    server.command(CHECK_WORKSPACE)(check_workspace)
