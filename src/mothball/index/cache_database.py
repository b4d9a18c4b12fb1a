"""Open and read the database of the cache, which is untrusted.

The tables are those of diskcache, and ``cache_writer`` writes them with diskcache. Reading does not use diskcache: it
needs one SELECT for fifty rows, and importing diskcache takes nearly as long as starting Python.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence

from mothball.index.cache_directory import CLEAR_HELP
from mothball.model.errors import CacheError

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
