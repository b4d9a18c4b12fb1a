"""Find the dependencies that a change adds.

A dependency is added if its name is in the target version of a file and no base entry covers it. Within the same
project, a base entry covers entries of its own role or a weaker one: an entry of a manifest covers its name in every
file, an entry of a lock covers only locks and constraints, a constraint only constraints, whether or not the change
moves it. A skipped entry, with or without a name, and one in ``.pre-commit-config.yaml`` cover only themselves, in the
same file. A manifest also covers the projects below its own, and the manifest of a workspace member covers the names
that the lock of the workspace records as requirements of members. docs/added.md lists all cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum, auto

from mothball.check.inputs import is_beneath, is_lock, required_by_members
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem, UnnamedEntry
from mothball.model.records import NamedTuple
from mothball.routing.facts import NO_FACTS, LookupFacts

_PRE_COMMIT = "pre-commit"
# Minimum share of common names (Jaccard index) for a new file to count as a renamed one.
_MIN_SIMILARITY = 0.5


class _Role(IntEnum):
    """The role of an entry, from the weakest to the strongest.

    Each role covers the weaker ones, except that entries of the first two roles cover only themselves.
    """

    SKIPPED = auto()
    PRE_COMMIT = auto()
    CONSTRAINT = auto()
    LOCK = auto()
    MANIFEST = auto()


_COVER_ONLY_THEMSELVES = frozenset({_Role.SKIPPED, _Role.PRE_COMMIT})


class FileVersion(NamedTuple):
    """One version of a dependency file.

    ``path`` is its absolute path, ``project`` the absolute directory of the project that it belongs to in the target.
    ``text`` is the text that ``document`` was parsed from, and ``oid`` its git object ID, empty if it has none.
    ``kind`` is the kind of the entries of a requirements file, which depends on how it is included. ``parent`` is the
    index of the parent commit in a merge: a file can have another name in each parent. ``facts`` determine which
    entries are skipped. ``on_default`` are its entries for which the built-in default index is a candidate, None if the
    change does not affect that.
    """

    path: str
    project: str
    text: str
    document: Document
    oid: str = ""
    kind: DependencyKind = DependencyKind.REQUIREMENT
    parent: int = 0
    facts: LookupFacts = NO_FACTS
    on_default: frozenset[Dependency] | None = None

    def is_on_default(self, entry: Dependency) -> bool:
        """Return True if the built-in default index is a candidate for ``entry``, or if that does not change."""
        return self.on_default is None or entry in self.on_default


class Addition(NamedTuple):
    """The dependencies, parse problems and unnamed entries that a change adds to one file, in the document's order."""

    dependencies: tuple[Dependency, ...]
    problems: tuple[ParseProblem, ...]
    unnamed: tuple[UnnamedEntry, ...]


def additions(
    targets: Sequence[FileVersion], base: Sequence[FileVersion], present: Mapping[str, Document | None]
) -> list[Addition]:
    """Return what the change adds to each of ``targets``, the changed files.

    ``base`` are the base versions of the changed files in each parent, and of all other files that were read.
    ``present`` maps the path of each changed file to its target document, None if the file was deleted.
    """
    base_names = _BaseNames(base)
    previous_versions = _previous_versions(targets, base, present)
    return [_addition(target, previous_versions[target.path], base_names) for target in targets]


def _addition(target: FileVersion, previous: Sequence[FileVersion], base_names: _BaseNames) -> Addition:
    previous_entries = _Entries()
    for version in previous:
        previous_entries.add_all(version)
    member_requirements = required_by_members(target.document)
    added = []
    for entry in target.document.dependencies:
        key = _Key(entry.name, target.is_on_default(entry))
        role = _role(target, entry)
        is_old = previous_entries.cover(role, key) or base_names.cover(target.project, role, key, member_requirements)
        if not is_old:
            added.append(entry)
    # A syntax error always counts as added, because it hides what was added to the file.
    comparable = () if target.document.is_broken else previous
    old_problems = {
        _problem_key(problem, version.text) for version in comparable for problem in version.document.problems
    }
    included = {include.target for version in previous for include in version.document.includes}
    problems = tuple(
        problem
        for problem in target.document.problems
        if _problem_key(problem, target.text) not in old_problems and problem.span.slice(target.text) not in included
    )
    old_unnamed = {entry.span.slice(version.text) for version in previous for entry in version.document.unnamed}
    unnamed = tuple(entry for entry in target.document.unnamed if entry.span.slice(target.text) not in old_unnamed)
    return Addition(tuple(added), problems, unnamed)


def _problem_key(problem: ParseProblem, text: str) -> tuple[str, str]:
    return problem.message, problem.span.slice(text)


class _Key(NamedTuple):
    """A name, and whether the built-in default index is a candidate for the entry."""

    name: str
    on_default: bool


