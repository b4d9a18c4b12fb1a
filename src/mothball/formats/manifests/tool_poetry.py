"""Read ``[tool.poetry]``: sources, dependencies, groups, plugins and build constraints.

For a name that is also in ``[project]`` or ``[dependency-groups]``, Poetry's entry sets the source. It is therefore
read as a dependency and as a source override (poetry-core, ``DependencyGroup.dependencies_for_locking``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mothball.formats.manifests.declarations import (
    DeclaredIndex,
    IndexPins,
    NamedEntry,
    declared_indexes,
    read_named_entries,
    read_named_entry,
    text_of,
)
from mothball.formats.manifests.documents import ManifestItem, SourceOverride, mark_never_installed
from mothball.formats.manifests.tables import ANY, Tables
from mothball.formats.toml.values import String
from mothball.model.document import Dependency, DependencyKind, SkipReason

# Poetry's name for the default index.
_DEFAULT = "pypi"
_MAIN = "tool.poetry.dependencies"
_GROUP = "tool.poetry.group."
_REQUIREMENTS = (("dependencies",), ("group", ANY, "dependencies"), ("dev-dependencies",), ("requires-plugins",))
# Installed into the environment of Poetry itself, or into that of a build.
_OTHER_ENVIRONMENTS = ("tool.poetry.requires-plugins",)
_CONSTRAINTS = (("build-constraints", ANY),)
_PYTHON = ("tool", "poetry", "dependencies", "python")


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, dependencies and source overrides of Poetry; ``python`` is not a project name there."""
    indexes = declared_indexes(tables, "source")
    yield from (index.to_tool_index("poetry", _role(index)) for index in indexes)
    values = (setting.value for setting in tables.settings if setting.path == _PYTHON)
    python = next((value.value for value in values if isinstance(value, String) and value.closed), "")
    pins = IndexPins(indexes, "source", _DEFAULT)
    for patterns, kind in ((_REQUIREMENTS, DependencyKind.REQUIREMENT), (_CONSTRAINTS, DependencyKind.CONSTRAINT)):
        read_entry = partial(_read_entry, tables=tables, kind=kind, pins=pins, python=python)
        yield from read_named_entries(tables, patterns, read_entry)
    for dependency in tables.standard:
        section = _poetry_section(dependency.section)
        if section and _has_other_source(dependency):
            yield SourceOverride(dependency.name, section, dependency.skip_reason, local_path=dependency.local_path)


def _role(index: DeclaredIndex) -> str:
    """Return the priority of a source; old versions have the switches ``default`` and ``secondary`` instead."""
    priority = text_of(index.members.get("priority")).lower()
    return priority or index.first_switch("default", "secondary") or "primary"


def _read_entry(
    entry: NamedEntry, tables: Tables, kind: DependencyKind, pins: IndexPins, python: str
) -> Iterator[ManifestItem]:
    if entry.key.name.lower() == "python":
        return
    is_installed_with_project = entry.section not in _OTHER_ENVIRONMENTS and len(entry.alternatives) == 1
    for item in read_named_entry(entry, tables, kind, pins=pins):
        if not isinstance(item, Dependency):
            yield item
            continue
        yield mark_never_installed(item, tables.requires_python, python) if is_installed_with_project else item
        if _has_other_source(item) or item.index_url or item.index_name:
            yield from _overrides_of(item)


def _overrides_of(dependency: Dependency) -> Iterator[SourceOverride]:
    """Yield the overrides of the standard arrays whose entries the table of ``dependency`` supplements."""
    scopes: tuple[str, ...] = ()
    if dependency.section == _MAIN:
        scopes = ("project.dependencies", "project.optional-dependencies")
    elif dependency.section.startswith(_GROUP):
        scopes = (f"dependency-groups.{dependency.section.removeprefix(_GROUP).removesuffix('.dependencies')}",)
    for scope in scopes:
        for url in (dependency.index_url, *dependency.alternative_indexes):
            yield SourceOverride(
                dependency.name,
                scope,
                dependency.skip_reason,
                index_url=url,
                index_name=dependency.index_name,
                local_path=dependency.local_path,
            )


def _has_other_source(dependency: Dependency) -> bool:
    """Return True if the dependency comes from no index, or its index is unknown because the entry is incomplete."""
    return dependency.skip_reason not in {None, SkipReason.SELF}


def _poetry_section(section: str) -> str:
    """Return the table of Poetry that supplements a standard array, or an empty string."""
    if section.startswith("project."):
        return _MAIN
    group = section.removeprefix("dependency-groups.")
    return "" if group == section else f"{_GROUP}{group}.dependencies"
