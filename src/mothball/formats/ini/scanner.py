"""Tolerant INI scanner: find sections, options and value lines with their spans, also in incomplete text.

It reads the syntax of ``configparser`` (delimiters ``=`` and ``:``, comment lines that begin with ``#`` or ``;``,
values continued in more deeply indented lines), but never raises and never stops at an error. Recovery from errors:

- a header with a missing bracket counts as a header, unless the lines after it show that it is inside a value;
- a header without a name is ignored;
- a line without a delimiter counts as an option that may be incomplete (see ``merge_undelimited``);
- merge conflict markers are skipped;
- duplicate sections and options are all returned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.broken import CONFLICT, CONFLICT_HELP, is_conflict_marker
from mothball.model.document import MAX_SYNTAX_ERRORS, ParseProblem, Span
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Collection

# A line ends at \r\n, \r or \n.
_LINE = re.compile(r"[^\r\n]+")
_DELIMITER = re.compile("[=:]")
# A header whose opening bracket is missing; option lines do not have this form.
_BROKEN_HEADER = re.compile(r"[^\s=\[\]]++\]")
# The maximum number of code points of a name in a message.
_MAX_SHOWN = 60


class IniOption(NamedTuple):
    """An option and the trimmed, non-empty lines of its value.

    ``is_inline`` is True if the first value line is on the line of the name. ``delimited`` is False if that line has
    neither ``=`` nor ``:``.
    """

    name: str
    span: Span
    lines: tuple[Span, ...]
    is_inline: bool
    delimited: bool = True

    @property
    def is_one_line(self) -> bool:
        """Whether the whole value is on the line of the name."""
        return self.is_inline and len(self.lines) == 1


class IniSection(NamedTuple):
    """A section with its options in file order; ``name`` is empty for options before the first header."""

    name: str
    span: Span
    options: tuple[IniOption, ...]


class IniScan(NamedTuple):
    """The result of a scan. Each span in ``comments`` covers a comment line from its ``#`` or ``;`` to its end.

    ``problems`` is empty exactly if ``configparser``, with case-sensitive names, accepts the text. The only exception:
    ``configparser`` accepts an option line that looks like a header with a missing bracket.
    """

    sections: tuple[IniSection, ...]
    comments: tuple[Span, ...]
    problems: tuple[ParseProblem, ...]


def scan(text: str) -> IniScan:
    """Scan an INI document without byte-order mark, in linear time. Raises nothing."""
    return _Scanner(text).document()


def with_defaults(sections: tuple[IniSection, ...]) -> tuple[IniSection, ...]:
    """Return ``sections``, each with the options of ``[DEFAULT]`` that it does not set, as ``configparser`` does."""
    defaults = [option for section in sections if section.name == "DEFAULT" for option in section.options]
    if not defaults:
        return sections
    merged = []
    for section in sections:
        names = {option.name for option in section.options}
        inherited = [] if section.name == "DEFAULT" else [option for option in defaults if option.name not in names]
        merged.append(IniSection(section.name, section.span, (*section.options, *inherited)))
    return tuple(merged)


def merge_undelimited(section: IniSection, option_names: Collection[str] = ()) -> list[IniOption]:
    """Return the options of ``section``; drop lines without a delimiter unless their name is in ``option_names``.

    Value lines after a dropped line belong to the option before it. A line whose name is in ``option_names`` is an
    option with an incomplete line.
    """
    merged: list[tuple[IniOption, list[Span]]] = []
    for option in section.options:
        if option.delimited or option.name in option_names or not merged:
            merged.append((option, []))
        merged[-1][1].extend(option.lines)
    return [option._replace(lines=tuple(lines)) for option, lines in merged]


class _Scanner:
    """One pass over the lines of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        # The sections, whose options are appended; and the options, whose lines are.
        self._sections: list[tuple[str, Span, list[tuple[IniOption, list[Span]]]]] = [("", Span(0, 0), [])]
        self._comments: list[Span] = []
        self._problems: list[ParseProblem] = []
        # The lines of the option that further lines may continue.
        self._lines: list[Span] | None = None
        self._incomplete_header: tuple[str, Span] | None = None
        self._indent = 0
        self._seen: set[tuple[str, ...]] = set()
        self._in_conflict = False
        self._has_conflict = False

    def document(self) -> IniScan:
        for line in _LINE.finditer(self._text):
            self._read_line(line[0], line.start())
        self._open_incomplete_header()
        sections = (
            IniSection(name, span, tuple(option._replace(lines=tuple(lines)) for option, lines in options))
            for name, span, options in self._sections
            if name or options
        )
        return IniScan(tuple(sections), tuple(self._comments), tuple(self._problems))

    def _read_line(self, line: str, start: int) -> None:
        value = line.strip()
        if not value:
            return
        if is_conflict_marker(line):
            self._skip_conflict_marker(line, start)
            return
        indent = len(line) - len(line.lstrip())
        span = Span(start + indent, start + indent + len(value))
        if value[0] in "#;":
            self._comments.append(Span(span.start, start + len(line)))
        elif self._lines is not None and indent > self._indent:
            # An incomplete header on the line before is part of the value.
            self._incomplete_header = None
            self._lines.append(span)
        elif not value.strip("[]"):
            self._problem(span, "section without a name", "write [NAME]")
        else:
            self._open_incomplete_header()
            self._read_statement(value, span, indent)

    def _read_statement(self, value: str, span: Span, indent: int) -> None:
        """Read a line that is not a continuation: a header or an option."""
        closing = value.rfind("]") if value[0] == "[" else -1
        if closing > 1:
            self._open_section(value[1:closing], span)
        elif value[0] == "[" or _BROKEN_HEADER.fullmatch(value):
            self._problem(span, "section header with a missing bracket", "write [NAME]")
            self._incomplete_header = (value.strip("[] \t"), span)
            return
        else:
            self._read_option(value, span)
        self._indent = indent

    def _skip_conflict_marker(self, line: str, start: int) -> None:
        """Skip a merge conflict marker; report each conflict once, at its first marker."""
        self._has_conflict = True
        if line[0] == "<" or not self._in_conflict:
            self._problem(Span(start, start + len(line)), CONFLICT, CONFLICT_HELP)
        self._in_conflict = line[0] != ">"

    def _open_section(self, name: str, span: Span) -> None:
        self._sections.append((name, span, []))
        self._lines = None
        self._check_duplicate(span, "section", name)

    def _open_incomplete_header(self) -> None:
        """Open the section whose incomplete header is on the line before."""
        if self._incomplete_header is not None:
            self._open_section(*self._incomplete_header)
        self._incomplete_header = None

    def _read_option(self, value: str, span: Span) -> None:
        delimiter = _DELIMITER.search(value)
        name_end = delimiter.start() if delimiter else len(value)
        name = value[:name_end].rstrip()
        section, _, options = self._sections[-1]
        if not name:
            self._problem(span, "missing option name before the delimiter", "write NAME = VALUE")
        elif not section:
            if not options:
                self._problem(span, "option before the first section header", "write [NAME] above this line")
        elif delimiter is None:
            self._problem(span, "expected [SECTION] or NAME = VALUE", "indent the line if it continues the value above")
        else:
            self._check_duplicate(Span(span.start, span.start + len(name)), "option", section, name)
        first = value[name_end + 1 :].strip()
        self._lines = [Span(span.end - len(first), span.end)] if first else []
        name_span = Span(span.start, span.start + len(name))
        options.append((IniOption(name, name_span, (), bool(first), delimiter is not None), self._lines))

    def _check_duplicate(self, span: Span, what: str, *key: str) -> None:
        # Both sides of a merge conflict define the same names, and the conflict is already reported.
        if key in self._seen and key != ("DEFAULT",) and not self._has_conflict:
            shown = one_line(key[-1], _MAX_SHOWN)
            self._problem(span, f"duplicate {what} {shown}", "merge the two, or remove one")
        self._seen.add(key)

    def _problem(self, span: Span, message: str, help_text: str) -> None:
        if len(self._problems) < MAX_SYNTAX_ERRORS:
            self._problems.append(ParseProblem(span, f"invalid INI: {message}", help_text))
