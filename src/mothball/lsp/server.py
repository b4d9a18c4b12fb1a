"""Language server of pygls, extended for real clients, and its messages over standard input and output.

Receives the texts of documents, sends diagnostics and log messages; the other features are in ``features``. Unknown
enumeration values are accepted; every request gets a response, also if it is malformed or out of order; tracebacks are
not sent; requests to the client without a needed result are not waited for.

pygls's own reader ignores lower-case header names, does not respond to invalid JSON, and shares its threads with the
handlers. This one reads in its own thread and passes each body to the event loop.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import sys
import threading
import uuid
from collections.abc import Callable, Generator
from enum import Enum
from functools import partial
from typing import Any, BinaryIO

import cattrs
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import FeatureRequestError, JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    lsp_method,
)

from mothball import __version__
from mothball.lsp.convert import Positions, path_of
from mothball.lsp.session import Session
from mothball.lsp.settings import Environment, Settings
from mothball.lsp.workspace_diagnostics import WorkspaceDiagnostics
from mothball.model.sanitize import one_line

logger = logging.getLogger(__name__)

# Handled by this server alone: pygls splits lines where editors do not, ends the process by an exception, and keeps a
# future of each notification that it handles.
_OWN_METHODS = (
    types.INITIALIZED,
    types.EXIT,
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
)
# Reject larger messages, in bytes. The largest file that mothball reads fits, however it is escaped.
MAX_MESSAGE = 256 * 1024 * 1024
_MAX_HEADER_LINE = 8192
_CHUNK = 1024 * 1024


class Protocol(LanguageServerProtocol):
    """Dispatches messages; instantiated by pygls."""

    # Called with the exit code on `exit` or when the client closes the stream; set before the first message.
    end_process: Callable[[int], None]
    _initialized = False

    # --- incoming messages ---

    def take(self, body: bytes) -> None:
        """Handle one message; never raises."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self.refuse("the message is not valid JSON", types.ErrorCodes.ParseError)
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            self.refuse("the message is not JSON-RPC 2.0", types.ErrorCodes.InvalidRequest)
            return
        method, request_id = data.get("method"), data.get("id")
        refusal = self._refusal(method)
        if method is not None and refusal is not None:
            if request_id is not None:
                self._send_error(request_id, *refusal)
            return
        try:
            message = self.structure_message(data)
        except (JsonRpcException, RecursionError):
            if method is not None and request_id is not None:
                self._send_error(request_id, types.ErrorCodes.InvalidParams, f"invalid parameters for {method}")
            return
        self._initialized = self._initialized or method == types.INITIALIZE
        self.handle_message(message)

    def refuse(self, reason: str, code: int = types.ErrorCodes.InvalidRequest) -> None:
        """Respond with an error to a message that cannot be parsed."""
        self._send_error(None, code, reason)

    def _refusal(self, method: object) -> tuple[int, str] | None:
        """Return error code and reason if ``method`` cannot be served now, else None."""
        if method == types.EXIT:
            return None
        if not isinstance(method, str):
            return types.ErrorCodes.InvalidRequest, "the method is not a string"
        if self._shutdown:
            return types.ErrorCodes.InvalidRequest, "the server is shutting down"
        if not self._initialized and method != types.INITIALIZE:
            return types.ErrorCodes.ServerNotInitialized, "the server is not initialized"
        if self._initialized and method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, "the server is already initialized"
        return None

    # --- outgoing messages ---

    def send_message(self, method: str, params: Any = None) -> None:  # noqa: ANN401 - as pygls's own
        """Send a request and ignore its response: some clients never respond."""
        request = types.METHOD_TO_TYPES[method][0]
        self._send_data(request(id=f"mothball-{uuid.uuid4()}", params=params))

    def _send_error(self, request_id: str | int | None, code: int, message: str) -> None:
        # lsprotocol omits an id that is null, which JSON-RPC 2.0, section 5, requires here.
        error = {"code": int(code), "message": one_line(message, 200)}
        self._send_data({"jsonrpc": self.VERSION, "id": request_id, "error": error})

    def _send_response(
        self,
        msg_id: str | int,
        result: Any = None,  # noqa: ANN401 - as above
        error: types.ResponseError | None = None,
    ) -> None:
        if error is not None:
            if error.code == types.ErrorCodes.InternalError:
                # pygls adds a traceback with local paths in `data`, and its last line to the message.
                logger.error(
                    "a request failed: %s\n%s", error.message, "".join((error.data or {}).get("traceback", ()))
                )
                error.message = f"internal error: {error.message.partition(':')[0]}"
            self._send_error(msg_id, error.code, error.message)
            return
        super()._send_response(msg_id, result)

    # --- overridden methods of pygls ---

    def leave(self) -> None:
        """Exit the process: with 0 after `shutdown`, else with 1."""
        self.end_process(0 if self._shutdown else 1)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Add capabilities that pygls does not support."""
        result: types.InitializeResult = yield from super().lsp_initialize(params)
        commands = types.ExecuteCommandOptions([*self.fm.commands], work_done_progress=True)
        result.capabilities.execute_command_provider = commands
        return result

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]  # noqa: ANN401 - any result of a command
        """Execute a command with its whole request, in a task, so that it can be canceled."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"unknown command: {one_line(params.command, 100)}")
        result = command(params)
        return await result if inspect.isawaitable(result) else result


