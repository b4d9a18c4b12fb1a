"""What mothball remembers of texts between two readings of them."""

from __future__ import annotations

import sys
from functools import _lru_cache_wrapper


def kept() -> dict[str, _lru_cache_wrapper[object]]:
    """Return every memory that a module of mothball holds, by its name."""
    modules = [(name, module) for name, module in list(sys.modules.items()) if name.split(".")[0] == "mothball"]
    return {
        f"{name}.{attribute}": value
        for name, module in modules
        for attribute, value in vars(module).items()
        if isinstance(value, _lru_cache_wrapper) and value.__module__ == name
    }


def forget() -> None:
    """Have everything read again as if for the first time."""
    for memory in kept().values():
        memory.cache_clear()
