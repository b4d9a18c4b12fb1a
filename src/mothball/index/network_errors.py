"""Translate network exceptions into failures with a message."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import zlib
from collections.abc import Iterator

import requests.exceptions
import urllib3.exceptions
from requests.exceptions import ConnectTimeout, InvalidSchema, ReadTimeout
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from mothball.config.user_settings import InstallerSetting
from mothball.index.project_page import Failed
from mothball.model.records import NamedTuple
from mothball.model.results import MAX_DETAIL, Cause
from mothball.model.sanitize import one_line

# All exceptions of an HTTP request: requests does not wrap all of urllib3's and the standard library's.
NETWORK_ERRORS = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
    zlib.error,
)


class TransportError(NamedTuple):
    """A request without a response.

    ``retryable`` is True if a retry may help; ``endpoint_down`` if requests for other names will fail as well.
    """

    failed: Failed
    retryable: bool = False
    endpoint_down: bool = False


_PROXY_ERRORS = (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)
# Whether a retry may help, and whether requests for other names will fail as well: the flags of ``TransportError``.
_FAILED, _RETRYABLE, _DOWN = (False, False), (True, False), (False, True)
# Exceptions, the cause, a template of the message, and flags. The first match counts, since a chain of exceptions
# contains several of them.
_ERROR_KINDS: tuple[tuple[tuple[type[BaseException], ...], Cause, str, tuple[bool, bool]], ...] = (
    (_PROXY_ERRORS, Cause.PROXY, "cannot connect to the proxy for {via}: {reason}", _DOWN),
    ((ssl.SSLCertVerificationError,), Cause.TLS, "the TLS certificate of {host} is not trusted ({reason})", _DOWN),
    ((socket.gaierror,), Cause.UNREACHABLE, "cannot resolve the host name {host}", _DOWN),
    ((ConnectionRefusedError,), Cause.UNREACHABLE, "{host} refused the connection", _DOWN),
    ((ConnectTimeout,), Cause.TIMEOUT, "connecting to {host} timed out", _DOWN),
    ((TimeoutError, ReadTimeout, ReadTimeoutError), Cause.TIMEOUT, "{host} did not respond in time", _FAILED),
    ((ssl.SSLError,), Cause.TLS, "cannot establish a TLS connection to {host} ({reason})", _DOWN),
    ((ConnectionError,), Cause.UNREACHABLE, "{host} closed the connection", _RETRYABLE),
    ((http.client.IncompleteRead,), Cause.UNEXPECTED_RESPONSE, "the response of {host} is incomplete", _FAILED),
    ((zlib.error,), Cause.UNEXPECTED_RESPONSE, "{host} returned invalid gzip data", _FAILED),
    ((NewConnectionError,), Cause.UNREACHABLE, "cannot connect to {host} ({reason})", _DOWN),
    ((InvalidSchema,), Cause.PROXY, "the SOCKS proxy for {via} requires PySocks: install it beside mothball", _DOWN),
    ((http.client.HTTPException,), Cause.UNEXPECTED_RESPONSE, "{host} did not return a valid HTTP response", _FAILED),
    ((BaseException,), Cause.UNREACHABLE, "cannot query {host} ({reason})", _FAILED),
)
# The message of http.client for a proxy that does not open a tunnel.
_REFUSED_TUNNEL = r"Tunnel connection failed: ([0-9]{3})\b"
# Reasons of OpenSSL for a response in plain text, such as that of an HTTP server.
_PLAIN_TEXT = ("wrong version number", "http request")


def transport_error(error: BaseException, host: str, proxy: InstallerSetting | None = None) -> TransportError:
    """Return the failure for ``error``, raised by a request to ``host`` through ``proxy``."""
    chain = tuple(_chain(error))
    refusal = next((match for link in chain if (match := re.search(_REFUSED_TUNNEL, str(link)))), None)
    if refusal:
        return TransportError(refused_by_proxy(int(refusal[1]), host, proxy), endpoint_down=True)
    kind = next(kind for kind in _ERROR_KINDS if any(isinstance(link, kind[0]) for link in chain))
    _, cause, message, (retryable, endpoint_down) = kind
    reason = _reason(chain)
    if cause is Cause.TLS and reason in _PLAIN_TEXT:
        message = "{host} does not use TLS on this port ({reason})"
    failed = Failed(cause, one_line(message.format(host=host, via=_via(host, proxy), reason=reason), MAX_DETAIL))
    return TransportError(failed, retryable, endpoint_down)


def refused_by_proxy(status: int, host: str, proxy: InstallerSetting | None) -> Failed:
    """Return the failure for a response of ``proxy`` itself to a request to ``host``."""
    detail = f"the proxy returned {status_text(status)} for {_via(host, proxy)}"
    return Failed(Cause.PROXY, one_line(detail, MAX_DETAIL))


def _via(host: str, proxy: InstallerSetting | None) -> str:
    """Return ``host`` and the setting that names ``proxy``; its URL is internal, and reports are published."""
    return host if proxy is None else f"{host} (set by {one_line(proxy.set_by, 200)})"


def status_text(status: int) -> str:
    """Return a status code with its reason phrase, such as "403 Forbidden"."""
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and the exceptions that it wraps, each once.

    requests and urllib3 wrap exceptions as cause, as context, as an attribute and as an argument.
    """
    seen: set[int] = set()
    pending = [error]
    while pending:
        link = pending.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        wrapped = (link.__cause__, link.__context__, getattr(link, "reason", None), *link.args)
        pending.extend(value for value in wrapped if isinstance(value, BaseException))


def _reason(chain: tuple[BaseException, ...]) -> str:
    """Return the reason of the innermost layer, without object representations of the libraries."""
    # getattr: errors that Python raises instead of OpenSSL lack these attributes.
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return str(getattr(link, "verify_message", "")) or "verification failed"
        if isinstance(link, ssl.SSLError) and getattr(link, "reason", None):
            return str(link.reason).lower().replace("_", " ")
    for link in chain:
        if isinstance(link, OSError) and isinstance(link.strerror, str):
            return link.strerror
    return type(chain[-1]).__name__
