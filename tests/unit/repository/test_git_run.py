"""Running processes: input, output, limits and cleanup."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mothball.model.errors import GitError
from mothball.repository.git_process import Git, ProcessResult, run_with_subprocess, spawn
from tests.support.git_repository import new_repository

Runner = Callable[[Sequence[str], Mapping[str, str], bytes, int], ProcessResult]
RUNNERS = [pytest.param(spawn, id="spawn"), pytest.param(run_with_subprocess, id="subprocess")]


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


@pytest.mark.parametrize("run", RUNNERS)
def test_output_and_exit_code_are_returned(run: Runner) -> None:
    code = "import sys, os; os.write(1, b'out\\0\\xff'); os.write(2, b'err'); sys.exit(3)"
    assert run(python(code), {}, b"", 100) == ProcessResult(3, b"out\0\xff", b"err")


@pytest.mark.parametrize("run", RUNNERS)
def test_only_the_given_environment_is_passed(run: Runner) -> None:
    result = run(python("import os; print(os.environ.get('A'), os.environ.get('PATH'))"), {"A": "b"}, b"", 100)
    assert result.stdout.split() == [b"b", b"None"]


@pytest.mark.parametrize("run", RUNNERS)
def test_large_input_and_output_do_not_deadlock(run: Runner) -> None:
    data = os.urandom(1024) * 3000
    code = "import os\nwhile data := os.read(0, 8192): os.write(2, data[:1]); os.write(1, data)"
    result = run(python(code), {}, data, len(data))
    assert (result.returncode, result.stdout == data, result.truncated) == (0, True, False)


@pytest.mark.parametrize("run", RUNNERS)
def test_process_that_closes_stdin(run: Runner) -> None:
    result = run(python("import os; os.close(0); os.write(1, b'no')"), {}, b"x" * 1_000_000, 100)
    assert (result.returncode, result.stdout) == (0, b"no")


@pytest.mark.parametrize("run", RUNNERS)
def test_output_is_truncated_at_the_limit(run: Runner) -> None:
    result = run(python("import os; os.write(1, b'x' * 1001)"), {}, b"", 1000)
    assert (result.stdout, result.truncated) == (b"x" * 1000, True)


def test_endless_process_is_killed_at_the_limit() -> None:
    result = spawn(python("import os\nwhile True: os.write(1, b'x' * 5000)"), {}, b"", 10_000)
    assert (len(result.stdout), result.truncated, result.returncode) == (10_000, True, -9)


def test_stderr_is_drained_and_truncated() -> None:
    result = spawn(python("import os\nfor _ in range(99): os.write(2, b'x' * 5000)"), {}, b"", 10)
    assert result.returncode == 0
    assert 64 * 1024 <= len(result.stderr) < 99 * 5000


@pytest.mark.skipif(sys.platform != "linux", reason="/proc lists the descriptors")
def test_descriptors_and_processes_are_cleaned_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    children = []

    def recording_spawn(*arguments: Any, **options: Any) -> int:
        children.append(posix_spawn(*arguments, **options))
        return children[-1]

    posix_spawn = os.posix_spawn
    monkeypatch.setattr(os, "posix_spawn", recording_spawn)
    before = os.listdir("/proc/self/fd")
    spawn(python("pass"), {}, b"x" * 100_000, 100)
    with pytest.raises(FileNotFoundError):
        spawn(["/nowhere/git"], {}, b"", 100)
    with monkeypatch.context() as patched:
        patched.setattr(os, "read", raise_interrupt)
        with pytest.raises(KeyboardInterrupt):
            spawn(python("import time; print('x', flush=True); time.sleep(60)"), {}, b"", 100)
    assert os.listdir("/proc/self/fd") == before
    assert len(children) == 2
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_git_runs_in_the_given_directory(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "repo")
    result = Git(str(repository.root)).run("rev-parse", "--show-toplevel")
    assert (result.returncode, result.stdout.decode().strip()) == (0, str(repository.root.resolve()))


def test_git_opens_no_console_window_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {}

    def record(command: list[str], **given: Any) -> subprocess.CompletedProcess[bytes]:
        options.update(given)
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    monkeypatch.setattr(subprocess, "run", record)
    run_with_subprocess(["git"], {}, b"", 100)
    assert options["creationflags"] == 0x08000000


def test_git_that_cannot_be_started_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin" / "git"
    broken.parent.mkdir()
    broken.write_text("#!/nowhere/shell\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent))
    (tmp_path / "here").mkdir()
    with pytest.raises(GitError, match="git cannot be started") as caught:
        Git(str(tmp_path / "here")).run("version")
    assert str(broken) in caught.value.help


def test_argument_with_null_byte_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git cannot be started"):
        Git(str(tmp_path)).run("rev-parse", "a\0b")
