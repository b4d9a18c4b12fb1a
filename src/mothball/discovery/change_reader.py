"""Turn a change in git into source files in which only added dependencies are selected for checking.

The touched files are read first. Other files of the base and target trees are read only if needed: for a name whose
status is not known to be acceptable, for files that are dependency files only because another file includes them, and
to compare indexes if the change may affect them (``index_changes``).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from mothball.check.additions import FileVersion, additions, ignored_names, merge_additions
from mothball.check.inputs import NOTHING_SELECTED, ResolvedFile, RunSettings, SelectedEntries, is_lock
from mothball.discovery.config_lookup import ConfigResolver, configured_format, index_policy, is_excluded_by_config
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.index_changes import (
    DocumentText,
    enters_other_file,
    entries_on_default,
    has_index_settings,
    may_change_indexes,
)
from mothball.discovery.inherited_indexes import InheritedIndexes
from mothball.discovery.resolve import included_texts, may_include_others
from mothball.discovery.workspaces import Workspaces
from mothball.formats.names import (
    format_of,
    has_generator_header,
    is_constraints,
    may_be_dependency_file,
    may_be_included,
    may_contain_requirements,
)
from mothball.formats.recognition import why_passed_over
from mothball.formats.table import decode, parse
from mothball.model.document import (
    UNRESOLVABLE_REASONS,
    Dependency,
    DependencyKind,
    Document,
    FileKind,
    ParsedFile,
)
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import HATCH_TOML, MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Problem, Severity
from mothball.model.sanitize import one_line
from mothball.repository.files import PROJECT_FILES, Tree, display_path, project_of
from mothball.repository.git_change import Base, Change
from mothball.repository.git_repository import Difference, commit_time
from mothball.repository.git_tree import GitTree
from mothball.repository.paths import is_inside, upward
from mothball.routing.facts import NO_FACTS

# For more paths than this, listing the complete tree is as fast.
_MANY_PATHS = 300


class PathSelection(NamedTuple):
    """The files of a change to check.

    ``files`` and ``directories`` are absolute paths; if ``files`` is None, all touched files are selected. ``format``
    (``--as``) overrides the format of ``files``.
    """

    files: frozenset[str] | None = None
    directories: tuple[str, ...] = ()
    format: str | None = None

    def selects(self, path: str) -> bool:
        """Return True if the file at the absolute ``path`` is selected."""
        if self.files is None or path in self.files:
            return True
        return any(is_inside(path, directory) for directory in self.directories)

    def is_forced(self, path: str) -> bool:
        """Return True if ``format`` applies to the file at the absolute ``path``."""
        return self.format is not None and self.files is not None and path in self.files


def select_paths(paths: Iterable[str], file_format: str | None) -> PathSelection:
    """Return the selection of ``paths``, absolute paths of files and directories; without paths, select all files."""
    named = frozenset(paths)
    directories = tuple(sorted(path for path in named if os.path.isdir(path)))
    return PathSelection(named.difference(directories) if named else None, directories, file_format)


class ChangeReader:
    """Reads the files of one change. Every method may raise GitError.

    ``candidates`` are the absolute paths of the files that may add dependencies: selected files in the target that
    differ from every base.
    """

    def __init__(self, change: Change, selection: PathSelection) -> None:
        """Determine the candidates, without reading any file."""
        self._change = change
        self._selection = selection
        # A renamed script must be found under its old name, so files with the same extension are considered.
        self._extensions = {os.path.splitext(path)[1] for path in selection.files or ()} if selection.format else set()
        self._root = change.repository.root
        touched = dict.fromkeys(path for base in change.bases for path in base.touched)
        self._config_resolver: ConfigResolver | None = None
        self._base_resolvers: dict[int, ConfigResolver | None] = {}
        self._workspaces: list[Workspaces] | None = None
        self._touched_paths = {change.absolute(path) for path in touched}
        for path in list(self._touched_paths):
            new_parents = takewhile(lambda parent: parent not in self._touched_paths, self._parents(path))
            self._touched_paths.update(new_parents)
        # Files that the configuration names are added when it has been read.
        self._other_touched = {change.absolute(path): path for path in touched}
        self._touched: dict[str, str] = {}
        self.candidates: set[str] = set()
        self._add_candidates([path for path in self._other_touched if self._may_be_dependency_file(path)])

    def touches(self, path: str) -> bool:
        """Return True if the change touches the file or directory at the absolute ``path``."""
        return path in self._touched_paths

    def read(
        self, config_resolver: ConfigResolver, settings: RunSettings, *, full_context: bool = False
    ) -> DiscoveryResult:
        """Return the touched files, with their added dependencies selected.

        With ``full_context``, or if includes require it, related files are read as well, and dependencies in their base
        versions do not count as added.
        """
        self._config_resolver = config_resolver
        self._prefetch()
        self._add_candidates([path for path in self._other_touched if self._is_configured(path)])
        self._add_candidates(self._included_texts())
        named = [path for path in self._touched if self._target_format(path) and self._is_in_target(path)]
        # A file is shown with its own path, not with that of a link to it.
        named.sort(key=self._change.target.is_link)
        # Other texts may have the header of a generator, or look like requirements.
        texts = [path for path in self.candidates - set(named) if may_be_included(path)]
        target = self._discover([*named, *texts], config_resolver, settings)
        # Including files decide whether a text is a dependency file, and whether a constraints file is installed.
        deleted = [path for path in self._touched if not self._is_in_target(path)]
        needs_including_files = (
            not self.candidates <= set(named)
            or any(is_constraints(path, self._root) for path in self.candidates)
            or any(self._target_format(path) is None for path in deleted)
        )
        has_other_files = not {file.parsed.path for file in target.files} <= set(named)
        bases = self._change.bases
        if not (full_context or needs_including_files or has_other_files):
            base_files = [version for base in bases for version in self._touched_base_files(base, self._touched)]
            if not (
                self._may_change_indexes(target, base_files, config_resolver) or _enter_other_file(target, base_files)
            ):
                return self._select_added(target, base_files)
        related = self._related(target.files, self._change.target_paths(), with_including_files=needs_including_files)
        target = self._discover(
            [*named, *texts, *(path for path in related if path not in self._touched)], config_resolver, settings
        )
        base_files = [
            version
            for base in bases
            for version in self._all_base_files(base, target.files, with_including_files=needs_including_files)
        ]
        has_settings = has_index_settings(target.files, base_files)
        if self._may_change_indexes(target, base_files, config_resolver) or (
            has_settings and _enter_other_file(target, base_files)
        ):
            return self._select_with_indexes(config_resolver, settings)
        return self._select_added(target, base_files)

    # --- files to read ------------------------------------------------------------------------------------------------

    def _is_selected(self, path: str) -> bool:
        """Return True if the file at ``path``, or a file that it leads to as a link, is selected."""
        return self._selection.selects(path) or any(map(self._selection.selects, self._change.target.followed(path)))

    def _add_candidates(self, paths: Iterable[str]) -> None:
        """Add touched ``paths``, of which those are candidates that are selected and differ from every base."""
        for path in paths:
            relative = self._touched[path] = self._other_touched.pop(path)
            # In a merge, a file that is unchanged from one of the parents was added in that parent.
            if self._is_selected(path) and all(_is_file_after(base, relative) for base in self._change.bases):
                self.candidates.add(path)

    def _included_texts(self) -> list[str]:
        """Return the touched texts without the name of a dependency file that others include, at a base or now."""
        texts = {path for path in self._other_touched if may_contain_requirements(path)}
        if not texts or self._selection.format:
            return []
        included = included_texts(self._change.target, self._change.target_paths(), self._root)
        for base in self._change.bases:
            # Other files include the same as in the target.
            touched = [path for path in self._touched if base.tree.is_file(path)]
            included |= included_texts(base.tree, touched, self._root)
        return sorted(texts & included)

    def _is_configured(self, path: str) -> bool:
        """Return True if the configuration of the target or of a base makes ``path`` a dependency file."""
        resolvers = {id(resolver): resolver for base in self._change.bases for resolver in self._resolvers(base)}
        configs = (resolver.resolve(path, self._root) for resolver in resolvers.values())
        return not self._selection.format and any(configured_format(path, config, self._root) for config in configs)

    def _target_format(self, path: str) -> str | None:
        """Return the format of ``path`` by ``--as``, the configuration of the target or its name, None if unknown."""
        return self._format(path, self._config_resolver)

    def _format(self, path: str, resolver: ConfigResolver | None) -> str | None:
        if self._selection.is_forced(path):
            return self._selection.format
        configured = configured_format(path, resolver.resolve(path, self._root), self._root) if resolver else None
        return configured or format_of(path, self._root)

    def _was_dependency_file(self, path: str) -> bool:
        """Return True if the file at ``path`` was a dependency file at a base, rather than prose or a template."""
        return any(True for base in self._change.bases for _ in self._touched_base_files(base, [path]))

    def _is_passed_over(self, version: FileVersion) -> bool:
        relative = os.path.relpath(version.path, self._root).replace(os.sep, "/")
        return bool(why_passed_over(version.parsed.document, version.parsed.text, relative))

    def _may_be_dependency_file(self, path: str) -> bool:
        if self._selection.format:
            return os.path.splitext(path)[1] in self._extensions
        return may_be_dependency_file(path)

    def _is_old_script(self, path: str) -> bool:
        """Return True if ``path`` may be the old path of a file that is read with ``--as``."""
        return self._selection.format is not None and path in self._touched

    def _is_in_target(self, path: str) -> bool:
        return any(_is_file_after(base, self._touched[path]) for base in self._change.bases)

    def _prefetch(self) -> None:
        """Read everything that the first pass needs with two git processes: entries of configurations, and contents."""
        target, change = self._change.target, self._change
        by_name = {
            relative
            for path, relative in self._touched.items()
            if self._selection.is_forced(path) or may_be_dependency_file(path)
        }
        touched = [base.touched[path] for base in change.bases for path in by_name & base.touched.keys()]
        oids = [entry.oid for difference in touched for entry in (difference.before, difference.after) if entry]
        if isinstance(target, GitTree):
            directories = {
                directory for path in (*self._touched, *self._other_touched) for directory in self._parents(path)
            }
            paths = [
                os.path.join(directory, name)
                for directory in directories
                for name in (MOTHBALL_TOML, UV_TOML, HATCH_TOML, *PROJECT_FILES)
            ]
            if len(paths) > _MANY_PATHS:
                target.paths()
            target.prefetch(paths)
            configurations = [path for path in paths if path.endswith((MOTHBALL_TOML, PYPROJECT_TOML))]
            oids += [entry.oid for path in configurations if (entry := target.entry(path))]
        change.blobs.fetch(oid for oid in oids if oid)

    def _parents(self, path: str) -> Iterator[str]:
        return upward(os.path.dirname(path), self._change.repository.root)

    def _related(self, files: Iterable[ResolvedFile], paths: Iterable[str], *, with_including_files: bool) -> list[str]:
        """Return those of ``paths`` that are dependency files of the same project as ``files``, or an enclosing one.

        For a lock, files of projects below (workspace members) are included. ``with_including_files`` adds all files
        of formats that can include others.
        """
        checked = [
            file for file in files if file.parsed.path in self.candidates or not self._target_format(file.parsed.path)
        ]
        projects = {file.project for file in checked}
        if with_including_files:
            projects.update(map(self._project_of, self.candidates))
        workspaces = {file.project for file in checked if is_lock(file.document)}
        related = []
        for path in paths:
            if self._target_format(path) is None:
                continue
            project = self._project_of(path)
            if (
                any(is_inside(checked_project, project) for checked_project in projects)
                or any(is_inside(project, workspace) for workspace in workspaces)
                or (with_including_files and may_include_others(path))
            ):
                related.append(path)
        return related

    # --- target tree --------------------------------------------------------------------------------------------------

    def _discover(self, paths: list[str], config_resolver: ConfigResolver, settings: RunSettings) -> DiscoveryResult:
        root = self._change.repository.root
        config_resolver.tree.prepare(paths)
        plain = [
            path
            for path in paths
            if not self._selection.is_forced(path) and (may_be_included(path) or self._format(path, config_resolver))
        ]
        forced = [path for path in paths if path not in set(plain)]
        request = DiscoveryRequest(
            tuple(plain), root=root, apply_exclude=True, was_dependency_file=self._was_dependency_file
        )
        result = discover(request, config_resolver, settings)
        if not forced:
            return result
        request = DiscoveryRequest(tuple(forced), self._selection.format, root=root, apply_exclude=True)
        forced_result = discover(request, config_resolver, settings)
        return DiscoveryResult(
            (*result.files, *forced_result.files),
            (*result.unreadable, *forced_result.unreadable),
            tuple(dict.fromkeys((*result.problems, *forced_result.problems))),
            (*result.passed_over, *forced_result.passed_over),
        )

    def _kind_of(self, path: str) -> FileKind:
        is_constraint = is_constraints(path, self._root)
        return DependencyKind.CONSTRAINT if is_constraint else DependencyKind.REQUIREMENT

    def _project_of(self, path: str) -> str:
        return project_of(path, self._change.repository.root, self._change.target)

    # --- base trees ---------------------------------------------------------------------------------------------------

    def _touched_base_files(self, base: Base, paths: Iterable[str]) -> Iterator[FileVersion]:
        """Yield the base versions of those of ``paths`` that are known dependency files.

        Other texts are dependency files of the base only if a file there includes them (see ``_all_base_files``).
        A file that was passed over excuses nothing: its entries were not checked when they were added.
        """
        for path in paths:
            if not base.tree.is_file(path):
                continue
            resolvers = self._resolvers(base)
            file_format = self._format(path, resolvers[-1] if resolvers else None)
            if file_format is None and self._is_old_script(path):
                file_format = self._selection.format
            if file_format is None and may_be_included(path) and _has_generator_header(base, path):
                file_format = "requirements"
            if file_format is not None:
                versions = self._version(base, path, file_format, self._kind_of(path))
                yield from (version for version in versions if not self._is_passed_over(version))

    def _all_base_files(
        self, base: Base, files: Iterable[ResolvedFile], *, with_including_files: bool
    ) -> Iterator[FileVersion]:
        """Yield the base versions of all touched and related files, and of the files that they include."""
        touched = set(self._touched)
        related = self._related(files, base.tree.paths(), with_including_files=with_including_files)
        others = dict.fromkeys([*related, *(file.parsed.path for file in files)])
        paths = [*self._touched, *(path for path in others if path not in touched)]
        self._change.blobs.fetch(entry.oid for path in paths if (entry := base.tree.entry(path)))
        pending = deque(self._touched_base_files(base, paths))
        seen = {version.path: version.parsed.kind for version in pending}
        while pending:
            version = pending.popleft()
            yield version
            for include in version.parsed.document.includes:
                included = os.path.normpath(os.path.join(os.path.dirname(version.path), include.target))
                path = base.tree.real_path(included) or included
                # As in the target, a file that is included both as requirements and as constraints is requirements.
                is_new = path not in seen or (
                    seen[path] is DependencyKind.CONSTRAINT and include.kind is DependencyKind.REQUIREMENT
                )
                if is_new and may_contain_requirements(path) and base.tree.is_file(path):
                    seen[path] = include.kind
                    pending.extend(self._version(base, path, "requirements", include.kind))

    def _version(self, base: Base, path: str, file_format: str, kind: FileKind) -> Iterator[FileVersion]:
        """Yield the base version of the file at ``path``.

        Yields nothing if it is unreadable or excluded: all dependencies of the target version are added then.
        """
        root = self._change.repository.root
        configs = [resolver.resolve(path, root) for resolver in self._resolvers(base)]
        if any(config is not None and is_excluded_by_config(path, config) for config in configs):
            return
        try:
            text = decode(file_format, path, base.tree.read(path))
        except UnreadableFileError:
            return
        parsed = ParsedFile(path, root, text, parse(file_format, text, kind), kind)
        parent, project = self._change.bases.index(base), self._base_project_of(base, path)
        ignored = ignored_names(parsed.document, text, configs[-1] if configs else None)
        yield FileVersion(
            path,
            project,
            parsed,
            _oid_in(base.tree, path),
            parent,
            ignored=ignored,
            committed_at=self._committed_at(base),
        )

    def _resolvers(self, base: Base) -> list[ConfigResolver]:
        """Return the resolvers of the target and, if configurations differ, of ``base``, which comes last."""
        if self._config_resolver is None:
            return []
        number = self._change.bases.index(base)
        if number not in self._base_resolvers:
            differs = any(self._is_changed_config(*item) for item in base.touched.items())
            # Without git objects of the target (--since), only touched dependency files are known.
            differs = differs or not isinstance(self._change.target, GitTree)
            self._base_resolvers[number] = self._config_resolver.for_tree(base.tree) if differs else None
        base_resolver = self._base_resolvers[number]
        return [self._config_resolver, *((base_resolver,) if base_resolver else ())]

    def _is_changed_config(self, relative: str, difference: Difference) -> bool:
        name = os.path.basename(relative)
        return name == MOTHBALL_TOML or (name == PYPROJECT_TOML and self._may_configure_mothball(difference))

    def _base_project_of(self, base: Base, path: str) -> str:
        """Return the directory of the project of ``path`` at ``base``; untouched files are the same in the target."""
        root, target = self._change.repository.root, self._change.target
        for directory in upward(os.path.dirname(path), root):
            for name in PROJECT_FILES:
                project_file = os.path.join(directory, name)
                difference = base.touched.get(os.path.relpath(project_file, root).replace(os.sep, "/"))
                if directory == root or (difference.before if difference else target.exists(project_file)):
                    return directory
        return root

    def _is_project(self, directory: str) -> bool:
        return any(self._change.target.exists(os.path.join(directory, name)) for name in PROJECT_FILES)

    def _in_same_workspace(self, first: str, second: str) -> bool:
        """Return True if two projects are in one workspace, in the target or at a base."""
        root = self._change.repository.root
        if self._workspaces is None:
            trees = [self._change.target, *(base.tree for base in self._change.bases)]
            self._workspaces = [Workspaces(tree, InheritedIndexes({}, tree).workspaces) for tree in trees]
        return any(
            second in membership.directories
            for workspaces in self._workspaces
            for membership in workspaces.containing(first, root)
        )

    def _committed_at(self, base: Base) -> Callable[[], float | None]:
        """Return a function that returns the time of the commit of ``base``."""
        git = self._change.repository.git
        return lambda: commit_time(git, base.commit) if base.commit else None

    # --- indexes ------------------------------------------------------------------------------------------------------

    def _may_change_indexes(
        self, target: DiscoveryResult, base_files: Iterable[FileVersion], config_resolver: ConfigResolver
    ) -> bool:
        """Return True if the change may affect the indexes of names that were there before."""
        new = {
            file.parsed.path: DocumentText(file.document, file.text)
            for file in target.files
            if file.parsed.path in self._touched
        }
        old: list[dict[str, DocumentText]] = [{} for _ in self._change.bases]
        for version in base_files:
            old[version.parent][version.path] = DocumentText(version.parsed.document, version.parsed.text)
        missing = DocumentText()
        return any(
            self._changes_network_settings(base, config_resolver)
            or any(
                may_change_indexes(documents.get(path, missing), new.get(path, missing))
                for path in self._touched
                if self._touched[path] in base.touched
            )
            for base, documents in zip(self._change.bases, old, strict=True)
        )

    def _changes_network_settings(self, base: Base, config_resolver: ConfigResolver) -> bool:
        """Return True if a configuration file sets other indexes or private names than at ``base``."""
        root = self._change.repository.root
        base_resolver: ConfigResolver | None = None
        for relative, difference in base.touched.items():
            name = os.path.basename(relative)
            if name == UV_TOML:
                return True
            if self._is_changed_config(relative, difference):
                base_resolver = base_resolver or config_resolver.for_tree(base.tree)
                path = self._change.absolute(relative)
                if index_policy(base_resolver.resolve(path, root)) != index_policy(config_resolver.resolve(path, root)):
                    return True
        return False

    def _may_configure_mothball(self, difference: Difference) -> bool:
        """Return True if a version of the pyproject.toml mentions mothball, or if the version on disk may."""
        entries = [entry for entry in (difference.before, difference.after) if entry is not None and entry.is_file]
        return any(not entry.oid or b"mothball" in (self._change.blobs.read(entry.oid) or b"") for entry in entries)

    def _select_with_indexes(self, config_resolver: ConfigResolver, settings: RunSettings) -> DiscoveryResult:
        """Read both trees completely and return the target; names that are new on the default index count as added."""
        paths = self._dependency_files(self._change.target_paths(), config_resolver)
        target = self._discover(paths, config_resolver, settings)
        base_files = []
        for number, base in enumerate(self._change.bases):
            base_resolver = config_resolver.for_tree(base.tree)
            paths = self._dependency_files(base.tree.paths(), base_resolver)
            links = _links_by_target(paths, base.tree)
            for file in self._discover(paths, base_resolver, settings).files:
                path = file.parsed.path
                oid = _oid_in(base.tree, path)
                on_default = entries_on_default(file)
                base_files += [
                    _resolved_version(file, one, self._base_project_of(base, one), oid, number, on_default)
                    for one in self._same_file(path, links, base.tree)
                ]
        return self._select_added(target, base_files)

    def _dependency_files(self, paths: Iterable[str], resolver: ConfigResolver) -> list[str]:
        return [path for path in paths if self._format(path, resolver) or self._is_old_script(path)]

    # --- added dependencies -------------------------------------------------------------------------------------------

    def _select_added(self, target: DiscoveryResult, base_files: list[FileVersion]) -> DiscoveryResult:
        """Return ``target`` with the added dependencies selected; files without changes are context.

        If ``base_files`` state which entries are on the default index, those of the target are determined as well.
        """
        base_kinds = {(version.path, version.parsed.kind) for version in base_files}
        base_paths = {version.path for version in base_files}
        links = _links_by_target(self._touched, self._change.target)
        # Unless the base was read completely, local projects of the target also apply to it.
        facts = {file.parsed.path: file.facts for file in target.files}
        base_files = [
            version if version.on_default is not None else version._replace(facts=facts.get(version.path, NO_FACTS))
            for version in base_files
        ]
        other_names = _names_on_other_indexes(base_files)
        local_names = _names_on_no_index(base_files)
        targets, checked_paths, problems = [], [], list(target.problems)
        present: dict[str, Document | None] = {}
        for file in target.files:
            path = file.parsed.path
            on_default = entries_on_default(file) if other_names is not None else None
            moved = {entry.name for entry in on_default or ()} & (other_names or {}).get(path, set())
            new_on_index = {
                entry.name for entry in file.document.dependencies if file.facts.skip_reason(entry) is None
            } & local_names.get(path, set())
            if moved:
                problems.append(_moved_to_default(file, len(moved)))
            elif new_on_index:
                problems.append(_moved_to_index(file, len(new_on_index)))
            if self._selection.format is None and path not in base_paths:
                problems += _unknown_to_hooks(file, self._change.target)
            for one in self._same_file(path, links, self._change.target):
                present[one] = file.document
                is_checked = one == path and (
                    self._is_newly_included(path, file.kind, base_kinds) or moved or new_on_index
                )
                if one in self.candidates or is_checked:
                    oid = _oid_in(self._change.target, path)
                    targets.append(_resolved_version(file, one, self._project_of(one), oid, 0, on_default))
                    checked_paths.append(path)
        present = {path: present[path] for path in self._touched if path in present}
        present.update({path: None for path in self._touched if not self._is_in_target(path)})
        results = additions(targets, base_files, present, self._in_same_workspace, self._is_project)
        added: dict[str, SelectedEntries] = {}
        for path, result in zip(checked_paths, results, strict=True):
            added[path] = merge_additions(added[path], result) if path in added else result
        selected = {path: _with_display_paths(addition) for path, addition in added.items()}
        files = tuple(
            file._replace(
                selected=selected.get(file.parsed.path, NOTHING_SELECTED), is_context=file.parsed.path not in selected
            )
            for file in target.files
        )
        unreadable = tuple(finding for finding in target.unreadable if os.path.abspath(finding.path) in self.candidates)
        return DiscoveryResult(files, unreadable, tuple(problems), target.passed_over)

    def _same_file(self, path: str, links: Mapping[str, Sequence[str]], tree: Tree) -> list[str]:
        """Return ``path`` and all paths of the same file: the one that it leads to, and those of ``links``.

        ``links`` is the result of ``_links_by_target``. The file is read once, with the path of one of them; each has
        names of its own project at the base.
        """
        if not links:
            return [path]
        real, file_format = tree.real_path(path) or path, self._target_format(path)
        others = [other for other in (real, *links.get(real, ())) if other != path]
        return [path, *(other for other in others if self._target_format(other) == file_format)]

    def _is_newly_included(self, path: str, kind: FileKind, base_kinds: set[tuple[str, FileKind]]) -> bool:
        """Return True if an unchanged file became a dependency file, or requirements instead of constraints.

        ``base_kinds`` are the paths and kinds of the files in the bases.
        """
        if (path, DependencyKind.REQUIREMENT) in base_kinds:
            return False
        if (path, DependencyKind.CONSTRAINT) in base_kinds:
            return kind is DependencyKind.REQUIREMENT
        return self._target_format(path) is None


def _oid_in(tree: Tree, path: str) -> str:
    """Return the git object ID of the file at ``path``, empty if ``tree`` is no git tree."""
    entry = tree.entry(path) if isinstance(tree, GitTree) else None
    return entry.oid if entry else ""


def _is_file_after(base: Base, path: str) -> bool:
    difference = base.touched.get(path)
    after = difference.after if difference else None
    return after is not None and (after.is_file or after.is_link)


def _has_generator_header(base: Base, path: str) -> bool:
    try:
        return has_generator_header(base.tree.read(path).decode("latin-1"))
    except UnreadableFileError:
        return False


def _enter_other_file(target: DiscoveryResult, base_files: Sequence[FileVersion]) -> bool:
    return enters_other_file({file.parsed.path: file for file in target.files}, base_files)


def _with_display_paths(addition: SelectedEntries) -> SelectedEntries:
    shown = {dependency: display_path(path) for dependency, path in addition.moved_from.items()}
    return addition._replace(moved_from=shown)


def _resolved_version(  # noqa: PLR0913, PLR0917 - the fields that differ between versions
    file: ResolvedFile, path: str, project: str, oid: str, parent: int, on_default: frozenset[Dependency] | None
) -> FileVersion:
    """Return the version of ``file``, which has the path of a link to it, in one tree."""
    ignored = ignored_names(file.document, file.text, file.resolved_config)
    return FileVersion(path, project, file.parsed, oid, parent, file.facts, on_default, ignored, file.include_problems)


def _names_on_other_indexes(base_files: Sequence[FileVersion]) -> dict[str, set[str]] | None:
    """Return the names of each base file, by its path, that the built-in default index was no candidate for.

    In a merge, these are the names for which that is so in all parents. Returns None if indexes were not compared.
    """
    names: dict[str, set[str]] = {}
    on_default: dict[str, set[str]] = {}
    for version in base_files:
        if version.on_default is None:
            return None
        names.setdefault(version.path, set()).update(entry.name for entry in version.parsed.document.dependencies)
        on_default.setdefault(version.path, set()).update(entry.name for entry in version.on_default)
    return {path: found - on_default[path] for path, found in names.items()} if base_files else None


def _names_on_no_index(base_files: Iterable[FileVersion]) -> dict[str, set[str]]:
    """Return the names of each base file, by its path, that were no names on an index: local projects, URLs, paths."""
    names: dict[str, set[str]] = {}
    on_index: dict[str, set[str]] = {}
    for version in base_files:
        for entry in version.parsed.document.dependencies:
            reason = version.facts.skip_reason(entry)
            found = on_index if reason is None or reason in UNRESOLVABLE_REASONS else names
            found.setdefault(version.path, set()).add(entry.name)
    return {path: found - on_index.get(path, set()) for path, found in names.items()}


def _links_by_target(paths: Iterable[str], tree: Tree) -> dict[str, list[str]]:
    """Return those of ``paths`` that are links to files, by the path of the file."""
    links: dict[str, list[str]] = {}
    for path in paths:
        real = tree.real_path(path) if tree.is_link(path) else None
        if real is not None:
            links.setdefault(real, []).append(path)
    return links


def _unknown_to_hooks(file: ResolvedFile, tree: Tree) -> Iterator[Problem]:
    """Yield a warning if ``file`` is a dependency file, but hook runners do not pass changes of it."""
    real = tree.real_path(file.parsed.path)
    if real is None or may_be_dependency_file(real):
        return
    name = one_line(os.path.basename(real))
    message = (
        f"{name} is not the name of a dependency file: hook runners do not pass it, so its changes are not checked"
    )
    help_text = f"rename it, or add {name} to `files` of the hook; `mothball check --since REV` in CI always checks it"
    yield Problem(Severity.WARNING, message, help_text, file.path)


def _moved_to_index(file: ResolvedFile, count: int) -> Problem:
    names, them = (
        ("1 name that was a local project counts", "it")
        if count == 1
        else (f"{count} names that were local projects count", "them")
    )
    message = f"{names} as added: installers now look for {them} on an index"
    return Problem(Severity.NOTE, message, "keep the local project, or remove its requirement", file.path)


def _moved_to_default(file: ResolvedFile, count: int) -> Problem:
    names, count_as = ("1 name, which counts", "it") if count == 1 else (f"{count} names, which count", "them")
    help_text = f"if another index has {count_as}, keep the index setting, or add {count_as} to `private`"
    return Problem(Severity.NOTE, f"PyPI becomes an index of {names} as added", help_text, file.path)
