"""Run mothball as on Windows, as far as another system allows: ``python like_windows.py ARGUMENTS``.

The modules of mothball see ``os``, ``sys``, ``select`` and ``signal`` without what Windows lacks, and with its names of
the system; modules that Windows lacks cannot be imported. Other packages are not affected. Paths are those of the
real system. ``imports`` as the only argument imports every module of mothball instead.
"""

from __future__ import annotations

import builtins
import importlib
import pkgutil
import sys
from types import ModuleType
from typing import Any

_MISSING_MODULES = frozenset({"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"})
_MISSING = {
    "os": frozenset(
        {"POSIX_SPAWN_CLOSE", "POSIX_SPAWN_DUP2", "POSIX_SPAWN_OPEN", "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW"}
        | {"O_NONBLOCK", "chown", "fchmod", "fchown", "fork", "getegid", "geteuid", "getgid", "getpgid", "getuid"}
        | {"killpg", "lchown", "mkfifo", "posix_spawn", "posix_spawnp", "set_blocking", "setsid", "uname", "wait"}
    ),
    "select": frozenset({"epoll", "kqueue", "poll"}),
    "signal": frozenset({"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "alarm", "pthread_kill"}),
    "sys": frozenset[str](),
}
_CHANGED = {"os": {"name": "nt"}, "sys": {"platform": "win32"}}
_replaced: dict[str, ModuleType] = {}
_import = builtins.__import__


def _import_as_on_windows(name: str, *arguments: Any, **options: Any) -> ModuleType:
    importing: str = (arguments[0] or {}).get("__name__", "") if arguments else ""
    if not importing.startswith("mothball"):
        return _import(name, *arguments, **options)
    if name in _MISSING_MODULES:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = _import(name, *arguments, **options)
    if name not in _MISSING:
        return module
    if name not in _replaced:
        kept = {key: value for key, value in vars(module).items() if key not in _MISSING[name]}
        _replaced[name] = ModuleType(name)
        vars(_replaced[name]).update({**kept, **_CHANGED.get(name, {})})
    return _replaced[name]


def import_all() -> None:
    """Import every module of mothball."""
    package = importlib.import_module("mothball")
    for module in pkgutil.walk_packages(package.__path__, "mothball."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    builtins.__import__ = _import_as_on_windows
    if sys.argv[1:] == ["imports"]:
        import_all()
    else:
        importlib.import_module("mothball.cli.start").entry_point()
