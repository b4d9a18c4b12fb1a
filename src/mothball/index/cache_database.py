"""Create, check, open and read the database of the cache, which is untrusted.

A cache directory may be a restored CI cache, an unpacked archive or a shared volume. Before SQLite opens a file, every
file that it would open is checked to be a regular file of the user without links.

The tables are those of diskcache, and ``cache_writer`` writes them with diskcache. Reading does not use diskcache: it
needs one SELECT for fifty rows, and importing diskcache takes nearly as long as starting Python.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Iterator, Sequence

from mothball.model.errors import CacheError

# The subdirectory of this format; caches of other versions are next to it.
LAYOUT = "v2"
DATABASE = "cache.db"

CLEAR_HELP = "run `mothball cache clear`, or use --no-cache"
DIRECTORY_HELP = "set MOTHBALL_CACHE_DIR to a directory that only you can write to, or use --no-cache"
# The last eight bytes of a rollback journal of a transaction over several databases (SQLite file format, section 3,
# "The Rollback Journal"): the same bytes as at its start.
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")

# Seconds to wait for a lock of another process.
LOCK_WAIT = 1.0
# The longest value of a row: the longest marker and reason of a page, with every code point escaped.
MAX_VALUE_LENGTH = 256 * 1024

# Only rows as TextDisk writes them: no pickles, files, or keys that are not text.
_SELECT = (
    "SELECT key, value FROM Cache WHERE raw = 1 AND mode = 1 AND filename IS NULL AND typeof(value) = 'text'"
    " AND length(value) <= ? AND (expire_time IS NULL OR expire_time > ?) AND key IN ({marks})"
)
_KEYS_PER_SELECT = 500
# Limits for crafted databases, far above those of valid rows: exceeding one is an error.
_MAX_ROW_LENGTH = 16 * 1024 * 1024
_MAX_STEPS = 100_000_000

Row = tuple[str, str]


# --- directory and files ----------------------------------------------------------------------------------------------


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


# --- database ---------------------------------------------------------------------------------------------------------


class Database:
    """An open cache database. For one thread at a time; exceptions of SQLite are not wrapped."""

    def __init__(self, path: str) -> None:
        """Open the database at ``path``, which is created if it is missing.

        Raises sqlite3.Error, and CacheError if it has other tables than those of diskcache.
        """
        self._path = path
        self._table_exists = False
        self.connection = sqlite3.connect(path, timeout=LOCK_WAIT, isolation_level=None, check_same_thread=False)
        try:
            self._harden()
            self._has_table()
        except BaseException:
            self.connection.close()
            raise

    def _harden(self) -> None:
        self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_ROW_LENGTH)
        self.connection.set_progress_handler(lambda: 1, _MAX_STEPS)
        # Invalid UTF-8 in a row must not prevent reading other rows.
        self.connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        # Forbid functions with side effects in triggers and generated columns of a crafted schema.
        self.connection.execute("PRAGMA trusted_schema = OFF")
        self.connection.execute("PRAGMA cell_size_check = ON")
        # Do not map the file into memory, since another process may truncate it.
        self.connection.execute("PRAGMA mmap_size = 0")

    def _has_table(self) -> bool:
        """Return True if the table of rows exists. Raises CacheError for a schema that diskcache does not create.

        Views and virtual tables (which have no root page) can run arbitrary queries when they are read.
        """
        if self._table_exists:
            return True
        for kind, name, root in self.connection.execute("SELECT type, name, rootpage FROM sqlite_master"):
            if kind == "table" and name in {"Cache", "Settings"} and root:
                self._table_exists = self._table_exists or name == "Cache"
            elif kind not in {"index", "trigger"}:
                directory = os.path.dirname(self._path)
                raise CacheError(directory, "unexpected tables", help_text=CLEAR_HELP)
        return self._table_exists

    def read(self, keys: Sequence[str], now: float, max_length: int = MAX_VALUE_LENGTH) -> Iterator[Row]:
        """Yield key and value of each valid row of ``keys`` that is not expired at ``now`` (Unix time, seconds).

        Rows with values of more than ``max_length`` code points are skipped.
        """
        for start in range(0, len(keys) if self._has_table() else 0, _KEYS_PER_SELECT):
            batch = keys[start : start + _KEYS_PER_SELECT]
            statement = _SELECT.format(marks=",".join("?" * len(batch)))
            yield from self.connection.execute(statement, (max_length, now, *batch))

    def count(self, prefix: str, now: float) -> int:
        """Return the number of rows with a key prefix ``prefix`` that are not expired."""
        if not self._has_table():
            return 0
        statement = "SELECT COUNT(*) FROM Cache WHERE (expire_time IS NULL OR expire_time > ?) AND instr(key, ?) = 1"
        (number,) = self.connection.execute(statement, (now, prefix)).fetchone()
        return int(number)

    def clear(self, settings: Sequence[str]) -> None:
        """Delete all rows, and settings not in ``settings``: unknown ones of a newer version prevent writing."""
        if self._has_table():
            # One statement instead of the loop of diskcache, which a crafted trigger could make endless.
            self.connection.execute("DELETE FROM Cache")
            if self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Settings'").fetchone():
                marks = ",".join("?" * len(settings))
                statement = f"DELETE FROM Settings WHERE key NOT IN ({marks})"  # noqa: S608 - only question marks
                self.connection.execute(statement, settings)

    def close(self) -> None:
        """Close the database; an unfinished transaction is rolled back."""
        self.connection.close()


def is_locked(error: Exception) -> bool:
    """Return True if ``error`` means that another process held the lock for longer than ``LOCK_WAIT``."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_forbidden(error: Exception) -> bool:
    """Return True if ``error`` means that the file cannot be opened or written."""
    return _code(error) in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


def _code(error: Exception) -> int:
    """Return the primary result code of SQLite, 0 for other exceptions."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
