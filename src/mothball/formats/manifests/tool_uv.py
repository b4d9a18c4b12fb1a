"""Read ``[tool.uv]``: indexes, development dependencies, constraints, overrides, workspaces and sources.

A source applies to all requirements of its name, in any table; with ``extra`` or ``group`` it applies to that section
only. ``exclude-dependencies`` lists packages that are not installed, so they are no dependencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mothball.formats.manifests.declarations import (
    Members,
    NamedEntry,
    declared_indexes,
    empty_source,
    first_switch,
    index_urls_in,
    local_path_of,
    read_named_entries,
    read_workspaces,
    skip_reason_of_source,
    text_of,
)
from mothball.formats.manifests.document import ManifestItem, SourceOverride, apply_source_overrides
from mothball.formats.manifests.tables import (
    ANY,
    ARRAY_INDEX,
    MAX_SHOWN,
    ArrayItem,
    TableMatcher,
    Tables,
    read_arrays,
    read_requirement,
    settings_at,
    tool_tables,
)
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import InlineTable, Scalar, String
from mothball.model.document import (
    Dependency,
    DependencyKind,
    ParseProblem,
    SkipReason,
    Span,
    ToolIndex,
    normalize_name,
)
from mothball.model.sanitize import one_line

# In [tool.uv.pip], settings of `uv pip` take precedence over those of all commands.
_PIP = "pip"
_REQUIREMENTS = (("dev-dependencies",), ("extra-build-dependencies", ANY), (_PIP, "extra-build-dependencies", ANY))
_CONSTRAINTS = (("constraint-dependencies",), ("build-constraint-dependencies",))
# uv takes the requirements of other packages from dependency-metadata instead of from an index.
_OVERRIDES = (
    ("override-dependencies",),
    ("dependency-metadata", ARRAY_INDEX, "requires-dist"),
    (_PIP, "dependency-metadata", ARRAY_INDEX, "requires-dist"),
)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, requirements, workspaces and source overrides of uv."""
    yield from read_arrays(tables, _REQUIREMENTS, table=_read_build_requirement)
    yield from read_arrays(tables, _CONSTRAINTS, DependencyKind.CONSTRAINT)
    yield from read_arrays(tables, _OVERRIDES, DependencyKind.OVERRIDE)
    yield from read_indexes(tables)
    yield from read_workspaces(tables, "uv", ("workspace",))
    urls = {index.name: index.url for index in declared_indexes(tables, "index", "uv", _role_of)}
    yield from read_named_entries(tables, (("sources",),), lambda source: _overrides_of(source, urls))


def read_uv_toml(text: str) -> tuple[tuple[ToolIndex, ...], ParseProblem | None]:
    """Return the indexes of a uv.toml, and its first syntax error or None. Never raises."""
    document = scan(text)
    indexes = tuple(read_indexes(Tables(text, (), document.entries, document.headers)))
    return indexes, next((ParseProblem(*error) for error in document.errors), None)


def is_unmanaged(text: str) -> bool:
    """Return True if a pyproject.toml has ``managed = false``: the project is no workspace member then."""
    tables = _uv_tables(text) if "managed" in text else None
    settings = TableMatcher(tables, (("managed",),)).settings() if tables is not None else ()
    return any(isinstance(setting.value, Scalar) and setting.value.value is False for setting, _ in settings)


def read_indexes(tables: Tables) -> Iterator[ToolIndex]:
    """Yield the indexes that the tables of uv declare; a uv.toml has the same keys at its top level.

    Indexes in the table ``pip`` have the scope ``pip``: they apply to requirements files only.
    """
    yield from declared_indexes(tables, "index", "uv", _role_of)
    for parent in ((), (_PIP,)):
        scope = "".join(parent)
        for name in ("index-url", "extra-index-url", "find-links"):
            for setting in settings_at(tables, ((*parent, name),)):
                for span, url in index_urls_in(setting.value):
                    yield ToolIndex(span, "uv", url, role=name, scope=scope)
        for setting, _ in TableMatcher(tables, ((*parent, "no-index"),)).settings():
            # An incomplete switch counts as set.
            if not (isinstance(setting.value, Scalar) and setting.value.value is False):
                yield ToolIndex(setting.value.span, "uv", "", role="no-index", scope=scope)


