"""Reading the tree of a commit and the index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mothball.model.errors import UnreadableFileError
from mothball.repository.git_change import staged_change
from mothball.repository.git_repository import Listing, open_repository
from mothball.repository.git_tree import Blobs, GitTree
from tests.support.git_repository import Repository, new_repository


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return new_repository(tmp_path.resolve() / "repo")


def tree(made: Repository, commit: str | None = None) -> GitTree:
    repository = open_repository(str(made.root))
    return GitTree(repository, commit, Blobs(repository.git))


@pytest.mark.parametrize("is_commit", [False, True])
def test_tree_contains_files_and_links_only(made: Repository, *, is_commit: bool) -> None:
    inner = new_repository(made.root / "module", made.environment)
    inner.commit({"tox.ini": ""})
    made.write("a/pyproject.toml", "text")
    (made.root / "link.toml").symlink_to("a/pyproject.toml")
    (made.root / "deep").mkdir()
    (made.root / "deep" / "link.toml").symlink_to("../link.toml")
    for name, target in {"outside": "../x", "nowhere": "gone", "self": "self", "absolute": "/etc/passwd"}.items():
        (made.root / name).symlink_to(target)
    made.git("-c", "advice.addEmbeddedRepo=false", "add", "--all")
    git_tree = tree(made, made.commit() if is_commit else None)
    for path in ("link.toml", "deep/link.toml", "outside"):
        (made.root / path).unlink()
    root = str(made.root)

    def absolute(name: str) -> str:
        return f"{root}/{name}"

    assert [
        git_tree.exists(absolute(name)) for name in ("a/pyproject.toml", "link.toml", "module", "a", "module/tox.ini")
    ] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert (git_tree.is_link(absolute("link.toml")), git_tree.is_link(absolute("a/pyproject.toml"))) == (True, False)
    assert git_tree.real_path(absolute("deep/link.toml")) == absolute("a/pyproject.toml")
    assert git_tree.read(absolute("deep/link.toml")) == b"text"
    assert git_tree.is_file(absolute("link.toml"))
    for name in ("outside", "nowhere", "self", "absolute"):
        assert git_tree.leads_outside(absolute(name), root)
        assert not git_tree.is_file(absolute(name))
        with pytest.raises(UnreadableFileError, match="no such file"):
            git_tree.read(absolute(name))
    assert not git_tree.leads_outside(absolute("link.toml"), root)
    assert not git_tree.leads_outside(absolute("a/pyproject.toml"), root)
    assert git_tree.leads_outside(absolute("deep/link.toml"), absolute("deep"))
    assert not git_tree.is_directory(absolute("a"))
    assert git_tree.names_in(absolute("a")) == ["pyproject.toml"]
    assert git_tree.names_in(absolute("gone")) == []
    assert git_tree.directories_in(absolute("gone")) == git_tree.directories_in(absolute("a")) == []
    assert sorted(git_tree.paths()) == sorted(map(absolute, ("a/pyproject.toml", "link.toml", "deep/link.toml")))
    assert not git_tree.exists(absolute("unknown"))


def test_directories_contain_tracked_files(made: Repository) -> None:
    made.commit({"a/b/c/x": "", "a/b/y": "", "a/d/x": "", "z": ""})
    made.write("a/e/x", "")
    git_tree = tree(made)
    root = str(made.root)
    assert git_tree.directories_in(root) == ["a"]
    assert sorted(git_tree.directories_in(os.path.join(root, "a"))) == ["b", "d"]
    assert git_tree.directories_in(os.path.join(root, "a", "b")) == ["c"]


def test_paths_outside_the_root_do_not_exist(made: Repository) -> None:
    made.commit({"a": ""})
    git_tree = tree(made)
    assert not git_tree.exists("/etc/passwd")
    assert not git_tree.exists(str(made.root))
    assert not git_tree.exists(f"{made.root}-beside/a")


def test_path_with_a_zero_byte_does_not_exist(made: Repository) -> None:
    git_tree = tree(made, None)
    path = f"{made.root}/a\0b.txt"
    git_tree.prepare([path])
    assert not git_tree.is_file(path)
    assert git_tree.real_path(path) is None


def test_too_large_file_raises(made: Repository) -> None:
    made.commit({"a": "x" * 100})
    with pytest.raises(UnreadableFileError, match="larger than"):
        tree(made).read(f"{made.root}/a", 99)


NAMES = ("a", "a.toml", "a/b", "a/b.toml", "a/x", "a-b/x", "x\ty.toml", "y.toml", "\u00e9", "z/z/z")


@pytest.mark.parametrize("is_commit", [False, True])
def test_entry_is_found_in_a_listing(made: Repository, *, is_commit: bool) -> None:
    """Names that are the start or the end of others, or contain a tab, are not mistaken for each other."""
    names = [name for name in NAMES if name != "a"]
    made.stage({name: name for name in names})
    commit = made.commit() if is_commit else None
    listing = Listing(open_repository(str(made.root)).git, commit)
    entries = listing.entries
    assert sorted(entries) == sorted(names)
    for name in (*NAMES, "", "0", "a/", "b.toml", "y", "zz", "\uffff"):
        assert listing.find(name) == entries.get(name), name


def test_base_has_the_entries_of_the_target_where_they_do_not_differ(made: Repository) -> None:
    made.commit({"same": "1", "changed": "1", "deleted": "1"})
    made.stage({"changed": "2", "new": "1"})
    made.git("rm", "--quiet", "--cached", "deleted")
    change = staged_change(open_repository(str(made.root)))
    (base,) = change.bases
    trees = {"base": base.tree, "target": change.target}
    exists = {
        key: [name for name in ("same", "changed", "deleted", "new", "none") if one.exists(f"{made.root}/{name}")]
        for key, one in trees.items()
    }
    assert exists == {"base": ["same", "changed", "deleted"], "target": ["same", "changed", "new"]}
    assert [base.tree.read(f"{made.root}/{name}") for name in ("same", "changed", "deleted")] == [b"1", b"1", b"1"]
