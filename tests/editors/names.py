"""File name patterns of editors, and sample names to compare them with the table in ``formats/names.py``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from mothball.formats.names import PATTERNS, format_of
from tests.tables.formats import spelled

# Typical text in place of a star, before and after the rest of a name.
_BEFORE = ("", "dev-", "my.test_")
_AFTER = ("", "-dev", "_3.12")

# Similar names, and common files in editors, for which the server must not be started.
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
    """Return samples for each file name pattern of mothball."""
    found = []
    for pattern in PATTERNS:
        directory, slash, name = spelled(pattern).rpartition("/")
        first, star, rest = name.partition("*")
        # A star before a file extension must match something: `.txt` is no realistic name.
        befores = (before for before in _BEFORE if before or not rest.startswith(".")) if not first and star else ("",)
        for before, after in product(befores, _AFTER):
            found.append(directory + slash + before + (first + star * bool(first) + rest).replace("*", after))
    return tuple(dict.fromkeys(found))


def reads(globs: Iterable[str], name: str) -> bool:
    """Return True if one of ``globs`` matches ``name``; a star matches no slash."""
    return any(re.search(f"(?:^|/){'[^/]*'.join(map(re.escape, glob.split('*')))}$", name) for glob in globs)


def known(name: str) -> bool:
    """Return True if mothball reads the file ``name``."""
    return format_of(f"project/{name}") is not None
