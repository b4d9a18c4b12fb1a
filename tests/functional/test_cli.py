from __future__ import annotations

import contextlib
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
from mothball.cli import start as cli
from tests.support.cli import clean_environment, installed_script, run_installed
from tests.support.hostile import assert_harmless
from tests.support.loopback import refusing_url
from tests.support.project import Project
from tests.support.scripted_index import Fault, Reply, ScriptedIndex
from tests.support.waiting import wait_until

COMMANDS = ("check", "snapshot", "status", "explain", "rule", "init", "config", "cache", "completions", "lsp")
needs_posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")

DISK_FULL = """\
mothball: error: cannot write the report: No space left on device
  = help: free disk space, or redirect the report to another location
"""


# --- help -------------------------------------------------------------------------------------------------------------


def test_help_lists_all_commands_and_exit_codes(project: Project) -> None:
    result = project.run("--help")
    assert (result.code, result.err) == (0, "")
    assert re.findall(r"^  ([a-z]+)  +\S", result.out, re.MULTILINE) == list(COMMANDS)
    assert re.findall(r"^  (\d)  \S", result.out, re.MULTILINE) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_every_command_has_a_help_text(project: Project, command: str) -> None:
    result = project.run(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: mothball {command} [OPTIONS]")
    options = re.findall(r"^  (?:-\w, )?(?:-\w \S+, )?(?:--[\w-]+|-\w)\b.*(?:\n {10,}.*)*", result.out, re.MULTILINE)
    assert options
    unexplained = [option for option in options if not re.search(r"\s{2,}\S.* |\n\s+\S", option)]
    assert unexplained == []
    assert all(len(line) <= 100 for line in result.out.splitlines())


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_into_a_terminal_with_80_columns(project: Project, command: str) -> None:
    help_text = project.run(*command.split(), "--help", env={"COLUMNS": "80"}).out
    assert max(map(len, help_text.splitlines())) <= 80
    assert re.findall(r"-$", help_text, re.MULTILINE) == []  # no option is broken at its hyphens


def test_help_of_check_lists_environment_variables(project: Project) -> None:
    shown = project.check("--help").out
    for variable in ("MOTHBALL_OFFLINE", "MOTHBALL_UNVERIFIED", "MOTHBALL_CACHE_DIR", "NO_COLOR"):
        assert variable in shown


def test_unknown_severity_in_the_environment_gets_a_suggestion(project: Project) -> None:
    result = project.check(env={"MOTHBALL_UNVERIFIED": "warn"})
    expected = "mothball: error: MOTHBALL_UNVERIFIED: unknown severity `warn`\n  = help: did you mean `warning`?\n"
    assert (result.code, result.err) == (2, expected)


def test_version_is_printed(project: Project) -> None:
    for option in ("--version", "-V"):
        assert project.run(option) == (0, f"mothball {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("check --offline --refresh", ("--refresh", "--offline")),
        ("status flask --refresh --offline", ("--refresh", "--offline")),
        ("snapshot --refresh --offline", ("--refresh", "--offline")),
        ("check --quiet --verbose", ("--verbose", "--quiet")),
        ("check --list-files --format sarif", ("--list-files", "--format sarif")),
        ("check --list-files --report json=x.json", ("--list-files", "--report")),
        ("check --list-files --strict", ("--list-files", "--strict")),
        ("check --list-files --exit-zero", ("--list-files", "--exit-zero")),
        ("check --stdin-filename requirements.txt", ("--stdin-filename",)),
        ("check --added --stdin-filename requirements.txt", ("--stdin-filename",)),
        ("config path --format json", ("--format json",)),
        ("config schema --format json", ("--format json",)),
        ("config show --user", ("--user",)),
    ],
)
def test_options_that_contradict_each_other_are_usage_errors(
    project: Project, arguments: str, options: tuple[str, ...]
) -> None:
    project.offline({})
    result = project.run(*arguments.split())
    assert (result.code, result.out) == (2, "")
    assert all(option in result.err for option in options)
    assert "\n  = help: " in result.err


def test_refresh_contradicts_the_offline_variable(project: Project) -> None:
    result = project.check("--refresh", env={"MOTHBALL_OFFLINE": "1"})
    assert (result.code, "MOTHBALL_OFFLINE" in result.err) == (2, True)


