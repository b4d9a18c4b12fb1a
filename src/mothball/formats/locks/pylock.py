"""pylock.toml and pylock.NAME.toml: the lock format that all tools share (PEP 751).

What tools need not record, the index and whom a package requires, is used where it is there. Nothing is gated on the
rest of the format: a lock that ``packaging.pylock`` refuses is read all the same.
"""

from __future__ import annotations

from mothball.formats.locks.packages import Names, Package, collect, graph_of, make_document, read_lock
from mothball.formats.locks.stanzas import (
    REGISTRY,
    Layout,
    PackageSource,
    Path,
    Stanza,
    archive_source,
    local_source,
    texts,
    web_index,
)
from mothball.model.document import Document, SkipReason

_FILE_PATHS: tuple[Path, ...] = (("wheels", "path"), ("sdist", "path"))
_FILE_URLS: tuple[Path, ...] = (("wheels", "url"), ("sdist", "url"))
_LAYOUT = Layout(
    "packages",
    (
        *(("version",), ("index",), ("marker",), ("dependencies",), ("vcs",), ("directory",), ("archive",)),
        *_FILE_PATHS,
        *_FILE_URLS,
    ),
    skips_files=False,
)


def parse(text: str) -> Document:
    """Read a pylock.toml, whole or half typed, without byte-order mark; raises nothing."""
    lock = read_lock(text, _LAYOUT)
    packages = [
        Package(_source(stanza), texts(stanza.values, [("dependencies", "name")]), (), stanza.text("marker") or "")
        for stanza in lock.stanzas
    ]
    found = collect(text, lock, "packages", packages, Names())
    has_graph = any(_has(stanza, "dependencies") for stanza in lock.stanzas)
    return make_document("pylock", lock, found, graph_of(found.requires) if has_graph else None)


def _has(stanza: Stanza, key: str) -> bool:
    return any(path[0] == key for path in stanza.values)


def _source(stanza: Stanza) -> PackageSource:
    if _has(stanza, "vcs"):
        return PackageSource(SkipReason.VCS)
    if _has(stanza, "directory"):
        is_editable = stanza.values.get(("directory", "editable")) == [True]
        return local_source(stanza.text("directory", "path"), is_editable=is_editable)
    if _has(stanza, "archive"):
        return archive_source(stanza.text("archive", "url"))
    index = stanza.text("index")
    if index is not None:
        return web_index(index)
    # Files that were found on a disk alone tell of no index that holds the name.
    is_local = bool(texts(stanza.values, _FILE_PATHS)) and not texts(stanza.values, _FILE_URLS)
    return PackageSource(SkipReason.PATH) if is_local else REGISTRY
