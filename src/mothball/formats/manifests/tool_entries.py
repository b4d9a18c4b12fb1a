"""Read the tables of tools with entries by project name: Pipfile, Poetry, PDM, Rye, and pixi with pixi.toml.

For a name that is also in ``[project]`` or ``[dependency-groups]``, Poetry's entry sets the source. It is therefore
read as a dependency and as a source override (poetry-core, ``DependencyGroup.dependencies_for_locking``).

A conda package of pixi may have the name of an unrelated project on a Python index, so it is listed but skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from mothball.formats.manifests.declarations import (
    IndexPins,
    Members,
    NamedEntry,
    declared_indexes,
    find_named_entries,
    first_switch,
    index_urls_in,
    is_true,
    read_named_entries,
    read_named_entry,
    read_workspaces,
    text_of,
)
from mothball.formats.manifests.document import ManifestItem, SourceOverride, mark_never_installed, parse_with
from mothball.formats.manifests.tables import ANY, ArrayItem, Tables, read_arrays, read_requirement, settings_at
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.values import String
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, SkipReason, ToolIndex

# --- Pipfile: packages, development packages and custom package categories --------------------------------------------

# All other tables are package categories (Pipenv, "Pipfile").
_NOT_CATEGORIES = {"source", "requires", "scripts", "pipenv"}
_SEARCHES_ALL = ("pipenv", "install_search_all_sources")


def parse_pipfile(text: str) -> Document:
    """Parse a Pipfile, complete or incomplete, without byte-order mark. Never raises."""
    return parse_with(_read_pipfile, "pipfile", text)


def _read_pipfile(tables: Tables) -> Iterator[ManifestItem]:
    categories = Tables(
        tables.text,
        (),
        tuple(setting for setting in tables.settings if setting.path[0] not in _NOT_CATEGORIES),
        tuple(header for header in tables.headers if header.path[0] not in _NOT_CATEGORIES),
    )
    searches_all = any(setting.path == _SEARCHES_ALL and is_true(setting.value) for setting in tables.settings)
    indexes = declared_indexes(tables, "source", "pipenv", lambda _: "searched" if searches_all else "")
    yield from indexes
    # Pipenv puts the key before the version, so that it may contain extras.
    read_entry = partial(read_named_entry, tables=tables, pins=IndexPins(indexes, "index"), allow_extras=True)
    yield from read_named_entries(categories, ((ANY,),), read_entry)


# --- Poetry -----------------------------------------------------------------------------------------------------------

# Poetry's name for the default index.
_DEFAULT = "pypi"
_MAIN = "tool.poetry.dependencies"
_GROUP = "tool.poetry.group."
_POETRY = (("dependencies",), ("group", ANY, "dependencies"), ("dev-dependencies",), ("requires-plugins",))
# Installed into the environment of Poetry itself, or into that of a build.
_OTHER_ENVIRONMENTS = ("tool.poetry.requires-plugins",)
_POETRY_CONSTRAINTS = (("build-constraints", ANY),)
_POETRY_PYTHON = ("tool", "poetry", "dependencies", "python")


def read_poetry(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, dependencies and source overrides of Poetry; ``python`` is not a project name there."""
    indexes = declared_indexes(tables, "source", "poetry", _poetry_role)
    yield from indexes
    values = (setting.value for setting in tables.settings if setting.path == _POETRY_PYTHON)
    python = next((value.value for value in values if isinstance(value, String) and value.closed), "")
    pins = IndexPins(indexes, "source", _DEFAULT)
    for patterns, kind in ((_POETRY, DependencyKind.REQUIREMENT), (_POETRY_CONSTRAINTS, DependencyKind.CONSTRAINT)):
        read_entry = partial(_read_poetry_entry, tables=tables, kind=kind, pins=pins, python=python)
        yield from read_named_entries(tables, patterns, read_entry)
    for dependency in tables.standard:
        section = _poetry_section(dependency.section)
        if section and _has_other_source(dependency):
            yield SourceOverride(dependency.name, section, dependency.skip_reason, local_path=dependency.local_path)


def _poetry_role(source: Members) -> str:
    """Return the priority of a source; old versions have the switches ``default`` and ``secondary`` instead."""
    priority = text_of(source.get("priority")).lower()
    return priority or first_switch(source, "default", "secondary") or "primary"