def _role_of(index: Members) -> str:
    return "flat" if text_of(index.get("format")) == "flat" else first_switch(index, "explicit", "default") or "index"


def _read_build_requirement(table: InlineTable, section: Section) -> Iterator[ArrayItem]:
    """Read ``{requirement = "numpy", match-runtime = true}``."""
    for entry in table.entries:
        if entry.path == ("requirement",) and isinstance(entry.value, String):
            yield from read_requirement(entry.value, section)


def _overrides_of(source: NamedEntry, urls: Mapping[str, str]) -> Iterator[SourceOverride | ParseProblem]:
    name = normalize_name(source.key.name)
    for members in source.alternatives or ({},):
        problem = _problem_of_source(source, members) if source.complete else None
        if problem is not None:
            yield problem
        skip_reason = skip_reason_of_source(members) if problem is None else SkipReason.INCOMPLETE
        # An incomplete source does not refer to the default index.
        if skip_reason is None and not source.complete:
            skip_reason = SkipReason.INCOMPLETE
        pinned = members.get("index")
        url = urls.get(pinned.value, "") if isinstance(pinned, String) else ""
        # Another file, such as the workspace root, may declare the index: the name must not be sent to any other one.
        if skip_reason is None and pinned is not None and not url:
            skip_reason = SkipReason.NO_INDEX
        undeclared = pinned.value if isinstance(pinned, String) and pinned.closed and not url else ""
        index_urls, is_partial = (url,) if url else (), "marker" in members
        for scope in _scopes(members):
            yield SourceOverride(name, scope, skip_reason, is_partial, index_urls, undeclared, local_path_of(members))


def _problem_of_source(source: NamedEntry, members: Members) -> ParseProblem | None:
    """Return the problem of a source that names nothing; uv rejects it as well."""
    names_project = skip_reason_of_source(members) not in (None, SkipReason.EDITABLE)
    if members and (names_project or "editable" not in members):
        return empty_source(source.key.name, members)
    message = f"the source of {one_line(source.key.name, MAX_SHOWN)} names nothing"
    return ParseProblem(source.key.span, message, "name a path, a URL, a repository, an index or the workspace")


def _scopes(members: Members) -> tuple[str, ...]:
    """Return the sections that an alternative applies to; the empty string means all."""
    extra, group = members.get("extra"), members.get("group")
    if isinstance(extra, String):
        return (f"project.optional-dependencies.{extra.value}",)
    if isinstance(group, String):
        section = f"dependency-groups.{group.value}"
        return (section, "tool.uv.dev-dependencies") if group.value == "dev" else (section,)
    return ("",)


def root_sources(text: str, root_text: str) -> tuple[Dependency, ...]:
    """Return a dependency for each name that the workspace root sets a source for, with the routing fields it sets.

    ``text`` is the pyproject.toml of a member: a source in the member replaces the root's source of the same name (uv,
    "Workspace sources").
    """
    own_names = {override.name for override in _sources_in(text)}
    inherited = [
        override for override in _sources_in(root_text) if override.name not in own_names and not override.scope
    ]
    names = dict.fromkeys(override.name for override in inherited)
    return tuple(apply_source_overrides((Dependency(name, Span(0, 0), Span(0, 0)) for name in names), inherited))


def _sources_in(text: str) -> list[SourceOverride]:
    tables = _uv_tables(text)
    items = read(tables) if tables is not None else ()
    return [item for item in items if isinstance(item, SourceOverride)]


def _uv_tables(text: str) -> Tables | None:
    document = scan(text)
    return tool_tables(Tables(text, (), document.entries, document.headers), ("uv",)).get("uv")
