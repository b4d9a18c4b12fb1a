"""Read ``[tool.tox]`` and tox.toml: requirements of environments, tox plugins, and a tox.ini embedded in a string."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

from mothball.formats.manifests.document import ManifestItem, parse_with
from mothball.formats.manifests.tables import (
    ANY,
    ArrayItem,
    Pattern,
    StringReader,
    Tables,
    has_prefix,
    read_arrays,
    read_items,
    read_requirement,
    section_name,
    settings_at,
)
from mothball.formats.manifests.templates import read_pip_lines
from mothball.formats.requirements.strings import Section, section_dependency
from mothball.formats.toml.values import Array, InlineTable, String, source_span
from mothball.model.document import DependencyKind, Document, relocated

_PLUGINS = (("requires",),)
_INI = (("legacy_tox_ini",),)
_ENVIRONMENTS: tuple[Pattern, ...] = (("env_run_base",), ("env_pkg_base",), ("env_base", ANY), ("env", ANY))
_LISTS = (("deps", DependencyKind.REQUIREMENT, ""), ("constraints", DependencyKind.CONSTRAINT, "-c "))
# ``{[TABLE]KEY}``, a reference to the list at ``TABLE.KEY``.
_REFERENCE = r"\s*+\{\[([^\[\]{}]++)\]([\w-]++)(?::.*|\})"


def parse(text: str) -> Document:
    """Parse a tox.toml, complete or incomplete, without byte-order mark. Never raises."""
    return parse_with(read, "tox-toml", text)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the requirements, constraints and includes of tox."""
    yield from _ListReader(tables, _PLUGINS, DependencyKind.REQUIREMENT, read_requirement).read()
    environments = (*_ENVIRONMENTS, *_bases(tables))
    for name, kind, prefix in _LISTS:
        # tox passes each constraint to pip as a file (tox 4, "constraints").
        # In a pyproject.toml, an option would apply to the other tables as well.
        reader = partial(read_pip_lines, prefix=prefix, with_options=not tables.prefix)
        yield from _ListReader(tables, [(*table, name) for table in environments], kind, reader).read()
    yield from _read_ini(tables)


def _read_ini(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the items of the tox.ini in ``legacy_tox_ini``, with their positions in the file."""
    for setting in settings_at(tables, _INI):
        string = setting.value
        if isinstance(string, String):
            from mothball.formats.ini import tox_ini  # noqa: PLC0415 - rarely needed

            document = tox_ini.parse(string.value)
            locate = partial(source_span, string)
            for dependency in document.dependencies:
                section = Section(f"{section_name(setting.path)}.{dependency.section}", project_name=tables.own_name)
                specifier = dependency.specifier_span
                located = section_dependency(dependency, locate, section, closed=string.closed)
                yield located._replace(specifier=specifier.slice(string.value) if specifier else "")
            kept = (document.problems, document.includes) if string.closed else ()
            for item in chain(document.ignores, document.unnamed, *kept):
                yield relocated(item, locate)


def _bases(tables: Tables) -> Iterator[Pattern]:
    """Yield the tables from which environments inherit."""
    for setting in settings_at(tables, [(*table, "base") for table in _ENVIRONMENTS]):
        for item in setting.value.items if isinstance(setting.value, Array) else ():
            if isinstance(item, String):
                table = tuple(item.value.split("."))
                table = table[len(tables.prefix) :] if table[: len(tables.prefix)] == tables.prefix else table
                if not _matches(table, _ENVIRONMENTS):
                    yield table


class _ListReader:
    """Read the lists of requirements at some paths, and those that they refer to."""

    def __init__(self, tables: Tables, patterns: Iterable[Pattern], kind: DependencyKind, string: StringReader) -> None:
        self._tables = tables
        self._patterns = tuple(dict.fromkeys(patterns))
        self._kind = kind
        self._string = string
        self._references: list[tuple[str, ...]] = []

    def read(self) -> Iterator[ArrayItem]:
        """Yield the items of all lists; each list is read once."""
        yield from self._read_lists(self._patterns)
        seen: set[tuple[str, ...]] = set()
        while self._references:
            path = self._references.pop()
            if path not in seen and not _matches(path, self._patterns):
                seen.add(path)
                yield from self._read_lists([path])

    def _read_lists(self, patterns: Iterable[Pattern]) -> Iterator[ArrayItem]:
        return read_arrays(
            self._tables, patterns, self._kind, self._read_string, self._read_replacement, allow_single=True
        )

    def _read_string(self, string: String, section: Section) -> Iterator[ArrayItem]:
        reference = re.fullmatch(_REFERENCE, string.value) if "{[" in string.value else None
        if reference is None:
            yield from self._string(string, section)
        else:
            self._refer((*reference[1].split("."), reference[2]))

    def _read_replacement(self, table: InlineTable, section: Section) -> Iterator[ArrayItem]:
        """Read ``{replace = "if", then = ["numpy"], else = []}`` or ``{replace = "ref", of = ["lists", "numpy"]}``."""
        for entry in table.entries:
            items = entry.value.items if isinstance(entry.value, Array) else (entry.value,)
            if entry.path == ("of",):
                self._refer(tuple(item.value for item in items if isinstance(item, String)))
            elif entry.path[0] in {"then", "else", "default"} and isinstance(entry.value, Array | String):
                yield from read_items(items, section, self._read_string, self._read_replacement)

    def _refer(self, path: tuple[str, ...]) -> None:
        """Remember a reference to the list at ``path``; lists outside of the tables of tox are read by others."""
        depth = len(self._tables.prefix)
        if path[:depth] == self._tables.prefix and path[depth:]:
            self._references.append(path[depth:])


def _matches(path: tuple[str, ...], patterns: Iterable[Pattern]) -> bool:
    return any(len(path) == len(pattern) and has_prefix(path, pattern) for pattern in patterns)
