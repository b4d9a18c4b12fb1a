"""The lines around a place in a text, as ``lines`` has them: they end at LF, CR LF and CR only."""

from __future__ import annotations

import re

_TO_END = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")


def start_of_line(text: str, position: int) -> int:
    """Return where the line begins on which ``position`` is."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def end_of_line(text: str, position: int) -> int:
    """Return where the line of ``position`` ends, before its line end."""
    found = _TO_END.match(text, position)
    return found.end() if found else position


def end_of_line_before(text: str, start: int) -> int:
    """Return where the line ends, before its line end, that stands above the one that begins at ``start``."""
    return start - (2 if text[max(0, start - 2) : start] == "\r\n" else 1)


def next_line(text: str, position: int) -> int:
    """Return where the line behind that of ``position`` begins; the end of the text where there is none."""
    end = end_of_line(text, position)
    found = _LINE_END.match(text, end)
    return found.end() if found else end


def newline_of(text: str) -> str:
    """Return the line end that ``text`` uses, by its first."""
    found = _LINE_END.search(text)
    return found[0] if found else "\n"
