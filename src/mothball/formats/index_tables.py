"""Tables that declare indexes, such as ``[[tool.uv.index]]``, ``[[tool.poetry.source]]`` or a Pipfile's ``[[source]]``.

They change whom an installer asks about every name of the file, as index options do in a requirements file, and entries
pin them by name. What each tool makes of its own table is for its module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mothball.formats.toml import Scalar, String
from mothball.formats.toml_sections import NUMBER, Places, inside
from mothball.model import Dependency, IndexOption, WithheldReason
from mothball.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mothball.formats.toml import Path, Value
    from mothball.formats.toml_sections import Tables


class DeclaredIndex(NamedTuple):
    """One index as a table declares it. ``url`` is None where the table has none, as for the default index by name."""

    name: str
    url: String | None
    members: Mapping[str, Value]

    def is_set(self, member: str) -> bool:
        """Return whether ``member`` is true."""
        value = self.members.get(member)
        return isinstance(value, Scalar) and value.value is True

    def text(self, member: str) -> str:
        """Return the string at ``member``, empty where there is none."""
        value = self.members.get(member)
        return value.value if isinstance(value, String) else ""

    def option(self, name: Literal["index-url", "extra-index-url"]) -> Iterator[IndexOption]:
        """Yield what the index is to an installer, in the words of a requirements file."""
        if self.url is not None and self.url.value:
            yield IndexOption(self.url.inner, name, self.url.value)


def declared_indexes(tables: Tables, array: str) -> list[DeclaredIndex]:
    """Return the indexes of the array of tables ``array``, in their order."""
    members: dict[Path, dict[str, Value]] = {}
    for setting, depth in Places(tables, ((array, NUMBER),)).settings():
        for one in (setting,) if len(setting.path) > depth else inside(setting):
            if len(one.path) == depth + 1:
                members.setdefault(one.path[:depth], {}).setdefault(str(one.path[depth]), one.value)
    found = []
    for declared in members.values():
        url, name = declared.get("url"), declared.get("name")
        found.append(
            DeclaredIndex(
                name.value if isinstance(name, String) else "",
                url if isinstance(url, String) and url.closed else None,
                declared,
            )
        )
    return found


class Pins:
    """From the name by which an entry pins its index to that index."""

    def __init__(self, indexes: Iterable[DeclaredIndex]) -> None:
        """Take the indexes of the file."""
        self._urls = {index.name.lower(): index.url.value if index.url else None for index in indexes}

    def apply(self, dependency: Dependency, pinned: Value | None) -> Dependency:
        """Return ``dependency`` with the index that ``pinned`` names.

        It is withheld where the file does not tell that index: some other file may, and no index is to learn a name
        that was meant for another one.
        """
        if pinned is None or dependency.withheld is not None:
            return dependency
        url = self._urls.get(pinned.value.lower()) if isinstance(pinned, String) else None
        if url:
            return dependency._replace(index_url=url)
        return dependency._replace(withheld=WithheldReason.NO_INDEX)
