"""Parse setup.py: the literal requirements in ``setup()`` calls. Nothing is executed.

Names are resolved to their values in the same file. Lists that are computed, or read from a file, are reported.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.formats.broken import MAX_LENGTH, broken_document, find_conflict_marker, too_long_document
from mothball.formats.ignores import may_hold_ignore_comment, read_comment
from mothball.formats.pep508 import ParsedRequirement, parse_requirement
from mothball.formats.python.strings import decode_literal
from mothball.formats.requirements.strings import Section, read_requirement, section_dependency
from mothball.model.document import (
    Dependency,
    Document,
    IgnoreComment,
    ParseProblem,
    SkipReason,
    Span,
    UnnamedEntry,
    normalize_name,
    variable_skip_reason,
)
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mothball.formats.python.calls import SetupArguments, StringLiteral

_FORMAT = "setup-py"
_LISTS = ("install_requires", "setup_requires", "tests_require")
_EXTRAS = "extras_require"
_ARGUMENTS = (*_LISTS, _EXTRAS)
_MAX_SHOWN = 60
_NAME_ARGUMENT = r"\bname\s*+="
_COMMENT = "#[^\r\n]*+"
# setuptools accepts several requirements in one string, one a line, with comments.
_LINE = r"[^\r\n]+"
_WORD = r"\S+"
_COMMENT_IN_STRING = re.compile(r"(?:\A|[ \t])#")
# The start of a template: everything before the first field, escape or end.
_HEAD = r"""[fFrRuU]{0,2}(?:'''|\"""|'|")([^{%\\'"\r\n]*+)"""
_OPERATOR = r"[<>=!~;@]"
_COMPUTED_HELP = (
    "list the dependencies as literals, here or in pyproject.toml, "
    "or accept it with the comment `# mothball: ignore[unresolvable] REASON`"
)

_Item = Dependency | ParseProblem | IgnoreComment | UnnamedEntry


def parse(text: str) -> Document:
    """Parse a setup.py without byte-order mark. Never raises."""
    if not any(name in text for name in (*_ARGUMENTS, "**")) and re.search(_NAME_ARGUMENT, text) is None:
        # Most files only call setup(): skip the import of the Python parser.
        return Document(_FORMAT)
    if len(text) > MAX_LENGTH:
        # Parsing takes time quadratic in the length of an f-string.
        return too_long_document(_FORMAT, text)
    from mothball.formats.python.calls import InvalidPython, read_setup  # noqa: PLC0415 - see above

    setup = read_setup(text, _LISTS, _EXTRAS)
    # In a string, conflict markers are valid Python.
    if isinstance(setup, InvalidPython) or find_conflict_marker(text) is not None:
        offset = setup.offset if isinstance(setup, InvalidPython) else 0
        return broken_document(_FORMAT, text, offset, "invalid Python")
    items = list(_read(text, setup))
    return Document(
        _FORMAT,
        tuple(sorted((item for item in items if isinstance(item, Dependency)), key=attrgetter("name_span"))),
        tuple(sorted(item for item in items if isinstance(item, ParseProblem))),
        tuple(item for item in items if isinstance(item, IgnoreComment)),
        project_name=normalize_name(setup.name),
        unnamed=tuple(sorted(item for item in items if isinstance(item, UnnamedEntry))),
        unresolvable=tuple(sorted(_unresolvable(setup))),
    )


def _read(text: str, setup: SetupArguments) -> Iterator[_Item]:
    own_name = normalize_name(setup.name)
    for literal in setup.literals:
        section = Section(one_line(literal.section, _MAX_SHOWN), project_name=own_name)
        if literal.is_template:
            yield _read_template(text, literal.span, section)
        else:
            yield from _read_literal(text, literal, section)
    yield from _comments(text, setup.strings)


def _read_literal(text: str, literal: StringLiteral, section: Section) -> Iterator[Dependency | ParseProblem]:
    """Yield the requirements of one string: one for each line or, if ``is_words``, for each word."""
    content = decode_literal(text, literal.span)
    if content is None:
        return
    for line in re.finditer(_WORD if literal.is_words else _LINE, content.text):
        comment = _COMMENT_IN_STRING.search(line[0])
        entry = content.submap(line.start(), line.start() + comment.start() if comment else line.end())
        if entry.text.strip():
            yield from read_requirement(entry.text, entry.locate, section)


def _read_template(text: str, span: Span, section: Section) -> Dependency | UnnamedEntry:
    """Return the requirement of a template, whose remaining parts are computed at run time.

    The name is known if an operator or marker follows it before the first field: ``f"name[extra]>={VERSION}"``.
    """
    head = re.compile(_HEAD).match(text, *span)
    start, end = head.start(1) if head else span.start, span.start + len(span.slice(text).rstrip("'\""))
    operator = re.search(_OPERATOR, head[1]) if head else None
    read = parse_requirement(head[1][: operator.start()]) if head and operator else None
    if operator is None or not isinstance(read, ParsedRequirement):
        return UnnamedEntry(Span(start, end), variable_skip_reason(text[start:end]))
    skip_reason = SkipReason.VARIABLE_REFERENCE if operator[0] == "@" else None
    dependency = section_dependency(read, lambda first, last: Span(start + first, start + last), section, skip_reason)
    return dependency._replace(entry_span=dependency.entry_span._replace(end=end))


def _unresolvable(setup: SetupArguments) -> Iterator[ParseProblem]:
    """Yield one problem for each computed argument, at its first computed expression."""
    first_spans: dict[str, Span] = {}
    for argument, span in setup.computed:
        first_spans[argument] = min(span, first_spans.get(argument, span))
    for argument, span in first_spans.items():
        message = f"{argument or 'an argument of setup()'} is computed; its dependencies were not checked"
        yield ParseProblem(span, message, _COMPUTED_HELP)


def _comments(text: str, strings: Sequence[Span]) -> Iterator[IgnoreComment | ParseProblem]:
    """Yield the ignore comments of the file and their problems; a ``#`` in a string starts no comment."""
    if not may_hold_ignore_comment(text):
        return
    remaining = iter(strings)
    string = next(remaining, None)
    position = 0
    while (position := text.find("#", position)) >= 0:
        while string is not None and string.end <= position:
            string = next(remaining, None)
        if string is not None and string.start <= position:
            position = string.end
            continue
        comment = re.compile(_COMMENT).match(text, position)
        end = comment.end() if comment else len(text)
        ignore = read_comment(text, Span(position, end))
        if ignore is not None:
            yield ignore
        position = end
