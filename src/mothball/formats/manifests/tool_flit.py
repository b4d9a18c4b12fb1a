"""Read ``[tool.flit.metadata]``: the requirements of Flit projects without a ``[project]`` table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.requirement_arrays import read_arrays
from mothball.formats.manifests.tables import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables

_REQUIREMENTS = (("metadata", "requires"), ("metadata", "dev-requires"), ("metadata", "requires-extra", ANY))


def read(tables: Tables) -> Iterator[ArrayItem]:
    """Yield the requirements of Flit."""
    return read_arrays(tables, _REQUIREMENTS)
