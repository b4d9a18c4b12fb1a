"""Send one GET request and read the response within its limits. The only module that sends requests to indexes.

It uses the adapter of requests without a Session, which would add cookies, credentials from .netrc and redirects to
other hosts.

Connecting, also to hosts with several addresses, takes one timeout (RFC 8305, "Happy Eyeballs"). urllib3 tries the
addresses one after the other, each with the whole timeout, and does not limit DNS resolution: a host with a broken IPv6
route would cost the timeout for every connection. Here the next address is tried in parallel if the previous one does
not connect soon, and DNS resolution counts against the timeout.
"""

from __future__ import annotations

import errno
import os
import queue
import selectors
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import requests
import requests.adapters
import urllib3
import urllib3.connection
import urllib3.connectionpool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from mothball.config.user_settings import TOTAL_SECONDS, CredentialSettings, InstallerSetting
from mothball.index.endpoint_access import EndpointAccess, TlsProfile, tls_context
from mothball.index.limits import LARGE, Deadline
from mothball.index.network_errors import NETWORK_ERRORS, TransportError, transport_error
from mothball.index.project_page import Failed
from mothball.index.urls import Endpoint
from mothball.model.records import NamedTuple
from mothball.model.results import Cause
from mothball.model.sanitize import one_line

# RFC 8305, section 5: seconds before the next address is tried in parallel.
_HEAD_START = 0.25

_AddressInfo = tuple[int, int, int, Any]
_Options = Sequence[tuple[int, int, int | bytes]]
_CHUNK = 64 * 1024
# Bytes that are decoded at once: a chunk of a gzip bomb is a thousand times as long.
_MAX_DECODED = 256 * 1024
# A short error body is read so that the connection can be reused; for a longer one, a new connection is cheaper.
_MAX_DRAINED = 64 * 1024


class ClientSettings(NamedTuple):
    """Settings of the client. Times in seconds.

    ``deadline`` applies to a whole call of ``Client.fetch``; ``max_body`` counts decoded bytes; ``trusted_hosts``
    (``HOST`` or ``HOST:PORT``) may be queried over plain http in addition to loopback; ``breaker_cooldown`` is the time
    in which no request is sent to a host after a failed connection. ``credentials`` are the user's; a timeout and a
    number of retries in them replace those here.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 10.0
    deadline: float = TOTAL_SECONDS
    workers: int = 32
    max_body: int = 32 * 1024 * 1024
    retries: int = 2
    trusted_hosts: tuple[str, ...] = ()
    breaker_cooldown: float = 30.0
    credentials: CredentialSettings = CredentialSettings()

    @classmethod
    def for_user(cls, credentials: CredentialSettings, trusted_hosts: tuple[str, ...]) -> ClientSettings:
        """Return the settings for a user with ``credentials``."""
        return cls(trusted_hosts=trusted_hosts, credentials=credentials, deadline=credentials.total_seconds)


class Response(NamedTuple):
    """An HTTP response. ``body`` is decoded, and empty unless the status is 200; ``headers`` ignore case.

    ``keep_alive`` is True if the connection can be reused (RFC 9112, section 9.3).
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    keep_alive: bool = True


