"""Read the names that local projects declare in pyproject.toml, setup.cfg or setup.py.

``my-project[test]`` in a tox.toml, hatch.toml or requirements file refers to the project itself; only its metadata file
shows that. ``local_projects`` uses these names to find references to local projects.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mothball.formats.table import decode, parse
from mothball.model.document import normalize_name
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import PYPROJECT_TOML
from mothball.repository.files import Tree, is_inside

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mothball.model.document import Document

# The metadata files that may declare a project's name, and their formats, in order of precedence.
_METADATA_FILES = ((PYPROJECT_TOML, "pyproject"), ("setup.cfg", "setup-cfg"), ("setup.py", "setup-py"))
# Matches everything that may be the project's name in any of these files. Much faster than parsing the file.
_POSSIBLE_NAME = r"""(?i)(?:name|module)["']?\s*+[=:]\s*+["']*+([^"'\s,;#]++)"""
# Tables that must contain the name (PEP 621, "name"; Poetry). If a file has one, no other file is read.
_NAMED_TABLE = r"(?m)^[ \t]*+\[(?:project|tool\.poetry)\]"


def metadata_files(project: str) -> list[tuple[str, str]]:
    """Return the paths that may declare the name of the project in the directory ``project``, with their formats."""
    return [(os.path.join(project, file_name), file_format) for file_name, file_format in _METADATA_FILES]


class DeclaredNames:
    """Reads and caches the names that projects declare."""

    def __init__(self, documents: Mapping[str, Document], tree: Tree) -> None:
        """Initialize with documents that are already parsed, by absolute path; other files are read from ``tree``."""
        self._documents = documents
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
        document = self._documents.get(path)
        if document is not None:
            return document.project_name or None
        text, candidates = self._text_of(path, file_format, root)
        if wanted is not None and candidates.isdisjoint(wanted):
            return "" if re.search(_NAMED_TABLE, text) else None
        return (parse(file_format, text).project_name or None) if candidates else None

    def text_of(self, path: str, file_format: str, root: str) -> str:
        """Return the text of a metadata file, empty if it cannot be read."""
        return self._text_of(path, file_format, root)[0]

    def possible_names(self, path: str, file_format: str, root: str) -> frozenset[str]:
        """Return a superset of the names that a file declares, without parsing it."""
        document = self._documents.get(path)
        return (
            frozenset((document.project_name,)) if document is not None else self._text_of(path, file_format, root)[1]
        )

    def _text_of(self, path: str, file_format: str, root: str) -> tuple[str, frozenset[str]]:
        """Return the text of a file and its possible names."""
        if path not in self._texts:
            text = self._read(path, file_format, root)
            self._texts[path] = text, frozenset(map(normalize_name, re.findall(_POSSIBLE_NAME, text)))
        return self._texts[path]

    def _read(self, path: str, file_format: str, root: str) -> str:
        """Return the text of a file, empty if it cannot be read. ``discover`` reports that if the file is checked."""
        real = self._tree.real_path(path) if self._tree.is_file(path) else None
        if real is None or not is_inside(real, os.path.realpath(root)):
            return ""
        try:
            return decode(file_format, path, self._tree.read(path))
        except UnreadableFileError:
            return ""
