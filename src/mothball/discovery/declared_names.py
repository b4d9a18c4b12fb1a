"""The names of projects of the repository itself, told by its files: nobody need look them up.

``my-project[test]`` in a tox.toml, hatch.toml or requirements file is the project itself, and only the pyproject.toml
beside it says so. What a workspace takes from its members, and a requirements file from a directory, ``at_home`` tells.
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

# The files that tell a project's name, and their formats; the first that does counts.
_TELLING = ((PYPROJECT_TOML, "pyproject"), ("setup.cfg", "setup-cfg"), ("setup.py", "setup-py"))
# All that could be a project's name in any of them. Reading one whole costs more than most runs have need for.
_MAY_BE_NAME = r"""(?i)(?:name|module)["']?\s*+[=:]\s*+["']*+([^"'\s,;#]++)"""

# A table that must hold the name (PEP 621, "name"; Poetry): where it is, no other file need be read.
_TELLS = r"(?m)^[ \t]*+\[(?:project|tool\.poetry)\]"


def metadata_files(project: str) -> list[tuple[str, str]]:
    """Return the paths that may tell the name of the project in the directory ``project``, with their formats."""
    return [(os.path.join(project, file_name), file_format) for file_name, file_format in _TELLING]


class DeclaredNames:
    """Finds the names of projects, each once; ``known`` are the documents of this run by their absolute paths."""

    def __init__(self, known: Mapping[str, Document], tree: Tree) -> None:
        """Take what was read already; other files are read from ``tree``, when they are asked for."""
        self._known = known
        self._tree = tree
        self._texts: dict[str, tuple[str, frozenset[str]]] = {}

    def project_name(self, project: str, root: str, wanted: Collection[str] | None = None) -> str:
        """Return the name of the project in the directory ``project``, empty where nothing tells it.

        Only names of ``wanted`` count, where that is given: finding out that a name is none of them costs less.
        ``root`` is that of the repository: no link leads out of it.
        """
        for path, file_format in metadata_files(project):
            own = self.name_in_file(path, file_format, root, wanted)
            if own is not None:
                return own
        return ""

    def name_in_file(self, path: str, file_format: str, root: str, wanted: Collection[str] | None = None) -> str | None:
        """Return the name that a file tells, empty where that is none of ``wanted``; None where it tells none."""
        known = self._known.get(path)
        if known is not None:
            return known.project_name or None
        text, candidates = self._text_of(path, file_format, root)
        if wanted is not None and candidates.isdisjoint(wanted):
            return "" if re.search(_TELLS, text) else None
        return (parse(file_format, text).project_name or None) if candidates else None

    def text_of(self, path: str, file_format: str, root: str) -> str:
        """Return the text of a file that may tell a name, empty where it cannot be read."""
        return self._text_of(path, file_format, root)[0]

    def possible_names(self, path: str, file_format: str, root: str) -> frozenset[str]:
        """Return names of which the one that a file tells is one; none where it tells none."""
        known = self._known.get(path)
        return frozenset((known.project_name,)) if known is not None else self._text_of(path, file_format, root)[1]

    def _text_of(self, path: str, file_format: str, root: str) -> tuple[str, frozenset[str]]:
        """Return the text of a file, and all that could be the name in it."""
        if path not in self._texts:
            text = self._read(path, file_format, root)
            self._texts[path] = text, frozenset(map(normalize_name, re.findall(_MAY_BE_NAME, text)))
        return self._texts[path]

    def _read(self, path: str, file_format: str, root: str) -> str:
        """Return the text of a file, empty where it cannot be read: whoever reads it for itself tells that."""
        real = self._tree.real_path(path) if self._tree.is_file(path) else None
        if real is None or not is_inside(real, os.path.realpath(root)):
            return ""
        try:
            return decode(file_format, path, self._tree.read(path))
        except UnreadableFileError:
            return ""