@pytest.mark.parametrize("command", [("check",), ("status", "old-lib")])
def test_refresh_contradicts_offline_in_the_project_configuration(project: Project, command: tuple[str, ...]) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    result = project.run(*command, "--refresh")
    assert result.code == 2
    assert "mothball.toml:2" in result.out + result.err
    assert "--refresh sends requests, and `offline` forbids them" in result.out + result.err
    assert "archived" in result.out  # the rest is reported
    project.user_config("offline = false\n")  # overrides the project
    with refusing_url() as url:
        assert "--refresh" not in project.run(*command, "--refresh", "--index-url", url).out


def test_refresh_contradicts_offline_in_the_user_configuration(project: Project) -> None:
    project.user_config("offline = true\n")
    result = project.check("--refresh")
    assert (result.code, result.out) == (2, "")
    assert f"`offline` in {project.home / '.config' / 'mothball' / 'config.toml'} forbids them" in result.err


def test_verbose_lists_files_and_results_on_stderr(project: Project) -> None:
    project.offline({"old-lib": "archived", "new-lib": "active"})
    project.write("requirements.txt", "old-lib\nnew-lib\n./local\nours @ https://code.example/ours.whl\n")
    plain, verbose = project.check(), project.check("-v")
    assert (verbose.code, verbose.out, plain.err) == (plain.code, plain.out, "")
    lines = verbose.err.splitlines()
    assert lines[0] == "requirements.txt: format requirements, configuration mothball.toml"
    index = "https://index.example/simple/, status from the snapshot of "
    assert lines[1].startswith(f"requirements.txt:1: old-lib is archived ({index}")
    assert lines[2].startswith(f"requirements.txt:2: new-lib is active ({index}")
    assert lines[3] == "requirements.txt:4: ours was not looked up: direct URL"


@pytest.mark.parametrize("arguments", [(), ("cache",), ("config",), ("completions",)])
def test_command_without_its_action_prints_the_help_and_exits_2(project: Project, arguments: tuple[str, ...]) -> None:
    assert project.run(*arguments) == (2, "", project.run(*arguments, "--help").out)


# --- usage errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "quoted", "help_text"),
    [
        (("frobnicate",), "unknown command `frobnicate`", "see `mothball --help`"),
        (("chekc", "--strict"), "unknown command `chekc`", "did you mean `mothball check`?"),
        (("help",), "unknown command `help`", "did you mean `mothball --help`?"),
        (("help", "check"), "unknown command `help`", "did you mean `mothball check --help`?"),
        (("version",), "unknown command `version`", "did you mean `mothball --version`?"),
        (("notes.txt",), "unknown command `notes.txt`", "to check it: `mothball check notes.txt`"),
        (("--frobnicate",), "unknown option `--frobnicate`", "see `mothball --help`"),
        (("--quiet", "check", "x"), "`--quiet`", "options follow the command: `mothball check --quiet x`"),
        (("check", "--frobnicate"), "`--frobnicate` of `mothball check`", "see `mothball check --help`"),
        (("check", "--formta=json"), "unknown option `--formta`", "did you mean `--format=json`?"),
        (("check", "-x"), "unknown option `-x`", "see `mothball check --help`"),
        (("status", "a", "--ofline"), "unknown option `--ofline`", "did you mean `--offline`?"),
        (("cache", "info", "more"), "unexpected argument `more`", "see `mothball cache --help`"),
        (("check", "--format", "jsn"), "invalid value `jsn` for --format", "did you mean `json`?"),
        (("check", "--format", "JSON"), "invalid value `JSON` for --format", "did you mean `json`?"),
        (("check", "--color", "x"), "invalid value `x` for --color", "expected one of: auto, always, never"),
        (
            ("check", "--report", "json=-"),
            "the name of a file",
            "use --format json: standard output has only one report",
        ),
        (("check", "--report", "jnit=x"), "invalid value `jnit` for --report", "did you mean `junit`?"),
        (("check", "--as", "requirment"), "--as: unknown format `requirment`", "did you mean `requirements`?"),
        (("check", "--json"), "unknown option `--json`", "did you mean `--format json`?"),
        (("rule", "--json"), "unknown option `--json`", "see `mothball rule --help`"),
        (("config", "shw"), "invalid value `shw` for ACTION", "did you mean `show`?"),
        (("completions", "fsh"), "invalid value `fsh` for SHELL", "did you mean `fish`?"),
        (("status",), "NAME", "see `mothball status --help`"),
        (("explain",), "required: NAME", "see `mothball explain --help`"),
        (("check", "a", "--strict", "b", "--x"), "unknown option `--x`", "see `mothball check --help`"),
        (
            ("check", "--policy", "base"),
            "--policy base requires the base",
            "name the base with --since REV or --from-ref REV",
        ),
        (
            ("check", "--added", "--policy=base"),
            "requires the base",
            "name the base with --since REV or --from-ref REV",
        ),
        (("check", "--\x1b[2J\n::error::x"), "-- [2J ::error::x", "see `mothball check --help`"),
    ],
)
def test_usage_error_is_one_message_with_help(
    project: Project, arguments: tuple[str, ...], quoted: str, help_text: str
) -> None:
    project.write("notes.txt", "")
    result = project.run(*arguments)
    assert (result.code, result.out) == (2, "")
    first, second = result.err.splitlines()
    # The rest of the message comes from argparse.
    assert first.startswith("mothball: error: ")
    assert quoted in first
    assert second == f"  = help: {help_text}"
    assert_harmless(result.err)


