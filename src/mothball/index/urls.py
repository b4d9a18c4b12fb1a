"""Which URLs are asked, which redirects are followed, and how a host is shown. Pure, and free of any HTTP library.

A name that is sent to a host nobody named is a leak, and what such a host answers is somebody else's status. So the
rules are narrow: https, or plain http where the network cannot listen or the user has said so; and a redirect may
change the path, or http to https on the same host, and nothing else.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urljoin, urlsplit

from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What parsers of URLs disagree about, and with it about the host.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
# Stricter than urllib.parse, which reads a host out of "[::1]0" where others see none.
_AUTHORITY = re.compile(
    r"(?:(?P<name>[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?)|\[(?P<address>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{0,5}))?"
)


class Endpoint(NamedTuple):
    """Scheme, host (lower case, without brackets) and port: what a connection, and a permission, is bound to."""

    scheme: str
    host: str
    port: int

    def shown(self) -> str:
        """Return the host for a person, with its port where that is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def page_url(index: str, name: str) -> str:
    """Return the URL of the page of ``name`` (normalised) on ``index``, with or without a slash at its end.

    User information, query and fragment of ``index`` are left out: nothing secret goes into a request from here.
    Empty where parsers would not agree about ``index``.
    """
    if _AMBIGUOUS.search(index):
        return ""
    return f"{strip_credentials(index).rstrip('/')}/{quote(name, safe='')}/"


def endpoint_of(url: str) -> Endpoint | None:
    """Return where ``url`` leads; None where it is no http or https URL that every parser reads alike."""
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
    """Return whether ``endpoint`` is this machine: 127.0.0.0/8, ::1 or localhost."""
    try:
        return ipaddress.ip_address(endpoint.host).is_loopback
    except ValueError:
        return endpoint.host == "localhost"


def is_private_enough(endpoint: Endpoint, trusted_hosts: tuple[str, ...]) -> bool:
    """Return whether ``endpoint`` may be asked: over https, on loopback, or trusted as ``HOST`` or ``HOST:PORT``."""
    if endpoint.scheme == "https" or is_loopback(endpoint):
        return True
    trusted = {host.lower() for host in trusted_hosts}
    return endpoint.host in trusted or f"{endpoint.host}:{endpoint.port}" in trusted


def redirect_target(url: str, location: str) -> str:
    """Return where ``location``, in an answer to ``url``, leads: without user information and fragment.

    Empty where it is no URL, or none that parsers agree about.
    """
    if not location or _AMBIGUOUS.search(location):
        return ""
    try:
        parts = urlsplit(urljoin(url, location))
    except ValueError:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def may_follow(source: Endpoint, target: Endpoint) -> bool:
    """Return whether a redirect from ``source`` to ``target`` stays where the user sent us."""
    return target == source or (target.host == source.host and (source.scheme, target.scheme) == ("http", "https"))
