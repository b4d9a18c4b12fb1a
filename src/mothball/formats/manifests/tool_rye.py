"""Read ``[tool.rye]``: sources, development dependencies and workspace members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import declared_indexes, read_workspaces
from mothball.formats.manifests.requirement_arrays import read_arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.tables import Tables

_REQUIREMENTS = (("dev-dependencies",),)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, requirements and workspaces of Rye."""
    yield from (
        index.to_tool_index("rye", index.text("type") or "index") for index in declared_indexes(tables, "sources")
    )
    yield from read_arrays(tables, _REQUIREMENTS)
    yield from read_workspaces(tables, "rye", ("workspace",))
