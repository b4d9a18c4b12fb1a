"""Parse JSON (RFC 8259) with the position of every member of an object.

Values are decoded by the ``json`` module, which accepts the same documents but reports no positions. ``members`` finds
the positions of an object's members in a valid document, ``load`` finds the first error of an invalid one.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING

from mothball.formats.broken import CONFLICT
from mothball.model.document import Span
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

# Integers are decoded as floats: `int` rejects more than 4,300 digits with an error that has no position.
_DECODER = JSONDecoder(parse_int=float)
_BLANKS = " \t\r\n"
_SPACE = re.compile(r"[ \t\r\n]*+")
_STRING = r'"(?>(?:[^"\\\r\n]++|\\[^\r\n])*)'
_TOKEN = rf'{_STRING}(?P<closing>"?)|[^\s,:{{}}\[\]"]++|.'
_CONFLICT_MARKER = r"(?<![^\r\n])(?:<{7}|\|{7}|={7}|>{7})(?![^ \r\n])"
# The maximum number of code points of a token in a message.
_MAX_SHOWN = 20


class JsonError(ValueError):
    """The first syntax error of a document."""

    def __init__(self, message: str, span: Span) -> None:
        """Initialize with a message for users and the span of the error."""
        super().__init__(message)
        self.message = message
        self.span = span


class JsonMember(NamedTuple):
    """A key and its value as ``json.loads`` returns them, with integers as floats.

    ``key_span`` excludes the quotes of the key, ``value_span`` includes those of a string value.
    """

    key: str
    key_span: Span
    value: object
    value_span: Span


def load(text: str) -> object:
    """Return the value of a document without byte-order mark. Raises JsonError if it is invalid."""
    try:
        return _DECODER.decode(text)
    except JSONDecodeError as error:
        raise _error_at(error.pos, text) from error
    except RecursionError as error:
        raise JsonError("invalid JSON: nested too deeply", Span(0, 1)) from error


def members(text: str, start: int) -> Iterator[JsonMember]:
    """Yield all members of the object at ``start``, including duplicate keys, in a document that ``load`` accepts."""
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, after_key = _DECODER.raw_decode(text, position)
        begin = _skip(text, _skip(text, after_key) + 1)
        value, end = _DECODER.raw_decode(text, begin)
        yield JsonMember(key, Span(position + 1, after_key - 1), value, Span(begin, end))
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _error_at(position: int, text: str) -> JsonError:
    """Describe the error at ``position``; messages of the ``json`` module differ between Python versions."""
    if marker := re.search(_CONFLICT_MARKER, text):
        return JsonError(CONFLICT, Span(*marker.span()))
    end = len(text.rstrip(_BLANKS))
    if position >= end:
        return JsonError("invalid JSON: unexpected end of file", Span(max(end - 1, 0), end))
    if text[position] in "\r\n":
        # A string ended by a line break: report all of it from its opening quote.
        opening = re.search(rf"(?<!\\){_STRING}\Z", text[:position])
        position = opening.start() if opening else position
    elif text[position] in "]}" and text[:position].rstrip(_BLANKS).endswith(","):
        # Python 3.13 reports a trailing comma, older versions the bracket after it.
        position = text.rindex(",", 0, position)
    token = re.compile(_TOKEN, re.DOTALL).match(text, position)
    if token is None or token["closing"] == "":
        return JsonError("invalid JSON: unclosed string", Span(position, token.end() if token else end))
    hint = ": a comma or colon may be missing before it" if token[0][0] in '"{[' else ""
    return JsonError(f"invalid JSON: unexpected `{one_line(token[0], _MAX_SHOWN)}`{hint}", Span(*token.span()))
