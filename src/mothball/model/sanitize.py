"""Foreign text made harmless: one line, no control or direction-changing characters, capped.

Index answers, repository files and the messages of other programs are hostile input. Whatever of them reaches a
person goes through here first; a sink with a syntax of its own (Markdown, workflow commands) escapes further.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False  # see mothball.model.records
if TYPE_CHECKING:
    from collections.abc import Sequence

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
# What continuous integration takes for a command in any line that it is shown: `##[add-mask]`, `##vso[task.…]`,
# `##teamcity[…]`; and what GitHub does at the beginning of one: `::add-mask::`.
_COMMAND_ANYWHERE = r"##(?=[A-Za-z]*\[)"
_COMMAND_AHEAD = "::"
_HOST_AND_PORT = r"(?:\[[^\]]*\]|[^:]+)(?::[0-9]+)?"


# What a URL in running text consists of: it ends at white space, a quote or an angle bracket.
_WORD = r"[^\s\"'<>]+"


def mask_secrets(text: str) -> str:
    """Return ``text`` with stars for what may be secret in its URLs: user information, and all that a query says.

    Every other character keeps its place. For text that merely mentions URLs; ``strip_credentials`` is for one URL.

    >>> mask_secrets("lib @ https://user:pw@index.example/lib?token=x y")
    'lib @ https://*******@index.example/lib?******* y'
    """
    return re.sub(_WORD, lambda word: _masked(word[0]), text) if "://" in text else text


def _masked(word: str) -> str:
    if "://" not in word:
        return word
    before, *urls = word.split("://")
    parts = []
    for url in urls:
        authority = re.split(r"[/?#]", url, maxsplit=1)[0]
        # A password may hold a slash that nobody encoded: what is no host ends at the last sign that could end it.
        is_host = _ends_in_host(authority, url[len(authority) :])
        secret = max((authority if is_host else url).rfind("@"), 0)
        parts.append("*" * secret + url[secret:])
    address, mark, query = "://".join(parts).partition("?")
    said, hash_mark, fragment = query.partition("#")
    return f"{before}://{address}{mark}{'*' * len(said)}{hash_mark}{fragment}"


def one_line(text: str, limit: int = MAX_FOREIGN_TEXT) -> str:
    """Return ``text`` as one harmless line of at most ``limit`` code points.

    Runs of control, separator, zero-width and direction-changing characters become one space; what is cut off at the
    end is marked with an ellipsis. What a log would take for a command is no command any more.
    """
    # Cut before cleaning, with room for runs that shrink: a megabyte of reason must not cost a megabyte of work.
    is_cut = len(text) > limit * 4
    cleaned = mask_secrets(text[: limit * 4])
    # Nearly all text is plain; the large pattern is compiled only for what needs it.
    if not (cleaned.isascii() and cleaned.isprintable() and "  " not in cleaned):
        cleaned = re.sub(_HARMFUL, " ", cleaned)
    cleaned = _without_commands(cleaned.strip())
    if is_cut or len(cleaned) > limit:
        return cleaned[: limit - 1].rstrip() + "…"
    return cleaned


def join_names(names: Sequence[str], most: int, limit: int = 100) -> str:
    """Return the first ``most`` of ``names``, each harmless and of at most ``limit`` code points, and how many follow.

    >>> join_names(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(one_line(name, limit) for name in names[:most])}{more}"


def sanitize_line(line: str, limit: int) -> str:
    """Return a source line for display with every code point still in its column.

    Each harmful character becomes one space (a tab too), and each character of a secret a star, so that a caret under
    the line stands where it should.
    """
    # With room behind the limit for the sign that ends a secret.
    line = mask_secrets(line[: limit + 2000])[:limit]
    if not (line.isascii() and line.isprintable()):
        line = re.sub(_HARMFUL, lambda run: " " * len(run.group()), line)
    return _without_commands(line)


def _without_commands(text: str) -> str:
    """Return ``text``, as long as before, without what a log would take for a command to whoever keeps it."""
    if text.startswith(_COMMAND_AHEAD):
        text = f": {text[2:]}"
    return re.sub(_COMMAND_ANYWHERE, "# ", text) if "##" in text else text


def escape_log_commands(json_text: str) -> str:
    """Return JSON that means the same and holds no command, whatever its strings say; see ``one_line``."""
    return json_text.replace("##", "#\\u0023")


def strip_credentials(url: str) -> str:
    """Return ``url`` without user information, query and fragment: what may be shown, logged and stored.

    Of a URL whose password holds an unencoded ``/``, ``?`` or ``#``, which no parser reads as it was meant, only the
    scheme is left: ``https://…/``, which leads nowhere.

    >>> strip_credentials("https://user:secret@index.example/simple/?token=x")
    'https://index.example/simple/'
    """
    opening, authority, path, rest = next(re.finditer(_URL_PARTS, url)).groups()
    if not _ends_in_host(authority, path + rest):
        return f"{opening}…/"
    return f"{opening}{authority.rpartition('@')[2]}{path}"


def _ends_in_host(authority: str, behind: str) -> bool:
    """Return whether what looks like the ``authority`` of a URL is one, and no part of a password before it.

    Where an ``@`` stands behind it, that takes a name of several parts, an IPv6 address, or this machine's own name.
    """
    if "@" not in behind:
        return True
    host = authority.rpartition("@")[2]
    is_host = re.fullmatch(_HOST_AND_PORT, host) is not None
    return is_host and ("." in host or host.lower().startswith(("localhost", "[")))
