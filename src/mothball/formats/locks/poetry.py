"""Parse poetry.lock, all versions: packages record their dependencies, and their source if it is no default index."""

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
    Layout,
    PackageSource,
    Schema,
    Stanza,
    archive_source,
    index_source,
    local_source,
)
from mothball.model.document import Document, SkipReason

_SCHEMA = Schema(frozenset({"package", "metadata", "extras"}), "lock-version", newest=2)
_LAYOUT = Layout("package", _SCHEMA, (("version",), ("source",), ("dependencies",), ("develop",), ("markers",)))


def parse(text: str) -> Document:
    """Parse a poetry.lock, complete or incomplete, without byte-order mark. Never raises."""
    lock = read_lock(text, _LAYOUT)
    packages = [
        Package(_source(stanza), _requires(stanza), (), stanza.text("markers") or "") for stanza in lock.stanzas
    ]
    locked = collect_packages(text, lock, "package", packages, NormalizedNames())
    return build_document("poetry-lock", text, _LAYOUT, lock, locked, dependency_graph(locked.requires))


def _requires(stanza: Stanza) -> list[str]:
    """Return the keys of the table ``dependencies``, whatever their values."""
    return [path[1] for path in stanza.values if path[0] == "dependencies" and len(path) > 1]


def _source(stanza: Stanza) -> PackageSource:
    if ("source", "type") not in stanza.values:
        return REGISTRY
    url = stanza.text("source", "url")
    match stanza.text("source", "type"):
        case "legacy" if (source := index_source(url or "")).index_url:
            return source
        case "git":
            return PackageSource(SkipReason.VCS)
        case "directory":
            return local_source(url, is_editable=stanza.values.get(("develop",)) == [True])
        case "file" | "url":
            return archive_source(url)
        # Poetry takes all other packages from the index that `reference` names, such as PyPI.
        case _:
            return PackageSource(SkipReason.UNKNOWN_INDEX)
