"""An index on loopback for benchmarks: gzipped project pages of real sizes over TLS, each after a delay.

    python -m benchmarks.index_server NAMES DELAY CERTIFICATE KEY

It prints its port and serves until its standard input ends. It is one asyncio protocol without an HTTP library, so that
it takes less time than the measured clients.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import ssl
import sys

_TYPE = "application/vnd.pypi.simple.v1+json"


def names_of(count: int) -> list[str]:
    """Return the names of the ``count`` projects of an index."""
    return [f"lib-{number}" for number in range(count)]


def _page(name: str, chance: random.Random) -> bytes:
    """Return a page with the sizes of PyPI's: mostly small, some of megabytes, about 90 kB on average."""
    files = [
        {
            "filename": f"{name}-1.{number}-py3-none-any.whl",
            "hashes": {"sha256": f"{chance.getrandbits(256):064x}"},
            "requires-python": ">=3.9",
            "size": chance.randrange(10_000_000),
            "upload-time": "2026-01-01T00:00:00.000000Z",
            "url": f"https://files.example/packages/{chance.getrandbits(160):040x}/{name}-1.{number}-py3-none-any.whl",
            "yanked": False,
        }
        for number in range(min(6_000, int(chance.lognormvariate(4.3, 1.4))))
    ]
    page = {"files": files, "meta": {"api-version": "1.4"}, "name": name, "project-status": {"status": "active"}}
    return gzip.compress(json.dumps(page).encode(), 6)


class _Connection(asyncio.Protocol):
    """Answers requests in order; a client sends the next one when it has its response."""

    def __init__(self, answers: dict[bytes, tuple[bytes, bytes]], delay: float) -> None:
        self._answers = answers
        self._delay = delay
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            whole, unmodified = self._answers.get(path, (_NOT_FOUND, _NOT_FOUND))
            answer = unmodified if b"if-none-match" in head.lower() else whole
            asyncio.get_running_loop().call_later(self._delay, self._write, answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def _answers(count: int) -> dict[bytes, tuple[bytes, bytes]]:
    chance = random.Random(792)
    answers = {}
    for name in names_of(count):
        body = _page(name, chance)
        head = f'HTTP/1.1 200 OK\r\nContent-Type: {_TYPE}\r\nETag: "{name}"\r\n'
        whole = f"{head}Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        unmodified = f'HTTP/1.1 304 Not Modified\r\nETag: "{name}"\r\n\r\n'.encode()
        answers[f"/simple/{name}/".encode()] = (whole, unmodified)
    return answers


async def _serve(count: int, delay: float, certificate: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    answers = _answers(count)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers, delay), "127.0.0.1", 0, ssl=context, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4]))
