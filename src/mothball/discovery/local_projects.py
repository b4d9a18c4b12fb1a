"""Find requirement names that refer to local projects: the project itself, workspace members, path requirements.

In requirements files that includes names that another entry of the same installation takes from a path or URL: with
``-e ./lib`` an installer uses that directory for every requirement on ``lib``. The names of projects are read from
their pyproject.toml, setup.cfg or setup.py.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING

from mothball.formats.table import decode, parse
from mothball.model.document import Dependency, DependencyKind, Document, SkipReason, normalize_name
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.repository.paths import is_inside, upward
from mothball.routing.facts import LocalClaim, LocalName, claim_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from mothball.discovery.workspaces import Workspaces
    from mothball.model.document import ParsedFile, Workspace
    from mothball.repository.files import Tree

# The metadata files that may declare a project's name, and their formats, in order of precedence.
_METADATA_FILES = ((PYPROJECT_TOML, "pyproject"), ("setup.cfg", "setup-cfg"), ("setup.py", "setup-py"))
# Matches everything that may be the project's name in any of these files. Much faster than parsing the file.
_POSSIBLE_NAME = r"""(?i)(?:name|module)["']?\s*+[=:]\s*+["']*+([^"'\s,;#]++)"""
# Tables that must contain the name (PEP 621, "name"; Poetry). If a file has one, no other file is read.
_NAMED_TABLE = r"(?m)^[ \t]*+\[(?:project|tool\.poetry)\]"
# Prefixes of the sections in which a tool installs workspace members from the workspace. uv rejects a member without an
# entry in tool.uv.sources instead of querying an index; Rye and Hatch build with tools that query indexes.
_SECTIONS = {
    "uv": ("project.", "dependency-groups.", "build-system.", "tool.uv."),
    "rye": ("project.", "dependency-groups.", "tool.rye."),
    "hatch": ("project.", "dependency-groups.", "tool.hatch.envs.", "envs."),
}
_WORKSPACE_FORMATS = frozenset({"pyproject", "hatch-toml"})
_PROJECT = "pyproject"
# Formats whose entries are installed by a single command.
_INSTALLED_TOGETHER = frozenset({"requirements", "conda-env"})
_skip_reason_of = itemgetter(Dependency._fields.index("skip_reason"))
_PATH_REASONS = frozenset({SkipReason.PATH, SkipReason.EDITABLE})
_DIRECT_REASONS = _PATH_REASONS.union((SkipReason.URL, SkipReason.VCS))
# Reasons to skip an entry that hold only if the local project is there.
_CLAIMED_REASONS = frozenset({SkipReason.PATH, SkipReason.EDITABLE, SkipReason.WORKSPACE})
# A source distribution or wheel: the name of its project is in front.
_ARCHIVE = r"(?i)(.+?)-[0-9][^-]*(?:-[^/]*\.whl|\.tar\.gz|\.tar\.bz2|\.tgz|\.zip)\Z"
# The maximum number of path requirements to resolve per installation; real files have a few.
MAX_TARGETS = 200
# A marker after the argument of `-e`: uv evaluates it, pip ignores it.
_MARKER_START = r"""["']?(?:[ \t]|\\(?:\r\n|\r|\n))*;"""
# Extras after the path of a directory.
_EXTRAS = r"\[[^\[\]]*+\]\Z"
# The start of a marker or URL fragment after a path.
_MARKER_OR_FRAGMENT = r"[;#]"


def metadata_files(project: str) -> list[tuple[str, str]]:
    """Return the paths that may declare the name of the project in the directory ``project``, with their formats."""
    return [(os.path.join(project, file_name), file_format) for file_name, file_format in _METADATA_FILES]


class DeclaredNames:
    """Reads and caches the names that projects declare."""

    def __init__(self, parsed: Mapping[str, ParsedFile], tree: Tree) -> None:
        """Initialize with files that are already parsed, by absolute path; other files are read from ``tree``."""
        self._parsed = parsed
        self._tree = tree
        self._texts: dict[str, tuple[str, frozenset[str]]] = {}

    def project_name(self, project: str, root: str, wanted: Collection[str] | None = None) -> str:
        """Return the name of the project in the directory ``project``, empty if no file declares one.

        If ``wanted`` is given, the result is empty for any other name: that is often known without parsing a file.
        ``root`` is the root of the repository: links out of it are not followed.
        """
        for path, file_format in metadata_files(project):
            name = self.name_in_file(path, file_format, root, wanted)
            if name is not None:
                return name
        return ""

    def name_in_file(self, path: str, file_format: str, root: str, wanted: Collection[str] | None = None) -> str | None:
        """Return the name that a file declares, None if it declares none, empty if it is not in ``wanted``."""
        if path in self._parsed:
            return self._parsed[path].document.project_name or None
        text, possible_names = self.text_of(path, file_format, root)
        if wanted is not None and possible_names.isdisjoint(wanted):
            return "" if re.search(_NAMED_TABLE, text) else None
        return (parse(file_format, text).project_name or None) if possible_names else None

    def text_of(self, path: str, file_format: str, root: str) -> tuple[str, frozenset[str]]:
        """Return the text of a file, empty if it cannot be read, and a superset of the names that it declares.

        ``discover`` reports an unreadable file if it is checked.
        """
        if path in self._parsed:
            parsed = self._parsed[path]
            return parsed.text, frozenset((parsed.document.project_name,))
        if path not in self._texts:
            text = ""
            real = self._tree.real_path(path) if self._tree.is_file(path) else None
            if real is not None and is_inside(real, os.path.realpath(root)):
                with suppress(UnreadableFileError):
                    text = decode(file_format, path, self._tree.read(path))
            self._texts[path] = text, frozenset(map(normalize_name, re.findall(_POSSIBLE_NAME, text)))
        return self._texts[path]


class LocalReference(NamedTuple):
    """A requirement that is installed from a path or URL: its ``name`` or, if that is empty, its ``target``.

    ``target`` is a path as written in the file at the absolute ``path``.
    """

    name: str
    reason: SkipReason
    target: str = ""
    path: str = ""


def local_references(document: Document, text: str, path: str) -> Iterator[LocalReference]:
    """Yield the path and URL requirements without marker in the requirements file at ``path``."""
    if document.format not in _INSTALLED_TOGETHER:
        return
    # Fast path, as this runs on every keystroke in an editor: most files have no such requirement.
    if not _DIRECT_REASONS.isdisjoint(map(_skip_reason_of, document.dependencies)):
        for dependency in document.dependencies:
            reason = dependency.skip_reason
            if reason is not None and reason in _DIRECT_REASONS and not _has_marker(dependency, text):
                yield LocalReference(dependency.name, reason)
    for entry in document.unnamed:
        target = entry.span.slice(text).strip().strip("\"'")
        is_plain = "://" not in target and re.search(_MARKER_OR_FRAGMENT, target) is None
        if entry.reason in _PATH_REASONS and is_plain and not _is_before_marker(text, entry.span.end):
            yield LocalReference("", entry.reason, re.sub(_EXTRAS, "", target).removeprefix("file:"), path)


def _has_marker(dependency: Dependency, text: str) -> bool:
    """Return True if the requirement has a marker; the argument of ``-e`` may include its semicolon."""
    if dependency.skip_reason is not SkipReason.EDITABLE or dependency.marker:
        return bool(dependency.marker)
    return ";" in dependency.entry_span.slice(text) or _is_before_marker(text, dependency.entry_span.end)


def _is_before_marker(text: str, end: int) -> bool:
    return re.compile(_MARKER_START).match(text, end) is not None


def local_claims(dependencies: Iterable[Dependency]) -> frozenset[LocalClaim]:
    """Return the local projects that tables of sources name for ``dependencies``.

    Not included are direct references in requirements, which no installer looks up, and the entries of locks.
    """
    return frozenset(
        claim_of(dependency)
        for dependency in dependencies
        if (dependency.local_path or dependency.skip_reason is SkipReason.WORKSPACE)
        and dependency.skip_reason in _CLAIMED_REASONS
        and dependency.kind is not DependencyKind.LOCKED
    )


class LocalProjectFinder:
    """Finds the names in dependency files that refer to local projects, for one run."""

    def __init__(
        self,
        declared_names: DeclaredNames,
        declared_workspaces: Callable[[str, str], tuple[Workspace, ...]],
        tree: Tree,
    ) -> None:
        """Initialize with the sources of project names and workspaces.

        ``declared_workspaces`` returns the workspaces declared in a directory, given that and the repository root.
        """
        self._declared_names = declared_names
        self._declared_workspaces = declared_workspaces
        self._tree = tree
        self._workspaces: Workspaces | None = None
        self._metadata_paths: dict[tuple[str, ...], dict[str, list[str]]] = {}

    def find(
        self, file: ParsedFile, project: str, references: Iterable[LocalReference], *, all_names: bool = False
    ) -> tuple[LocalName, ...]:
        """Return the local names that the file uses; with ``all_names``, all local names that apply to it.

        ``project`` is the directory of its project, ``references`` are the path and URL requirements of all files that
        are installed together with it. Locked packages are not considered: a lock records the source of each.
        """
        wanted = None if all_names else _unskipped_names(file.document)
        if wanted is not None and not wanted:
            return ()
        local_names = [LocalName(self._declared_names.project_name(project, file.root, wanted), SkipReason.SELF)]
        if file.document.format in _WORKSPACE_FORMATS:
            local_names += self._members(os.path.dirname(file.path), file.root, wanted)
        local_names += resolve_local_references(references, self._declared_names, self._tree, file.root, wanted)
        return tuple(
            dict.fromkeys(local for local in local_names if local.name and (wanted is None or local.name in wanted))
        )

    def false_claims(self, claims: Collection[LocalClaim], path: str, root: str) -> frozenset[LocalClaim]:
        """Return those of ``claims`` in the file at ``path`` whose project is not in the repository at ``root``.

        A table of sources has no effect on those who install the built package: they get the name from an index.
        """
        if not claims:
            return frozenset()
        targets = {_claimed_path(local_path, path) for *_, local_path in claims if local_path}
        inside = sorted(target for target in targets if is_inside(target, root))
        self._tree.prepare([file for target in inside for file, _ in metadata_files(target)])
        return frozenset(claim for claim in claims if not self._is_there(claim, path, root))

    def _is_there(self, claim: LocalClaim, path: str, root: str) -> bool:
        name, reason, local_path = claim
        if reason is SkipReason.WORKSPACE:
            return any(local.name == name for local in self._members(os.path.dirname(path), root, {name}))
        target = _claimed_path(local_path, path)
        if not is_inside(target, root):
            return False
        if self._tree.is_file(target) and not self._tree.leads_outside(target, root):
            archive = re.match(_ARCHIVE, os.path.basename(target))
            return archive is not None and normalize_name(archive[1]) == name
        return self._declared_names.project_name(target, root, {name}) == name

    def _members(self, directory: str, root: str, wanted: Collection[str] | None) -> Iterator[LocalName]:
        if not any(self._declared_workspaces(base, root) for base in upward(directory, root)):
            return
        if self._workspaces is None:
            from mothball.discovery.workspaces import Workspaces  # noqa: PLC0415 - most repositories have no workspace

            self._workspaces = Workspaces(self._tree, self._declared_workspaces)
        for tool, directories in self._workspaces.containing(directory, root):
            by_name = self._metadata_paths_by_name(directories, root)
            paths = [path for name in by_name if wanted is None or name in wanted for path in by_name[name]]
            for path in dict.fromkeys(paths):
                if tool == "uv" and _is_unmanaged(self._declared_names.text_of(path, _PROJECT, root)[0]):
                    continue
                name = self._declared_names.name_in_file(path, _PROJECT, root)
                yield LocalName(name or "", SkipReason.WORKSPACE, _SECTIONS[tool], path)

    def _metadata_paths_by_name(self, directories: tuple[str, ...], root: str) -> Mapping[str, list[str]]:
        """Return the pyproject.toml files in ``directories`` that may declare a name, by that name.

        Cached, as large workspaces have hundreds of members and each is looked up in all of them.
        """
        if directories not in self._metadata_paths:
            by_name = self._metadata_paths[directories] = {}
            for directory in directories:
                path = os.path.join(directory, PYPROJECT_TOML)
                for name in self._declared_names.text_of(path, _PROJECT, root)[1]:
                    by_name.setdefault(name, []).append(path)
        return self._metadata_paths[directories]


def resolve_local_references(
    references: Iterable[LocalReference],
    declared_names: DeclaredNames,
    tree: Tree,
    root: str,
    wanted: Collection[str] | None = None,
) -> Iterator[LocalName]:
    """Yield the names of ``references``, and those that projects at their targets declare.

    pip and uv resolve targets against the working directory, which is unknown: the directory of the file and each one
    above it up to ``root`` are tried.
    """
    references = tuple(references)
    targets = [reference for reference in references if not reference.name][:MAX_TARGETS]
    candidates = {target: tuple(_candidate_directories(target, root)) for target in dict.fromkeys(targets)}
    if candidates:
        projects = {project for directories in candidates.values() for project in directories}
        tree.prepare([path for project in sorted(projects) for path, _ in metadata_files(project)])
    for reference in references:
        if reference.name:
            yield LocalName(reference.name, reference.reason)
    for target, directories in candidates.items():
        for directory in directories:
            paths = [path for path, _ in metadata_files(directory)]
            if any(map(tree.is_file, paths)):
                yield LocalName(declared_names.project_name(directory, root, wanted), target.reason, (), paths[0])
                break


def claimed_files(document: Document, path: str) -> Iterator[str]:
    """Yield the paths of the files that decide whether the claims in the file at ``path`` are true."""
    for *_, local_path in local_claims(document.dependencies):
        if local_path:
            target = _claimed_path(local_path, path)
            yield from (target, *(file for file, _ in metadata_files(target)))


def _claimed_path(local_path: str, path: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(path), local_path))


def _is_unmanaged(text: str) -> bool:
    from mothball.formats.manifests.tool_uv import is_unmanaged  # noqa: PLC0415 - only if a dependency has the name of a member

    return is_unmanaged(text)


def _candidate_directories(reference: LocalReference, root: str) -> Iterator[str]:
    """Yield the directories inside ``root`` that the target may refer to."""
    for base in upward(os.path.dirname(reference.path), root):
        directory = os.path.normpath(os.path.join(base, reference.target))
        if is_inside(directory, root):
            yield directory


def _unskipped_names(document: Document) -> frozenset[str]:
    return frozenset(
        dependency.name
        for dependency in document.dependencies
        if dependency.skip_reason is None and dependency.kind is not DependencyKind.LOCKED
    )
