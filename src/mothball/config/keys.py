"""The keys of configuration files: from a mapping to typed values. No I/O.

The caller reads the file and converts ``ConfigError.key`` to a line. Every key is defined once, in ``PROJECT_KEYS`` or
``USER_KEYS``; the readers, the suggestions and the JSON Schema are derived from these tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from mothball.config.project import (
    ConfiguredFiles,
    Ignore,
    IndexSettings,
    IndexStatuses,
    KeyPath,
    ProjectConfig,
    UserConfig,
    in_user_configuration,
    is_default_index,
)
from mothball.config.user_settings import CredentialSettings, UserIndexUrl, user_config_file
from mothball.config.values import (
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
from mothball.model.results import VERSION_RULES
from mothball.model.sanitize import base_url, one_line, strip_credentials

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"


def read_config(table: object, at: KeyPath = ()) -> ProjectConfig:
    """Return the ``ProjectConfig`` in ``table``, the value of ``[tool.mothball]`` or a whole mothball.toml.

    ``at`` is the path of the table in its file, for errors. Raises ConfigError for unknown keys and invalid values.
    """
    misplaced = next((key for key in USER_KEYS if key not in PROJECT_KEYS and _has(table, key)), None)
    if misplaced is not None:
        message = f"`{misplaced}` is only allowed in the user configuration"
        raise ConfigError(message, key=(*at, misplaced), help_text=f"move it to {user_config_file()}")
    values = read_table(table, PROJECT_KEYS, at)
    return ProjectConfig(**{_FIELDS.get(key, key.replace("-", "_")): value for key, value in values.items()})


def read_user_config(table: object, locate: Callable[[KeyPath], str] = in_user_configuration) -> UserConfig:
    """Return the ``UserConfig`` in ``table``, a whole user configuration. Raises ConfigError like ``read_config``.

    ``locate`` returns a key with its location, for messages.
    """
    misplaced = next((key for key in PROJECT_KEYS if key not in USER_KEYS and _has(table, key)), None)
    if misplaced is not None:
        help_text = "move it to mothball.toml, or [tool.mothball] in pyproject.toml"
        raise ConfigError(f"`{misplaced}` is only allowed in projects", key=(misplaced,), help_text=help_text)
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


def _has(table: object, key: str) -> bool:
    return isinstance(table, Mapping) and key in table


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
    fields = read_table(read_mapping(value, at, '{ rules = ["archived"], reason = "WHY" }'), IGNORE_KEYS, at)
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
            base_url(read_index_url(key, (*at, key))),
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
        "trusted-hosts": read_hosts,
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
