"""A client of the language server, in this process or for the installed program.

It responds to the server's requests as an editor would, stores all messages, and can wait for them.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, Self

from tests.support.cli import installed_script, measured_environment
from tests.support.waiting import wait_until

LIMIT = 20.0
Message = dict[str, Any]

# Capabilities of VS Code, Neovim and Emacs, as far as mothball uses them; pytest-lsp has the complete ones.
PUSH: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "publishDiagnostics": {
            "relatedInformation": True,
            "codeDescriptionSupport": True,
            "tagSupport": {"valueSet": [1, 2]},
        },
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "workspace": {
        "configuration": True,
        "workspaceEdit": {"documentChanges": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
}
PULL: Message = {
    **PUSH,
    "general": {"positionEncodings": ["utf-8", "utf-16"]},
    "textDocument": {**PUSH["textDocument"], "diagnostic": {"dynamicRegistration": False}},
    "workspace": {**PUSH["workspace"], "diagnostics": {"refreshSupport": True}},
}


class ServerError(Exception):
    """The server responded to a request with an error."""

    def __init__(self, error: Message) -> None:
        super().__init__(error["message"])
        self.error = error


class LspClient:
    """A client; ``send_body`` sends the bytes of one message to the server."""

    def __init__(self, send_body: Callable[[bytes], None]) -> None:
        self._send_body = send_body
        self._news = threading.Condition()
        self._next_id = 0
        self.settings: object = None
        self.received: list[Message] = []
        self.diagnostics: dict[str, list[Message]] = {}
        self.published: list[Message] = []
        self.ended = False
        # Requests of the server to which this client does not respond.
        self.silent_about: set[str] = set()

    # --- from the server ---

    def take(self, message: Message) -> None:
        """Handle one message of the server."""
        method = message.get("method")
        if method is not None and "id" in message and method not in self.silent_about:
            result = [self.settings] if method == "workspace/configuration" else None
            with suppress(OSError, ValueError):  # the server has closed the connection
                self.send({"id": message["id"], "result": result})
        with self._news:
            self.received.append(message)
            if method == "textDocument/publishDiagnostics":
                self.published.append(message["params"])
                self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
            self._news.notify_all()

    def end(self) -> None:
        """Handle the end of the stream."""
        with self._news:
            self.ended = True
            self._news.notify_all()

    # --- to the server ---

    def send(self, message: Message) -> None:
        """Send a message."""
        self._send_body(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        self.send({"method": method, "params": params})

    def start_request(self, method: str, params: object = None) -> int:
        """Send a request and return its number."""
        self._next_id += 1
        self.send({"id": self._next_id, "method": method, "params": params})
        return self._next_id

    def answer(self, number: int) -> Any:
        """Wait for the response to a request and return its result; raise ServerError for an error."""
        found = self.wait_for(
            lambda: next(
                (message for message in self.received if message.get("id") == number and "method" not in message), None
            )
        )
        if "error" in found:
            raise ServerError(found["error"])
        return found.get("result")

    def request(self, method: str, params: object = None) -> Any:
        """Send a request and return its result."""
        return self.answer(self.start_request(method, params))

    def wait_for(self, condition: Callable[[], Any], seconds: float = LIMIT) -> Any:
        """Wait until ``condition`` returns a true value, and return it."""
        give_up = time.monotonic() + seconds
        with self._news:
            while not (found := condition()):
                left = give_up - time.monotonic()
                assert left > 0, f"waited in vain; the last messages are {self.received[-3:]}"
                self._news.wait(min(left, 0.01))
            return found

    def messages(self, method: str) -> list[Message]:
        """Return the messages of the server with ``method``."""
        return [message for message in self.received if message.get("method") == method]

    # --- what editors do ---

    def initialize(self, capabilities: Message, *folders: str, **more: object) -> Message:
        """Initialize the server."""
        given = [{"uri": uri(folder), "name": os.path.basename(folder)} for folder in folders]
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": capabilities,
            "workspaceFolders": given or None,
            **more,
        }
        result: Message = self.request("initialize", params)
        self.notify("initialized", {})
        return result

    def start(self, capabilities: Message, folder: str, index_url: str | None = None, **options: object) -> Message:
        """Initialize the server for the workspace ``folder``, with the index of the user and other settings."""
        given = {"indexUrl": index_url, **options}
        self.settings = given
        return self.initialize(capabilities, folder, initializationOptions=given)

    def open(self, path: str, text: str, version: int = 1) -> str:
        """Open a document and return its URI."""
        document = {"uri": uri(path), "languageId": "any", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri(path)

    def change(self, document: str, text: str, version: int = 2) -> None:
        """Send a new text."""
        params = {"textDocument": {"uri": document, "version": version}, "contentChanges": [{"text": text}]}
        self.notify("textDocument/didChange", params)

    def save(self, document: str) -> None:
        """Notify the server that a document was saved."""
        self.notify("textDocument/didSave", {"textDocument": {"uri": document}})

    def close(self, document: str) -> None:
        """Close a document."""
        self.notify("textDocument/didClose", {"textDocument": {"uri": document}})

    def hover(self, document: str, line: int, character: int) -> Any:
        """Hover over a position."""
        position = {"line": line, "character": character}
        return self.request("textDocument/hover", {"textDocument": {"uri": document}, "position": position})

    def pull(self, document: str, previous: str | None = None) -> Message:
        """Ask for the diagnostics of a document."""
        params = {"textDocument": {"uri": document}, "previousResultId": previous}
        result: Message = self.request("textDocument/diagnostic", params)
        return result

    def command(self, name: str, *arguments: object) -> Any:
        """Execute a command."""
        return self.request("workspace/executeCommand", {"command": name, "arguments": list(arguments)})

    def wait_for_diagnostics(self, document: str, *codes: str) -> list[Message]:
        """Wait until the diagnostics of a document have exactly these rules, in this order; return them."""
        self.wait_for(lambda: document in self.diagnostics and codes_of(self.diagnostics[document]) == list(codes))
        return self.diagnostics[document]

    def wait_for_pull(self, document: str, *codes: str) -> list[Message]:
        """Pull on each refresh request until the diagnostics have exactly these rules; return them."""
        items: list[Message] = []

        def is_as_expected() -> bool:
            items[:] = self.pull(document)["items"]
            return codes_of(items) == list(codes)

        wait_until(is_as_expected, f"the rules of {document} are {codes}")
        return items


def codes_of(diagnostics: list[Message]) -> list[str | None]:
    """Return the rules of diagnostics, in their order."""
    return [diagnostic.get("code") for diagnostic in diagnostics]


def uri(path: str) -> str:
    """Return the URI of a path, as clients do."""
    from urllib.parse import quote

    return f"file://{quote(path)}"


class Process(LspClient):
    """The installed program in a process."""

    def __init__(self, home: str, cwd: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [installed_script(), "lsp", *arguments],
            cwd=cwd,
            env=measured_environment(home, **(environment or {})),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        super().__init__(self._frame)
        self.stray = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def stdin(self) -> BinaryIO:
        """The server's standard input."""
        assert self.process.stdin is not None
        return self.process.stdin  # type: ignore[return-value]

    def raw(self, data: bytes) -> None:
        """Send bytes."""
        self.stdin.write(data)
        self.stdin.flush()

    def _frame(self, body: bytes) -> None:
        self.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        while line := stdout.readline():
            if not line.startswith(b"Content-Length: "):
                self.stray += line
                continue
            while stdout.readline().strip():
                pass
            self.take(json.loads(stdout.read(int(line.split()[1]))))
        self.end()

    def wait(self, seconds: float = LIMIT) -> int:
        """Wait for the process to end and return its exit code."""
        return self.process.wait(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # The server exits on this signal, so that its coverage data is written.
        self.process.terminate()
        try:
            self.process.wait(LIMIT)
        finally:
            self.process.kill()
            self.process.wait()
        self._reader.join(LIMIT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
