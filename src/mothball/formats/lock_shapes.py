"""What a line of a lock is, told from its shape: the line with nothing between its quotes.

A lock of 18,000 lines has some hundred shapes. The TOML scanner is asked once for each what it is and which of its
strings mean what. Nothing here knows TOML by itself, and nothing is taken on trust: a shape that is not certain to mean
the same wherever it stands is ``Unusual``.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from mothball.formats.lock_stanzas import Path
from mothball.formats.toml import Array, Entry, InlineTable, Key, Scalar, String, Value, scan
from mothball.model import Span
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACE = " \t\r"
# A string as tools write it: one in three quotes, or with other escapes, leaves a shape that is not sound. Where the
# closing quote is missing, too, there is a match, so that no part of a line is gone through twice.
_STRING = re.compile(r'"(?>(?:[^"\\\n]++|\\["\\btnfr])*)("?+)|' + r"'[^'\n]*+('?+)")
# What stands before a comment.
_CODE = re.compile(r"""(?>(?:[^"'#\n]++|"(?>(?:[^"\\\n]++|\\.)*)"|'[^'\n]*+')*)(?=#)""")
_STRING_WITHOUT_ESCAPES = re.compile(r'"[^"\n]*+"|' + r"'[^'\n]*+'")
# A quoted key says what a line means: it stays.
_STRING_OR_KEY = rf"(?:{_STRING.pattern})(?:(?=[ \t]*+[=.])())?"
_NOTHING = '""'
# Stands for an array of files that was taken out of the text: no character of a lock.
FILES = "\0"
_DATE = (
    "[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9}+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
# A key with a string, with strings in an array, or with an array that begins: nearly all lines whose keys are not the
# same in every package.
_PLAIN = re.compile(r'([A-Za-z0-9_-]++) = (?:""|\[""(?>(?:, "")*)\]|(\[))\r?')
# With its strings blanked out, no honest line comes near it; others are not worth being looked at twice.
_MAX_LENGTH = 4_000
_NUMBER = re.compile(rf"= (?:[1-9][0-9]{{0,17}}+|{_DATE})(?=[ ,}}\]\r\n]|\Z)")


class Unusual(Exception):  # noqa: N818 - no error: how the line reader lets go of a file that it is not sure of
    """The file cannot be read line by line."""


class Kind(IntEnum):
    """What a line can be; an empty line and a comment are ``NOTHING``."""

    NOTHING = 0
    HEADER = 1
    PAIR = 2
    OPENING = 3
    ITEM = 4
    CLOSING = 5


class Step(NamedTuple):
    """A string or boolean of a line: its path, and which of the line's strings it is, or else the boolean itself."""

    path: Path
    place: int
    constant: bool | None = None


class Shape(NamedTuple):
    """What all lines of one shape are.

    ``keys`` are those of a header or pair, ``leaves`` what the value of a pair or item holds, by paths from there.
    ``strings`` is how many strings stand in the line, those that mean nothing included, ``prefix`` what stands before
    the content of the first; ``has_files`` is whether ``FILES`` is in it. A comment is no part of a shape.
    """

    kind: Kind
    keys: tuple[Key, ...] = ()
    leaves: tuple[Step, ...] = ()
    is_string: bool = False
    is_array: bool = False
    has_files: bool = False
    strings: int = 0
    prefix: str = ""


def blank(text: str) -> list[str]:
    """Return the lines of ``text`` with nothing between their quotes, and with one number for all numbers and dates."""
    if "\\" in text or '" =' in text:
        blanked = re.sub(_STRING_OR_KEY, _blank_string, text)
    else:
        blanked = _STRING_WITHOUT_ESCAPES.sub(_NOTHING, text)
    return _NUMBER.sub("= 0", blanked).split("\n")


def _blank_string(found: re.Match[str]) -> str:
    double, single, key = found.groups()
    return _NOTHING if (double or single) and key is None else found[0]


def code_end(line: str) -> int:
    """Return where in a line, blanked or not, its comment begins; its length where it has none."""
    if "#" not in line:
        return len(line)
    comment = _CODE.match(line)
    return comment.end() if comment else len(line)


def strings_in(line: str) -> list[re.Match[str]]:
    """Return the strings of a line, quoted keys among them."""
    return [found for found in _STRING.finditer(line) if found[1] or found[2]]


@lru_cache(maxsize=1024)
def judge(blanked: str) -> Shape:
    """Return what a line is, by its blanked text without comment; raise ``Unusual`` where its neighbours have a say.

    Remembered, as both sides of a change hold the same shapes, and so do all locks of a tool.
    """
    if plain := _PLAIN.fullmatch(blanked):
        return _plain_shape(plain)
    if len(blanked) > _MAX_LENGTH:
        raise Unusual
    has_files = FILES in blanked
    blanked = blanked.replace(FILES, "[]")
    bare = blanked.strip(SPACE)
    if not bare:
        return Shape(Kind.NOTHING)
    if bare == "]":
        return Shape(Kind.CLOSING)
    if bare.endswith("["):
        kind, before, after = Kind.OPENING, "", "\n]\n"
    elif bare.endswith(","):
        kind, before, after = Kind.ITEM, "x = [\n", "\n]\n"
    else:
        kind, before, after = Kind.PAIR, "", "\n"
    document = scan(before + blanked + after)
    if document.errors or len(document.entries) + len(document.headers) != 1:
        raise Unusual
    if document.headers:
        keys = document.headers[0].keys
        _insist_on_names(keys)
        return Shape(Kind.HEADER, keys, is_array=bare.startswith("[["))
    entry = document.entries[0]
    value = _judged_value(kind, entry.value)
    keys = () if kind is Kind.ITEM else entry.keys
    _insist_on_names(keys)
    strings = {found.start() + len(before): place for place, found in enumerate(strings_in(blanked))}
    return Shape(
        kind,
        keys,
        tuple(_leaves((), value, strings)),
        is_string=isinstance(value, String),
        has_files=has_files,
        strings=len(strings),
        prefix=blanked[: next(iter(strings)) - len(before) + 1] if strings else "",
    )


def _plain_shape(plain: re.Match[str]) -> Shape:
    keys = (Key(plain[1], Span(*plain.span(1))),)
    if plain[2]:
        return Shape(Kind.OPENING, keys)
    strings = plain[0].count(_NOTHING)
    prefix = plain[0][: plain[0].index('"') + 1]
    leaves = tuple(Step((), place) for place in range(strings))
    return Shape(Kind.PAIR, keys, leaves, is_string="[" not in prefix, strings=strings, prefix=prefix)


def _judged_value(kind: Kind, value: Value) -> Value:
    """Return the value that the line itself holds: of an item, what stands in the array that was put around it."""
    if kind is Kind.PAIR:
        return value
    items = value.items if isinstance(value, Array) else ()
    if kind is Kind.OPENING and isinstance(value, Array) and not items:
        return value
    if kind is Kind.ITEM and len(items) == 1:
        return items[0]
    raise Unusual


def _insist_on_names(keys: tuple[Key, ...]) -> None:
    """Raise ``Unusual`` for a quoted key that has lost its content."""
    if not all(key.name for key in keys):
        raise Unusual


def _leaves(path: Path, value: Value, strings: dict[int, int]) -> Iterator[Step]:
    match value:
        case String():
            # Two strings side by side look like one in three quotes; one that kept its content was not understood.
            if value.value or value.quote != 1:
                raise Unusual
            yield Step(path, strings[value.span.start])
        case Scalar():
            if isinstance(value.value, bool):
                yield Step(path, -1, value.value)
        case Array():
            for item in value.items:
                yield from _leaves(path, item, strings)
        case InlineTable():
            for entry in value.entries:
                yield from _entry_leaves(path, entry, strings)
        case _:
            raise Unusual


def _entry_leaves(path: Path, entry: Entry, strings: dict[int, int]) -> Iterator[Step]:
    _insist_on_names(entry.keys)
    return _leaves((*path, *(key.name for key in entry.keys)), entry.value, strings)
