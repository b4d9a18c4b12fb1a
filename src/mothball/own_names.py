"""The name of the project that files belong to, told by another file of the project: nobody need look it up.

``my-project[test]`` in a tox.toml, hatch.toml or requirements file is the project itself, and only the pyproject.toml
beside it says so.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mothball.errors import UnreadableFileError
from mothball.files import DISK, Tree
from mothball.formats.table import decode, parse
from mothball.model import Kind, WithheldReason, normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mothball.model import Document

# The files that tell a project's name, and their formats; the first that does counts.
_TELLING = (("pyproject.toml", "pyproject"), ("setup.cfg", "setup-cfg"), ("setup.py", "setup-py"))
# All that could be a project's name in any of them. Reading one whole costs more than most runs have need for.
_MAY_BE_NAME = r"""(?i)(?:name|module)["']?\s*+[=:]\s*+["']*+([^"'\s,;#]++)"""

# A table that must hold the name (PEP 621, "name"; Poetry): where it is, no other file need be read.
_TELLS = r"(?m)^[ \t]*+\[(?:project|tool\.poetry)\]"


def telling_files(project: str) -> list[tuple[str, str]]:
    """Return the paths that may tell the name of the project in the directory ``project``, with their formats."""
    return [(os.path.join(project, file_name), file_format) for file_name, file_format in _TELLING]


def withhold_self(document: Document, own: str) -> Document:
    """Return ``document`` with the requirements withheld that name the project ``own``; what a lock records stays."""
    if own not in [one.name for one in document.dependencies]:
        return document
    dependencies = (
        one._replace(withheld=WithheldReason.SELF)
        if one.name == own and one.withheld is None and one.kind is not Kind.LOCKED
        else one
        for one in document.dependencies
    )
    return document._replace(dependencies=tuple(dependencies))


class OwnNames:
    """Finds the names of projects, each once; ``known`` are the documents of this run by their absolute paths."""

    def __init__(self, known: Mapping[str, Document], tree: Tree = DISK) -> None:
        """Take what was read already; other files are read from ``tree``, when they are asked for."""
        self._known = known
        self._tree = tree
        self._texts: dict[str, tuple[str, frozenset[str]]] = {}

    def withhold(self, document: Document, project: str, root: str) -> Document:
        """Return ``document`` with the requirements withheld that name the project in the directory ``project``.

        ``root`` is that of the repository: no link leads out of it. What a lock records stays: it tells by itself.
        """
        names = {one.name for one in document.dependencies if one.withheld is None and one.kind is not Kind.LOCKED}
        own = self._own_name(project, root, names) if names else ""
        return withhold_self(document, own) if own in names else document

    def of(self, project: str, root: str) -> str:
        """Return the name of the project in the directory ``project``, empty where nothing tells it."""
        for path, file_format in telling_files(project):
            known = self._known.get(path)
            own = known.own_name if known else parse(file_format, self._read(path, file_format, root)).own_name
            if own:
                return own
        return ""

    def _own_name(self, project: str, root: str, wanted: Collection[str]) -> str:
        """Return the name of the project as far as that is one of ``wanted``."""
        for path, file_format in telling_files(project):
            known = self._known.get(path)
            own = (known.own_name or None) if known else self._told_by(path, file_format, root, wanted)
            if own is not None:
                return own
        return ""

    def _told_by(self, path: str, file_format: str, root: str, wanted: Collection[str]) -> str | None:
        """Return the name that a file tells, empty where that is none of ``wanted``; None where it tells none."""
        if path not in self._texts:
            text = self._read(path, file_format, root)
            self._texts[path] = text, frozenset(map(normalise, re.findall(_MAY_BE_NAME, text)))
        text, candidates = self._texts[path]
        if candidates.isdisjoint(wanted):
            return "" if re.search(_TELLS, text) else None
        return parse(file_format, text).own_name or None

    def _read(self, path: str, file_format: str, root: str) -> str:
        """Return the text of a file, empty where it cannot be read: whoever reads it for itself tells that."""
        if not self._tree.is_file(path) or self._tree.leads_outside(path, root):
            return ""
        try:
            return decode(file_format, path, self._tree.read(path))
        except UnreadableFileError:
            return ""
