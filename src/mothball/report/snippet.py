"""A source line with carets under a range, for terminals."""

from __future__ import annotations

from mothball.model.document import Location
from mothball.model.sanitize import sanitize_line

# In code points. Minified files have lines of megabytes.
_WIDTH = 110
_BEFORE = 50
_LOOK_BACK = 2000


def snippet(location: Location) -> tuple[str, str] | None:
    """Return the first line of ``location`` and a line of carets to print below it, or None if the text is unavailable.

    Both are sanitized and of bounded length: a long line is cut around the location.
    """
    if location.line_text is None:
        return None
    start = location.start.column - 1
    end = location.end.column - 1 if location.end.line == location.start.line else len(location.line_text)
    cut = max(0, start - _BEFORE) if len(location.line_text) > _WIDTH else 0
    # A secret that begins before the cut is recognized only with the text in front of it.
    lookbehind = min(cut, _LOOK_BACK)
    shown = sanitize_line(location.line_text[cut - lookbehind :], lookbehind + _WIDTH)[lookbehind:]
    before, marked = shown[: start - cut], shown[start - cut : end - cut]
    if cut:
        shown, before = "…" + shown, " " + before
    if len(location.line_text) > cut + _WIDTH:
        shown += "…"
    return shown.rstrip(), " " * _cells(before) + "^" * max(1, _cells(marked))


def _cells(text: str) -> int:
    """Return the width of ``text`` in terminal cells: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - rarely needed

    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text)
