"""Read ``[tool.pdm]``: sources, development dependencies, plugins and overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import declared_indexes
from mothball.formats.manifests.named_tables import find_named_entries, read_named_entry
from mothball.formats.manifests.requirement_arrays import read_arrays, read_pip_lines, read_requirement
from mothball.formats.manifests.tables import ANY
from mothball.formats.requirements.strings import Section
from mothball.model.document import DependencyKind, ParseProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.formats.manifests.requirement_arrays import ArrayItem
    from mothball.formats.manifests.tables import Tables
    from mothball.formats.toml.api import String

_REQUIREMENTS = (("dev-dependencies", ANY), ("plugins",))
_OVERRIDES = (("resolution", "overrides"), ("overrides",))


def read(tables: Tables) -> Iterator[ManifestItem]:
    """Yield the indexes, requirements and overrides of PDM."""
    yield from (
        index.to_tool_index("pdm", index.text("type") or "index") for index in declared_indexes(tables, "source")
    )
    yield from read_arrays(tables, _REQUIREMENTS, string=_read_string)
    for entry in find_named_entries(tables, _OVERRIDES):
        if isinstance(entry, ParseProblem):
            yield entry
        else:
            yield from read_named_entry(entry, tables, DependencyKind.OVERRIDE)


def _read_string(string: String, section: Section) -> Iterator[ArrayItem]:
    """Read a requirement, or an editable one such as ``-e file:///${PROJECT_ROOT}/lib#egg=lib``."""
    is_editable = string.value.lstrip().startswith("-")
    yield from (read_pip_lines if is_editable else read_requirement)(string, section)
