"""Arrays of requirements in TOML: what each of their strings names, and what is wrong with the rest."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, assert_never

from mothball.formats.manifests.tables import Pattern, TableMatcher, Tables, section_name
from mothball.formats.pep508 import ParsedRequirement, RequirementError, find_leading_name, parse_requirement
from mothball.formats.requirements import strings as requirement_texts
from mothball.formats.requirements.entries import skip_reason_for_url
from mothball.formats.requirements.strings import (
    Section,
    incomplete_dependency,
    locate_dependency,
    section_dependency,
    section_dependency_at,
)
from mothball.formats.toml.api import Array, InlineTable, Invalid, Scalar, String, Value, source_span
from mothball.model.document import Dependency, DependencyKind, Include, ParseProblem, SkipReason, UnnamedEntry
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What hatch and tox replace before they read the string. ``${NAME}`` is pip's and stays.
_FIELD = r"(?<!\$)\{[^{}]*+\}"
# What tox replaces with the directory of its file, in front of a path.
_ROOT_FIELD = r"\{(?:tox_root|toxinidir)\}[/\\]"
# How much of a name a message repeats.
MAX_SHOWN = 60

ArrayItem = Dependency | ParseProblem | Include | UnnamedEntry


if TYPE_CHECKING:
    StringReader = Callable[[String, Section], Iterable[ArrayItem]]
    InlineTableReader = Callable[[InlineTable, Section], Iterator[ArrayItem]]


def read_requirement(string: String, section: Section) -> Iterable[ArrayItem]:
    """Return the requirement (PEP 508) that ``string`` is, or what is wrong with it and the name that can be seen."""
    if string.closed and not string.escapes:  # as nearly always
        read = parse_requirement(string.value)
        if isinstance(read, ParsedRequirement) and not read.url:
            return (section_dependency_at(read, string.span.start + string.quote, section),)
    where = partial(source_span, string)
    return requirement_texts.read_requirement(string.value, where, section, closed=string.closed)


def read_items(
    items: Iterable[Value],
    section: Section,
    string: StringReader = read_requirement,
    table: InlineTableReader | None = None,
) -> Iterator[ArrayItem]:
    """Yield what the items of an array are.

    ``string`` reads its strings, ``table`` its inline tables where the array may hold any; what it may not hold is a
    problem.
    """
    for item in items:
        match item:
            case String():
                yield from string(item, section)
            case InlineTable() if table is not None:
                yield from table(item, section)
            case Array() | InlineTable() | Scalar():
                yield ParseProblem(
                    item.span,
                    f"{one_line(section.name, MAX_SHOWN)} holds something that is no requirement",
                    "write it as a string",
                )
                # A stray bracket must not hide what stands behind it.
                yield from read_items(item.items if isinstance(item, Array) else (), section, string, table)
            case Invalid():
                pass  # the scanner has reported
            case _:
                assert_never(item)


def read_arrays(  # noqa: PLR0913 - what may stand in an array differs from tool to tool in just these ways
    tables: Tables,
    patterns: Iterable[Pattern],
    kind: DependencyKind = DependencyKind.REQUIREMENT,
    string: StringReader = read_requirement,
    table: InlineTableReader | None = None,
    *,
    allow_single: bool = False,
) -> Iterator[ArrayItem]:
    """Yield what all arrays at places of ``patterns`` hold; anything else that stands there is a problem.

    ``string`` and ``table`` are as in ``read_items``. ``allow_single`` says that an item may stand alone there.
    """
    reported: set[str] = set()
    for setting, depth in TableMatcher(tables, patterns).settings():
        name = section_name(setting.path[:depth])
        items = _items_of(setting.value, allow_single=allow_single) if len(setting.path) == depth else None
        if items is not None:
            yield from read_items(items, Section(name, kind, tables.own_name), string, table)
        elif name not in reported:
            reported.add(name)
            key = setting.keys[-1]
            yield ParseProblem(
                key.span if key else setting.value.span,
                f"{one_line(name, MAX_SHOWN)} must be an array of requirements",
                'for example ["requests>=2.32"]',
            )


def _items_of(value: Value, *, allow_single: bool) -> tuple[Value, ...] | None:
    """Return the items of an array, or None if ``value`` is no array; an invalid value has no items."""
    if isinstance(value, Array):
        return value.items
    return (value,) if allow_single or isinstance(value, Invalid) else None


# --- strings in which a tool replaces fields --------------------------------------------------------------------------


def read_template(string: String, section: Section) -> Iterator[ArrayItem]:
    """Parse a requirement in which the tool substitutes ``{fields}`` before parsing it.

    A field in the version or the marker leaves the name known; a field in the name makes the entry ``Unnamed``.
    """
    value = string.value
    stand_in = _stand_in(value)
    if stand_in == value:
        yield from read_requirement(string, section)
        return
    read = parse_requirement(stand_in)
    name = read.name_span if isinstance(read, ParsedRequirement) else find_leading_name(stand_in)
    where = partial(source_span, string)
    if name is None or name.slice(value) != name.slice(stand_in):
        yield UnnamedEntry(where(0, len(value)), SkipReason.VARIABLE)
        return
    if isinstance(read, RequirementError):
        yield incomplete_dependency(value, name, where, section)
        return
    skip_reason = None
    if read.url:
        skip_reason = SkipReason.VARIABLE if "{env:" in value else skip_reason_for_url(read.url)
    specifier = read.specifier_span.slice(value) if read.specifier_span else ""
    marker = _original(value, read.entry_span.end, read.marker)
    read = read._replace(specifier=specifier, marker=marker)
    yield section_dependency(read, where, section, skip_reason, closed=string.closed)


def read_pip_lines(string: String, section: Section) -> Iterator[ArrayItem]:
    """Read a string that is handed to pip: one line of a requirements file, or several, with ``{fields}`` replaced."""
    from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - few tables hold such strings

    value = string.value
    stand_in = _stand_in(value)
    document = requirements.parse(stand_in, kind=section.kind)
    for one in document.dependencies:
        if one.name_span.slice(value) == one.name_span.slice(stand_in):
            marker = _original(value, one.entry_span.end, one.marker)
            yield relocate(one._replace(marker=marker), string, section)
        else:
            yield UnnamedEntry(source_span(string, *one.entry_span), SkipReason.VARIABLE)
    for unnamed in document.unnamed:
        yield unnamed._replace(span=source_span(string, *unnamed.span))
    for problem in document.problems if string.closed and stand_in == value else ():
        yield problem._replace(span=source_span(string, *problem.span))
    for include in document.includes if string.closed else ():
        target = include.span.slice(value)
        root = re.match(_ROOT_FIELD, target)
        start = include.span.start + (root.end() if root else 0)
        target = value[start : include.span.end]
        if "{" not in target:
            yield Include(source_span(string, start, include.span.end), target, include.kind)


def relocate(dependency: Dependency, string: String, section: Section) -> Dependency:
    """Return ``dependency``, whose spans count into the value of ``string``, as it stands in the file."""
    specifier = dependency.specifier_span
    dependency = locate_dependency(dependency, partial(source_span, string), section, closed=string.closed)
    return dependency._replace(specifier=specifier.slice(string.value) if specifier else "")


def _stand_in(value: str) -> str:
    """Return ``value`` with a number as long as each field in its place, so that all else keeps its own."""
    if "{" not in value:
        return value
    return re.sub(_FIELD, lambda field: "1" * len(field[0]), value)


def _original(value: str, end: int, marker: str) -> str:
    """Return the marker that ends an entry as it is written, fields and all."""
    return value[end - len(marker) : end] if marker and "{" in value else marker
