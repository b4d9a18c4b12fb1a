"""The open documents and their checks: react to changes of texts, files, settings and lookup results.

All methods run in the event loop's thread. Short texts are checked there directly, which is faster than a thread; disk
access and checks of long texts run in threads, and their results are dropped if they are outdated.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

from lsprotocol import types

from mothball.index.resolution import Query
from mothball.lsp.blocking_lookups import IndexResults
from mothball.lsp.client import ClientFeatures
from mothball.lsp.convert import diagnostics_of
from mothball.lsp.documents import OpenDocument, UnsavedTexts, changed_span, settled_queries
from mothball.lsp.file_context import FileRequest, document_format, read_file_state
from mothball.lsp.lookups import Lookups
from mothball.lsp.open_text import Checked, Parsed, check, parse_open
from mothball.lsp.settings import EffectiveSettings, Environment, Settings, read_effective_settings
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.results import Finding, Problem, Severity
from mothball.repository.files import display_path
from mothball.repository.paths import is_inside

logger = logging.getLogger(__name__)

# Look new names up this many seconds after the last keystroke.
PAUSE = 0.3
# Look the name that is being typed up this many seconds later.
TYPING_PAUSE = 1.2
# Parse and check texts of at least this length, in code points, in a thread.
_LONG_TEXT = 200_000
_DISK_THREADS = 2
# Poll for lookup results at this interval, in seconds.
_POLL_INTERVAL = 0.05
_Result = TypeVar("_Result")
_Analysis = tuple[Parsed, Checked, list[types.Diagnostic]]


class DiagnosticSink(Protocol):
    """Receives diagnostics and events."""

    def publish(self, uri: str, diagnostics: list[types.Diagnostic], version: int | None = None) -> None:
        """Send the diagnostics of a document to a client that does not pull."""

    def refresh(self) -> None:
        """Request a client that pulls diagnostics to pull them again."""

    def files_changed(self, *, refresh: bool = False) -> None:
        """Handle a possible change of files, settings or folders; ``refresh`` ignores cached lookup results."""

    def lookups_finished(self, results: IndexResults) -> None:
        """Handle new lookup results."""

    def text_checked_again(self) -> None:
        """Handle a check of a text that was checked before, with other results or settings."""


class Session:
    """The state of the server."""

    def __init__(self, sink: DiagnosticSink, environment: Environment) -> None:
        self.loop = asyncio.get_running_loop()
        self.documents: dict[str, OpenDocument] = {}
        # Open scripts that are not checked because the `scripts` setting is off.
        self.scripts: dict[str, OpenDocument] = {}
        self.folders: list[str] = []
        self.client = ClientFeatures()
        self.settings = Settings()
        self.pause, self.typing_pause = PAUSE, TYPING_PAUSE
        self.sink = sink
        self._environment = environment
        self.threads = ThreadPoolExecutor(_DISK_THREADS, "mothball-disk")
        # Unused ignores found by the last workspace check, by the path of their configuration file.
        self.unused: Mapping[str, tuple[Finding, ...]] = {}
        # Called with the paths of the snapshots that a document's configuration names.
        self.on_snapshots: Callable[[tuple[str, ...]], None] = lambda _: None
        self.lookups = Lookups(self.run_in_loop, self._lookups_finished)
        self.unsaved_texts = UnsavedTexts(self.documents, self._schedule_check, environment.overrides.unverified)

    # --- events of the client ---

    def open(self, uri: str, path: str, text: str, version: int | None) -> None:
        """Open a document; ignore files that are not dependency files."""
        file_format = document_format(path, text, self.folder_of(path), scripts=self.settings.scripts)
        if file_format is not None:
            document = self.documents[uri] = OpenDocument(uri, path, file_format, text, version)
            self.unsaved_texts.text_changed(document)
            self._read_file(document)
        elif path.endswith(".py"):
            self.scripts[uri] = OpenDocument(uri, path, "script", text, version)

    def change(self, uri: str, text: str, version: int | None) -> None:
        """Replace the text of a document."""
        document = self.document(uri)
        if document is None:
            return
        if document.text != text:
            document.last_edit = changed_span(document.text, text)
        document.text, document.version = text, version
        document.revision += 1
        if uri in self.scripts:
            return
        self.unsaved_texts.text_changed(document)
        if document.context is not None:
            self._schedule_check(document)
            self._look_up_after(self.pause, document)
        elif document.read_failed:
            self._read_file(document)

    def close(self, uri: str) -> OpenDocument | None:
        """Close a document and return it, None if it is not open."""
        self.scripts.pop(uri, None)
        document = self.documents.pop(uri, None)
        if document is not None:
            document.reads_started += 1
            if document.lookup_timer is not None:
                document.lookup_timer.cancel()
            document.end_check()
            self.unsaved_texts.closed(document)
        return document

    def saved(self, uri: str) -> None:
        """Handle that a document was saved."""
        if uri in self.documents:
            self.documents[uri].last_edit = None
        self.files_changed()

    def files_changed(self, *, refresh: bool = False) -> None:
        """Read all documents' files again: a file was saved, or changed on disk."""
        self.sink.files_changed(refresh=refresh)
        for document in self.documents.values():
            self._read_file(document)

    def apply_settings(self, settings: Settings) -> None:
        """Apply new settings; open or close the scripts as the `scripts` setting requires."""
        had_scripts, self.settings = self.settings.scripts, settings
        self.files_changed()
        if settings.scripts != had_scripts:
            documents = self.scripts if settings.scripts else self.documents
            for document in [document for document in documents.values() if document.format == "script"]:
                self.close(document.uri)
                self.open(document.uri, document.path, document.text, document.version)
                if not settings.scripts and not self.client.pulls:
                    self.sink.publish(document.uri, [])

    def _is_open(self, document: OpenDocument) -> bool:
        """Return True if ``document`` is not closed; its file may be open again, as another document."""
        return self.documents.get(document.uri) is document

    def document(self, uri: str) -> OpenDocument | None:
        """Return the document at ``uri``, which may be a script that is not checked, None if it is not tracked."""
        return self.documents.get(uri) or self.scripts.get(uri)

    async def check_again(self) -> list[Checked]:
        """Look up all names of all open documents again, ignoring cached results, and return the results.

        Known failures and rejected credentials are forgotten: the user may have fixed their cause.
        """
        await self.loop.run_in_executor(self.threads, self._reset_lookups)
        documents = self.documents.values()
        queries = [query for document in documents for query in settled_queries(document, has_paused=True)]
        for document in documents:
            document.reported_revision = None
        self.lookups.look_up(queries, refresh=True)
        self.files_changed(refresh=True)
        await self._wait_until_all_are_checked()
        while self.lookups.pending():  # noqa: ASYNC110 - results may cause further lookups
            await asyncio.sleep(_POLL_INTERVAL)
        await self._wait_until_all_are_checked()
        return [document.checked for document in self.documents.values() if document.checked is not None]

    async def _wait_until_all_are_checked(self) -> None:
        for uri in tuple(self.documents):
            document = await self.wait_until_checked(uri)
            # The check of a long text may still be running with new lookup results, or be due because of them.
            while document is not None and document.is_in_thread:
                await document.check_ended.wait()
                document = await self.wait_until_checked(uri)

    def set_unused_ignores(self, unused: Mapping[str, tuple[Finding, ...]]) -> None:
        """Replace the unused ignores found by a workspace check, by the path of their configuration file."""
        before, self.unused = self.unused, unused
        for document in self.documents.values():
            if before.get(document.path) != unused.get(document.path) and document.context is not None:
                self._schedule_check(document)

    async def wait_until_checked(self, uri: str) -> OpenDocument | None:
        """Return the document at ``uri`` once its current text is checked, None if it is not open."""
        document = self.documents.get(uri)
        while document is not None and not document.is_checked():
            await document.check_ended.wait()
            document = self.documents.get(uri)
        return document

    async def wait_to_pull(self, uri: str) -> OpenDocument | None:
        """Return the document at ``uri`` as ``wait_until_checked``, for a response with its diagnostics."""
        waiting = self.documents.get(uri)
        if waiting is None:
            return None
        waiting.waiting_pulls += 1
        try:
            document = await self.wait_until_checked(uri)
        finally:
            waiting.waiting_pulls -= 1
        if document is not None:
            document.pulled = True
        return document

    async def checked(self, uri: str) -> Checked | None:
        """Return the result of the check of the current text of a document, None if it is not open."""
        document = await self.wait_until_checked(uri)
        return document.checked if document is not None else None

    async def checked_with_lookups(self, uri: str, seconds: float) -> Checked | None:
        """Return the result once the lookups have finished, at the latest after ``seconds``."""
        deadline = self.loop.time() + seconds
        checked = await self.checked(uri)
        while checked is not None and checked.is_pending() and self.loop.time() < deadline:
            await asyncio.sleep(_POLL_INTERVAL)
            checked = await self.checked(uri)
        return checked

    def refresh_stale(self) -> None:
        """Look up expired results again, and read documents again whose files changed without an event."""
        now = time.time()
        for document in self.documents.values():
            self.lookups.look_up(self.lookups.outdated(settled_queries(document), now))
            if document.context is not None:
                self._in_thread(
                    document.context.is_current, partial(self._read_file_if_changed, document), lambda: None
                )
        self.lookups.prune(query for document in self.documents.values() for query in document.queries())

    # --- files ---

    def _read_file(self, document: OpenDocument) -> None:
        document.reads_started += 1
        document.read_failed = False
        folder = self.folder_of(document.path)
        request = FileRequest(document.path, document.format, document.text, folder, document.parsed, document.context)
        self._in_thread(
            partial(read_file_state, request, self.effective_settings, self.lookups.blocking.cached),
            partial(self._file_read, document, document.reads_started),
            partial(self._analysis_failed, document),
        )

    def _file_read(self, document: OpenDocument, read_number: int, done: tuple[Parsed, IndexResults]) -> None:
        if document.reads_started != read_number:
            return
        parsed, cached = done
        saved = parsed.context.saved
        if document.context is None and document.last_edit is None and saved is not None:
            # The editor may have restored a text that was not saved, whose last edit is not known.
            edit = changed_span(saved.file.text, document.text)
            document.last_edit = edit if document.text != saved.file.text else None
        document.context = parsed.context
        if document.text == parsed.text:
            document.parsed = parsed
            document.text = parsed.text  # the copy that the context keeps, too
        self.on_snapshots(document.context.snapshots)
        self.lookups.store(cached)
        self._check(document)
        self._look_up(document)

    def _read_file_if_changed(self, document: OpenDocument, is_current: bool) -> None:  # noqa: FBT001 - a callback's
        if not is_current and self._is_open(document):
            self._read_file(document)

    def folder_of(self, path: str) -> str | None:
        """Return the innermost workspace folder that contains ``path``, or None."""
        return max((folder for folder in self.folders if is_inside(path, folder)), key=len, default=None)

    def effective_settings(self) -> EffectiveSettings:
        """Read and apply the effective user settings.

        Reads the user configuration; raises ConfigError or UnreadableFileError.
        """
        effective = read_effective_settings(self.settings, self._environment)
        self.lookups.blocking.use_settings(effective.user)
        return effective

    def _reset_lookups(self) -> None:
        self.lookups.blocking.reset()
        with suppress(ConfigError, UnreadableFileError):  # reported when the documents are read
            self.effective_settings()

    # --- checks ---

    def _schedule_check(self, document: OpenDocument) -> None:
        """Check after the pending messages of the client, so that a burst of changes causes one check."""
        if not document.check_is_scheduled:
            document.check_is_scheduled = True
            self.loop.call_soon(self._check, document)

    def _check(self, document: OpenDocument) -> None:
        """Check the current text with the lookup results at hand."""
        document.check_is_scheduled = False
        text, version, context, before = document.text, document.version, document.context, document.parsed
        if context is None or not self._is_open(document):
            return
        if document.is_in_thread:
            document.is_outdated = True
            return
        unsaved, unused = self.unsaved_texts.state_for(document), self.unused.get(document.path, ())
        client = self.client_for_diagnostics()

        def analyze() -> _Analysis:
            parsed = parse_open(text, context, unsaved, before)
            checked = check(parsed, version, unused, self.lookups.results)
            return parsed, checked, diagnostics_of(checked, client)

        then, failed = partial(self._analyzed, document, document.revision), partial(self._analysis_failed, document)
        document.is_in_thread = len(text) >= _LONG_TEXT
        if document.is_in_thread:
            self._in_thread(analyze, then, failed)
        else:
            _deliver(analyze, then, failed)

    def _analyzed(self, document: OpenDocument, revision: int, analysis: _Analysis) -> None:
        is_outdated = document.is_outdated or revision != document.revision
        document.is_in_thread = document.is_outdated = False
        if revision == document.revision:
            document.parsed, checked, diagnostics = analysis
            self._apply_result(document, checked, diagnostics)
        if is_outdated:
            self._check(document)

    def _analysis_failed(self, document: OpenDocument) -> None:
        document.is_in_thread = document.is_outdated = False
        document.read_failed = document.context is None
        # A bug must not look like a clean file.
        help_text = "report this bug in mothball; the server log has the traceback"
        problem = Problem(Severity.ERROR, "not checked: internal error in mothball", help_text)
        checked = Checked(document.text, display_path(document.path), document.version, problems=(problem,))
        self._apply_result(document, checked, diagnostics_of(checked, self.client_for_diagnostics()))

    def client_for_diagnostics(self) -> ClientFeatures:
        """Return the features of the client that diagnostics use, as far as the settings allow."""
        return self.client._replace(deprecated_tag=self.client.deprecated_tag and self.settings.deprecated_tag)

    def _apply_result(self, document: OpenDocument, checked: Checked, diagnostics: list[types.Diagnostic]) -> None:
        """Store the result of a check of the current text, and send diagnostics unless the client has them."""
        if not self._is_open(document):
            return
        document.checked, document.checked_revision = checked, document.revision
        self.unsaved_texts.analyzed(document)
        reported, is_changed = document.reported_revision, diagnostics != document.diagnostics
        if is_changed or reported != document.revision:
            document.diagnostics, document.reported_revision = diagnostics, document.revision
            document.result_id = str(time.monotonic_ns())
            if not self.client.pulls:
                self.sink.publish(document.uri, diagnostics, document.version)
            elif reported in (None, document.revision) and document.pulled and not document.waiting_pulls:
                # After a change of the text, the client pulls without a request.
                self.sink.refresh()
        if reported in (None, document.revision):
            # After a change of the text, the client requests code lenses and inlay hints itself.
            self.sink.text_checked_again()
        document.end_check()
        if document.lookup_is_due:
            self._look_up(document)
        else:
            self._confirm(document)

    # --- lookups ---

    def _look_up_after(self, pause: float, document: OpenDocument, *, has_paused: bool = False) -> None:
        if document.lookup_timer is not None:
            document.lookup_timer.cancel()
        document.lookup_timer = self.loop.call_later(pause, partial(self._look_up, document, has_paused=has_paused))

    def _look_up(self, document: OpenDocument, *, has_paused: bool = False) -> None:
        """Look up the names without a current result, once the text is checked.

        Names that are being typed are looked up only if the typing ``has_paused``.
        """
        if not self._is_open(document):
            return
        document.lookup_is_due = not document.is_checked()
        if document.lookup_is_due:
            return
        queries = settled_queries(document, has_paused=has_paused)
        self.lookups.look_up(self.lookups.outdated(queries, time.time()))
        if not has_paused and len(queries) < len(document.queries()):
            self._look_up_after(self.typing_pause, document, has_paused=True)

    def _confirm(self, document: OpenDocument) -> None:
        """Request the pages again that are cached without the files of a pinned version.

        Only a check with the cached results shows which ones.
        """
        if any(query.settings.bypass_cache for query in document.queries()):
            queries = settled_queries(document, has_paused=True)
            again = [query for query in queries if query.settings.bypass_cache]
            self.lookups.look_up(self.lookups.outdated(again, time.time()))

    def _lookups_finished(self, queries: frozenset[Query]) -> None:
        self.sink.lookups_finished(self.lookups.results(queries))
        for document in list(self.documents.values()):
            checked = document.checked
            if checked is not None and not queries.isdisjoint(checked.queries):
                self._check(document)

    # --- threads ---

    def run_in_loop(self, function: Callable[..., None], *arguments: object) -> None:
        """Call ``function`` in the event loop's thread, from another one; do nothing if the loop is closed."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(function, *arguments)

    def _in_thread(
        self, work: Callable[[], _Result], then: Callable[[_Result], None], otherwise: Callable[[], None]
    ) -> None:
        """Run ``work`` in a thread, then ``then`` with its result in the loop, or ``otherwise`` if it raises."""
        job = self.loop.run_in_executor(self.threads, work)
        job.add_done_callback(lambda done: _deliver(done.result, then, otherwise))


def _deliver(work: Callable[[], _Result], then: Callable[[_Result], None], otherwise: Callable[[], None]) -> None:
    """Call ``then`` with the result of ``work``, or ``otherwise`` if it raises."""
    try:
        result = work()
    except Exception:
        logger.exception("a check failed")
        otherwise()
    else:
        then(result)
