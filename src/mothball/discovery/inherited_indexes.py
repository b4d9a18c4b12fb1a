"""Find the indexes that other files of the repository configure for a dependency file.

- uv installs a requirements file with the indexes of the enclosing project.
- A member of a uv workspace has the indexes and sources of the workspace root.
- Any uv project has the indexes of a uv.toml in its directory or above.
- A pdm.lock has the sources of the pyproject.toml in its directory.

These files need not be among the checked ones. They are read only when needed, and once per run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from mothball.formats.table import parse
from mothball.model.document import Dependency, Document, IndexOption, LineIndex, ParsedFile, Span, ToolIndex, Workspace
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import HATCH_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple
from mothball.repository.files import Tree, display_path
from mothball.repository.paths import upward


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
            self._workspaces[directory] = self._workspaces_in(directory, root)
        return self._workspaces[directory]

    def _workspaces_in(self, directory: str, root: str) -> tuple[Workspace, ...]:
        project = self._project(directory, root)
        declared = project.document.workspaces if project is not None else ()
        path = os.path.join(directory, HATCH_TOML)
        if self._is_readable(path, root):
            with suppress(UnreadableFileError):  # reported if the file itself is checked
                declared += parse("hatch-toml", self._tree.read_utf8(path)).workspaces
        return declared

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


# The tools whose indexes other files inherit.
_TOOLS = ("uv", "pdm")


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
