"""Turn a change in git into source files in which only added dependencies are selected for checking.

The touched files are read first, in the target and in each base. Other files are read only if needed: those of related
projects for a name whose status is not known to be acceptable, those that may include others for files that are
dependency files only because another file includes them, and all for comparing indexes (``index_changes``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from mothball.check.additions import additions, ignored_names, merge_additions
from mothball.check.base_entries import FileVersion
from mothball.check.inputs import NOTHING_SELECTED, ResolvedFile, RunSettings, SelectedEntries, is_lock
from mothball.discovery.config_lookup import ConfigResolver, index_policy, is_excluded_by_config
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.index_changes import (
    IndexesAtBase,
    enters_other_file,
    entries_on_default,
    has_index_settings,
    may_change_indexes,
)
from mothball.discovery.project_context import InheritedIndexes
from mothball.discovery.resolve import included_texts, may_include_others
from mothball.discovery.workspaces import Workspaces
from mothball.formats.names import (
    format_of,
    is_constraints,
    may_be_archive,
    may_be_dependency_file,
    may_be_included,
    may_contain_requirements,
)
from mothball.model.document import DependencyKind, Document, FileKind, ParsedFile
from mothball.model.errors import MissingObjectError
from mothball.model.file_names import HATCH_TOML, MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Problem, Severity
from mothball.model.sanitize import one_line
from mothball.repository.files import PROJECT_FILES, Tree, display_path, project_of
from mothball.repository.git_change import Base, Change
from mothball.repository.git_repository import commit_time
from mothball.repository.git_tree import GitTree
from mothball.repository.paths import is_inside, upward
from mothball.routing.facts import NO_FACTS, LookupFacts

# For more paths than this, reading all entries is as fast as searching for each.
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

    def __init__(
        self, change: Change, selection: PathSelection, config_resolver: ConfigResolver, settings: RunSettings
    ) -> None:
        """Determine the candidates. ``config_resolver`` is that of the target."""
        self._change = change
        self._selection = selection
        self._settings = settings
        self._root = change.repository.root
        self._resolver = config_resolver
        self._base_resolvers = [config_resolver.for_tree(base.tree) for base in change.bases]
        self._workspaces: list[Workspaces] | None = None
        self._missing: frozenset[str] = frozenset()
        # A renamed script must be found under its old name, so files with the same extension are considered.
        extensions = {os.path.splitext(path)[1] for path in selection.files or ()} if selection.format else None
        touched = {change.absolute(name): name for base in change.bases for name in base.touched}
        # The touched dependency files, by absolute path, with their paths relative to the root.
        self._touched = {
            path: name
            for path, name in touched.items()
            if (may_be_dependency_file(path) if extensions is None else os.path.splitext(path)[1] in extensions)
        }
        self._prefetch(touched)
        for find_more in (self._configured, self._included):
            paths = find_more([path for path in touched if path not in self._touched])
            self._touched.update({path: touched[path] for path in paths})
        # With `--as`, other dependency files are only read to compare their settings.
        self._others_touched = {
            path: name
            for path, name in touched.items()
            if selection.format and path not in self._touched and may_be_dependency_file(path)
        }
        # In a merge, a file that is unchanged from one of the parents was added in that parent.
        self._changed = {
            path for path, name in self._touched.items() if all(_is_file_after(base, name) for base in change.bases)
        }
        self.candidates = set(filter(self._is_selected, self._changed))

    def read(self, *, full_context: bool = False) -> DiscoveryResult:
        """Return the touched files, with their added dependencies selected.

        With ``full_context``, or if includes require it, related files are read as well, and dependencies in their base
        versions do not count as added.
        """
        named = [path for path in self._touched if self._format(path) and self._is_in_target(path)]
        # A file is shown with its own path, not with that of a link to it.
        named.sort(key=self._change.target.is_link)
        # Other texts may have the header of a generator, or look like requirements.
        touched = [*named, *(path for path in sorted(self.candidates.difference(named)) if may_be_included(path))]
        target = self._read_target(touched)
        # Including files decide whether a text is a dependency file, and whether a constraints file is installed.
        with_including_files = (
            not self.candidates.issubset(named)
            or any(is_constraints(path, self._root) for path in self.candidates)
            or any(self._format(path) is None for path in self._touched if not self._is_in_target(path))
        )
        includes_others = not {file.parsed.path for file in target.files}.issubset(named)
        if not (full_context or with_including_files or includes_others):
            base_files = self._read_bases(target)
            if not (self._may_change_indexes(target, base_files) or enters_other_file(target.files, base_files)):
                return self._select_added(target, base_files)
        target_paths = self._change.target_paths()
        is_related = self._related_to(target.files, with_including_files=with_including_files)
        try:
            target, base_files = self._read_related(touched, target_paths, is_related)
        except MissingObjectError:
            if with_including_files:
                raise
            # Related files only excuse additions, so that nothing passes because some of them are not read.
            self._missing = self._missing_from_clone(target_paths, is_related)
            target, base_files = self._read_related(touched, target_paths, is_related)
        moves_names = has_index_settings(target.files, base_files) and enters_other_file(target.files, base_files)
        if not (moves_names or self._may_change_indexes(target, base_files)):
            return self._select_added(target, base_files)
        self._missing = frozenset()
        target = self._read_target(sorted([*touched, *self._others(target_paths, self._resolver, _any_path)]))
        base_files = self._read_bases(target, _any_path, compare_indexes=True)
        return self._select_added(target, base_files, compare_indexes=True)

    def _read_related(
        self, touched: Sequence[str], target_paths: Sequence[str], is_related: Callable[[str], bool]
    ) -> tuple[DiscoveryResult, list[FileVersion]]:
        """Return the touched and the related files in the target, and in each base."""
        target = self._read_target([*touched, *self._others(target_paths, self._resolver, is_related)])
        return target, self._read_bases(target, is_related)

    def _missing_from_clone(self, paths: Iterable[str], is_related: Callable[[str], bool]) -> frozenset[str]:
        """Return the related files whose content, or that of their configuration, a partial clone lacks."""
        tree = self._change.target
        others = [path for path in paths if path not in self._touched]
        configurations = list(filter(_may_be_configuration, others))
        tree.prepare(configurations)
        unknown = {os.path.dirname(path) for path in configurations if not tree.has_content(path)}
        missing = {path for path in others if not unknown.isdisjoint(upward(os.path.dirname(path), self._root))}
        related = [path for path in others if path not in missing and self._format(path) and is_related(path)]
        tree.prepare(related)
        return frozenset((*missing, *(path for path in related if not tree.has_content(path))))

    # --- touched files ------------------------------------------------------------------------------------------------

    def _is_selected(self, path: str) -> bool:
        """Return True if the file at ``path``, or a file that it leads to as a link, is selected."""
        return self._selection.selects(path) or any(map(self._selection.selects, self._change.target.followed(path)))

    def _configured(self, paths: Iterable[str]) -> list[str]:
        """Return those of ``paths`` that the configuration of the target or of a base makes dependency files."""
        resolvers = () if self._selection.format else (self._resolver, *self._base_resolvers)
        return [path for path in paths if any(each.configured_format(path, self._root) for each in resolvers)]

    def _included(self, paths: Iterable[str]) -> list[str]:
        """Return those of ``paths`` that are texts which other files include, at a base or now."""
        texts = set(filter(may_contain_requirements, paths))
        if not texts or self._selection.format:
            return []
        included = included_texts(self._change.target, self._change.target_paths(), self._root)
        for base in self._change.bases:
            # Other files include the same as in the target.
            included |= included_texts(base.tree, filter(base.tree.is_file, self._touched), self._root)
        return sorted(texts & included)

    def _format(self, path: str, resolver: ConfigResolver | None = None) -> str | None:
        """Return the format of ``path`` by ``--as``, its configuration (in the target) or its name, None if unknown."""
        if self._selection.is_forced(path):
            return self._selection.format
        return (resolver or self._resolver).configured_format(path, self._root) or format_of(path, self._root)

    def _is_in_target(self, path: str) -> bool:
        return any(_is_file_after(base, self._touched[path]) for base in self._change.bases)

    def _prefetch(self, touched: Iterable[str]) -> None:
        """Read all contents that the first pass needs with one git process."""
        target, change = self._change.target, self._change
        by_name = {
            name
            for path, name in self._touched.items()
            if self._selection.is_forced(path) or may_be_dependency_file(path)
        }
        differences = [base.touched[path] for base in change.bases for path in by_name & base.touched.keys()]
        oids = [entry.oid for difference in differences for entry in (difference.before, difference.after) if entry]
        if isinstance(target, GitTree):
            directories = {directory for path in touched for directory in upward(os.path.dirname(path), self._root)}
            paths = [
                os.path.join(directory, name)
                for directory in directories
                for name in (MOTHBALL_TOML, UV_TOML, HATCH_TOML, *PROJECT_FILES)
            ]
            if len(paths) > _MANY_PATHS:
                target.entries()
            oids += [entry.oid for path in filter(_may_be_configuration, paths) if (entry := target.entry(path))]
        change.blobs.fetch(oid for oid in oids if oid)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _related_to(self, files: Iterable[ResolvedFile], *, with_including_files: bool) -> Callable[[str], bool]:
        """Return whether a dependency file belongs to the same project as one of ``files``, or to an enclosing one.

        For a lock, files of projects below (workspace members) are related, too. ``with_including_files`` adds all
        files of formats that can include others.
        """
        checked = [file for file in files if file.parsed.path in self._changed or not self._format(file.parsed.path)]
        projects = {file.project for file in checked}
        if with_including_files:
            projects.update(project_of(path, self._root, self._change.target) for path in self._changed)
        workspaces = {file.project for file in checked if is_lock(file.document)}

        def is_related(path: str) -> bool:
            project = project_of(path, self._root, self._change.target)
            return (
                any(is_inside(checked_project, project) for checked_project in projects)
                or any(is_inside(project, workspace) for workspace in workspaces)
                or (with_including_files and may_include_others(path))
            )

        return is_related

    def _others(
        self, paths: Sequence[str], resolver: ConfigResolver, is_wanted: Callable[[str], bool]
    ) -> Iterator[str]:
        """Yield those of ``paths`` that are wanted dependency files and that the change does not touch."""
        resolver.tree.prepare([path for path in paths if _may_be_configuration(path)])
        return (
            path
            for path in paths
            if path not in self._touched
            and path not in self._missing
            and self._format(path, resolver)
            and is_wanted(path)
        )

    def _read_target(self, paths: Sequence[str]) -> DiscoveryResult:
        def was_dependency_file(path: str) -> bool:
            """Return True if the file was a dependency file at a base, rather than prose or a template."""
            return any(self._read_base(number, [path]) for number in range(len(self._change.bases)))

        forced = frozenset(filter(self._selection.is_forced, paths))
        return self._read(paths, forced, self._resolver, was_dependency_file)

    def _read_bases(
        self,
        target: DiscoveryResult,
        is_wanted: Callable[[str], bool] | None = None,
        *,
        compare_indexes: bool = False,
    ) -> list[FileVersion]:
        """Return the base versions of the touched files and, if given, of ``target`` and of other wanted files.

        A file that was passed over or excluded excuses nothing: its entries were not checked when they were added.
        Unless indexes are compared, neither does one that is excluded in the target.
        """
        # Unless indexes are compared, local projects of the target also apply to the base.
        target_facts = {file.parsed.path: file.facts for file in target.files}
        versions = []
        for number, base in enumerate(self._change.bases):
            paths = list(self._touched)
            if is_wanted is not None:
                paths += self._others(base.tree.paths(), self._base_resolvers[number], is_wanted)
                paths += (file.parsed.path for file in target.files if file.parsed.path not in self._touched)
            links = _links_by_target(paths, base.tree)
            for file in self._read_base(number, dict.fromkeys(paths), resolve=compare_indexes):
                path = file.parsed.path
                config = None if compare_indexes else self._resolver.resolve(path, self._root)
                if config is None or not is_excluded_by_config(path, config):
                    facts = file.facts if compare_indexes else target_facts.get(path, NO_FACTS)
                    versions += self._versions(file, links, facts, number, compare_indexes=compare_indexes)
        return versions

    def _read_base(self, number: int, paths: Iterable[str], *, resolve: bool = False) -> tuple[ResolvedFile, ...]:
        """Read those of ``paths`` that are files at a base."""
        resolver = self._base_resolvers[number]
        found = list(filter(resolver.tree.is_file, paths))
        # With `--as`, a touched file of unknown format may be one that was renamed.
        renamed = self._touched if self._selection.format else ()
        forced = frozenset(
            path
            for path in found
            if self._selection.is_forced(path) or (path in renamed and not self._format(path, resolver))
        )
        return self._read(found, forced, resolver, resolve=resolve).files

    def _read(
        self,
        paths: Sequence[str],
        forced: frozenset[str],
        resolver: ConfigResolver,
        was_dependency_file: Callable[[str], bool] = lambda _path: False,
        *,
        resolve: bool = True,
    ) -> DiscoveryResult:
        """Read ``paths`` from the tree of ``resolver``, those of ``forced`` in the format given with ``--as``."""
        resolver.tree.prepare(paths)
        request = DiscoveryRequest(
            tuple(paths),
            self._selection.format,
            forced=forced,
            root=self._root,
            apply_exclude=True,
            was_dependency_file=was_dependency_file,
            resolve=resolve,
        )
        return discover(request, resolver, self._settings)

    def _is_project(self, directory: str) -> bool:
        return any(self._change.target.exists(os.path.join(directory, name)) for name in PROJECT_FILES)

    def _in_same_workspace(self, first: str, second: str) -> bool:
        """Return True if two projects are in one workspace, in the target or at a base."""
        if self._workspaces is None:
            trees = [self._change.target, *(base.tree for base in self._change.bases)]
            self._workspaces = [Workspaces(tree, InheritedIndexes({}, tree).workspaces) for tree in trees]
        return any(
            second in membership.directories
            for workspaces in self._workspaces
            for membership in workspaces.containing(first, self._root)
        )

    def _versions(
        self,
        file: ResolvedFile,
        links: Mapping[str, Sequence[str]],
        facts: LookupFacts,
        parent: int | None = None,
        *,
        compare_indexes: bool,
    ) -> list[FileVersion]:
        """Return ``file`` as it is in a ``parent``, or else in the target, once for each of its paths.

        ``links`` is the result of ``_links_by_target``. The file is read once, with the path of one of them; each has
        names of its own project at the base.
        """
        git, base = self._change.repository.git, None if parent is None else self._change.bases[parent]
        tree = base.tree if base else self._change.target
        paths, file_format = [file.parsed.path], self._format(file.parsed.path)
        if links:
            real = tree.real_path(file.parsed.path) or file.parsed.path
            others = (path for path in (real, *links.get(real, ())) if path not in paths)
            paths += [path for path in others if self._format(path) == file_format]
        on_default = entries_on_default(file) if compare_indexes else None
        ignored = ignored_names(file.document, file.text, file.resolved_config)
        return [
            FileVersion(
                path,
                project_of(path, self._root, tree),
                file.parsed,
                _oid_in(tree, path),
                parent or 0,
                facts,
                on_default,
                ignored,
                file.include_problems,
                lambda: commit_time(git, base.commit) if base and base.commit else None,
            )
            for path in paths
        ]

    # --- indexes ------------------------------------------------------------------------------------------------------

    def _may_change_indexes(self, target: DiscoveryResult, base_files: Iterable[FileVersion]) -> bool:
        """Return True if the change may affect the indexes of names that were there before."""
        others = self._others_touched
        present = list(filter(self._change.target.is_file, others))
        read = self._read(present, frozenset(), self._resolver, resolve=False)
        new = {file.parsed.path: file.parsed for file in (*target.files, *read.files)}
        old = {(version.parent, version.path): version.parsed for version in base_files}
        for number, base in enumerate(self._change.bases):
            old |= {(number, file.parsed.path): file.parsed for file in self._read_base(number, others)}
            if self._changes_network_settings(base, self._base_resolvers[number]) or any(
                may_change_indexes(old.get((number, path)), new.get(path))
                for path, name in {**self._touched, **others}.items()
                if name in base.touched
            ):
                return True
        return False

    def _changes_network_settings(self, base: Base, base_resolver: ConfigResolver) -> bool:
        """Return True if a configuration file sets other indexes or private names than at ``base``.

        The same applies if an archive that may be a local project is deleted.
        """
        for name in base.touched:
            path = self._change.absolute(name)
            if os.path.basename(path) == UV_TOML or (may_be_archive(path) and not _is_file_after(base, name)):
                return True
            if _may_be_configuration(path):
                before, after = (each.resolve(path, self._root) for each in (base_resolver, self._resolver))
                if index_policy(before) != index_policy(after):
                    return True
        return False

    # --- added dependencies -------------------------------------------------------------------------------------------

    def _select_added(
        self, target: DiscoveryResult, base_files: Sequence[FileVersion], *, compare_indexes: bool = False
    ) -> DiscoveryResult:
        """Return ``target`` with the added dependencies selected; files without changes are context."""
        tree = self._change.target
        base_kinds: dict[str, set[FileKind]] = {}
        for version in base_files:
            base_kinds.setdefault(version.path, set()).add(version.parsed.kind)
        indexes_at_base = IndexesAtBase(base_files)
        links = _links_by_target(self._touched, tree)
        versions: list[FileVersion] = []
        checked_paths: list[str] = []
        problems = list(target.problems)
        if self._missing:
            lacking = "other files of the repository are not in this partial clone"
            message = f"{lacking}: names that only they contain count as added"
            problems.append(Problem(Severity.NOTE, message, "fetch them with `git fetch --refetch --no-filter`"))
        documents: dict[str, Document] = {}
        for file in target.files:
            path = file.parsed.path
            versions_of_file = self._versions(file, links, file.facts, compare_indexes=compare_indexes)
            note = indexes_at_base.compare(file, versions_of_file[0].on_default)
            problems += (note,) if note else ()
            if self._selection.format is None and path not in base_kinds:
                problems += _unknown_to_hooks(file, tree)
            is_new = note is not None or self._is_newly_included(file.parsed, base_kinds.get(path, set()))
            for version in versions_of_file:
                documents[version.path] = file.document
                is_checked = version.path in self.candidates or (version.path == path and is_new)
                # A removal excuses one addition, whether or not that is in a selected file.
                if is_checked or version.path in self._changed:
                    checked_paths.append(path if is_checked else "")
                    versions.append(version)
        present = {
            path: documents.get(path) for path in self._touched if path in documents or not self._is_in_target(path)
        }
        results = additions(versions, base_files, present, self._in_same_workspace, self._is_project)
        added: dict[str, SelectedEntries] = {}
        for path, result in zip(checked_paths, results, strict=True):
            if path:
                added[path] = merge_additions(added[path], result) if path in added else result
        files = tuple(
            file._replace(
                selected=_with_display_paths(added.get(file.parsed.path, NOTHING_SELECTED)),
                is_context=file.parsed.path not in added,
            )
            for file in target.files
        )
        unreadable = tuple(finding for finding in target.unreadable if os.path.abspath(finding.path) in self.candidates)
        return DiscoveryResult(files, unreadable, tuple(problems), target.passed_over)

    def _is_newly_included(self, parsed: ParsedFile, base_kinds: Collection[FileKind]) -> bool:
        """Return True if an unchanged file became a dependency file, or requirements instead of constraints.

        ``base_kinds`` are the kinds of the file at the bases.
        """
        if base_kinds:
            return parsed.kind is DependencyKind.REQUIREMENT and DependencyKind.REQUIREMENT not in base_kinds
        return self._format(parsed.path) is None


def _any_path(_path: str) -> bool:
    return True


def _may_be_configuration(path: str) -> bool:
    return os.path.basename(path) in (MOTHBALL_TOML, PYPROJECT_TOML)


def _is_file_after(base: Base, path: str) -> bool:
    difference = base.touched.get(path)
    after = difference.after if difference else None
    return after is not None and (after.is_file or after.is_link)


def _oid_in(tree: Tree, path: str) -> str:
    """Return the git object ID of the file at ``path``, empty if ``tree`` is no git tree."""
    entry = tree.entry(path) if isinstance(tree, GitTree) else None
    return entry.oid if entry else ""


def _with_display_paths(addition: SelectedEntries) -> SelectedEntries:
    shown = {dependency: display_path(path) for dependency, path in addition.moved_from.items()}
    return addition._replace(moved_from=shown) if shown else addition


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
