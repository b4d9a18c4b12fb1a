"""Parse pyproject.toml: the standard tables (PEP 518, 621, 735) here, ``[tool.NAME]`` with the functions in ``_TOOLS``.

``_SECTIONS`` lists the standard arrays of requirements. Dependency groups may also contain includes, which must refer
to an existing group. The module with the function of a tool is imported only if the file has its table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from mothball.formats.manifests.document import ManifestItem, ToolReader, build_document, mark_never_installed
from mothball.formats.manifests.tables import (
    ANY,
    MAX_SHOWN,
    ArrayItem,
    Pattern,
    Tables,
    has_prefix,
    read_items,
    tool_tables,
)
from mothball.formats.requirements.strings import Section
from mothball.formats.toml import values as toml
from mothball.formats.toml.scanner import scan_cached
from mothball.model.document import Dependency, Document, ParseProblem, Span, normalize_name
from mothball.model.sanitize import one_line

_TABLES = {"build-system", "project", "dependency-groups"}
# The modules and functions that read ``[tool.NAME]``.
_TOOLS = {
    "briefcase": ("tool_arrays", "read_briefcase"),
    "cibuildwheel": ("tool_arrays", "read_cibuildwheel"),
    "flit": ("tool_arrays", "read_flit"),
    "hatch": ("tool_hatch", "read"),
    "pdm": ("tool_entries", "read_pdm"),
    "pixi": ("tool_entries", "read_pixi"),
    "poetry": ("tool_entries", "read_poetry"),
    "rye": ("tool_entries", "read_rye"),
    "setuptools": ("tool_arrays", "read_setuptools"),
    "tox": ("tool_tox", "read"),
    "uv": ("tool_uv", "read"),
}
_GROUPS = "dependency-groups"
_INCLUDE = "include-group"
# Arrays of requirements.
_SECTIONS: tuple[Pattern, ...] = (
    ("build-system", "requires"),
    ("project", "dependencies"),
    ("project", "optional-dependencies", ANY),
    (_GROUPS, ANY),
)
# Keys that may hold the project name, in order of precedence.
_NAMES = (
    ("project", "name"),
    ("tool", "poetry", "name"),
    ("tool", "flit", "metadata", "dist-name"),
    ("tool", "flit", "metadata", "module"),
)
_DYNAMIC = ("project", "dynamic")
_BACKEND = ("build-system", "build-backend")
_REQUIRES_PYTHON = ("project", "requires-python")


def parse(text: str) -> Document:
    """Parse a pyproject.toml, complete or incomplete, without byte-order mark. Never raises.

    Each error is reported at its position and does not affect the rest of the file. Unterminated strings and incomplete
    requirements are skipped as incomplete.
    """
    document = scan_cached(text)
    entries = list(toml.flatten_inline_tables(document.entries))
    names: dict[toml.Path, str] = {}
    for entry in entries:
        if entry.path in _NAMES and isinstance(entry.value, toml.String):
            names.setdefault(entry.path, entry.value.value)
    own_name = normalize_name(next((names[path] for path in _NAMES if path in names), ""))
    items: list[ManifestItem] = []
    items += _read_standard_tables(document, [entry for entry in entries if entry.path[0] in _TABLES], own_name)
    versions = (entry.value for entry in entries if entry.path == _REQUIRES_PYTHON)
    requires_python = next((value.value for value in versions if isinstance(value, toml.String) and value.closed), "")
    if requires_python:
        items = [
            mark_never_installed(item, requires_python)
            if isinstance(item, Dependency) and not item.section.startswith("build-system")
            else item
            for item in items
        ]
    paths = [entry.path for entry in entries] + [header.path for header in document.headers]
    tools: Mapping[str, Tables] = {}
    if any(path[0] == "tool" and path[1:] and path[1] in _TOOLS for path in paths):
        standard = tuple(item for item in items if isinstance(item, Dependency))
        whole = Tables(text, (), document.entries, document.headers, own_name, standard, requires_python)
        tools = tool_tables(whole, _TOOLS)
        for name, tables in tools.items():
            module, function = _TOOLS[name]
            # Importing importlib takes as long as importing a tool module.
            read: ToolReader = getattr(
                __import__(f"mothball.formats.manifests.{module}", fromlist=[function]), function
            )
            items += read(tables)
    unresolvable: tuple[ParseProblem, ...] = ()
    if _DYNAMIC in paths or (_BACKEND in paths and not any(path[0] == "project" for path in paths)):
        from mothball.formats.manifests.dynamic import unread_dynamic  # noqa: PLC0415 - not needed for most projects

        unresolvable = tuple(unread_dynamic(entries, paths))
    return build_document(
        "pyproject", text, document, items, tools=tuple(tools), project_name=own_name, unresolvable=unresolvable
    )


# --- the standard tables ----------------------------------------------------------------------------------------------


def _read_standard_tables(document: toml.TomlScan, entries: list[toml.TomlEntry], own_name: str) -> Iterator[ArrayItem]:
    for entry in entries:
        if _is_section(entry.path) and isinstance(entry.value, toml.Array):
            section = Section(".".join(map(str, entry.path)), project_name=own_name)
            table = _check_include if entry.path[0] == _GROUPS else None
            yield from read_items(entry.value.items, section, table=table)
    reported: set[str] = set()
    for header in document.headers:
        if header.path[0] in _TABLES:
            yield from _check_shape(header.path, header.span, None, reported)
    for entry in entries:
        yield from _check_shape(entry.path, entry.keys[-1].span, entry.value, reported)
    yield from _check_groups(entries)


def _is_section(path: toml.Path) -> bool:
    return any(len(path) == len(section) and has_prefix(path, section) for section in _SECTIONS)


def _check_shape(path: toml.Path, span: Span, value: toml.Value | None, reported: set[str]) -> Iterator[ParseProblem]:
    """Report a value in place of a table, or a table in place of an array, each section once.

    ``value`` is None for a table header.
    """
    if isinstance(value, toml.Invalid):
        return
    for section in _SECTIONS:
        names = tuple(takewhile(lambda step: isinstance(step, str), path[: len(section)]))
        name = one_line(".".join(map(str, names)), MAX_SHOWN)
        if name in reported or not has_prefix(names, section):
            continue
        is_deeper = len(path) > len(names)
        if len(names) == len(section) and (is_deeper or not isinstance(value, toml.Array)):
            reported.add(name)
            message = f"{name} must be an array of requirements"
            yield ParseProblem(span, message, 'write an array such as ["requests>=2.32"]')
        elif len(names) < len(section) and (is_deeper or not isinstance(value, toml.InlineTable | None)):
            reported.add(name)
            yield ParseProblem(span, f"{name} must be a table", f"write a table header: [{name}]")


# --- PEP 735: groups that include groups ------------------------------------------------------------------------------


def _check_include(table: toml.InlineTable, _: Section) -> Iterator[ParseProblem]:
    if not _is_include(table):
        message = "a dependency group may contain only requirements and includes"
        yield ParseProblem(table.span, message, f'write {{{_INCLUDE} = "NAME"}}')


def _is_include(table: toml.InlineTable) -> bool:
    """Return True for ``{include-group = "..."}`` and for an unterminated table."""
    return not table.closed or (
        len(table.entries) == 1
        and table.entries[0].path == (_INCLUDE,)
        and isinstance(table.entries[0].value, toml.String | toml.Invalid)
    )


def _includes(value: toml.Value) -> Iterator[toml.String]:
    """Yield the names of the groups that a group includes."""
    for item in value.items if isinstance(value, toml.Array) else ():
        for entry in item.entries if isinstance(item, toml.InlineTable) and _is_include(item) else ():
            if entry.path == (_INCLUDE,) and isinstance(entry.value, toml.String) and entry.value.closed:
                yield entry.value


def _check_groups(entries: Iterable[toml.TomlEntry]) -> Iterator[ParseProblem]:
    """Report duplicate group names, includes of unknown groups, and include cycles."""
    groups: dict[str, list[toml.String]] = {}
    spellings: dict[str, str] = {}
    for entry in entries:
        if entry.path[0] == _GROUPS and _is_section(entry.path):
            spelling = str(entry.path[1])
            name = normalize_name(spelling)
            first = spellings.setdefault(name, spelling)
            if first != spelling:
                shown, other = one_line(spelling, MAX_SHOWN), one_line(first, MAX_SHOWN)
                message = f"{shown} and {other} are the same dependency group"
                yield ParseProblem(entry.keys[-1].span, message, "rename one of them or merge them")
            groups.setdefault(name, []).extend(_includes(entry.value))
    for include in (include for includes in groups.values() for include in includes):
        if normalize_name(include.value) in groups:
            continue
        if include.value.strip():
            message = f"unknown dependency group {one_line(include.value, MAX_SHOWN)}"
            yield ParseProblem(include.inner, message, f"define it in [{_GROUPS}]")
        else:
            help_text = "write the name of a group, or remove it"
            yield ParseProblem(include.inner, f"{_INCLUDE} has no name", help_text)
    for include in _cyclic_includes(groups):
        message = f"dependency group include cycle through {one_line(include.value, MAX_SHOWN)}"
        yield ParseProblem(include.inner, message, "remove one of the includes")


def _cyclic_includes(groups: Mapping[str, list[toml.String]]) -> Iterator[toml.String]:
    """Yield the includes that close a cycle: depth first, in file order, each group visited once."""
    done: set[str] = set()
    for start in groups:
        # The groups on the path from the start, each with the includes that are not followed yet.
        path = {start: iter(groups[start])} if start not in done else {}
        while path:
            group, includes = next(reversed(path.items()))
            include = next(includes, None)
            if include is None:
                del path[group]
                done.add(group)
                continue
            target = normalize_name(include.value)
            if target in path:
                yield include
            elif target in groups and target not in done:
                path[target] = iter(groups[target])
