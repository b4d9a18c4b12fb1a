"""Rules for URLs of requests and redirects, and the display of hosts. No I/O and no HTTP library.

Sending a name to a host that is not configured would leak it, and the response could be about another project.
Therefore only https is allowed, or plain http to loopback and trusted hosts; and a redirect is only followed if it
changes the path, or http to https on the same host. Other redirects are never followed, but may name another index
(see ``Resolution``).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import quote, unquote, urljoin, urlsplit

from mothball.model.document import normalize_name
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Characters that URL parsers handle differently, so that they may disagree on the host.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
# Stricter than urllib.parse, which accepts "[::1]0" as a host.
_AUTHORITY = re.compile(
    r"(?:(?P<name>[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?)|\[(?P<address>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{0,5}))?"
)


class Endpoint(NamedTuple):
    """Scheme, host (lower case, without brackets) and port. Connections and credentials are bound to it."""

    scheme: str
    host: str
    port: int

    def display(self) -> str:
        """Return the host for messages, with the port unless it is the default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def page_url(index: str, name: str) -> str:
    """Return the URL of the page of ``name`` (normalized) on ``index``, a base URL with or without a trailing slash.

    User information, query and fragment of ``index`` are removed, because they may contain credentials. Empty if
    parsers may disagree on ``index``.
    """
    if _AMBIGUOUS.search(index):
        return ""
    return f"{strip_credentials(index).rstrip('/')}/{quote(name, safe='')}/"


def endpoint_of(url: str) -> Endpoint | None:
    """Return the endpoint of ``url``; None if it is not an http or https URL or parsers may disagree on it."""
    if _AMBIGUOUS.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    match = _AUTHORITY.fullmatch(parts.netloc.rpartition("@")[2].lower())
    if match is None or parts.scheme not in _DEFAULT_PORTS:
        return None
    port = int(match["port"] or _DEFAULT_PORTS[parts.scheme])
    return Endpoint(parts.scheme, match["name"] or match["address"], port) if port < 65536 else None


def is_loopback(endpoint: Endpoint) -> bool:
    """Return True for 127.0.0.0/8, ::1 and localhost."""
    try:
        return ipaddress.ip_address(endpoint.host).is_loopback
    except ValueError:
        return endpoint.host == "localhost"


def is_query_allowed(endpoint: Endpoint, trusted_hosts: tuple[str, ...]) -> bool:
    """Return True for https, loopback, and hosts trusted as ``HOST`` or ``HOST:PORT``."""
    return endpoint.scheme == "https" or is_loopback(endpoint) or is_named(endpoint, trusted_hosts)


def is_named(endpoint: Endpoint, hosts: Collection[str]) -> bool:
    """Return True if ``hosts`` contains the host as ``HOST``, or with its port as ``HOST:PORT``."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return not {endpoint.host, host, f"{host}:{endpoint.port}"}.isdisjoint(entry.lower() for entry in hosts)


def redirect_target(url: str, location: str) -> str:
    """Return the URL of a ``Location`` header in a response to ``url``, without user information and fragment.

    Empty if it is not a URL or parsers may disagree on it.
    """
    if not location or _AMBIGUOUS.search(location):
        return ""
    try:
        parts = urlsplit(urljoin(url, location))
    except ValueError:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def index_of_page(url: str, name: str) -> str:
    """Return the base URL of the index whose page of ``name`` (normalized) is at ``url``.

    Empty if ``url`` is not the page of ``name`` on an index. The result is the same for all spellings of host, default
    port, name and final slash.
    """
    endpoint = endpoint_of(url)
    if endpoint is None:
        return ""
    parts = urlsplit(url)
    path, _, last = parts.path.rstrip("/").rpartition("/")
    if parts.query or normalize_name(unquote(last)) != name:
        return ""
    return f"{endpoint.scheme}://{endpoint.display()}{path}/"


def is_allowed_redirect(source: Endpoint, target: Endpoint) -> bool:
    """Return True if a redirect stays on the endpoint, or changes from http to https on the same host."""
    return target == source or (target.host == source.host and (source.scheme, target.scheme) == ("http", "https"))
