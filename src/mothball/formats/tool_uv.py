"""[tool.uv]: development dependencies, constraints and overrides, and the sources that lead names elsewhere.

A source is joined to all requirements of its name, in whatever table they stand; with ``extra`` or ``group`` it holds
for that one alone. ``exclude-dependencies`` name what is not to be installed and are no dependencies. Of workspace
members, only the sources that name them are to be seen in one file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mothball.formats.index_tables import DeclaredIndex, declared_indexes
from mothball.formats.redirects import Redirect
from mothball.formats.requirement_items import read_arrays, read_requirement
from mothball.formats.requirement_texts import Section
from mothball.formats.toml import Array, InlineTable, String
from mothball.formats.toml_named import Named, named, origin_of
from mothball.formats.toml_sections import ANY, Places
from mothball.model import IndexOption, Kind, ParseProblem, WithheldReason, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mothball.formats.requirement_items import Item
    from mothball.formats.toml import Value
    from mothball.formats.toml_documents import Found
    from mothball.formats.toml_sections import Tables

_REQUIREMENTS = (("dev-dependencies",), ("extra-build-dependencies", ANY))
_CONSTRAINTS = (("constraint-dependencies",), ("build-constraint-dependencies",))
_OVERRIDES = (("override-dependencies",),)
_SOURCES = (("sources",),)


def read(tables: Tables) -> Iterator[Found]:
    """Yield what the tables of uv hold."""
    yield from read_arrays(tables, _REQUIREMENTS, table=_read_build_requirement)
    yield from read_arrays(tables, _CONSTRAINTS, Kind.CONSTRAINT)
    yield from read_arrays(tables, _OVERRIDES, Kind.OVERRIDE)
    indexes = declared_indexes(tables, "index")
    yield from _index_options(tables, indexes)
    urls = {index.name: index.url.value for index in indexes if index.url}
    for source in named(tables, _SOURCES):
        if isinstance(source, ParseProblem):
            yield source
        else:
            yield from _redirects(source, urls)


def _index_options(tables: Tables, indexes: list[DeclaredIndex]) -> Iterator[IndexOption]:
    """Yield whom uv asks: the default index last, explicit ones only for what is pinned to them."""
    for index in indexes:
        if not index.is_set("explicit"):
            yield from index.option("index-url" if index.is_set("default") else "extra-index-url")
    for setting, depth in Places(tables, (("index-url",), ("extra-index-url",))).settings():
        name: Literal["index-url", "extra-index-url"] = (
            "index-url" if setting.path[depth - 1] == "index-url" else "extra-index-url"
        )
        values = setting.value.items if isinstance(setting.value, Array) else (setting.value,)
        for value in values:
            if isinstance(value, String) and value.closed:
                yield IndexOption(value.inner, name, value.value)


def _read_build_requirement(table: InlineTable, section: Section) -> Iterator[Item]:
    """Read ``{requirement = "numpy", match-runtime = true}``."""
    for entry in table.entries:
        if entry.path == ("requirement",) and isinstance(entry.value, String):
            yield from read_requirement(entry.value, section)


def _redirects(source: Named, urls: Mapping[str, str]) -> Iterator[Redirect]:
    name = normalise(source.key.name)
    for members in source.alternatives:
        withheld = origin_of(members)
        # Whatever is being typed there, it was not to be the default index.
        if withheld is None and not source.complete:
            withheld = WithheldReason.INCOMPLETE
        pinned = members.get("index")
        url = urls.get(pinned.value) if isinstance(pinned, String) else None
        # Another file may declare that index, the root of the workspace for one; no other one is to learn the name.
        if withheld is None and pinned is not None and url is None:
            withheld = WithheldReason.NO_INDEX
        for scope in _scopes(members):
            yield Redirect(name, scope, withheld, is_partial="marker" in members, index_url=url)
    if not source.alternatives:
        yield Redirect(name, "", WithheldReason.INCOMPLETE)


def _scopes(members: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the sections for which an alternative holds; the empty name stands for all."""
    extra, group = members.get("extra"), members.get("group")
    if isinstance(extra, String):
        return (f"project.optional-dependencies.{extra.value}",)
    if isinstance(group, String):
        section = f"dependency-groups.{group.value}"
        return (section, "tool.uv.dev-dependencies") if group.value == "dev" else (section,)
    return ("",)
