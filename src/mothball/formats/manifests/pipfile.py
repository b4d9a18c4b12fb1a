"""Pipfile: packages, development packages and the categories that Pipenv lets a project add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import IndexPins, declared_indexes
from mothball.formats.manifests.documents import parse_with
from mothball.formats.manifests.named_tables import find_named_entries, read_named_entry
from mothball.formats.manifests.tables import ANY, Tables
from mothball.formats.toml.api import Scalar
from mothball.model.document import Dependency, ParseProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import ManifestItem
    from mothball.model.document import Document

# Every table is a category but these (Pipenv, "Pipfile").
_NO_CATEGORIES = {"source", "requires", "scripts", "pipenv"}


def parse(text: str) -> Document:
    """Read a Pipfile, whole or half typed, without byte-order mark; raises nothing."""
    return parse_with(_read, "pipfile", text)


def _read(tables: Tables) -> Iterator[ManifestItem]:
    categories = tables._replace(
        settings=tuple(one for one in tables.settings if one.path[0] not in _NO_CATEGORIES),
        headers=tuple(one for one in tables.headers if one.path[0] not in _NO_CATEGORIES),
    )
    indexes = declared_indexes(tables, "source")
    switch = ("pipenv", "install_search_all_sources")
    searches_all = any(
        one.path == switch and isinstance(one.value, Scalar) and one.value.value is True for one in tables.settings
    )
    yield from (index.to_tool_index("pipenv", "searched" if searches_all else "") for index in indexes)
    index_pins = IndexPins(indexes)
    for one in find_named_entries(categories, ((ANY,),)):
        if isinstance(one, ParseProblem):
            yield one
            continue
        pinned = [members["index"] for members in one.alternatives if "index" in members]
        for found in read_named_entry(one, tables):
            yield index_pins.apply(found, pinned) if isinstance(found, Dependency) else found
