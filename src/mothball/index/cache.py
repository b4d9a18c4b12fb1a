"""What indexes answered before, kept between runs and shared by all that run at once.

A cache is never needed: whatever happens to it while it is used, it goes out of use for the rest of the run, remembers
why once, and every look-up goes on without it. What is read from it was written by who knows whom, and is checked
field by field; a row that is not as we write them is not there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from mothball.index.cache_database import MAX_VALUE_LENGTH, Database, Row, is_forbidden, is_locked
from mothball.index.cache_directory import CLEAR_HELP, PLACE_HELP, check_files, prepare
from mothball.index.page_request import ProjectPage
from mothball.model.errors import CacheError
from mothball.model.lookup import MAX_VERSION, Release
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials

if TYPE_CHECKING:
    from mothball.index.cache_writer import Writer

# What the client's Accept header asks for. An ETag belongs to one representation: whoever changes that header so that
# indexes answer differently changes this.
REPRESENTATION = "simple-v1"
# How long an entry is kept when nobody renews it, in seconds. How long it is believed is not for the cache to say.
LIFETIME = 90 * 24 * 3600.0
# Rows per transaction: short enough that no other process waits.
BATCH = 10

_RENEWAL = 24 * 3600.0
_MAX_ETAG = 256
_LATEST_TIME = 253_402_300_800  # the year 10000: no clock of ours wrote that
_Result = TypeVar("_Result")


class PageKey(NamedTuple):
    """A project page: an index URL as the cache knows it, and a normalised name. Made by ``page_key``."""

    index_url: str
    name: str


def page_key(index: str, name: str) -> PageKey:
    """Return the key of the page ``name`` (normalised) on ``index``: without credentials, ending in one slash."""
    return PageKey(_base(index), name)


@lru_cache(maxsize=64)
def _base(index: str) -> str:
    return strip_credentials(index).rstrip("/") + "/"


class CachedPage(NamedTuple):
    """An index's answer: its page, or None where it had none (404), and its validator.

    ``stored_at`` is when the index last confirmed it (Unix time, seconds); it may lie in the future of a clock that
    was set back.
    """

    page: ProjectPage | None
    etag: str | None
    stored_at: float


class CacheInfo(NamedTuple):
    """What ``mothball cache info`` shows. ``entries`` counts project pages."""

    directory: str
    entries: int
    size_bytes: int


class StatusCache:
    """The cache of one directory. Used by one thread at a time, by any number of processes.

    ``error`` is None as long as it works, otherwise why it does not. Losing a race for the lock when writing is no
    trouble: another process is writing the same answers.
    """

    def __init__(self, path: str, database: Database | None) -> None:
        """Use ``open`` instead."""
        self._path = path
        self._database = database
        self._writer: Writer | None = None
        self._may_write = True
        self.error: CacheError | None = None

    @classmethod
    def open(cls, directory: str) -> StatusCache:
        """Return the cache in ``directory``, which is created where it is missing.

        Raises CacheError for a directory that is not ours alone, and for a database that is damaged or no cache.
        """
        path = prepare(directory)
        check_files(path)
        if not os.path.lexists(path):
            return cls(path, None)  # made by the first answer that is kept
        try:
            return cls(path, Database(path))
        except (sqlite3.Error, OSError, UnicodeError) as error:
            # What SQLite says of a crafted schema quotes it, and may be no text that Python can read.
            raise _trouble(path, error) from error

    def get_many(self, keys: Iterable[PageKey]) -> dict[PageKey, CachedPage]:
        """Return the answers that are kept for ``keys``; those of other keys are missing from the result."""
        wanted = {_page_row(key): key for key in keys}
        found = {}
        for row_key, value in self._read(list(wanted)):
            answer = _answer_of(row_key, value)
            if answer is not None:
                found[wanted[row_key]] = answer
        return found

    def put_many(self, answers: Mapping[PageKey, CachedPage]) -> None:
        """Keep ``answers``, in transactions of ten rows."""
        self._write([(_page_row(key), _text_of(_page_row(key), answer)) for key, answer in answers.items()])

    def states_markers(self, index: str) -> bool:
        """Return whether ``index`` has been seen stating any status marker."""
        return self._stating_since(index) is not None

    def remember_stating(self, index: str) -> None:
        """Keep that ``index`` has been seen stating a status marker; renewed once a day."""
        since = self._stating_since(index)
        now = time.time()
        if since is None or not 0 <= now - since < _RENEWAL:
            key = _index_row(index)
            self._write([(key, json.dumps({"key": key, "stored_at": now}))])

    def info(self) -> CacheInfo:
        """Return where the cache is and what it holds. Raises CacheError where it cannot be read."""
        entries = self._attempt(lambda: self._database.count(REPRESENTATION, time.time()) if self._database else 0, 0)
        self._raise_trouble()
        size = os.path.getsize(self._path) if os.path.lexists(self._path) else 0
        return CacheInfo(os.path.dirname(self._path), entries, size)

    def clear(self) -> None:
        """Forget everything. Raises CacheError where that cannot be done."""
        from mothball.index.cache_writer import KNOWN_SETTINGS  # noqa: PLC0415 - diskcache is dear, and this is rare

        self._attempt(lambda: self._database.clear(KNOWN_SETTINGS) if self._database else None, None)
        self._raise_trouble()

    def close(self) -> None:
        """Let the database go. The cache is empty and keeps nothing from here on."""
        self._may_write = False
        self._writer = None
        if self._database is not None:
            self._database.close()
            self._database = None

    def _stating_since(self, index: str) -> float | None:
        key = _index_row(index)
        return next((_stored_at(_fields(key, value)) for _, value in self._read([key])), None)

    def _read(self, keys: list[str]) -> list[Row]:
        database = self._database
        return self._attempt(lambda: list(database.read(keys, time.time())), []) if database else []

    def _write(self, rows: list[Row]) -> None:
        fitting = [row for row in rows if len(row[1]) <= MAX_VALUE_LENGTH]
        if self._may_write and fitting:
            self._attempt(lambda: self._save(fitting), None)

    def _save(self, rows: list[Row]) -> None:
        from mothball.index.cache_writer import Writer  # noqa: PLC0415 - diskcache is dear, and the warm path only reads

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

    def _attempt(self, work: Callable[[], _Result], otherwise: _Result) -> _Result:
        """Return what ``work`` returns; when it fails, put the cache out of use and return ``otherwise``."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - there is no end to what a crafted database can provoke
            self.close()
            self.error = _trouble(self._path, error)
            return otherwise

    def _raise_trouble(self) -> None:
        if self.error is not None:
            raise self.error


