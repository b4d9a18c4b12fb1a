"""Parse requirements in a part of a file: a PEP 508 requirement, or lines of a requirements file.

The text may be the decoded value of a string, or a line without its comment. The parameter ``locate`` maps a range of
the text to the file, so that all resulting spans refer to the file.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mothball.formats.pep508 import dependency_at, find_leading_name, name_only_requirement, parse_requirement
from mothball.model.document import (
    Dependency,
    DependencyKind,
    Document,
    IgnoreComment,
    Include,
    IndexOption,
    ParseProblem,
    SkipReason,
    Span,
    ToolIndex,
    UnnamedEntry,
    Workspace,
    relocated,
)
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# The contents of a file, and the fields of a document that they are in.
Item = Dependency | ParseProblem | IgnoreComment | Include | IndexOption | UnnamedEntry | ToolIndex | Workspace
_FIELDS: Mapping[type, str] = {
    Dependency: "dependencies",
    ParseProblem: "problems",
    IgnoreComment: "ignores",
    Include: "includes",
    IndexOption: "index_options",
    UnnamedEntry: "unnamed",
    ToolIndex: "tool_indexes",
    Workspace: "workspaces",
}
_UNSORTED = frozenset({"tool_indexes", "workspaces"})
# Maps start and end offsets in a text to a span in the file.
Locate = Callable[[int, int], Span]


class Section(NamedTuple):
    """The section of a file that contains entries, their kind, and the normalized name of the project."""

    name: str
    kind: DependencyKind = DependencyKind.REQUIREMENT
    project_name: str = ""


def read_requirement(
    text: str, locate: Locate, section: Section, *, closed: bool = True
) -> Iterator[Dependency | ParseProblem]:
    """Parse ``text`` as a requirement (PEP 508); yield its dependency and, if it is invalid, its problem.

    If ``closed`` is False (a string without its closing quote), the dependency is skipped as incomplete and no problem
    is reported.
    """
    requirement = parse_requirement(text)
    if isinstance(requirement, Dependency):
        yield section_dependency(requirement, locate, section, closed=closed)
        return
    if closed:
        yield relocated(requirement, locate)
    name = find_leading_name(text)
    if name is not None:
        yield incomplete_dependency(text, name, locate, section)


def section_dependency(
    dependency: Dependency,
    locate: Locate,
    section: Section,
    skip_reason: SkipReason | None = None,
    *,
    closed: bool = True,
) -> Dependency:
    """Return ``dependency`` with its spans mapped to the file, and with the name and kind of ``section``.

    ``skip_reason`` replaces that of the dependency.
    """
    skip_reason = skip_reason or dependency.skip_reason
    if not closed:
        skip_reason = SkipReason.INCOMPLETE
    elif skip_reason is None and dependency.name == section.project_name:
        skip_reason = SkipReason.SELF
    kind = section.kind if dependency.kind is DependencyKind.REQUIREMENT else dependency.kind
    return relocated(dependency, locate)._replace(kind=kind, section=section.name, skip_reason=skip_reason)


def section_dependency_at(requirement: Dependency, offset: int, section: Section) -> Dependency:
    """Return the dependency for ``requirement``, which has no URL and whose text begins at ``offset`` in the file."""
    skip_reason = SkipReason.SELF if requirement.name == section.project_name else None
    return dependency_at(requirement, offset, section.kind, section.name, skip_reason)


def incomplete_dependency(text: str, name: Span, locate: Locate, section: Section) -> Dependency:
    """Return a dependency for invalid ``text`` in which only the name, at the span ``name``, is known."""
    entry = Span(name.start, len(text.rstrip()))
    requirement = name_only_requirement(text, name, skip_reason=SkipReason.INCOMPLETE, entry=entry)
    return section_dependency(requirement, locate, section)


def read_pip_lines(text: str, locate: Locate, section: Section) -> Iterator[Item]:
    """Yield the contents of lines of a requirements file; comments are ignored."""
    from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - only needed for files with such lines

    document = requirements.parse(text, kind=section.kind)
    yield from (section_dependency(dependency, locate, section) for dependency in document.dependencies)
    items: tuple[Item, ...] = (*document.problems, *document.includes, *document.index_options, *document.unnamed)
    yield from (relocated(item, locate) for item in items)


def collect(format_name: str, items: Iterable[Item], **fields: object) -> Document:
    """Return the document of ``items``; ``fields`` are its other fields.

    The items are sorted by position, except indexes and workspaces, whose order has a meaning.
    """
    values: dict[str, Any] = {**fields}
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(_FIELDS[type(item)], []).append(item)
    for name, of_type in found.items():
        if name not in _UNSORTED:
            of_type.sort(key=attrgetter("name_span") if name == "dependencies" else None)
        values[name] = tuple(of_type)
    return Document(format_name, **values)
