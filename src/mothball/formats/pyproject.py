"""pyproject.toml: the tables that the standards define (PEP 518, 621, 735).

``_SECTIONS`` names the arrays that hold requirements; what a string in one of them says is the same for all. Groups may
hold includes as well, which name no project but must lead to a group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from mothball.formats.ignores import read_comment
from mothball.formats.pep508 import EntryError, read_entry, visible_name
from mothball.formats.requirements_entries import withheld_for
from mothball.formats.toml import (
    Array,
    Entry,
    Header,
    InlineTable,
    Invalid,
    Path,
    Scalar,
    String,
    TomlScan,
    Value,
    leaves,
    scan,
    source_span,
)
from mothball.hygiene import one_line
from mothball.model import Dependency, Document, IgnoreComment, ParseProblem, Span, WithheldReason, normalise
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TABLES = {"build-system", "project", "dependency-groups"}
_GROUPS = "dependency-groups"
_INCLUDE = "include-group"
# Arrays of requirements; "*" stands for the name of an extra or a group.
_SECTIONS: tuple[tuple[str, ...], ...] = (
    ("build-system", "requires"),
    ("project", "dependencies"),
    ("project", "optional-dependencies", "*"),
    (_GROUPS, "*"),
)
# One missing quote can spoil many lines; beyond this, nobody reads on.
_MAX_TOML_PROBLEMS = 20
# How much of a name a message repeats.
_SHOWN = 60

_Found = Dependency | ParseProblem


class _Include(NamedTuple):
    """``{include-group = "..."}``: the place of the name, and the name as it is written."""

    span: Span
    group: str


def parse(text: str) -> Document:
    """Read a pyproject.toml, whole or half typed, without byte-order mark; raises nothing.

    What is wrong in one place is a problem there; everything else keeps its place. What stands in a string that is not
    closed, or is no requirement yet, is withheld as incomplete.
    """
    document = scan(text)
    entries = [entry for entry in leaves(document.entries) if entry.path[0] in _TABLES]
    found: list[_Found] = [
        ParseProblem(error.span, f"invalid TOML: {error.message}", error.help)
        for error in document.errors[:_MAX_TOML_PROBLEMS]
    ]
    own_name = _own_name(entries)
    for entry in entries:
        if _is_section(entry.path) and isinstance(entry.value, Array):
            found += _read_items(entry.value.items, entry.path, own_name)
    found += _check_shapes([header for header in document.headers if header.path[0] in _TABLES], entries)
    found += _check_groups(entries)
    ignores, bad_comments = _comments(text, document)
    return Document(
        "pyproject",
        tuple(one for one in found if isinstance(one, Dependency)),
        tuple(sorted([*(one for one in found if isinstance(one, ParseProblem)), *bad_comments])),
        ignores,
    )


def _own_name(entries: Iterable[Entry]) -> str:
    """Return the normalised ``project.name``, empty where there is none."""
    names = (e.value.value for e in entries if e.path == ("project", "name") and isinstance(e.value, String))
    return normalise(next(names, ""))


def _comments(text: str, document: TomlScan) -> tuple[tuple[IgnoreComment, ...], list[ParseProblem]]:
    read = [read_comment(text, span) for span in document.comments]
    ignores = tuple(one for one in read if isinstance(one, IgnoreComment))
    return ignores, [one for one in read if isinstance(one, ParseProblem)]


def _is_section(path: Path) -> bool:
    return any(len(path) == len(section) and _overlap(path, section) for section in _SECTIONS)


def _overlap(path: Path, section: tuple[str, ...]) -> bool:
    """Return whether ``path`` is or lies above or below ``section``; a number is no name of an extra or a group."""
    return all(
        step == name or (name == "*" and isinstance(step, str)) for step, name in zip(path, section, strict=False)
    )


def _read_items(items: Iterable[Value], path: Path, own_name: str) -> Iterator[_Found]:
    section = ".".join(map(str, path))
    for item in items:
        match item:
            case String():
                yield from _read_string(item, section, own_name)
            case InlineTable() if path[0] == _GROUPS:
                if not _is_include(item):
                    yield ParseProblem(
                        item.span, "a group holds requirements and includes", f'write {{{_INCLUDE} = "NAME"}}'
                    )
            case Array() | InlineTable() | Scalar():
                yield ParseProblem(
                    item.span,
                    f"{one_line(section, _SHOWN)} holds something that is no requirement",
                    "write it as a string",
                )
                # A stray bracket must not hide what stands behind it.
                yield from _read_items(item.items if isinstance(item, Array) else (), path, own_name)
            case Invalid():
                pass  # the scanner has told
            case _:
                assert_never(item)


def _read_string(string: String, section: str, own_name: str) -> Iterator[_Found]:
    """Yield the requirement that ``string`` is, or what is wrong with it and the name that can be seen in it."""
    read = read_entry(string.value)
    if isinstance(read, EntryError):
        if string.closed:
            yield ParseProblem(source_span(string, *read.span), read.message, read.help)
        seen = visible_name(string.value)
        if seen is not None:
            place = source_span(string, *seen)
            whole = source_span(string, seen.start, len(string.value.rstrip()))
            name = normalise(seen.of(string.value))
            yield Dependency(name, place, whole, section=section, withheld=WithheldReason.INCOMPLETE)
        return
    name = normalise(read.name)
    withheld = withheld_for(read.url) if read.url else WithheldReason.SELF if name == own_name else None
    yield Dependency(
        name,
        source_span(string, *read.name_span),
        source_span(string, *read.entry_span),
        source_span(string, *read.specifier_span) if read.specifier_span else None,
        read.specifier,
        read.extras,
        read.marker,
        section=section,
        withheld=withheld if string.closed else WithheldReason.INCOMPLETE,
    )


# --- wrong shapes -----------------------------------------------------------------------------------------------------


def _check_shapes(headers: Iterable[Header], entries: Iterable[Entry]) -> Iterator[ParseProblem]:
    """Yield a problem for each place that is a value where a table is wanted, or a table where an array is."""
    told: set[str] = set()
    for header in headers:
        yield from _misshapen(header.path, header.span, None, told)
    for entry in entries:
        yield from _misshapen(entry.path, entry.keys[-1].span, entry.value, told)


def _misshapen(path: Path, span: Span, value: Value | None, told: set[str]) -> Iterator[ParseProblem]:
    """``value`` is None for a table's header."""
    if isinstance(value, Invalid):
        return
    for section in _SECTIONS:
        names = path[: len(section)]
        number = next((place for place, step in enumerate(names) if isinstance(step, int)), None)
        if number is not None:
            names = names[:number]
        name = one_line(".".join(map(str, names)), _SHOWN)
        if name in told or not _overlap(names, section):
            continue
        is_table = value is None or isinstance(value, InlineTable) or len(path) > len(names)
        if len(names) == len(section) and (is_table or not isinstance(value, Array)):
            told.add(name)
            yield ParseProblem(span, f"{name} must be an array of requirements", 'for example ["requests>=2.32"]')
        elif len(names) < len(section) and (number is not None or not is_table):
            told.add(name)
            yield ParseProblem(span, f"{name} must be a table", f"write [{name}]")


