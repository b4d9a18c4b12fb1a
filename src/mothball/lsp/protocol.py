"""Language server protocol of pygls, extended for real clients, and its messages over standard input and output.

Unknown enumeration values are accepted; every request gets a response, also if it is malformed or out of order;
tracebacks are not sent; requests to the client without a needed result are not waited for.

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
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import Any, BinaryIO

import cattrs
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    lsp_method,
)

from mothball.model.sanitize import one_line

logger = logging.getLogger(__name__)

_Steps = Generator[Any, Any, None]

# Reject larger messages, in bytes. The largest file that mothball reads fits, however it is escaped.
MAX_MESSAGE = 256 * 1024 * 1024
_MAX_HEADER_LINE = 8192
_CHUNK = 1024 * 1024


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
    for message, hook in _PLAIN_MESSAGES.items():
        converter.register_structure_hook(message, hook)
    return converter


def _structure_plain(data: dict[str, Any], type_: Any) -> Any:  # noqa: ANN401 - cattrs's signature
    """Return a message that has no type in the specification, with its parameters as plain JSON."""
    fields = {field: data.get(field) for field in type_.__annotations__}
    return type_(**fields)


_PLAIN_MESSAGES = dict.fromkeys((JsonRPCRequestMessage, JsonRPCNotification, JsonRPCResponseMessage), _structure_plain)


def _enum_value(value: Any, type_: Any) -> Any:  # noqa: ANN401 - cattrs's signature
    try:
        return type_(value)
    except ValueError:
        return value


class Protocol(LanguageServerProtocol):
    """Dispatches messages; instantiated by pygls."""

    # Called with the exit code on `exit` or when the client closes the stream; set before the first message.
    end_process: Callable[[int], None]
    _initialized = False

    # --- incoming messages ---

    def serve(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        """Handle the messages of ``incoming`` in the running event loop; end the process when the client is gone."""
        loop = asyncio.get_running_loop()

        def in_loop(function: Callable[..., None], *arguments: object) -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(function, *arguments)

        self.set_writer(MessageWriter(outgoing, self.leave))
        start_reading(
            incoming, partial(in_loop, self.take), partial(in_loop, self.refuse), partial(in_loop, self.leave)
        )

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

    def _execute_handler(
        self,
        msg_id: str | int,
        handler: Any,  # noqa: ANN401 - as pygls's own
        callback: Any,  # noqa: ANN401 - as pygls's own
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Execute ``handler``, and remove its future when done: pygls would keep those of notifications forever."""
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))

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

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> _Steps:
        """Exit the process."""
        self.leave()
        yield from ()

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

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> _Steps:
        """Pass on to the server, which stores the texts itself: pygls splits lines where editors do not."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> _Steps:
        """Pass on to the server."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> _Steps:
        """Pass on to the server."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None


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
                    if not _skip(stream, length):
                        break
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


def _skip(stream: BinaryIO, length: int) -> bool:
    while length > 0:
        chunk = stream.read(min(length, _CHUNK))
        if not chunk:
            return False
        length -= len(chunk)
    return True
