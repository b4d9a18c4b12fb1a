"""Certificates for servers on loopback, and addresses that do not respond."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest


def forget_network_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the variables for proxies, certificates and directories of files of the user who runs the tests."""
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT"):
        monkeypatch.delenv(name, raising=False)


class Certificate(NamedTuple):
    """The files of a server certificate for 127.0.0.1 and localhost, and of its certificate authority."""

    authority: str
    certificate: str
    key: str

    def server_context(self) -> ssl.SSLContext:
        """Return the TLS context of a server with the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(directory: str, alternative_names: str = "IP:127.0.0.1,DNS:localhost") -> Certificate:
    """Create a certificate authority and a certificate signed by it; skip the test if openssl is missing."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=directory, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    with open(os.path.join(directory, "extensions"), "w", encoding="ascii") as extensions:
        extensions.write(f"subjectAltName={alternative_names}\nbasicConstraints=CA:FALSE\n")
    run(
        "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Scripted Authority"
    )
    run("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=Scripted Index")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions", "-days", "2")
    run("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signing)
    return Certificate(*(os.path.join(directory, name) for name in ("ca.pem", "server.pem", "server.key")))


@contextlib.contextmanager
def refusing_url() -> Iterator[str]:
    """Yield the base URL of an index that refuses every connection; its port stays reserved meanwhile."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}/simple/"


@contextlib.contextmanager
def unanswering_url() -> Iterator[str]:
    """Yield the base URL of an index that accepts no connection: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple/"
