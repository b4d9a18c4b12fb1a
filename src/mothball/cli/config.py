"""The command ``mothball config``: show the effective settings, the path of the user's file, or the JSON Schema.

Each setting is shown with its origin. Secrets are not shown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mothball.cli.common import print_problems, requested_index_urls, set_up
from mothball.config.project import DEFAULT_INDEX, DEFAULT_MAX_AGE, ConfigOverrides, Level, effective, is_combined
from mothball.config.user_settings import InstallerSettings, UserIndex, UserIndexUrl, cache_directory, user_config_file
from mothball.discovery.config_lookup import ConfiguredSetting, configured_settings, table_path
from mothball.model.errors import UnreadableFileError, UsageError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Rule
from mothball.model.sanitize import one_line, strip_credentials
from mothball.report.json import VERSION, json_text

_DEFAULTS: Mapping[str, object] = {
    "index-url": DEFAULT_INDEX,
    "offline": False,
    "max-age": f"{DEFAULT_MAX_AGE / 3600:g}h",
    "keyring-provider": "auto",
    "allow-local-indexes": False,
}
_DEFAULT = "default"
# Keys of rows with settings of installers that may come before the built-in default index.
_INSTALLER_INDEXES = (
    *("pip.index-url", "pip.extra-index-url", "pip.no-index", "uv.default-index", "uv.index", "uv.extra-index-url"),
    *("uv.no-index", "pipenv.mirror"),
)
_VARIABLES = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"),
    *("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"),
)
_CREDENTIAL_VARIABLE = r"UV_INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)"
_BARE_KEY = r"[A-Za-z0-9_-]+"


class _Row(NamedTuple):
    """A setting for display; ``has_secret`` is True if a part of its value is not shown."""

    key: str
    value: object
    origin: str
    has_secret: bool = False


def run(arguments: argparse.Namespace) -> int:
    """Run the action and return the exit code."""
    for option, is_set, action in (
        ("--format json", arguments.output == "json", "show"),
        ("--user", arguments.user, "schema"),
    ):
        if is_set and arguments.action != action:
            raise UsageError(f"{option} only applies to `mothball config {action}`", help_text=f"remove {option}")
    match arguments.action:
        case "path":
            sys.stdout.write(f"{user_config_file()}\n")
        case "schema":
            from mothball.config.json_schema import render_schema  # noqa: PLC0415 - one action per run

            sys.stdout.write(render_schema(user=arguments.user))
        case _:
            return _show(arguments)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    """Print the effective settings for the working directory and return 0, or 2 if the configuration is invalid."""
    setup = set_up(arguments)
    resolved = setup.config_of(os.getcwd())
    path = os.path.abspath(resolved.path) if resolved is not None and resolved.path else ""
    rows = [
        *_own_rows(_settings(path), _settings(user_config_file()), setup.overrides, requested_index_urls(arguments)),
        *_installer_rows(setup.user.installers),
        *_variable_rows(os.environ),
    ]
    credentials = setup.user.credentials
    ignored = [(one_line(each.set_by), each.text) for each in (*credentials.pip.ignored, *credentials.uv.ignored)]
    if os.path.basename(path) == MOTHBALL_TOML and arguments.config is None:
        shadowed = _settings(os.path.join(os.path.dirname(path), PYPROJECT_TOML))
        ignored += [(one_line(setting.location), f"{MOTHBALL_TOML} takes precedence") for setting in shadowed]
    if arguments.output == "json":
        document: dict[str, Any] = {
            "version": VERSION,
            "project_configuration": path or None,
            "user_configuration": user_config_file(),
            "cache": cache_directory(),
            "settings": [row._asdict() for row in rows],
            "ignored": [{"setting": setting, "reason": reason} for setting, reason in ignored],
        }
        sys.stdout.write(json_text(document))
    else:
        invalid = next((problem.path for problem in setup.config_resolver.problems if resolved is None), None)
        shown = f"{one_line(invalid, 1000)} (invalid)" if invalid else one_line(path, 1000) or "none"
        sys.stdout.write(f"# project configuration: {shown}\n")
        exists = "" if os.path.exists(user_config_file()) else " (does not exist)"
        sys.stdout.write(f"# user configuration: {one_line(user_config_file(), 1000)}{exists}\n")
        sys.stdout.write("".join(f"{line}\n" for line in _lines(rows)))
        for setting, reason in ignored:
            sys.stdout.write(f"# ignored: {setting}: {reason}\n")
    print_problems((), setup.config_resolver.problems)
    return 2 if resolved is None else 0


def _settings(path: str) -> tuple[ConfiguredSetting, ...]:
    """Return the settings in the file at ``path``, none if it cannot be read."""
    try:
        return tuple(configured_settings(path, table_path(path))) if path and os.path.exists(path) else ()
    except UnreadableFileError:
        return ()


def _own_rows(
    project: Iterable[ConfiguredSetting],
    user: Iterable[ConfiguredSetting],
    overrides: ConfigOverrides,
    index_urls: Iterable[UserIndexUrl],
) -> Iterator[_Row]:
    """Yield the effective settings of mothball; ``index_urls`` are those of the command line or environment."""
    combined: list[ConfiguredSetting] = []
    by_key: dict[tuple[str, ...], dict[Level, ConfiguredSetting]] = {}
    requested = [ConfiguredSetting(("index-url",), index.url, index.set_by) for index in index_urls]
    for level, settings in (
        (Level.USER, user),
        (Level.PROJECT, project),
        (Level.OVERRIDE, [*requested, *_overrides(overrides)]),
    ):
        for setting in settings:
            if is_combined(setting.key):
                combined.append(setting)
            elif overrides.unverified is None or not _is_unverified_of_project(setting.key, level):
                by_key.setdefault(setting.key, {})[level] = setting
    set_keys = {key[0] for key in by_key}
    defaults = [ConfiguredSetting((key,), value, _DEFAULT) for key, value in _DEFAULTS.items() if key not in set_keys]
    chosen = [_effective_setting(key, by_level) for key, by_level in by_key.items()]
    rows = (_row(setting.key, setting.value, setting.location) for setting in (*defaults, *chosen, *combined))
    yield from sorted(rows, key=lambda row: row.key)


def _effective_setting(key: tuple[str, ...], by_level: Mapping[Level, ConfiguredSetting]) -> ConfiguredSetting:
    _, level = effective(key, {level: setting.value for level, setting in by_level.items()})
    return by_level[level or Level.PROJECT]


def _is_unverified_of_project(key: tuple[str, ...], level: Level) -> bool:
    """Return True for the severity of `unverified`, with or without a scope, in a file: the variable replaces all."""
    return key[0] == "severity" and key[1].partition(".")[0] == Rule.UNVERIFIED and level is not Level.OVERRIDE


def _overrides(overrides: ConfigOverrides) -> Iterator[ConfiguredSetting]:
    if overrides.offline:
        yield ConfiguredSetting(("offline",), value=True, location="MOTHBALL_OFFLINE")
    if overrides.allow_local_indexes:
        yield ConfiguredSetting(("allow-local-indexes",), value=True, location="MOTHBALL_ALLOW_LOCAL_INDEXES")
    if overrides.unverified is not None:
        yield ConfiguredSetting(("severity", str(Rule.UNVERIFIED)), str(overrides.unverified), "MOTHBALL_UNVERIFIED")


def _installer_rows(installers: InstallerSettings) -> Iterator[_Row]:
    pip, uv = installers.pip, installers.uv
    indexes: tuple[tuple[str, Iterable[UserIndex | None]], ...] = (
        ("pip.index-url", [pip.default]),
        ("pip.extra-index-url", pip.extra),
        ("uv.default-index", [uv.default or uv.file_default]),
        ("uv.index", (*uv.indexes, *uv.file_indexes, *uv.explicit)),
        ("uv.extra-index-url", (*uv.extra, *uv.file_extra)),
        ("pipenv.mirror", [installers.pipenv_mirror]),
    )
    for key, found in indexes:
        for index in found:
            if index is not None:
                yield _row(tuple(key.split(".")), index.url, index.set_by)
    for key, set_by in (("pip.no-index", pip.no_index), ("uv.no-index", uv.no_index)):
        if set_by:
            yield _row(tuple(key.split(".")), value=True, origin=set_by)
    for key, setting in pip.connection.settings():
        yield _row(("pip", key), setting.text, setting.set_by)
    for key, setting in uv.connection.settings():
        yield _row(("uv", key), setting.text, setting.set_by)


def _variable_rows(environment: Mapping[str, str]) -> Iterator[_Row]:
    for variable in _VARIABLES:
        if environment.get(variable):
            yield _row((variable,), environment[variable], "environment")
    for variable in sorted(environment):
        if re.fullmatch(_CREDENTIAL_VARIABLE, variable):
            yield _Row(variable, "…", "environment", has_secret=True)


def _row(key: tuple[str, ...], value: object, origin: str) -> _Row:
    """Return the row for a setting; credentials in URLs are removed."""
    shown, has_secret = _masked(value)
    parts = [part if re.fullmatch(_BARE_KEY, part) else json.dumps(one_line(part), ensure_ascii=False) for part in key]
    return _Row(".".join(parts), shown, one_line(origin, 1000), has_secret)


def _masked(value: object) -> tuple[object, bool]:
    """Return ``value`` as a JSON value without secrets and control characters, and whether it contained a secret."""
    match value:
        case bool() | int() | float() | None:
            return value, False
        case str():
            # An URL, also of a proxy without a scheme.
            shown = strip_credentials(value) if "@" in value or "://" in value else value
            return one_line(shown, 1000), shown != value
        case Mapping():
            masked = {one_line(str(key)): _masked(entry) for key, entry in value.items()}
            return {key: entry for key, (entry, _) in masked.items()}, any(secret for _, secret in masked.values())
        case list() | tuple():
            items = [_masked(entry) for entry in value]
            return [entry for entry, _ in items], any(secret for _, secret in items)
        case _:  # a date
            return one_line(str(value)), False


def _lines(rows: Sequence[_Row]) -> Iterator[str]:
    indexes = list(dict.fromkeys(row.key for row in rows if row.key in _INSTALLER_INDEXES))
    shown = []
    for key, value, origin, has_secret in rows:
        comment = f"{origin} (credentials not shown)" if has_secret else origin
        if indexes and (key, origin) == ("index-url", _DEFAULT):
            verb = "comes first where it applies" if len(indexes) == 1 else "come first where they apply"
            comment = f"default; {', '.join(indexes)} {verb}, see `mothball explain NAME`"
        shown.append((f"{key} = {json.dumps(value, ensure_ascii=False)}", comment))
    width = min(max((len(setting) for setting, _ in shown), default=0), 60)
    for setting, origin in shown:
        yield f"{setting:<{width}}  # {origin}"
