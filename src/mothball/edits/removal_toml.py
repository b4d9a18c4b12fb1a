"""Taking a dependency out of a TOML file: an item of an array, a key of a table, a table of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mothball.edits.brackets import Brackets, without_item
from mothball.edits.model import Edit
from mothball.edits.text_lines import next_line, start_of_line
from mothball.formats.toml import Array, Entry, InlineTable, Key, Path, String, TomlScan, Value, scan
from mothball.model import Dependency, Span

_BLANK_LINES = re.compile(r"(?:[ \t]*(?:\r\n|\n))*")


def from_toml(text: str, dependency: Dependency) -> Iterator[Edit]:
    """Yield the edits that take ``dependency`` out of the TOML document ``text``; none where that is not to be seen."""
    parsed = scan(text)
    path = _path_of(parsed, dependency.name_span)
    if path is not None:
        yield from _statements(text, parsed, path)
        return
    value = _value_at(parsed.entries, dependency.entry_span)
    if isinstance(value, Array):
        items = [item.span for item in value.items]
        index = next(number for number, item in enumerate(items) if _holds(item, dependency.entry_span))
        yield without_item(Brackets(text, _between(value), items), index)
    elif isinstance(value, InlineTable):
        yield from _from_inline_table(text, value, dependency.name_span)
    elif isinstance(value, String):
        yield _from_string(text, value, dependency.entry_span)


def _path_of(parsed: TomlScan, name: Span) -> Path | None:
    """Return the path of the table or value whose key, in a header or a statement, is at ``name``; None for no such."""
    for header in parsed.headers:
        if (number := _number(header.keys, name)) is not None:
            names = [place for place, step in enumerate(header.path) if isinstance(step, str)]
            return header.path[: names[number] + 1]
    for entry in parsed.entries:
        if (number := _number(entry.keys, name)) is not None:
            return entry.path[: len(entry.path) - len(entry.keys) + number + 1]
    return None


def _number(keys: Iterable[Key], name: Span) -> int | None:
    return next((number for number, key in enumerate(keys) if _holds(key.span, name)), None)


def _statements(text: str, parsed: TomlScan, path: Path) -> Iterator[Edit]:
    """Yield the edits that take out all statements of ``path``, with the headers of its tables and their bodies."""
    bodies = [0, *(header.body for header in parsed.headers), len(parsed.entries)]
    for number in range(len(bodies) - 1):
        entries = parsed.entries[bodies[number] : bodies[number + 1]]
        header = parsed.headers[number - 1] if number else None
        if header is not None and header.path[: len(path)] == path:
            end = entries[-1].value.span.end if entries else header.span.end
            after = next_line(text, end)
            blank = _BLANK_LINES.match(text, after)
            yield Edit(Span(start_of_line(text, header.span.start), blank.end() if blank else after), "")
            continue
        for entry in entries:
            if entry.path[: len(path)] == path:
                start, end = entry.keys[0].span.start, entry.value.span.end
                yield Edit(Span(start_of_line(text, start), next_line(text, end)), "")


def _from_inline_table(text: str, table: InlineTable, name: Span) -> Iterator[Edit]:
    """Yield the edit that takes the entry whose key is at ``name`` out of an inline table."""
    items = [Span(entry.keys[0].span.start, entry.value.span.end) for entry in table.entries]
    numbers = (number for number, entry in enumerate(table.entries) if _number(entry.keys, name) is not None)
    for number in numbers:
        yield without_item(Brackets(text, _between(table), items), number)


def _from_string(text: str, string: String, entry: Span) -> Edit:
    """Return the edit that takes ``entry`` out of a string without brackets around it, which may hold several."""
    before, behind = text[string.inner.start : entry.start], text[entry.end : string.inner.end]
    if not before.strip() and not behind.strip():
        # A tool that takes one requirement without brackets takes an empty array, too.
        return Edit(string.span, "[]")
    if behind.strip():
        return Edit(Span(entry.start, entry.end + len(behind) - len(behind.lstrip())), "")
    return Edit(Span(string.inner.start + len(before.rstrip()), entry.end), "")


def _value_at(entries: Iterable[Entry], entry_span: Span) -> Value | None:
    """Return the innermost array of which ``entry_span`` is in an item, or inline table of which it is an entry.

    Without any, the string that it is in.
    """
    found: Value | None = None
    waiting: list[Value] = [entry.value for entry in entries]
    while waiting:
        value = waiting.pop()
        if not _holds(value.span, entry_span):
            continue
        if isinstance(value, Array):
            found = value
            waiting = [*value.items]
        elif isinstance(value, InlineTable):
            if any(entry.keys[0].span.start <= entry_span.start < entry.value.span.start for entry in value.entries):
                return value
            waiting = [entry.value for entry in value.entries]
        elif isinstance(value, String) and found is None:
            return value
    return found


def _between(value: Array | InlineTable) -> Span:
    return Span(value.span.start + 1, value.span.end - value.closed)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
