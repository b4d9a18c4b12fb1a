"""``mothball init``: the files that it writes, and what it prints."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mothball.config.project import DEFAULT_INDEX
from mothball.edits.hook_entry import hook_files
from tests.support.cli import Result, run_in_process
from tests.support.git_repository import Repository, new_repository
from tests.support.project import INDEX, Project
from tests.support.scripted_index import ScriptedIndex, json_page

CONFIG = ".pre-commit-config.yaml"
STATUSES = {"old-lib": "archived", "calm-lib": "deprecated", "bad-lib": "quarantined", "good-lib": "active"}
NOTHING = "nothing to write: the hook and the settings are up to date\n"
HOOK_TYPES = "--hook-type pre-commit --hook-type pre-merge-commit"
# Without the Git hooks of a runner, it is not enough that the hook is configured.
NOT_INSTALLED = "the hook is not installed in this clone; to install it:\n"
INSTALL = (
    *(f"    {runner} install {HOOK_TYPES}\n" for runner in ("pre-commit", "prek")),
    f"  install pre-commit or prek, for example with `uv tool install prek`, then:\n    prek install {HOOK_TYPES}\n",
)
UNCHANGED = Result(0, NOTHING, "")
UNCHANGED_WITHOUT_HOOKS = [Result(0, f"{NOTHING}{NOT_INSTALLED}{each}", "") for each in INSTALL]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project in a git repository, offline with a snapshot of statuses."""
    project = Project(tmp_path / "project", tmp_path / "home")
    project.home.mkdir()
    new_repository(project.root)
    project.offline(STATUSES)
    project.write("requirements.txt", "good-lib\n")
    return project


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    """Return an index that states statuses."""
    with ScriptedIndex(
        {"good-lib": json_page("good-lib", "active"), "old-lib": json_page("old-lib", "archived")}
    ) as index:
        yield index


@pytest.fixture
def mirror() -> Iterator[ScriptedIndex]:
    """Return an index that publishes no statuses."""
    with ScriptedIndex({name: json_page(name) for name in ("good-lib", "old-lib")}) as index:
        yield index


def repository(project: Project) -> Repository:
    return Repository(project.root, {"PATH": os.environ["PATH"], "HOME": str(project.home)})


def hook_of(project: Project, name: str = CONFIG) -> dict[str, Any]:
    (hook,) = yaml.safe_load((project.root / name).read_text("utf-8"))["repos"][-1]["hooks"]
    result: dict[str, Any] = hook
    return result


def content(project: Project) -> dict[str, bytes]:
    return {
        str(path.relative_to(project.root)): path.read_bytes() for path in project.root.rglob("*") if path.is_file()
    }


def commands(output: str) -> list[list[str]]:
    """Return the commands of mothball that ``output`` suggests."""
    return [shlex.split(line)[1:] for line in output.splitlines() if re.match(r" +mothball ", line)]


# --- the hook ---------------------------------------------------------------------------------------------------------


def test_hook_entry_is_written(project: Project) -> None:
    result = project.run("init", "--yes")
    assert (result.code, result.err) == (0, "")
    assert hook_of(project)["entry"] == "mothball check --added"
    assert hook_of(project)["files"] == hook_files()
    assert f"{CONFIG}: written\n" in result.out
    assert f"\n    git add {CONFIG}\n" in result.out
    assert "install --hook-type pre-commit --hook-type pre-merge-commit\n" in result.out


@pytest.mark.parametrize("option", [(), ("--git-hook",)])
def test_repository_without_dependency_files_is_no_error(project: Project, option: tuple[str, ...]) -> None:
    (project.root / "requirements.txt").unlink()
    result = project.run("init", "--yes", *option)
    assert (result.code, result.err, "error" in result.out) == (0, "", False)


def test_hook_entry_of_a_repository_is_written(project: Project) -> None:
    assert project.run("init", "--yes", "--repo", "../mothball", "--rev", "v1").code == 0
    assert (project.root / CONFIG).read_text() == (
        "repos:\n- repo: ../mothball\n  rev: v1\n  hooks:\n  - id: mothball\n"
    )


