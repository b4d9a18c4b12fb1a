"""Parse pylock.toml and pylock.NAME.toml (PEP 751).

The optional keys ``index`` and ``dependencies`` are used if they exist. The rest of the format is not validated: a lock
that ``packaging.pylock`` rejects is read nevertheless.
"""

from __future__ import annotations

from mothball.formats.locks.packages import (
    NormalizedNames,
    Package,
    build_document,
    collect_packages,
    dependency_graph,
    read_lock,
)
from mothball.formats.locks.stanzas import (
    REGISTRY,
    KeyPath,
    Layout,
    PackageSource,
    Schema,
    Stanza,
    archive_source,
    index_source,
    local_source,
    strings_at,
)
from mothball.model.document import Document, SkipReason

_FILE_PATHS: tuple[KeyPath, ...] = (("wheels", "path"), ("sdist", "path"))
_FILE_URLS: tuple[KeyPath, ...] = (("wheels", "url"), ("sdist", "url"))
_SCHEMA = Schema(
    frozenset(
        {"lock-version", "environments", "requires-python", "extras", "dependency-groups", "default-groups"}
        | {"created-by", "packages", "tool"}
    ),
    "lock-version",
    newest=1,
)
_LAYOUT = Layout(
    "packages",
    _SCHEMA,
    (
        *(("version",), ("index",), ("marker",), ("dependencies",), ("vcs",), ("directory",), ("archive",)),
        *_FILE_PATHS,
        *_FILE_URLS,
    ),
    skips_files=False,
)


def parse(text: str) -> Document:
    """Parse a pylock.toml, complete or incomplete, without byte-order mark. Never raises."""
    lock = read_lock(text, _LAYOUT)
    packages = [
        Package(_source(stanza), strings_at(stanza.values, [("dependencies", "name")]), (), stanza.text("marker") or "")
        for stanza in lock.stanzas
    ]
    locked = collect_packages(text, lock, "packages", packages, NormalizedNames())
    has_graph = any(_has(stanza, "dependencies") for stanza in lock.stanzas)
    graph = dependency_graph(locked.requires) if has_graph else None
    return build_document("pylock", text, _LAYOUT, lock, locked, graph)


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
        return index_source(index)
    # A package with local files only may not exist on any index.
    is_local = bool(strings_at(stanza.values, _FILE_PATHS)) and not strings_at(stanza.values, _FILE_URLS)
    return PackageSource(SkipReason.PATH) if is_local else REGISTRY
