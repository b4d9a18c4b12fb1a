"""Requirements in excerpts of a file: one entry as PEP 508 has it, or lines as pip reads them.

What comes out has its places in the file, wherever the excerpt was taken from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.pep508 import Entry, EntryError, read_entry, visible_name
from mothball.formats.requirements_entries import withheld_for
from mothball.model import Dependency, Document, Kind, ParseProblem, Span, WithheldReason, normalise
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.excerpt import Excerpt


class Place(NamedTuple):
    """Where entries stand: their section, what they are to the project, the project's own normalised name."""

    section: str
    kind: Kind = Kind.REQUIREMENT
    own_name: str = ""


def read_requirement(entry: Excerpt, place: Place, *, closed: bool = True) -> Iterator[Dependency | ParseProblem]:
    """Yield the requirement (PEP 508) that ``entry`` is, or what is wrong with it and the name that can be seen.

    What is not ``closed``, a string without its quote, is withheld as incomplete, and nothing is wrong with it.
    """
    read = read_entry(entry.text)
    if isinstance(read, Entry):
        withheld = withheld_for(read.url) if read.url else None
        yield _dependency(entry, read, place, withheld if closed else WithheldReason.INCOMPLETE)
        return
    if closed:
        yield _problem(entry, read)
    seen = visible_name(entry.text)
    if seen is not None:
        yield _dependency(entry, _named(entry.text, seen), place, WithheldReason.INCOMPLETE)


def read_templated(text: str, entry: Excerpt, place: Place) -> Iterator[Dependency]:
    """Yield the requirement in which something is filled in later, as long as that is no part of its name.

    In ``entry``, which was taken from ``text``, a number stands for what is missing.
    """
    read = read_entry(entry.text)
    if isinstance(read, Entry) and entry.place(*read.name_span).of(text) == read.name:
        found = _dependency(entry, read, place, WithheldReason.VARIABLE if read.url else None)
        yield found._replace(specifier=found.specifier_span.of(text) if found.specifier_span else "")


def read_pip_lines(lines: Excerpt, place: Place) -> Document:
    """Read lines of a requirements file; comments in them are passed over."""
    from mothball.formats import requirements  # noqa: PLC0415 - few files hold such lines

    document = requirements.parse(lines.text, kind=place.kind)
    return document._replace(
        dependencies=tuple(_moved(one, lines, place) for one in document.dependencies),
        problems=tuple(one._replace(span=lines.place(*one.span)) for one in document.problems),
        ignores=(),
        includes=tuple(one._replace(span=lines.place(*one.span)) for one in document.includes),
        index_options=tuple(one._replace(span=lines.place(*one.span)) for one in document.index_options),
    )


def _problem(entry: Excerpt, error: EntryError) -> ParseProblem:
    return ParseProblem(entry.place(*error.span), error.message, error.help)


def _named(text: str, name: Span) -> Entry:
    """Return an entry of which only the name can be told."""
    return Entry(name.of(text), name, (), "", None, "", "", Span(name.start, len(text.rstrip())))


def _dependency(entry: Excerpt, read: Entry, place: Place, withheld: WithheldReason | None) -> Dependency:
    name = normalise(read.name)
    return Dependency(
        name,
        entry.place(*read.name_span),
        entry.place(*read.entry_span),
        entry.place(*read.specifier_span) if read.specifier_span else None,
        read.specifier,
        read.extras,
        read.marker,
        place.kind,
        place.section,
        withheld=withheld or (WithheldReason.SELF if name == place.own_name else None),
    )


def _moved(found: Dependency, lines: Excerpt, place: Place) -> Dependency:
    specifier = found.specifier_span
    return found._replace(
        name_span=lines.place(*found.name_span),
        entry_span=lines.place(*found.entry_span),
        specifier_span=lines.place(*specifier) if specifier else None,
        section=place.section,
        withheld=found.withheld or (WithheldReason.SELF if found.name == place.own_name else None),
    )
