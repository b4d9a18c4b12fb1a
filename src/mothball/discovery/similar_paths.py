"""Suggest an existing path for a mistyped one."""

from __future__ import annotations

import os

from mothball.formats.table import may_be_dependency_file
from mothball.model.errors import closest
from mothball.repository.files import Tree

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
