"""Determine the base trees, the target tree and the touched paths of a change."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping

from mothball.formats.names import has_dependency_name
from mothball.model.errors import GitError, UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.repository.files import DISK, Tree, working_tree
from mothball.repository.git_repository import (
    Difference,
    Entry,
    Listing,
    Repository,
    diff_trees,
    merge_base,
    resolve_commit,
    sparse_paths,
)
from mothball.repository.git_tree import Blobs, GitTree
from mothball.repository.paths import upward

# The entries of a file, and of a link that leads nowhere, in the working tree, which have no object ID.
_ON_DISK = Entry("100644", "")
_LINK_ON_DISK = Entry("120000", "")
# The object ID that git and CI services use for a missing commit.
_SHA1_LENGTH = 40
NULL_ID = "0" * _SHA1_LENGTH


class Base(NamedTuple):
    """A base tree of the change, and its differences to the target by relative path.

    The entry of a link is that of the file that it leads to (see ``_follow_links``). ``commit`` is None without a base.
    """

    tree: GitTree
    touched: dict[str, Difference]
    commit: str | None = None


class Change(NamedTuple):
    """A target tree and the base trees to compare it with.

    ``is_explicit`` is set if a base was named, or for a push; ``is_push`` for a push.
    """

    repository: Repository
    blobs: Blobs
    target: Tree
    bases: tuple[Base, ...]
    is_explicit: bool = False
    is_push: bool = False

    @property
    def no_base(self) -> bool:
        """Whether a base was named, or a push made, but there is no commit to compare with."""
        return self.is_explicit and self.bases[0].commit is None

    @property
    def is_first_push(self) -> bool:
        """Whether the change is a push to a remote without commits."""
        return self.is_push and self.no_base

    @property
    def revision(self) -> str | None:
        """The commit of the target tree, None for the index and the working tree."""
        return self.target.commit if isinstance(self.target, GitTree) else None

    def absolute(self, path: str) -> str:
        """Return the absolute path for a path relative to the root."""
        return self.repository.absolute(path)

    def touched_paths(self) -> set[str]:
        """Return the absolute paths of the files that the change touches, and of all directories above them."""
        touched: set[str] = set()
        for name in {name for base in self.bases for name in base.touched}:
            for path in upward(self.absolute(name), self.repository.root):
                if path in touched:
                    break
                touched.add(path)
        return touched

    def target_paths(self) -> list[str]:
        """Return the absolute paths of all tracked files of the target."""
        if isinstance(self.target, GitTree):
            return self.target.paths()
        tracked = map(self.absolute, Listing(self.repository.git, None).paths())
        return [path for path in tracked if os.path.isfile(path)]


def staged_change(repository: Repository) -> Change:
    """Return the change from all parents of the next commit to the index. Raises GitError."""
    return _change(repository, repository.parents or (None,), None)


def change_between(repository: Repository, start: str, end: str, *, is_push: bool = False) -> Change:
    """Return the change from the merge base of two revisions to ``end``. Raises GitError.

    ``start`` may be all zeros, which git and CI services use for a new branch. ``is_push`` is set for a push.
    """
    target = resolve_commit(repository.git, end)
    return _change(repository, (_merge_base(repository, start, target),), target, is_explicit=True, is_push=is_push)


def _merge_base(repository: Repository, revision: str, other: str) -> str | None:
    git = repository.git
    return None if is_null_id(revision) else merge_base(git, resolve_commit(git, revision), other)


def _change(
    repository: Repository,
    commits: Iterable[str | None],
    target_commit: str | None,
    *,
    is_explicit: bool = False,
    is_push: bool = False,
) -> Change:
    """Return the change from each of ``commits``, None for an empty tree, to another commit, None for the index."""
    blobs = Blobs(repository.git)
    differences = {commit: diff_trees(repository.git, commit, target_commit) for commit in commits}
    after = {path: difference.after for touched in differences.values() for path, difference in touched.items()}
    target = GitTree(repository, target_commit, blobs, after)
    bases = []
    for commit, touched in (_without_missing(differences, blobs) if len(differences) > 1 else differences).items():
        before = {path: difference.before for path, difference in touched.items()}
        tree = GitTree(repository, commit or "", blobs, before, others=target)
        bases.append(Base(tree, _follow_links(touched, tree, target, repository), commit))
    return Change(repository, blobs, target, tuple(bases), is_explicit, is_push)


def _without_missing(
    differences: Mapping[str | None, Mapping[str, Difference]], blobs: Blobs
) -> Mapping[str | None, Mapping[str, Difference]]:
    """Return the differences of a merge without the files that are as in one parent, and missing from another.

    A partial clone lacks them, since git merges such files without reading them. What they add was added in the first
    parent: the missing version could only excuse other additions.
    """

    def old_id(path: str, difference: Difference) -> str:
        is_as_in_a_parent = any(path not in touched for touched in differences.values())
        return difference.before.oid if difference.before and is_as_in_a_parent and has_dependency_name(path) else ""

    ids = {old_id(*item) for touched in differences.values() for item in touched.items()} - {""}
    blobs.fetch(ids)
    missing = {oid for oid in ids if oid not in blobs}
    if not missing:
        return differences
    return {
        commit: {path: difference for path, difference in touched.items() if old_id(path, difference) not in missing}
        for commit, touched in differences.items()
    }


def change_since(repository: Repository, revision: str, is_wanted: Callable[[str], bool]) -> Change:
    """Return the change from the merge base of ``revision`` and HEAD to the working tree. Raises GitError.

    Only paths for which ``is_wanted`` returns True are compared. Contents are compared without git, which would run
    the filters that a repository configures.
    """
    if repository.head is None:
        raise GitError("the repository has no commits", help_text="use --added: all staged files count as added")
    git, blobs = repository.git, Blobs(repository.git)
    base = _merge_base(repository, revision, repository.head)
    tree = GitTree(repository, base or "", blobs)
    tracked = {path: entry for path, entry in Listing(git, None).entries.items() if is_wanted(path)}
    paths = dict.fromkeys([*filter(is_wanted, tree.entries()), *tracked])
    target = working_tree(repository.root)
    touched, absent = {}, []
    for path in paths:
        absolute = repository.absolute(path)
        old, new = tree.entry(absolute), _entry_on_disk(absolute, target, repository.root)
        if new is None and path in tracked:
            absent.append(path)
        if not _is_same(old, new, absolute, target):
            touched[path] = Difference(old, new)
    if absent and not sparse_paths(git).isdisjoint(absent):
        _require_staged(repository, tracked)
        # The index has the files that the sparse checkout leaves out.
        return _change(repository, (base,), None, is_explicit=True)
    return Change(repository, blobs, target, (Base(tree, touched, base),), is_explicit=True)


def _require_staged(repository: Repository, tracked: Mapping[str, Entry]) -> None:
    """Raise GitError if one of the ``tracked`` files has unstaged changes."""
    for path, entry in tracked.items():
        absolute = repository.absolute(path)
        if entry.is_file and DISK.is_file(absolute) and not _is_same(entry, _ON_DISK, absolute, DISK):
            message = f"{one_line(path)} has unstaged changes: in a sparse checkout, --since compares the index"
            raise GitError(message, help_text=f"stage them: git add {one_line(path)}")


def is_null_id(revision: str) -> bool:
    """Return True if ``revision`` is all zeros, the id of a missing commit."""
    return re.fullmatch(r"0{40}|0{64}", revision) is not None


def _entry_on_disk(path: str, target: Tree, root: str) -> Entry | None:
    if target.leads_outside(path, root):
        return _LINK_ON_DISK
    return _ON_DISK if target.is_file(path) else None


def _is_same(before: Entry | None, after: Entry | None, path: str, target: Tree) -> bool:
    """Return True if the content of the file at ``path`` is that of ``before``; of a link, the target as written."""
    if before is None or after is None:
        return before is after
    if before.mode[:2] != after.mode[:2]:
        return False
    try:
        if after.is_file:
            data = target.read(path)
        else:
            # Without symbolic links, git writes the target of a link to a text file.
            data = os.fsencode(os.readlink(path)) if os.path.islink(path) else DISK.read(path)
    except (OSError, UnreadableFileError):
        return False
    return _blob_id(data, len(before.oid)) == before.oid


def _blob_id(data: bytes, length: int) -> str:
    """Return the git object ID, of ``length`` digits, of a file with the content ``data``."""
    import hashlib  # noqa: PLC0415 - for --since only

    algorithm = hashlib.sha256 if length > _SHA1_LENGTH else hashlib.sha1
    return algorithm(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def _follow_links(
    touched: Mapping[str, Difference], base: GitTree, target: GitTree, repository: Repository
) -> dict[str, Difference]:
    """Return ``touched``, the differences of two trees by path, with the entries of the files that links lead to.

    A link to a directory has no entry, and a link that leads nowhere its own. An unchanged link is added if the path
    that it leads through changes, and if it has the name of a dependency file. Raises GitError.
    """
    changed = [
        path
        for path, (before, after) in touched.items()
        if (before is not None and before.is_link) or (after is not None and after.is_link)
    ]
    unchanged = [path for path in target.links() if path not in touched and has_dependency_name(path)]
    target.read_links(unchanged)
    touched_paths = set(map(repository.absolute, touched)) if unchanged else set()
    affected = [path for path in unchanged if not touched_paths.isdisjoint(target.followed(repository.absolute(path)))]
    followed = dict(touched)
    for path in (*changed, *affected):
        absolute = repository.absolute(path)
        followed[path] = Difference(base.entry(absolute), target.entry(absolute))
    return followed
