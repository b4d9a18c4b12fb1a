"""Find what other files of the repository say about a dependency file: inherited indexes, and local projects.

Inherited indexes:

- uv installs a requirements file with the indexes of the enclosing project.
- A member of a uv workspace has the indexes and sources of the workspace root.
- Any uv project has the indexes of a uv.toml in its directory or above.
- A pdm.lock has the sources of the pyproject.toml in its directory.

Names refer to local projects if they are those of the project itself, of workspace members, or of path requirements. In
requirements files that includes names that another entry of the same installation takes from a path or URL: with
``-e ./lib`` an installer uses that directory for every requirement on ``lib``. The names of projects are read from
their pyproject.toml, setup.cfg or setup.py.

These files need not be among the checked ones. They are read only when needed, and once per run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from mothball.formats.table import decode, parse
from mothball.model.document import (
    Dependency,
    DependencyKind,
    Document,
    IndexOption,
    LineIndex,
    ParsedFile,
    SkipReason,
    Span,
    ToolIndex,
    Workspace,
    normalize_name,
)
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import HATCH_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple
from mothball.repository.files import Tree, display_path
from mothball.repository.paths import is_inside, upward
from mothball.routing.facts import LocalClaim, LocalName, LocalReference, local_claims

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from mothball.discovery.workspaces import Workspaces

# --- inherited indexes ------------------------------------------------------------------------------------------------

# The tools whose indexes other files inherit.
_TOOLS = ("uv", "pdm")


class ToolSettings(NamedTuple):
    """The index settings of a file's own tables and of those that it inherits.

    ``indexes`` have their locations, and ``tools`` are the tools that have tables for the file. ``sources`` are
    dependencies that stand for the sources that the root of its uv workspace, at ``root_path``, sets for names.
    """

    indexes: tuple[ToolIndex, ...]
    tools: tuple[str, ...]
    sources: tuple[Dependency, ...] = ()
    root_path: str = ""


class _UvSettings(NamedTuple):
    """The settings that a uv project inherits; ``root`` is the root of the workspace that it is a member of."""

    indexes: tuple[ToolIndex, ...]
    root: ParsedFile | None


def located_options(file: ParsedFile) -> tuple[IndexOption, ...]:
    """Return the index options of ``file`` with their locations, as ``PATH:LINE``."""
    options = file.document.index_options
    if not options:
        return ()
    lines, shown = LineIndex(file.text), display_path(file.path)
    return tuple(
        IndexOption(span, name, value, f"{shown}:{lines.position(span.start).line}") for span, name, value, _ in options
    )


def located_indexes(file: ParsedFile) -> tuple[ToolIndex, ...]:
    """Return the indexes of the tables of ``file`` with their locations, as ``PATH:LINE``."""
    indexes = file.document.tool_indexes
    if not indexes:
        return ()
    lines, shown = LineIndex(file.text), display_path(file.path)
    return tuple(
        index._replace(declared_at=index.declared_at or f"{shown}:{lines.position(index.span.start).line}")
        for index in indexes
    )


class InheritedIndexes:
    """Reads and caches, for one run, the projects that configure indexes for other files."""

    def __init__(self, parsed: Mapping[str, ParsedFile], tree: Tree) -> None:
        """Initialize with files that are already parsed, by absolute path; other files are read from ``tree``."""
        self._parsed = parsed
        self._tree = tree
        self._projects: dict[str, ParsedFile | None] = {}
        self._workspaces: dict[str, tuple[Workspace, ...]] = {}

    def settings_of(self, file: ParsedFile) -> ToolSettings:
        """Return all settings of tables that apply to ``file``."""
        document, directory = file.document, os.path.dirname(file.path)
        if document.format == "pdm-lock":
            indexes = _indexes(self._project(directory, file.root))
            return ToolSettings(tuple(index for index in indexes if index.tool == "pdm"), document.tools)
        if document.format == "requirements":
            settings = self._uv_settings(directory, file.root, None)
            return ToolSettings(settings.indexes if settings else (), document.tools)
        own = located_indexes(file)
        settings = self._uv_settings(directory, file.root, document) if document.format == "pyproject" else None
        if settings is None:
            return ToolSettings(own, document.tools)
        kept = tuple(index for index in own if index.tool != "uv" or index.role == "explicit")
        tools = document.tools if "uv" in document.tools else (*document.tools, "uv")
        root = settings.root
        sources = _root_sources(file, root) if root is not None else ()
        return ToolSettings((*kept, *settings.indexes), tools, sources, root.path if root is not None else "")

    def _uv_settings(self, start: str, root: str, document: Document | None) -> _UvSettings | None:
        """Return the index settings that uv inherits for the directory ``start``, None if it uses the project's own.

        ``document`` is the pyproject.toml in ``start``, None when uv installs a requirements file.

        uv starts at the root of the workspace, or else at the project, and uses the nearest directory upward with a
        uv.toml or a pyproject.toml that has a uv table ("Configuration files" in its reference). Every project below
        the root of a workspace is treated as a member.
        """
        top = next((directory for directory in upward(start, root) if self._is_workspace(directory, root)), None)
        workspace_root = self._project(top, root) if top is not None and top != start else None
        for directory in upward(top or start, root):
            uv_toml = os.path.join(directory, UV_TOML)
            if self._is_readable(uv_toml, root):
                return _UvSettings(_read_uv_file(uv_toml, root, self._tree), workspace_root)
            if directory == start and document is not None:
                if "uv" in document.tools:
                    return None
                continue
            project = self._project(directory, root)
            if project is not None and ("uv" in project.document.tools or _has_unknown_index(project.document)):
                return _UvSettings(tuple(index for index in _indexes(project) if index.tool == "uv"), workspace_root)
        return None

    def _is_workspace(self, directory: str, root: str) -> bool:
        project = self._project(directory, root)
        return project is not None and "tool.uv.workspace" in project.text

    def workspaces(self, directory: str, root: str) -> tuple[Workspace, ...]:
        """Return the workspaces that pyproject.toml and hatch.toml in ``directory`` declare."""
        if directory not in self._workspaces:
            project = self._project(directory, root)
            declared = project.document.workspaces if project is not None else ()
            path = os.path.join(directory, HATCH_TOML)
            if self._is_readable(path, root):
                with suppress(UnreadableFileError):  # reported if the file itself is checked
                    declared += parse("hatch-toml", self._tree.read_utf8(path)).workspaces
            self._workspaces[directory] = declared
        return self._workspaces[directory]

    def _project(self, directory: str, root: str) -> ParsedFile | None:
        """Return the pyproject.toml in ``directory``, None if it configures neither indexes nor a workspace."""
        path = os.path.join(directory, PYPROJECT_TOML)
        parsed = self._parsed.get(path)
        if parsed is not None and parsed.document.format == "pyproject":
            return parsed
        if path not in self._projects:
            self._projects[path] = self._read_project(path, root)
        return self._projects[path]

    def _is_readable(self, path: str, root: str) -> bool:
        return self._tree.is_file(path) and not self._tree.leads_outside(path, root)

    def _read_project(self, path: str, root: str) -> ParsedFile | None:
        if not self._is_readable(path, root):
            return None
        try:
            text = self._tree.read_utf8(path)
        except UnreadableFileError:
            return ParsedFile(path, root, "", Document("pyproject", tool_indexes=_unknown_indexes(path), tools=_TOOLS))
        may_configure_index = ("uv" in text or "pdm" in text) and ("index" in text or "source" in text)
        is_relevant = may_configure_index or "workspace" in text
        return ParsedFile(path, root, text, parse("pyproject", text)) if is_relevant else None


def _root_sources(member: ParsedFile, root: ParsedFile) -> tuple[Dependency, ...]:
    from mothball.formats.manifests.tool_uv import root_sources  # noqa: PLC0415 - only for workspace members

    return root_sources(member.text, root.text)


def _indexes(project: ParsedFile | None) -> tuple[ToolIndex, ...]:
    if project is None:
        return ()
    unknown = _unknown_indexes(project.path) if _has_unknown_index(project.document) else ()
    return (*located_indexes(project), *unknown)


def _has_unknown_index(document: Document) -> bool:
    """Return True if a part of ``document`` that cannot be parsed may configure an index."""
    return any(option.name == "unknown" for option in document.index_options)


def _unknown_indexes(path: str) -> tuple[ToolIndex, ...]:
    """Return placeholders for the indexes of an unreadable file: their missing URLs prevent all lookups."""
    location = f"{display_path(path)}, which cannot be read completely"
    return tuple(ToolIndex(Span(0, 0), tool, "", role="index", declared_at=location) for tool in _TOOLS)


def _read_uv_file(path: str, root: str, tree: Tree) -> tuple[ToolIndex, ...]:
    from mothball.formats.manifests.tool_uv import read_uv_toml  # noqa: PLC0415 - few projects have a uv.toml

    try:
        text = tree.read_utf8(path)
        indexes, problem = read_uv_toml(text)
    except UnreadableFileError:
        return _unknown_indexes(path)
    return (
        _unknown_indexes(path)
        if problem
        else located_indexes(ParsedFile(path, root, text, Document("uv-toml", tool_indexes=indexes)))
    )


# --- local projects ---------------------------------------------------------------------------------------------------

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
# A source distribution or wheel: the name of its project is in front.
_ARCHIVE = r"(?i)(.+?)-[0-9][^-]*(?:-[^/]*\.whl|\.tar\.gz|\.tar\.bz2|\.tgz|\.zip)\Z"
# The maximum number of path requirements to resolve per installation; real files have a few.
MAX_TARGETS = 200


def metadata_files(project: str) -> list[tuple[str, str]]:
    """Return the paths that may declare the name of the project in the directory ``project``, with their formats."""
    return [(os.path.join(project, file_name), file_format) for file_name, file_format in _METADATA_FILES]


class LocalProjects:
    """Finds local projects by their names, and the names in dependency files that refer to them, for one run."""

    def __init__(
        self,
        parsed: Mapping[str, ParsedFile],
        tree: Tree,
        declared_workspaces: Callable[[str, str], tuple[Workspace, ...]] = lambda _directory, _root: (),
    ) -> None:
        """Initialize with files that are already parsed, by absolute path; other files are read from ``tree``.

        ``declared_workspaces`` returns the workspaces declared in a directory of a repository.
        """
        self._parsed = parsed
        self._tree = tree
        self._declared_workspaces = declared_workspaces
        self._texts: dict[str, tuple[str, frozenset[str]]] = {}
        self._workspaces: Workspaces | None = None
        self._metadata_paths: dict[tuple[str, ...], dict[str, list[str]]] = {}

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

    def find(
        self, file: ParsedFile, project: str, references: Iterable[LocalReference], *, all_names: bool = False
    ) -> tuple[LocalName, ...]:
        """Return the local names that the file uses; with ``all_names``, all local names that apply to it.

        ``project`` is the directory of its project, ``references`` are the path and URL requirements of all files that
        are installed together with it. Locked packages are not considered: a lock records the source of each.
        """
        wanted = None
        if not all_names:
            wanted = {
                dependency.name
                for dependency in file.document.dependencies
                if dependency.skip_reason is None and dependency.kind is not DependencyKind.LOCKED
            }
            if not wanted:
                return ()
        local_names = [LocalName(self.project_name(project, file.root, wanted), SkipReason.SELF)]
        if file.document.format in _WORKSPACE_FORMATS:
            local_names += self._members(os.path.dirname(file.path), file.root, wanted)
        local_names += self.resolve(references, file.root, wanted)
        return tuple(
            dict.fromkeys(local for local in local_names if local.name and (wanted is None or local.name in wanted))
        )

    def resolve(
        self, references: Iterable[LocalReference], root: str, wanted: Collection[str] | None = None
    ) -> Iterator[LocalName]:
        """Yield the names of ``references``, and those that projects at their targets declare.

        pip and uv resolve targets against the working directory, which is unknown: the directory of the file and each
        one above it up to ``root`` are tried.
        """
        references = tuple(references)
        targets = [reference for reference in references if not reference.name][:MAX_TARGETS]
        candidates = {target: tuple(_candidate_directories(target, root)) for target in dict.fromkeys(targets)}
        if candidates:
            projects = {project for directories in candidates.values() for project in directories}
            self._tree.prepare([path for project in sorted(projects) for path, _ in metadata_files(project)])
        for reference in references:
            if reference.name:
                yield LocalName(reference.name, reference.reason)
        for target, directories in candidates.items():
            for directory in directories:
                paths = [path for path, _ in metadata_files(directory)]
                if any(map(self._tree.is_file, paths)):
                    yield LocalName(self.project_name(directory, root, wanted), target.reason, (), paths[0])
                    break

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
        return self.project_name(target, root, {name}) == name

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
                if tool == "uv" and _is_unmanaged(self.text_of(path, _PROJECT, root)[0]):
                    continue
                name = self.name_in_file(path, _PROJECT, root)
                yield LocalName(name or "", SkipReason.WORKSPACE, _SECTIONS[tool], path)

    def _metadata_paths_by_name(self, directories: tuple[str, ...], root: str) -> Mapping[str, list[str]]:
        """Return the pyproject.toml files in ``directories`` that may declare a name, by that name.

        Cached, as large workspaces have hundreds of members and each is looked up in all of them.
        """
        if directories not in self._metadata_paths:
            by_name = self._metadata_paths[directories] = {}
            for directory in directories:
                path = os.path.join(directory, PYPROJECT_TOML)
                for name in self.text_of(path, _PROJECT, root)[1]:
                    by_name.setdefault(name, []).append(path)
        return self._metadata_paths[directories]


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
