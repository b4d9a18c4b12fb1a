"""What git knows of a repository: its root, its commits, and what differs between two of its trees."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from mothball.formats.names import may_be_dependency_file
from mothball.model.errors import GitError
from mothball.model.records import NamedTuple
from mothball.repository.git_process import COMPARED, ProcessResult
from mothball.repository.git_run import MAX_OUTPUT, Git
from mothball.repository.paths import repository_root

_FULL_ID = r"[0-9a-f]{40}|[0-9a-f]{64}"
_DEEPEN = "fetch the history first: `git fetch --unshallow`; in CI, let the checkout fetch all of it (depth 0)"
# What tells git where a repository is, other than its place.
_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
# What a configuration may say that changes where a working tree is, or how references are kept.
_UNUSUAL = (b"worktree", b"include", b"bare = true", b"refstorage")
_MAX_FILE = 256 * 1024
_LACKING = "`git fsck` tells what is damaged; what a partial clone lacks must be fetched first"
_DUBIOUS = "dubious ownership"


class Entry(NamedTuple):
    """What a tree holds at a path: the mode in git's octal digits, and the id of the object."""

    mode: str
    oid: str

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode.startswith("100")

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == "120000"


class Difference(NamedTuple):
    """A path, relative to the root, at which two trees differ; None where a tree holds nothing there."""

    path: str
    before: Entry | None
    after: Entry | None


