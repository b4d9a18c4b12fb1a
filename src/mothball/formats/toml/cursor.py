"""The small steps through a TOML document, looking ahead, and keeping what was wrong."""

from __future__ import annotations

import re

from mothball.formats.toml.strings import KEY, KEYS, STATEMENT, end_of, read_string, scalar_value
from mothball.formats.toml.values import Key, TomlError
from mothball.model.document import Span
from mothball.model.records import make

# Tables, dotted keys, arrays and inline tables together: nobody nests ten deep.
MAX_DEPTH = 100
# Nobody reads more; a hostile document must not fill the memory with them.
MAX_ERRORS = 100

SPACE = re.compile(r"[ \t]*+")
LINE_ENDS = re.compile(r"[ \t]*+(?=[\r\n#]|\Z)")

# No part of a document may hold these (TOML 1.1, "Comment", "String").
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_GAP = re.compile(r"[ \t\r\n]*+(#[^\r\n]*+)?")
_LINE = re.compile(r"[^\r\n]*+")
_WORD = re.compile(r"[^\s]{1,40}+")
_KEY_PART = re.compile(rf"""[ \t]*+(?:([A-Za-z0-9_-]++)|(?!\"{{3}}|'{{3}})(?={KEY}))""")
# Only broken or unusual places need these: `re` compiles them when they are first asked for, and keeps them.
_CONFLICT = r"(?:<{7}|={7}|>{7}|\|{7})(?=[ \r\n]|\Z)"
_IS_HEADER = rf"\[\[?+[ \t]*+({KEYS})[ \t]*+\]\]?+[ \t]*+(?=[\r\n#]|\Z)"
# A header that somebody is typing.
HALF_HEADER = rf"\[\[?+[ \t]*+({KEYS})[ \t]*+(\.?)[ \t]*+(?=[\r\n#]|\Z)"
_IS_QUOTED = rf"""(?=["']){KEY}"""
_ARRAY_GOES_ON = r"(?>(?:[ \t\r\n]++|#[^\r\n]*+)*)[,\]]"


class Cursor:
    """A text that is read from the front. Steps take where they begin and return where reading goes on."""

    def __init__(self, text: str) -> None:
        """Take the text to read."""
        self._text = text
        self._comments: list[Span] = []
        self._errors: list[TomlError] = []
        # Where the first thing on a line stands: only there can a statement begin that ends an array.
        self._fresh = 0

    def _all_errors(self) -> tuple[TomlError, ...]:
        """Return what was reported and what no part of the text may hold, by position."""
        reported, self._errors = self._errors, []
        for found in _FORBIDDEN.finditer(self._text):
            if len(self._errors) >= MAX_ERRORS:
                break
            self._error(*found.span(), "control character", "remove it, or write it as \\uXXXX in a string")
        return tuple(sorted(reported + self._errors)[:MAX_ERRORS])

    def _report(self, error: TomlError) -> None:
        if len(self._errors) < MAX_ERRORS:
            self._errors.append(error)

    def _error(self, start: int, end: int, message: str, help_text: str) -> None:
        self._report(TomlError(Span(start, end), message, help_text))

    def _error_at(self, position: int, message: str, help_text: str) -> None:
        self._error(position, end_of(_WORD, self._text, position), message, help_text)

    def _gap(self, position: int) -> int:
        """Step over white space, line endings and comments, and keep the comments."""
        start = position
        while found := _GAP.match(self._text, position):
            position = found.end()
            if found[1] is None:
                break
            self._comments.append(Span(found.start(1), position))
        skipped = self._text[start:position]
        if "\n" in skipped or "\r" in skipped:
            self._fresh = position
        return position

    def _rest_of_line(self, position: int) -> int:
        return end_of(_LINE, self._text, position)

    def _keys(self, position: int, depth: int = 0) -> tuple[tuple[Key, ...], int]:
        """Read a dotted key and the white space behind it; no keys where none stands there."""
        text = self._text
        room = max(MAX_DEPTH - depth, 1)
        keys: list[Key] = []
        count = 0
        while found := _KEY_PART.match(text, position):
            position = found.end()
            if found[1] is not None:
                key = make(Key, (found[1], make(Span, found.span(1))))
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

    # --- looking ahead ------------------------------------------------------------------------------------------------

    def _ends_array(self, position: int, closer: str) -> bool:
        """Tell whether a statement or a table header at ``position`` shows that an array was left open before it."""
        text = self._text
        if position != self._fresh and closer != "}":
            return False
        if re.compile(STATEMENT).match(text, position):
            return True
        header = re.compile(_IS_HEADER).match(text, position) if position == self._fresh else None
        if header is None:
            return False
        return not (_could_be_value(header[1]) and re.compile(_ARRAY_GOES_ON).match(text, header.end()))

    def _is_conflict(self, position: int) -> bool:
        found = (
            position == self._fresh
            and self._text[position] in "<=>|"
            and re.compile(_CONFLICT).match(self._text, position) is not None
        )
        if found:
            self._error(
                position, position + 7, "unresolved merge conflict", "keep one side and remove the conflict markers"
            )
        return found

    def _is_half_header(self, position: int) -> bool:
        """Tell whether a line in an array is no array of its own, but a header that somebody is typing."""
        found = re.compile(HALF_HEADER).match(self._text, position) if position == self._fresh else None
        if found is None or (not found[2] and _could_be_value(found[1])):
            return False
        self._error_at(position, "incomplete table header", "write [NAME]")
        return True

    def _finish_line(self, position: int) -> int | None:
        """Return where to go on behind a statement: the line's end, or another statement that stands before it.

        None, and an error, where anything else follows.
        """
        if end := LINE_ENDS.match(self._text, position):
            return end.end()
        position = end_of(SPACE, self._text, position)
        self._error_at(position, "expected the end of the line", "start a new line, or remove it")
        if re.compile(STATEMENT).match(self._text, position) or re.compile(_IS_HEADER).match(self._text, position):
            return position
        return None


def _could_be_value(dotted: str) -> bool:
    """Tell whether what reads as a key could be a value: `"a"` and `1.5` are both."""
    return re.fullmatch(_IS_QUOTED, dotted) is not None or scalar_value(dotted) is not None
