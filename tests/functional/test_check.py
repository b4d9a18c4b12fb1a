from __future__ import annotations

import calendar
import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from mothball import __version__
from mothball.index import client
from tests.support.added import toml
from tests.support.cli import cache_of, run_in_process, run_installed
from tests.support.hostile import assert_harmless
from tests.support.project import INDEX, Project, snapshot_text
from tests.support.scripted_index import ScriptedIndex, json_page

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop"
DAY = 86_400.0


# --- output -----------------------------------------------------------------------------------------------------------


def test_example_shows_the_five_cases_and_exits_1(tmp_path: Path) -> None:
    result = run_in_process("check", "examples/shop", cwd=EXAMPLE.parents[1], home=tmp_path)
    assert result.code == 1
    assert result.err == ""
    for prefix in (
        "examples/shop/pyproject.toml:11:6: error[archived] quill-templates is archived\n",
        "examples/shop/pyproject.toml:12:6: warning[deprecated] tallybook is deprecated\n",
        "examples/shop/requirements.txt:6:1: error[quarantined] cloakroom is quarantined\n",
        "examples/shop/requirements/constraints.txt:1:1: warning[archived] quill-templates is archived\n",
        "examples/shop/requirements/worker.txt:2:1: error[unverified] feather-queue could not be checked: ",
        "examples/shop/pyproject.toml:13:6: ignored[archived] paperboy-mail is archived: until mail moves",
        "examples/shop/requirements/worker.txt:1:1: ignored[deprecated] tallybook is deprecated: its successor",
    ):
        assert f"\n{prefix}" in f"\n{result.out}"
    assert result.out.endswith(
        "14 dependencies in 4 files: 12 checked, 5 findings (3 errors, 2 warnings), 2 ignored, 1 skipped "
        "(VCS URL), 1 unverified, "
        "3 pins not judged (snapshot)\n"
    )


def test_text_output_of_one_finding(project: Project) -> None:
    project.offline({"old-lib": {"status": "archived", "reason": "moved"}, "good-lib": "active"})
    project.write("requirements.txt", "good-lib\nold-lib>=1  # once\n")
    result = project.check()
    lines = result.out.splitlines()
    assert lines[:3] == [
        "requirements.txt:2:1: error[archived] old-lib is archived",
        "  2 | old-lib>=1  # once",
        '    | ^^^^^^^ "moved"',
    ]
    assert lines[3].startswith("    = note: status from the snapshot of 20")
    assert lines[4].startswith("    = help: ")
    assert lines[5:] == ["", "2 dependencies in 1 file: 2 checked, 1 finding (1 error)"]
    assert (result.code, result.err) == (1, "")


def test_all_formats_report_the_same_findings(project: Project) -> None:
    project.offline({"old-lib": "archived", "calm-lib": "deprecated"})
    project.write("requirements.txt", "calm-lib\nold-lib\ndown-lib\n")
    text, concise, report = project.check(), project.check("--format", "concise"), project.check_json()
    expected = [
        f"{item['path']}:{item['line']}:{item['column']}: {item['severity']}[{item['rule']}]"
        for item in report["findings"]
    ]
    assert [
        line.partition("]")[0] + "]" for line in text.out.splitlines() if line.startswith("requirements")
    ] == expected
    assert [line.partition("]")[0] + "]" for line in concise.out.splitlines()[:-1]] == expected
    assert text.code == concise.code == 1


def test_quiet_prints_nothing_without_findings(project: Project) -> None:
    project.offline({"good-lib": "active"})
    project.write("requirements.txt", "good-lib\n")
    assert project.check("--quiet") == (0, "", "")
    assert project.check("-q", "--format", "concise") == (0, "", "")
    assert project.check() == (0, "1 dependency in 1 file: 1 checked, no findings\n", "")


