"""Work-done progress of one request, on a token that the client gave or took from us, and the client's cancelling."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Self

from lsprotocol import types

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# How long to wait for a client to take a progress token, in seconds.
_PATIENCE = 1.0

Token = types.ProgressToken | None


class WorkProgress:
    """Shows how far the work is, where the client wants to see it.

    ``gone`` is done when the client has cancelled it by its token.
    """

    def __init__(self, server: Server, title: str, token: Token) -> None:
        """Report on ``token``; where that is None nothing is shown, unless ``create`` gets one from the client."""
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._server = server
        self._title = title
        self._token = token

    async def create(self) -> None:
        """Have the client take a token of ours, where it gave none and can."""
        if self._token is not None or not self._server.bench.client.progress:
            return
        token, came = f"mothball-{uuid.uuid4()}", asyncio.get_running_loop().create_future()
        asked = self._server.protocol.send_request(
            types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
        )
        asked.add_done_callback(lambda _: came.set_result(None))
        # There are clients that never answer; the work is not to wait for them. What they say later changes nothing.
        await asyncio.wait({came}, timeout=_PATIENCE)
        if asked.done() and not asked.cancelled() and asked.exception() is None:
            self._token = token

    async def __aenter__(self) -> Self:
        if self._token is not None:
            progress = self._server.work_done_progress
            progress.begin(self._token, types.WorkDoneProgressBegin(self._title, cancellable=True, percentage=0))
            progress.tokens[self._token].add_done_callback(lambda _: self.gone.set_result(None))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._token is not None:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
            self._server.work_done_progress.tokens.pop(self._token, None)

    def tell(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` names are looked up."""
        if self._token is not None and total:
            report = types.WorkDoneProgressReport(message=f"{done} of {total} names", percentage=100 * done // total)
            self._server.work_done_progress.report(self._token, report)