def test_next_steps_install_the_hook_only_if_git_has_none(project: Project) -> None:
    assert any(step in project.run("init", "--yes").out for step in INSTALL)
    # The hook is configured, but no commit is checked.
    assert project.run("init", "--yes") in UNCHANGED_WITHOUT_HOOKS
    project.write(".git/hooks/pre-commit", "")
    assert project.run("init", "--yes") in UNCHANGED_WITHOUT_HOOKS
    project.write(".git/hooks/pre-merge-commit", "")
    assert project.run("init", "--yes") == UNCHANGED
    (project.root / CONFIG).unlink()
    assert "install" not in project.run("init", "--yes", "--repo", "../mothball", "--rev", "v1").out


def test_prek_is_suggested_where_it_is_used(project: Project) -> None:
    project.write(".git/hooks/pre-commit", "#!/bin/sh\n# File generated by prek: https://index.example\n")
    assert f"    prek install {HOOK_TYPES}\n" in project.run("init", "--yes").out
    (project.root / ".git/hooks/pre-commit").unlink()
    project.write("prek.toml", '[[repos]]\nrepo = "a"\nhooks = [{ id = "mothball" }]\n')
    assert project.run("init", "--yes") == Result(0, f"{NOTHING}{NOT_INSTALLED}    prek install {HOOK_TYPES}\n", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            CONFIG,
            "repos:\n- repo: local\n  hooks:\n  - {id: mothball, entry: mothball check, args: [--strict]}\n",
        ),
        (
            "prek.toml",
            '[[repos]]\nrepo = "a"\nhooks = [{ id = "mothball", entry = "mothball", args = ["check"] }]\n',
        ),
    ],
)
def test_hook_that_runs_a_full_check_is_an_error(project: Project, name: str, text: str) -> None:
    path = project.write(name, text)
    result = project.run("init", "--yes")
    assert result.code == 2
    assert "the hook runs a full check" in result.out
    assert "  = help: add `--added` to its `entry`" in result.out
    path.write_text(text.replace("check", "check --added").replace('"check --added"', '"check", "--added"'))
    assert project.run("init", "--yes").code == 0


def test_settings_are_not_called_up_to_date_after_an_error(project: Project) -> None:
    assert project.run("init", "--yes").code == 0
    project.write("mothball.toml", "x = [\n")
    result = project.run("init", "--yes")
    assert (result.code, "nothing to write\n" in result.out) == (2, True)


def test_hooks_in_the_home_directory_are_found(project: Project) -> None:
    repository(project).git("config", "core.hooksPath", "~/hooks")
    shown = project.run("init", "--yes").out
    assert re.search(r"hooks \(core.hooksPath\): add `(pre-commit|prek) run` to its pre-commit hook\n", shown)
    assert "\nthe hook is not installed in this clone; to install it:\n  git reads" in project.run("init", "--yes").out
    (project.home / "hooks").mkdir()
    for name in ("pre-commit", "pre-merge-commit"):
        (project.home / "hooks" / name).touch()
    assert project.run("init", "--yes") == UNCHANGED


def test_hook_that_a_runner_installs_does_not_need_mothball_on_the_path(project: Project) -> None:
    project.write(CONFIG, "repos:\n- repo: ../mothball\n  rev: v1\n  hooks:\n  - id: mothball\n")
    project.write("requirements.txt", "old-lib\n")
    result = project.run("init", "--yes", "--reason", "in use")
    assert "\n    git add mothball.toml\n" in result.out
    assert "PATH" not in result.out
    (project.root / CONFIG).unlink()
    assert "the hook runs the mothball on PATH" in project.run("init", "--yes").out


def test_second_run_writes_nothing(project: Project) -> None:
    project.write("requirements.txt", "old-lib\n")
    arguments = ("init", "--yes", "--reason", "in use", "--write-snapshot", "statuses.json")
    assert project.run(*arguments).code == 0
    before = content(project)
    assert project.run(*arguments) in UNCHANGED_WITHOUT_HOOKS
    assert content(project) == before


