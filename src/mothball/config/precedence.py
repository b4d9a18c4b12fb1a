"""Which of several settings of one key is effective: the command line, the project's, or the user's. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from mothball.config.values import KeyPath

_Value = TypeVar("_Value")


class Level(StrEnum):
    """Where a setting of mothball comes from."""

    OVERRIDE = "command line or environment"
    PROJECT = "project configuration"
    USER = "user configuration"


_PROJECT_FIRST = (Level.OVERRIDE, Level.PROJECT, Level.USER)
_USER_FIRST = (Level.OVERRIDE, Level.USER, Level.PROJECT)
# The user decides these about their own connections; a project may only propose a value.
_KEYS_OF_THE_USER = frozenset({"offline", "status-index", "indexes"})


def effective(key: KeyPath, values: Mapping[Level, _Value | None]) -> tuple[_Value | None, Level | None]:
    """Return the effective one of the ``values`` for ``key``, and its level; None if all are None, which is not set.

    An index is public if any level says so, because ``public`` only adds a restriction.
    """
    order = _USER_FIRST if key[0] in _KEYS_OF_THE_USER else _PROJECT_FIRST
    levels = [level for level in order if values.get(level) is not None]
    if key[0] == "indexes" and key[-1] == "public":
        levels.sort(key=lambda level: not values[level])
    return (values[levels[0]], levels[0]) if levels else (None, None)


def is_combined(key: KeyPath) -> bool:
    """Return True if the values of all levels are effective together."""
    return key[0] == "private"
