"""Query which of a few paths git ignores or tracks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from mothball.model.errors import GitError
from mothball.repository.git_process import Git
from mothball.repository.paths import decoded


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
    roots: dict[str, str | None] = {}
    groups: dict[str, list[str]] = {}
    for path in paths:
        root = _root_of(os.path.dirname(path), roots)
        if root is not None:
            groups.setdefault(root, []).append(path)
    return groups


def _root_of(directory: str, roots: dict[str, str | None]) -> str | None:
    """Return the nearest directory from ``directory`` upward that contains ``.git``; ``roots`` is a cache."""
    visited = []
    while directory not in roots:
        visited.append(directory)
        parent = os.path.dirname(directory)
        if os.path.lexists(os.path.join(directory, ".git")):
            roots[directory] = directory
        elif parent == directory:
            roots[directory] = None
        else:
            directory = parent
    roots.update(dict.fromkeys(visited, roots[directory]))
    return roots[directory]