def test_comments_and_formatting_are_kept(project: Project) -> None:
    text = "# hooks\nrepos:\n  - repo: local  # ours\n    hooks:\n      - id: x\n\n# about CI\nci:\n    skip: [x]\n"
    path = project.write(CONFIG, text)
    path.chmod(0o600)
    assert project.run("init", "--yes").code == 0
    lines = iter(path.read_text().splitlines())
    assert all(line in lines for line in text.splitlines())
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_files_include_texts_with_unusual_names(project: Project) -> None:
    project.write("requirements.txt", "good-lib\n-r deps/base.list\n")
    project.write("deps/base.list", "good-lib\n")
    project.write(
        "mothball.toml", (project.root / "mothball.toml").read_text() + '[files]\n"*.need" = "requirements"\n'
    )
    project.write("x.need", "good-lib\n")
    repository(project).git("add", "--all")
    assert project.run("init", "--yes").code == 0
    assert hook_of(project)["files"] == hook_files(["deps/base.list", "x.need"])


def test_new_include_extends_the_files_of_the_hook(project: Project) -> None:
    assert project.run("init", "--yes", "--repo", "../mothball", "--rev", "v1").code == 0
    project.write("requirements.txt", "-r deps/base.list\n")
    project.write("deps/base.list", "good-lib\n")
    repository(project).git("add", "--all")
    assert project.run("init", "--yes").code == 0
    assert hook_of(project) == {"id": "mothball", "files": hook_files(["deps/base.list"])}


def test_file_with_the_other_suffix_is_extended(project: Project) -> None:
    project.write(".pre-commit-config.yml", "repos: []\n")
    assert project.run("init", "--yes").code == 0
    assert hook_of(project, ".pre-commit-config.yml")["id"] == "mothball"
    assert not (project.root / CONFIG).exists()


def test_configuration_that_cannot_be_edited_is_not_changed(project: Project) -> None:
    project.write(CONFIG, "repos: [{repo: a, hooks: [{id: b}]}]\n")
    before = content(project)
    result = project.run("init", "--yes")
    assert result.code == 2
    assert f"{CONFIG}: error: not changed: `repos` cannot be extended" in result.out
    assert content(project) == before
    entry = re.search(r"the entry for `repos` in .*:\n((?:    .*\n)+)", result.out)
    assert entry is not None
    (pasted,) = yaml.safe_load(entry[1])
    assert pasted["hooks"][0]["id"] == "mothball"


def test_entry_for_prek_toml_is_shown(project: Project) -> None:
    path = project.write("prek.toml", '[[repos]]\nrepo = "local"\nhooks = []\n')
    result = project.run("init", "--yes")
    assert result.code == 2
    assert "prek.toml: error: the hook must be added by hand\n" in result.out
    assert not (project.root / CONFIG).exists()
    entry = re.search(r"at the end of prek.toml:\n((?:    .*\n)+)", result.out)
    assert entry is not None
    path.write_text(path.read_text() + "\n".join(line[4:] for line in entry[1].splitlines()))
    assert tomllib.loads(path.read_text())["repos"][-1]["hooks"][0]["id"] == "mothball"
    assert project.run("init", "--yes") in UNCHANGED_WITHOUT_HOOKS
    project.write("requirements.txt", "-r deps/base.list\n")
    project.write("deps/base.list", "good-lib\n")
    repository(project).git("add", "--all")
    included = project.run("init", "--yes")
    assert included.code == 2
    assert "prek.toml: error: `files` of the hook must match deps/base.list\n" in included.out


def test_own_expression_of_the_hook_is_not_changed(project: Project) -> None:
    text = "repos:\n- repo: a\n  hooks:\n  - id: mothball\n    files: requirements\n"
    path = project.write(CONFIG, text)
    assert project.run("init", "--yes") in UNCHANGED_WITHOUT_HOOKS
    project.write("requirements.txt", "-r deps/base.list\n")
    project.write("deps/base.list", "good-lib\n")
    repository(project).git("add", "--all")
    result = project.run("init", "--yes")
    assert (result.code, path.read_text()) == (2, text)
    assert "the hook has its own `files`, which must match deps/base.list\n" in result.out
    assert "the entry for `repos`" not in result.out


@pytest.mark.skipif(sys.platform == "win32", reason="links require privileges")
@pytest.mark.parametrize("target", [".git/config", "../outside.yaml"])
def test_link_to_another_file_is_not_followed(project: Project, target: str) -> None:
    (project.root / "../outside.yaml").write_text("repos: []\n")
    (project.root / CONFIG).symlink_to(target)
    before = (project.root / target).read_bytes()
    result = project.run("init", "--yes")
    assert result.code == 2
    assert (project.root / target).read_bytes() == before
    assert f"{CONFIG}: error: not changed: symbolic link to a file outside the repository" in result.out


