"""The cache's database, opened and read with the care that a stranger's file deserves.

The tables are diskcache's; ``cache_writer`` lets diskcache itself write them. Reading fifty rows is one SELECT, and
leaving diskcache out of it saves the warm path nearly a bare interpreter start.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence

from mothball.index.cache_directory import CLEAR_HELP
from mothball.model.errors import CacheError

# How long to wait for another process, in seconds, before doing without.
LOCK_WAIT = 1.0
# Room for the longest marker and reason that a page may have, each code point escaped. A longer value is none of ours.
MAX_VALUE_LENGTH = 256 * 1024

# diskcache rows as the hardened Disk writes them. Everything else is not there: pickles, files, keys that are no text.
_SELECT = (
    "SELECT key, value FROM Cache WHERE raw = 1 AND mode = 1 AND filename IS NULL AND typeof(value) = 'text'"
    " AND length(value) <= ? AND (expire_time IS NULL OR expire_time > ?) AND key IN ({marks})"
)
_KEYS_PER_SELECT = 500
# No row of ours comes near these; a crafted one ends as an error instead of filling the memory or the evening.
_MAX_ROW_LENGTH = 1024 * 1024
_MAX_STEPS = 100_000_000

Row = tuple[str, str]


class Database:
    """An open cache database. Used by one thread at a time; whatever SQLite raises passes through."""

    def __init__(self, path: str) -> None:
        """Open the database at ``path``, which is created where it is missing.

        Raises sqlite3.Error, and CacheError where it holds anything but plain tables of diskcache's names.
        """
        self._path = path
        self._laid_out = False
        self.connection = sqlite3.connect(path, timeout=LOCK_WAIT, isolation_level=None, check_same_thread=False)
        try:
            self._harden()
            self._is_laid_out()
        except BaseException:
            self.connection.close()
            raise

    def _harden(self) -> None:
        self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_ROW_LENGTH)
        self.connection.set_progress_handler(lambda: 1, _MAX_STEPS)
        # Text that is no UTF-8 spoils its own row, not the reading of the others.
        self.connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        # Triggers and generated columns of a crafted schema may not call functions with side effects.
        self.connection.execute("PRAGMA trusted_schema = OFF")
        self.connection.execute("PRAGMA cell_size_check = ON")
        # Nor is a file mapped into memory that another process may cut short.
        self.connection.execute("PRAGMA mmap_size = 0")

    def _is_laid_out(self) -> bool:
        """Return whether the table of rows is there yet; raise CacheError for a schema that diskcache never made.

        A view in a table's place or a virtual table (which has no root page) runs more than a look-up when it is read.
        """
        if self._laid_out:
            return True
        for kind, name, root in self.connection.execute("SELECT type, name, rootpage FROM sqlite_master"):
            if kind == "table" and name in {"Cache", "Settings"} and root:
                self._laid_out = self._laid_out or name == "Cache"
            elif kind not in {"index", "trigger"}:
                directory = os.path.dirname(self._path)
                raise CacheError(directory, "it holds tables that are not the cache's", help_text=CLEAR_HELP)
        return self._laid_out

    def read(self, keys: Sequence[str], now: float) -> Iterator[Row]:
        """Yield key and value of each row that is there, sound and not expired at ``now`` (Unix time, seconds)."""
        for start in range(0, len(keys) if self._is_laid_out() else 0, _KEYS_PER_SELECT):
            some = keys[start : start + _KEYS_PER_SELECT]
            statement = _SELECT.format(marks=",".join("?" * len(some)))
            yield from self.connection.execute(statement, (MAX_VALUE_LENGTH, now, *some))

    def count(self, prefix: str, now: float) -> int:
        """Return how many rows that are not expired have a key beginning with ``prefix``."""
        if not self._is_laid_out():
            return 0
        statement = "SELECT COUNT(*) FROM Cache WHERE (expire_time IS NULL OR expire_time > ?) AND instr(key, ?) = 1"
        (number,) = self.connection.execute(statement, (now, prefix)).fetchone()
        return int(number)

    def clear(self, settings: Sequence[str]) -> None:
        """Delete all rows, and all settings but those named: a newer mothball's would keep this one from writing."""
        if self._is_laid_out():
            # One statement, not diskcache's loop: a crafted trigger could keep that going for ever.
            self.connection.execute("DELETE FROM Cache")
            if self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Settings'").fetchone():
                marks = ",".join("?" * len(settings))
                statement = f"DELETE FROM Settings WHERE key NOT IN ({marks})"  # noqa: S608 - nothing but question marks
                self.connection.execute(statement, settings)

    def close(self) -> None:
        """Close the database; an unfinished transaction is rolled back."""
        self.connection.close()


def is_locked(error: Exception) -> bool:
    """Return whether SQLite raised ``error`` because another process has held the lock for longer than we wait."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_forbidden(error: Exception) -> bool:
    """Return whether SQLite raised ``error`` because the file may not be opened or written."""
    return _code(error) in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


def _code(error: Exception) -> int:
    """Return SQLite's primary result code, without what the extended one adds; 0 for what is not SQLite's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
