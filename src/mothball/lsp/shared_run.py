"""A check of the workspace under way, for all who want it. All methods belong to the event loop's thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Protocol

from mothball.lsp.workspace_check import Found

OnProgress = Callable[[int, int], None]


class GivenUpError(Exception):
    """Whoever wanted the check wants it no more."""


class Audience(Protocol):
    """Somebody who wants the check; ``gone`` is done when they do no longer."""

    gone: asyncio.Future[None]

    def tell(self, done: int, total: int) -> None:
        """Hear how far the check is."""


class SharedRun:
    """One check, begun with the state of the world that ``changes`` counts; given up when nobody wants it any more."""

    def __init__(
        self,
        changes: int,
        executor: Executor,
        work: Callable[[OnProgress], Found],
        then: Callable[[SharedRun, Found], None],
        *,
        asks_all: bool,
    ) -> None:
        """Do ``work`` in a thread; ``then`` is called with what it comes to, before those who wait for it go on.

        ``asks_all`` says that no answer at hand is taken instead of asking the cache and the indexes.
        """
        self.changes = changes
        self.asks_all = asks_all
        self.is_given_up = False
        self._then = then
        self._audience: list[Audience] = []
        self._told = (0, 0)
        self._loop = asyncio.get_running_loop()
        self._job = executor.submit(work, self._told_by_thread)
        self._outcome = asyncio.wrap_future(self._job)
        self._outcome.add_done_callback(self._ended)

    def is_over(self) -> bool:
        """Return whether nobody can join any more."""
        return self.is_given_up or self._outcome.done()

    async def result_for(self, audience: Audience) -> Found:
        """Return what the check comes to. Raises GivenUpError when ``audience`` is gone before.

        Raises what the check does, too. When the last audience is gone or stops waiting, the check is given up.
        """
        self._audience.append(audience)
        audience.tell(*self._told)
        try:
            events: set[asyncio.Future[Any]] = {self._outcome, audience.gone}
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            if not self._outcome.done() or self._outcome.cancelled():
                raise GivenUpError
            return self._outcome.result()
        finally:
            self._audience.remove(audience)
            if not self._audience and not self._outcome.done():
                # The thread finds it out after the names that it is asking for just now; nobody waits for that.
                self.is_given_up = True
                self._job.cancel()

    def _ended(self, outcome: asyncio.Future[Found]) -> None:
        if not outcome.cancelled() and outcome.exception() is None and not self.is_given_up:
            self._then(self, outcome.result())

    def _told_by_thread(self, done: int, total: int) -> None:
        if self.is_given_up:
            raise GivenUpError
        if not total:
            return
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._tell, done, total)

    def _tell(self, done: int, total: int) -> None:
        self._told = (done, total)
        for audience in self._audience:
            audience.tell(done, total)
