"""Find the indexes that other files of the repository configure for a dependency file.

- A requirements file is also installed through the files that include it, with their indexes; uv installs it with the
  indexes of the enclosing project.
- A member of a uv workspace has the indexes and sources of the workspace root.
- Any uv project has the indexes of a uv.toml in its directory or above.
- A pdm.lock has the sources of the pyproject.toml in its directory.

These files need not be among the checked ones. They are read only when needed, and once per run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from mothball.formats.table import decode, format_of, parse
from mothball.model.document import Document, Span, ToolIndex, Workspace
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import HATCH_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.line_index import LineIndex
from mothball.model.records import NamedTuple
from mothball.repository.files import DISK, Tree, display_path
from mothball.repository.paths import upward

# Limits of the search for including files: requirements files in one directory, and bytes of each.
MAX_FILES = 200
_MAX_SIZE = 1024 * 1024
# The start of a line that includes another file.
_INCLUDES = r"(?m)^[ \t]*--?[rc]"


class DocumentWithIndexes(NamedTuple):
    """A document, and all indexes of tool tables that apply to it, with their locations."""

    document: Document
    tool_indexes: tuple[ToolIndex, ...]


class _Project(NamedTuple):
    """A pyproject.toml in the directory of a dependency file or above."""

    path: str
    text: str
    document: Document


def with_source_locations(document: Document, text: str, path: str) -> Document:
    """Return ``document`` with the location of every index, as ``PATH:LINE``."""
    if not document.index_options and not document.tool_indexes:
        return document
    lines, shown = LineIndex(text), display_path(path)
    return document._replace(
        index_options=tuple(
            option._replace(declared_at=f"{shown}:{lines.position(option.span.start).line}")
            for option in document.index_options
        ),
        tool_indexes=tuple(
            index._replace(declared_at=f"{shown}:{lines.position(index.span.start).line}")
            for index in document.tool_indexes
        ),
    )


class InheritedIndexes:
    """Reads and caches, for one run, the files that configure indexes for others.

    ``unsearched_files`` are requirements files beyond the first ``MAX_FILES`` of a directory.
    """

    def __init__(self, tree: Tree = DISK) -> None:
        """Initialize the search in ``tree``."""
        self._tree = tree
        self.unsearched_files: list[str] = []
        self._including_files: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._projects: dict[str, _Project | None] = {}
        self._workspaces: dict[str, tuple[Workspace, ...]] = {}

    # --- requirements files that include others -----------------------------------------------------------------------

    def including_files(self, path: str, root: str) -> Iterator[tuple[str, str]]:
        """Yield the path and text of requirements files that may include the file at the absolute ``path``.

        Searched are its directory and those above, up to the repository ``root``. Includes are compared by file name
        only: the caller must check that an include leads to the file itself.
        """
        for directory in upward(os.path.dirname(path), root):
            yield from self._including_files_in(directory, root).get(os.path.basename(path), ())

    def _including_files_in(self, directory: str, root: str) -> dict[str, list[tuple[str, str]]]:
        """Return the requirements files in ``directory`` by the names of the files that they include."""
        if directory not in self._including_files:
            by_name = self._including_files[directory] = {}
            paths = [os.path.join(directory, name) for name in sorted(self._tree.names_in(directory))]
            requirements = [path for path in paths if format_of(path, root) == "requirements"]
            self.unsearched_files += requirements[MAX_FILES:]
            self._tree.prepare(requirements[:MAX_FILES])
            for path in requirements[:MAX_FILES]:
                text = self._text(path, root)
                includes = parse("requirements", text).includes if re.search(_INCLUDES, text) else ()
                for name in {os.path.basename(include.target) for include in includes}:
                    by_name.setdefault(name, []).append((path, text))
        return self._including_files[directory]

    def _text(self, path: str, root: str) -> str:
        if not self._tree.leads_outside(path, root):
            try:
                return decode("requirements", path, self._tree.read(path, _MAX_SIZE))
            except UnreadableFileError:
                pass  # reported if the file itself is checked
        return ""

    # --- projects -----------------------------------------------------------------------------------------------------

    def add_indexes(self, path: str, root: str, text: str, document: Document) -> DocumentWithIndexes:
        """Return the ``document`` of the file at the absolute ``path`` with all indexes that apply to it.

        The sources of the root of its uv workspace are applied to the returned document.
        """
        directory, own = os.path.dirname(path), document.tool_indexes
        if document.format == "pdm-lock":
            project = self._project(directory, root)
            return DocumentWithIndexes(document, tuple(index for index in _indexes(project) if index.tool == "pdm"))
        if document.format == "requirements":
            settings = self._uv_settings(directory, root, None)
            return DocumentWithIndexes(document, settings[1] if settings else ())
        if document.format != "pyproject":
            return DocumentWithIndexes(document, own)
        self._projects[directory] = _Project(path, text, document)
        settings = self._uv_settings(directory, root, document)
        if settings is None:
            return DocumentWithIndexes(document, own)
        kept = tuple(index for index in own if index.tool != "uv" or index.role == "explicit")
        is_member, indexes, workspace = settings
        tools = document.tools if "uv" in document.tools else (*document.tools, "uv")
        document = document._replace(tools=tools)
        if workspace is not None and is_member:
            from mothball.formats.manifests.tool_uv import with_root_sources  # noqa: PLC0415 - only for workspace members

            document = with_root_sources(document, text, workspace.text)
        return DocumentWithIndexes(document, (*kept, *indexes))

    def _uv_settings(
        self, start: str, root: str, document: Document | None
    ) -> tuple[bool, tuple[ToolIndex, ...], _Project | None] | None:
        """Return the index settings that uv inherits for the directory ``start``, None if it uses the project's own.

        The result is whether ``start`` is below the root of a uv workspace, the indexes, and the workspace root.
        ``document`` is the pyproject.toml in ``start``, None when uv installs a requirements file.

        uv starts at the root of the workspace, or else at the project, and uses the nearest directory upward with a
        uv.toml or a pyproject.toml that has a uv table ("Configuration files" in its reference). Every project below
        the root of a workspace is treated as a member.
        """
        top = next((directory for directory in upward(start, root) if self._is_workspace(directory, root)), None)
        is_member = top not in {None, start}
        for directory in upward(top or start, root):
            uv_toml = os.path.join(directory, UV_TOML)
            workspace = self._project(top, root) if top else None
            if self._tree.is_file(uv_toml) and not self._tree.leads_outside(uv_toml, root):
                return is_member, _read_uv_file(uv_toml, self._tree), workspace
            if directory == start and document is not None:
                if "uv" in document.tools:
                    return None
                continue
            project = self._project(directory, root)
            if project is not None and ("uv" in project.document.tools or _has_unknown_index(project.document)):
                indexes = tuple(index for index in _indexes(project) if index.tool == "uv")
                return is_member, indexes, workspace
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
        if self._tree.is_file(path) and not self._tree.leads_outside(path, root):
            with suppress(UnreadableFileError):  # reported if the file itself is checked
                declared += parse("hatch-toml", self._tree.read_utf8(path)).workspaces
        return declared

    def _project(self, directory: str, root: str) -> _Project | None:
        """Return the pyproject.toml in ``directory``, None if it configures neither indexes nor a workspace."""
        if directory not in self._projects:
            self._projects[directory] = None
            path = os.path.join(directory, PYPROJECT_TOML)
            if self._tree.is_file(path) and not self._tree.leads_outside(path, root):
                try:
                    text = self._tree.read_utf8(path)
                except UnreadableFileError:
                    self._projects[directory] = _Project(path, "", _unknown_indexes("pyproject", path))
                    return self._projects[directory]
                may_configure_index = ("uv" in text or "pdm" in text) and ("index" in text or "source" in text)
                if may_configure_index or "workspace" in text:
                    document = with_source_locations(parse("pyproject", text), text, path)
                    self._projects[directory] = _Project(path, text, document)
        return self._projects[directory]


def _indexes(project: _Project | None) -> tuple[ToolIndex, ...]:
    if project is None:
        return ()
    unknown = _unknown_indexes("pyproject", project.path).tool_indexes if _has_unknown_index(project.document) else ()
    return (*project.document.tool_indexes, *unknown)


def _has_unknown_index(document: Document) -> bool:
    """Return True if a part of ``document`` that cannot be parsed may configure an index."""
    return any(option.name == "unknown" for option in document.index_options)


def _unknown_indexes(file_format: str, path: str) -> Document:
    """Return a placeholder for an unreadable file: its indexes without URL prevent all lookups."""
    location = f"{display_path(path)}, which cannot be read completely"
    indexes = tuple(ToolIndex(Span(0, 0), tool, "", role="index", declared_at=location) for tool in ("uv", "pdm"))
    return Document(file_format, tool_indexes=indexes, tools=("uv", "pdm"))


def _read_uv_file(path: str, tree: Tree) -> tuple[ToolIndex, ...]:
    from mothball.formats.manifests.tool_uv import read_uv_toml  # noqa: PLC0415 - few projects have a uv.toml

    try:
        text = tree.read_utf8(path)
    except UnreadableFileError:
        return _unknown_indexes("uv-toml", path).tool_indexes
    indexes, problem = read_uv_toml(text)
    if problem is not None:
        return _unknown_indexes("uv-toml", path).tool_indexes
    return with_source_locations(Document("uv-toml", tool_indexes=indexes), text, path).tool_indexes
