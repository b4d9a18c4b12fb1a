"""Index URLs: normalization, classification, variables, user trust. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mothball.model.sanitize import base_url, strip_credentials

# Up to the end of the host: a name, or an IPv6 address in brackets.
_WEB_URL = r"(?i)https?://(\[[^/\]]*\]|[^/:]+)"
_ENDPOINT = r"(?i)(https?)://(\[[^/\]]*\]|[^/:]+)(?::([0-9]*))?(?=/|$)"
_DEFAULT_PORTS = {"http": "80", "https": "443"}
# Variables of any installer: `${NAME}` (pip, uv, PDM) or `$NAME` (Pipenv).
_VARIABLE = r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))"
# User names of registries whose password is a token that comes from elsewhere.
_KNOWN_USERS = (
    *("__token__", "_json_key", "_json_key_base64", "_token", "aws", "gitlab-ci-token", "oauth2", "oauth2accesstoken"),
    *("vsssessiontoken", "x-access-token"),
)
# Names that public DNS does not resolve (RFC 6761, 6762, 8375 and ICANN's "internal").
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


def is_http(base: str) -> bool:
    """Return True if ``base`` is an http or https URL with a host."""
    return re.match(_WEB_URL, base) is not None


def has_secret(address: str) -> bool:
    """Return True if ``address`` contains a password or token as text, or a query or fragment, which may.

    Variables and the well-known user names of token services are no secrets.
    """
    base = strip_credentials(address)
    if base == address:
        return False
    scheme, separator, rest = address.partition("://")
    user_information, at, place = rest.rpartition("@")
    if f"{scheme}{separator}{place}" != base or not at:
        return True
    user, _, password = (re.sub(_VARIABLE, "", part) for part in user_information.partition(":"))
    return bool(password) or (":" not in user_information and bool(user) and user.lower() not in _KNOWN_USERS)


def endpoint(base: str) -> str:
    """Return scheme, host and port of a base URL in normalized form, empty for other URLs."""
    match = re.match(_ENDPOINT, base)
    if match is None:
        return ""
    scheme = match[1].lower()
    return f"{scheme}://{match[2].rstrip('.').lower()}:{match[3] or _DEFAULT_PORTS[scheme]}"


def is_local(base: str) -> bool:
    """Return True if ``base`` uses plain http, or its host is this machine, a private address or a name without dots.

    Host names are not resolved.
    """
    host = _host(base).strip("[]").partition("%")[0]
    if base[:5].lower() == "http:" or host.endswith(_LOCAL_NAMES):
        return True
    last = host.rpartition(".")[2]
    if ":" not in host and not last[:1].isdigit():
        return "." not in host
    import ipaddress  # noqa: PLC0415 - few indexes have an IP address

    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        # Addresses in unusual forms (`127.1`, `0x7f.0.0.1`) are no public hosts.
        return True


class UserAddresses:
    """The indexes and trusted hosts of the user configuration."""

    def __init__(self, urls: Iterable[str], hosts: Iterable[str]) -> None:
        """Accept index URLs, and trusted hosts as ``HOST`` or ``HOST:PORT``."""
        self._bases = {base_url(url) for url in urls}
        self._endpoints = {endpoint(base) for base in self._bases} - {""}
        self._hosts = {host.lower() for host in hosts}

    def contains(self, base: str) -> bool:
        """Return True if an index of the user has the scheme, host and port of ``base``, or its host is trusted."""
        base_endpoint = endpoint(base)
        host_and_port = base_endpoint.partition("://")[2]
        host = host_and_port.rpartition(":")[0].strip("[]")
        return base_endpoint in self._endpoints or not self._hosts.isdisjoint({host_and_port, host})

    def expand(self, address: str, variables: Mapping[str, str]) -> str | None:
        """Return ``address`` with its variables expanded, None if the repository must not use them.

        Otherwise a repository could choose the host that is contacted, or send the values of environment variables to
        it. The user configuration must therefore contain the resulting host. If variables occur outside of the host and
        the user information, which is never sent, it must contain the whole URL.
        """
        expanded = re.sub(_VARIABLE, lambda match: variables.get(match[1] or match[2], match[0]), address)
        base = base_url(expanded)
        if "$" in base or not is_http(base):
            return None
        path = address.partition("://")[2].partition("/")[2]
        return (
            expanded if base in self._bases or ("$" not in path and "://" in address and self.contains(base)) else None
        )


def _host(base: str) -> str:
    match = re.match(_WEB_URL, base)
    return match[1].rstrip(".").lower() if match else ""
