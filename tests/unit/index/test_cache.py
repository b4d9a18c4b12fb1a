"""The cache: stored pages, expiry, concurrent processes and errors."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mothball.index import cache as cache_module
from mothball.index.cache import BATCH, LIFETIME, REPRESENTATION, CachedPage, PageKey, StatusCache, page_key
from mothball.index.cache_writer import SETTINGS, Writer
from mothball.index.project_page import ProjectPage
from mothball.model.errors import CacheError
from mothball.model.results import Release

INDEX = "https://index.example/simple/"
NOW = time.time()
ARCHIVED = CachedPage(ProjectPage("archived", "moved"), '"v1"', NOW)


@pytest.fixture
def directory(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


@pytest.fixture
def cache(directory: str) -> Iterator[StatusCache]:
    with_answers = StatusCache.open(directory)
    yield with_answers
    with_answers.close()


def keys(count: int) -> list[PageKey]:
    return [page_key(INDEX, f"lib-{number}") for number in range(count)]


def rows(directory: str, statement: str, *values: object) -> list[Any]:
    connection = sqlite3.connect(os.path.join(directory, "v2", "cache.db"), isolation_level=None)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def in_another_process(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, *arguments], text=True, stdout=subprocess.PIPE)


@pytest.mark.parametrize(
    "answer",
    [
        ARCHIVED,
        CachedPage(ProjectPage(None), None, NOW),
        CachedPage(ProjectPage("active", "", Release("1!2.0.post1+x", "2026-01-02")), None, NOW),
        CachedPage(ProjectPage("odd \U0001f600 \ud800", "\x00\u202e\n" * 50), 'W/"x"', 0.0),
        CachedPage(ProjectPage("\U0001f600" * 10_000, "\U0001f600" * 10_000), None, NOW),
        CachedPage(None, None, NOW + 1e6),
    ],
)
def test_stored_page_is_read_by_the_next_run(directory: str, answer: CachedPage) -> None:
    (key,) = keys(1)
    first = StatusCache.open(directory)
    first.put_many({key: answer})
    assert first.get_many([key]) == {key: answer}
    first.close()
    second = StatusCache.open(directory)
    assert second.get_many([key]) == {key: answer}
    second.close()
    assert (first.error, second.error) == (None, None)


def test_page_is_stored_per_index_and_name(cache: StatusCache) -> None:
    cache.put_many({page_key(INDEX, "a"): ARCHIVED})
    assert cache.get_many([page_key(INDEX, "b"), page_key("https://other.example/simple/", "a")]) == {}


def test_key_has_no_credentials_and_one_trailing_slash(cache: StatusCache, directory: str) -> None:
    cache.put_many({page_key("https://user:secret@index.example/simple?token=secret", "a"): ARCHIVED})
    assert cache.get_many([page_key("https://index.example/simple//", "a")])
    for name in os.listdir(os.path.join(directory, "v2")):
        assert b"secret" not in Path(directory, "v2", name).read_bytes()


def test_page_is_stored_per_representation(cache: StatusCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put_many({page_key(INDEX, "a"): ARCHIVED})
    monkeypatch.setattr(cache_module, "REPRESENTATION", "simple-v2")
    assert cache.get_many([page_key(INDEX, "a")]) == {}


def test_keys_are_read_in_several_statements(cache: StatusCache) -> None:
    many = keys(1201)
    cache.put_many(dict.fromkeys((many[0], many[600], many[1200]), ARCHIVED))
    assert list(cache.get_many(many)) == [many[0], many[600], many[1200]]


def test_newer_page_replaces_the_older(cache: StatusCache) -> None:
    (key,) = keys(1)
    cache.put_many({key: ARCHIVED})
    cache.put_many({key: CachedPage(None, None, NOW)})
    assert cache.get_many([key]) == {key: CachedPage(None, None, NOW)}
    assert cache.info().entries == 1


def test_rows_are_written_in_short_transactions(cache: StatusCache, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    save = Writer.save

    def counting(self: Writer, rows: list[tuple[str, str]], lifetime: float) -> None:
        sizes.append(len(rows))
        save(self, rows, lifetime)

    monkeypatch.setattr(Writer, "save", counting)
    cache.put_many(dict.fromkeys(keys(25), ARCHIVED))
    assert sizes == [BATCH, BATCH, 5]


def test_entries_expire_after_ninety_days(cache: StatusCache, directory: str) -> None:
    (key,) = keys(1)
    cache.put_many({key: ARCHIVED})
    ((left,),) = rows(directory, "SELECT expire_time - store_time FROM Cache")
    assert left == pytest.approx(LIFETIME)
    rows(directory, "UPDATE Cache SET expire_time = ?", time.time() - 1)
    assert cache.get_many([key]) == {}
    assert cache.info().entries == 0


def test_cache_stays_below_its_size_limit(directory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETTINGS, "size_limit", 200_000)
    cache = StatusCache.open(directory)
    page = ProjectPage("archived", "x" * 5000)
    for key in keys(200):
        cache.put_many({key: CachedPage(page, None, NOW)})
    assert cache.error is None
    assert cache.info().size_bytes < 300_000
    assert rows(directory, "PRAGMA auto_vacuum") == [(1,)]
    assert keys(200)[-1] in cache.get_many(keys(200))
    cache.close()


def test_too_long_value_is_not_stored(cache: StatusCache) -> None:
    short, long = keys(2)
    cache.put_many({long: CachedPage(ProjectPage("x" * 300_000), None, NOW), short: ARCHIVED})
    assert list(cache.get_many([short, long])) == [short]


@pytest.mark.parametrize("etag", ['"x"\r\nEvil: 1', "\x00", '"é"', "\ud800", '"' + "x" * 300 + '"'])
def test_etag_invalid_in_a_header_is_not_stored(cache: StatusCache, etag: str) -> None:
    (key,) = keys(1)
    cache.put_many({key: CachedPage(ProjectPage(None), etag, NOW)})
    assert cache.get_many([key]) == {key: CachedPage(ProjectPage(None), None, NOW)}


def test_markers_of_an_index_are_recorded(cache: StatusCache, directory: str) -> None:
    assert not cache.states_markers(INDEX)
    cache.record_markers("https://user:secret@index.example/simple")
    assert cache.states_markers(INDEX)
    assert not cache.states_markers("https://other.example/simple/")
    assert cache.info().entries == 0
    next_run = StatusCache.open(directory)
    assert next_run.states_markers(INDEX)
    next_run.close()


def test_record_of_markers_is_refreshed_once_a_day(cache: StatusCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.record_markers(INDEX)
    written: list[list[tuple[str, str]]] = []
    monkeypatch.setattr(cache, "_write", written.append)
    cache.record_markers(INDEX)
    assert written == []
    tomorrow = time.time() + 24 * 3600 + 1
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    cache.record_markers(INDEX)
    assert len(written) == 1


def test_info_has_directory_entries_and_size(cache: StatusCache, directory: str) -> None:
    empty = cache.info()
    assert (empty.directory, empty.entries, empty.size_bytes) == (os.path.join(directory, "v2"), 0, 0)
    cache.put_many(dict.fromkeys(keys(3), ARCHIVED))
    full = cache.info()
    assert full.entries == 3
    assert full.size_bytes == os.path.getsize(os.path.join(directory, "v2", "cache.db"))


def test_clear_deletes_everything(cache: StatusCache) -> None:
    cache.clear()
    cache.put_many(dict.fromkeys(keys(3), ARCHIVED))
    cache.record_markers(INDEX)
    cache.clear()
    assert cache.get_many(keys(3)) == {}
    assert not cache.states_markers(INDEX)
    cache.put_many({keys(1)[0]: ARCHIVED})
    assert cache.info().entries == 1


def test_closed_cache_is_empty_and_stores_nothing(directory: str) -> None:
    cache = StatusCache.open(directory)
    cache.put_many(dict.fromkeys(keys(1), ARCHIVED))
    cache.close()
    cache.close()
    cache.put_many(dict.fromkeys(keys(2), ARCHIVED))
    assert cache.get_many(keys(2)) == {}
    assert cache.error is None


def test_reading_does_not_write_or_import_diskcache(directory: str) -> None:
    cache = StatusCache.open(directory)
    cache.put_many(dict.fromkeys(keys(3), ARCHIVED))
    cache.close()
    path = Path(directory, "v2", "cache.db")
    before = path.read_bytes(), path.stat().st_mtime_ns
    program = """
