"""SIGKILL at any time: the cache stays readable, and no incomplete file is left.

Twenty kills in every test run. The long suite is
 ``MOTHBALL_KILLS=200 uv run --group test pytest tests/faults/test_killed.py``
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from mothball.index.cache import CachedPage, PageKey, StatusCache, page_key
from mothball.index.project_page import ProjectPage
from mothball.index.snapshot import parse_snapshot
from tests.support.installed import Mothball, finish
from tests.support.scripted_index import ScriptedIndex, json_page
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")

KILLS = int(os.environ.get("MOTHBALL_KILLS", "20"))
NAMES = [f"lib-{number}" for number in range(80)]


@pytest.fixture(scope="module")
def index() -> Iterator[ScriptedIndex]:
    """An index with different delays, so that batches are written during the whole run."""
    pages = {
        name: json_page(name, "archived")._replace(delay=0.004 * (number % 20)) for number, name in enumerate(NAMES)
    }
    with ScriptedIndex(pages) as scripted:
        yield scripted


def read(mothball: Mothball, index: ScriptedIndex) -> dict[PageKey, CachedPage]:
    """Return the cached pages; the cache must have no error and pass the integrity check of SQLite."""
    cache = StatusCache.open(mothball.cache)
    with closing(cache):
        found = cache.get_many(page_key(index.url, name) for name in NAMES)
        assert cache.error is None
    path = os.path.join(mothball.cache, "v2", "cache.db")
    if os.path.exists(path):
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return found


def duration_of_a_run(mothball: Mothball) -> float:
    before = time.monotonic()
    mothball.check("--refresh")
    return time.monotonic() - before


@pytest.mark.timeout(60 + 3 * KILLS)
def test_cache_is_valid_after_each_kill(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, *NAMES)
    usual = duration_of_a_run(mothball)
    assert len(read(mothball, index)) == len(NAMES)
    assert mothball.run("cache", "clear").code == 0
    # A fixed seed, to reproduce failures; the timing of the machine varies anyway.
    chance = random.Random(KILLS)
    killed, held = 0, []
    for number in range(KILLS):
        if number % 5 == 0:
            # Start without a cache, so that some kills happen while tables are created.
            assert mothball.run("cache", "clear").code == 0
            if number % 10 == 0:
                with suppress(FileNotFoundError):  # killed before it was created
                    os.remove(os.path.join(mothball.cache, "v2", "cache.db"))
        process = mothball.start("check", "--refresh", "--format", "json")
        with suppress(subprocess.TimeoutExpired):
            process.wait(usual * chance.uniform(0.3, 1.0))
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        found = read(mothball, index)
        assert {answer.page for answer in found.values()} <= {ProjectPage("archived")}
        held.append(len(found))
    run = mothball.check()
    assert run.code == 1
    assert run.report["problems"] == []
    assert len(run.found()) == len(NAMES)
    # Some kills must happen while rows are written.
    assert killed >= KILLS // 2
    assert max(held) > 0


@pytest.mark.timeout(60 + 3 * KILLS)
def test_snapshot_is_the_old_or_the_new_one_after_each_kill(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, *NAMES)
    path = os.path.join(mothball.project, "statuses.json")
    before = time.monotonic()
    assert mothball.run("snapshot", "-o", path).code == 0
    usual = time.monotonic() - before
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    old = whole.replace("archived", "deprecated")
    chance = random.Random(KILLS)
    for _ in range(max(5, KILLS // 4)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(old)
        process = mothball.start("snapshot", "-o", path)
        with suppress(subprocess.TimeoutExpired):
            process.wait(usual * chance.uniform(0.5, 1.1))
        process.kill()
        process.communicate()
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert len(parse_snapshot(text)) == len(NAMES)
        assert text in (old, whole)


@pytest.mark.parametrize("signal_name", ["SIGTERM", "SIGHUP"])
def test_terminated_run_prints_nothing_and_leaves_a_valid_cache(
    signal_name: str, index: ScriptedIndex, mothball: Mothball
) -> None:
    mothball.require(index.url, *NAMES)
    index.forget()
    process = mothball.start("check", "--format", "json")
    wait_until(lambda: index.count() >= 10 or process.poll() is not None, every=0.005)
    process.send_signal(getattr(signal, signal_name))
    run = finish(process)
    # 128 + signal number, as in a shell: neither clean nor a finding.
    assert run.code == -getattr(signal, signal_name)
    assert (run.out, run.err) == ("", "")
    read(mothball, index)
    assert len(mothball.check().found()) == len(NAMES)


def test_interruption_keeps_fetched_pages(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, *NAMES)
    index.forget()
    # A file that an import has open when the signal arrives is closed without `close`: Python's own warning.
    process = mothball.start("check", environment={"PYTHONWARNINGS": "error,ignore::ResourceWarning"})
    wait_until(lambda: index.count() >= 60 or process.poll() is not None, every=0.002)
    process.send_signal(signal.SIGINT)
    run = finish(process)
    if run.code == 1:
        pytest.skip("it was done before the signal arrived")
    assert (run.code, run.out, run.err) == (130, "", "")
    assert len(read(mothball, index)) >= 10


@pytest.mark.parametrize("form", ["text", "json"])
def test_closed_output_pipe_does_not_affect_the_cache(form: str, index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, *NAMES)
    process = mothball.start("check", "--format", form)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process:
        assert process.stderr.read() == ""
    assert process.returncode == 141
    assert len(read(mothball, index)) == len(NAMES)
    assert json.loads(mothball.check().out)["summary"]["checked"] == len(NAMES)
