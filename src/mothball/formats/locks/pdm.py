"""Parse pdm.lock: the lock records the source of packages from URLs, paths and repositories, but no indexes.

A package has an additional stanza for each set of extras; these count as one package.
"""

from __future__ import annotations

import re

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
    local_source,
    strings_at,
)
from mothball.formats.pep508 import NAME_PATTERN
from mothball.model.document import Document, SkipReason

_VERSION_CONTROL = ("git", "hg", "svn", "bzr")
_SCHEMA = Schema(frozenset({"package", "metadata"}), "lock_version", newest=4)
_LAYOUT = Layout(
    "package",
    _SCHEMA,
    (
        *(("version",), ("dependencies",), ("extras",), ("marker",), ("path",), ("editable",), ("url",)),
        *((kind,) for kind in _VERSION_CONTROL),
    ),
)
_LEADING_NAME = re.compile(rf"[ \t]*+({NAME_PATTERN})", re.IGNORECASE | re.ASCII)


def parse(text: str) -> Document:
    """Parse a pdm.lock, complete or incomplete, without byte-order mark. Never raises."""
    lock = read_lock(text, _LAYOUT)
    names = NormalizedNames()
    without_extras = {
        _identity(stanza, names) for stanza in lock.stanzas if not strings_at(stanza.values, [("extras",)])
    }
    packages = []
    for stanza in lock.stanzas:
        extras = tuple(strings_at(stanza.values, [("extras",)]))
        is_repeated = bool(extras) and _identity(stanza, names) in without_extras
        source = None if is_repeated else _source(stanza)
        packages.append(Package(source, _requires(stanza), extras, stanza.text("marker") or ""))
    locked = collect_packages(text, lock, "package", packages, names)
    return build_document("pdm-lock", text, _LAYOUT, lock, locked, dependency_graph(locked.requires))


def _identity(stanza: Stanza, names: NormalizedNames) -> tuple[str, str | None]:
    return names[stanza.name.text] if stanza.name else "", stanza.text("version")


def _requires(stanza: Stanza) -> list[str]:
    matches = map(_LEADING_NAME.match, strings_at(stanza.values, [("dependencies",)]))
    return [match[1] for match in matches if match]


def _source(stanza: Stanza) -> PackageSource:
    if any((kind,) in stanza.values for kind in _VERSION_CONTROL):
        return PackageSource(SkipReason.VCS)
    if ("path",) in stanza.values:
        return local_source(stanza.text("path"), is_editable=stanza.values.get(("editable",)) == [True])
    if ("url",) in stanza.values:
        return archive_source(stanza.text("url"))
    return REGISTRY
