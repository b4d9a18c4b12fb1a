"""An index on loopback that answers by script: every fault of a real index, on demand and counted.

    with ScriptedIndex({"old-lib": json_page("old-lib", "archived")}) as index:
        ...                                   # query index.url
        assert index.count("old-lib") == 1

The replies for a name are sent in order, and the last one repeatedly. A name without a script is a 404. The name of a
request is the last segment of its path, so that redirects, mirrors below other paths and absolute URLs (of a proxy) are
scripted by name as well. With a ``login``, requests without it get a 401. ``on_peer`` is called with the certificate of
each client, or None: with a ``context`` that requests it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import http.client
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from tests.support.loopback import Certificate

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"


class Fault(StrEnum):
    """Faults of the connection."""

    NONE = "none"
    RESET = "reset: the connection is reset instead of an answer"
    CLOSE = "close: the connection is closed instead of an answer"
    SILENCE = "silence: nothing is answered as long as the index runs"
    NOT_HTTP = "not HTTP: something else is answered"
    RESET_MIDWAY = "reset midway: the connection is reset after half of the body"
    CUT_OFF = "cut off: the connection is closed in good order after half of the body"


class Reply(NamedTuple):
    """One reply.

    With an ``etag``, a request with that validator gets a 304. ``delay`` (seconds) is spent before the reply,
    ``drip`` between two bytes of the body, ``drip_head`` between two bytes of the status line and headers.
    """

    status: int = 200
    body: bytes = b""
    content_type: str | None = JSON
    headers: tuple[tuple[str, str], ...] = ()
    etag: str | None = None
    delay: float = 0.0
    drip: float = 0.0
    drip_head: float = 0.0
    chunked: bool = False
    fault: Fault = Fault.NONE

    def head(self) -> bytes:
        """Return the status line and the headers."""
        phrase = http.client.responses.get(self.status, "Unknown")
        headers = list(self.headers)
        if self.content_type is not None:
            headers.append(("Content-Type", self.content_type))
        if self.etag is not None:
            headers.append(("ETag", self.etag))
        if self.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif self.status != 304 and not any(key.lower() == "content-length" for key, _ in headers):
            headers.append(("Content-Length", str(len(self.body))))
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{key}: {value}" for key, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def payload(self) -> bytes:
        """Return the body as it is sent."""
        if not self.chunked:
            return self.body
        middle = len(self.body) // 2
        parts = [part for part in (self.body[:middle], self.body[middle:]) if part]
        return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def json_page(name: str, status: str | None = None, reason: str | None = None, **keys: Any) -> Reply:
    """Return the JSON page (PEP 691) of ``name``, with a marker if there is a ``status``, and further ``keys``."""
    page: dict[str, Any] = {"files": [], "meta": {"api-version": "1.4"}, "name": name, "versions": []}
    if status is not None:
        page["project-status"] = {"status": status} if reason is None else {"status": status, "reason": reason}
    return json_reply(page | keys)


def json_reply(content: object) -> Reply:
    """Return ``content`` as JSON."""
    return Reply(body=json.dumps(content).encode())


def html_page(name: str, status: str | None = None, reason: str | None = None) -> Reply:
    """Return the HTML page (PEP 503) of ``name``. The texts are not escaped."""
    metas = '<meta name="pypi:repository-version" content="1.4">'
    if status is not None:
        metas += f'<meta name="pypi:project-status" content="{status}">'
    if reason is not None:
        metas += f'<meta name="pypi:project-status-reason" content="{reason}">'
    text = f"<!DOCTYPE html><html><head>{metas}<title>Links for {name}</title></head><body></body></html>"
    return Reply(body=text.encode(), content_type=HTML)


def redirect(location: str, status: int = 301) -> Reply:
    """Return a redirect."""
    return Reply(status, content_type=None, headers=(("Location", location),))


def too_many(retry_after: str | None = None) -> Reply:
    """Return 429, with a Retry-After if given."""
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    return Reply(429, b"slow down", "text/plain", headers)


def gzipped(reply: Reply) -> Reply:
    """Return ``reply`` with its body compressed."""
    return reply._replace(body=gzip.compress(reply.body), headers=(*reply.headers, ("Content-Encoding", "gzip")))


def cut_gzip(reply: Reply) -> Reply:
    """Return ``reply`` compressed, without the last third of its stream but with a correct Content-Length."""
    whole = gzipped(reply)
    return whole._replace(body=whole.body[: len(whole.body) * 2 // 3])


def padded(reply: Reply, size: int) -> Reply:
    """Return ``reply`` padded to ``size`` bytes with white space, which JSON and HTML ignore."""
    return reply._replace(body=reply.body.ljust(size))


class Received(NamedTuple):
    """One received request; the names of its ``headers`` are in lower case."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def name(self) -> str:
        """The last segment of the path: the requested project."""
        return self.path.partition("?")[0].rstrip("/").rpartition("/")[2]


