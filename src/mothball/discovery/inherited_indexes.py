"""What other files of the repository say of where a file's names come from, read only where it matters.

A requirements file is installed by way of those that include it, with their indexes, and by uv with those of the
project around it. A member of a uv workspace has the indexes and the sources of the workspace's root, any project of uv
those of a uv.toml beside it or above. A pdm.lock has the sources of the pyproject.toml beside it. None of these files
need be among those that are checked.
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

# Beyond this many requirements files in one directory, or so large ones, nobody looks who includes whom.
MAX_FILES = 200
_MAX_SIZE = 1024 * 1024
# What a line begins with that includes another file.
_INCLUDES = r"(?m)^[ \t]*--?[rc]"


class Indexed(NamedTuple):
    """A document with all indexes that hold for it, each with its place."""

    document: Document
    tool_indexes: tuple[ToolIndex, ...]


class _Project(NamedTuple):
    """A pyproject.toml that lies about: its path, its text, what it says."""

    path: str
    text: str
    document: Document


def with_source_locations(document: Document, text: str, path: str) -> Document:
    """Return ``document`` with the place of every index that it names, as a person finds it."""
    if not document.index_options and not document.tool_indexes:
        return document
    lines, shown = LineIndex(text), display_path(path)
    return document._replace(
        index_options=tuple(
            one._replace(declared_at=f"{shown}:{lines.position(one.span.start).line}") for one in document.index_options
        ),
        tool_indexes=tuple(
            one._replace(declared_at=f"{shown}:{lines.position(one.span.start).line}") for one in document.tool_indexes
        ),
    )


class InheritedIndexes:
    """Looks around files, and remembers what it saw for one run."""

    def __init__(self, tree: Tree = DISK) -> None:
        """Look around in ``tree``; nothing is read yet.

        ``left_out`` are files in directories that hold too many to look at.
        """
        self._tree = tree
        self.left_out: list[str] = []
        self._including: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._projects: dict[str, _Project | None] = {}
        self._workspaces: dict[str, tuple[Workspace, ...]] = {}

    # --- requirements files that include others -----------------------------------------------------------------------

    def including(self, path: str, root: str) -> Iterator[tuple[str, str]]:
        """Yield requirements files, and their texts, that include one of the name of the file at the absolute ``path``.

        They lie in its directory or above, inside the repository at ``root``. Whether it is that very file, their
        readers find out.
        """
        for directory in upward(os.path.dirname(path), root):
            yield from self._including_in(directory, root).get(os.path.basename(path), ())

    def _including_in(self, directory: str, root: str) -> dict[str, list[tuple[str, str]]]:
        """Return the requirements files in ``directory`` by the names of the files that they include."""
        if directory not in self._including:
            by_name = self._including[directory] = {}
            paths = [os.path.join(directory, name) for name in sorted(self._tree.names_in(directory))]
            found = [path for path in paths if format_of(path) == "requirements"]
            self.left_out += found[MAX_FILES:]
            self._tree.prepare(found[:MAX_FILES])
            for path in found[:MAX_FILES]:
                text = self._text(path, root)
                includes = parse("requirements", text).includes if re.search(_INCLUDES, text) else ()
                for name in {os.path.basename(include.target) for include in includes}:
                    by_name.setdefault(name, []).append((path, text))
        return self._including[directory]

    def _text(self, path: str, root: str) -> str:
        if not self._tree.leads_outside(path, root):
            try:
                return decode("requirements", path, self._tree.read(path, _MAX_SIZE))
            except UnreadableFileError:
                pass  # who checks it is told; here it only says nothing
        return ""

    # --- projects -----------------------------------------------------------------------------------------------------

    def indexed(self, path: str, root: str, text: str, document: Document) -> Indexed:
        """Return the ``document`` of the file at the absolute ``path`` with the indexes that hold for it.

        Where the root of a uv workspace sends names elsewhere, so does the document that comes back.
        """
        directory, own = os.path.dirname(path), document.tool_indexes
        if document.format == "pdm-lock":
            project = self._project(directory, root)
            return Indexed(document, tuple(one for one in _indexes(project) if one.tool == "pdm"))
        if document.format == "requirements":
            around = self._settings_of_uv(directory, root, None)
            return Indexed(document, around[1] if around else ())
        if document.format != "pyproject":
            return Indexed(document, own)
        self._projects[directory] = _Project(path, text, document)
        governing = self._settings_of_uv(directory, root, document)
        if governing is None:
            return Indexed(document, own)
        others = tuple(one for one in own if one.tool != "uv" or one.role == "explicit")
        is_elsewhere, indexes, project = governing
        tools = document.tools if "uv" in document.tools else (*document.tools, "uv")
        document = document._replace(tools=tools)
        if project is not None and is_elsewhere:
            from mothball.formats.manifests.tool_uv import with_root_sources  # noqa: PLC0415 - only members of a workspace

            document = with_root_sources(document, text, project.text)
        return Indexed(document, (*others, *indexes))

    def _settings_of_uv(
        self, start: str, root: str, document: Document | None
    ) -> tuple[bool, tuple[ToolIndex, ...], _Project | None] | None:
        """Return the indexes by which uv installs a project and the root of its workspace; None where they are its own.

        ``document`` is the project in the directory ``start``, None where what uv installs is no project.
        uv begins at the root of the workspace, else at the project, and takes the first directory upward that has a
        uv.toml, or a pyproject.toml with a table of uv. Any project below the root of a workspace is taken for one of
        its members.
        """
        top = next((one for one in upward(start, root) if self._is_workspace(one, root)), None)
        for directory in upward(top or start, root):
            file = os.path.join(directory, UV_TOML)
            workspace = self._project(top, root) if top else None
            if self._tree.is_file(file) and not self._tree.leads_outside(file, root):
                return top not in {None, start}, _read_uv_file(file, self._tree), workspace
            if directory == start and document is not None:
                if "uv" in document.tools:
                    return None
                continue
            project = self._project(directory, root)
            if project is not None and ("uv" in project.document.tools or _hides_index(project.document)):
                indexes = tuple(one for one in _indexes(project) if one.tool == "uv")
                return top not in {None, start}, indexes, workspace
        return None

    def _is_workspace(self, directory: str, root: str) -> bool:
        project = self._project(directory, root)
        return project is not None and "tool.uv.workspace" in project.text

    def workspaces(self, directory: str, root: str) -> tuple[Workspace, ...]:
        """Return the workspaces that the files in ``directory`` declare."""
        if directory not in self._workspaces:
            self._workspaces[directory] = self._workspaces_in(directory, root)
        return self._workspaces[directory]

    def _workspaces_in(self, directory: str, root: str) -> tuple[Workspace, ...]:
        project = self._project(directory, root)
        declared = project.document.workspaces if project is not None else ()
        path = os.path.join(directory, HATCH_TOML)
        if self._tree.is_file(path) and not self._tree.leads_outside(path, root):
            with suppress(UnreadableFileError):  # who checks it is told
                declared += parse("hatch-toml", self._tree.read_utf8(path)).workspaces
        return declared

    def _project(self, directory: str, root: str) -> _Project | None:
        """Return the pyproject.toml in ``directory`` where it speaks of any of this, None where it does not."""
        if directory not in self._projects:
            self._projects[directory] = None
            path = os.path.join(directory, PYPROJECT_TOML)
            if self._tree.is_file(path) and not self._tree.leads_outside(path, root):
                try:
                    text = self._tree.read_utf8(path)
                except UnreadableFileError:
                    self._projects[directory] = _Project(path, "", _unknown("pyproject", path))
                    return self._projects[directory]
                speaks_of_indexes = ("uv" in text or "pdm" in text) and ("index" in text or "source" in text)
                if speaks_of_indexes or "workspace" in text:
                    document = with_source_locations(parse("pyproject", text), text, path)
                    self._projects[directory] = _Project(path, text, document)
        return self._projects[directory]


def _indexes(project: _Project | None) -> tuple[ToolIndex, ...]:
    if project is None:
        return ()
    unknown = _unknown("pyproject", project.path).tool_indexes if _hides_index(project.document) else ()
    return (*project.document.tool_indexes, *unknown)


def _hides_index(document: Document) -> bool:
    """Return whether something in ``document`` may name an index, and cannot be read."""
    return any(one.name == "unknown" for one in document.index_options)


def _unknown(file_format: str, path: str) -> Document:
    """Return what stands for a file that cannot be read: an index without an address keeps all names at home."""
    place = f"{display_path(path)}, which cannot be read whole"
    indexes = tuple(ToolIndex(Span(0, 0), tool, "", role="index", declared_at=place) for tool in ("uv", "pdm"))
    return Document(file_format, tool_indexes=indexes, tools=("uv", "pdm"))


def _read_uv_file(path: str, tree: Tree) -> tuple[ToolIndex, ...]:
    from mothball.formats.manifests.tool_uv import read_uv_toml  # noqa: PLC0415 - few projects have such a file

    try:
        text = tree.read_utf8(path)
    except UnreadableFileError:
        return _unknown("uv-toml", path).tool_indexes
    indexes, problem = read_uv_toml(text)
    if problem is not None:
        return _unknown("uv-toml", path).tool_indexes
    return with_source_locations(Document("uv-toml", tool_indexes=indexes), text, path).tool_indexes
