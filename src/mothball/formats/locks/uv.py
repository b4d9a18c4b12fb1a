"""uv.lock, and the locks of scripts (``*.py.lock``): uv's own format, version 1.

Every package records its source and what it requires; the members of the workspace stand among them.
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
from mothball.formats.locks.stanzas import REGISTRY, Layout, PackageSource, Stanza, index_source, strings_at
from mothball.model.document import Document, SkipReason

_EDGES = (("dependencies", "name"), ("optional-dependencies", "*", "name"), ("dev-dependencies", "*", "name"))
_MEMBERS = ("manifest", "members")
# What a script requires, and a workspace whose root is no package.
_ROOT_EDGES = (("manifest", "requirements", "name"), ("manifest", "dependency-groups", "*", "name"))
_LAYOUT = Layout("package", (("version",), ("source",), *_EDGES), (_MEMBERS, *_ROOT_EDGES))

# The project that the lock is of stands at this path.
_HERE = "."

_DIRECT = {
    "git": SkipReason.VCS,
    "url": SkipReason.URL,
    "path": SkipReason.PATH,
    "directory": SkipReason.PATH,
    "editable": SkipReason.EDITABLE,
    "virtual": SkipReason.WORKSPACE,
}
_LOCAL = ("editable", "virtual", "directory")


def parse(text: str) -> Document:
    """Read a uv lock, whole or half typed, without byte-order mark; raises nothing."""
    lock = read_lock(text, _LAYOUT)
    names = NormalizedNames()
    members = {names[member] for member in strings_at(lock.root, [_MEMBERS])}
    registries: dict[str, PackageSource] = {}
    packages: list[Package] = []
    direct = strings_at(lock.root, _ROOT_EDGES)
    knows_direct = any(path in lock.root for path in _ROOT_EDGES)
    for stanza in lock.stanzas:
        registry = stanza.text("source", "registry")
        requires = strings_at(stanza.values, _EDGES)
        if registry is None:
            is_member = stanza.name is not None and names[stanza.name.text] in members
            source = _local_source(stanza, is_member=is_member)
            if is_member or source.skip_reason is SkipReason.SELF:
                direct += requires
                knows_direct = True
        else:
            source = registries.get(registry) or registries.setdefault(registry, index_source(registry))
        packages.append(Package(source, requires, (), ""))
    found = collect_packages(text, lock, "package", packages, names)
    graph = dependency_graph(found.requires, [names[name] for name in direct] if knows_direct else None)
    return build_document("uv-lock", lock, found, graph)


def _local_source(stanza: Stanza, *, is_member: bool) -> PackageSource:
    """Return the source of a package that comes from no registry."""
    for kind, reason in _DIRECT.items():
        address = stanza.text("source", kind)
        if address is None:
            continue
        if kind in _LOCAL and address == _HERE:
            return PackageSource(SkipReason.SELF)
        return PackageSource(SkipReason.WORKSPACE if kind in _LOCAL and is_member else reason)
    # A kind of source that uv has learnt since then is no registry that we know of.
    return PackageSource(SkipReason.URL) if any(path[0] == "source" for path in stanza.values) else REGISTRY
