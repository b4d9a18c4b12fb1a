"""Foreign text made harmless: one line, no control or direction-changing characters, capped.

Index answers, repository files and the messages of other programs are hostile input. Whatever of them reaches a
person goes through here first; a sink with a syntax of its own (Markdown, workflow commands) escapes further.
"""

from __future__ import annotations

import re

# Long enough for any honest reason, short enough that it cannot push our own words off a screen.
MAX_FOREIGN_TEXT = 300

# Everything that moves, hides or reorders what stands around it (Unicode Standard Annex 9, Technical Report 36): the
# categories Cc, Cf, Zs, Zl, Zp and Cs, variation selectors, tag characters and fillers. Spelled out, so that the answer
# does not depend on the Unicode version of the running Python; a test holds it against `unicodedata`.
_HARMFUL = (
    "[\\x00-\\x20\\x7f-\\xa0\\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5"
    "\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\\ud800-\\udfff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
# Opening (its scheme may lack the slashes), authority, path, and what follows.
_URL_PARTS = r"(?s)((?:[A-Za-z][A-Za-z0-9+.-]*:(?=/))?/*)([^/?#]*)([^?#]*)(.*)"
_HOST_AND_PORT = r"(?:\[[^\]]*\]|[^:]+)(?::[0-9]+)?"


def one_line(text: str, limit: int = MAX_FOREIGN_TEXT) -> str:
    """Return ``text`` as one harmless line of at most ``limit`` code points.

    Runs of control, separator, zero-width and direction-changing characters become one space; what is cut off at the
    end is marked with an ellipsis.
    """
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # nearly all text; the large pattern is compiled only for what needs it
    # Cut before cleaning, with room for runs that shrink: a megabyte of reason must not cost a megabyte of work.
    cleaned = re.sub(_HARMFUL, " ", text[: limit * 4]).strip()
    if len(cleaned) > limit or len(text) > limit * 4:
        return cleaned[: limit - 1].rstrip() + "…"
    return cleaned


def keep_columns(line: str, limit: int) -> str:
    """Return a source line for display with every code point still in its column.

    Each harmful character becomes one space (a tab too), so that a caret under the line stands where it should.
    """
    line = line[:limit]
    if line.isascii() and line.isprintable():
        return line
    return re.sub(_HARMFUL, lambda run: " " * len(run.group()), line)


def without_credentials(url: str) -> str:
    """Return ``url`` without user information, query and fragment: what may be shown, logged and stored.

    Of a URL whose password holds an unencoded ``/``, ``?`` or ``#``, which no parser reads as it was meant, only the
    scheme is left: ``https://…/``, which leads nowhere.

    >>> without_credentials("https://user:secret@index.example/simple/?token=x")
    'https://index.example/simple/'
    """
    opening, authority, path, rest = next(re.finditer(_URL_PARTS, url)).groups()
    host = authority.rpartition("@")[2]
    if "@" in path + rest and not re.fullmatch(_HOST_AND_PORT, host):
        return f"{opening}…/"
    return f"{opening}{host}{path}"