def test_configuration_in_a_parent_directory_applies_without_git(project: Project) -> None:
    (project.root / ".git").rmdir()
    project.write("mothball.toml", 'offline = true\nprivate = ["acme-*"]\nseverity.unverified = "note"\n')
    project.write("requirements/worker.txt", "old-lib\nacme-secret\n")
    for path in ("worker.txt", "."):
        report = project.check_json(path, cwd=project.root / "requirements")

        assert [(finding["name"], finding["severity"]) for finding in report["findings"]] == [("old-lib", "note")]
        assert [item["name"] for item in report["dependencies"] if item["lookup"]["reason"] == "private"] == [
            "acme-secret"
        ]


@pytest.mark.parametrize(
    ("arguments", "environment", "terminal", "is_colored"),
    [
        ((), {}, False, False),
        ((), {}, True, True),
        ((), {"TERM": "dumb"}, True, False),
        ((), {"NO_COLOR": "1"}, True, False),
        ((), {"FORCE_COLOR": "1"}, False, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        (("--color", "always"), {"NO_COLOR": "1"}, False, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, True, False),
        (("--color", "auto"), {}, True, True),
        (("--format", "concise", "--color", "always"), {}, True, False),
    ],
)
def test_color_depends_on_option_environment_and_terminal(
    project: Project,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    terminal: bool,  # noqa: FBT001 - test parameter
    is_colored: bool,  # noqa: FBT001 - test parameter
) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    assert ("\x1b[" in project.check(*arguments, env=environment, terminal=terminal).out) is is_colored


@pytest.mark.parametrize("is_legacy", [True, False])
def test_a_windows_console_without_escape_sequences_gets_none(
    project: Project, monkeypatch: pytest.MonkeyPatch, *, is_legacy: bool
) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    monkeypatch.setattr("mothball.cli.check.sys.platform", "win32")
    monkeypatch.setattr("rich.console.detect_legacy_windows", lambda: is_legacy)
    monkeypatch.setattr("mothball.config.user_settings._follows_xdg", lambda: True)
    assert ("\x1b[" in project.check("--no-cache", terminal=True).out) is not is_legacy


def test_unencodable_characters_are_replaced(project: Project) -> None:
    project.offline({"old-lib": {"status": "archived", "reason": "d\u00e9m\u00e9nag\u00e9 \U0001f4e6"}})
    project.write("requirements.txt", "old-lib\n")
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = run_installed("check", cwd=project.root, home=project.home, env=environment)
    assert result.code == 1
    assert '"d?m?nag? ?"' in result.out


def test_arrow_of_a_dependency_path_is_written_in_ascii_where_the_encoding_lacks_it(project: Project) -> None:
    project.offline({"app-lib": "active", "old-lib": "archived"})
    project.write("pyproject.toml", toml("app-lib"))
    registry = 'version = "1.0"\nsource = { registry = "https://index.example/simple/" }\n'
    app = f'[[package]]\nname = "app-lib"\n{registry}dependencies = [{{ name = "old-lib" }}]\n'
    project.write("uv.lock", f'version = 1\n\n{app}\n[[package]]\nname = "old-lib"\n{registry}')
    for encoding, arrow in (("cp1252", "->"), ("utf-8", "→")):
        environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        result = run_installed("check", "-q", cwd=project.root, home=project.home, env=environment)
        assert f"old-lib is archived, via app-lib {arrow} old-lib" in result.out


# --- input files ------------------------------------------------------------------------------------------------------


def test_default_path_is_the_current_directory_and_paths_are_relative(project: Project) -> None:
    project.offline({}, 'severity = { unverified = "off" }\n')
    project.write("one/requirements.txt", "a-lib\n")
    project.write("two/requirements.txt", "b-lib\n")

    def paths(report: dict[str, Any]) -> list[str]:
        return [item["path"] for item in report["dependencies"]]

    assert paths(project.check_json()) == ["one/requirements.txt", "two/requirements.txt"]
    assert paths(project.check_json("two")) == ["two/requirements.txt"]
    assert paths(project.check_json("requirements.txt", cwd=project.root / "one")) == ["requirements.txt"]


def test_stdin_filename_is_shown_as_path(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    result = project.check("-", "--stdin-filename", "sub/requirements.txt", "--format", "concise", stdin=b"\nold-lib\n")
    assert result.code == 1
    assert result.out.startswith("sub/requirements.txt:2:1: error[archived]")


def test_standard_input_requires_a_file_name(project: Project) -> None:
    result = project.check("-", stdin=b"old-lib\n")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "mothball: error: standard input requires a file name\n  = help: add --stdin-filename requirements.txt\n"
    )


def test_standard_input_with_format_requires_no_file_name(project: Project) -> None:
    project.offline({"old-lib": "archived"})

    result = project.check("-", "--as", "requirements", "--format", "concise", stdin=b"old-lib\n")

    assert (result.code, result.out.startswith("-:1:1: error[archived]")) == (1, True)


def test_as_option_sets_the_format(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    project.write("deps.list", "old-lib\none line of text\n")
    assert "FORMAT is one of pyproject, requirements, " in project.check("deps.list").out
    project.write("deps.list", "old-lib\n")
    assert project.check("deps.list", "--as", "requirements").code == 1


def test_unknown_format_is_rejected_with_the_known_ones(project: Project) -> None:
    result = project.check("--as", "gemfile")
    assert (result.code, result.out) == (2, "")
    assert "--as: unknown format `gemfile`" in result.err
    assert "pyproject, requirements" in result.err


# --- indexes and network ----------------------------------------------------------------------------------------------


def test_offline_uses_cached_results_of_any_age_and_the_snapshot(project: Project) -> None:
    project.write("mothball.toml", f'index-url = "{INDEX}"\n')
    project.write("known.json", snapshot_text({"snap-lib": "archived"}))
    project.write("requirements.txt", "old-lib\nsnap-lib\nnew-lib\n")
    project.remember("old-lib", "archived", age=60 * DAY)
    report = project.check_json("--offline", "--snapshot", "known.json")
    assert [(item["name"], item["lookup"]["kind"], item["lookup"]["source"]) for item in report["dependencies"]] == [
        ("old-lib", "stated", "stale"),
        ("snap-lib", "stated", "snapshot"),
        ("new-lib", "unavailable", "index"),
    ]
    assert [problem["severity"] for problem in report["problems"]] == ["note"]
    assert "1 result is from the cache, up to 60 d old" in report["problems"][0]["message"]
    assert "status from https://index.example/simple/, looked up 60 d ago" in project.check("--offline").out


@pytest.mark.parametrize(
    ("value", "offline"),
    [("1", True), ("true", True), ("0", False), ("", False), ("False", False), ("no", False), ("off", False)],
)
def test_offline_variable_disables_the_network(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    offline: bool,  # noqa: FBT001 - test parameter
) -> None:
    def fail(settings: object) -> None:
        raise AssertionError

    monkeypatch.setattr(client, "Client", fail)
    project.write("requirements.txt", f"-i {INDEX}\nold-lib\n")
    result = project.check("--format", "concise", env={"MOTHBALL_OFFLINE": value})
    assert ("could not be checked: offline" in result.out) is offline
    assert ("internal error: AssertionError" in result.err) is not offline


def test_index_url_option_overrides_the_configuration(project: Project) -> None:
    project.offline({})
    project.write("requirements.txt", "old-lib\n")
    [item] = project.check_json("--index-url", "https://other.example/simple")["dependencies"]
    assert item["lookup"]["index"] == "https://other.example/simple/"
    [item] = project.check_json()["dependencies"]
    assert item["lookup"]["index"] == INDEX


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://index.example/", "https://user:pw@index.example/?t=pw", "https://${HOST}/simple/"]
)
def test_invalid_index_url_is_rejected(project: Project, url: str) -> None:
    result = project.check("--index-url", url)
    assert (result.code, result.out) == (2, "")
    assert "--index-url" in result.err
    assert "pw" not in result.err


def test_user_configuration_applies(project: Project) -> None:
    project.user_config('index-url = "https://user.example/simple/"\noffline = true\nprivate = ["acme-*"]\n')
    project.write("requirements.txt", "old-lib\nacme-lib\n")
    report = project.check_json()
    assert [item["lookup"]["index"] for item in report["dependencies"]] == ["https://user.example/simple/"] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ofline = true\n", "did you mean `offline`?"),
        ("offline = \n", "invalid TOML in line 1"),
        ("severity = {}\n", "`severity` is only allowed in projects"),
        (b"\xff\n", "not valid UTF-8"),
    ],
)
def test_invalid_user_configuration_is_reported(project: Project, text: str | bytes, expected: str) -> None:
    project.user_config("")
    path = project.home / ".config" / "mothball" / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = project.check()
    assert (result.code, result.out) == (2, "")
    assert str(path) in result.err
    assert expected in result.err


