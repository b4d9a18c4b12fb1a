"""Candidate indexes in the order in which they are queried, the rejected ones, and the rules for their URLs. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mothball.config.connection_settings import InstallerSettings, UserIndex
from mothball.config.project import is_default_index
from mothball.model.document import IndexOption, ToolIndex
from mothball.model.records import NamedTuple
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


class Candidate(NamedTuple):
    """An index with its URL as written and the setting that names it.

    ``is_user_setting`` is true for settings of the user: environment, user configuration, command line.
    """

    address: str
    set_by: str
    is_user_setting: bool = False


class RejectedIndex(NamedTuple):
    """An index that is not queried, and the reason."""

    candidate: Candidate
    reason: str


class Selection(NamedTuple):
    """The indexes that an installer queries, in order; the main index is the last.

    ``no_index_reason`` is set if no index may be queried at all.
    """

    selected: tuple[Candidate, ...] = ()
    rejected: tuple[RejectedIndex, ...] = ()
    no_index_reason: str = ""


class DefaultIndex(NamedTuple):
    """The index for dependencies whose file names none.

    ``is_configured`` is true if mothball's configuration or ``--index-url`` names it.
    """

    candidate: Candidate
    is_configured: bool = False


class RoutingRequest(NamedTuple):
    """The input of a tool's ``select_indexes``: a dependency that pins no index.

    ``section`` is the table of the dependency, ``options`` are the index options of its file, ``indexes`` those that
    the tables of the tool declare.
    """

    name: str
    section: str
    options: tuple[IndexOption, ...]
    indexes: tuple[ToolIndex, ...]
    settings: InstallerSettings
    default: DefaultIndex


def option_candidate(option: IndexOption) -> Candidate:
    """Return the index that an option of a requirements file names."""
    return Candidate(option.value, f"`--{option.name}`{_location_suffix(option.declared_at)}")


def tool_candidate(index: ToolIndex) -> Candidate:
    """Return the index that a table of a tool declares."""
    table = _TABLES.get(index.tool, index.tool)
    key = f"`{index.role}`" if index.role in _KEY_ROLES else f"[[{table}]]"
    name = f" {index.name}" if index.name else ""
    return Candidate(index.url, f"{key}{name}{_location_suffix(index.declared_at)}")


def user_candidate(index: UserIndex) -> Candidate:
    """Return the index that an installer setting names."""
    return Candidate(index.url, index.set_by, index.is_user_setting)


def is_public(candidate: Candidate) -> bool:
    """Return True for the built-in default index, to which anyone can publish."""
    return is_default_index(base_url(candidate.address))


def reject(candidates: Iterable[Candidate | None], reason: str) -> tuple[RejectedIndex, ...]:
    """Return ``candidates`` as rejected for ``reason``; None is skipped."""
    return tuple(RejectedIndex(candidate, reason) for candidate in candidates if candidate is not None)


def merge_selections(selections: Iterable[Selection]) -> Selection:
    """Merge the selections of several installers that may install the same file.

    The result has the indexes of all of them. If one installer may query no index, neither does the result, since it
    is unknown which installer is used.
    """
    extras: list[Candidate] = []
    mains: list[Candidate] = []
    rejected: list[RejectedIndex] = []
    for selection in selections:
        if selection.no_index_reason:
            return selection
        extras += selection.selected[:-1]
        mains += selection.selected[-1:]
        rejected += selection.rejected
    # A configured main index takes precedence over the built-in default of an installer without any index setting.
    if not all(map(is_public, mains)):
        built_in = [candidate for candidate in mains if candidate.set_by == BUILT_IN_DEFAULT]
        rejected += reject(built_in, "another installer of this file configures its own default index")
        mains = [candidate for candidate in mains if candidate not in built_in]
    # An index that is extra for one installer and the main index of another is queried as a main index.
    selected = dict.fromkeys((*(candidate for candidate in extras if candidate not in mains), *mains))
    return Selection(tuple(selected), tuple(dict.fromkeys(rejected)))


BUILT_IN_DEFAULT = "built-in default"
_TABLES = {
    "uv": "tool.uv.index",
    "poetry": "tool.poetry.source",
    "pdm": "tool.pdm.source",
    "rye": "tool.rye.sources",
    "pipenv": "source",
    "pixi": "pypi-options",
}
_KEY_ROLES = ("index-url", "extra-index-url", "extra-index-urls", "find-links", "no-index")


def _location_suffix(location: str) -> str:
    return f" in {location}" if location else ""
