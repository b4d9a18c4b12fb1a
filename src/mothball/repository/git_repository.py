"""Query a git repository: its root, commits, merge bases, ignored files, listings and differences of trees."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property

from mothball.formats.names import may_be_dependency_file
from mothball.model.errors import GitError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.repository.git_process import COMPARED, LISTED, MAX_OUTPUT, Git, ProcessResult, lines_of_links
from mothball.repository.paths import decoded, repository_root, upward

_FULL_ID = r"[0-9a-f]{40}|[0-9a-f]{64}"
# Variables that override where git finds the repository.
_LOCATION_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
)
# Settings that change the location of the working tree or the storage of references.
_UNUSUAL = (b"worktree", b"include", b"bare = true", b"refstorage")
_MAX_FILE = 256 * 1024
_MISSING_OBJECTS_HELP = "run `git fsck` to find damaged objects; in a partial clone, fetch the missing objects first"
_DUBIOUS = "dubious ownership"


class Entry(NamedTuple):
    """An entry of a tree: its mode in octal digits, and the object ID."""

    mode: str
    oid: str

    @property
    def is_file(self) -> bool:
        """Whether the entry is a regular file."""
        return self.mode.startswith("100")

    @property
    def is_link(self) -> bool:
        """Whether the entry is a symbolic link."""
        return self.mode == "120000"


class Difference(NamedTuple):
    """The entry of each of two trees at a path at which they differ, None for a missing one."""

    before: Entry | None
    after: Entry | None


class Repository(NamedTuple):
    """A repository with a working tree.

    ``root`` is an absolute path. ``head`` is the commit of HEAD, None before the first commit. ``merged`` are the other
    parents of the next commit, during a merge.
    """

    root: str
    git: Git
    head: str | None
    merged: tuple[str, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The parents of the next commit: none, one, or several during a merge."""
        return (self.head, *self.merged) if self.head else ()

    def absolute(self, path: str) -> str:
        """Return the absolute path for a path relative to the root."""
        return os.path.join(self.root, path.replace("/", os.sep))


def open_repository(directory: str) -> Repository:
    """Return the repository that contains the absolute ``directory``.

    Raises GitError if there is none, or it has no working tree.
    """
    repository = _read_repository(directory)
    if repository is not None:
        return repository
    result = Git(directory).run("rev-parse", "--show-toplevel", "--git-path", "MERGE_HEAD", "--revs-only", "HEAD")
    lines = _output_lines(result, directory)
    # The root may contain newlines, so the other values are taken from the end.
    head = lines[-1] if re.fullmatch(_FULL_ID, lines[-1]) else None
    merge_path = lines[-2] if head else lines[-1]
    root = os.path.normpath("\n".join(lines[: -2 if head else -1]))
    git = Git(root)
    return Repository(root, git, head, _merged(git, os.path.join(directory, merge_path), head))


def _read_repository(directory: str) -> Repository | None:
    """Read the state of the repository around ``directory`` from its files, None if git must be run instead.

    This works for nearly every repository, and saves the process start of git.
    """
    if any(name in os.environ for name in _LOCATION_VARIABLES):
        return None
    root = repository_root(directory)
    git_directory = os.path.join(root, ".git")
    if os.path.islink(git_directory) or not os.path.isdir(git_directory):
        return None
    config, head_file = _small_file(git_directory, "config").lower(), _small_file(git_directory, "HEAD")
    branch = re.fullmatch(rb"ref: (refs/heads/[A-Za-z0-9/_-]+)\n", head_file)
    if not config or branch is None or any(setting in config for setting in _UNUSUAL):
        return None
    head = _reference(git_directory, branch[1].decode("ascii"))
    git = Git(root)
    return Repository(root, git, head, _merged(git, os.path.join(git_directory, "MERGE_HEAD"), head)) if head else None


