"""The entries at the base of a change, and which entries of the target they cover.

Within the same project, a base entry covers entries of its own role or a weaker one: an entry of a manifest covers its
name in every file, an entry of a lock covers only locks and constraints, a constraint only constraints, whether or not
the change moves it. A skipped or unresolvable entry, with or without a name, one that is never installed, and one in
``.pre-commit-config.yaml`` cover only themselves, in the same file. A manifest also covers the projects below its own,
and the manifest of a workspace member covers the names that the lock of the workspace records as requirements of
members. An entry that leaves a file of a related project is moved: one removal covers one addition. An ignored entry
that is moved covers only ignored ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import IntEnum, auto

from mothball.check.inputs import is_beneath, is_lock, pin_of
from mothball.model.document import UNRESOLVABLE_REASONS, Dependency, DependencyKind, Document, ParsedFile, ParseProblem
from mothball.model.records import NamedTuple
from mothball.routing.facts import NO_FACTS, LookupFacts

PRE_COMMIT = "pre-commit"


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


class Role(IntEnum):
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


_NOT_LOOKED_UP = frozenset({Role.SKIPPED, Role.UNRESOLVABLE})
_NOT_MOVED = _NOT_LOOKED_UP.union((Role.NEVER_INSTALLED,))
_COVER_ONLY_THEMSELVES = _NOT_MOVED.union((Role.PRE_COMMIT,))


class Standing(NamedTuple):
    """What decides whether an entry covers another one of the same name: it must not be less in any field.

    ``on_default`` is true if the built-in default index is a candidate for the entry, ``is_reported`` if no ignore
    applies to it.
    """

    role: Role
    on_default: bool
    is_reported: bool

    @property
    def covers_others(self) -> bool:
        """Whether the entry may cover entries of other files."""
        return self.role not in _COVER_ONLY_THEMSELVES

    def covers(self, other: Standing) -> bool:
        """Return True if an entry with this standing covers one with the ``other`` standing in the same file."""
        is_same = self.role is other.role
        is_stronger = (
            self.covers_others and other.role not in _NOT_LOOKED_UP and self.role >= _weakest_cover(other.role)
        )
        return (
            (is_same or is_stronger) and self.on_default >= other.on_default and self.is_reported >= other.is_reported
        )


def _weakest_cover(role: Role) -> Role:
    """Return the weakest role that covers ``role``, apart from entries that only cover themselves."""
    return Role.MANIFEST if role is Role.PRE_COMMIT else role


def standing_in(version: FileVersion, ignored: Collection[str] | None = None) -> Callable[[Dependency], Standing]:
    """Return the function of the standing of an entry; by default, all ``ignored`` names of the file are ignored."""
    document, skip_reason = version.parsed.document, version.facts.skip_reason
    names = version.ignored if ignored is None else ignored
    # The role of all entries that are looked up and installed, None if each of them states its own.
    of_file = Role.LOCK if is_lock(document) else Role.PRE_COMMIT if document.format == PRE_COMMIT else None

    def role_of(entry: Dependency) -> Role:
        reason = skip_reason(entry)
        if reason is not None:
            return Role.UNRESOLVABLE if reason in UNRESOLVABLE_REASONS else Role.SKIPPED
        if entry.is_never_installed:
            return Role.NEVER_INSTALLED
        if of_file is not None:
            return of_file
        return Role.MANIFEST if entry.kind is DependencyKind.REQUIREMENT else Role.CONSTRAINT

    return lambda entry: Standing(role_of(entry), version.is_on_default(entry), entry.name not in names)


# The roles of the entries with each name and pinned version.
Pins = dict[tuple[str, str], set[Role]]


def add_pins(pins: Pins, version: FileVersion) -> None:
    """Add the pinned versions of ``version`` to ``pins``."""
    standing_of = standing_in(version)
    for entry in version.parsed.document.dependencies:
        if pin := comparable_pin(entry):
            pins.setdefault((entry.name, pin), set()).add(standing_of(entry).role)


def covers_pin(roles: Iterable[Role], role: Role) -> bool:
    """Return True if an entry with one of ``roles`` and the same version covers the pin of an entry with ``role``.

    The version rules are as severe for a lock as for a manifest, but not for weaker roles.
    """
    weakest = min(_weakest_cover(role), Role.LOCK)
    return any(each is role or each >= weakest for each in roles)


def comparable_pin(entry: Dependency) -> str:
    """Return the pinned version, empty without one; equal releases, such as 1.0 and 1.0.0, have the same form."""
    pin = pin_of(entry)
    release = pin.removeprefix("v")
    if not release.replace(".", "").isdecimal():
        return pin
    numbers = release.split(".")
    while len(numbers) > 1 and numbers[-1] and not numbers[-1].strip("0"):
        numbers.pop()
    return ".".join(numbers)


# The standings of the entries of each name.
Standings = dict[str, set[Standing]]


class BaseProjects:
    """The names and the pinned versions at the base by project."""

    def __init__(self, base: Iterable[FileVersion], present: Mapping[str, Document | None]) -> None:
        self._standings: dict[str, Standings] = {}
        self._pins: dict[str, Pins] = {}
        self._related_projects: dict[str, tuple[Sequence[str], Sequence[str]]] = {}
        for version in base:
            # An ignored entry that leaves its file is moved, and covers no entry that is not ignored.
            ignored = version.ignored & _removed_names(version, present) if version.ignored else version.ignored
            standings = self._standings.setdefault(version.project, {})
            pins = self._pins.setdefault(version.project, {})
            standing_of = standing_in(version, ignored)
            for entry in version.parsed.document.dependencies:
                standing = standing_of(entry)
                standings.setdefault(entry.name, set()).add(standing)
                if pin := comparable_pin(entry):
                    pins.setdefault((entry.name, pin), set()).add(standing.role)

    def cover(self, project: str, name: str, standing: Standing, member_requirements: frozenset[str]) -> bool:
        """Return True if a base entry in ``project``, or in a related project, covers ``name``.

        ``member_requirements`` are the names that a lock records as requirements of workspace members.
        """
        if standing.role in _NOT_LOOKED_UP:
            return False
        # Of other projects, only manifests count.
        in_other = Standing(Role.MANIFEST, standing.on_default, standing.is_reported)
        enclosing, below = self._related(project)
        return any(
            each.covers_others and each.covers(standing if other == project else in_other)
            for other in ((*enclosing, *below) if name in member_requirements else enclosing)
            for each in self._standings[other].get(name, ())
        )

    def cover_pin(self, project: str, name: str, pin: str, role: Role) -> bool:
        """Return True if the base has this version in ``project``, or in a project that encloses it."""
        roles = (each for other in self._related(project)[0] for each in self._pins[other].get((name, pin), ()))
        return covers_pin(roles, role)

    def _related(self, project: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return the projects that are or enclose ``project``, and those below it, computed once for all its names."""
        if project not in self._related_projects:
            enclosing = [other for other in self._standings if is_beneath(project, other)]
            below = [other for other in self._standings if other != project and is_beneath(other, project)]
            self._related_projects[project] = enclosing, below
        return self._related_projects[project]


