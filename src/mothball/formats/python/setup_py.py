"""setup.py: the requirements that are literals in a ``setup()`` call. Nothing is executed.

A name is followed to its values in the same file. A list that is computed, by a function or from a file, is reported.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.formats.broken import broken_document
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
)
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mothball.formats.python.calls import SetupArguments, StringLiteral

_FORMAT = "setup-py"
_LISTS = ("install_requires", "setup_requires", "tests_require")
_EXTRAS = "extras_require"
_ARGUMENTS = (*_LISTS, _EXTRAS)
# Python takes time that grows with the square of a formatted string's length; no honest file comes near it.
_MAX_LENGTH = 200_000
_MAX_SHOWN = 60
_TELLS_NAME = r"\bname\s*+="
_COMMENT = "#[^\r\n]*+"
# setuptools takes several requirements from one string, a line each, and leaves comments out.
_LINE = r"[^\r\n]+"
_WORD = r"\S+"
_COMMENT_IN_STRING = re.compile(r"(?:\A|[ \t])#")
# What a string begins with that a program fills in: all before the first field, escape, or end.
_HEAD = r"""[fFrRuU]{0,2}(?:'''|\"""|'|")([^{%\\'"\r\n]*+)"""
_OPERATOR = r"[<>=!~;@]"
_COMPUTED_HELP = (
    "list them as literals, here or in pyproject.toml, or accept it with `# mothball: ignore[unverified] WHY` here"
)

_Found = Dependency | ParseProblem | IgnoreComment | UnnamedEntry


def parse(text: str) -> Document:
    """Read a setup.py without byte-order mark; raises nothing."""
    if not any(name in text for name in _ARGUMENTS) and re.search(_TELLS_NAME, text) is None:
        # Most setup.py only call setup(): for them Python's parser is not worth importing.
        return Document(_FORMAT)
    if len(text) > _MAX_LENGTH:
        message = f"a setup.py of {len(text)} characters; at most {_MAX_LENGTH} are read"
        return Document(_FORMAT, problems=(ParseProblem(Span(0, 0), message, "shorten it"),), is_broken=True)
    from mothball.formats.python.calls import InvalidPython, read_setup  # noqa: PLC0415 - see above

    setup = read_setup(text, _LISTS, _EXTRAS)
    if isinstance(setup, InvalidPython):
        return broken_document(_FORMAT, text, setup.offset, "invalid Python")
    found = list(_read(text, setup))
    return Document(
        _FORMAT,
        tuple(sorted((one for one in found if isinstance(one, Dependency)), key=attrgetter("name_span"))),
        tuple(sorted(one for one in found if isinstance(one, ParseProblem))),
        tuple(one for one in found if isinstance(one, IgnoreComment)),
        project_name=normalize_name(setup.name),
        unnamed=tuple(sorted(one for one in found if isinstance(one, UnnamedEntry))),
        unresolvable=tuple(sorted(_unresolvable(text, setup))),
    )


def _read(text: str, setup: SetupArguments) -> Iterator[_Found]:
    own_name = normalize_name(setup.name)
    for literal in setup.literals:
        section = Section(one_line(literal.section, _MAX_SHOWN), project_name=own_name)
        if literal.is_template:
            yield _read_template(text, literal.span, section)
        else:
            yield from _read_literal(text, literal, section)
    yield from _comments(text, setup.strings)


def _read_literal(text: str, literal: StringLiteral, section: Section) -> Iterator[Dependency | ParseProblem]:
    """Yield the requirements of one string: each line of it is one, or each word."""
    content = decode_literal(text, literal.span)
    if content is None:
        return
    for line in re.finditer(_WORD if literal.is_words else _LINE, content.text):
        comment = _COMMENT_IN_STRING.search(line[0])
        entry = content.submap(line.start(), line.start() + comment.start() if comment else line.end())
        if entry.text.strip():
            yield from read_requirement(entry.text, entry.locate, section)


def _read_template(text: str, span: Span, section: Section) -> Dependency | UnnamedEntry:
    """Return the requirement that begins with a string and is completed when the program runs.

    Its name is known if the string goes on with an operator or a marker: ``f"name[extra]>={VERSION}"``.
    """
    head = re.compile(_HEAD).match(text, *span)
    start, end = head.start(1) if head else span.start, span.start + len(span.slice(text).rstrip("'\""))
    operator = re.search(_OPERATOR, head[1]) if head else None
    read = parse_requirement(head[1][: operator.start()]) if head and operator else None
    if operator is None or not isinstance(read, ParsedRequirement):
        return UnnamedEntry(Span(start, end), SkipReason.VARIABLE)
    skip_reason = SkipReason.VARIABLE if operator[0] == "@" else None
    found = section_dependency(read, lambda first, last: Span(start + first, start + last), section, skip_reason)
    return found._replace(entry_span=found.entry_span._replace(end=end))


def _unresolvable(text: str, setup: SetupArguments) -> Iterator[ParseProblem]:
    """Yield one problem for each argument that is computed, at the first expression in it."""
    offsets: dict[str, Span] = {}
    for argument, span in setup.computed:
        # What `**kwargs` hold may be no dependencies at all.
        if argument or any(name in text for name in _ARGUMENTS):
            offsets[argument] = min(span, offsets.get(argument, span))
    for argument, span in offsets.items():
        message = f"{argument or 'an argument of setup()'} is computed; its dependencies were not checked"
        yield ParseProblem(span, message, _COMPUTED_HELP)


def _comments(text: str, strings: Sequence[Span]) -> Iterator[IgnoreComment | ParseProblem]:
    """Yield what comments of the file tell mothball; what looks like one inside of a string is none."""
    if not may_hold_ignore_comment(text):
        return
    covered = iter(strings)
    string = next(covered, None)
    position = 0
    while (position := text.find("#", position)) >= 0:
        while string is not None and string.end <= position:
            string = next(covered, None)
        if string is not None and string.start <= position:
            position = string.end
            continue
        comment = re.compile(_COMMENT).match(text, position)
        end = comment.end() if comment else len(text)
        outcome = read_comment(text, Span(position, end))
        if outcome is not None:
            yield outcome
        position = end
