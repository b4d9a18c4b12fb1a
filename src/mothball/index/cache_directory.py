"""Where the cache lives, and whether what lies there may be touched.

A cache directory can come from elsewhere: a restored CI cache, an unpacked archive, a shared volume. Before SQLite
opens anything in it, every file that SQLite would open is known to be a plain file of ours that leads nowhere else.
"""

from __future__ import annotations

import os
import stat
import sys

from mothball.model.errors import CacheError

# Caches of other layouts lie beside this one and are left alone.
LAYOUT = "v2"
DATABASE = "cache.db"

CLEAR_HELP = "`mothball cache clear` makes a new one; --no-cache does without"
PLACE_HELP = "set MOTHBALL_CACHE_DIR to a directory that only you can write to, or use --no-cache"
# The last eight bytes of a rollback journal that belongs to a transaction over several databases (SQLite file format,
# section 3, "The Rollback Journal"): the same bytes as at its start.
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


def prepare(directory: str) -> str:
    """Create the cache's directories where they are missing, and return the path of the database in them.

    Raises CacheError where a directory is somebody else's, open to others, or no plain one.
    """
    outer = os.path.abspath(directory)
    if os.path.expandvars(outer) != outer:  # diskcache expands what it is given, and would go elsewhere
        raise CacheError(outer, "its name holds the name of a variable", help_text=PLACE_HELP)
    inner = os.path.join(outer, LAYOUT)
    try:
        for path in (outer, inner):
            if not os.path.lexists(path):
                os.makedirs(path, 0o700, exist_ok=True)
            _check_directory(path)
    except (OSError, ValueError) as error:
        raise CacheError(outer, _os_error_text(error), help_text=PLACE_HELP) from error
    return os.path.join(inner, DATABASE)


def check_files(database: str) -> None:
    """Raise CacheError unless every file that SQLite opens along with ``database`` is absent or harmless.

    SQLite follows what it finds: it reads through a symbolic link, truncates a journal through one, and when it plays
    back a journal that names a super-journal, it *deletes the file of that name*, wherever it lies.
    """
    directory = os.path.dirname(database)
    try:
        for path in (database, f"{database}-journal"):
            _check_file(path)
        if any(os.path.lexists(f"{database}{suffix}") for suffix in ("-wal", "-shm")):
            raise CacheError(directory, "it holds a write-ahead log, which mothball never writes", help_text=CLEAR_HELP)
        if _last_bytes(f"{database}-journal", len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC:
            raise CacheError(directory, "its journal names a file outside", help_text=CLEAR_HELP)
    except OSError as error:
        raise CacheError(directory, _os_error_text(error), help_text=PLACE_HELP) from error


def discard(directory: str) -> None:
    """Delete the files of a cache that can no longer be opened; links are deleted, not followed.

    Raises CacheError where the directory is not ours or a file cannot be deleted. Meant for damaged caches only:
    another process may be at work in a sound one, whose rows are deleted instead.
    """
    database = prepare(directory)
    for suffix in ("", "-journal", "-wal", "-shm"):
        try:
            os.unlink(f"{database}{suffix}")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CacheError(os.path.dirname(database), _os_error_text(error), help_text=PLACE_HELP) from error


def _check_directory(path: str) -> None:
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise CacheError(path, "it is a symbolic link", help_text=PLACE_HELP)
    if not stat.S_ISDIR(found.st_mode):
        raise CacheError(path, "it is not a directory", help_text=PLACE_HELP)
    _check_owner(path, found)
    if sys.platform != "win32" and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        help_text = "take the right away with `chmod go-w`, or set MOTHBALL_CACHE_DIR to another directory"
        raise CacheError(path, "others may write to it", help_text=help_text)


def _check_file(path: str) -> None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        cause = f"{os.path.basename(path)} in it is no plain file"
        raise CacheError(os.path.dirname(path), cause, help_text=CLEAR_HELP)
    _check_owner(path, found)


def _check_owner(path: str, found: os.stat_result) -> None:
    if sys.platform != "win32" and found.st_uid != os.getuid():
        raise CacheError(path, f"it belongs to another user (uid {found.st_uid})", help_text=PLACE_HELP)


def _last_bytes(path: str, count: int) -> bytes:
    """Return the last ``count`` bytes of a file, none where it holds no more than that or is not there."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            # Another process may be about to write: what is at the start by the time we read is not the end.
            if size <= count:
                return b""
            file.seek(size - count)
            return file.read(count)
    except FileNotFoundError:
        return b""


def _os_error_text(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
