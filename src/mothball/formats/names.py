"""The one table: file name to format. Whoever asks which files mothball reads finds the answer here.

The patterns are data because the hook's ``files`` expression, the documentation and the editors are made of them. A
commit that touches none of these files is told so by this module before anything else is imported: it imports next to
nothing.
"""

from __future__ import annotations

import os

from mothball.model.file_names import HATCH_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple


class FilePattern(NamedTuple):
    """A shape of file names; ``*`` stands for any characters, letters are told apart by case.

    ``parent`` is the name of the directory that must hold the file, empty where any may.
    """

    name: str
    format: str
    parent: str = ""


# The first that matches wins.
PATTERNS = (
    FilePattern(PYPROJECT_TOML, "pyproject"),
    FilePattern("Pipfile", "pipfile"),
    FilePattern(HATCH_TOML, "hatch-toml"),
    FilePattern("pixi.toml", "pixi-toml"),
    FilePattern("tox.toml", "tox-toml"),
    FilePattern("setup.cfg", "setup-cfg"),
    FilePattern("setup.py", "setup-py"),
    FilePattern("tox.ini", "tox-ini"),
    FilePattern("*environment*.yml", "conda-env"),
    FilePattern("*environment*.yaml", "conda-env"),
    FilePattern(".pre-commit-config.yaml", "pre-commit"),
    FilePattern(".pre-commit-hooks.yaml", "pre-commit"),
    FilePattern("uv.lock", "uv-lock"),
    FilePattern("*.py.lock", "uv-lock"),
    FilePattern("poetry.lock", "poetry-lock"),
    FilePattern("pdm.lock", "pdm-lock"),
    FilePattern("pylock.toml", "pylock"),
    FilePattern("pylock.*.toml", "pylock"),
    FilePattern("Pipfile.lock", "pipfile-lock"),
    FilePattern("*requirements*.txt", "requirements"),
    FilePattern("*requirements*.in", "requirements"),
    FilePattern("*constraints*.txt", "requirements"),
    FilePattern("*constraints*.in", "requirements"),
    FilePattern("*.txt", "requirements", parent="requirements"),
    FilePattern("*.in", "requirements", parent="requirements"),
)

# A file that is drawn in by -r or -c bears one of these, or a name of the table: an include must not make us read, and
# quote from, whatever a repository points at.
INCLUDE_SUFFIXES = (".txt", ".in", ".pip", ".reqs", ".lock")

# The formats whose files may name others to be read along: by -r and -c, or by setuptools' `file`.
INCLUDING_FORMATS = frozenset({"requirements", "pyproject", "setup-cfg", "tox-ini", "tox-toml", "conda-env"})


def format_of(path: str) -> str | None:
    """Return the format of the file at ``path``, judged by its name and that of its directory; None for no format."""
    directory, name = os.path.split(path)
    parent = os.path.basename(directory)
    for pattern in PATTERNS:
        if (not pattern.parent or pattern.parent == parent) and _matches(name, pattern.name):
            return pattern.format
    return None


def is_constraints(path: str) -> bool:
    """Return whether the file at ``path`` is, by its name, a constraints file."""
    name = os.path.basename(path)
    return "constraints" in name and format_of(path) == "requirements"


def may_be_included(path: str) -> bool:
    """Return whether ``-r`` and ``-c`` may lead to ``path``, judged by its name."""
    return os.path.basename(path).endswith(INCLUDE_SUFFIXES) or format_of(path) == "requirements"


def may_be_dependency_file(path: str) -> bool:
    """Return whether a path is one of a dependency file, or of one that another may include, judged by its name."""
    return format_of(path) is not None or may_be_included(path)


def _matches(name: str, pattern: str) -> bool:
    """Return whether ``name`` has the shape ``pattern``."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    *middle, last = rest
    if not name.startswith(first) or not name.endswith(last):
        return False
    position = len(first)
    for part in middle:
        position = name.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return position <= len(name) - len(last)
