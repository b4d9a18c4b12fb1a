"""Parsed documents: dependencies, ignores, includes, index settings and problems of a file, with their positions.

Lookup results and findings are in ``results``. All records of both modules are immutable. They are ``NamedTuple``
instead of frozen dataclasses because of import time: see ``records``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Literal, TypeVar

from mothball.model.records import NamedTuple, make

# --- names and positions --------------------------------------------------------------------------------------------

_SEPARATORS = re.compile(r"[-_.]+")


def normalize_name(name: str) -> str:
    """Return the normalized form of a project name (PEP 503, "Normalized Names")."""
    return _SEPARATORS.sub("-", name).lower()


class Span(NamedTuple):
    """A half-open range of 0-based code-point offsets into a text."""

    start: int
    end: int

    def slice(self, text: str) -> str:
        """Return the part of ``text`` that the span covers."""
        return text[self.start : self.end]


class Position(NamedTuple):
    """A position in a file: 1-based line, 1-based column in code points."""

    line: int
    column: int


class Location(NamedTuple):
    """A range in a file.

    ``line_text`` is the text of its first line, None if it is not available.
    """

    path: str
    start: Position
    end: Position
    line_text: str | None = None


_Record = TypeVar("_Record", bound=tuple[object, ...])


def relocated(record: _Record, locate: Callable[[int, int], Span]) -> _Record:
    """Return ``record`` with all its spans mapped by ``locate``, which takes start and end."""
    fields = (locate(*value) if isinstance(value, Span) else value for value in record)
    return make(type(record), tuple(fields))


# str.splitlines() also splits at form feeds, U+0085 and U+2028, which editors do not treat as line ends.
_LINE_END = re.compile(r"\r\n|\r|\n")
_ONE = 1


class LineIndex:
    """The line starts of a text.

    Offsets are 0-based code points into the text. Lines and columns are 1-based, columns in code points.
    """

    def __init__(self, text: str) -> None:
        """Keep the text. Line starts are computed on first use."""
        self._text = text
        self._last_line = (0, "")

    @cached_property
    def _starts(self) -> list[int]:
        """The offsets of all line starts. Computed once, in linear time."""
        if "\r" in self._text:
            return [0, *(end.end() for end in _LINE_END.finditer(self._text))]
        # Lock files have up to 100,000 lines: avoid a Python loop.
        return [0, *accumulate(map(_ONE.__add__, map(len, self._text.split("\n")[:-1])))]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineIndex) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def position(self, offset: int) -> Position:
        """Return the line and column of ``offset``."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def number(self, offset: int) -> int:
        """Return the line of ``offset``."""
        return bisect_right(self._starts, offset)

    def location(self, path: str, span: Span) -> Location:
        """Return the location of ``span`` in the file displayed as ``path``."""
        start = self.position(span.start)
        line = self.line(start.line)
        length = span.end - span.start
        # Fast path: the span ends on its first line.
        is_single_line = start.column + length <= len(line) + 1
        end = Position(start.line, start.column + length) if is_single_line else self.position(span.end)
        return Location(path, start, end, line)

    @property
    def count(self) -> int:
        """The number of lines. An empty line after the last line ending counts."""
        return len(self._starts)

    def start(self, number: int) -> int:
        """Return the offset of line ``number`` (1-based)."""
        return self._starts[number - 1]

    def line(self, number: int) -> str:
        """Return the text of line ``number`` (1-based) without its line ending.

        Repeated calls for the same line return the same object, so that thousands of entries on one line share its
        text.
        """
        if self._last_line[0] != number:
            start = self._starts[number - 1]
            end = self._starts[number] if number < len(self._starts) else len(self._text)
            self._last_line = (number, self._text[start:end].rstrip("\r\n"))
        return self._last_line[1]


# --- contents of a file -----------------------------------------------------------------------------------------------


class DependencyKind(StrEnum):
    """The role of an entry in its project. Constraints, overrides and locked packages have lower severities."""

    REQUIREMENT = "requirement"
    CONSTRAINT = "constraint"
    OVERRIDE = "override"
    LOCKED = "locked"


class SkipReason(StrEnum):
    """The reason why a dependency is not looked up."""

    URL = "url"
    VCS = "vcs"
    PATH = "path"
    EDITABLE = "editable"
    WORKSPACE = "workspace"
    SELF = "self"
    INCOMPLETE = "incomplete"
    CONDA = "conda"
    PRIVATE = "private"
    VARIABLE = "variable"
    VARIABLE_REFERENCE = "variable-reference"
    INDEX_VARIABLE = "index-variable"
    NO_INDEX = "no-index"
    UNKNOWN_INDEX = "unknown-index"
    UNSAVED = "unsaved"
    CONSENT = "consent"
    TOO_MANY_INDEXES = "too-many-indexes"


