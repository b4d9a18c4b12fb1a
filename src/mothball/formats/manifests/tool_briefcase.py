"""Read ``[tool.briefcase]``: requirements of applications, by platform and output format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.requirement_arrays import read_arrays, read_pip_lines
from mothball.formats.manifests.tables import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables

# All applications, one application, its platform, an output format of the platform, and a Linux distribution.
_TABLES = ((), *(("app", *[ANY] * depth) for depth in range(1, 5)))
_REQUIREMENTS = tuple((*table, name) for table in _TABLES for name in ("requires", "test_requires"))


def read(tables: Tables) -> Iterator[ArrayItem]:
    """Yield the requirements of Briefcase, which are arguments of ``pip install``."""
    return read_arrays(tables, _REQUIREMENTS, string=read_pip_lines)
