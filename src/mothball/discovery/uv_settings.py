"""Read uv's settings for indexes and connections from its ``UV_...`` variables and the uv.toml of user and system."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mothball.config.connection_settings import InstallerSetting, UserIndex, UvConnection, UvSettings
from mothball.model.document import ToolIndex
from mothball.model.errors import UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.repository.files import read_utf8

if TYPE_CHECKING:
    from mothball.model.document import LineIndex

# Roles of indexes from [[index]] tables; other roles are names of settings.
_TABLE_ROLES = ("index", "default", "explicit", "flat")
# Variables for connections, with the keys of a uv.toml that they override. `client-cert` has no key.
_VARIABLES = {
    "UV_INSECURE_HOST": "allow-insecure-host",
    "UV_NATIVE_TLS": "native-tls",
    "UV_SYSTEM_CERTS": "system-certs",
    "SSL_CLIENT_CERT": "client-cert",
}
# Keys for connections in a uv.toml, with the separator of a list.
_SEPARATORS = {
    "allow-insecure-host": " ",
    "native-tls": "",
    "system-certs": "",
    "http-proxy": "",
    "https-proxy": "",
    "no-proxy": ",",
}


class _UvToml(NamedTuple):
    """The settings of a uv.toml: indexes with their locations as ``PATH:LINE``, and keys for connections."""

    indexes: tuple[tuple[ToolIndex, str], ...] = ()
    connection: tuple[tuple[str, InstallerSetting], ...] = ()


def read_uv(environment: Mapping[str, str], platform: str) -> UvSettings:
    """Return uv's settings. Raises UnreadableFileError for a file that uv would reject too."""
    by_role: dict[str, list[UserIndex]] = {}
    connection: dict[str, list[InstallerSetting]] = {}
    ignored: list[InstallerSetting] = []
    for path in uv_files(environment, platform):
        is_user = is_user_setting(path, environment)
        file = _read_file(path)
        for key, setting in file.connection:
            if is_user:
                connection.setdefault(key, []).append(setting)
            else:
                ignored.append(InstallerSetting("the file may belong to a repository", setting.set_by))
        for index, location in file.indexes:
            set_by = (
                f"`{index.role}` in {location}"
                if index.role not in _TABLE_ROLES
                else f"[[index]] {index.name} in {location}"
            )
            by_role.setdefault(index.role, []).append(
                UserIndex(index.url, set_by, index.name, is_user, index.ignore_error_codes)
            )
    defaults = [*by_role.get("default", ()), *by_role.get("index-url", ())]
    env_default = next(
        (index for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") for index in _variable(environment, name)), None
    )
    return UvSettings(
        env_default,
        tuple(_variable(environment, "UV_INDEX")),
        tuple(_variable(environment, "UV_EXTRA_INDEX_URL")),
        defaults[0] if defaults else None,
        tuple(by_role.get("index", ())),
        tuple(by_role.get("extra-index-url", ())),
        tuple(by_role.get("explicit", ())),
        _first(by_role.get("no-index", ())),
        _connection(environment, connection, ignored),
        "UV_FIND_LINKS" if environment.get("UV_FIND_LINKS") else _first(by_role.get("find-links", ())),
    )


def _first(indexes: Sequence[UserIndex]) -> str:
    return indexes[0].set_by if indexes else ""


def _connection(
    environment: Mapping[str, str],
    from_files: Mapping[str, Sequence[InstallerSetting]],
    ignored: list[InstallerSetting],
) -> UvConnection:
    """Return the settings for connections from variables and the user's files; variables take precedence."""
    by_key = {key: list(settings) for key, settings in from_files.items()}
    for variable, key in _VARIABLES.items():
        if environment.get(variable, ""):
            by_key.setdefault(key, []).insert(0, InstallerSetting(environment[variable], variable))
    settings = {key: values[0] for key, values in by_key.items()}
    system_certs = next((settings[key] for key in ("system-certs", "native-tls") if key in settings), None)
    client_cert = settings.get("client-cert")
    if client_cert is not None and not absolute_path(client_cert.text):
        ignored.append(
            InstallerSetting("the path is not absolute, so it may lead into a repository", client_cert.set_by)
        )
        client_cert = None
    return UvConnection(
        tuple(by_key.get("allow-insecure-host", ())),
        system_certs if system_certs is not None and is_on(system_certs.text) else None,
        client_cert._replace(text=absolute_path(client_cert.text)) if client_cert else None,
        settings.get("http-proxy"),
        settings.get("https-proxy"),
        settings.get("no-proxy"),
        tuple(ignored),
    )


def _variable(environment: Mapping[str, str], variable: str) -> Iterator[UserIndex]:
    """Yield the indexes of a variable, which may be named: ``acme=https://index.example/simple/``."""
    for value in environment.get(variable, "").split():
        name, equals, url = value.partition("=")
        is_named = bool(equals) and "/" not in name and ":" not in name
        yield UserIndex(url, variable, name) if is_named else UserIndex(value, variable)


def _read_file(path: str) -> _UvToml:
    """Return the settings of a uv.toml. Raises UnreadableFileError for a file that uv would reject too."""
    if not os.path.exists(path):
        return _UvToml()
    from mothball.formats.manifests.tool_uv import read_uv_toml  # noqa: PLC0415 - most users have no such file
    from mothball.model.document import LineIndex  # noqa: PLC0415

    text = read_utf8(path)
    indexes, problem = read_uv_toml(text)
    lines = LineIndex(text)
    if problem is not None:
        location = lines.position(problem.span.start).line
        cause = f"uv configuration cannot be used: line {location}: {problem.message}"
        raise UnreadableFileError(path, cause, help_text=problem.help)
    return _UvToml(
        tuple((index, f"{path}:{lines.position(index.span.start).line}") for index in indexes),
        tuple(_connection_keys(path, text, lines)),
    )


def _connection_keys(path: str, text: str, lines: LineIndex) -> Iterator[tuple[str, InstallerSetting]]:
    """Yield the keys for connections in the uv.toml ``text``."""
    from mothball.formats.toml.api import find_span, scan_cached, to_mapping  # noqa: PLC0415 - see _read_file

    toml = scan_cached(text)
    table = to_mapping(toml)
    for key, separator in _SEPARATORS.items():
        span = find_span(toml, (key,))
        if key in table and span is not None:
            value = table[key]
            items = value if isinstance(value, list) else [value]
            location = f"`{key}` in {path}:{lines.position(span.start).line}"
            yield key, InstallerSetting(separator.join(str(item) for item in items), location)
