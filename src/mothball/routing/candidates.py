"""Candidate indexes in the order in which pip and uv query them, the rejected ones, and rules for their URLs. No I/O.

The order is that of uv: environment variables, indexes of the project, indexes of the user's and the system's uv.toml,
extra indexes, default index. Of several default indexes the first counts, and of several indexes with one name. The
first index that has a package is used (uv's strategy ``first-index``; the strategies that query more indexes are not
supported). A uv.toml in the project replaces the indexes of [tool.uv].

pip or uv installs from requirements files, setup.py, tox.ini, a pyproject.toml without the table of a tool, ... pip
uses the last ``--index-url`` of the files and discards all indexes named before it, in the file or in its own
configuration. uv discards none, and its environment variables take precedence over the file. If the two disagree on
the main index, the one that is not the built-in default is used. Indexes that uv queries first are queried first, so
that a private name is found on the private index before a public one is queried.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mothball.config.project import is_default_index
from mothball.config.user_settings import InstallerSettings, UserIndex, UvSettings
from mothball.model.document import IndexOption, ToolIndex
from mothball.model.records import NamedTuple
from mothball.model.sanitize import base_url, strip_credentials

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
_REPLACED = "an earlier index has the same name"
# Roles of indexes of uv that are not queried for every package, and the reasons.
_NOT_SEARCHED = {
    "explicit": "queried only for packages pinned to it",
    "flat": "flat index without project statuses",
    "find-links": "find-links location, not an index",
}
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


# --- URLs -------------------------------------------------------------------------------------------------------------


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
    match = re.match(_WEB_URL, base)
    host = match[1].rstrip(".").lower().strip("[]").partition("%")[0] if match else ""
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
        host = host_and_port.rpartition(":")[0]
        return base_endpoint in self._endpoints or not self._hosts.isdisjoint({host_and_port, host, host.strip("[]")})

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
        # The value of a variable in the host may contain a path.
        is_in_path = "$" in _path(address) or _path(base) != _path(base_url(address))
        is_host_known = "://" in address and not is_in_path and self.contains(base)
        return expanded if base in self._bases or is_host_known else None


def _path(address: str) -> str:
    return address.partition("://")[2].partition("/")[2]


# --- candidates -------------------------------------------------------------------------------------------------------


class Candidate(NamedTuple):
    """An index with its URL and the setting that names it.

    The URL is as written, and in an ``IndexRoute`` the base URL without credentials, which ends in exactly one slash.
    ``is_user_setting`` is true for settings of the user: environment, user configuration, command line.
    """

    url: str
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


class RoutingRequest(NamedTuple):
    """The input of the rules of a tool: a dependency that pins no index.

    ``section`` is the table of the dependency, ``options`` are the index options of its file, ``indexes`` those that
    the tables of the tool declare. ``default`` is the index for dependencies whose file names none.
    """

    name: str
    section: str
    options: tuple[IndexOption, ...]
    indexes: tuple[ToolIndex, ...]
    settings: InstallerSettings
    default: Candidate


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
    return is_default_index(base_url(candidate.url))


def is_configured(default: Candidate) -> bool:
    """Return True if mothball's configuration or ``--index-url`` names the default index."""
    return default.set_by != BUILT_IN_DEFAULT


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


def _location_suffix(location: str) -> str:
    return f" in {location}" if location else ""


def without_find_links(request: RoutingRequest, role: str) -> tuple[list[ToolIndex], tuple[RejectedIndex, ...]]:
    """Return the sources that are indexes, and those with ``role``, which are not, as rejected."""
    links = (tool_candidate(source) for source in request.indexes if source.role == role)
    sources = [source for source in request.indexes if source.role != role]
    return sources, reject(links, "find-links location, not an index")


def without_url(sources: Iterable[ToolIndex]) -> Selection | None:
    """Return the selection of no index if one of ``sources`` has no URL."""
    without_url = next((source for source in sources if not source.url), None)
    return (
        None if without_url is None else Selection(no_index_reason=f"{tool_candidate(without_url).set_by} has no URL")
    )


# --- uv ---------------------------------------------------------------------------------------------------------------


def select_for_uv(request: RoutingRequest) -> Selection:
    """Return the indexes that uv queries for projects, uv.lock and scripts with [tool.uv] in their metadata."""
    indexes = [index for index in request.indexes if not index.scope]
    return _select(request.settings.uv, indexes, request.default, is_main=is_configured(request.default))


