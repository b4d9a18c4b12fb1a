"""Read arrays of requirements in TOML: strings become dependencies, anything else a problem."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, assert_never

from mothball.formats.manifests.tables import Pattern, TableMatcher, Tables, section_name
from mothball.formats.pep508 import (
    ParsedRequirement,
    RequirementError,
    find_leading_name,
    parse_requirement,
    skip_reason_for_url,
)
from mothball.formats.requirements import strings as requirement_texts
from mothball.formats.requirements.strings import (
    Section,
    incomplete_dependency,
    locate_dependency,
    section_dependency,
    section_dependency_at,
)
from mothball.formats.toml.api import Array, InlineTable, Invalid, Scalar, String, Value, source_span
from mothball.model.document import (
    Dependency,
    DependencyKind,
    Include,
    ParseProblem,
    SkipReason,
    UnnamedEntry,
    relocated,
    variable_skip_reason,
)
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Maximum length of a name in a message, in code points.
MAX_SHOWN = 60

ArrayItem = Dependency | ParseProblem | Include | UnnamedEntry


if TYPE_CHECKING:
    StringReader = Callable[[String, Section], Iterable[ArrayItem]]
    InlineTableReader = Callable[[InlineTable, Section], Iterator[ArrayItem]]


def read_requirement(string: String, section: Section) -> Iterable[ArrayItem]:
    """Parse a string as a requirement (PEP 508); if it is invalid, return the problem and any recognizable name."""
    if string.closed and not string.escapes:  # fast path: offsets need no mapping
        parsed = parse_requirement(string.value)
        if isinstance(parsed, ParsedRequirement) and not parsed.url:
            return (section_dependency_at(parsed, string.span.start + string.quote, section),)
    where = partial(source_span, string)
    return requirement_texts.read_requirement(string.value, where, section, closed=string.closed)


def read_items(
    items: Iterable[Value],
    section: Section,
    string: StringReader = read_requirement,
    table: InlineTableReader | None = None,
) -> Iterator[ArrayItem]:
    """Read the items of an array.

    ``string`` reads its strings and ``table`` its inline tables; if ``table`` is None, these are problems like all
    other types.
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
                    f"{one_line(section.name, MAX_SHOWN)} may contain only requirement strings",
                    'write a string such as "requests>=2.32"',
                )
                # A stray bracket must not hide the requirements after it.
                yield from read_items(item.items if isinstance(item, Array) else (), section, string, table)
            case Invalid():
                pass  # reported by the scanner
            case _:
                assert_never(item)


def read_arrays(  # noqa: PLR0913 - the array syntax of the tools differs in each of these
    tables: Tables,
    patterns: Iterable[Pattern],
    kind: DependencyKind = DependencyKind.REQUIREMENT,
    string: StringReader = read_requirement,
    table: InlineTableReader | None = None,
    *,
    allow_single: bool = False,
) -> Iterator[ArrayItem]:
    """Read all arrays that match ``patterns``; any other value there is a problem, reported once for each section.

    ``string`` and ``table`` are as in ``read_items``. With ``allow_single``, a single item may replace the array.
    """
    reported: set[str] = set()
    for setting, depth in TableMatcher(tables, patterns).settings():
        name = section_name(setting.path[:depth])
        items = _array_items(setting.value, allow_single=allow_single) if len(setting.path) == depth else None
        if items is not None:
            yield from read_items(items, Section(name, kind, tables.own_name), string, table)
        elif name not in reported:
            reported.add(name)
            key = setting.keys[-1]
            yield ParseProblem(
                key.span if key else setting.value.span,
                f"{one_line(name, MAX_SHOWN)} must be an array of requirements",
                'write an array such as ["requests>=2.32"]',
            )


def read_files(tables: Tables, patterns: Iterable[Pattern]) -> Iterator[Include]:
    """Yield an include for each requirements file named in the strings and arrays that match ``patterns``."""
    for setting, depth in TableMatcher(tables, patterns).settings():
        value = setting.value
        for item in value.items if isinstance(value, Array) else (value,):
            if isinstance(item, String) and item.closed and len(setting.path) == depth:
                yield Include(item.inner, item.value, DependencyKind.REQUIREMENT)


def _array_items(value: Value, *, allow_single: bool) -> tuple[Value, ...] | None:
    """Return the items of an array, or None if ``value`` is no array; an invalid value has no items."""
    if isinstance(value, Array):
        return value.items
    return (value,) if allow_single or isinstance(value, Invalid) else None


# --- strings with fields that a tool substitutes ----------------------------------------------------------------------


def read_template(string: String, section: Section) -> Iterator[ArrayItem]:
    """Parse a requirement in which the tool substitutes ``{fields}`` before parsing it.

    A field in the version or marker is accepted, and a default in place of the field; any other field in the name
    yields an ``UnnamedEntry``.
    """
    if "{" not in string.value:
        yield from read_requirement(string, section)
        return
    from mothball.formats.manifests.templates import Template  # noqa: PLC0415 - rarely needed

    template = Template(string)
    read = parse_requirement(template.text)
    name = read.name_span if isinstance(read, ParsedRequirement) else find_leading_name(template.text)
    if name is None or template.is_unknown(name):
        yield UnnamedEntry(template.locate(0, len(template.text)), variable_skip_reason(string.value))
        return
    if isinstance(read, RequirementError) or template.is_unclosed:
        yield incomplete_dependency(template.text, name, template.locate, section)
        return
    skip_reason = None
    if read.url:
        skip_reason = SkipReason.VARIABLE_REFERENCE if "{env:" in string.value else skip_reason_for_url(read.url)
    dependency = section_dependency(read, template.locate, section, skip_reason, closed=string.closed)
    yield template.with_fields(dependency, read.specifier_span, read.entry_span.end)


def read_pip_lines(string: String, section: Section, prefix: str = "") -> Iterator[ArrayItem]:
    """Read a string that the tool passes to pip: lines of a requirements file in which it substitutes ``{fields}``.

    ``prefix`` is the option that the tool puts before each line.
    """
    from mothball.formats.manifests.templates import Template  # noqa: PLC0415 - rarely needed
    from mothball.formats.requirements import document as requirements  # noqa: PLC0415 - rarely needed
    from mothball.formats.substitutions import resolve_include  # noqa: PLC0415 - rarely needed

    template = Template(string, prefix)
    document = requirements.parse(template.text, kind=section.kind)
    for dependency in document.dependencies:
        if template.is_unknown(dependency.name_span):
            entry = template.locate_in_value(*dependency.entry_span)
            yield UnnamedEntry(source_span(string, *entry), variable_skip_reason(entry.slice(string.value)))
        else:
            located = locate_dependency(dependency, template.locate, section, closed=string.closed)
            yield template.with_fields(located, dependency.specifier_span, dependency.entry_span.end)
    for unnamed in document.unnamed:
        yield relocated(unnamed, template.locate)
    for problem in document.problems if string.closed and not template.has_unknown else ():
        yield relocated(problem, template.locate)
    for include in document.includes if string.closed else ():
        resolved = resolve_include(string.value, relocated(include, template.locate_in_value))
        if resolved is not None:
            yield relocated(resolved, partial(source_span, string))


def relocate(dependency: Dependency, string: String, section: Section) -> Dependency:
    """Convert the spans of ``dependency`` from offsets in the value of ``string`` to offsets in the file."""
    specifier = dependency.specifier_span
    dependency = locate_dependency(dependency, partial(source_span, string), section, closed=string.closed)
    return dependency._replace(specifier=specifier.slice(string.value) if specifier else "")
