"""[tool.uv]: development dependencies, constraints and overrides, and the sources that lead names elsewhere.

A source is joined to all requirements of its name, in whatever table they stand; with ``extra`` or ``group`` it holds
for that one alone. ``exclude-dependencies`` name what is not to be installed and are no dependencies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import (
    declared_indexes,
    enabled_switches,
    index_urls_at,
    read_workspaces,
)
from mothball.formats.manifests.named_tables import NamedEntry, find_named_entries, skip_reason_of_source
from mothball.formats.manifests.requirement_arrays import read_arrays, read_requirement
from mothball.formats.manifests.source_overrides import SourceOverride, apply_source_overrides
from mothball.formats.manifests.tables import ANY, TableMatcher, all_tables, tool_tables
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.api import InlineTable, Scalar, String, scan
from mothball.model.document import DependencyKind, Document, ParseProblem, SkipReason, ToolIndex, normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables
    from mothball.formats.toml.api import Value

_REQUIREMENTS = (("dev-dependencies",), ("extra-build-dependencies", ANY))
_CONSTRAINTS = (("constraint-dependencies",), ("build-constraint-dependencies",))
_OVERRIDES = (("override-dependencies",),)
_SOURCES = (("sources",),)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield what the tables of uv hold."""
    yield from read_arrays(tables, _REQUIREMENTS, table=_read_build_requirement)
    yield from read_arrays(tables, _CONSTRAINTS, DependencyKind.CONSTRAINT)
    yield from read_arrays(tables, _OVERRIDES, DependencyKind.OVERRIDE)
    yield from read_indexes(tables)
    yield from read_workspaces(tables, "uv", ("workspace",))
    urls = {index.name: index.url.value for index in declared_indexes(tables, "index") if index.url}
    for source in find_named_entries(tables, _SOURCES):
        if isinstance(source, ParseProblem):
            yield source
        else:
            yield from _overrides_of(source, urls)


def read_uv_toml(text: str) -> tuple[tuple[ToolIndex, ...], ParseProblem | None]:
    """Return the indexes of a uv.toml, and the first thing that makes it no TOML; raises nothing."""
    document = scan(text)
    found = tuple(read_indexes(all_tables(text, document)))
    first = next((ParseProblem(*error) for error in document.errors), None)
    return found, first


def is_unmanaged(text: str) -> bool:
    """Return whether a pyproject.toml says that uv shall not manage its project, which is no member then."""
    tables = tool_tables(all_tables(text, scan(text)), ("uv",)).get("uv") if "managed" in text else None
    settings = TableMatcher(tables, (("managed",),)).settings() if tables is not None else ()
    return any(isinstance(one.value, Scalar) and one.value.value is False for one, _ in settings)


def read_indexes(tables: Tables) -> Iterator[ToolIndex]:
    """Yield the indexes that the tables of uv declare; a uv.toml has the same keys at its top level.

    What stands in ``pip`` has that scope: it holds for requirements files alone.
    """
    for index in declared_indexes(tables, "index"):
        roles = (member for member in ("explicit", "default") if index.is_set(member))
        yield index.to_tool_index("uv", "flat" if index.text("format") == "flat" else next(roles, "index"))
    for above in ((), ("pip",)):
        scope = "".join(above)
        for name in ("index-url", "extra-index-url"):
            for span, url in index_urls_at(tables, (*above, name)):
                yield ToolIndex(span, "uv", url, role=name, scope=scope)
        for span in enabled_switches(tables, (*above, "no-index")):
            yield ToolIndex(span, "uv", "", role="no-index", scope=scope)


def _read_build_requirement(table: InlineTable, section: Section) -> Iterator[ArrayItem]:
    """Read ``{requirement = "numpy", match-runtime = true}``."""
    for entry in table.entries:
        if entry.path == ("requirement",) and isinstance(entry.value, String):
            yield from read_requirement(entry.value, section)


def _overrides_of(source: NamedEntry, urls: Mapping[str, str]) -> Iterator[SourceOverride]:
    name = normalize_name(source.key.name)
    for members in source.alternatives:
        skip_reason = skip_reason_of_source(members)
        # Whatever is being typed there, it was not to be the default index.
        if skip_reason is None and not (source.complete and members):
            skip_reason = SkipReason.INCOMPLETE
        pinned = members.get("index")
        url = urls.get(pinned.value) if isinstance(pinned, String) else None
        # Another file may declare that index, the root of the workspace for one; no other one is to learn the name.
        if skip_reason is None and pinned is not None and url is None:
            skip_reason = SkipReason.NO_INDEX
        for scope in _scopes(members):
            yield SourceOverride(name, scope, skip_reason, "marker" in members, url, _unknown(pinned, urls))
    if not source.alternatives:
        yield SourceOverride(name, "", SkipReason.INCOMPLETE)


def _unknown(pinned: Value | None, urls: Mapping[str, str]) -> str:
    """Return the name of the index that is ``pinned``, where the file does not declare it."""
    return pinned.value if isinstance(pinned, String) and pinned.closed and pinned.value not in urls else ""


def _scopes(members: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the sections for which an alternative holds; the empty name stands for all."""
    extra, group = members.get("extra"), members.get("group")
    if isinstance(extra, String):
        return (f"project.optional-dependencies.{extra.value}",)
    if isinstance(group, String):
        section = f"dependency-groups.{group.value}"
        return (section, "tool.uv.dev-dependencies") if group.value == "dev" else (section,)
    return ("",)


def with_root_sources(document: Document, text: str, root_text: str) -> Document:
    """Return ``document``, a member of a workspace whose text is ``text``, with the sources of the workspace's root.

    A source of the member's own takes the place of the root's (uv, "Workspace sources").
    """
    own = {one.name for one in _sources_in(text)}
    ours = [one for one in _sources_in(root_text) if one.name not in own and not one.scope]
    return document._replace(dependencies=tuple(apply_source_overrides(document.dependencies, ours)))


def _sources_in(text: str) -> list[SourceOverride]:
    tables = tool_tables(all_tables(text, scan(text)), ("uv",)).get("uv")
    found = read(tables) if tables is not None else ()
    return [one for one in found if isinstance(one, SourceOverride)]