def _select(
    settings: UvSettings,
    project_indexes: Sequence[ToolIndex],
    default: Candidate,
    *,
    is_main: bool = False,
    is_pip: bool = False,
) -> Selection:
    """Return the indexes that uv queries, or `uv pip` if ``is_pip``.

    ``default`` precedes the user's default index if it ``is_main``.
    """
    rejected: tuple[RejectedIndex, ...] = ()

    def unreplaced(indexes: Iterable[UserIndex], earlier: set[str]) -> list[Candidate]:
        nonlocal rejected
        rejected += reject((user_candidate(index) for index in indexes if index.name in earlier), _REPLACED)
        return [user_candidate(index) for index in indexes if index.name not in earlier]

    variables = _names((*_as_tuple(settings.default), *settings.indexes))
    before_files = variables | _names(project_indexes)
    environment_indexes = unreplaced(settings.indexes, _names(_as_tuple(settings.default)))
    of_pip = settings.pip_default if is_pip else None
    file_default = unreplaced(_as_tuple(of_pip or settings.file_default), before_files)
    file_indexes = unreplaced(settings.file_indexes, before_files)
    by_role: defaultdict[str, list[Candidate]] = defaultdict(list)
    for index in project_indexes:
        if index.name in variables:
            rejected += reject((tool_candidate(index),), _REPLACED)
            continue
        if index.role == "no-index":
            return Selection(no_index_reason=tool_candidate(index).set_by)
        # The user may be typing the URL of a private index: query no other index meanwhile.
        if not index.url and index.role not in _NOT_SEARCHED:
            return Selection(no_index_reason=f"{tool_candidate(index).set_by} has no URL")
        by_role[index.role].append(tool_candidate(index))
    if settings.no_index:
        return Selection(no_index_reason=settings.no_index)
    extras = [
        *environment_indexes,
        *by_role["index"],
        *file_indexes,
        *map(user_candidate, settings.extra),
        *by_role["extra-index-url"],
        *map(user_candidate, settings.file_extra),
    ]
    environment = list(map(user_candidate, _as_tuple(settings.default)))
    if project := [*by_role["default"], *by_role["index-url"]]:
        mains = [*environment, *project, *file_default]
    elif is_main:
        mains = [default, *environment, *file_default]
    else:
        mains = [*environment, *file_default, default]
    rejected += reject(mains[1:], f"{mains[0].set_by} takes precedence")
    for role, reason in _NOT_SEARCHED.items():
        rejected += reject(by_role[role], reason)
    return Selection((*extras, mains[0]), rejected)


def index_by_name(name: str, indexes: Sequence[ToolIndex], settings: UvSettings) -> Candidate | None:
    """Return the index called ``name`` in the variables, the project, its workspace or other settings of uv."""
    replacing = index_of_variables(name, settings)
    if replacing is not None:
        return replacing
    for index in indexes:
        if index.tool == "uv" and index.name == name and index.url and index.role != "flat":
            return tool_candidate(index)
    user_indexes = (*settings.file_indexes, *_as_tuple(settings.file_default), *settings.explicit)
    return next((user_candidate(index) for index in user_indexes if index.name == name), None)


def index_of_variables(name: str, settings: UvSettings) -> Candidate | None:
    """Return the index called ``name`` in ``UV_DEFAULT_INDEX`` or ``UV_INDEX``, which replaces that of a project."""
    indexes = (*_as_tuple(settings.default), *settings.indexes)
    return next((user_candidate(index) for index in indexes if index.name == name), None)


def _names(indexes: Iterable[UserIndex | ToolIndex]) -> set[str]:
    return {index.name for index in indexes} - {""}


def _as_tuple(index: UserIndex | None) -> tuple[UserIndex, ...]:
    return () if index is None else (index,)


# --- pip or uv --------------------------------------------------------------------------------------------------------


def select_for_requirements(request: RoutingRequest) -> Selection:
    """Return the indexes that pip or uv queries; ``request.indexes`` are those of the project's uv tables."""
    pip, default = request.settings.pip, request.default
    # pip ignores options with an empty value, so these must not replace the default index.
    extra = [
        option_candidate(option) for option in request.options if option.name == "extra-index-url" and option.value
    ]
    index_urls = [option_candidate(option) for option in request.options if option.name == "index-url" and option.value]
    no_index = next((option for option in request.options if option.name == "no-index"), None)
    # [tool.uv.pip] applies to these files, and takes precedence over [tool.uv].
    uv_indexes = sorted(request.indexes, key=lambda index: not index.scope)
    uv = _select(request.settings.uv, uv_indexes, default, is_pip=True)
    no_index_reason = option_candidate(no_index).set_by if no_index else ""
    if not no_index_reason and (index_urls or not is_configured(default)):
        no_index_reason = pip.no_index or uv.no_index_reason
    elif not no_index_reason and uv.no_index_reason != request.settings.uv.no_index:
        no_index_reason = uv.no_index_reason  # an unreadable uv table of the project may name an index
    if no_index_reason:
        return Selection(rejected=reject([*extra, *index_urls], no_index_reason), no_index_reason=no_index_reason)
    uv_mains = [candidate for candidate in uv.selected[-1:] if candidate is not default]
    mains, rejected = _main_indexes(index_urls, uv_mains, [user_candidate(pip.default)] if pip.default else [], default)
    rejected = (*rejected, *(entry for entry in uv.rejected if entry.candidate is not default))
    pip_extra = [user_candidate(index) for index in pip.extra]
    if index_urls and not is_public(mains[-1]):
        rejected += reject(pip_extra, f"pip discards it because of {index_urls[-1].set_by}")
        pip_extra = []
    return Selection((*uv.selected[:-1], *pip_extra, *extra, *mains), rejected)


def _main_indexes(
    index_urls: list[Candidate], uv_mains: list[Candidate], pip_mains: list[Candidate], default: Candidate
) -> tuple[list[Candidate], tuple[RejectedIndex, ...]]:
    """Return the main indexes, pip's last, and the rejected ones.

    uv's main index is returned as well if it differs from pip's and may be queried.
    """
    rejected = reject(index_urls[:-1], f"overridden by {index_urls[-1].set_by}") if index_urls else ()
    user_mains = [*uv_mains, *pip_mains]
    if index_urls:
        from_file = index_urls[-1]
        # uv's variables override the file, pip does not know them: only the built-in default is replaced by them.
        selected = uv_mains if is_public(from_file) and uv_mains and not is_public(uv_mains[0]) else [from_file]
        considered = [from_file, *user_mains]
    elif is_configured(default):
        selected, considered = [default], user_mains
    else:
        selected = [main for main in user_mains if not is_public(main)] or user_mains[-1:] or [default]
        considered = [*user_mains, default]
    others = [candidate for candidate in considered if candidate not in selected]
    return selected, rejected + reject(others, f"{selected[-1].set_by} takes precedence")
