"""[tool.flit.metadata]: the requirements of projects that Flit described before ``[project]`` did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.requirement_arrays import read_arrays
from mothball.formats.manifests.tables import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables

_PLACES = (("metadata", "requires"), ("metadata", "dev-requires"), ("metadata", "requires-extra", ANY))


def read(tables: Tables) -> Iterator[ArrayItem]:
    """Yield what the tables of Flit hold."""
    return read_arrays(tables, _PLACES)
