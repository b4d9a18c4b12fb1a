"""Faults of the machine: full disks, read-only homes, failing file systems, caches of other versions, limits.

Disks are filled and made read-only in a mount namespace, and processes limited for a user without any other process.
Where the machine does not allow that, as in some containers, these tests are skipped. Failures of a file system cannot
be produced on demand, so the errors of SQLite are raised by patches.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mothball.index.cache import CachedPage, Database, StatusCache, page_key
from mothball.index.project_page import ProjectPage
from tests.support.git_repository import new_repository
from tests.support.installed import Mothball, Run, script
from tests.support.keyrings import TestKeyring
from tests.support.loopback import refusing_url
from tests.support.project import Project
from tests.support.scripted_index import ScriptedIndex, json_page

NAMES = [f"lib-{number}" for number in range(60)]
PAGES = {name: json_page(name, "archived") for name in NAMES}


def may_mount() -> bool:
    """Return True if a mount namespace can be created."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    tried = subprocess.run([unshare, "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


# The id of a user without processes, so that only the run counts. It may read the files of the tests.
OTHER_USER = 54321
CAPABILITIES = "-all,+dac_override"
LIMITED = (
    *("setpriv", f"--reuid={OTHER_USER}", f"--regid={OTHER_USER}", "--clear-groups"),
    *(f"--inh-caps={CAPABILITIES}", f"--ambient-caps={CAPABILITIES}", "prlimit"),
)


def may_limit_processes() -> bool:
    """Return True if a process of another user can be run, and cannot start a thread with a limit of one process."""
    if not all(map(shutil.which, ("setpriv", "prlimit"))):
        return False
    start_thread = "import threading; threading.Thread(target=int).start()"
    codes = [
        subprocess.run(
            [*LIMITED, f"--nproc={limit}", sys.executable, "-c", start_thread], capture_output=True, check=False
        ).returncode
        for limit in (1, 2)
    ]
    return codes == [1, 0]


needs_limits = pytest.mark.skipif(
    not may_limit_processes(), reason="this machine does not allow to limit the processes of another user"
)
needs_mounts = pytest.mark.skipif(not may_mount(), reason="this machine does not allow mount namespaces")


def run_mounted(mothball: Mothball, setup: str, *arguments: str) -> Run:
    """Run mothball in a mount namespace after ``setup``, a shell command with ``{cache}`` and ``{home}``."""
    places = {"cache": shlex.quote(mothball.cache), "home": shlex.quote(mothball.home)}
    command = f'set -e; {setup.format(**places)}; cd {shlex.quote(mothball.project)}; exec "$@"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, "sh", script("mothball"), *arguments],
        cwd=mothball.project,
        env={**mothball.environment, "MOTHBALL_E2E_AHEAD": "0"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return Run(done.returncode, done.stdout, done.stderr)


def run_limited(mothball: Mothball, limit: Sequence[str], *arguments: str) -> Run:
    """Run mothball with ``limit``, a command that runs another one."""
    done = subprocess.run(
        [*limit, script("mothball"), *arguments],
        cwd=mothball.project,
        env={**mothball.environment, "MOTHBALL_E2E_AHEAD": "0"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return Run(done.returncode, done.stdout, done.stderr)


def assert_true_report(run: Run) -> None:
    """Assert the report of a run without a cache: every name archived, and the cache error reported once."""
    assert run.code == 1, run.err
    assert {run.said(name) for name in NAMES} == {("stated", "archived")}
    [problem] = run.report["problems"]
    assert problem["severity"] == "warning"
    assert "cache" in problem["message"]
    assert problem["message"].endswith("continuing without a cache")
    assert problem["help"]


# --- disks ---


@needs_mounts
@pytest.mark.parametrize("size", ["4k", "8k", "12k", "16k", "24k", "32k", "48k"])
def test_full_disk_disables_the_cache_but_not_the_report(size: str, mothball: Mothball) -> None:
    os.makedirs(mothball.cache)
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES)
        mounted = f"mount -t tmpfs -o mode=700,size={size} tmpfs {{cache}}"
        run = run_mounted(mothball, mounted, "check", "--format", "json")
        assert index.count() == len(NAMES)
    assert_true_report(run)
    assert "full" in run.report["problems"][0]["message"] or "space" in run.report["problems"][0]["message"]


@needs_mounts
def test_disk_that_fills_up_leaves_cached_pages_readable(mothball: Mothball) -> None:
    os.makedirs(mothball.cache)
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES[:10])
        # A cache on the small disk, then the disk is filled, then a run with more pages to write.
        setup = (
            "mount -t tmpfs -o mode=700,size=256k tmpfs {cache}; "
            f"{shlex.quote(script('mothball'))} check --quiet >/dev/null || true; "
            f"printf '%s\\n' '--index-url {index.url}' {' '.join(NAMES)} > requirements.txt; "
            "head -c 1000000 /dev/zero > {cache}/filler || true"
        )
        run = run_mounted(mothball, setup, "check", "--format", "json")
        asked = [request.name for request in index.received]
    assert_true_report(run)
    # The first ten were still fresh: they were requested once.
    assert sorted(asked) == sorted(NAMES)


@needs_mounts
def test_read_only_home_disables_the_cache_but_not_the_report(mothball: Mothball) -> None:
    os.makedirs(mothball.home)
    mothball.environment["MOTHBALL_CACHE_DIR"] = ""
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES)
        run = run_mounted(mothball, "mount -t tmpfs -o ro tmpfs {home}", "check", "--format", "json")
    assert_true_report(run)


