"""Read TOML strings and scalars (TOML 1.1, "String" to "Local Time").

Control characters are not checked here but once for the whole document. The patterns never backtrack: they use
possessive quantifiers and atomic groups. Groups are never possessive themselves, because up to Python 3.11.4 (Debian 12
has 3.11.2) ``(?:...)*+`` keeps part of a failed last repetition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.toml.values import Escape, Invalid, Scalar, String, TomlError
from mothball.model.document import Span
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, time

KEY = r"""(?:[A-Za-z0-9_-]++|"(?>(?:[^"\\\r\n]++|\\[^\r\n])*)"|'[^'\r\n]*+')"""
KEYS = rf"{KEY}(?>(?:[ \t]*+\.[ \t]*+{KEY})*)"
# A single `=`: an unquoted `name == 1.0` in an array is not a key.
STATEMENT = rf"{KEYS}[ \t]*+=(?!=)"

# Patterns that few documents need are not compiled at import: `re` compiles them on first use and caches them.

# --- strings ----------------------------------------------------------------------------------------------------------

_SINGLE = {
    '"': re.compile(r'"(?>(?:[^"\\\r\n]++|\\[^\r\n]?+)*)'),
    "'": re.compile(r"'[^'\r\n]*+"),
}
# Up to two adjacent quotes are allowed inside, also directly before the closing delimiter.
_MULTI = {
    '"': r'"""(?>(?:[^"\\]++|(?s:\\.?+)|"{1,2}+(?!"))*)"{3,5}',
    "'": r"'''(?>(?:[^']++|'{1,2}+(?!'))*)'{3,5}",
}
_LINE = re.compile(r"[^\r\n]*+")
_NEXT_STATEMENT = rf"[\r\n]++[ \t]*+(?:{STATEMENT}|\[\[?+[ \t]*+{KEYS}[ \t]*+\])"
_NEWLINE = re.compile(r"\r\n?|\n")
_ESCAPE = r"\\(?:([btnfre\"\\])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([ \t]*+[\r\n][ \t\r\n]*+))?|\r\n"
SHORT_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_CODE_POINTS = 0x110000
_SURROGATES = range(0xD800, 0xE000)


def end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return the end of a match of ``pattern`` at ``position``, or ``position`` without a match."""
    match = pattern.match(text, position)
    return match.end() if match else position


def read_string(text: str, position: int, report: Callable[[TomlError], None], *, nested: bool) -> String:
    """Read the string of any kind whose first quote is at ``position``; pass errors to ``report``.

    An unclosed string ends with its line. An unclosed multi-line string ends before the next line that looks like a
    statement, or with its line if it is ``nested`` in an array or inline table, where long text is unlikely.
    """
    quote = text[position]
    if text.startswith(quote * 3, position):
        return _read_multi_line(text, position, report, nested=nested)
    inner = Span(position + 1, end_of(_SINGLE[quote], text, position))
    closed = text.startswith(quote, inner.end)
    span = Span(position, inner.end + closed)
    if not closed:
        report(TomlError(span, "unclosed string", f"close it with {quote} on the same line"))
    content = inner.slice(text)
    if quote == "'" or "\\" not in content:
        return String(span, content, closed=closed)
    value, escapes = _decode(text, inner, report, multi_line=False)
    return String(span, value, 1, closed, escapes)


def _read_multi_line(text: str, position: int, report: Callable[[TomlError], None], *, nested: bool) -> String:
    quote = text[position]
    start = position + 3
    match = re.compile(_MULTI[quote]).match(text, position)
    if match is not None:
        end = match.end()
        inner = Span(start, end - 3)
    else:
        end = _end_of_unclosed(text, start, nested=nested)
        inner = Span(start, end)
        report(TomlError(Span(position, start), "unclosed multi-line string", f"close it with {quote * 3}"))
    span = Span(position, end)
    content = inner.slice(text)
    if quote == "'" and "\r" not in content and not content.startswith("\n"):
        return String(span, content, 3, match is not None)
    value, escapes = _decode(text, inner, report, multi_line=True, literal=quote == "'")
    return String(span, value, 3, match is not None, escapes)


def _end_of_unclosed(text: str, start: int, *, nested: bool) -> int:
    if nested:
        return end_of(_LINE, text, start)
    following = re.compile(_NEXT_STATEMENT).search(text, start)
    return following.start() if following else len(text)


def _decode(
    text: str, inner: Span, report: Callable[[TomlError], None], *, multi_line: bool, literal: bool = False
) -> tuple[str, tuple[Escape, ...]]:
    """Return the decoded content between the quotes, and the escapes, where value and source differ in length."""
    pieces: list[str] = []
    escapes: list[Escape] = []
    position = inner.start
    offset = 0
    if multi_line and (newline := _NEWLINE.match(text, position, inner.end)):
        escapes.append(Escape(0, 0, *newline.span()))
        position = newline.end()
    for match in (_NEWLINE if literal else re.compile(_ESCAPE)).finditer(text, position, inner.end):
        start, end = match.span()
        piece = _decode_escape(match, literal=literal, multi_line=multi_line)
        if piece is None:
            shown = one_line(text[start : min(start + 2, inner.end)])
            report(TomlError(Span(start, end), f"invalid escape `{shown}`", "write \\\\ for a backslash, or use '...'"))
            continue
        pieces += text[position:start], piece
        offset += start - position
        escapes.append(Escape(offset, len(piece), start, end))
        offset += len(piece)
        position = end
    pieces.append(text[position : inner.end])
    return "".join(pieces), tuple(escapes)


def _decode_escape(match: re.Match[str], *, literal: bool, multi_line: bool) -> str | None:
    """Return the value of an escape or line ending, or None for an invalid escape."""
    if literal or match[0] == "\r\n":
        return "\n"
    short, two, four, eight, continuation = match.groups()
    if short:
        return SHORT_ESCAPES[short]
    if continuation:
        return "" if multi_line else None
    digits = two or four or eight
    if not digits:
        return None
    code_point = int(digits, 16)
    return None if code_point in _SURROGATES or code_point >= _CODE_POINTS else chr(code_point)


# --- scalars ----------------------------------------------------------------------------------------------------------

# Everything up to white space or a special character; a space may separate date and time.
_RUN = re.compile(r"""(?>(?:[0-9]{4}-[0-9]{2}-[0-9]{2} (?=[0-9]{2}:))?)[^ \t\r\n,\[\]{}"'#]++""")
_INTEGER = re.compile(r"[+-]?+(?:0|[1-9](?>(?:_?+[0-9])*))")
_BASED = r"0(?:x[0-9A-Fa-f](?>(?:_?+[0-9A-Fa-f])*)|o[0-7](?>(?:_?+[0-7])*)|b[01](?>(?:_?+[01])*))"
_DIGITS = r"[0-9](?>(?:_?+[0-9])*)"
_FLOAT = rf"[+-]?+(?:(?:0|[1-9](?>(?:_?+[0-9])*))(?:\.{_DIGITS})?(?:[eE][+-]?+{_DIGITS})?|inf|nan)"
_DATE = "([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]++))?)?"
_DATE_TIME = rf"{_DATE}[Tt ]{_TIME}(?:([Zz])|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?"
_WORDS = {"true": True, "false": False}


