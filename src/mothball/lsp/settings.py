"""Settings of the language server, from which editor manifests and documentation are generated.

They are received as ``initializationOptions``, as the section ``mothball`` of ``workspace/configuration``, or in
``workspace/didChangeConfiguration``. They belong to the user; settings of a repository are in its files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from mothball.config.connection_settings import read_user_index_url
from mothball.config.values import Reader, read_boolean, read_duration, read_name_patterns, read_strings
from mothball.model.errors import ConfigError, suggest
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

SECTION = "mothball"


class EditorSetting(NamedTuple):
    """A setting: key in camelCase, JSON type, default value and description.

    Settings of the ``scope`` ``user`` cannot be set by a workspace, whose settings come with the repository. A
    ``default`` of None means not set.
    """

    key: str
    type: Literal["string", "boolean", "array"]
    default: str | bool | tuple[str, ...] | None
    description: str
    scope: Literal["user", "workspace"]


SETTINGS = (
    EditorSetting(
        "indexUrl",
        "string",
        None,
        "Default index for files that configure none. Takes precedence over the project's configuration.",
        "user",
    ),
    EditorSetting(
        "trustedHosts", "array", (), "Hosts (HOST or HOST:PORT) that may be accessed over plain HTTP.", "user"
    ),
    EditorSetting(
        "private",
        "array",
        (),
        'Name patterns of private packages, such as "acme-*". They are never looked up on a public index.',
        "user",
    ),
    EditorSetting(
        "offline",
        "boolean",
        default=False,
        description="Use only the snapshot and cached results of any age, not the network.",
        scope="user",
    ),
    EditorSetting("maxAge", "string", None, 'Maximum age of cached results, such as "30m", "1h" or "7d".', "user"),
    EditorSetting(
        "allowLocalIndexes",
        "boolean",
        default=False,
        description="Use indexes on loopback or private addresses or over plain HTTP even if only a repository "
        "configures them.",
        scope="user",
    ),
    EditorSetting(
        "deprecatedTag",
        "boolean",
        default=False,
        description="Tag archived and deprecated projects as deprecated. Many editors then strike them through instead "
        "of underlining them.",
        scope="workspace",
    ),
    EditorSetting(
        "inlayHints",
        "boolean",
        default=False,
        description="Show the status, the successor or the latest release behind each dependency.",
        scope="workspace",
    ),
    EditorSetting(
        "scripts",
        "boolean",
        default=False,
        description="Check inline script metadata in Python files (PEP 723).",
        scope="workspace",
    ),
    EditorSetting(
        "workspaceDiagnostics",
        "boolean",
        default=False,
        description="Check all dependency files of the workspace, not only open ones. Takes effect when the server "
        "starts.",
        scope="workspace",
    ),
)

_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "indexUrl": read_user_index_url,
        "trustedHosts": read_strings,
        "private": read_name_patterns,
        "offline": read_boolean,
        "maxAge": read_duration,
        "allowLocalIndexes": read_boolean,
        "deprecatedTag": read_boolean,
        "inlayHints": read_boolean,
        "scripts": read_boolean,
        "workspaceDiagnostics": read_boolean,
    }
)


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


# Ignoring an invalid value of these could send names where the user does not want them.
_RESTRICTIVE = frozenset({"indexUrl", "trustedHosts", "private", "offline"})
_LISTS = frozenset({"trustedHosts", "private"})


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
    if not isinstance(table, Mapping):
        message = "the settings must be an object"
        report(message)
        return base._replace(errors=(*base.errors, message))
    changes: dict[str, Any] = {}
    errors = [error for error in base.errors if not any(f" {SECTION}.{key}: " in error for key in table)]
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            # An object is another section: some editors send the settings of all servers, or trace levels.
            if key not in _EXTENSION_SETTINGS and not isinstance(value, Mapping):
                report(one_line(f"unknown setting {SECTION}.{key}; {suggest(key, tuple(_READERS))}"))
            continue
        field = _field(key)
        if value is None or value == "":
            changes[field] = Settings._field_defaults[field]
            continue
        try:
            changes[field] = reader(_as_list(value) if key in _LISTS else value, (key,))
        except ConfigError as error:
            message = one_line(f"invalid setting {SECTION}.{key}: {error}. {error.help}".rstrip(". "))
            report(message)
            if key in _RESTRICTIVE:
                errors.append(message)
    return base._replace(**changes, errors=tuple(errors))


def _as_list(value: object) -> object:
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, tuple) else value


def _field(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
