"""Read the settings of pip, uv and Pipenv that the user and the machine have, for indexes and connections.

pip: "Configuration" in its user guide. uv: "Configuration files" and "Storage directories" in its reference.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mothball.config.user_settings import (
    InstallerSetting,
    InstallerSettings,
    PipConnection,
    PipSettings,
    UserIndex,
    UserIndexUrl,
    UvConnection,
    UvSettings,
)
from mothball.model.document import LineIndex
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import UV_TOML
from mothball.model.records import NamedTuple
from mothball.repository.files import DISK
from mothball.repository.paths import is_inside, repository_root

if TYPE_CHECKING:
    from mothball.config.project import UserConfig
    from mothball.model.document import ParseProblem, ToolIndex

_WINDOWS = "win32"
_ETC = "/etc"
_IN_REPOSITORY = "the file may belong to a repository"
_NOT_ABSOLUTE = "the path is not absolute, so it may lead into a repository"

# Alternative names of an option of pip.
_PIP_ALIASES = {"pypi-url": "index-url"}
_PIP_SECTIONS = ("global", "install")
_PIP_VARIABLE = "PIP_"
# Options of pip for connections. A file in a repository must not set them.
_PIP_CONNECTION = ("cert", "client-cert", "proxy", "trusted-host", "timeout", "retries")
_PIP_PATHS = ("cert", "client-cert")

# Roles of indexes from [[index]] tables of uv; other roles are names of settings.
_UV_TABLE_ROLES = ("index", "default", "explicit", "flat")
# Variables for connections, with the keys of a uv.toml that they override. `client-cert` has no key.
_UV_VARIABLES = {
    "UV_INSECURE_HOST": "allow-insecure-host",
    "UV_NATIVE_TLS": "native-tls",
    "UV_SYSTEM_CERTS": "system-certs",
    "SSL_CLIENT_CERT": "client-cert",
}
# Keys for connections in a uv.toml, with the separator of a list.
_UV_SEPARATORS = {
    "allow-insecure-host": " ",
    "native-tls": "",
    "system-certs": "",
    "http-proxy": "",
    "https-proxy": "",
    "no-proxy": ",",
}


def with_installers(user: UserConfig, index_urls: tuple[UserIndexUrl, ...] = ()) -> UserConfig:
    """Return ``user`` with the settings of the installers: their index URLs, and those for connections.

    ``index_urls`` are those of the run, which come first. Raises like ``read_installers``, and ConfigError for a number
    that pip would reject too.
    """
    installers = read_installers()
    credentials, pip, uv = user.credentials, installers.pip.connection, installers.uv.connection
    pip.check_numbers()
    return user._replace(
        installers=installers,
        trusted_hosts=tuple(dict.fromkeys((*user.trusted_hosts, *pip.trusted_hosts, *uv.trusted_hosts))),
        credentials=credentials._replace(
            index_urls=(*index_urls, *credentials.index_urls, *installers.index_urls), pip=pip, uv=uv
        ),
    )


def read_installers(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> InstallerSettings:
    """Return the user's settings of pip, uv and Pipenv.

    Raises UnreadableFileError for a configuration file that its installer would reject too: the indexes to query are
    unknown then.
    """
    variables = os.environ if environment is None else environment
    mirror = variables.get("PIPENV_PYPI_MIRROR", "")
    return InstallerSettings(
        read_pip(variables, platform),
        read_uv(variables, platform),
        UserIndex(mirror, "PIPENV_PYPI_MIRROR") if mirror else None,
        variables,
    )


class _Value(NamedTuple):
    """A setting of pip, and its source for display."""

    text: str = ""
    set_by: str = ""
    is_user_setting: bool = True


def read_pip(environment: Mapping[str, str], platform: str) -> PipSettings:
    """Return pip's settings. Raises UnreadableFileError for a file that pip would reject too.

    ``[install]`` takes precedence over ``[global]``, whichever file it is in, and a variable over both.
    """
    values: dict[str, dict[str, _Value]] = {section: {} for section in _PIP_SECTIONS}
    ignored: list[InstallerSetting] = []
    for path in filter(os.path.exists, pip_files(environment, platform)):
        for section, key, value in _pip_file(path, is_user_setting=_is_user_setting(path, environment)):
            if key in _PIP_CONNECTION and not value.is_user_setting:
                ignored.append(InstallerSetting(_IN_REPOSITORY, value.set_by))
            else:
                values[section][key] = value
    # An empty value resets the setting of an earlier file in the same section. If an option is set under both of its
    # names, pip uses the last one.
    ordered = [item for section in _PIP_SECTIONS for item in values[section].items() if item[1].text]
    settings = {_PIP_ALIASES.get(key, key): value for key, value in (*ordered, *_pip_variables(environment))}
    default = settings.get("index-url")
    extra = settings.get("extra-index-url", _Value())
    no_index = settings.get("no-index", _Value())
    return PipSettings(
        UserIndex(default.text.strip(), default.set_by, is_user_setting=default.is_user_setting) if default else None,
        tuple(UserIndex(url, extra.set_by, is_user_setting=extra.is_user_setting) for url in extra.text.split()),
        no_index.set_by if _is_on(no_index.text) else "",
        _pip_connection(settings, ignored),
        settings.get("find-links", _Value()).set_by,
    )


def _pip_file(path: str, *, is_user_setting: bool) -> Iterator[tuple[str, str, _Value]]:
    """Yield section, key and value of every setting in a file."""
    try:
        text = DISK.read_utf8(path)
    except UnreadableFileError as error:
        if isinstance(error.__cause__, PermissionError):
            return  # pip ignores files without read permission
        raise
    from mothball.formats.ini.scanner import scan  # noqa: PLC0415 - most users have no such file

    ini, lines = scan(text), LineIndex(text)
    if ini.problems:
        raise _unusable("pip", path, min(ini.problems), lines)
    for section in ini.sections:
        for option in section.options if section.name in _PIP_SECTIONS else ():
            key = option.name.lower().replace("_", "-").removeprefix("--")
            value = "\n".join(line.slice(text) for line in option.lines)
            line = lines.position(option.span.start).line
            yield section.name, key, _Value(value, f"`{key}` in {path}:{line}", is_user_setting)


def _pip_variables(environment: Mapping[str, str]) -> Iterator[tuple[str, _Value]]:
    """Yield the settings in variables by their keys in files, in the order of the environment."""
    for variable, value in environment.items():
        key = variable.removeprefix(_PIP_VARIABLE).lower().replace("_", "-")
        if value and variable == _PIP_VARIABLE + key.upper().replace("-", "_"):
            yield key, _Value(value, variable)


def _pip_connection(settings: Mapping[str, _Value], ignored: list[InstallerSetting]) -> PipConnection:
    """Return the settings for connections; paths that are not absolute are added to ``ignored``."""
    fields: dict[str, InstallerSetting] = {}
    for key in _PIP_CONNECTION:
        value = settings.get(key, _Value())
        text = value.text.strip()
        used = _absolute_path(text) if text and key in _PIP_PATHS else text
        if key == "proxy" and text and "://" not in text:
            used = f"http://{text}"
        if used:
            fields[key.replace("-", "_")] = InstallerSetting(used, value.set_by)
        elif text:
            ignored.append(InstallerSetting(_NOT_ABSOLUTE, value.set_by))
    return PipConnection(**fields, ignored=tuple(ignored))


def read_uv(environment: Mapping[str, str], platform: str) -> UvSettings:
    """Return uv's settings. Raises UnreadableFileError for a file that uv would reject too."""
    by_role: dict[str, list[UserIndex]] = {}
    pip_defaults: list[UserIndex] = []
    # The first setting of a key applies: variables take precedence.
    connection: dict[str, list[InstallerSetting]] = {
        key: [InstallerSetting(environment[variable], variable)]
        for variable, key in _UV_VARIABLES.items()
        if environment.get(variable)
    }
    ignored: list[InstallerSetting] = []
    for path in filter(os.path.exists, uv_files(environment, platform)):
        is_user = _is_user_setting(path, environment)
        indexes, settings = _uv_file(path)
        for key, setting in settings:
            if is_user:
                connection.setdefault(key, []).append(setting)
            else:
                ignored.append(InstallerSetting(_IN_REPOSITORY, setting.set_by))
        for index, location in indexes:
            set_by = f"[[index]] {index.name}" if index.role in _UV_TABLE_ROLES else f"`{index.role}`"
            named = UserIndex(index.url, f"{set_by} in {location}", index.name, is_user, index.ignore_error_codes)
            by_role.setdefault(index.role, []).append(named)
            if index.scope and index.role == "index-url":
                pip_defaults.append(named)
    variables = [index for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") for index in _uv_variable(environment, name)]
    defaults = [*by_role.get("default", ()), *by_role.get("index-url", ())]
    return UvSettings(
        variables[0] if variables else None,
        tuple(_uv_variable(environment, "UV_INDEX")),
        tuple(_uv_variable(environment, "UV_EXTRA_INDEX_URL")),
        defaults[0] if defaults else None,
        tuple(by_role.get("index", ())),
        tuple(by_role.get("extra-index-url", ())),
        tuple(by_role.get("explicit", ())),
        next((index.set_by for index in by_role.get("no-index", ())), ""),
        _uv_connection(connection, ignored),
        "UV_FIND_LINKS"
        if environment.get("UV_FIND_LINKS")
        else next((index.set_by for index in by_role.get("find-links", ())), ""),
        pip_defaults[0] if pip_defaults and "default" not in by_role else None,
    )


def _uv_variable(environment: Mapping[str, str], variable: str) -> Iterator[UserIndex]:
    """Yield the indexes of a variable, which may be named: ``acme=https://index.example/simple/``."""
    for value in environment.get(variable, "").split():
        name, equals, url = value.partition("=")
        is_named = bool(equals) and "/" not in name and ":" not in name
        yield UserIndex(url, variable, name) if is_named else UserIndex(value, variable)


def _uv_file(path: str) -> tuple[list[tuple[ToolIndex, str]], list[tuple[str, InstallerSetting]]]:
    """Return the indexes in a uv.toml with their locations, and its connection keys. Raises UnreadableFileError."""
    from mothball.formats.manifests.tool_uv import read_uv_toml  # noqa: PLC0415 - most users have no such file
    from mothball.formats.toml.scanner import scan_cached  # noqa: PLC0415
    from mothball.formats.toml.values import find_span, to_mapping  # noqa: PLC0415

    text = DISK.read_utf8(path)
    lines = LineIndex(text)
    indexes, problem = read_uv_toml(text)
    if problem is not None:
        raise _unusable("uv", path, problem, lines)
    toml = scan_cached(text)
    table = to_mapping(toml)
    connection = []
    for key, separator in _UV_SEPARATORS.items():
        span = find_span(toml, (key,))
        if key in table and span is not None:
            value = table[key]
            items = value if isinstance(value, list) else [value]
            location = f"`{key}` in {path}:{lines.position(span.start).line}"
            connection.append((key, InstallerSetting(separator.join(map(str, items)), location)))
    return [(index, f"{path}:{lines.position(index.span.start).line}") for index in indexes], connection


def _uv_connection(by_key: Mapping[str, Sequence[InstallerSetting]], ignored: list[InstallerSetting]) -> UvConnection:
    """Return the settings for connections; a path that is not absolute is added to ``ignored``."""
    settings = {key: values[0] for key, values in by_key.items()}
    system_certs = settings.get("system-certs", settings.get("native-tls"))
    client_cert = settings.get("client-cert")
    if client_cert is not None:
        path = _absolute_path(client_cert.text)
        if not path:
            ignored.append(InstallerSetting(_NOT_ABSOLUTE, client_cert.set_by))
        client_cert = InstallerSetting(path, client_cert.set_by) if path else None
    return UvConnection(
        tuple(by_key.get("allow-insecure-host", ())),
        system_certs if system_certs is not None and _is_on(system_certs.text) else None,
        client_cert,
        settings.get("http-proxy"),
        settings.get("https-proxy"),
        settings.get("no-proxy"),
        tuple(ignored),
    )


def _unusable(tool: str, path: str, problem: ParseProblem, lines: LineIndex) -> UnreadableFileError:
    """Return the error for a file that its installer would reject: the indexes to query are unknown then."""
    line = lines.position(problem.span.start).line
    cause = f"{tool} configuration cannot be used: line {line}: {problem.message}"
    return UnreadableFileError(path, cause, help_text=problem.help)


def pip_files(environment: Mapping[str, str], platform: str) -> Iterator[str]:
    """Yield the paths of pip's configuration files; later files override earlier ones.

    Yields nothing if ``PIP_CONFIG_FILE`` is the null device. The site file is that of ``VIRTUAL_ENV``, as mothball may
    be installed in another environment than the project.
    """
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return
    name = "pip.ini" if platform == _WINDOWS else "pip.conf"
    for directory in _pip_directories(environment, platform, skip_user=bool(chosen) and os.path.exists(chosen)):
        yield os.path.join(directory, name)
    if chosen:
        yield chosen


def _pip_directories(environment: Mapping[str, str], platform: str, *, skip_user: bool) -> Iterator[str]:
    """Yield the directories of the machine, of the user unless ``skip_user``, and of the virtual environment."""
    home = _home(environment, platform)
    match platform:
        case "win32":
            machine = [_below(_absolute(environment, "PROGRAMDATA") or "C:\\ProgramData", "pip")]
            user = [_below(home, "pip"), _below(_absolute(environment, "APPDATA"), "pip")]
        case "darwin":
            support = _below(home, "Library", "Application Support", "pip")
            machine = ["/Library/Application Support/pip"]
            user = [_below(home, ".pip"), support if os.path.isdir(support) else _below(home, ".config", "pip")]
        case _:
            machine = [*(_below(directory, "pip") for directory in _xdg_directories(environment)), _ETC]
            user = [_below(home, ".pip"), _below(_xdg_home(environment, home), "pip")]
    yield from machine
    if not skip_user:
        yield from filter(None, user)
    if _absolute(environment, "VIRTUAL_ENV"):
        yield environment["VIRTUAL_ENV"]


def _is_user_setting(path: str, environment: Mapping[str, str]) -> bool:
    """Return True if the configuration file at ``path`` belongs to the user, and not to a repository.

    A virtual environment or a relative path may be inside a repository: a file that is committed there must not decide
    where credentials are sent.
    """
    virtual_env = environment.get("VIRTUAL_ENV", "")
    if os.path.isabs(path) and not (virtual_env and is_inside(path, virtual_env.rstrip(os.sep))):
        return True
    return not any(
        os.path.lexists(os.path.join(repository_root(each), ".git")) or is_inside(each, os.getcwd())
        for each in (os.path.abspath(path), os.path.realpath(path))
    )


def uv_files(environment: Mapping[str, str], platform: str) -> Iterator[str]:
    """Yield the uv.toml of the user and of the system, or that of ``UV_CONFIG_FILE``; the first takes precedence."""
    if environment.get("UV_CONFIG_FILE"):
        yield environment["UV_CONFIG_FILE"]
    elif not _is_on(environment.get("UV_NO_CONFIG", "")):
        home = _home(environment, platform)
        if platform == _WINDOWS:
            user = _absolute(environment, "APPDATA")
            system = [_below(_absolute(environment, "PROGRAMDATA") or "C:\\ProgramData", "uv")]
        else:
            user = _xdg_home(environment, home)
            system = [*(_below(directory, "uv") for directory in _xdg_directories(environment)), _below(_ETC, "uv")]
        paths = [os.path.join(directory, UV_TOML) for directory in system]
        # uv reads only one file of the system.
        found = next(filter(os.path.exists, paths), "")
        yield from filter(None, (_below(user, "uv", UV_TOML), found))


def _absolute_path(path: str) -> str:
    """Return ``path`` with ``~`` expanded, empty if it is relative and so could be inside a repository."""
    expanded = os.path.expanduser(path)
    return expanded if os.path.isabs(expanded) else ""


def _is_on(value: str) -> bool:
    """Return the value of a boolean option as uv and pip parse it; unknown values are true."""
    return value.strip().lower() not in {"", "0", "f", "false", "n", "no", "off"}


def _home(environment: Mapping[str, str], platform: str) -> str:
    return _absolute(environment, "USERPROFILE" if platform == _WINDOWS else "HOME")


def _xdg_home(environment: Mapping[str, str], home: str) -> str:
    return _absolute(environment, "XDG_CONFIG_HOME") or _below(home, ".config")


def _xdg_directories(environment: Mapping[str, str]) -> list[str]:
    chosen = environment.get("XDG_CONFIG_DIRS", "") or "/etc/xdg"
    return [directory for directory in chosen.split(":") if os.path.isabs(directory)]


def _absolute(environment: Mapping[str, str], variable: str) -> str:
    """Return the directory in ``variable``, empty if it is relative and so could be inside a repository."""
    directory = environment.get(variable, "")
    return directory if os.path.isabs(directory) else ""


def _below(directory: str, *names: str) -> str:
    """Return a path below ``directory``, empty if ``directory`` is."""
    return os.path.join(directory, *names) if directory else ""
