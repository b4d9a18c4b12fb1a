"""Find the dependencies that a change adds.

A dependency is added if its name is in the target version of a file and no base entry covers it. Within the same
project, a base entry covers entries of its own role or a weaker one: an entry of a manifest covers its name in every
file, an entry of a lock covers only locks and constraints, a constraint only constraints, whether or not the change
moves it. A skipped or unresolvable entry, with or without a name, one that is never installed, and one in
``.pre-commit-config.yaml`` cover only themselves, in the same file. A manifest also covers the projects below its own,
and the manifest of a workspace member covers the names that the lock of the workspace records as requirements of
members. An entry that leaves a file of a related project is moved: one removal excuses one addition. From other
projects, a moved entry is added, one level lower. An ignored entry that is moved covers only ignored ones.
docs/added.md lists all cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import IntEnum, auto
from operator import attrgetter

from mothball.check.inputs import (
    BaseLock,
    ResolvedConfig,
    SelectedEntries,
    is_beneath,
    is_lock,
    line_range,
    pin_of,
    required_by_members,
)
from mothball.formats.recorded_files import digests_of, entry_text
from mothball.model.document import (
    UNRESOLVABLE_REASONS,
    Dependency,
    DependencyKind,
    Document,
    LineIndex,
    ParsedFile,
    ParseProblem,
    UnnamedEntry,
)
from mothball.model.records import NamedTuple
from mothball.routing.facts import NO_FACTS, LookupFacts

_PRE_COMMIT = "pre-commit"
# Formats whose lists are not computed by programs, which may change while the text of a list stays the same.
_NOT_COMPUTED = frozenset({_PRE_COMMIT, "requirements"})
# Minimum share of common names (Jaccard index) for a new file to count as a renamed one.
_MIN_SIMILARITY = 0.5


class _Role(IntEnum):
    """The role of an entry, from the weakest to the strongest.

    Each role covers the weaker ones, except that entries of the first four roles cover only themselves. Entries in
    ``.pre-commit-config.yaml`` are installed: of the other roles, only manifests cover them.
    """

    SKIPPED = auto()
    UNRESOLVABLE = auto()
    NEVER_INSTALLED = auto()
    PRE_COMMIT = auto()
    CONSTRAINT = auto()
    LOCK = auto()
    MANIFEST = auto()


_NOT_LOOKED_UP = frozenset({_Role.SKIPPED, _Role.UNRESOLVABLE})
_NOT_MOVED = _NOT_LOOKED_UP.union((_Role.NEVER_INSTALLED,))
_COVER_ONLY_THEMSELVES = _NOT_MOVED.union((_Role.PRE_COMMIT,))


class _Standing(NamedTuple):
    """What decides whether an entry covers another one of the same name: it must not be less in any field.

    ``on_default`` is true if the built-in default index is a candidate for the entry, ``is_reported`` if no ignore
    applies to it.
    """

    role: _Role
    on_default: bool
    is_reported: bool

    @property
    def covers_others(self) -> bool:
        """Whether the entry may cover entries of other files."""
        return self.role not in _COVER_ONLY_THEMSELVES

    def covers(self, other: _Standing) -> bool:
        """Return True if an entry with this standing covers one with the ``other`` standing in the same file."""
        is_same = self.role is other.role
        is_stronger = (
            self.covers_others and other.role not in _NOT_LOOKED_UP and self.role >= _weakest_cover(other.role)
        )
        return (
            (is_same or is_stronger) and self.on_default >= other.on_default and self.is_reported >= other.is_reported
        )


def _weakest_cover(role: _Role) -> _Role:
    """Return the weakest role that covers ``role``, apart from entries that only cover themselves."""
    return _Role.MANIFEST if role is _Role.PRE_COMMIT else role


# The standings of the entries of each name.
_Standings = dict[str, set[_Standing]]


class FileVersion(NamedTuple):
    """One version of a dependency file.

    ``path`` is the absolute path of the file or of a link to it, ``project`` the absolute directory of the project that
    it belongs to in its tree, and ``oid`` the git object ID of its text, empty if it has none. ``parent`` is the index
    of the parent commit in a merge: a file can have another name in each parent. ``facts`` determine which entries are
    skipped. ``on_default`` are its entries for which the built-in default index is a candidate, None if the change does
    not affect that. ``ignored`` are the names that an ignore applies to. ``include_problems`` are its includes that
    cannot be followed. ``committed_at`` returns the time of the parent commit (Unix time, seconds), None if it is not
    known.
    """

    path: str
    project: str
    parsed: ParsedFile
    oid: str = ""
    parent: int = 0
    facts: LookupFacts = NO_FACTS
    on_default: frozenset[Dependency] | None = None
    ignored: frozenset[str] = frozenset()
    include_problems: tuple[ParseProblem, ...] = ()
    committed_at: Callable[[], float | None] = lambda: None

    @property
    def problems(self) -> tuple[ParseProblem, ...]:
        """The problems of the document and its includes."""
        return (*self.parsed.document.problems, *self.include_problems)

    def is_on_default(self, entry: Dependency) -> bool:
        """Return True if the built-in default index is a candidate for ``entry``, or if that does not change."""
        return self.on_default is None or entry in self.on_default


def additions(
    targets: Sequence[FileVersion],
    base: Sequence[FileVersion],
    present: Mapping[str, Document | None],
    in_same_workspace: Callable[[str, str], bool] = lambda _first, _second: False,
    is_project: Callable[[str], bool] = lambda _directory: True,
) -> list[SelectedEntries]:
    """Return what the change adds to each of ``targets``, the changed files.

    ``base`` are the base versions of the changed files in each parent, and of all other files that were read.
    ``present`` maps the path of each changed file to its target document, None if the file was deleted.
    ``in_same_workspace`` returns whether two projects, absolute directories, are in one workspace. ``is_project``
    returns whether the target has a project in a directory.
    """
    base_projects = _BaseProjects(base, present)
    previous_versions = _previous_versions(targets, base, present)
    previous = [previous_versions[target.path] for target in targets]
    renames = [
        (version, target)
        for target, versions in zip(targets, previous, strict=True)
        for version in versions
        if version.path != target.path
    ]
    removals = _Removals(base, present, renames, in_same_workspace, is_project)
    # Moves between related projects take precedence over moves between others, in all files.
    new = [_new_entries(target, old, base_projects, removals) for target, old in zip(targets, previous, strict=True)]
    selections = []
    for target, old, entries in zip(targets, previous, new, strict=True):
        locks = _base_locks(target, old, base)
        base_locks = tuple(map(_base_lock, locks))
        standing_of = _standing_in(target)
        moved_from = {
            entry: path
            for entry in entries
            if (path := removals.take(target, entry, standing_of(entry), related=False))
        }
        moved_pins = (
            entry for entry in moved_from if _covers_pin(removals.roles_of_pin(target, entry), standing_of(entry).role)
        )
        selection = SelectedEntries(
            tuple(entries),
            tuple(_new_problems(target, old)),
            tuple(_new_unnamed(target, old)),
            moved_from,
            tuple(_repinned(target, frozenset(entries), (*old, *locks), base_projects, removals, base_locks)),
            base_locks,
            tuple(_new_unresolvable(target, old)),
            frozenset(moved_pins),
        )
        selections.append(selection)
    return selections


def _base_locks(
    target: FileVersion, previous: Sequence[FileVersion], base: Iterable[FileVersion]
) -> Sequence[FileVersion]:
    """Return the base versions of the lock ``target``.

    For a new lock, these are the locks that it may replace: those of its project, and of projects above and below it.
    """
    locks = [version for version in previous if version.parsed.may_record_files]
    if locks or not target.parsed.may_record_files:
        return locks
    return [
        version
        for version in base
        if (is_beneath(version.project, target.project) or is_beneath(target.project, version.project))
        and version.parsed.may_record_files
    ]


def merge_additions(first: SelectedEntries, second: SelectedEntries) -> SelectedEntries:
    """Return what either of two additions to a document adds. What is not moved in one of them is not moved."""
    offset = attrgetter("span.start")
    not_moved = {entry for each in (first, second) for entry in each.dependencies if entry not in each.moved_from}
    moved_from = {**first.moved_from, **second.moved_from}
    # A base version that was read once has a record for each of its paths.
    base_locks = {id(lock.parsed): lock for lock in (*first.base_locks, *second.base_locks)}
    return SelectedEntries(
        tuple(sorted({*first.dependencies, *second.dependencies}, key=attrgetter("name_span.start"))),
        tuple(sorted({*first.problems, *second.problems}, key=offset)),
        tuple(sorted({*first.unnamed, *second.unnamed}, key=offset)),
        {entry: path for entry, path in moved_from.items() if entry not in not_moved},
        # An entry that is added in one of them is judged by all rules.
        tuple(
            entry
            for entry in dict.fromkeys((*first.repinned, *second.repinned))
            if not any(entry in each.dependencies for each in (first, second))
        ),
        tuple(base_locks.values()),
        tuple(sorted({*first.unresolvable, *second.unresolvable}, key=offset)),
        first.moved_pins | second.moved_pins,
    )


def _new_entries(
    target: FileVersion, previous: Sequence[FileVersion], base_projects: _BaseProjects, removals: _Removals
) -> list[Dependency]:
    """Return the entries that neither a base entry nor a move between related projects covers."""
    previous_standings: _Standings = {}
    for version in previous:
        # An entry that stays in its file covers itself, ignored or not.
        standing_of = _standing_in(version, version.ignored if version.path != target.path else frozenset())
        for entry in version.parsed.document.dependencies:
            previous_standings.setdefault(entry.name, set()).add(standing_of(entry))
    member_requirements = required_by_members(target.parsed.document)
    standing_of = _standing_in(target)
    new = []
    for entry in target.parsed.document.dependencies:
        name, standing = entry.name, standing_of(entry)
        if not (
            any(each.covers(standing) for each in previous_standings.get(name, ()))
            or base_projects.cover(target.project, name, standing, member_requirements)
            or removals.take(target, entry, standing, related=True)
        ):
            new.append(entry)
    return new


def _new_problems(target: FileVersion, previous: Sequence[FileVersion]) -> Iterator[ParseProblem]:
    """Yield the new problems. A syntax error always counts as added, because it hides what was added to the file."""
    comparable = () if target.parsed.document.is_broken else previous
    old = {_problem_key(problem, version.parsed.text) for version in comparable for problem in version.problems}
    included = {include.target for version in previous for include in version.parsed.document.includes}
    for problem in target.problems:
        key = _problem_key(problem, target.parsed.text)
        if key not in old and key[1] not in included:
            yield problem


def _new_unnamed(target: FileVersion, previous: Sequence[FileVersion]) -> Iterator[UnnamedEntry]:
    old = {entry.span.slice(version.parsed.text) for version in previous for entry in version.parsed.document.unnamed}
    return (entry for entry in target.parsed.document.unnamed if entry.span.slice(target.parsed.text) not in old)


def _new_unresolvable(target: FileVersion, previous: Sequence[FileVersion]) -> Iterator[ParseProblem]:
    """Yield the lists that cannot be read completely. If the text of the file decides that, only those that are new."""
    document, text = target.parsed.document, target.parsed.text
    old = {
        _problem_key(problem, version.parsed.text)
        for version in (previous if document.format in _NOT_COMPUTED else ())
        for problem in version.parsed.document.unresolvable
    }
    return (problem for problem in document.unresolvable if _problem_key(problem, text) not in old)


def _repinned(  # noqa: PLR0913, PLR0917 - what may have the version at the base
    target: FileVersion,
    added: AbstractSet[Dependency],
    previous: Iterable[FileVersion],
    base_projects: _BaseProjects,
    removals: _Removals,
    base_locks: Iterable[BaseLock],
) -> Iterator[Dependency]:
    """Yield the entries that were there before with another version or other files, without those ``added``."""
    standing_of = _standing_in(target)
    recorded = _RecordedEntries(base_locks)
    # Versions and locks of other projects: `base_projects` has those of this one, and of those that enclose it.
    old_pins: _Pins = {}
    for version in previous:
        if not is_beneath(target.project, version.project):
            _add_pins(old_pins, version)
    for entry in target.parsed.document.dependencies:
        if entry not in added and (pin := _comparable_pin(entry)) and target.facts.skip_reason(entry) is None:
            role = standing_of(entry).role
            moved = removals.roles_of_pin(target, entry)
            is_known = base_projects.cover_pin(target.project, entry.name, pin, role) or _covers_pin(
                (*old_pins.get((entry.name, pin), ()), *moved), role
            )
            if not is_known or recorded.have_other_files(target.parsed, entry, pin):
                yield entry


# The roles of the entries with each name and pinned version.
_Pins = dict[tuple[str, str], set[_Role]]


def _add_pins(pins: _Pins, version: FileVersion) -> None:
    standing_of = _standing_in(version)
    for entry in version.parsed.document.dependencies:
        if pin := _comparable_pin(entry):
            pins.setdefault((entry.name, pin), set()).add(standing_of(entry).role)


def _covers_pin(roles: Iterable[_Role], role: _Role) -> bool:
    """Return True if an entry with one of ``roles`` and the same version covers the pin of an entry with ``role``.

    The version rules are as severe for a lock as for a manifest, but not for weaker roles.
    """
    weakest = min(_weakest_cover(role), _Role.LOCK)
    return any(each is role or each >= weakest for each in roles)


def _comparable_pin(entry: Dependency) -> str:
    """Return the pinned version, empty without one; equal releases, such as 1.0 and 1.0.0, have the same form."""
    pin = pin_of(entry)
    release = pin.removeprefix("v")
    if not release.replace(".", "").isdecimal():
        return pin
    numbers = release.split(".")
    while len(numbers) > 1 and numbers[-1] and not numbers[-1].strip("0"):
        numbers.pop()
    return ".".join(numbers)


class _RecordedEntries:
    """The entries of base locks by name and version, whose files are compared with those of a target lock.

    Texts and digests are computed once for each version: a lock may have many entries with the same one.
    """

    def __init__(self, base_locks: Iterable[BaseLock]) -> None:
        self._entries: dict[tuple[str, str], list[tuple[ParsedFile, Dependency]]] = {}
        for lock in base_locks:
            for name, entries in lock.entries.items():
                for entry in entries:
                    self._entries.setdefault((name, _comparable_pin(entry)), []).append((lock.parsed, entry))
        self._texts: dict[tuple[str, str], set[str]] = {}
        self._digests: dict[tuple[str, str], frozenset[str]] = {}

    def have_other_files(self, target: ParsedFile, entry: Dependency, pin: str) -> bool:
        """Return True if the lock ``target`` records none of the files that were recorded for the version before."""
        key = entry.name, pin
        old_entries = self._entries.get(key)
        if not old_entries or not target.may_record_files:
            return False
        if key not in self._texts:
            self._texts[key] = {entry_text(parsed, old) for parsed, old in old_entries}
        if entry_text(target, entry) in self._texts[key]:
            return False
        if key not in self._digests:
            self._digests[key] = frozenset().union(*(digests_of(parsed, old) for parsed, old in old_entries))
        digests, old_digests = digests_of(target, entry), self._digests[key]
        return bool(digests) and bool(old_digests) and digests.isdisjoint(old_digests)


def _base_lock(version: FileVersion) -> BaseLock:
    entries: dict[str, list[Dependency]] = {}
    for entry in version.parsed.document.dependencies:
        entries.setdefault(entry.name, []).append(entry)
    return BaseLock(version.parsed, {name: tuple(same) for name, same in entries.items()}, version.committed_at)


def ignored_names(document: Document, text: str, resolved_config: ResolvedConfig | None) -> frozenset[str]:
    """Return the names in a file that an ignore comment or an ignore entry of its configuration applies to."""
    entries = resolved_config.config.ignores if resolved_config else ()
    names = {ignore.name for ignore in entries}
    if document.ignores:
        lines = LineIndex(text)
        numbers = {number for comment in document.ignores for number in line_range(comment.applies_to, lines)}
        names |= {
            entry.name for entry in document.dependencies if not numbers.isdisjoint(line_range(entry.entry_span, lines))
        }
    return frozenset(names)


def _problem_key(problem: ParseProblem, text: str) -> tuple[str, str]:
    return problem.message, problem.span.slice(text)


def _standing_in(version: FileVersion, ignored: Collection[str] | None = None) -> Callable[[Dependency], _Standing]:
    """Return the function of the standing of an entry; by default, all ``ignored`` names of the file are ignored."""
    document, skip_reason = version.parsed.document, version.facts.skip_reason
    names = version.ignored if ignored is None else ignored
    # The role of all entries that are looked up and installed, None if each of them states its own.
    of_file = _Role.LOCK if is_lock(document) else _Role.PRE_COMMIT if document.format == _PRE_COMMIT else None

    def role_of(entry: Dependency) -> _Role:
        reason = skip_reason(entry)
        if reason is not None:
            return _Role.UNRESOLVABLE if reason in UNRESOLVABLE_REASONS else _Role.SKIPPED
        if entry.is_never_installed:
            return _Role.NEVER_INSTALLED
        if of_file is not None:
            return of_file
        return _Role.MANIFEST if entry.kind is DependencyKind.REQUIREMENT else _Role.CONSTRAINT

    return lambda entry: _Standing(role_of(entry), version.is_on_default(entry), entry.name not in names)


class _BaseProjects:
    """The names and the pinned versions at the base by project."""

    def __init__(self, base: Iterable[FileVersion], present: Mapping[str, Document | None]) -> None:
        self._standings: dict[str, _Standings] = {}
        self._pins: dict[str, _Pins] = {}
        self._related_projects: dict[str, tuple[Sequence[str], Sequence[str]]] = {}
        for version in base:
            # An ignored entry that leaves its file is moved, and covers no entry that is not ignored.
            ignored = version.ignored & _removed_names(version, present) if version.ignored else version.ignored
            standings = self._standings.setdefault(version.project, {})
            pins = self._pins.setdefault(version.project, {})
            standing_of = _standing_in(version, ignored)
            for entry in version.parsed.document.dependencies:
                standing = standing_of(entry)
                standings.setdefault(entry.name, set()).add(standing)
                if pin := _comparable_pin(entry):
                    pins.setdefault((entry.name, pin), set()).add(standing.role)

    def cover(self, project: str, name: str, standing: _Standing, member_requirements: frozenset[str]) -> bool:
        """Return True if a base entry in ``project``, or in a related project, covers ``name``.

        ``member_requirements`` are the names that a lock records as requirements of workspace members.
        """
        if standing.role in _NOT_LOOKED_UP:
            return False
        # Of other projects, only manifests count.
        in_other = _Standing(_Role.MANIFEST, standing.on_default, standing.is_reported)
        enclosing, below = self._related(project)
        return any(
            each.covers_others and each.covers(standing if other == project else in_other)
            for other in ((*enclosing, *below) if name in member_requirements else enclosing)
            for each in self._standings[other].get(name, ())
        )

    def cover_pin(self, project: str, name: str, pin: str, role: _Role) -> bool:
        """Return True if the base has this version in ``project``, or in a project that encloses it."""
        roles = (each for other in self._related(project)[0] for each in self._pins[other].get((name, pin), ()))
        return _covers_pin(roles, role)

    def _related(self, project: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return the projects that are or enclose ``project``, and those below it, computed once for all its names."""
        if project not in self._related_projects:
            enclosing = [other for other in self._standings if is_beneath(project, other)]
            below = [other for other in self._standings if other != project and is_beneath(other, project)]
            self._related_projects[project] = enclosing, below
        return self._related_projects[project]