class Repository(NamedTuple):
    """A repository with a working tree: its absolute root, and its git.

    ``head`` is the commit that HEAD stands for, None before the first one. ``merged`` are the other parents that a
    commit would have now.
    """

    root: str
    git: Git
    head: str | None
    merged: tuple[str, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The commits that a commit would follow: none, one, or those of a merge."""
        return (self.head, *self.merged) if self.head else ()


def open_repository(directory: str) -> Repository:
    """Return the repository around ``directory``, an absolute path. Raises GitError where there is none to work in."""
    known = _plain_repository(directory)
    if known is not None:
        return known
    git = Git(directory)
    said = _told(git.run("rev-parse", "--show-toplevel", "--git-path", "MERGE_HEAD", "--revs-only", "HEAD"), directory)
    # A root may hold a line end; what follows it may not.
    head = said[-1] if re.fullmatch(_FULL_ID, said[-1]) else None
    merge_path = said[-2] if head else said[-1]
    root = os.path.normpath("\n".join(said[: -2 if head else -1]))
    inside = Git(root)
    return Repository(root, inside, head, _merged(inside, os.path.join(directory, merge_path), head))


def _plain_repository(directory: str) -> Repository | None:
    """Return the repository around ``directory`` where a few files tell all of it, None where git must be asked.

    That is so in nearly every repository, and asking costs a quarter of a bare interpreter start.
    """
    if any(name in os.environ for name in _PLACES):
        return None
    root = repository_root(directory)
    home = os.path.join(root, ".git")
    if os.path.islink(home) or not os.path.isdir(home):
        return None
    config, here = _small_file(home, "config").lower(), _small_file(home, "HEAD")
    branch = re.fullmatch(rb"ref: (refs/heads/[A-Za-z0-9/_-]+)\n", here)
    if not config or branch is None or any(word in config for word in _UNUSUAL):
        return None
    head = _reference(home, branch[1].decode("ascii"))
    git = Git(root)
    return Repository(root, git, head, _merged(git, os.path.join(home, "MERGE_HEAD"), head)) if head else None


def _reference(home: str, name: str) -> str | None:
    """Return the id that stands behind a reference, in a file of its own or packed with others."""
    loose = _small_file(home, name).removesuffix(b"\n").decode("ascii", "replace")
    if re.fullmatch(_FULL_ID, loose):
        return loose
    packed = re.search(rf"(?m)^({_FULL_ID}) {name}$", _small_file(home, "packed-refs").decode("ascii", "replace"))
    return packed[1] if packed and not loose else None


def _small_file(directory: str, name: str) -> bytes:
    """Return the content of a file of git's own, nothing for one that is not there or unusually large."""
    try:
        with open(os.path.join(directory, name), "rb") as file:
            data = file.read(_MAX_FILE)
    except OSError:
        return b""
    return data if len(data) < _MAX_FILE else b""


def _told(done: ProcessResult, directory: str) -> list[str]:
    if done.returncode == 0:
        return os.fsdecode(done.stdout).removesuffix("\n").split("\n")
    detail = _words(done)
    if _DUBIOUS in detail:
        raise _is_owned_by_another_user(directory)
    raise GitError("git finds no repository to work in", detail=detail, help_text="run it inside a working tree of git")


def _is_owned_by_another_user(directory: str) -> GitError:
    import shlex  # noqa: PLC0415 - once in a machine's life

    help_text = f"if you trust it: git config --global --add safe.directory {shlex.quote(directory)}"
    return GitError("the repository belongs to somebody else, and git refuses to read it", help_text=help_text)


def _merged(git: Git, merge_head: str, head: str | None) -> tuple[str, ...]:
    """Return the commits that are being merged.

    After a conflict, or with --no-commit, they stand in MERGE_HEAD; the hook of a clean merge has GITHEAD_ID variables.
    """
    try:
        with open(merge_head, encoding="ascii", errors="replace") as file:
            named = file.read().split()
    except OSError:
        named = sorted(key.removeprefix("GITHEAD_") for key in os.environ if key.startswith("GITHEAD_"))
    ids = [one for one in dict.fromkeys(named) if re.fullmatch(_FULL_ID, one) and one != head]
    return tuple(resolve_commit(git, one) for one in ids)


def resolve_commit(git: Git, revision: str) -> str:
    """Return the id of the commit that ``revision`` names. Raises GitError where there is none."""
    # What begins with a dash is an option to git; no revision does.
    is_name = bool(revision) and not revision.startswith("-")
    done = git.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") if is_name else None
    found = done.stdout.decode("ascii", "replace").strip() if done and done.returncode == 0 else ""
    if not re.fullmatch(_FULL_ID, found):
        help_text = _DEEPEN if is_shallow(git) else "`git log` shows what there is; a branch of a remote is origin/NAME"
        raise GitError(f"there is no commit {revision or '(empty name)'}", help_text=help_text)
    return found


def merge_base(git: Git, one: str, other: str) -> str | None:
    """Return the commit from which ``one`` and ``other``, commit ids, both come; None where they have none in common.

    Raises GitError where that cannot be known, as the history is cut off.
    """
    done = git.run("merge-base", one, other)
    found = done.stdout.decode("ascii", "replace").split()
    if done.returncode == 0 and found:
        return found[0]
    if is_shallow(git) or done.returncode != 1:
        cause = f"there is no telling from which commit {one[:12]} and {other[:12]} come: the history is cut off"
        raise GitError(cause, detail=_words(done), help_text=_DEEPEN)
    return None


def is_shallow(git: Git) -> bool:
    """Return whether the history of the repository is cut off somewhere."""
    return git.run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def diff_trees(git: Git, base: str, target: str | None) -> list[Difference]:
    """Return where the trees of ``base`` and ``target``, commit ids, differ; None is the index.

    Raises GitError where a tree is lacking, and where the index holds a conflict in a file that may matter.
    """
    compared = ("diff-tree", "-r", *COMPARED, base, target) if target else ("diff-index", "--cached", *COMPARED, base)
    words = _records(run_checked(git, *compared, "--"))
    return [_difference(header, next(words, b"")) for header in words]


def _difference(header: bytes, path: bytes) -> Difference:
    fields = header.decode("ascii", "replace").removeprefix(":").split(" ")
    name = os.fsdecode(path)
    if len(fields) != 5 or not path:
        raise GitError("git answers in a way that mothball does not understand", detail=repr(header))
    old_mode, new_mode, old, new, how = fields
    if how == "U" and may_be_dependency_file(name):
        help_text = "resolve the conflict, and `git add` the file"
        raise GitError(f"the index holds a conflict in {name}", help_text=help_text)
    return Difference(name, _entry(old_mode, old), _entry(new_mode, new))


def _entry(mode: str, oid: str) -> Entry | None:
    return Entry(mode, oid) if mode.strip("0") else None


def list_entries(git: Git, tree: str | None, paths: tuple[str, ...] = ()) -> Iterator[tuple[str, Entry]]:
    """Yield what the tree of the commit ``tree`` holds, at ``paths`` or everywhere; None is the index.

    Paths are relative to the root. Raises GitError.
    """
    if tree is None:
        lines = _records(run_checked(git, "--literal-pathspecs", "ls-files", "--stage", "-z", "--", *paths))
    else:
        lines = _records(
            run_checked(git, "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", tree, "--", *paths)
        )
    for line in lines:
        about, _, path = line.partition(b"\t")
        first, second, third = about.decode("ascii", "replace").split(" ")
        # `MODE ID STAGE` of an index, `MODE TYPE ID` of a tree.
        yield os.fsdecode(path), Entry(first, second if tree is None else third)


def run_checked(git: Git, *arguments: str) -> bytes:
    """Return what a git that must succeed says. Raises GitError."""
    done = git.run(*arguments)
    if done.truncated:
        raise GitError(f"git says more than {MAX_OUTPUT // 1024**2} MiB", detail=f"git {arguments[0]}")
    if done.returncode != 0:
        if _DUBIOUS in _words(done):
            raise _is_owned_by_another_user(git.directory)
        help_text = _DEEPEN if is_shallow(git) else _LACKING
        raise GitError("git cannot read what is compared", detail=_words(done), help_text=help_text)
    return done.stdout


def _records(out: bytes) -> Iterator[bytes]:
    return iter(out.removesuffix(b"\0").split(b"\0") if out else ())


def _words(done: ProcessResult) -> str:
    return os.fsdecode(done.stderr).strip().removeprefix("fatal: ")
