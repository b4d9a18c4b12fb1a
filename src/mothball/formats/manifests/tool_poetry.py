"""Read ``[tool.poetry]``: sources, dependencies, groups, plugins and build constraints.

For a name that is also in ``[project]`` or ``[dependency-groups]``, Poetry's entry sets the source. It is therefore
read as a dependency and as a source override (poetry-core, ``DependencyGroup.dependencies_for_locking``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import DeclaredIndex, IndexPins, declared_indexes
from mothball.formats.manifests.documents import mark_never_installed
from mothball.formats.manifests.named_tables import NamedEntry, find_named_entries, read_named_entry
from mothball.formats.manifests.source_overrides import SourceOverride
from mothball.formats.manifests.tables import ANY
from mothball.formats.toml.api import String
from mothball.model.document import Dependency, DependencyKind, ParseProblem, SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.tables import Tables
    from mothball.formats.toml.api import Value

# Poetry's name for the default index.
_DEFAULT = "pypi"
_MAIN = "tool.poetry.dependencies"
_GROUP = "tool.poetry.group."
_REQUIREMENTS = (
    ("dependencies",),
    ("group", ANY, "dependencies"),
    ("dev-dependencies",),
    ("requires-plugins",),
)
# Installed into the environment of Poetry itself, or into that of a build.
_OTHER_ENVIRONMENTS = ("tool.poetry.requires-plugins",)
_CONSTRAINTS = (("build-constraints", ANY),)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, dependencies and source overrides of Poetry; ``python`` is not a project name there."""
    indexes = declared_indexes(tables, "source")
    yield from (index.to_tool_index("poetry", _role(index)) for index in indexes)
    python = _python(tables)
    index_pins = IndexPins(index for index in indexes if index.name.lower() != _DEFAULT)
    for patterns, kind in ((_REQUIREMENTS, DependencyKind.REQUIREMENT), (_CONSTRAINTS, DependencyKind.CONSTRAINT)):
        for entry in find_named_entries(tables, patterns):
            if isinstance(entry, ParseProblem):
                yield entry
            elif entry.key.name.lower() != "python":
                is_installed_with_project = entry.section not in _OTHER_ENVIRONMENTS and len(entry.alternatives) == 1
                for item in _read_entry(entry, tables, kind, index_pins):
                    if is_installed_with_project and isinstance(item, Dependency):
                        yield mark_never_installed(item, tables.requires_python, python)
                    else:
                        yield item
    for dependency in tables.standard:
        section = _poetry_section(dependency.section)
        if section and _has_other_source(dependency):
            yield SourceOverride(dependency.name, section, dependency.skip_reason, local_path=dependency.local_path)


def _python(tables: Tables) -> str:
    """Return the constraint of the Python versions, or an empty string."""
    values = (
        setting.value for setting in tables.settings if setting.path == ("tool", "poetry", "dependencies", "python")
    )
    return next((value.value for value in values if isinstance(value, String) and value.closed), "")


def _role(index: DeclaredIndex) -> str:
    """Return the priority of a source; old versions have the switches ``default`` and ``secondary`` instead."""
    switches = (member for member in ("default", "secondary") if index.is_set(member))
    return index.text("priority").lower() or next(switches, "primary")


def _read_entry(
    entry: NamedEntry, tables: Tables, kind: DependencyKind, index_pins: IndexPins
) -> Iterator[ManifestItem]:
    pinned = [members["source"] for members in entry.alternatives if "source" in members]
    for item in read_named_entry(entry, tables, kind):
        if not isinstance(item, Dependency):
            yield item
            continue
        dependency = _with_pinned_indexes(item, pinned, index_pins) if pinned else item
        yield dependency
        if dependency.skip_reason is None and not pinned:
            continue
        if _has_other_source(dependency) or dependency.index_url or dependency.index_name:
            for section in _standard_sections(dependency.section):
                name = dependency.index_name
                for url in (dependency.index_url, *dependency.alternative_indexes):
                    yield SourceOverride(
                        dependency.name,
                        section,
                        dependency.skip_reason,
                        index_url=url,
                        index_name=name,
                        local_path=dependency.local_path,
                    )


def _with_pinned_indexes(dependency: Dependency, pinned: list[Value], index_pins: IndexPins) -> Dependency:
    """Pin ``dependency`` to the indexes named in ``pinned``.

    The default index is pinned by its name, also beside other sources of the entry. If the file declares none of these,
    the dependency is skipped.
    """
    others = [value for value in pinned if not (isinstance(value, String) and value.value.lower() == _DEFAULT)]
    dependency = index_pins.apply(dependency, others)
    has_default = len(others) < len(pinned) and dependency.skip_reason is None
    return dependency._replace(index_name=_DEFAULT) if has_default else dependency


def _has_other_source(dependency: Dependency) -> bool:
    """Return True if the dependency comes from no index, or its index is unknown because the entry is incomplete."""
    return dependency.skip_reason not in {None, SkipReason.SELF}


def _standard_sections(section: str) -> tuple[str, ...]:
    """Return the standard arrays whose entries a table of Poetry supplements."""
    if section == _MAIN:
        return "project.dependencies", "project.optional-dependencies"
    if section.startswith(_GROUP):
        return (f"dependency-groups.{section.removeprefix(_GROUP).removesuffix('.dependencies')}",)
    return ()


def _poetry_section(section: str) -> str:
    """Return the table of Poetry that supplements a standard array, or an empty string."""
    if section.startswith("project."):
        return _MAIN
    group = section.removeprefix("dependency-groups.")
    return "" if group == section else f"{_GROUP}{group}.dependencies"
