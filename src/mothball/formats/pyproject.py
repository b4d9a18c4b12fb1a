"""pyproject.toml: the tables that the standards define (PEP 518, 621, 735).

``_SECTIONS`` names the arrays that hold requirements; what a string in one of them says is the same for all. Groups may
hold includes as well, which name no project but must lead to a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mothball.formats.ignores import read_comment
from mothball.formats.pep508 import EntryError, read_entry, visible_name
from mothball.formats.requirements_entries import withheld_for
from mothball.formats.toml import (
    Array,
    Entry,
    InlineTable,
    Invalid,
    Path,
    String,
    TomlScan,
    Value,
    leaves,
    scan,
    source_span,
)
from mothball.model import Dependency, Document, IgnoreComment, ParseProblem, Span, WithheldReason, normalise
from mothball.records import NamedTuple

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
    entries = list(leaves(document.entries))
    own_name = _own_name(entries)
    found: list[_Found] = [
        ParseProblem(error.span, f"invalid TOML: {error.message}", error.help)
        for error in document.errors[:_MAX_TOML_PROBLEMS]
    ]
    groups: dict[str, list[_Include]] = {}
    for entry in entries:
        found += _read_section(entry, own_name)
        if entry.path[0] == _GROUPS and len(entry.path) == 2:
            groups.setdefault(normalise(str(entry.path[1])), []).extend(_includes(entry.value))
    found += _check_includes(groups)
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


def _read_section(entry: Entry, own_name: str) -> Iterator[_Found]:
    """Yield what ``entry`` says, where it is or should be one of the arrays of requirements."""
    for section in _SECTIONS:
        common = min(len(section), len(entry.path))
        if not _matches(entry.path[:common], section[:common]):
            continue
        if len(entry.path) == len(section) and isinstance(entry.value, Array):
            yield from _read_items(entry.value.items, entry.path, own_name)
        elif len(entry.path) < len(section) and isinstance(entry.value, InlineTable):
            return  # `optional-dependencies = {}`: a table, and nothing in it
        elif not isinstance(entry.value, Invalid):
            wanted = "an array of requirements" if len(entry.path) >= len(section) else "a table of arrays"
            name = ".".join(map(str, entry.path[: len(section)]))
            yield ParseProblem(entry.keys[-1].span, f"{name} must be {wanted}", 'for example ["requests>=2.32"]')


def _matches(path: Path, section: tuple[str, ...]) -> bool:
    return all(name in ("*", step) for step, name in zip(path, section, strict=True))


def _read_items(items: Iterable[Value], path: Path, own_name: str) -> Iterator[_Found]:
    section = ".".join(map(str, path))
    for item in items:
        if isinstance(item, String):
            yield from _read_string(item, section, own_name)
        elif isinstance(item, InlineTable) and path[0] == _GROUPS:
            if not _is_include(item):
                yield ParseProblem(item.span, "a group holds requirements and includes", f'{{{_INCLUDE} = "name"}}')
        elif not isinstance(item, Invalid):
            yield ParseProblem(item.span, f"{section} holds something that is no requirement", "write it as a string")


def _read_string(string: String, section: str, own_name: str) -> Iterator[_Found]:
    """Yield the requirement that ``string`` is, or what is wrong with it and the name that can be seen in it."""
    read = read_entry(string.value)
    if isinstance(read, EntryError):
        if string.closed:
            yield ParseProblem(source_span(string, *read.span), read.message, read.help)
        seen = visible_name(string.value)
        if seen is not None:
            place = source_span(string, *seen)
            name = normalise(seen.of(string.value))
            yield Dependency(name, place, string.inner, section=section, withheld=WithheldReason.INCOMPLETE)
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


# --- PEP 735: groups that include groups ------------------------------------------------------------------------------


def _is_include(table: InlineTable) -> bool:
    """Return whether ``table`` is ``{include-group = "..."}``, as far as it is typed."""
    return all(entry.path == (_INCLUDE,) and isinstance(entry.value, String | Invalid) for entry in table.entries)


def _includes(value: Value) -> Iterator[_Include]:
    for item in value.items if isinstance(value, Array) else ():
        for entry in item.entries if isinstance(item, InlineTable) and _is_include(item) else ():
            if isinstance(entry.value, String) and entry.value.closed:
                yield _Include(entry.value.inner, entry.value.value)


def _check_includes(groups: Mapping[str, list[_Include]]) -> Iterator[ParseProblem]:
    """Yield a problem for each include that leads to no group, or back to where it stands."""
    reach: dict[str, set[str]] = {}
    for group in groups:
        reach[group] = _reached(group, groups)
    for group, includes in groups.items():
        for include in includes:
            target = normalise(include.group)
            if target not in groups:
                yield ParseProblem(
                    include.span, f"there is no group {include.group}", f"[{_GROUPS}] does not define it"
                )
            elif target == group or group in reach[target]:
                yield ParseProblem(include.span, f"the group {group} includes itself by way of {include.group}", "")


def _reached(group: str, groups: Mapping[str, list[_Include]]) -> set[str]:
    """Return the groups that ``group`` includes, directly or not."""
    reached: set[str] = set()
    waiting = [group]
    while waiting:
        for include in groups.get(waiting.pop(), ()):
            target = normalise(include.group)
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
