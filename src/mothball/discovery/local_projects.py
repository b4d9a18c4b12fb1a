"""Names that stand for something other than a project of an index, because other files or entries say so.

The project itself, by its own name; the members of its workspace; and in requirements files what another entry of the
same installation takes from elsewhere: an installer that was told ``-e ./lib`` takes nothing else for ``lib``.
"""

from __future__ import annotations

import os
import re
from operator import itemgetter
from typing import TYPE_CHECKING

from mothball.check.inputs import Home
from mothball.discovery.own_names import telling_files
from mothball.model.document import Dependency, Document, Kind, WithheldReason
from mothball.model.file_names import PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.paths import is_inside, upward

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from mothball.discovery.own_names import OwnNames
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
_name_of, _withheld_of = (itemgetter(Dependency._fields.index(field)) for field in ("name", "withheld"))
_LOCAL = frozenset({WithheldReason.PATH, WithheldReason.EDITABLE})
_ELSEWHERE = _LOCAL.union((WithheldReason.URL, WithheldReason.VCS))
# So many paths that are installed in one go are looked at; real files name a few.
MAX_TARGETS = 200
# Behind what `-e` was given, uv reads a marker; pip passes it over.
_MARKED = r"""["']?(?:[ \t]|\\(?:\r\n|\r|\n))*;"""
# Extras behind the path of a directory, or what begins a marker or a fragment there.
_EXTRAS = r"\[[^\[\]]*+\]\Z"
_MORE = r"[;#]"


class Reference(NamedTuple):
    """What an entry takes from elsewhere than an index: a project's ``name`` or, where that is empty, a ``target``.

    The target is a path as it is written in the file at the absolute ``path``.
    """

    name: str
    why: WithheldReason
    target: str = ""
    path: str = ""


def references_in(document: Document, text: str, path: str) -> Iterator[Reference]:
    """Yield what a requirements file at ``path`` takes from elsewhere in every environment."""
    if document.format not in _IN_ONE_GO:
        return
    # Most files hold none, and an editor asks with every keystroke.
    if not _ELSEWHERE.isdisjoint(map(_withheld_of, document.dependencies)):
        for one in document.dependencies:
            if one.withheld is not None and one.withheld in _ELSEWHERE and not _is_marked(one, text):
                yield Reference(one.name, one.withheld)
    for entry in document.unnamed:
        target = entry.span.of(text).strip().strip("\"'")
        is_plain = "://" not in target and re.search(_MORE, target) is None
        if entry.why in _LOCAL and is_plain and not _is_before_marker(text, entry.span.end):
            yield Reference("", entry.why, re.sub(_EXTRAS, "", target).removeprefix("file:"), path)


def _is_marked(dependency: Dependency, text: str) -> bool:
    """Return whether a marker says where this comes from elsewhere; what ``-e`` is given may end in its semicolon."""
    if dependency.withheld is not WithheldReason.EDITABLE or dependency.marker:
        return bool(dependency.marker)
    return ";" in dependency.entry_span.of(text) or _is_before_marker(text, dependency.entry_span.end)


def _is_before_marker(text: str, end: int) -> bool:
    return re.compile(_MARKED).match(text, end) is not None


class Subject(NamedTuple):
    """A file whose names are in question: its absolute path, the directory of its project, the root of its repository.

    ``references`` are those of all files that are installed together with it.
    """

    document: Document
    path: str
    project: str
    root: str
    references: tuple[Reference, ...] = ()