def _reference(git_directory: str, name: str) -> str | None:
    """Return the object ID of a loose or packed reference."""
    loose = _small_file(git_directory, name).removesuffix(b"\n").decode("ascii", "replace")
    if re.fullmatch(_FULL_ID, loose):
        return loose
    packed_refs = _small_file(git_directory, "packed-refs").decode("ascii", "replace")
    packed = re.search(rf"(?m)^({_FULL_ID}) {name}$", packed_refs)
    return packed[1] if packed and not loose else None


def _small_file(directory: str, name: str) -> bytes:
    """Return the content of a file in the git directory, empty if it is missing or unusually large."""
    try:
        with open(os.path.join(directory, name), "rb") as file:
            data = file.read(_MAX_FILE)
    except OSError:
        return b""
    return data if len(data) < _MAX_FILE else b""


def _output_lines(result: ProcessResult, directory: str) -> list[str]:
    if result.returncode == 0:
        return decoded(result.stdout).removesuffix("\n").split("\n")
    detail = _error_text(result)
    if _DUBIOUS in detail:
        raise _owned_by_another_user(directory)
    help_text = "run it inside a working tree; only a full check (`mothball check`) works without one"
    raise GitError("no git working tree", detail=detail, help_text=help_text)


def _owned_by_another_user(directory: str) -> GitError:
    import shlex  # noqa: PLC0415 - rarely needed

    help_text = f"if you trust it: git config --global --add safe.directory {shlex.quote(directory)}"
    return GitError("the repository belongs to another user, so git refuses to read it", help_text=help_text)


def _merged(git: Git, merge_head: str, head: str | None) -> tuple[str, ...]:
    """Return the commits that are being merged.

    After a conflict, or with --no-commit, MERGE_HEAD lists them; in the hook of a clean merge, the names of GITHEAD_ID
    variables do.
    """
    try:
        with open(merge_head, encoding="ascii", errors="replace") as file:
            candidates = file.read().split()
    except OSError:
        candidates = sorted(key.removeprefix("GITHEAD_") for key in os.environ if key.startswith("GITHEAD_"))
    ids = [oid for oid in dict.fromkeys(candidates) if re.fullmatch(_FULL_ID, oid) and oid != head]
    return tuple(resolve_commit(git, oid) for oid in ids)


def resolve_commit(git: Git, revision: str) -> str:
    """Return the id of the commit that ``revision`` names. Raises GitError if there is none."""
    # git would parse a leading dash as an option; no revision starts with one.
    is_name = bool(revision) and not revision.startswith("-")
    result = git.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") if is_name else None
    oid = result.stdout.decode("ascii", "replace").strip() if result and result.returncode == 0 else ""
    if not re.fullmatch(_FULL_ID, oid):
        raise GitError(f"no such commit: {revision or '(empty name)'}", help_text=_fetch_help(git, revision))
    return oid


def merge_base(git: Git, first: str, second: str) -> str | None:
    """Return the merge base of two commit ids, None if they have no common ancestor.

    Raises GitError if it cannot be determined, as the clone is shallow.
    """
    result = git.run("merge-base", first, second)
    ids = result.stdout.decode("ascii", "replace").split()
    if result.returncode == 0 and ids:
        return ids[0]
    cause = f"cannot find the merge base of {first[:12]} and {second[:12]}"
    if is_shallow(git):
        raise GitError(f"{cause}: this clone is shallow", detail=_error_text(result), help_text=_fetch_help(git))
    if result.returncode != 1:
        raise GitError(cause, detail=_error_text(result), help_text=_MISSING_OBJECTS_HELP)
    return None


