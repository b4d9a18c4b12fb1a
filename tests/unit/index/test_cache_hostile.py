"""Hostile cache files: nothing is executed, and no file outside of the cache is read, changed or deleted."""

from __future__ import annotations

import contextlib
import os
import pickle
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.index.cache import LOCK_WAIT, REPRESENTATION, CachedPage, Database, StatusCache, page_key
from mothball.index.cache_writer import TextDisk, UnexpectedContentError, Writer
from mothball.index.project_page import ProjectPage
from mothball.model.errors import CacheError

INDEX = "https://index.example/simple/"
KEYS = [page_key(INDEX, f"lib-{number}") for number in range(30)]
ANSWERS = dict.fromkeys(KEYS, CachedPage(ProjectPage("archived", "moved"), None, time.time()))
ROW_KEY = f"{REPRESENTATION}\n{INDEX}\nlib-0"


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, (str(self.mark),)


class HostileCache:
    """A hostile cache directory, and files next to it that must not change."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "cache"
        self.inner = self.directory / "v2"
        self.database = self.inner / "cache.db"
        self.journal = self.inner / "cache.db-journal"
        self.mark = root / "executed"
        self.victim = root / "outside" / "thesis.txt"
        self.victim.parent.mkdir()
        self.victim.write_text("years of work")
        cache = StatusCache.open(str(self.directory))
        cache.put_many(ANSWERS)
        cache.close()

    def execute(self, statement: str, *values: object) -> None:
        connection = sqlite3.connect(self.database, isolation_level=None)
        connection.execute(statement, values)
        connection.close()

    def use(self) -> CacheError | None:
        """Run all operations of the cache; return its error, if any."""
        try:
            cache = StatusCache.open(str(self.directory))
        except CacheError as error:
            return error
        cache.get_many(KEYS)
        cache.put_many(ANSWERS)
        cache.record_markers(INDEX)
        cache.states_markers(INDEX)
        cache.get_many(KEYS)
        with contextlib.suppress(CacheError):
            cache.info()
            cache.clear()
        cache.close()
        return cache.error

    def check_outside(self) -> None:
        assert not self.mark.exists()
        assert self.victim.read_text() == "years of work"
        assert [path.name for path in self.victim.parent.iterdir()] == ["thesis.txt"]


@pytest.fixture
def hostile_cache(tmp_path: Path) -> Iterator[HostileCache]:
    prepared = HostileCache(tmp_path)
    yield prepared
    prepared.check_outside()


# --- rows -------------------------------------------------------------------------------------------------------------


def test_pickle_in_a_row_is_a_miss_and_does_not_execute(hostile_cache: HostileCache) -> None:
    hostile_cache.execute(
        "UPDATE Cache SET mode = 4, value = ? WHERE key = ?", pickle.dumps(Bomb(hostile_cache.mark)), ROW_KEY
    )
    cache = StatusCache.open(str(hostile_cache.directory))
    assert set(cache.get_many(KEYS)) == set(KEYS[1:])
    cache.close()
    assert hostile_cache.use() is None


def test_pickle_in_a_file_is_a_miss_and_does_not_execute(hostile_cache: HostileCache) -> None:
    bomb = hostile_cache.inner / "bomb.val"
    bomb.write_bytes(pickle.dumps(Bomb(hostile_cache.mark)))
    hostile_cache.execute("UPDATE Cache SET mode = 4, filename = 'bomb.val', value = NULL")
    cache = StatusCache.open(str(hostile_cache.directory))
    assert cache.get_many(KEYS) == {}
    cache.close()
    assert hostile_cache.use() is None
    assert bomb.exists()


def test_pickled_key_does_not_execute(hostile_cache: HostileCache) -> None:
    hostile_cache.execute(
        "UPDATE Cache SET raw = 0, key = ? WHERE key = ?", pickle.dumps(Bomb(hostile_cache.mark)), ROW_KEY
    )
    cache = StatusCache.open(str(hostile_cache.directory))
    assert set(cache.get_many(KEYS)) == set(KEYS[1:])
    cache.close()
    assert hostile_cache.use() is None


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_file_named_by_a_row_is_neither_read_nor_deleted(hostile_cache: HostileCache, mode: int) -> None:
    hostile_cache.execute("UPDATE Cache SET mode = ?, filename = ?", mode, str(hostile_cache.victim))
    cache = StatusCache.open(str(hostile_cache.directory))
    assert cache.get_many(KEYS) == {}
    cache.put_many(ANSWERS)
    assert cache.get_many(KEYS) == ANSWERS
    cache.close()
    hostile_cache.execute("UPDATE Cache SET mode = ?, filename = ?", mode, "../../outside/thesis.txt")
    assert hostile_cache.use() is None


@pytest.mark.parametrize("value", [b"\x00" * 100, 12, 1.5, None, "x" * 300_000, b"x" * 900_000])
def test_value_of_wrong_type_or_size_is_a_miss(hostile_cache: HostileCache, value: object) -> None:
    hostile_cache.execute("UPDATE Cache SET value = ? WHERE key = ?", value, ROW_KEY)
    cache = StatusCache.open(str(hostile_cache.directory))
    assert set(cache.get_many(KEYS)) == set(KEYS[1:])
    assert cache.error is None
    cache.close()


def test_huge_value_is_not_read_into_memory(hostile_cache: HostileCache) -> None:
    hostile_cache.execute("UPDATE Cache SET value = CAST(zeroblob(200000000) AS TEXT) WHERE key = ?", ROW_KEY)
    assert "too big" in str(hostile_cache.use())


def test_eviction_deletes_rows_and_no_files(hostile_cache: HostileCache) -> None:
    """diskcache deletes files of rows that it evicts, expires and clears; TextDisk must not."""
    writer = Writer(Database(str(hostile_cache.database)).connection, str(hostile_cache.inner), LOCK_WAIT)
    for expired in (None, 1.0):
        writer.save([(key.name, "x") for key in KEYS], 100.0)
        hostile_cache.execute(
            "UPDATE Cache SET filename = ?, mode = 4, expire_time = ?", str(hostile_cache.victim), expired
        )
        assert writer.get(ROW_KEY) is None
        assert writer.pop(ROW_KEY) is None
        writer.expire()
        writer.reset("size_limit", 0)
        writer.cull()
        writer.save([(key.name, "x") for key in KEYS], 100.0)
        hostile_cache.execute("UPDATE Cache SET filename = ?", str(hostile_cache.victim))
        with pytest.raises(NotImplementedError):
            writer.check(fix=True)
        writer.clear()
    writer._connection.close()


# --- the hardened Disk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [b"x", 1, 1.5, None, ("a",)])
def test_text_disk_accepts_only_text_keys(key: object) -> None:
    with pytest.raises(TypeError):
        TextDisk("nowhere").put(key)


@pytest.mark.parametrize(("value", "read"), [(b"x", False), (1, False), (None, False), ("x", True), ({}, False)])
def test_text_disk_accepts_only_text_values(value: object, read: object) -> None:
    with pytest.raises(TypeError):
        TextDisk("nowhere").store(value, read)


@pytest.mark.parametrize(("key", "raw"), [("x", 0), (b"x", 1), (b"x", 0), (1, 1)])
def test_text_disk_returns_only_text_keys(key: object, raw: object) -> None:
    with pytest.raises(UnexpectedContentError):
        TextDisk("nowhere").get(key, raw)


@pytest.mark.parametrize(
    ("mode", "filename", "value", "read"),
    [
        (0, None, "x", False),
        (2, None, "x", False),
        (3, "f", None, False),
        (4, None, b"x", False),
        (1, "f", "x", False),
        (1, None, b"x", False),
        (1, None, "x", True),
    ],
)
def test_text_disk_returns_only_text_values(mode: object, filename: object, value: object, read: object) -> None:
    with pytest.raises(UnexpectedContentError):
        TextDisk("nowhere").fetch(mode, filename, value, read)


def test_text_disk_returns_stored_values_and_has_no_files() -> None:
    disk = TextDisk("nowhere")
    assert disk.get(*disk.put("key")) == "key"
    assert disk.store("value", read=False) == (0, 1, None, "value")
    assert disk.fetch(1, None, "value", read=False) == "value"
    with pytest.raises(UnexpectedContentError):
        disk.filename()


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_directory", "{outside}"),
        ("_local", 1),
        ("_sql", 1),
        ("get", "x"),
        ("disk__directory", "{outside}"),
        ("disk_directory", "{outside}"),
        ("disk_fetch", "x"),
        ("sqlite_writable_schema", 1),
        ("sqlite_temp_store_directory", "'{outside}'"),
        ("sqlite_user_version; DROP TABLE Cache; --", 1),
    ],
)
def test_unknown_setting_is_an_error(hostile_cache: HostileCache, key: str, value: object) -> None:
    if isinstance(value, str):
        value = value.format(outside=hostile_cache.victim.parent)
    hostile_cache.execute("INSERT INTO Settings VALUES (?, ?)", key, value)
    assert any(message in str(hostile_cache.use()) for message in ("unexpected setting", "unexpected content"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("eviction_policy", "no such policy"),
        ("eviction_policy", None),
        ("size_limit", "x"),
        ("cull_limit", b"x"),
        ("statistics", 1),
        ("disk_min_file_size", 0),
        ("disk_pickle_protocol", "x"),
        ("sqlite_journal_mode", "wal"),
        ("sqlite_synchronous", "off; DROP TABLE Cache"),
        ("tag_index", 1),
    ],
)
def test_settings_in_the_database_are_overridden(hostile_cache: HostileCache, key: str, value: object) -> None:
    hostile_cache.execute("UPDATE Settings SET value = ? WHERE key = ?", value, key)
    assert hostile_cache.use() is None
    assert sorted(os.listdir(hostile_cache.inner)) == ["cache.db", "cache.db-journal"]


def test_counter_of_wrong_type_is_an_error(hostile_cache: HostileCache) -> None:
    hostile_cache.execute("UPDATE Settings SET value = NULL WHERE key = 'size'")
    assert "TypeError" in str(hostile_cache.use())


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE Settings", "CREATE TABLE Settings (key, value)", "INSERT INTO Settings VALUES (1, 1)"],
        ["DROP TABLE Settings", "CREATE TABLE Settings (key, value)", "INSERT INTO Settings VALUES (NULL, 1)"],
        ["DROP TABLE Settings", "CREATE TABLE Settings (key, value)", "INSERT INTO Settings VALUES (x'00', 1)"],
        ["DROP TABLE Settings", "CREATE TABLE Settings (one)"],
    ],
)
def test_settings_table_with_other_columns_is_an_error(hostile_cache: HostileCache, statements: list[str]) -> None:
    for statement in statements:
        hostile_cache.execute(statement)
    assert hostile_cache.use() is not None


# --- the schema -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE Cache", "CREATE VIEW Cache AS SELECT 'x' AS key"],
        ["CREATE VIEW more AS SELECT 1"],
        ["DROP TABLE Cache", "CREATE VIRTUAL TABLE Cache USING fts5(key, value)"],
        ["CREATE TABLE more (x)"],
    ],
)
def test_views_virtual_and_unknown_tables_are_rejected(hostile_cache: HostileCache, statements: list[str]) -> None:
    for statement in statements:
        hostile_cache.execute(statement)
    assert "unexpected tables" in str(hostile_cache.use())


def test_cache_table_with_other_columns_is_an_error(hostile_cache: HostileCache) -> None:
    hostile_cache.execute("DROP TABLE Cache")
    hostile_cache.execute("CREATE TABLE Cache (key)")
    assert "no such column" in str(hostile_cache.use())


def test_endless_trigger_is_interrupted(hostile_cache: HostileCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mothball.index.cache._MAX_STEPS", 1_000_000)
    many = ", ".join(f"Cache AS c{number}" for number in range(12))
    hostile_cache.execute(
        "CREATE TRIGGER endless AFTER UPDATE ON Cache BEGIN"
        f" DELETE FROM Settings WHERE value = (SELECT COUNT(*) FROM {many}); END"
    )
    assert "interrupted" in str(hostile_cache.use())


def test_trigger_that_restores_deleted_rows_does_not_block(hostile_cache: HostileCache) -> None:
    hostile_cache.execute(
        "CREATE TRIGGER undying AFTER DELETE ON Cache BEGIN"
        " INSERT INTO Cache (key, raw, mode, value) VALUES (hex(randomblob(8)), 1, 1, 'x'); END"
    )
    assert hostile_cache.use() is None


@pytest.mark.parametrize("name", ["cache.db", "cache.db-journal"])
def test_files_created_after_opening_are_checked(hostile_cache: HostileCache, name: str) -> None:
    empty = hostile_cache.directory.parent / "empty"
    cache = StatusCache.open(str(empty))
    (empty / "v2" / name).symlink_to(hostile_cache.victim)
    assert cache.get_many(KEYS) == {}
    cache.put_many(ANSWERS)
    assert "is not a regular file" in str(cache.error)


def test_incomplete_tables_are_completed(hostile_cache: HostileCache) -> None:
    hostile_cache.execute("DROP TABLE Cache")
    cache = StatusCache.open(str(hostile_cache.directory))
    assert cache.get_many(KEYS) == {}
    assert cache.info().entries == 0
    cache.clear()
    cache.put_many(ANSWERS)
    assert cache.get_many(KEYS) == ANSWERS
    cache.close()


# --- files ------------------------------------------------------------------------------------------------------------


def link_to_victim(path: Path, victim: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(victim)


def hard_link_to_victim(path: Path, victim: Path) -> None:
    path.unlink()
    path.hardlink_to(victim)


@pytest.mark.parametrize("name", ["cache.db", "cache.db-journal"])
@pytest.mark.parametrize("make", [link_to_victim, hard_link_to_victim])
def test_link_instead_of_a_file_is_rejected(
    hostile_cache: HostileCache, name: str, make: Callable[[Path, Path], object]
) -> None:
    make(hostile_cache.inner / name, hostile_cache.victim)
    error = hostile_cache.use()
    assert f"{name} is not a regular file" in str(error)
    assert error is not None
    assert "mothball cache clear" in error.help


def test_socket_instead_of_the_database_is_rejected(hostile_cache: HostileCache) -> None:
    hostile_cache.database.unlink()
    listening = socket.socket(socket.AF_UNIX)
    cwd = os.getcwd()
    os.chdir(hostile_cache.inner)  # the path of a socket has a maximum length
    try:
        listening.bind("cache.db")
    finally:
        os.chdir(cwd)
        listening.close()
    assert "is not a regular file" in str(hostile_cache.use())


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_write_ahead_log_is_rejected(hostile_cache: HostileCache, suffix: str) -> None:
    link_to_victim(hostile_cache.inner / f"cache.db{suffix}", hostile_cache.victim)
    assert "write-ahead log" in str(hostile_cache.use())


def write_journal(database: Path) -> None:
    """Create the journal of a transaction whose process was killed."""
    program = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE Cache SET value = value || hex(zeroblob(4000))")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", program, str(database)], check=True)


def test_journal_with_a_super_journal_is_rejected(hostile_cache: HostileCache) -> None:
    """SQLite 3.40 deletes the super-journal, in any directory, after rolling back the journal."""
    write_journal(hostile_cache.database)
    name = str(hostile_cache.victim).encode()
    with hostile_cache.journal.open("ab") as journal:
        lock_page = 2**30 // 4096 + 1
        journal.write(struct.pack(">I", lock_page) + name + struct.pack(">II", len(name), sum(name)))
        journal.write(bytes.fromhex("d9d505f920a163d7"))
    assert "its journal refers to another file" in str(hostile_cache.use())


def test_journal_that_is_being_written_is_accepted(hostile_cache: HostileCache) -> None:
    """The magic at the start of a short journal must not be taken for that at its end."""
    hostile_cache.journal.write_bytes(bytes.fromhex("d9d505f920a163d7"))
    assert hostile_cache.use() is None


def test_valid_journal_is_rolled_back(hostile_cache: HostileCache) -> None:
    write_journal(hostile_cache.database)
    assert hostile_cache.journal.stat().st_size > 0
    cache = StatusCache.open(str(hostile_cache.directory))
    assert cache.get_many(KEYS) == ANSWERS
    cache.close()


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00", b"no database", bytes(100_000), random.Random(1).randbytes(100_000)]
)
def test_invalid_database_returns_no_pages(hostile_cache: HostileCache, content: bytes) -> None:
    hostile_cache.database.write_bytes(content)
    hostile_cache.journal.unlink()
    error = hostile_cache.use()
    assert (error is None) == (content == b"")


def test_truncated_database_is_an_error_until_cleared(hostile_cache: HostileCache) -> None:
    hostile_cache.database.write_bytes(hostile_cache.database.read_bytes()[:9000])
    error = hostile_cache.use()
    assert "malformed" in str(error)
    assert error is not None
    assert "mothball cache clear" in error.help


@given(st.data())
def test_damaged_database_never_crashes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    hostile_cache = HostileCache(tmp_path_factory.mktemp("damaged"))
    content = bytearray(hostile_cache.database.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + 4] = data.draw(st.binary(min_size=1, max_size=8))
    hostile_cache.database.write_bytes(content)
    try:
        cache = StatusCache.open(str(hostile_cache.directory))
    except CacheError:
        return
    for key, page in cache.get_many(KEYS).items():
        assert key in KEYS
        assert isinstance(page, CachedPage)
    cache.close()
    hostile_cache.use()
    hostile_cache.check_outside()


def test_error_with_invalid_text_is_reported(hostile_cache: HostileCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_with_invalid_text(_path: str) -> None:
        b"near \x80".decode()

    monkeypatch.setattr("mothball.index.cache.Database", fail_with_invalid_text)
    with pytest.raises(CacheError, match=r"unexpected content \(UnicodeDecodeError\)") as caught:
        StatusCache.open(str(hostile_cache.directory))
    assert "mothball cache clear" in caught.value.help
