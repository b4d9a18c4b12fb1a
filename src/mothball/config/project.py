"""The settings of project, user, command line and environment, and which of them are effective. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from mothball.config.user_settings import NO_SETTINGS, CredentialSettings, InstallerSettings
from mothball.model.records import NamedTuple, make
from mothball.model.results import Rule, Severity
from mothball.model.sanitize import strip_credentials

# The built-in default index and its hosts. They are not written anywhere else; `index-url` replaces the index.
DEFAULT_INDEX_HOSTS = ("pypi.org", "pypi.python.org")
DEFAULT_INDEX = f"https://{DEFAULT_INDEX_HOSTS[0]}/simple/"

DEFAULT_MAX_AGE = 3600.0
# Provenance label of the project configuration, used until its file is known.
PROJECT_INDEX_SETTING = "`index-url` in the project configuration"
_HOST = r"(?i)https?://(\[[^/\]]*\]|[^/:]+)"

KeyPath = tuple[str, ...]
_Value = TypeVar("_Value")


class Level(StrEnum):
    """Where a setting of mothball comes from."""

    OVERRIDE = "command line or environment"
    PROJECT = "project configuration"
    USER = "user configuration"


_PROJECT_FIRST = (Level.OVERRIDE, Level.PROJECT, Level.USER)
_USER_FIRST = (Level.OVERRIDE, Level.USER, Level.PROJECT)
# The user decides these about their own connections; a project may only propose a value.
_KEYS_OF_THE_USER = frozenset({"offline", "status-index", "indexes"})


def effective(key: KeyPath, values: Mapping[Level, _Value | None]) -> tuple[_Value | None, Level | None]:
    """Return the effective one of the ``values`` for ``key``, and its level; None if all are None, which is not set.

    An index is public if any level says so, because ``public`` only adds a restriction.
    """
    order = _USER_FIRST if key[0] in _KEYS_OF_THE_USER else _PROJECT_FIRST
    levels = [level for level in order if values.get(level) is not None]
    if key[0] == "indexes" and key[-1] == "public":
        levels.sort(key=lambda level: not values[level])
    return (values[levels[0]], levels[0]) if levels else (None, None)


def is_combined(key: KeyPath) -> bool:
    """Return True if the values of all levels are effective together."""
    return key[0] == "private"


class Ignore(NamedTuple):
    """An entry of ``[tool.mothball.ignore]``.

    ``key`` is the project name as written, ``name`` its normalized form. ``until`` is an ISO date, the last day on
    which the ignore applies; None means without end. ``versions`` are the pinned versions that the version rules are
    ignored for, all if empty.
    """

    key: str
    name: str
    rules: tuple[Rule, ...]
    reason: str = ""
    until: str | None = None
    versions: tuple[str, ...] = ()


class IndexStatuses(StrEnum):
    """The setting of an index that states whether it publishes project statuses.

    A missing marker means active on an index that is ``stated``, and is not reported on one that is ``none``.
    """

    STATED = "stated"
    NONE = "none"


class IndexSettings(NamedTuple):
    """An entry of ``[tool.mothball.indexes]``; ``url`` is normalized (``base_url``). None means not set.

    A ``public`` index receives no private names. An ``immutable`` index never replaces a file that it has published,
    and gives the name of a deleted project to no other project. ``ignore_error_codes`` are HTTP statuses that mean that
    the index does not have the project.
    """

    url: str
    statuses: IndexStatuses | None = None
    public: bool | None = None
    immutable: bool | None = None
    ignore_error_codes: tuple[int, ...] | None = None

    def overridden_by(self, user: IndexSettings) -> IndexSettings:
        """Return these settings of a project, combined with those of ``user`` by precedence."""
        values = (
            effective(("indexes", self.url, field), {Level.PROJECT: of_project, Level.USER: of_user})[0]
            for field, of_project, of_user in zip(self._fields, self, user, strict=True)
        )
        return make(IndexSettings, tuple(values))


class ConfiguredFiles(NamedTuple):
    """An entry of ``[tool.mothball.files]``: files that match ``pattern`` are read as ``format``."""

    pattern: str
    format: str


class ProjectConfig(NamedTuple):
    """The settings in a project configuration.

    ``max_age`` is in seconds. ``severities`` is keyed by rule, optionally with a scope: ``archived``,
    ``archived.transitive``, ``unverified.added``. ``snapshot`` is a path as written, relative to the configuration
    file. ``successors`` maps normalized names of projects to the names of the projects that replace them.
    """

    index_url: str | None = None
    status_index: str | None = None
    private: tuple[str, ...] = ()
    snapshot: str | None = None
    offline: bool | None = None
    max_age: float | None = None
    exclude: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = MappingProxyType({})
    ignores: tuple[Ignore, ...] = ()
    index_settings: tuple[IndexSettings, ...] = ()
    files: tuple[ConfiguredFiles, ...] = ()
    successors: Mapping[str, str] = MappingProxyType({})


class UserConfig(NamedTuple):
    """The settings in the user configuration, and the settings of installers.

    ``index_url`` and ``status_index`` contain no credentials; they are in ``credentials``. ``index_set_by`` names the
    setting that ``index_url`` comes from.
    """

    index_url: str | None = None
    status_index: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    offline: bool | None = None
    max_age: float | None = None
    allow_local_indexes: bool = False
    credentials: CredentialSettings = CredentialSettings()
    installers: InstallerSettings = NO_SETTINGS
    index_settings: tuple[IndexSettings, ...] = ()
    index_set_by: str = ""


class ConfigOverrides(NamedTuple):
    """Settings from the command line and the environment; None and False mean not set.

    ``online`` overrides ``offline`` of a project, for commands whose purpose is a lookup. ``max_age`` is in seconds.
    ``index_set_by`` names the setting that ``index_url`` comes from. ``allow_local_indexes`` is the consent of the user
    to local indexes that only a repository configures.
    """

    index_url: str | None = None
    offline: bool = False
    online: bool = False
    unverified: Severity | None = None
    max_age: float | None = None
    index_set_by: str = "--index-url"
    allow_local_indexes: bool = False


class NetworkSettings(NamedTuple):
    """The effective network settings, from project, user, command line and environment.

    ``index_url`` is the default index; ``index_set_by`` names the setting that it comes from, and ``is_user_index`` is
    true if that is a user setting. ``index_set_by`` is empty if none sets it: the settings of installers then take
    precedence. ``user_indexes`` (URLs) and ``trusted_hosts`` are configured by the user. If ``allow_local_indexes`` is
    false, indexes on this machine, in private networks or over plain HTTP are only queried if the user configured them.
    ``max_age`` is in seconds.
    """

    index_url: str = DEFAULT_INDEX
    status_index: str | None = None
    private: tuple[str, ...] = ()
    offline: bool = False
    max_age: float = DEFAULT_MAX_AGE
    index_set_by: str = ""
    is_user_index: bool = False
    user_indexes: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    insecure_hosts: tuple[str, ...] = ()
    allow_local_indexes: bool = True
    installers: InstallerSettings = NO_SETTINGS
    index_settings: tuple[IndexSettings, ...] = ()

    def indexes_with(self, statuses: IndexStatuses) -> frozenset[str]:
        """Return the URLs of the indexes that are configured with ``statuses``."""
        return frozenset(index.url for index in self.index_settings if index.statuses is statuses)

    def public_indexes(self) -> frozenset[str]:
        """Return the URLs of the indexes that are configured as public."""
        return frozenset(index.url for index in self.index_settings if index.public)

    def immutable_indexes(self) -> frozenset[str]:
        """Return the URLs of the built-in default index and of the indexes that are configured as immutable."""
        return frozenset((DEFAULT_INDEX, *(index.url for index in self.index_settings if index.immutable)))


def in_user_configuration(key: KeyPath) -> str:
    """Return the description of a key of the user configuration whose file and line are not known."""
    return f"`{'.'.join(key)}` in the user configuration"


def resolve_network(
    config: ProjectConfig, user: UserConfig, overrides: ConfigOverrides, project_setting: str = PROJECT_INDEX_SETTING
) -> NetworkSettings:
    """Return the effective network settings; ``effective`` has the order of precedence.

    ``project_setting`` is the setting of ``index-url`` in ``config``, with its location, for display.
    """
    override, project, by_user = Level.OVERRIDE, Level.PROJECT, Level.USER
    index_urls = {override: overrides.index_url, project: config.index_url, by_user: user.index_url}
    status_indexes = {project: config.status_index, by_user: user.status_index}
    max_ages = {override: overrides.max_age, project: config.max_age, by_user: user.max_age}
    own_offline = bool(config.offline) and not overrides.online
    offline = {override: overrides.offline or None, project: own_offline, by_user: user.offline}
    index_url, level = effective(("index-url",), index_urls)
    max_age, _ = effective(("max-age",), max_ages)
    set_by = {
        override: overrides.index_set_by,
        project: project_setting,
        by_user: user.index_set_by or in_user_configuration(("index-url",)),
    }
    user_urls = (
        overrides.index_url,
        user.index_url,
        user.status_index,
        *(index.url for index in user.credentials.index_urls),
    )
    return NetworkSettings(
        index_url=index_url or DEFAULT_INDEX,
        status_index=effective(("status-index",), status_indexes)[0],
        private=config.private + user.private,
        offline=bool(effective(("offline",), offline)[0]),
        max_age=DEFAULT_MAX_AGE if max_age is None else max_age,
        index_set_by="" if level is None else set_by[level],
        is_user_index=level in (override, by_user),
        user_indexes=tuple(dict.fromkeys(strip_credentials(url) for url in user_urls if url)),
        trusted_hosts=user.trusted_hosts,
        insecure_hosts=user.credentials.insecure_hosts,
        allow_local_indexes=overrides.allow_local_indexes or user.allow_local_indexes,
        installers=user.installers,
        index_settings=_merge_index_settings(config.index_settings, user.index_settings),
    )


def _merge_index_settings(
    project: tuple[IndexSettings, ...], user: tuple[IndexSettings, ...]
) -> tuple[IndexSettings, ...]:
    merged = {index.url: index for index in project}
    for index in user:
        merged[index.url] = merged[index.url].overridden_by(index) if index.url in merged else index
    return tuple(merged.values())


def is_default_index(url: str) -> bool:
    """Return True if the host of ``url`` is that of the built-in default index or a subdomain of it."""
    match = re.match(_HOST, url)
    host = match[1].rstrip(".").lower() if match else ""
    return f".{host}".endswith(tuple(f".{default}" for default in DEFAULT_INDEX_HOSTS))
