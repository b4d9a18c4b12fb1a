"""A real forward proxy (proxy.py) on loopback that resolves every host name to this machine.

A test that reaches ``index.example`` has used the proxy: the guard of the tests refuses all hosts but this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from proxy.http.proxy import HttpProxyBasePlugin

from tests.support.loopback import Certificate
from tests.support.waiting import wait_until

_ROOT = Path(__file__).parents[2]
_STARTUP_LIMIT = 30.0


class ResolveToLoopback(HttpProxyBasePlugin):
    """The plugin of the proxy that replaces DNS."""

    def resolve_dns(self, host: str, port: int) -> tuple[str, None]:  # noqa: ARG002 - the base class's signature
        """Return the address of this machine."""
        return "127.0.0.1", None


class ForwardProxy(NamedTuple):
    """A running proxy; ``authority`` is ``HOST:PORT``."""

    scheme: str
    authority: str

    def url(self, login: str = "") -> str:
        """Return the URL of the proxy, with ``login`` (``USER:PASSWORD``, quoted) if given."""
        return f"{self.scheme}://{login}{'@' if login else ''}{self.authority}"


@contextmanager
def running_proxy(directory: Path, login: str = "", certificate: Certificate | None = None) -> Iterator[ForwardProxy]:
    """Run a proxy that requires ``login`` (``USER:PASSWORD``) if given, over TLS with a ``certificate``."""
    port_file, log = directory / "port", directory / "proxy.log"
    options = [*("--hostname", "127.0.0.1"), *("--port", "0"), *("--port-file", str(port_file))]
    options += [*("--num-acceptors", "1"), *("--num-workers", "1"), "--threaded", *("--log-file", str(log))]
    options += ["--plugins", f"{__name__}.{ResolveToLoopback.__name__}"]
    if login:
        options += ["--basic-auth", login]
    if certificate is not None:
        options += ["--cert-file", certificate.certificate, "--key-file", certificate.key]
    process = subprocess.Popen(
        [sys.executable, "-m", "proxy", *options],
        env={**os.environ, "PYTHONPATH": str(_ROOT), "HOME": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:

        def port() -> str:
            assert process.poll() is None, log.read_text("utf-8") if log.exists() else "the proxy did not start"
            return port_file.read_text().strip() if port_file.exists() else ""

        number = wait_until(port, "the proxy listens", _STARTUP_LIMIT)
        yield ForwardProxy("http" if certificate is None else "https", f"127.0.0.1:{number}")
    finally:
        process.terminate()
        process.wait()
