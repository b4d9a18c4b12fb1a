"""The language server protocol as pygls speaks it, with what its clients need besides.

Unknown values of enumerations pass; every request gets an answer, also one that is malformed, too early or too late;
no traceback travels; requests to the client whose answer nobody needs are not waited for.
"""

from __future__ import annotations

import inspect
import json
import logging
import uuid
from collections.abc import Callable, Generator
from enum import Enum
from typing import Any

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


def tolerant_converter() -> cattrs.Converter:
    """Return pygls's converter, to which a value that an enumeration lacks is a value all the same.

    Clients are newer than servers: the specification has them announce what this version of it cannot name.
    """
    converter = cattrs.Converter()
    # Before all others: lsprotocol has cattrs generate code that keeps the hooks of the moment. One by one: to cattrs,
    # an enumeration of numbers is a number first.
    for type_ in vars(types).values():
        if isinstance(type_, type) and issubclass(type_, Enum):
            converter.register_structure_hook(type_, _enum_value)
    get_converter(converter)
    for message, hook in _PLAIN_MESSAGES.items():
        converter.register_structure_hook(message, hook)
    return converter


def _plain_message(data: dict[str, Any], type_: Any) -> Any:  # noqa: ANN401 - cattrs's signature
    """Return a message that the specification has no type for, with its parameters as JSON has them."""
    fields = {field: data.get(field) for field in type_.__annotations__}
    return type_(**fields)


_PLAIN_MESSAGES = dict.fromkeys((JsonRPCRequestMessage, JsonRPCNotification, JsonRPCResponseMessage), _plain_message)


def _enum_value(value: Any, type_: Any) -> Any:  # noqa: ANN401 - cattrs's signature
    try:
        return type_(value)
    except ValueError:
        return value


class Protocol(LanguageServerProtocol):
    """Dispatches messages; made by pygls, one for each server."""

    # Set by the server before the first message: what to do when the client says `exit`, or goes without a word.
    leave: Callable[[int], None]
    _initialized = False

    # --- messages in ---

    def take(self, body: bytes) -> None:
        """Handle one message, whatever it is. Raises nothing."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self.refuse("the message is no JSON", types.ErrorCodes.ParseError)
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            self.refuse("the message is no JSON-RPC 2.0", types.ErrorCodes.InvalidRequest)
            return
        method, number = data.get("method"), data.get("id")
        refusal = self._refusal(method)
        if method is not None and refusal is not None:
            if number is not None:
                self._answer_error(number, *refusal)
            return
        try:
            message = self.structure_message(data)
        except (JsonRpcException, RecursionError):
            if method is not None and number is not None:
                self._answer_error(number, types.ErrorCodes.InvalidParams, f"the parameters of {method} are malformed")
            return
        self._initialized = self._initialized or method == types.INITIALIZE
        self.handle_message(message)

    def refuse(self, reason: str, code: int = types.ErrorCodes.InvalidRequest) -> None:
        """Answer a message that cannot even be told from others."""
        self._answer_error(None, code, reason)

    def _refusal(self, method: object) -> tuple[int, str] | None:
        """Return why ``method`` is not served now, None where it is."""
        if method == types.EXIT:
            return None
        if not isinstance(method, str):
            return types.ErrorCodes.InvalidRequest, "the method is no text"
        if self._shutdown:
            return types.ErrorCodes.InvalidRequest, "the server is shutting down"
        if not self._initialized and method != types.INITIALIZE:
            return types.ErrorCodes.ServerNotInitialized, "the server is not initialized"
        if self._initialized and method == types.INITIALIZE:
            return types.ErrorCodes.InvalidRequest, "the server is initialized already"
        return None

    def _execute_handler(
        self,
        msg_id: str | int,
        handler: Any,  # noqa: ANN401 - as pygls's own
        callback: Any,  # noqa: ANN401 - as pygls's own
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Execute ``handler``, and forget it when it is done: pygls would remember every notification for ever."""
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))

    # --- messages out ---

    def send_message(self, method: str, params: Any = None) -> None:  # noqa: ANN401 - as pygls's own
        """Send a request whose answer nobody waits for: there are clients that never give one."""
        request = types.METHOD_TO_TYPES[method][0]
        self._send_data(request(id=f"mothball-{uuid.uuid4()}", params=params))

    def _answer_error(self, number: str | int | None, code: int, message: str) -> None:
        # Not as lsprotocol has it, which leaves out an id that is null; here it must stand (JSON-RPC 2.0, section 5).
        error = {"code": int(code), "message": one_line(message, 200)}
        self._send_data({"jsonrpc": self.VERSION, "id": number, "error": error})

    def _send_response(
        self,
        msg_id: str | int,
        result: Any = None,  # noqa: ANN401 - as above
        error: types.ResponseError | None = None,
    ) -> None:
        if error is not None:
            if error.code == types.ErrorCodes.InternalError:
                # pygls puts a traceback, with the paths of this machine, into `data`, and its last line before it.
                logger.error(
                    "a request failed: %s\n%s", error.message, "".join((error.data or {}).get("traceback", ()))
                )
                error.message = f"internal error: {error.message.partition(':')[0]}"
            self._answer_error(msg_id, error.code, error.message)
            return
        super()._send_response(msg_id, result)

    # --- what pygls would do by itself ---

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> _Steps:
        """Leave the process: 0 after a `shutdown`, 1 without."""
        self.leave(self.exit_code())
        yield from ()

    def exit_code(self) -> int:
        """Return what the process is to end with, now."""
        return 0 if self._shutdown else 1

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Announce what pygls has no place for."""
        result: types.InitializeResult = yield from super().lsp_initialize(params)
        commands = types.ExecuteCommandOptions([*self.fm.commands], work_done_progress=True)
        result.capabilities.execute_command_provider = commands
        return result

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:  # type: ignore[override]  # noqa: ANN401 - whatever a command returns
        """Execute a command that takes its whole request; in a task of its own, so that it can be cancelled."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"there is no command {one_line(params.command, 100)}")
        result = command(params)
        return await result if inspect.isawaitable(result) else result

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> _Steps:
        """Hand on to the server, which keeps the texts itself: pygls would split lines where editors do not."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> _Steps:
        """Hand on to the server."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> _Steps:
        """Hand on to the server."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None
