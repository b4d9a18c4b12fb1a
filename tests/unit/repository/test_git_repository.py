"""What git knows of a repository, asked for or read where a few files tell it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mothball.model.errors import GitError
from mothball.repository import git_repository as module
from mothball.repository.git_process import ProcessResult
from mothball.repository.git_repository import (
    Difference,
    Entry,
    diff_trees,
    is_shallow,
    merge_base,
    open_repository,
    resolve_commit,
)
from mothball.repository.git_run import Git
from tests.support.git_repository import IDENTITY, Repository, new_repository


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    return new_repository(tmp_path.resolve() / "repo")


def asked(directory: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """Return what git says when it must be asked."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "_plain_repository", lambda _: None)
        found = open_repository(str(directory))
    return found.root, found.head, found.merged


PLAIN: dict[str, Callable[[Repository], object]] = {
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


@pytest.mark.parametrize("case", [*PLAIN, *UNUSUAL])
@pytest.mark.parametrize("below", ["", "sub"])
def test_what_files_tell_is_what_git_says(
    made: Repository, case: str, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a": "", "sub/x": ""})
    {**PLAIN, **UNUSUAL}[case](made)
    found = open_repository(str(made.root / below))
    assert (found.root, found.head, found.merged) == asked(made.root / below, monkeypatch)
    assert (module._plain_repository(str(made.root / below)) is not None) == (case in PLAIN)


@pytest.mark.parametrize("name", module._PLACES)
def test_a_variable_that_leads_elsewhere_is_left_to_git(
    made: Repository, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a": ""})
    monkeypatch.setenv(name, str(made.root))
    assert module._plain_repository(str(made.root)) is None


def test_outside_every_repository_git_is_asked(tmp_path: Path) -> None:
    assert module._plain_repository(str(tmp_path)) is None


def test_a_root_with_a_line_end_is_understood(made: Repository) -> None:
    odd = new_repository(made.root / "a\nb", made.environment)
    assert open_repository(str(odd.root)).root == str(odd.root)
    head = odd.commit({"a": ""})
    odd.git("checkout", "--quiet", "--detach")
    assert open_repository(str(odd.root))[::2] == (str(odd.root), head)


def test_differences_have_modes_and_ids(made: Repository) -> None:
    first = made.commit({"changed": "1", "gone": "2"})
    made.git("rm", "--quiet", "gone")
    second = made.commit({"changed": "3", "new": "4"})
    git = Git(str(made.root))
    found = {one.path: one for one in diff_trees(git, first, second)}
    assert found.keys() == {"changed", "gone", "new"}
    assert (found["gone"].after, found["new"].before) == (None, None)
    assert found["new"].after == Entry("100644", made.git("rev-parse", "HEAD:new"))
    assert diff_trees(git, second, None) == []


class Answering(Git):
    """A git that answers as it is told, with a history that is whole."""

    def __init__(self, done: ProcessResult) -> None:
        super().__init__(os.getcwd())
        self._done = done

    def run(self, *arguments: str, stdin: bytes = b"", limit: int = 0) -> ProcessResult:  # noqa: ARG002 - as Git.run
        return ProcessResult(0, b"false\n", b"") if "--is-shallow-repository" in arguments else self._done


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (ProcessResult(128, b"", b"fatal: bad object x\n"), "git cannot read what is compared: bad object x"),
        (ProcessResult(128, b"", b"fatal: detected dubious ownership in repository"), "belongs to somebody else"),
        (ProcessResult(-9, b"x", b"", truncated=True), "git says more than 64 MiB"),
        (ProcessResult(0, b":what is this\0path\0", b""), "git answers in a way that mothball does not understand"),
        (ProcessResult(0, b":100644 100644 a b M\0", b""), "git answers in a way that mothball does not understand"),
    ],
)
def test_answers_that_are_none_are_errors_with_gits_own_words(done: ProcessResult, said: str) -> None:
    with pytest.raises(GitError) as caught:
        diff_trees(Answering(done), "a", None)
    assert said in str(caught.value)


def test_commits_are_found_by_their_names(made: Repository) -> None:
    head = made.commit({"a": ""})
    made.git("tag", "--annotate", "--message", "x", "v1")
    git = Git(str(made.root))
    assert {resolve_commit(git, name) for name in ("HEAD", "main", "v1", head[:10])} == {head}
    assert merge_base(git, head, head) == head
    assert not is_shallow(git)
    for name in ("nowhere", "HEAD:a", "--all", ""):
        with pytest.raises(GitError, match="there is no commit"):
            resolve_commit(git, name)


def test_a_merge_base_that_git_fails_to_find_is_an_error() -> None:
    with pytest.raises(GitError, match="the history is cut off"):
        merge_base(Answering(ProcessResult(128, b"", b"fatal: x")), "a" * 40, "b" * 40)


def test_a_difference_is_what_it_says() -> None:
    assert Difference("a", None, None).path == "a"
    assert (Entry("120000", "x").is_link, Entry("120000", "x").is_file) == (True, False)
