"""Configuration: from a mapping to values that mean something, or a ``ConfigError`` that names the key.

Pure: no disk, no environment. Whoever reads the file gives the mapping and turns ``ConfigError.key`` into a line.
Every key is described once, in ``PROJECT_KEYS`` and ``USER_KEYS``; reading, suggestions and the schema follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mothball.config.credential_settings import (
    CredentialSettings,
    UserIndexUrl,
    read_keyring_provider,
    read_timeout,
    read_user_index_url,
    read_user_index_urls,
    read_user_path,
)
from mothball.config.installers import NO_SETTINGS, InstallerSettings
from mothball.config.values import (
    KeyPath,
    Reader,
    invalid_value,
    read_boolean,
    read_duration,
    read_globs,
    read_index_url,
    read_name_patterns,
    read_rules,
    read_severities,
    read_string,
    read_strings,
    read_table,
    read_until,
)
from mothball.model.document import normalize_name
from mothball.model.errors import ConfigError
from mothball.model.findings import Rule, Severity
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line, strip_credentials

# The one place that names the default index: the hosts by which it is known, the one that is asked first. Whoever wants
# another index sets `index-url`.
DEFAULT_INDEX_HOSTS = ("pypi.org", "pypi.python.org")
DEFAULT_INDEX = f"https://{DEFAULT_INDEX_HOSTS[0]}/simple/"

DEFAULT_MAX_AGE = 3600.0
# Who chose an index: the words for a project's configuration, until somebody knows its file.
PROJECT_INDEX_SETTING = "`index-url` of the project"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"


class Ignore(NamedTuple):
    """One entry of ``[tool.mothball.ignore]``.

    ``key`` is the project name as the file spells it, ``name`` its normalised form. ``until`` is an ISO date, the last
    day on which the ignore works; None is forever.
    """

    key: str
    name: str
    rules: tuple[Rule, ...]
    reason: str = ""
    until: str | None = None


class ProjectConfig(NamedTuple):
    """What a project's configuration says. ``max_age`` is in seconds, None where the project has no opinion.

    ``severities`` is keyed by rule name, optionally with a scope: ``archived``, ``archived.transitive``,
    ``unverified.added``. ``snapshot`` is a path as written, relative to the configuration file.
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


class UserConfig(NamedTuple):
    """What the user's own configuration says: the network keys, which hosts the user trusts, and how the user gets in.

    ``index_url`` is without credentials; ``credentials`` holds them. ``installers`` is what the user has told pip, uv and
    others of indexes.
    """

    index_url: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    offline: bool | None = None
    max_age: float | None = None
    allow_local_indexes: bool = False
    credentials: CredentialSettings = CredentialSettings()
    installers: InstallerSettings = NO_SETTINGS


class ConfigOverrides(NamedTuple):
    """What the command line and the environment say for one run; None and False leave the files' word standing.

    ``online`` passes over a project's own ``offline``, for the command whose purpose is to ask. ``max_age`` is in
    seconds. ``index_set_by`` says what names ``index_url``. Where ``allow_local_indexes`` is false, local indexes that
    only a repository names need the user's consent.
    """

    index_url: str | None = None
    offline: bool = False
    online: bool = False
    unverified: Severity | None = None
    max_age: float | None = None
    index_set_by: str = "--index-url"
    allow_local_indexes: bool = True


