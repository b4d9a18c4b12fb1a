"""A tolerant INI scanner: sections, options and the lines of their values with their places, half typed or whole.

It reads what ``configparser`` reads (delimiters ``=`` and ``:``, comment lines that begin with ``#`` or ``;``, values
that go on in deeper indented lines), but never raises and never stops. What it makes of broken places:

- a header that lacks a bracket is a header, unless the lines behind it show that it was put into a value;
- a header without a name is none;
- a line without a delimiter is an option that may be half typed (``merge_undelimited`` decides whose the lines behind it are);
- the marks of a merge conflict are stepped over;
- a section or an option that is there twice is there twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.ignores import read_comment
from mothball.model.document import MAX_SYNTAX_ERRORS, IgnoreComment, ParseProblem, Span
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

# Only these three end a line.
_LINE = re.compile(r"[^\r\n]+")
_DELIMITER = re.compile("[=:]")
# A header whose first bracket is missing; nobody gives a value such a form.
_BROKEN_HEADER = re.compile(r"[^\s=\[\]]++\]")
_CONFLICT_MARKS = frozenset({"<<<<<<<", "|||||||", "=======", ">>>>>>>"})
# How much of a name a message repeats.
_SHOWN = 60


class IniOption(NamedTuple):
    """An option and the lines of its value, each without the white space around it; empty ones are left out.

    ``is_inline`` tells whether the first of them stands on the line of the name. ``delimited`` is False where the line
    holds neither ``=`` nor ``:``.
    """

    name: str
    span: Span
    lines: tuple[Span, ...]
    is_inline: bool
    delimited: bool = True

    @property
    def is_one_line(self) -> bool:
        """Whether the whole value stands on the line of the name."""
        return self.is_inline and len(self.lines) == 1


class IniSection(NamedTuple):
    """A section with its options in the order of the file; ``name`` is empty for what stands before the first."""

    name: str
    span: Span
    options: tuple[IniOption, ...]


class IniScan(NamedTuple):
    """All that was found. Each of ``comments`` covers a comment line from its first ``#`` or ``;`` to its end.

    ``problems`` is empty exactly where ``configparser`` reads the text, with the spelling of names kept. Only an option
    that looks like half a header is let pass there, and not here.
    """

    sections: tuple[IniSection, ...]
    comments: tuple[Span, ...]
    problems: tuple[ParseProblem, ...]


def scan(text: str) -> IniScan:
    """Read an INI document without byte-order mark. Raises nothing; linear in the text."""
    return _Scanner(text).document()


def merge_undelimited(section: IniSection, known: Collection[str] = ()) -> Iterator[IniOption]:
    """Yield the options of ``section`` with the lines that are theirs.

    A line without a delimiter is an option being typed where its name is one of ``known``; anywhere else it stands in
    the way of the option before it, whose lines go on behind it.
    """
    current: IniOption | None = None
    lines: list[Span] = []
    for option in section.options:
        if option.delimited or option.name in known or current is None:
            if current is not None:
                yield current._replace(lines=tuple(lines))
            current, lines = option, []
        lines += option.lines
    if current is not None:
        yield current._replace(lines=tuple(lines))


def read_comments(text: str, comments: Iterable[Span]) -> tuple[list[IgnoreComment], list[ParseProblem]]:
    """Return the ignores among ``comments``, in the order of the file, and what is wrong with others meant as such."""
    read = [read_comment(text, span, text[span.start]) for span in sorted(comments)]
    ignores = [one for one in read if isinstance(one, IgnoreComment)]
    return ignores, [one for one in read if isinstance(one, ParseProblem)]


class _Scanner:
    """One pass over the lines of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sections: list[tuple[str, Span, list[IniOption]]] = [("", Span(0, 0), [])]
        self._comments: list[Span] = []
        self._problems: list[ParseProblem] = []
        self._lines: list[Span] = []
        self._option: IniOption | None = None
        self._half_header: IniSection | None = None
        self._indent = 0
        self._seen: set[tuple[str, ...]] = set()
        self._in_conflict = False
        self._has_conflict = False

    def document(self) -> IniScan:
        for line in _LINE.finditer(self._text):
            self._read_line(line[0], line.start())
        self._open_half_header()
        self._close_option()
        sections = tuple(
            IniSection(name, span, tuple(options)) for name, span, options in self._sections if name or options
        )
        return IniScan(sections, tuple(self._comments), tuple(self._problems[:MAX_SYNTAX_ERRORS]))

    def _read_line(self, line: str, start: int) -> None:
        value = line.strip()
        if not value:
            return
        if line[:7] in _CONFLICT_MARKS and line[7:8] in {"", " "}:
            self._read_conflict_mark(line, start)
            return
        indent = len(line) - len(line.lstrip())
        span = Span(start + indent, start + indent + len(value))
        if value[0] in "#;":
            self._comments.append(Span(span.start, start + len(line)))
        elif self._option is not None and indent > self._indent:
            # The header before this line, if one was being typed, was typed into a value.
            self._half_header = None
            self._lines.append(span)
        elif not value.strip("[]"):
            self._problem(span, "a section without a name", "write [NAME]")
        else:
            self._open_half_header()
            self._read_statement(value, span, indent)

    def _read_statement(self, value: str, span: Span, indent: int) -> None:
        """Read a line that begins something new."""
        closing = value.rfind("]") if value[0] == "[" else -1
        if closing > 1:
            self._open_section(value[1:closing], span)
        elif value[0] == "[" or _BROKEN_HEADER.fullmatch(value):
            self._problem(span, "the brackets of a section header are not both there", "write [NAME]")
            self._half_header = IniSection(value.strip("[] \t"), span, ())
            return
        else:
            self._close_option()
            self._read_option(value, span)
        self._indent = indent

    def _read_conflict_mark(self, line: str, start: int) -> None:
        """Step over a mark; tell of an unfinished merge once, at its first."""
        self._has_conflict = True
        if line[0] == "<" or not self._in_conflict:
            self._problem(
                Span(start, start + len(line)), "a merge conflict is not resolved", "keep one side, remove the markers"
            )
        self._in_conflict = line[0] != ">"

    def _open_section(self, name: str, span: Span) -> None:
        self._close_option()
        self._sections.append((name, span, []))
        self._check_twice(span, "section", name)

    def _open_half_header(self) -> None:
        """Open the section whose header was half typed on the line before."""
        if self._half_header is not None:
            self._open_section(self._half_header.name, self._half_header.span)
        self._half_header = None

    def _read_option(self, value: str, span: Span) -> None:
        delimiter = _DELIMITER.search(value)
        at = delimiter.start() if delimiter else len(value)
        name = value[:at].rstrip()
        section = self._sections[-1][0]
        if not name:
            self._problem(span, "nothing stands before this delimiter", "write NAME = VALUE")
        elif not section:
            if len(self._sections[-1][2]) == 0:
                self._problem(span, "this stands before the first section", "write [NAME] above it")
        elif delimiter is None:
            self._problem(span, "neither a [SECTION] nor NAME = VALUE", "indent it if it belongs to the value above")
        else:
            self._check_twice(Span(span.start, span.start + len(name)), "option", section, name)
        first = value[at + 1 :].strip()
        self._lines = [Span(span.end - len(first), span.end)] if first else []
        name_span = Span(span.start, span.start + len(name))
        self._option = IniOption(name, name_span, (), bool(first), delimiter is not None)

    def _close_option(self) -> None:
        if self._option is not None:
            self._sections[-1][2].append(self._option._replace(lines=tuple(self._lines)))
        self._option = None
        self._lines = []

    def _check_twice(self, span: Span, what: str, *key: str) -> None:
        # Both sides of a merge conflict are there, and that has been told.
        if key in self._seen and key != ("DEFAULT",) and not self._has_conflict:
            shown = one_line(key[-1], _SHOWN)
            self._problem(span, f"the {what} {shown} is there twice", "put the two together, or take one out")
        self._seen.add(key)

    def _problem(self, span: Span, message: str, help_text: str) -> None:
        if len(self._problems) < MAX_SYNTAX_ERRORS:
            self._problems.append(ParseProblem(span, f"invalid INI: {message}", help_text))
