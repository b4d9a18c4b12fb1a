"""Base class of the TOML scanner: white space, comments, keys, look-ahead and error collection."""

from __future__ import annotations

import re
from itertools import islice

from mothball.formats.toml.strings import KEY, KEYS, STATEMENT, end_of, read_string, scalar_value
from mothball.formats.toml.values import Key, TomlError
from mothball.model.document import Span
from mothball.model.records import make

# The limit for tables, dotted keys, arrays and inline tables together; real documents have fewer than ten levels.
MAX_DEPTH = 100
# A document with more errors is not read: it is no TOML, or hostile.
MAX_ERRORS = 200

SPACE = re.compile(r"[ \t]*+")
LINE_ENDS = re.compile(r"[ \t]*+(?=[\r\n#]|\Z)")

CONFLICT = "unresolved merge conflict"
# Characters that are not allowed anywhere in a document (TOML 1.1, "Comment", "String").
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_GAP = re.compile(r"[ \t\r\n]*+(#[^\r\n]*+)?")
_LINE = re.compile(r"[^\r\n]*+")
_WORD = re.compile(r"[^\s]{1,40}+")
_KEY_PART = re.compile(rf"""[ \t]*+(?:([A-Za-z0-9_-]++)|(?!\"{{3}}|'{{3}})(?={KEY}))""")
# Needed for invalid or unusual documents only: `re` compiles them on first use and caches them.
_CONFLICT = r"(?:<{7}|={7}|>{7}|\|{7})(?=[ \r\n]|\Z)"
_IS_HEADER = rf"\[\[?+[ \t]*+({KEYS})[ \t]*+\]\]?+[ \t]*+(?=[\r\n#]|\Z)"
# An incomplete header.
INCOMPLETE_HEADER = rf"\[\[?+[ \t]*+({KEYS})[ \t]*+(\.?)[ \t]*+(?=[\r\n#]|\Z)"
_IS_QUOTED = rf"""(?=["']){KEY}"""
_ARRAY_GOES_ON = r"(?>(?:[ \t\r\n]++|#[^\r\n]*+)*)[,\]]"


class TooManyError(Exception):
    """The document has more errors, or more statements, than are read."""


class Cursor:
    """A text that is read from start to end. Methods take an offset and return the offset after what they read."""

    def __init__(self, text: str) -> None:
        """Initialize with the text to read."""
        self._text = text
        self._comments: list[Span] = []
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

    def _report(self, error: TomlError) -> None:
        if len(self._errors) >= MAX_ERRORS:
            raise TooManyError
        self._errors.append(error)

    def _error(self, start: int, end: int, message: str, help_text: str) -> None:
        self._report(TomlError(Span(start, end), message, help_text))

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
                string = read_string(text, position, self._report, nested=True)
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

    # --- look-ahead ---------------------------------------------------------------------------------------------------

    def _ends_array(self, position: int, closer: str) -> bool:
        """Return True if a statement or table header at ``position`` implies that the array before it is unclosed."""
        text = self._text
        if position != self._line_start and closer != "}":
            return False
        if re.compile(STATEMENT).match(text, position):
            return True
        header = re.compile(_IS_HEADER).match(text, position) if position == self._line_start else None
        if header is None:
            return False
        return not (_could_be_value(header[1]) and re.compile(_ARRAY_GOES_ON).match(text, header.end()))

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
        if re.compile(STATEMENT).match(self._text, position) or re.compile(_IS_HEADER).match(self._text, position):
            return position
        return None


def _could_be_value(dotted: str) -> bool:
    """Return True if text that is a valid key is also a valid value, such as `"a"` and `1.5`."""
    return re.fullmatch(_IS_QUOTED, dotted) is not None or scalar_value(dotted) is not None
