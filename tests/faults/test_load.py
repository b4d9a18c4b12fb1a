"""Many names, many processes and rate-limited indexes: all names are checked within the limits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from mothball.index.client import Client, ClientSettings
from mothball.index.project_page import Failed, Fetched, PageRequest
from mothball.model.results import Cause
from tests.support.installed import Mothball, finish, script
from tests.support.scripted_index import Received, Reply, ScriptedIndex, json_page, too_many

MEMORY_LIMIT = 150 * 1024  # kilobytes


class LimitedIndex(ScriptedIndex):
    """An index with a rate limit per second, which returns 429 with Retry-After: 1 to further requests."""

    def __init__(self, names: list[str], per_second: int) -> None:
        self._per_second = per_second
        self._bucket = threading.Lock()
        self._window = 0
        self._served = 0
        self.refused: Counter[int] = Counter()
        super().__init__({name: json_page(name, "archived") for name in names})

    def reply_to(self, request: Received) -> Reply:
        reply = super().reply_to(request)
        with self._bucket:
            window = int(time.monotonic())
            if window != self._window:
                self._window, self._served = window, 0
            if self._served < self._per_second:
                self._served += 1
                return reply
            self.refused[window] += 1
            return too_many("1")


# Starts the measured run: on Linux, the peak memory of a child includes that of its parent at its start.
MEASURING = """\
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def resident_of(mothball: Mothball, *arguments: str) -> tuple[int, int, str]:
    """Return exit code, peak resident memory (kilobytes) and output of a run."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURING, script("mothball"), *arguments],
        cwd=mothball.project,
        env={**mothball.environment, "MOTHBALL_E2E_AHEAD": "0"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, int(done.stderr), done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss is the system's own")
def test_five_thousand_names_are_requested_once_within_150_megabytes(mothball: Mothball) -> None:
    names = [f"lib-{number}" for number in range(5_000)]
    pages = {name: json_page(name, "archived" if number % 500 == 0 else "active") for number, name in enumerate(names)}
    with ScriptedIndex(pages) as index:
        mothball.require(index.url, *names)
        # The names are in several files, as in a large repository.
        mothball.write("requirements-dev.txt", f"--index-url {index.url}", *(name.upper() for name in names[::2]))
        code, resident, out = resident_of(mothball, "check", "--format", "concise")
        assert Counter(request.name for request in index.received) == Counter(names)
        assert index.connections <= 32
        index.forget()
        warm_code, warm_resident, warm_out = resident_of(mothball, "check", "--format", "concise")
        assert index.count() == 0
    assert (code, out) == (warm_code, warm_out)
    assert code == 1
    assert out.count("error[archived]") == 20
    assert "7500 dependencies in 2 files: 7500 checked" in out
    assert max(resident, warm_resident) <= MEMORY_LIMIT


@pytest.mark.alone
def test_two_hundred_names_pass_a_limit_of_ten_per_second(mothball: Mothball) -> None:
    names = [f"lib-{number}" for number in range(200)]
    with LimitedIndex(names, per_second=10) as index:
        mothball.require(index.url, *names)
        run = mothball.check()
        asked = Counter(request.name for request in index.received)
    assert {run.said(name) for name in names} == {("stated", "archived")}
    assert run.code == 1
    assert set(asked) == set(names)
    # The limit is determined in a few steps; after that, few requests are sent too early.
    refused = list(index.refused.values())
    assert sum(refused) == sum(asked.values()) - len(names)
    assert sum(refused) <= 120
    assert max(refused[6:]) <= 6


def test_permanent_rate_limit_is_reported_without_waiting() -> None:
    names = [f"lib-{number}" for number in range(60)]
    with LimitedIndex(names, per_second=0) as index, Client(ClientSettings(retries=1)) as client:
        outcomes = [outcome for _, outcome in client.fetch([PageRequest(index.url, name) for name in names])]
        assert len(index.received) < 60
    assert {outcome.cause for outcome in outcomes if isinstance(outcome, Failed)} == {Cause.RATE_LIMITED}
    assert len(outcomes) == 60


def test_moderate_rate_limit_fails_no_name() -> None:
    names = [f"lib-{number}" for number in range(120)]
    with LimitedIndex(names, per_second=60) as index, Client() as client:
        outcomes = [outcome for _, outcome in client.fetch([PageRequest(index.url, name) for name in names])]
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)


def test_twenty_concurrent_processes_report_the_same_and_keep_the_cache_valid(mothball: Mothball) -> None:
    statuses = ("active", "archived", "deprecated", "quarantined")
    pages = {f"lib-{n}": json_page(f"lib-{n}", statuses[n % 4])._replace(etag=f'"{n}"', delay=0.02) for n in range(40)}
    with ScriptedIndex(pages) as index:
        mothball.require(index.url, *pages, "unknown-lib")
        runs = [finish(run) for run in [mothball.start("check", "--format", "concise") for _ in range(20)]]
        # A process requests no page twice; several processes may, while the cache is empty.
        assert max(Counter(request.name for request in index.received).values()) <= 20
        index.forget()
        after = mothball.check()
        assert index.count() == 0
    assert {(run.code, run.err) for run in runs} == {(1, "")}
    assert len({run.out for run in runs}) == 1
    assert after.report["problems"] == []
    assert after.report["summary"]["checked"] == 40
    info = mothball.run("cache", "info")
    assert (info.code, "entries: 41\n" in info.out) == (0, True)
    assert integrity_of(mothball) == "ok"
    assert mothball.run("cache", "clear").code == 0
    assert "entries: 0\n" in mothball.run("cache", "info").out


def integrity_of(mothball: Mothball) -> str:
    """Return the result of the integrity check of the cache database."""
    path = os.path.join(mothball.cache, "v2", "cache.db")
    code = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])"
    done = subprocess.run([sys.executable, "-I", "-c", code, path], check=True, capture_output=True, text=True)
    return done.stdout.strip()
