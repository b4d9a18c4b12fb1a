"""Where pip and uv keep the configuration of the user and of the machine, on every system.

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
    """Yield where pip looks, what is read later overriding what is read before; nothing where it is told so.

    The environment of the project is that of ``VIRTUAL_ENV``: mothball itself may be installed in another one.
    """
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return
    name = "pip.ini" if platform == _WINDOWS else "pip.conf"
    for directory in _pip_directories(environment, platform, is_alone=bool(chosen) and os.path.exists(chosen)):
        yield os.path.join(directory, name)
    if chosen:
        yield chosen


def _pip_directories(environment: Mapping[str, str], platform: str, *, is_alone: bool) -> Iterator[str]:
    """Yield the directories of the machine, of the user unless a chosen file stands alone, of the environment."""
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
            machine = [*(_below(one, "pip") for one in _xdg_directories(environment)), _ETC]
            user = [_below(home, ".pip"), _below(_xdg_home(environment, home), "pip")]
    yield from machine
    if not is_alone:
        yield from filter(None, user)
    if _absolute(environment, "VIRTUAL_ENV"):
        yield environment["VIRTUAL_ENV"]


def is_user_setting(path: str, environment: Mapping[str, str]) -> bool:
    """Return whether the configuration at ``path``, one of those above, is the user's word and not a repository's.

    An environment may lie in a repository, and a relative path leads into whichever one stands there: a file that is
    committed there must not say where credentials may go.
    """
    surroundings = environment.get("VIRTUAL_ENV", "")
    if os.path.isabs(path) and not (surroundings and is_inside(path, surroundings.rstrip(os.sep))):
        return True
    return not any(map(_is_in_repository, (os.path.abspath(path), os.path.realpath(path))))


def _is_in_repository(path: str) -> bool:
    """Return whether ``path`` lies in a repository, or below the working directory where that is in none."""
    root, here = repository_root(path), os.getcwd()
    return os.path.lexists(os.path.join(root, ".git")) or is_inside(path, here)


def uv_files(environment: Mapping[str, str], platform: str) -> Iterator[str]:
    """Yield the user's uv.toml and the system's, or the one that is chosen instead of them; what comes first counts."""
    if environment.get("UV_CONFIG_FILE"):
        yield environment["UV_CONFIG_FILE"]
    elif not is_on(environment.get("UV_NO_CONFIG", "")):
        home = _home(environment, platform)
        if platform == _WINDOWS:
            user = _absolute(environment, "APPDATA")
            system = [_below(_absolute(environment, "PROGRAMDATA") or "C:\\ProgramData", "uv")]
        else:
            user = _xdg_home(environment, home)
            system = [*(_below(one, "uv") for one in _xdg_directories(environment)), _below(_ETC, "uv")]
        for directory in filter(None, (_below(user, "uv"), *_first_with(system, UV_TOML))):
            yield os.path.join(directory, UV_TOML)


def is_on(value: str) -> bool:
    """Return whether a switch is on, as uv and pip read switches; what is neither on nor off is on."""
    return value.strip().lower() not in {"", "0", "f", "false", "n", "no", "off"}


def _first_with(directories: list[str], name: str) -> list[str]:
    """Return the first of ``directories`` that holds a file ``name``: uv reads one system file and no more."""
    return next(([one] for one in directories if os.path.exists(os.path.join(one, name))), [])


def _home(environment: Mapping[str, str], platform: str) -> str:
    return _absolute(environment, "USERPROFILE" if platform == _WINDOWS else "HOME")


def _xdg_home(environment: Mapping[str, str], home: str) -> str:
    return _absolute(environment, "XDG_CONFIG_HOME") or _below(home, ".config")


def _xdg_directories(environment: Mapping[str, str]) -> list[str]:
    chosen = environment.get("XDG_CONFIG_DIRS", "") or "/etc/xdg"
    return [one for one in chosen.split(":") if os.path.isabs(one)]


def _absolute(environment: Mapping[str, str], variable: str) -> str:
    """Return the directory in ``variable``, empty where it is relative: that would be one of any repository."""
    directory = environment.get(variable, "")
    return directory if os.path.isabs(directory) else ""


def _below(directory: str, *names: str) -> str:
    """Return a path below ``directory``, empty where that is not known."""
    return os.path.join(directory, *names) if directory else ""
