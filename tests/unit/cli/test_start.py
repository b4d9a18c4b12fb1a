"""The beginning of a run: what ends it at once, and what goes the ordinary way."""

from __future__ import annotations

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
# What the beginning must do without: each costs a good part of a bare interpreter start.
HEAVY = {"argparse", "collections", "contextlib", "enum", "re", "subprocess", "typing"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = new_repository(tmp_path.resolve() / "repo")
    made.commit({"requirements.txt": "good\n", "app.py": ""})
    made.stage({"app.py": "1"})
    monkeypatch.chdir(made.root)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    return made


def probe(repository: Repository, *arguments: str) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, *arguments],
        cwd=repository.root,
        env=clean_environment(repository.root.parent, **IDENTITY),
        capture_output=True,
        check=False,
    )
    return done.returncode, set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("more", [(), ("--",), ("--strict", "-q")])
def test_a_commit_without_dependency_files_imports_next_to_nothing(
    repository: Repository, more: tuple[str, ...]
) -> None:
    code, modules = probe(repository, "check", "--added", *more)
    assert code == 0
    # What was imported before us, by an editable install or a measurement of coverage, is not ours.
    bare = "import json, sys; json.dump(sorted(sys.modules), sys.stderr)"
    before = subprocess.run([sys.executable, "-I", "-c", bare], capture_output=True, check=True).stderr
    assert (modules - set(json.loads(before))) & HEAVY == set()


@pytest.mark.parametrize("name", ["requirements.txt", "deep/uv.lock", "notes.txt"])
def test_whatever_may_be_a_dependency_file_goes_the_ordinary_way(repository: Repository, name: str) -> None:
    repository.stage({name: "x"})
    assert not start._nothing_staged()


def test_a_deleted_or_conflicting_dependency_file_goes_the_ordinary_way(repository: Repository) -> None:
    repository.git("rm", "--quiet", "--cached", "requirements.txt")
    assert not start._nothing_staged()


def test_nothing_else_is_certain(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert start._nothing_staged()
    with monkeypatch.context() as patched:
        patched.setenv("PRE_COMMIT_FROM_REF", "HEAD")
        patched.setenv("PRE_COMMIT_TO_REF", "HEAD")
        assert not start._nothing_staged()
    with monkeypatch.context() as patched:
        patched.setenv("PRE_COMMIT_REMOTE_NAME", "origin")
        assert not start._nothing_staged(), "a push is not what is staged"
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


def test_the_first_commit_goes_the_ordinary_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository(tmp_path / "new")
    repository.stage({"app.py": ""})
    monkeypatch.chdir(repository.root)
    assert not start._nothing_staged()


@pytest.mark.parametrize(
    ("arguments", "at_once"),
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
def test_only_the_simplest_call_ends_at_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, arguments: list[str], *, at_once: bool
) -> None:
    went_on: list[bool] = []
    monkeypatch.setattr("mothball.cli.parser.entry_point", lambda: went_on.append(True))
    monkeypatch.setattr(sys, "argv", ["mothball", *arguments])
    if at_once:
        with pytest.raises(SystemExit) as stopped:
            start.entry_point()
        assert stopped.value.code == 0
    else:
        start.entry_point()
    assert went_on == ([] if at_once else [True])


# Imported by every run, by a run that asks an index, and by the interpreter on its way to us.
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
def test_a_module_that_lies_in_the_working_directory_is_not_run(command: list[str], tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repo")
    trap = "open('ran-' + __name__, 'w').close()\nraise SystemExit(77)\n"
    repository.commit({f"{name}.py": trap for name in SHADOWED})
    with refusing_url() as url:
        repository.stage({"requirements.txt": f"--index-url {url}\nold-lib\n"})
        done = subprocess.run(
            [sys.executable, "-m", "mothball", *command],
            cwd=repository.root,
            env=clean_environment(tmp_path, **IDENTITY),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert [path.name for path in repository.root.glob("ran-*")] == []
    assert done.returncode != 77
    assert "Traceback" not in done.stderr
    if command[0] == "check":
        assert "old-lib could not be checked" in done.stdout


def test_the_directories_that_the_user_named_stay_on_the_path(tmp_path: Path) -> None:
    probe = "import sys; sys.argv = ['mothball', '--version']; import runpy\n"
    probe += f"sys.path.insert(0, {str(tmp_path)!r})\n"
    probe += "try:\n    runpy.run_module('mothball', run_name='__main__')\n"
    probe += f"except SystemExit:\n    print({str(tmp_path)!r} in sys.path)\n"
    done = subprocess.run([sys.executable, "-I", "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("True\n")
