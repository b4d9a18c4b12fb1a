"""[tool.poetry]: dependencies, groups, plugins and build constraints, in the old way and beside ``[project]``.

Where a name also stands in ``[project]`` or ``[dependency-groups]``, Poetry's entry says where it comes from: so it is
read as one more entry, and as a redirect of the other (poetry-core, ``DependencyGroup.dependencies_for_locking``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.index_tables import DeclaredIndex, Pins, declared_indexes
from mothball.formats.redirects import Redirect
from mothball.formats.toml import String
from mothball.formats.toml_named import Named, named, read_named
from mothball.formats.toml_sections import ANY
from mothball.model import Dependency, IndexOption, Kind, ParseProblem, WithheldReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.toml_documents import Found
    from mothball.formats.toml_sections import Tables

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


def read(tables: Tables) -> Iterator[Found]:
    """Yield what the tables of Poetry hold. ``python`` is no project, but the versions that are supported."""
    indexes = declared_indexes(tables, "source")
    yield from _index_options(indexes)
    pins = Pins(one for one in indexes if one.name.lower() != _DEFAULT)
    for patterns, kind in ((_REQUIREMENTS, Kind.REQUIREMENT), (_CONSTRAINTS, Kind.CONSTRAINT)):
        for one in named(tables, patterns):
            if isinstance(one, ParseProblem):
                yield one
            elif one.key.name.lower() != "python":
                yield from _read(one, tables, kind, pins)
    for dependency in tables.standard:
        section = _section_in_poetry(dependency.section)
        if section and _is_from_elsewhere(dependency):
            yield Redirect(dependency.name, section, dependency.withheld)


def _index_options(indexes: list[DeclaredIndex]) -> Iterator[IndexOption]:
    """Yield whom Poetry asks: a primary source takes the place of the default index, unless that is named as well."""
    implicit = [one for one in indexes if one.text("priority").lower() != "explicit" and one.name.lower() != _DEFAULT]
    primary = [one for one in implicit if one.text("priority").lower() in {"", "primary", "default"}]
    keeps_default = any(one.name.lower() == _DEFAULT for one in indexes)
    for one in implicit:
        is_last = bool(primary) and one is primary[-1] and not keeps_default
        yield from one.option("index-url" if is_last else "extra-index-url")


def _read(one: Named, tables: Tables, kind: Kind, pins: Pins) -> Iterator[Found]:
    pinned = next((members["source"] for members in one.alternatives if "source" in members), None)
    if isinstance(pinned, String) and pinned.value.lower() == _DEFAULT:
        pinned = None
    for found in read_named(one, tables, kind):
        if not isinstance(found, Dependency):
            yield found
            continue
        dependency = pins.apply(found, pinned)
        yield dependency
        if _is_from_elsewhere(dependency) or dependency.index_url:
            for section in _standard_sections(dependency.section):
                yield Redirect(dependency.name, section, dependency.withheld, index_url=dependency.index_url)


def _is_from_elsewhere(dependency: Dependency) -> bool:
    """Return whether no index is to be asked, or none that can be told while the entry is typed."""
    return dependency.withheld not in {None, WithheldReason.SELF}


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