@pytest.mark.parametrize("option", ["--config", "--snapshot"])
def test_file_arguments_of_options_must_exist(project: Project, option: str) -> None:
    result = project.check(option, "nowhere/at all.toml")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"mothball: error: {option}: no such file: nowhere/at all.toml\n")
    assert project.check(option, ".").err == f"mothball: error: {option}: not a regular file: .\n"


def test_config_option_replaces_all_configurations(project: Project) -> None:
    project.offline({"old-lib": "archived"}, 'ignore.old-lib = { rules = ["archived"] }\n')
    project.write("requirements.txt", "old-lib\n")
    project.write("strict/policy.toml", 'offline = true\nsnapshot = "../statuses.json"\n')
    assert project.check().code == 0
    assert project.check("--config", "strict/policy.toml").code == 1


def test_cached_result_is_used_until_refresh(project: Project) -> None:
    project.write("requirements.txt", "old-lib\n")
    with ScriptedIndex({"old-lib": [json_page("old-lib", "archived"), json_page("old-lib", "active")]}) as index:
        arguments = ("--index-url", index.url)
        assert [project.check(*arguments, *more).code for more in ((), (), ("--refresh",), ())] == [1, 1, 0, 0]
        assert index.count() == 2
        assert project.check(*arguments, "--no-cache").code == 0
        assert index.count() == 3


