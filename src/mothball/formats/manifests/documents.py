"""From a scanned TOML document and what readers found in it to the ``Document`` that a format's ``parse`` returns."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import assert_never

from mothball.formats.ignores import may_hold_ignore_comment, read_comment
from mothball.formats.manifests.source_overrides import SourceOverride, apply_source_overrides
from mothball.formats.manifests.tables import Tables, all_tables
from mothball.formats.toml.api import Array, InlineTable, String, TomlScan, Value, scan, syntax_problems
from mothball.model.document import (
    Dependency,
    Document,
    IgnoreComment,
    Include,
    IndexOption,
    ParseProblem,
    Span,
    ToolIndex,
    UnnamedEntry,
    Workspace,
)

# What a reader of tables may find in them.
ManifestItem = (
    Dependency | ParseProblem | Include | UnnamedEntry | IgnoreComment | ToolIndex | SourceOverride | Workspace
)
ToolReader = Callable[[Tables], Iterable[ManifestItem]]

# Words of the tables and keys by which tools learn of indexes; so much of a line is looked at.
_INDEX_WORDS = r"(?i)index|source|pypi-options"
_MAX_LINE = 500


def parse_with(reader: ToolReader, format_name: str, text: str) -> Document:
    """Read a TOML file that belongs to one tool, whole or half typed, without byte-order mark; raises nothing."""
    document = scan(text)
    return build_document(format_name, text, document, reader(all_tables(text, document)))


def build_document(format_name: str, text: str, document: TomlScan, found: Iterable[ManifestItem]) -> Document:
    """Put together what was found in ``text``, what its scan ``document`` tells, and its comments.

    Everything comes in the order of the file, and requirements are skipped that a override leads away from an index.
    """
    problems = syntax_problems(document)
    dependencies: list[Dependency] = []
    includes: list[Include] = []
    overrides: list[SourceOverride] = []
    ignores: list[IgnoreComment] = []
    tool_indexes: list[ToolIndex] = []
    found = tuple(found)
    comments = document.comments if may_hold_ignore_comment(text) else ()
    for one in (*found, *(read_comment(text, span) for span in comments)):
        match one:
            case Dependency():
                dependencies.append(one)
            case ParseProblem():
                problems.append(one)
            case Include():
                includes.append(one)
            case SourceOverride():
                overrides.append(one)
            case IgnoreComment():
                ignores.append(one)
            case ToolIndex():
                tool_indexes.append(one)
            case UnnamedEntry() | Workspace() | None:  # reported below; a comment that does not speak to us
                pass
            case _:
                assert_never(one)
    unknown = [IndexOption(error.span, "unknown", "") for error in document.errors if _hides_index(text, error.span)]
    if overrides:
        dependencies = list(apply_source_overrides(dependencies, overrides))
    # What is broken may be read twice, as a value that is cut off and as what is left of it: the first to stand counts.
    by_place = {one.name_span: one for one in reversed(dependencies)}
    return Document(
        format_name,
        tuple(sorted(by_place.values(), key=attrgetter("name_span"))),
        tuple(sorted(problems)),
        tuple(_with_strings(text, document, ignores)),
        tuple(sorted(includes)),
        tuple(unknown[:1]),
        tool_indexes=tuple(tool_indexes),
        unnamed=tuple(sorted(one for one in found if isinstance(one, UnnamedEntry))),
        workspaces=tuple(one for one in found if isinstance(one, Workspace)),
    )


def _hides_index(text: str, error: Span) -> bool:
    """Return whether the line of an error may be one that says where names belong."""
    start = max(text.rfind("\n", 0, error.start), text.rfind("\r", 0, error.start)) + 1
    start = max(start, error.start - _MAX_LINE)
    line = text[start : error.start + _MAX_LINE].split("\n", 1)[0] if error.start >= start else ""
    return re.search(_INDEX_WORDS, line) is not None


def _with_strings(text: str, document: TomlScan, ignores: list[IgnoreComment]) -> Iterator[IgnoreComment]:
    """Yield ``ignores``; one behind a string of several lines speaks of them all, as none can stand in it."""
    if not ignores or not ('"""' in text or "'''" in text):
        yield from ignores
        return
    strings = sorted(_long_strings(document), key=attrgetter("end"))
    for comment in ignores:
        before = bisect_right(strings, comment.span.start, key=attrgetter("end"))
        string = strings[before - 1] if before else None
        between = text[string.end : comment.span.start] if string else "\n"
        if string and "\n" not in between and "\r" not in between:
            yield comment._replace(applies_to=Span(string.start, comment.applies_to.end))
        else:
            yield comment


def _long_strings(document: TomlScan) -> Iterator[Span]:
    """Yield the places of all strings in three quotes."""
    waiting: list[Value] = [entry.value for entry in document.entries]
    while waiting:
        match waiting.pop():
            case String(quote=3, span=span):
                yield span
            case Array(items=items):
                waiting += items
            case InlineTable(entries=entries):
                waiting += [entry.value for entry in entries]
            case _:
                pass
