"""Settings of the language server: those of the editor, combined with the environment and the user configuration.

Editor settings are received as ``initializationOptions``, as the section ``mothball`` of ``workspace/configuration``,
or in ``workspace/didChangeConfiguration``; editor manifests and documentation are generated from their table. They
belong to the user. For network and credentials, the user's settings take precedence over the project's; policy comes
from the project.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from mothball.config.project import ConfigOverrides, UserConfig
from mothball.config.user_settings import UserIndexUrl, user_config_file
from mothball.config.values import (
    Reader,
    read_boolean,
    read_duration,
    read_name_patterns,
    read_strings,
    read_user_index_url,
)
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings, read_user_config_file
from mothball.discovery.installer_settings import with_installers
from mothball.model.errors import ConfigError, suggest
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line, strip_credentials

SECTION = "mothball"
_Scope = Literal["user", "workspace"]


class EditorSetting(NamedTuple):
    """A setting: key in camelCase, JSON type, default value, description, and the function that reads a value.

    Settings of the ``scope`` ``user`` cannot be set by a workspace, whose settings come with the repository. A
    ``default`` of None means not set. Ignoring an invalid value of a setting that ``is_restrictive`` could send names
    where the user does not want them.
    """

    key: str
    type: Literal["string", "boolean", "array"]
    default: str | bool | tuple[str, ...] | None
    description: str
    scope: _Scope
    read: Reader
    is_restrictive: bool = False


def _flag(key: str, description: str, scope: _Scope, *, is_restrictive: bool = False) -> EditorSetting:
    default = False
    return EditorSetting(key, "boolean", default, description, scope, read_boolean, is_restrictive)


SETTINGS = (
    EditorSetting(
        "indexUrl",
        "string",
        None,
        "Default index for files that configure none. Takes precedence over the project's configuration.",
        "user",
        read_user_index_url,
        is_restrictive=True,
    ),
    EditorSetting(
        "trustedHosts",
        "array",
        (),
        "Hosts (HOST or HOST:PORT) that may be accessed over plain HTTP.",
        "user",
        read_strings,
        is_restrictive=True,
    ),
    EditorSetting(
        "private",
        "array",
        (),
        'Name patterns of private packages, such as "acme-*". They are never looked up on a public index.',
        "user",
        read_name_patterns,
        is_restrictive=True,
    ),
    _flag(
        "offline", "Use only the snapshot and cached results of any age, not the network.", "user", is_restrictive=True
    ),
    EditorSetting(
        "maxAge", "string", None, 'Maximum age of cached results, such as "30m", "1h" or "7d".', "user", read_duration
    ),
    _flag(
        "allowLocalIndexes",
        "Use indexes on loopback or private addresses or over plain HTTP even if only a repository configures them.",
        "user",
    ),
    _flag(
        "deprecatedTag",
        "Tag archived and deprecated projects as deprecated. Many editors then strike them through instead of "
        "underlining them.",
        "workspace",
    ),
    _flag("inlayHints", "Show the status, the successor or the latest release behind each dependency.", "workspace"),
    _flag("scripts", "Check inline script metadata in Python files (PEP 723).", "workspace"),
    _flag(
        "workspaceDiagnostics",
        "Check all dependency files of the workspace, not only open ones. Takes effect when the server starts.",
        "workspace",
    ),
)
_BY_KEY = {setting.key: setting for setting in SETTINGS}


# Settings of the editor extensions in the same section: where to find the server.
_EXTENSION_SETTINGS = frozenset({"path", "uvx"})


class Settings(NamedTuple):
    """Settings of the editor's user; ``index_url`` may hold credentials, ``max_age`` is in seconds.

    ``errors`` are messages about invalid settings that restrict lookups; while there are any, nothing is looked up.
    """

    index_url: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    offline: bool = False
    max_age: float | None = None
    allow_local_indexes: bool = False
    deprecated_tag: bool = False
    inlay_hints: bool = False
    scripts: bool = False
    workspace_diagnostics: bool = False
    errors: tuple[str, ...] = ()


def read_settings(given: object, base: Settings, report: Callable[[str], None]) -> Settings:
    """Return ``base`` updated with the settings in the JSON value ``given``.

    ``given`` is an object of settings, or one with a member ``mothball``; null and empty strings reset a setting. An
    invalid setting is passed to ``report`` as a one-line message and left unchanged; it is added to ``errors`` if it
    restricts lookups. A string is accepted for a list of one, and an empty array for an empty object, because some
    editors do not distinguish them.
    """
    table = given.get(SECTION, given) if isinstance(given, Mapping) else given
    if table is None or table == []:
        return base
    errors: list[str] = []
    if not isinstance(table, Mapping):
        errors.append("the settings must be an object")
        report(errors[0])
        table = {}
    errors[:0] = [error for error in base.errors if not any(f" {SECTION}.{key}: " in error for key in table)]
    changes: dict[str, Any] = {}
    for key, value in table.items():
        setting = _BY_KEY.get(key)
        if setting is None:
            # An object is another section: some editors send the settings of all servers, or trace levels.
            if key not in _EXTENSION_SETTINGS and not isinstance(value, Mapping):
                report(one_line(f"unknown setting {SECTION}.{key}; {suggest(key, tuple(_BY_KEY))}"))
            continue
        field = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
        if value is None or value == "":
            changes[field] = Settings._field_defaults[field]
            continue
        try:
            changes[field] = setting.read(_as_list(value) if setting.type == "array" else value, (key,))
        except ConfigError as error:
            message = one_line(f"invalid setting {SECTION}.{key}: {error}. {error.help}".rstrip(". "))
            report(message)
            if setting.is_restrictive:
                errors.append(message)
    return base._replace(**changes, errors=tuple(errors))


def _as_list(value: object) -> object:
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, tuple) else value


# --- effective settings -----------------------------------------------------------------------------------------------


class SettingsError(ConfigError):
    """The editor settings are invalid."""


class Environment(NamedTuple):
    """Overrides from the environment of the server, and index URLs with credentials."""

    overrides: ConfigOverrides = ConfigOverrides()
    addresses: tuple[UserIndexUrl, ...] = ()


class EffectiveSettings(NamedTuple):
    """All settings of the user; ``user`` holds trusted hosts and credentials."""

    overrides: ConfigOverrides
    user: UserConfig

    def config_resolver(self, *scopes: str) -> ConfigResolver:
        """Return a resolver of configurations; ``scopes`` are the directories that are checked completely."""
        settings = ConfigResolverSettings(today=time.strftime("%Y-%m-%d"), overrides=self.overrides, scopes=scopes)
        return ConfigResolver(settings, self.user)


def read_effective_settings(settings: Settings, environment: Environment) -> EffectiveSettings:
    """Combine the editor settings, the environment and the user configuration, in this order of precedence.

    Reads the user configuration and those of pip and uv. Raises UnreadableFileError or ConfigError if they are invalid,
    and SettingsError if the editor settings are.
    """
    if settings.errors:
        raise SettingsError(
            "; ".join(settings.errors), help_text="correct the editor settings; nothing is looked up until then"
        )
    editor_setting = "`indexUrl` in the editor settings"
    default_index = (
        (UserIndexUrl(settings.index_url, set_by=editor_setting),) if settings.index_url else environment.addresses
    )
    user = with_installers(read_user_config_file(user_config_file()), default_index)
    given = environment.overrides
    overrides = ConfigOverrides(
        index_url=strip_credentials(settings.index_url) if settings.index_url else given.index_url,
        offline=given.offline or settings.offline,
        online=given.online,
        unverified=given.unverified,
        max_age=settings.max_age,
        index_set_by=editor_setting if settings.index_url else given.index_set_by,
        allow_local_indexes=given.allow_local_indexes,
    )
    return EffectiveSettings(
        overrides,
        user._replace(
            trusted_hosts=(*user.trusted_hosts, *settings.trusted_hosts),
            private=(*user.private, *settings.private),
            allow_local_indexes=user.allow_local_indexes or settings.allow_local_indexes,
        ),
    )
