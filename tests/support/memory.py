"""The caches of mothball that keep results between two parses of a text."""

from __future__ import annotations

import sys
from functools import _lru_cache_wrapper


def memories() -> dict[str, _lru_cache_wrapper[object]]:
    """Return every cached function of mothball by its name."""
    modules = [(name, module) for name, module in list(sys.modules.items()) if name.split(".")[0] == "mothball"]
    return {
        f"{name}.{key}": value
        for name, module in modules
        for key, value in vars(module).items()
        if isinstance(value, _lru_cache_wrapper)
    }


def forget() -> None:
    """Clear all caches."""
    for memory in memories().values():
        memory.cache_clear()
