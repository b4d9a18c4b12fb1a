"""Map file names to formats: the only place that defines which files mothball reads.

The patterns are data because the hook's ``files`` expression, the documentation and the editor settings are generated
from them. The hook imports this module first and exits early if a commit touches no dependency file, so it imports as
little as possible.
"""

from __future__ import annotations

import os

from mothball.model.file_names import HATCH_TOML, MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple


class FilePattern(NamedTuple):
    """A case-sensitive file name pattern in which ``*`` matches any characters.

    ``parent`` is the required name of the file's directory, empty if any directory will do.
    """

    name: str
    format: str
    parent: str = ""


# The first match wins.
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

# An included file must have one of these suffixes or match a pattern above. Otherwise a repository could make mothball
# read, and quote from, arbitrary files.
INCLUDE_SUFFIXES = (".txt", ".in", ".pip", ".reqs", ".lock")

# Files without dependencies that configure the indexes of dependency files.
INDEX_CONFIGURATIONS = (MOTHBALL_TOML, UV_TOML)

# Formats whose files may include others, with -r, -c, setuptools' `file:` or hatch-requirements-txt.
INCLUDING_FORMATS = frozenset(
    {"requirements", "pyproject", "hatch-toml", "setup-cfg", "tox-ini", "tox-toml", "conda-env"}
)


def format_of(path: str) -> str | None:
    """Return the format that the names of a file and its directory imply, or None."""
    directory, name = os.path.split(path)
    parent = os.path.basename(directory)
    for pattern in PATTERNS:
        if (not pattern.parent or pattern.parent == parent) and _matches(name, pattern.name):
            return pattern.format
    return None


def is_constraints(path: str) -> bool:
    """Return True if the names of a file and its directory are those of a constraints file.

    ``constraints*``, ``*-constraints`` (or ``_`` or ``.``), and files in a directory ``constraints``. A name that
    contains ``requirements`` is that of a requirements file: constraints count less, so doubtful names do not get the
    lower severity.
    """
    directory, name = os.path.split(path)
    if "requirements" in name or format_of(path) != "requirements":
        return False
    stem = os.path.splitext(name)[0]
    is_named = stem.startswith("constraints") or stem.endswith(("-constraints", "_constraints", ".constraints"))
    return is_named or os.path.basename(directory) == "constraints"


def may_be_included(path: str) -> bool:
    """Return True if the name of a file permits including it with ``-r`` or ``-c``."""
    return os.path.basename(path).endswith(INCLUDE_SUFFIXES) or format_of(path) == "requirements"


def may_be_dependency_file(path: str) -> bool:
    """Return True if the name of a file is that of a dependency file or permits including it."""
    return format_of(path) is not None or may_be_included(path)


def may_add_dependencies(path: str) -> bool:
    """Return True if a change of the file may add dependencies: to itself, or to others whose indexes it configures."""
    return os.path.basename(path) in INDEX_CONFIGURATIONS or may_be_dependency_file(path)


def _matches(name: str, pattern: str) -> bool:
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
