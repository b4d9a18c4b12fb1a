"""The language server: pygls's dispatch on one side, the workbench on the other; each feature registers itself."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer

from mothball import __version__
from mothball.lsp.client import read_features
from mothball.lsp.convert import path_of
from mothball.lsp.documents import OpenDocument
from mothball.lsp.effective_settings import Environment
from mothball.lsp.features import actions, commands, hover, links
from mothball.lsp.features import documents as documents_feature
from mothball.lsp.features import pull as pulling
from mothball.lsp.features import settings as settings_feature
from mothball.lsp.features.watching import Watcher
from mothball.lsp.lookups import Answers
from mothball.lsp.protocol import Protocol, tolerant_converter
from mothball.lsp.session import Workbench
from mothball.lsp.settings import Settings
from mothball.lsp.workspace_diagnostics import WorkspaceDiagnostics
from mothball.model.sanitize import one_line

logger = logging.getLogger(__name__)

# How often the clock is looked at, and whether the client still lives, in seconds.
_HOUSEKEEPING = 30.0
_PULSE = 3.0


class Server(LanguageServer):
    """The server of one client."""

    protocol: Protocol

    def __init__(self, environment: Environment, leave: Callable[[int], None]) -> None:
        """Begin; ``leave`` ends the process with a code."""
        super().__init__(
            "mothball",
            __version__,
            types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
            converter_factory=tolerant_converter,
        )
        self.protocol.leave = leave
        self.bench = Workbench(self, environment)
        self.workspace_diagnostics = WorkspaceDiagnostics(self)
        # Those of `initialize`; what is asked for later stands on top of them.
        self.first_settings = Settings()
        self._watcher = Watcher(self)
        self.bench.on_snapshots = self._watcher.watch_snapshots
        # What the settings that came last were told of.
        self.complaints: frozenset[str] = frozenset()
        self._errands: set[asyncio.Task[None]] = set()
        self.feature(types.INITIALIZE)(lambda params: self._initialize(params))  # noqa: PLW0108 - pygls marks what it is given, which no method bears
        self.feature(types.INITIALIZED)(lambda _: self._initialized())
        for feature in (documents_feature, hover, actions, links, settings_feature, commands):
            feature.register(self)

    # --- where diagnostics go ---

    def publish(self, document: OpenDocument) -> None:
        """Send the diagnostics of ``document``."""
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, document.diagnostics or [], document.version)
        )

    def unpublish(self, uri: str) -> None:
        """Take back what was sent for ``uri``."""
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def refresh(self) -> None:
        """Have the client pull again; its answer is not waited for."""
        self.protocol.tell(types.WORKSPACE_DIAGNOSTIC_REFRESH)

    # --- what concerns the files that are not open, too ---

    def disk_changed(self) -> None:
        """Look again at the files that are not open."""
        self.workspace_diagnostics.changed()

    def asked_again(self) -> None:
        """Refresh the lookup results of files that are not open."""
        self.workspace_diagnostics.asked_again()

    def answered(self, answers: Answers) -> None:
        """Take in what was learnt for open documents."""
        self.workspace_diagnostics.answered(answers)

    # --- beginning and end ---

    def _initialize(self, params: types.InitializeParams) -> None:
        encoding = self.protocol.workspace.position_encoding
        self.bench.client = read_features(params.capabilities, encoding)
        self.bench.folders = _folders(params)
        settings_feature.begin(self, params.initialization_options)
        if self.bench.client.pulls:
            # Announced to those alone that pull: a client that can do both would show everything twice.
            pulling.register(self)
            if self.bench.settings.workspace_diagnostics:
                pulling.register_workspace(self)

    def _initialized(self) -> None:
        settings_feature.fetch(self)
        self._watcher.begin()
        self.run_errand(self._keep_house())
        if self.process_id:
            self.run_errand(self._watch_client(self.process_id))

    def run_errand(self, errand: Any) -> None:  # noqa: ANN401 - a coroutine of whatever kind
        """Run a coroutine that nobody waits for."""
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("an errand failed", exc_info=error)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            self.bench.keep_house()
            self.workspace_diagnostics.retry_failed()

    async def _watch_client(self, process_id: int) -> None:
        """Leave when the client is gone: a server that outlives its editor is nobody's."""
        while _is_alive(process_id):  # noqa: ASYNC110 - nothing tells of another process's end
            await asyncio.sleep(_PULSE)
        self.protocol.leave(self.protocol.exit_code())

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ANN401 - pygls's signature
        """Log what went wrong; people who type must not be interrupted by it."""
        if source is not FeatureRequestError:
            logger.error("%s", one_line(str(error)))

    def log(self, message: str) -> None:
        """Write a warning to the client's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, one_line(message, 1000)))


def _folders(params: types.InitializeParams) -> list[str]:
    uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
    found = [path for path in map(path_of, uris) if path is not None]
    return found or ([os.path.abspath(params.root_path)] if params.root_path else [])


def _is_alive(process_id: int) -> bool:
    if os.name == "nt":
        # os.kill would end the process there; standard input ends with the client.
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