class _Removals:
    """The entries that leave a file in the change. Each of them excuses one addition in another file.

    A file with links is one file: an entry leaves it if it leaves all its paths, and enters it once.
    """

    def __init__(
        self,
        base: Iterable[FileVersion],
        present: Mapping[str, Document | None],
        renames: Iterable[tuple[FileVersion, FileVersion]],
        in_same_workspace: Callable[[str, str], bool],
        is_project: Callable[[str], bool],
    ) -> None:
        self._in_same_workspace = in_same_workspace
        # Projects whose directory was moved.
        self._renamed_projects: set[tuple[str, str]] = set()
        renamed: dict[tuple[str, int], set[str]] = {}
        for version, target in renames:
            renamed.setdefault((version.path, version.parent), set()).update(_names(target.parsed.document))
            if version.project != target.project and not is_project(version.project):
                self._renamed_projects.add((version.project, target.project))
        # The versions of each file at its paths: the file itself first, then the links to it.
        files: dict[tuple[str, int], list[FileVersion]] = {}
        for version in base:
            files.setdefault((version.parsed.path, version.parent), []).append(version)
        # A name that leaves a file is one removal, whatever the number of its entries and of the parents in a merge.
        strongest: dict[tuple[str, str], tuple[_Standing, Sequence[FileVersion]]] = {}
        for (path, parent), versions in files.items():
            names = set.intersection(
                *(_removed_names(version, present) - renamed.get((version.path, parent), set()) for version in versions)
            )
            standing_of = _standing_in(versions[0])
            for entry in versions[0].parsed.document.dependencies if names else ():
                standing, removal = standing_of(entry), (entry.name, path)
                if (
                    entry.name in names
                    and standing.role not in _NOT_MOVED
                    and (removal not in strongest or strongest[removal][0] < standing)
                ):
                    strongest[removal] = standing, versions
        self._removed: dict[str, list[tuple[_Standing, Sequence[FileVersion]]]] = {}
        for (name, _), removed in strongest.items():
            self._removed.setdefault(name, []).append(removed)
        # The pins of the files that entries were moved from, by path and parent.
        self._pins: dict[tuple[str, int], _Pins] = {}
        # The removals that are used up, by the path of the file and the entry that was added.
        self._taken: dict[tuple[str, Dependency], tuple[_Standing, Sequence[FileVersion]]] = {}

    def take(self, target: FileVersion, entry: Dependency, standing: _Standing, *, related: bool) -> str:
        """Return the path that ``entry`` was moved from, empty if there is none, and use up the removal.

        With ``related``, only removals from related projects count.
        """
        if standing.role in _NOT_MOVED:
            return ""
        addition = target.parsed.path, entry
        taken = self._taken.get(addition)
        removals = self._removed.get(entry.name, []) if taken is None else [taken]
        for number, (removed, versions) in enumerate(removals):
            if removed.covers(standing) and (
                not related or any(self._is_related(version.project, target.project) for version in versions)
            ):
                self._taken[addition] = removals.pop(number)
                return versions[0].path
        return ""

    def roles_of_pin(self, target: FileVersion, entry: Dependency) -> Iterable[_Role]:
        """Return the roles with which the file that ``entry`` was moved from pinned the same version of its name."""
        taken = self._taken.get((target.parsed.path, entry))
        if taken is None:
            return ()
        version = taken[1][0]
        place = version.parsed.path, version.parent
        if place not in self._pins:
            _add_pins(self._pins.setdefault(place, {}), version)
        return self._pins[place].get((entry.name, _comparable_pin(entry)), ())

    def _is_related(self, old: str, new: str) -> bool:
        return (
            is_beneath(old, new)
            or is_beneath(new, old)
            or (old, new) in self._renamed_projects
            or self._in_same_workspace(old, new)
        )


