"""The open documents and their checks: what is done when a text, a file, a setting or an answer changes.

All methods belong to the event loop's thread. Short texts are checked where they arrive, which is quicker than handing
them to a thread; what reads the disk, and what is long, is done in threads and taken in when it is still wanted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

from mothball.index.resolution import Query
from mothball.lsp.analysis import (
    AnalysisRequest,
    AnalysisResult,
    AnalysisTask,
    FileState,
    analyze,
    failed_result,
    read_file_state,
)
from mothball.lsp.client import ClientFeatures
from mothball.lsp.diagnostics import DiagnosticOptions
from mothball.lsp.documents import OpenDocument, format_for
from mothball.lsp.effective_settings import EffectiveSettings, Environment, read_effective_settings
from mothball.lsp.lookups import IndexResults, Lookups
from mothball.lsp.settings import Settings
from mothball.lsp.typing_state import changed_span, settled_queries
from mothball.lsp.unsaved_privacy import UnsavedPrivacy
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.findings import Finding
from mothball.repository.files import is_inside

logger = logging.getLogger(__name__)

# How long after the last keystroke unknown names are asked for, in seconds.
PAUSE = 0.3
# How long afterwards the name that was typed last is, if its end is where the typing stopped.
TYPING_PAUSE = 1.2
# Texts from this length on are parsed and checked in a thread, in code points.
_LONG = 200_000
_DISK_THREADS = 2
# How often to look whether answers have come, for what cannot be told later, in seconds.
_POLL = 0.05
Result = TypeVar("Result")


class DiagnosticSink(Protocol):
    """Where diagnostics go."""

    def publish(self, document: OpenDocument) -> None:
        """Send the diagnostics of ``document`` to a client that does not pull."""

    def refresh(self) -> None:
        """Have a client that pulls pull again."""

    def files_changed(self) -> None:
        """Hear that files, settings or folders may have changed."""

    def refresh_requested(self) -> None:
        """Refresh all lookup results."""

    def lookups_finished(self, answers: IndexResults) -> None:
        """Hear what was learnt."""


class Session:
    """The state of the server."""

    def __init__(self, sink: DiagnosticSink, environment: Environment) -> None:
        """Begin without documents."""
        self.documents: dict[str, OpenDocument] = {}
        # Scripts that are open while the settings say to pass them over.
        self.scripts: dict[str, OpenDocument] = {}
        self.folders: list[str] = []
        self.client = ClientFeatures()
        self.settings = Settings()
        self.pause, self.typing_pause = PAUSE, TYPING_PAUSE
        self._sink = sink
        self._environment = environment
        self.threads = ThreadPoolExecutor(_DISK_THREADS, "mothball-disk")
        # What a check of the workspace found of ignores that match nothing, by the path of their configuration.
        self.unused: Mapping[str, tuple[Finding, ...]] = {}
        # Told of the snapshots that a document's configuration names.
        self.on_snapshots: Callable[[tuple[str, ...]], None] = _nothing
        self.lookups = Lookups(self._run_in_loop, self._lookups_finished)
        self.unsaved_privacy = UnsavedPrivacy(self.documents, self._schedule_check)
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- what the client does ---

    def open(self, uri: str, path: str, text: str, version: int | None) -> None:
        """Take in a document that was opened; nothing happens where it is none of ours by its name."""
        file_format = format_for(path, scripts=self.settings.scripts)
        if file_format is None:
            if format_for(path, scripts=True) is not None:
                self.scripts[uri] = OpenDocument(uri, path, "script", text, version)
            return
        document = self.documents[uri] = OpenDocument(uri, path, file_format, text, version)
        self.unsaved_privacy.text_changed(document)
        self._read_file(document)

    def change(self, uri: str, text: str, version: int | None) -> None:
        """Take in a new text."""
        document = self.documents.get(uri) or self.scripts.get(uri)
        if document is None:
            return
        if document.text != text:
            document.last_edit = changed_span(document.text, text)
        document.text, document.version = text, version
        if uri in self.scripts:
            return
        self.unsaved_privacy.text_changed(document)
        if document.context is not None:
            self._schedule_check(document)
            self._look_up_after(self.pause, document)
        elif document.read_failed:
            self._read_file(document)

    def close(self, uri: str) -> OpenDocument | None:
        """Forget a document, and return it."""
        self.scripts.pop(uri, None)
        document = self.documents.pop(uri, None)
        if document is not None:
            document.reads_started += 1
            if document.lookup_timer is not None:
                document.lookup_timer.cancel()
            _notify_waiters(document)
            self.unsaved_privacy.closed(document)
        return document

    def saved(self, uri: str) -> None:
        """Take in that a document was saved: what stands in it is what was meant."""
        if uri in self.documents:
            self.documents[uri].last_edit = None
        self.files_changed()

    def files_changed(self) -> None:
        """Look at everything anew: a file was saved here, or changed elsewhere."""
        self._sink.files_changed()
        for document in self.documents.values():
            self._read_file(document)

    def apply_settings(self, settings: Settings) -> None:
        """Take in new settings."""
        self.settings = settings
        self.files_changed()

    def text_of(self, uri: str) -> str | None:
        """Return the text of the document at ``uri``, None where it cannot be any of ours."""
        document = self.documents.get(uri) or self.scripts.get(uri)
        return document.text if document is not None else None

    def apply_scripts_setting(self) -> list[OpenDocument]:
        """Take in the scripts that are open, or return those that are given up, as the settings now say."""
        given_up = []
        if self.settings.scripts:
            waiting, self.scripts = self.scripts, {}
            for document in waiting.values():
                self.open(document.uri, document.path, document.text, document.version)
        else:
            given_up = [document for document in self.documents.values() if document.format == "script"]
            for document in given_up:
                self.close(document.uri)
                self.open(document.uri, document.path, document.text, document.version)
        return given_up

    def check_again(self) -> None:
        """Ask for all names of all open documents again, however young the answers are.

        Nothing that was learnt of indexes and logins stands in the way: somebody may have just mended it.
        """
        self._in_thread(self._reset_lookups, lambda _: self._look_up_all(), self._look_up_all)

    def set_unused_ignores(self, unused: Mapping[str, tuple[Finding, ...]]) -> None:
        """Take in what a check of the workspace found of ignores that match nothing, by their configuration's path."""
        before, self.unused = self.unused, unused
        for document in self.documents.values():
            if before.get(document.path) != unused.get(document.path) and document.context is not None:
                self._schedule_check(document)

    async def wait_until_checked(self, uri: str) -> OpenDocument | None:
        """Return the document at ``uri`` when the verdict is about its text; None where it is none of ours."""
        document = self.documents.get(uri)
        while document is not None and not document.is_checked():
            waiter = asyncio.get_running_loop().create_future()
            document.waiters.append(waiter)
            await waiter
            document = self.documents.get(uri)
        return document

    async def wait_for_lookups(self, uri: str, seconds: float) -> OpenDocument | None:
        """Return the document at ``uri`` when all its names are answered, or after ``patience`` seconds."""
        deadline = self.loop.time() + seconds
        document = await self.wait_until_checked(uri)
        while document is not None and document.checked is not None and self.loop.time() < deadline:
            if not document.checked.is_pending():
                break
            await asyncio.sleep(_POLL)
            document = await self.wait_until_checked(uri)
        return document

    def refresh_stale(self) -> None:
        """Do what is due by the clock: ask for what has grown old, look whether files changed that nobody watched."""
        now = time.time()
        for document in self.documents.values():
            self.lookups.look_up(self.lookups.outdated(settled_queries(document), now))
            if document.context is not None:
                self._in_thread(
                    document.context.is_current, partial(self._read_file_if_changed, document), lambda: None
                )
        self.lookups.prune(query for document in self.documents.values() for query in document.queries())

    # --- reads_started ---

    def _read_file(self, document: OpenDocument) -> None:
        document.reads_started += 1
        document.read_failed = False
        serial = document.reads_started
        here = self.folder_of(document.path)
        subject = AnalysisRequest(document.path, document.format, document.text, here, document.valid)
        self._in_thread(
            partial(read_file_state, subject, self.effective_settings, self.lookups.cached),
            lambda done: self._file_read(document, serial, done),
            lambda: self._analysis_failed(document),
        )

    def _file_read(self, document: OpenDocument, serial: int, done: FileState) -> None:
        if document.reads_started != serial:
            return
        context, before = done.parsed.context, document.context
        is_unusable = context.saved is None and not context.excludes and not self.settings.errors
        if is_unusable and before is not None and before.saved is not None:
            # The configuration that was saved last cannot be used; until it is mended, what was valid last holds.
            context = before._replace(problems=context.problems, stamps=context.stamps)
        elif before is not None:
            context = context.with_last_valid(before)
        document.context = context
        document.parsed = done.parsed
        self.on_snapshots(done.parsed.context.snapshots)
        self.lookups.store(done.cached)
        self._check(document)
        self._look_up(document)

    def _read_file_if_changed(self, document: OpenDocument, is_current: bool) -> None:  # noqa: FBT001 - a callback's
        if not is_current and document.uri in self.documents:
            self._read_file(document)

    def folder_of(self, path: str) -> str | None:
        """Return the innermost folder of the workspace that holds ``path``, None where none does."""
        return max((folder for folder in self.folders if is_inside(path, folder)), key=len, default=None)

    def effective_settings(self) -> EffectiveSettings:
        """Return what the user's side says now, and have look-ups go by it. Reads the user's file, and raises."""
        side = read_effective_settings(self.settings, self._environment)
        self.lookups.use_settings(side.user)
        return side

    def _reset_lookups(self) -> None:
        self.lookups.reset()
        with suppress(ConfigError, UnreadableFileError):  # the reads_started tell it
            self.effective_settings()

    def _look_up_all(self) -> None:
        queries = [
            query for document in self.documents.values() for query in settled_queries(document, has_paused=True)
        ]
        self._sink.refresh_requested()
        self.lookups.look_up(queries, refresh=True)
        self.files_changed()

    # --- checks ---

    def _schedule_check(self, document: OpenDocument) -> None:
        """Check when what the client has sent already is taken in: of a burst of changes only the last one counts."""
        if not document.check_is_scheduled:
            document.check_is_scheduled = True
            self.loop.call_soon(self._check, document)

    def _check(self, document: OpenDocument) -> None:
        """Judge the text as it is by the answers at hand."""
        document.check_is_scheduled = False
        if document.context is None or document.uri not in self.documents:
            return
        if document.is_in_thread:
            document.is_outdated = True
            return
        unsaved, unused = self.unsaved_privacy.context(document), self.unused.get(document.path, ())
        text, context = document.text, document.context
        task = AnalysisTask(
            text,
            document.version,
            context,
            document.parsed,
            self._diagnostic_options(),
            unsaved,
            unused,
            document.valid,
        )
        work = partial(analyze, task, self.lookups.results)
        if len(document.text) >= _LONG:
            document.is_in_thread = True
            self._in_thread(work, partial(self._analyzed_in_thread, document), lambda: self._analysis_failed(document))
            return
        try:
            result = work()
        except Exception:
            logger.exception("a check failed")
            self._analysis_failed(document)
        else:
            self._apply_result(document, result)

    def _analyzed_in_thread(self, document: OpenDocument, result: AnalysisResult) -> None:
        document.is_in_thread = False
        is_outdated, document.is_outdated = document.is_outdated, False
        if result.checked.text == document.text:
            self._apply_result(document, result)
        if is_outdated or result.checked.text != document.text:
            self._check(document)

    def _analysis_failed(self, document: OpenDocument) -> None:
        document.is_in_thread = document.is_outdated = False
        document.read_failed = document.context is None
        self._apply_result(
            document, failed_result(document.path, document.text, document.version, self._diagnostic_options())
        )

    def _diagnostic_options(self) -> DiagnosticOptions:
        return DiagnosticOptions(self.client, self.settings.deprecated_tag)

    def _apply_result(self, document: OpenDocument, result: AnalysisResult) -> None:
        """Take a verdict in, and send what it changes."""
        if document.uri not in self.documents:
            return
        document.parsed, document.checked = result.parsed, result.checked
        if result.parsed is not None and result.parsed.opened is not None:
            document.valid = result.parsed.opened.valid
        self.unsaved_privacy.analyzed(document)
        if result.diagnostics != document.diagnostics:
            document.diagnostics = result.diagnostics
            document.result_id = str(time.monotonic_ns())
            if not self.client.pulls:
                self._sink.publish(document)
            elif document.pulled and not document.waiters:
                self._sink.refresh()
        _notify_waiters(document)
        if document.lookup_is_due:
            self._look_up(document)

    # --- look-ups ---

    def _look_up_after(self, pause: float, document: OpenDocument, *, has_paused: bool = False) -> None:
        if document.lookup_timer is not None:
            document.lookup_timer.cancel()
        document.lookup_timer = self.loop.call_later(pause, partial(self._look_up, document, has_paused=has_paused))

    def _look_up(self, document: OpenDocument, *, has_paused: bool = False) -> None:
        """Ask for what is wanting; as soon as the text is checked, where nobody knows its names yet.

        A name that is being typed waits until the typing ``has_paused`` for long.
        """
        if document.uri not in self.documents:
            return
        document.lookup_is_due = not document.is_checked()
        if document.lookup_is_due:
            return
        queries = settled_queries(document, has_paused=has_paused)
        self.lookups.look_up(self.lookups.outdated(queries, time.time()))
        if not has_paused and len(queries) < len(document.queries()):
            self._look_up_after(self.typing_pause, document, has_paused=True)

    def _lookups_finished(self, queries: frozenset[Query]) -> None:
        self._sink.lookups_finished(self.lookups.results(queries))
        for document in list(self.documents.values()):
            checked = document.checked
            if checked is not None and not queries.isdisjoint(checked.queries):
                self._check(document)

    # --- threads ---

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop, which is the one that runs when it is first asked for."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def _run_in_loop(self, call: Callable[[], None]) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(call)

    def _in_thread(
        self, work: Callable[[], Result], then: Callable[[Result], None], otherwise: Callable[[], None]
    ) -> None:
        """Do ``work`` in a thread, and go on here with what comes of it; ``otherwise`` where it fails."""
        self.loop  # noqa: B018 - known before a thread needs it
        job = self.threads.submit(work)
        job.add_done_callback(lambda done: self._run_in_loop(lambda: _deliver(done, then, otherwise)))


def _notify_waiters(document: OpenDocument) -> None:
    waiting, document.waiters = document.waiters, []
    for waiter in waiting:
        if not waiter.done():
            waiter.set_result(None)


def _nothing(_: object) -> None:
    """Do nothing."""


def _deliver(done: Future[Result], then: Callable[[Result], None], otherwise: Callable[[], None]) -> None:
    try:
        result = done.result()
    except Exception:
        logger.exception("a check failed")
        otherwise()
        return
    then(result)
