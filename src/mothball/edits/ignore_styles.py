"""Where a new entry goes into the table of ignores, and how it is written there, by the way that the table has."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from mothball.edits.model import Edit
from mothball.edits.text_lines import end_of_line, newline_of
from mothball.edits.toml_writing import written_key, written_string, written_strings
from mothball.findings import Rule
from mothball.formats.toml import Entry, Header, InlineTable, Path, TomlScan
from mothball.model import Span, normalise
from mothball.records import NamedTuple

_LINE_END = r"\r\n|\n"
_COMMENTS_BEHIND = r"((?:(?:\r\n|\n)[ \t]*#[^\r\n]*)+)(?:(?:\r\n|\n)[ \t]*(?=[\r\n]|\Z)|(?:\r\n|\n)?\Z)"


class New(NamedTuple):
    """An entry to be put in."""

    name: str
    rules: tuple[Rule, ...]
    reason: str

    def pairs(self) -> list[str]:
        """Return the keys of the entry with their values."""
        reason = [f"reason = {written_string(self.reason)}"] if self.reason else []
        return [f"rules = {written_strings(self.rules)}", *reason]

    def statement(self, above: Iterable[str] = ()) -> str:
        """Return the entry as a key, behind those of ``above``, and an inline table."""
        keys = ".".join(map(written_key, (*above, self.name)))
        return f"{keys} = {{ {', '.join(self.pairs())} }}"


class _Section(NamedTuple):
    """A header and the statements below it; ``header`` is None for what stands before the first."""

    header: Header | None
    entries: Sequence[Entry]

    @property
    def path(self) -> Path:
        """The path of the table; empty before the first header."""
        return self.header.path if self.header else ()

    def span(self) -> Span:
        """Return the place from the header to the end of the last statement."""
        header = self.header.span if self.header else Span(0, 0)
        return Span(header.start, self.entries[-1].value.span.end if self.entries else header.end)


class _Sibling(NamedTuple):
    """An entry that is there: its name, and the place from its first key or header to the end of its last value."""

    name: str
    span: Span


def insertions(
    text: str, parsed: TomlScan, base: tuple[str, ...], prefix: tuple[str, ...], entries: Sequence[New]
) -> Iterator[Edit]:
    """Yield the edits that put ``entries``, which come sorted, into the table at ``base`` of ``text``."""
    if not entries:
        return
    inline = _inline_table(parsed, base)
    if inline is not None:
        yield from _into_inline_table(text, *inline, entries)
        return
    sections = _sections(parsed)
    sub_tables = [one for one in sections if one.path[:-1] == base and one.header]
    for section in sections:
        ours = [one for one in section.entries if one.path[: len(base)] == base and len(one.path) > len(base)]
        is_own = section.path == base and not sub_tables
        if is_own or (ours and len(section.path) <= len(base)):
            yield from _into_body(text, _siblings(ours, len(base)), section, base[len(section.path) :], entries)
            return
    if sub_tables:
        yield from _as_sub_tables(text, sub_tables, entries)
    else:
        of_ours = [one for one in sections if prefix and one.path[: len(prefix)] == prefix]
        at_end = not of_ours or of_ours[-1] is sections[-1]
        yield _as_new_table(text, base, None if at_end else of_ours[-1], entries)


# --- what is there ----------------------------------------------------------------------------------------------------


def _sections(parsed: TomlScan) -> list[_Section]:
    """Return the document as its headers, none before the first, each with the statements below it."""
    starts = [0, *(header.body for header in parsed.headers), len(parsed.entries)]
    entries = [parsed.entries[start:end] for start, end in pairwise(starts)]
    return [_Section(*one) for one in zip((None, *parsed.headers), entries, strict=True)]


def _inline_table(parsed: TomlScan, base: tuple[str, ...]) -> tuple[InlineTable, Path] | None:
    """Return the innermost inline table that the table at ``base`` is, or must stand in, and the way on from there."""
    found = None
    entries: Iterable[Entry] = parsed.entries
    remaining: Path = base
    while True:
        step = next(
            (one for one in entries if isinstance(one.value, InlineTable) and one.path == remaining[: len(one.path)]),
            None,
        )
        if step is None or not isinstance(step.value, InlineTable):
            return found
        remaining = remaining[len(step.path) :]
        found = step.value, remaining
        entries = step.value.entries


def _siblings(entries: Iterable[Entry], depth: int) -> list[_Sibling]:
    """Return the entries whose name is the part of their path at ``depth``; dotted keys of one name are one."""
    found: dict[str, _Sibling] = {}
    for entry in entries:
        name = str(entry.path[depth])
        start = found[name].span.start if name in found else entry.keys[0].span.start
        found[name] = _Sibling(name, Span(start, entry.value.span.end))
    return list(found.values())


class _Order:
    """The order of the entries that are there."""

    def __init__(self, siblings: Sequence[_Sibling]) -> None:
        self._siblings = siblings
        self._names = [normalise(sibling.name) for sibling in siblings]
        self._is_sorted = self._names == sorted(self._names)

    def before(self, name: str) -> _Sibling | None:
        """Return the entry behind which ``name`` goes: the last; where they are sorted the last that sorts before."""
        place = bisect_left(self._names, normalise(name)) if self._is_sorted else len(self._names)
        return self._siblings[place - 1] if place else None


# --- where there is a table -------------------------------------------------------------------------------------------


def _into_inline_table(text: str, table: InlineTable, above: Path, entries: Sequence[New]) -> Iterator[Edit]:
    keys = [str(step) for step in above]
    ours = [one for one in table.entries if one.path[: len(above)] == above and len(one.path) > len(above)]
    siblings = _siblings(ours, len(above))
    if not table.entries:
        # Between the braces stands nothing but white space, or, by TOML 1.1, comments.
        place = table.span.start + 1
        gap = "" if text[place : place + 1].isspace() else " "
        yield Edit(Span(place, place), f" {', '.join(one.statement(keys) for one in entries)}{gap}")
        return
    order = _Order(siblings)
    for entry in entries:
        before = order.before(entry.name)
        if before is None and siblings:
            place = siblings[0].span.start
            yield Edit(Span(place, place), f"{entry.statement(keys)}, ")
        else:
            place = before.span.end if before else table.entries[-1].value.span.end
            yield Edit(Span(place, place), f", {entry.statement(keys)}")


def _into_body(
    text: str, siblings: Sequence[_Sibling], section: _Section, above: Sequence[str], entries: Iterable[New]
) -> Iterator[Edit]:
    newline = newline_of(text)
    indent = _indent(text, siblings[0].span.start) if siblings else ""
    order = _Order(siblings)
    for entry in entries:
        statement = f"{indent}{entry.statement(above)}"
        before = order.before(entry.name)
        if before is not None:
            place = end_of_line(text, before.span.end)
        elif section.header is not None and not above:
            place = end_of_line(text, section.header.span.end)
        else:
            place = siblings[0].span.start - len(indent)
            yield Edit(Span(place, place), f"{statement}{newline}")
            continue
        yield Edit(Span(place, place), f"{newline}{statement}")


def _as_sub_tables(text: str, sections: Sequence[_Section], entries: Iterable[New]) -> Iterator[Edit]:
    newline = newline_of(text)
    siblings = [_Sibling(str(section.path[-1]), section.span()) for section in sections]
    order = _Order(siblings)
    first = next(section.header for section in sections if section.header)
    indent = _indent(text, first.span.start)
    opening = text[first.span.start : first.keys[-1].span.start]
    closing = text[first.keys[-1].span.end : first.span.end]
    for entry in entries:
        lines = [f"{opening}{written_key(entry.name)}{closing}", *entry.pairs()]
        table = newline.join(f"{indent}{line}" for line in lines)
        before = order.before(entry.name)
        if before is not None:
            place = end_of_line(text, before.span.end)
            yield Edit(Span(place, place), f"{newline}{newline}{table}")
        else:
            place = _start_with_comments(text, first.span.start - len(indent))
            yield Edit(Span(place, place), f"{table}{newline}{newline}")


# --- where there is none ----------------------------------------------------------------------------------------------


def _as_new_table(text: str, base: tuple[str, ...], behind: _Section | None, entries: Iterable[New]) -> Edit:
    """Return the edit that puts a new table behind the section ``behind``, at the end where that is None."""
    newline = newline_of(text)
    table = newline.join([f"[{'.'.join(base)}]", *(entry.statement() for entry in entries)])
    if behind is not None:
        place = end_of_line(text, behind.span().end)
        comments = re.compile(_COMMENTS_BEHIND).match(text, place)
        place = comments.end(1) if comments else place
        return Edit(Span(place, place), f"{newline}{newline}{table}")
    content = len(text.rstrip())
    ends = len(re.findall(_LINE_END, text[content:]))
    gap = newline * max(0, 2 - ends) if content else ""
    return Edit(Span(len(text), len(text)), f"{gap}{table}{newline}")


# --- lines ------------------------------------------------------------------------------------------------------------


def _indent(text: str, position: int) -> str:
    """Return the white space before ``position`` on its line."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line if not line.strip() else ""


def _start_with_comments(text: str, line_start: int) -> int:
    """Return where the comments begin that stand directly above the line at ``line_start``; that itself without any."""
    position = line_start
    while position:
        above = text.rfind("\n", 0, position - 1) + 1
        if not text[above:position].lstrip().startswith("#"):
            break
        position = above
    return position
