"""Taking a dependency out of a list in a YAML file or in Python source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mothball.edits.brackets import GAP, Brackets, without_item
from mothball.edits.model import Edit
from mothball.edits.text_lines import end_of_line, end_of_line_before, next_line, start_of_line
from mothball.model import Dependency, Span

_BETWEEN = re.compile(rf"{GAP},{GAP}")
_OPENING = re.compile(rf"\[{GAP}\Z")
_CLOSING = re.compile(rf"{GAP}(?:,{GAP})?\]")
_DASH = re.compile(r"[ \t]*-[ \t]+")
# Nobody writes more between a bracket and what it holds.
_LOOK_BACK = 2000
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_KEY_LINE = re.compile(r"[^#]*:(?=[ \t]*(?:[ \t]#.*)?$)")


def from_python(text: str, dependency: Dependency) -> Iterator[Edit]:
    """Yield the edit that takes ``dependency`` out of the list that holds it as a string of its own."""
    from mothball.formats.python_calls import read_lists  # noqa: PLC0415 - imports Python's parser

    entry = dependency.entry_span
    for outer, items in read_lists(text):
        for number, item in enumerate(items):
            if item.start <= entry.start and entry.end <= item.end:
                yield without_item(Brackets(text, Span(outer.start + 1, outer.end - 1), items), number)
                return


def from_yaml(text: str, dependency: Dependency) -> Iterator[Edit]:
    """Yield the edits that take ``dependency`` out of its list; of the last item of a list ``[]`` is left."""
    from mothball.formats.yaml_reader import read  # noqa: PLC0415 - imports PyYAML

    reading = read(text)
    entry = dependency.entry_span
    scalars = [Span(one.start, one.start + len(one.of(text).rstrip())) for one in reading.scalars]
    numbers = (number for number, one in enumerate(scalars) if one.start <= entry.start and entry.end <= one.end)
    number = next(numbers, None)
    if reading.failure is not None or number is None:
        return
    scalar = scalars[number]
    line = start_of_line(text, scalar.start)
    dash = _DASH.fullmatch(text, line, scalar.start)
    if dash is None:
        yield from _from_flow(text, scalars, number)
    elif _REST.match(text, scalar.end):
        item = Span(line, next_line(text, scalar.end))
        left = _left_empty(text, item, text.index("-", line) - line)
        if left is not None:
            yield from (Edit(item, ""), *left)


def _from_flow(text: str, scalars: Sequence[Span], number: int) -> Iterator[Edit]:
    """Yield the edit that takes the scalar at ``number`` out of the brackets around it, if only scalars stand there."""
    first = last = number
    while first and _BETWEEN.fullmatch(text, scalars[first - 1].end, scalars[first].start):
        first -= 1
    while last + 1 < len(scalars) and _BETWEEN.fullmatch(text, scalars[last].end, scalars[last + 1].start):
        last += 1
    before = max(scalars[first - 1].end if first else 0, scalars[first].start - _LOOK_BACK)
    opening = _OPENING.search(text, before, scalars[first].start)
    closing = _CLOSING.match(text, scalars[last].end)
    if opening is not None and closing is not None:
        inner = Span(opening.start() + 1, closing.end() - 1)
        yield without_item(Brackets(text, inner, scalars[first : last + 1]), number - first)


def _left_empty(text: str, item: Span, indent: int) -> tuple[Edit, ...] | None:
    """Return the edit that puts ``[]`` behind the key of the list of which ``item``, whole lines, is the only one.

    ``indent`` is the column of its dash. No edit is needed where the list has other items; None is returned where its
    key stands on no line of a plain form, for then nothing would stand where a list is wanted.
    """
    position = item.end
    while position < len(text):
        line = text[position : end_of_line(text, position)]
        if _column(line) <= indent:
            if _is_item(line, indent):
                return ()
            break
        position = next_line(text, position)
    position = item.start
    while position:
        position = start_of_line(text, end_of_line_before(text, position))
        line = text[position : end_of_line(text, position)]
        if _is_item(line, indent):
            return ()
        if _column(line) <= indent:
            key = _KEY_LINE.match(line)
            return (Edit(Span(position + key.end(), position + key.end()), " []"),) if key else None
    return None


def _is_item(line: str, indent: int) -> bool:
    return _column(line) == indent and line[indent : indent + 1] == "-"


def _column(line: str) -> int:
    """Return the column of what stands on a line; that of a comment or of nothing is beyond all others."""
    content = line.lstrip(" ")
    return len(line) - len(content) if content.strip() and not content.startswith("#") else 1_000_000
