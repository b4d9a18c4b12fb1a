"""A cache that somebody else has prepared: nothing in it executes, nothing outside it is read, changed or deleted."""

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

from mothball.index import cache_database
from mothball.index.cache import REPRESENTATION, CachedPage, StatusCache, page_key
from mothball.index.cache_database import Database
from mothball.index.cache_writer import ForeignContentError, TextDisk, Writer
from mothball.index.page_request import ProjectPage
from mothball.model.errors import CacheError

INDEX = "https://index.example/simple/"
KEYS = [page_key(INDEX, f"lib-{number}") for number in range(30)]
ANSWERS = dict.fromkeys(KEYS, CachedPage(ProjectPage("archived", "moved"), None, time.time()))
ROW_KEY = f"{REPRESENTATION}\n{INDEX}\nlib-0"


class Bomb:
    """Something that leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, (str(self.mark),)


class Scene:
    """A cache directory prepared by a stranger, and what must come to no harm beside it."""

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
        """Do with the cache all that mothball ever does; return what was wrong with it, if anything."""
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
def scene(tmp_path: Path) -> Iterator[Scene]:
    prepared = Scene(tmp_path)
    yield prepared
    prepared.check_outside()


# --- rows -------------------------------------------------------------------------------------------------------------


def test_a_pickle_in_a_row_is_not_there_and_does_not_execute(scene: Scene) -> None:
    scene.execute("UPDATE Cache SET mode = 4, value = ? WHERE key = ?", pickle.dumps(Bomb(scene.mark)), ROW_KEY)
    cache = StatusCache.open(str(scene.directory))
    assert set(cache.get_many(KEYS)) == set(KEYS[1:])
    cache.close()
    assert scene.use() is None


def test_a_pickle_in_a_file_is_not_there_and_does_not_execute(scene: Scene) -> None:
    bomb = scene.inner / "bomb.val"
    bomb.write_bytes(pickle.dumps(Bomb(scene.mark)))
    scene.execute("UPDATE Cache SET mode = 4, filename = 'bomb.val', value = NULL")
    cache = StatusCache.open(str(scene.directory))
    assert cache.get_many(KEYS) == {}
    cache.close()
    assert scene.use() is None
    assert bomb.exists()


def test_a_pickled_key_does_not_execute(scene: Scene) -> None:
    scene.execute("UPDATE Cache SET raw = 0, key = ? WHERE key = ?", pickle.dumps(Bomb(scene.mark)), ROW_KEY)
    cache = StatusCache.open(str(scene.directory))
    assert set(cache.get_many(KEYS)) == set(KEYS[1:])
    cache.close()
    assert scene.use() is None


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_a_file_that_a_row_names_is_neither_read_nor_deleted(scene: Scene, mode: int) -> None:
    scene.execute("UPDATE Cache SET mode = ?, filename = ?", mode, str(scene.victim))
    cache = StatusCache.open(str(scene.directory))
    assert cache.get_many(KEYS) == {}
    cache.put_many(ANSWERS)
    assert cache.get_many(KEYS) == ANSWERS
    cache.close()
    scene.execute("UPDATE Cache SET mode = ?, filename = ?", mode, "../../outside/thesis.txt")
    assert scene.use() is None


@pytest.mark.parametrize("value", [b"\x00" * 100, 12, 1.5, None, "x" * 300_000, b"x" * 900_000])
def test_a_value_of_another_type_or_size_is_not_there(scene: Scene, value: object) -> None:
    scene.execute("UPDATE Cache SET value = ? WHERE key = ?", value, ROW_KEY)
    cache = StatusCache.open(str(scene.directory))
    assert set(cache.get_many(KEYS)) == set(KEYS[1:])
    assert cache.error is None
    cache.close()


def test_a_value_of_hundreds_of_megabytes_is_not_read_into_memory(scene: Scene) -> None:
    scene.execute("UPDATE Cache SET value = CAST(zeroblob(200000000) AS TEXT) WHERE key = ?", ROW_KEY)
    assert "too big" in str(scene.use())


def test_housekeeping_deletes_rows_and_no_files(scene: Scene) -> None:
    """diskcache deletes the files of what it evicts, expires and clears: here there are none, whatever rows say."""
    writer = Writer(Database(str(scene.database)).connection, str(scene.inner))
    for expired in (None, 1.0):
        writer.save([(key.name, "x") for key in KEYS], 100.0)
        scene.execute("UPDATE Cache SET filename = ?, mode = 4, expire_time = ?", str(scene.victim), expired)
        assert writer.get(ROW_KEY) is None
        assert writer.pop(ROW_KEY) is None
        writer.expire()
        writer.reset("size_limit", 0)
        writer.cull()
        writer.save([(key.name, "x") for key in KEYS], 100.0)
        scene.execute("UPDATE Cache SET filename = ?", str(scene.victim))
        with pytest.raises(NotImplementedError):
            writer.check(fix=True)
        writer.clear()
    writer._connection.close()


# --- the hardened Disk ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [b"x", 1, 1.5, None, ("a",)])
def test_the_disk_takes_text_keys_only(key: object) -> None:
    with pytest.raises(TypeError):
        TextDisk("nowhere").put(key)


@pytest.mark.parametrize(("value", "read"), [(b"x", False), (1, False), (None, False), ("x", True), ({}, False)])
def test_the_disk_takes_text_values_only(value: object, read: object) -> None:
    with pytest.raises(TypeError):
        TextDisk("nowhere").store(value, read)


@pytest.mark.parametrize(("key", "raw"), [("x", 0), (b"x", 1), (b"x", 0), (1, 1)])
def test_the_disk_gives_text_keys_only(key: object, raw: object) -> None:
    with pytest.raises(ForeignContentError):
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
def test_the_disk_gives_text_values_only(mode: object, filename: object, value: object, read: object) -> None:
    with pytest.raises(ForeignContentError):
        TextDisk("nowhere").fetch(mode, filename, value, read)


def test_the_disk_gives_what_it_took_and_has_no_files() -> None:
    disk = TextDisk("nowhere")
    assert disk.get(*disk.put("key")) == "key"
    assert disk.store("value", read=False) == (0, 1, None, "value")
    assert disk.fetch(1, None, "value", read=False) == "value"
    with pytest.raises(ForeignContentError):
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
def test_a_setting_that_diskcache_does_not_have_is_trouble(scene: Scene, key: str, value: object) -> None:
    if isinstance(value, str):
        value = value.format(outside=scene.victim.parent)
    scene.execute("INSERT INTO Settings VALUES (?, ?)", key, value)
    assert any(words in str(scene.use()) for words in ("unexpected setting", "unexpected content"))


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
def test_our_settings_win_over_those_in_the_database(scene: Scene, key: str, value: object) -> None:
    scene.execute("UPDATE Settings SET value = ? WHERE key = ?", value, key)
    assert scene.use() is None
    assert sorted(os.listdir(scene.inner)) == ["cache.db", "cache.db-journal"]


def test_a_counter_of_another_type_is_trouble(scene: Scene) -> None:
    scene.execute("UPDATE Settings SET value = NULL WHERE key = 'size'")
    assert "TypeError" in str(scene.use())


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE Settings", "CREATE TABLE Settings (key, value)", "INSERT INTO Settings VALUES (1, 1)"],
        ["DROP TABLE Settings", "CREATE TABLE Settings (key, value)", "INSERT INTO Settings VALUES (NULL, 1)"],
        ["DROP TABLE Settings", "CREATE TABLE Settings (key, value)", "INSERT INTO Settings VALUES (x'00', 1)"],
        ["DROP TABLE Settings", "CREATE TABLE Settings (one)"],
    ],
)
def test_a_settings_table_of_another_shape_is_trouble(scene: Scene, statements: list[str]) -> None:
    for statement in statements:
        scene.execute(statement)
    assert scene.use() is not None


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
def test_views_virtual_tables_and_strange_tables_are_refused(scene: Scene, statements: list[str]) -> None:
    for statement in statements:
        scene.execute(statement)
    assert "unexpected tables" in str(scene.use())


def test_a_cache_table_of_another_shape_is_trouble(scene: Scene) -> None:
    scene.execute("DROP TABLE Cache")
    scene.execute("CREATE TABLE Cache (key)")
    assert "no such column" in str(scene.use())


def test_a_trigger_that_never_ends_is_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_database, "_MAX_STEPS", 1_000_000)
    many = ", ".join(f"Cache AS c{number}" for number in range(12))
    scene.execute(
        "CREATE TRIGGER endless AFTER UPDATE ON Cache BEGIN"
        f" DELETE FROM Settings WHERE value = (SELECT COUNT(*) FROM {many}); END"
    )
    assert "interrupted" in str(scene.use())


def test_a_trigger_that_puts_back_what_is_deleted_does_not_keep_us(scene: Scene) -> None:
    scene.execute(
        "CREATE TRIGGER undying AFTER DELETE ON Cache BEGIN"
        " INSERT INTO Cache (key, raw, mode, value) VALUES (hex(randomblob(8)), 1, 1, 'x'); END"
    )
    assert scene.use() is None


@pytest.mark.parametrize("name", ["cache.db", "cache.db-journal"])
def test_what_appears_only_after_the_opening_is_held_to_the_same_rules(scene: Scene, name: str) -> None:
    empty = scene.directory.parent / "empty"
    cache = StatusCache.open(str(empty))
    (empty / "v2" / name).symlink_to(scene.victim)
    assert cache.get_many(KEYS) == {}
    cache.put_many(ANSWERS)
    assert "is not a regular file" in str(cache.error)


def test_a_half_made_layout_is_completed(scene: Scene) -> None:
    scene.execute("DROP TABLE Cache")
    cache = StatusCache.open(str(scene.directory))
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
def test_a_link_in_a_files_place_is_refused(scene: Scene, name: str, make: Callable[[Path, Path], object]) -> None:
    make(scene.inner / name, scene.victim)
    error = scene.use()
    assert f"{name} is not a regular file" in str(error)
    assert error is not None
    assert "mothball cache clear" in error.help


def test_a_socket_in_the_databases_place_is_refused(scene: Scene) -> None:
    scene.database.unlink()
    listening = socket.socket(socket.AF_UNIX)
    cwd = os.getcwd()
    os.chdir(scene.inner)  # the path of a socket may not be long
    try:
        listening.bind("cache.db")
    finally:
        os.chdir(cwd)
        listening.close()
    assert "is not a regular file" in str(scene.use())


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_write_ahead_log_is_refused(scene: Scene, suffix: str) -> None:
    link_to_victim(scene.inner / f"cache.db{suffix}", scene.victim)
    assert "write-ahead log" in str(scene.use())


def leave_a_journal(database: Path) -> None:
    """Leave behind the journal of a transaction that a dying process did not finish."""
    program = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE Cache SET value = value || hex(zeroblob(4000))")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", program, str(database)], check=True)


def test_a_journal_that_names_a_super_journal_is_refused(scene: Scene) -> None:
    """SQLite 3.40 deletes the file of that name, wherever it lies, once it has played the journal back."""
    leave_a_journal(scene.database)
    name = str(scene.victim).encode()
    with scene.journal.open("ab") as journal:
        lock_page = 2**30 // 4096 + 1
        journal.write(struct.pack(">I", lock_page) + name + struct.pack(">II", len(name), sum(name)))
        journal.write(bytes.fromhex("d9d505f920a163d7"))
    assert "its journal refers to another file" in str(scene.use())


def test_a_journal_that_somebody_is_about_to_write_names_nothing(scene: Scene) -> None:
    """Read while it grows from nothing, the magic at its start must not pass for that at its end."""
    scene.journal.write_bytes(bytes.fromhex("d9d505f920a163d7"))
    assert scene.use() is None


def test_an_honest_journal_is_played_back(scene: Scene) -> None:
    leave_a_journal(scene.database)
    assert scene.journal.stat().st_size > 0
    cache = StatusCache.open(str(scene.directory))
    assert cache.get_many(KEYS) == ANSWERS
    cache.close()


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00", b"no database", bytes(100_000), random.Random(1).randbytes(100_000)]
)
def test_a_file_that_is_no_database_never_gives_answers(scene: Scene, content: bytes) -> None:
    scene.database.write_bytes(content)
    scene.journal.unlink()
    error = scene.use()
    assert (error is None) == (content == b"")


def test_a_truncated_database_is_trouble_that_clearing_ends(scene: Scene) -> None:
    scene.database.write_bytes(scene.database.read_bytes()[:9000])
    error = scene.use()
    assert "malformed" in str(error)
    assert error is not None
    assert "mothball cache clear" in error.help


@given(st.data())
def test_a_damaged_database_gives_answers_or_misses_or_trouble_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    scene = Scene(tmp_path_factory.mktemp("damaged"))
    content = bytearray(scene.database.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + 4] = data.draw(st.binary(min_size=1, max_size=8))
    scene.database.write_bytes(content)
    try:
        cache = StatusCache.open(str(scene.directory))
    except CacheError:
        return
    for key, answer in cache.get_many(KEYS).items():
        assert key in KEYS
        assert isinstance(answer, CachedPage)
    cache.close()
    scene.use()
    scene.check_outside()


def test_an_error_that_is_no_text_is_trouble_too(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def quoted_bytes(_path: str) -> None:
        b"near \x80".decode()

    monkeypatch.setattr("mothball.index.cache.Database", quoted_bytes)
    with pytest.raises(CacheError, match=r"unexpected content \(UnicodeDecodeError\)") as caught:
        StatusCache.open(str(scene.directory))
    assert "mothball cache clear" in caught.value.help
