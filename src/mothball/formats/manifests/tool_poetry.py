"""[tool.poetry]: dependencies, groups, plugins and build constraints, in the old way and beside ``[project]``.

Where a name also stands in ``[project]`` or ``[dependency-groups]``, Poetry's entry says where it comes from: so it is
read as one more entry, and as a override of the other (poetry-core, ``DependencyGroup.dependencies_for_locking``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import DeclaredIndex, IndexPins, declared_indexes
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

# The name by which Poetry knows the default index.
_DEFAULT = "pypi"
_MAIN = "tool.poetry.dependencies"
_GROUP = "tool.poetry.group."
_REQUIREMENTS = (
    ("dependencies",),
    ("group", ANY, "dependencies"),
    ("dev-dependencies",),
    ("requires-plugins",),
)
_CONSTRAINTS = (("build-constraints", ANY),)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield what the tables of Poetry hold. ``python`` is no project, but the versions that are supported."""
    indexes = declared_indexes(tables, "source")
    yield from (index.to_tool_index("poetry", _role(index)) for index in indexes)
    index_pins = IndexPins(one for one in indexes if one.name.lower() != _DEFAULT)
    for patterns, kind in ((_REQUIREMENTS, DependencyKind.REQUIREMENT), (_CONSTRAINTS, DependencyKind.CONSTRAINT)):
        for one in find_named_entries(tables, patterns):
            if isinstance(one, ParseProblem):
                yield one
            elif one.key.name.lower() != "python":
                yield from _read(one, tables, kind, index_pins)
    for dependency in tables.standard:
        section = _section_in_poetry(dependency.section)
        if section and _is_from_elsewhere(dependency):
            yield SourceOverride(dependency.name, section, dependency.skip_reason)


def _role(index: DeclaredIndex) -> str:
    """Return the priority of a source; before priorities there were two switches."""
    switches = (member for member in ("default", "secondary") if index.is_set(member))
    return index.text("priority").lower() or next(switches, "primary")


def _read(one: NamedEntry, tables: Tables, kind: DependencyKind, index_pins: IndexPins) -> Iterator[ManifestItem]:
    pinned = [members["source"] for members in one.alternatives if "source" in members]
    for found in read_named_entry(one, tables, kind):
        if not isinstance(found, Dependency):
            yield found
            continue
        dependency = _pinned(found, pinned, index_pins) if pinned else found
        yield dependency
        if dependency.skip_reason is None and not pinned:  # as nearly always
            continue
        if _is_from_elsewhere(dependency) or dependency.index_url or dependency.index_name:
            for section in _standard_sections(dependency.section):
                name = dependency.index_name
                for url in (dependency.index_url, *dependency.alternative_indexes):
                    yield SourceOverride(
                        dependency.name, section, dependency.skip_reason, index_url=url, index_name=name
                    )


def _pinned(dependency: Dependency, pinned: list[Value], index_pins: IndexPins) -> Dependency:
    """Return ``dependency`` with the indexes that ``pinned`` names.

    Besides another source, what is fetched from the default index in some environments is asked of that source alone.
    """
    others = [value for value in pinned if not (isinstance(value, String) and value.value.lower() == _DEFAULT)]
    return index_pins.apply(dependency, others) if others else dependency._replace(index_name=_DEFAULT)


def _is_from_elsewhere(dependency: Dependency) -> bool:
    """Return whether no index is to be asked, or none that can be reported while the entry is typed."""
    return dependency.skip_reason not in {None, SkipReason.SELF}


def _standard_sections(section: str) -> tuple[str, ...]:
    """Return the standard arrays to whose entries a table of Poetry adds."""
    if section == _MAIN:
        return "project.dependencies", "project.optional-dependencies"
    if section.startswith(_GROUP):
        return (f"dependency-groups.{section.removeprefix(_GROUP).removesuffix('.dependencies')}",)
    return ()


def _section_in_poetry(section: str) -> str:
    """Return the table of Poetry that adds to the entries of a standard array, empty where none does."""
    if section.startswith("project."):
        return _MAIN
    group = section.removeprefix("dependency-groups.")
    return "" if group == section else f"{_GROUP}{group}.dependencies"
