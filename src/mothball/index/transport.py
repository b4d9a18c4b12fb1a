"""One GET over HTTP, and its answer read to the end within its limits. The only one that sends.

A requests.Session is left out on purpose: it would bring cookies, credentials from .netrc and redirects to strangers,
none of which a look-up may have. Its adapter does one exchange and no more, which is what is wanted.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import requests
import requests.adapters
import requests.utils

from mothball.config.credential_settings import CredentialSettings
from mothball.index.connecting import POOLS
from mothball.index.deadline import Deadline
from mothball.index.network_errors import NETWORK_ERRORS, TransportError, transport_error
from mothball.index.page_request import Failed
from mothball.index.tls import tls_context
from mothball.index.urls import Endpoint, is_loopback
from mothball.model.lookup import Cause
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

_CHUNK = 64 * 1024
# A short error document is read so that its connection can be used again; a longer one is not worth it.
_MAX_DRAINED = 64 * 1024


class ClientSettings(NamedTuple):
    """How an index is asked. Times in seconds.

    ``deadline`` is for a whole call of ``Client.fetch``; ``max_body`` counts decoded bytes; ``trusted_hosts`` are the
    hosts (``HOST`` or ``HOST:PORT``) that may be asked over plain http besides loopback; ``rest`` is how long nothing
    more is asked of a host that could not be connected to. ``access`` is how the user gets in.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 10.0
    deadline: float = 60.0
    workers: int = 32
    max_body: int = 32 * 1024 * 1024
    retries: int = 2
    trusted_hosts: tuple[str, ...] = ()
    rest: float = 30.0
    credentials: CredentialSettings = CredentialSettings()

    def with_timeout(self, seconds: float | None) -> ClientSettings:
        """Return these settings with the user's patience for one connection and one answer, where there is a word."""
        if seconds is None:
            return self
        # Whoever waits longer for one answer waits longer for all of them.
        return self._replace(connect_timeout=seconds, read_timeout=seconds, deadline=max(self.deadline, 4 * seconds))