class Transport:
    """Connections to indexes, kept open and shared by as many threads as ``settings`` has workers."""

    def __init__(self, settings: ClientSettings) -> None:
        """Load all certificates. Raises ConfigError if a configured one is unusable."""
        self._settings = settings
        self._access = EndpointAccess(settings.credentials)
        context = cache(tls_context)
        # A proxy is always verified, and gets no client certificate.
        self._adapters = {
            profile: _Adapter(context(profile), context(TlsProfile(profile.authorities)), settings.workers)
            for profile in self._access.tls_profiles()
        }
        self._proxies: dict[Endpoint, InstallerSetting | None] = {}

    def get(
        self,
        url: str,
        endpoint: Endpoint,
        headers: Mapping[str, str],
        deadline: Deadline,
        take_slot: Callable[[], bool],
    ) -> Response | TransportError:
        """Send one GET request for ``url`` on ``endpoint`` and read the response. Network errors do not raise.

        ``take_slot`` is called if the body is large, see ``RequestLimits.large_page``.
        """
        remaining = deadline.remaining()
        if not remaining:
            return TransportError(deadline_exceeded(endpoint))
        own = self._access.timeout(endpoint)
        seconds = (own, own) if own is not None else (self._settings.connect_timeout, self._settings.read_timeout)
        timeouts = (min(seconds[0], remaining), min(seconds[1], remaining))
        proxy: InstallerSetting | None = None
        try:
            proxy = self.proxy(endpoint)
            request = requests.Request("GET", url, headers=dict(headers)).prepare()
            response = self._adapters[self._access.tls_profile(endpoint)].send(
                request, stream=True, timeout=timeouts, proxies={endpoint.scheme: proxy.text} if proxy else {}
            )
            with response:
                return self._read(response, endpoint, deadline, take_slot)
        except _BodyError as error:
            return TransportError(error.failed)
        except NETWORK_ERRORS as error:
            if not deadline.remaining():
                return TransportError(deadline_exceeded(endpoint))
            return transport_error(error, endpoint.display(), proxy)

    def sends_certificate(self, endpoint: Endpoint) -> bool:
        """Return True if ``endpoint`` can request a client certificate of the user."""
        return endpoint.scheme == "https" and self._access.tls_profile(endpoint).certificate is not None

    def proxy(self, endpoint: Endpoint) -> InstallerSetting | None:
        """Return the proxy for ``endpoint``, None without one; its URL may contain a password."""
        if endpoint not in self._proxies:
            self._proxies[endpoint] = self._access.proxy(endpoint)
        return self._proxies[endpoint]

    def may_be_proxy(self, endpoint: Endpoint) -> bool:
        """Return True if a response of ``endpoint`` may be from a proxy, which forwards plain HTTP."""
        return endpoint.scheme == "http" and self.proxy(endpoint) is not None

    def retries(self, endpoint: Endpoint) -> int:
        """Return how often a failed request to ``endpoint`` is repeated."""
        retries = self._access.retries(endpoint)
        return self._settings.retries if retries is None else retries

    def close(self) -> None:
        """Close idle connections."""
        for adapter in self._adapters.values():
            adapter.close()

    def _read(
        self, response: requests.Response, endpoint: Endpoint, deadline: Deadline, take_slot: Callable[[], bool]
    ) -> Response:
        """Read the body of a 200 response; drain others, so that the connection can be reused. Raises _BodyError."""
        body = b""
        if response.status_code == 200:
            body = _read_body(response, endpoint, self._settings.max_body, deadline, take_slot)
        else:
            drained = 0
            while drained < _MAX_DRAINED and deadline.remaining():
                chunk = response.raw.read1(_CHUNK, decode_content=False)
                if not chunk:
                    break
                drained += len(chunk)
        connection = response.headers.get("Connection", "").lower()
        keep_alive = "close" not in connection and (response.raw.version > 10 or "keep-alive" in connection)
        return Response(response.status_code, response.headers, body, keep_alive)


class _BodyError(Exception):
    def __init__(self, failed: Failed) -> None:
        super().__init__()
        self.failed = failed


def _read_body(
    response: requests.Response, endpoint: Endpoint, limit: int, deadline: Deadline, take_slot: Callable[[], bool]
) -> bytes:
    """Return the decoded body of at most ``limit`` bytes.

    Deadline and size are checked while reading, against slow responses and gzip bombs. Raises _BodyError.
    """
    host, raw = endpoint.display(), response.raw
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        detail = one_line(f"{host} returned the unsupported content encoding {coding}")
        raise _BodyError(Failed(Cause.UNEXPECTED_RESPONSE, detail))
    too_large = _BodyError(Failed(Cause.TOO_LARGE, f"{host} returned more than {limit / 2**20:g} MiB"))
    if (raw.length_remaining or 0) > limit:
        raise too_large
    # gzip is decoded here because requests accepts truncated streams.
    inflater = zlib.decompressobj(wbits=31) if coding.endswith("gzip") else None
    parts: list[bytes] = []
    received = decoded = 0
    # read1 returns after one read of the socket; read would wait for a whole chunk of a slow body.
    while chunk := raw.read1(_CHUNK, decode_content=False):
        received += len(chunk)
        for part in _inflated(inflater, chunk) if inflater is not None else (chunk,):
            decoded += len(part)
            if max(received, decoded) > limit:
                raise too_large
            if not deadline.remaining():
                raise _BodyError(deadline_exceeded(endpoint))
            if decoded > LARGE and not take_slot():
                detail = f"the page on {host} was not read before the deadline: other large pages took too long"
                raise _BodyError(Failed(Cause.DEADLINE, detail))
            parts.append(part)
    if inflater is not None and (not inflater.eof or inflater.unused_data):
        raise _BodyError(Failed(Cause.UNEXPECTED_RESPONSE, f"{host} returned invalid gzip data"))
    return b"".join(parts)


