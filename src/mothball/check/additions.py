"""What a change adds: which dependencies of the target nothing at the base excuses. Pure.

A dependency is added when its name stands in the target version of a file, and nothing at the base excuses it. In the
same project, an entry of a base manifest excuses its name everywhere; an entry of a base lock, and one of a base
constraint, only in its own kind; an entry that no index answers for, and one in ``.pre-commit-config.yaml``, only
itself, in its own file. An entry that leaves another file of the same project in the same change is a move. A manifest
of an enclosing project excuses those beneath it, and a manifest of a member excuses what the lock of its workspace says
that a member requires. docs/added.md tells all cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto

from mothball.check.inputs import is_beneath, is_lock, required_by_members
from mothball.model.document import Dependency, DependencyKind, Document, ParseProblem
from mothball.model.records import NamedTuple

_PRE_COMMIT = "pre-commit"
# So much of what two files name must be the same for one to be the other under a new name.
_ALIKE = 0.5


class _Role(Enum):
    """What an entry is when it comes to excusing: the last two excuse only themselves."""

    MANIFEST = auto()
    LOCK = auto()
    CONSTRAINT = auto()
    PRE_COMMIT = auto()
    SKIPPED = auto()


class FileVersion(NamedTuple):
    """One version of a dependency file: its absolute path, the project it belongs to in the target, what it says.

    ``text`` is what the document was read from, ``oid`` the id of that content, empty where it has none. ``kind`` is
    what the entries of a requirements file are to those that include it. ``parent`` tells the trees apart that a merge
    goes from: each has its own way of a file to its new name.
    """

    path: str
    project: str
    text: str
    document: Document
    oid: str = ""
    kind: DependencyKind = DependencyKind.REQUIREMENT
    parent: int = 0


class Addition(NamedTuple):
    """What a change adds to one file: dependencies and problems, in the order of the document."""

    dependencies: tuple[Dependency, ...]
    problems: tuple[ParseProblem, ...]


def additions(
    targets: Sequence[FileVersion], base: Sequence[FileVersion], present: Mapping[str, Document | None]
) -> list[Addition]:
    """Return for each of ``targets``, files that the change touches, what it adds.

    ``base`` are all versions known of files before the change: of each parent, those of touched files and as many of
    the others as were read. ``present`` holds by path what a touched file says after the change, None where it is gone.
    """
    excuses = _Excuses(base, present)
    before = _versions_before(targets, base, present)
    return [_addition(target, before[target.path], excuses) for target in targets]


def _addition(target: FileVersion, before: Sequence[FileVersion], excuses: _Excuses) -> Addition:
    at_home = {(_role(one.document, entry), entry.name) for one in before for entry in one.document.dependencies}
    in_workspace = required_by_members(target.document)
    added = []
    for entry in target.document.dependencies:
        role = _role(target.document, entry)
        is_old = (role, entry.name) in at_home
        if not is_old and not excuses.matched_ignore(target.project, role, entry.name, in_workspace):
            added.append(entry)
    # A file with a syntax error is never as it was: nobody can tell what was added to it.
    was_read = () if target.document.is_broken else before
    old = {_said(problem, one.text) for one in was_read for problem in one.document.problems}
    included = {include.target for one in before for include in one.document.includes}
    problems = tuple(
        problem
        for problem in target.document.problems
        if _said(problem, target.text) not in old and problem.span.slice(target.text) not in included
    )
    return Addition(tuple(added), problems)


def _said(problem: ParseProblem, text: str) -> tuple[str, str]:
    return problem.message, problem.span.slice(text)


class _Excuses:
    """The names at the base, by project, and what they excuse there."""

    def __init__(self, base: Iterable[FileVersion], present: Mapping[str, Document | None]) -> None:
        self._declared: dict[str, set[str]] = {}
        self._moved: dict[str, set[str]] = {}
        self._own_kind: dict[tuple[str, _Role], set[str]] = {}
        for one in base:
            left = _names(present[one.path]) if one.path in present else None
            for entry in one.document.dependencies:
                role = _role(one.document, entry)
                if role in (_Role.PRE_COMMIT, _Role.SKIPPED):
                    continue
                if left is not None and entry.name not in left:
                    self._moved.setdefault(one.project, set()).add(entry.name)
                if role is _Role.MANIFEST:
                    self._declared.setdefault(one.project, set()).add(entry.name)
                else:
                    self._own_kind.setdefault((one.project, role), set()).add(entry.name)

    def matched_ignore(self, project: str, role: _Role, name: str, in_workspace: frozenset[str]) -> bool:
        """Return whether anything in ``project`` or around it excuses the name.

        ``in_workspace`` are the names that a lock says the members of its workspace require.
        """
        if role is _Role.SKIPPED:
            return False
        if name in self._moved.get(project, ()) or name in self._own_kind.get((project, role), ()):
            return True
        return any(
            name in names
            for declared, names in self._declared.items()
            if is_beneath(project, declared) or (name in in_workspace and is_beneath(declared, project))
        )


def _versions_before(
    targets: Sequence[FileVersion], base: Sequence[FileVersion], present: Mapping[str, Document | None]
) -> dict[str, list[FileVersion]]:
    """Return for each target the versions that it had before in any parent, there under its own name or another."""
    by_parent: dict[int, dict[str, list[FileVersion]]] = {}
    for one in base:
        by_parent.setdefault(one.parent, {}).setdefault(one.path, []).append(one)
    of_path = {target.path: target for target in targets}
    before: dict[str, list[FileVersion]] = {path: [] for path in of_path}
    for by_path in by_parent.values():
        gone = _Gone([one for path in by_path if path in present and present[path] is None for one in by_path[path]])
        for path, versions in before.items():
            versions.extend(by_path[path] if path in by_path else by_path.get(gone.like(of_path[path]), ()))
    return before


class _Gone:
    """The files that a change takes away: a new one may be one of them under another name."""

    def __init__(self, versions: Sequence[FileVersion]) -> None:
        self._versions = versions
        self._by_content = {one.oid: one.path for one in versions if one.oid}
        self._names = [_names(one.document) for one in versions]
        self._naming: dict[tuple[str, str], list[int]] = {}
        for number, (one, names) in enumerate(zip(versions, self._names, strict=True)):
            for name in names:
                self._naming.setdefault((one.document.format, name), []).append(number)

    def like(self, target: FileVersion) -> str:
        """Return the path of the file with the same content, or with most of the same names; empty for none."""
        if target.oid in self._by_content:
            return self._by_content[target.oid]
        ours = _names(target.document)
        shared = Counter(number for name in ours for number in self._naming.get((target.document.format, name), ()))
        likeness = {number: count / len(ours | self._names[number]) for number, count in shared.items()}
        best = max(likeness, key=lambda number: (likeness[number], self._versions[number].path), default=None)
        return self._versions[best].path if best is not None and likeness[best] >= _ALIKE else ""


def _role(document: Document, entry: Dependency) -> _Role:
    if entry.skip_reason is not None:
        return _Role.SKIPPED
    if document.format == _PRE_COMMIT:
        return _Role.PRE_COMMIT
    if is_lock(document):
        return _Role.LOCK
    return _Role.MANIFEST if entry.kind is DependencyKind.REQUIREMENT else _Role.CONSTRAINT


def _names(document: Document | None) -> set[str]:
    return {entry.name for entry in document.dependencies} if document else set()
