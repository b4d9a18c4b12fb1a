"""State of a repository, read from its files or queried from git."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mothball.model.errors import GitError
from mothball.repository import git_repository as module
from mothball.repository.git_process import Git, ProcessResult
from mothball.repository.git_repository import (
    Entry,
    diff_trees,
    is_shallow,
    merge_base,
    open_repository,
    resolve_commit,
)
from tests.support.git_repository import IDENTITY, Repository, new_repository


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    return new_repository(tmp_path.resolve() / "repo")


def state_from_git(directory: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """Return the state of the repository as queried from git."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "_read_repository", lambda _: None)
        opened = open_repository(str(directory))
    return opened.root, opened.head, opened.merged


READABLE: dict[str, Callable[[Repository], object]] = {
    "loose": lambda made: made.commit({"b": ""}),
    "packed": lambda made: made.git("pack-refs", "--all"),
    "merging": lambda made: (
        made.git("checkout", "--quiet", "-b", "other"),
        made.commit({"b": ""}),
        made.git("checkout", "--quiet", "main"),
        made.commit({"c": ""}),
        made.git("merge", "--no-commit", "--quiet", "other"),
    ),
}
UNUSUAL: dict[str, Callable[[Repository], object]] = {
    "detached": lambda made: made.git("checkout", "--quiet", "--detach"),
    "unborn": lambda made: made.git("checkout", "--quiet", "--orphan", "new"),
    "worktree": lambda made: made.git("config", "core.worktree", str(made.root)),
    "included": lambda made: made.git("config", "include.path", "more"),
    "odd": lambda made: made.git("checkout", "--quiet", "-b", "a.b+c"),
    "large": lambda made: made.write(".git/config", (made.root / ".git/config").read_text() + "# x\n" * 100_000),
}


@pytest.mark.parametrize("case", [*READABLE, *UNUSUAL])
@pytest.mark.parametrize("directory", ["", "sub"])
def test_state_read_from_files_equals_state_from_git(
    made: Repository, case: str, directory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a": "", "sub/x": ""})
    {**READABLE, **UNUSUAL}[case](made)
    opened = open_repository(str(made.root / directory))
    assert (opened.root, opened.head, opened.merged) == state_from_git(made.root / directory, monkeypatch)
    assert (module._read_repository(str(made.root / directory)) is not None) == (case in READABLE)


@pytest.mark.parametrize("name", module._LOCATION_VARIABLES)
def test_location_variable_requires_git(made: Repository, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made.commit({"a": ""})
    monkeypatch.setenv(name, str(made.root))
    assert module._read_repository(str(made.root)) is None


def test_directory_outside_repository_requires_git(tmp_path: Path) -> None:
    assert module._read_repository(str(tmp_path)) is None


def test_root_with_newline(made: Repository) -> None:
    unusual = new_repository(made.root / "a\nb", made.environment)
    assert open_repository(str(unusual.root)).root == str(unusual.root)
    head = unusual.commit({"a": ""})
    unusual.git("checkout", "--quiet", "--detach")
    assert open_repository(str(unusual.root))[::2] == (str(unusual.root), head)


def test_differences_have_modes_and_ids(made: Repository) -> None:
    first = made.commit({"changed": "1", "gone": "2"})
    made.git("rm", "--quiet", "gone")
    second = made.commit({"changed": "3", "new": "4"})
    git = Git(str(made.root))
    opened = diff_trees(git, first, second)
    assert opened.keys() == {"changed", "gone", "new"}
    assert (opened["gone"].after, opened["new"].before) == (None, None)
    assert opened["new"].after == Entry("100644", made.git("rev-parse", "HEAD:new"))
    assert diff_trees(git, second, None) == {}


class FakeGit(Git):
    """Returns a fixed result; the repository is not shallow."""

    def __init__(self, result: ProcessResult) -> None:
        super().__init__(os.getcwd())
        self._result = result

    def run(self, *arguments: str, stdin: bytes = b"", limit: int = 0) -> ProcessResult:  # noqa: ARG002 - as Git.run
        return ProcessResult(0, b"false\n", b"") if "--is-shallow-repository" in arguments else self._result


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (ProcessResult(128, b"", b"fatal: bad object x\n"), "git cannot read the compared trees: bad object x"),
        (ProcessResult(128, b"", b"fatal: detected dubious ownership in repository"), "belongs to another user"),
        (ProcessResult(-9, b"x", b"", truncated=True), "more than 64 MiB of output from git"),
        (ProcessResult(0, b":what is this\0path\0", b""), "unexpected output of git"),
        (ProcessResult(0, b":100644 100644 a b M\0", b""), "unexpected output of git"),
    ],
)
def test_failures_of_git_are_errors_with_its_message(result: ProcessResult, message: str) -> None:
    with pytest.raises(GitError) as caught:
        diff_trees(FakeGit(result), "a", None)
    assert message in str(caught.value)


def test_revisions_are_resolved(made: Repository) -> None:
    head = made.commit({"a": ""})
    made.git("tag", "--annotate", "--message", "x", "v1")
    git = Git(str(made.root))
    assert {resolve_commit(git, name) for name in ("HEAD", "main", "v1", head[:10])} == {head}
    assert merge_base(git, head, head) == head
    assert not is_shallow(git)
    for name in ("nowhere", "HEAD:a", "--all", ""):
        with pytest.raises(GitError, match="no such commit"):
            resolve_commit(git, name)


def test_help_for_an_unknown_commit_names_what_the_repository_has(made: Repository) -> None:
    made.commit({"a": ""})
    git = Git(str(made.root))

    def help_for(revision: str) -> str:
        with pytest.raises(GitError, match="no such commit") as caught:
            resolve_commit(git, revision)
        return caught.value.help

    assert help_for("origin/main").startswith("this repository has no remote")
    made.git("remote", "add", "origin", "https://code.example/shop.git")
    assert "`git fetch origin +refs/heads/main:refs/remotes/origin/main`" in help_for("origin/main")
    assert "name a remote branch as origin/NAME" in help_for("main2")


def test_failure_to_find_merge_base_is_an_error() -> None:
    with pytest.raises(GitError, match="cannot find the merge base of aaaaaaaaaaaa and bbbbbbbbbbbb"):
        merge_base(FakeGit(ProcessResult(128, b"", b"fatal: x")), "a" * 40, "b" * 40)


def test_entry_kinds() -> None:
    assert (Entry("120000", "x").is_link, Entry("120000", "x").is_file) == (True, False)
