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
    """Prepare a project without configuration and return the options for a check without network."""
    project.write(".git/HEAD", "")
    project.write("statuses.json", snapshot_text(STATUSES))
    return "--offline", "--snapshot", "statuses.json"


def ignores(text: str, *prefix: str) -> dict[str, Any]:
    table = tomllib.loads(text)
    for key in prefix:
        table = table[key]
    entries: dict[str, Any] = table["ignore"]
    return entries


# --- selection of findings --------------------------------------------------------------------------------------------


def test_archived_and_deprecated_findings_are_ignored_and_the_rest_is_reported(project: Project) -> None:
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
    assert result.out.splitlines()[4].startswith("requirements.txt:5:1: error[unverified] far-lib could not be")
    assert result.out.splitlines()[5:] == ["2 ignores written, 2 findings remaining"]
    assert (result.code, result.err) == (1, "")


def test_exit_code_is_that_of_a_following_check(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    assert write_ignores(project).code == project.check().code == 0
    project.write("requirements.txt", "old-lib\nfar-lib\n")
    assert write_ignores(project, "--strict").code == project.check("--strict").code == 3
    project.write("requirements.txt", "old-lib\nbad-lib\n")
    assert write_ignores(project).code == project.check().code == 1
    assert write_ignores(project, "--exit-zero").code == 0


def test_second_run_writes_nothing(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\ncalm-lib\n")
    write_ignores(project)
    path = project.root / "mothball.toml"
    before, moment = path.read_bytes(), path.stat().st_mtime_ns
    result = write_ignores(project)
    assert result == Result(0, "no ignores written, 0 findings remaining\n", "")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, moment)


def test_existing_ignores_are_unchanged(project: Project) -> None:
    more = '\n[ignore]\nold-lib = { rules = ["archived"], reason = "mine" }  # keep\n'
    project.offline(STATUSES, more)
    project.write("requirements.txt", "old-lib\ncalm-lib  # mothball: ignore[deprecated] here\n")
    before = (project.root / "mothball.toml").read_bytes()
    assert write_ignores(project).code == 0
    assert (project.root / "mothball.toml").read_bytes() == before


def test_ignore_of_another_rule_is_extended_and_keeps_its_reason(project: Project) -> None:
    project.offline(STATUSES, '\n[ignore]\n"Old.Lib" = { rules = ["deprecated"], reason = "mine" }\n')
    project.write("requirements.txt", "old-lib\n")
    assert write_ignores(project).code == 0
    assert ignores((project.root / "mothball.toml").read_text()) == {
        "Old.Lib": {"rules": ["deprecated", "archived"], "reason": "mine"}
    }


def test_expired_ignore_is_not_overwritten(project: Project) -> None:
    project.offline(STATUSES, '\n[ignore]\nold-lib = { rules = ["archived"], until = 2020-01-01 }\n')
    project.write("requirements.txt", "old-lib\n")
    before = (project.root / "mothball.toml").read_bytes()
    result = write_ignores(project)
    assert result.code == 1
    assert "error[archived] old-lib is archived" in result.out
    assert "warning[expired-ignore]" in result.out
    assert (project.root / "mothball.toml").read_bytes() == before


def test_disabled_rule_is_not_ignored(project: Project) -> None:
    project.offline(STATUSES, '\n[severity]\ndeprecated = "off"\n')
    project.write("requirements.txt", "calm-lib\n")
    assert write_ignores(project).out == "no ignores written, 0 findings remaining\n"


def test_reason_is_sanitized_to_one_line(project: Project) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    result = project.check("--write-ignores", "--reason", 'for "now"\n::error::\x1b[2J\u202e\udc80 ok')
    assert_harmless(result.out)
    assert ignores((project.root / "mothball.toml").read_text())["old-lib"]["reason"] == 'for "now" ::error:: [2J ok'


# --- target file ------------------------------------------------------------------------------------------------------


def test_pyproject_of_the_repository_is_the_default_target(project: Project) -> None:
    offline = unconfigured(project)
    project.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["old-lib"]\n')
    project.write("docs/requirements.txt", "calm-lib\n")
    result = write_ignores(project, *offline)
    assert ignores((project.root / "pyproject.toml").read_text(), "tool", "mothball").keys() == {"calm-lib", "old-lib"}
    assert result.code == project.check(*offline).code == 0


def test_each_project_has_its_own_target(project: Project) -> None:
    offline = unconfigured(project)
    project.write("a/pyproject.toml", '[project]\nname = "a"\ndependencies = ["old-lib"]\n')
    project.write("b/setup.cfg", "[options]\ninstall_requires =\n    calm-lib\n")
    result = write_ignores(project, *offline)
    assert [*ignores((project.root / "a/pyproject.toml").read_text(), "tool", "mothball")] == ["old-lib"]
    assert [*ignores((project.root / "mothball.toml").read_text())] == ["calm-lib"]
    assert "a/pyproject.toml: 1 ignore written\n" in result.out
    assert result.out.endswith("2 ignores written, 0 findings remaining\n")
    assert project.check(*offline).code == 0


def test_mothball_toml_is_created_if_there_is_no_configuration(project: Project) -> None:
    offline = unconfigured(project)
    project.write("requirements.txt", "old-lib\n")
    assert write_ignores(project, *offline).code == 0
    assert (project.root / "mothball.toml").read_text() == (
        f'[ignore]\nold-lib = {{ rules = ["archived"], reason = "{REASON}" }}\n'
    )
    assert project.check(*offline).code == 0


def test_nearest_configuration_of_each_file_is_written(project: Project) -> None:
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


def test_lock_and_manifest_with_different_configurations(project: Project) -> None:
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


def test_file_of_the_config_option_is_written(project: Project, tmp_path: Path) -> None:
    offline = unconfigured(project)
    project.write("requirements.txt", "old-lib\n")
    chosen = tmp_path / "gate.toml"
    chosen.write_text("offline = true\n")
    assert write_ignores(project, *offline, "--config", str(chosen)).code == 0
    assert ignores(chosen.read_text()).keys() == {"old-lib"}
    assert not (project.root / "mothball.toml").exists()


# --- writing ----------------------------------------------------------------------------------------------------------


def test_mode_byte_order_mark_and_line_endings_are_kept(project: Project) -> None:
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


def test_symlink_inside_the_repository_is_kept(project: Project) -> None:
    offline = unconfigured(project)
    target = project.write("shared/base.toml", '[project]\nname = "x"\ndependencies = ["old-lib"]\n')
    os.symlink("shared/base.toml", project.root / "pyproject.toml")
    project.write("requirements.txt", "calm-lib\n")
    assert write_ignores(project, "requirements.txt", *offline).code == 0
    assert (project.root / "pyproject.toml").is_symlink()
    assert ignores(target.read_text(), "tool", "mothball").keys() == {"calm-lib"}


def test_symlink_out_of_the_repository_is_rejected(project: Project, tmp_path: Path) -> None:
    offline = unconfigured(project)
    outside = tmp_path / "precious.toml"
    outside.write_text('[project]\nname = "x"\n')
    os.symlink(outside, project.root / "pyproject.toml")
    project.write("requirements.txt", "old-lib\n")
    result = write_ignores(project, "requirements.txt", *offline)
    assert result.code == 2
    assert outside.read_text() == '[project]\nname = "x"\n'
    assert "leads outside the repository" in result.out


def test_symlink_to_a_file_that_is_not_toml_is_rejected(project: Project) -> None:
    offline = unconfigured(project)
    target = project.write(".git/config", "[core]\n\tbare = false\n")
    os.symlink(".git/config", project.root / "pyproject.toml")
    project.write("requirements.txt", "old-lib\n")
    result = write_ignores(project, "requirements.txt", *offline)
    assert result.code == 2
    assert target.read_text() == "[core]\n\tbare = false\n"
    assert "symbolic link to a file outside the repository or without the suffix .toml" in result.out


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can change the owner of a file")
def test_file_owner_is_kept(project: Project) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["old-lib"]\n')
    os.chown(path, 12345, 12345)
    assert write_ignores(project, *offline).code == 0
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12345)