class AtHome:
    """Finds the names at home in files of one run."""

    def __init__(self, own_names: OwnNames, declared: Callable[[str, str], tuple[Workspace, ...]], tree: Tree) -> None:
        """Take what finds the names of projects, and what tells which workspaces the files in a directory declare."""
        self._own_names = own_names
        self._declared = declared
        self._tree = tree
        self._workspaces: Workspaces | None = None
        self._told: dict[tuple[str, ...], dict[str, list[str]]] = {}

    def of(self, subject: Subject, *, whole: bool = False) -> tuple[Home, ...]:
        """Return the names at home in a file, as far as it holds them; all of them if ``whole``.

        What a lock records tells by itself where it comes from.
        """
        document, _, project, root, references = subject
        wanted = None if whole else _may_be_at_home(document)
        if wanted is not None and not wanted:
            return ()
        found = [Home(self._own_names.of(project, root, wanted), WithheldReason.SELF)]
        if document.format in _OF_WORKSPACES:
            found += self._members(os.path.dirname(subject.path), root, wanted)
        found += at_targets(references, self._own_names, self._tree, root, wanted)
        return tuple(dict.fromkeys(one for one in found if one.name and (wanted is None or one.name in wanted)))

    def _members(self, directory: str, root: str, wanted: Collection[str] | None) -> Iterator[Home]:
        if not any(self._declared(base, root) for base in upward(directory, root)):  # as nearly always
            return
        if self._workspaces is None:
            from mothball.discovery.workspaces import Workspaces  # noqa: PLC0415 - see above

            self._workspaces = Workspaces(self._tree, self._declared)
        for tool, directories in self._workspaces.around(directory, root):
            by_name = self._told_in(directories, root)
            paths = [path for name in by_name if wanted is None or name in wanted for path in by_name[name]]
            for path in dict.fromkeys(paths):
                if tool == "uv" and _is_unmanaged(self._own_names.text_of(path, _PROJECT, root)):
                    continue
                name = self._own_names.told_by(path, _PROJECT, root)
                yield Home(name or "", WithheldReason.WORKSPACE, _SECTIONS[tool], path)

    def _told_in(self, directories: tuple[str, ...], root: str) -> Mapping[str, list[str]]:
        """Return by each name that projects in ``directories`` may bear the files that would tell it.

        Large workspaces have hundreds of members, and each of them asks.
        """
        if directories not in self._told:
            by_name = self._told[directories] = {}
            for directory in directories:
                path = os.path.join(directory, PYPROJECT_TOML)
                for name in self._own_names.candidates(path, _PROJECT, root):
                    by_name.setdefault(name, []).append(path)
        return self._told[directories]


def at_targets(
    references: Iterable[Reference],
    own_names: OwnNames,
    tree: Tree,
    root: str,
    wanted: Collection[str] | None = None,
) -> Iterator[Home]:
    """Yield the names that ``references`` give, or that really stand at their targets in the repository at ``root``.

    pip and uv begin at the directory that they are run in, which may be that of the file or any above it.
    """
    references = tuple(references)
    targets = [one for one in references if not one.name][:MAX_TARGETS]
    places = {one: tuple(_places(one, root)) for one in dict.fromkeys(targets)}
    if places:
        tree.prepare([path for of_one in places.values() for place in of_one for path, _ in telling_files(place)])
    for one in references:
        if one.name:
            yield Home(one.name, one.why)
    for one, of_one in places.items():
        for place in of_one:
            paths = [path for path, _ in telling_files(place)]
            if any(map(tree.is_file, paths)):
                yield Home(own_names.of(place, root, wanted), one.why, (), paths[0])
                break


def _is_unmanaged(text: str) -> bool:
    from mothball.formats.manifests.tool_uv import is_unmanaged  # noqa: PLC0415 - only where a file holds the name of a member

    return is_unmanaged(text)


def _places(reference: Reference, root: str) -> Iterator[str]:
    """Yield the directories inside ``root`` where the target may be."""
    for base in upward(os.path.dirname(reference.path), root):
        directory = os.path.normpath(os.path.join(base, reference.target))
        if is_inside(directory, root):
            yield directory


def _may_be_at_home(document: Document) -> frozenset[str]:
    return frozenset(one.name for one in document.dependencies if one.withheld is None and one.kind is not Kind.LOCKED)


def withhold(document: Document, homes: Iterable[Home]) -> Document:
    """Return ``document`` with the requirements withheld that ``homes`` name; the first that does says why."""
    by_name: dict[str, list[Home]] = {}
    for home in homes:
        by_name.setdefault(home.name, []).append(home)
    if by_name.keys().isdisjoint(map(_name_of, document.dependencies)):
        return document
    dependencies = []
    for one in document.dependencies:
        may_be = by_name.get(one.name, ()) if one.withheld is None and one.kind is not Kind.LOCKED else ()
        why = next((home.why for home in may_be if home.holds_in(one.section)), None)
        dependencies.append(one._replace(withheld=why) if why else one)
    return document._replace(dependencies=tuple(dependencies))
