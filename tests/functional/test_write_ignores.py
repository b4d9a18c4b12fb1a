from __future__ import annotations

import os
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Result
from tests.support.hostile import assert_harmless
from tests.support.project import Project, snapshot_text

STATUSES = {
    "old-lib": {"status": "archived", "reason": "moved"},
    "calm-lib": "deprecated",
    "bad-lib": "quarantined",
    "good-lib": "active",
}
REASON = "in use before, #812"


def write_ignores(project: Project, *arguments: str, **options: Any) -> Result:
    return project.check("--write-ignores", "--reason", REASON, *arguments, **options)


def unconfigured(project: Project) -> tuple[str, ...]:
    """Return the arguments of a run that asks nobody, in a project without a configuration."""
    project.write(".git/HEAD", "")
    project.write("statuses.json", snapshot_text(STATUSES))
    return "--offline", "--snapshot", "statuses.json"


def ignores(text: str, *prefix: str) -> dict[str, Any]:
    table = tomllib.loads(text)
    for key in prefix:
        table = table[key]
    found: dict[str, Any] = table["ignore"]
    return found


# --- what is taken ----------------------------------------------------------------------------------------------------


def test_archived_and_deprecated_findings_are_taken_and_the_rest_is_told(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "good-lib\nold-lib>=1\ncalm-lib\nbad-lib\nfar-lib\n")
    result = write_ignores(project)
    assert ignores((project.root / "mothball.toml").read_text()) == {
        "calm-lib": {"rules": ["deprecated"], "reason": REASON},
        "old-lib": {"rules": ["archived"], "reason": REASON},
    }
    assert result.out.splitlines()[:4] == [
        "mothball.toml: 2 ignores written",
        "  calm-lib: deprecated",
        "  old-lib: archived",
        "requirements.txt:4:1: error[quarantined] bad-lib is quarantined",
    ]
    assert result.out.splitlines()[4].startswith("requirements.txt:5:1: warning[unverified] far-lib could not be")
    assert result.out.splitlines()[5:] == ["2 ignores written, 2 findings remaining"]
    assert (result.code, result.err) == (1, "")