def _page_row(key: PageKey) -> str:
    return f"{REPRESENTATION}\n{key.index_url}\n{key.name}"


def _index_row(index: str) -> str:
    return f"stating\n{page_key(index, '').index_url}"


def _text_of(row_key: str, answer: CachedPage) -> str:
    """Return the value of a row: JSON in ASCII, as a page may hold what no encoding takes."""
    return json.dumps(
        {
            "key": row_key,
            "found": answer.page is not None,
            "marker": answer.page.marker if answer.page else None,
            "reason": answer.page.reason if answer.page else "",
            "release": answer.page.release if answer.page else None,
            "etag": _usable_etag(answer.etag),
            "stored_at": answer.stored_at,
        }
    )


def _answer_of(row_key: str, value: str) -> CachedPage | None:
    """Return the answer that a row holds, None for a value that is not as we write them."""
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
            return CachedPage(page, _usable_etag(etag), stored_at)
        case {"found": False}:
            return CachedPage(None, None, stored_at)
        case _:
            return None


def _fields(row_key: str, value: str) -> dict[str, object]:
    """Return the fields of a row's value, none where it is not that row's: a damaged index leads to other rows."""
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) and fields.get("key") == row_key else {}


def _stored_at(fields: Mapping[str, object]) -> float | None:
    moment = fields.get("stored_at")
    return float(moment) if isinstance(moment, int | float) and 0 <= moment < _LATEST_TIME else None


def _is_release(release: Sequence[str] | None) -> bool:
    """Return whether a row tells of no release, or of one as ``latest_release`` makes them."""
    if release is None:
        return True
    version, date = release
    return 0 < len(version) <= MAX_VERSION and version.isascii() and version.isprintable() and _is_date(date)


def _is_date(text: str) -> bool:
    """Return whether ``text`` has the form of an ISO date; without a pattern, as every warm run reads rows."""
    digits = text[:4] + text[5:7] + text[8:]
    return len(text) == 10 and text[4] == text[7] == "-" and digits.isascii() and digits.isdigit()


def _usable_etag(etag: str | None) -> str | None:
    """Return ``etag`` where it can be sent back in a header as it is, else None."""
    return etag if etag is not None and len(etag) <= _MAX_ETAG and etag.isascii() and etag.isprintable() else None


def _trouble(path: str, error: Exception) -> CacheError:
    """Return ``error`` as the reason why the cache at ``path`` is out of use."""
    directory = os.path.dirname(path)
    if isinstance(error, CacheError):
        return error
    if is_locked(error):
        return CacheError(directory, "another program keeps it locked", help_text="wait for it, or use --no-cache")
    if is_forbidden(error):
        return CacheError(directory, str(error), help_text=PLACE_HELP)
    if isinstance(error, sqlite3.Error | OSError):
        return CacheError(directory, str(error), help_text=CLEAR_HELP)
    return CacheError(directory, f"it holds what mothball never wrote ({type(error).__name__})", help_text=CLEAR_HELP)
