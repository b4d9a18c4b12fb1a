"""The ``files`` expression of the hooks, made of the table of file names."""

from __future__ import annotations

import re

from mothball.formats.names import INCLUDE_SUFFIXES, PATTERNS


def files_expression() -> str:
    """Return the verbose regular expression that stands in ``.pre-commit-hooks.yaml``.

    It takes every name of the table, and what includes may reach: any lock as well, as a foreign one costs little.
    """
    names = [re.escape(pattern.name).replace(r"\*", "[^/]*") for pattern in PATTERNS if not pattern.parent]
    names = [name for name in names if not name.endswith(tuple(map(re.escape, INCLUDE_SUFFIXES)))]
    endings = "|".join(suffix.removeprefix(".") for suffix in INCLUDE_SUFFIXES)
    names.append(rf"[^/]*\.(?:{endings})")
    return "(?xs)^(?:.*/)?(?:\n" + "".join(f"  {name}|\n" for name in names).removesuffix("|\n") + "\n)$"