def read_scalar(text: str, position: int, report: Callable[[TomlError], None]) -> Scalar | String | Invalid:
    """Read a value at ``position`` that does not begin with a quote or bracket.

    An invalid value is passed to ``report``; its span is empty if there is no text for a value. If a quote follows it,
    it is returned as a string whose opening quote is missing.
    """
    token = _RUN.match(text, position)
    if token is None:
        report(TomlError(Span(position, position), "missing value", "write a value, or remove the key"))
        return Invalid(Span(position, position))
    span = Span(*token.span())
    value = scalar_value(token[0])
    if value is not None:
        return Scalar(span, value)
    report(TomlError(span, "invalid value", "quote strings; true, false, numbers and dates need no quotes"))
    if text[span.end : span.end + 1] in {'"', "'"}:
        return String(Span(span.start, span.end + 1), token[0], 0, closed=False)
    return Invalid(span)


def scalar_value(token: str) -> bool | float | date | time | None:
    """Return the value of a number, boolean, date or time, or None for any other ``token``."""
    if token in _WORDS:
        return _WORDS[token]
    try:
        if _INTEGER.fullmatch(token):
            return int(token)
        if re.fullmatch(_BASED, token):
            return int(token, 0)
        if re.fullmatch(_FLOAT, token):
            return float(token)
        return _date_or_time(token) if token[0].isdigit() else None
    except ValueError:  # an impossible date, or an integer with thousands of digits
        return None


def _date_or_time(token: str) -> date | time | None:
    """Parse a date, time or date-time; seconds are optional (TOML 1.1). Raises ValueError if out of range."""
    import datetime as dt  # noqa: PLC0415 - rarely needed, and as slow as a scan

    if match := re.fullmatch(_DATE, token):
        return dt.date(*map(int, match.groups()))
    if match := re.fullmatch(_TIME, token):
        return dt.time(*_time_parts(match.groups()))
    if match := re.fullmatch(_DATE_TIME, token):
        year, month, day, *rest = match.groups()
        zulu, sign, hours, minutes = rest[4:]
        zone = None
        if zulu:
            zone = dt.UTC
        elif sign:
            distance = dt.timedelta(hours=int(hours), minutes=int(minutes))
            zone = dt.timezone(-distance if sign == "-" else distance)
        return dt.datetime(int(year), int(month), int(day), *_time_parts(rest[:4]), tzinfo=zone)
    return None


def _time_parts(groups: Sequence[str | None]) -> tuple[int, int, int, int]:
    """Return hour, minute, second and microsecond; finer fractions are truncated."""
    hour, minute, second, fraction = groups
    return int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "0")[:6].ljust(6, "0"))
