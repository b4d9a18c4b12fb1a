"""The settings that a configuration file contains, each with its location, for display."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mothball.formats.toml.api import find_span, scan_cached, to_mapping
from mothball.model.document import LineIndex
from mothball.model.records import NamedTuple
from mothball.repository.files import display_path, read_utf8

# Keys with tables, and the depth of their settings.
_TABLES = {"severity": 1, "ignore": 1, "files": 1, "indexes": 2}


class ConfiguredSetting(NamedTuple):
    """A setting: the path of its key below mothball's table, its value, and its location as ``PATH:LINE``."""

    key: tuple[str, ...]
    value: object
    location: str


def configured_settings(path: str, prefix: tuple[str, ...] = ()) -> Iterator[ConfiguredSetting]:
    """Yield the settings in the table ``prefix`` of the valid configuration file at ``path``.

    Each entry of a table is a setting of its own. Raises UnreadableFileError if the file cannot be read.
    """
    text = read_utf8(path)
    toml, lines = scan_cached(text), LineIndex(text)
    table: object = to_mapping(toml)
    for part in prefix:
        table = table.get(part, {}) if isinstance(table, Mapping) else {}
    for key, value in table.items() if isinstance(table, Mapping) else ():
        for below, entry in _entries(value, _TABLES.get(key, 0)):
            span = find_span(toml, (*prefix, key, *below))
            line = f":{lines.position(span.start).line}" if span else ""
            yield ConfiguredSetting((key, *below), entry, f"{display_path(path)}{line}")


def _entries(value: object, depth: int) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the entries of nested tables down to ``depth``, each with the path of its key."""
    if not depth or not isinstance(value, Mapping):
        yield (), value
        return
    for key, entry in value.items():
        for below, leaf in _entries(entry, depth - 1):
            yield (key, *below), leaf
