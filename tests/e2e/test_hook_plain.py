"""The hook without a hook runner: plain git hooks, the check in CI, requests, and hostile repositories."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.added import toml
from tests.support.hook_runner import Committer, Outcome, committer
from tests.support.installed import script
from tests.support.scripted_index import Reply, ScriptedIndex, json_page

PLAIN_HOOK = "#!/bin/sh\nexec mothball check --added\n"
STATUSES = {"old-a": "archived", "old-b": "archived", "good-a": "active", "good-b": "active", "good-c": "active"}


def pages(statuses: Mapping[str, str]) -> dict[str, Reply]:
    return {name: json_page(name, status) for name, status in statuses.items()}


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex(pages(STATUSES)) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, index: ScriptedIndex) -> Committer:
    """Return a repository without hooks."""
    return committer(tmp_path, None, index.url)


def run(shop: Committer, *arguments: str, cwd: Path | None = None, more: Mapping[str, str] | None = None) -> Outcome:
    """Run the installed console script."""
    completed = subprocess.run(
        [script("mothball"), *arguments],
        cwd=cwd or shop.root,
        env={**shop.repository.environment, **(more or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
    output = completed.stdout.decode("utf-8", "replace")
    assert "Traceback" not in output, output
    return Outcome(completed.returncode == 0, output)


def lines(*names: str) -> str:
    return "".join(f"{name}\n" for name in names)


# --- plain hook and CI check ------------------------------------------------------------------------------------------


def test_plain_hook_accepts_and_rejects_commits(shop: Committer) -> None:
    for name in ("pre-commit", "pre-merge-commit"):
        hook = shop.root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(PLAIN_HOOK)
        hook.chmod(0o755)
    assert not shop.commit({"requirements.txt": lines("old-a")}).made
    assert shop.commit({"requirements.txt": lines("good-a"), "app.py": ""}).made
    assert not shop.commit({os.fsdecode(b"caf\xe9\n/requirements.txt"): lines("old-b")}).made
    shop.repository.git("reset", "--quiet", "--hard")
    assert shop.commit({"app.py": "print()\n"}).made
    shop.repository.git("checkout", "--quiet", "-b", "topic", "HEAD~1")
    shop.repository.commit({"dev-requirements.txt": lines("old-b")})
    assert shop.git("merge", "--no-edit", "main").made


def test_ci_check_finds_additions_that_bypassed_the_hook(shop: Committer) -> None:
    shop.repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    shop.repository.commit({"requirements.txt": lines("old-a", "good-a")})
    check = ("check", "--since", "origin/main")
    assert not run(shop, *check).made
    shop.repository.commit({"requirements.txt": lines("good-a")})
    assert run(shop, *check).made

    weakened = (shop.root / "mothball.toml").read_text() + '[severity]\narchived = "off"\n'
    shop.repository.commit({"requirements.txt": lines("old-a"), "mothball.toml": weakened})
    assert run(shop, *check).made
    outcome = run(shop, *check, "--policy", "base")
    assert (outcome.made, "old-a is archived" in outcome.said) == (False, True)


# --- requests ---------------------------------------------------------------------------------------------------------


def request_counts(index: ScriptedIndex) -> dict[str, int]:
    return {name: index.count(name) for name in STATUSES if index.count(name)}


def test_no_requests_if_nothing_is_added(shop: Committer, index: ScriptedIndex) -> None:
    shop.repository.commit({"requirements.txt": lines("old-a", "good-a"), "dev-requirements.txt": lines("good-b")})
    shop.repository.stage({"requirements.txt": lines("old-a>=2", "good-a"), "pyproject.toml": toml("good-b", "old-a")})
    assert run(shop, "check", "--added").made
    assert index.count() == 0


def test_each_added_name_is_looked_up_once(shop: Committer, index: ScriptedIndex) -> None:
    shop.repository.commit({"requirements.txt": lines("good-a", "good-c")})
    shop.repository.stage({"pyproject.toml": toml("good-a", "good-b"), "x-requirements.txt": lines("good-b", "old-a")})
    assert not run(shop, "check", "--added").made
    assert request_counts(index) == {"good-b": 1, "old-a": 1}
    assert index.count() == 2
    assert not run(shop, "check", "--added").made
    assert index.count() == 2, "the results are cached"


def test_missing_name_is_not_looked_up_on_another_index(shop: Committer, index: ScriptedIndex) -> None:
    shop.repository.stage({"requirements.txt": lines("gone-lib")})
    outcome = run(shop, "check", "--added")
    assert not outcome.made
    assert "error[missing] gone-lib" in outcome.said
    assert index.count("gone-lib") == 1


def test_concurrent_hooks_share_one_cache(shop: Committer, index: ScriptedIndex, tmp_path: Path) -> None:
    shop.repository.stage({"requirements.txt": lines("good-a", "good-b", "old-a")})
    processes = [
        subprocess.Popen(
            [script("mothball"), "check", "--added", "--refresh"],
            cwd=shop.root,
            env=dict(shop.repository.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(6)
    ]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (1, b"")
        assert out.count(b"error[archived] old-a") == 1
    count = index.count()
    assert not run(shop, "check", "--added").made
    assert index.count() == count


# --- hostile repositories ---------------------------------------------------------------------------------------------


@pytest.fixture
def marker_file(shop: Committer, tmp_path: Path) -> Path:
    """Configure every known way to make git execute a program, and return the file that the program writes."""
    marker = tmp_path / "marker"
    program = shop.root / "program"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{marker}'\ncat\n")
    program.chmod(0o755)
    for directory in (shop.root, shop.root / "sub"):
        directory.mkdir(exist_ok=True)
        (directory / "git").write_text(program.read_text())
        (directory / "git").chmod(0o755)
    hooks = shop.root / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "pre-commit", "post-checkout", "fsmonitor-watchman"):
        (hooks / name).write_text(program.read_text())
        (hooks / name).chmod(0o755)
    shop.repository.commit({"requirements.txt": lines("good-a"), "sub/requirements.txt": lines("good-a")})
    shop.repository.write(".gitattributes", "* diff=program filter=program merge=program\n*.toml text\n")
    shop.repository.git("add", ".gitattributes")
    shop.repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    shop.repository.stage({"requirements.txt": lines("good-a", "good-b")})
    shop.repository.git("commit", "--quiet", "--message", "x")
    shop.repository.stage({"requirements.txt": lines("good-a", "good-b", "good-c")})
    shop.repository.write("untracked-requirements.txt", "")
    for key, value in {
        "core.fsmonitor": str(program),
        "core.hooksPath": str(hooks),
        "core.pager": str(program),
        "core.editor": str(program),
        "core.sshCommand": str(program),
        "core.gitProxy": str(program),
        "core.askPass": str(program),
        "core.alternateRefsCommand": str(program),
        "core.attributesFile": str(shop.root / ".gitattributes"),
        "diff.external": str(program),
        "diff.program.textconv": str(program),
        "diff.program.command": str(program),
        "filter.program.clean": str(program),
        "filter.program.smudge": str(program),
        "filter.program.process": str(program),
        "filter.program.required": "true",
        "merge.program.driver": str(program),
        "pager.diff-index": str(program),
        "alias.diff-index": f"!{program}",
        "alias.rev-parse": f"!{program}",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.promisor": "true",
        "protocol.ext.allow": "always",
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "credential.helper": f"!{program}",
        "interactive.diffFilter": str(program),
        "gpg.program": str(program),
    }.items():
        shop.repository.git("config", key, value)
    # If files are newer than the git index, git compares their contents, which runs filters.
    for name in ("requirements.txt", "sub/requirements.txt"):
        os.utime(shop.root / name, (4_000_000_000, 4_000_000_000))
    marker.unlink(missing_ok=True)
    return marker


CALLS = {
    "staged": ("check", "--added"),
    "files": ("check", "--added", "--", "requirements.txt"),
    "since": ("check", "--since", "origin/main"),
    "refs": ("check", "--from-ref", "origin/main", "--to-ref", "HEAD"),
    "missing": ("check", "--since", "refs/heads/gone"),
    "directory": ("check", "."),
    "listing": ("check", "--list-files", "."),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("subdirectory", ["", "sub"])
def test_hostile_repository_executes_nothing(shop: Committer, marker_file: Path, call: str, subdirectory: str) -> None:
    path = os.pathsep.join([".", "", str(shop.root), str(shop.root / "sub"), shop.repository.environment["PATH"]])
    marker_file.unlink(missing_ok=True)
    outcome = run(shop, *CALLS[call], cwd=shop.root / subdirectory, more={"PATH": path})
    assert not marker_file.exists(), marker_file.read_text()
    assert outcome.made == (call != "missing"), outcome.said


def test_git_without_hardening_executes_the_marker_program(shop: Committer, marker_file: Path) -> None:
    environment = dict(shop.repository.environment)
    subprocess.run(["git", "diff", "HEAD"], cwd=shop.root, env=environment, check=False, capture_output=True)
    assert marker_file.exists()


def test_partial_clone_fetches_nothing(shop: Committer, marker_file: Path) -> None:
    missing = shop.repository.git("rev-parse", "origin/main:requirements.txt")
    (shop.root / ".git" / "objects" / missing[:2] / missing[2:]).unlink()
    outcome = run(shop, "check", "--since", "origin/main")
    assert not outcome.made
    assert "git object" in outcome.said
    assert not marker_file.exists(), marker_file.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_path_starts_with_the_scripts_of_the_environment(shop: Committer) -> None:
    assert shop.repository.environment["PATH"].startswith(sysconfig.get_path("scripts"))
