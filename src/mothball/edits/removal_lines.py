"""Taking a dependency out of a file that has one a line: requirements files and the lists of INI files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mothball.edits.model import Edit
from mothball.edits.text_lines import end_of_line, end_of_line_before, next_line, start_of_line
from mothball.formats import ini
from mothball.model import Dependency, Span


def from_requirements(text: str, dependency: Dependency) -> Iterator[Edit]:
    """Yield the edit that takes the logical line of ``dependency`` out, with its hashes and its comment."""
    start = start_of_line(text, dependency.entry_span.start)
    while start and _goes_on(text, before := end_of_line_before(text, start)):
        start = start_of_line(text, before)
    yield Edit(Span(start, _end_of_logical_line(text, dependency.entry_span.end)), "")


def from_ini(text: str, others: Sequence[Dependency], dependency: Dependency) -> Iterator[Edit]:
    """Yield the edit that takes ``dependency`` out of the option that lists it; ``others`` are all other entries."""
    entry = dependency.entry_span
    for section in ini.scan(text).sections:
        for option in section.options:
            for number, line in enumerate(option.lines):
                if not line.start <= entry.start < line.end:
                    continue
                if number or not option.is_inline:
                    yield Edit(Span(start_of_line(text, line.start), _end_of_logical_line(text, entry.end)), "")
                else:
                    yield _from_line(text, line, others, entry)


def _from_line(text: str, line: Span, others: Sequence[Dependency], entry: Span) -> Edit:
    """Return the edit that takes ``entry`` out of the line on which its option begins."""
    beside = [one.entry_span for one in others if line.start <= one.entry_span.start < line.end]
    before = [one.end for one in beside if one.end <= entry.start]
    after = [one.start for one in beside if one.start >= entry.end]
    if before:
        return Edit(Span(max(before), entry.end), "")
    if after:
        return Edit(Span(entry.start, min(after)), "")
    start = start_of_line(text, line.start)
    return Edit(Span(start + len(text[start : line.start].rstrip()), line.end), "")


def _goes_on(text: str, line_end: int) -> bool:
    """Return whether the line that ends at ``line_end`` is continued on the next."""
    content = text[start_of_line(text, line_end) : line_end]
    return content.endswith("\\") and not content.lstrip().startswith("#")


def _end_of_logical_line(text: str, position: int) -> int:
    end = end_of_line(text, position)
    while text[end - 1 : end] == "\\" and end < len(text):
        end = end_of_line(text, next_line(text, end))
    return next_line(text, end)