def test_invalid_toml_is_not_modified(project: Project) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", '[project]\nname = \ndependencies = ["old-lib"]\n')
    before = path.read_bytes()
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert path.read_bytes() == before
    assert "pyproject.toml: error: no ignores written: invalid TOML in line 2: missing value\n  = help: " in result.out
    assert result.out.endswith("no ignores written, 2 findings remaining\n")


def test_ignore_table_with_dotted_keys_is_not_modified(project: Project) -> None:
    project.offline(STATUSES, '\nignore.calm-lib = { rules = ["deprecated"], reason = "mine" }\n')
    project.write("requirements.txt", "old-lib\n")
    before = (project.root / "mothball.toml").read_bytes()
    result = write_ignores(project)
    assert (result.code, (project.root / "mothball.toml").read_bytes()) == (2, before)
    assert (
        "the ignores are not in a table with its own header\n  = help: move them below a `[ignore]` header"
        in result.out
    )


@pytest.mark.parametrize("text", ["offline = \n", "ofline = true\n", "[ignore]\nold-lib = {}\n"])
def test_files_with_an_invalid_configuration_are_not_checked_or_ignored(project: Project, text: str) -> None:
    offline = unconfigured(project)
    path = project.write("mothball.toml", text)
    project.write("requirements.txt", "old-lib\n")
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert path.read_text() == text
    assert "files that use this configuration were not checked" in result.out
    assert result.out.endswith("no ignores written, 0 findings remaining\n")


