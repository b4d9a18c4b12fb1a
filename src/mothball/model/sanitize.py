"""Sanitize untrusted text: one line, no control or direction-changing characters, limited length, no secrets.

Responses of indexes, repository files and messages of other programs are untrusted. Their text passes through this
module before it is displayed; output with its own syntax (Markdown, workflow commands) is escaped further.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False  # see mothball.model.records
if TYPE_CHECKING:
    from collections.abc import Sequence

# In code points: longer than any legitimate reason, short enough to keep the rest of the message visible.
MAX_UNTRUSTED_TEXT = 300

# Characters that move, hide or reorder the text around them (Unicode Standard Annex 9, Technical Report 36): the
# categories Cc, Cf, Zs, Zl, Zp and Cs, variation selectors, tag characters and fillers. Listed explicitly, to be
# independent of the Unicode version of Python; a test compares them with `unicodedata`.
_HARMFUL = (
    "[\\x00-\\x20\\x7f-\\xa0\\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5"
    "\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\\ud800-\\udfff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
# Scheme (its slashes are optional), authority, path, and query with fragment.
_URL_PARTS = r"(?s)((?:[A-Za-z][A-Za-z0-9+.-]*:(?=/))?/*)([^/?#]*)([^?#]*)(.*)"
# Commands in CI logs: anywhere in a line `##[add-mask]`, `##vso[task.…]`, `##teamcity[…]`; on GitHub, at the beginning
# of a line, `::add-mask::`.
_COMMAND_ANYWHERE = r"##(?=[A-Za-z]*\[)"
_COMMAND_PREFIX = "::"
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_HOST_AND_PORT = r"(?:\[[^\]]*\]|[^:]+)(?::[0-9]+)?"
# A URL in running text ends at white space, a quote or an angle bracket.
_WORD = r"[^\s\"'<>]+"


def mask_secrets(text: str) -> str:
    """Replace possible secrets in the URLs in ``text`` by asterisks: user information and query strings.

    The length of the text and the position of all other characters stay the same. Use ``strip_credentials`` for text
    that is a single URL.

    >>> mask_secrets("lib @ https://user:pw@index.example/lib?token=x y")
    'lib @ https://*******@index.example/lib?******* y'
    """
    return re.sub(_WORD, lambda word: _mask_word(word[0]), text) if "://" in text else text


def _mask_word(word: str) -> str:
    if "://" not in word:
        return word
    prefix, *urls = word.split("://")
    parts = []
    for url in urls:
        authority = re.split(r"[/?#]", url, maxsplit=1)[0]
        # Passwords may contain an unencoded "/": if the authority is not a valid host, mask up to the last "@".
        is_host = _ends_in_host(authority, url[len(authority) :])
        # Of the same length, see ``_ends_in_host``.
        secret = max((authority if is_host else url.replace("%40", "@@@")).rfind("@"), 0)
        parts.append("*" * secret + url[secret:])
    address, question_mark, query = "://".join(parts).partition("?")
    parameters, hash_mark, fragment = query.partition("#")
    return f"{prefix}://{address}{question_mark}{'*' * len(parameters)}{hash_mark}{fragment}"


def one_line(text: str, limit: int = MAX_UNTRUSTED_TEXT) -> str:
    """Return ``text`` as one sanitized line of at most ``limit`` code points.

    Each run of control, separator, zero-width and direction-changing characters becomes one space. Truncated text ends
    in an ellipsis. CI log commands are made ineffective.
    """
    # Truncate before sanitizing, so that long input costs little; runs of characters may shrink, hence the factor.
    is_truncated = len(text) > limit * 4
    cleaned = mask_secrets(text[: limit * 4])
    # Fast path: the large pattern is compiled only if needed.
    if not (cleaned.isascii() and cleaned.isprintable() and "  " not in cleaned):
        cleaned = re.sub(_HARMFUL, " ", cleaned)
    cleaned = _disable_commands(cleaned.strip())
    if is_truncated or len(cleaned) > limit:
        return cleaned[: limit - 1].rstrip() + "…"
    return cleaned


def join_names(names: Sequence[str], most: int, limit: int = 100) -> str:
    """Join the first ``most`` names, sanitized and limited to ``limit`` code points, and the number of the rest.

    >>> join_names(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(one_line(name, limit) for name in names[:most])}{more}"


def sanitize_line(line: str, limit: int) -> str:
    """Sanitize a source line for display without changing the column of any code point.

    Each harmful character, including a tab, becomes one space, and each character of a secret an asterisk, so that the
    caret under the line stays aligned.
    """
    # A secret that crosses the limit is only recognized by the "@" after it.
    line = mask_secrets(line[: limit + 2000])[:limit]
    if not (line.isascii() and line.isprintable()):
        line = re.sub(_HARMFUL, lambda run: " " * len(run.group()), line)
    return _disable_commands(line)


def _disable_commands(text: str) -> str:
    """Disable CI log commands in ``text`` without changing its length."""
    if text.startswith(_COMMAND_PREFIX):
        text = f": {text[2:]}"
    return re.sub(_COMMAND_ANYWHERE, "# ", text) if "##" in text else text


def escape_log_commands(json_text: str) -> str:
    """Return equivalent JSON without CI log commands; see ``one_line``."""
    return json_text.replace("##", "#\\u0023")


def strip_credentials(url: str) -> str:
    """Return ``url`` without user information, query and fragment, safe to show, log and store.

    Only the scheme remains, as in ``https://…/``, if the password contains an unencoded ``/``, ``?`` or ``#``, or if
    the ``@`` after it is encoded, which makes the URL ambiguous.

    >>> strip_credentials("https://user:secret@index.example/simple/?token=x")
    'https://index.example/simple/'
    """
    scheme, authority, path, rest = next(re.finditer(_URL_PARTS, url)).groups()
    if not _ends_in_host(authority, path + rest):
        return f"{scheme}…/"
    return f"{scheme}{authority.rpartition('@')[2]}{path}"


def base_url(address: str) -> str:
    """Return an index URL without credentials, ending in exactly one slash: the form for requests, output and cache.

    The spellings of one URL are equal: scheme and host are in lower case, without a default port (RFC 3986, section
    6.2).

    >>> base_url("HTTPS://user@Index.example:443/Simple")
    'https://index.example/Simple/'
    """
    url = strip_credentials(address).rstrip("/") + "/"
    scheme, _, rest = url.partition("://")
    default_port = _DEFAULT_PORTS.get(scheme.lower())
    authority, _, path = rest.partition("/")
    if default_port is None or "$" in authority:  # names of variables are in upper case
        return url
    host, _, port = authority.rpartition(":")
    if port == default_port and (":" not in host or host.endswith("]")):
        authority = host
    return f"{scheme}://{authority}".lower() + f"/{path}"


def _ends_in_host(authority: str, rest: str) -> bool:
    """Return True if ``authority`` ends in a host, not within a password with an unencoded delimiter.

    If an ``@`` follows, the host must be a name with a dot, an IPv6 address, or localhost. A host has no ``%40``: it is
    the delimiter after a password, encoded by mistake.
    """
    if "%40" in authority.rpartition("@")[2]:
        return False
    if "@" not in rest:
        return True
    host = authority.rpartition("@")[2]
    is_host = re.fullmatch(_HOST_AND_PORT, host) is not None
    return is_host and ("." in host or host.lower().startswith(("localhost", "[")))
