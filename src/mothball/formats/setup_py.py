"""setup.py: the requirements that stand in a ``setup()`` call as literals. Nothing is executed.

What a name is assigned to in the same file is looked up; what a function returns, or a file holds, cannot be told and
is passed over: the files that projects read their requirements from are checked for themselves.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, assert_never

from mothball.formats.ignores import read_comment
from mothball.formats.python_strings import read_literal, with_stand_ins
from mothball.formats.requirement_excerpts import Place, read_requirement, read_templated
from mothball.hygiene import one_line
from mothball.model import Dependency, Document, IgnoreComment, ParseProblem, Span, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mothball.formats.python_calls import Literal

_FORMAT = "setup-py"
_LISTS = ("install_requires", "setup_requires", "tests_require")
_EXTRAS = "extras_require"
# Python takes time that grows with the square of a formatted string's length; no honest file comes near it.
_MAX_LENGTH = 200_000
_SHOWN = 60
_DIRECTIVE = "mothball"
_COMMENT = "#[^\r\n]*+"
# setuptools takes several requirements from one string, a line each, and leaves comments out.
_LINE = re.compile(r"[^\r\n]+")
_COMMENT_IN_STRING = re.compile(r"(?:\A|[ \t])#")


def parse(text: str) -> Document:
    """Read a setup.py without byte-order mark; raises nothing. What is no Python is a problem, and nothing is read."""
    if not any(name in text for name in (*_LISTS, _EXTRAS)):
        # Most setup.py hold no requirements: for them Python's parser is not worth importing.
        return Document(_FORMAT)
    if len(text) > _MAX_LENGTH:
        problem = ParseProblem(
            Span(0, 0), f"a setup.py of {len(text)} characters; at most {_MAX_LENGTH} are read", "shorten it"
        )
        return Document(_FORMAT, problems=(problem,))
    from mothball.formats.python_calls import SetupCall, read_setup  # noqa: PLC0415 - see above

    setup = read_setup(text, _LISTS, _EXTRAS)
    match setup:
        case ParseProblem():
            return Document(_FORMAT, problems=(setup,))
        case SetupCall():
            own_name = normalise(setup.name)
            found = [
                *(one for literal in setup.literals for one in _read(text, literal, own_name)),
                *_comments(text, setup.strings),
            ]
        case _:
            assert_never(setup)
    return Document(
        _FORMAT,
        tuple(sorted((one for one in found if isinstance(one, Dependency)), key=attrgetter("name_span"))),
        tuple(sorted(one for one in found if isinstance(one, ParseProblem))),
        tuple(one for one in found if isinstance(one, IgnoreComment)),
    )


def _read(text: str, literal: Literal, own_name: str) -> Iterator[Dependency | ParseProblem]:
    """Yield what one string says: a requirement, or several on lines of their own."""
    content = read_literal(text, literal.span)
    if content is None:
        return
    if literal.is_template:
        content = with_stand_ins(content)
    place = Place(one_line(literal.section, _SHOWN), own_name=own_name)
    for line in _LINE.finditer(content.text):
        comment = _COMMENT_IN_STRING.search(line[0])
        end = line.start() + comment.start() if comment else line.end()
        entry = content.cut(line.start(), end)
        if not entry.text.strip():
            continue
        yield from read_templated(text, entry, place) if literal.is_template else read_requirement(entry, place)


def _comments(text: str, strings: Sequence[Span]) -> Iterator[IgnoreComment | ParseProblem]:
    """Yield what comments of the file tell mothball; what looks like one inside of a string is none."""
    if _DIRECTIVE not in text:
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
