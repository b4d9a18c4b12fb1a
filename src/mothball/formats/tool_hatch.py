"""[tool.hatch] and hatch.toml: what environments, build targets and build hooks install, and hatch's own plugins.

Hatch replaces ``{fields}`` in these before it reads them, as in ``lib @ {root:uri}/lib``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.requirement_items import read_arrays, read_template
from mothball.formats.requirement_texts import Section
from mothball.formats.toml import InlineTable, String
from mothball.formats.toml_documents import parse_with
from mothball.formats.toml_sections import ANY
from mothball.formats.workspace_tables import workspaces_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.requirement_items import Item
    from mothball.formats.toml_documents import Found
    from mothball.formats.toml_sections import Tables
    from mothball.model import Document

_PLACES = (
    ("env", "requires"),
    ("envs", ANY, "dependencies"),
    ("envs", ANY, "extra-dependencies"),
    ("build", "dependencies"),
    ("build", "hooks", ANY, "dependencies"),
    ("build", "targets", ANY, "dependencies"),
    ("build", "targets", ANY, "hooks", ANY, "dependencies"),
)
# ``overrides.platform.windows.set-dependencies``: by source of the condition, by the condition's value.
_OVERRIDES = tuple(
    ("envs", ANY, "overrides", ANY, ANY, option)
    for option in ("dependencies", "extra-dependencies", "set-dependencies", "set-extra-dependencies")
)


def parse(text: str) -> Document:
    """Read a hatch.toml, whole or half typed, without byte-order mark; raises nothing."""
    return parse_with(read, "hatch-toml", text)


def read(tables: Tables) -> Iterator[Found]:
    """Yield what the tables of Hatch hold."""
    yield from read_arrays(tables, _PLACES, string=read_template)
    yield from read_arrays(tables, _OVERRIDES, string=read_template, table=_read_override)
    yield from workspaces_in(tables, "hatch", ("envs", ANY, "workspace"))


def _read_override(table: InlineTable, section: Section) -> Iterator[Item]:
    """Read ``{value = "numpy", if = ["3.12"]}``."""
    for entry in table.entries:
        if entry.path == ("value",) and isinstance(entry.value, String):
            yield from read_template(entry.value, section)
