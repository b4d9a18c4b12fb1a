"""setup.py: the requirements that stand in a ``setup()`` call as literals. Nothing is executed.

What a name is assigned to in the same file is looked up; what a function returns, or a file holds, cannot be told and
is passed over: the files that projects read their requirements from are checked for themselves.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, assert_never

from mothball.formats.ignores import may_speak_to_us, read_comment
from mothball.formats.pep508 import Entry, read_entry
from mothball.formats.python_strings import read_literal, with_stand_ins
from mothball.formats.requirement_texts import Section, dependency_of, read_requirement
from mothball.hygiene import one_line
from mothball.model import Dependency, Document, IgnoreComment, ParseProblem, Span, Unnamed, WithheldReason, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mothball.formats.excerpt import Excerpt
    from mothball.formats.python_calls import Literal, SetupCall

_FORMAT = "setup-py"
_LISTS = ("install_requires", "setup_requires", "tests_require")
_EXTRAS = "extras_require"
# Python takes time that grows with the square of a formatted string's length; no honest file comes near it.
_MAX_LENGTH = 200_000
# What is half typed is read up to twenty times.
_MAX_REPAIRED = 60_000
_SHOWN = 60
_TELLS_NAME = r"\bname\s*+="
_COMMENT = "#[^\r\n]*+"
# setuptools takes several requirements from one string, a line each, and leaves comments out.
_LINE = re.compile(r"[^\r\n]+")
_COMMENT_IN_STRING = re.compile(r"(?:\A|[ \t])#")

_Found = Dependency | ParseProblem | IgnoreComment | Unnamed


def parse(text: str) -> Document:
    """Read a setup.py, whole or half typed, without byte-order mark; raises nothing."""
    if not any(name in text for name in (*_LISTS, _EXTRAS)) and re.search(_TELLS_NAME, text) is None:
        # Most setup.py only call setup(): for them Python's parser is not worth importing.
        return Document(_FORMAT)
    if len(text) > _MAX_LENGTH:
        problem = ParseProblem(
            Span(0, 0), f"a setup.py of {len(text)} characters; at most {_MAX_LENGTH} are read", "shorten it"
        )
        return Document(_FORMAT, problems=(problem,))
    from mothball.formats.python_calls import NoPython, SetupCall, read_setup  # noqa: PLC0415 - see above

    setup = read_setup(text, _LISTS, _EXTRAS)
    match setup:
        case SetupCall():
            return _document(_read(text, setup))._replace(own_name=normalise(setup.name))
        case NoPython():
            return _document([setup.problem, *_read_half_typed(text)])
        case _:
            assert_never(setup)


def _document(found: Iterable[_Found]) -> Document:
    found = list(found)
    return Document(
        _FORMAT,
        tuple(sorted((one for one in found if isinstance(one, Dependency)), key=attrgetter("name_span"))),
        tuple(sorted(one for one in found if isinstance(one, ParseProblem))),
        tuple(one for one in found if isinstance(one, IgnoreComment)),
        unnamed=tuple(sorted(one for one in found if isinstance(one, Unnamed))),
    )


def _read(text: str, setup: SetupCall, is_closed: Callable[[Span], bool] = lambda _: True) -> Iterator[_Found]:
    """Yield what stands in the calls of a file; ``is_closed`` says whether all of a string is there."""
    own_name = normalise(setup.name)
    for literal in setup.literals:
        section = Section(one_line(literal.section, _SHOWN), own_name=own_name)
        yield from _read_literal(text, literal, section, closed=is_closed(literal.span))
    yield from _comments(text, setup.strings)


def _read_half_typed(text: str) -> Iterator[_Found]:
    """Yield what can be told of a file that is no Python."""
    if len(text) > _MAX_REPAIRED:
        return
    from mothball.formats.python_repair import read_repaired  # noqa: PLC0415 - few files are half typed

    outcome = read_repaired(text, _LISTS, _EXTRAS)
    if outcome is None:
        return
    repaired, setup = outcome
    for one in _read(repaired.text, setup, repaired.is_closed):
        match one:
            case Dependency():
                specifier = repaired.back(*one.specifier_span) if one.specifier_span else None
                yield one._replace(
                    name_span=repaired.back(*one.name_span),
                    entry_span=repaired.back(*one.entry_span),
                    specifier_span=specifier,
                )
            case ParseProblem() | Unnamed():
                yield one._replace(span=repaired.back(*one.span))
            case IgnoreComment():
                yield one._replace(span=repaired.back(*one.span), about=repaired.back(*one.about))
            case _:
                assert_never(one)


def _read_literal(
    text: str, literal: Literal, section: Section, *, closed: bool
) -> Iterator[Dependency | ParseProblem | Unnamed]:
    """Yield what one string says: a requirement, or several on lines of their own."""
    content = read_literal(text, literal.span, literal.unknown)
    if content is None:
        return
    if literal.is_template:
        content = with_stand_ins(content)
    for line in _LINE.finditer(content.text):
        comment = _COMMENT_IN_STRING.search(line[0])
        end = line.start() + comment.start() if comment else line.end()
        entry = content.cut(line.start(), end)
        if not entry.text.strip():
            continue
        if literal.is_template:
            yield from _read_templated(text, entry, section)
        else:
            yield from read_requirement(entry.text, entry.place, section, closed=closed)


def _read_templated(text: str, entry: Excerpt, section: Section) -> Iterator[Dependency | Unnamed]:
    """Yield the requirement in which something is filled in later, as long as that is no part of its name.

    Else no name can be told. In ``entry``, which was taken from ``text``, a number stands for what is missing.
    """
    read = read_entry(entry.text)
    if isinstance(read, Entry) and entry.place(*read.name_span).of(text) == read.name:
        found = dependency_of(read, entry.place, section, WithheldReason.VARIABLE if read.url else None)
        yield found._replace(specifier=found.specifier_span.of(text) if found.specifier_span else "")
    else:
        yield Unnamed(entry.place(0, len(entry.text.rstrip())), WithheldReason.VARIABLE)


def _comments(text: str, strings: Sequence[Span]) -> Iterator[IgnoreComment | ParseProblem]:
    """Yield what comments of the file tell mothball; what looks like one inside of a string is none."""
    if not may_speak_to_us(text):
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
