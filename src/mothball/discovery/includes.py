"""Resolve includes to files, and find the files that an installer reads as if they were one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from operator import itemgetter

from mothball.check.inputs import FileKind
from mothball.discovery.inherited_indexes import with_source_locations
from mothball.formats.table import is_constraints, may_be_included, parse
from mothball.model.document import DependencyKind, Document, Include, IndexOption, ParseProblem
from mothball.model.line_index import LineIndex
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.repository.files import DISK, Tree, display_path, is_inside

_SETUPTOOLS = ("pyproject", "setup-cfg", "setup-py")


class FileTarget(NamedTuple):
    """One file to be read: its absolute path, its repository, its format, and whether it only constrains.

    ``key`` is its real path, by which it is known however it is reached. ``data`` is its content where that does not
    come from the disk.
    """

    path: str
    key: str
    root: str
    format: str
    kind: FileKind
    data: bytes | None = None


def parse_document(text: str, path: str, root: str, file_format: str, kind: FileKind) -> Document:
    """Return what ``text`` says in place of the file at the absolute ``path``, as ``discover`` would read it.

    The includes are not followed; those that would not be followed are told as problems.
    """
    return parsed(text, FileTarget(path, path, root, file_format, kind), DISK)[0]


def include_target(include: Include, path: str, root: str) -> str | None:
    """Return the real path of what ``include`` in the file at ``path`` leads to, None where it is not followed."""
    found = _resolve(include, FileTarget(path, path, root, "requirements", DependencyKind.REQUIREMENT), DISK)
    return found.key if isinstance(found, FileTarget) else None


def parsed(text: str, target: FileTarget, tree: Tree) -> tuple[Document, list[FileTarget | ParseProblem]]:
    """Return the document in ``text``, and for each of its includes the file, or why it is not followed."""
    document = with_source_locations(parse(target.format, text, target.kind), text, target.path)
    found = [_resolve(include, target, tree) for include in document.includes]
    refused = [one for one in found if isinstance(one, ParseProblem)]
    pairs = zip(document.includes, found, strict=True)
    unread = [include for include, one in pairs if isinstance(one, ParseProblem) and _may_name_index(document, include)]
    document = document._replace(problems=(*document.problems, *refused))
    return (with_unknown_index(document, unread, LineIndex(text), target) if unread else document), found


def _may_name_index(document: Document, include: Include) -> bool:
    """Return whether what ``include`` draws in may say where the names of ``document`` belong.

    What setuptools includes holds names alone, and constraints that many projects share (``-c https://…``) none.
    """
    return document.format not in _SETUPTOOLS and not (
        include.kind is DependencyKind.CONSTRAINT and "://" in include.target
    )


def with_unknown_index(document: Document, unread: Sequence[Include], lines: LineIndex, target: FileTarget) -> Document:
    """Return ``document``, which knows that ``unread`` may name an index."""
    shown = display_path(target.path)
    unknown = [IndexOption(one.span, "unknown", "", f"{shown}:{lines.position(one.span.start).line}") for one in unread]
    return document._replace(index_options=(*document.index_options, *unknown)) if unknown else document


def file_target(path: str, root: str, file_format: str, tree: Tree, data: bytes | None = None) -> FileTarget:
    """Return the file at ``path`` in the repository at ``root``, to be read as ``file_format``."""
    absolute = os.path.abspath(path)
    kind: FileKind = DependencyKind.CONSTRAINT if is_constraints(absolute) else DependencyKind.REQUIREMENT
    return FileTarget(absolute, tree.real_path(absolute) or absolute, root, file_format, kind, data)


def followed_includes(document: Document, found: list[FileTarget | ParseProblem]) -> tuple[tuple[int, str], ...]:
    """Return the offset and the real path of each include of ``document`` that can be followed."""
    pairs = zip(document.includes, found, strict=True)
    return tuple((include.span.start, one.key) for include, one in pairs if isinstance(one, FileTarget))


def _resolve(include: Include, by: FileTarget, tree: Tree) -> FileTarget | ParseProblem:
    """Return the file that ``include`` in the file ``by`` names, or why it is not followed.

    Only files that look like dependency files, inside the repository with every link followed: a repository must not be
    able to make us read, and show, what else lies on the disk.
    """
    name = one_line(include.target, 100)
    if "://" in include.target:
        return ParseProblem(include.span, f"{name} is not followed: it is a URL", "check a copy of it")
    if "$" in include.target:
        return ParseProblem(include.span, f"{name} is not followed: it holds a variable", "name the file itself")
    path = os.path.normpath(os.path.join(os.path.dirname(by.path), include.target))
    if not is_inside(path, by.root):
        return ParseProblem(
            include.span,
            f"{name} is not followed: it lies outside the repository",
            f"only files below {_named_root(by.root)} are read along; check it by itself",
        )
    real = tree.real_path(path)
    if real is None or not is_inside(real, os.path.realpath(by.root)) or not tree.is_file(real):
        cause = "no such file in the repository"
        return ParseProblem(include.span, f"{name} cannot be read: {cause}", "mend the path, or take the line away")
    if not may_be_included(real):
        return ParseProblem(
            include.span,
            f"{name} is not followed: no requirements file by its name",
            "check it by itself: mothball check --as requirements FILE",
        )
    return FileTarget(path, real, by.root, "requirements", include.kind)


def _named_root(root: str) -> str:
    """Return ``root`` as it is shown, by its name where that is the working directory: a dot is easily overlooked."""
    shown = display_path(root)
    return os.path.basename(root) or root if shown == os.curdir else shown


class ParsedFile(NamedTuple):
    """One file, with the real path of each file that it includes behind the offset of the place where it does."""

    document: Document
    includes: tuple[tuple[int, str], ...]


class InstalledTogether(NamedTuple):
    """What holds for a file: the index options in force, and the keys of all ``files`` that are installed in one go."""

    options: tuple[IndexOption, ...]
    files: tuple[str, ...]


def files_installed_together(read: Mapping[str, ParsedFile]) -> dict[str, InstalledTogether]:
    """Return for each file what its installer reads along with it, by the same keys as ``read``.

    An installer is given one file and reads all that it includes as if it were one: the options of any of them hold
    for all. A file that several others include may be installed by way of each of them.
    """
    included = {path for one in read.values() for _, path in one.includes}
    # Files that include one another in a circle have no file above them; each of them is then a start of its own.
    starts = [path for path in read if path not in included]
    gathered: dict[str, list[InstalledTogether]] = {path: [] for path in read}
    covered: set[str] = set()
    for start in [*starts, *(path for path in read if path in included)]:
        if start in covered:
            continue
        way = _installed_by(start, read)
        covered.update(way.files)
        for path in way.files:
            gathered[path].append(way)
    # Most files have one file above them, and share what it says rather than hold it again.
    return {path: ways[0] if len(ways) == 1 else _any_of(ways) for path, ways in gathered.items()}


def _any_of(ways: list[InstalledTogether]) -> InstalledTogether:
    """Return what holds for a file that is installed in several ways: each of their main indexes may be asked."""
    mains = [
        next((option for option in reversed(way.options) if option.name == "index-url" and option.value), None)
        for way in ways
    ]
    main = next((option for option in reversed(mains) if option is not None), None)
    options = dict.fromkeys(option for way in ways for option in way.options if option.name != "index-url")
    extra = (option._replace(name="extra-index-url") for option in mains if option is not None and option != main)
    files = dict.fromkeys(path for way in ways for path in way.files)
    return InstalledTogether(tuple(dict.fromkeys((*options, *extra, *((main,) if main else ())))), tuple(files))


def _installed_by(start: str, read: Mapping[str, ParsedFile]) -> InstalledTogether:
    """Return all files that an installer of ``start`` reads, and their options in the order in which it meets them.

    The last word on an index is the one that counts. So the way is gone from its end: what a file says counts where
    it is included for the last time.
    """
    reached = {start: None}
    options: list[IndexOption] = []
    waiting = _steps(read[start])
    while waiting:
        step = waiting.pop()
        if isinstance(step, IndexOption):
            options.append(step)
        elif step in read and step not in reached:
            reached[step] = None
            waiting += _steps(read[step])
    return InstalledTogether(tuple(reversed(options)), tuple(reached))


def _steps(one: ParsedFile) -> list[IndexOption | str]:
    """Return the index options and the includes of a file in the order of its lines."""
    steps: list[tuple[int, IndexOption | str]] = [*one.includes]
    steps += ((option.span.start, option) for option in one.document.index_options)
    return [step for _, step in sorted(steps, key=itemgetter(0))]