def _inflated(inflater: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """Yield the decoded parts of ``chunk``, each of at most ``_MAX_DECODED`` bytes."""
    part = inflater.decompress(chunk, _MAX_DECODED)
    yield part
    # After a full part, more may be buffered, although all of the chunk is consumed.
    while inflater.unconsumed_tail or len(part) == _MAX_DECODED:
        part = inflater.decompress(inflater.unconsumed_tail, _MAX_DECODED)
        yield part


def deadline_exceeded(endpoint: Endpoint) -> Failed:
    """Return the failure for a request that the deadline for all lookups cut off."""
    return Failed(Cause.DEADLINE, f"{endpoint.display()} did not respond before the deadline for all lookups")


class _Adapter(requests.adapters.HTTPAdapter):
    """The adapter of requests with one TLS context for all connections.

    By default, requests and urllib3 load the CA bundle for every connection: 38 to 57 ms each, four fifths of the time
    of a check without cache.
    """

    def __init__(self, context: ssl.SSLContext, proxy_context: ssl.SSLContext, workers: int) -> None:
        """Keep up to ``workers`` connections per host open; ``proxy_context`` is for connections to proxies."""
        self._context = context
        self._proxy_context = proxy_context
        if context.verify_mode is ssl.CERT_NONE:
            # The report says it. The warning would go to the error output, once for each host.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        super().__init__(pool_maxsize=workers)

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - requests' own, passed on
        """Open connections with ``connect``."""
        super().init_poolmanager(*arguments, **keywords)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: object,  # noqa: ARG002 - requests passes it
        cert: object = None,  # noqa: ARG002 - as verify
    ) -> tuple[Any, Any]:
        """Use the context instead of a CA bundle."""
        host, _ = super().build_connection_pool_key_attributes(request, verify=True)
        return host, {"ssl_context": self._context}

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Do nothing: the context verifies. requests would load a CA bundle for each connection."""

    def proxy_manager_for(self, proxy: str, **kwargs: object) -> object:
        """Verify https proxies."""
        if not proxy.lower().startswith("socks"):
            kwargs["proxy_ssl_context"] = self._proxy_context
            manager = super().proxy_manager_for(proxy, **kwargs)
            manager.pool_classes_by_scheme = POOLS
            return manager
        return super().proxy_manager_for(proxy, **kwargs)


# --- connecting to hosts with several addresses -----------------------------------------------------------------------


def connect(
    host: str, port: int, timeout: float, options: _Options = (), head_start: float = _HEAD_START
) -> socket.socket:
    """Return a connected socket with ``options`` and ``timeout`` (seconds) set.

    The next address is tried in parallel after ``head_start`` seconds.

    Raises TimeoutError if no address connects within ``timeout``, socket.gaierror if the host has no address, and
    otherwise the OSError of the address that failed last.
    """
    end = time.monotonic() + timeout
    addresses = _resolve(host, port, timeout)
    with selectors.DefaultSelector() as attempts:
        try:
            connected = _first_connected(attempts, addresses, options, head_start, end)
        finally:
            for key in list(attempts.get_map().values()):
                key.data.close()
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


def _first_connected(
    attempts: selectors.BaseSelector, addresses: list[_AddressInfo], options: _Options, head_start: float, end: float
) -> socket.socket:
    """Return the first socket that connects before ``end`` (monotonic); ``attempts`` has the others."""
    error = OSError(errno.EADDRNOTAVAIL, "the host has no address")
    pending = list(reversed(addresses))
    while pending or attempts.get_map():
        if pending:
            try:
                if (connected := _start_attempt(attempts, pending.pop(), options)) is not None:
                    return connected
            except OSError as raised:  # such as an address family that this machine does not support
                error = raised
        if not attempts.get_map():
            continue
        now = time.monotonic()
        if now >= end:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        for key, _ in attempts.select(min(head_start, end - now) if pending else end - now):
            attempt: socket.socket = key.data
            attempts.unregister(attempt)
            code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return attempt
            attempt.close()
            error = OSError(code, os.strerror(code))
    raise error


def _start_attempt(attempts: selectors.BaseSelector, info: _AddressInfo, options: _Options) -> socket.socket | None:
    """Start connecting to an address; return the socket if it connects immediately, else add it to ``attempts``."""
    family, kind, protocol, address = info
    attempt = socket.socket(family, kind, protocol)
    try:
        for option in options:
            attempt.setsockopt(*option)
        attempt.setblocking(False)  # noqa: FBT003 - the standard library's signature
        with suppress(BlockingIOError):
            attempt.connect(address)
            return attempt
        attempts.register(attempt, selectors.EVENT_WRITE, attempt)
    except OSError:
        attempt.close()
        raise
    return None


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
