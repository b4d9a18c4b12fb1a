"""The project and user configurations: from a mapping to typed values, and which of them are effective. No I/O.

The caller reads the file and converts ``ConfigError.key`` to a line. Every key is defined once, in ``PROJECT_KEYS`` or
``USER_KEYS``; the readers, the suggestions and the JSON Schema are derived from these tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from mothball.config.user_settings import (
    NO_SETTINGS,
    CredentialSettings,
    InstallerSettings,
    UserIndexUrl,
    user_config_file,
)
from mothball.config.values import (
    KeyPath,
    Reader,
    invalid_value,
    read_boolean,
    read_choice,
    read_duration,
    read_error_codes,
    read_globs,
    read_hosts,
    read_index_url,
    read_keyring_provider,
    read_mapping,
    read_name_patterns,
    read_rules,
    read_severities,
    read_string,
    read_strings,
    read_table,
    read_timeout,
    read_until,
    read_user_index_url,
    read_user_index_urls,
    read_user_path,
)
from mothball.model.document import normalize_name
from mothball.model.errors import ConfigError, suggest
from mothball.model.file_names import FORMATS
from mothball.model.records import NamedTuple, make
from mothball.model.results import VERSION_RULES, Rule, Severity
from mothball.model.sanitize import one_line, strip_credentials

# The built-in default index and its hosts. They are not written anywhere else; `index-url` replaces the index.
DEFAULT_INDEX_HOSTS = ("pypi.org", "pypi.python.org")
DEFAULT_INDEX = f"https://{DEFAULT_INDEX_HOSTS[0]}/simple/"

DEFAULT_MAX_AGE = 3600.0
# Provenance label of the project configuration, used until its file is known.
PROJECT_INDEX_SETTING = "`index-url` in the project configuration"
_HOST = r"(?i)https?://(\[[^/\]]*\]|[^/:]+)"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"

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
    """An entry of ``[tool.mothball.indexes]``; ``url`` ends in exactly one slash. None means not set.

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
        by_user: user.index_set_by or _in_user_configuration(("index-url",)),
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


def read_config(table: object, at: KeyPath = ()) -> ProjectConfig:
    """Return the ``ProjectConfig`` in ``table``, the value of ``[tool.mothball]`` or a whole mothball.toml.

    ``at`` is the path of the table in its file, for errors. Raises ConfigError for unknown keys and invalid values.
    """
    for key in table if isinstance(table, Mapping) else ():
        if key in USER_KEYS and key not in PROJECT_KEYS:
            raise ConfigError(
                f"`{key}` is only allowed in the user configuration",
                key=(*at, key),
                help_text=f"move it to {user_config_file()}",
            )
    values = read_table(table, PROJECT_KEYS, at)
    return ProjectConfig(**{_FIELDS.get(key, key.replace("-", "_")): value for key, value in values.items()})


def _in_user_configuration(key: KeyPath) -> str:
    return f"`{'.'.join(key)}` in the user configuration"


def read_user_config(table: object, locate: Callable[[KeyPath], str] = _in_user_configuration) -> UserConfig:
    """Return the ``UserConfig`` in ``table``, a whole user configuration. Raises ConfigError like ``read_config``.

    ``locate`` returns a key with its location, for messages.
    """
    values = read_table(table, USER_KEYS, ())
    indexes = values.pop("indexes", ())
    main_keys = [key for key in ("index-url", "status-index") if key in values]
    set_by = {key: locate((key,)) for key in main_keys}
    credentials = {_CREDENTIAL_KEYS[key]: value for key, value in values.items() if key in _CREDENTIAL_KEYS}
    further_indexes = (index for index in indexes if isinstance(index, UserIndexUrl))
    credentials["index_urls"] = (
        *(UserIndexUrl(values[key], set_by=set_by[key]) for key in main_keys),
        *(index._replace(set_by=locate(("indexes", index.name))) for index in further_indexes),
    )
    index_settings = tuple(index for index in indexes if isinstance(index, IndexSettings))
    values |= {key: strip_credentials(values[key]) for key in main_keys}
    rest = {key.replace("-", "_"): value for key, value in values.items() if key not in _CREDENTIAL_KEYS}
    return UserConfig(
        **rest,
        index_settings=index_settings,
        credentials=CredentialSettings(**credentials),
        index_set_by=set_by.get("index-url", ""),
    )


