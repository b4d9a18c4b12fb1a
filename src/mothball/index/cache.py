"""The cache of project pages, shared by concurrent processes: an SQLite database in a directory of the user.

The cache is optional: after a failure it is disabled for the rest of the run, keeps the error, and lookups continue
without it. Directory and database are untrusted: a restored CI cache, an unpacked archive or a shared volume. Before
SQLite opens a file, every file that it would open is checked to be a regular file of the user without links. Every
field of a row is validated, and malformed rows are misses.

The tables are those of diskcache, and ``cache_writer`` writes them with diskcache. Reading does not use diskcache: it
needs one SELECT for fifty rows, and importing diskcache takes nearly as long as starting Python.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from mothball.index.project_page import MAX_LIST, ProjectPage
from mothball.model.errors import CacheError
from mothball.model.records import NamedTuple, make
from mothball.model.results import MAX_VERSION, Release
from mothball.model.sanitize import base_url

if TYPE_CHECKING:
    from mothball.index.cache_writer import Writer

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
# An ETag belongs to one representation: change this with the Accept header of the client.
REPRESENTATION = "simple-v1"
# Seconds for which an entry is stored. Whether it is fresh is decided by the caller.
LIFETIME = 90 * 24 * 3600.0
# Rows per transaction: short enough that no other process waits.
BATCH = 10

_REFRESH_INTERVAL = 24 * 3600.0
_MAX_ETAG = 256
# The longest value with a list of files, in code points: longer lists are not kept, and its key adds less than 4,096.
_MAX_FILES_LENGTH = MAX_LIST + 4096
_LATEST_TIME = 253_402_300_800  # the year 10000
# Limits for crafted databases, far above those of valid rows: exceeding one is an error.
_MAX_ROW_LENGTH = 16 * 1024 * 1024
_MAX_STEPS = 100_000_000

Row = tuple[str, str]
_Result = TypeVar("_Result")


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


# --- pages ------------------------------------------------------------------------------------------------------------


class PageKey(NamedTuple):
    """The key of a project page: a normalized index URL and a normalized name. Created by ``page_key``."""

    index_url: str
    name: str


def page_key(index: str, name: str) -> PageKey:
    """Return the key of the page of ``name`` (normalized) on ``index``; credentials are removed from the URL."""
    return make(PageKey, (_base_url(index), name))


# A run has few indexes and many names.
_base_url = lru_cache(maxsize=64)(base_url)


# The value of ``listed_at`` for a page whose list of files was not stored.
NOT_KEPT = 0.0


class CachedPage(NamedTuple):
    """A cached page with its ETag; the page is None if the index does not have the project.

    That is a 404 unless one of two fields is set. They only apply to lookups that accept them: ``ignored_status`` is an
    HTTP status that ``ignore-error-codes`` names, ``delegate`` the URL of the index that the index redirected to.

    ``stored_at`` is the time of the last response of the index (Unix time, seconds). It may be in the future if the
    clock was set back. ``listed_at`` is the time of the response that its list of files comes from, None without a
    list, and ``NOT_KEPT`` if no entry pinned a version. The list has a row of its own, which only ``get_files`` reads.
    """

    page: ProjectPage | None
    etag: str | None
    stored_at: float
    listed_at: float | None = None
    ignored_status: int = 0
    delegate: str = ""


class CacheInfo(NamedTuple):
    """The output of ``mothball cache info``. ``entries`` is the number of project pages."""

    directory: str
    entries: int
    size_bytes: int


class StatusCache:
    """The cache in one directory. For one thread at a time and any number of processes.

    ``error`` is set after a failure. A locked database while writing is not a failure: another process writes the same
    pages.
    """

    def __init__(self, path: str = "", database: Database | None = None, error: CacheError | None = None) -> None:
        """Initialize an open cache; use ``open`` to create one. Without a path it is empty and stores nothing."""
        self._path = path
        self._database = database
        self._writer: Writer | None = None
        self._may_write = bool(path)
        self.error = error

    @classmethod
    def open(cls, directory: str) -> StatusCache:
        """Open the cache in ``directory``, which is created if it is missing.

        Raises CacheError if other users can write to the directory, or the database is damaged or not a cache.
        """
        path = prepare(directory)
        check_files(path)
        if not os.path.lexists(path):
            return cls(path, None)  # created with the first entry
        try:
            return cls(path, Database(path))
        except (sqlite3.Error, OSError, UnicodeError) as error:
            # UnicodeError: messages of SQLite quote the schema, which may contain invalid text.
            raise _cache_error(path, error) from error

    @classmethod
    def open_or_empty(cls, directory: str) -> StatusCache:
        """Open the cache in ``directory``; if that fails, return an empty one with the error, which stores nothing."""
        try:
            return cls.open(directory)
        except CacheError as error:
            return cls(error=error)

    def get_many(self, keys: Iterable[PageKey]) -> dict[PageKey, CachedPage]:
        """Return the cached pages of ``keys``, without keys that are not cached."""
        keys_by_row = {_page_row(key): key for key in keys}
        pages = ((row, _decode_page(row, value)) for row, value in self._read(list(keys_by_row)))
        return {keys_by_row[row]: page for row, page in pages if page is not None}

    def get_files(self, listed_at: Mapping[PageKey, float]) -> dict[PageKey, str]:
        """Return the lists of files of pages, by key, without those that are not cached.

        ``listed_at`` has the time of each list according to its page: a list of another response is not returned.
        """
        keys_by_row = {_files_row(key): key for key in listed_at}
        lists = {}
        for row_key, value in self._read(list(keys_by_row), _MAX_FILES_LENGTH):
            head = _files_head(row_key, listed_at[keys_by_row[row_key]])
            if value.startswith(head):
                lists[keys_by_row[row_key]] = value[len(head) :]
        return lists

    def put_many(self, pages: Mapping[PageKey, CachedPage]) -> None:
        """Store ``pages`` and their lists of files, in transactions of ``BATCH`` rows."""
        rows = []
        for key, page in pages.items():
            rows.append((_page_row(key), _encode_page(_page_row(key), page)))
            if page.page is not None and page.page.files is not None and page.listed_at is not None:
                row_key = _files_row(key)
                rows.append((row_key, _files_head(row_key, page.listed_at) + page.page.files))
        self._write(rows)

    def states_markers(self, index: str) -> bool:
        """Return True if a page of ``index`` had a status marker."""
        return self._markers_stored_at(index) is not None

    def record_markers(self, index: str) -> None:
        """Store that a page of ``index`` had a status marker; refreshed once a day."""
        stored_at = self._markers_stored_at(index)
        now = time.time()
        if stored_at is None or not 0 <= now - stored_at < _REFRESH_INTERVAL:
            key = _index_row(index)
            self._write([(key, _encode_page(key, CachedPage(None, None, now)))])

    def info(self) -> CacheInfo:
        """Return directory, number of entries and size. Raises CacheError if the cache is unreadable."""
        entries = self._attempt(lambda: self._database.count(REPRESENTATION, time.time()) if self._database else 0, 0)
        self._raise_error()
        size = os.path.getsize(self._path) if os.path.lexists(self._path) else 0
        return CacheInfo(os.path.dirname(self._path), entries, size)

    def clear(self) -> None:
        """Delete all entries. Raises CacheError on failure."""
        from mothball.index.cache_writer import KNOWN_SETTINGS  # noqa: PLC0415 - importing diskcache is slow

        self._attempt(lambda: self._database.clear(KNOWN_SETTINGS) if self._database else None, None)
        self._raise_error()

    def close(self) -> None:
        """Close the database. After that, the cache is empty and stores nothing."""
        self._may_write = False
        self._writer = None
        if self._database is not None:
            self._database.connection.close()  # rolls an unfinished transaction back
            self._database = None

    def _markers_stored_at(self, index: str) -> float | None:
        key = _index_row(index)
        records = (_decode_page(key, value) for _, value in self._read([key]))
        return next((record.stored_at for record in records if record is not None), None)

    def _read(self, keys: list[str], max_length: int = MAX_VALUE_LENGTH) -> list[Row]:
        database = self._database
        return self._attempt(lambda: list(database.read(keys, time.time(), max_length)), []) if database else []

    def _write(self, rows: list[Row]) -> None:
        storable = [row for row in rows if len(row[1]) <= _MAX_FILES_LENGTH]
        if self._may_write and storable:
            self._attempt(lambda: self._save(storable), None)

    def _save(self, rows: list[Row]) -> None:
        from mothball.index.cache_writer import Writer  # noqa: PLC0415 - loads diskcache, not needed to read

        try:
            if self._database is None:
                check_files(self._path)
                self._database = Database(self._path)
            if self._writer is None:
                self._writer = Writer(self._database.connection, os.path.dirname(self._path), LOCK_WAIT)
            for start in range(0, len(rows), BATCH):
                self._writer.save(rows[start : start + BATCH], LIFETIME)
        except sqlite3.Error as error:
            if not _is_locked(error):
                raise
            self._may_write = False

    def _attempt(self, operation: Callable[[], _Result], default: _Result) -> _Result:
        """Return the result of ``operation``; if it fails, disable the cache and return ``default``."""
        try:
            return operation()
        except Exception as error:  # noqa: BLE001 - a crafted database can cause any exception
            self.close()
            self.error = _cache_error(self._path, error)
            return default

    def _raise_error(self) -> None:
        if self.error is not None:
            raise self.error


def _page_row(key: PageKey) -> str:
    return f"{REPRESENTATION}\n{key.index_url}\n{key.name}"


def _files_row(key: PageKey) -> str:
    return f"files-v1\n{key.index_url}\n{key.name}"


def _files_head(row_key: str, listed_at: float) -> str:
    """Return the start of the value of a list of files: no JSON, because long lists are searched as they are."""
    return f"{row_key}\n{listed_at!r}\n"


def _index_row(index: str) -> str:
    return f"stating\n{page_key(index, '').index_url}"


def _encode_page(row_key: str, cached: CachedPage) -> str:
    """Return the value of a row: JSON in ASCII, because pages may contain lone surrogates.

    The fields are the key and those of ``CachedPage``, the page without its list of files.
    """
    page = cached.page
    return json.dumps([row_key, page and page[:3], _usable_etag(cached.etag), *cached[2:]])


def _decode_page(row_key: str, value: str) -> CachedPage | None:
    """Return the page of a row, None for a malformed value or the row of another key, as with a damaged index."""
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError):
        return None
    match fields:
        case [
            key,
            [str() | None as marker, str(reason), [str(), str()] | None as release],
            str() | None as etag,
            int() | float() as stored_at,
            int() | float() | None as listed_at,
            0,
            "",
        ] if (
            key == row_key
            and _is_time(stored_at)
            and (listed_at is None or _is_time(listed_at))
            and (release is None or _is_release(*release))
        ):
            page = make(ProjectPage, (marker, reason, release and make(Release, tuple(release)), ""))
            return make(CachedPage, (page, _usable_etag(etag), stored_at, listed_at, 0, ""))
        case [key, None, None, int() | float() as stored_at, None, int(status), str(delegate)] if (
            key == row_key and _is_time(stored_at) and (status == 0 or 400 <= status < 500)
        ):
            return CachedPage(None, None, stored_at, None, status, delegate)
        case _:
            return None


def _is_time(value: float) -> bool:
    return 0 <= value < _LATEST_TIME


def _is_release(version: str, date: str) -> bool:
    """Return True for a release in the format of ``release_from_file``: version and ISO date."""
    # Faster than a regular expression, for every cached row.
    digits = date[:4] + date[5:7] + date[8:]
    is_date = len(date) == 10 and date[4] == date[7] == "-" and digits.isascii() and digits.isdigit()
    return is_date and 0 < len(version) <= MAX_VERSION and version.isascii() and version.isprintable()


def _usable_etag(etag: str | None) -> str | None:
    """Return ``etag`` if it is valid in a request header, else None."""
    return etag if etag is not None and len(etag) <= _MAX_ETAG and etag.isascii() and etag.isprintable() else None


def _cache_error(path: str, error: Exception) -> CacheError:
    directory = os.path.dirname(path)
    if isinstance(error, CacheError):
        return error
    if _is_locked(error):
        return CacheError(directory, "locked by another program", help_text="wait until it ends, or use --no-cache")
    if _code(error) in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return CacheError(directory, str(error), help_text=DIRECTORY_HELP)
    if isinstance(error, sqlite3.Error | OSError):
        return CacheError(directory, str(error), help_text=CLEAR_HELP)
    return CacheError(directory, f"unexpected content ({type(error).__name__})", help_text=CLEAR_HELP)


def _is_locked(error: Exception) -> bool:
    """Return True if ``error`` means that another process held the lock for longer than ``LOCK_WAIT``."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _code(error: Exception) -> int:
    """Return the primary result code of SQLite, 0 for other exceptions."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
