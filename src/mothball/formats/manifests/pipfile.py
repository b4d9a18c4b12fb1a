"""Pipfile: packages, development packages and the categories that Pipenv lets a project add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mothball.formats.manifests.declared_indexes import Pins, declared_indexes
from mothball.formats.manifests.documents import parse_with
from mothball.formats.manifests.named_tables import named, read_named
from mothball.formats.manifests.tables import ANY, Tables
from mothball.formats.toml.api import Scalar
from mothball.model.document import Dependency, ParseProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mothball.formats.manifests.documents import Found
    from mothball.model.document import Document

# Every table is a category but these (Pipenv, "Pipfile").
_NO_CATEGORIES = {"source", "requires", "scripts", "pipenv"}


def parse(text: str) -> Document:
    """Read a Pipfile, whole or half typed, without byte-order mark; raises nothing."""
    return parse_with(_read, "pipfile", text)


def _read(tables: Tables) -> Iterator[Found]:
    categories = tables._replace(
        settings=tuple(one for one in tables.settings if one.path[0] not in _NO_CATEGORIES),
        headings=tuple(one for one in tables.headings if one.path[0] not in _NO_CATEGORIES),
    )
    indexes = declared_indexes(tables, "source")
    switch = ("pipenv", "install_search_all_sources")
    searches_all = any(
        one.path == switch and isinstance(one.value, Scalar) and one.value.value is True for one in tables.settings
    )
    yield from (index.of_tool("pipenv", "searched" if searches_all else "") for index in indexes)
    pins = Pins(indexes)
    for one in named(categories, ((ANY,),)):
        if isinstance(one, ParseProblem):
            yield one
            continue
        pinned = [members["index"] for members in one.alternatives if "index" in members]
        for found in read_named(one, tables):
            yield pins.apply(found, pinned) if isinstance(found, Dependency) else found
