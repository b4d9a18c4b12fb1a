"""A line of a file with a caret under the place that matters, as it looks on a terminal."""

from __future__ import annotations

from mothball.model.document import Location
from mothball.model.sanitize import sanitize_line

# Wider than most lines, narrower than most terminals; minified files have lines of megabytes.
_WIDTH = 110
_BEFORE = 50
_LOOK_BACK = 2000


def snippet(location: Location) -> tuple[str, str] | None:
    """Return the line that ``location`` begins in, and a line of carets to stand under it; None without its text.

    Both are harmless and of bounded length: a long line is cut around the place.
    """
    if location.line_text is None:
        return None
    start = location.start.column - 1
    end = location.end.column - 1 if location.end.line == location.start.line else len(location.line_text)
    cut = max(0, start - _BEFORE) if len(location.line_text) > _WIDTH else 0
    # A secret that begins before the cut is recognised by what stands there.
    ahead = min(cut, _LOOK_BACK)
    shown = sanitize_line(location.line_text[cut - ahead :], ahead + _WIDTH)[ahead:]
    before, marked = shown[: start - cut], shown[start - cut : end - cut]
    if cut:
        shown, before = "…" + shown, " " + before
    if len(location.line_text) > cut + _WIDTH:
        shown += "…"
    return shown.rstrip(), " " * _cells(before) + "^" * max(1, _cells(marked))


def _cells(text: str) -> int:
    """Return how many terminal cells ``text`` takes: wide characters and emoji take two, marks on others none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - rarely needed

    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text)
