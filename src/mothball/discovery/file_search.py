"""Finding dependency files below a directory."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from mothball.formats.table import format_of
from mothball.model.records import NamedTuple
from mothball.repository.files import is_inside
from mothball.repository.git_ignored import group_by_repository, ignored_paths, tracked_paths

# Directories that hold other people's files: environments, caches, version control.
SKIPPED_DIRECTORIES = frozenset(
    {
        ".bzr", ".cache", ".eggs", ".git", ".hg", ".hypothesis", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache",
        ".svn", ".tox", "__pycache__", "__pypackages__", "node_modules", "site-packages",
    }
)  # fmt: skip

# os.walk calls itself for each level; no project is nearly as deep.
MAX_DEPTH = 200


_ENVIRONMENT_FILE = "pyvenv.cfg"


class FoundFiles(NamedTuple):
    """What lies below a directory: the absolute paths of its dependency files, and of those that git ignores."""

    files: list[str]
    ignored: list[str]


def find(directory: str, on_error: Callable[[OSError], None]) -> FoundFiles:
    """Return the dependency files below ``directory``, as ``walk`` finds them; what git ignores stands apart.

    Who names a directory that git ignores means it: then nothing stands apart. A directory with a ``pyvenv.cfg`` that
    git tracks is no environment but somebody's files, and is walked as well.
    """
    top = os.path.abspath(directory)
    files: list[str] = []
    hidden: set[str] = set()
    waiting = [top]
    while waiting:
        environments: list[str] = []
        found = list(walk(waiting.pop(), on_error, environments))
        files += found
        markers = [os.path.join(one, _ENVIRONMENT_FILE) for one in environments]
        for root, paths in group_by_repository([*found, *markers]).items():
            asked = paths if is_inside(root, top) else [*paths, top]
            ignored_here = ignored_paths(asked, root)
            hidden |= ignored_here
            left = [path for path in paths if path.endswith(_ENVIRONMENT_FILE) and path not in ignored_here]
            waiting += map(os.path.dirname, tracked_paths(left, root))
    if top in hidden:
        hidden.clear()
    return FoundFiles([path for path in files if path not in hidden], [path for path in files if path in hidden])


def walk(directory: str, on_error: Callable[[OSError], None], environments: list[str] | None = None) -> Iterator[str]:
    """Yield the absolute paths of all files below ``directory`` that are dependency files by their name, sorted.

    Links to directories are not followed; virtual environments, which are added to ``environments``, caches and version
    control are passed over. A directory that cannot be listed, or lies deeper than ``MAX_DEPTH``, is told to
    ``on_error``.
    """
    top = os.path.abspath(directory)
    for parent, directories, names in os.walk(top, onerror=on_error):
        if directories and parent.count(os.sep) - top.count(os.sep) >= MAX_DEPTH:
            on_error(OSError(errno.ENAMETOOLONG, f"it holds more than {MAX_DEPTH} levels of directories", parent))
            directories.clear()
        inside = sorted(name for name in directories if name not in SKIPPED_DIRECTORIES)
        theirs = {name for name in inside if os.path.lexists(os.path.join(parent, name, _ENVIRONMENT_FILE))}
        directories[:] = [name for name in inside if name not in theirs]
        if environments is not None:
            environments += (os.path.join(parent, name) for name in theirs)
        for name in sorted(names):
            path = os.path.join(parent, name)
            if format_of(path) is not None:
                yield path


# `**/` at the beginning of a segment matches any number of segments. Any other `**` matches these and what `*` matches:
# one star is left in the text after it.
_DOUBLE_STAR = re.compile(r"(?<![^/])\*\*+/|\*+(?=\*)")


def is_excluded(relative: str, patterns: Sequence[str]) -> bool:
    """Return whether a path, relative and with forward slashes, matches one of the ``exclude`` patterns.

    ``*`` and ``?`` stay within one part of the path, ``**`` spans any number; a pattern that names a directory takes
    all below it. The time is linear in the path.
    """
    return any(_compiled(pattern).match(f"{relative}/") for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Translate a pattern to a regular expression for paths with a slash at their end.

    The text between two ``**``, and between two ``*`` of a segment, is matched where it ends first, in an atomic group:
    any later end leaves less of the path to the rest of the pattern and need not be tried.
    """
    blocks = _DOUBLE_STAR.split(pattern.removeprefix("./").rstrip("/"))
    blocks[-1] += "/"
    return re.compile("(?>" + ")(?>(?:[^/]*+/)*?".join(map(_translated, blocks)) + ")")


def _translated(block: str) -> str:
    """Translate the text between two ``**``: whole segments, then one that may end within a segment of the path."""
    *whole, last = block.split("/")
    return "/".join([*(_segment(text, ends=True) for text in whole), _segment(last, ends=False)])


def _segment(text: str, *, ends: bool) -> str:
    chunks = ["[^/]".join(map(re.escape, chunk.split("?"))) for chunk in text.split("*")]
    tail = f"[^/]*{chunks.pop()}" if ends and len(chunks) > 1 else ""
    return chunks[0] + "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:]) + tail