def _read_poetry_entry(
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
    urls = (dependency.index_url, *dependency.alternative_indexes) if dependency.index_url else ()
    for scope in scopes:
        yield SourceOverride(
            dependency.name,
            scope,
            dependency.skip_reason,
            index_urls=urls,
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


# --- PDM and Rye ------------------------------------------------------------------------------------------------------

_PDM = (("dev-dependencies", ANY), ("plugins",))
_PDM_OVERRIDES = (("resolution", "overrides"), ("overrides",))
_RYE = (("dev-dependencies",),)


def read_pdm(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, requirements and overrides of PDM."""
    yield from declared_indexes(tables, "source", "pdm", _type_of)
    yield from read_arrays(tables, _PDM, string=_read_pdm_string)
    read_entry = partial(read_named_entry, tables=tables, kind=DependencyKind.OVERRIDE)
    yield from read_named_entries(tables, _PDM_OVERRIDES, read_entry)


def read_rye(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, requirements and workspaces of Rye."""
    yield from declared_indexes(tables, "sources", "rye", _type_of)
    yield from read_arrays(tables, _RYE)
    yield from read_workspaces(tables, "rye", ("workspace",))


def _type_of(source: Members) -> str:
    return text_of(source.get("type")) or "index"


def _read_pdm_string(string: String, section: Section) -> Iterable[ArrayItem]:
    """Read a requirement, or an editable one such as ``-e file:///${PROJECT_ROOT}/lib#egg=lib``."""
    if not string.value.lstrip().startswith("-"):
        return read_requirement(string, section)
    from mothball.formats.manifests.templates import read_pip_lines  # noqa: PLC0415 - rarely needed

    return read_pip_lines(string, section)


# --- pixi: PyPI dependencies and conda packages, by feature and platform ----------------------------------------------

_WORKSPACES = ((), ("target", ANY), ("feature", ANY), ("feature", ANY, "target", ANY))
_PACKAGES = (("package",), ("package", "target", ANY))
_CONDA = ("dependencies", "host-dependencies", "build-dependencies", "run-dependencies", "dev")

_PIXI = tuple((*parent, "pypi-dependencies") for parent in _WORKSPACES)
_PIXI_OVERRIDES = tuple((*parent, "pypi-options", "dependency-overrides") for parent in _WORKSPACES)
_PIXI_INDEXES = tuple(
    (*parent, "pypi-options", name) for parent in _WORKSPACES for name in ("index-url", "extra-index-urls")
)
_CONDA_PACKAGES = tuple((*parent, table) for parent in (*_WORKSPACES, *_PACKAGES) for table in _CONDA)
# Tables in those of packages: ``[package.build-dependencies."if(linux)"]``.
_CONDITIONAL_PACKAGES = tuple((*parent, table, ANY) for parent in _PACKAGES for table in _CONDA)
_CONDITION = "if("


def parse_pixi(text: str) -> Document:
    """Parse a pixi.toml, complete or incomplete, without byte-order mark. Never raises."""
    return parse_with(read_pixi, "pixi-toml", text)


def read_pixi(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, PyPI dependencies, overrides and conda packages of pixi."""
    yield from _pixi_indexes(tables)
    for patterns, kind in ((_PIXI, DependencyKind.REQUIREMENT), (_PIXI_OVERRIDES, DependencyKind.OVERRIDE)):
        read_entry = partial(read_named_entry, tables=tables, kind=kind, url_key="index")
        yield from read_named_entries(tables, patterns, read_entry)
    yield from _conda_packages(tables)


def _pixi_indexes(tables: Tables) -> Iterator[ToolIndex]:
    """Yield the indexes of the workspace and of its features."""
    for setting in settings_at(tables, _PIXI_INDEXES):
        first, *others = setting.path[len(tables.prefix) :]
        scope = str(others[0]) if first == "feature" else ""
        for span, url in index_urls_in(setting.value):
            yield ToolIndex(span, "pixi", url, role=str(others[-1]), scope=scope)


def _conda_packages(tables: Tables) -> Iterator[Dependency]:
    """Yield the conda packages. Conda has its own rules for names: problems with them are not reported."""
    for patterns in (_CONDA_PACKAGES, _CONDITIONAL_PACKAGES):
        for entry in find_named_entries(tables, patterns):
            if isinstance(entry, ParseProblem) or entry.key.name.startswith(_CONDITION):
                continue
            if patterns is _CONDITIONAL_PACKAGES and f".{_CONDITION}" not in entry.section:
                continue  # the version and other settings of a package
            for item in read_named_entry(entry, tables, skip_reason=SkipReason.CONDA):
                if isinstance(item, Dependency):
                    yield item
