"""A network of its own in which every host name leads to one HTTPS server on loopback.

Programs that only ask fixed hosts can be compared this way, without any request leaving the machine. It needs Linux and
root: the calling process is started again in new network and mount namespaces.
"""

from __future__ import annotations

import fcntl
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import trustme

_MARKER = "MOTHBALL_ISOLATED_NETWORK"
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1
_CA_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


class Request(NamedTuple):
    """A received request; ``path`` has no query."""

    method: str
    host: str
    path: str


class Response(NamedTuple):
    """The response to a request."""

    status: int
    content_type: str = "application/json"
    body: bytes = b"{}"


def enter() -> None:
    """Continue in a network of its own: start the program again if it is not in one yet."""
    if os.environ.get(_MARKER) != "1":
        if sys.platform != "linux" or os.geteuid() != 0:
            sys.exit("needs Linux and root: the comparison runs in a network namespace of its own")
        command = ["unshare", "--net", "--mount", sys.executable, *sys.orig_argv[1:]]
        sys.exit(subprocess.run(command, env={**os.environ, _MARKER: "1"}, check=False).returncode)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


class Network:
    """Answers DNS queries with 127.0.0.1 and HTTPS requests with ``respond``; ``requests`` are those received."""

    def __init__(self, directory: Path, respond: Callable[[Request], Response]) -> None:
        """Start both servers, and make this process and its children use them."""
        self.requests: list[Request] = []
        self.authority = trustme.CA()
        self._directory = directory
        self._respond = respond
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._replace_system_files()
        threading.Thread(target=self._serve_dns, daemon=True).start()
        server = ThreadingHTTPServer(("127.0.0.1", 443), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._use_certificate_for
        self.authority.issue_cert("localhost").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def environment(self) -> dict[str, str]:
        """Return the variables that make programs trust the server's certificates."""
        path = str(self._directory / "authority.pem")
        return dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), path)

    def _replace_system_files(self) -> None:
        authority = self._directory / "authority.pem"
        self.authority.cert_pem.write_to_path(str(authority))
        resolver = self._directory / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\n", "ascii")
        for source, target in ((resolver, "/etc/resolv.conf"), *((authority, bundle) for bundle in _CA_BUNDLES)):
            if os.path.exists(target):
                subprocess.run(["mount", "--bind", str(source), target], check=True)

    def _serve_dns(self) -> None:
        """Answer every query for an IPv4 address with 127.0.0.1, and others with no record (RFC 1035, section 4)."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 53))
            while True:
                query, client = server.recvfrom(512)
                end = query.index(b"\0", 12) + 5
                question = query[12:end]
                is_address = question[-4:-2] == b"\0\1"
                header = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_address else b"\0\0") + b"\0\0\0\0"
                answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if is_address else b""
                server.sendto(header + question + answer, client)

    def _use_certificate_for(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is not None:
            if name not in self._contexts:
                self._contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self.authority.issue_cert(name).configure_cert(self._contexts[name])
            connection.context = self._contexts[name]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        network = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One segment for head and body, or the client's delayed acknowledgements cost 40 ms a response.
            wbufsize = -1

            def log_message(self, *_: object) -> None:
                """Log nothing."""

            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.headers.get("Host", ""), self.path.partition("?")[0])
                network.requests.append(request)
                response = network._respond(request)
                self.send_response(response.status)
                self.send_header("Content-Type", response.content_type)
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(response.body)
                self.wfile.flush()

            do_GET = do_POST = do_HEAD = _answer  # noqa: N815 - names of the base class

        return Handler
