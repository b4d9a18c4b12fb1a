"""A change: the trees it comes from, the tree it leads to, and the paths at which they differ."""

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

# What stands for a file of the disk, whose content git does not know by an id.
_ON_DISK = Entry("100644", "")
# The id of no object, as git and CI services write it.
_NOTHING = "0" * 40


class Base(NamedTuple):
    """A tree that the change comes from, and by relative path where the target differs from it."""

    tree: GitTree
    touched: dict[str, Difference]


class Change(NamedTuple):
    """What is compared.

    ``is_explicit`` is set where somebody named the base or pushes, ``is_push`` for a push; ``no_base`` where there is
    none.
    """

    repository: Repository
    blobs: Blobs
    target: Tree
    bases: tuple[Base, ...]
    is_explicit: bool = False
    is_push: bool = False
    no_base: bool = False

    def absolute(self, path: str) -> str:
        """Return a path that is relative to the root as an absolute one."""
        return os.path.join(self.repository.root, path.replace("/", os.sep))

    def target_paths(self) -> list[str]:
        """Return the absolute paths of all files of the target that git tracks."""
        if isinstance(self.target, GitTree):
            return self.target.paths()
        tracked = (self.absolute(path) for path, _ in list_entries(self.repository.git, None))
        return [path for path in tracked if _is_plain(path)]


def staged_change(repository: Repository) -> Change:
    """Return the change from all parents of the next commit to the index. Raises GitError."""
    blobs = Blobs(repository.git)
    touched = [diff_trees(repository.git, parent, None) for parent in repository.parents]
    if not repository.parents:
        touched = [_everything(repository, None)]
    after = {one.path: one.after for differing in touched for one in differing}
    target = GitTree(repository, None, blobs, after)
    parents = repository.parents or (None,)
    bases = tuple(_base(repository, *pair, blobs) for pair in zip(parents, touched, strict=True))
    return Change(repository, blobs, target, bases)


def change_between(repository: Repository, start: str, end: str, *, is_push: bool = False) -> Change:
    """Return the change from where ``start`` and ``end``, revisions, have last been one, to ``end``. Raises GitError.

    ``start`` may be all zeros, as git and CI services write it for what was not there before.
    """
    git, blobs = repository.git, Blobs(repository.git)
    to = resolve_commit(git, end)
    base = merge_base(git, resolve_commit(git, start), to) if not _is_nothing(start) else None
    touched = diff_trees(git, base, to) if base else _everything(repository, to)
    target = GitTree(repository, to, blobs, {one.path: one.after for one in touched})
    bases = (_base(repository, base, touched, blobs),)
    return Change(repository, blobs, target, bases, is_explicit=True, is_push=is_push, no_base=base is None)


def initial_push_change(repository: Repository, branch: str) -> Change:
    """Return the change from nothing to ``branch``, a revision that is pushed to where there is nothing of it.

    Raises GitError.
    """
    return change_between(repository, _NOTHING, branch, is_push=True)


def change_since(repository: Repository, revision: str, is_wanted: Callable[[str], bool]) -> Change:
    """Return the change from where ``revision`` and HEAD have last been one to the files on the disk. Raises GitError.

    Only paths that are wanted are compared, and by us: git would run the filters that a repository configures.
    """
    if repository.head is None:
        raise GitError("there is no commit yet", help_text="without --since, what is staged is compared with nothing")
    git, blobs = repository.git, Blobs(repository.git)
    base = merge_base(git, resolve_commit(git, revision), repository.head) if not _is_nothing(revision) else None
    known = dict(list_entries(git, base)) if base else {}
    before = {path: entry for path, entry in known.items() if is_wanted(path)}
    paths = dict.fromkeys([*before, *(path for path, _ in list_entries(git, None) if is_wanted(path))])
    blobs.fetch(entry.oid for entry in before.values() if entry.is_file)
    tree = GitTree(repository, base or "", blobs, known, is_listed=True)
    change = Change(repository, blobs, DISK, (), is_explicit=True, no_base=base is None)
    touched = {
        path: Difference(path, before.get(path), _ON_DISK if _is_plain(change.absolute(path)) else None)
        for path in paths
        if not _is_same(before.get(path), change.absolute(path), blobs)
    }
    return change._replace(bases=(Base(tree, touched),))


def _is_nothing(revision: str) -> bool:
    """Return whether ``revision`` is the id of no object, as git and CI services write it."""
    return re.fullmatch(r"0{40}|0{64}", revision) is not None


def _is_same(before: Entry | None, path: str, blobs: Blobs) -> bool:
    if before is None or not before.is_file or not _is_plain(path):
        return False
    try:
        return DISK.read(path) == blobs.read(before.oid)
    except UnreadableFileError:
        return False


def _is_plain(path: str) -> bool:
    return os.path.isfile(path) and not os.path.islink(path)


def _everything(repository: Repository, tree: str | None) -> list[Difference]:
    return [Difference(path, None, entry) for path, entry in list_entries(repository.git, tree)]


def _base(repository: Repository, commit: str | None, touched: Iterable[Difference], blobs: Blobs) -> Base:
    by_path = {one.path: one for one in touched}
    known = {path: one.before for path, one in by_path.items()}
    # Where there is no commit there is nothing, and that is all known.
    return Base(GitTree(repository, commit or "", blobs, known, is_listed=commit is None), by_path)