# --- PEP 735: groups that include groups ------------------------------------------------------------------------------


def _check_groups(entries: Iterable[Entry]) -> Iterator[ParseProblem]:
    """Yield a problem for each group whose name is taken, and each include that cannot be followed."""
    groups: dict[str, list[_Include]] = {}
    spellings: dict[str, str] = {}
    for entry in entries:
        if entry.path[0] == _GROUPS and _is_section(entry.path):
            spelling = str(entry.path[1])
            name = normalise(spelling)
            first = spellings.setdefault(name, spelling)
            if first != spelling:
                yield ParseProblem(
                    entry.keys[-1].span,
                    f"{one_line(spelling, _SHOWN)} and {one_line(first, _SHOWN)} are the same group",
                    "rename one, or put them together",
                )
            groups.setdefault(name, []).extend(_includes(entry.value))
    for include in (include for includes in groups.values() for include in includes):
        if normalise(include.group) not in groups:
            yield ParseProblem(
                include.span, f"there is no group {one_line(include.group, _SHOWN)}", f"define it in [{_GROUPS}]"
            )
    for include in _closing(groups):
        yield ParseProblem(
            include.span, f"this include leads back to {one_line(include.group, _SHOWN)}", "take one of them out"
        )


def _is_include(table: InlineTable) -> bool:
    """Return whether ``table`` is ``{include-group = "..."}``, as far as it is typed."""
    return not table.closed or (
        len(table.entries) == 1
        and table.entries[0].path == (_INCLUDE,)
        and isinstance(table.entries[0].value, String | Invalid)
    )


def _includes(value: Value) -> Iterator[_Include]:
    for item in value.items if isinstance(value, Array) else ():
        for entry in item.entries if isinstance(item, InlineTable) and _is_include(item) else ():
            if entry.path == (_INCLUDE,) and isinstance(entry.value, String) and entry.value.closed:
                yield _Include(entry.value.inner, entry.value.value)


def _closing(groups: Mapping[str, list[_Include]]) -> Iterator[_Include]:
    """Yield the includes that close a cycle: depth first, in the order of the file, every group once."""
    done: set[str] = set()
    for start in groups:
        if start in done:
            continue
        waiting = [(start, iter(groups[start]))]
        on_the_way = {start}
        while waiting:
            group, includes = waiting[-1]
            include = next(includes, None)
            if include is None:
                waiting.pop()
                on_the_way.discard(group)
                done.add(group)
                continue
            target = normalise(include.group)
            if target in on_the_way:
                yield include
            elif target in groups and target not in done:
                on_the_way.add(target)
                waiting.append((target, iter(groups[target])))
