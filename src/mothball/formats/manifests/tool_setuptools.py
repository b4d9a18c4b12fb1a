"""Read ``[tool.setuptools.dynamic]``: the requirements files that hold the dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.requirement_arrays import read_files
from mothball.formats.manifests.tables import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.tables import Tables
    from mothball.model.document import Include

_FILES = (("dynamic", "dependencies", "file"), ("dynamic", "optional-dependencies", ANY, "file"))


def read(tables: Tables) -> Iterator[Include]:
    """Yield the files of dynamic ``dependencies`` and ``optional-dependencies``."""
    return read_files(tables, _FILES)
