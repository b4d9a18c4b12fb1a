"""Read pip's settings for indexes and connections from its configuration files and ``PIP_...`` variables.

Files are read in pip's order. ``[install]`` takes precedence over ``[global]``, whichever file it is in, and a variable
over both (pip documentation, "Configuration", "Precedence / Override order").
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mothball.config.connection_settings import InstallerSetting, PipConnection, PipSettings, UserIndex
from mothball.model.document import LineIndex
from mothball.model.errors import UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.repository.files import read_utf8

if TYPE_CHECKING:
    from mothball.formats.ini.scanner import IniScan

# Alternative names of an option.
_ALIASES = {"pypi-url": "index-url"}
_SECTIONS = ("global", "install")
_VARIABLE = "PIP_"
# Options for connections, with the fields of ``PipConnection``. A file in a repository must not set them.
_CONNECTION = {
    "cert": "cert",
    "client-cert": "client_cert",
    "proxy": "proxy",
    "trusted-host": "trusted_host",
    "timeout": "timeout",
    "retries": "retries",
}
_PATHS = ("cert", "client-cert")


class _Value(NamedTuple):
    """A setting, and its source for display."""

    text: str
    set_by: str
    is_user_setting: bool = True


def read_pip(environment: Mapping[str, str], platform: str) -> PipSettings:
    """Return pip's settings. Raises UnreadableFileError for a file that pip would reject too."""
    values: dict[str, dict[str, _Value]] = {section: {} for section in _SECTIONS}
    ignored: list[InstallerSetting] = []
    for path in pip_files(environment, platform):
        if os.path.exists(path):
            is_user = is_user_setting(path, environment)
            for section, key, value in _read_file(path, is_user_setting=is_user):
                if key in _CONNECTION and not is_user:
                    ignored.append(InstallerSetting("the file may belong to a repository", value.set_by))
                else:
                    values[section][key] = value
    # An empty value resets the setting of an earlier file in the same section. If an option is set under both of its
    # names, pip uses the last one.
    ordered = [item for section in _SECTIONS for item in values[section].items() if item[1].text]
    settings = {_ALIASES.get(key, key): value for key, value in (*ordered, *_variables(environment))}
    default = settings.get("index-url")
    extra = settings.get("extra-index-url", _Value("", ""))
    no_index = settings.get("no-index", _Value("", ""))
    return PipSettings(
        UserIndex(default.text.strip(), default.set_by, is_user_setting=default.is_user_setting) if default else None,
        tuple(UserIndex(url, extra.set_by, is_user_setting=extra.is_user_setting) for url in extra.text.split()),
        no_index.set_by if is_on(no_index.text) else "",
        _connection(settings, ignored),
        settings.get("find-links", _Value("", "")).set_by,
    )


def _connection(settings: Mapping[str, _Value], ignored: list[InstallerSetting]) -> PipConnection:
    """Return the settings for connections; paths that are not absolute are added to ``ignored``."""
    fields: dict[str, InstallerSetting] = {}
    for key, field in _CONNECTION.items():
        text = settings[key].text.strip() if key in settings else ""
        used = absolute_path(text) if text and key in _PATHS else text
        if key == "proxy" and text and "://" not in text:
            used = f"http://{text}"
        if used:
            fields[field] = InstallerSetting(used, settings[key].set_by)
        elif text:
            ignored.append(
                InstallerSetting("the path is not absolute, so it may lead into a repository", settings[key].set_by)
            )
    return PipConnection(**fields, ignored=tuple(ignored))


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, _Value]]:
    """Yield the settings in variables by their keys in files, in the order of the environment."""
    for variable, value in environment.items():
        key = variable.removeprefix(_VARIABLE).lower().replace("_", "-")
        if value and variable == _VARIABLE + key.upper().replace("-", "_"):
            yield key, _Value(value, variable)


def _read_file(path: str, *, is_user_setting: bool) -> Iterator[tuple[str, str, _Value]]:
    """Yield section, key and value of every setting in a file."""
    try:
        text = read_utf8(path)
    except UnreadableFileError as error:
        if isinstance(error.__cause__, PermissionError):
            return  # pip ignores files without read permission
        raise
    from mothball.formats.ini.scanner import scan  # noqa: PLC0415 - most users have no such file

    ini = scan(text)
    lines = LineIndex(text)
    _raise_if_invalid(path, ini, lines)
    for section in ini.sections:
        for option in section.options if section.name in _SECTIONS else ():
            key = option.name.lower().replace("_", "-").removeprefix("--")
            value = "\n".join(line.slice(text) for line in option.lines)
            line = lines.position(option.span.start).line
            yield section.name, key, _Value(value, f"`{key}` in {path}:{line}", is_user_setting)


def _raise_if_invalid(path: str, ini: IniScan, lines: LineIndex) -> None:
    """Raise UnreadableFileError if pip would reject the file: the indexes to query are unknown then."""
    if ini.problems:
        first = min(ini.problems)
        line = lines.position(first.span.start).line
        cause = f"pip configuration cannot be used: line {line}: {first.message}"
        raise UnreadableFileError(path, cause, help_text=first.help)
