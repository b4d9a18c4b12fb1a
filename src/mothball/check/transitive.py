"""Which packages of a lock somebody else brings in, and by which way. Pure.

A package of a lock is transitive when a manifest that the lock can be made of was read and does not name it, and the
graph of the lock leads to it. Whatever is in doubt counts as direct: then its line is all there is to act on.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mothball.check.inputs import CheckedFile, SourceFile, is_beneath, is_lock, required_by_members
from mothball.model.document import DependencyKind, Document, Location
from mothball.model.findings import Finding, Rule
from mothball.model.records import NamedTuple

# The way to each transitive package: from the direct dependency that brings it in down to its parent.
DependencyPaths = Mapping[str, tuple[str, ...]]

_Key = tuple[str, str | None, Rule]

# Real ways have a handful of steps; of a longer one the beginning is kept, or a crafted chain would fill the memory.
_MAX_STEPS = 12
_CUT = "…"

# The formats that a lock of each format can be made of. Of requirements files only those that are made to be locked.
_SETUPTOOLS = ("pyproject", "setup-cfg", "setup-py")
_FEEDS = {
    "uv-lock": ("pyproject", "script"),
    "poetry-lock": ("pyproject",),
    "pdm-lock": ("pyproject",),
    "pylock": (*_SETUPTOOLS, "requirements", "pipfile"),
    "requirements": (*_SETUPTOOLS, "requirements"),
}
# The tables whose requirements locks record; others are of builds and of environments that no lock knows.
_LOCKED_SECTIONS = (
    *("project.", "dependency-groups.", "tool.poetry.", "tool.pdm.dev-", "tool.uv.dev-", "tool.rye.", "tool.flit."),
    *("options.install", "options.extras", "setup.install_requires", "setup.extras_require"),
)
_WITH_SECTIONS = frozenset(_SETUPTOOLS)


class _Manifest(NamedTuple):
    """A file that locks can be made of: where it stands, and the names that it requires."""

    project: str
    format: str
    path: str
    names: frozenset[str]

    def feeds(self, lock: SourceFile, by_members: frozenset[str]) -> bool:
        """Return whether ``lock`` can be made of this; ``by_members`` are the names that members of it require."""
        if self.format not in _FEEDS.get(lock.document.format, ()):
            return False
        if self.format == "requirements" and not self._is_to_be_locked(lock.document):
            return False
        if self.project == lock.project:
            return True
        return is_beneath(self.project, lock.project) and not by_members.isdisjoint(self.names)

    def _is_to_be_locked(self, lock: Document) -> bool:
        """Return whether a requirements file is what people write for ``lock``: pip locks a requirements.txt, too."""
        name = os.path.basename(self.path)
        return name.endswith(".in") or (lock.format == "pylock" and name == "requirements.txt")


def dependency_paths(files: Sequence[SourceFile]) -> list[DependencyPaths]:
    """Return for each of ``files`` its transitive packages, and the way to each."""
    if not any(is_lock(file.document) for file in files):
        return [{} for _ in files]
    manifests = [_manifest(file) for file in files if _declares(file.document)]
    return [_ways(file, manifests) if is_lock(file.document) else {} for file in files]


def _manifest(file: SourceFile) -> _Manifest:
    names = frozenset(one.name for one in file.document.dependencies if one.kind is DependencyKind.REQUIREMENT)
    return _Manifest(file.project, file.document.format, file.path, names)


def _declares(document: Document) -> bool:
    """Return whether a file names, itself or by way of others, anything that a lock would record."""
    if is_lock(document):
        return False
    if document.format not in _WITH_SECTIONS:
        return any(one.kind is DependencyKind.REQUIREMENT for one in document.dependencies)
    return bool(document.includes) or any(
        one.kind is DependencyKind.REQUIREMENT and one.section.startswith(_LOCKED_SECTIONS)
        for one in document.dependencies
    )


def _ways(lock: SourceFile, manifests: Iterable[_Manifest]) -> DependencyPaths:
    graph = lock.document.graph
    if graph is None:
        return {}
    by_members = required_by_members(lock.document)
    feeding = [one.names for one in manifests if one.feeds(lock, by_members)]
    if not feeding:
        return {}
    return {name: way for name, way in _shortest(graph.requires, by_members.union(*feeding)).items() if way}


def _shortest(requires: Mapping[str, tuple[str, ...]], direct: Iterable[str]) -> DependencyPaths:
    """Return the shortest way from any of ``direct`` to each package that they bring in; of equal ones the first."""
    ways: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(direct), ())
    waiting = deque(ways)
    while waiting:
        parent = waiting.popleft()
        for name in sorted(requires.get(parent, ())):
            if name not in ways:
                way = (*ways[parent], parent)
                ways[name] = way if len(way) <= _MAX_STEPS else (*way[:_MAX_STEPS], _CUT)
                waiting.append(name)
    return ways


def merge_lock_findings(judged: Sequence[CheckedFile]) -> Iterator[Finding]:
    """Yield the findings of all files, those of a lock folded into that of its manifest where both are of one cause.

    What stands in a manifest and in its lock is one problem, and the place that people can edit is the one to show; an
    ignore there serves for both. The manifest of a member speaks for the lock of its workspace.
    """
    locks = [one for one in judged if is_lock(one.file.document)]
    locked: dict[_Key, list[Location]] = {}
    by_members: dict[_Key, list[Location]] = {}
    for lock in locks:
        required = required_by_members(lock.file.document)
        for finding, location in _direct_problems(lock):
            key = (lock.file.project, finding.name, finding.rule)
            locked.setdefault(key, []).append(location)
            if finding.name in required:
                by_members.setdefault(key, []).append(location)
    folded: set[Location] = set()
    for one in judged:
        for finding in one.findings if not is_lock(one.file.document) else ():
            places = _recorded(one.file.project, finding, locked, by_members) if finding.lookup is not None else ()
            folded.update(places)
            yield finding._replace(related_locations=tuple(places)) if places else finding
    for lock in locks:
        yield from (one for one in lock.findings if one.location not in folded)


def _recorded(
    project: str, finding: Finding, locked: Mapping[_Key, list[Location]], by_members: Mapping[_Key, list[Location]]
) -> list[Location]:
    """Return where locks record what ``finding`` tells of a manifest in ``project``."""
    places = list(locked.get((project, finding.name, finding.rule), ()))
    directory, above = project, os.path.dirname(project) if by_members else project
    while above != directory:
        places += by_members.get((above, finding.name, finding.rule), ())
        directory, above = above, os.path.dirname(above)
    return places


def _direct_problems(lock: CheckedFile) -> Iterator[tuple[Finding, Location]]:
    transitive = {item.dependency.name for item in lock.checked if item.transitive}
    for finding in lock.findings:
        if finding.lookup is not None and finding.location and finding.name not in transitive:
            yield finding, finding.location
