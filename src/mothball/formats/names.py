"""Recognize dependency files by their name or by the header of a generator: the only definition of what mothball reads.

The patterns are data because the hook's ``files`` expression, the documentation and the editor settings are generated
from them. The hook imports this module first and exits early if a commit touches no dependency file, so it imports as
little as possible.
"""

from __future__ import annotations

import os

from mothball.model.file_names import HATCH_TOML, MOTHBALL_TOML, PYPROJECT_TOML, UV_TOML
from mothball.model.records import NamedTuple

# Suffixes of requirements and constraints files. An included file must have one of them or match a pattern below.
# Otherwise a repository could make mothball read, and quote from, arbitrary files.
INCLUDE_SUFFIXES = (".txt", ".in", ".pip", ".reqs", ".lock")


class FilePattern(NamedTuple):
    """A pattern of file names, in any case, in which ``*`` matches any characters.

    ``name`` is followed by one of ``suffixes``. ``below`` is the name of a directory above the file, at any depth, or
    empty.
    """

    name: str
    format: str
    suffixes: tuple[str, ...] = ("",)
    below: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The name with each of the suffixes."""
        return tuple(self.name + suffix for suffix in self.suffixes)

    @property
    def glob(self) -> str:
        """The pattern as a glob with ``**`` and ``{,}``, as editors read it: ``requirements/**/*.{txt,in}``."""
        directory = f"{self.below}/**/" if self.below else ""
        if len(self.suffixes) == 1:
            return directory + self.names[0]
        return f"{directory}{self.name}.{{{','.join(suffix.removeprefix('.') for suffix in self.suffixes)}}}"


_YAML = (".yml", ".yaml")

# The only list of the files that mothball reads by their name. Patterns without a star take precedence; otherwise the
# first match wins.
PATTERNS = (
    FilePattern(PYPROJECT_TOML, "pyproject"),
    FilePattern("Pipfile", "pipfile"),
    FilePattern(HATCH_TOML, "hatch-toml"),
    FilePattern("pixi.toml", "pixi-toml"),
    FilePattern("tox.toml", "tox-toml"),
    FilePattern("setup.cfg", "setup-cfg"),
    FilePattern("setup.py", "setup-py"),
    FilePattern("tox.ini", "tox-ini"),
    FilePattern("*environment*", "conda-env", _YAML),
    FilePattern("env", "conda-env", _YAML),
    FilePattern("conda", "conda-env", _YAML),
    FilePattern(".pre-commit-config", "pre-commit", _YAML),
    FilePattern(".pre-commit-hooks.yaml", "pre-commit"),
    FilePattern("uv.lock", "uv-lock"),
    FilePattern("*.py.lock", "uv-lock"),
    FilePattern("poetry.lock", "poetry-lock"),
    FilePattern("pdm.lock", "pdm-lock"),
    FilePattern("pylock.toml", "pylock"),
    FilePattern("pylock.*.toml", "pylock"),
    FilePattern("Pipfile.lock", "pipfile-lock"),
    FilePattern("pixi.lock", "pixi-lock"),
    FilePattern("conda-lock", "conda-lock", _YAML),
    FilePattern("*.conda-lock", "conda-lock", _YAML),
    FilePattern("*requirements*", "requirements", INCLUDE_SUFFIXES),
    FilePattern("*constraints*", "requirements", INCLUDE_SUFFIXES),
    *(
        FilePattern(name, "requirements", INCLUDE_SUFFIXES)
        for name in (
            "requirement",
            "*-requirement",
            "*_requirement",
            "reqs",
            "*-reqs",
            "*_reqs",
            "deps",
            "dependencies",
            "overrides",
        )
    ),
    FilePattern("*", "requirements", INCLUDE_SUFFIXES, below="requirements"),
    FilePattern("*", "requirements", INCLUDE_SUFFIXES, below="constraints"),
)

# Suffixes of programs, documents, data and media. A file with one of them is never read as requirements, not even if
# another file includes it (that is an error), so that a commit of such files is recognized without reading others.
_OTHER_SUFFIXES = frozenset(
    {
        ".bin", ".bmp", ".bz2", ".c", ".cc", ".cpp", ".cs", ".css", ".csv", ".dart", ".gif", ".go", ".gz", ".h",
        ".hpp", ".htm", ".html", ".ico", ".ipynb", ".java", ".jpeg", ".jpg", ".js", ".json", ".jsx", ".kt", ".less",
        ".lua", ".md", ".mdx", ".mjs", ".mo", ".mov", ".mp3", ".mp4", ".npy", ".npz", ".onnx", ".parquet", ".pdf",
        ".php", ".pkl", ".pl", ".png", ".po", ".proto", ".ps1", ".pt", ".py", ".pyi", ".pyx", ".r", ".rb", ".rs",
        ".rst", ".sass", ".scala", ".scss", ".sh", ".so", ".sql", ".svelte", ".svg", ".swift", ".tar", ".tex",
        ".tf", ".toml", ".ts", ".tsx", ".ttf", ".vue", ".wav", ".webp", ".whl", ".woff", ".woff2", ".xml", ".xz",
        ".yaml", ".yml", ".zip",
    }
)  # fmt: skip

# Files without dependencies that configure the indexes of dependency files.
INDEX_CONFIGURATIONS = (MOTHBALL_TOML, UV_TOML)
_ARCHIVE_SUFFIXES = (".whl", ".tar.gz", ".tar.bz2", ".tgz", ".zip")

# Formats that only lock files have; compiled requirements are locks, too.
LOCK_FORMATS = frozenset({"uv-lock", "poetry-lock", "pdm-lock", "pylock", "pipfile-lock", "pixi-lock", "conda-lock"})
# Formats whose files may include others, with -r, -c, setuptools' `file:` or hatch-requirements-txt.
INCLUDING_FORMATS = frozenset(
    {"requirements", "pyproject", "hatch-toml", "setup-cfg", "tox-ini", "tox-toml", "conda-env"}
)


def format_of(path: str, root: str = "") -> str | None:
    """Return the format that the names of a file and of the directories above it imply, or None.

    Directories above ``root``, the repository, do not count.
    """
    directory, name = os.path.split(path)
    name = name.lower()
    exact = _EXACT.get(name)
    if exact is not None:
        return exact
    for pattern, pattern_name in _BY_SUFFIX.get(name[name.rfind(".") :], ()):
        if (not pattern.below or pattern.below in _directories(directory, root)) and _matches(name, pattern_name):
            return pattern.format
    return None


def is_constraints(path: str, root: str = "") -> bool:
    """Return True if the names of a file and of the directories above it are those of a constraints file.

    ``constraints*``, ``*-constraints`` (or ``_`` or ``.``), and files below a directory ``constraints``. A name that
    contains ``requirement`` is that of a requirements file: constraints count less, so doubtful names do not get the
    lower severity. Directories above ``root``, the repository, do not count.
    """
    directory, name = os.path.split(path)
    stem = os.path.splitext(name.lower())[0]
    if "requirement" in stem or format_of(path, root) != "requirements":
        return False
    if stem.startswith("constraints") or stem.endswith(("-constraints", "_constraints", ".constraints")):
        return True
    nearest = (name for name in reversed(_directories(directory, root)) if name in ("requirements", "constraints"))
    return next(nearest, "") == "constraints"


def may_be_included(path: str) -> bool:
    """Return True if the name of a file permits including it with ``-r`` or ``-c``."""
    return path.lower().endswith(INCLUDE_SUFFIXES)


def may_be_dependency_file(path: str) -> bool:
    """Return True if the name of a file is that of a dependency file or permits including it."""
    return may_be_included(path) or format_of(path) is not None


def may_contain_requirements(path: str) -> bool:
    """Return True if a file of this name is read as requirements if another file of the repository includes it."""
    name = os.path.basename(path).lower()
    if may_be_included(name):
        return True
    return name[name.rfind(".") :] not in _OTHER_SUFFIXES and format_of(path) is None


def has_dependency_name(path: str) -> bool:
    """Return True if the name of a file is that of a file with dependencies or one that configures their indexes."""
    return os.path.basename(path) in INDEX_CONFIGURATIONS or may_be_dependency_file(path)


def may_add_dependencies(path: str) -> bool:
    """Return True if a change of the file may add dependencies: to itself, or to others whose indexes it configures."""
    return has_dependency_name(path) or may_contain_requirements(path) or may_be_archive(path)


def may_be_archive(path: str) -> bool:
    """Return True if the name of a file is that of a source distribution or wheel, which may be a local project."""
    return path.lower().endswith(_ARCHIVE_SUFFIXES)


# "is autogenerated by pip-compile", "was autogenerated by uv", "@generated by PDM". `poetry export` writes no header.
GENERATOR_HEADER = r"#.*\b(?:auto)?generated by (?:(?:hatch-)?pip-compile(?:-multi)?|uv|rye|PDM)\b"
# The header must end within this number of code points.
HEADER_LIMIT = 2000


def has_generator_header(text: str) -> bool:
    """Return True if a comment line at the beginning of ``text`` is the header of a tool that writes requirements."""
    import re  # noqa: PLC0415 - the names alone need no patterns

    start = text[:HEADER_LIMIT]
    return "generated by" in start and re.search(rf"(?m)^{GENERATOR_HEADER}", start) is not None


def _directories(directory: str, root: str) -> list[str]:
    """Return the names of the directories from ``root`` down to ``directory``, without ``root``, in lower case."""
    if root and directory.startswith(root):
        directory = directory[len(root) :]
    return directory.lower().replace(os.sep, "/").split("/")


def _matches(name: str, pattern: str) -> bool:
    """Return True if ``name`` matches ``pattern``, which contains a star."""
    first, *middle, last = pattern.split("*")
    if not name.startswith(first) or not name.endswith(last):
        return False
    position = len(first)
    for part in middle:
        position = name.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return position <= len(name) - len(last)


# Most files of a repository are in neither of these tables, so that two lookups decide.
_EXACT = {name.lower(): pattern.format for pattern in PATTERNS for name in pattern.names if "*" not in name}
_BY_SUFFIX: dict[str, list[tuple[FilePattern, str]]] = {}
for _pattern in PATTERNS:
    for _name in _pattern.names:
        if "*" in _name:
            _BY_SUFFIX.setdefault(_name[_name.rfind(".") :].lower(), []).append((_pattern, _name.lower()))
