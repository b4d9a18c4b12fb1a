"""The diagnostics for the files that are not open.

Nothing is shown before a client requests a check of the workspace, by the command or by pulling. From then on the check
is repeated in the background when something changes. All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol

from mothball.index.resolution import Query
from mothball.lsp.blocking_lookups import IndexResults
from mothball.lsp.convert import uri_of
from mothball.lsp.documents import OpenDocument
from mothball.lsp.lookups import RETRY_AFTER
from mothball.lsp.session import Session
from mothball.lsp.workspace_check import Context, FileReport, WorkspaceResult, check_folders
from mothball.model.records import NamedTuple
from mothball.model.results import Unavailable

logger = logging.getLogger(__name__)

# Gather changes for this many seconds before a background check.
PAUSE = 0.5
# Wait this many times as long as the last background check took, but at most this many seconds: background checks are
# to take only a part of the time.
_REST_FACTOR = 4
_LONGEST_REST = 10.0


class _Run(NamedTuple):
    """A check in progress and the requests that it was started for; a background check if there are none."""

    results: frozenset[asyncio.Future[WorkspaceResult]]
    was_stale: bool
    retries: bool
    started_at: float


class CheckProgress(Protocol):
    """The progress of a request; ``canceled`` is done once the client has canceled it."""

    canceled: asyncio.Future[None]

    def report(self, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` names are looked up."""


class _CanceledError(Exception):
    """The outcome of a check is not needed anymore."""