def test_write_error_is_reported_and_other_files_are_written(project: Project) -> None:
    offline = unconfigured(project)
    path = project.write("a/pyproject.toml", '[project]\nname = "a"\ndependencies = ["old-lib"]\n')
    project.write("b/pyproject.toml", '[project]\nname = "b"\ndependencies = ["old-lib"]\n')
    existing = project.write(f"a/pyproject.toml.{os.getpid()}.new", "other content")
    before = path.read_bytes()
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert "a/pyproject.toml: error: no ignores written: cannot write the file (File exists)" in result.out
    assert "b/pyproject.toml: 1 ignore written\n" in result.out
    assert result.out.endswith("1 ignore written, 1 finding remaining\n")
    assert (path.read_bytes(), existing.read_text()) == (before, "other content")


def test_read_only_file_is_not_modified(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    offline = unconfigured(project)
    path = project.write("pyproject.toml", '[project]\nname = "a"\ndependencies = ["old-lib"]\n')
    path.chmod(0o444)
    # As root, the file mode has no effect, so simulate the missing permission.
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    result = write_ignores(project, *offline)
    assert result.code == 2
    assert "cannot write the file (Permission denied)" in result.out
    assert "ignore" not in path.read_text()
    assert sorted(os.listdir(project.root)) == [".git", "pyproject.toml", "statuses.json"]


def test_full_disk_leaves_file_unchanged_and_no_temporary_file(
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


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "help_text"),
    [
        (("--write-ignores",), "requires --reason", '--reason "'),
        (("--write-ignores", "--reason", " \n"), "requires --reason", '--reason "'),
        (("--write-ignores", "--reason", "WHY"), "requires --reason", '--reason "'),
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
            ("--write-ignores", "--reason", "x", "--format", "json"),
            "--format json cannot be combined",
            "remove --format json",
        ),
    ],
)
def test_invalid_option_combinations_are_usage_errors(
    project: Project, arguments: tuple[str, ...], message: str, help_text: str
) -> None:
    project.offline(STATUSES)
    project.write("requirements.txt", "old-lib\n")
    before = (project.root / "mothball.toml").read_bytes()
    result = project.check(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert help_text in result.err
    assert (project.root / "mothball.toml").read_bytes() == before