def _removed_names(version: FileVersion, present: Mapping[str, Document | None]) -> set[str]:
    """Return the names that the target version of the file does not contain; none if the change does not touch it."""
    return _names(version.parsed.document) - _names(present[version.path]) if version.path in present else set()


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
            old_path = path if path in by_path else deleted.take_renamed(target_by_path[path])
            versions.extend(by_path.get(old_path, ()))
    return previous


class _DeletedFiles:
    """The files that a change deletes, to recognize renamed files."""

    def __init__(self, versions: Sequence[FileVersion]) -> None:
        self._versions = versions
        self._names = [_names(version.parsed.document) for version in versions]
        self._taken: set[str] = set()
        # The numbers of the versions, by format and name, and by an empty format and object ID.
        self._numbers: dict[tuple[str, str], list[int]] = {}
        for number, (version, names) in enumerate(zip(versions, self._names, strict=True)):
            for key in (("", version.oid), *((version.parsed.document.format, name) for name in names)):
                self._numbers.setdefault(key, []).append(number)

    def take_renamed(self, target: FileVersion) -> str:
        """Return the old path of ``target``, empty if it was not renamed. Each deleted file is returned once.

        A file with the same content takes precedence over the one with the most similar names.
        """
        best = next(self._left(("", target.oid)), None) if target.oid else None
        best = self._most_similar(target) if best is None else best
        if best is None:
            return ""
        self._taken.add(self._versions[best].path)
        return self._versions[best].path

    def _left(self, key: tuple[str, str]) -> Iterator[int]:
        return (number for number in self._numbers.get(key, ()) if self._versions[number].path not in self._taken)

    def _most_similar(self, target: FileVersion) -> int | None:
        names, file_format = _names(target.parsed.document), target.parsed.document.format
        common = Counter(number for name in names for number in self._left((file_format, name)))
        similarity = {number: count / len(names | self._names[number]) for number, count in common.items()}
        best = max(similarity, key=lambda number: (similarity[number], self._versions[number].path), default=None)
        return None if best is None or similarity[best] < _MIN_SIMILARITY else best


def _names(document: Document | None) -> set[str]:
    return {entry.name for entry in document.dependencies} if document else set()
