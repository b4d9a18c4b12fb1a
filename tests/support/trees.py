"""Directory trees for tests that read from the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write ``files``, keyed by relative path, below ``root``, and return ``root``. Line ends are not changed."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def repository(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write ``files`` as ``write_tree`` does, and mark ``root`` as the root of a git repository."""
    root.mkdir(parents=True, exist_ok=True)
    (root / ".git").mkdir(exist_ok=True)
    return write_tree(root, files)


def is_below_a_repository(path: Path) -> bool:
    """Return whether a directory above ``path`` is a git repository, so that no path below it is outside of all."""
    return any(os.path.lexists(parent / ".git") for parent in path.parents)