def read_files(value: object, at: KeyPath) -> tuple[ConfiguredFiles, ...]:
    """Return the entries of a table from patterns, as in ``exclude``, to formats."""
    files = []
    for pattern, name in read_mapping(value, at, '{ "deps/*.pip" = "requirements" }').items():
        read_globs([pattern], (*at, pattern))
        if not isinstance(name, str):
            raise invalid_value((*at, pattern), name, 'the name of a format such as "requirements"')
        if name not in FORMATS:
            message = f"unknown format `{one_line(name, 60)}`"
            raise ConfigError(message, key=(*at, pattern), help_text=suggest(name, tuple(FORMATS)))
        files.append(ConfiguredFiles(pattern, name))
    return tuple(files)


def read_ignores(value: object, at: KeyPath) -> tuple[Ignore, ...]:
    """Return the entries of an ignore table. Raises ConfigError if two keys normalize to the same name."""
    ignores = tuple(_ignore(key, entry, (*at, key)) for key, entry in read_mapping(value, at).items())
    keys_by_name: dict[str, str] = {}
    for ignore in ignores:
        if ignore.name in keys_by_name:
            raise ConfigError(
                f"`{ignore.key}` and `{keys_by_name[ignore.name]}` are the same project",
                key=(*at, ignore.key),
                help_text="names are compared in normalized form; remove one of them",
            )
        keys_by_name[ignore.name] = ignore.key
    return ignores


def read_successors(value: object, at: KeyPath) -> Mapping[str, str]:
    """Return the entries of a table from project names, normalized, to the names of the projects that replace them."""
    successors: dict[str, str] = {}
    for key, successor in read_mapping(value, at, '{ old-lib = "new-lib" }').items():
        _check_name(key, (*at, key))
        if not isinstance(successor, str) or not re.fullmatch(_NAME, successor):
            raise invalid_value((*at, key), successor, 'a project name such as "new-lib"')
        name = normalize_name(key)
        if name in successors or name == normalize_name(successor):
            problem = "has two successors" if name in successors else "is its own successor"
            raise ConfigError(
                f"`{key}` {problem}",
                key=(*at, key),
                help_text="names are compared in normalized form; remove this entry",
            )
        successors[name] = successor
    return MappingProxyType(successors)


def _check_name(key: str, at: KeyPath) -> None:
    if not re.fullmatch(_NAME, key):
        raise ConfigError(f"`{one_line(key, 60)}` is not a project name", key=at, help_text="use one entry per project")


def _ignore(key: str, value: object, at: KeyPath) -> Ignore:
    _check_name(key, at)
    fields = read_table(value, IGNORE_KEYS, at)
    if not fields.get("rules"):
        raise ConfigError(
            f"the ignore for `{key}` has no rules", key=at, help_text='add them, such as rules = ["archived"]'
        )
    versions = fields.get("versions", ())
    if versions and not any(rule in VERSION_RULES for rule in fields["rules"]):
        raise ConfigError(
            f"`versions` has no effect in the ignore for `{key}`",
            key=(*at, "versions"),
            help_text=f"it applies to the rules {', '.join(VERSION_RULES)} only: remove it, or add one of them",
        )
    return Ignore(key, normalize_name(key), fields["rules"], fields.get("reason", ""), fields.get("until"), versions)


