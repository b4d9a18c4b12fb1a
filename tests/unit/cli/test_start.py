"""The entry point: which calls exit early, and which take the normal path."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mothball.cli import start
from tests.support.cli import clean_environment
from tests.support.git_repository import IDENTITY, Repository, new_repository
from tests.support.loopback import refusing_url

PROBE = """\
import json, sys
from mothball.cli import start
sys.argv = ["mothball", *sys.argv[1:]]
try:
    start.entry_point()
finally:
    json.dump(sorted(sys.modules), sys.stderr)
"""
# Modules that the early exit must not import: each takes a noticeable part of the interpreter start.
LIMIT = 60
HEAVY = {"argparse", "collections", "contextlib", "enum", "re", "subprocess", "typing"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = new_repository(tmp_path.resolve() / "repo")
    repository.commit({"requirements.txt": "good\n", "app.py": ""})
    repository.stage({"app.py": "1"})
    monkeypatch.chdir(repository.root)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    return repository


def probe(repository: Repository, *arguments: str) -> tuple[int, set[str]]:
    completed = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, *arguments],
        cwd=repository.root,
        env=clean_environment(repository.root.parent, **IDENTITY),
        capture_output=True,
        check=False,
    )
    return completed.returncode, set(json.loads(completed.stderr.splitlines()[-1]))


@pytest.mark.parametrize("more", [(), ("--",), ("--strict", "-q")])
def test_commit_without_dependency_files_imports_no_heavy_modules(
    repository: Repository, more: tuple[str, ...]
) -> None:
    code, modules = probe(repository, "check", "--added", *more)
    assert code == 0
    # Disregard modules that an editable install or coverage measurement has imported before.
    bare = "import json, sys; json.dump(sorted(sys.modules), sys.stderr)"
    before = subprocess.run([sys.executable, "-I", "-c", bare], capture_output=True, check=True).stderr
    assert (modules - set(json.loads(before))) & HEAVY == set()


def test_garbage_is_collected_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    before, thresholds = gc.get_threshold(), list[int]()

    def run(_: object) -> int:
        thresholds.append(gc.get_threshold()[0])
        return 3

    monkeypatch.setattr(start, "_run_process", run)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # restored after the test
    try:
        with pytest.raises(SystemExit) as ended:
            start.entry_point()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
    assert (ended.value.code, thresholds) == (3, [start.GC_THRESHOLD])
    # Python 3.13 raised its threshold from 700 to 2,000.
    assert before[0] * 100 <= start.GC_THRESHOLD


@pytest.mark.parametrize("name", ["requirements.txt", "deep/uv.lock", "notes.txt"])
def test_possible_dependency_file_takes_the_normal_path(repository: Repository, name: str) -> None:
    repository.stage({name: "x"})
    assert not start._nothing_staged()


def test_deleted_dependency_file_takes_the_normal_path(repository: Repository) -> None:
    repository.git("rm", "--quiet", "--cached", "requirements.txt")
    assert not start._nothing_staged()


def test_uncertain_conditions_take_the_normal_path(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert start._nothing_staged()
    with monkeypatch.context() as patched:
        patched.setenv("PRE_COMMIT_FROM_REF", "HEAD")
        patched.setenv("PRE_COMMIT_TO_REF", "HEAD")
        assert not start._nothing_staged()
    with monkeypatch.context() as patched:
        patched.setenv("PRE_COMMIT_REMOTE_NAME", "origin")
        assert not start._nothing_staged(), "a push does not check the staged files"
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(tmp_path))
        assert not start._nothing_staged()
    with monkeypatch.context() as patched:
        patched.delattr(os, "posix_spawn")
        assert not start._nothing_staged()
    with monkeypatch.context() as patched:
        patched.setattr(start, "_MAX_OUTPUT_BYTES", 3)
        assert not start._nothing_staged()
    monkeypatch.chdir(tmp_path)
    assert not start._nothing_staged()


def test_first_commit_takes_the_normal_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository(tmp_path / "new")
    repository.stage({"app.py": ""})
    monkeypatch.chdir(repository.root)
    assert not start._nothing_staged()


@pytest.mark.parametrize(
    ("arguments", "exits_early"),
    [
        (["check", "--added"], True),
        (["check", "--added", "--"], True),
        (["check", "--added", "app.py"], False),
        (["check", "--added", "--since", "x"], False),
        (["check", "--added", "--format", "json"], False),
        (["check"], False),
        ([], False),
    ],
)
def test_only_plain_added_checks_exit_early(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, arguments: list[str], *, exits_early: bool
) -> None:
    monkeypatch.setattr(start, "main", lambda _: 3)
    assert start._run_process(arguments) == (0 if exits_early else 3)


COLLECTIONS = """\
import gc, json, sys
from mothball.cli import start
found = []
gc.callbacks.append(lambda phase, _: found.append(phase))
sys.argv = ["mothball", "check", "--offline", "requirements.txt"]
try:
    start.entry_point()
