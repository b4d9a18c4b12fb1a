"""What the JSON scanner finds, and what strings and scalars mean (RFC 8259, sections 6 and 7).

All spans count code points into the text that was scanned. Everything is immutable.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.hygiene import one_line
from mothball.model import Span
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class JsonError(NamedTuple):
    """Something that JSON's rules reject, with the place and the way out."""

    span: Span
    message: str
    help: str = ""


class JsonMember(NamedTuple):
    """A key with its value: ``key_span`` and ``value_span`` leave quotes out, ``span`` covers both and all between.

    ``whole`` is False where something of the member itself is missing: a quote, a bracket, the value.
    """

    key: str
    key_span: Span
    value: JsonValue
    value_span: Span
    span: Span
    whole: bool = True


class JsonObject(NamedTuple):
    """An object: its members as they are written, those with the same key too."""

    members: tuple[JsonMember, ...]


JsonValue = str | float | bool | tuple["JsonValue", ...] | JsonObject | None


class JsonScan(NamedTuple):
    """A document; ``errors`` is empty exactly where ``json.loads`` reads it, nesting beyond the cap aside."""

    value: JsonValue
    errors: tuple[JsonError, ...]


def to_plain(value: JsonValue) -> object:
    """Return what ``json.loads`` would: of members with the same key, the last."""
    match value:
        case JsonObject():
            return {member.key: to_plain(member.value) for member in value.members}
        case tuple():
            return [to_plain(item) for item in value]
        case _:
            return value


def count_members(value: JsonValue) -> int:
    """Return how many members stand in ``value``, at all depths."""
    match value:
        case JsonObject():
            return sum(1 + count_members(member.value) for member in value.members)
        case tuple():
            return sum(map(count_members, value))
        case _:
            return 0


# --- strings ----------------------------------------------------------------------------------------------------------

_ESCAPE = r"\\(?:([\"\\/bfnrt])|u([0-9A-Fa-f]{4})|.?)"
_SHORT_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}


def decode(text: str, inner: Span, report: Callable[[JsonError], None]) -> str:
    """Return the value of the string whose content stands at ``inner``; what is no escape goes to ``report``."""
    content = inner.of(text)
    if "\\" not in content:
        return content

    def meaning(escape: re.Match[str]) -> str:
        short, digits = escape.groups()
        if short:
            return _SHORT_ESCAPES[short]
        if digits:
            return chr(int(digits, 16))
        place = Span(inner.start + escape.start(), inner.start + escape.end())
        report(JsonError(place, f"`{one_line(escape[0])}` is no escape", "write \\\\ for a backslash"))
        return escape[0]

    value = re.sub(_ESCAPE, meaning, content)
    # Two escapes may stand for the halves of one character.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


# --- scalars ----------------------------------------------------------------------------------------------------------

_INTEGER = r"-?(?:0|[1-9][0-9]*+)"
_NUMBER = rf"{_INTEGER}(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_WORDS = {"true": True, "false": False, "null": None}
# They are no JSON, but ``json.loads`` reads them.
_NO_NUMBERS = {"NaN", "Infinity", "-Infinity"}


def scalar_value(word: str) -> float | bool | JsonError | None:
    """Return what ``word`` means, a number, a boolean or nothing; an error without a place where it means none."""
    if word in _WORDS:
        return _WORDS[word]
    try:
        if re.fullmatch(_INTEGER, word):
            return int(word)
        if word in _NO_NUMBERS or re.fullmatch(_NUMBER, word):
            return float(word)
    except ValueError:  # thousands of digits
        pass
    return JsonError(Span(0, 0), "this is no value", "strings need quotes")
