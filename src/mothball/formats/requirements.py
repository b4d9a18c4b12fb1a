"""Requirements and constraints files, by pip's rules: text to dependencies with their places.

Nothing is expanded, followed or looked up: an include is named, a ``${VARIABLE}`` stays as it is written, and whether a
path exists is not asked. What pip would refuse is a problem with its place; everything else keeps its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from mothball.formats.ignores import read_comment
from mothball.formats.requirements_entries import Verdict, judge, judge_editable
from mothball.formats.requirements_lines import LogicalLine, decode, split_lines
from mothball.formats.requirements_options import Option, Word, find_options, read_options
from mothball.model import (
    Dependency,
    Document,
    IgnoreComment,
    Include,
    IndexOption,
    Kind,
    ParseProblem,
    Span,
    normalise,
)
from mothball.records import NamedTuple

__all__ = ["decode", "parse"]

if TYPE_CHECKING:
    from collections.abc import Callable


class _Collected(NamedTuple):
    """What has been found so far."""

    kind: Kind
    dependencies: list[Dependency]
    problems: list[ParseProblem]
    ignores: list[IgnoreComment]
    includes: list[Include]
    index_options: list[IndexOption]


def parse(text: str, *, kind: Kind = Kind.REQUIREMENT) -> Document:
    """Read a decoded requirements file without byte-order mark; ``kind`` is what its entries are to the project.

    All spans count code points into ``text``; those of an entry that runs over a continuation cover the backslash and
    the line's end too. Raises nothing. Rules: pip, "Requirements File Format"; PEP 508; PEP 440.
    """
    found = _Collected(kind, [], [], [], [], [])
    lines = split_lines(text)
    for line in lines.logical:
        _read_line(line, found)
    for comment in lines.comments:
        outcome = read_comment(text, comment.span)
        match outcome:
            case IgnoreComment():
                found.ignores.append(outcome._replace(about=Span(comment.line_start, outcome.span.end)))
            case ParseProblem():
                found.problems.append(outcome)
            case None:
                pass
            case _:
                assert_never(outcome)
    found.problems.extend(_conflicts(text, lines.conflict_marks))
    return Document(
        "requirements",
        tuple(found.dependencies),
        tuple(sorted(found.problems)),
        tuple(found.ignores),
        tuple(found.includes),
        tuple(found.index_options),
    )


def _conflicts(text: str, marks: tuple[Span, ...]) -> list[ParseProblem]:
    """Return one problem for each unfinished merge, at its first mark."""
    problems = []
    is_open = False
    for mark in marks:
        character = text[mark.start]
        if character == "<" or not is_open:
            problems.append(ParseProblem(mark, "a merge conflict is not resolved", "keep one side, remove the markers"))
        is_open = character != ">"
    return problems


def _read_line(line: LogicalLine, found: _Collected) -> None:
    options_at = find_options(line.text)
    options: list[Option] = []
    if options_at < len(line.text):
        options, error = read_options(line.text, options_at)
        if error is not None:
            found.problems.append(ParseProblem(_place(line, error.word), error.message, error.help))
    if options_at:
        _keep(judge(line.text[:options_at].rstrip()), line.span, found)
        return
    values: dict[str, Word] = {}
    for option in options:
        values.setdefault(option.name, option.value)
    # One thing a line, in pip's order: an editable, else the first include, else the options that choose the index.
    if "--editable" in values:
        editable = values["--editable"]
        _keep(judge_editable(editable.value), lambda start, end: _place(line, editable, start, end), found)
    elif "--requirement" in values:
        found.includes.append(_include(line, values["--requirement"], Kind.REQUIREMENT))
    elif "--constraint" in values:
        found.includes.append(_include(line, values["--constraint"], Kind.CONSTRAINT))
    else:
        found.index_options.extend(filter(None, (_index_option(line, option) for option in options)))


def _keep(verdict: Verdict, place: Callable[[int, int], Span], found: _Collected) -> None:
    """Put down what an entry turned out to be; ``place`` says where a part of its text stands in the file."""
    entry = verdict.entry
    if entry is not None:
        found.dependencies.append(
            Dependency(
                name=normalise(entry.name),
                name_span=place(*entry.name_span),
                entry_span=place(*entry.entry_span),
                specifier_span=place(*entry.specifier_span) if entry.specifier_span else None,
                specifier=entry.specifier,
                extras=entry.extras,
                marker=entry.marker,
                kind=found.kind,
                withheld=verdict.withheld,
            )
        )
    if verdict.error is not None:
        found.problems.append(ParseProblem(place(*verdict.error.span), verdict.error.message, verdict.error.help))


# --- options ----------------------------------------------------------------------------------------------------------


def _place(line: LogicalLine, word: Word, start: int = 0, end: int | None = None) -> Span:
    """Return where ``word.value[start:end]`` stands in the file."""
    origins = word.origins[start:end] or word.origins
    return line.span(origins[0], origins[-1] + 1)


def _include(line: LogicalLine, target: Word, kind: Literal[Kind.REQUIREMENT, Kind.CONSTRAINT]) -> Include:
    return Include(_place(line, target), target.value, kind)


def _index_option(line: LogicalLine, option: Option) -> IndexOption | None:
    span = _place(line, option.value)
    match option.name:
        case "--index-url" | "--pypi-url":
            return IndexOption(span, "index-url", option.value.value)
        case "--extra-index-url":
            return IndexOption(span, "extra-index-url", option.value.value)
        case "--find-links":
            return IndexOption(span, "find-links", option.value.value)
        case "--no-index":
            return IndexOption(span, "no-index", "")
        case _:
            return None
