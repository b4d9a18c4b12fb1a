"""Connections to hosts with several addresses: all of them together take no longer than one may.

urllib3 tries one address after the other, each with the whole limit, and waits for DNS as long as the system does. A
host with a dead IPv6 route would cost its limit for every connection, an unreachable one its limit times its addresses.
Here an address that does not answer at once gets company (RFC 8305, "Happy Eyeballs"), and the resolver has a limit.
"""

from __future__ import annotations

import errno
import os
import queue
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import urllib3.connection
import urllib3.connectionpool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

# RFC 8305, section 5: how long an address has before the next one is tried beside it, in seconds.
_HEAD_START = 0.25

_AddressInfo = tuple[int, int, int, Any]
_Options = Sequence[tuple[int, int, int | bytes]]


def connect(
    host: str, port: int, timeout: float, options: _Options = (), head_start: float = _HEAD_START
) -> socket.socket:
    """Return a connected socket with ``options`` set and ``timeout`` (seconds) as its limit for whatever follows.

    Each address is tried alone for ``head_start`` seconds, then beside the next one.

    Raises TimeoutError when none of the host's addresses took the connection within ``timeout``, socket.gaierror when
    it has none, and otherwise the OSError of the address that failed last.
    """
    end = time.monotonic() + timeout
    attempts = _Attempts(_resolve(host, port, timeout), options, head_start)
    try:
        connected = attempts.winner(end)
    finally:
        attempts.close()
    connected.settimeout(timeout)
    return connected


def _resolve(host: str, port: int, timeout: float) -> list[_AddressInfo]:
    """Return the addresses of ``host`` in the system's order of preference.

    The system's resolver can neither be given a limit nor be interrupted: it is left behind in its thread.
    """
    answers: queue.SimpleQueue[list[_AddressInfo] | BaseException] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(family, kind, protocol, address) for family, kind, protocol, _, address in found])
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
            answers.put(error)

    threading.Thread(target=ask, name="mothball-resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError(errno.ETIMEDOUT, "the name was not resolved in time") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


class _Attempts:
    """The attempts at the addresses of one host, each begun a little after the other."""

    def __init__(self, addresses: list[_AddressInfo], options: _Options, head_start: float) -> None:
        self._head_start = head_start
        self._waiting = list(reversed(addresses))
        self._options = options
        self._selector = selectors.DefaultSelector()
        self._error = OSError(errno.EADDRNOTAVAIL, "it has no address")

    def winner(self, end: float) -> socket.socket:
        """Return the first socket that is connected before ``end`` (monotonic); raise what ``connect`` raises."""
        while self._waiting or self._selector.get_map():
            if self._waiting and (connected := self._begin()) is not None:
                return connected
            if not self._selector.get_map():
                continue
            now = time.monotonic()
            if now >= end:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            for key, _ in self._selector.select(min(self._head_start, end - now) if self._waiting else end - now):
                attempt: socket.socket = key.data
                if self._is_connected(attempt):
                    return attempt
        raise self._error

    def close(self) -> None:
        """Give up the attempts that did not win."""
        for key in list(self._selector.get_map().values()):
            key.data.close()
        self._selector.close()

    def _begin(self) -> socket.socket | None:
        """Begin with the next address; return its socket where it is connected at once."""
        family, kind, protocol, address = self._waiting.pop()
        try:
            attempt = socket.socket(family, kind, protocol)
        except OSError as error:  # a family that the machine does not have
            self._error = error
            return None
        try:
            for option in self._options:
                attempt.setsockopt(*option)
            attempt.setblocking(False)  # noqa: FBT003 - the standard library's signature
            with suppress(BlockingIOError):
                attempt.connect(address)
                return attempt
            self._selector.register(attempt, selectors.EVENT_WRITE, attempt)
        except OSError as error:
            attempt.close()
            self._error = error
        return None

    def _is_connected(self, attempt: socket.socket) -> bool:
        """Return whether ``attempt``, of which there is news, succeeded; it is no attempt any more either way."""
        self._selector.unregister(attempt)
        code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            return True
        attempt.close()
        self._error = OSError(code, os.strerror(code))
        return False


class _Connecting(urllib3.connection.HTTPConnection):
    """Connects as above, and tells of failures as urllib3 does."""

    def _new_conn(self) -> socket.socket:
        limit = float(self.timeout)  # type: ignore[arg-type]  # we pass numbers, and requests passes them on
        try:
            return connect(self._dns_host, self.port, limit, self.socket_options or ())
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error


class _PlainPool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _Connecting


class _SecureConnection(_Connecting, urllib3.connection.HTTPSConnection):
    pass


class _SecurePool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


# For a pool manager of urllib3: the kinds of pools by scheme.
POOLS = {"http": _PlainPool, "https": _SecurePool}
