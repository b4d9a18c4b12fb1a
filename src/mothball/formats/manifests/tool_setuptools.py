"""Read ``[tool.setuptools.dynamic]``: the requirements files that hold the dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.tables import ANY, TableMatcher
from mothball.formats.toml.api import Array, String
from mothball.model.document import DependencyKind, Include

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.tables import Tables

_FILES = (("dynamic", "dependencies", "file"), ("dynamic", "optional-dependencies", ANY, "file"))


def read(tables: Tables) -> Iterator[Include]:
    """Yield the files of dynamic ``dependencies`` and ``optional-dependencies``."""
    for setting, depth in TableMatcher(tables, _FILES).settings():
        value = setting.value
        for item in value.items if isinstance(value, Array) else (value,):
            if isinstance(item, String) and item.closed and len(setting.path) == depth:
                yield Include(item.inner, item.value, DependencyKind.REQUIREMENT)