def _fetch_help(git: Git, revision: str = "") -> str:
    """Return the command that gets the commits that this clone lacks, or ``revision`` if it is a remote branch.

    A clone may be shallow, and may have been made for a single branch: `git fetch` alone does not get others then.
    """
    import shlex  # noqa: PLC0415 - for errors only

    shallow = is_shallow(git)
    remotes = decoded(git.run("remote").stdout).split("\n")[:-1]
    remote = max((each for each in remotes if revision.startswith(f"{each}/")), key=len, default="")
    branch = revision.removeprefix(f"{remote}/") if remote else "*"
    remote = remote or ("origin" if "origin" in remotes else next(iter(remotes), ""))
    if not remote:
        return "this repository has no remote: name a local branch (`git branch`) or a commit (`git log`)"
    if not shallow and branch == "*":
        return "see `git log` for commits; name a remote branch as origin/NAME"
    options = ["--unshallow"] if shallow else []
    command = shlex.join(
        ["git", "fetch", *options, remote, one_line(f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}")]
    )
    in_ci = "; in CI, set the fetch depth of the checkout to 0" if shallow else ""
    return f"fetch it: `{command}`{in_ci}"


def is_shallow(git: Git) -> bool:
    """Return True if the repository is a shallow clone."""
    return git.run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def diff_trees(git: Git, base: str | None, target: str | None) -> dict[str, Difference]:
    """Return the differences between the trees of two commit ids, by path relative to the root.

    A ``base`` of None is an empty tree, a ``target`` of None the index. Raises GitError if a tree is missing, or the
    index contains a conflict in a file that may be a dependency file.
    """
    if base is None:
        return {path: Difference(None, entry) for path, entry in Listing(git, target).entries.items()}
    command = ("diff-tree", "-r", *COMPARED, base, target) if target else ("diff-index", "--cached", *COMPARED, base)
    fields = _split_nul(run_checked(git, *command, "--"))
    return dict(_difference(header, next(fields, b"")) for header in fields)


def _difference(header: bytes, path: bytes) -> tuple[str, Difference]:
    fields = header.decode("ascii", "replace").removeprefix(":").split(" ")
    name = decoded(path)
    if len(fields) != 5 or not path:
        raise GitError("unexpected output of git", detail=repr(header))
    old_mode, new_mode, old, new, status = fields
    if status == "U" and may_be_dependency_file(name):
        help_text = "resolve the conflict, and run `git add` on the file"
        raise GitError(f"unresolved merge conflict in {name}", help_text=help_text)
    return name, Difference(_entry(old_mode, old), _entry(new_mode, new))


def _entry(mode: str, oid: str) -> Entry | None:
    return Entry(mode, oid) if mode.strip("0") else None


def commit_time(git: Git, commit: str) -> float | None:
    """Return the time of ``commit``, an object ID, as Unix time in seconds, None if git does not show one."""
    output = run_checked(git, "rev-list", "--max-count=1", "--timestamp", commit, "--").split()
    return float(output[0]) if output and output[0].isdigit() else None


def sparse_paths(git: Git) -> set[str]:
    """Return the paths in the index that a sparse checkout leaves out, relative to the root. Raises GitError."""
    lines = _split_nul(run_checked(git, "ls-files", "-t", "-z"))
    # The tag of an entry with the bit "skip-worktree" is S (git-ls-files, "-t").
    return {decoded(line[2:]) for line in lines if line.startswith(b"S ")}


class Listing:
    """git's listing of the tree of a commit, or of the index. Paths are relative to the root.

    Parsing an entry takes several times as long as finding it, and most runs need few of them.
    """

    def __init__(self, git: Git, tree: str | None) -> None:
        """List the tree of the commit ``tree``, the index if it is None. Raises GitError."""
        command = LISTED if tree is None else ("ls-tree", "-r", "-z", "--full-tree", tree)
        self._output = run_checked(git, *command, "--")
        self._is_index = tree is None

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """All entries, by path."""
        return dict(map(self._entry, _split_nul(self._output)))

    def links(self) -> dict[str, Entry]:
        """Return the entries of the symbolic links, by path."""
        return dict(map(self._entry, lines_of_links(self._output)))

    def paths(self) -> Iterator[str]:
        """Yield all paths."""
        return (decoded(line.partition(b"\t")[2]) for line in _split_nul(self._output))

    def find(self, path: str) -> Entry | None:
        """Return the entry of ``path``, None if there is none.

        The index is sorted by the bytes of the path (gitformat-index, "Index entry"), so that few lines are compared.
        Nothing sorts the trees of a hostile commit.
        """
        if not self._is_index:
            return self.entries.get(path)
        output, sought = self._output, os.fsencode(path)
        start, end = 0, len(output)
        while start < end:
            line_start = output.rfind(b"\0", start, (start + end) // 2) + 1 or start
            line_end = output.index(b"\0", line_start)
            line = output[line_start:line_end]
            found = line.partition(b"\t")[2]
            if found == sought:
                return self._entry(line)[1]
            start, end = (line_end + 1, end) if found < sought else (start, line_start)
        return None

    def _entry(self, line: bytes) -> tuple[str, Entry]:
        header, _, path = line.partition(b"\t")
        first, second, third = header.decode("ascii", "replace").split(" ")
        # `MODE ID STAGE` for the index, `MODE TYPE ID` for a tree.
        return decoded(path), Entry(first, second if self._is_index else third)


def run_checked(git: Git, *arguments: str) -> bytes:
    """Run ``git ARGUMENTS`` and return its output. Raises GitError if it fails or the output is too large."""
    result = git.run(*arguments)
    if result.truncated:
        raise GitError(f"more than {MAX_OUTPUT // 1024**2} MiB of output from git", detail=f"git {arguments[0]}")
    if result.returncode != 0:
        if _DUBIOUS in _error_text(result):
            raise _owned_by_another_user(git.directory)
        help_text = _fetch_help(git) if is_shallow(git) else _MISSING_OBJECTS_HELP
        raise GitError("git cannot read the compared trees", detail=_error_text(result), help_text=help_text)
    return result.stdout


def _split_nul(output: bytes) -> Iterator[bytes]:
    return iter(output.removesuffix(b"\0").split(b"\0") if output else ())


def _error_text(result: ProcessResult) -> str:
    return decoded(result.stderr).strip().removeprefix("fatal: ")


def ignored_paths(paths: Sequence[str], root: str) -> frozenset[str]:
    """Return those of ``paths``, absolute and below the repository's ``root``, that git ignores.

    Tracked files are never ignored. The result is empty if git is missing or fails.
    """
    if not paths:
        return frozenset()
    # The leading "./" keeps git from interpreting a path as a pathspec; git prints paths as they were given.
    stdin = b"".join(b"./" + os.fsencode(path) + b"\0" for path in _relative(paths, root))
    return _matching_paths(root, "check-ignore", "-z", "--stdin", stdin=stdin)


def tracked_paths(paths: Sequence[str], root: str) -> frozenset[str]:
    """Return those of ``paths``, absolute and below the repository's ``root``, that git tracks; none if git fails."""
    if not paths:
        return frozenset()
    return _matching_paths(root, "--literal-pathspecs", "ls-files", "-z", "--", *_relative(paths, root))


def _relative(paths: Sequence[str], root: str) -> list[str]:
    return [os.path.relpath(path, root).replace(os.sep, "/") for path in paths]


def _matching_paths(root: str, *arguments: str, stdin: bytes = b"") -> frozenset[str]:
    try:
        result = Git(root).run(*arguments, stdin=stdin)
    except GitError:
        return frozenset()
    names = frozenset(result.stdout.split(b"\0")) - {b""}
    return frozenset(os.path.normpath(os.path.join(root, decoded(name))) for name in names)


def group_by_repository(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return absolute ``paths`` by the root of their repository, without those outside any repository."""
    has_git = cache(lambda directory: os.path.lexists(os.path.join(directory, ".git")))
    root_of = cache(lambda directory: next(filter(has_git, upward(directory)), None))
    groups: dict[str, list[str]] = {}
    for path in paths:
        root = root_of(os.path.dirname(path))
        if root is not None:
            groups.setdefault(root, []).append(path)
    return groups
