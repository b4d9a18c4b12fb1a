"""Parse setup.py: the literal requirements in ``setup()`` calls. Nothing is executed.

Names are resolved to their values in the same file. Lists that are computed, or read from a file, are reported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.broken import MAX_LENGTH, broken_document, find_conflict_marker, too_long_document
from mothball.formats.ignores import comment_spans, read_comments
from mothball.formats.pep508 import parse_requirement
from mothball.formats.requirements.strings import Item, Section, collect, read_requirement, section_dependency
from mothball.formats.source_map import SourceMap, SourcePart, decoded_parts, source_map
from mothball.model.document import (
    Dependency,
    Document,
    ParseProblem,
    SkipReason,
    Span,
    UnnamedEntry,
    normalize_name,
    variable_skip_reason,
)
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.python.calls import SetupArguments, StringLiteral

_FORMAT = "setup-py"
_LISTS = ("install_requires", "setup_requires", "tests_require")
_EXTRAS = "extras_require"
_ARGUMENTS = (*_LISTS, _EXTRAS)
_MAX_SHOWN = 60
_NAME_ARGUMENT = r"\bname\s*+="
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
# Between string literals that are concatenated or added; includes parentheses.
_GAP = re.compile(r"(?>(?:[ \t\f+()]++|\\?\r\n|\\?[\r\n]|#[^\r\n]*+)*)")
_OPENING = re.compile(r"""([fFrRuU]{0,2})('''|\"""|'|")""")
_ESCAPE = r"""\\(?:\r\n|[0-7]{1,3}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]*\}|(?s:.))|\r\n?"""
_LINE_END = r"\r\n?"
# The characters that have a meaning after a backslash, apart from line ends, which are removed.
_ESCAPED = frozenset("\\'\"abfnrtvxuUN01234567")
_END = {
    # Everything up to and including the closing quote.
    quote: re.compile(rf"(?>(?:[^\\{quote[0]}]++|(?s:\\.)|(?!{quote}){quote[0]})*){quote}")
    for quote in ('"""', "'''", '"', "'")
}


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
    items, unresolvable = _read(text, setup), tuple(sorted(_unresolvable(setup)))
    return collect(_FORMAT, items, project_name=normalize_name(setup.name), unresolvable=unresolvable)


def _read(text: str, setup: SetupArguments) -> Iterator[Item]:
    own_name = normalize_name(setup.name)
    for literal in setup.literals:
        section = Section(one_line(literal.section, _MAX_SHOWN), project_name=own_name)
        if literal.is_template:
            yield _read_template(text, literal.span, section)
        else:
            yield from _read_literal(text, literal, section)
    yield from read_comments(text, comment_spans(text, setup.strings))


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
    if operator is None or not isinstance(read, Dependency):
        return UnnamedEntry(Span(start, end), variable_skip_reason(text[start:end]))
    skip_reason = SkipReason.VARIABLE_REFERENCE if operator[0] == "@" else None
    dependency = section_dependency(read, lambda first, last: Span(start + first, start + last), section, skip_reason)
    return dependency._replace(entry_span=Span(dependency.entry_span.start, end))


def _unresolvable(setup: SetupArguments) -> Iterator[ParseProblem]:
    """Yield one problem for each computed argument, at its first computed expression."""
    first_spans: dict[str, Span] = {}
    for argument, span in setup.computed:
        first_spans[argument] = min(span, first_spans.get(argument, span))
    for argument, span in first_spans.items():
        message = f"{argument or 'an argument of setup()'} is computed; its dependencies were not checked"
        yield ParseProblem(span, message, _COMPUTED_HELP)


def decode_literal(text: str, span: Span) -> SourceMap | None:
    """Decode the string literals in ``span``, concatenated implicitly or with ``+``, with their source positions.

    Return None if the source is no string literal of a supported form.
    """
    parts: list[SourcePart] = []
    position = span.start
    while position < span.end:
        opening = _OPENING.match(text, position)
        closing = _END[opening[2]].match(text, opening.end(), span.end) if opening else None
        if opening is None or closing is None:
            return None
        inner = Span(opening.end(), closing.end() - len(opening[2]))
        escape = re.compile(_LINE_END if "r" in opening[1].lower() else _ESCAPE)
        parts += decoded_parts(text, inner, escape, _decode_escape)
        gap = _GAP.match(text, closing.end(), span.end)
        position = gap.end() if gap else closing.end()
    return source_map(parts)


def _decode_escape(escape: str) -> str:
    if escape[-1] in "\r\n":
        return "\n" if escape[0] == "\r" else ""
    if escape[1] not in _ESCAPED:
        return escape
    try:
        return escape.encode().decode("unicode_escape")
    except UnicodeDecodeError:  # an unknown name, or no code point
        return "\ufffd"
