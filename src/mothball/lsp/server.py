"""Language server: receives the texts of documents, sends diagnostics and log messages to the client.

pygls dispatches; the other features are in ``features``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer

from mothball import __version__
from mothball.lsp.convert import Positions, path_of
from mothball.lsp.protocol import Protocol, tolerant_converter
from mothball.lsp.session import Session
from mothball.lsp.settings import Environment, Settings
from mothball.lsp.workspace_diagnostics import WorkspaceDiagnostics
from mothball.model.sanitize import one_line

logger = logging.getLogger(__name__)


class Server(LanguageServer):
    """The server of one client."""

    protocol: Protocol

    def __init__(self, environment: Environment, end_process: Callable[[int], None]) -> None:
        """Initialize the server; ``end_process`` ends the process with an exit code."""
        super().__init__(
            "mothball",
            __version__,
            types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
            converter_factory=tolerant_converter,
        )
        self.protocol.end_process = end_process
        self.session = Session(self, environment)
        self.workspace_diagnostics = WorkspaceDiagnostics(self.session)
        # Events of the session that concern the files that are not open.
        self.files_changed = self.workspace_diagnostics.changed
        self.refresh_requested = self.workspace_diagnostics.refresh_requested
        self.lookups_finished = self.workspace_diagnostics.lookups_finished
        # Settings from `initialize`; later ones are applied on top of them.
        self.initial_settings = Settings()
        # Whether a check that the user requested shows its own progress.
        self.is_checking = False
        # Messages about the last settings, to log each only once.
        self.logged_messages: frozenset[str] = frozenset()
        self._refresh_is_due = False
        self._background_tasks: set[asyncio.Task[None]] = set()
        _register_documents(self)

    # --- diagnostics ---

    def publish(self, uri: str, diagnostics: list[types.Diagnostic], version: int | None = None) -> None:
        """Send the diagnostics of the file at ``uri``."""
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))

    def refresh(self) -> None:
        """Request the client to pull again, without waiting for its response."""
        self.protocol.send_message(types.WORKSPACE_DIAGNOSTIC_REFRESH)

    # --- lenses and hints ---

    def text_checked_again(self) -> None:
        """Request the client to get code lenses and inlay hints again, once for checks that follow each other."""
        if not self._refresh_is_due:
            self._refresh_is_due = True
            self.session.loop.call_soon(self._refresh_lenses_and_hints)

    def refresh_hints(self) -> None:
        """Request the client to get inlay hints again, if it supports that."""
        if self.session.client.inlay_refresh:
            self.protocol.send_message(types.WORKSPACE_INLAY_HINT_REFRESH)

    def _refresh_lenses_and_hints(self) -> None:
        self._refresh_is_due = False
        if self.session.settings.inlay_hints:
            self.refresh_hints()
        if self.session.client.code_lens_refresh:
            self.protocol.send_message(types.WORKSPACE_CODE_LENS_REFRESH)

    # --- background tasks and errors ---

    def run_in_background(self, coroutine: Any) -> None:  # noqa: ANN401 - any coroutine
        """Run a coroutine as a background task, and log its error."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._background_tasks.add(task)
        task.add_done_callback(self._background_task_done)

    def _background_task_done(self, task: asyncio.Task[None]) -> None:
        self._background_tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a background task failed", exc_info=error)

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ANN401 - pygls's signature
        """Log an error instead of showing it: typing must not be interrupted by messages."""
        if source is not FeatureRequestError:
            logger.error("%s", one_line(str(error)))

    def log(self, message: str) -> None:
        """Write a warning to the client's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, one_line(message, 1000)))


def _register_documents(server: Server) -> None:
    """Register the notifications about documents and workspace folders."""
    session = server.session

    def document_opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        path = path_of(document.uri)
        if path is not None:
            session.open(document.uri, path, document.text, document.version)
            server.workspace_diagnostics.document_opened()

    def document_changed(params: types.DidChangeTextDocumentParams) -> None:
        text = session.text_of(params.text_document.uri)
        if text is None:
            return
        for change in params.content_changes:
            text = _apply_change(text, change, session.client.encoding)
        session.change(params.text_document.uri, text, params.text_document.version)

    def document_saved(params: types.DidSaveTextDocumentParams) -> None:
        session.saved(params.text_document.uri)

    def document_closed(params: types.DidCloseTextDocumentParams) -> None:
        document = session.close(params.text_document.uri)
        if document is not None:
            server.workspace_diagnostics.document_closed(document)

    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = {path_of(folder.uri) for folder in params.event.removed}
        added = [path for folder in params.event.added if (path := path_of(folder.uri)) is not None]
        session.folders = [*(folder for folder in session.folders if folder not in removed), *added]
        server.workspace_diagnostics.drop(lambda path: session.folder_of(path) is None)
        session.files_changed()

    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(document_opened)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(document_changed)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(document_saved)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(document_closed)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(folders_changed)


def _apply_change(text: str, change: types.TextDocumentContentChangeEvent, encoding: str) -> str:
    if not isinstance(change, types.TextDocumentContentChangePartial):
        return change.text
    # Incremental changes are not announced but accepted.
    positions = Positions(text, encoding)
    return f"{text[: positions.offset(change.range.start)]}{change.text}{text[positions.offset(change.range.end) :]}"
