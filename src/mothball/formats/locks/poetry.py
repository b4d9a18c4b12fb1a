"""poetry.lock, of all versions: a package records its source where it is not the default one, and whom it requires."""

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
    Stanza,
    archive_source,
    index_source,
    local_source,
)
from mothball.model.document import Document, SkipReason

_LAYOUT = Layout("package", (("version",), ("source",), ("dependencies",), ("develop",), ("markers",)))


def parse(text: str) -> Document:
    """Read a poetry.lock, whole or half typed, without byte-order mark; raises nothing."""
    lock = read_lock(text, _LAYOUT)
    packages = [
        Package(_source(stanza), _requires(stanza), (), stanza.text("markers") or "") for stanza in lock.stanzas
    ]
    found = collect_packages(text, lock, "package", packages, NormalizedNames())
    return build_document("poetry-lock", lock, found, dependency_graph(found.requires))


def _requires(stanza: Stanza) -> list[str]:
    """Return the keys below ``dependencies``, whatever stands behind them."""
    return [path[1] for path in stanza.values if path[0] == "dependencies" and len(path) > 1]


def _source(stanza: Stanza) -> PackageSource:
    if ("source", "type") not in stanza.values:
        return REGISTRY
    address = stanza.text("source", "url")
    match stanza.text("source", "type"):
        case "legacy":
            return index_source(address or "")
        case "directory":
            return local_source(address, is_editable=stanza.values.get(("develop",)) == [True])
        case "file" | "url":
            return archive_source(address)
        case _:
            return PackageSource(SkipReason.VCS)
