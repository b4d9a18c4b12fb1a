"""Addresses of indexes: how they are asked and shown, whom they lead to, what variables they hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mothball.config.project import DEFAULT_INDEX_HOSTS
from mothball.model.sanitize import strip_credentials

# Up to the end of the host: a name, or an IPv6 address in brackets.
_WEB_URL = r"(?i)https?://(\[[^/\]]*\]|[^/:]+)"
_ENDPOINT = r"(?i)(https?)://(\[[^/\]]*\]|[^/:]+)(?::([0-9]*))?"
_DEFAULT_PORTS = {"http": "80", "https": "443"}
# What any installer would take for a variable: `${NAME}` (pip, uv, PDM) or `$NAME` (Pipenv).
_VARIABLE = r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))"
# Names that no public resolver knows (RFC 6761, 6762, 8375 and ICANN's "internal").
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


def base_url(address: str) -> str:
    """Return an index URL as it is asked, shown and stored: without credentials, ending in exactly one slash."""
    return strip_credentials(address).rstrip("/") + "/"


def is_http(base: str) -> bool:
    """Return whether the base URL ``base`` is one that can be asked at all: http or https, with a host."""
    return re.match(_WEB_URL, base) is not None


def is_default(base: str) -> bool:
    """Return whether the base URL ``base`` leads to the host of the default index or below it, however it is spelt."""
    return f".{_host(base)}".endswith(tuple(f".{host}" for host in DEFAULT_INDEX_HOSTS))


def has_credentials(address: str) -> bool:
    """Return whether ``address`` holds user information, a query or a fragment: what is never sent of it."""
    return strip_credentials(address) != address


def endpoint(base: str) -> str:
    """Return scheme, host and port of a base URL in one spelling, empty where it has none."""
    match = re.match(_ENDPOINT, base)
    if match is None:
        return ""
    scheme = match[1].lower()
    return f"{scheme}://{match[2].rstrip('.').lower()}:{match[3] or _DEFAULT_PORTS[scheme]}"


def is_local(base: str) -> bool:
    """Return whether ``base`` is in plain http, or leads to this machine, a private network, or a name without dots.

    Addresses that DNS gives for a public name are not looked at: nothing is resolved here.
    """
    host = _host(base).strip("[]").partition("%")[0]
    if base[:5].lower() == "http:" or host.endswith(_LOCAL_NAMES):
        return True
    import ipaddress  # noqa: PLC0415 - only a caller that asks for consent gets here

    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        # What is neither a name with dots nor an address in its usual form (`2130706433`, `127.1`) is no public host.
        return "." not in host or host.rpartition(".")[2].isdigit() or host.rpartition(".")[2].startswith("0x")


class UserAddresses:
    """What the user's own configuration names: index URLs, and hosts as ``HOST`` or ``HOST:PORT``."""

    def __init__(self, urls: Iterable[str], hosts: Iterable[str]) -> None:
        """Take what is named."""
        self._bases = {base_url(url) for url in urls}
        self._places = {endpoint(base) for base in self._bases} - {""}
        self._hosts = {host.lower() for host in hosts}

    def name(self, base: str) -> bool:
        """Return whether the user names the scheme, host and port of a base URL, or trusts its host."""
        place = endpoint(base)
        with_port = place.partition("://")[2]
        host = with_port.rpartition(":")[0].strip("[]")
        return place in self._places or not self._hosts.isdisjoint({with_port, host})

    def expand(self, address: str, variables: Mapping[str, str]) -> str | None:
        """Return ``address`` with its variables expanded, None where the repository must not have that.

        A repository could else choose whom we contact, or write what our environment holds into a request. So the user
        must name the host that comes out; and where more than the host and the user information, which is never sent,
        is variable, the user must name the whole address.
        """
        expanded = re.sub(_VARIABLE, lambda match: variables.get(match[1] or match[2], match[0]), address)
        base = base_url(expanded)
        if "$" in base or not is_http(base):
            return None
        path = address.partition("://")[2].partition("/")[2]
        return expanded if base in self._bases or ("$" not in path and "://" in address and self.name(base)) else None


def _host(base: str) -> str:
    match = re.match(_WEB_URL, base)
    return match[1].rstrip(".").lower() if match else ""
