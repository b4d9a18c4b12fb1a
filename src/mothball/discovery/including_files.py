"""Find the files that include others: an installer of an including file reads both together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from mothball.formats.table import INCLUDING_FORMATS, decode, format_of, parse
from mothball.model.errors import UnreadableFileError
from mothball.repository.files import Tree
from mothball.repository.paths import upward

# Limits of the search: requirements files in one directory, and bytes of each.
MAX_FILES = 200
_MAX_SIZE = 1024 * 1024
# The start of a line that includes another file.
_INCLUDES = r"(?m)^[ \t]*--?[rc]"


def may_include_others(path: str, repository: str = "") -> bool:
    """Return True if the name of a file is that of a dependency file that may include others; see ``format_of``."""
    return format_of(path, repository) in INCLUDING_FORMATS


class IncludingFiles:
    """Searches for requirements files that include others, and caches them for one run.

    ``unsearched_files`` are requirements files beyond the first ``MAX_FILES`` of a directory.
    """

    def __init__(self, tree: Tree) -> None:
        """Initialize the search in ``tree``."""
        self._tree = tree
        self.unsearched_files: list[str] = []
        self._by_directory: dict[str, dict[str, list[tuple[str, str]]]] = {}

    def search(self, path: str, root: str) -> Iterator[tuple[str, str]]:
        """Yield the path and text of requirements files that may include the file at the absolute ``path``.

        Searched are its directory and those above, up to the repository ``root``. Includes are compared by file name
        only: the caller must check that an include leads to the file itself.
        """
        for directory in upward(os.path.dirname(path), root):
            yield from self._in_directory(directory, root).get(os.path.basename(path), ())

    def _in_directory(self, directory: str, root: str) -> dict[str, list[tuple[str, str]]]:
        """Return the requirements files in ``directory`` by the names of the files that they include."""
        if directory not in self._by_directory:
            by_name = self._by_directory[directory] = {}
            paths = [os.path.join(directory, name) for name in sorted(self._tree.names_in(directory))]
            requirements = [path for path in paths if format_of(path, root) == "requirements"]
            self.unsearched_files += requirements[MAX_FILES:]
            self._tree.prepare(requirements[:MAX_FILES])
            for path in requirements[:MAX_FILES]:
                text = self._text(path, root)
                includes = parse("requirements", text).includes if re.search(_INCLUDES, text) else ()
                for name in {os.path.basename(include.target) for include in includes}:
                    by_name.setdefault(name, []).append((path, text))
        return self._by_directory[directory]

    def _text(self, path: str, root: str) -> str:
        if not self._tree.leads_outside(path, root):
            try:
                return decode("requirements", path, self._tree.read(path, _MAX_SIZE))
            except UnreadableFileError:
                pass  # reported if the file itself is checked
        return ""