# --- severity and ignores ---------------------------------------------------------------------------------------------


def test_no_ignores_reports_ignored_findings(project: Project) -> None:
    project.offline({"old-lib": "archived"}, 'ignore.old-lib = { rules = ["archived"], reason = "until June" }\n')
    project.write("requirements.txt", "old-lib\n")
    hidden = project.check()
    assert hidden.code == 0
    assert "requirements.txt:1:1: ignored[archived] old-lib is archived: until June\n" in hidden.out
    shown = project.check("--no-ignores")
    assert shown.code == 1
    assert "requirements.txt:1:1: error[archived]" in shown.out


def test_unused_ignore_is_reported_only_in_a_complete_check(project: Project) -> None:
    project.offline({"good-lib": "active"}, 'ignore.good-lib = { rules = ["archived"] }\n')
    project.write("requirements.txt", "good-lib\n")
    whole = project.check("--format", "concise")
    assert whole.out.startswith("mothball.toml:4:")
    assert "warning[unused-ignore] the ignore of `archived` for good-lib matches no finding" in whole.out
    assert "unused-ignore" not in project.check("requirements.txt").out
    project.write("other-requirements.txt", b"\xff")
    assert "unused-ignore" not in project.check().out


def test_json_report_has_its_time_tool_and_directory(project: Project) -> None:
    project.write("requirements.txt", "")
    report = project.check_json()
    assert abs(calendar.timegm(time.strptime(report["generated_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()) < 3600
    assert report["tool"] == {"name": "mothball", "version": __version__}
    assert (report["root"], report["revision"]) == (str(project.root), None)


@pytest.mark.parametrize(
    ("value", "severity"), [("warning", "warning"), ("error", "error"), ("note", "note"), ("", "error")]
)
def test_unverified_variable_sets_the_severity_of_failed_lookups(project: Project, value: str, severity: str) -> None:
    project.offline({}, 'severity = { unverified = "error" }\n')
    project.write("requirements.txt", "down-lib\n")
    [finding] = project.check_json(env={"MOTHBALL_UNVERIFIED": value})["findings"]
    assert (finding["rule"], finding["severity"]) == ("unverified", severity)


def test_unverified_variable_does_not_apply_to_other_rules(project: Project) -> None:
    project.write("requirements.txt", "some-lib\n")
    with ScriptedIndex({"some-lib": json_page("some-lib")}) as index:
        result = project.check("--index-url", index.url, "--strict", env={"MOTHBALL_UNVERIFIED": "off"})
    assert (result.code, result.out.count("error[not-stated]")) == (3, 1)


def test_unknown_severity_in_the_environment_is_rejected(project: Project) -> None:
    result = project.check(env={"MOTHBALL_UNVERIFIED": "warn\x1b[2J"})
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "mothball: error: MOTHBALL_UNVERIFIED: unknown severity `warn [2J`\n"
        "  = help: expected one of: error, warning, note, off\n"
    )


# --- the cache --------------------------------------------------------------------------------------------------------


def test_unusable_cache_is_one_warning_and_the_check_continues(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    path = project.write("not a directory", "")
    result = project.check("--format", "concise", env={"MOTHBALL_CACHE_DIR": str(path)})
    assert result.code == 1
    assert result.err == ""
    [problem] = [line for line in result.out.splitlines() if line.startswith("warning: ")]
    assert problem == f"warning: cache {path} cannot be used: it is not a directory; continuing without a cache"


def test_cache_directory_variable_is_used(project: Project, tmp_path: Path) -> None:
    project.offline({})
    project.write("requirements.txt", "old-lib\n")
    path = tmp_path / "elsewhere"
    project.check(env={"MOTHBALL_CACHE_DIR": str(path)})
    assert path.is_dir()
    assert not os.path.exists(cache_of(project.home))
    assert project.check("--no-cache").code == 3
    assert not os.path.exists(cache_of(project.home))


def test_cached_result_needs_no_network(project: Project) -> None:
    project.write("requirements.txt", f"-i {INDEX}\nold-lib\n")
    project.remember("old-lib", "archived", age=60)
    [item] = project.check_json()["dependencies"]
    assert (item["lookup"]["status"], item["lookup"]["source"]) == ("archived", "cache")


# --- hostile ----------------------------------------------------------------------------------------------------------


def test_repository_text_is_sanitized_in_reports(project: Project) -> None:
    hostile = "\x1b[2J\u202e\n::error::owned"
    project.offline({"old-lib": {"status": "archived", "reason": hostile}, "odd-lib": {"status": f"x{hostile}"}})
    name = "a\u202e\x1b[31m\n::error::b-requirements.txt" if os.name != "nt" else "a\u202e-requirements.txt"
    project.write(name, "old-lib \u202e\x1b[2J # mothball: ignore[missing] \x1b[2J\nodd-lib\nbad\x1b[2J=1\n")
    project.write("broken/mothball.toml", 'offline = "\\u001b[2J\\u202e"\n')
    project.write("broken/requirements.txt", "x\n")
    project.write("latin-requirements.txt", b"# -*- coding: \xff\x1b[2J -*-\nx\n")
    for output_format in ("text", "concise"):
        result = project.check("--format", output_format)
        assert result.code == 2
        assert_harmless(result.out)
        assert not any(line.startswith("::") for line in result.out.splitlines())
        assert result.err == ""
    report = project.check("--format", "json").out
    assert report.isascii()
    assert json.loads(report)["summary"]["files"] == 2


def test_broken_pipfile_lock_is_one_error_without_lookups(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    lock = '{\n    "default": {\n        "old-lib": {"version": "==1"}%s\n    }\n}\n'
    for broken, location in (
        (",\n<<<<<<< HEAD\n=======", "4:1: error[unreadable] unresolved merge conflict"),
        (",", "3:38: error[unreadable] invalid JSON: unexpected `,`"),
    ):
        project.write("Pipfile.lock", lock % broken)
        result = project.check("--format", "concise")
        assert result.code == 2
        assert result.out.splitlines() == [
            f"Pipfile.lock:{location}",
            "0 dependencies in 1 file: 0 checked, 1 finding (1 error)",
        ]


def test_configuration_and_snapshot_errors_have_a_location(project: Project) -> None:
    project.write("mothball.toml", 'snapshot = "../outside.json"\noffline = true\n')
    project.write("requirements.txt", "a-lib\n")
    project.write("sub/mothball.toml", "ofline = true\n")
    project.write("sub/requirements.txt", "b-lib\n")
    result = project.check("--format", "concise")
    assert result.code == 2
    assert f"{project.root.parent}/outside.json: error: the snapshot" in result.out
    assert "sub/mothball.toml:1:1: error: unknown key `ofline`" in result.out
    assert "1 dependency in 1 file" in result.out


def test_old_snapshot_is_a_warning(project: Project) -> None:
    project.offline({"good-lib": "active"}, age_days=45)
    project.write("requirements.txt", "good-lib\n")
    result = project.check("--format", "concise")
    assert result.code == 0
    assert "warning: the snapshot is 4" in result.out


def test_standard_input_replaces_the_file_of_the_same_name(project: Project) -> None:
    project.offline({"old-lib": "archived", "new-lib": "active"})
    project.write("requirements.txt", "new-lib\n")
    result = project.check(".", "-", "--stdin-filename", "requirements.txt", stdin=b"old-lib\n")
    assert result.code == 1
    assert "requirements.txt:1:1: error[archived] old-lib is archived" in result.out


def test_standard_input_is_limited_in_size(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mothball.repository.files.read_stream.__defaults__", (1024 * 1024,))
    result = project.check("-", "--stdin-filename", "requirements.txt", stdin=b"a" * (1024 * 1024 + 1))
    assert result.code == 2
    assert "requirements.txt: larger than 1 MiB" in result.err


def test_list_files_shows_files_and_formats_without_requests(project: Project) -> None:
    project.write("pyproject.toml", "")
    project.write("requirements/dev.txt", "-c pins.txt\nold-lib\n")
    project.write("requirements/pins.txt", "")
    project.write("notes.txt", "")
    with ScriptedIndex() as index:
        result = project.check("--list-files", "--index-url", index.url)
        assert index.count() == 0
    assert result == (
        0,
        "pyproject.toml         pyproject\nrequirements/dev.txt   requirements\nrequirements/pins.txt  requirements\n",
        "",
    )


def test_list_files_reports_unreadable_files(project: Project) -> None:
    project.write("requirements.txt", b"\xff")
    result = project.check("--list-files")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("requirements.txt: error[unreadable] not valid UTF-8")


@pytest.mark.parametrize("output_format", ["text", "concise", "json"])
def test_no_output_format_shows_passwords_from_files(project: Project, output_format: str) -> None:
    project.offline({"old-lib": "archived"})
    project.write(
        "requirements.txt",
        "-r https://u:S3CR3T@h.example/r.txt\n"
        "foo @ https://u:S3CR3T@h.example/x y\n"
        "-i https://u:S3CR3T@h.example/ --bogus\n"
        "https://h.example/x.whl?token=S3CR3T bar\n",
    )
    project.write("pyproject.toml", '[project]\ndependencies = ["old-lib", "p @ https://u:S3CR3T@h.example/x"]\n')
    result = project.check("--format", output_format)
    assert result.code == 2
    assert "old-lib is archived" in result.out
    assert "S3CR3T" not in result.out + result.err


def test_path_cannot_become_a_workflow_command(project: Project) -> None:
    project.write("::add-mask::x/requirements.txt", "one two\n")
    for output_format in ("text", "concise"):
        result = project.check("--format", output_format)
        assert "./::add-mask::x/requirements.txt:1" in result.out
        assert not [line for line in result.out.splitlines() if line.startswith("::")]


def test_credentials_in_repository_files_are_not_sent_and_reported(project: Project) -> None:
    project.write("requirements.txt", f"-i {INDEX.replace('//', '//user:s3cret@')}\nfine\n")
    project.offline({"fine": "active"})
    result = project.check("--format", "concise")
    assert result.code == 0
    message = "credentials in an index URL are not sent: `--index-url` in requirements.txt:1"
    assert result.out.splitlines()[0] == f"requirements.txt: note: {message}"
    assert "s3cret" not in project.check("--format", "json").out


def test_names_without_a_usable_index_are_unresolvable(project: Project) -> None:
    project.write("requirements.txt", "-i ${PIP_INDEX_URL}\na\nb\n")
    project.write("requirements-wheels.txt", "-i file:///wheels\n--extra-index-url https://index.example/simple/\nc\n")
    result = project.check("--offline", "--format", "concise")
    assert result.code == 0
    variable = "was not looked up: unresolved variable in the index URL"
    no_index = "no usable index is configured: `--index-url` in requirements-wheels.txt:1 is not an http URL"
    assert result.out.splitlines() == [
        f"requirements-wheels.txt:3:1: warning[unresolvable] c was not looked up: {no_index}",
        f"requirements.txt:2:1: warning[unresolvable] a {variable}",
        f"requirements.txt:3:1: warning[unresolvable] b {variable}",
        "3 dependencies in 2 files: 0 checked, 3 findings (3 warnings), 3 unresolvable",
    ]
    assert project.check("--offline", "--strict").code == 3


def test_entry_with_a_variable_may_be_on_an_index_but_not_a_url_or_path(project: Project) -> None:
    project.write(
        "requirements.txt",
        "old @ https://${TOKEN}@files.example/old.zip\nodd ${SPECIFIER}\n${OLD}lib\n${DIR}/x.whl\n",
    )
    *findings, last = project.check("--offline", "--format", "concise").out.splitlines()
    in_name = "${OLD}lib contains a variable, so what it installs is unknown"
    assert findings == [
        "requirements.txt:2:1: warning[unresolvable] odd was not looked up: unresolved variable in the entry",
        f"requirements.txt:3:1: warning[unresolvable] {in_name}",
    ]
    assert last.endswith("2 skipped (unresolved variable in a URL or path), 2 unresolvable")


def test_unresolvable_names_of_a_file_are_summarized(project: Project) -> None:
    project.write("requirements.txt", "-i ${PIP_INDEX_URL}\na\nb\nc\nd\n")
    output = project.check("--offline").out
    assert output.count("warning[unresolvable]") == 3
    assert (
        "2 more could not be checked for the same reason: requirements.txt, unresolved variable in the index" in output
    )


def test_unresolvable_findings_can_be_ignored_and_configured(project: Project) -> None:
    project.write("requirements.txt", "-i ${URL}\na  # mothball: ignore[unresolvable] an index of ours\nb\n")
    project.write("mothball.toml", 'severity.unresolvable = "error"\nignore.b = { rules = ["unresolvable"] }\n')
    report = project.check_json("--offline")
    suppressed = [finding["suppressed"] for finding in report["findings"] if finding["rule"] == "unresolvable"]
    assert [suppression["kind"] for suppression in suppressed] == ["comment", "config"]
    assert project.check("--offline", "--no-ignores").code == 3
    assert project.check("--offline", "--no-ignores", env={"MOTHBALL_UNVERIFIED": "warning"}).code == 3


@pytest.mark.parametrize("added", [False, True])
def test_local_index_of_the_repository_is_queried_only_with_consent(project: Project, *, added: bool) -> None:
    with ScriptedIndex({"old-lib": [json_page("old-lib", "archived")] * 3}) as index:
        project.write("requirements.txt", f"--index-url {index.url}\nold-lib\n")
        options: tuple[str, ...] = ()
        if added:
            for command in (("init", "-q"), ("add", "requirements.txt")):
                subprocess.run(["git", "-C", project.root, *command], check=True)
            options = ("--added",)
        without = {"MOTHBALL_ALLOW_LOCAL_INDEXES": ""}
        result = project.check("--format", "concise", *options, env=without)
        level = "error" if added else "warning"
        assert f"requirements.txt:2:1: {level}[unresolvable] old-lib was not looked up: {index.url}" in result.out
        assert "(`--index-url` in requirements.txt:1) is local or uses plain HTTP" in result.out
        assert (result.code, index.received) == (3 if added else 0, [])
        assert project.check(*options, env=without | {"MOTHBALL_UNVERIFIED": "warning"}).code == result.code
        assert project.check(*options).code == 1
        line, table, path = re.findall(
            r"add `(internal = .+?)` with its URL below (\[\w+\]) in (\S+),", project.check(*options, env=without).out
        )[0]
        assert path == str(project.home / ".config" / "mothball" / "config.toml")
        for setting in ("allow-local-indexes = true\n", f"{table}\n{line.replace('URL', index.url)}\n"):
            project.user_config(setting)
            assert project.check(*options, env=without).code == 1


def test_remedies_for_plain_http_to_another_machine_can_be_pasted(project: Project) -> None:
    project.write("requirements.txt", "--index-url http://index.example:8080/simple/\nold-lib\n")
    path = str(project.home / ".config" / "mothball" / "config.toml")
    refused = {"HTTP_PROXY": "http://127.0.0.1:9"}  # the discard port, where nothing listens

    without = project.check(env={"MOTHBALL_ALLOW_LOCAL_INDEXES": ""})
    assert "was not looked up: http://index.example:8080/simple/ (`--index-url` in requirements.txt:1)" in without.out
    [line] = re.findall(r"`(trusted-hosts = .+?)` at the top of that file", without.out)
    project.user_config(line.replace("HOST:PORT", "index.example:8080"))
    assert "cannot connect to the proxy" in project.check(env=refused | {"MOTHBALL_ALLOW_LOCAL_INDEXES": ""}).out

    project.user_config("")
    allowed = project.check()
    assert "plain http is only allowed for trusted hosts" in allowed.out
    [(line, shown)] = re.findall(r"add `(trusted-hosts = .+?)` to the top of (\S+)", allowed.out)
    assert (line, shown) == ('trusted-hosts = ["index.example:8080"]', path)
    project.user_config(line)
    assert "cannot connect to the proxy" in project.check(env=refused).out


def test_index_url_that_is_not_valid_has_no_trusted_host_as_remedy(project: Project) -> None:
    project.write("requirements.txt", "--index-url https://index.example:99999/simple/\nold-lib\n")

    result = project.check()
    assert "= help: correct the URL of the index" in result.out


def test_mistyped_paths_are_reported_with_the_existing_one(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", "old-lib\n")
    result = project.check("requirments.txt", "--format", "concise")
    assert (result.code, "requirments.txt: error[unreadable] no such file" in result.out) == (2, True)
    assert "= help: did you mean requirements.txt?" in project.check("requirments.txt").out
    result = project.check("--config", "mothbal.toml")
    assert (result.code, "= help: did you mean mothball.toml?" in result.err) == (2, True)


def test_empty_directory_has_help_that_is_not_the_same_command(project: Project) -> None:
    (project.root / "empty").mkdir()
    result = project.check("empty")
    assert (result.code, "empty: no dependency files found" in result.out) == (2, True)
    assert "--list-files" not in result.out
    assert "name a file to check it whatever it is called" in result.out


def test_files_above_the_working_directory_have_relative_paths_in_a_repository(project: Project) -> None:
    project.offline({"old-lib": "archived"})
    project.write(".git/HEAD", "")
    project.write("requirements.txt", "old-lib\n")
    below = project.write("sub/requirements.txt", "old-lib\n-r ../requirements.txt\n").parent
    result = project.check("--format", "concise", cwd=below)
    assert [line.split(":")[0] for line in result.out.splitlines()[:2]] == ["../requirements.txt", "requirements.txt"]
    sarif = json.loads(project.check("--format", "sarif", cwd=below).out)
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in sarif["runs"][0]["results"]]
    assert places[0] == {"uri": (project.root / "requirements.txt").as_uri()}
    assert places[1]["uri"] == "requirements.txt"
