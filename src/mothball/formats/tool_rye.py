"""[tool.rye]: development dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.requirement_items import read_arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.requirement_items import Item
    from mothball.formats.toml_sections import Tables

_PLACES = (("dev-dependencies",),)


def read(tables: Tables) -> Iterator[Item]:
    """Yield what the tables of Rye hold."""
    return read_arrays(tables, _PLACES)