# --- the plain Git hook -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no executable bit")
def test_git_hook_is_written(project: Project) -> None:
    assert project.run("init", "--yes", "--git-hook", cwd=project.write("a/b.txt", "").parent).code == 0
    for name in ("pre-commit", "pre-merge-commit"):
        path = project.root / ".git/hooks" / name
        assert path.read_text() == "#!/bin/sh\nexec mothball check --added\n"
        assert os.access(path, os.X_OK)
    assert not (project.root / CONFIG).exists()
    assert project.run("init", "--yes", "--git-hook") == UNCHANGED


def test_git_hook_of_a_linked_worktree_is_that_of_the_repository(project: Project) -> None:
    git = new_repository(project.root)
    git.commit({"requirements.txt": "good-lib\n"})
    git.git("worktree", "add", "--quiet", "../worktree")
    assert project.run("init", "--yes", "--git-hook", cwd=project.root / "../worktree").code == 0
    assert (project.root / ".git/hooks/pre-commit").exists()


def test_existing_git_hook_is_not_changed(project: Project) -> None:
    path = project.write(".git/hooks/pre-commit", "#!/bin/sh\necho mine\n")
    result = project.run("init", "--yes", "--git-hook")
    assert (result.code, path.read_text()) == (2, "#!/bin/sh\necho mine\n")
    remedy = re.search(r"add the line `(.+)` to it", result.out)
    assert remedy is not None
    path.write_text(path.read_text() + remedy[1] + "\n")
    assert project.run("init", "--yes", "--git-hook") == UNCHANGED


def test_git_hooks_in_another_directory_are_not_changed(project: Project) -> None:
    repository(project).git("config", "core.hooksPath", ".husky")
    result = project.run("init", "--yes", "--git-hook")
    assert result.code == 2
    assert ".husky: error: git reads hooks from this directory (core.hooksPath)\n" in result.out
    assert "add the line `mothball check --added || exit 1` to its pre-commit hook\n" in result.out


def test_no_git_hook_is_written_where_git_fails(project: Project) -> None:
    git = repository(project)
    git.git("-c", "user.name=x", "-c", "user.email=x@index.example", "commit", "-qm", "x", "--allow-empty")
    git.git("config", "core.hooksPath", "~no-such-user/hooks")
    result = project.run("init", "--yes", "--git-hook")
    assert (result.code, (project.root / "hooks").exists()) == (2, False)
    assert "git cannot find the directory of the hooks: failed to expand user dir" in result.err


# --- ignores and snapshots --------------------------------------------------------------------------------------------


def test_ignores_are_proposed_and_written_with_a_reason(project: Project) -> None:
    project.write("requirements.txt", "old-lib\ncalm-lib\nbad-lib\n")
    proposed = project.run("init", "--yes")
    assert "archived, deprecated or yanked today, and not rejected by the hook: calm-lib, old-lib\n" in proposed.out
    assert "error[quarantined] bad-lib" in proposed.out
    (command,) = commands(proposed.out)
    assert project.run(*command, "--yes").code == 0
    document = tomllib.loads((project.root / "mothball.toml").read_text())
    assert document["ignore"] == {
        "calm-lib": {"rules": ["deprecated"], "reason": "in use before mothball"},
        "old-lib": {"rules": ["archived"], "reason": "in use before mothball"},
    }
    assert "bad-lib" not in document["ignore"]


def test_snapshot_is_written_and_configured(project: Project, index: ScriptedIndex) -> None:
    (project.root / "statuses.json").unlink()
    project.write("mothball.toml", f'index-url = "{index.url}"\n')
    for name in ("missing/statuses.json", "../statuses.json", "statuses.txt"):
        failed = project.run("init", "--dry-run", "--write-snapshot", name)
        assert failed.code == 2
        assert "error: no snapshot: not a .json file of the repository\n" in failed.out
        assert "+snapshot" not in failed.out
    assert project.run("init", "--yes", "--write-snapshot", "statuses.json").code == 0
    assert tomllib.loads((project.root / "mothball.toml").read_text())["snapshot"] == "statuses.json"
    assert project.check("--offline", "--no-cache").code == 0