import sys
from mothball.index.cache import StatusCache, page_key
cache = StatusCache.open(sys.argv[1])
print(len(cache.get_many([page_key(sys.argv[2], f"lib-{n}") for n in range(3)])), "diskcache" in sys.modules)
cache.close()
"""
    assert in_another_process(program, directory, INDEX).communicate()[0].split() == ["3", "False"]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


WRITER = """
import sys, time
from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.project_page import ProjectPage
from mothball.model.results import Release
cache = StatusCache.open(sys.argv[1])
mine = {page_key(sys.argv[2], f"lib-{n}"): CachedPage(ProjectPage("archived"), None, time.time()) for n in range(60)}
"""


# Each process waits for the database for a limited time.
@pytest.mark.alone
def test_ten_concurrent_processes_share_an_empty_cache(directory: str) -> None:
    program = WRITER + "cache.put_many(mine); print(cache.error); cache.close()"
    running = [in_another_process(program, directory, INDEX) for _ in range(10)]
    assert [process.communicate()[0] for process in running] == ["None\n"] * 10
    cache = StatusCache.open(directory)
    assert len(cache.get_many(keys(60))) == 60
    cache.close()


def test_killed_writer_leaves_a_valid_cache(directory: str) -> None:
    program = WRITER + "print('go', flush=True)\nwhile True: cache.put_many(mine)"
    for round_ in range(10):
        process = in_another_process(program, directory, INDEX)
        assert process.stdout is not None
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01 * round_)
        process.kill()
        process.communicate()
        cache = StatusCache.open(directory)
        assert all(answer.page == ProjectPage("archived") for answer in cache.get_many(keys(60)).values())
        cache.put_many({page_key(INDEX, "mine"): ARCHIVED})
        assert cache.error is None
        assert cache.get_many([page_key(INDEX, "mine")])
        cache.close()


@pytest.fixture
def locked(directory: str, cache: StatusCache) -> Iterator[StatusCache]:
    """Return a cache with one page whose database is locked by another connection."""
    cache.put_many(dict.fromkeys(keys(1), ARCHIVED))
    cache.close()
    reopened = StatusCache.open(directory)
    connection = sqlite3.connect(os.path.join(directory, "v2", "cache.db"), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    yield reopened
    connection.close()
    reopened.close()


def test_lock_while_writing_is_not_an_error(locked: StatusCache) -> None:
    locked.put_many(dict.fromkeys(keys(100), ARCHIVED))
    locked.put_many(dict.fromkeys(keys(100), ARCHIVED))
    assert locked.error is None


def test_lock_while_reading_is_an_error(locked: StatusCache) -> None:
    assert locked.get_many(keys(1)) == {}
    assert "locked by another program" in str(locked.error)


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        (sqlite3.OperationalError("database or disk is full"), "database or disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "readonly database"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (AttributeError("x"), "unexpected content (AttributeError)"),
    ],
)
def test_write_error_is_kept_and_disables_the_cache(
    cache: StatusCache, monkeypatch: pytest.MonkeyPatch, exception: Exception, expected: str
) -> None:
    monkeypatch.setattr(Writer, "save", failing(exception))
    cache.put_many(dict.fromkeys(keys(2), ARCHIVED))
    error = cache.error
    assert expected in str(error)
    assert error is not None
    assert error.help
    monkeypatch.undo()
    cache.put_many(dict.fromkeys(keys(2), ARCHIVED))
    assert cache.get_many(keys(2)) == {}
    assert not cache.states_markers(INDEX)
    assert cache.error is error
    with pytest.raises(CacheError):
        cache.info()
    with pytest.raises(CacheError):
        cache.clear()


def test_full_disk_rolls_back_the_batch_and_is_reported(directory: str, cache: StatusCache) -> None:
    cache.put_many(dict.fromkeys(keys(5), ARCHIVED))
    assert cache._database is not None
    pages = rows(directory, "PRAGMA page_count")[0][0]
    cache._database.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    cache.put_many({key: CachedPage(ProjectPage("archived", "x" * 5000), None, NOW) for key in keys(5)})
    assert "database or disk is full" in str(cache.error)
    again = StatusCache.open(directory)
    assert again.get_many(keys(5)) == dict.fromkeys(keys(5), ARCHIVED)
    again.close()


def test_read_only_database_is_read(directory: str) -> None:
    """SQLite is opened read-only, because root can write to every file; the error is the same."""
    cache = StatusCache.open(directory)
    cache.put_many(dict.fromkeys(keys(2), ARCHIVED))
    cache.close()
    cache = StatusCache.open(directory)
    assert cache._database is not None
    cache._database.connection.execute("PRAGMA query_only = ON")
    assert len(cache.get_many(keys(2))) == 2
    cache.put_many(dict.fromkeys(keys(3), ARCHIVED))
    error = cache.error
    assert "readonly database" in str(error)
    assert error is not None
    assert "MOTHBALL_CACHE_DIR" in error.help


def test_lock_errors_differ_from_errors_of_a_crafted_schema(directory: str, cache: StatusCache) -> None:
    cache.put_many(dict.fromkeys(keys(1), ARCHIVED))
    statement = "CREATE TRIGGER t AFTER UPDATE ON Cache BEGIN SELECT RAISE(ABORT, 'database is locked'); END"
    rows(directory, statement)
    cache.put_many(dict.fromkeys(keys(1), ARCHIVED))
    error = cache.error
    assert error is not None
    assert "mothball cache clear" in error.help


ODD_RELEASES: list[object] = [
    "1.0",
    1,
    {},
    [],
    ["1.0"],
    ["1.0", "2026-01-02", "more"],
    ["1.0", 20260102],
    [1, "2026-01-02"],
    ["", "2026-01-02"],
    ["1" * 65, "2026-01-02"],
    ["1.0\n**bold**", "2026-01-02"],
    ["\u0661.0", "2026-01-02"],
    ["1.0", "2026-01-02 [a](https://evil.example)"],
    ["1.0", "2026-1-2"],
    ["1.0", "2026/01/02"],
    ["1.0", "\u0662026-01-02"],
]


@pytest.mark.parametrize(
    "page", [CachedPage(None, None, NOW, ignored_status=403), CachedPage(None, None, NOW, delegate=INDEX)]
)
def test_response_that_only_some_lookups_accept_is_stored(cache: StatusCache, page: CachedPage) -> None:
    [key] = keys(1)
    cache.put_many({key: page})
    assert cache.get_many([key]) == {key: page}


@pytest.mark.parametrize(
    "fields",
    [
        [200, ""],
        [503, ""],
        [True, ""],
        ["403", ""],
        [403],
        [0, [INDEX]],
        [None, INDEX],
    ],
)
def test_malformed_response_that_only_some_lookups_accept_is_a_miss(
    cache: StatusCache, directory: str, fields: list[object]
) -> None:
    [key] = keys(1)
    cache.put_many({key: ARCHIVED})
    row_key = f"{REPRESENTATION}\n{INDEX}\n{key.name}"
    rows(directory, "UPDATE Cache SET value = ?", json.dumps([row_key, None, None, NOW, None, *fields]))
    assert cache.get_many([key]) == {}
    assert cache.error is None


def test_malformed_row_is_a_miss(cache: StatusCache, directory: str) -> None:
    good, *bad = keys(40)
    bad = bad[: 22 + len(ODD_RELEASES)]
    cache.put_many(dict.fromkeys([good, *bad], ARCHIVED))
    row_key = f"{REPRESENTATION}\n{INDEX}\n"
    release = ["1.0", "2026-01-02"]
    # By the position of the field, after the key.
    own: list[object] = [[None, "", release], None, NOW, None, 0, ""]
    changes_of_one_field: list[tuple[int, object]] = [
        (0, "yes"),
        (0, [1, "", release]),
        (0, [None, None, release]),
        (1, 1),
        *((0, [None, "", odd]) for odd in ODD_RELEASES),
        (2, "now"),
        (2, -1),
        (2, 1e300),
        (2, float("nan")),
        (2, None),
        (3, "now"),
        (4, 403),
        (5, INDEX),
    ]
    values: list[object] = [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        "[" + "9" * 5000 + "]",
        [row_key + "another", *own],
        [row_key + bad[7].name, *own, ""],
        *(
            [row_key + bad[at].name, *own[:field], changed, *own[field + 1 :]]
            for at, (field, changed) in enumerate(changes_of_one_field, start=8)
        ),
        b"\xff\xfe",
        12,
    ]
    for key, value in zip(bad, values, strict=False):
        text = json.dumps(value) if isinstance(value, list) else value
        rows(directory, "UPDATE Cache SET value = ? WHERE key = ?", text, row_key + key.name)
    rows(directory, "UPDATE Cache SET value = CAST(x'ff22' AS TEXT) WHERE key = ?", row_key + bad[-1].name)
    assert list(cache.get_many([good, *bad])) == [good]
    assert cache.error is None
    cache.put_many(dict.fromkeys(bad, ARCHIVED))
    assert len(cache.get_many([good, *bad])) == len(bad) + 1


def test_malformed_record_of_markers_is_a_miss(cache: StatusCache, directory: str) -> None:
    cache.record_markers(INDEX)
    rows(directory, "UPDATE Cache SET value = '{}'")
    assert not cache.states_markers(INDEX)
