"""Find dependency files below a directory and a file of a similar name, and match ``exclude`` patterns."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence

from mothball.formats.names import (
    HEADER_LIMIT,
    format_of,
    has_generator_header,
    may_be_dependency_file,
    may_be_included,
)
from mothball.model.errors import closest
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.files import Tree
from mothball.repository.git_repository import group_by_repository, ignored_paths, tracked_paths
from mothball.repository.paths import is_inside

IsConfigured = Callable[[str], bool]

# Directories of tools: environments, caches, version control.
SKIPPED_DIRECTORIES = frozenset(
    {
        ".bzr", ".eggs", ".git", ".hg", ".hypothesis", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn",
        ".tox", "__pycache__",
    }
)  # fmt: skip

# Directories of third-party files. A repository may contain them, so they are listed.
THIRD_PARTY_DIRECTORIES = frozenset({".cache", "__pypackages__", "node_modules", "site-packages"})

# Directories of build output, unless git tracks files in them.
OUTPUT_DIRECTORIES = frozenset({"build", "dist"})

# A limit, as os.walk recurses for each level; no project is nearly as deep.
MAX_DEPTH = 200
_ENVIRONMENT_FILE = "pyvenv.cfg"


class FoundFiles(NamedTuple):
    """The absolute paths of the dependency files below a directory; those that git ignores are separate.

    ``left_out`` are directories that were not searched, with the reason: of other repositories, and of build output.
    ``third_party`` are those with third-party files: virtual environments, and ``THIRD_PARTY_DIRECTORIES``.
    """

    files: list[str]
    ignored: list[str]
    left_out: dict[str, str]
    third_party: dict[str, str]


class Unsearched(NamedTuple):
    """Directories that ``walk`` does not search: environments, build output, repositories and third-party files."""

    environments: list[str]
    outputs: list[str]
    repositories: list[str]
    third_party: list[str]


def find_dependency_files(
    directory: str,
    on_error: Callable[[OSError], None],
    repository: str = "",
    configured_in: Callable[[str], IsConfigured | None] | None = None,
) -> FoundFiles:
    """Return the dependency files below ``directory`` as found by ``walk``, split by whether git ignores them.

    ``repository`` is the root of the repository, see ``format_of``. ``configured_in`` is described in ``walk``.
    If git ignores ``directory`` itself, no file counts as ignored: the user named it explicitly. A directory with a
    ``pyvenv.cfg`` that git tracks is not treated as a virtual environment, and is searched as well, and so is a
    directory of build output with files that git tracks. Submodules and other repositories inside a repository are not
    searched.
    """
    top = os.path.abspath(directory)
    files: list[str] = []
    ignored: set[str] = set()
    left_out: dict[str, str] = {}
    third_party: dict[str, str] = {}
    pending = [top]
    while pending:
        unsearched = environments, outputs, repositories, others = Unsearched([], [], [], [])
        found = list(walk(pending.pop(), on_error, unsearched, repository, configured_in))
        files += found
        left_out_here = _nested_repositories(repositories) | _untracked(outputs)
        left_out |= left_out_here
        pending += (path for path in (*repositories, *outputs) if path not in left_out_here)
        markers = [os.path.join(environment, _ENVIRONMENT_FILE) for environment in environments]
        for root, paths in group_by_repository([*found, *markers]).items():
            ignored_here = ignored_paths(paths if is_inside(root, top) else [*paths, top], root)
            ignored |= ignored_here
            not_ignored = [path for path in paths if path.endswith(_ENVIRONMENT_FILE) and path not in ignored_here]
            pending += map(os.path.dirname, tracked_paths(not_ignored, root))
        third_party |= dict.fromkeys(others, "third-party files")
        third_party |= dict.fromkeys((path for path in environments if path not in pending), "virtual environment")
    if top in ignored:
        ignored.clear()
    found_files = [path for path in files if path not in ignored]
    return FoundFiles(found_files, [path for path in files if path in ignored], left_out, third_party)


def _nested_repositories(paths: Sequence[str]) -> dict[str, str]:
    """Return those of ``paths``, roots of repositories, that are submodules or lie in another repository.

    They are mapped to the reason for not searching them. A repository in which the outer one tracks files is searched.
    """
    nested = {}
    for outer, inner in group_by_repository(paths).items():
        tracked = tracked_paths(inner, outer)
        for path in inner:
            if path in tracked:
                nested[path] = "submodule"
            elif not any(is_inside(each, path) for each in tracked):
                nested[path] = "another repository or worktree"
    return nested


def _untracked(outputs: Sequence[str]) -> dict[str, str]:
    """Return the directories of build output in which git tracks no file, with the reason to leave them out."""
    used = {
        path
        for root, paths in group_by_repository(outputs).items()
        if (tracked := tracked_paths(paths, root))
        for path in paths
        if any(is_inside(each, path) for each in tracked)
    }
    return {path: "build output" for path in outputs if path not in used}


def walk(
    directory: str,
    on_error: Callable[[OSError], None],
    unsearched: Unsearched | None = None,
    repository: str = "",
    configured_in: Callable[[str], IsConfigured | None] | None = None,
) -> Iterator[str]:
    """Yield the absolute paths of all dependency files below ``directory``, sorted.

    These are known by their name, by the header of the tool that generated them, or by the configuration:
    ``configured_in`` returns for a directory with a configuration whether a path below it is configured, None if none
    is. Links to directories are not followed. Caches and version control are not searched, nor virtual environments,
    build output, roots of other repositories and third-party files, which are added to ``unsearched``. ``on_error`` is
    called for directories that cannot be listed or are nested deeper than ``MAX_DEPTH``. ``repository`` is the root of
    the repository, see ``format_of``.
    """
    top = os.path.abspath(directory)
    unsearched = unsearched or Unsearched([], [], [], [])
    configured: dict[str, IsConfigured | None] = {}
    for parent, directories, names in os.walk(top, onerror=on_error):
        if directories and parent.count(os.sep) - top.count(os.sep) >= MAX_DEPTH:
            on_error(OSError(errno.ENAMETOOLONG, f"more than {MAX_DEPTH} nested directories", parent))
            directories.clear()
        directories[:] = _searched(parent, directories, unsearched)
        is_configured = configured.get(os.path.dirname(parent))
        if configured_in and (parent == top or MOTHBALL_TOML in names or PYPROJECT_TOML in names):
            is_configured = configured_in(parent)
        configured[parent] = is_configured
        for name in sorted(names):
            path = os.path.join(parent, name)
            if (
                format_of(path, repository) is not None
                or (is_configured and is_configured(path))
                or (may_be_included(name) and _is_generated(path))
            ):
                yield path


def _searched(parent: str, names: Sequence[str], unsearched: Unsearched) -> list[str]:
    """Return the sorted ``names`` of directories in ``parent`` to search; add others to ``unsearched``."""
    searched = []
    for name in sorted(name for name in names if name not in SKIPPED_DIRECTORIES):
        path = os.path.join(parent, name)
        if os.path.lexists(os.path.join(path, _ENVIRONMENT_FILE)):
            unsearched.environments.append(path)
        elif os.path.lexists(os.path.join(path, ".git")) and not os.path.islink(path):
            unsearched.repositories.append(path)
        elif name in OUTPUT_DIRECTORIES:
            unsearched.outputs.append(path)
        elif name in THIRD_PARTY_DIRECTORIES:
            unsearched.third_party.append(path)
        else:
            searched.append(name)
    return searched


def _is_generated(path: str) -> bool:
    """Return True if the regular file at ``path`` begins with the header of a tool that generates requirements."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, "rb") as file:
            return has_generator_header(file.read(HEADER_LIMIT).decode("latin-1"))
    except OSError:
        return False


# Comparing takes time for each name.
_MAX_NAMES = 2000


def similar_path(path: str, tree: Tree) -> str:
    """Return an existing path that ``path`` is a misspelling of in one of its parts, empty if there is none."""
    parent, rest = os.path.split(os.path.normpath(path))
    below: list[str] = []
    while parent and not tree.is_directory(os.path.abspath(parent)):
        if not rest:
            return ""
        below.insert(0, rest)
        parent, rest = os.path.split(parent)
    names = sorted(tree.names_in(os.path.abspath(parent)))[:_MAX_NAMES]
    # A file that is checked is a better suggestion than one that is merely similar.
    known = tuple(name for name in names if below or may_be_dependency_file(os.path.join(parent, name)))
    match = closest(rest, known) or closest(rest, tuple(names))
    found = os.path.join(parent, match, *below) if match else ""
    return found.replace(os.sep, "/") if found and tree.exists(os.path.abspath(found)) else ""
