"""Parse a Pipfile: packages, development packages and custom package categories."""

from __future__ import annotations

from collections.abc import Iterator

from mothball.formats.manifests.declarations import (
    IndexPins,
    declared_indexes,
    is_true,
    read_named_entries,
    read_named_entry,
)
from mothball.formats.manifests.documents import ManifestItem, parse_with
from mothball.formats.manifests.tables import ANY, Tables
from mothball.model.document import Document

# All other tables are package categories (Pipenv, "Pipfile").
_NOT_CATEGORIES = {"source", "requires", "scripts", "pipenv"}
_SEARCHES_ALL = ("pipenv", "install_search_all_sources")


def parse(text: str) -> Document:
    """Parse a Pipfile, complete or incomplete, without byte-order mark. Never raises."""
    return parse_with(_read, "pipfile", text)


def _read(tables: Tables) -> Iterator[ManifestItem]:
    categories = Tables(
        tables.text,
        (),
        tuple(setting for setting in tables.settings if setting.path[0] not in _NOT_CATEGORIES),
        tuple(header for header in tables.headers if header.path[0] not in _NOT_CATEGORIES),
    )
    indexes = declared_indexes(tables, "source")
    searches_all = any(setting.path == _SEARCHES_ALL and is_true(setting.value) for setting in tables.settings)
    yield from (index.to_tool_index("pipenv", "searched" if searches_all else "") for index in indexes)
    pins = IndexPins(indexes, "index")
    # Pipenv puts the key before the version, so that it may contain extras.
    yield from read_named_entries(
        categories, ((ANY,),), lambda entry: read_named_entry(entry, tables, pins=pins, allow_extras=True)
    )
