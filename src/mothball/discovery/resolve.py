"""Resolve includes and parsed files: the one step between parsing and checking.

Includes become files to read. A parsed file gets what other files say about it: the index options of files that are
installed together with it, the inherited indexes, the local projects that its names refer to, and includes that cannot
be followed. Files on the disk, in git trees and in an editor are resolved alike. Nothing changes a resolved file, apart
from the selection of the entries to check.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter

from mothball.check.inputs import NOTHING_SELECTED, ResolvedConfig, ResolvedFile
from mothball.discovery.project_context import InheritedIndexes, LocalProjects, ToolSettings, located_options
from mothball.formats.names import (
    INCLUDING_FORMATS,
    format_of,
    is_constraints,
    may_be_included,
    may_contain_requirements,
)
from mothball.formats.table import decode, parse
from mothball.model.document import DependencyKind, FileKind, Include, IndexOption, LineIndex, ParsedFile, ParseProblem
from mothball.model.errors import UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.repository.files import DISK, Tree, display_path, project_of
from mothball.repository.paths import is_inside, naming_root, upward
from mothball.routing.facts import (
    LocalReference,
    LookupFacts,
    Pin,
    claim_of,
    group_by_name,
    local_claims,
    local_references,
    pin_of,
)
from mothball.routing.route import DeclaredIndexes

# Limits of the search: requirements files in one directory, and bytes of each.
MAX_FILES = 200
_MAX_SIZE = 1024 * 1024
# The start of a line that includes another file.
_INCLUDES = r"(?m)^[ \t]*--?[rc]"
# Every include in any format has one of these: an option of pip, a list of constraints of tox, `file` of setuptools, a
# key of hatch-requirements-txt, or an escape that may stand for a part of them.
_INCLUDE_MARKS = r"""(?i)(?<![a-z0-9_.])-["'-]*[rc]|constraints|requirements_txt|\bfile["']?\s*+[=:]|\\"""


class FileTarget(NamedTuple):
    """A file to read: its absolute path, the root of its repository, its format and kind.

    ``key`` is its real path, which identifies the file. ``data`` is its content if that is not read from the tree.
    ``is_certain`` is true if more than its name says that it is a dependency file.
    """

    path: str
    key: str
    root: str
    format: str
    kind: FileKind
    data: bytes | None = None
    is_certain: bool = False


def include_target(include: Include, path: str, root: str) -> str | None:
    """Return the real path of the file that ``include`` in the file at ``path`` names, None if it is not followed."""
    target = _resolve(include, path, root, DISK)
    return target.key if isinstance(target, FileTarget) else None


class NotFollowed(NamedTuple):
    """An include that is not followed; ``is_missing`` is true if there is no such file at all.

    ``problem`` is None if that is no error (``Include.is_url_constraint``).
    """

    problem: ParseProblem | None
    is_missing: bool = False


ResolvedIncludes = Sequence[FileTarget | NotFollowed]


def resolve_includes(file: ParsedFile, tree: Tree) -> ResolvedIncludes:
    """Return for each include of ``file`` the file to read, or the reason why it is not followed."""
    return [_resolve(include, file.path, file.root, tree) for include in file.document.includes]


def include_problems(includes: ResolvedIncludes) -> tuple[ParseProblem, ...]:
    """Return the problems of the includes that are not followed."""
    return tuple(include.problem for include in includes if isinstance(include, NotFollowed) and include.problem)


def file_target(  # noqa: PLR0913 - the fields of the record
    path: str, root: str, file_format: str, tree: Tree, data: bytes | None = None, *, is_certain: bool = False
) -> FileTarget:
    """Return the target for the file at ``path`` in the repository at ``root``, to be read as ``file_format``."""
    absolute = os.path.abspath(path)
    kind: FileKind = (
        DependencyKind.CONSTRAINT if is_constraints(absolute, naming_root(root)) else DependencyKind.REQUIREMENT
    )
    real = tree.real_path(absolute) or absolute
    # A link of another format than its target is read in addition to the target.
    key = absolute if tree.is_link(absolute) and format_of(real, naming_root(root)) not in (None, file_format) else real
    return FileTarget(absolute, key, root, file_format, kind, data, is_certain)


def _resolve(include: Include, source: str, root: str, tree: Tree) -> FileTarget | NotFollowed:
    """Return the file that ``include`` in the file at ``source`` names, or the reason why it is not followed.

    Only files inside the repository that git tracks, or whose name is that of a requirements file, are read, after
    following links: a repository must not be able to make mothball read and print other files.
    """
    if include.is_url_constraint:
        return NotFollowed(None)
    path = os.path.normpath(os.path.join(os.path.dirname(source), include.target))
    is_path = "://" not in include.target and "$" not in include.target
    real = tree.real_path(path) if is_path and is_inside(path, root) else None
    leads_outside = real is not None and not is_inside(real, os.path.realpath(root))
    is_missing = False
    if "://" in include.target:
        message, help_text = "is not read: it is a URL", "download the file and check the copy"
    elif not is_path:
        message, help_text = "is not read: it contains a variable", "check the file separately"
    elif not is_inside(path, root):
        message = "is not read: it is outside the repository"
        help_text = f"check it separately: only includes below {_root_name(root)} are read"
    elif real is None or leads_outside or not tree.is_file(real):
        is_missing = not leads_outside
        message, help_text = "cannot be read: no such file in the repository", "correct the path, or remove the line"
    elif may_be_included(real) or (may_contain_requirements(real) and tree.is_tracked(real, root)):
        # Findings are shown in the file itself, not in a link to it.
        path = os.path.join(root, os.path.relpath(real, os.path.realpath(root)))
        return FileTarget(path, real, root, "requirements", include.kind)
    elif may_contain_requirements(real):
        message = "is not read: not the name of a requirements file, and not tracked by git"
        help_text = "add it to git, or check it separately: mothball check --as requirements FILE"
    else:
        message = "is not read: its name is that of a file for other purposes"
        help_text = "move its requirements to a file such as requirements-NAME.txt"
    problem = ParseProblem(include.span, f"{one_line(include.target, 100)} {message}", help_text)
    return NotFollowed(problem, is_missing)


def _root_name(root: str) -> str:
    """Return ``root`` for display; the name of the working directory instead of a dot, which is easily overlooked."""
    shown = display_path(root)
    return os.path.basename(root) or root if shown == os.curdir else shown


class ReadFile(NamedTuple):
    """A parsed file, the configuration that applies to it, and the targets of its includes."""

    parsed: ParsedFile
    resolved_config: ResolvedConfig
    includes: ResolvedIncludes


class _InstalledFile(NamedTuple):
    """The part of a file that matters for files that are installed together with it.

    ``items`` are its index options and the keys of the files that it includes, in the order of its lines. ``unread``
    and ``missing`` describe includes that were not read and may name an index; ``missing`` is the first that is not
    there, empty if there is none.
    """

    items: Sequence[IndexOption | str]
    unread: Sequence[str]
    missing: str


def _installed_file(file: ReadFile, failed: Collection[str]) -> _InstalledFile:
    """Return the part of ``file`` that others need. ``failed`` are the keys of files that could not be read."""
    parsed, lines = file.parsed, LineIndex(file.parsed.text)
    items: list[tuple[int, IndexOption | str]] = [(option.span.start, option) for option in located_options(parsed)]
    unread: list[str] = []
    missing: list[str] = []
    may_configure_index = frozenset(parsed.document.index_includes())
    for include, target in zip(parsed.document.includes, file.includes, strict=True):
        if isinstance(target, FileTarget):
            items.append((include.span.start, target.key))
        is_read = isinstance(target, FileTarget) and target.key not in failed
        if not is_read and include in may_configure_index:
            option = "-c" if include.kind is DependencyKind.CONSTRAINT else "-r"
            line = lines.position(include.span.start).line
            description = f"`{option} {one_line(include.target, 100)}` in {display_path(parsed.path)}:{line}"
            is_missing = isinstance(target, NotFollowed) and target.is_missing
            (missing if is_missing else unread).append(description)
    ordered = [item for _, item in sorted(items, key=itemgetter(0))]
    return _InstalledFile(ordered, unread, missing[0] if missing else "")


class _InstalledTogether(NamedTuple):
    """The files that an installer reads together, by their keys, and the index options that apply to all of them.

    ``unknown_indexes`` are the descriptions of includes that were not read and may name an index for all of them.
    """

    options: tuple[IndexOption, ...]
    files: tuple[str, ...]
    unknown_indexes: tuple[str, ...] = ()


def _files_installed_together(read: Mapping[str, _InstalledFile]) -> dict[str, _InstalledTogether]:
    """Return for each file the files that its installer reads together with it, by the same keys as ``read``.

    An installer of a file reads everything that it includes as one file: an option in any of them applies to all. A
    file that several others include may be installed through each of them; the results are then combined.
    """
    included = {item for file in read.values() for item in file.items if isinstance(item, str)}
    # In a cycle of includes no file is a root: those not reached from any other root become roots themselves.
    roots = [path for path in read if path not in included]
    installations: dict[str, list[_InstalledTogether]] = {path: [] for path in read}
    covered: set[str] = set()
    installed: list[str] = []
    for root in [*roots, *(path for path in read if path in included)]:
        if root in covered:
            continue
        installed.append(root)
        installation = _installed_from(root, read)
        covered.update(installation.files)
        for path in installation.files:
            installations[path].append(installation)
    # Most files are installed in one way only: share the object to save memory.
    together = {path: group[0] if len(group) == 1 else _combined(group) for path, group in installations.items()}
    for path, description in _missing_includes(installed, read).items():
        options, files, unknown_indexes = together[path]
        together[path] = _InstalledTogether(options, files, (*unknown_indexes, description))
    return together


def _missing_includes(roots: Sequence[str], read: Mapping[str, _InstalledFile]) -> dict[str, str]:
    """Return a missing include for each file whose index it may name: the file itself has it, or all that include it.

    An installer fails on a missing file, so it says nothing about other installations of the same files.
    """
    unaffected: set[str] = set()
    pending = list(roots)
    while pending:
        path = pending.pop()
        if path in read and path not in unaffected and not read[path].missing:
            unaffected.add(path)
            pending += (item for item in read[path].items if isinstance(item, str))
    affected = {path: file.missing for path, file in read.items() if file.missing}
    pending = list(affected)
    while pending:
        path = pending.pop()
        for item in read[path].items:
            if isinstance(item, str) and item in read and item not in unaffected and item not in affected:
                affected[item] = affected[path]
                pending.append(item)
    return affected


def _combined(installations: list[_InstalledTogether]) -> _InstalledTogether:
    """Combine the installations of one file: each main index is a candidate, all but one as an extra index."""
    mains = [
        next((option for option in reversed(each.options) if option.name == "index-url" and option.value), None)
        for each in installations
    ]
    main = next((option for option in reversed(mains) if option is not None), None)
    options = dict.fromkeys(option for each in installations for option in each.options if option.name != "index-url")
    extra = (
        IndexOption(option.span, "extra-index-url", option.value, option.declared_at)
        for option in mains
        if option is not None and option != main
    )
    files = dict.fromkeys(path for each in installations for path in each.files)
    unknown_indexes = dict.fromkeys(description for each in installations for description in each.unknown_indexes)
    all_options = dict.fromkeys((*options, *extra, *((main,) if main else ())))
    return _InstalledTogether(tuple(all_options), tuple(files), tuple(unknown_indexes))


def _installed_from(root: str, read: Mapping[str, _InstalledFile]) -> _InstalledTogether:
    """Return all files that an installer of ``root`` reads, and their options in the order in which it reads them.

    The last option takes precedence. Lines are therefore visited in reverse order, so that a file that is included
    several times counts where it is included last.
    """
    files = {root: None}
    options: list[IndexOption] = []
    pending = list(read[root].items)
    while pending:
        item = pending.pop()
        if isinstance(item, IndexOption):
            options.append(item)
        elif item in read and item not in files:
            files[item] = None
            pending += read[item].items
    unread = tuple(description for path in files for description in read[path].unread)
    return _InstalledTogether(tuple(reversed(options)), tuple(files), unread)


def may_include_others(path: str, repository: str = "") -> bool:
    """Return True if the name of a file is that of a dependency file that may include others; see ``format_of``."""
    return format_of(path, repository) in INCLUDING_FORMATS


def may_have_includes(text: str) -> bool:
    """Return False if the dependency file ``text``, of any format, includes no other; found without parsing it."""
    return re.search(_INCLUDE_MARKS, text) is not None


def included_texts(tree: Tree, paths: Iterable[str], root: str) -> set[str]:
    """Return the real paths of all texts that the files at ``paths`` in ``tree`` include, directly or through others.

    ``paths`` are absolute. Of them, only files whose name is that of a format that can include others are read.
    ``root`` is the root of the repository. Raises GitError.
    """
    formats = ((path, format_of(path, root)) for path in paths if may_include_others(path, root))
    pending = deque((path, name) for path, name in formats if name is not None)
    tree.prepare([path for path, _ in pending])
    included: set[str] = set()
    while pending:
        path, format_name = pending.popleft()
        try:
            text = decode(format_name, path, tree.read(path))
        except UnreadableFileError:
            continue
        for include in parse(format_name, text).includes if may_have_includes(text) else ():
            target = os.path.normpath(os.path.join(os.path.dirname(path), include.target))
            real = tree.real_path(target) if may_contain_requirements(target) else None
            if real is not None and real not in included:
                included.add(real)
                pending.append((real, "requirements"))
    return included


def find_including_files(files: Mapping[str, ReadFile], tree: Tree) -> tuple[dict[str, ReadFile], list[str]]:
    """Return the requirements files that include ``files``, directly or through others, all by real path.

    Searched are the directory of each file and those above, up to the root of the repository. Return also those
    directories that have more than ``MAX_FILES`` requirements files, apart from ``files``.
    """
    candidates: dict[str, ReadFile] = {}
    including: dict[str, ReadFile] = {}
    by_directory: dict[str, dict[str, list[tuple[FileTarget, ParsedFile]]]] = {}
    unsearched: list[str] = []
    pending = deque(item for item in files.items() if item[1].parsed.document.format == "requirements")
    while pending:
        key, (included, resolved_config, _) = pending.popleft()
        directory, name = os.path.split(included.path)
        for each in upward(directory, included.root):
            if each not in by_directory:
                by_directory[each] = _files_by_included_name(each, included.root, tree, unsearched)
            for target, parsed in by_directory[each].get(name, ()):
                if target.key in files or target.key in including:
                    continue
                if target.key not in candidates:
                    candidates[target.key] = ReadFile(parsed, resolved_config, resolve_includes(parsed, tree))
                read = candidates[target.key]
                if any(isinstance(include, FileTarget) and include.key == key for include in read.includes):
                    including[target.key] = read
                    pending.append((target.key, read))
    paths = [path for path in unsearched if (tree.real_path(path) or path) not in files]
    return including, list(dict.fromkeys(map(os.path.dirname, paths)))


def _files_by_included_name(
    directory: str, root: str, tree: Tree, unsearched: list[str]
) -> dict[str, list[tuple[FileTarget, ParsedFile]]]:
    """Return the requirements files in ``directory`` by the names, without directory, of the files they include.

    Files beyond the limit are added to ``unsearched``.
    """
    by_name: dict[str, list[tuple[FileTarget, ParsedFile]]] = {}
    paths = [os.path.join(directory, name) for name in sorted(tree.names_in(directory))]
    requirements = [path for path in paths if format_of(path, root) == "requirements"]
    unsearched += requirements[MAX_FILES:]
    tree.prepare(requirements[:MAX_FILES])
    for path in requirements[:MAX_FILES]:
        text = ""
        if not tree.leads_outside(path, root):
            with suppress(UnreadableFileError):  # reported if the file itself is checked
                text = decode("requirements", path, tree.read(path, _MAX_SIZE))
        if re.search(_INCLUDES, text):
            target = file_target(path, root, "requirements", tree)
            parsed = ParsedFile(path, root, text, parse("requirements", text, target.kind), target.kind)
            for name in {os.path.basename(include.target) for include in parsed.document.includes}:
                by_name.setdefault(name, []).append((target, parsed))
    return by_name


# Directories, and the name patterns that are private below them.
PrivateNames = Sequence[tuple[str, tuple[str, ...]]]


class ReadFiles(NamedTuple):
    """The files of a run by real path: those to check, and further ones that include them.

    ``failed`` are those that could not be read. ``context`` are those of ``files`` that are only read for others.
    """

    files: Mapping[str, ReadFile]
    including: Mapping[str, ReadFile]
    failed: Collection[str]
    context: Collection[str]


def resolve_files(
    read: ReadFiles, tree: Tree, private: PrivateNames = (), *, all_names: bool = False
) -> Iterator[ResolvedFile]:
    """Yield the files to check; other files that influence them are read from ``tree`` if needed.

    ``private`` are unsaved private name patterns. With ``all_names``, each file has all local names that apply to it,
    not only those that it uses.
    """
    everything = {**read.files, **read.including}
    together = _files_installed_together({key: _installed_file(file, read.failed) for key, file in everything.items()})
    references = {
        key: tuple(local_references(file.parsed.document, file.parsed.text, key)) for key, file in everything.items()
    }
    parsed_by_path = {file.parsed.path: file.parsed for file in read.files.values()}
    inherited = InheritedIndexes(parsed_by_path, tree)
    local_projects = LocalProjects(parsed_by_path, tree, inherited.workspaces)
    references_by_files: dict[tuple[str, ...], tuple[LocalReference, ...]] = {}
    for key, (parsed, resolved_config, includes) in read.files.items():
        options, files, unknown_indexes = together[key]
        if files not in references_by_files:
            references_by_files[files] = tuple(reference for file in files for reference in references[file])
        project = project_of(parsed.path, parsed.root, tree)
        local_names = local_projects.find(parsed, project, references_by_files[files], all_names=all_names)
        settings = inherited.settings_of(parsed)
        yield ResolvedFile(
            display_path(parsed.path),
            parsed,
            resolved_config,
            DeclaredIndexes(parsed.document.format, settings.tools, options, settings.indexes),
            project,
            LookupFacts(
                group_by_name(local_names),
                unknown_indexes,
                private_patterns(parsed.path, private),
                _inherited_pins(settings, local_projects, parsed.root),
                local_projects.false_claims(local_claims(parsed.document.dependencies), parsed.path, parsed.root),
            ),
            include_problems(includes),
            NOTHING_SELECTED if key in read.context else None,
            is_context=key in read.context,
        )


def _inherited_pins(settings: ToolSettings, local_projects: LocalProjects, root: str) -> dict[str, Pin]:
    """Return the routing fields that the root of a workspace sets for names, without projects that are not there."""
    sources = settings.sources
    false_claims = local_projects.false_claims(local_claims(sources), settings.root_path, root)
    return {source.name: pin_of(source) for source in sources if claim_of(source) not in false_claims}


def resolve_text(
    parsed: ParsedFile, saved: ResolvedFile, facts: LookupFacts, resolved_config: ResolvedConfig
) -> ResolvedFile:
    """Return ``parsed``, a text in an editor, as the saved file is resolved, with its own includes and ``facts``."""
    problems = include_problems(resolve_includes(parsed, DISK))
    return ResolvedFile(saved.path, parsed, resolved_config, saved.indexes, saved.project, facts, problems)


def private_patterns(path: str, private: PrivateNames) -> tuple[str, ...]:
    """Return the patterns of ``private`` that apply to the file at the absolute ``path``."""
    return tuple(pattern for directory, patterns in private if is_inside(path, directory) for pattern in patterns)