def test_the_exit_code_is_that_of_a_check_behind_it(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    assert write_ignores(project).code == project.check().code == 0
    project.write("requirements.txt", "old-lib\nfar-lib\n")
    assert write_ignores(project, "--strict").code == project.check("--strict").code == 3
    project.write("requirements.txt", "old-lib\nbad-lib\n")
    assert write_ignores(project).code == project.check().code == 1
    assert write_ignores(project, "--exit-zero").code == 0


def test_a_second_run_writes_nothing(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\ncalm-lib\n")
    write_ignores(project)
    path = project.root / "mothball.toml"
    before, moment = path.read_bytes(), path.stat().st_mtime_ns
    result = write_ignores(project)
    assert result == Result(0, "no ignores written, 0 findings remaining\n", "")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, moment)


def test_names_that_are_ignored_already_are_left_alone(project: Project) -> None:
    more = '\n[ignore]\nold-lib = { rules = ["archived"], reason = "mine" }  # keep\n'
    project.offline(STATUSES, more)
    project.write("requirements.txt", "old-lib\ncalm-lib  # mothball: ignore[deprecated] here\n")
    before = (project.root / "mothball.toml").read_bytes()
    assert write_ignores(project).code == 0
    assert (project.root / "mothball.toml").read_bytes() == before


def test_an_ignore_of_another_rule_is_extended_and_keeps_its_reason(project: Project) -> None:
    project.offline(STATUSES, '\n[ignore]\n"Old.Lib" = { rules = ["deprecated"], reason = "mine" }\n')
    project.write("requirements.txt", "old-lib\n")
    assert write_ignores(project).code == 0
    assert ignores((project.root / "mothball.toml").read_text()) == {
        "Old.Lib": {"rules": ["deprecated", "archived"], "reason": "mine"}
    }


def test_an_ignore_whose_end_has_come_is_not_written_over(project: Project) -> None:
    project.offline(STATUSES, '\n[ignore]\nold-lib = { rules = ["archived"], until = 2020-01-01 }\n')
    project.write("requirements.txt", "old-lib\n")
    before = (project.root / "mothball.toml").read_bytes()
    result = write_ignores(project)
    assert result.code == 1
    assert "error[archived] old-lib is archived" in result.out
    assert "warning[expired-ignore]" in result.out
    assert (project.root / "mothball.toml").read_bytes() == before


def test_a_finding_that_is_switched_off_is_not_taken(project: Project) -> None:
    project.offline(STATUSES, '\n[severity]\ndeprecated = "off"\n')
    project.write("requirements.txt", "calm-lib\n")
    assert write_ignores(project).out == "no ignores written, 0 findings remaining\n"


def test_a_reason_is_one_harmless_line(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    result = project.check("--write-ignores", "--reason", 'for "now"\n::error::\x1b[2J\u202e\udc80 ok')
    assert_harmless(result.out)
    assert ignores((project.root / "mothball.toml").read_text())["old-lib"]["reason"] == 'for "now" ::error:: [2J ok'


# --- where it is written ----------------------------------------------------------------------------------------------


def test_without_a_configuration_it_is_the_pyproject_of_the_repository(project: Project) -> None:
    offline = unconfigured(project)
    project.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["old-lib"]\n')
    project.write("docs/requirements.txt", "calm-lib\n")
    result = write_ignores(project, *offline)
    assert ignores((project.root / "pyproject.toml").read_text(), "tool", "mothball").keys() == {"calm-lib", "old-lib"}
    assert result.code == project.check(*offline).code == 0


def test_in_a_repository_of_several_projects_it_is_that_of_each(project: Project) -> None:
    offline = unconfigured(project)
    project.write("a/pyproject.toml", '[project]\nname = "a"\ndependencies = ["old-lib"]\n')
    project.write("b/setup.cfg", "[options]\ninstall_requires =\n    calm-lib\n")
    result = write_ignores(project, *offline)
    assert [*ignores((project.root / "a/pyproject.toml").read_text(), "tool", "mothball")] == ["old-lib"]
    assert [*ignores((project.root / "mothball.toml").read_text())] == ["calm-lib"]
    assert "a/pyproject.toml: 1 ignore written\n" in result.out
    assert result.out.endswith("2 ignores written, 0 findings remaining\n")
    assert project.check(*offline).code == 0


def test_without_any_file_for_it_one_is_made(project: Project) -> None:
    offline = unconfigured(project)
    project.write("requirements.txt", "old-lib\n")
    assert write_ignores(project, *offline).code == 0
    assert (project.root / "mothball.toml").read_text() == (
        f'[ignore]\nold-lib = {{ rules = ["archived"], reason = "{REASON}" }}\n'
    )
    assert project.check(*offline).code == 0


def test_the_nearest_configuration_of_each_file_is_written(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    inner = '[tool.mothball]\noffline = true\nsnapshot = "../statuses.json"\n'
    project.write("sub/pyproject.toml", inner)
    project.write("sub/requirements.txt", "calm-lib\nold-lib\n")
    project.write(".git/HEAD", "")
    assert write_ignores(project).code == 0
    assert ignores((project.root / "mothball.toml").read_text()).keys() == {"old-lib"}
    text = (project.root / "sub/pyproject.toml").read_text()
    assert ignores(text, "tool", "mothball").keys() == {"calm-lib", "old-lib"}


def test_a_lock_and_its_manifest_may_have_configurations_of_their_own(project: Project) -> None:
    project.offline(STATUSES)
    project.write(".git/HEAD", "")
    project.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["old-lib"]\n')
    project.write("locks/mothball.toml", 'offline = true\nsnapshot = "../statuses.json"\n')
    lock = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "old-lib"\nversion = "1"\n'
    project.write("locks/pylock.toml", lock)
    result = write_ignores(project)
    assert (result.code, result.out.count("old-lib")) == (0, 2)
    after = project.check()
    assert (after.code, after.out.count("unused-ignore")) == (0, 0)
    assert write_ignores(project).out == "no ignores written, 0 findings remaining\n"


def test_the_configuration_that_was_named_is_written(project: Project, tmp_path: Path) -> None:
    offline = unconfigured(project)
    project.write("requirements.txt", "old-lib\n")
    chosen = tmp_path / "gate.toml"
    chosen.write_text("offline = true\n")
    assert write_ignores(project, *offline, "--config", str(chosen)).code == 0
    assert ignores(chosen.read_text()).keys() == {"old-lib"}
    assert not (project.root / "mothball.toml").exists()


# --- how it is written ------------------------------------------------------------------------------------------------


def test_mode_mark_and_line_ends_of_the_file_stay(project: Project) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", b'\xef\xbb\xbf[project]\r\nname = "x"\r\ndependencies = ["old-lib"]\r\n')
    path.chmod(0o640)
    assert write_ignores(project, *offline).code == 0
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf[project]\r\n")
    assert data.count(b"\n") == data.count(b"\r\n") == 6
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert project.check(*offline).code == 0


def test_a_link_inside_the_repository_stays_a_link(project: Project) -> None:
    offline = unconfigured(project)
    target = project.write("shared/base.toml", '[project]\nname = "x"\ndependencies = ["old-lib"]\n')
    os.symlink("shared/base.toml", project.root / "pyproject.toml")
    project.write("requirements.txt", "calm-lib\n")
    assert write_ignores(project, "requirements.txt", *offline).code == 0
    assert (project.root / "pyproject.toml").is_symlink()
    assert ignores(target.read_text(), "tool", "mothball").keys() == {"calm-lib"}


def test_a_link_that_leads_outside_is_not_followed(project: Project, tmp_path: Path) -> None:
    offline = unconfigured(project)
    outside = tmp_path / "precious.toml"
    outside.write_text('[project]\nname = "x"\n')
    os.symlink(outside, project.root / "pyproject.toml")
    project.write("requirements.txt", "old-lib\n")
    result = write_ignores(project, "requirements.txt", *offline)
    assert result.code == 2
    assert outside.read_text() == '[project]\nname = "x"\n'
    assert "leads outside the repository" in result.out


def test_a_link_to_what_is_no_toml_file_is_not_followed(project: Project) -> None:
    offline = unconfigured(project)
    target = project.write(".git/config", "[core]\n\tbare = false\n")
    os.symlink(".git/config", project.root / "pyproject.toml")
    project.write("requirements.txt", "old-lib\n")
    result = write_ignores(project, "requirements.txt", *offline)
    assert result.code == 2
    assert target.read_text() == "[core]\n\tbare = false\n"
    assert "symbolic link to a file outside the repository or without the suffix .toml" in result.out


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may give a file away")
def test_the_owner_of_a_file_stays_its_owner(project: Project) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["old-lib"]\n')
    os.chown(path, 12345, 12345)
    assert write_ignores(project, *offline).code == 0
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12345)


def test_a_configuration_that_cannot_be_parsed_is_not_written(project: Project) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", '[project]\nname = \ndependencies = ["old-lib"]\n')
    before = path.read_bytes()
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert path.read_bytes() == before
    assert (
        "pyproject.toml: error: no ignores written: invalid TOML in line 2: a value is missing\n  = help: "
        in result.out
    )
    assert result.out.endswith("no ignores written, 2 findings remaining\n")


def test_a_table_without_a_header_of_its_own_is_not_changed(project: Project) -> None:
    project.offline(STATUSES, '\nignore.calm-lib = { rules = ["deprecated"], reason = "mine" }\n')
    project.write("requirements.txt", "old-lib\n")
    before = (project.root / "mothball.toml").read_bytes()
    result = write_ignores(project)
    assert (result.code, (project.root / "mothball.toml").read_bytes()) == (2, before)
    assert "they are not written in a table with its own header\n  = help: write them below `[ignore]`" in result.out


@pytest.mark.parametrize("text", ["offline = \n", "ofline = true\n", "[ignore]\nold-lib = {}\n"])
def test_under_a_configuration_that_cannot_be_used_nothing_is_checked_or_written(project: Project, text: str) -> None:
    offline = unconfigured(project)
    path = project.write("mothball.toml", text)
    project.write("requirements.txt", "old-lib\n")
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert path.read_text() == text
    assert "the files that this configuration rules over were not checked" in result.out
    assert result.out.endswith("no ignores written, 0 findings remaining\n")


def test_what_cannot_be_written_is_told_and_the_others_are_written(project: Project) -> None:
    offline = unconfigured(project)
    path = project.write("a/pyproject.toml", '[project]\nname = "a"\ndependencies = ["old-lib"]\n')
    project.write("b/pyproject.toml", '[project]\nname = "b"\ndependencies = ["old-lib"]\n')
    in_the_way = project.write(f"a/pyproject.toml.{os.getpid()}.new", "somebody's")
    before = path.read_bytes()
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert "a/pyproject.toml: error: no ignores written: cannot write the file (File exists)" in result.out
    assert "b/pyproject.toml: 1 ignore written\n" in result.out
    assert result.out.endswith("1 ignore written, 1 finding remaining\n")
    assert (path.read_bytes(), in_the_way.read_text()) == (before, "somebody's")


def test_a_file_that_is_protected_stays_as_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", '[project]\nname = "a"\ndependencies = ["old-lib"]\n')
    path.chmod(0o444)
    # Who may do everything is stopped by no mode.
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert "cannot write the file (Permission denied)" in result.out
    assert "ignore" not in path.read_text()
    assert sorted(os.listdir(project.root)) == [".git", "pyproject.toml", "statuses.json"]


def test_a_disk_that_is_full_leaves_the_file_and_nothing_beside_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", '[project]\nname = "a"\ndependencies = ["old-lib"]\n')

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert "cannot write the file (No space left on device)" in result.out
    assert "ignore" not in path.read_text()
    assert sorted(os.listdir(project.root)) == [".git", "pyproject.toml", "statuses.json"]


# --- how it is called -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "help_text"),
    [
        (("--write-ignores",), "requires --reason", '--reason "'),
        (("--write-ignores", "--reason", " \n"), "requires --reason", '--reason "'),
        (("--reason", "x"), "--reason requires --write-ignores", "add --write-ignores"),
        (
            ("--write-ignores", "--reason", "x", "--no-ignores"),
            "--no-ignores cannot be combined",
            "remove --no-ignores",
        ),
        (
            ("--write-ignores", "--reason", "x", "--list-files"),
            "--list-files cannot be combined",
            "remove --list-files",
        ),
        (
            ("--write-ignores", "--reason", "x", "--explain-index", "a"),
            "--explain-index cannot be combined",
            "remove --explain-index",
        ),
        (
            ("--write-ignores", "--reason", "x", "--format", "json"),
            "--format json cannot be combined",
            "remove --format json",
        ),
    ],
)
def test_a_wrong_call_shows_the_way(project: Project, arguments: tuple[str, ...], message: str, help_text: str) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    before = (project.root / "mothball.toml").read_bytes()
    result = project.check(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert help_text in result.err
    assert (project.root / "mothball.toml").read_bytes() == before
