"""Build a ``Document`` from a TOML scan and the items that the table readers yield."""

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

# The items that a table reader may yield.
ManifestItem = (
    Dependency | ParseProblem | Include | UnnamedEntry | IgnoreComment | ToolIndex | SourceOverride | Workspace
)
ToolReader = Callable[[Tables], Iterable[ManifestItem]]

# Substrings of the table names and keys that configure indexes.
_INDEX_KEYS = r"(?i)index|source|pypi-options"
# Code points before and after an error that are searched for ``_INDEX_KEYS``.
_MAX_LINE = 500


def parse_with(reader: ToolReader, format_name: str, text: str) -> Document:
    """Parse a TOML file of one tool, complete or incomplete, without byte-order mark. Never raises."""
    document = scan(text)
    return build_document(format_name, text, document, reader(all_tables(text, document)))


def build_document(  # noqa: PLR0913 - the text, how it was read, and fields of the document
    format_name: str,
    text: str,
    document: TomlScan,
    items: Iterable[ManifestItem],
    *,
    tools: tuple[str, ...] = (),
    project_name: str = "",
    unresolvable: tuple[ParseProblem, ...] = (),
) -> Document:
    """Build the document of ``text`` from its scan, the items of its tables and its ignore comments.

    Everything is sorted by position, and the source overrides are applied to the dependencies. ``tools``,
    ``project_name`` and ``unresolvable`` are fields of the document.
    """
    problems = syntax_problems(document)
    dependencies: list[Dependency] = []
    includes: list[Include] = []
    overrides: list[SourceOverride] = []
    ignores: list[IgnoreComment] = []
    tool_indexes: list[ToolIndex] = []
    items = tuple(items)
    comments = document.comments if may_hold_ignore_comment(text) else ()
    for item in (*items, *(read_comment(text, span) for span in comments)):
        match item:
            case Dependency():
                dependencies.append(item)
            case ParseProblem():
                problems.append(item)
            case Include():
                includes.append(item)
            case SourceOverride():
                overrides.append(item)
            case IgnoreComment():
                ignores.append(item)
            case ToolIndex():
                tool_indexes.append(item)
            case UnnamedEntry() | Workspace() | None:  # collected below; None is a comment without an ignore
                pass
            case _:
                assert_never(item)
    unknown = [IndexOption(error.span, "unknown", "") for error in document.errors if _may_hide_index(text, error.span)]
    if overrides:
        dependencies = list(apply_source_overrides(dependencies, overrides))
    # The scanner may yield an unterminated value twice, whole and as its remainder: keep the first of equal position.
    by_position = {dependency.name_span: dependency for dependency in reversed(dependencies)}
    return Document(
        format_name,
        tuple(sorted(by_position.values(), key=attrgetter("name_span"))),
        tuple(sorted(problems)),
        tuple(_covering_strings(text, document, ignores)),
        tuple(sorted(includes)),
        tuple(unknown[:1]),
        tool_indexes=tuple(tool_indexes),
        unnamed=tuple(sorted(item for item in items if isinstance(item, UnnamedEntry))),
        workspaces=tuple(item for item in items if isinstance(item, Workspace)),
        is_broken=document.is_truncated,
        tools=tools,
        project_name=project_name,
        unresolvable=unresolvable,
    )


def _may_hide_index(text: str, error: Span) -> bool:
    """Return True if the line with the syntax error may configure an index."""
    start = max(text.rfind("\n", 0, error.start), text.rfind("\r", 0, error.start)) + 1
    start = max(start, error.start - _MAX_LINE)
    line = text[start : error.start + _MAX_LINE].split("\n", 1)[0] if error.start >= start else ""
    return re.search(_INDEX_KEYS, line) is not None


def _covering_strings(text: str, document: TomlScan, ignores: list[IgnoreComment]) -> Iterator[IgnoreComment]:
    """Extend ignore comments after a multi-line string to all its lines, as a string cannot contain comments."""
    if not ignores or not ('"""' in text or "'''" in text):
        yield from ignores
        return
    strings = sorted(_multiline_strings(document), key=attrgetter("end"))
    for comment in ignores:
        before = bisect_right(strings, comment.span.start, key=attrgetter("end"))
        string = strings[before - 1] if before else None
        between = text[string.end : comment.span.start] if string else "\n"
        if string and "\n" not in between and "\r" not in between:
            yield comment._replace(applies_to=Span(string.start, comment.applies_to.end))
        else:
            yield comment


def _multiline_strings(document: TomlScan) -> Iterator[Span]:
    """Yield the spans of all strings in triple quotes."""
    stack: list[Value] = [entry.value for entry in document.entries]
    while stack:
        match stack.pop():
            case String(quote=3, span=span):
                yield span
            case Array(items=items):
                stack += items
            case InlineTable(entries=entries):
                stack += [entry.value for entry in entries]
            case _:
                pass


def mark_never_installed(dependency: Dependency, requires_python: str = "", poetry_python: str = "") -> Dependency:
    """Mark ``dependency`` if its marker is false for every Python version that the project supports.

    The versions are given as clauses of PEP 440, or as a constraint of Poetry.
    """
    if "python" not in dependency.marker:
        return dependency
    from mothball.formats import python_bounds  # noqa: PLC0415 - most dependencies have no such marker

    if poetry_python:
        bound = python_bounds.lower_bound_of_poetry(poetry_python)
    else:
        bound = python_bounds.lower_bound(requires_python)
    if bound is None or not python_bounds.is_never_true(dependency.marker, bound):
        return dependency
    return dependency._replace(is_never_installed=True)
