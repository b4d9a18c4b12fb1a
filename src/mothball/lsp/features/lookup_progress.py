"""Work-done progress of lookups for open documents that take long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mothball.lsp.features.commands import WorkProgress

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Most lookups finish earlier: show progress after this many seconds, and update it at this interval.
_DELAY = 0.5
_INTERVAL = 0.2


def register(server: Server) -> None:
    """Show progress while names are looked up on indexes."""
    lookups = server.session.lookups

    async def show() -> None:
        await asyncio.sleep(_DELAY)
        progress = WorkProgress(server, "mothball: looking up dependencies", None, is_cancellable=False)
        try:
            if lookups.pending() and not server.is_checking:
                await progress.create()
                async with progress:
                    total = 0
                    while left := lookups.pending():
                        total = max(total, left)
                        progress.report(total - left, total)
                        await asyncio.sleep(_INTERVAL)
        finally:
            lookups.on_network = start

    def start() -> None:
        # One progress at a time: further lookups are added to it.
        lookups.on_network = None
        server.run_in_background(show())

    lookups.on_network = start
