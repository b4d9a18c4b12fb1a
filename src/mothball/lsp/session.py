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
    failed,
    judge,
    read_file_state,
)
from mothball.lsp.client import ClientFeatures
from mothball.lsp.diagnostics import DiagnosticOptions
from mothball.lsp.documents import OpenDocument, format_for
from mothball.lsp.effective_settings import EffectiveSettings, Environment, read_effective_settings
from mothball.lsp.lookups import Answers, Lookups
from mothball.lsp.settings import Settings
from mothball.lsp.typing_state import changed, meant
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

    def lookups_finished(self, answers: Answers) -> None:
        """Hear what was learnt."""


class Session:
    """The state of the server."""

    def __init__(self, outlet: DiagnosticSink, environment: Environment) -> None:
        """Begin without documents."""
        self.documents: dict[str, OpenDocument] = {}
        # Scripts that are open while the settings say to pass them over.
        self.scripts: dict[str, OpenDocument] = {}
        self.folders: list[str] = []
        self.client = ClientFeatures()
        self.settings = Settings()
        self.pause, self.typing_pause = PAUSE, TYPING_PAUSE
        self._outlet = outlet
        self._environment = environment
        self.threads = ThreadPoolExecutor(_DISK_THREADS, "mothball-disk")
        # What a check of the workspace found of ignores that match nothing, by the path of their configuration.
        self.unused: Mapping[str, tuple[Finding, ...]] = {}
        # Told of the snapshots that a document's configuration names.
        self.on_snapshots: Callable[[tuple[str, ...]], None] = _nothing
        self.lookups = Lookups(self._run_in_loop, self._answers_came)
        self.held_back = UnsavedPrivacy(self.documents, self._check_soon)
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
        self.held_back.text_came(document)
        self._read_file(document)

    def change(self, uri: str, text: str, version: int | None) -> None:
        """Take in a new text."""
        document = self.documents.get(uri) or self.scripts.get(uri)
        if document is None:
            return
        if document.text != text:
            document.edited = changed(document.text, text)
        document.text, document.version = text, version
        if uri in self.scripts:
            return
        self.held_back.text_came(document)
        if document.surroundings is not None:
            self._check_soon(document)
            self._ask_after(self.pause, document)
        elif document.is_unsurveyed:
            self._read_file(document)

    def close(self, uri: str) -> OpenDocument | None:
        """Forget a document, and return it."""
        self.scripts.pop(uri, None)
        document = self.documents.pop(uri, None)
        if document is not None:
            document.surveys += 1
            if document.asking is not None:
                document.asking.cancel()
            _wake(document)
            self.held_back.closed(document)
        return document

    def saved(self, uri: str) -> None:
        """Take in that a document was saved: what stands in it is what was meant."""
        if uri in self.documents:
            self.documents[uri].edited = None
        self.files_changed()

    def files_changed(self) -> None:
        """Look at everything anew: a file was saved here, or changed elsewhere."""
        self._outlet.files_changed()
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

    def decide_on_scripts(self) -> list[OpenDocument]:
        """Take in the scripts that are open, or return those that are given up, as the settings now say."""
        given_up = []
        if self.settings.scripts:
            waiting, self.scripts = self.scripts, {}
            for one in waiting.values():
                self.open(one.uri, one.path, one.text, one.version)
        else:
            given_up = [one for one in self.documents.values() if one.format == "script"]
            for one in given_up:
                self.close(one.uri)
                self.open(one.uri, one.path, one.text, one.version)
        return given_up

    def check_again(self) -> None:
        """Ask for all names of all open documents again, however young the answers are.

        Nothing that was learnt of indexes and logins stands in the way: somebody may have just mended it.
        """
        self._in_thread(self._reset_lookups, lambda _: self._ask_for_all(), self._ask_for_all)

    def know_unused(self, unused: Mapping[str, tuple[Finding, ...]]) -> None:
        """Take in what a check of the workspace found of ignores that match nothing, by their configuration's path."""
        before, self.unused = self.unused, unused
        for document in self.documents.values():
            if before.get(document.path) != unused.get(document.path) and document.surroundings is not None:
                self._check_soon(document)

    async def checked(self, uri: str) -> OpenDocument | None:
        """Return the document at ``uri`` when the verdict is about its text; None where it is none of ours."""
        document = self.documents.get(uri)
        while document is not None and not document.is_checked():
            waiter = asyncio.get_running_loop().create_future()
            document.waiting.append(waiter)
            await waiter
            document = self.documents.get(uri)
        return document

    async def lookups_finished(self, uri: str, patience: float) -> OpenDocument | None:
        """Return the document at ``uri`` when all its names are answered, or after ``patience`` seconds."""
        give_up = self.loop.time() + patience
        document = await self.checked(uri)
        while document is not None and document.checked is not None and self.loop.time() < give_up:
            if not document.checked.is_pending():
                break
            await asyncio.sleep(_POLL)
            document = await self.checked(uri)
        return document

    def close_idle_connections(self) -> None:
        """Do what is due by the clock: ask for what has grown old, look whether files changed that nobody watched."""
        now = time.time()
        for document in self.documents.values():
            self.lookups.ask(self.lookups.wanting(meant(document), now))
            if document.surroundings is not None:
                self._in_thread(
                    document.surroundings.is_current, partial(self._read_file_if_changed, document), lambda: None
                )
        self.lookups.forget_all_but(query for one in self.documents.values() for query in one.queries())

    # --- surveys ---

    def _read_file(self, document: OpenDocument) -> None:
        document.surveys += 1
        document.is_unsurveyed = False
        serial = document.surveys
        here = self.folder_of(document.path)
        subject = AnalysisRequest(document.path, document.format, document.text, here, document.valid)
        self._in_thread(
            partial(read_file_state, subject, self.effective_settings, self.lookups.cached),
            lambda done: self._file_read(document, serial, done),
            lambda: self._failed(document),
        )

    def _file_read(self, document: OpenDocument, serial: int, done: FileState) -> None:
        if document.surveys != serial:
            return
        context, before = done.parsed.context, document.surroundings
        is_unusable = context.saved is None and not context.excludes and not self.settings.troubles
        if is_unusable and before is not None and before.saved is not None:
            # The configuration that was saved last cannot be used; until it is mended, what was valid last holds.
            context = before._replace(problems=context.problems, stamps=context.stamps)
        elif before is not None:
            context = context.with_last_valid(before)
        document.surroundings = context
        document.parsed = done.parsed
        self.on_snapshots(done.parsed.context.snapshots)
        self.lookups.keep(done.cached)
        self._check(document)
        self._ask_now(document)

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
        with suppress(ConfigError, UnreadableFileError):  # the surveys tell it
            self.effective_settings()

    def _ask_for_all(self) -> None:
        queries = [query for one in self.documents.values() for query in meant(one, has_paused=True)]
        self._outlet.refresh_requested()
        self.lookups.ask(queries, refresh=True)
        self.files_changed()

    # --- checks ---

    def _check_soon(self, document: OpenDocument) -> None:
        """Check when what the client has sent already is taken in: of a burst of changes only the last one counts."""
        if not document.check_is_due:
            document.check_is_due = True
            self.loop.call_soon(self._check, document)

    def _check(self, document: OpenDocument) -> None:
        """Judge the text as it is by the answers at hand."""
        document.check_is_due = False
        if document.surroundings is None or document.uri not in self.documents:
            return
        if document.is_in_thread:
            document.is_overtaken = True
            return
        unsaved, unused = self.held_back.context(document), self.unused.get(document.path, ())
        text, context = document.text, document.surroundings
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
        work = partial(judge, task, self.lookups.known)
        if len(document.text) >= _LONG:
            document.is_in_thread = True
            self._in_thread(work, partial(self._judged_in_thread, document), lambda: self._failed(document))
            return
        try:
            result = work()
        except Exception:
            logger.exception("a check failed")
            self._failed(document)
        else:
            self._show(document, result)

    def _judged_in_thread(self, document: OpenDocument, result: AnalysisResult) -> None:
        document.is_in_thread = False
        is_overtaken, document.is_overtaken = document.is_overtaken, False
        if result.checked.text == document.text:
            self._show(document, result)
        if is_overtaken or result.checked.text != document.text:
            self._check(document)

    def _failed(self, document: OpenDocument) -> None:
        document.is_in_thread = document.is_overtaken = False
        document.is_unsurveyed = document.surroundings is None
        self._show(document, failed(document.path, document.text, document.version, self._diagnostic_options()))

    def _diagnostic_options(self) -> DiagnosticOptions:
        return DiagnosticOptions(self.client, self.settings.deprecated_tag)

    def _show(self, document: OpenDocument, result: AnalysisResult) -> None:
        """Take a verdict in, and send what it changes."""
        if document.uri not in self.documents:
            return
        document.parsed, document.checked = result.parsed, result.checked
        if result.parsed is not None and result.parsed.opened is not None:
            document.valid = result.parsed.opened.valid
        self.held_back.verdict_came(document)
        if result.diagnostics != document.diagnostics:
            document.diagnostics = result.diagnostics
            document.result_id = str(time.monotonic_ns())
            if not self.client.pulls:
                self._outlet.publish(document)
            elif document.pulled and not document.waiting:
                self._outlet.refresh()
        _wake(document)
        if document.asks_when_checked:
            self._ask_now(document)

    # --- look-ups ---

    def _ask_after(self, pause: float, document: OpenDocument, *, has_paused: bool = False) -> None:
        if document.asking is not None:
            document.asking.cancel()
        document.asking = self.loop.call_later(pause, partial(self._ask_now, document, has_paused=has_paused))

    def _ask_now(self, document: OpenDocument, *, has_paused: bool = False) -> None:
        """Ask for what is wanting; as soon as the text is checked, where nobody knows its names yet.

        A name that is being typed waits until the typing ``has_paused`` for long.
        """
        if document.uri not in self.documents:
            return
        document.asks_when_checked = not document.is_checked()
        if document.asks_when_checked:
            return
        queries = meant(document, has_paused=has_paused)
        self.lookups.ask(self.lookups.wanting(queries, time.time()))
        if not has_paused and len(queries) < len(document.queries()):
            self._ask_after(self.typing_pause, document, has_paused=True)

    def _answers_came(self, queries: frozenset[Query]) -> None:
        self._outlet.lookups_finished(self.lookups.known(queries))
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
        job.add_done_callback(lambda done: self._run_in_loop(lambda: _hand_on(done, then, otherwise)))


def _wake(document: OpenDocument) -> None:
    waiting, document.waiting = document.waiting, []
    for waiter in waiting:
        if not waiter.done():
            waiter.set_result(None)


def _nothing(_: object) -> None:
    """Do nothing."""


def _hand_on(done: Future[Result], then: Callable[[Result], None], otherwise: Callable[[], None]) -> None:
    try:
        result = done.result()
    except Exception:
        logger.exception("a check failed")
        otherwise()
        return
    then(result)
