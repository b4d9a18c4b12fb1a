"""Parse a Pipfile: packages, development packages and custom package categories."""

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

# All other tables are package categories (Pipenv, "Pipfile").
_NOT_CATEGORIES = {"source", "requires", "scripts", "pipenv"}


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
    switch = ("pipenv", "install_search_all_sources")
    searches_all = any(
        setting.path == switch and isinstance(setting.value, Scalar) and setting.value.value is True
        for setting in tables.settings
    )
    yield from (index.to_tool_index("pipenv", "searched" if searches_all else "") for index in indexes)
    index_pins = IndexPins(indexes)
    for entry in find_named_entries(categories, ((ANY,),)):
        if isinstance(entry, ParseProblem):
            yield entry
            continue
        pinned = [members["index"] for members in entry.alternatives if "index" in members]
        # Pipenv puts the key before the version, so that it may contain extras.
        for item in read_named_entry(entry, tables, allow_extras=True):
            yield index_pins.apply(item, pinned) if isinstance(item, Dependency) else item
