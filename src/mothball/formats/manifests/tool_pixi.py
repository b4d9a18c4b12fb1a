"""Read ``[tool.pixi]`` and pixi.toml: PyPI dependencies and conda packages, by feature and platform.

A conda package may have the name of an unrelated project on a Python index, so it is listed but skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mothball.formats.manifests.declarations import (
    NamedEntry,
    find_named_entries,
    index_urls_in,
    read_named_entries,
    read_named_entry,
)
from mothball.formats.manifests.documents import ManifestItem, parse_with
from mothball.formats.manifests.tables import ANY, TableMatcher, Tables
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, SkipReason, ToolIndex

_WORKSPACES = ((), ("target", ANY), ("feature", ANY), ("feature", ANY, "target", ANY))
_PACKAGES = (("package",), ("package", "target", ANY))
_CONDA = ("dependencies", "host-dependencies", "build-dependencies", "run-dependencies", "dev")

_PYPI_PACKAGES = tuple((*parent, "pypi-dependencies") for parent in _WORKSPACES)
_OVERRIDES = tuple((*parent, "pypi-options", "dependency-overrides") for parent in _WORKSPACES)
_INDEXES = tuple(
    (*parent, "pypi-options", name) for parent in _WORKSPACES for name in ("index-url", "extra-index-urls")
)
_CONDA_PACKAGES = tuple((*parent, table) for parent in (*_WORKSPACES, *_PACKAGES) for table in _CONDA)
# Tables in those of packages: ``[package.build-dependencies."if(linux)"]``.
_CONDITIONAL_PACKAGES = tuple((*parent, table, ANY) for parent in _PACKAGES for table in _CONDA)
_CONDITION = "if("


def parse(text: str) -> Document:
    """Parse a pixi.toml, complete or incomplete, without byte-order mark. Never raises."""
    return parse_with(read, "pixi-toml", text)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, PyPI dependencies, overrides and conda packages of pixi."""
    yield from _read_indexes(tables)
    for patterns, kind in ((_PYPI_PACKAGES, DependencyKind.REQUIREMENT), (_OVERRIDES, DependencyKind.OVERRIDE)):
        yield from read_named_entries(tables, patterns, partial(_read_entry, tables=tables, kind=kind))
    yield from _read_conda_packages(tables)


def _read_entry(entry: NamedEntry, tables: Tables, kind: DependencyKind) -> Iterator[ManifestItem]:
    return read_named_entry(entry, tables, kind, url_key="index")


def _read_conda_packages(tables: Tables) -> Iterator[Dependency]:
    """Yield the conda packages. Conda has its own rules for names: problems with them are not reported."""
    for patterns in (_CONDA_PACKAGES, _CONDITIONAL_PACKAGES):
        for entry in find_named_entries(tables, patterns):
            if isinstance(entry, ParseProblem) or entry.key.name.startswith(_CONDITION):
                continue
            if patterns is _CONDITIONAL_PACKAGES and f".{_CONDITION}" not in entry.section:
                continue  # the version and other settings of a package
            for item in read_named_entry(entry, tables):
                if isinstance(item, Dependency):
                    yield item._replace(skip_reason=SkipReason.CONDA)


def _read_indexes(tables: Tables) -> Iterator[ToolIndex]:
    """Yield the indexes of the workspace and of its features."""
    start = len(tables.prefix)
    for setting, depth in TableMatcher(tables, _INDEXES).settings():
        path = setting.path[start:depth]
        scope = str(path[1]) if path[0] == "feature" else ""
        for span, url in index_urls_in(setting.value) if len(setting.path) == depth else ():
            yield ToolIndex(span, "pixi", url, role=str(path[-1]), scope=scope)
