"""The ``files`` expression of the hooks, made of the table of file names."""

from __future__ import annotations

import re

from mothball.formats.names import INCLUDE_SUFFIXES, PATTERNS

# A lock can be included, too; but only one that calls itself requirements is worth a run of the hook.
_INCLUDED = [suffix for suffix in INCLUDE_SUFFIXES if suffix != ".lock"]


def files_expression() -> str:
    """Return the verbose regular expression that stands in ``.pre-commit-hooks.yaml``.

    It takes every name of the table, and what includes may reach.
    """
    names = [re.escape(pattern.name).replace(r"\*", "[^/]*") for pattern in PATTERNS if not pattern.parent]
    names = [name for name in names if not name.endswith((r"\.txt", r"\.in"))]
    endings = "|".join(suffix.removeprefix(".") for suffix in _INCLUDED)
    names += [rf"[^/]*\.(?:{endings})", r"[^/]*requirements[^/]*\.lock"]
    return "(?xs)^(?:.*/)?(?:\n" + "".join(f"  {name}|\n" for name in names).removesuffix("|\n") + "\n)$"
