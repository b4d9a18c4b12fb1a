"""A minimal language client that starts, initializes and shuts down a server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

_LIMIT = 60.0


def greet(
    command: list[str], root: Path, environment: Mapping[str, str], options: Mapping[str, Any], opened: str = ""
) -> tuple[Any, int, list[str]]:
    """Start ``command`` for the workspace ``root`` and open the file ``opened`` in it, if there is one.

    Return the result of `initialize`, the exit code, and the texts that the first diagnostics of the file underline.
    """
    with subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            initialize = {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": {},
                "initializationOptions": options,
            }
            _send(process.stdin, {"id": 1, "method": "initialize", "params": initialize})
            result = _until(process.stdout, lambda message: message.get("id") == 1)["result"]
            _send(process.stdin, {"method": "initialized", "params": {}})
            underlined = _underlined(process.stdin, process.stdout, root / opened) if opened else []
            _send(process.stdin, {"id": 2, "method": "shutdown"})
            _until(process.stdout, lambda message: message.get("id") == 2)
            _send(process.stdin, {"method": "exit"})
            return result, process.wait(_LIMIT), underlined
        finally:
            process.kill()


def _underlined(stdin: IO[bytes], stdout: IO[bytes], path: Path) -> list[str]:
    """Open ``path`` and return the texts that its first diagnostics underline."""
    text = path.read_text("utf-8")
    document = {"uri": path.as_uri(), "languageId": "plaintext", "version": 1, "text": text}
    _send(stdin, {"method": "textDocument/didOpen", "params": {"textDocument": document}})
    published = _until(
        stdout,
        lambda message: message.get("method") == "textDocument/publishDiagnostics" and message["params"]["diagnostics"],
    )
    ranges = [diagnostic["range"] for diagnostic in published["params"]["diagnostics"]]
    lines = text.splitlines()
    return [lines[one["start"]["line"]][one["start"]["character"] : one["end"]["character"]] for one in ranges]


def _send(stream: IO[bytes], message: Mapping[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def _until(stream: IO[bytes], is_wanted: Callable[[Any], object]) -> Any:
    """Return the first message that ``is_wanted``, ignoring others and requests of the server."""
    while True:
        length = 0
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server closed its output"
        message = json.loads(stream.read(length))
        if not ("id" in message and "method" in message) and is_wanted(message):
            return message
