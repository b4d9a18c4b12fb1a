"""What mothball remembers of texts between two readings of them."""

from __future__ import annotations

import sys
from functools import _lru_cache_wrapper

from mothball.formats.recall import Recall


def recalls() -> dict[str, Recall[object]]:
    """Return every memory of texts that a module of mothball holds, by its name."""
    return {name: value for name, value in _globals().items() if isinstance(value, Recall)}


def forget() -> None:
    """Have everything read again as if for the first time."""
    for value in _globals().values():
        if isinstance(value, Recall):
            value.forget()
        elif isinstance(value, _lru_cache_wrapper):
            value.cache_clear()


def _globals() -> dict[str, object]:
    modules = [(name, module) for name, module in list(sys.modules.items()) if name.split(".")[0] == "mothball"]
    return {f"{name}.{key}": value for name, module in modules for key, value in vars(module).items()}
