"""Which packages of a lock somebody else brings in, and by which way. Pure.

A package of a lock is transitive when a manifest of the same project was read and does not name it. A lock without its
manifest counts as direct: then its line is all there is to act on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mothball.model import Document, Finding, Graph, Kind, Location, Rule
from mothball.sources import JudgedFile, SourceFile, is_lock

# The way to each transitive package: from the direct dependency that brings it in down to its parent; empty where the
# lock does not tell.
Ways = Mapping[str, tuple[str, ...]]

_Key = tuple[str, str | None, Rule]

# Real ways have a handful of steps; of a longer one the beginning is kept, or a crafted chain would fill the memory.
_MAX_STEPS = 12


def ways_into_locks(files: Sequence[SourceFile]) -> list[Ways]:
    """Return for each of ``files`` its transitive packages, and the way to each."""
    named: dict[str, set[str]] = {}
    for file in files:
        if not is_lock(file.document):
            names = named.setdefault(file.project, set())
            names.update(one.name for one in file.document.dependencies if one.kind is Kind.REQUIREMENT)
    return [
        _ways(file.document, named[file.project]) if is_lock(file.document) and file.project in named else {}
        for file in files
    ]


def _ways(lock: Document, named: Iterable[str]) -> Ways:
    graph = lock.graph or Graph({})
    direct = {*named, *(graph.direct or ())}
    found = _shortest(graph.requires, direct)
    return {one.name: found.get(one.name, ()) for one in lock.dependencies if one.name not in direct}


def _shortest(requires: Mapping[str, tuple[str, ...]], direct: Iterable[str]) -> Ways:
    """Return the shortest way from any of ``direct`` to each package that they bring in; of equal ones the first."""
    ways: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(direct), ())
    waiting = deque(ways)
    while waiting:
        parent = waiting.popleft()
        for name in sorted(requires.get(parent, ())):
            if name not in ways:
                ways[name] = (*ways[parent], parent)[:_MAX_STEPS]
                waiting.append(name)
    return ways


def one_problem_each(judged: Sequence[JudgedFile]) -> Iterator[Finding]:
    """Yield the findings of all files, those of a lock folded into that of its manifest where both are of one cause.

    What stands in a manifest and in its lock is one problem, and the place that people can edit is the one to show; an
    ignore there serves for both.
    """
    locks = [is_lock(one.file.document) for one in judged]
    in_manifests = {
        _problem(one, finding)
        for one, of_lock in zip(judged, locks, strict=True)
        if not of_lock
        for finding in one.findings
    }
    locked: dict[_Key | None, list[Location]] = {}
    for one, of_lock in zip(judged, locks, strict=True):
        for key, location in _direct_problems(one) if of_lock else ():
            if key in in_manifests:
                locked.setdefault(key, []).append(location)
    for one, of_lock in zip(judged, locks, strict=True):
        for finding in one.findings:
            places = locked.get(_problem(one, finding), [])
            if not of_lock:
                yield finding._replace(elsewhere=tuple(places)) if places else finding
            elif finding.location not in places:
                yield finding


def _direct_problems(lock: JudgedFile) -> Iterator[tuple[_Key, Location]]:
    transitive = {item.dependency.name for item in lock.checked if item.transitive}
    for finding in lock.findings:
        key = _problem(lock, finding)
        if key and finding.location and finding.name not in transitive:
            yield key, finding.location


def _problem(one: JudgedFile, finding: Finding) -> _Key | None:
    """Return what makes two findings one problem; None for those that are about a place and not about a project."""
    return (one.file.project, finding.name, finding.rule) if finding.lookup is not None else None