class Response(NamedTuple):
    """What came back. ``body`` is decoded, and empty unless the status is 200; ``headers`` ignore case.

    ``keeps_open`` says that the connection can be used again (RFC 9112, 9.3).
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    keeps_open: bool = True


class Transport:
    """Connections to indexes, kept open and shared by as many threads as ``settings`` has workers."""

    def __init__(self, settings: ClientSettings, is_named: Callable[[Endpoint], bool] = lambda _: False) -> None:
        """Read the certificates, once. Raises ConfigError where the user names some that cannot be used.

        ``is_named`` tells the endpoints that the user named: no others are shown a certificate of the user's, which
        says who that is.
        """
        self._settings = settings
        self._is_named = is_named
        certificate, bundle = settings.credentials.client_certificate, settings.credentials.ca_bundle
        self._adapter = _Adapter(tls_context(bundle), settings.workers)
        self._certified = _Adapter(tls_context(bundle, certificate), settings.workers) if certificate else self._adapter
        self._proxies: dict[Endpoint, dict[str, str]] = {}

    def get(
        self, url: str, endpoint: Endpoint, headers: Mapping[str, str], deadline: Deadline
    ) -> Response | TransportError:
        """Send one GET to ``url``, which leads to ``endpoint``, and read the answer. Raises nothing."""
        left = deadline.remaining()
        if not left:
            return deadline_exceeded(endpoint)
        timeouts = (min(self._settings.connect_timeout, left), min(self._settings.read_timeout, left))
        try:
            request = requests.Request("GET", url, headers=dict(headers)).prepare()
            adapter = self._certified if self._is_named(endpoint) else self._adapter
            response = adapter.send(
                request, stream=True, timeout=timeouts, proxies=self._proxies_for(endpoint, request)
            )
            with response:
                return self._read(response, endpoint, deadline)
        except NETWORK_ERRORS as error:
            return transport_error(error, endpoint.shown()) if deadline.remaining() else deadline_exceeded(endpoint)

    def close(self) -> None:
        """Close the connections that nobody is using."""
        self._adapter.close()
        self._certified.close()

    def _proxies_for(self, endpoint: Endpoint, request: requests.PreparedRequest) -> dict[str, str]:
        """Return the proxy that the environment names for ``endpoint``; loopback is reached by none."""
        proxies = self._proxies.get(endpoint)
        if proxies is None:
            proxies = {} if is_loopback(endpoint) else requests.utils.resolve_proxies(request, {})
            self._proxies[endpoint] = proxies
        return proxies

    def _read(self, response: requests.Response, endpoint: Endpoint, deadline: Deadline) -> Response | TransportError:
        """Return the answer with its body where that is wanted; otherwise leave the connection fit for the next."""
        if response.status_code == 200:
            body = _body_of(response, endpoint, self._settings.max_body, deadline)
            if isinstance(body, TransportError):
                return body
            return Response(200, response.headers, body, keeps_open=_keeps_open(response))
        drained = 0
        while drained < _MAX_DRAINED and deadline.remaining():
            chunk = response.raw.read1(_CHUNK, decode_content=False)
            if not chunk:
                break
            drained += len(chunk)
        return Response(response.status_code, response.headers, keeps_open=_keeps_open(response))


def _keeps_open(response: requests.Response) -> bool:
    connection = response.headers.get("Connection", "").lower()
    return "close" not in connection and (response.raw.version > 10 or "keep-alive" in connection)


def _body_of(response: requests.Response, endpoint: Endpoint, limit: int, deadline: Deadline) -> bytes | TransportError:
    """Return the decoded body, read as it arrives so that neither a drip nor a bomb gets past its limit.

    Decoded here, because requests takes a gzip stream that ends early for a whole one.
    """
    host = endpoint.shown()
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        return TransportError(
            Failed(Cause.UNEXPECTED_RESPONSE, one_line(f"{host} answered in the encoding {coding}, not asked for"))
        )
    too_large = TransportError(Failed(Cause.TOO_LARGE, f"{host} answered with more than {limit / 2**20:g} MiB"))
    if (response.raw.length_remaining or 0) > limit:
        return too_large
    inflater = zlib.decompressobj(wbits=31) if coding.endswith("gzip") else None
    chunks: list[bytes] = []
    received = decoded = 0
    # read1 returns what one read of the socket gave; read would wait for a whole chunk of a dripping body.
    while chunk := response.raw.read1(_CHUNK, decode_content=False):
        if not deadline.remaining():
            return deadline_exceeded(endpoint)
        received += len(chunk)
        if inflater is not None:
            chunk = inflater.decompress(chunk, limit + 1 - decoded)
        decoded += len(chunk)
        if max(received, decoded) > limit:
            return too_large
        chunks.append(chunk)
    if inflater is not None and (not inflater.eof or inflater.unused_data):
        return TransportError(Failed(Cause.UNEXPECTED_RESPONSE, f"the answer of {host} is broken gzip"))
    return b"".join(chunks)


def deadline_exceeded(endpoint: Endpoint) -> TransportError:
    """Return that the time for all look-ups is over."""
    return TransportError(Failed(Cause.DEADLINE, f"{endpoint.shown()} did not answer in the time for all look-ups"))


class _Adapter(requests.adapters.HTTPAdapter):
    """requests' adapter with one TLS context for all connections.

    Left to themselves, requests and urllib3 read the bundle of authorities anew for every connection: 38 to 57 ms
    each, which is four fifths of the time of a cold check.
    """

    def __init__(self, context: ssl.SSLContext, workers: int) -> None:
        """Keep as many connections to a host as there are workers; more would be opened and thrown away."""
        self._context = context
        super().__init__(pool_maxsize=workers)

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - requests' own, passed on
        """Make connections by ``connecting``."""
        super().init_poolmanager(*arguments, **keywords)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: object,  # noqa: ARG002 - requests passes it
        cert: object = None,  # noqa: ARG002 - as verify
    ) -> tuple[Any, Any]:
        """Name the context where requests would name a bundle of authorities."""
        host, _ = super().build_connection_pool_key_attributes(request, verify=True)
        return host, {"ssl_context": self._context}

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Leave verification to the context, which requires it; requests would hand a bundle to each connection."""

    def proxy_manager_for(self, proxy: str, **kwargs: object) -> object:
        """Verify a proxy that is spoken to over https by the same context."""
        if not proxy.lower().startswith("socks"):
            kwargs["proxy_ssl_context"] = self._context
            manager = super().proxy_manager_for(proxy, **kwargs)
            manager.pool_classes_by_scheme = POOLS
            return manager
        return super().proxy_manager_for(proxy, **kwargs)
