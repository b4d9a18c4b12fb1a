"""Names that stand for something other than a project of an index, because other files or entries say so.

The project itself, by its own name; the members of its workspace; and in requirements files what another entry of the
same installation takes from elsewhere: an installer that was told ``-e ./lib`` takes nothing else for ``lib``.
"""

from __future__ import annotations

import os
import re
from operator import itemgetter
from typing import TYPE_CHECKING

from mothball.check.inputs import LocalName
from mothball.discovery.declared_names import metadata_files
from mothball.model.document import Dependency, DependencyKind, Document, SkipReason
from mothball.model.file_names import PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.paths import is_inside, upward

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from mothball.discovery.declared_names import DeclaredNames
    from mothball.discovery.workspaces import Workspaces
    from mothball.model.document import Workspace
    from mothball.repository.files import Tree

# Whose entries a tool installs that knows the members, by the beginnings of their sections. uv refuses a member that no
# source names, whichever of its tables names it, and asks nobody; Rye and Hatch leave builds to tools that ask indexes.
_SECTIONS = {
    "uv": ("project.", "dependency-groups.", "build-system.", "tool.uv."),
    "rye": ("project.", "dependency-groups.", "tool.rye."),
    "hatch": ("project.", "dependency-groups.", "tool.hatch.envs.", "envs."),
}
_OF_WORKSPACES = frozenset({"pyproject", "hatch-toml"})
_PROJECT = "pyproject"
# The formats whose entries are installed in one go.
_IN_ONE_GO = frozenset({"requirements", "conda-env"})
_name_of, _skip_reason_of = (itemgetter(Dependency._fields.index(field)) for field in ("name", "skip_reason"))
_LOCAL = frozenset({SkipReason.PATH, SkipReason.EDITABLE})
_ELSEWHERE = _LOCAL.union((SkipReason.URL, SkipReason.VCS))
# So many paths that are installed in one go are looked at; real files name a few.
MAX_TARGETS = 200
# Behind what `-e` was given, uv reads a marker; pip passes it over.
_MARKED = r"""["']?(?:[ \t]|\\(?:\r\n|\r|\n))*;"""
# Extras behind the path of a directory, or what begins a marker or a fragment there.
_EXTRAS = r"\[[^\[\]]*+\]\Z"
_MORE = r"[;#]"


class LocalReference(NamedTuple):
    """What an entry takes from elsewhere than an index: a project's ``name`` or, where that is empty, a ``target``.

    The target is a path as it is written in the file at the absolute ``path``.
    """

    name: str
    reason: SkipReason
    target: str = ""
    path: str = ""


def local_references(document: Document, text: str, path: str) -> Iterator[LocalReference]:
    """Yield what a requirements file at ``path`` takes from elsewhere in every environment."""
    if document.format not in _IN_ONE_GO:
        return
    # Most files hold none, and an editor asks with every keystroke.
    if not _ELSEWHERE.isdisjoint(map(_skip_reason_of, document.dependencies)):
        for one in document.dependencies:
            if one.skip_reason is not None and one.skip_reason in _ELSEWHERE and not _is_marked(one, text):
                yield LocalReference(one.name, one.skip_reason)
    for entry in document.unnamed:
        target = entry.span.slice(text).strip().strip("\"'")
        is_plain = "://" not in target and re.search(_MORE, target) is None
        if entry.reason in _LOCAL and is_plain and not _is_before_marker(text, entry.span.end):
            yield LocalReference("", entry.reason, re.sub(_EXTRAS, "", target).removeprefix("file:"), path)


def _is_marked(dependency: Dependency, text: str) -> bool:
    """Return whether a marker says where this comes from elsewhere; what ``-e`` is given may end in its semicolon."""
    if dependency.skip_reason is not SkipReason.EDITABLE or dependency.marker:
        return bool(dependency.marker)
    return ";" in dependency.entry_span.slice(text) or _is_before_marker(text, dependency.entry_span.end)


def _is_before_marker(text: str, end: int) -> bool:
    return re.compile(_MARKED).match(text, end) is not None


class ProjectFile(NamedTuple):
    """A file whose names are in question: its absolute path, the directory of its project, the root of its repository.

    ``references`` are those of all files that are installed together with it.
    """

    document: Document
    path: str
    project: str
    root: str
    references: tuple[LocalReference, ...] = ()


