"""Paths as texts, and where a repository begins. Imports next to nothing (see ``start``)."""

from __future__ import annotations

import os


def repository_root(path: str, here: str | None = None) -> str:
    """Return the absolute directory beyond which nothing belongs to the same repository as ``path``.

    It is the nearest directory from ``path`` upward that holds ``.git``. Outside any repository it is ``here``, the
    working directory where None is given, for what lies below it, else the directory of ``path``.
    """
    start = path if os.path.isdir(path) else os.path.dirname(path)
    directory = os.path.abspath(start)
    while True:
        if os.path.lexists(os.path.join(directory, ".git")):
            return directory
        parent = os.path.dirname(directory)
        if parent == directory:
            break
        directory = parent
    here = os.getcwd() if here is None else here
    return here if is_inside(os.path.abspath(start), here) else os.path.abspath(start)


def is_inside(path: str, directory: str) -> bool:
    """Return whether ``path`` is ``directory`` or lies below it; both absolute, neither resolved."""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)
