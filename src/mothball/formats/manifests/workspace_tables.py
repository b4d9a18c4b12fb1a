"""Tables that declare the members of a workspace: projects of the same repository, which are asked of no index.

Here the patterns are only read; which directories they lead to, and what stands there, ``workspaces`` finds out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.tables import Places, Tables, inside
from mothball.formats.toml.api import Array, InlineTable, String
from mothball.model.document import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.tables import Pattern
    from mothball.formats.toml.api import Path, Value

_MEMBERS, _EXCLUDE = "members", "exclude"


def workspaces_in(tables: Tables, tool: str, place: Pattern) -> Iterator[Workspace]:
    """Yield the workspaces that the tables at ``place`` declare to ``tool``.

    What is half typed is left out. A member may be a table with its path in it, as Hatch has them.
    """
    depth = len(tables.prefix) + len(place)
    found: dict[Path, dict[str, tuple[str, ...]]] = {}
    wanted = Places(tables, (place,))
    for heading in tables.headings:
        if wanted.depth_of(heading.path):
            found.setdefault(heading.path[:depth], {})
    for setting, _ in wanted.settings():
        settings = found.setdefault(setting.path[:depth], {})
        for one in (setting,) if len(setting.path) > depth else inside(setting):
            if len(one.path) == depth + 1:
                settings.setdefault(str(one.path[depth]), tuple(_patterns(one.value)))
    for patterns in found.values():
        yield Workspace(tool, patterns.get(_MEMBERS), patterns.get(_EXCLUDE, ()))


def _patterns(value: Value) -> Iterator[str]:
    for item in value.items if isinstance(value, Array) else ():
        if isinstance(item, InlineTable):
            path = next((entry.value for entry in item.entries if entry.path == ("path",)), None)
        else:
            path = item
        if isinstance(path, String) and path.closed and path.value:
            yield path.value
