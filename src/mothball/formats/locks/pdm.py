"""pdm.lock: packages of the project's indexes, which it does not record, and others with where they come from.

A package that is wanted with extras stands there once more for each set of them: it is one package all the same.
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
    Stanza,
    archive_source,
    local_source,
    strings_at,
)
from mothball.formats.pep508 import NAME_PATTERN
from mothball.model.document import Document, SkipReason

_VERSION_CONTROL = ("git", "hg", "svn", "bzr")
_LAYOUT = Layout(
    "package",
    (
        *(("version",), ("dependencies",), ("extras",), ("marker",), ("path",), ("editable",), ("url",)),
        *((kind,) for kind in _VERSION_CONTROL),
    ),
)
_LEADING_NAME = re.compile(rf"[ \t]*+({NAME_PATTERN})", re.IGNORECASE | re.ASCII)


def parse(text: str) -> Document:
    """Read a pdm.lock, whole or half typed, without byte-order mark; raises nothing."""
    lock = read_lock(text, _LAYOUT)
    names = NormalizedNames()
    plain = {_identity(stanza, names) for stanza in lock.stanzas if not strings_at(stanza.values, [("extras",)])}
    packages = []
    for stanza in lock.stanzas:
        extras = tuple(strings_at(stanza.values, [("extras",)]))
        repeats = bool(extras) and _identity(stanza, names) in plain
        source = None if repeats else _source(stanza)
        packages.append(Package(source, _requires(stanza), extras, stanza.text("marker") or ""))
    found = collect_packages(text, lock, "package", packages, names)
    return build_document("pdm-lock", lock, found, dependency_graph(found.requires))


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