class ScriptedIndex:
    """The index. Use it as a context manager, or call ``close``."""

    def __init__(
        self,
        pages: Mapping[str, Reply | Sequence[Reply]] | None = None,
        *,
        otherwise: Reply | None = None,
        certificate: Certificate | None = None,
        context: ssl.SSLContext | None = None,
        on_peer: Callable[[object], None] | None = None,
        login: tuple[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._host = host
        self.on_peer = on_peer
        self._authorization = None if login is None else f"Basic {base64.b64encode(':'.join(login).encode()).decode()}"
        self._scripts: dict[str, list[Reply]] = {}
        self._otherwise = otherwise or Reply(404, b"no such project", "text/plain")
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self.closing = threading.Event()
        for name, replies in (pages or {}).items():
            self.script(name, *([replies] if isinstance(replies, Reply) else replies))
        self._server = _Server(self, host)
        if certificate is not None:
            self._server.socket = (context or certificate.server_context()).wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._scheme = "http" if certificate is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def script(self, name: str, *replies: Reply) -> None:
        """Answer the next requests for ``name`` with ``replies``, and all later ones with the last of them."""
        with self._lock:
            self._scripts[name] = list(replies)

    @property
    def port(self) -> int:
        """The port, on 127.0.0.1 or the given ``host``."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL of the index, with its trailing slash."""
        return f"{self._scheme}://{self._host}:{self.port}/simple/"

    @property
    def received(self) -> list[Received]:
        """All requests so far, in order."""
        with self._lock:
            return list(self._received)

    @property
    def connections(self) -> int:
        """The number of connections so far."""
        return self._server.accepted

    def count(self, name: str | None = None) -> int:
        """Return the number of requests, for ``name`` or in total."""
        return sum(name is None or request.name == name for request in self.received)

    def forget(self) -> None:
        """Forget the requests so far, but not the scripts."""
        with self._lock:
            self._received.clear()

    def reply_to(self, request: Received) -> Reply:
        """Record ``request`` and return the scripted reply."""
        with self._lock:
            self._received.append(request)
            if self._authorization not in (None, request.headers.get("authorization")):
                return Reply(401, b"who?", "text/plain", (("WWW-Authenticate", 'Basic realm="scripted"'),))
            script = self._scripts.get(request.name, [self._otherwise])
            reply = script.pop(0) if len(script) > 1 else script[0]
        if reply.etag is not None and request.headers.get("if-none-match") == reply.etag:
            return Reply(304, content_type=None, etag=reply.etag, delay=reply.delay)
        return reply

    def close(self) -> None:
        """Stop answering, drop all connections and wait for their threads."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.drop_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    """A server that knows its open connections, so that closing it does not wait for keep-alive."""

    request_queue_size = 256
    # Not daemons: server_close waits for them, so that no thread outlives its test.
    daemon_threads = False

    def __init__(self, index: ScriptedIndex, host: str) -> None:
        self.index = index
        self.accepted = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((host, 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self.accepted += 1
            self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().close_request(request)

    def drop_connections(self) -> None:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: clients that disconnect are expected."""


class _Handler(BaseHTTPRequestHandler):
    """Sends scripted replies byte for byte."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        index = self.server.index
        headers = {key.lower(): value for key, value in self.headers.items()}
        if index.on_peer is not None and isinstance(self.connection, ssl.SSLSocket):
            index.on_peer(self.connection.getpeercert())
        reply = index.reply_to(Received(self.command, self.path, headers))
        index.closing.wait(reply.delay)
        match reply.fault:
            case Fault.RESET:
                self._reset()
            case Fault.CLOSE:
                self.close_connection = True
            case Fault.SILENCE:
                index.closing.wait()
                self.close_connection = True
            case Fault.NOT_HTTP:
                self.wfile.write(b"220 ready\r\n\r\n")
                self.close_connection = True
            case Fault.RESET_MIDWAY | Fault.CUT_OFF | Fault.NONE:
                self._answer(reply, index.closing)

    # A proxy is requested to open a tunnel.
    do_CONNECT = do_GET  # noqa: N815 - the base class looks for this name

    def _answer(self, reply: Reply, closing: threading.Event) -> None:
        body = reply.payload()
        if reply.fault is not Fault.NONE:
            body = body[: len(body) // 2]
        self._write(reply.head(), reply.drip_head, closing)
        self._write(body, reply.drip, closing)
        if reply.fault is Fault.RESET_MIDWAY:
            closing.wait(0.05)  # The reset must not overtake the sent bytes.
            self._reset()
        elif reply.fault is Fault.CUT_OFF or ("Connection", "close") in reply.headers:
            self.close_connection = True

    def _write(self, data: bytes, drip: float, closing: threading.Event) -> None:
        if not drip:
            self.wfile.write(data)
            return
        for byte in data:
            self.wfile.write(bytes([byte]))
            if closing.wait(drip):
                break

    def _reset(self) -> None:
        """Reset the connection on close, since data is unsent and lingering is disabled."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The server shuts a connection down before it closes it, which would be orderly.
        socket.socket(fileno=self.connection.detach()).close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep standard error empty."""
