"""File names as editors spell them, and samples to hold them against the one table, ``formats/names.py``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from mothball.formats.names import PATTERNS, format_of
from tests.tables.formats import spelled

# What people write where a star stands, before and after the rest of a name.
_BEFORE = ("", "dev-", "my.test_")
_AFTER = ("", "-dev", "_3.12")

# Near misses, and what an editor shows every day: the server has no business there.
STRANGERS = (
    "notes.txt",
    "requirements.md",
    "requirements.txt.bak",
    "Requirements.TXT",
    "requirements/deep/notes.txt",
    "requirements/notes.md",
    "my-requirements/notes.txt",
    "pyproject.toml.orig",
    "my-pyproject.toml",
    "Cargo.toml",
    "Cargo.lock",
    "package.json",
    "setup.json",
    "main.py",
    "docs/setup.rst",
    "compose.yml",
    "environment.json",
    "Pipfile.old",
    "pylock.txt",
    "xuv.lock",
)


SPELLED = tuple(map(spelled, PATTERNS))


def samples() -> tuple[str, ...]:
    """Return file names of every shape that mothball reads."""
    found = []
    for pattern in PATTERNS:
        directory, slash, name = spelled(pattern).rpartition("/")
        first, star, rest = name.partition("*")
        # What begins with a star before an ending must have something there: `.txt` is no file that people write.
        befores = (before for before in _BEFORE if before or not rest.startswith(".")) if not first and star else ("",)
        for before, after in product(befores, _AFTER):
            found.append(directory + slash + before + (first + star * bool(first) + rest).replace("*", after))
    return tuple(dict.fromkeys(found))


def reads(globs: Iterable[str], name: str) -> bool:
    """Return whether one of ``globs`` stands for ``name``, as the editors' files mean them: a star for no slash."""
    return any(re.search(f"(?:^|/){'[^/]*'.join(map(re.escape, glob.split('*')))}$", name) for glob in globs)


def known(name: str) -> bool:
    """Return whether mothball reads the file ``name``."""
    return format_of(f"project/{name}") is not None
