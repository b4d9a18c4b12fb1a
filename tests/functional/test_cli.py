from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from mothball import __version__
from mothball.cli import check as check_command
from mothball.cli import parser as cli
from tests.support.cli import clean_environment, installed_script, run_installed
from tests.support.hostile import assert_harmless
from tests.support.project import Project
from tests.support.scripted_index import Fault, Reply, ScriptedIndex
from tests.support.waiting import wait_until

COMMANDS = ("check", "status", "snapshot", "lsp", "cache", "config", "rule")
needs_posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")

UNWRITTEN = """\
mothball: error: cannot write the report: No space left on device
  = help: free disk space, or redirect the report to another location
"""


# --- help -------------------------------------------------------------------------------------------------------------


def test_help_names_all_commands_and_all_exit_codes(project: Project) -> None:
    result = project.run("--help")
    assert (result.code, result.err) == (0, "")
    assert re.findall(r"^    ([a-z]+) ", result.out, re.MULTILINE) == list(COMMANDS)
    assert re.findall(r"^  (\d)  \S", result.out, re.MULTILINE) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_every_option_is_explained(project: Project, command: str) -> None:
    result = project.run(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"usage: mothball {command} ")
    options = re.findall(r"^  (?:-\w, )?(?:-\w \S+, )?(?:--[\w-]+|-\w)\b.*(?:\n {10,}.*)*", result.out, re.MULTILINE)
    assert options
    unexplained = [option for option in options if not re.search(r"\s{2,}\S.* |\n\s+\S", option)]
    assert unexplained == []
    assert all(len(line) <= 100 for line in result.out.splitlines())


def test_the_help_of_check_names_what_the_environment_can_say(project: Project) -> None:
    shown = project.check("--help").out
    for variable in ("MOTHBALL_OFFLINE", "MOTHBALL_UNVERIFIED", "MOTHBALL_CACHE_DIR", "NO_COLOR"):
        assert variable in shown


def test_the_version_is_told(project: Project) -> None:
    assert project.run("--version") == (0, f"mothball {__version__}\n", "")


# --- wrong calls ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named", "way_out"),
    [
        ((), "COMMAND", "see `mothball --help`"),
        (("frobnicate",), "frobnicate", "see `mothball --help`"),
        (("check", "--frobnicate"), "--frobnicate", "see `mothball --help`"),
        (("check", "--format", "xml"), "xml", "see `mothball check --help`"),
        (("status",), "NAME", "see `mothball status --help`"),
        (("check", "--\x1b[2J\n::error::x"), "-- [2J ::error::x", "see `mothball --help`"),
    ],
)
def test_a_wrong_call_is_one_message_with_a_way_out(
    project: Project, arguments: tuple[str, ...], named: str, way_out: str
) -> None:
    result = project.run(*arguments)
    assert (result.code, result.out) == (2, "")
    first, second = result.err.splitlines()
    # The words between are argparse's.
    assert first.startswith("mothball: error: ")
    assert named in first
    assert second == f"  = help: {way_out}"
    assert_harmless(result.err)


# --- when things go wrong ---------------------------------------------------------------------------------------------


def fail(*_: object) -> NoReturn:
    raise RuntimeError("the sky\x1b[2J\nis falling")


def test_a_bug_of_ours_is_told_without_a_traceback(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "run", fail)
    result = project.check()
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "mothball: error: internal error: RuntimeError: the sky [2J is falling\n"
        "  = help: this is a bug in mothball; set MOTHBALL_DEBUG=1 to show the traceback\n"
    )


def test_whoever_looks_for_a_bug_gets_the_traceback(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "run", fail)
    with pytest.raises(RuntimeError, match="the sky"):
        project.check(env={"MOTHBALL_DEBUG": "1"})


def failing_disk(*_: object) -> NoReturn:
    raise OSError(5, "Input/output error")


def test_what_is_the_systems_fault_is_not_called_a_bug(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "run", failing_disk)
    result = project.check()
    assert result == (2, "", "mothball: error: [Errno 5] Input/output error\n")
    with pytest.raises(OSError, match="Input/output"):
        project.check(env={"MOTHBALL_DEBUG": "1"})


def interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def test_an_interruption_is_quiet(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "run", interrupted)
    assert project.check() == (130, "", "")


def test_an_exit_from_within_keeps_its_code(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*_: object) -> NoReturn:
        raise SystemExit("with words")

    monkeypatch.setattr(check_command, "run", leave)
    assert project.check().code == 2


def test_a_reader_who_has_gone_is_no_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_reads(*_: object) -> NoReturn:
        raise BrokenPipeError

    monkeypatch.setattr(check_command, "run", nobody_reads)
    assert project.check() == (141, "", "")


def test_what_a_gone_reader_did_not_take_is_flushed_into_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_read(*_: object) -> NoReturn:
        sys.stdout.write("half of a report")
        raise BrokenPipeError

    monkeypatch.setattr(check_command, "run", half_read)
    path = tmp_path / "out"
    with path.open("w", encoding="utf-8") as out, contextlib.redirect_stdout(out):
        assert cli.main(["check"]) == 141
    assert path.read_text() == ""


# --- as it is installed -----------------------------------------------------------------------------------------------


def test_the_console_script_does_what_the_function_does(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    assert run_installed("check", cwd=project.root, home=project.home) == project.check()
    assert run_installed("check", "--x", cwd=project.root, home=project.home) == project.check("--x")


def test_the_module_can_be_run(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mothball", "--version"],
        cwd=project.root,
        env=clean_environment(project.home),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().split() == ["mothball", __version__]


def test_the_script_ends_with_the_code_of_main(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mothball", "--version"])
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(SystemExit) as stop:
        cli.entry_point()
    assert stop.value.code == 0


def test_streams_that_were_closed_before_the_start_take_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mothball", "frobnicate"])
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit) as stop:
        cli.entry_point()
    replaced = (sys.stdout, sys.stderr)
    for stream in replaced:
        stream.close()
    assert stop.value.code == 2


@needs_posix
@pytest.mark.parametrize("arguments", ["check", "--help", "rule archived", "check --format json"])
def test_a_reader_who_leaves_early_sees_no_traceback(project: Project, arguments: str) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n" * 2000)
    command = f"'{installed_script()}' {arguments} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=project.root, env=clean_environment(project.home), capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.returncode in {0, 1, 141}


@needs_posix
@pytest.mark.parametrize(
    ("redirection", "code", "told"),
    [
        (">/dev/full", 2, UNWRITTEN),
        (">&-", 1, ""),
        ("2>&-", 1, ""),
    ],
)
def test_output_that_goes_nowhere_leaves_the_exit_code_right(
    project: Project, redirection: str, code: int, told: str
) -> None:
    if "/dev/full" in redirection and not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    done = subprocess.run(
        ["sh", "-c", f"'{installed_script()}' check {redirection}"],
        cwd=project.root,
        env=clean_environment(project.home),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (code, told)


@needs_posix
def test_a_working_directory_that_is_gone_is_told(project: Project) -> None:
    gone = project.root / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", f"rmdir '{gone}'; exec '{installed_script()}' check"],
        cwd=gone,
        env=clean_environment(project.home),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"mothball: error: ")
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr


@needs_posix
def test_ctrl_c_while_an_index_is_silent_exits_130_quietly_and_at_once(project: Project) -> None:
    with ScriptedIndex(otherwise=Reply(fault=Fault.SILENCE)) as index:
        project.write("requirements.txt", f"-i {index.url}\n" + "".join(f"lib-{number}\n" for number in range(40)))
        process = subprocess.Popen(
            [installed_script(), "check"],
            cwd=project.root,
            env=clean_environment(project.home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        wait_until(lambda: index.count() or process.poll() is not None)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        # Its look-ups would go on for ten seconds and more; what it must not do is wait for them.
        out, err = process.communicate(timeout=8)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("option", ["--off", "--ref", "--exit"])
def test_half_an_option_is_none(project: Project, option: str) -> None:
    result = project.check(option)
    assert result.code == 2
    assert f"unrecognized arguments: {option}" in result.err
