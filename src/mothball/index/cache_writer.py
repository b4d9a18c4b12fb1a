"""Write the cache with diskcache, restricted to text in the database. Not imported by runs with a warm cache.

diskcache handles eviction, expiry and the size limit across processes. By default it also unpickles rows, reads and
deletes files that rows name, and applies settings of the database that name another directory (CVE-2025-69872 and
similar). All of this is disabled here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from diskcache import DEFAULT_SETTINGS, ENOVAL, UNKNOWN, Cache, Disk
from diskcache.core import METADATA, MODE_RAW

# Unlike write-ahead logging, the rollback journal works on network file systems. Without automatic vacuum, a database
# would never shrink below the size limit again.
PRAGMAS: dict[str, str | int] = {
    "auto_vacuum": 1,
    "cache_size": 1024,
    "journal_mode": "truncate",
    "mmap_size": 0,
    "synchronous": 1,
}
# All settings are set, so that none is read from the database. The eviction policy does not write on reads.
SETTINGS: dict[str, object] = {
    **DEFAULT_SETTINGS,
    **{f"sqlite_{name}": value for name, value in PRAGMAS.items()},
    "cull_limit": 10,
    "eviction_policy": "least-recently-stored",
    "size_limit": 256 * 1024 * 1024,
    "statistics": 0,
}

KNOWN_SETTINGS = (*SETTINGS, *METADATA)


class UnexpectedContentError(OSError):
    """Unexpected content of the database. diskcache handles an OSError for a row as a miss."""


class TextDisk(Disk):  # type: ignore[misc]  # diskcache has no types
    """Stores text keys and values in the database; rejects all other rows and all files."""

    def put(self, key: object) -> tuple[str, bool]:
        """Return the database form of ``key``, which must be text."""
        if type(key) is not str:
            raise TypeError
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return the key of a row."""
        if raw != 1 or type(key) is not str:
            raise UnexpectedContentError
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
            raise UnexpectedContentError
        return value

    def filename(self, key: object = UNKNOWN, value: object = UNKNOWN) -> tuple[str, str]:
        """Raise UnexpectedContentError: values are never stored in files."""
        del key, value
        raise UnexpectedContentError("a value requires a file")

    def remove(self, file_path: object) -> None:
        """Do nothing: files that rows name are not deleted."""


class Writer(Cache):  # type: ignore[misc]  # diskcache has no types
    """A diskcache Cache for an open and hardened database.

    Its methods raise sqlite3.Error, and nearly any exception if diskcache did not create the database.
    """

    def __init__(self, connection: sqlite3.Connection, directory: str, timeout: float) -> None:
        """Create missing tables in one transaction; ``timeout`` is that of ``connection``, in seconds.

        diskcache writes its settings one by one, each with a sync to disk. In one transaction there is only one sync,
        and other processes do not see incomplete tables.
        """
        self._connection = connection
        for name, value in PRAGMAS.items():  # most have no effect inside a transaction
            if connection.execute(f"PRAGMA {name}").fetchone() != (value,):
                connection.execute(f"PRAGMA {name} = {value}")
        with _transaction(connection):
            super().__init__(directory, timeout, TextDisk, **SETTINGS)

    def save(self, rows: Sequence[tuple[str, str]], lifetime: float) -> None:
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
        """Provide the methods of diskcache with the transaction that is already open.

        The original reports every failure to begin as a timeout, hides the cause of a failure that SQLite has already
        rolled back, and deletes the files that rows name.
        """
        del retry, filename
        yield self._connection.execute, self._disk.remove

    def reset(self, key: str, value: object = ENOVAL, update: bool = True) -> object:  # noqa: FBT001, FBT002 - as above
        """Read or write a known setting.

        diskcache sets an attribute of the cache for every row of the settings table, including its directory.
        """
        if key not in KNOWN_SETTINGS:
            raise UnexpectedContentError(f"unexpected setting {key!r}")
        return super().reset(key, value, update)

    def check(self, fix: bool = False, retry: bool = False) -> NoReturn:  # noqa: FBT001, FBT002 - as above
        """Raise NotImplementedError: diskcache would open files that rows name."""
        del fix, retry
        raise NotImplementedError

    def close(self) -> None:
        """Do nothing: the caller closes the connection."""


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in a transaction; roll back on an exception."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled back already
            connection.execute("ROLLBACK")
        raise
