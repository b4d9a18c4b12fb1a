"""Read the tokens of TOML: white space, comments, keys, strings and scalars; look ahead, and collect errors.

Specification: TOML 1.1, "Comment" to "Local Time". The patterns never backtrack: they use possessive quantifiers and
atomic groups. Groups are never possessive themselves, because up to Python 3.11.4 (Debian 12 has 3.11.2) ``(?:...)*+``
keeps part of a failed last repetition. Patterns that few documents need are strings: `re` compiles them on first use.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from mothball.formats.toml.values import Invalid, Key, Scalar, String, TomlError
from mothball.model.document import Span
from mothball.model.records import make
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from datetime import date, time

    from mothball.formats.source_map import SourceMap

# The limit for tables, dotted keys, arrays and inline tables together; real documents have fewer than ten levels.
MAX_DEPTH = 100
# A document with more errors is not read: it is no TOML, or hostile.
MAX_ERRORS = 200

SPACE = re.compile(r"[ \t]*+")
LINE_ENDS = re.compile(r"[ \t]*+(?=[\r\n#]|\Z)")
_LINE = re.compile(r"[^\r\n]*+")
_NEWLINE = re.compile(r"\r\n?|\n")
_GAP = re.compile(r"[ \t\r\n]*+(#[^\r\n]*+)?")
_WORD = re.compile(r"[^\s]{1,40}+")
# Characters that are not allowed anywhere in a document (TOML 1.1, "Comment", "String").
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")

_KEY = r"""(?:[A-Za-z0-9_-]++|"(?>(?:[^"\\\r\n]++|\\[^\r\n])*)"|'[^'\r\n]*+')"""
_KEYS = rf"{_KEY}(?>(?:[ \t]*+\.[ \t]*+{_KEY})*)"
_KEY_PART = re.compile(rf"""[ \t]*+(?:([A-Za-z0-9_-]++)|(?!\"{{3}}|'{{3}})(?={_KEY}))""")
# A single `=`: an unquoted `name == 1.0` in an array is not a key.
_STATEMENT = rf"{_KEYS}[ \t]*+=(?!=)"
_IS_HEADER = rf"\[\[?+[ \t]*+({_KEYS})[ \t]*+\]\]?+[ \t]*+(?=[\r\n#]|\Z)"
INCOMPLETE_HEADER = rf"\[\[?+[ \t]*+({_KEYS})[ \t]*+(\.?)[ \t]*+(?=[\r\n#]|\Z)"
_IS_QUOTED = rf"""(?=["']){_KEY}"""
_ARRAY_GOES_ON = r"(?>(?:[ \t\r\n]++|#[^\r\n]*+)*)[,\]]"
CONFLICT = "unresolved merge conflict"
_CONFLICT = r"(?:<{7}|={7}|>{7}|\|{7})(?=[ \r\n]|\Z)"

_SINGLE = {
    '"': re.compile(r'"(?>(?:[^"\\\r\n]++|\\[^\r\n]?+)*)'),
    "'": re.compile(r"'[^'\r\n]*+"),
}
# Up to two adjacent quotes are allowed inside, also directly before the closing delimiter.
_MULTI = {
    '"': r'"""(?>(?:[^"\\]++|(?s:\\.?+)|"{1,2}+(?!"))*)"{3,5}',
    "'": r"'''(?>(?:[^']++|'{1,2}+(?!'))*)'{3,5}",
}
_NEXT_STATEMENT = rf"[\r\n]++[ \t]*+(?:{_STATEMENT}|\[\[?+[ \t]*+{_KEYS}[ \t]*+\])"
_ESCAPE = r"\\(?:[btnfre\"\\]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[ \t]*+[\r\n][ \t\r\n]*+)?|\r\n"
SHORT_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_CODE_POINTS = 0x110000
_SURROGATES = range(0xD800, 0xE000)

# Everything up to white space or a special character; a space may separate date and time.
_RUN = re.compile(r"""(?>(?:[0-9]{4}-[0-9]{2}-[0-9]{2} (?=[0-9]{2}:))?)[^ \t\r\n,\[\]{}"'#]++""")
_INTEGER = re.compile(r"[+-]?+(?:0|[1-9](?>(?:_?+[0-9])*))")
_BASED = r"0(?:x[0-9A-Fa-f](?>(?:_?+[0-9A-Fa-f])*)|o[0-7](?>(?:_?+[0-7])*)|b[01](?>(?:_?+[01])*))"
_DIGITS = r"[0-9](?>(?:_?+[0-9])*)"
_FLOAT = rf"[+-]?+(?:(?:0|[1-9](?>(?:_?+[0-9])*))(?:\.{_DIGITS})?(?:[eE][+-]?+{_DIGITS})?|inf|nan)"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]++)?)?"
_ZONE = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
_WORDS = {"true": True, "false": False}


