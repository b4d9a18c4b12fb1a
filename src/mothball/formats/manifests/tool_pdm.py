"""Read ``[tool.pdm]`` and ``[tool.rye]``: sources, requirements, overrides and workspace members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mothball.formats.manifests.declarations import (
    declared_indexes,
    read_named_entries,
    read_named_entry,
    read_workspaces,
    text_of,
)
from mothball.formats.manifests.documents import ManifestItem
from mothball.formats.manifests.tables import ANY, ArrayItem, Tables, read_arrays, read_requirement
from mothball.formats.requirements.strings import Section
from mothball.formats.toml.values import String
from mothball.model.document import DependencyKind, ToolIndex

_PDM = (("dev-dependencies", ANY), ("plugins",))
_PDM_OVERRIDES = (("resolution", "overrides"), ("overrides",))
_RYE = (("dev-dependencies",),)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, requirements and overrides of PDM."""
    yield from _read_indexes(tables, "pdm", "source")
    yield from read_arrays(tables, _PDM, string=_read_string)
    yield from read_named_entries(
        tables, _PDM_OVERRIDES, lambda entry: read_named_entry(entry, tables, DependencyKind.OVERRIDE)
    )


def read_rye(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, requirements and workspaces of Rye."""
    yield from _read_indexes(tables, "rye", "sources")
    yield from read_arrays(tables, _RYE)
    yield from read_workspaces(tables, "rye", ("workspace",))


def _read_indexes(tables: Tables, tool: str, array: str) -> Iterator[ToolIndex]:
    for index in declared_indexes(tables, array):
        yield index.to_tool_index(tool, text_of(index.members.get("type")) or "index")


def _read_string(string: String, section: Section) -> Iterable[ArrayItem]:
    """Read a requirement, or an editable one such as ``-e file:///${PROJECT_ROOT}/lib#egg=lib``."""
    if not string.value.lstrip().startswith("-"):
        return read_requirement(string, section)
    from mothball.formats.manifests.templates import read_pip_lines  # noqa: PLC0415 - rarely needed

    return read_pip_lines(string, section)