@needs_mounts
def test_read_only_cache_is_read(mothball: Mothball) -> None:
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES[:30])
        mothball.check()
        index.forget()
        mothball.require(index.url, *NAMES)
        mounted = "mount --bind {cache} {cache}; mount -o remount,bind,ro {cache}"
        run = run_mounted(mothball, mounted, "check", "--format", "json")
        assert sorted(request.name for request in index.received) == sorted(NAMES[30:])
    assert_true_report(run)


@needs_mounts
def test_snapshot_on_a_full_disk_keeps_the_old_one(mothball: Mothball) -> None:
    folder = os.path.join(mothball.project, "small")
    os.mkdir(folder)
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES)
        setup = f"mount -t tmpfs -o size=4k tmpfs {shlex.quote(folder)}; echo old > {shlex.quote(folder)}/statuses.json"
        command = f'{setup}; cd {{project}}; "$@"; code=$?; cat small/statuses.json; ls small; exit $code'
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", command.format(project=shlex.quote(mothball.project)), "sh",
             script("mothball"), "snapshot", "-o", "small/statuses.json"],
            env={**mothball.environment, "MOTHBALL_E2E_AHEAD": "0"}, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "old\nstatuses.json\n")
    assert "cannot write the file (No space left on device)" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no device that is always full")
