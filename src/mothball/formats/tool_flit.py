"""[tool.flit.metadata]: the requirements of projects that Flit described before ``[project]`` did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.requirement_items import read_arrays
from mothball.formats.toml_sections import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.requirement_items import Item
    from mothball.formats.toml_sections import Tables

_PLACES = (("metadata", "requires"), ("metadata", "dev-requires"), ("metadata", "requires-extra", ANY))


def read(tables: Tables) -> Iterator[Item]:
    """Yield what the tables of Flit hold."""
    return read_arrays(tables, _PLACES)