def end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return the end of a match of ``pattern`` at ``position``, or ``position`` without a match."""
    match = pattern.match(text, position)
    return match.end() if match else position


class TooManyError(Exception):
    """The document has more errors, or more statements, than are read."""


class Cursor:
    """A text that is read from start to end. Methods take an offset and return the offset after what they read."""

    def __init__(self, text: str) -> None:
        """Initialize with the text to read."""
        self._text = text
        self._comments: list[Span] = []
        self._multi_line_strings: list[Span] = []
        self._errors: list[TomlError] = []
        # The offset of the first token on the line: only there can a statement begin that ends an unclosed array.
        self._line_start = 0
        self._in_conflict = False

    def _all_errors(self) -> tuple[TomlError, ...]:
        """Return the reported errors and the forbidden characters, sorted by position."""
        reported, self._errors = self._errors, []
        for character in islice(_FORBIDDEN.finditer(self._text), MAX_ERRORS):
            self._error(*character.span(), "control character", "remove it, or write it as \\uXXXX in a string")
        return tuple(sorted(reported + self._errors)[:MAX_ERRORS])

    def _error(self, start: int, end: int, message: str, help_text: str) -> None:
        if len(self._errors) >= MAX_ERRORS:
            raise TooManyError
        self._errors.append(TomlError(Span(start, end), message, help_text))

    def _error_at(self, position: int, message: str, help_text: str) -> None:
        self._error(position, end_of(_WORD, self._text, position), message, help_text)

    def _gap(self, position: int) -> int:
        """Skip white space, line endings and comments; collect the comments."""
        start = position
        while gap := _GAP.match(self._text, position):
            position = gap.end()
            if gap[1] is None:
                break
            self._comments.append(Span(gap.start(1), position))
        skipped = self._text[start:position]
        if "\n" in skipped or "\r" in skipped:
            self._line_start = position
        return position

    def _rest_of_line(self, position: int) -> int:
        return end_of(_LINE, self._text, position)

    def _keys(self, position: int, depth: int = 0) -> tuple[tuple[Key, ...], int]:
        """Read a dotted key and the white space after it; return no keys if there is no key."""
        text = self._text
        room = max(MAX_DEPTH - depth, 1)
        keys: list[Key] = []
        count = 0
        while part := _KEY_PART.match(text, position):
            position = part.end()
            if part[1] is not None:
                key = make(Key, (part[1], make(Span, part.span(1))))
            else:
                string = self._string(position, nested=True)
                key = Key(string.value, string.span)
                position = string.span.end
            count += 1
            if count <= room:
                keys.append(key)
            position = end_of(SPACE, text, position)
            if not text.startswith(".", position):
                break
            position += 1
        else:
            position = end_of(SPACE, text, position)
            if keys:
                self._error(keys[0].span.start, position, "key ends with a dot", "complete the key, or remove the dot")
        if count > room:
            self._error(*keys[-1].span, f"key nested too deeply: {count} parts", f"nest at most {MAX_DEPTH} levels")
        return tuple(keys), position

    # --- strings and scalars ------------------------------------------------------------------------------------------

    def _string(self, position: int, *, nested: bool) -> String:
        """Read the string of any kind whose first quote is at ``position``.

        An unclosed string ends with its line. An unclosed multi-line string ends before the next line that looks like a
        statement, or with its line if it is ``nested`` in an array or inline table, where long text is unlikely.
        """
        text = self._text
        quote = text[position]
        if text.startswith(quote * 3, position):
            return self._multi_line_string(position, nested=nested)
        inner = Span(position + 1, end_of(_SINGLE[quote], text, position))
        closed = text.startswith(quote, inner.end)
        span = Span(position, inner.end + closed)
        if not closed:
            self._error(*span, "unclosed string", f"close it with {quote} on the same line")
        content = inner.slice(text)
        if quote == "'" or "\\" not in content:
            return String(span, content, closed=closed)
        source = self._decoded(inner, _ESCAPE)
        return String(span, source.text, 1, closed, source)

    def _multi_line_string(self, position: int, *, nested: bool) -> String:
        text = self._text
        quote = text[position]
        start = position + 3
        match = re.compile(_MULTI[quote]).match(text, position)
        if match is not None:
            end = match.end()
            inner = Span(start, end - 3)
        else:
            following = None if nested else re.compile(_NEXT_STATEMENT).search(text, start)
            end = self._rest_of_line(start) if nested else following.start() if following else len(text)
            inner = Span(start, end)
            self._error(position, start, "unclosed multi-line string", f"close it with {quote * 3}")
        content, span = inner.slice(text), Span(position, end)
        self._multi_line_strings.append(span)
        if quote == "'" and "\r" not in content and not content.startswith("\n"):
            return String(span, content, 3, match is not None)
        # A line ending directly after the opening quotes is not part of the value.
        content_start = end_of(_NEWLINE, text, start) if start < inner.end else start
        source = self._decoded(Span(content_start, inner.end), _ESCAPE if quote == '"' else r"\r\n?")
        return String(span, source.text, 3, match is not None, source)

    def _decoded(self, inner: Span, escape: str) -> SourceMap:
        """Return the decoded content between the quotes; report invalid escapes, which are kept as written.

        ``escape`` matches escapes and line endings, in a literal string only the latter.
        """
        from mothball.formats.source_map import decoded_parts, source_map  # noqa: PLC0415 - few strings have escapes

        parts = decoded_parts(self._text, inner, re.compile(escape), _decode_escape)
        escapes = [part for part in parts if part.text.startswith("\\")] if escape == _ESCAPE else []
        for start, end in (part[1:] for part in escapes if part.is_exact):
            shown = one_line(self._text[start : min(start + 2, inner.end)])
            self._error(start, end, f"invalid escape `{shown}`", "write \\\\ for a backslash, or use '...'")
        return source_map(parts)

    def _scalar(self, position: int) -> Scalar | String | Invalid:
        """Read a value at ``position`` that does not begin with a quote or bracket.

        The span of an invalid value is empty if there is no text for a value. If a quote follows it, it is returned as
        a string whose opening quote is missing.
        """
        token = _RUN.match(self._text, position)
        if token is None:
            self._error(position, position, "missing value", "write a value, or remove the key")
            return Invalid(Span(position, position))
        span = Span(*token.span())
        value = _scalar_value(token[0])
        if value is not None:
            return Scalar(span, value)
        self._error(*span, "invalid value", "quote strings; true, false, numbers and dates need no quotes")
        if self._text[span.end : span.end + 1] in {'"', "'"}:
            return String(Span(span.start, span.end + 1), token[0], 0, closed=False)
        return Invalid(span)

    # --- look-ahead ---------------------------------------------------------------------------------------------------

    def _ends_array(self, position: int, closer: str) -> bool:
        """Return True if a statement or table header at ``position`` implies that the array before it is unclosed."""
        text = self._text
        if position != self._line_start and closer != "}":
            return False
        if re.compile(_STATEMENT).match(text, position):
            return True
        header = re.compile(_IS_HEADER).match(text, position) if position == self._line_start else None
        if header is None:
            return False
        # In `["x"]]`, the second bracket closes the array before it.
        closes_array = not text.startswith("[[", position) and header[0].rstrip(" \t").endswith("]]")
        goes_on = closes_array or re.compile(_ARRAY_GOES_ON).match(text, header.end())
        return not (goes_on and _could_be_value(header[1]))

    def _report_conflict_marker(self, position: int) -> bool:
        """Return True for a merge conflict marker; report each conflict once, at its first marker."""
        is_marker = (
            position == self._line_start
            and self._text[position] in "<=>|"
            and re.compile(_CONFLICT).match(self._text, position) is not None
        )
        if is_marker:
            if self._text[position] == "<" or not self._in_conflict:
                self._error(position, position + 7, CONFLICT, "keep one side and remove the conflict markers")
            self._in_conflict = self._text[position] != ">"
        return is_marker

    def _is_incomplete_header(self, position: int) -> bool:
        """Return True, and report an error, if a line in an array is an incomplete header and not a nested array."""
        is_first = position == self._line_start
        header = re.compile(INCOMPLETE_HEADER).match(self._text, position) if is_first else None
        if header is None or (not header[2] and _could_be_value(header[1])):
            return False
        self._error_at(position, "incomplete table header", "write [NAME]")
        return True

    def _finish_line(self, position: int) -> int | None:
        """Return the offset to continue at after a statement: the end of the line or another statement on it.

        Report an error and return None if anything else follows.
        """
        if end := LINE_ENDS.match(self._text, position):
            return end.end()
        position = end_of(SPACE, self._text, position)
        self._error_at(position, "expected the end of the line", "start a new line, or remove it")
        is_statement = re.compile(f"{_STATEMENT}|{_IS_HEADER}").match(self._text, position) is not None
        return position if is_statement else None


def _could_be_value(dotted: str) -> bool:
    """Return True if text that is a valid key is also a valid value, such as `"a"` and `1.5`."""
    return re.fullmatch(_IS_QUOTED, dotted) is not None or _scalar_value(dotted) is not None


def _decode_escape(escape: str) -> str:
    """Return the value of an escape, a line continuation or a line ending; an invalid escape is returned as it is."""
    if escape[0] == "\r":
        return "\n"
    kind, digits = escape[1:2], escape[2:]
    if kind in {"x", "u", "U"} and digits:
        code_point = int(digits, 16)
        return escape if code_point in _SURROGATES or code_point >= _CODE_POINTS else chr(code_point)
    return "" if kind.isspace() else SHORT_ESCAPES.get(kind, escape)


def _scalar_value(token: str) -> bool | float | date | time | None:
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

    readers = ((_DATE, dt.date), (_TIME, dt.time), (f"{_DATE}[Tt ]{_TIME}{_ZONE}", dt.datetime))
    return next((reader.fromisoformat(token.upper()) for form, reader in readers if re.fullmatch(form, token)), None)
