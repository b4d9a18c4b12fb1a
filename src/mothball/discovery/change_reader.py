"""From a change in git to source files of which only what the change adds is judged.

What the change touches is read first. The rest of the repository, at the base and in the target, is read only where it
matters: for a name that is not known to be fine, and where a file is read only because another one includes it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import takewhile

from mothball.check.additions import FileVersion, additions
from mothball.check.inputs import RunSettings, SourceFile, is_lock
from mothball.discovery.config_lookup import ConfigResolver
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover, is_excluded_by_config
from mothball.discovery.local_projects import skip_local_names
from mothball.formats.table import (
    INCLUDING_FORMATS,
    decode,
    format_of,
    is_constraints,
    may_be_dependency_file,
    may_be_included,
    parse,
)
from mothball.model.document import DependencyKind, Document
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import HATCH_TOML, MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple
from mothball.repository.files import PROJECT_FILES, is_inside, project_of
from mothball.repository.git_change import Base, Change
from mothball.repository.git_tree import GitTree
from mothball.repository.paths import upward

# Asking git about more paths than this costs as much as asking about all.
_MANY_PATHS = 300


class PathSelection(NamedTuple):
    """What of a change is to be judged.

    ``files`` and ``directories`` are absolute paths; where ``files`` is None, all that the change touches is wanted.
    ``format`` is what the files among them are read as, where that is not what their names say.
    """

    files: frozenset[str] | None = None
    directories: tuple[str, ...] = ()
    format: str | None = None

    def takes(self, path: str) -> bool:
        """Return whether the absolute ``path`` is to be judged."""
        return self.files is None or path in self.files or any(is_inside(path, one) for one in self.directories)

    def is_forced(self, path: str) -> bool:
        """Return whether the file at the absolute ``path`` is read as something else than its name says."""
        return self.format is not None and self.files is not None and path in self.files

    def format_of(self, path: str) -> str | None:
        """Return the format of the file at the absolute ``path``, None for what is no dependency file by its name."""
        return self.format if self.is_forced(path) else format_of(path)


def select_paths(paths: Iterable[str], file_format: str | None) -> PathSelection:
    """Return what ``paths``, absolute ones of files and directories, ask for: everything where there are none."""
    given = frozenset(paths)
    directories = tuple(sorted(path for path in given if os.path.isdir(path)))
    return PathSelection(given.difference(directories) if given else None, directories, file_format)


class ChangeReader:
    """What is read of one change. Any method may raise GitError.

    ``candidates`` are the absolute paths of the files that may add something: the target has them, no parent has them
    as they are, and they are wanted.
    """

    def __init__(self, change: Change, wanted: PathSelection) -> None:
        """Find the candidates; no file is read yet."""
        self._change = change
        self._wanted = wanted
        # A script that bore another name before is still a script.
        self._endings = {os.path.splitext(one)[1] for one in wanted.files or ()} if wanted.format else set()
        touched = dict.fromkeys(path for base in change.bases for path in base.touched)
        self._config_resolver: ConfigResolver | None = None
        self._places = {change.absolute(path) for path in touched}
        for path in list(self._places):
            self._places.update(takewhile(lambda one: one not in self._places, self._above(path)))
        self._touched = {change.absolute(path): path for path in touched if self._matters(change.absolute(path))}
        # What is as one of the parents has it was added elsewhere.
        self.candidates = {
            absolute
            for absolute, path in self._touched.items()
            if wanted.takes(absolute) and all(_is_file_after(base, path) for base in change.bases)
        }

    def touches(self, path: str) -> bool:
        """Return whether the change touches the file at the absolute ``path``, or any in the directory there."""
        return path in self._places

    def read(self, config_resolver: ConfigResolver, settings: RunSettings, *, whole: bool = False) -> DiscoveryResult:
        """Return the files that the change touches, each with what it adds to be judged.

        With ``whole``, or where an include makes it matter, what surrounds them is read as well and told by it from
        what was there before.
        """
        self._config_resolver = config_resolver
        named = [path for path in self._touched if self._wanted.format_of(path) and self._is_in_target(path)]
        self._prefetch()
        found = self._discover(named, config_resolver, settings)
        # What a text is, and whether a constraints file is installed from, those tell that include it.
        gone = [path for path in self._touched if not self._is_in_target(path)]
        includers = (
            not self.candidates <= set(named)
            or any(map(is_constraints, self.candidates))
            or any(self._wanted.format_of(path) is None for path in gone)
        )
        reached = not {_path_of(file) for file in found.files} <= set(named)
        bases = self._change.bases
        if not (whole or includers or reached):
            return self._judged(found, [version for one in bases for version in self._touched_base(one, self._touched)])
        around = self._around(found.files, self._change.target_paths(), includers=includers)
        found = self._discover(
            [*named, *(path for path in around if path not in self._touched)], config_resolver, settings
        )
        files = found.files
        return self._judged(
            found, [version for one in bases for version in self._whole_base(one, files, includers=includers)]
        )

    # --- what is to be read -------------------------------------------------------------------------------------------

    def _matters(self, path: str) -> bool:
        return os.path.splitext(path)[1] in self._endings if self._wanted.format else may_be_dependency_file(path)

    def _is_in_target(self, path: str) -> bool:
        return any(_is_file_after(base, self._touched[path]) for base in self._change.bases)

    def _prefetch(self) -> None:
        """Learn in two calls of git what the first look needs: which configurations there are, and all contents."""
        target, change = self._change.target, self._change
        by_name = {relative for path, relative in self._touched.items() if self._wanted.format_of(path)}
        touched = [base.touched[path] for base in change.bases for path in by_name & base.touched.keys()]
        oids = [entry.oid for one in touched for entry in (one.before, one.after) if entry]
        if isinstance(target, GitTree):
            directories = {directory for path in self._touched for directory in self._above(path)}
            paths = [
                os.path.join(one, name)
                for one in directories
                for name in (MOTHBALL_TOML, UV_TOML, HATCH_TOML, *PROJECT_FILES)
            ]
            if len(paths) > _MANY_PATHS:
                target.paths()
            target.prefetch(paths)
            configurations = [one for one in paths if one.endswith((MOTHBALL_TOML, PYPROJECT_TOML))]
            oids += [entry.oid for one in configurations if (entry := target.entry(one))]
        change.blobs.fetch(oid for oid in oids if oid)

    def _above(self, path: str) -> Iterator[str]:
        return upward(os.path.dirname(path), self._change.repository.root)

    def _around(self, files: Iterable[SourceFile], paths: Iterable[str], *, includers: bool) -> list[str]:
        """Return those of ``paths`` that can matter to ``files``: of the same project, or of one around it.

        To a lock also the members of its workspace matter. ``includers`` asks for all that may include others.
        """
        judged = [file for file in files if _path_of(file) in self.candidates or format_of(_path_of(file)) is None]
        projects = {file.project for file in judged}
        if includers:
            projects.update(map(self._project_of, self.candidates))
        workspaces = {file.project for file in judged if is_lock(file.document)}
        around = []
        for path in paths:
            file_format = format_of(path)
            if file_format is None:
                continue
            project = self._project_of(path)
            if (
                any(is_inside(one, project) for one in projects)
                or any(is_inside(project, one) for one in workspaces)
                or (includers and file_format in INCLUDING_FORMATS)
            ):
                around.append(path)
        return around

    # --- the target ---------------------------------------------------------------------------------------------------

    def _discover(self, paths: list[str], config_resolver: ConfigResolver, settings: RunSettings) -> DiscoveryResult:
        root, target = self._change.repository.root, self._change.target
        target.prepare(paths)
        forced = [path for path in paths if self._wanted.is_forced(path)]
        plain = [path for path in paths if not self._wanted.is_forced(path)]
        found = discover(DiscoveryRequest(tuple(plain), root=root, apply_exclude=True), config_resolver, settings)
        if not forced:
            return found
        given = DiscoveryRequest(tuple(forced), self._wanted.format, root=root, apply_exclude=True)
        more = discover(given, config_resolver, settings)
        return DiscoveryResult(
            (*found.files, *more.files),
            (*found.unreadable, *more.unreadable),
            tuple(dict.fromkeys((*found.problems, *more.problems))),
        )

    def _project_of(self, path: str) -> str:
        return project_of(path, self._change.repository.root, self._change.target)

    # --- the base -----------------------------------------------------------------------------------------------------

    def _touched_base(self, base: Base, paths: Iterable[str]) -> Iterator[FileVersion]:
        """Yield the versions that a base has of those of ``paths`` that are dependency files by their names.

        A text that bore another name there is one only where something included it.
        """
        for path in paths:
            entry = base.tree.entry(path)
            if entry is None or not entry.is_file:
                continue
            file_format = self._wanted.format_of(path) or (self._wanted.format if path in self._touched else None)
            if file_format is not None:
                yield from self._version(base, path, file_format, _kind_of(path))

    def _whole_base(self, base: Base, files: Iterable[SourceFile], *, includers: bool) -> Iterator[FileVersion]:
        """Yield the versions that a base has of all that can matter, with what they include."""
        touched = set(self._touched)
        around = [*self._around(files, base.tree.paths(), includers=includers), *map(_path_of, files)]
        paths = [*self._touched, *(path for path in dict.fromkeys(around) if path not in touched)]
        self._change.blobs.fetch(entry.oid for path in paths if (entry := base.tree.entry(path)))
        waiting = deque(self._touched_base(base, paths))
        seen = {version.path: version.kind for version in waiting}
        while waiting:
            version = waiting.popleft()
            yield version
            for include in version.document.includes:
                path = os.path.normpath(os.path.join(os.path.dirname(version.path), include.target))
                # As in the target: what one file constrains with and another one installs is installed.
                is_news = path not in seen or (
                    seen[path] is DependencyKind.CONSTRAINT and include.kind is DependencyKind.REQUIREMENT
                )
                if is_news and may_be_included(path) and base.tree.is_file(path):
                    seen[path] = include.kind
                    waiting.extend(self._version(base, path, "requirements", include.kind))

    def _version(self, base: Base, path: str, file_format: str, kind: DependencyKind) -> Iterator[FileVersion]:
        """Yield what a base has at ``path``, nothing where that is no text: then everything is new.

        Nor is there anything in what the configuration excludes: it is not the project's.
        """
        resolved_config = (
            self._config_resolver.resolve(path, self._change.repository.root) if self._config_resolver else None
        )
        if resolved_config is not None and is_excluded_by_config(path, resolved_config):
            return
        try:
            text = decode(file_format, path, base.tree.read(path))
        except UnreadableFileError:
            return
        entry = base.tree.entry(path)
        document = parse(file_format, text, kind)
        parent = self._change.bases.index(base)
        yield FileVersion(path, self._project_of(path), text, document, entry.oid if entry else "", kind, parent)

    # --- the two together ---------------------------------------------------------------------------------------------

    def _judged(self, found: DiscoveryResult, base: list[FileVersion]) -> DiscoveryResult:
        """Return ``found`` with what the change adds to be judged, and all else for context."""
        before = {(version.path, version.kind) for version in base}
        # What the target's files say of a name that is at home holds for the entry that stood there before.
        local_names = {_path_of(file): file.local_names for file in found.files if file.local_names}
        base = [
            one._replace(document=skip_local_names(one.document, local_names[one.path]))
            if one.path in local_names
            else one
            for one in base
        ]
        targets = []
        for file in found.files:
            path = _path_of(file)
            if path in self.candidates or self._is_included(path, file.kind, before):
                targets.append(FileVersion(path, file.project, file.text, file.document, self._oid(path), file.kind))
        present: dict[str, Document | None] = {_path_of(file): file.document for file in found.files}
        present = {path: present[path] for path in self._touched if path in present}
        present.update({path: None for path in self._touched if not self._is_in_target(path)})
        added = dict(zip([one.path for one in targets], additions(targets, base, present), strict=True))
        files = []
        for file in found.files:
            addition = added.get(_path_of(file))
            problems = addition.problems if addition else ()
            files.append(
                file._replace(
                    document=file.document._replace(problems=problems),
                    selected=addition.dependencies if addition else (),
                    is_context=addition is None,
                )
            )
        unreadable = tuple(one for one in found.unreadable if os.path.abspath(one.path) in self.candidates)
        return DiscoveryResult(tuple(files), unreadable, found.problems)

    def _is_included(self, path: str, kind: DependencyKind, before: set[tuple[str, DependencyKind]]) -> bool:
        """Return whether the file belongs to the project from now on, or is installed from where it only constrained.

        ``before`` holds the files of the base, and what each was.
        """
        if (path, DependencyKind.REQUIREMENT) in before:
            return False
        if (path, DependencyKind.CONSTRAINT) in before:
            return kind is DependencyKind.REQUIREMENT
        return self._wanted.format_of(path) is None

    def _oid(self, path: str) -> str:
        target = self._change.target
        entry = target.entry(path) if isinstance(target, GitTree) else None
        return entry.oid if entry else ""


def _is_file_after(base: Base, path: str) -> bool:
    difference = base.touched.get(path)
    return difference is not None and difference.after is not None and difference.after.is_file


def _kind_of(path: str) -> DependencyKind:
    return DependencyKind.CONSTRAINT if is_constraints(path) else DependencyKind.REQUIREMENT


def _path_of(file: SourceFile) -> str:
    """Return the absolute path of ``file``, which is shown relative to the working directory where it lies below."""
    return os.path.abspath(file.path)
