"""Find the dependencies that a change adds.

A dependency is added if its name is in the target version of a file and no base entry covers it (``base_entries``).
From projects that are not related, a moved entry is added, one level lower. docs/added.md lists all cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter

from mothball.check.base_entries import (
    PRE_COMMIT,
    BaseProjects,
    FileVersion,
    Pins,
    Removals,
    Standings,
    add_pins,
    comparable_pin,
    covers_pin,
    names_of,
    standing_in,
)
from mothball.check.inputs import BaseLock, ResolvedConfig, SelectedEntries, is_beneath, line_range, required_by_members
from mothball.formats.recorded_files import digests_of, entry_text
from mothball.model.document import Dependency, Document, LineIndex, ParsedFile, ParseProblem, UnnamedEntry

# Formats whose lists are not computed by programs, which may change while the text of a list stays the same.
_NOT_COMPUTED = frozenset({PRE_COMMIT, "requirements"})
# Minimum share of common names (Jaccard index) for a new file to count as a renamed one.
_MIN_SIMILARITY = 0.5


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
    base_projects = BaseProjects(base, present)
    previous_versions = _previous_versions(targets, base, present)
    previous = [previous_versions[target.path] for target in targets]
    renames = [
        (version, target)
        for target, versions in zip(targets, previous, strict=True)
        for version in versions
        if version.path != target.path
    ]
    removals = Removals(base, present, renames, in_same_workspace, is_project)
    # Moves between related projects take precedence over moves between others, in all files.
    new = [_new_entries(target, old, base_projects, removals) for target, old in zip(targets, previous, strict=True)]
    selections = []
    for target, old, entries in zip(targets, previous, new, strict=True):
        locks = _base_locks(target, old, base)
        base_locks = tuple(map(_base_lock, locks))
        standing_of = standing_in(target)
        moved_from = {
            entry: path
            for entry in entries
            if (path := removals.take(target, entry, standing_of(entry), related=False))
        }
        moved_pins = (
            entry for entry in moved_from if covers_pin(removals.roles_of_pin(target, entry), standing_of(entry).role)
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
    target: FileVersion, previous: Sequence[FileVersion], base_projects: BaseProjects, removals: Removals
) -> list[Dependency]:
    """Return the entries that neither a base entry nor a move between related projects covers."""
    previous_standings: Standings = {}
    for version in previous:
        # An entry that stays in its file covers itself, ignored or not.
        standing_of = standing_in(version, version.ignored if version.path != target.path else frozenset())
        for entry in version.parsed.document.dependencies:
            previous_standings.setdefault(entry.name, set()).add(standing_of(entry))
    member_requirements = required_by_members(target.parsed.document)
    standing_of = standing_in(target)
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
    base_projects: BaseProjects,
    removals: Removals,
    base_locks: Iterable[BaseLock],
) -> Iterator[Dependency]:
    """Yield the entries that were there before with another version or other files, without those ``added``."""
    standing_of = standing_in(target)
    recorded = _RecordedEntries(base_locks)
    # Versions and locks of other projects: `base_projects` has those of this one, and of those that enclose it.
    old_pins: Pins = {}
    for version in previous:
        if not is_beneath(target.project, version.project):
            add_pins(old_pins, version)
    for entry in target.parsed.document.dependencies:
        if entry not in added and (pin := comparable_pin(entry)) and target.facts.skip_reason(entry) is None:
            role = standing_of(entry).role
            moved = removals.roles_of_pin(target, entry)
            is_known = base_projects.cover_pin(target.project, entry.name, pin, role) or covers_pin(
                (*old_pins.get((entry.name, pin), ()), *moved), role
            )
            if not is_known or recorded.have_other_files(target.parsed, entry, pin):
                yield entry


class _RecordedEntries:
    """The entries of base locks by name and version, whose files are compared with those of a target lock.

    Texts and digests are computed once for each version: a lock may have many entries with the same one.
    """

    def __init__(self, base_locks: Iterable[BaseLock]) -> None:
        self._entries: dict[tuple[str, str], list[tuple[ParsedFile, Dependency]]] = {}
        for lock in base_locks:
            for name, entries in lock.entries.items():
                for entry in entries:
                    self._entries.setdefault((name, comparable_pin(entry)), []).append((lock.parsed, entry))
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
        self._names = [names_of(version.parsed.document) for version in versions]
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
        names, file_format = names_of(target.parsed.document), target.parsed.document.format
        common = Counter(number for name in names for number in self._left((file_format, name)))
        similarity = {number: count / len(names | self._names[number]) for number, count in common.items()}
        best = max(similarity, key=lambda number: (similarity[number], self._versions[number].path), default=None)
        return None if best is None or similarity[best] < _MIN_SIMILARITY else best