@pytest.mark.parametrize("form", ["text", "concise", "json"])
def test_report_on_a_full_disk_is_an_error(form: str, mothball: Mothball) -> None:
    with ScriptedIndex(PAGES) as index, open("/dev/full", "w", encoding="utf-8") as full:
        mothball.require(index.url, *NAMES)
        done = subprocess.run(
            [script("mothball"), "check", "--format", form],
            cwd=mothball.project, env={**mothball.environment, "MOTHBALL_E2E_AHEAD": "0"},
            stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "cannot write the report: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


# --- failing file systems: the errors of SQLite are raised by patches ---


def sqlite_error(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


FAILURES = {
    "reading fails": sqlite_error(sqlite3.SQLITE_IOERR, "disk I/O error"),
    "locks cannot be had": sqlite_error(sqlite3.SQLITE_PROTOCOL, "locking protocol"),
    "it cannot be opened": sqlite_error(sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
    "it is damaged": sqlite_error(sqlite3.SQLITE_CORRUPT, "database disk image is malformed"),
    "the disk is full": sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full"),
    "the handle is stale": OSError(116, "Stale file handle"),
    "the disk fails": OSError(5, "Input/output error"),
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root, home = tmp_path / "project", tmp_path / "home"
    for directory in (root / ".git", home):
        directory.mkdir(parents=True)
    return Project(root, home)


def fail_reading(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Database, "read", fail)


def fail_writing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at the third batch; earlier batches are stored."""
    from mothball.index.cache_writer import Writer

    save, calls = Writer.save, iter(range(1_000))

    def fail(self: Writer, rows: Sequence[tuple[str, str]], lifetime: float) -> None:
        if next(calls) >= 2:
            raise error
        save(self, rows, lifetime)

    monkeypatch.setattr(Writer, "save", fail)


def fail_opening(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Database, "_harden", fail)


@pytest.mark.parametrize("fail", [fail_opening, fail_reading, fail_writing])
@pytest.mark.parametrize("failure", FAILURES)
def test_failing_file_system_disables_the_cache_but_not_the_report(
    failure: str,
    fail: Callable[[Exception, pytest.MonkeyPatch], None],
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedIndex(PAGES) as index:
        project.write("requirements.txt", "\n".join([f"--index-url {index.url}", *NAMES]))
        project.remember("lib-0", "archived", index=index.url)
        fail(FAILURES[failure], monkeypatch)
        report = project.check_json()
    assert report["summary"]["errors"] == len(NAMES)
    [problem] = report["problems"]
    assert problem["severity"] == "warning"
    assert str(FAILURES[failure]) in problem["message"]
    assert problem["message"].endswith("continuing without a cache")


# --- caches of other versions ---


def test_cache_of_another_version_is_unchanged(mothball: Mothball) -> None:
    for version, content in (("v1", b"older"), ("v3", b"newer"), ("cache.db", b"oldest")):
        path = Path(mothball.cache, version, "cache.db") if version != "cache.db" else Path(mothball.cache, version)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES)
        assert mothball.check().report["problems"] == []
        index.forget()
        assert mothball.check().code == 1
        assert index.count() == 0
    assert mothball.run("cache", "clear").code == 0
    assert Path(mothball.cache, "v1", "cache.db").read_bytes() == b"older"
    assert Path(mothball.cache, "v3", "cache.db").read_bytes() == b"newer"


@pytest.mark.parametrize("change", ["representation", "fields", "tables", "settings"])
def test_rows_of_another_mothball_version_are_requested_again(change: str, project: Project) -> None:
    with ScriptedIndex(PAGES) as index:
        project.write("requirements.txt", "\n".join([f"--index-url {index.url}", *NAMES]))
        project.check()
        path = project.home / "mothball-cache" / "v2" / "cache.db"
        statement = {
            "representation": "UPDATE Cache SET key = replace(key, 'simple-v1', 'simple-v2')",
            "fields": "UPDATE Cache SET value = replace(value, ', 0, ', ', 0, 0, ')",
            "tables": "ALTER TABLE Cache ADD COLUMN confidence REAL",
            "settings": "INSERT OR REPLACE INTO Settings VALUES ('schema', 7)",
        }[change]
        with sqlite3.connect(path) as database:
            database.execute(statement)
        database.close()
        index.forget()
        result = project.check()
        assert result.code == 1
        assert result.out.count("error[archived]") == len(NAMES)
        assert index.count() == (len(NAMES) if change in ("representation", "fields") else 0)
        project.check("--refresh")
        assert project.run("cache", "clear").code == 0
        assert project.check_json()["problems"] == []


# --- with a failing index ---


def test_failing_cache_and_index_report_unverified(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_url() as url:
        project.write("requirements.txt", f"--index-url {url}\nold-lib\n")
        project.remember("old-lib", "archived", index=url)
        fail_reading(FAILURES["reading fails"], monkeypatch)
        assert project.check("--strict").code == 3
        [item] = project.check_json()["dependencies"]
    assert item["lookup"]["kind"] == "unavailable"


def test_disk_that_fills_up_keeps_complete_batches_only(tmp_path: Path) -> None:
    """The size of the database is limited in SQLite, which fails with SQLITE_FULL as on a full disk."""
    cache = StatusCache.open(str(tmp_path / "cache"))
    keys = [page_key("https://index.example/simple/", name) for name in NAMES]
    answer = CachedPage(ProjectPage("archived", "x" * 3_000), None, 1_795_000_000.0)
    cache.put_many({keys[0]: answer})
    assert cache._database is not None
    cache._database.connection.execute("PRAGMA max_page_count = 30")
    cache.put_many(dict.fromkeys(keys[1:], answer))
    assert cache.error is not None
    assert "full" in str(cache.error)
    again = StatusCache.open(str(tmp_path / "cache"))
    found = len(again.get_many(keys))
    again.close()
    assert found % 10 == 1


# --- limits of processes and memory ---


@pytest.mark.parametrize("limit", ["-v 400000", "-v 200000", "-v 80000", "-n 16", "-n 10"])
def test_limits_of_memory_and_descriptors_lead_to_a_true_report(limit: str, mothball: Mothball) -> None:
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES)
        command = ("sh", "-c", f'ulimit {limit}; exec "$@"', "sh")
        run = run_limited(mothball, command, "check", "--no-cache", "--format", "json")
    assert run.code in {1, 3}, run.err
    answers = {run.said(name) for name in NAMES}
    assert answers <= {("stated", "archived"), ("unavailable", "unreachable")}
    if limit != "-n 10":
        assert answers == {("stated", "archived")}


@needs_limits
@pytest.mark.parametrize("limit", [1, 2, 3, 8])
def test_limit_of_processes_leads_to_a_true_report(limit: int, mothball: Mothball) -> None:
    with ScriptedIndex(PAGES) as index:
        mothball.require(index.url, *NAMES)
        run = run_limited(mothball, (*LIMITED, f"--nproc={limit}"), "check", "--no-cache", "--format", "json")
    if limit == 1:  # the main thread is the only one
        assert {run.said(name) for name in NAMES} == {("unavailable", "unreachable")}
        assert "no thread can be started: raise the limit of processes" in run.report["findings"][0]["message"]
    else:
        assert {run.said(name) for name in NAMES} == {("stated", "archived")}
    assert (run.code, index.count()) == ((3, 0) if limit == 1 else (1, len(NAMES)))
    assert run.report["problems"] == []


@pytest.fixture
def readable_directory() -> Iterator[Path]:
    """Create a directory that other users can read: git does not use capabilities to find a repository."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@needs_limits
def test_limit_of_processes_without_room_for_git_or_keyring_is_reported(readable_directory: Path) -> None:
    mothball = Mothball(str(readable_directory))
    repository = new_repository(Path(mothball.project))
    login = ("user", "s3cret")
    with ScriptedIndex(PAGES, login=login) as index:
        keyring = TestKeyring(readable_directory / "keyring", {index.url: {login[0]: login[1]}})
        mothball.environment |= keyring.environment
        mothball.configure(f'indexes = {{ closed = "{index.url}" }}')
        mothball.require(index.url, NAMES[0])
        repository.git("add", ".")
        for path in readable_directory.rglob("*"):
            os.chown(path, OTHER_USER, OTHER_USER)
        arguments = ("check", "--added", "--no-cache", "--format", "json")
        without_git = run_limited(mothball, (*LIMITED, "--nproc=1"), *arguments)
        # Room for git, which has ended when the index is queried, and for one thread, but not for the keyring as well.
        without_keyring = run_limited(mothball, (*LIMITED, "--nproc=2"), *arguments)
        complete = run_limited(mothball, (*LIMITED, "--nproc=8"), *arguments)
    assert (without_git.code, without_git.out) == (2, "")
    assert "git cannot be started" in without_git.err
    assert without_keyring.code == 3
    assert without_keyring.said(NAMES[0]) == ("unavailable", "unauthorized")
    assert "cannot start keyring" in without_keyring.report["findings"][0]["message"]
    assert (complete.code, complete.said(NAMES[0])) == (1, ("stated", "archived"))