def test_snapshot_without_a_known_status_is_an_error(project: Project) -> None:
    project.write("mothball.toml", "offline = true\n")
    (project.root / "statuses.json").unlink()
    result = project.run("init", "--yes", "--write-snapshot", "statuses.json")
    assert result.code == 2
    assert "statuses.json: error: no snapshot: no status is known\n" in result.out
    assert not (project.root / "statuses.json").exists()


# --- statuses of indexes ----------------------------------------------------------------------------------------------


def test_index_with_statuses_is_recorded(project: Project, index: ScriptedIndex) -> None:
    project.write("mothball.toml", f'index-url = "{index.url}"\n')
    assert project.run("init", "--yes").code == 0
    document = tomllib.loads((project.root / "mothball.toml").read_text())
    assert document == {"index-url": index.url, "indexes": {index.url: {"statuses": "stated"}}}
    assert project.run("init", "--yes") in UNCHANGED_WITHOUT_HOOKS


def test_settings_of_an_index_are_extended(project: Project, index: ScriptedIndex) -> None:
    url = index.url.rstrip("/")
    project.write("mothball.toml", f'index-url = "{url}"\n\n[indexes."{url}"]\npublic = true\n')
    assert project.run("init", "--yes").code == 0
    document = tomllib.loads((project.root / "mothball.toml").read_text())
    assert document["indexes"] == {url: {"public": True, "statuses": "stated"}}


def test_index_without_statuses_is_left_to_the_user(
    project: Project, index: ScriptedIndex, mirror: ScriptedIndex
) -> None:
    before = f'index-url = "{mirror.url}"\n'
    path = project.write("mothball.toml", before)
    result = project.run("init", "--yes")
    assert (result.code, path.read_text()) == (0, before)
    assert (
        f"{mirror.url} publishes no project statuses: commits that add dependencies from it are rejected" in result.out
    )
    query, accept = commands(result.out)
    assert query == ["init", "--status-index", DEFAULT_INDEX]

    assert project.run(*query[:-1], index.url, "--yes").code == 0
    assert tomllib.loads(path.read_text())["status-index"] == index.url
    assert project.run("init", "--yes") in UNCHANGED_WITHOUT_HOOKS

    path.write_text(before)
    assert project.run(*accept, "--yes").code == 0
    assert tomllib.loads(path.read_text())["indexes"] == {mirror.url: {"statuses": "none"}}
    assert project.run("init", "--yes") in UNCHANGED_WITHOUT_HOOKS
    assert project.check("--strict").code == 0