class WorkspaceDiagnostics:
    """Checks the workspace, one check at a time, and shows the outcome for files that are not open."""

    def __init__(self, session: Session) -> None:
        # Whether the client pulls the workspace; diagnostics are published otherwise.
        self.pulls = False
        self.pause = PAUSE
        # By absolute path, open and clean files included; what the client pulled last, and what was published.
        self.reports: dict[str, FileReport] = {}
        self.pulled: dict[str, FileReport] | None = None
        self._published: dict[str, FileReport] = {}
        self._session = session
        # Not shared with open documents, which would have to wait for it.
        self._thread = ThreadPoolExecutor(1, "mothball-workspace")
        self._waiting: dict[asyncio.Future[WorkspaceResult], CheckProgress] = {}
        self._run: _Run | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rest = 0.0
        self._is_stale = True
        self._is_shown = False
        # The lookup results of the last check; failures are not tried again before `_retry_at`.
        self._results: IndexResults = {}
        self._retry_at = 0.0
        self._refresh = False
        # Files that were deleted or removed from the workspace since the last check started.
        self._dropped: set[str] = set()

    # --- checks ---

    async def check(self, progress: CheckProgress, *, retry: bool = False) -> WorkspaceResult | None:
        """Return the outcome of a check that includes all changes so far, None if the client cancels ``progress``.

        A running check is shared if nothing has changed since it started. A check that starts with ``retry`` tries
        recent failures again. Raises what the check raises.
        """
        result: asyncio.Future[WorkspaceResult] = self._session.loop.create_future()
        self._waiting[result] = progress
        if retry:
            self._retry_at = 0.0
        self._schedule()
        try:
            events: set[asyncio.Future[Any]] = {result, progress.canceled}
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            return result.result() if result.done() else None
        finally:
            run = self._run
            if self._waiting.pop(result, None) and not self._waiting and run is not None and run.results:
                # The thread stops after the current batch of lookups.
                self._run = None
                self._is_stale = self._is_stale or run.was_stale
                self._schedule()

    def is_current(self) -> bool:
        """Return True if nothing is known to have changed since the last check."""
        return self._run is None and not self._is_stale

    def changed(self, *, refresh: bool = False) -> None:
        """Check again soon: files, settings, folders or lookup results have changed, or are to ``refresh``."""
        self._is_stale = True
        self._refresh = self._refresh or refresh
        self._schedule()

    def _schedule(self) -> None:
        """Start a check immediately if one is requested, after a pause if one is due in the background."""
        if self._run is not None:
            return
        if self._waiting:
            self._start()
        elif self._is_shown and self._is_stale and self._timer is None:
            self._timer = self._session.loop.call_later(max(self.pause, self._rest), self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        session, now = self._session, time.monotonic()
        retries = self._refresh or now >= self._retry_at
        run = self._run = _Run(frozenset(self._waiting), self._is_stale, retries, now)
        context = Context(
            effective_settings=session.effective_settings,
            look_up=session.lookups.blocking.look_up,
            refresh=self._refresh,
            failed={} if retries else {query: self._results[query] for query in self._failed()},
            private=session.unsaved_texts.private(),
            client=session.client_for_diagnostics(),
            on_progress=partial(self._progressed, run),
        )
        self._is_stale = self._refresh = False
        self._dropped.clear()
        outcome = session.loop.run_in_executor(self._thread, check_folders, tuple(session.folders), context)
        outcome.add_done_callback(partial(self._ended, run))

    def _progressed(self, run: _Run, done: int, total: int) -> None:
        """Report progress, or raise to end a check that was canceled. For the thread of the check."""
        if run is not self._run:
            raise _CanceledError
        self._session.run_in_loop(self._report, done, total)

    def _report(self, done: int, total: int) -> None:
        for progress in self._waiting.values():
            progress.report(done, total)

    def _ended(self, run: _Run, outcome: asyncio.Future[WorkspaceResult]) -> None:
        error = outcome.exception()
        if run is not self._run:
            return
        self._run = None
        if error is not None:
            # Not repeated before the next change or request: it would most likely fail again.
            self._is_stale = True
            logger.error("the check of the workspace failed", exc_info=error)
            for result in self._waiting:
                result.set_exception(error)
            self._waiting = {}
            return
        found, now = outcome.result(), time.monotonic()
        if not run.results:
            self._rest = min(_REST_FACTOR * (now - run.started_at), _LONGEST_REST)
        if run.retries:
            self._retry_at = now + RETRY_AFTER
        self._results, self._is_shown = found.results, True
        # Files that could not be checked this time keep their diagnostics.
        kept = {path: report for path, report in self.reports.items() if found.is_unchecked(path)}
        unused = {path: findings for path, findings in self._session.unused.items() if path in kept}
        self._session.set_unused_ignores({**unused, **found.unused})
        self._show({**kept, **found.reports})
        for result in list(self._waiting):
            if result in run.results or not self._is_stale:
                del self._waiting[result]
                result.set_result(found)
        self._schedule()

    # --- lookup results ---

    def lookups_finished(self, results: IndexResults) -> None:
        """Check again if a lookup result of an open document differs from that of the last check."""
        previous = self._results
        differing = {
            query: new
            for query, new in results.items()
            if query in previous and previous[query]._replace(origin=new.origin) != new
        }
        if differing:
            self._results = {**previous, **differing}
            self.changed()

    def retry_failed(self) -> None:
        """Check again if a lookup failed and its index may be reachable by now."""
        if time.monotonic() >= self._retry_at and any(not query.settings.offline for query in self._failed()):
            self.changed()

    def _failed(self) -> list[Query]:
        return [query for query, result in self._results.items() if isinstance(result, Unavailable)]

    # --- what is shown ---

    def document_opened(self) -> None:
        """Withdraw what was published for a file that is open now: it shows its own diagnostics."""
        if not self.pulls:
            self._publish()

    def document_closed(self, document: OpenDocument) -> None:
        """Show what the last check found for a file that was closed, and check again."""
        if not self._session.client.pulls:
            self._session.sink.publish(document.uri, [])
        if not self.pulls:
            self._publish()
        elif document.path in self.reports:
            self._session.sink.refresh()
        self.changed()

    def drop(self, is_gone: Callable[[str], bool]) -> None:
        """Clear the diagnostics of files that are gone, by their absolute path, and check again."""
        gone = {path for path, report in self.reports.items() if report.diagnostics and is_gone(path)}
        if gone:
            self._dropped |= gone
            self._show(self.reports)
            self.changed()

    def _show(self, reports: Mapping[str, FileReport]) -> None:
        self.reports = {path: report for path, report in reports.items() if path not in self._dropped}
        if not self.pulls:
            self._publish()
        elif self.pulled is not None and self.pulled != self.reports:
            self._session.sink.refresh()

    def _publish(self) -> None:
        """Send what differs from what was sent."""
        hidden = {document.path for document in self._session.documents.values()}
        before = self._published
        self._published = {
            path: report for path, report in self.reports.items() if report.diagnostics and path not in hidden
        }
        for path in before.keys() - self._published.keys():
            self._session.sink.publish(uri_of(path), [])
        for path, report in self._published.items():
            if before.get(path) != report:
                self._session.sink.publish(uri_of(path), report.diagnostics)