# The reasons for which the name or the index of a dependency cannot be determined: it may be on an index.
UNRESOLVABLE_REASONS = frozenset(
    {
        SkipReason.VARIABLE,
        SkipReason.INDEX_VARIABLE,
        SkipReason.NO_INDEX,
        SkipReason.UNKNOWN_INDEX,
        SkipReason.CONSENT,
        SkipReason.TOO_MANY_INDEXES,
    }
)


def variable_skip_reason(entry: str) -> SkipReason:
    """Return the reason to skip an entry with a variable: a path or URL is not on an index, whatever the values are."""
    return SkipReason.VARIABLE if _REFERENCE_SIGNS.isdisjoint(entry) else SkipReason.VARIABLE_REFERENCE


_REFERENCE_SIGNS = frozenset("/\\@")


class Dependency(NamedTuple):
    """A requirement or locked package in a file.

    ``name`` is normalized. ``name_span``, ``specifier_span`` and ``entry_span`` cover the name, the version specifier
    and the whole entry as written. ``section`` is the table or section, such as ``project.dependencies`` or
    ``dependency-groups.dev``; empty if the format has none. ``version`` is the locked version, None in a manifest.
    ``index_url`` is the index that the entry pins, ``alternative_indexes`` further indexes that it pins for other
    environments, and ``index_name`` the name of a pinned index that the file does not declare, possibly in addition.
    ``skip_reason`` is set if the text of the file alone rules out a lookup. ``is_never_installed`` is true if the
    marker is false for every Python version that the file allows. ``local_path`` is the path that a table of sources
    names for it, as written: the lookup is only ruled out if the project is there.
    """

    name: str
    name_span: Span
    entry_span: Span
    specifier_span: Span | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    kind: DependencyKind = DependencyKind.REQUIREMENT
    section: str = ""
    version: str | None = None
    index_url: str | None = None
    skip_reason: SkipReason | None = None
    alternative_indexes: tuple[str, ...] = ()
    index_name: str = ""
    is_never_installed: bool = False
    local_path: str = ""


def new_dependency(  # noqa: PLR0913 - the fields of the record
    *,
    name: str,
    name_span: Span,
    entry_span: Span,
    specifier_span: Span | None = None,
    specifier: str = "",
    extras: tuple[str, ...] = (),
    marker: str = "",
    kind: DependencyKind = DependencyKind.REQUIREMENT,
    section: str = "",
    version: str | None = None,
    index_url: str | None = None,
    skip_reason: SkipReason | None = None,
    alternative_indexes: tuple[str, ...] = (),
    index_name: str = "",
    local_path: str = "",
) -> Dependency:
    """Return ``Dependency(name=name, ...)``, ten times as fast, for loops over all dependencies of a file."""
    fields = (
        name,
        name_span,
        entry_span,
        specifier_span,
        specifier,
        extras,
        marker,
        kind,
        section,
        version,
        index_url,
        skip_reason,
        alternative_indexes,
        index_name,
        False,  # is_never_installed
        local_path,
    )
    return make(Dependency, fields)


# Formats whose includes (setuptools ``file``) contain requirements only, no options.
_SETUPTOOLS = ("pyproject", "setup-cfg", "setup-py")

# Syntax errors reported per file: one wrong character can invalidate many lines.
MAX_SYNTAX_ERRORS = 20
# Problems reported per file.
MAX_PROBLEMS = 200
# Includes and index options of a file, together. Each include is searched for in the repository.
MAX_OPTIONS = 1000
# Entries read per file. The largest locks have about 10,000.
MAX_ENTRIES = 100_000


class ParseProblem(NamedTuple):
    """A file or entry that is invalid in its format. ``help`` says how to fix it, possibly empty."""

    span: Span
    message: str
    help: str = ""


class IgnoreComment(NamedTuple):
    """``# mothball: ignore[rule, ...] reason`` in a file.

    ``span`` covers the comment from its ``#``. The comment applies to all entries on the lines that ``applies_to``
    touches: its own line, or all lines of a multi-line entry that can have a comment only after its last line.
    """

    span: Span
    rules: tuple[str, ...]
    reason: str
    applies_to: Span


class UnnamedEntry(NamedTuple):
    """An entry without a name that can be determined, so that it cannot be looked up, and the reason."""

    span: Span
    reason: SkipReason


class Include(NamedTuple):
    """Another file that this file includes. ``span`` covers ``target``, the path as written."""

    span: Span
    target: str
    kind: Literal[DependencyKind.REQUIREMENT, DependencyKind.CONSTRAINT]

    @property
    def is_url_constraint(self) -> bool:
        """True for constraints at an HTTP URL. They are not read, which is no error: constraints install nothing."""
        return self.kind is DependencyKind.CONSTRAINT and self.target[:8].lower().startswith(("https://", "http://"))


