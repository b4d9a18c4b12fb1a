"""The cache of project pages, shared by concurrent processes.

The cache is optional: after a failure it is disabled for the rest of the run, keeps the error, and lookups continue
without it. Rows are untrusted: every field is validated, and malformed rows are misses.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from mothball.index.cache_database import (
    CLEAR_HELP,
    DIRECTORY_HELP,
    MAX_VALUE_LENGTH,
    Database,
    Row,
    check_files,
    is_forbidden,
    is_locked,
    prepare,
)
from mothball.index.project_page import MAX_LIST, ProjectPage
from mothball.model.errors import CacheError
from mothball.model.records import NamedTuple
from mothball.model.results import MAX_VERSION, Release
from mothball.model.sanitize import base_url

if TYPE_CHECKING:
    from mothball.index.cache_writer import Writer

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
_Result = TypeVar("_Result")


class PageKey(NamedTuple):
    """The key of a project page: a normalized index URL and a normalized name. Created by ``page_key``."""

    index_url: str
    name: str


def page_key(index: str, name: str) -> PageKey:
    """Return the key of the page of ``name`` (normalized) on ``index``; credentials are removed from the URL."""
    return PageKey(_base_url(index), name)


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

    def __init__(self, path: str, database: Database | None) -> None:
        """Initialize an open cache; use ``open`` to create one."""
        self._path = path
        self._database = database
        self._writer: Writer | None = None
        self._may_write = True
        self.error: CacheError | None = None

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

    def get_many(self, keys: Iterable[PageKey]) -> dict[PageKey, CachedPage]:
        """Return the cached pages of ``keys``, without keys that are not cached."""
        keys_by_row = {_page_row(key): key for key in keys}
        pages = {}
        for row_key, value in self._read(list(keys_by_row)):
            page = _decode_page(row_key, value)
            if page is not None:
                pages[keys_by_row[row_key]] = page
        return pages

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
            self._write([(key, json.dumps({"key": key, "stored_at": now}))])

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
            self._database.close()
            self._database = None

    def _markers_stored_at(self, index: str) -> float | None:
        key = _index_row(index)
        return next((_stored_at(_fields(key, value)) for _, value in self._read([key])), None)

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
                self._writer = Writer(self._database.connection, os.path.dirname(self._path))
            for start in range(0, len(rows), BATCH):
                self._writer.save(rows[start : start + BATCH], LIFETIME)
        except sqlite3.Error as error:
            if not is_locked(error):
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
    """Return the value of a row: JSON in ASCII, because pages may contain lone surrogates."""
    if cached.ignored_status or cached.delegate:
        # Not `"found": False`: an earlier version would read it as a 404.
        fields = {"ignored_status": cached.ignored_status, "delegate": cached.delegate, "stored_at": cached.stored_at}
        return json.dumps({"key": row_key, **fields})
    return json.dumps(
        {
            "key": row_key,
            "found": cached.page is not None,
            "marker": cached.page.marker if cached.page else None,
            "reason": cached.page.reason if cached.page else "",
            "release": cached.page.release if cached.page else None,
            "etag": _usable_etag(cached.etag),
            "stored_at": cached.stored_at,
            "listed_at": cached.listed_at,
        }
    )


def _decode_page(row_key: str, value: str) -> CachedPage | None:
    """Return the page of a row, None for a malformed value."""
    fields = _fields(row_key, value)
    stored_at = _stored_at(fields)
    if stored_at is None:
        return None
    match fields:
        case {
            "found": True,
            "marker": str() | None as marker,
            "reason": str(reason),
            "release": [str(), str()] | None as release,
            "etag": str() | None as etag,
        } if _is_release(release):
            page = ProjectPage(marker, reason, Release(*release) if release else None)
            # Rows of older versions do not say whether there is a list. Without an ETag, the next request gets it.
            etag = _usable_etag(etag) if "listed_at" in fields else None
            return CachedPage(page, etag, stored_at, _time(fields.get("listed_at")))
        case {"found": False}:
            return CachedPage(None, None, stored_at)
        case {"ignored_status": int(status), "delegate": str(delegate)} if 400 <= status < 500 or delegate:
            return CachedPage(None, None, stored_at, ignored_status=status, delegate=delegate)
        case _:
            return None


def _fields(row_key: str, value: str) -> dict[str, object]:
    """Return the fields of a row, empty if it belongs to another key, as with a damaged database index."""
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) and fields.get("key") == row_key else {}


def _stored_at(fields: Mapping[str, object]) -> float | None:
    return _time(fields.get("stored_at"))


def _time(value: object) -> float | None:
    """Return ``value`` if it is a Unix time, else None."""
    return float(value) if isinstance(value, int | float) and 0 <= value < _LATEST_TIME else None


def _is_release(release: Sequence[str] | None) -> bool:
    """Return True for no release, or one in the format of ``release_from_file``."""
    if release is None:
        return True
    version, date = release
    return 0 < len(version) <= MAX_VERSION and version.isascii() and version.isprintable() and _is_date(date)


def _is_date(text: str) -> bool:
    """Return True if ``text`` is formatted as an ISO date. Faster than a regular expression, for every cached row."""
    digits = text[:4] + text[5:7] + text[8:]
    return len(text) == 10 and text[4] == text[7] == "-" and digits.isascii() and digits.isdigit()


def _usable_etag(etag: str | None) -> str | None:
    """Return ``etag`` if it is valid in a request header, else None."""
    return etag if etag is not None and len(etag) <= _MAX_ETAG and etag.isascii() and etag.isprintable() else None


def _cache_error(path: str, error: Exception) -> CacheError:
    """Return ``error`` as CacheError of the cache at ``path``, with help."""
    directory = os.path.dirname(path)
    if isinstance(error, CacheError):
        return error
    if is_locked(error):
        return CacheError(directory, "locked by another program", help_text="wait until it ends, or use --no-cache")
    if is_forbidden(error):
        return CacheError(directory, str(error), help_text=DIRECTORY_HELP)
    if isinstance(error, sqlite3.Error | OSError):
        return CacheError(directory, str(error), help_text=CLEAR_HELP)
    return CacheError(directory, f"unexpected content ({type(error).__name__})", help_text=CLEAR_HELP)
