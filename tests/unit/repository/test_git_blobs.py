"""Contents are read by object ID, in batches, each once, with a size limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.model.errors import GitError
from mothball.repository import git_tree as module
from mothball.repository.git_process import Git, ProcessResult
from mothball.repository.git_tree import Blobs
from tests.support.git_repository import Repository, new_repository


class CountingGit(Git):
    """Records the last argument of each git process."""

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


def store(repository: Repository, content: bytes) -> str:
    return repository.git("hash-object", "-w", "--stdin", stdin=content)


def test_contents_are_read_with_one_process(repository: Repository) -> None:
    contents = [b"", b"\n", b"a\0b\nc", b"x" * 100_000, b"0123 blob 5\nhello\n", "é\r\n".encode()]
    ids = [store(repository, content) for content in contents]
    git = CountingGit(str(repository.root))
    blobs = Blobs(git)
    blobs.fetch([*ids, *ids])
    assert [blobs.read(oid) for oid in ids] == contents
    assert git.calls == ["--batch"]


def test_missing_object_is_reported_with_remedy(repository: Repository) -> None:
    stored = store(repository, b"here")
    blobs = Blobs(Git(str(repository.root)))
    blobs.fetch(["0" * 39 + "1", stored])
    assert blobs.read(stored) == b"here"
    with pytest.raises(GitError, match="git object 000000000000 is missing") as caught:
        blobs.read("0" * 39 + "1")
    assert "git fetch" in caught.value.help


def test_large_contents_are_read_in_batches(repository: Repository) -> None:
    contents = [bytes([65 + number]) * 1_500 for number in range(6)]
    ids = [store(repository, content) for content in contents]
    git = CountingGit(str(repository.root))
    git.limit = 5_000
    blobs = Blobs(git)
    blobs.fetch([*ids, "f" * 40])
    assert [blobs.read(oid) for oid in ids] == contents
    assert git.calls == ["--batch", "--batch"]


def test_too_large_content_is_not_read(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILE_SIZE", 1_000)
    large, small = store(repository, b"x" * 1_001), store(repository, b"x" * 1_000)
    blobs = Blobs(Git(str(repository.root)))
    blobs.fetch([large, small])
    assert (blobs.read(large), blobs.read(small)) == (None, b"x" * 1_000)
    git = CountingGit(str(repository.root))
    git.limit = 1_200
    blobs = Blobs(git)
    blobs.fetch([large, small])
    assert (blobs.read(large), blobs.read(small)) == (None, b"x" * 1_000)