@pytest.mark.parametrize(
    "arguments",
    [
        "a.txt --strict b.txt",
        "--strict a.txt b.txt",
        "a.txt --strict -- b.txt",
        "--strict -- a.txt b.txt",
        "a.txt -- b.txt",
    ],
)
def test_options_may_stand_between_paths(project: Project, arguments: str) -> None:
    project.offline({"a-lib": "archived", "b-lib": "archived"})
    for name in ("a", "b"):
        project.write(f"{name}.txt", f"{name}-lib\n")
    findings = re.findall(r"^\S+(?=: error\[archived\])", project.check(*arguments.split()).out, re.MULTILINE)
    assert findings == ["a.txt:1:1", "b.txt:1:1"]


def test_options_may_stand_between_name_and_paths(project: Project) -> None:
    project.write("requirements.txt", "a-lib\n")
    project.write("other.txt", "a-lib\n")
    explained = project.run("explain", "a-lib", "--index-url", "https://index.example/simple/", "other.txt")
    assert explained.out.startswith("a-lib: other.txt:1\n")
    project.offline({"a-lib": "archived", "b-lib": "active"})
    assert re.findall(r"\w-lib is \w+", project.run("status", "a-lib", "--offline", "b-lib").out) == [
        "a-lib is archived",
        "b-lib is active",
    ]


def test_path_behind_two_dashes_is_not_an_option(project: Project) -> None:
    project.offline({"a-lib": "archived", "b-lib": "archived"})
    project.write("a.txt", "a-lib\n")
    project.write("--exit-zero", "b-lib\n")
    result = project.check("a.txt", "--format", "concise", "--", "--exit-zero")
    assert (result.code, "--exit-zero:1:1: error[archived]" in result.out) == (1, True)


# --- internal and system errors ---------------------------------------------------------------------------------------


def raise_bug(*_: object) -> NoReturn:
    raise RuntimeError("unexpected\x1b[2J\nstate")


def test_internal_error_is_reported_without_a_traceback(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "run", raise_bug)
    result = project.check()
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "mothball: error: internal error: RuntimeError: unexpected [2J state\n"
        "  = help: this is a bug in mothball; set MOTHBALL_DEBUG=1 to show the traceback\n"
    )


def test_debug_variable_shows_the_traceback(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "run", raise_bug)
    with pytest.raises(RuntimeError, match="unexpected"):
        project.check(env={"MOTHBALL_DEBUG": "1"})


def raise_os_error(*_: object) -> NoReturn:
    raise OSError(5, "Input/output error")


def test_os_error_is_not_reported_as_internal_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command, "run", raise_os_error)
    result = project.check()
    assert result == (2, "", "mothball: error: [Errno 5] Input/output error\n")
    with pytest.raises(OSError, match="Input/output"):
        project.check(env={"MOTHBALL_DEBUG": "1"})