def read_index_settings(value: object, at: KeyPath) -> tuple[IndexSettings, ...]:
    """Return the settings in a table whose keys are index URLs."""
    settings: dict[str, IndexSettings] = {}
    for key, entry in read_mapping(value, at, '{ "https://index.example/simple/" = { statuses = "stated" } }').items():
        if isinstance(entry, str):
            raise ConfigError(
                f"the index name `{one_line(key, 60)}` is only allowed in the user configuration",
                key=(*at, key),
                help_text="use the URL of the index as the key, and a table of its settings as the value",
            )
        index = IndexSettings(
            read_index_url(key, (*at, key)).rstrip("/") + "/",
            **{name.replace("-", "_"): value for name, value in read_table(entry, INDEX_KEYS, (*at, key)).items()},
        )
        if index.url in settings:
            raise ConfigError(
                f"`{one_line(key, 200)}` is configured twice", key=(*at, key), help_text="remove one of them"
            )
        if index.statuses is IndexStatuses.NONE and is_default_index(index.url):
            raise ConfigError(
                '`statuses` cannot be "none" for the built-in default index, which publishes statuses',
                key=(*at, key, "statuses"),
                help_text="remove the setting",
            )
        settings[index.url] = index
    return tuple(settings.values())


def read_user_indexes(value: object, at: KeyPath) -> tuple[UserIndexUrl | IndexSettings, ...]:
    """Return the entries of ``[indexes]`` in the user configuration: names with a URL, and URLs with settings."""
    if not isinstance(value, Mapping):
        return read_user_index_urls(value, at)  # raises
    settings = {key: entry for key, entry in value.items() if isinstance(entry, Mapping)}
    urls = {key: entry for key, entry in value.items() if key not in settings}
    return (*read_user_index_urls(urls, at), *read_index_settings(settings, at))


def read_index_statuses(value: object, at: KeyPath) -> IndexStatuses:
    """Return whether the index publishes statuses."""
    return IndexStatuses(read_choice(value, at, tuple(IndexStatuses)))


def is_default_index(url: str) -> bool:
    """Return True if the host of ``url`` is that of the built-in default index or a subdomain of it."""
    match = re.match(_HOST, url)
    host = match[1].rstrip(".").lower() if match else ""
    return f".{host}".endswith(tuple(f".{default}" for default in DEFAULT_INDEX_HOSTS))


PROJECT_KEYS: Mapping[str, Reader] = MappingProxyType(
    {
        "index-url": read_index_url,
        "status-index": read_index_url,
        "private": read_name_patterns,
        "snapshot": read_string,
        "offline": read_boolean,
        "max-age": read_duration,
        "exclude": read_globs,
        "files": read_files,
        "severity": read_severities,
        "ignore": read_ignores,
        "successors": read_successors,
        "indexes": read_index_settings,
    }
)
USER_KEYS: Mapping[str, Reader] = MappingProxyType(
    {
        "index-url": read_user_index_url,
        "status-index": read_user_index_url,
        "indexes": read_user_indexes,
        "keyring-provider": read_keyring_provider,
        "client-cert": read_user_path,
        "timeout": read_timeout,
        "trusted-hosts": read_strings,
        "insecure-hosts": read_hosts,
        "private": read_name_patterns,
        "offline": read_boolean,
        "max-age": read_duration,
        "allow-local-indexes": read_boolean,
    }
)
INDEX_KEYS: Mapping[str, Reader] = MappingProxyType(
    {
        "statuses": read_index_statuses,
        "public": read_boolean,
        "immutable": read_boolean,
        "ignore-error-codes": read_error_codes,
    }
)
IGNORE_KEYS: Mapping[str, Reader] = MappingProxyType(
    {"rules": read_rules, "reason": read_string, "until": read_until, "versions": read_strings}
)
_CREDENTIAL_KEYS = {
    "keyring-provider": "keyring",
    "client-cert": "client_certificate",
    "timeout": "timeout",
    "insecure-hosts": "insecure_hosts",
}
_FIELDS = {"severity": "severities", "ignore": "ignores", "indexes": "index_settings"}
