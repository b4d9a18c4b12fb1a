"""diskcache as the cache's writer: text in the database, nothing anywhere else. Off the warm path.

diskcache keeps house for us: it evicts, expires and stays below the size limit, safely among processes. As it comes it
would also unpickle what a row holds, read and delete the files that a row names, and take settings from the database
that say where the database is (CVE-2025-69872 and kin). None of that is left here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from diskcache import DEFAULT_SETTINGS, ENOVAL, UNKNOWN, Cache, Disk
from diskcache.core import METADATA, MODE_RAW

from mothball.index.cache_database import LOCK_WAIT, Row

# The rollback journal works where write-ahead logging does not, on network homes. Without automatic vacuum a database
# that once met its size limit would never be below it again.
PRAGMAS: dict[str, str | int] = {
    "auto_vacuum": 1,
    "cache_size": 1024,
    "journal_mode": "truncate",
    "mmap_size": 0,
    "synchronous": 1,
}
# Every setting is given, so that none is taken from the database. The eviction policy is one that does not write when
# it reads.
SETTINGS: dict[str, object] = {
    **DEFAULT_SETTINGS,
    **{f"sqlite_{name}": value for name, value in PRAGMAS.items()},
    "cull_limit": 10,
    "eviction_policy": "least-recently-stored",
    "size_limit": 64 * 1024 * 1024,
    "statistics": 0,
}

KNOWN_SETTINGS = (*SETTINGS, *METADATA)


class ForeignContentError(OSError):
    """Something that we never wrote; in a row, diskcache takes an OSError for a miss."""


class TextDisk(Disk):  # type: ignore[misc]  # diskcache has no types
    """Keeps text keys and text values in the database; refuses every other row, and every file."""

    def put(self, key: object) -> tuple[str, bool]:
        """Return the database's form of ``key``, which must be text."""
        if type(key) is not str:
            raise TypeError
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return the key of a row."""
        if raw != 1 or type(key) is not str:
            raise ForeignContentError
        return key

    def store(self, value: object, read: object, key: object = UNKNOWN) -> tuple[int, int, None, str]:
        """Return size, mode, file name and database value of ``value``, which must be text."""
        del key
        if read or type(value) is not str:
            raise TypeError
        return 0, MODE_RAW, None, value

    def fetch(self, mode: object, filename: object, value: object, read: object) -> str:
        """Return the value of a row."""
        if mode != MODE_RAW or filename is not None or read or type(value) is not str:
            raise ForeignContentError
        return value

    def filename(self, key: object = UNKNOWN, value: object = UNKNOWN) -> tuple[str, str]:
        """Name no file: there are none."""
        del key, value
        raise ForeignContentError("a value asks for a file of its own")

    def remove(self, file_path: object) -> None:
        """Delete nothing, whatever file a row names."""


class Writer(Cache):  # type: ignore[misc]  # diskcache has no types
    """diskcache over a database that is already open and hardened.

    Its methods raise sqlite3.Error, and nearly anything where the database is not what diskcache made.
    """

    def __init__(self, connection: sqlite3.Connection, directory: str) -> None:
        """Lay the tables out where they are missing, all or nothing.

        diskcache writes its settings one by one, each with its own wait for the disk; inside one transaction they cost
        one wait, and no other process sees half a layout.
        """
        self._connection = connection
        for name, value in PRAGMAS.items():  # most of them take no effect inside a transaction
            if connection.execute(f"PRAGMA {name}").fetchone() != (value,):
                connection.execute(f"PRAGMA {name} = {value}")
        with _transaction(connection):
            super().__init__(directory, LOCK_WAIT, TextDisk, **SETTINGS)

    def save(self, rows: Sequence[Row], lifetime: float) -> None:
        """Write ``rows`` in one transaction; they expire after ``lifetime`` seconds."""
        with _transaction(self._connection):
            for key, value in rows:
                self.set(key, value, expire=lifetime)

    @property
    def _con(self) -> sqlite3.Connection:
        return self._connection

    @contextmanager
    def _transact(
        self,
        retry: bool = False,  # noqa: FBT001, FBT002 - diskcache's signature
        filename: object = None,
    ) -> Iterator[tuple[Callable[..., sqlite3.Cursor], Callable[[object], None]]]:
        """Give diskcache's methods what they do inside a transaction of ours.

        Its own one takes every failure to begin for a timeout, hides why a transaction failed when SQLite has already
        rolled it back, and deletes the files that rows name.
        """
        del retry, filename
        yield self._connection.execute, self._disk.remove

    def reset(self, key: str, value: object = ENOVAL, update: bool = True) -> object:  # noqa: FBT001, FBT002 - as above
        """Read or write a setting that diskcache knows.

        diskcache makes every row of its settings table an attribute of the cache, its directory included.
        """
        if key not in KNOWN_SETTINGS:
            raise ForeignContentError(f"its settings name {key!r}")
        return super().reset(key, value, update)

    def check(self, fix: bool = False, retry: bool = False) -> NoReturn:  # noqa: FBT001, FBT002 - as above
        """Refuse: there are no files to hold against the rows, and diskcache would look for those that rows name."""
        del fix, retry
        raise NotImplementedError

    def close(self) -> None:
        """Leave the connection to whoever opened it."""


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside, or undo it."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself may have rolled back already
            connection.execute("ROLLBACK")
        raise
