"""poetry.lock, of all versions: a package records its source where it is not the default one, and whom it requires."""

from __future__ import annotations

from mothball.formats.locks.packages import Names, Package, collect, graph_of, make_document, read_lock
from mothball.formats.locks.stanzas import (
    REGISTRY,
    Layout,
    PackageSource,
    Stanza,
    archive_source,
    local_source,
    web_index,
)
from mothball.model.document import Document, SkipReason

_LAYOUT = Layout("package", (("version",), ("source",), ("dependencies",), ("develop",), ("markers",)))


def parse(text: str) -> Document:
    """Read a poetry.lock, whole or half typed, without byte-order mark; raises nothing."""
    lock = read_lock(text, _LAYOUT)
    packages = [
        Package(_source(stanza), _requires(stanza), (), stanza.text("markers") or "") for stanza in lock.stanzas
    ]
    found = collect(text, lock, "package", packages, Names())
    return make_document("poetry-lock", lock, found, graph_of(found.requires))


def _requires(stanza: Stanza) -> list[str]:
    """Return the keys below ``dependencies``, whatever stands behind them."""
    return [path[1] for path in stanza.values if path[0] == "dependencies" and len(path) > 1]


def _source(stanza: Stanza) -> PackageSource:
    if ("source", "type") not in stanza.values:
        return REGISTRY
    address = stanza.text("source", "url")
    match stanza.text("source", "type"):
        case "legacy":
            return web_index(address or "")
        case "directory":
            return local_source(address, is_editable=stanza.values.get(("develop",)) == [True])
        case "file" | "url":
            return archive_source(address)
        case _:
            return PackageSource(SkipReason.VCS)
