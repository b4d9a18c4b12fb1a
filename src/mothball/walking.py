"""Finding dependency files below a directory."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from mothball.files import is_inside
from mothball.formats.table import format_of
from mothball.git.ignored import by_repository, ignored, tracked
from mothball.records import NamedTuple

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


class Found(NamedTuple):
    """What lies below a directory: the absolute paths of its dependency files, and of those that git ignores."""

    files: list[str]
    ignored: list[str]


def find(directory: str, on_error: Callable[[OSError], None]) -> Found:
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
        for root, paths in by_repository([*found, *markers]).items():
            asked = paths if is_inside(root, top) else [*paths, top]
            ignored_here = ignored(asked, root)
            hidden |= ignored_here
            left = [path for path in paths if path.endswith(_ENVIRONMENT_FILE) and path not in ignored_here]
            waiting += map(os.path.dirname, tracked(left, root))
    if top in hidden:
        hidden.clear()
    return Found([path for path in files if path not in hidden], [path for path in files if path in hidden])


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


# `**/` takes whole directories only at the beginning of one.
_TOKENS = re.compile(r"\*\*+/?|.", re.DOTALL)


def is_excluded(relative: str, patterns: Sequence[str]) -> bool:
    """Return whether a path, relative and with forward slashes, matches one of the ``exclude`` patterns.

    ``*`` and ``?`` stay within one part of the path, ``**`` spans any number; a pattern that names a directory takes
    all below it. The time is linear in the path.
    """
    return any(_matches(relative, _compiled(pattern)) for pattern in patterns)


class _Pattern(NamedTuple):
    """A pattern as an automaton: bit n of each number stands for the state in which n characters of it are matched.

    Trying one way after the other, as ``re`` does, takes a power of the path's length. ``steps`` holds the states that
    a character leads on from, keyed by the character, ``any_steps`` those that all but ``/`` do. ``stays`` and
    ``slash_stays`` are those in which a star takes whatever comes: all but ``/``, and ``/``. ``skips`` are those that
    need no character. ``final`` is the last state.
    """

    steps: Mapping[str, int]
    any_steps: int
    stays: int
    slash_stays: int
    skips: int
    final: int


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> _Pattern:
    steps: dict[str, int] = {}
    any_steps = stays = slash_stays = skips = 0
    state = 1
    trimmed = pattern.removeprefix("./").rstrip("/")
    for piece in _TOKENS.findall(trimmed):
        if piece == "?":
            any_steps |= state
        elif piece[0] != "*":
            steps[piece] = steps.get(piece, 0) | state
        else:
            stays |= state
            slash_stays |= state if piece != "*" else 0
            if piece[-1] != "/":
                continue
            # Any number of whole directories: none at all, or up to and with a slash.
            skips |= state
            steps["/"] = steps.get("/", 0) | state
        state <<= 1
    return _Pattern(steps, any_steps, stays, slash_stays, skips, state)


def _matches(path: str, pattern: _Pattern) -> bool:
    states = _entered(1, pattern.skips)
    for character in path:
        if character == "/":
            if states & pattern.final:
                return True
            stepping, staying = pattern.steps.get("/", 0), pattern.slash_stays
        else:
            stepping, staying = pattern.steps.get(character, 0) | pattern.any_steps, pattern.stays
        stepped = (states & stepping) << 1
        states = (_entered(stepped, pattern.skips) if stepped & pattern.skips else stepped) | (states & staying)
        if not states:
            return False
    return bool(states & pattern.final)


def _entered(states: int, skips: int) -> int:
    """Return ``states`` and those that are reached from them without a character."""
    while (more := states | (states & skips) << 1) != states:
        states = more
    return states
