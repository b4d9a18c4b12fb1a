"""pyproject.toml: the tables that the standards define (PEP 518, 621, 735), and whom to ask about those of tools.

``_SECTIONS`` names the arrays that hold requirements; what a string in one of them says is the same for all. Groups may
hold includes as well, which name no project but must lead to a group. Each tool's tables are read by a module of its
own, imported where the table is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.documents import ManifestItem, ToolReader, build_document
from mothball.formats.manifests.requirement_arrays import MAX_SHOWN, read_items
from mothball.formats.manifests.tables import all_tables, tool_tables
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.api import (
    Array,
    Header,
    InlineTable,
    Invalid,
    Path,
    String,
    TomlEntry,
    TomlScan,
    Value,
    flatten_inline_tables,
    scan_cached,
)
from mothball.model.document import Dependency, Document, ParseProblem, Span, normalize_name
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables

_TABLES = {"build-system", "project", "dependency-groups"}
_TOOLS = frozenset({"cibuildwheel", "flit", "hatch", "pdm", "pixi", "poetry", "rye", "setuptools", "tox", "uv"})
_GROUPS = "dependency-groups"
_INCLUDE = "include-group"
# Arrays of requirements; "*" stands for the name of an extra or a group.
_SECTIONS: tuple[tuple[str, ...], ...] = (
    ("build-system", "requires"),
    ("project", "dependencies"),
    ("project", "optional-dependencies", "*"),
    (_GROUPS, "*"),
)
# Where a project's name may stand; the first that is there counts.
_NAMES = (
    ("project", "name"),
    ("tool", "poetry", "name"),
    ("tool", "flit", "metadata", "dist-name"),
    ("tool", "flit", "metadata", "module"),
)


class _Include(NamedTuple):
    """``{include-group = "..."}``: the place of the name, and the name as it is written."""

    span: Span
    group: str


def parse(text: str) -> Document:
    """Read a pyproject.toml, whole or half typed, without byte-order mark; raises nothing.

    What is wrong in one place is a problem there; everything else keeps its place. What stands in a string that is not
    closed, or is no requirement yet, is skipped as incomplete.
    """
    document = scan_cached(text)
    everything = list(flatten_inline_tables(document.entries))
    own_name = _own_name(everything)
    found: list[ManifestItem] = []
    found += _read_standards(document, [entry for entry in everything if entry.path[0] in _TABLES], own_name)
    paths = [one.path for one in everything] + [header.path for header in document.headers]
    tools: Mapping[str, Tables] = {}
    if any(path[0] == "tool" and path[1:] and path[1] in _TOOLS for path in paths):
        standard = tuple(one for one in found if isinstance(one, Dependency))
        whole = all_tables(text, document)._replace(own_name=own_name, standard=standard)
        tools = tool_tables(whole, _TOOLS)
        for name, tables in tools.items():
            found += _reader(name)(tables)
    return build_document("pyproject", text, document, found)._replace(tools=tuple(tools), project_name=own_name)


def _own_name(entries: Iterable[TomlEntry]) -> str:
    """Return the project's normalised name, empty where there is none."""
    names: dict[Path, str] = {}
    for entry in entries:
        if entry.path in _NAMES and isinstance(entry.value, String):
            names.setdefault(entry.path, entry.value.value)
    return normalize_name(next((names[path] for path in _NAMES if path in names), ""))


# --- the tables of tools ----------------------------------------------------------------------------------------------


def _reader(tool: str) -> ToolReader:
    """Return what reads the tables of ``tool``, and import nothing else."""
    # importlib.import_module does the same, and its own import costs as much as a reader's.
    reader: ToolReader = __import__(f"mothball.formats.manifests.tool_{tool}", fromlist=["read"]).read
    return reader


# --- the standard tables ----------------------------------------------------------------------------------------------


