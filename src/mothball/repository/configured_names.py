"""Find out cheaply whether a configuration may make a file of any name a dependency file.

The hook calls this before it exits early, so nothing is parsed: a wrong guess costs time, not a verdict.
"""

from __future__ import annotations

import os

from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML


def may_be_configured(paths: list[str], root: str) -> bool:
    """Return True if a configuration on disk above one of ``paths``, relative to ``root``, may have ``files``."""
    directories = {"", *(path[:end] for path in paths for end, character in enumerate(path) if character == "/")}
    return bool(paths) and any(_may_have_files(os.path.join(root, directory)) for directory in directories)


def _may_have_files(directory: str) -> bool:
    if b"files" in _content(os.path.join(directory, MOTHBALL_TOML)):
        return True
    pyproject = _content(os.path.join(directory, PYPROJECT_TOML))
    return b"mothball" in pyproject and b"files" in pyproject


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
