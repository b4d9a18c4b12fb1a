"""Parse TOML locks: uv.lock, the locks of scripts (``*.py.lock``), poetry.lock, pdm.lock and pylock.toml (PEP 751).

Each format has a layout, and a function that finds the source of a package, and the packages that it requires.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from mothball.formats.locks.fast_reader import read_lines
from mothball.formats.locks.packages import (
    LOCK_AGAIN,
    MAX_SHOWN,
    NAME,
    REGISTRY,
    VERSION_CONTROL,
    PackageSource,
    archive_source,
    dependency_graph,
    index_source,
    invalid_name,
    local_source,
    unknown_version,
)
from mothball.formats.locks.stanzas import KeyPath, Layout, LocatedName, Lock, Stanza, read_toml, strings_at
from mothball.formats.pep508 import find_leading_name
from mothball.formats.requirements.strings import Item, collect
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import Header, TomlEntry
from mothball.model.document import (
    DependencyKind,
    Document,
    ParseProblem,
    SkipReason,
    Span,
    new_dependency,
    normalize_name,
)
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line


class _Package(NamedTuple):
    """The format-specific data of a stanza.

    ``requires`` holds the names of required packages as written. ``source`` is None if another stanza describes the
    same package: then only ``requires`` is used.
    """

    source: PackageSource | None
    requires: Sequence[str]
    extras: tuple[str, ...] = ()
    marker: str = ""


# --- uv: the format of version 1; workspace members are packages, too -------------------------------------------------

_EDGES = (("dependencies", "name"), ("optional-dependencies", "*", "name"), ("dev-dependencies", "*", "name"))
_MEMBERS = ("manifest", "members")
# Requirements of a script, and of a workspace whose root is no package.
_ROOT_EDGES = (("manifest", "requirements", "name"), ("manifest", "dependency-groups", "*", "name"))
UV_LOCK = Layout(
    "uv-lock",
    "package",
    frozenset(
        {"version", "revision", "requires-python", "resolution-markers", "environment-markers", "supported-markers"}
        | {"required-markers", "conflicts", "options", "manifest", "package"}
    ),
    "version",
    newest=1,
    package=(("version",), ("source",), *_EDGES),
    root=(_MEMBERS, *_ROOT_EDGES),
    is_number=True,
)
# The path of the locked project itself.
_LOCK_DIRECTORY = "."
_DIRECT_SOURCES = {
    "git": SkipReason.VCS,
    "url": SkipReason.URL,
    "path": SkipReason.PATH,
    "directory": SkipReason.PATH,
    "editable": SkipReason.EDITABLE,
    "virtual": SkipReason.WORKSPACE,
}
_LOCAL_SOURCES = ("editable", "virtual", "directory")


def parse_uv(text: str) -> Document:
    """Parse a uv.lock, complete or incomplete, without byte-order mark. Never raises."""
    lock = _read_lock(text, UV_LOCK)
    normalize = cache(normalize_name)
    members = {normalize(member) for member in strings_at(lock.root, _MEMBERS)}
    registry_source = cache(index_source)
    packages: list[_Package] = []
    direct = strings_at(lock.root, *_ROOT_EDGES)
    has_direct = any(path in lock.root for path in _ROOT_EDGES)
    for stanza in lock.stanzas:
        registry = stanza.text("source", "registry")
        requires = strings_at(stanza.values, *_EDGES)
        if registry is None:
            is_member = stanza.name is not None and normalize(stanza.name.text) in members
            source = _uv_source(stanza, is_member=is_member)
            if is_member or source.skip_reason is SkipReason.SELF:
                direct += requires
                has_direct = True
        else:
            source = registry_source(registry)
        packages.append(_Package(source, requires))
    return _document(text, UV_LOCK, lock, packages, normalize, direct=direct if has_direct else None)


def _uv_source(stanza: Stanza, *, is_member: bool) -> PackageSource:
    """Return the source of a package without a registry."""
    for kind, reason in _DIRECT_SOURCES.items():
        location = stanza.text("source", kind)
        if location is None:
            continue
        if kind in _LOCAL_SOURCES and location == _LOCK_DIRECTORY:
            return PackageSource(SkipReason.SELF)
        return PackageSource(SkipReason.WORKSPACE if kind in _LOCAL_SOURCES and is_member else reason)
    # A kind of source that a later version of uv introduced: do not treat it as a registry.
    return PackageSource(SkipReason.UNKNOWN_INDEX) if stanza.has("source") else REGISTRY


# --- Poetry: packages record their dependencies, and their source if it is no default index ---------------------------

POETRY_LOCK = Layout(
    "poetry-lock",
    "package",
    frozenset({"package", "metadata", "extras"}),
    "lock-version",
    newest=2,
    package=(("version",), ("source",), ("dependencies",), ("develop",), ("markers",)),
)


def parse_poetry(text: str) -> Document:
    """Parse a poetry.lock, complete or incomplete, without byte-order mark. Never raises."""
    lock = _read_lock(text, POETRY_LOCK)
    packages = []
    for stanza in lock.stanzas:
        # The keys of the table, whatever their values.
        requires = [path[1] for path in stanza.values if path[0] == "dependencies" and len(path) > 1]
        packages.append(_Package(_poetry_source(stanza), requires, marker=stanza.text("markers") or ""))
    return _document(text, POETRY_LOCK, lock, packages, cache(normalize_name))


def _poetry_source(stanza: Stanza) -> PackageSource:
    if ("source", "type") not in stanza.values:
        return REGISTRY
    url = stanza.text("source", "url")
    match stanza.text("source", "type"):
        case "legacy" if (source := index_source(url or "")).index_url:
            return source
        case "git":
            return PackageSource(SkipReason.VCS)
        case "directory":
            return local_source(url, is_editable=stanza.values.get(("develop",)) == [True])
        case "file" | "url":
            return archive_source(url)
        # Poetry takes all other packages from the index that `reference` names, such as PyPI.
        case _:
            return PackageSource(SkipReason.UNKNOWN_INDEX)


# --- PDM: records the source of packages from URLs, paths and repositories, but no indexes ----------------------------

PDM_LOCK = Layout(
    "pdm-lock",
    "package",
    frozenset({"package", "metadata"}),
    "lock_version",
    newest=4,
    package=(
        *(("version",), ("dependencies",), ("extras",), ("marker",), ("path",), ("editable",), ("url",)),
        *((kind,) for kind in VERSION_CONTROL),
    ),
)


def parse_pdm(text: str) -> Document:
    """Parse a pdm.lock, complete or incomplete, without byte-order mark. Never raises.

    A package has an additional stanza for each set of extras; these count as one package.
    """
    lock = _read_lock(text, PDM_LOCK)
    normalize = cache(normalize_name)
    without_extras = {
        _identity(stanza, normalize) for stanza in lock.stanzas if not strings_at(stanza.values, ("extras",))
    }
    packages = []
    for stanza in lock.stanzas:
        extras = tuple(strings_at(stanza.values, ("extras",)))
        is_repeated = bool(extras) and _identity(stanza, normalize) in without_extras
        source = None if is_repeated else _pdm_source(stanza)
        matches = [NAME.match(required.lstrip(" \t")) for required in strings_at(stanza.values, ("dependencies",))]
        requires = [match[0] for match in matches if match]
        packages.append(_Package(source, requires, extras, stanza.text("marker") or ""))
    return _document(text, PDM_LOCK, lock, packages, normalize)


def _identity(stanza: Stanza, normalize: Callable[[str], str]) -> tuple[str, str | None]:
    return normalize(stanza.name.text) if stanza.name else "", stanza.text("version")


def _pdm_source(stanza: Stanza) -> PackageSource:
    if any((kind,) in stanza.values for kind in VERSION_CONTROL):
        return PackageSource(SkipReason.VCS)
    if ("path",) in stanza.values:
        return local_source(stanza.text("path"), is_editable=stanza.values.get(("editable",)) == [True])
    if ("url",) in stanza.values:
        return archive_source(stanza.text("url"))
    return REGISTRY


# --- pylock.toml: the rest of the format is not validated; `index` and `dependencies` are optional --------------------

_FILE_PATHS: tuple[KeyPath, ...] = (("wheels", "path"), ("sdist", "path"))
_FILE_URLS: tuple[KeyPath, ...] = (("wheels", "url"), ("sdist", "url"))
PYLOCK = Layout(
    "pylock",
    "packages",
    frozenset(
        {"lock-version", "environments", "requires-python", "extras", "dependency-groups", "default-groups"}
        | {"created-by", "packages", "tool"}
    ),
    "lock-version",
    newest=1,
    package=(
        *(("version",), ("index",), ("marker",), ("dependencies",), ("vcs",), ("directory",), ("archive",)),
        *_FILE_PATHS,
        *_FILE_URLS,
    ),
    skips_files=False,
)


def parse_pylock(text: str) -> Document:
    """Parse a pylock.toml or pylock.NAME.toml, complete or incomplete, without byte-order mark. Never raises."""
    lock = _read_lock(text, PYLOCK)
    packages = [
        _Package(
            _pylock_source(stanza),
            strings_at(stanza.values, ("dependencies", "name")),
            marker=stanza.text("marker") or "",
        )
        for stanza in lock.stanzas
    ]
    has_graph = any(stanza.has("dependencies") for stanza in lock.stanzas)
    return _document(text, PYLOCK, lock, packages, cache(normalize_name), has_graph=has_graph)


def _pylock_source(stanza: Stanza) -> PackageSource:
    if stanza.has("vcs"):
        return PackageSource(SkipReason.VCS)
    if stanza.has("directory"):
        is_editable = stanza.values.get(("directory", "editable")) == [True]
        return local_source(stanza.text("directory", "path"), is_editable=is_editable)
    if stanza.has("archive"):
        return archive_source(stanza.text("archive", "url"))
    index = stanza.text("index")
    if index is not None:
        return index_source(index)
    # A package with local files only may not exist on any index.
    is_local = bool(strings_at(stanza.values, *_FILE_PATHS)) and not strings_at(stanza.values, *_FILE_URLS)
    return PackageSource(SkipReason.PATH) if is_local else REGISTRY


# --- all formats ------------------------------------------------------------------------------------------------------


def _read_lock(text: str, layout: Layout) -> Lock:
    return read_lines(text, layout) or read_toml(text, layout)


def _document(  # noqa: PLR0913 - the text, how it was read, and what the format finds in it
    text: str,
    layout: Layout,
    lock: Lock,
    packages: Iterable[_Package],
    normalize: Callable[[str], str],
    *,
    direct: Iterable[str] | None = None,
    has_graph: bool = True,
) -> Document:
    """Build the document of a lock: a dependency for each stanza with a valid name, a problem for each other one.

    ``packages`` is parallel to the stanzas of ``lock``; ``direct`` holds the names that the project requires itself, as
    written, or is None if the lock does not record them.
    """
    contents: list[Item] = [*lock.remarks]
    requires: dict[str, list[str]] = {}
    for stanza, (source, required, extras, marker) in zip(lock.stanzas, packages, strict=True):
        written, problem = _name_of(text, stanza)
        contents += [problem] if problem else []
        if written is None:
            continue
        is_complete = stanza.is_complete and written is stanza.name
        name = normalize(written.text)
        requires.setdefault(name, []).extend([normalize(spelling) for spelling in required])
        if source is None:
            continue
        contents.append(
            new_dependency(
                name=name,
                name_span=written.span,
                entry_span=stanza.span,
                extras=extras,
                marker=marker,
                kind=DependencyKind.LOCKED,
                section=layout.array,
                version=stanza.text("version"),
                index_url=source.index_url,
                skip_reason=source.skip_reason if is_complete else SkipReason.INCOMPLETE,
            )
        )
    problem = _version_problem(text, layout)
    if problem is None and not lock.stanzas and not any(isinstance(item, ParseProblem) for item in contents):
        problem = _foreign_key_problem(text, layout)
    contents += [problem] if problem else []
    direct_names = None if direct is None else [normalize(name) for name in direct]
    graph = dependency_graph(requires, direct_names) if has_graph else None
    return collect(layout.format, contents, graph=graph, is_broken=lock.is_truncated)


def _version_problem(text: str, layout: Layout) -> ParseProblem | None:
    """Return the problem of a format version that is not known; a lock without a version is read as usual."""
    key = layout.version_key
    start = 0 if text.startswith(key) else text.find(f"\n{key}") + 1
    value = r"([^\s\"'#]++)" if layout.is_number else r"[\"']([^\"'\r\n]*+)[\"']"
    version = re.compile(rf"{key}[ \t]*+=[ \t]*+{value}").match(text, start)
    major = version[1].partition(".")[0] if version else ""
    if version is None or (major.isdecimal() and int(major) <= layout.newest):
        return None
    return unknown_version(version[1], Span(*version.span(1)))


def _foreign_key_problem(text: str, layout: Layout) -> ParseProblem | None:
    """Return the problem of the first table or key that is not of the format: packages may be in it."""
    document = scan(text)
    parts: list[Header | TomlEntry] = [*document.headers, *document.entries]
    foreign = [part.keys[0] for part in parts if part.path[0] not in layout.keys]
    if not foreign:
        return None
    key = min(foreign, key=lambda key: key.span)
    message = f"no packages found: `{one_line(key.name, MAX_SHOWN)}` is not a table or key of this lock format"
    return ParseProblem(key.span, message, LOCK_AGAIN)


def _name_of(text: str, stanza: Stanza) -> tuple[LocatedName | None, ParseProblem | None]:
    """Return the name of a package, or the valid start of an invalid one, and the problem of the name.

    Incomplete names are already reported as syntax errors.
    """
    written = stanza.name
    if written is None:
        line_end = text.find("\n", stanza.span.start, stanza.span.end)
        span = Span(stanza.span.start, line_end if line_end >= 0 else stanza.span.end)
        return None, ParseProblem(span, "package without a name", 'add name = "NAME"')
    if NAME.fullmatch(written.text):
        return written, None
    problem = invalid_name(written.text, written.span) if stanza.is_complete else None
    leading = find_leading_name(written.text)
    if leading is None:
        return None, problem
    start = written.span.start
    return LocatedName(leading.slice(written.text), Span(start + leading.start, start + leading.end)), problem
