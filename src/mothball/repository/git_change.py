"""Determine the base trees, the target tree and the touched paths of a change."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from mothball.model.errors import GitError, UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.repository.files import DISK, Tree
from mothball.repository.git_blobs import Blobs
from mothball.repository.git_repository import (
    Difference,
    Entry,
    Repository,
    diff_trees,
    list_entries,
    merge_base,
    resolve_commit,
)
from mothball.repository.git_tree import GitTree

# The entry of a file in the working tree, which has no object ID.
_ON_DISK = Entry("100644", "")
# The object ID that git and CI services use for a missing commit.
_NULL_ID = "0" * 40


class Base(NamedTuple):
    """A base tree of the change, and its differences to the target by relative path."""

    tree: GitTree
    touched: dict[str, Difference]


class Change(NamedTuple):
    """A target tree and the base trees to compare it with.

    ``is_explicit`` is set if a base was named, or for a push; ``is_push`` for a push; ``no_base`` if there is no base.
    ``revision`` is the commit of the target tree, None for the index and the working tree.
    """

    repository: Repository
    blobs: Blobs
    target: Tree
    bases: tuple[Base, ...]
    is_explicit: bool = False
    is_push: bool = False
    no_base: bool = False
    revision: str | None = None

    def absolute(self, path: str) -> str:
        """Return the absolute path for a path relative to the root."""
        return os.path.join(self.repository.root, path.replace("/", os.sep))

    def target_paths(self) -> list[str]:
        """Return the absolute paths of all tracked files of the target."""
        if isinstance(self.target, GitTree):
            return self.target.paths()
        tracked = (self.absolute(path) for path, _ in list_entries(self.repository.git, None))
        return [path for path in tracked if _is_regular_file(path)]


def staged_change(repository: Repository) -> Change:
    """Return the change from all parents of the next commit to the index. Raises GitError."""
    blobs = Blobs(repository.git)
    touched = [diff_trees(repository.git, parent, None) for parent in repository.parents]
    if not repository.parents:
        touched = [_all_added(repository, None)]
    after = {difference.path: difference.after for group in touched for difference in group}
    target = GitTree(repository, None, blobs, after)
    parents = repository.parents or (None,)
    bases = tuple(_base(repository, *pair, blobs) for pair in zip(parents, touched, strict=True))
    return Change(repository, blobs, target, bases)


def change_between(repository: Repository, start: str, end: str, *, is_push: bool = False) -> Change:
    """Return the change from the merge base of two revisions to ``end``. Raises GitError.

    ``start`` may be all zeros, which git and CI services use for a new branch.
    """
    git, blobs = repository.git, Blobs(repository.git)
    to = resolve_commit(git, end)
    base = merge_base(git, resolve_commit(git, start), to) if not _is_null_id(start) else None
    touched = diff_trees(git, base, to) if base else _all_added(repository, to)
    target = GitTree(repository, to, blobs, {difference.path: difference.after for difference in touched})
    bases = (_base(repository, base, touched, blobs),)
    return Change(
        repository, blobs, target, bases, is_explicit=True, is_push=is_push, no_base=base is None, revision=to
    )


def initial_push_change(repository: Repository, branch: str) -> Change:
    """Return the change for the first push of the revision ``branch`` to an empty remote: all files are added.

    Raises GitError.
    """
    return change_between(repository, _NULL_ID, branch, is_push=True)


def change_since(repository: Repository, revision: str, is_wanted: Callable[[str], bool]) -> Change:
    """Return the change from the merge base of ``revision`` and HEAD to the working tree. Raises GitError.

    Only paths for which ``is_wanted`` returns True are compared. Contents are compared without git, which would run
    the filters that a repository configures.
    """
    if repository.head is None:
        raise GitError("the repository has no commits", help_text="omit --since: all staged files count as added")
    git, blobs = repository.git, Blobs(repository.git)
    base = merge_base(git, resolve_commit(git, revision), repository.head) if not _is_null_id(revision) else None
    known = dict(list_entries(git, base)) if base else {}
    before = {path: entry for path, entry in known.items() if is_wanted(path)}
    paths = dict.fromkeys([*before, *(path for path, _ in list_entries(git, None) if is_wanted(path))])
    blobs.fetch(entry.oid for entry in before.values() if entry.is_file)
    tree = GitTree(repository, base or "", blobs, known, is_listed=True)
    change = Change(repository, blobs, DISK, (), is_explicit=True, no_base=base is None)
    touched = {
        path: Difference(path, before.get(path), _ON_DISK if _is_regular_file(change.absolute(path)) else None)
        for path in paths
        if not _is_same(before.get(path), change.absolute(path), blobs)
    }
    return change._replace(bases=(Base(tree, touched),))


def _is_null_id(revision: str) -> bool:
    """Return True if ``revision`` is all zeros, the id of a missing commit."""
    return re.fullmatch(r"0{40}|0{64}", revision) is not None


def _is_same(before: Entry | None, path: str, blobs: Blobs) -> bool:
    if before is None or not before.is_file or not _is_regular_file(path):
        return False
    try:
        return DISK.read(path) == blobs.read(before.oid)
    except UnreadableFileError:
        return False


def _is_regular_file(path: str) -> bool:
    return os.path.isfile(path) and not os.path.islink(path)


def _all_added(repository: Repository, tree: str | None) -> list[Difference]:
    return [Difference(path, None, entry) for path, entry in list_entries(repository.git, tree)]


def _base(repository: Repository, commit: str | None, touched: Iterable[Difference], blobs: Blobs) -> Base:
    by_path = {difference.path: difference for difference in touched}
    known = {path: difference.before for path, difference in by_path.items()}
    # Without a commit the tree is empty, so it is completely known.
    return Base(GitTree(repository, commit or "", blobs, known, is_listed=commit is None), by_path)
