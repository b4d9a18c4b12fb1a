"""A JSON scanner (RFC 8259) that tells places and does not stop: every member, also in a half-typed document.

``json`` of the standard library tells no places and ends at the first error. This scanner steps over what is missing or
too much: commas, colons, brackets of the wrong kind, words that mean nothing; a string without its closing quote ends
with the line. Where that leaves more of a broken document unread than its lines and their indentation tell,
``json_lines`` has the word. Others use ``scan``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.json_values import (
    JsonError,
    JsonMember,
    JsonObject,
    JsonScan,
    JsonValue,
    count_members,
    decode,
    scalar_value,
)
from mothball.model import Span
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# Nobody nests ten deep; ``json`` gives up at about a thousand.
MAX_DEPTH = 100
# Nobody reads more; a hostile document must not fill the memory with them.
_MAX_ERRORS = 100

_PLAIN = r'"[^"\\\x00-\x1f]*+"'
_PLAIN_STRING = re.compile(_PLAIN)
_PLAIN_STRINGS = re.compile(rf"\[[ \t\r\n]*+(?>(?:{_PLAIN}[ \t\r\n]*+,[ \t\r\n]*+)*){_PLAIN}[ \t\r\n]*+\]")
_STRING = r'"(?>(?:[^"\\\r\n]++|\\[^\r\n])*)'
_CONTROL = r"[\x00-\x1f]"
_SPACE = re.compile(r"[ \t\r\n]*+")
_WORD = re.compile(r'[^ \t\r\n,\[\]{}":]++')
_CLOSERS = {"{": "}", "[": "]"}


class _Read(NamedTuple):
    """A value that was read, or a key; ``inner`` leaves out quotes. Reading goes on at the end of ``span``."""

    value: JsonValue
    span: Span
    inner: Span
    whole: bool = True


def scan(text: str) -> JsonScan:
    """Read a JSON document, whole or half typed, without byte-order mark. Raises nothing, whatever the text."""
    document = _Scanner(text).document()
    if document.errors:
        from mothball.formats.json_lines import read_by_lines  # noqa: PLC0415 - only broken documents need it

        by_lines = read_by_lines(text, lambda value: _Scanner(value).document())
        # Lines tell nothing of a document that was not written in lines.
        if count_members(by_lines) * 2 >= count_members(document.value):
            return document._replace(value=by_lines)
    return document


class _Scanner:
    """One pass. Methods that read something take where it begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._errors: list[JsonError] = []

    def document(self) -> JsonScan:
        position = self._skip(0)
        if position == len(self._text):
            self._error(position, position, "the document is empty", "write an object: {}")
            return JsonScan(None, tuple(self._errors))
        read = self._value(position, 0, "")
        end = self._skip(read.span.end)
        if end < len(self._text):
            self._error(end, end + 1, "the document has ended before this", "take it out")
        return JsonScan(read.value, tuple(sorted(self._errors)))

    def _value(self, position: int, depth: int, outer: str) -> _Read:
        """Read a value; ``outer`` closes what it stands in."""
        match self._text[position]:
            case '"':
                return self._string(position)
            case "{" | "[" if depth >= MAX_DEPTH:
                self._error(position, position + 1, "nested too deep", f"at most {MAX_DEPTH} levels are read")
                rest = Span(position, len(self._text))
                return _Read(None, rest, rest, whole=False)
            case "{":
                return self._object(position, depth, outer)
            case "[":
                return self._array(position, depth, outer)
            case _:
                return self._scalar(position)

    def _string(self, position: int) -> _Read:
        text = self._text
        if plain := _PLAIN_STRING.match(text, position):
            span = Span(position, plain.end())
            return _Read(plain[0][1:-1], span, Span(position + 1, span.end - 1))
        found = re.compile(_STRING).match(text, position)
        end = found.end() if found else position + 1
        inner = Span(position + 1, end)
        closed = text.startswith('"', end)
        span = Span(position, end + closed)
        if not closed:
            self._error(*span, "a string is not closed", 'close it with " on the same line')
        if control := re.search(_CONTROL, inner.of(text)):
            place = inner.start + control.start()
            self._error(place, place + 1, "a control character", "take it out, or write it as \\uXXXX")
        return _Read(decode(text, inner, self._report), span, inner, closed)

    def _scalar(self, position: int) -> _Read:
        found = _WORD.match(self._text, position)
        span = Span(position, found.end() if found else position + 1)
        value = scalar_value(span.of(self._text))
        if isinstance(value, JsonError):
            self._error(*span, value.message, value.help)
            return _Read(None, span, span, whole=False)
        return _Read(value, span, span)

    # --- objects and arrays -------------------------------------------------------------------------------------------

    def _object(self, start: int, depth: int, outer: str) -> _Read:
        members: list[JsonMember] = []

        def read(position: int) -> int:
            member = self._member(position, depth)
            members.append(member)
            return member.span.end

        span, closed = self._items(start, outer, read)
        return _Read(JsonObject(tuple(members)), span, span, closed)

    def _array(self, start: int, depth: int, outer: str) -> _Read:
        if plain := _PLAIN_STRINGS.match(self._text, start):
            span = Span(*plain.span())
            return _Read(tuple(plain[0].split('"')[1::2]), span, span)
        items: list[JsonValue] = []

        def read(position: int) -> int:
            item = self._value(position, depth + 1, "]")
            items.append(item.value)
            return item.span.end

        span, closed = self._items(start, outer, read)
        return _Read(tuple(items), span, span, closed)

    def _items(self, start: int, outer: str, read: Callable[[int], int]) -> tuple[Span, bool]:
        """Read what stands between the brackets of which the first is at ``start``; ``read`` reads one item.

        Returns the place of all that, and whether the closing bracket is there.
        """
        text = self._text
        closer = _CLOSERS[text[start]]
        after_comma, is_empty = False, True
        end = position = start + 1
        while True:
            position = self._skip(position)
            char = text[position : position + 1]
            if char == closer:
                if after_comma:
                    self._error(position, position + 1, "nothing follows the last comma", "take the comma out")
                return Span(start, position + 1), True
            if char in {"", outer}:
                self._error(start, start + 1, "a bracket is not closed", f"close it with {closer}")
                return Span(start, end), False
            if char == "," and not after_comma and not is_empty:
                after_comma = True
                position += 1
            elif char == '"' or (closer == "]" and char not in "}],:"):
                if not after_comma and not is_empty:
                    self._error(position, position + 1, "a comma is missing before this", "put one between the two")
                end = position = read(position)
                after_comma = is_empty = False
            else:
                position = self._step_over(position)

    def _member(self, position: int, depth: int) -> JsonMember:
        text = self._text
        key = self._string(position)
        begin = self._skip(key.span.end)
        has_colon = text.startswith(":", begin)
        if has_colon:
            begin = self._skip(begin + 1)
        following = text[begin : begin + 1]
        if following in {"", ",", ":", "}", "]"} or not (has_colon or following in _CLOSERS):
            self._error(*key.span, "a key without a value", "write KEY: VALUE, or take the key away")
            end = key.span.end
            return JsonMember(str(key.value), key.inner, None, Span(end, end), key.span, whole=False)
        if not has_colon:
            self._error(*key.span, "a colon is missing behind this key", "write KEY: VALUE")
        value = self._value(begin, depth + 1, "}")
        span = Span(position, value.span.end)
        return JsonMember(str(key.value), key.inner, value.value, value.inner, span, key.whole and value.whole)

    # --- small steps --------------------------------------------------------------------------------------------------

    def _skip(self, position: int) -> int:
        found = _SPACE.match(self._text, position)
        return found.end() if found else position

    def _step_over(self, position: int) -> int:
        """Step over what means nothing here."""
        found = _WORD.match(self._text, position)
        end = found.end() if found else position + 1
        self._error(position, end, "this is out of place", "take it out, or put it in quotes")
        return end

    def _error(self, start: int, end: int, message: str, help_text: str) -> None:
        self._report(JsonError(Span(start, end), message, help_text))

    def _report(self, error: JsonError) -> None:
        if len(self._errors) < _MAX_ERRORS:
            self._errors.append(error)
