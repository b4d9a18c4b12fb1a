"""Shared code for YAML locks: a list of packages, each a mapping, of which those from Python indexes are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mothball.formats.locks.packages import NormalizedNames, dependency_graph
from mothball.formats.pep508 import NAME_PATTERN
from mothball.formats.yaml.entries import list_problem
from mothball.formats.yaml.nodes import YamlMapping, YamlNode, YamlScalar, list_items, unvisited
from mothball.formats.yaml.scan import YamlScan, scan_yaml
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, Span
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mothball.formats.locks.stanzas import PackageSource

_NAME = re.compile(NAME_PATTERN, re.IGNORECASE | re.ASCII)
_HELP = "lock again with a version of the tool that mothball supports, or update mothball"
# Maximum length of a name in a message, in code points.
_MAX_SHOWN = 60


class YamlPackage(NamedTuple):
    """A package from a Python index: its mapping, its source, and its requirements: a list, or a mapping by name.

    ``alternative_indexes`` are further indexes that the package may come from.
    """

    item: YamlMapping
    source: PackageSource
    requires: YamlNode | None
    alternative_indexes: tuple[str, ...] = ()


class YamlSchema(NamedTuple):
    """A lock format: its name, the keys of its list of packages, and the newest known version."""

    format: str
    lists: tuple[str, ...]
    newest: int


if TYPE_CHECKING:
    PackageReader = Callable[[YamlMapping, Iterable[YamlMapping]], Iterator[YamlPackage]]


def read_yaml_lock(text: str, schema: YamlSchema, read: PackageReader) -> Document:
    """Read a lock without byte-order mark. ``read`` selects packages, given the whole mapping and all packages.

    Entries that are equal except for their platform are one dependency, at the first of them. Never raises; invalid
    YAML is one problem and no dependencies.
    """
    scan = scan_yaml(schema.format, text)
    if isinstance(scan, Document):
        return scan
    root = next((document for document in scan.documents if isinstance(document, YamlMapping)), YamlMapping(()))
    lists = [node for key in schema.lists for node in root.values(key)]
    seen: set[int] = set()
    items = [item for node in lists for item in unvisited(list_items(node), seen) if isinstance(item, YamlMapping)]
    ignores, problems = scan.comments()
    problems += _schema_problems(text, root, lists, schema)
    problems += (problem for node in unvisited(lists, set()) for problem in _structure_problems(node, schema.lists[0]))
    names = NormalizedNames()
    dependencies: dict[object, Dependency] = {}
    requires: dict[str, list[str]] = {}
    for package in read(root, items):
        found = _read_package(text, scan, package, schema.lists[0], names)
        if isinstance(found, ParseProblem):
            problems.append(found)
        else:
            key = (found.name, found.version, found.skip_reason, found.index_url)
            dependencies.setdefault(key, found)
            required = requires.setdefault(found.name, [])
            for node in unvisited([package.requires] if package.requires else [], seen):
                required += (names[name] for name in _required_names(node))
    # An alias may be the name of several packages.
    by_place = {dependency.name_span: dependency for dependency in dependencies.values()}
    return Document(
        schema.format,
        tuple(sorted(by_place.values(), key=lambda dependency: dependency.name_span)),
        tuple(sorted(problems)),
        tuple(ignores),
        graph=dependency_graph(requires),
    )


def first_value(mapping: YamlMapping, key: str) -> YamlNode | None:
    """Return the first value of ``key``, or None."""
    return next(iter(mapping.values(key)), None)


def _required_names(node: YamlNode) -> Iterator[str]:
    """Yield the keys of a mapping, or the names at the start of the requirements in a list."""
    if isinstance(node, YamlMapping):
        yield from (name for name, _ in node.pairs)
    for item in list_items(node):
        name = _NAME.match(item.value.strip()) if isinstance(item, YamlScalar) else None
        if name is not None:
            yield name[0]


def _schema_problems(text: str, root: YamlMapping, lists: list[YamlNode], schema: YamlSchema) -> Iterator[ParseProblem]:
    """Yield the problems of an unknown version, and of a file without packages that is not empty."""
    version = first_value(root, "version")
    if isinstance(version, YamlScalar) and not (version.value.isdecimal() and int(version.value) <= schema.newest):
        shown = one_line(version.value, _MAX_SHOWN)
        yield ParseProblem(version.span, f"version {shown} of this lock format is not known", _HELP)
    elif not lists and text.strip():
        start = root.first.span if root.first else Span(0, 1)
        yield ParseProblem(start, f"no packages found: the list `{schema.lists[0]}` is missing", _HELP)


def _structure_problems(node: YamlNode, key: str) -> Iterator[ParseProblem]:
    """Yield a problem if ``node`` is no list, and for each item of it that is no mapping."""
    yield from list_problem(key, node)
    for item in list_items(node):
        if isinstance(item, YamlScalar):
            yield ParseProblem(item.span, f"`{key}` must be a list of packages with a name", _HELP)


def _read_package(
    text: str, scan: YamlScan, package: YamlPackage, section: str, names: NormalizedNames
) -> Dependency | ParseProblem:
    item = package.item
    start = item.first.span if item.first else Span(0, 0)
    name = first_value(item, "name")
    content = scan.content(name) if isinstance(name, YamlScalar) else None
    if content is None or not content.text:
        return ParseProblem(start, "package without a name", "add name: NAME")
    name_span = content.locate(0, len(content.text))
    if not _NAME.fullmatch(content.text):
        shown = one_line(content.text, _MAX_SHOWN)
        help_text = "write only the name, without version or extras"
        return ParseProblem(name_span, f"`{shown}` is not a valid project name", help_text)
    end = max((_end(value) for _, value in item.pairs), default=0)
    entry = Span(start.start, start.start + len(text[start.start : end].rstrip()))
    is_around = entry.start <= name_span.start and name_span.end <= entry.end
    return Dependency(
        name=names[content.text],
        name_span=name_span,
        # An alias may be elsewhere.
        entry_span=entry if is_around else name_span,
        kind=DependencyKind.LOCKED,
        section=section,
        version=item.text("version") or None,
        index_url=package.source.index_url,
        alternative_indexes=package.alternative_indexes,
        skip_reason=package.source.skip_reason,
    )


def _end(value: YamlNode) -> int:
    """Return the end of a scalar, or of the last item of a list of scalars."""
    last = value if isinstance(value, YamlScalar) else next(reversed(list_items(value)), None)
    return last.span.end if isinstance(last, YamlScalar) else 0
