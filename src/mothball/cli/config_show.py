"""The command ``mothball config show``: the effective settings, each with its origin. Secrets are not shown."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mothball.cli.common import set_up
from mothball.config.installers import InstallerSettings, UserIndex
from mothball.config.project import DEFAULT_INDEX, DEFAULT_MAX_AGE, ConfigOverrides
from mothball.config.user_directories import cache_directory, user_config_file
from mothball.discovery.config_lookup import table_path
from mothball.discovery.configured_settings import ConfiguredSetting, configured_settings
from mothball.model.findings import Rule
from mothball.model.records import NamedTuple
from mothball.model.sanitize import escape_log_commands, one_line, strip_credentials
from mothball.report.concise import problem_line
from mothball.report.json import VERSION
from mothball.repository.files import repository_root

# Keys of which the value of the user takes precedence over that of the project.
_USER_FIRST = ("offline", "status-index")
# Keys of which the values of project and user are combined.
_COMBINED = ("private",)
_DEFAULTS: Mapping[str, object] = {
    "index-url": DEFAULT_INDEX,
    "offline": False,
    "max-age": f"{DEFAULT_MAX_AGE / 3600:g}h",
    "keyring-provider": "auto",
    "allow-local-indexes": False,
}
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


def show(arguments: argparse.Namespace) -> int:
    """Print the effective settings for the working directory and return 0, or 2 if the configuration is invalid.

    Raises UsageError like ``set_up``.
    """
    setup = set_up(arguments)
    directory = os.getcwd()
    resolved = setup.config_resolver.resolve(os.path.join(directory, "any-file"), repository_root(directory))
    path = os.path.abspath(resolved.path) if resolved is not None and resolved.path else ""
    rows = [
        *_own_rows(_settings(path), _settings(user_config_file()), setup.overrides),
        *_installer_rows(setup.user.installers),
        *_variable_rows(os.environ),
    ]
    credentials = setup.user.credentials
    ignored = [*credentials.pip.ignored, *credentials.uv.ignored]
    if arguments.output == "json":
        document: dict[str, Any] = {
            "version": VERSION,
            "project_configuration": path or None,
            "user_configuration": user_config_file(),
            "cache": cache_directory(),
            "settings": [row._asdict() for row in rows],
            "ignored": [{"setting": one_line(setting.set_by), "reason": setting.text} for setting in ignored],
        }
        sys.stdout.write(escape_log_commands(json.dumps(document, indent=2)) + "\n")
    else:
        sys.stdout.write(f"# project configuration: {one_line(path, 1000) or 'none'}\n")
        exists = "" if os.path.exists(user_config_file()) else " (does not exist)"
        sys.stdout.write(f"# user configuration: {one_line(user_config_file(), 1000)}{exists}\n")
        sys.stdout.write("".join(f"{line}\n" for line in _lines(rows)))
        for setting in ignored:
            sys.stdout.write(f"# ignored: {one_line(setting.set_by)}: {setting.text}\n")
    for problem in setup.config_resolver.problems:
        sys.stderr.write(f"{problem_line(problem)}\n")
    return 2 if resolved is None else 0


def _settings(path: str) -> tuple[ConfiguredSetting, ...]:
    return tuple(configured_settings(path, table_path(path))) if path and os.path.exists(path) else ()


def _own_rows(
    project: Iterable[ConfiguredSetting], user: Iterable[ConfiguredSetting], overrides: ConfigOverrides
) -> Iterator[_Row]:
    """Yield the effective settings of mothball, by the precedence of ``resolve_network``."""
    rows: dict[tuple[str, ...], _Row] = {(key,): _row((key,), value, "default") for key, value in _DEFAULTS.items()}
    combined: list[_Row] = []
    by_source = {"user": user, "project": project}
    for source in ("user", "project"):
        for key, value, location in by_source[source]:
            row = _row(key, value, location)
            if key[0] in _COMBINED:
                combined.append(row)
            elif source == "user" or _project_wins(key, value, rows.get(key)):
                rows[key] = row
    for key, value, variable in _overrides(overrides):
        if key[0] == "severity":
            rows = {known: row for known, row in rows.items() if known[0] != "severity" or known[1] != key[1]}
        rows[key] = _row(key, value, variable)
    yield from sorted((*rows.values(), *combined), key=lambda row: row.key)


def _project_wins(key: tuple[str, ...], value: object, other: _Row | None) -> bool:
    """Return True if the setting of the project replaces ``other``, that of the user or the default."""
    if other is None or other.origin == "default":
        return True
    if key[0] == "indexes":  # `public` can only be added
        return key[-1] == "public" and value is True
    return key[0] not in _USER_FIRST


def _overrides(overrides: ConfigOverrides) -> Iterator[tuple[tuple[str, ...], object, str]]:
    if overrides.index_url:
        yield ("index-url",), overrides.index_url, overrides.index_set_by
    if overrides.offline:
        yield ("offline",), True, "MOTHBALL_OFFLINE"
    if overrides.unverified is not None:
        yield ("severity", str(Rule.UNVERIFIED)), str(overrides.unverified), "MOTHBALL_UNVERIFIED"


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


def _lines(rows: Iterable[_Row]) -> Iterator[str]:
    shown = [
        (f"{key} = {json.dumps(value, ensure_ascii=False)}", f"{origin}{' (credentials not shown)' if secret else ''}")
        for key, value, origin, secret in rows
    ]
    width = min(max((len(setting) for setting, _ in shown), default=0), 60)
    for setting, origin in shown:
        yield f"{setting:<{width}}  # {origin}"
