"""Python source that is half typed, put right as far as is needed for Python's parser to read the rest of it.

What is wrong often stands far before the place where the parser notices it: a bracket that is not closed takes in all
lines behind it. So brackets are balanced first, by what the lines look like; then lines that the parser still does not
take are left out, one after the other. A line that does not belong where it stands may end what is open there, or it
may be the one that is being typed; both is tried, and leaving lines out alone as well. What says most is kept.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from mothball.formats.python_calls import SetupCall, read_setup
from mothball.model import Span
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

# Each line that is left out costs a reading of the whole file.
_MAX_LINES = 8

_TOKEN = re.compile(r"""['"]|#[^\r\n]*+|\r\n|[\r\n\[({\])}]|\\(?:\r\n|(?s:.))|(?<![=<>!+*/%&|^@~:-])=(?!=)|:(?!=)""")
_CLOSERS = {"[": "]", "(": ")", "{": "}"}
_OPENERS = {closer: opener for opener, closer in _CLOSERS.items()}
# Up to the closing quote.
_STRING_ENDS = {
    "'": re.compile(r"(?>(?:[^\\'\r\n]++|\\(?:\r\n|(?s:.)))*)'"),
    '"': re.compile(r'(?>(?:[^\\"\r\n]++|\\(?:\r\n|(?s:.)))*)"'),
    "'''": re.compile(r"(?>(?:[^\\']++|(?s:\\.)|'{1,2}+(?!'))*)'''"),
    '"""': re.compile(r'(?>(?:[^\\"]++|(?s:\\.)|"{1,2}+(?!"))*)"""'),
}
_REST_OF_LINE = re.compile(r"[^\r\n]*+")
_INDENT = re.compile(r"[ \t]*+")
# What begins a line in no list and in no dict.
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*+[ \t]*+=(?!=)")
# What begins a line in no list: a key of a dict.
_KEY = re.compile(r"""[rRuU]?(?:'[^'\r\n]*+'|"[^"\r\n]*+")[ \t]*+:""")
# A key, or the name of an argument, that has lost what stands between it and its value.
_BARE_NAME = re.compile(r"""[A-Za-z_]\w*+(?=[ \t]*+[\[{][ \t]*+["'\r\n])""")
# What may begin a line behind an argument with a name, besides another one.
_ARGUMENT = re.compile(r"[*#)\r\n]|\Z")
# At the beginning of a line it is in no brackets at all.
_STATEMENT = re.compile(r"(?:import|from|def|class|if|for|while|with|try|return|raise)\b|@|setup\(")
# A line of a list of which nothing else is there: it may have lost its opening bracket in a line before.
_GOES_ON = re.compile(r"""[ \t]*+(?:[rRuUbBfF]{0,2}["']|[\])}#\r\n])""")


class Repaired(NamedTuple):
    """A text that Python's parser takes; ``inserted`` are the places in it of characters that the file lacks."""

    text: str
    inserted: tuple[int, ...] = ()

    def back(self, start: int, end: int) -> Span:
        """Return where in the file stands what stands in ``text`` from ``start`` to ``end``."""
        return Span(start - bisect_left(self.inserted, start), end - bisect_left(self.inserted, end))

    def is_closed(self, span: Span) -> bool:
        """Return whether all of what ``span`` covers in ``text`` stands in the file."""
        return bisect_left(self.inserted, span.start) == bisect_left(self.inserted, span.end)


def read_repaired(text: str, lists: Collection[str], table: str) -> tuple[Repaired, SetupCall] | None:
    """Read the ``setup()`` calls of ``text``, which is no Python, as it may have been meant.

    ``lists`` and ``table`` are as for ``read_setup``. Returns None where it is too far from being Python.
    """
    best = None
    ends = _Balance(text, keeps_statements=True).repaired()
    for attempt in (ends, _Balance(text, keeps_statements=False).repaired(), Repaired(text)):
        found = _read_without_bad_lines(attempt, lists, table)
        if found and (best is None or len(found[1].literals) > len(best[1].literals)):
            best = found
    return best


def _read_without_bad_lines(attempt: Repaired, lists: Collection[str], table: str) -> tuple[Repaired, SetupCall] | None:
    """Read ``attempt`` without the lines that the parser stops at, None where they are too many."""
    text = attempt.text
    for _ in range(_MAX_LINES):
        read = read_setup(text, lists, table)
        if isinstance(read, SetupCall):
            return attempt._replace(text=text), read
        start, end = read.line
        if not text[start:end].strip():
            return None
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return None


class _Frame:
    """A bracket that is open; the outermost stands for the file itself."""

    __slots__ = ("assigned", "holds_indented", "indent", "opener")

    def __init__(self, opener: str, indent: int) -> None:
        self.opener = opener
        # How far the line is indented that it stands on, and whether one in it was indented further.
        self.indent = indent
        self.holds_indented = False
        # Behind the last `=`, or the `:` of a dict: there may be an opening bracket missing.
        self.assigned: int | None = None


class _Balance:
    """One pass over a text, in which strings and brackets are closed that are not, and opened.

    A line within brackets that begins a statement ends them where ``keeps_statements`` is set; else it is left out, as
    is one in a call that can be no argument.
    """

    def __init__(self, text: str, *, keeps_statements: bool) -> None:
        self._text = text
        self._keeps_statements = keeps_statements
        self._frames = [_Frame("", 0)]
        # How many of each kind are open.
        self._open = dict.fromkeys(_CLOSERS, 0)
        self._indent = 0
        # Where what stands before the present place ends, white space and comments left aside.
        self._code_end = 0
        self._insertions: list[tuple[int, str]] = []
        self._blanked: list[Span] = []
        # Where the string ends that was read last.
        self._string_end = -1

    def repaired(self) -> Repaired:
        text = self._text
        position = 0
        while token := _TOKEN.search(text, position):
            between = text[position : token.start()].rstrip()
            if between:
                self._code_end = position + len(between)
            position = self._take(token[0], token.start(), token.end())
        if text[position:].strip():
            self._code_end = len(text.rstrip())
        self._close_down_to(1)
        return self._put_together()

    def _take(self, token: str, start: int, end: int) -> int:
        """Go over a token; return where reading goes on."""
        frame = self._frames[-1]
        first = token[0]
        if first in "\r\n":
            return self._begin_line(end)
        if first == "#":
            return end
        if first in "\"'":
            end = self._string_end = self._string(first, start)
        elif first in _CLOSERS:
            if frame.opener == "{" and self._code_end == self._string_end:
                self._insertions.append((self._code_end, ":"))
            self._frames.append(_Frame(first, self._indent))
            self._open[first] += 1
        elif first in _OPENERS:
            self._close(first, start)
        elif first == "=" or (first == ":" and frame.opener == "{"):
            frame.assigned = end
        self._code_end = end
        return end

    def _string(self, quote: str, start: int) -> int:
        text = self._text
        if text.startswith(quote * 3, start):
            quote *= 3
        if end := _STRING_ENDS[quote].match(text, start + len(quote)):
            return end.end()
        rest = _REST_OF_LINE.match(text, start)
        line_end = start + len(rest[0].rstrip()) if rest else start
        comma = "," if len(self._frames) > 1 else ""
        self._insertions.append((line_end, quote + comma))
        return line_end

    def _begin_line(self, start: int) -> int:
        """Look at what a line begins with; return where reading goes on."""
        text = self._text
        indent = _INDENT.match(text, start)
        first = indent.end() if indent else start
        self._indent = first - start
        if len(self._frames) == 1:
            if not _GOES_ON.match(text, first):
                self._frames[-1].assigned = None
        elif first == start and (_STATEMENT.match(text, first) or _ASSIGNMENT.match(text, first)):
            if not self._keeps_statements:
                return self._leave_out(first)
            self._close_to_call(to_file=_STATEMENT.match(text, first) is not None)
        elif _ASSIGNMENT.match(text, first):
            self._close_to_call()
            self._separate("(")
        elif _KEY.match(text, first):
            if self._frames[-1].opener == "[" and self._frames[-2].opener == "{":
                self._close_down_to(len(self._frames) - 1)
            self._separate("{")
        elif not self._keeps_statements and self._is_stray(first):
            return self._leave_out(first)
        frame = self._frames[-1]
        frame.holds_indented = frame.holds_indented or self._indent > frame.indent
        if frame.opener in {"", "("} and (name := _BARE_NAME.match(text, first)):
            self._insertions.append((name.end(), "="))
            frame.assigned = name.end()
        return first

    def _is_stray(self, start: int) -> bool:
        """Return whether what a line begins with, behind arguments with names, can be no argument."""
        frame = self._frames[-1]
        is_next = frame.opener == "(" and frame.assigned is not None and self._text[self._code_end - 1] == ","
        return is_next and not _ARGUMENT.match(self._text, start) and not _BARE_NAME.match(self._text, start)

    def _leave_out(self, start: int) -> int:
        line = _REST_OF_LINE.match(self._text, start)
        end = line.end() if line else start
        self._blanked.append(Span(start, end))
        return end

    def _separate(self, opener: str) -> None:
        """Put in the comma that stands before an argument of a call, or an entry of a dict, where it is missing."""
        if self._frames[-1].opener == opener and self._text[self._code_end - 1] not in ",([{":
            self._insertions.append((self._code_end, ","))

    def _close_to_call(self, *, to_file: bool = False) -> None:
        """Close all that an argument of a call, or a statement, cannot stand in; ``to_file``, all that is open."""
        depth = 1 if to_file else len(self._frames)
        while depth > 1 and self._frames[depth - 1].opener != "(":
            depth -= 1
        # The arguments of a call are indented further than it, or none of them is.
        while depth > 1 and self._frames[depth - 1].holds_indented and self._indent <= self._frames[depth - 1].indent:
            depth -= 1
        self._close_down_to(depth)

    def _close_down_to(self, depth: int) -> None:
        """Put in what closes all brackets but the outer ``depth``."""
        closers = ""
        while len(self._frames) > depth:
            closers += _CLOSERS[self._pop().opener]
        if closers:
            has_comma = self._ends_with_comma()
            self._insertions.append((self._code_end - has_comma, closers))
            if depth == 1 and has_comma:
                self._blanked.append(Span(self._code_end - 1, self._code_end))
            elif not has_comma and depth > 1:
                self._insertions.append((self._code_end, ","))

    def _ends_with_comma(self) -> bool:
        """Return whether a comma stands before: it may be the one behind the bracket that is missing."""
        return self._text[self._code_end - 1] == ","

    def _pop(self) -> _Frame:
        frame = self._frames.pop()
        self._open[frame.opener] -= 1
        return frame

    def _close(self, closer: str, place: int) -> None:
        opener = _OPENERS[closer]
        if self._open[opener]:
            closers = ""
            while (frame := self._pop()).opener != opener:
                closers += _CLOSERS[frame.opener]
            if closers:
                self._insertions.append((self._code_end - self._ends_with_comma(), closers))
            return
        assigned = self._frames[-1].assigned
        if assigned is not None and opener != "(":
            self._insertions.append((assigned, opener))
            self._frames[-1].assigned = None
        else:
            self._blanked.append(Span(place, place + 1))

    def _put_together(self) -> Repaired:
        characters = list(self._text)
        for start, end in self._blanked:
            characters[start:end] = " " * (end - start)
        parts: list[str] = []
        inserted: list[int] = []
        position = length = 0
        for place, piece in sorted(self._insertions, key=lambda one: one[0]):
            parts += ("".join(characters[position:place]), piece)
            length += place - position
            inserted += range(length, length + len(piece))
            length += len(piece)
            position = place
        return Repaired("".join([*parts, *characters[position:]]), tuple(inserted))
