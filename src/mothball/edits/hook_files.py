"""The ``files`` expression of the hook: which files hook runners pass to mothball."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mothball.formats.names import INCLUDE_SUFFIXES, INDEX_CONFIGURATIONS, PATTERNS

_FIRST, _LAST = "(?xsi)^(?:.*/)?(?:", ")$"


def hook_files(paths: Iterable[str] = ()) -> str:
    """Return the verbose regular expression in the hook's ``files``.

    It matches every name that mothball reads, every name that an include may lead to (any lock, too), the names of
    files that configure indexes, all in any case, and ``paths``, which are relative to the repository.
    """
    return _expression(map(_escaped, paths))


def extended_hook_files(expression: str, paths: Iterable[str]) -> str | None:
    """Return ``expression`` with ``paths``, None if this module did not write it, maybe in an earlier version."""
    first, *lines, last = expression.strip().split("\n") if "\n" in expression else ("", "")
    if (first, last) != (_FIRST, _LAST):
        return None
    present = (line.strip().removesuffix("|") for line in lines)
    return _expression((*present, *map(_escaped, paths)))


def unmatched(paths: Iterable[str]) -> list[str]:
    """Return those of ``paths`` that the expression of the hook does not match."""
    matches = re.compile(hook_files()).search
    return [path for path in paths if not matches(path)]


def _expression(more: Iterable[str]) -> str:
    names = [
        re.escape(name).replace(r"\*", "[^/]*")
        for pattern in PATTERNS
        for name in pattern.names
        if not name.endswith(INCLUDE_SUFFIXES)
    ]
    endings = "|".join(suffix.removeprefix(".") for suffix in INCLUDE_SUFFIXES)
    names += [*map(re.escape, INDEX_CONFIGURATIONS), rf"[^/]*\.(?:{endings})"]
    alternatives = "|\n".join(f"  {name}" for name in dict.fromkeys((*names, *more)))
    return f"{_FIRST}\n{alternatives}\n{_LAST}"


def _escaped(path: str) -> str:
    """Return an expression for ``path`` without line breaks and other characters that YAML does not permit."""
    return "".join(re.escape(character) if character.isprintable() else "." for character in path)
