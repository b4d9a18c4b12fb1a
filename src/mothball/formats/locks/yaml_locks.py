"""Parse YAML locks: of the packages in pixi.lock and conda-lock.yml, those from Python indexes.

pixi.lock, versions 1 to 7: versions 4 and later record the indexes of each environment, and 7 that of a package, if it
is not the usual one (rattler_lock). conda-lock.yml, version 1, does not record indexes: a package has a ``source`` if
its requirement is a URL (conda-lock, "Unified lockfile").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from mothball.formats.locks.packages import (
    LOCK_AGAIN,
    NAME,
    REGISTRY,
    PackageSource,
    dependency_graph,
    index_source,
    invalid_name,
    local_source,
    unknown_version,
)
from mothball.formats.pep508 import skip_reason_for_url
from mothball.formats.requirements.strings import collect
from mothball.formats.yaml.scan import (
    YamlMapping,
    YamlNode,
    YamlScalar,
    YamlScan,
    list_items,
    list_problem,
    scan_yaml,
    unvisited,
)
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, SkipReason, Span, normalize_name
from mothball.model.records import NamedTuple

if TYPE_CHECKING:
    PackageReader = Callable[[YamlMapping, Iterable[YamlMapping]], Iterator["_YamlPackage"]]

# The URL of a direct reference, in version 7 of pixi.lock.
_DIRECT = "direct+"


class _YamlPackage(NamedTuple):
    """A package from a Python index: its mapping, its source, and its requirements: a list, or a mapping by name.

    ``alternative_indexes`` are further indexes that the package may come from.
    """

    item: YamlMapping
    source: PackageSource
    requires: YamlNode | None
    alternative_indexes: tuple[str, ...] = ()


def parse_pixi(text: str) -> Document:
    """Parse a pixi.lock without byte-order mark. Never raises; invalid YAML is one problem and no dependencies."""
    return _parse("pixi-lock", text, ("packages", "package"), 7, _pixi_packages)


def parse_conda_lock(text: str) -> Document:
    """Parse a conda-lock.yml without byte-order mark. Never raises; invalid YAML is one problem and no dependencies."""
    return _parse("conda-lock", text, ("package",), 1, _conda_lock_packages)


def _pixi_packages(root: YamlMapping, items: Iterable[YamlMapping]) -> Iterator[_YamlPackage]:
    indexes = tuple(dict.fromkeys(_pixi_indexes(root)))
    for item in items:
        location = item.text("pypi")
        if not location and (item.text("kind") == "pypi" or item.text("manager") == "pip"):
            location = item.text("path") or item.text("url")
        if location:
            source = _pixi_source(item, location, indexes)
            others = indexes[1:] if indexes[:1] == (source.index_url,) else ()
            yield _YamlPackage(item, source, _first_value(item, "requires_dist"), others)


def _pixi_indexes(root: YamlMapping) -> Iterator[str]:
    environments = _first_value(root, "environments")
    for _, environment in environments.pairs if isinstance(environments, YamlMapping) else ():
        for node in environment.values("indexes") if isinstance(environment, YamlMapping) else ():
            yield from (item.value for item in list_items(node) if isinstance(item, YamlScalar))


def _pixi_source(item: YamlMapping, location: str, indexes: tuple[str, ...]) -> PackageSource:
    if location.startswith(_DIRECT):
        return PackageSource(SkipReason.URL)
    if "://" not in location:
        return local_source(location, is_editable=item.text("editable") == "true")
    reason = skip_reason_for_url(location)
    if reason is not SkipReason.URL:
        return PackageSource(reason)
    index = item.text("index") or next(iter(indexes), "")
    return index_source(index) if index else REGISTRY


def _conda_lock_packages(_: YamlMapping, items: Iterable[YamlMapping]) -> Iterator[_YamlPackage]:
    for item in items:
        if item.text("manager") == "pip":
            reason = skip_reason_for_url(item.text("url")) if item.text("url") else SkipReason.URL
            is_named = reason is SkipReason.URL and not isinstance(_first_value(item, "source"), YamlMapping)
            yield _YamlPackage(
                item, REGISTRY if is_named else PackageSource(reason), _first_value(item, "dependencies")
            )


# --- both formats -----------------------------------------------------------------------------------------------------


def _parse(format_name: str, text: str, keys: tuple[str, ...], newest: int, read: PackageReader) -> Document:
    """Read a lock with a list of packages at one of ``keys``; ``newest`` is the newest known version of the format.

    ``read`` selects packages, given the whole mapping and all packages. Entries that are equal except for their
    platform are one dependency, at the first of them.
    """
    scan = scan_yaml(format_name, text)
    if isinstance(scan, Document):
        return scan
    root = next((document for document in scan.documents if isinstance(document, YamlMapping)), YamlMapping(()))
    lists = [node for key in keys for node in root.values(key)]
    seen: set[int] = set()
    items = [item for node in lists for item in unvisited(list_items(node), seen) if isinstance(item, YamlMapping)]
    problems = list(_version_problems(root, newest))
    if not (problems or lists) and text.strip():
        start = root.first.span if root.first else Span(0, 1)
        problems.append(ParseProblem(start, f"no packages found: the list `{keys[0]}` is missing", LOCK_AGAIN))
    problems += (problem for node in unvisited(lists, set()) for problem in _structure_problems(node, keys[0]))
    normalize = cache(normalize_name)
    dependencies: dict[object, Dependency] = {}
    requires: dict[str, list[str]] = {}
    for package in read(root, items):
        found = _read_package(scan, package, keys[0], normalize)
        if isinstance(found, ParseProblem):
            problems.append(found)
        else:
            dependencies.setdefault((found.name, found.version, found.skip_reason, found.index_url), found)
            required = requires.setdefault(found.name, [])
            for node in unvisited([package.requires] if package.requires else [], seen):
                required += (normalize(name) for name in _required_names(node))
    # An alias may be the name of several packages.
    by_place = {dependency.name_span: dependency for dependency in dependencies.values()}
    contents = (*scan.comments(), *problems, *by_place.values())
    return collect(format_name, contents, graph=dependency_graph(requires))


def _first_value(mapping: YamlMapping, key: str) -> YamlNode | None:
    return next(iter(mapping.values(key)), None)


def _required_names(node: YamlNode) -> Iterator[str]:
    """Yield the keys of a mapping, or the names at the start of the requirements in a list."""
    if isinstance(node, YamlMapping):
        yield from (name for name, _ in node.pairs)
    for item in list_items(node):
        name = NAME.match(item.value.strip()) if isinstance(item, YamlScalar) else None
        if name is not None:
            yield name[0]


def _version_problems(root: YamlMapping, newest: int) -> Iterator[ParseProblem]:
    version = _first_value(root, "version")
    if isinstance(version, YamlScalar) and not (version.value.isdecimal() and int(version.value) <= newest):
        yield unknown_version(version.value, version.span)


def _structure_problems(node: YamlNode, key: str) -> Iterator[ParseProblem]:
    """Yield a problem if ``node`` is no list, and for each item of it that is no mapping."""
    yield from list_problem(key, node)
    for item in list_items(node):
        if isinstance(item, YamlScalar):
            yield ParseProblem(item.span, f"`{key}` must be a list of packages with a name", LOCK_AGAIN)


def _read_package(
    scan: YamlScan, package: _YamlPackage, section: str, normalize: Callable[[str], str]
) -> Dependency | ParseProblem:
    item = package.item
    start = item.first.span if item.first else Span(0, 0)
    name = _first_value(item, "name")
    content = scan.content(name) if isinstance(name, YamlScalar) else None
    if content is None or not content.text:
        return ParseProblem(start, "package without a name", "add name: NAME")
    name_span = content.locate(0, len(content.text))
    if not NAME.fullmatch(content.text):
        return invalid_name(content.text, name_span)
    end = max((_end(value) for _, value in item.pairs), default=0)
    entry = Span(start.start, start.start + len(scan.text[start.start : end].rstrip()))
    is_around = entry.start <= name_span.start and name_span.end <= entry.end
    return Dependency(
        name=normalize(content.text),
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
