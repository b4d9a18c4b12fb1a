"""Connect to hosts with several addresses within one timeout (RFC 8305, "Happy Eyeballs").

urllib3 tries the addresses one after the other, each with the whole timeout, and does not limit DNS resolution. A host
with a broken IPv6 route would cost the timeout for every connection. Here the next address is tried in parallel if the
previous one does not connect soon, and DNS resolution counts against the timeout.
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

# RFC 8305, section 5: seconds before the next address is tried in parallel.
_HEAD_START = 0.25

_AddressInfo = tuple[int, int, int, Any]
_Options = Sequence[tuple[int, int, int | bytes]]


def connect(
    host: str, port: int, timeout: float, options: _Options = (), head_start: float = _HEAD_START
) -> socket.socket:
    """Return a connected socket with ``options`` and ``timeout`` (seconds) set.

    The next address is tried in parallel after ``head_start`` seconds.

    Raises TimeoutError if no address connects within ``timeout``, socket.gaierror if the host has no address, and
    otherwise the OSError of the address that failed last.
    """
    end = time.monotonic() + timeout
    attempts = _Attempts(_resolve(host, port, timeout), options, head_start)
    try:
        connected = attempts.first_connected(end)
    finally:
        attempts.close()
    connected.settimeout(timeout)
    return connected


def _resolve(host: str, port: int, timeout: float) -> list[_AddressInfo]:
    """Return the addresses of ``host`` in the order of preference of the system.

    The resolver of the system has no timeout and cannot be interrupted, so it runs in a thread that may be left behind;
    where no thread can be started, it runs here, and the caller of the client still has its deadline.
    """
    results: queue.SimpleQueue[list[_AddressInfo] | BaseException] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put([(family, kind, protocol, address) for family, kind, protocol, _, address in addresses])
        except Exception as error:  # noqa: BLE001 - raised in the calling thread
            results.put(error)

    try:
        threading.Thread(target=resolve, name="mothball-resolver", daemon=True).start()
    except RuntimeError:
        resolve()
    try:
        result = results.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError(errno.ETIMEDOUT, "resolving the host name timed out") from None
    if isinstance(result, BaseException):
        raise result
    return result


class _Attempts:
    """Connection attempts to the addresses of one host, each started after a delay."""

    def __init__(self, addresses: list[_AddressInfo], options: _Options, head_start: float) -> None:
        self._head_start = head_start
        self._pending = list(reversed(addresses))
        self._options = options
        self._selector = selectors.DefaultSelector()
        self._error = OSError(errno.EADDRNOTAVAIL, "the host has no address")

    def first_connected(self, end: float) -> socket.socket:
        """Return the first socket that connects before ``end`` (monotonic). Raises as ``connect``."""
        while self._pending or self._selector.get_map():
            if self._pending and (connected := self._start_next()) is not None:
                return connected
            if not self._selector.get_map():
                continue
            now = time.monotonic()
            if now >= end:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            for key, _ in self._selector.select(min(self._head_start, end - now) if self._pending else end - now):
                attempt: socket.socket = key.data
                if self._is_connected(attempt):
                    return attempt
        raise self._error

    def close(self) -> None:
        """Close the other attempts."""
        for key in list(self._selector.get_map().values()):
            key.data.close()
        self._selector.close()

    def _start_next(self) -> socket.socket | None:
        """Start connecting to the next address; return its socket if it connects immediately."""
        family, kind, protocol, address = self._pending.pop()
        try:
            attempt = socket.socket(family, kind, protocol)
        except OSError as error:  # address family not supported by this machine
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
        """Return True if ``attempt``, which the selector reported, is connected; close it otherwise."""
        self._selector.unregister(attempt)
        code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            return True
        attempt.close()
        self._error = OSError(code, os.strerror(code))
        return False


class _PlainConnection(urllib3.connection.HTTPConnection):
    """Connects with ``connect`` and raises the exceptions of urllib3."""

    def _new_conn(self) -> socket.socket:
        timeout = float(self.timeout)  # type: ignore[arg-type]  # always a number here
        try:
            return connect(self._dns_host, self.port, timeout, self.socket_options or ())
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error


class _PlainPool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecureConnection(_PlainConnection, urllib3.connection.HTTPSConnection):
    pass


class _SecurePool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


# pool_classes_by_scheme of a urllib3 pool manager.
POOLS = {"http": _PlainPool, "https": _SecurePool}
