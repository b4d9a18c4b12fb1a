"""A YAML document that is half typed, put right as far as is needed to read the rest of it.

PyYAML stops at the first error, and what is wrong often stands far before the place where it is noticed: a quote or a
bracket that is not closed takes in all lines behind it. So what may help is tried out: closing it, adding a colon,
leaving the line out. What brings most entries to light is kept, and told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.excerpt import Excerpt, Part, excerpt
from mothball.formats.yaml_reader import Failure, Reading, read
from mothball.hygiene import one_line
from mothball.model import ParseProblem, Span
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mothball.formats.yaml_nodes import Node

    Counter = Callable[[tuple[Node, ...]], int]

# Each repair takes about ten readings, so both are bounded: nobody types in a file that is larger.
_MAX_REPAIRS = 4
_MAX_LENGTH = 60_000
# How much of a foreign message is repeated.
_SHOWN = 100

_LINE_END = re.compile(r"[\r\n]|\Z")
_COMMENT = re.compile(r"[ \t]+#")
# A line that would be a key, had it a colon.
_BARE_KEY = re.compile(r"(?:- +)?[A-Za-z_-]+(?=[ \t]|\Z)")
# Where two lines have become one: what stands behind so much white space would begin one.
_LOST_LINE_END = re.compile(r"(?<=\S)(?=[ \t]{2,}(?:-[ \t]|[A-Za-z_-]+:(?:\s|\Z)))")
_CLOSERS = {"[": "]", "{": "}"}


class _Repair(NamedTuple):
    """What is put in at ``span``, which is empty then, or left out there where ``text`` is empty."""

    span: Span
    text: str
    problem: ParseProblem


class Repaired(NamedTuple):
    """A text that was read, perhaps not as it stands in the file.

    ``back`` leads from the text that was read to the file. ``quotes`` are the places, in the text that was read, of
    closing quotes that the file lacks.
    """

    back: Excerpt
    reading: Reading
    quotes: frozenset[int]
    problems: tuple[ParseProblem, ...]


def read_repaired(text: str, count: Counter) -> Repaired:
    """Read ``text``; where that fails, put right what helps most, a few times.

    ``count`` says how many of the entries that are looked for are among the documents that could be read.
    """
    repairs: list[_Repair] = []
    current = _attempt(text, repairs)
    while current.reading.failure is not None and len(repairs) < _MAX_REPAIRS and len(text) <= _MAX_LENGTH:
        best = _best(text, repairs, current, count)
        if best is None:
            break
        repair, current = best
        repairs.append(repair)
    problems = [repair.problem for repair in repairs]
    failure = current.reading.failure
    if failure is not None:
        at = current.back.place(failure.reach, failure.reach).start
        line = _line(text, min(at, max(len(text.rstrip()) - 1, 0)))
        problems.append(_problem(line, failure.message))
    return current._replace(problems=tuple(problems))


def _best(text: str, repairs: Sequence[_Repair], current: Repaired, count: Counter) -> tuple[_Repair, Repaired] | None:
    """Return the repair that helps most, and what it comes to; None where none is of any help."""
    failure = current.reading.failure
    best: tuple[_Repair, Repaired] | None = None
    gain = _gain(current, count)
    for repair in _candidates(text, failure, current.back) if failure else ():
        attempt = _attempt(text, [*repairs, repair])
        if _gain(attempt, count) > gain:
            best, gain = (repair, attempt), _gain(attempt, count)
    return best


def _gain(attempt: Repaired, count: Counter) -> tuple[int, int]:
    """Return how many entries were found, and how far the file could be read."""
    failure = attempt.reading.failure
    reach = attempt.back.place(failure.reach, failure.reach).start if failure else len(attempt.back.text)
    return count(attempt.reading.documents), reach


def _attempt(text: str, repairs: Sequence[_Repair]) -> Repaired:
    """Read ``text`` with ``repairs`` made."""
    parts: list[Part] = []
    quotes: list[int] = []
    position = length = 0
    for repair in sorted(repairs):
        start = max(repair.span.start, position)
        end = max(repair.span.end, start)
        parts += (
            Part(text[position:start], position, start),
            Part(repair.text or " " * (end - start), start, end),
        )
        length += start - position
        if repair.text[:1] in {'"', "'"}:
            quotes.append(length)
        length += len(parts[-1].text)
        position = end
    parts.append(Part(text[position:], position, len(text)))
    back = excerpt(parts)
    return Repaired(back, read(back.text), frozenset(quotes), ())


# --- what may be wrong ------------------------------------------------------------------------------------------------


def _candidates(text: str, failure: Failure, back: Excerpt) -> Iterator[_Repair]:
    """Yield what may help, that which spoils least first."""
    reach, context, *others = (
        back.place(place, place).start for place in (failure.reach, failure.context, *failure.scalars, *failure.flows)
    )
    scalars, flows = others[: len(failure.scalars)], others[len(failure.scalars) :]
    problem = _line(text, min(reach, len(text)))
    before = _line_before(text, problem)
    for place in dict.fromkeys((context, *scalars)):
        quote = text[place : place + 1]
        if quote in {'"', "'"}:
            yield from _closing_quote(text, place, quote)
    # A key in a list makes a mapping of its own there: it may be the first line that belongs no more to the list.
    inner = [flow for flow in flows if text[flow : flow + 1] not in _CLOSERS]
    ends = (before, problem, *(_line_before(text, _line(text, flow)) for flow in inner[-1:]))
    for flow in reversed(flows):
        opening = text[flow : flow + 1]
        for line in dict.fromkeys((_line(text, flow), *ends)) if opening in _CLOSERS else ():
            closer = _CLOSERS[opening]
            end = _code_end(text, line)
            yield _insertion(line, end, closer, f"`{opening}` is not closed", f"close it with {closer}")
    others_at = (*scalars, *reversed(flows), context)
    lines = dict.fromkeys((problem, before, *(_line(text, place) for place in others_at)))
    for line in lines:
        end = _code_end(text, line)
        if key := _BARE_KEY.match(text, line.start, end):
            yield _insertion(line, key.end(), ":", "a key without a colon", "write `KEY: VALUE`")
        if lost := _LOST_LINE_END.search(text, line.start, end):
            yield _insertion(line, lost.start(), "\n", "two lines in one", "begin a new line")
    for line in lines:
        # The white space before it too: it may be a tab.
        start = max(text.rfind("\n", 0, line.start), text.rfind("\r", 0, line.start)) + 1
        yield _Repair(Span(start, line.end), "", _problem(line, failure.message))


def _closing_quote(text: str, place: int, quote: str) -> Iterator[_Repair]:
    line = _line(text, place)
    problem = ParseProblem(
        Span(place, line.end), "invalid YAML: a string is not closed", f"close it with {quote} on the same line"
    )
    end = Span(line.end, line.end)
    for closing in (quote, f"{quote}]"):
        yield _Repair(end, closing, problem)


def _insertion(line: Span, place: int, inserted: str, message: str, help_text: str) -> _Repair:
    return _Repair(Span(place, place), inserted, ParseProblem(line, f"invalid YAML: {message}", help_text))


def _problem(line: Span, message: str) -> ParseProblem:
    shown = one_line(message, _SHOWN)
    return ParseProblem(line, f"invalid YAML: {shown}", "look at the indentation, quotes and brackets of this line")


# --- lines ------------------------------------------------------------------------------------------------------------


def _line(text: str, place: int) -> Span:
    """Return the line that ``place`` stands on, without the white space around it."""
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    found = _LINE_END.search(text, place)
    line = text[start : found.start()] if found else text[start:]
    stripped = line.strip()
    first = start + len(line) - len(line.lstrip()) if stripped else start
    return Span(first, first + len(stripped))


def _line_before(text: str, line: Span) -> Span:
    """Return the last line before ``line`` that is not empty."""
    head = text[: line.start].rstrip(" \t")
    return _line(text, max(len(head.rstrip()) - 1, 0))


def _code_end(text: str, line: Span) -> int:
    """Return where what stands before the comment of ``line`` ends."""
    comment = _COMMENT.search(text, line.start, line.end)
    return comment.start() if comment else line.end
