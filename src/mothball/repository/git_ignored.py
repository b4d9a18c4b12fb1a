"""What git ignores, and what it tracks: asked about a few paths at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from mothball.model.errors import GitError
from mothball.repository.git_run import Git


def ignored_paths(paths: Sequence[str], root: str) -> frozenset[str]:
    """Return those of ``paths``, absolute and below the repository's ``root``, that git ignores.

    What git tracks is never ignored. Where git is missing or has nothing to say, nothing is.
    """
    if not paths:
        return frozenset()
    # A path that begins with a dot is never taken for one of git's own patterns, and git answers as it was asked.
    asked = b"".join(b"./" + os.fsencode(path) + b"\0" for path in _relative(paths, root))
    return _answered(root, "check-ignore", "-z", "--stdin", stdin=asked)


def tracked_paths(paths: Sequence[str], root: str) -> frozenset[str]:
    """Return those of ``paths``, absolute and below the repository's ``root``, that git tracks; none without git."""
    if not paths:
        return frozenset()
    return _answered(root, "--literal-pathspecs", "ls-files", "-z", "--", *_relative(paths, root))


def _relative(paths: Sequence[str], root: str) -> list[str]:
    return [os.path.relpath(path, root).replace(os.sep, "/") for path in paths]


def _answered(root: str, *arguments: str, stdin: bytes = b"") -> frozenset[str]:
    try:
        done = Git(root).run(*arguments, stdin=stdin)
    except GitError:
        return frozenset()
    names = frozenset(done.stdout.split(b"\0")) - {b""}
    return frozenset(os.path.normpath(os.path.join(root, os.fsdecode(name))) for name in names)


def group_by_repository(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return ``paths``, absolute, by the root of the repository that each lies in; those outside any are left out."""
    roots: dict[str, str | None] = {}
    sorted_out: dict[str, list[str]] = {}
    for path in paths:
        root = _root_of(os.path.dirname(path), roots)
        if root is not None:
            sorted_out.setdefault(root, []).append(path)
    return sorted_out


def _root_of(directory: str, known: dict[str, str | None]) -> str | None:
    """Return the nearest directory from ``directory`` upward that holds ``.git``; ``known`` is what was seen before."""
    passed = []
    while directory not in known:
        passed.append(directory)
        parent = os.path.dirname(directory)
        if os.path.lexists(os.path.join(directory, ".git")):
            known[directory] = directory
        elif parent == directory:
            known[directory] = None
        else:
            directory = parent
    known.update(dict.fromkeys(passed, known[directory]))
    return known[directory]
