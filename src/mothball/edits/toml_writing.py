"""Small pieces of TOML as they are written: keys, strings, arrays of strings (TOML 1.0)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BARE_KEY = r"[A-Za-z0-9_-]+"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def written_key(name: str) -> str:
    """Return ``name`` as one part of a key: bare where that may be, else in quotes."""
    return name if re.fullmatch(_BARE_KEY, name) else written_string(name)


def written_string(value: str) -> str:
    """Return ``value``, which holds no lone surrogate, as a basic string; what cannot be seen is an escape in it."""
    return f'"{"".join(map(_written_character, value))}"'


def written_strings(values: Iterable[str]) -> str:
    """Return ``values`` as an array on one line."""
    return f"[{', '.join(map(written_string, values))}]"


def _written_character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code_point = ord(character)
    return f"\\u{code_point:04X}" if code_point < 0x10000 else f"\\U{code_point:08X}"