class Removals:
    """The entries that leave a file in the change. Each of them excuses one addition in another file.

    A file with links is one file: an entry leaves it if it leaves all its paths, and enters it once. ``present`` has
    the target document of each file that the change touches, by path, None for a deleted file; ``renames`` has the base
    and target versions of renamed files.
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
            renamed.setdefault((version.path, version.parent), set()).update(names_of(target.parsed.document))
            if version.project != target.project and not is_project(version.project):
                self._renamed_projects.add((version.project, target.project))
        # The versions of each file at its paths: the file itself first, then the links to it.
        files: dict[tuple[str, int], list[FileVersion]] = {}
        for version in base:
            files.setdefault((version.parsed.path, version.parent), []).append(version)
        # A name that leaves a file is one removal, whatever the number of its entries and of the parents in a merge.
        strongest: dict[tuple[str, str], tuple[Standing, Sequence[FileVersion]]] = {}
        for (path, parent), versions in files.items():
            names = set.intersection(
                *(_removed_names(version, present) - renamed.get((version.path, parent), set()) for version in versions)
            )
            standing_of = standing_in(versions[0])
            for entry in versions[0].parsed.document.dependencies if names else ():
                standing, removal = standing_of(entry), (entry.name, path)
                if (
                    entry.name in names
                    and standing.role not in _NOT_MOVED
                    and (removal not in strongest or strongest[removal][0] < standing)
                ):
                    strongest[removal] = standing, versions
        self._removed: dict[str, list[tuple[Standing, Sequence[FileVersion]]]] = {}
        for (name, _), removed in strongest.items():
            self._removed.setdefault(name, []).append(removed)
        # The pins of the files that entries were moved from, by path and parent.
        self._pins: dict[tuple[str, int], Pins] = {}
        # The removals that are used up, by the path of the file and the entry that was added.
        self._taken: dict[tuple[str, Dependency], tuple[Standing, Sequence[FileVersion]]] = {}

    def take(self, target: FileVersion, entry: Dependency, standing: Standing, *, related: bool) -> str:
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

    def roles_of_pin(self, target: FileVersion, entry: Dependency) -> Iterable[Role]:
        """Return the roles with which the file that ``entry`` was moved from pinned the same version of its name."""
        taken = self._taken.get((target.parsed.path, entry))
        if taken is None:
            return ()
        version = taken[1][0]
        place = version.parsed.path, version.parent
        if place not in self._pins:
            add_pins(self._pins.setdefault(place, {}), version)
        return self._pins[place].get((entry.name, comparable_pin(entry)), ())

    def _is_related(self, old: str, new: str) -> bool:
        return (
            is_beneath(old, new)
            or is_beneath(new, old)
            or (old, new) in self._renamed_projects
            or self._in_same_workspace(old, new)
        )


def _removed_names(version: FileVersion, present: Mapping[str, Document | None]) -> set[str]:
    """Return the names that the target version of the file does not contain; none if the change does not touch it."""
    return names_of(version.parsed.document) - names_of(present[version.path]) if version.path in present else set()


def names_of(document: Document | None) -> set[str]:
    """Return the names of the dependencies; none without a document."""
    return {entry.name for entry in document.dependencies} if document else set()
