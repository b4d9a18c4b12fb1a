"""Start and exit of the server: it always exits immediately and silently, and leaves no files behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mothball
from tests.support.lsp_client import LIMIT, PUSH, Process, ServerError
from tests.support.lsp_in_process import Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX processes")


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """The directory for temporary files; it must be empty after the server exits."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    yield scratch
    assert list(scratch.iterdir()) == []


@pytest.fixture
def process(tmp_path: Path, workspace: Workspace, scratch: Path) -> Iterator[Process]:
    home = tmp_path / "home"
    home.mkdir()
    with Process(str(home), str(workspace.root), "--stdio", environment={"TMPDIR": str(scratch)}) as process:
        yield process


def test_exit_after_shutdown_is_0_and_stdout_is_clean(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root), offline=True)
    document = process.open(workspace.path("requirements.txt"), "==broken\n")
    process.wait_for_diagnostics(document, "unreadable")
    assert process.request("shutdown") is None
    process.notify("exit")
    assert process.wait() == 0
    assert process.stray == b""


def test_exit_without_shutdown_is_1(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root))
    process.notify("exit")
    assert process.wait() == 1


def test_exit_before_initialize_is_1(process: Process) -> None:
    process.notify("exit")
    assert process.wait() == 1


def test_end_of_standard_input_ends_the_server(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root))
    process.stdin.close()
    assert process.wait() == 1


def test_requests_after_shutdown_are_refused(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root))
    process.request("shutdown")
    with pytest.raises(ServerError) as refused:
        process.hover(f"file://{workspace.path('requirements.txt')}", 0, 0)
    assert refused.value.error["code"] == -32600
    process.notify("exit")
    assert process.wait() == 0


def test_requests_before_initialize_are_refused_and_notifications_dropped(
    process: Process, workspace: Workspace
) -> None:
    process.open(workspace.path("requirements.txt"), "==broken\n")
    with pytest.raises(ServerError) as refused:
        process.hover(f"file://{workspace.path('requirements.txt')}", 0, 0)
    assert refused.value.error["code"] == -32002
    process.start(PUSH, str(workspace.root))
    with pytest.raises(ServerError) as again:
        process.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    assert again.value.error["code"] == -32600


@posix
def test_server_exits_when_client_process_ends(process: Process, workspace: Workspace) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as client:
        process.initialize(PUSH, str(workspace.root), processId=client.pid)
        assert process.process.poll() is None
        client.send_signal(signal.SIGKILL)
        client.wait()
        # Standard input is still open, as if another child of a crashed client held it.
        assert process.wait() == 1


@posix
@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_the_server_immediately_and_silently(
    process: Process, workspace: Workspace, index: ScriptedIndex, signal_number: signal.Signals
) -> None:
    if signal.getsignal(signal_number) is signal.SIG_IGN:
        pytest.skip("the tests run with nohup, which the server inherits")
    # A lookup is running in a thread, and another thread waits for standard input, which stays open.
    index.script("slow", page("slow", "archived", delay=LIMIT))
    process.start(PUSH, str(workspace.root), index.url)
    process.open(workspace.write("requirements.txt", "slow\n"), "slow\n")
    process.wait_for(lambda: index.received)
    process.process.send_signal(signal_number)
    assert process.wait(LIMIT / 2) == 128 + signal_number
    assert process.process.stderr is not None
    assert process.process.stderr.read() == b""
    assert process.stray == b""


@posix
def test_ignored_signal_stays_ignored(
    tmp_path: Path, workspace: Workspace, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = Process(str(tmp_path), str(workspace.root), environment={"TMPDIR": str(scratch)})
    finally:
        signal.signal(signal.SIGHUP, before)
    with process:
        process.start(PUSH, str(workspace.root), offline=True)
        process.process.send_signal(signal.SIGHUP)
        document = process.open(workspace.path("requirements.txt"), "==broken\n")
        process.wait_for_diagnostics(document, "unreadable")


@needs_proc
def test_working_directory_is_outside_of_the_workspace(process: Process, workspace: Workspace) -> None:
    process.start(PUSH, str(workspace.root))
    here = os.readlink(f"/proc/{process.process.pid}/cwd")
    assert os.path.dirname(here) == os.path.join(os.path.dirname(mothball.__file__), "check")
    assert {os.path.splitext(name)[1] for name in os.listdir(here)} == {".md"}
    assert not here.startswith(str(workspace.root))
    process.request("shutdown")
    process.notify("exit")
    assert process.wait() == 0