def test_system_exit_with_a_message_exits_2(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def exit_with_message(*_: object) -> NoReturn:
        raise SystemExit("message")

    monkeypatch.setattr(check_command, "run", exit_with_message)
    assert project.check().code == 2


def test_broken_pipe_exits_141_without_output(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_broken_pipe(*_: object) -> NoReturn:
        raise BrokenPipeError

    monkeypatch.setattr(check_command, "run", raise_broken_pipe)
    assert project.check() == (141, "", "")


def test_unread_output_is_discarded_after_a_broken_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_and_raise_broken_pipe(*_: object) -> NoReturn:
        sys.stdout.write("part of a report")
        raise BrokenPipeError

    monkeypatch.setattr(check_command, "run", write_and_raise_broken_pipe)
    path = tmp_path / "out"
    with path.open("w", encoding="utf-8") as out, contextlib.redirect_stdout(out):
        assert cli.main(["check"]) == 141
    assert path.read_text() == ""


# --- installed console script -----------------------------------------------------------------------------------------


def test_console_script_and_main_have_the_same_result(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    assert run_installed("check", cwd=project.root, home=project.home) == project.check()
    assert run_installed("check", "--x", cwd=project.root, home=project.home) == project.check("--x")


def test_module_can_be_run_with_python_m(project: Project) -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "mothball", "--version"],
        cwd=project.root,
        env=clean_environment(project.home),
        capture_output=True,
        check=True,
    )
    assert completed.stdout.decode().split() == ["mothball", __version__]


def test_streams_closed_before_the_start_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    code = cli._run_process(["frobnicate"])
    replaced = (sys.stdout, sys.stderr)
    for stream in replaced:
        stream.close()
    assert code == 2


@needs_posix
@pytest.mark.parametrize("arguments", ["check", "--help", "rule archived", "check --format json"])
def test_pipe_closed_by_the_reader_shows_no_traceback(project: Project, arguments: str) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n" * 2000)
    command = f"'{installed_script()}' {arguments} | true; exit ${{PIPESTATUS[0]}}"
    completed = subprocess.run(
        ["bash", "-c", command], cwd=project.root, env=clean_environment(project.home), capture_output=True, check=False
    )
    assert completed.stderr == b""
    assert completed.returncode in {0, 1, 141}


@needs_posix
@pytest.mark.parametrize(
    ("redirection", "code", "stderr"),
    [
        (">/dev/full", 2, DISK_FULL),
        (">&-", 1, ""),
        ("2>&-", 1, ""),
    ],
)
def test_exit_code_is_correct_if_output_cannot_be_written(
    project: Project, redirection: str, code: int, stderr: str
) -> None:
    if "/dev/full" in redirection and not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    completed = subprocess.run(
        ["sh", "-c", f"'{installed_script()}' check {redirection}"],
        cwd=project.root,
        env=clean_environment(project.home),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert (completed.returncode, completed.stderr.decode()) == (code, stderr)


@needs_posix
def test_deleted_working_directory_is_an_error(project: Project) -> None:
    deleted = project.root / "deleted"
    deleted.mkdir()
    completed = subprocess.run(
        ["sh", "-c", f"rmdir '{deleted}'; exec '{installed_script()}' check"],
        cwd=deleted,
        env=clean_environment(project.home),
        capture_output=True,
        check=False,
    )
    assert completed.returncode == 2
    assert completed.stderr.startswith(b"mothball: error: ")
    assert b"Traceback" not in completed.stderr
    assert b"internal error" not in completed.stderr


@needs_posix
def test_ctrl_c_during_a_lookup_exits_130_immediately(project: Project) -> None:
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
        # The lookups would take more than ten seconds; mothball must not wait for them.
        out, err = process.communicate(timeout=8)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("option", ["--off", "--ref", "--exit"])
def test_abbreviated_options_are_rejected(project: Project, option: str) -> None:
    result = project.check(option)
    assert result.code == 2
    assert f"unknown option `{option}` of `mothball check`\n  = help: did you mean `{option}" in result.err