class IndexOption(NamedTuple):
    """An option in a requirements file that changes the indexes of the installer.

    ``unknown`` stands for an invalid setting that may name an index. ``declared_at`` is the file and line, empty until
    the file is known.
    """

    span: Span
    name: Literal["index-url", "extra-index-url", "no-index", "find-links", "unknown"]
    value: str
    declared_at: str = ""


class ToolIndex(NamedTuple):
    """An index that a tool's table declares. ``span`` covers its URL, or its name if it has no URL.

    ``url`` is empty if the tool knows the index by its ``name``. ``role`` is the tool's own term for the kind of index
    (``routing`` has the rules of each tool). ``scope`` is the part of the file that the declaration applies to, empty
    for all of it. ``includes`` and ``excludes`` are patterns of the names that are looked up only on this index, or
    never. ``declared_at`` is the file and line, empty until the file is known. ``ignore_error_codes`` is uv's key:
    HTTP statuses that mean that the index does not have the package.
    """

    span: Span
    tool: str
    url: str
    name: str = ""
    role: str = ""
    scope: str = ""
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    declared_at: str = ""
    ignore_error_codes: tuple[int, ...] = ()


class Workspace(NamedTuple):
    """The workspace that a table of ``tool`` declares.

    ``members`` and ``excludes`` are patterns of directories, relative to the file; ``members`` is None if not given.
    """

    tool: str
    members: tuple[str, ...] | None
    excludes: tuple[str, ...] = ()


class DependencyGraph(NamedTuple):
    """The dependencies between the packages of a lock file; all names are normalized.

    ``requires`` maps each locked package to the packages that it requires. ``direct`` are the packages that the locked
    project or its workspace members require, None if the lock file does not record them.
    """

    requires: Mapping[str, tuple[str, ...]]
    direct: tuple[str, ...] | None = None


class Document(NamedTuple):
    """The content of a dependency file: the result of a format's ``parse``.

    ``tool_indexes`` are the indexes declared by the tables of ``tools``, the tools that have a table in the file.
    ``graph`` is None for manifests, and for lock files that do not record which package requires which.
    ``project_name`` is the normalized name of the project itself, empty if the file does not give it. ``unresolvable``
    are dependency lists that are computed, at the position of the expression. ``is_broken`` is true if the text has a
    syntax error in a format that is parsed as a whole, or is too long to be read; ``problems`` says so.
    """

    format: str
    dependencies: tuple[Dependency, ...] = ()
    problems: tuple[ParseProblem, ...] = ()
    ignores: tuple[IgnoreComment, ...] = ()
    includes: tuple[Include, ...] = ()
    index_options: tuple[IndexOption, ...] = ()
    graph: DependencyGraph | None = None
    tool_indexes: tuple[ToolIndex, ...] = ()
    tools: tuple[str, ...] = ()
    project_name: str = ""
    unnamed: tuple[UnnamedEntry, ...] = ()
    workspaces: tuple[Workspace, ...] = ()
    unresolvable: tuple[ParseProblem, ...] = ()
    is_broken: bool = False

    @property
    def has_entries(self) -> bool:
        """Whether the file has dependencies, entries without a name, includes or options of the installer."""
        return bool(self.dependencies or self.unnamed or self.includes or self.index_options)

    def index_includes(self) -> tuple[Include, ...]:
        """Return the includes whose files may configure an index for this one.

        Files included by setuptools contain requirements only. Constraints at a URL (``-c https://…``), which many
        projects share, are assumed to contain no options.
        """
        if self.format in _SETUPTOOLS:
            return ()
        return tuple(include for include in self.includes if not include.is_url_constraint)


# Whether the entries of a requirements file are requirements or constraints; other formats state it themselves.
FileKind = Literal[DependencyKind.REQUIREMENT, DependencyKind.CONSTRAINT]


class ParsedFile(NamedTuple):
    """A dependency file as it is written: nothing in it depends on other files.

    ``path`` is its absolute path, ``root`` that of its repository, and ``document`` the content of ``text``.
    """

    path: str
    root: str
    text: str
    document: Document
    kind: FileKind = DependencyKind.REQUIREMENT

    @property
    def may_record_files(self) -> bool:
        """Whether the file may record the files of its packages: see ``formats.recorded_files``."""
        return self.document.format in _LOCKS_WITH_FILES or _has_hash_option(self.text)


_LOCKS_WITH_FILES = frozenset({"uv-lock", "poetry-lock", "pdm-lock", "pylock", "pipfile-lock"})


@lru_cache(maxsize=2)  # asked for each entry of a file
def _has_hash_option(text: str) -> bool:
    return "--hash" in text
