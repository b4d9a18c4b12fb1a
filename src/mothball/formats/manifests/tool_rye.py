"""[tool.rye]: development dependencies, its sources, and the members of its workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import declared_indexes, read_workspaces
from mothball.formats.manifests.requirement_arrays import read_arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.tables import Tables

_PLACES = (("dev-dependencies",),)


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield what the tables of Rye hold."""
    yield from (
        index.to_tool_index("rye", index.text("type") or "index") for index in declared_indexes(tables, "sources")
    )
    yield from read_arrays(tables, _PLACES)
    yield from read_workspaces(tables, "rye", ("workspace",))
