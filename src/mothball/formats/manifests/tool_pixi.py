"""[tool.pixi] and pixi.toml: projects of an index beside packages of conda, by feature and by platform.

A conda package may bear the name of a project that it is not; so it is skipped, and seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import index_urls_in
from mothball.formats.manifests.documents import parse_with
from mothball.formats.manifests.named_tables import find_named_entries, read_named_entry
from mothball.formats.manifests.tables import ANY, TableMatcher
from mothball.model.document import Dependency, DependencyKind, ParseProblem, SkipReason, ToolIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.tables import Tables
    from mothball.model.document import Document

_WORKSPACES = ((), ("target", ANY), ("feature", ANY), ("feature", ANY, "target", ANY))
_PACKAGES = (("package",), ("package", "target", ANY))
_CONDA = ("dependencies", "host-dependencies", "build-dependencies", "run-dependencies", "dev")

_PROJECTS = tuple((*above, "pypi-dependencies") for above in _WORKSPACES)
_OVERRIDES = tuple((*above, "pypi-options", "dependency-overrides") for above in _WORKSPACES)
_INDEXES = tuple((*above, "pypi-options", name) for above in _WORKSPACES for name in ("index-url", "extra-index-urls"))
_CONDA_PACKAGES = tuple((*above, table) for above in (*_WORKSPACES, *_PACKAGES) for table in _CONDA)


def parse(text: str) -> Document:
    """Read a pixi.toml, whole or half typed, without byte-order mark; raises nothing."""
    return parse_with(read, "pixi-toml", text)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield what the tables of pixi hold."""
    yield from _read_indexes(tables)
    for patterns, kind in ((_PROJECTS, DependencyKind.REQUIREMENT), (_OVERRIDES, DependencyKind.OVERRIDE)):
        for one in find_named_entries(tables, patterns):
            if isinstance(one, ParseProblem):
                yield one
            else:
                yield from read_named_entry(one, tables, kind, index="index")
    for one in find_named_entries(tables, _CONDA_PACKAGES):
        # What conda lets pass as a name is for conda to judge.
        for found in read_named_entry(one, tables) if not isinstance(one, ParseProblem) else ():
            if isinstance(found, Dependency):
                yield found._replace(skip_reason=SkipReason.CONDA)


def _read_indexes(tables: Tables) -> Iterator[ToolIndex]:
    """Yield the indexes of the workspace and of its features."""
    start = len(tables.prefix)
    for setting, depth in TableMatcher(tables, _INDEXES).settings():
        path = setting.path[start:depth]
        scope = str(path[1]) if path[0] == "feature" else ""
        for span, url in index_urls_in(setting.value) if len(setting.path) == depth else ():
            yield ToolIndex(span, "pixi", url, role=str(path[-1]), scope=scope)
