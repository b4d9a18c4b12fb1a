"""Find the transitive dependencies in locks, and merge the findings of manifests and their locks.

A locked package is transitive if the manifests of the lock were read completely, no manifest names the package, and
the dependency graph of the lock reaches it. In all other cases it counts as direct. If the lock itself records what its
project requires, one manifest is enough, and it need not be complete.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mothball.check import policy
from mothball.check.inputs import (
    CheckedFile,
    ResolvedFile,
    RunSettings,
    is_beneath,
    is_lock,
    line_range,
    required_by_members,
)
from mothball.config.project import Ignore
from mothball.model.document import Dependency, DependencyKind, Document, IgnoreComment, Location
from mothball.model.results import CheckMode, Finding, Rule

# The dependency path of each transitive dependency: from a direct dependency to its parent.
DependencyPaths = Mapping[str, tuple[str, ...]]

# Name, rule and version of a finding.
_Key = tuple[str | None, Rule, str | None]

# Longer dependency paths are truncated, because the paths of a long chain take quadratic memory.
_MAX_PATH_LENGTH = 12
_ELLIPSIS = "…"

# The manifest formats that a lock of each format can be generated from.
_SETUPTOOLS = ("pyproject", "setup-cfg", "setup-py")
_MANIFEST_FORMATS = {
    "uv-lock": ("pyproject", "script"),
    "poetry-lock": ("pyproject",),
    "pdm-lock": ("pyproject",),
    "pylock": (*_SETUPTOOLS, "requirements", "pipfile"),
    "pixi-lock": ("pixi-toml", "pyproject"),
    "conda-lock": ("conda-env", "pyproject"),
    "requirements": (*_SETUPTOOLS, "requirements"),
}
# The sections whose requirements are locked; others are for builds and environments.
_LOCKED_SECTIONS = (
    *("project.", "dependency-groups.", "tool.poetry.", "tool.pdm.dev-", "tool.uv.dev-", "tool.rye.", "tool.flit."),
    "tool.pixi.",
    *("options.install", "options.extras", "setup.install_requires", "setup.extras_require"),
)
_FORMATS_WITH_SECTIONS = frozenset(_SETUPTOOLS)


# A file that locks can be generated from, with the names that it requires.
_Manifest = tuple[ResolvedFile, frozenset[str]]


def dependency_paths(files: Sequence[ResolvedFile]) -> list[DependencyPaths]:
    """Return the dependency paths of the transitive dependencies in each of ``files``."""
    manifests = [
        (
            file,
            frozenset(entry.name for entry in file.document.dependencies if entry.kind is DependencyKind.REQUIREMENT),
        )
        for file in files
        if _has_lockable_requirements(file.document)
    ]
    incomplete = [file for file in files if _is_incomplete(file)]
    return [_paths_in_lock(file, manifests, incomplete) if is_lock(file.document) else {} for file in files]


def _is_incomplete(file: ResolvedFile) -> bool:
    """Return True if the file may require names that were not read: it is invalid, or a program computes them."""
    document = file.document
    problems = (*document.problems, *file.include_problems)
    return bool(document.unresolvable) or any(not problem.span.slice(file.text).startswith("#") for problem in problems)


def _has_lockable_requirements(document: Document) -> bool:
    """Return True if the document, or a file that it includes, can contain requirements for a lock."""
    if is_lock(document):
        return False
    if document.format not in _FORMATS_WITH_SECTIONS:
        return any(entry.kind is DependencyKind.REQUIREMENT for entry in document.dependencies)
    return bool(document.includes) or any(
        entry.kind is DependencyKind.REQUIREMENT and entry.section.startswith(_LOCKED_SECTIONS)
        for entry in document.dependencies
    )


def _paths_in_lock(
    lock: ResolvedFile, manifests: Iterable[_Manifest], incomplete: Iterable[ResolvedFile]
) -> DependencyPaths:
    graph = lock.document.graph
    if graph is None:
        return {}
    if graph.direct is None and any(_is_manifest_of(file, frozenset(), lock) for file in incomplete):
        return {}
    direct = required_by_members(lock.document)
    names_of_manifests = [names for manifest, names in manifests if _is_manifest_of(manifest, names, lock)]
    if not names_of_manifests:
        return {}
    paths = _shortest_paths(graph.requires, direct.union(*names_of_manifests))
    return {name: path for name, path in paths.items() if path}


def _is_manifest_of(file: ResolvedFile, names: frozenset[str], lock: ResolvedFile) -> bool:
    """Return True if ``lock`` can be generated from ``file``, which requires ``names``."""
    file_format, lock_format = file.document.format, lock.document.format
    if file_format not in _MANIFEST_FORMATS.get(lock_format, ()):
        return False
    if file_format == "requirements":
        # Input files are called `*.in`; `pip lock` reads requirements.txt.
        name = os.path.basename(file.path)
        if not (name.endswith(".in") or (lock_format == "pylock" and name == "requirements.txt")):
            return False
    if file.project == lock.project:
        return True
    return is_beneath(file.project, lock.project) and not required_by_members(lock.document).isdisjoint(names)


def _shortest_paths(requires: Mapping[str, tuple[str, ...]], direct: Iterable[str]) -> DependencyPaths:
    """Return the shortest path from ``direct`` to each reachable package, the alphabetically first of equal ones."""
    paths: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(direct), ())
    queue = deque(paths)
    while queue:
        parent = queue.popleft()
        for name in sorted(requires.get(parent, ())):
            if name not in paths:
                path = (*paths[parent], parent)
                paths[name] = path if len(path) <= _MAX_PATH_LENGTH else (*path[:_MAX_PATH_LENGTH], _ELLIPSIS)
                queue.append(name)
    return paths


def merge_lock_findings(files: Sequence[CheckedFile], settings: RunSettings) -> Iterator[Finding]:
    """Yield the findings of all files, with those of direct dependencies in locks merged into those of the manifest.

    A dependency in a manifest and its lock is reported once, in the manifest, where it can be edited; an ignore there
    also applies to the lock, even if the manifest is only read as context. The manifest of a workspace member counts as
    a manifest of the lock of the workspace.
    """
    locks = [checked_file for checked_file in files if is_lock(checked_file.file.document)]
    locked: dict[_Key, list[tuple[str, Location, bool]]] = {}
    # The lock of the project itself comes before those of enclosing ones.
    for lock in sorted(locks, key=lambda lock: len(lock.file.project), reverse=True):
        member_requirements = required_by_members(lock.file.document)
        for finding, location in _direct_findings(lock):
            found = lock.file.project, location, finding.name in member_requirements
            locked.setdefault((finding.name, finding.rule, finding.version), []).append(found)
    merged: set[Location] = set()
    for checked_file in files:
        file = checked_file.file
        # A constraint does not make the locked package less severe.
        required = {entry.name for entry in file.document.dependencies if _is_installed(entry)}
        for finding in checked_file.findings if not is_lock(file.document) else ():
            is_mergeable = finding.lookup is not None and finding.name in required
            key = finding.name, finding.rule, finding.version
            locations = [
                location
                for project, location, is_of_member in (locked.get(key, ()) if is_mergeable else ())
                if project == file.project or (is_of_member and is_beneath(file.project, project))
            ]
            merged.update(locations)
            yield finding._replace(related_locations=tuple(locations)) if locations else finding
    is_full = settings.mode is CheckMode.FULL
    contexts = [file for file in files if is_full and file.file.is_context and not is_lock(file.file.document)]
    for lock in locks:
        direct = {location for _, location in _direct_findings(lock)}
        for finding in lock.findings:
            if finding.location not in merged:
                is_direct = finding.suppressed is None and finding.location in direct
                yield _ignored_in_manifest(finding, lock.file, contexts, settings) if is_direct else finding


def _is_installed(entry: Dependency) -> bool:
    """Return True if the entry of a manifest is why a package is in the lock; constraints install nothing."""
    return entry.kind is DependencyKind.REQUIREMENT and not entry.is_never_installed


def _ignored_in_manifest(
    finding: Finding, lock: ResolvedFile, contexts: Sequence[CheckedFile], settings: RunSettings
) -> Finding:
    """Return ``finding``, suppressed if every manifest of the lock that requires the name ignores the rule."""
    name = finding.name or ""
    is_for_members = name in required_by_members(lock.document)
    matches = [
        _ignore_in(checked_file, entry, policy.Violation(finding.rule, name, finding.version), settings)
        for checked_file in contexts
        if checked_file.file.project == lock.project
        or (is_for_members and is_beneath(checked_file.file.project, lock.project))
        for entry in checked_file.file.document.dependencies
        if entry.name == name and _is_installed(entry)
    ]
    first = matches[0] if matches and all(matches) else None
    return finding._replace(suppressed=policy.suppression_of(first)) if first else finding


def _ignore_in(
    checked_file: CheckedFile, entry: Dependency, violation: policy.Violation, settings: RunSettings
) -> IgnoreComment | Ignore | None:
    """Return the ignore that suppresses ``violation`` for an entry of a manifest that is only read as context."""
    file, lines = checked_file.file, checked_file.lines
    comments: Iterable[IgnoreComment] = file.document.ignores if settings.use_ignores else ()
    on_lines = [
        comment
        for comment in comments
        if set(line_range(comment.applies_to, lines)) & set(line_range(entry.entry_span, lines))
    ]
    with_entries = settings.use_ignores or settings.keep_config_ignores
    entries = file.resolved_config.config.ignores if with_entries else ()
    return policy.matching_ignore(violation, on_lines, entries, settings.today)


def _direct_findings(lock: CheckedFile) -> Iterator[tuple[Finding, Location]]:
    transitive = {item.dependency.name for item in lock.dependencies if item.transitive}
    for finding in lock.findings:
        if finding.lookup is not None and finding.location and finding.name not in transitive:
            yield finding, finding.location
