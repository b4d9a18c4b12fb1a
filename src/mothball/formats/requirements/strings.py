"""Requirements in parts of a file: one entry as PEP 508 has it, or lines as pip reads them.

The text may be an excerpt, the value of a string with escapes, a line without its comment: ``where`` tells for each of
its parts where that stands in the file. So what comes out has its places there, wherever the text was taken from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mothball.formats.pep508 import ParsedRequirement, find_leading_name, name_only_requirement, parse_requirement
from mothball.formats.requirements.entries import skip_reason_for_url
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, SkipReason, Span
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# From a start and an end in a text to their place in the file.
Locate = Callable[[int, int], Span]


class Section(NamedTuple):
    """Where entries stand: its name, what they are to the project, and the project's own normalised name."""

    name: str
    kind: DependencyKind = DependencyKind.REQUIREMENT
    own_name: str = ""


def read_requirement(
    text: str, where: Locate, section: Section, *, closed: bool = True
) -> Iterator[Dependency | ParseProblem]:
    """Yield the requirement (PEP 508) that ``text`` is, or what is wrong with it and the name that can be seen.

    What is not ``closed``, a string without its quote, is skipped as incomplete, and nothing is wrong with it.
    """
    read = parse_requirement(text)
    if isinstance(read, ParsedRequirement):
        yield section_dependency(
            read, where, section, skip_reason_for_url(read.url) if read.url else None, closed=closed
        )
        return
    if closed:
        yield ParseProblem(where(*read.span), read.message, read.help)
    seen = find_leading_name(text)
    if seen is not None:
        yield incomplete_dependency(text, seen, where, section)


def section_dependency(
    read: ParsedRequirement, where: Locate, section: Section, skip_reason: SkipReason | None, *, closed: bool = True
) -> Dependency:
    """Return the dependency of ``read``; ``skip_reason`` is what the entry itself gives."""
    skip_reason = _skip_reason(read.project, section, skip_reason, closed=closed)
    return read.to_dependency(where, section.kind, section.name, skip_reason)


def section_dependency_at(read: ParsedRequirement, offset: int, section: Section) -> Dependency:
    """Return the dependency that an entry without a URL is, the text of which begins at ``offset``."""
    skip_reason = SkipReason.SELF if read.project == section.own_name else None
    return read.to_dependency_at(offset, section.kind, section.name, skip_reason)


def incomplete_dependency(text: str, name: Span, where: Locate, section: Section) -> Dependency:
    """Return a dependency of which only the name can be told, which stands in ``text`` at ``name``."""
    entry = name_only_requirement(text, name)._replace(entry_span=Span(name.start, len(text.rstrip())))
    return section_dependency(entry, where, section, SkipReason.INCOMPLETE)


def locate_dependency(found: Dependency, where: Locate, section: Section, *, closed: bool = True) -> Dependency:
    """Return ``found``, whose places count into a text, as it stands in the file and in ``section``."""
    specifier = found.specifier_span
    return found._replace(
        name_span=where(*found.name_span),
        entry_span=where(*found.entry_span),
        specifier_span=where(*specifier) if specifier else None,
        section=section.name,
        skip_reason=_skip_reason(found.name, section, found.skip_reason, closed=closed),
    )


def _skip_reason(name: str, section: Section, skip_reason: SkipReason | None, *, closed: bool) -> SkipReason | None:
    if not closed:
        return SkipReason.INCOMPLETE
    return SkipReason.SELF if skip_reason is None and name == section.own_name else skip_reason


def read_pip_lines(text: str, where: Locate, section: Section) -> Document:
    """Read lines of a requirements file; comments in them are passed over."""
    from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - few files hold such lines

    document = requirements.parse(text, kind=section.kind)
    return document._replace(
        dependencies=tuple(locate_dependency(one, where, section) for one in document.dependencies),
        problems=tuple(one._replace(span=where(*one.span)) for one in document.problems),
        ignores=(),
        includes=tuple(one._replace(span=where(*one.span)) for one in document.includes),
        index_options=tuple(one._replace(span=where(*one.span)) for one in document.index_options),
        unnamed=tuple(one._replace(span=where(*one.span)) for one in document.unnamed),
    )
