"""A tree of git's, read as if it lay on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mothball.model.errors import UnreadableFileError
from mothball.repository.git_blobs import Blobs
from mothball.repository.git_repository import open_repository
from mothball.repository.git_tree import GitTree
from tests.support.git_repository import Repository, new_repository


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return new_repository(tmp_path.resolve() / "repo")


def tree(made: Repository, commit: str | None = None) -> GitTree:
    repository = open_repository(str(made.root))
    return GitTree(repository, commit, Blobs(repository.git), {})


@pytest.mark.parametrize("of_commit", [False, True])
def test_files_and_links_are_there_and_nothing_else(made: Repository, *, of_commit: bool) -> None:
    inner = new_repository(made.root / "module", made.environment)
    inner.commit({"tox.ini": ""})
    made.write("a/pyproject.toml", "text")
    (made.root / "link.toml").symlink_to("a/pyproject.toml")
    (made.root / "deep").mkdir()
    (made.root / "deep" / "link.toml").symlink_to("../link.toml")
    for name, target in {"outside": "../x", "nowhere": "gone", "self": "self", "absolute": "/etc/passwd"}.items():
        (made.root / name).symlink_to(target)
    made.git("-c", "advice.addEmbeddedRepo=false", "add", "--all")
    found = tree(made, made.commit() if of_commit else None)
    for path in ("link.toml", "deep/link.toml", "outside"):
        (made.root / path).unlink()
    root = str(made.root)

    def at(name: str) -> str:
        return f"{root}/{name}"

    assert [found.exists(at(name)) for name in ("a/pyproject.toml", "link.toml", "module", "a", "module/tox.ini")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert (found.is_link(at("link.toml")), found.is_link(at("a/pyproject.toml"))) == (True, False)
    assert found.real_path(at("deep/link.toml")) == at("a/pyproject.toml")
    assert found.read(at("deep/link.toml")) == b"text"
    assert found.is_file(at("link.toml"))
    for name in ("outside", "nowhere", "self", "absolute"):
        assert found.leads_outside(at(name), root)
        assert not found.is_file(at(name))
        with pytest.raises(UnreadableFileError, match="no such file"):
            found.read(at(name))
    assert not found.leads_outside(at("link.toml"), root)
    assert not found.leads_outside(at("a/pyproject.toml"), root)
    assert found.leads_outside(at("deep/link.toml"), at("deep"))
    assert not found.is_directory(at("a"))
    assert found.names_in(at("a")) == ["pyproject.toml"]
    assert found.names_in(at("gone")) == []
    assert found.directories_in(at("gone")) == found.directories_in(at("a")) == []
    assert found.paths() == [at("a/pyproject.toml")]
    assert not found.exists(at("unknown"))


def test_directories_are_those_that_hold_something(made: Repository) -> None:
    made.commit({"a/b/c/x": "", "a/b/y": "", "a/d/x": "", "z": ""})
    made.write("a/e/x", "")
    found = tree(made)
    root = str(made.root)
    assert found.directories_in(root) == ["a"]
    assert sorted(found.directories_in(os.path.join(root, "a"))) == ["b", "d"]
    assert found.directories_in(os.path.join(root, "a", "b")) == ["c"]


def test_what_lies_outside_the_root_is_not_there(made: Repository) -> None:
    made.commit({"a": ""})
    found = tree(made)
    assert not found.exists("/etc/passwd")
    assert not found.exists(str(made.root))
    assert not found.exists(f"{made.root}-beside/a")


def test_a_file_that_is_too_large_is_told(made: Repository) -> None:
    made.commit({"a": "x" * 100})
    with pytest.raises(UnreadableFileError, match="larger than"):
        tree(made).read(f"{made.root}/a", 99)