class LocalProjectFinder:
    """Finds the names at home in files of one run."""

    def __init__(
        self, declared_names: DeclaredNames, declared: Callable[[str, str], tuple[Workspace, ...]], tree: Tree
    ) -> None:
        """Take what finds the names of projects, and what tells which workspaces the files in a directory declare."""
        self._own_names = declared_names
        self._declared = declared
        self._tree = tree
        self._workspaces: Workspaces | None = None
        self._told: dict[tuple[str, ...], dict[str, list[str]]] = {}

    def find(self, file: ProjectFile, *, all_names: bool = False) -> tuple[LocalName, ...]:
        """Return the names at home in a file, as far as it holds them; all of them if ``whole``.

        What a lock records tells by itself where it comes from.
        """
        document, _, project, root, references = file
        wanted = None if all_names else _may_be_at_home(document)
        if wanted is not None and not wanted:
            return ()
        found = [LocalName(self._own_names.project_name(project, root, wanted), SkipReason.SELF)]
        if document.format in _OF_WORKSPACES:
            found += self._members(os.path.dirname(file.path), root, wanted)
        found += resolve_local_references(references, self._own_names, self._tree, root, wanted)
        return tuple(dict.fromkeys(one for one in found if one.name and (wanted is None or one.name in wanted)))

    def _members(self, directory: str, root: str, wanted: Collection[str] | None) -> Iterator[LocalName]:
        if not any(self._declared(base, root) for base in upward(directory, root)):  # as nearly always
            return
        if self._workspaces is None:
            from mothball.discovery.workspaces import Workspaces  # noqa: PLC0415 - see above

            self._workspaces = Workspaces(self._tree, self._declared)
        for tool, directories in self._workspaces.around(directory, root):
            by_name = self._declared_in(directories, root)
            paths = [path for name in by_name if wanted is None or name in wanted for path in by_name[name]]
            for path in dict.fromkeys(paths):
                if tool == "uv" and _is_unmanaged(self._own_names.text_of(path, _PROJECT, root)):
                    continue
                name = self._own_names.name_in_file(path, _PROJECT, root)
                yield LocalName(name or "", SkipReason.WORKSPACE, _SECTIONS[tool], path)

    def _declared_in(self, directories: tuple[str, ...], root: str) -> Mapping[str, list[str]]:
        """Return by each name that projects in ``directories`` may bear the files that would tell it.

        Large workspaces have hundreds of members, and each of them asks.
        """
        if directories not in self._told:
            by_name = self._told[directories] = {}
            for directory in directories:
                path = os.path.join(directory, PYPROJECT_TOML)
                for name in self._own_names.possible_names(path, _PROJECT, root):
                    by_name.setdefault(name, []).append(path)
        return self._told[directories]


def resolve_local_references(
    references: Iterable[LocalReference],
    declared_names: DeclaredNames,
    tree: Tree,
    root: str,
    wanted: Collection[str] | None = None,
) -> Iterator[LocalName]:
    """Yield the names that ``references`` give, or that really stand at their targets in the repository at ``root``.

    pip and uv begin at the directory that they are run in, which may be that of the file or any above it.
    """
    references = tuple(references)
    targets = [one for one in references if not one.name][:MAX_TARGETS]
    places = {one: tuple(_directories_of(one, root)) for one in dict.fromkeys(targets)}
    if places:
        tree.prepare([path for of_one in places.values() for place in of_one for path, _ in metadata_files(place)])
    for one in references:
        if one.name:
            yield LocalName(one.name, one.reason)
    for one, of_one in places.items():
        for place in of_one:
            paths = [path for path, _ in metadata_files(place)]
            if any(map(tree.is_file, paths)):
                yield LocalName(declared_names.project_name(place, root, wanted), one.reason, (), paths[0])
                break


def _is_unmanaged(text: str) -> bool:
    from mothball.formats.manifests.tool_uv import is_unmanaged  # noqa: PLC0415 - only where a file holds the name of a member

    return is_unmanaged(text)


def _directories_of(reference: LocalReference, root: str) -> Iterator[str]:
    """Yield the directories inside ``root`` where the target may be."""
    for base in upward(os.path.dirname(reference.path), root):
        directory = os.path.normpath(os.path.join(base, reference.target))
        if is_inside(directory, root):
            yield directory


def _may_be_at_home(document: Document) -> frozenset[str]:
    return frozenset(
        one.name for one in document.dependencies if one.skip_reason is None and one.kind is not DependencyKind.LOCKED
    )


def skip_local_names(document: Document, local_names: Iterable[LocalName]) -> Document:
    """Return ``document`` with the requirements skipped that ``local_names`` name; the first that does says why."""
    by_name: dict[str, list[LocalName]] = {}
    for home in local_names:
        by_name.setdefault(home.name, []).append(home)
    if by_name.keys().isdisjoint(map(_name_of, document.dependencies)):
        return document
    dependencies = []
    for one in document.dependencies:
        may_be = by_name.get(one.name, ()) if one.skip_reason is None and one.kind is not DependencyKind.LOCKED else ()
        reason = next((home.reason for home in may_be if home.applies_to_section(one.section)), None)
        dependencies.append(one._replace(skip_reason=reason) if reason else one)
    return document._replace(dependencies=tuple(dependencies))