class NetworkSettings(NamedTuple):
    """Whom to ask, and how old an answer may be: project, user and command line brought together.

    ``index_url`` answers for what names no index of its own; ``index_set_by`` says who chose it, empty where nobody did
    and the installers' settings come first, and ``is_user_index`` whether that is the user. ``user_indexes`` are
    index URLs, ``trusted_hosts`` hosts, that the user's side names. Where ``allow_local_indexes`` is false, indexes on
    this machine, in private networks or over plain http are asked only where the user names them. ``max_age`` is in
    seconds.
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
    allow_local_indexes: bool = True
    installers: InstallerSettings = NO_SETTINGS


def resolve_network(config: ProjectConfig, user: UserConfig, overrides: ConfigOverrides) -> NetworkSettings:
    """Return the network settings in force. The command line beats the project, the project beats the user.

    Two keys only ever add caution, whoever sets them: ``offline`` and ``private``.
    """
    chosen = (
        (overrides.index_url, overrides.index_set_by),
        (config.index_url, PROJECT_INDEX_SETTING),
        (user.index_url, "`index-url` of your own configuration"),
    )
    named = (overrides.index_url, user.index_url, *(one.url for one in user.credentials.index_urls))
    index_url, index_set_by = next(((url, set_by) for url, set_by in chosen if url), (DEFAULT_INDEX, ""))
    return NetworkSettings(
        index_url=index_url,
        status_index=config.status_index,
        private=config.private + user.private,
        offline=overrides.offline or bool(user.offline) or (bool(config.offline) and not overrides.online),
        max_age=next(
            (age for age in (overrides.max_age, config.max_age, user.max_age) if age is not None), DEFAULT_MAX_AGE
        ),
        index_set_by=index_set_by,
        is_user_index=bool(index_set_by) and (bool(overrides.index_url) or not config.index_url),
        user_indexes=tuple(dict.fromkeys(strip_credentials(url) for url in named if url)),
        trusted_hosts=user.trusted_hosts,
        allow_local_indexes=overrides.allow_local_indexes or user.allow_local_indexes,
        installers=user.installers,
    )


def read_config(table: object, at: KeyPath = ()) -> ProjectConfig:
    """Return the ``ProjectConfig`` that ``table`` holds.

    ``table`` is the content of ``[tool.mothball]`` as a TOML reader gives it, ``at`` the path where it stands in its
    file, for errors. Raises ConfigError on an unknown key and on a value that its key cannot have.
    """
    for key in table if isinstance(table, Mapping) else ():
        if key in USER_KEYS and key not in PROJECT_KEYS:
            raise ConfigError(
                f"`{key}` works only in your own configuration",
                key=(*at, key),
                help_text="a repository must not say whom you trust: put it into mothball/config.toml, user level",
            )
    values = read_table(table, PROJECT_KEYS, at)
    return ProjectConfig(**{_FIELDS.get(key, key.replace("-", "_")): value for key, value in values.items()})


def read_user_config(table: object) -> UserConfig:
    """Return the ``UserConfig`` that ``table``, a whole user-level file, holds. Raises ConfigError as above."""
    values = read_table(table, USER_KEYS, ())
    named = (UserIndexUrl(values["index-url"]),) if "index-url" in values else ()
    ways_in = {_ACCESS_KEYS[key]: value for key, value in values.items() if key in _ACCESS_KEYS}
    ways_in["index_urls"] = (*named, *ways_in.get("index_urls", ()))
    if named:
        values["index-url"] = strip_credentials(values["index-url"])
    rest = {key.replace("-", "_"): value for key, value in values.items() if key not in _ACCESS_KEYS}
    return UserConfig(**rest, credentials=CredentialSettings(**ways_in))


def read_ignores(value: object, at: KeyPath) -> tuple[Ignore, ...]:
    """Return the entries of a table of ignores, each of which names a project and its rules."""
    if not isinstance(value, Mapping):
        raise invalid_value(at, value, "a table")
    ignores = tuple(_ignore(key, entry, (*at, key)) for key, entry in value.items())
    spelled: dict[str, str] = {}
    for ignore in ignores:
        if ignore.name in spelled:
            raise ConfigError(
                f"`{ignore.key}` and `{spelled[ignore.name]}` are the same project",
                key=(*at, ignore.key),
                help_text="names are compared in their normalised form; keep one of the two",
            )
        spelled[ignore.name] = ignore.key
    return ignores


def _ignore(key: str, value: object, at: KeyPath) -> Ignore:
    if not re.fullmatch(_NAME, key):
        raise ConfigError(f"`{one_line(key, 60)}` is no project name", key=at, help_text="ignores are named one by one")
    fields = read_table(value, IGNORE_KEYS, at)
    if not fields.get("rules"):
        raise ConfigError(
            f"the ignore of `{key}` does not say which rules it ignores",
            key=at,
            help_text='add for example rules = ["archived"]',
        )
    return Ignore(key, normalize_name(key), fields["rules"], fields.get("reason", ""), fields.get("until"))


PROJECT_KEYS: Mapping[str, Reader] = MappingProxyType(
    {
        "index-url": read_index_url,
        "status-index": read_index_url,
        "private": read_name_patterns,
        "snapshot": read_string,
        "offline": read_boolean,
        "max-age": read_duration,
        "exclude": read_globs,
        "severity": read_severities,
        "ignore": read_ignores,
    }
)
USER_KEYS: Mapping[str, Reader] = MappingProxyType(
    {
        "index-url": read_user_index_url,
        "indexes": read_user_index_urls,
        "keyring-provider": read_keyring_provider,
        "client-cert": read_user_path,
        "timeout": read_timeout,
        "trusted-hosts": read_strings,
        "private": read_name_patterns,
        "offline": read_boolean,
        "max-age": read_duration,
        "allow-local-indexes": read_boolean,
    }
)
IGNORE_KEYS: Mapping[str, Reader] = MappingProxyType({"rules": read_rules, "reason": read_string, "until": read_until})
_ACCESS_KEYS = {
    "indexes": "index_urls",
    "keyring-provider": "keyring",
    "client-cert": "client_certificate",
    "timeout": "timeout",
}
_FIELDS = {"severity": "severities", "ignore": "ignores"}
