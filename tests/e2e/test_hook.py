"""Commits and pushes with real git, pre-commit, prek and a real index."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.added import toml
from tests.support.adversarial import CONFIGURATION, Files, Outcome, Way
from tests.support.hook_runner import TAG, Committer, Runner, committer, configuration, prepared, publish
from tests.support.installed import script
from tests.support.real_indexes import Pypiron
from tests.tables.adversarial import through_hook_runners

# The first test of each runner waits for the installation of its environment.
pytestmark = pytest.mark.timeout(900)
RUNNERS = ("pre-commit", "prek")
ARCHIVED, ALSO_ARCHIVED, ACTIVE, DEPRECATED, QUARANTINED = "put-by", "laid-up", "in-use", "worn-out", "locked-up"


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("origin"))


@pytest.fixture(scope="session")
def runner_of(tmp_path_factory: pytest.TempPathFactory, origin: Path) -> Callable[[str], Runner]:
    """Return a function that returns a runner by name. Each runner is prepared once."""
    runners: dict[str, Runner] = {}

    def get(name: str) -> Runner:
        if name not in runners:
            runners[name] = prepared(name, tmp_path_factory.mktemp(name), origin)
        return runners[name]

    return get


@pytest.fixture(scope="module")
def index(pypiron: Pypiron) -> Pypiron:
    pypiron.publish(ARCHIVED, ALSO_ARCHIVED, ACTIVE, DEPRECATED, QUARANTINED)
    for name in (ARCHIVED, ALSO_ARCHIVED):
        pypiron.set_status(name, "archived", "moved to another project")
    pypiron.set_status(DEPRECATED, "deprecated")
    pypiron.set_status(QUARANTINED, "quarantined")
    return pypiron


@pytest.fixture(params=RUNNERS)
def shop_per_runner(
    request: pytest.FixtureRequest, tmp_path: Path, index: Pypiron, runner_of: Callable[[str], Runner]
) -> Committer:
    """Return a repository with the hook, once with each runner."""
    return committer(tmp_path, runner_of(request.param), index.url)


@pytest.fixture
def shop(tmp_path: Path, index: Pypiron, runner_of: Callable[[str], Runner]) -> Committer:
    """Return a repository with the hook, run by pre-commit."""
    return committer(tmp_path, runner_of("pre-commit"), index.url)


def lines(*names: str) -> str:
    return "".join(f"{name}\n" for name in names)


# --- accepted and rejected commits ------------------------------------------------------------------------------------


def test_commit_that_adds_an_archived_project_is_rejected(shop_per_runner: Committer) -> None:
    before = shop_per_runner.head()
    outcome = shop_per_runner.commit({"pyproject.toml": toml(ACTIVE, ARCHIVED)})
    assert not outcome.made
    assert shop_per_runner.head() == before
    assert f"pyproject.toml:6:6: error[archived] {ARCHIVED} is archived" in outcome.said
    assert '"moved to another project"' in outcome.said
    assert outcome.said.count("what to do") == 1


def test_commit_that_adds_active_and_deprecated_projects_succeeds(shop_per_runner: Committer) -> None:
    assert shop_per_runner.commit({"requirements.txt": lines(ACTIVE, DEPRECATED), "notes.txt": ARCHIVED}).made


def test_commits_without_additions_succeed(shop_per_runner: Committer) -> None:
    shop_per_runner.repository.commit({"requirements.txt": lines(f"{ARCHIVED}==0.9", QUARANTINED)})
    assert shop_per_runner.commit({"requirements.txt": lines(ACTIVE, f"{ARCHIVED}==1.0", QUARANTINED)}).made, (
        "a version bump"
    )
    assert shop_per_runner.commit({"requirements.txt": lines(QUARANTINED), "pyproject.toml": toml(ARCHIVED)}).made, (
        "a move"
    )
    shop_per_runner.repository.git("mv", "requirements.txt", "dev-requirements.txt")
    assert shop_per_runner.commit().made, "a renamed file"
    assert shop_per_runner.commit(None, "--amend").made, "a changed commit message"
    assert shop_per_runner.commit(None, "--allow-empty").made
    assert shop_per_runner.commit({"app.py": "print()\n"}).made
    assert not shop_per_runner.commit({"app.py": "", "requirements.txt": lines(ALSO_ARCHIVED)}).made


def test_unverified_addition_is_rejected_with_a_remedy(
    tmp_path: Path, runner_of: Callable[[str], Runner], index: Pypiron
) -> None:
    shop = committer(tmp_path, runner_of("pre-commit"), "http://127.0.0.1:9/simple/")
    outcome = shop.commit({"requirements.txt": lines(ACTIVE)})
    assert not outcome.made
    assert f"{ACTIVE} could not be checked: 127.0.0.1:9 refused the connection" in outcome.said
    remedy = re.search(r"MOTHBALL_UNVERIFIED=warning git commit", outcome.said)
    assert remedy is not None
    assert shop.commit(None, more={"MOTHBALL_UNVERIFIED": "warning"}).made


@pytest.mark.parametrize("remedy", ["comment", "configuration", "skip"])
def test_each_remedy_works_as_pasted(shop: Committer, remedy: str) -> None:
    output = shop.commit({"requirements.txt": lines(ACTIVE, ARCHIVED)}).said
    shown = output[output.index("what to do") :]
    if remedy == "skip":
        assert "SKIP=mothball git commit" in shown
        assert shop.commit(None, more={"SKIP": "mothball"}).made
        return
    if remedy == "comment":
        comment = next(line.strip() for line in shown.splitlines() if line.strip().startswith("# mothball:"))
        comment = comment.replace("WHY", "until June")
        files = {"requirements.txt": f"{ACTIVE}\n{ARCHIVED}  {comment}\n"}
    else:
        entry = re.search(r"or in (\S+), then `.+`:\n\s*(\[.+\])\n\s*(.+)\n", shown)
        assert entry is not None
        name, table, line = entry.groups()
        line = line.replace("WHY", "until June")
        files = {name: (shop.root / name).read_text() + f"{table}\n{line}\n"}
    assert shop.commit(files).made


def test_snapshot_is_used_without_network(shop: Committer, index: Pypiron) -> None:
    statuses = (
        '{"mothball-snapshot": 1, "generated": "2099-01-01", "index": "", "projects": '
        f'{{"{ACTIVE}": {{"status": "active"}}, "{ARCHIVED}": {{"status": "archived"}}}}}}'
    )
    config = 'index-url = "http://127.0.0.1:9/simple/"\noffline = true\nsnapshot = "statuses.json"\n'
    shop.repository.commit({"mothball.toml": config, "statuses.json": statuses})
    assert shop.commit({"requirements.txt": lines(ACTIVE)}).made
    assert not shop.commit({"requirements.txt": lines(ACTIVE, ARCHIVED)}).made


def test_strict_hook_rejects_warnings(shop: Committer) -> None:
    assert shop.runner is not None
    strict = configuration(shop.runner, "mothball", args='["--strict", "--"]')
    shop.repository.commit({".pre-commit-config.yaml": strict})
    assert not shop.commit({"requirements.txt": lines(DEPRECATED)}).made
    assert shop.commit({"requirements.txt": lines(ACTIVE)}).made


def test_file_named_like_an_option_does_not_disable_the_hook(shop_per_runner: Committer) -> None:
    assert not shop_per_runner.commit({"--exit-zero/requirements.txt": lines(ARCHIVED)}).made
    shop_per_runner.repository.git("reset", "--quiet", "--hard")
    assert not shop_per_runner.commit({"--config=requirements.txt": lines(ARCHIVED)}).made


# --- kinds of commits -------------------------------------------------------------------------------------------------


def test_commit_all_and_partial_commits_use_their_temporary_git_index(shop: Committer) -> None:
    shop.repository.commit({"requirements.txt": lines(ACTIVE), "dev-requirements.txt": lines(ACTIVE)})
    shop.write("requirements.txt", lines(ACTIVE, ARCHIVED))
    shop.write("dev-requirements.txt", lines(ACTIVE, DEPRECATED))
    assert not shop.commit(None, "--all").made
    assert shop.commit(None, "dev-requirements.txt").made
    assert not shop.commit(None, "requirements.txt").made


def test_first_commit_of_a_repository(tmp_path: Path, runner_of: Callable[[str], Runner], index: Pypiron) -> None:
    shop = committer(tmp_path, runner_of("pre-commit"), index.url)
    shop.repository.git("update-ref", "-d", "HEAD")
    assert not shop.commit({"requirements.txt": lines(ARCHIVED)}).made
    assert shop.commit({"requirements.txt": lines(ACTIVE)}).made
    assert shop.repository.git("rev-list", "--count", "HEAD") == "1"


def test_staged_content_is_checked_instead_of_the_working_tree(shop: Committer) -> None:
    shop.repository.stage({"requirements.txt": lines(ACTIVE)})
    shop.write("requirements.txt", lines(ACTIVE, ARCHIVED))
    assert shop.commit().made
    shop.repository.stage({"requirements.txt": lines(ACTIVE, ARCHIVED)})
    shop.write("requirements.txt", lines(ACTIVE))
    assert not shop.commit().made


def test_clean_merge_of_committed_additions_succeeds(shop_per_runner: Committer) -> None:
    shop_per_runner.repository.git("checkout", "--quiet", "-b", "topic")
    shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED)})
    shop_per_runner.repository.git("checkout", "--quiet", "main")
    shop_per_runner.repository.commit({"pyproject.toml": toml(ALSO_ARCHIVED)})
    assert shop_per_runner.git("merge", "--no-edit", "topic").made
    assert len(shop_per_runner.repository.git("rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_resolved_merge_succeeds_unless_it_adds_a_dependency(shop: Committer) -> None:
    shop.repository.git("checkout", "--quiet", "-b", "topic")
    shop.repository.commit({"requirements.txt": lines(ARCHIVED)})
    shop.repository.git("checkout", "--quiet", "main")
    shop.repository.commit({"requirements.txt": lines(ACTIVE)})
    assert not shop.git("merge", "--no-edit", "topic").made
    assert not shop.commit({"requirements.txt": lines(ACTIVE, ARCHIVED, ALSO_ARCHIVED)}).made
    assert shop.commit({"requirements.txt": lines(ACTIVE, ARCHIVED)}).made


def test_commit_in_a_subdirectory(shop: Committer) -> None:
    shop.repository.stage({"backend/requirements.txt": lines(ARCHIVED)})
    assert not shop.git("commit", "--message", "x", cwd=shop.root / "backend").made
    shop.repository.stage({"backend/requirements.txt": lines(ACTIVE)})
    assert shop.git("commit", "--message", "x", cwd=shop.root / "backend").made


def test_commit_in_a_linked_worktree(shop: Committer, tmp_path: Path) -> None:
    worktree = tmp_path / "worktree"
    shop.repository.git("worktree", "add", "--quiet", "-b", "topic", str(worktree))
    (worktree / "requirements.txt").write_text(lines(ARCHIVED))
    shop.repository.git("add", "requirements.txt", cwd=worktree)
    assert not shop.git("commit", "--message", "x", cwd=worktree).made
    (worktree / "requirements.txt").write_text(lines(ACTIVE))
    shop.repository.git("add", "requirements.txt", cwd=worktree)
    assert shop.git("commit", "--message", "x", cwd=worktree).made


def test_unusual_file_names(shop: Committer) -> None:
    name = "café\n'x' $(id)/requirements.txt"
    assert not shop.commit({name: lines(ARCHIVED)}).made
    assert shop.commit({name: lines(ACTIVE)}).made


def test_links_and_changes_of_their_targets_are_checked(shop_per_runner: Committer) -> None:
    (shop_per_runner.root / "requirements.txt").symlink_to("deps.data")
    shop_per_runner.repository.stage({"deps.data": lines(ARCHIVED)})
    shop_per_runner.git("add", "requirements.txt")
    assert not shop_per_runner.commit().made
    shop_per_runner.repository.stage({"deps.data": lines(ACTIVE)})
    shop_per_runner.git("mv", "deps.data", "deps.txt")
    (shop_per_runner.root / "requirements.txt").unlink()
    (shop_per_runner.root / "requirements.txt").symlink_to("deps.txt")
    shop_per_runner.git("add", "requirements.txt")
    assert shop_per_runner.commit().made
    assert not shop_per_runner.commit({"deps.txt": lines(ACTIVE, ARCHIVED)}).made


# --- pushes and full checks -------------------------------------------------------------------------------------------


def test_push_is_compared_with_the_remote(shop_per_runner: Committer, tmp_path: Path) -> None:
    bare = tmp_path / "remote.git"
    shop_per_runner.repository.git("init", "--quiet", "--bare", str(bare))
    shop_per_runner.repository.git("remote", "add", "origin", str(bare))
    shop_per_runner.repository.commit({"requirements.txt": lines(ACTIVE)})
    assert shop_per_runner.git("push", "--set-upstream", "origin", "main").made
    shop_per_runner.repository.commit({"requirements.txt": lines(ACTIVE, ARCHIVED)})
    assert not shop_per_runner.git("push").made
    shop_per_runner.repository.commit({"requirements.txt": lines(ACTIVE)})
    assert shop_per_runner.git("push").made, "a dependency that was added and removed again does not count"


def test_first_push_is_stopped_only_by_quarantined_projects(shop_per_runner: Committer, tmp_path: Path) -> None:
    shop_per_runner.repository.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    shop_per_runner.repository.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED, QUARANTINED)})
    stopped = shop_per_runner.git("push", "--set-upstream", "origin", "main")
    assert not stopped.made
    assert "first push: all dependencies were checked" in stopped.said
    shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED)})
    assert shop_per_runner.git("push", "--set-upstream", "origin", "main").made


def test_unrelated_staged_files_do_not_hide_pushed_or_unstaged_findings(
    shop_per_runner: Committer, tmp_path: Path
) -> None:
    shop_per_runner.repository.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    shop_per_runner.repository.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED)})
    shop_per_runner.repository.stage({"dev-requirements.txt": lines(ACTIVE)})
    assert shop_per_runner.git("push", "--set-upstream", "origin", "main").made, "the first push"
    shop_per_runner.repository.git("stash", "--quiet")
    shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED, ALSO_ARCHIVED)})
    shop_per_runner.repository.git("stash", "pop", "--quiet", "--index")
    pushed = shop_per_runner.git("push")
    assert not pushed.made
    assert f"requirements.txt:2:1: error[archived] {ALSO_ARCHIVED} is archived" in pushed.said
    outcome = shop_per_runner.run("--all-files")
    assert not outcome.made
    assert re.search(r"\d of the \d given files are not staged: all their dependencies were checked", outcome.said)
    assert shop_per_runner.commit().made, "a commit checks only staged changes"


def test_all_files_is_a_full_check_with_a_note(shop_per_runner: Committer) -> None:
    shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED), "notes.txt": "x"})
    outcome = shop_per_runner.run("--all-files")
    assert not outcome.made
    assert "none of the given files is staged: all dependencies were checked" in outcome.said
    shop_per_runner.repository.commit({"requirements.txt": lines(ACTIVE)})
    assert shop_per_runner.run("--all-files").made


def test_range_of_commits_is_checked(shop_per_runner: Committer) -> None:
    start = shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED)})
    middle = shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED, ACTIVE)})
    end = shop_per_runner.repository.commit({"requirements.txt": lines(ARCHIVED, ACTIVE, ALSO_ARCHIVED)})
    assert shop_per_runner.run("--from-ref", start, "--to-ref", middle).made
    assert not shop_per_runner.run("--from-ref", middle, "--to-ref", end).made


@pytest.mark.parametrize("name", RUNNERS)
def test_entry_of_init_with_a_repository(
    tmp_path: Path, name: str, runner_of: Callable[[str], Runner], index: Pypiron
) -> None:
    shop = committer(tmp_path, runner_of(name), index.url)
    shop.repository.git("rm", "--quiet", ".pre-commit-config.yaml")
    shop.repository.commit({"requirements.txt": "-r base.need\n", "base.need": lines(ACTIVE)})
    arguments = ("init", "--yes", "--repo", str(runner_of(name).origin), "--rev", TAG)
    done = subprocess.run(
        [script("mothball"), *arguments],
        cwd=shop.root,
        env=dict(shop.repository.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shop.repository.git("add", "--all")
    assert shop.commit().made
    assert not shop.commit({"base.need": lines(ACTIVE, ARCHIVED)}).made, "an included text with an unusual name"
    assert not shop.commit({"base.need": lines(ACTIVE), "pyproject.toml": toml(ARCHIVED)}).made


# --- the other hooks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNNERS)
def test_script_hook(tmp_path: Path, name: str, runner_of: Callable[[str], Runner], index: Pypiron) -> None:
    shop = committer(tmp_path, runner_of(name), index.url, ("mothball-scripts",))
    block = '# /// script\n# dependencies = ["{}"]\n# ///\nprint()\n'
    rejected = shop.commit({"run.py": block.format(ARCHIVED), "setup.py": ""})
    assert not rejected.made
    assert "SKIP=mothball-scripts git commit" in rejected.said
    assert shop.commit({"run.py": block.format(ACTIVE), "setup.py": ""}).made
    assert shop.commit({"run.py": block.format(ACTIVE) + "print(1)\n"}).made
    shop.write("tool", "#!/usr/bin/env -S uv run --script\n" + block.format(ARCHIVED))
    (shop.root / "tool").chmod(0o755)
    shop.repository.git("add", "tool")
    assert not shop.commit().made, "a script without the suffix .py"


@pytest.mark.parametrize("name", RUNNERS)
def test_manual_stage_runs_a_full_check(
    tmp_path: Path, name: str, runner_of: Callable[[str], Runner], index: Pypiron
) -> None:
    shop = committer(tmp_path, runner_of(name), index.url, ("mothball-all",))
    assert shop.commit({"requirements.txt": lines(ARCHIVED)}).made, "it runs only in the manual stage"
    stage = ("--hook-stage", "manual") if name == "pre-commit" else ("--stage", "manual")
    assert not shop.run(*stage, "mothball-all").made
    shop.repository.commit({"requirements.txt": lines(ACTIVE)})
    assert shop.run(*stage, "mothball-all").made


# --- ways to add an archived project ----------------------------------------------------------------------------------

ACCEPTED = {Outcome.WARNING, Outcome.NOTE, Outcome.SKIPPED, Outcome.PASSED, Outcome.NOT_STARTED}


@pytest.mark.slow
@pytest.mark.parametrize("way", through_hook_runners(), ids=lambda way: way.title)
def test_way_to_add_an_archived_project_ends_as_documented(shop_per_runner: Committer, way: Way) -> None:
    repository = shop_per_runner.repository
    repository.commit(plain({**CONFIGURATION, **way.base}))
    repository.stage(plain(way.changes[0]))
    for path in (path for path, content in way.changes[0].items() if content is None):
        repository.git("rm", "--quiet", "--", path)
    outcome = shop_per_runner.git("commit", "--message", "a change")
    assert outcome.made == (way.hook in ACCEPTED), outcome.said
    assert ("Skipped" in outcome.said) == (way.hook is Outcome.NOT_STARTED), outcome.said


def plain(files: Files) -> dict[str, str | bytes]:
    """Return the files that are not deleted; a real hook runner is tried with plain files only."""
    return {path: content for path, content in files.items() if isinstance(content, str | bytes)}
