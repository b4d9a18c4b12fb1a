"""A minimal language client that starts, initializes and shuts down a server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

_LIMIT = 60.0


def greet(
    command: list[str], root: Path, environment: Mapping[str, str], options: Mapping[str, Any]
) -> tuple[Any, int]:
    """Start ``command`` for the workspace ``root``; return the result of `initialize` and the exit code."""
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
            answer = _answer(process.stdout, 1)
            _send(process.stdin, {"method": "initialized", "params": {}})
            _send(process.stdin, {"id": 2, "method": "shutdown"})
            _answer(process.stdout, 2)
            _send(process.stdin, {"method": "exit"})
            return answer["result"], process.wait(_LIMIT)
        finally:
            process.kill()


def _send(stream: IO[bytes], message: Mapping[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def _answer(stream: IO[bytes], number: int) -> Any:
    """Return the response to the request ``number``, ignoring other messages."""
    while True:
        length = 0
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server closed its output"
        message = json.loads(stream.read(length))
        if message.get("id") == number and "method" not in message:
            return message
