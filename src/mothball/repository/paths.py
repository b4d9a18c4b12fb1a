"""Paths as texts, and where a repository begins. Imports next to nothing (see ``start``)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML

# The most that is read of a pyproject.toml to see whether it speaks of us; real ones are far below that.
_MAX_SHARED_FILE = 1024 * 1024


def repository_root(path: str, here: str | None = None) -> str:
    """Return the absolute directory beyond which nothing belongs to the same repository as ``path``.

    It is the nearest directory from ``path`` upward that holds ``.git``. Outside any repository it is ``here``, the
    working directory where None is given, for what lies below it, else the directory of ``path``; or the directory
    above that whose project that one belongs to. Reads the disk.
    """
    start = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path))
    for directory in upward(start):
        if os.path.lexists(os.path.join(directory, ".git")):
            return directory
    here = os.getcwd() if here is None else here
    return _project_above(here if is_inside(start, here) else start)


def is_inside(path: str, directory: str) -> bool:
    """Return whether ``path`` is ``directory`` or lies below it; both absolute, neither resolved."""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def _project_above(directory: str) -> str:
    """Return the nearest directory from ``directory`` upward with a configuration of ours, else with a pyproject.toml.

    Only what belongs to the user counts: others could put a file into /tmp and say by it where names go. The search
    ends at the first directory of somebody else's. Where there is no project, it is ``directory`` itself.
    """
    project = None
    for one in upward(directory):
        if not _is_user_directory(one):
            break
        shared = os.path.join(one, PYPROJECT_TOML)
        has_shared = _is_user_directory(shared)
        if _is_user_directory(os.path.join(one, MOTHBALL_TOML)) or (has_shared and _configures_mothball(shared)):
            return one
        if has_shared and project is None:
            project = one
    return project or directory


def upward(directory: str, root: str | None = None) -> Iterator[str]:
    """Yield the absolute ``directory`` and all above it, up to ``root`` where that is given; none outside of that."""
    while root is None or is_inside(directory, root):
        yield directory
        parent = os.path.dirname(directory)
        if directory in (root, parent):
            return
        directory = parent


def _is_user_directory(path: str) -> bool:
    """Return whether ``path`` is there and belongs to who runs this; on Windows, whether it lies below their home."""
    try:
        owner = os.lstat(path).st_uid
    except (OSError, ValueError):
        return False
    if os.name == "posix":
        return owner == os.geteuid()
    home = os.path.expanduser("~")
    return os.path.isabs(home) and path != home and is_inside(path, home)


def _configures_mothball(path: str) -> bool:
    """Return whether the regular file at ``path`` so much as mentions us; the config_resolver reads what it says."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, "rb") as file:
            return b"mothball" in file.read(_MAX_SHARED_FILE)
    except OSError:
        return False
