"""Find the settings of a TOML document by path, independent of how they are written, and read arrays of requirements.

``[a.b]`` with ``c = 1``, ``[a]`` with ``b.c = 1`` and ``a = {b = {c = 1}}`` are equivalent: each yields a setting with
the path ``a.b.c``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache, partial
from typing import assert_never

from mothball.formats.pep508 import parse_requirement
from mothball.formats.requirements import strings as requirement_texts
from mothball.formats.requirements.strings import Section, section_dependency_at
from mothball.formats.toml import values as toml
from mothball.model.document import Dependency, DependencyKind, Include, IndexOption, ParseProblem, UnnamedEntry
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

# Maximum length of a name in a message, in code points.
MAX_SHOWN = 60
# Wildcards in a pattern, whose other steps are key names: any key name, any array index.
ANY = str
ARRAY_INDEX = int
Pattern = tuple[str | type, ...]


class Tables(NamedTuple):
    """The settings and headers of one table and its subtables; of the whole document if ``prefix`` is empty.

    All paths are relative to the document root and start with ``prefix``. ``own_name`` is the normalized project name,
    or empty. ``standard`` holds the dependencies from the standard tables of the same file. ``requires_python`` is that
    of the project, or empty.
    """

    text: str
    prefix: tuple[str, ...]
    settings: tuple[toml.TomlEntry, ...]
    headers: tuple[toml.Header, ...]
    own_name: str = ""
    standard: tuple[Dependency, ...] = ()
    requires_python: str = ""


def tool_tables(whole: Tables, names: Collection[str]) -> dict[str, Tables]:
    """Return the tables ``[tool.NAME]`` that exist, by name, for all of ``names``."""
    settings: dict[str, list[toml.TomlEntry]] = {}
    headers: dict[str, list[toml.Header]] = {}
    for setting in whole.settings:
        if setting.path[0] == "tool":
            for nested in (setting,) if len(setting.path) > 1 else toml.inline_entries(setting):
                settings.setdefault(str(nested.path[1]), []).append(nested)
    for header in whole.headers:
        if header.path[0] == "tool" and len(header.path) > 1:
            headers.setdefault(str(header.path[1]), []).append(header)
    project = (whole.own_name, whole.standard, whole.requires_python)
    return {
        name: Tables(whole.text, ("tool", name), tuple(settings.get(name, ())), tuple(headers.get(name, ())), *project)
        for name in {**settings, **headers}
        if name in names
    }


def section_name(path: toml.Path) -> str:
    """Return the name of the table or array at ``path``; array indexes are omitted."""
    return ".".join(step for step in path if isinstance(step, str))


class TableMatcher:
    """Find the settings whose paths match a pattern, below the prefix of the tables."""

    def __init__(self, tables: Tables, patterns: Iterable[Pattern]) -> None:
        """Compile ``patterns``, relative to ``tables.prefix``. No pattern may match below a match of another."""
        whole = [tables.prefix + pattern for pattern in patterns]
        self._depths = sorted(set(map(len, whole)))
        # Most settings share their parent path: cache whether it matches.
        self._matches = cache(
            lambda path: any(len(path) == len(pattern) and has_prefix(path, pattern) for pattern in whole)
        )
        first = len(tables.prefix)
        steps = {pattern[first] for pattern in whole}
        # Fast path: drop settings whose first step matches no pattern.
        self._settings = [
            setting
            for setting in tables.settings
            if ANY in steps or len(setting.path) <= first or setting.path[first] in steps
        ]

    def matched_depth(self, path: toml.Path) -> int:
        """Return the length of the prefix of ``path`` that matches a pattern, or 0."""
        for depth in self._depths:
            if depth <= len(path) and self._matches(path[:depth]):
                return depth
        return 0

    def settings(self) -> Iterator[tuple[toml.TomlEntry, int]]:
        """Yield each setting at or below a match, with the length of the matching path prefix."""
        return self._matching(self._settings)

    def _matching(self, settings: Iterable[toml.TomlEntry]) -> Iterator[tuple[toml.TomlEntry, int]]:
        for setting in settings:
            if depth := self.matched_depth(setting.path):
                yield setting, depth
            elif len(setting.path) < self._depths[-1]:
                yield from self._matching(toml.inline_entries(setting))


def settings_at(tables: Tables, patterns: Iterable[Pattern]) -> Iterator[toml.TomlEntry]:
    """Yield the settings whose whole paths match one of ``patterns``."""
    return (setting for setting, depth in TableMatcher(tables, patterns).settings() if len(setting.path) == depth)


def has_prefix(path: toml.Path, pattern: Pattern) -> bool:
    """Return True if ``path`` matches ``pattern`` as far as both go."""
    return all(expected in (step, type(step)) for step, expected in zip(path, pattern, strict=False))


# --- arrays of requirements: strings become dependencies, anything else a problem -------------------------------------

ArrayItem = Dependency | ParseProblem | Include | UnnamedEntry | IndexOption
StringReader = Callable[[toml.String, Section], Iterable[ArrayItem]]
InlineTableReader = Callable[[toml.InlineTable, Section], Iterable[ArrayItem]]


def read_requirement(string: toml.String, section: Section) -> Iterable[ArrayItem]:
    """Parse a string as a requirement (PEP 508); if it is invalid, return the problem and any recognizable name."""
    if string.closed and not string.source:  # fast path: offsets need no mapping
        parsed = parse_requirement(string.value)
        if isinstance(parsed, Dependency) and parsed.skip_reason is None:
            return (section_dependency_at(parsed, string.span.start + string.quote, section),)
    where = partial(toml.source_span, string)
    return requirement_texts.read_requirement(string.value, where, section, closed=string.closed)


def read_items(
    items: Iterable[toml.Value],
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
            case toml.String():
                yield from string(item, section)
            case toml.InlineTable() if table is not None:
                yield from table(item, section)
            case toml.Array() | toml.InlineTable() | toml.Scalar():
                yield ParseProblem(
                    item.span,
                    f"{one_line(section.name, MAX_SHOWN)} may contain only requirement strings",
                    'write a string such as "requests>=2.32"',
                )
                # A stray bracket must not hide the requirements after it.
                yield from read_items(item.items if isinstance(item, toml.Array) else (), section, string, table)
            case toml.Invalid():
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
            is_named = isinstance(setting.path[-1], str)
            yield ParseProblem(
                setting.keys[-1].span if is_named else setting.value.span,
                f"{one_line(name, MAX_SHOWN)} must be an array of requirements",
                'write an array such as ["requests>=2.32"]',
            )


def read_files(tables: Tables, patterns: Iterable[Pattern]) -> Iterator[Include]:
    """Yield an include for each requirements file named in the strings and arrays that match ``patterns``."""
    for setting in settings_at(tables, patterns):
        for item in setting.value.items if isinstance(setting.value, toml.Array) else (setting.value,):
            if isinstance(item, toml.String) and item.closed:
                yield Include(item.inner, item.value, DependencyKind.REQUIREMENT)


def _array_items(value: toml.Value, *, allow_single: bool) -> tuple[toml.Value, ...] | None:
    """Return the items of an array, or None if ``value`` is no array; an invalid value has no items."""
    if isinstance(value, toml.Array):
        return value.items
    return (value,) if allow_single or isinstance(value, toml.Invalid) else None
