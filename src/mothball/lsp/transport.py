"""Messages over standard input and output, framed by the base protocol of LSP.

pygls's own reader ignores lower-case header names, does not respond to invalid JSON, and shares its threads with the
handlers. This one reads in its own thread and passes each body to the event loop.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

# Reject larger messages, in bytes. The largest file that mothball reads fits, however it is escaped.
MAX_MESSAGE = 256 * 1024 * 1024
_MAX_HEADER_LINE = 8192
_CHUNK = 1024 * 1024


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
