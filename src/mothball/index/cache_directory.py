"""Create and check the cache directory.

A cache directory may be untrusted: a restored CI cache, an unpacked archive, a shared volume. Before SQLite opens a
file, every file that it would open is checked to be a regular file of the user without links.
"""

from __future__ import annotations

import os
import stat
import sys

from mothball.model.errors import CacheError

# The subdirectory of this format; caches of other versions are next to it.
LAYOUT = "v2"
DATABASE = "cache.db"

CLEAR_HELP = "run `mothball cache clear`, or use --no-cache"
DIRECTORY_HELP = "set MOTHBALL_CACHE_DIR to a directory that only you can write to, or use --no-cache"
# The last eight bytes of a rollback journal of a transaction over several databases (SQLite file format, section 3,
# "The Rollback Journal"): the same bytes as at its start.
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


def prepare(directory: str) -> str:
    """Create missing cache directories and return the path of the database.

    Raises CacheError if a directory is a link, belongs to another user or is writable by others.
    """
    outer = os.path.abspath(directory)
    if os.path.expandvars(outer) != outer:  # diskcache expands variables and would use another directory
        raise CacheError(outer, "its path contains a variable", help_text=DIRECTORY_HELP)
    inner = os.path.join(outer, LAYOUT)
    try:
        for path in (outer, inner):
            if not os.path.lexists(path):
                os.makedirs(path, 0o700, exist_ok=True)
            _check_directory(path)
    except (OSError, ValueError) as error:
        raise CacheError(outer, _os_error_text(error), help_text=DIRECTORY_HELP) from error
    return os.path.join(inner, DATABASE)


def check_files(database: str) -> None:
    """Raise CacheError unless all files that SQLite opens with ``database`` are absent or safe.

    SQLite follows symbolic links, truncates a journal through a link, and when it rolls back a journal that names a
    super-journal, it deletes the file of that name in any directory.
    """
    directory = os.path.dirname(database)
    try:
        for path in (database, f"{database}-journal"):
            _check_file(path)
        if any(os.path.lexists(f"{database}{suffix}") for suffix in ("-wal", "-shm")):
            raise CacheError(directory, "unexpected write-ahead log", help_text=CLEAR_HELP)
        if _last_bytes(f"{database}-journal", len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC:
            raise CacheError(directory, "its journal refers to another file", help_text=CLEAR_HELP)
    except OSError as error:
        raise CacheError(directory, _os_error_text(error), help_text=DIRECTORY_HELP) from error


def discard(directory: str) -> None:
    """Delete the files of a cache that cannot be opened; links are deleted, not followed.

    Raises CacheError if the directory is unsafe or a file cannot be deleted. Only for damaged caches: another process
    may use a valid one, so its rows are deleted instead.
    """
    database = prepare(directory)
    for suffix in ("", "-journal", "-wal", "-shm"):
        try:
            os.unlink(f"{database}{suffix}")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CacheError(os.path.dirname(database), _os_error_text(error), help_text=DIRECTORY_HELP) from error


def _check_directory(path: str) -> None:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        raise CacheError(path, "it is a symbolic link", help_text=DIRECTORY_HELP)
    if not stat.S_ISDIR(status.st_mode):
        raise CacheError(path, "it is not a directory", help_text=DIRECTORY_HELP)
    _check_owner(path, status)
    if sys.platform != "win32" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        help_text = "run `chmod go-w` on it, or set MOTHBALL_CACHE_DIR to another directory"
        raise CacheError(path, "other users can write to it", help_text=help_text)


def _check_file(path: str) -> None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        cause = f"{os.path.basename(path)} is not a regular file"
        raise CacheError(os.path.dirname(path), cause, help_text=CLEAR_HELP)
    _check_owner(path, status)


def _check_owner(path: str, status: os.stat_result) -> None:
    if sys.platform != "win32" and status.st_uid != os.getuid():
        raise CacheError(path, f"it belongs to another user (uid {status.st_uid})", help_text=DIRECTORY_HELP)


def _last_bytes(path: str, count: int) -> bytes:
    """Return the last ``count`` bytes of a file, empty if it is missing or not longer than that."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            # Another process may be writing: in a short file, the bytes may be those at the start.
            if size <= count:
                return b""
            file.seek(size - count)
            return file.read(count)
    except FileNotFoundError:
        return b""


def _os_error_text(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