def _read_standards(document: TomlScan, entries: list[TomlEntry], own_name: str) -> Iterator[ArrayItem]:
    for entry in entries:
        if _is_section(entry.path) and isinstance(entry.value, Array):
            section = Section(".".join(map(str, entry.path)), own_name=own_name)
            table = _check_include if entry.path[0] == _GROUPS else None
            yield from read_items(entry.value.items, section, table=table)
    yield from _check_shapes([header for header in document.headers if header.path[0] in _TABLES], entries)
    yield from _check_groups(entries)


def _check_include(table: InlineTable, _: Section) -> Iterator[ParseProblem]:
    """Yield what is wrong with a table in a group."""
    if not _is_include(table):
        yield ParseProblem(table.span, "a group holds requirements and includes", f'write {{{_INCLUDE} = "NAME"}}')


def _is_section(path: Path) -> bool:
    return any(len(path) == len(section) and _overlap(path, section) for section in _SECTIONS)


def _overlap(path: Path, section: tuple[str, ...]) -> bool:
    """Return whether ``path`` is or lies above or below ``section``; a number is no name of an extra or a group."""
    return all(
        step == name or (name == "*" and isinstance(step, str)) for step, name in zip(path, section, strict=False)
    )


# --- wrong shapes -----------------------------------------------------------------------------------------------------


def _check_shapes(headers: Iterable[Header], entries: Iterable[TomlEntry]) -> Iterator[ParseProblem]:
    """Yield a problem for each place that is a value where a table is wanted, or a table where an array is."""
    reported: set[str] = set()
    for header in headers:
        yield from _misshapen(header.path, header.span, None, reported)
    for entry in entries:
        yield from _misshapen(entry.path, entry.keys[-1].span, entry.value, reported)


def _misshapen(path: Path, span: Span, value: Value | None, reported: set[str]) -> Iterator[ParseProblem]:
    """``value`` is None for a table's header."""
    if isinstance(value, Invalid):
        return
    for section in _SECTIONS:
        names = path[: len(section)]
        number = next((place for place, step in enumerate(names) if isinstance(step, int)), None)
        if number is not None:
            names = names[:number]
        name = one_line(".".join(map(str, names)), MAX_SHOWN)
        if name in reported or not _overlap(names, section):
            continue
        is_table = value is None or isinstance(value, InlineTable) or len(path) > len(names)
        if len(names) == len(section) and (is_table or not isinstance(value, Array)):
            reported.add(name)
            yield ParseProblem(span, f"{name} must be an array of requirements", 'for example ["requests>=2.32"]')
        elif len(names) < len(section) and (number is not None or not is_table):
            reported.add(name)
            yield ParseProblem(span, f"{name} must be a table", f"write [{name}]")


# --- PEP 735: groups that include groups ------------------------------------------------------------------------------


def _check_groups(entries: Iterable[TomlEntry]) -> Iterator[ParseProblem]:
    """Yield a problem for each group whose name is taken, and each include that cannot be followed."""
    groups: dict[str, list[_Include]] = {}
    spellings: dict[str, str] = {}
    for entry in entries:
        if entry.path[0] == _GROUPS and _is_section(entry.path):
            spelling = str(entry.path[1])
            name = normalize_name(spelling)
            first = spellings.setdefault(name, spelling)
            if first != spelling:
                yield ParseProblem(
                    entry.keys[-1].span,
                    f"{one_line(spelling, MAX_SHOWN)} and {one_line(first, MAX_SHOWN)} are the same group",
                    "rename one, or put them together",
                )
            groups.setdefault(name, []).extend(_includes(entry.value))
    for include in (include for includes in groups.values() for include in includes):
        if normalize_name(include.group) not in groups:
            yield ParseProblem(
                include.span, f"there is no group {one_line(include.group, MAX_SHOWN)}", f"define it in [{_GROUPS}]"
            )
    for include in _closing(groups):
        yield ParseProblem(
            include.span, f"this include leads back to {one_line(include.group, MAX_SHOWN)}", "take one of them out"
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
            target = normalize_name(include.group)
            if target in on_the_way:
                yield include
            elif target in groups and target not in done:
                on_the_way.add(target)
                waiting.append((target, iter(groups[target])))