except SystemExit as stop:
    json.dump([stop.code, len(found), gc.get_freeze_count() > 1000], sys.stderr)
"""


def test_modules_are_imported_without_garbage_collection(repository: Repository) -> None:
    """Collections while modules are imported, and at exit, take a tenth of the time of the hook."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", COLLECTIONS],
        cwd=repository.root,
        env=clean_environment(repository.root.parent),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stderr.splitlines()[-1]) == [3, 0, True]


INTERRUPTED = """\
import _thread, sys, threading
from mothball.cli import start

class Held:
    def __del__(self):
        _thread.interrupt_main()

def run(arguments):
    {interrupted}
    threading.Event().wait({limit})
    return 0

start.main = run
start.entry_point()
"""


@pytest.mark.parametrize("interrupted", ["_thread.interrupt_main()", "Held()"], ids=["anywhere", "where it is lost"])
def test_interrupt_exits_130_without_output(interrupted: str) -> None:
    program = INTERRUPTED.format(interrupted=interrupted, limit=LIMIT)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=LIMIT, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"")


def test_other_exceptions_that_cannot_be_raised_are_printed() -> None:
    program = INTERRUPTED.format(interrupted="Held()", limit=0).replace("_thread.interrupt_main()", "1 / 0")
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=LIMIT, check=False)
    assert run.returncode == 0
    assert b"ZeroDivisionError" in run.stderr


# Modules imported by every run, by a run that queries an index, or by the interpreter at startup.
SHADOWED = [
    "argparse",
    "json",
    "msgspec",
    "re",
    "requests",
    "runpy",
    "socket",
    "sqlite3",
    "ssl",
    "tomllib",
    "typing",
    "urllib3",
]


@pytest.mark.parametrize("command", [["--version"], ["check", "requirements.txt"], ["check", "--added"], ["lsp"]])
def test_modules_in_the_working_directory_are_not_imported(command: list[str], tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repo")
    trap = "open('ran-' + __name__, 'w').close()\nraise SystemExit(77)\n"
    repository.commit({f"{name}.py": trap for name in SHADOWED})
    with refusing_url() as url:
        repository.stage({"requirements.txt": f"--index-url {url}\nold-lib\n"})
        completed = subprocess.run(
            [sys.executable, "-m", "mothball", *command],
            cwd=repository.root,
            env=clean_environment(tmp_path, **IDENTITY),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert [path.name for path in repository.root.glob("ran-*")] == []
    assert completed.returncode != 77
    assert "Traceback" not in completed.stderr
    if command[0] == "check":
        assert "old-lib could not be checked" in completed.stdout


def test_directories_on_the_module_path_are_kept(tmp_path: Path) -> None:
    probe = "import sys; sys.argv = ['mothball', '--version']; import runpy\n"
    probe += f"sys.path.insert(0, {str(tmp_path)!r})\n"
    probe += "try:\n    runpy.run_module('mothball', run_name='__main__')\n"
    probe += f"except SystemExit:\n    print({str(tmp_path)!r} in sys.path)\n"
    completed = subprocess.run([sys.executable, "-I", "-c", probe], capture_output=True, text=True, check=True)
    assert completed.stdout.endswith("True\n")