class _Entries:
    """The strongest role of each name in some files; entries that cover only themselves are kept apart."""

    def __init__(self) -> None:
        self._strongest: dict[_Key, _Role] = {}
        self._isolated: set[tuple[_Role, _Key]] = set()

    def add_all(self, version: FileVersion) -> None:
        for entry in version.document.dependencies:
            role, key = _role(version, entry), _Key(entry.name, version.is_on_default(entry))
            if role in _COVER_ONLY_THEMSELVES:
                self._isolated.add((role, key))
            else:
                self._strongest[key] = max(role, self._strongest.get(key, role))

    def cover(self, role: _Role, key: _Key, *, only_itself: bool = True) -> bool:
        """Return True if an entry covers an entry of this name with the same role or a weaker one.

        If the built-in default index is a candidate for the covered entry, it must be one for the covering entry, too.
        """
        keys = (key,) if key.on_default else (key, key._replace(on_default=True))
        if only_itself and any((role, each) in self._isolated for each in keys):
            return True
        return role is not _Role.SKIPPED and any(role <= self._strongest.get(each, _Role.SKIPPED) for each in keys)


class _BaseNames:
    """The names at the base by project."""

    def __init__(self, base: Iterable[FileVersion]) -> None:
        self._by_project: dict[str, _Entries] = {}
        for version in base:
            self._by_project.setdefault(version.project, _Entries()).add_all(version)

    def cover(self, project: str, role: _Role, key: _Key, member_requirements: frozenset[str]) -> bool:
        """Return True if a base entry in ``project``, or in a related project, covers the name.

        ``member_requirements`` are the names that a lock records as requirements of workspace members.
        """
        return role is not _Role.SKIPPED and any(
            # Of other projects, only manifests count.
            entries.cover(role if other == project else _Role.MANIFEST, key, only_itself=False)
            for other, entries in self._by_project.items()
            if is_beneath(project, other) or (key.name in member_requirements and is_beneath(other, project))
        )


def _previous_versions(
    targets: Sequence[FileVersion], base: Sequence[FileVersion], present: Mapping[str, Document | None]
) -> dict[str, list[FileVersion]]:
    """Return the base versions of each target by its path, from all parents, following renames."""
    by_parent: dict[int, dict[str, list[FileVersion]]] = {}
    for version in base:
        by_parent.setdefault(version.parent, {}).setdefault(version.path, []).append(version)
    target_by_path = {target.path: target for target in targets}
    previous: dict[str, list[FileVersion]] = {path: [] for path in target_by_path}
    for by_path in by_parent.values():
        deleted = _DeletedFiles(
            [version for path in by_path if path in present and present[path] is None for version in by_path[path]]
        )
        for path, versions in previous.items():
            old_path = path if path in by_path else deleted.renamed_to(target_by_path[path])
            versions.extend(by_path.get(old_path, ()))
    return previous


class _DeletedFiles:
    """The files that a change deletes, to recognize renamed files."""

    def __init__(self, versions: Sequence[FileVersion]) -> None:
        self._versions = versions
        self._path_by_oid = {version.oid: version.path for version in versions if version.oid}
        self._names = [_names(version.document) for version in versions]
        self._numbers_by_name: dict[tuple[str, str], list[int]] = {}
        for number, (version, names) in enumerate(zip(versions, self._names, strict=True)):
            for name in names:
                self._numbers_by_name.setdefault((version.document.format, name), []).append(number)

    def renamed_to(self, target: FileVersion) -> str:
        """Return the old path of ``target``, empty if it was not renamed.

        A file with the same content takes precedence over the one with the most similar names.
        """
        if target.oid in self._path_by_oid:
            return self._path_by_oid[target.oid]
        target_names = _names(target.document)
        keys = [(target.document.format, name) for name in target_names]
        common = Counter(number for key in keys for number in self._numbers_by_name.get(key, ()))
        similarity = {number: count / len(target_names | self._names[number]) for number, count in common.items()}
        best = max(similarity, key=lambda number: (similarity[number], self._versions[number].path), default=None)
        return self._versions[best].path if best is not None and similarity[best] >= _MIN_SIMILARITY else ""


def _role(version: FileVersion, entry: Dependency) -> _Role:
    document = version.document
    if version.facts.skip_reason(entry) is not None:
        return _Role.SKIPPED
    if document.format == _PRE_COMMIT:
        return _Role.PRE_COMMIT
    if is_lock(document):
        return _Role.LOCK
    return _Role.MANIFEST if entry.kind is DependencyKind.REQUIREMENT else _Role.CONSTRAINT


def _names(document: Document | None) -> set[str]:
    return {entry.name for entry in document.dependencies} if document else set()
