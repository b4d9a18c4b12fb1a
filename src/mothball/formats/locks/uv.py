"""Parse uv.lock and the locks of scripts (``*.py.lock``): uv's format, version 1.

Each package records its source and its dependencies. Workspace members are packages, too.
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
from mothball.formats.locks.stanzas import REGISTRY, Layout, PackageSource, Schema, Stanza, index_source, strings_at
from mothball.model.document import Document, SkipReason

_EDGES = (("dependencies", "name"), ("optional-dependencies", "*", "name"), ("dev-dependencies", "*", "name"))
_MEMBERS = ("manifest", "members")
# Requirements of a script, and of a workspace whose root is no package.
_ROOT_EDGES = (("manifest", "requirements", "name"), ("manifest", "dependency-groups", "*", "name"))
_SCHEMA = Schema(
    frozenset(
        {"version", "revision", "requires-python", "resolution-markers", "environment-markers", "supported-markers"}
        | {"required-markers", "conflicts", "options", "manifest", "package"}
    ),
    "version",
    newest=1,
    is_number=True,
)
_LAYOUT = Layout("package", _SCHEMA, (("version",), ("source",), *_EDGES), (_MEMBERS, *_ROOT_EDGES))

# The path of the locked project itself.
_LOCK_DIRECTORY = "."

_DIRECT_SOURCES = {
    "git": SkipReason.VCS,
    "url": SkipReason.URL,
    "path": SkipReason.PATH,
    "directory": SkipReason.PATH,
    "editable": SkipReason.EDITABLE,
    "virtual": SkipReason.WORKSPACE,
}
_LOCAL_SOURCES = ("editable", "virtual", "directory")


def parse(text: str) -> Document:
    """Parse a uv.lock, complete or incomplete, without byte-order mark. Never raises."""
    lock = read_lock(text, _LAYOUT)
    names = NormalizedNames()
    members = {names[member] for member in strings_at(lock.root, [_MEMBERS])}
    registries: dict[str, PackageSource] = {}
    packages: list[Package] = []
    direct = strings_at(lock.root, _ROOT_EDGES)
    has_direct = any(path in lock.root for path in _ROOT_EDGES)
    for stanza in lock.stanzas:
        registry = stanza.text("source", "registry")
        requires = strings_at(stanza.values, _EDGES)
        if registry is None:
            is_member = stanza.name is not None and names[stanza.name.text] in members
            source = _local_source(stanza, is_member=is_member)
            if is_member or source.skip_reason is SkipReason.SELF:
                direct += requires
                has_direct = True
        else:
            source = registries.get(registry) or registries.setdefault(registry, index_source(registry))
        packages.append(Package(source, requires, (), ""))
    locked = collect_packages(text, lock, "package", packages, names)
    graph = dependency_graph(locked.requires, [names[name] for name in direct] if has_direct else None)
    return build_document("uv-lock", text, _LAYOUT, lock, locked, graph)


def _local_source(stanza: Stanza, *, is_member: bool) -> PackageSource:
    """Return the source of a package without a registry."""
    for kind, reason in _DIRECT_SOURCES.items():
        location = stanza.text("source", kind)
        if location is None:
            continue
        if kind in _LOCAL_SOURCES and location == _LOCK_DIRECTORY:
            return PackageSource(SkipReason.SELF)
        return PackageSource(SkipReason.WORKSPACE if kind in _LOCAL_SOURCES and is_member else reason)
    # A kind of source that a later version of uv introduced: do not treat it as a registry.
    is_unknown = any(path[0] == "source" for path in stanza.values)
    return PackageSource(SkipReason.UNKNOWN_INDEX) if is_unknown else REGISTRY