def test_unknown_statuses_of_the_default_index_are_not_accepted(
    project: Project, index: ScriptedIndex, mirror: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mothball.cli.init.is_default_index", lambda url: url == mirror.url)
    before = f'index-url = "{mirror.url}"\n'
    path = project.write("mothball.toml", before)
    result = project.run("init", "--yes", "--accept-not-stated")
    assert (result.code, path.read_text()) == (0, before)
    assert "--accept-not-stated does not apply to the built-in default index\n" in result.out
    (query,) = commands(result.out)
    assert query == ["init", "--status-index", "URL"]
    assert project.run(*query[:-1], index.url, "--yes").code == 0
    assert tomllib.loads(path.read_text())["status-index"] == index.url


@pytest.mark.parametrize("option", [("--status-index", INDEX), ("--accept-not-stated",)])
def test_option_without_an_index_to_apply_to_is_reported(
    project: Project, index: ScriptedIndex, option: tuple[str, ...]
) -> None:
    project.write("mothball.toml", f'index-url = "{index.url}"\n')
    result = project.run("init", "--yes", *option)
    assert result.code == 0
    assert f"{option[0]} has no effect: no index without statuses was queried" in result.out
    assert "status-index" not in (project.root / "mothball.toml").read_text()


def test_statuses_are_written_to_the_configuration_of_the_files(project: Project, index: ScriptedIndex) -> None:
    project.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["good-lib"]\n')
    (project.root / "mothball.toml").unlink()
    assert project.run("init", "--yes", "--index-url", index.url).code == 0
    document = tomllib.loads((project.root / "pyproject.toml").read_text())
    assert document["tool"]["mothball"] == {"indexes": {index.url: {"statuses": "stated"}}}


def test_failed_lookup_is_reported(project: Project) -> None:
    project.write("mothball.toml", 'index-url = "http://127.0.0.1:9/simple/"\n')
    result = project.run("init", "--yes")
    assert result.code == 3
    assert "error[unverified] good-lib could not be checked: 127.0.0.1:9 refused the connection" in result.out
    assert (project.root / CONFIG).exists()


# --- confirmation -----------------------------------------------------------------------------------------------------


def test_everything_is_shown_before_the_confirmation(project: Project) -> None:
    project.write("requirements.txt", "old-lib\n")
    result = project.run("init", "--reason", "in use", terminal=True, stdin=b"n\n")
    shown, _, rest = result.out.partition("Write these changes? [y/N] ")
    assert rest == "nothing was written\n"
    assert f"--- /dev/null\n+++ {CONFIG}\n" in shown.replace(os.devnull, "/dev/null")
    assert "+- repo: local\n" in shown
    assert '+old-lib = { rules = ["archived"], reason = "in use" }\n' in shown
    assert not (project.root / CONFIG).exists()


@pytest.mark.parametrize(("answer", "is_written"), [(b"y\n", True), (b"YES\n", True), (b"\n", False), (b"", False)])
def test_only_yes_is_a_confirmation(project: Project, answer: bytes, is_written: bool) -> None:  # noqa: FBT001 - a parameter
    assert project.run("init", terminal=True, stdin=answer).code == 0
    assert (project.root / CONFIG).exists() == is_written


def test_nothing_is_written_without_a_terminal(project: Project) -> None:
    before = content(project)
    result = project.run("init", stdin=b"y\n")
    assert result.code == 2
    assert "+- repo: local\n" in result.out
    assert "add --yes to write these changes, or --dry-run to show them only" in result.err
    assert content(project) == before


def test_dry_run_writes_nothing(project: Project) -> None:
    before = content(project)
    result = project.run("init", "--dry-run", "--yes")
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("nothing was written (--dry-run)\n")
    assert content(project) == before


def test_preview_is_sanitized(project: Project) -> None:
    name = "a\x1b[2J.list"
    project.write(CONFIG, "repos:\n- repo: a\n\n# \u202e::error::\nci: {}\n")
    project.write("requirements.txt", f"-r '{name}'\n")
    result = project.run("init", "--dry-run")
    assert "\x1b" not in result.out
    assert "\u202e" not in result.out


# --- errors -----------------------------------------------------------------------------------------------------------


def test_outside_of_a_repository_is_an_error(tmp_path: Path) -> None:
    home, directory = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    directory.mkdir()
    result = run_in_process("init", "--yes", cwd=directory, home=home)
    assert (result.code, result.out) == (2, "")
    assert "mothball init requires a git repository, and there is none here" in result.err
    command = re.search("`(git .+)`", result.err)
    assert command is not None
    subprocess.run(shlex.split(command[1]), cwd=directory, check=True, capture_output=True)
    assert run_in_process("init", "--yes", cwd=directory, home=home).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--repo", "x"), "--repo and --rev require each other"),
        (("--rev", "x"), "--repo and --rev require each other"),
        (("--repo", "", "--rev", "x"), "--repo is empty"),
        (("--repo", "x\n- y", "--rev", "x"), "--repo is empty, or contains control characters"),
        (("--repo", "https://a:b@index.example/x", "--rev", "x"), "--repo contains a password"),
        (("--repo", "x", "--rev", "x", "--git-hook"), "--git-hook cannot be combined with --repo"),
        (("--reason", "WHY"), "--reason is empty or a placeholder"),
        (("--reason", ""), "--reason is empty or a placeholder"),
        (("--status-index", "x"), "must be an index URL"),
        (("--status-index", "https://a:b@index.example/simple/"), "must not contain credentials"),
        (("--status-index", INDEX, "--accept-not-stated"), "--status-index cannot be combined"),
    ],
)
def test_invalid_options_are_usage_errors(project: Project, arguments: tuple[str, ...], message: str) -> None:
    before = content(project)
    result = project.run("init", "--yes", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "= help: " in result.err
    assert content(project) == before
