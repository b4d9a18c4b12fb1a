"""``textDocument/codeLens``: "Check again" above each report of failed lookups, none elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.features.commands import CHECK_AGAIN
from mothball.model.results import Rule

if TYPE_CHECKING:
    from mothball.lsp.server import Server


def register(server: Server) -> None:
    """Register code lenses."""
    session = server.session

    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        document = await session.wait_until_checked(uri)
        diagnostics = (document.diagnostics or ()) if document is not None else ()
        starts = dict.fromkeys(item.range.start.line for item in diagnostics if item.code == Rule.UNVERIFIED)
        command = types.Command("Check again", CHECK_AGAIN, arguments=[uri])
        return [types.CodeLens(_line(number), command=command) for number in starts]

    server.feature(types.TEXT_DOCUMENT_CODE_LENS)(lenses)


def _line(number: int) -> types.Range:
    start = types.Position(number, 0)
    return types.Range(start, start)