def tolerant_converter() -> cattrs.Converter:
    """Return pygls's converter, extended to accept unknown enumeration values.

    Newer clients announce values that this version of the specification does not have.
    """
    converter = cattrs.Converter()
    # Registered first, because lsprotocol has cattrs generate code with the hooks that exist at that time. Each type
    # separately, because cattrs treats an integer enumeration as an integer first.
    for type_ in vars(types).values():
        if isinstance(type_, type) and issubclass(type_, Enum):
            converter.register_structure_hook(type_, _enum_value)
    get_converter(converter)
    for message in (JsonRPCRequestMessage, JsonRPCNotification, JsonRPCResponseMessage):
        converter.register_structure_hook(message, _structure_plain)
    return converter


def _structure_plain(data: dict[str, Any], type_: Any) -> Any:  # noqa: ANN401 - cattrs's signature
    """Return a message that has no type in the specification, with its parameters as plain JSON."""
    return type_(**{field: data.get(field) for field in type_.__annotations__})


def _enum_value(value: Any, type_: Any) -> Any:  # noqa: ANN401 - cattrs's signature
    try:
        return type_(value)
    except ValueError:
        return value


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
        self.lookups_finished = self.workspace_diagnostics.lookups_finished
        # Settings from `initialize`; later ones are applied on top of them.
        self.initial_settings = Settings()
        # Whether a check that the user requested shows its own progress.
        self.is_checking = False
        # Messages about the last settings, to log each only once.
        self.logged_messages: frozenset[str] = frozenset()
        self._refresh_is_due = False
        self._background_tasks: set[asyncio.Task[None]] = set()
        for method in _OWN_METHODS:
            del self.protocol.fm.builtin_features[method]
        self.feature(types.EXIT)(lambda _: self.protocol.leave())
        _register_documents(self)

    def serve(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        """Handle the messages of ``incoming`` in the event loop; end the process when the client is gone."""
        protocol, in_loop = self.protocol, self.session.run_in_loop
        protocol.set_writer(MessageWriter(outgoing, protocol.leave))
        start_reading(
            incoming,
            partial(in_loop, protocol.take),
            partial(in_loop, protocol.refuse),
            partial(in_loop, protocol.leave),
        )

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
        task = self.session.loop.create_task(coroutine)
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


# --- documents and workspace folders ---------------------------------------------------------------------------------


def _register_documents(server: Server) -> None:
    session = server.session

    def document_opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        path = path_of(document.uri)
        if path is not None:
            session.open(document.uri, path, document.text, document.version)
            server.workspace_diagnostics.document_opened()

    def document_changed(params: types.DidChangeTextDocumentParams) -> None:
        document = session.document(params.text_document.uri)
        if document is None:
            return
        text = document.text
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


# --- messages over standard input and output --------------------------------------------------------------------------


class MessageWriter:
    """Writes messages for pygls; a closed stream is not an error."""

    def __init__(self, stream: BinaryIO, on_closed: Callable[[], None]) -> None:
        """Write to ``stream``; call ``on_closed`` when it is closed by the client."""
        self._stream = stream
        self._on_closed = on_closed

    def write(self, data: bytes) -> None:
        """Write and flush ``data``."""
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):
            self._on_closed()

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()


def take_over_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of the protocol, and redirect standard output to standard error.

    Anything else printed in this process, by a library or the interpreter, must not mix with the protocol.
    """
    incoming = os.fdopen(os.dup(0), "rb", buffering=_CHUNK)
    outgoing = os.fdopen(os.dup(1), "wb", buffering=_CHUNK)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return incoming, outgoing


def start_reading(
    stream: BinaryIO, deliver: Callable[[bytes], None], refuse: Callable[[str], None], ended: Callable[[], None]
) -> None:
    """Read messages from ``stream`` in a new thread until it ends.

    ``deliver`` is called with each body, ``refuse`` with the reason if a message is rejected, ``ended`` at the end.
    """

    def read() -> None:
        try:
            while (length := _read_header(stream)) is not None:
                if length > MAX_MESSAGE:
                    refuse("the message is too large")
                    while length > 0 and (skipped := len(stream.read(min(length, _CHUNK)))):
                        length -= skipped
                    continue
                body = stream.read(length)
                if len(body) < length:
                    break
                deliver(body)
                # The next message may be long in coming, and this one may hold a text of some MB.
                del body
        except (OSError, ValueError):
            pass
        finally:
            ended()

    threading.Thread(target=read, name="mothball-stdin", daemon=True).start()


def _read_header(stream: BinaryIO) -> int | None:
    """Return the length of the next body, None at the end of the stream.

    Other lines are ignored, so that reading recovers after a truncated message.
    """
    length = None
    while line := stream.readline(_MAX_HEADER_LINE):
        name, colon, value = line.partition(b":")
        if colon and name.strip().lower() == b"content-length" and value.strip().isdigit() and len(value) < 20:
            length = int(value)
        elif not line.strip() and length is not None:
            return length
    return None
