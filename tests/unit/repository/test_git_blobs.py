"""Contents by their ids: many at once, each once, nothing too large."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.model.errors import GitError
from mothball.repository import git_blobs as module
from mothball.repository.git_blobs import Blobs
from mothball.repository.git_process import ProcessResult
from mothball.repository.git_run import Git
from tests.support.git_repository import Repository, new_repository


class Counting(Git):
    """Counts the calls of git."""

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self.calls: list[str] = []

    limit = 1 << 30

    def run(self, *arguments: str, stdin: bytes = b"", limit: int = 1 << 30) -> ProcessResult:
        self.calls.append(arguments[-1])
        return super().run(*arguments, stdin=stdin, limit=min(limit, self.limit))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return new_repository(tmp_path / "repo")


def kept(repository: Repository, content: bytes) -> str:
    return repository.git("hash-object", "-w", "--stdin", stdin=content)


def test_contents_of_any_bytes_come_in_one_call(repository: Repository) -> None:
    contents = [b"", b"\n", b"a\0b\nc", b"x" * 100_000, b"0123 blob 5\nhello\n", "é\r\n".encode()]
    ids = [kept(repository, content) for content in contents]
    git = Counting(str(repository.root))
    blobs = Blobs(git)
    blobs.fetch([*ids, *ids])
    assert [blobs.read(one) for one in ids] == contents
    assert git.calls == ["--batch"]


def test_what_git_does_not_have_is_an_error_with_a_way_out(repository: Repository) -> None:
    known = kept(repository, b"here")
    blobs = Blobs(Git(str(repository.root)))
    blobs.fetch(["0" * 39 + "1", known])
    assert blobs.read(known) == b"here"
    with pytest.raises(GitError, match="git does not have the content 000000000000") as caught:
        blobs.read("0" * 39 + "1")
    assert "git fetch" in caught.value.help


def test_what_is_too_much_at_once_comes_in_portions(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OUTPUT", 5_000)
    contents = [bytes([65 + number]) * 1_500 for number in range(6)]
    ids = [kept(repository, content) for content in contents]
    git = Counting(str(repository.root))
    git.limit = 5_000
    blobs = Blobs(git)
    blobs.fetch([*ids, "f" * 40])
    assert [blobs.read(one) for one in ids] == contents
    assert git.calls[:2] == ["--batch", "--batch-check"]
    assert len(git.calls) > 4


def test_what_is_larger_than_any_dependency_file_is_not_read(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FILE_SIZE", 1_000)
    large, small = kept(repository, b"x" * 1_001), kept(repository, b"x" * 1_000)
    blobs = Blobs(Git(str(repository.root)))
    blobs.fetch([large, small])
    assert (blobs.read(large), blobs.read(small)) == (None, b"x" * 1_000)
    git = Counting(str(repository.root))
    git.limit = 1_200
    blobs = Blobs(git)
    blobs.fetch([large, small])
    assert (blobs.read(large), blobs.read(small)) == (None, b"x" * 1_000)
