"""Locate the configuration files of pip and uv for the user and the machine on all platforms.

pip: "Configuration Files" in its user guide. uv: "Configuration files" and "Storage directories" in its reference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from mothball.model.file_names import UV_TOML
from mothball.repository.paths import is_inside, repository_root

_WINDOWS = "win32"
_ETC = "/etc"


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


def is_user_setting(path: str, environment: Mapping[str, str]) -> bool:
    """Return True if the configuration file at ``path`` belongs to the user, and not to a repository.

    A virtual environment or a relative path may be inside a repository: a file that is committed there must not decide
    where credentials are sent.
    """
    virtual_env = environment.get("VIRTUAL_ENV", "")
    if os.path.isabs(path) and not (virtual_env and is_inside(path, virtual_env.rstrip(os.sep))):
        return True
    return not any(map(_is_in_repository, (os.path.abspath(path), os.path.realpath(path))))


def _is_in_repository(path: str) -> bool:
    """Return True if ``path`` is inside a repository or below the working directory."""
    root = repository_root(path)
    return os.path.lexists(os.path.join(root, ".git")) or is_inside(path, os.getcwd())


def uv_files(environment: Mapping[str, str], platform: str) -> Iterator[str]:
    """Yield the uv.toml of the user and of the system, or that of ``UV_CONFIG_FILE``; the first takes precedence."""
    if environment.get("UV_CONFIG_FILE"):
        yield environment["UV_CONFIG_FILE"]
    elif not is_on(environment.get("UV_NO_CONFIG", "")):
        home = _home(environment, platform)
        if platform == _WINDOWS:
            user = _absolute(environment, "APPDATA")
            system = [_below(_absolute(environment, "PROGRAMDATA") or "C:\\ProgramData", "uv")]
        else:
            user = _xdg_home(environment, home)
            system = [*(_below(directory, "uv") for directory in _xdg_directories(environment)), _below(_ETC, "uv")]
        for directory in filter(None, (_below(user, "uv"), *_first_with(system, UV_TOML))):
            yield os.path.join(directory, UV_TOML)


def absolute_path(path: str) -> str:
    """Return ``path`` with ``~`` expanded, empty if it is relative and so could be inside a repository."""
    expanded = os.path.expanduser(path)
    return expanded if os.path.isabs(expanded) else ""


def is_on(value: str) -> bool:
    """Return the value of a boolean option as uv and pip parse it; unknown values are true."""
    return value.strip().lower() not in {"", "0", "f", "false", "n", "no", "off"}


def _first_with(directories: list[str], name: str) -> list[str]:
    """Return the first of ``directories`` that contains a file ``name``: uv reads only one system file."""
    return next(([directory] for directory in directories if os.path.exists(os.path.join(directory, name))), [])


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
