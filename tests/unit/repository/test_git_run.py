"""Bytes to git, bytes from git; and nothing is left behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mothball.model.errors import GitError
from mothball.repository.git_process import ProcessResult, spawn
from mothball.repository.git_run import Git, run_with_subprocess
from tests.support.git_repository import new_repository

Runner = Callable[[Sequence[str], Mapping[str, str], bytes, int], ProcessResult]
RUNNERS = [pytest.param(spawn, id="spawn"), pytest.param(run_with_subprocess, id="subprocess")]


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


@pytest.mark.parametrize("run", RUNNERS)
def test_what_a_program_writes_and_how_it_ends_comes_back(run: Runner) -> None:
    code = "import sys, os; os.write(1, b'out\\0\\xff'); os.write(2, b'err'); sys.exit(3)"
    assert run(python(code), {}, b"", 100) == ProcessResult(3, b"out\0\xff", b"err")


@pytest.mark.parametrize("run", RUNNERS)
def test_a_program_sees_the_environment_that_it_is_given_and_no_other(run: Runner) -> None:
    done = run(python("import os; print(os.environ.get('A'), os.environ.get('PATH'))"), {"A": "b"}, b"", 100)
    assert done.stdout.split() == [b"b", b"None"]


@pytest.mark.parametrize("run", RUNNERS)
def test_megabytes_go_both_ways_at_once(run: Runner) -> None:
    data = os.urandom(1024) * 3000
    code = "import os\nwhile data := os.read(0, 8192): os.write(2, data[:1]); os.write(1, data)"
    done = run(python(code), {}, data, len(data))
    assert (done.returncode, done.stdout == data, done.truncated) == (0, True, False)


@pytest.mark.parametrize("run", RUNNERS)
def test_a_program_that_does_not_listen_does_no_harm(run: Runner) -> None:
    done = run(python("import os; os.close(0); os.write(1, b'no')"), {}, b"x" * 1_000_000, 100)
    assert (done.returncode, done.stdout) == (0, b"no")


@pytest.mark.parametrize("run", RUNNERS)
def test_what_is_beyond_the_limit_is_cut_off(run: Runner) -> None:
    done = run(python("import os; os.write(1, b'x' * 1001)"), {}, b"", 1000)
    assert (done.stdout, done.truncated) == (b"x" * 1000, True)


def test_a_program_that_never_ends_is_stopped_at_the_limit() -> None:
    done = spawn(python("import os\nwhile True: os.write(1, b'x' * 5000)"), {}, b"", 10_000)
    assert (len(done.stdout), done.truncated, done.returncode) == (10_000, True, -9)


def test_complaints_without_end_are_heard_to_the_end_and_kept_in_part() -> None:
    done = spawn(python("import os\nfor _ in range(99): os.write(2, b'x' * 5000)"), {}, b"", 10)
    assert done.returncode == 0
    assert 64 * 1024 <= len(done.stderr) < 99 * 5000


@pytest.mark.skipif(sys.platform != "linux", reason="/proc lists the descriptors")
def test_no_descriptor_and_no_process_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    started = []

    def remembered(*arguments: Any, **options: Any) -> int:
        started.append(posix_spawn(*arguments, **options))
        return started[-1]

    posix_spawn = os.posix_spawn
    monkeypatch.setattr(os, "posix_spawn", remembered)
    before = os.listdir("/proc/self/fd")
    spawn(python("pass"), {}, b"x" * 100_000, 100)
    with pytest.raises(FileNotFoundError):
        spawn(["/nowhere/git"], {}, b"", 100)
    with monkeypatch.context() as patched:
        patched.setattr(os, "read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            spawn(python("import time; print('x', flush=True); time.sleep(60)"), {}, b"", 100)
    assert os.listdir("/proc/self/fd") == before
    assert len(started) == 2
    for child in started:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_git_runs_where_it_is_told_to(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repo")
    done = Git(str(repository.root)).run("rev-parse", "--show-toplevel")
    assert (done.returncode, done.stdout.decode().strip()) == (0, str(repository.root.resolve()))


def test_a_git_that_cannot_be_started_is_an_error_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin" / "git"
    broken.parent.mkdir()
    broken.write_text("#!/nowhere/shell\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent))
    (tmp_path / "here").mkdir()
    with pytest.raises(GitError, match="git cannot be started") as caught:
        Git(str(tmp_path / "here")).run("version")
    assert str(broken) in caught.value.help


def test_an_argument_that_no_program_can_be_given_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git cannot be started"):
        Git(str(tmp_path)).run("rev-parse", "a\0b")
