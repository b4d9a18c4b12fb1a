"""What went wrong on the way to an index and back, in words for a person."""

from __future__ import annotations

import http.client
import socket
import ssl
import zlib
from collections.abc import Iterator

import requests.exceptions
import urllib3.exceptions

from mothball.index.page_request import Failed
from mothball.model.lookup import Cause
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

# Whatever an HTTP exchange can raise: requests lets some of urllib3's and of the standard library's through.
NETWORK_ERRORS = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
    zlib.error,
)


class TransportError(NamedTuple):
    """Why there is no answer.

    ``again`` says that asking once more may help; ``endpoint_down`` that no other name will fare better there;
    ``repeated`` that nothing was asked, as others have fared so before.
    """

    failed: Failed
    again: bool = False
    endpoint_down: bool = False
    repeated: bool = False


class _Kind(NamedTuple):
    """How an error is told: ``text`` takes the host and the error's own reason."""

    types: tuple[type[BaseException], ...]
    cause: Cause
    text: str
    again: bool = False
    endpoint_down: bool = False


# In this order, for an error's chain holds several of them: the most telling first.
_KINDS = (
    _Kind(
        (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError),
        Cause.UNREACHABLE,
        "the proxy on the way to {host} cannot be used ({reason})",
        endpoint_down=True,
    ),
    _Kind(
        (ssl.SSLCertVerificationError,),
        Cause.TLS,
        "the certificate of {host} is not trusted ({reason})",
        endpoint_down=True,
    ),
    _Kind((socket.gaierror,), Cause.UNREACHABLE, "the name {host} cannot be resolved", endpoint_down=True),
    _Kind((ConnectionRefusedError,), Cause.UNREACHABLE, "{host} refuses connections", endpoint_down=True),
    _Kind(
        (requests.exceptions.ConnectTimeout,),
        Cause.TIMEOUT,
        "{host} did not take the connection in time",
        endpoint_down=True,
    ),
    _Kind(
        (TimeoutError, requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError),
        Cause.TIMEOUT,
        "{host} took too long to answer",
    ),
    _Kind((ssl.SSLError,), Cause.TLS, "no secure connection to {host} ({reason})", endpoint_down=True),
    _Kind((ConnectionError,), Cause.UNREACHABLE, "{host} dropped the connection", again=True),
    _Kind((http.client.IncompleteRead,), Cause.UNEXPECTED_RESPONSE, "the answer of {host} was cut off"),
    _Kind((zlib.error,), Cause.UNEXPECTED_RESPONSE, "the answer of {host} is broken gzip"),
    _Kind(
        (urllib3.exceptions.NewConnectionError,),
        Cause.UNREACHABLE,
        "{host} cannot be reached ({reason})",
        endpoint_down=True,
    ),
    _Kind(
        (requests.exceptions.InvalidSchema,),
        Cause.UNREACHABLE,
        "{host} is behind a SOCKS proxy, which needs the package PySocks",
        endpoint_down=True,
    ),
    _Kind((http.client.HTTPException,), Cause.UNEXPECTED_RESPONSE, "{host} does not answer in HTTP"),
)
_OTHER = _Kind((), Cause.UNREACHABLE, "{host} cannot be asked ({reason})")


def transport_error(error: BaseException, host: str) -> TransportError:
    """Return what ``error``, raised by an exchange with ``host``, means for us."""
    chain = tuple(_chain(error))
    kind = next((kind for kind in _KINDS if any(isinstance(link, kind.types) for link in chain)), _OTHER)
    if kind is _KINDS[0] and any("407" in str(link) for link in chain):
        return TransportError(Failed(Cause.UNAUTHORIZED, "the proxy wants credentials (407)"), endpoint_down=True)
    text = kind.text.format(host=host, reason=_reason(chain))
    return TransportError(Failed(kind.cause, one_line(text)), kind.again, kind.endpoint_down)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and every error it holds or comes from, each once.

    requests and urllib3 wrap: as cause, as context, as an attribute, as an argument.
    """
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        held = (link.__cause__, link.__context__, getattr(link, "reason", None), *link.args)
        waiting.extend(other for other in held if isinstance(other, BaseException))


def _reason(chain: tuple[BaseException, ...]) -> str:
    """Return what the deepest layer says of itself, never a library's representation of its objects."""
    # Attributes are looked for, not relied on: an error made in Python instead of OpenSSL has none of them.
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return str(getattr(link, "verify_message", "")) or "verification failed"
        if isinstance(link, ssl.SSLError) and getattr(link, "reason", None):
            return str(link.reason).lower().replace("_", " ")
    for link in chain:
        if isinstance(link, OSError) and isinstance(link.strerror, str):
            return link.strerror
    return type(chain[-1]).__name__
