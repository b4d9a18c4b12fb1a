"""YAML files, whole or half typed: their nodes, and where what they say stands in the file.

What is wrong in one place is a problem there, and as much as possible of the rest is read: see ``yaml_repair``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.formats.excerpt import Excerpt, Part, excerpt
from mothball.formats.ignores import may_speak_to_us, read_comment
from mothball.formats.yaml_nodes import Scalar, children
from mothball.formats.yaml_repair import read_repaired
from mothball.formats.yaml_scalars import content_of
from mothball.model import IgnoreComment, ParseProblem, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mothball.formats.yaml_nodes import Node

    Finder = Callable[[tuple[Node, ...]], Iterable[Node]]

# What YAML does not allow, and a byte-order mark, which would shift all places.
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: [^\r\n]*)?(?=[\r\n]|\Z)", re.MULTILINE)
_LINE_END = re.compile(r"[\r\n]|\Z")
_DIRECTIVE = r"(?i)mothball"
_BEFORE_COMMENT = " \t\"',[]{}"


class YamlScan:
    """A YAML file that was read."""

    def __init__(self, text: str, find: Finder) -> None:
        """Read ``text``, which is without byte-order mark; raises nothing, and takes time linear in it.

        ``find`` yields the lists that are looked for in the documents of a file, each once.
        """
        self._text = text
        readable, problems = _readable(text)
        self._repaired = read_repaired(
            readable,
            lambda documents: sum(isinstance(item, Scalar) for one in find(documents) for item in children(one)),
        )
        self.problems: tuple[ParseProblem, ...] = (*problems, *self._repaired.problems)

    @property
    def documents(self) -> tuple[Node, ...]:
        """The documents of the file; all but the first are rare."""
        return self._repaired.reading.documents

    def content(self, scalar: Scalar) -> Excerpt | None:
        """Return what ``scalar`` says with the way back to the file; None where it takes up several lines."""
        back = self._repaired.back
        found = content_of(back.text, scalar.span, scalar.value)
        if found is None or len(back.pieces) == 1:
            return found
        parts = found.parts(0, len(found.text))
        return excerpt(Part(part.text, *back.place(part.start, part.end)) for part in parts)

    def place(self, scalar: Scalar) -> Span:
        """Return where ``scalar`` stands in the file."""
        return self._repaired.back.place(*scalar.span)

    def is_closed(self, scalar: Scalar) -> bool:
        """Return whether ``scalar`` has its closing quote, if it needs one."""
        return scalar.span.end - 1 not in self._repaired.quotes

    def comments(self) -> tuple[list[IgnoreComment], list[ParseProblem]]:
        """Return the ignores of the file, and what is wrong with comments that were meant as such."""
        read = [read_comment(self._text, span) for span in self._comments()]
        ignores = [one for one in read if isinstance(one, IgnoreComment)]
        return ignores, [one for one in read if isinstance(one, ParseProblem)]

    def _comments(self) -> Iterator[Span]:
        """Yield the comments in which mothball may be spoken to, each from its ``#`` to the end of its line."""
        text = self._text
        end = 0
        scalars: list[Span] = []
        for found in re.finditer(_DIRECTIVE, text) if may_speak_to_us(text) else ():
            if found.start() < end:  # on a line that was read
                continue
            scalars = scalars or [self._repaired.back.place(*span) for span in self._repaired.reading.scalars]
            start = max(text.rfind("\n", end, found.start()), text.rfind("\r", end, found.start()), end - 1) + 1
            line_end = _LINE_END.search(text, found.start())
            end = line_end.start() if line_end else len(text)
            comment = _comment_start(text, Span(start, end), scalars)
            if comment is not None:
                yield Span(comment, end)


def _comment_start(text: str, line: Span, scalars: list[Span]) -> int | None:
    """Return where the comment on ``line`` begins: at a ``#`` in no scalar, behind white space or what ends a token.

    YAML wants white space; PyYAML, which pre-commit and conda read with, does not.
    """
    position = text.find("#", *line)
    while position >= 0:
        before = bisect_right(scalars, position, key=attrgetter("start")) - 1
        scalar_end = scalars[before].end if before >= 0 else 0
        if position >= scalar_end and (position == line.start or text[position - 1] in _BEFORE_COMMENT):
            return position
        position = text.find("#", max(position + 1, scalar_end), line.end)
    return None


def _readable(text: str) -> tuple[str, list[ParseProblem]]:
    """Return ``text`` without what no YAML file may hold, each character in its place, and what was wrong."""
    problems: list[ParseProblem] = []
    first = _UNPRINTABLE.search(text)
    if first is not None:
        problems.append(ParseProblem(Span(*first.span()), "invalid YAML: a control character", "take it out"))
        text = _UNPRINTABLE.sub(" ", text)
    is_open = False
    for mark in _CONFLICT.finditer(text):
        if mark[0][0] == "<" or not is_open:
            problems.append(
                ParseProblem(
                    Span(*mark.span()), "a merge conflict is not resolved", "keep one side, remove the markers"
                )
            )
        is_open = mark[0][0] != ">"
    return _CONFLICT.sub(lambda mark: " " * len(mark[0]), text), problems
