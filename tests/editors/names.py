"""File name patterns of editors, and sample names to compare them with the table in ``formats/names.py``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from mothball.formats.names import PATTERNS, format_of

# Typical text in place of a star, before and after the rest of a name.
_BEFORE = ("", "dev-", "my.test_")
_AFTER = ("", "-dev", "_3.12")

# Similar names, and common files in editors, for which the server must not be started.
STRANGERS = (
    "notes.txt",
    "requirements.md",
    "requirements.txt.bak",
    "predeps.txt",
    "readme.in",
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


SPELLED = tuple(pattern.glob for pattern in PATTERNS)


def samples() -> tuple[str, ...]:
    """Return samples for each file name pattern of mothball."""
    found = []
    for pattern in PATTERNS:
        directories = (f"{pattern.below}/", f"{pattern.below}/py3.12/ci/") if pattern.below else ("",)
        for directory, name in product(directories, pattern.names):
            first, star, rest = name.partition("*")
            # A star before a file extension must match something: `.txt` is no realistic name.
            befores = (
                [before for before in _BEFORE if before or not rest.startswith(".")] if not first and star else [""]
            )
            for before, after in product(befores, _AFTER):
                found.append(directory + before + (first + star * bool(first) + rest).replace("*", after))
    return tuple(dict.fromkeys(found))


def reads(globs: Iterable[str], name: str) -> bool:
    """Return True if one of ``globs`` matches ``name``, in any case; a single star matches no slash."""
    return any(re.search(f"(?i)(?:^|/){_expression(glob)}$", name) for glob in globs)


def _expression(glob: str) -> str:
    parts = re.split(r"(/\*\*/|\*|\{[^}]*\}|\[[^\]]*\])", glob)
    return "".join(_translated(part) if number % 2 else re.escape(part) for number, part in enumerate(parts))


def _translated(part: str) -> str:
    match part[0]:
        case "[":
            return part
        case "{":
            return f"(?:{'|'.join(map(re.escape, part[1:-1].split(',')))})"
        case "/":
            return "/(?:.*/)?"
        case _:
            return "[^/]*"


def known(name: str) -> bool:
    """Return True if mothball reads the file ``name``."""
    return format_of(f"project/{name}") is not None
