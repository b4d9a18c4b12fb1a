"""Path operations, the root of a repository, and what its configuration may contain.

Imports as little as possible, and parses nothing (see ``start``): a wrong guess costs time, not a verdict.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML

# The maximum number of bytes of a pyproject.toml to search for "mothball"; real files are much smaller.
_MAX_PYPROJECT_SIZE = 1024 * 1024


def repository_root(path: str, here: str | None = None) -> str:
    """Return the absolute root of the repository that contains ``path``.

    This is the nearest directory upward that contains ``.git``. Outside any repository, the search for a project (see
    ``_project_above``) starts at ``here`` (default: the working directory) for paths below it, or else at the directory
    of ``path``. Reads the disk.
    """
    start = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path))
    for directory in upward(start):
        if os.path.lexists(os.path.join(directory, ".git")):
            return directory
    here = os.getcwd() if here is None else here
    return _project_above(here if is_inside(start, here) else start)


def naming_root(root: str) -> str:
    """Return the directory above which directory names say nothing about files: the repository ``root``.

    A clone may be in a directory ``requirements``. Outside a repository the parent of ``root`` is returned, so that the
    name of the working directory counts. Reads the disk.
    """
    return root if os.path.lexists(os.path.join(root, ".git")) else os.path.dirname(root)


def is_inside(path: str, directory: str) -> bool:
    """Return True if ``path`` is ``directory`` or below it. Both are absolute; links are not resolved.

    On Windows, case does not matter: the drive letter of the same directory may be written in either case.
    """
    if os.sep == "\\":
        path, directory = os.path.normcase(path), os.path.normcase(directory)
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def _project_above(directory: str) -> str:
    """Return the nearest directory upward with a mothball configuration, or else with a pyproject.toml.

    Only files and directories that belong to the user count, and the search ends at the first directory that does not:
    another user could otherwise place a file in /tmp that redirects lookups. Without a project, the result is
    ``directory`` itself.
    """
    project = None
    for parent in upward(directory):
        if not _is_owned_by_user(parent):
            break
        pyproject = os.path.join(parent, PYPROJECT_TOML)
        has_pyproject = _is_owned_by_user(pyproject)
        if _is_owned_by_user(os.path.join(parent, MOTHBALL_TOML)) or (has_pyproject and _mentions_mothball(pyproject)):
            return parent
        if has_pyproject and project is None:
            project = parent
    return project or directory


def decoded(output: bytes) -> str:
    """Return the text of output of git, such as a path, with surrogate escapes for bytes that are not UTF-8.

    A repository from another system may contain such names. On Windows, ``os.fsdecode`` rejects them.
    """
    try:
        return os.fsdecode(output)
    except UnicodeDecodeError:
        return output.decode("utf-8", "surrogateescape")


def upward(directory: str, root: str | None = None) -> Iterator[str]:
    """Yield the absolute ``directory`` and its parents, up to ``root`` if given; nothing outside of ``root``."""
    while root is None or is_inside(directory, root):
        yield directory
        parent = os.path.dirname(directory)
        if directory in (root, parent):
            return
        directory = parent


def _is_owned_by_user(path: str) -> bool:
    """Return True if ``path`` exists and belongs to the user; on Windows, if it is below the user's home directory."""
    try:
        owner = os.lstat(path).st_uid
    except (OSError, ValueError):
        return False
    if os.name == "posix":
        return owner == os.geteuid()
    home = os.path.expanduser("~")
    return os.path.isabs(home) and path != home and is_inside(path, home)


def _mentions_mothball(path: str) -> bool:
    """Return True if the regular file at ``path`` contains the word "mothball", so that it may be a configuration."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, "rb") as file:
            return b"mothball" in file.read(_MAX_PYPROJECT_SIZE)
    except OSError:
        return False


def may_be_configured(paths: list[str], root: str) -> bool:
    """Return True if a configuration on disk above one of ``paths``, relative to ``root``, may have ``files``."""
    directories = {"", *(path[:end] for path in paths for end, character in enumerate(path) if character == "/")}
    return bool(paths) and any(_may_have_files(os.path.join(root, directory)) for directory in directories)


def _may_have_files(directory: str) -> bool:
    if b"files" in _content(os.path.join(directory, MOTHBALL_TOML)):
        return True
    pyproject = _content(os.path.join(directory, PYPROJECT_TOML))
    return b"mothball" in pyproject and b"files" in pyproject


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
