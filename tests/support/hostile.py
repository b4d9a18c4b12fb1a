"""Text as an attacker writes it, and characters that must not reach a terminal."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import strategies as st

# mothball's own colors: no other escape sequence is allowed.
COLOUR = re.compile(r"\x1b\[(?:0|1|2|1;3[136])m")

_PIECES = [
    "\n::error::owned",
    "\r",
    "\x1b[2J",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\x9b31m",
    "\x00",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u061c",
    "\ufeff",
    "\U000e0041",
    "\udc80",
    "\t",
    "\u3164",
    "\u00ad",
    "e\u0301",
    "\u65e5\u672c",
    "\U0001f525",
    "plain",
    " ",
    '"',
    "%",
    "{0}",
]

TEXTS = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=8)), max_size=12).map("".join)


def is_harmful(character: str) -> bool:
    """Return whether ``character`` moves, hides or reorders text, or is white space other than a plain space.

    It is decided by the Unicode database, independent of mothball's own list.
    """
    if character == " ":
        return False
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp", "Zs"}
        or unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        or character in "\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
    )


def assert_harmless(text: str) -> None:
    """Assert that ``text`` holds no harmful characters besides line ends and mothball's colors."""
    harmful = {character for character in COLOUR.sub("", text) if character != "\n" and is_harmful(character)}
    assert not harmful, f"{harmful!r} in {text!r}"
