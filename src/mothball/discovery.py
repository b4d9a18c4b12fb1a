"""From the paths that were given to source files: what to read, as what, with which includes, under which rule."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

from mothball import policy
from mothball.config import Config
from mothball.errors import UnreadableFileError
from mothball.files import (
    DISK,
    Tree,
    cause_words,
    is_inside,
    project_of,
    repository_root,
    shown_path,
)
from mothball.formats.table import FORMATS, decode, format_of, is_constraints, may_be_included, parse
from mothball.governing import Governor
from mothball.hygiene import one_line
from mothball.lines import LineTable
from mothball.model import (
    Document,
    Finding,
    Include,
    IndexOption,
    Kind,
    ParseProblem,
    Problem,
    Rule,
    Severity,
    ToolIndex,
)
from mothball.own_names import OwnNames
from mothball.records import NamedTuple
from mothball.sources import FileKind, Governance, RunSettings, SourceFile
from mothball.surroundings import MAX_FILES, Surroundings, placed
from mothball.walking import find, is_excluded

STDIN = "-"
_SETUPTOOLS = ("pyproject", "setup-cfg", "setup-py")
_LEAVE_OUT = "if it is no dependency file, leave it out with `exclude`"
_LOOKED_FOR = (
    "looked for pyproject.toml, requirements and constraints files, Pipfile, setup.cfg, setup.py, tox.ini, "
    "environment.yml, .pre-commit-config.yaml and lock files; `--list-files` tells what is found elsewhere"
)


class Given(NamedTuple):
    """What the command line names: paths, and how to take them.

    ``format`` overrides what the names say. ``stdin`` is what stands for the path ``-``: a file name and its bytes.
    ``here`` stands in for the working directory, as the root of what lies below it in no repository.
    ``root`` is the repository's, where the caller knows it. ``by_program`` is set where a program names the files: what
    the configuration excludes is then left out, while a person who names a file means it.
    """

    paths: tuple[str, ...] = (".",)
    format: str | None = None
    stdin: tuple[str, bytes] | None = None
    here: str | None = None
    root: str | None = None
    by_program: bool = False


class Discovered(NamedTuple):
    """What was found: files ready to be checked, findings on those that could not be read, and other problems."""

    files: tuple[SourceFile, ...]
    unreadable: tuple[Finding, ...]
    problems: tuple[Problem, ...]


class _Target(NamedTuple):
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


class _Read(NamedTuple):
    """One file that was read: its text and document, and the files that it includes.

    ``includes`` holds the real path of each, behind the offset of the place where it is included. ``tool_indexes`` are
    those of its tables, and of other files that hold for it.
    """

    target: _Target
    governance: Governance
    text: str
    document: Document
    includes: tuple[tuple[int, str], ...]
    tool_indexes: tuple[ToolIndex, ...] = ()


def discover(given: Given, governor: Governor, settings: RunSettings) -> Discovered:
    """Read all dependency files that ``given`` names, and those that they include, each once.

    What cannot be read is told as a finding or a problem, and the rest is read all the same. Never raises for what
    stands on the disk.
    """
    discovery = _Discovery(given, governor, settings)
    discovery.run()
    options = _gather_options({key: discovery.knowing(one) for key, one in (discovery.read | discovery.above).items()})
    own_names = OwnNames({read.target.path: read.document for read in discovery.read.values()}, governor.tree)
    files = tuple(_source_file(read, options[key], own_names, governor.tree) for key, read in discovery.read.items())
    return Discovered(files, tuple(discovery.unreadable), (*discovery.problems, *governor.problems))


def _source_file(read: _Read, options: tuple[IndexOption, ...], own_names: OwnNames, tree: Tree) -> SourceFile:
    path, root = read.target.path, read.target.root
    project = project_of(path, root, tree)
    return SourceFile(
        shown_path(path),
        read.text,
        own_names.withhold(read.document, project, root),
        read.governance,
        options,
        project,
        read.target.kind,
        read.tool_indexes,
    )


def _named_root(root: str) -> str:
    """Return ``root`` as it is shown, by its name where that is the working directory: a dot is easily overlooked."""
    shown = shown_path(root)
    return os.path.basename(root) or root if shown == os.curdir else shown


def _is_nothing_of_its_format(text: str, target: _Target, document: Document) -> bool:
    """Return whether a file that is called what its name does not say holds something, but nothing of that.

    Scripts mostly hold no metadata, and there is nothing strange about it.
    """
    if target.format in ("script", format_of(target.path)):
        return False
    found = (document.dependencies, document.unnamed, document.includes, document.index_options, document.own_name)
    return not any(found) and any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


class _Discovery:
    """The state of one run of ``discover``: what was read so far, by real path."""

    def __init__(self, given: Given, governor: Governor, settings: RunSettings) -> None:
        self.read: dict[str, _Read] = {}
        self.above: dict[str, _Read] = {}
        self.unreadable: list[Finding] = []
        self.problems: list[Problem] = []
        self._failed: set[str] = set()
        self._given = given
        self._governor = governor
        self._tree = governor.tree
        self._settings = settings
        self._surroundings = Surroundings(self._tree)

    def knowing(self, one: _Read) -> _Read:
        """Return ``one``, which knows that its includes that could not be read may name an index."""
        failed = {start for start, key in one.includes if key in self._failed}
        unread = [include for include in one.document.includes if include.span.start in failed]
        if not unread:
            return one
        return one._replace(document=_without(one.document, unread, LineTable(one.text), one.target))

    def run(self) -> None:
        waiting = deque(target for path in self._given.paths for target in self._targets(path))
        while waiting:
            target = waiting.popleft()
            known = self.read.get(target.key)
            # A file that is a requirements file to one and a constraints file to another is installed from.
            is_news = known is None or (known.target.kind is Kind.CONSTRAINT and target.kind is Kind.REQUIREMENT)
            if is_news and target.key not in self._failed:
                waiting.extend(self._take(target))
        self._look_above()

    def _look_above(self) -> None:
        """Read the requirements files that include one of those read: it is installed by way of them."""
        waiting = deque((key, one) for key, one in self.read.items() if one.document.format == "requirements")
        seen: dict[str, _Read] = {}
        while waiting:
            key, one = waiting.popleft()
            root = one.target.root
            for path, text in self._surroundings.including(one.target.path, root):
                other = _target(path, root, "requirements", self._tree)
                if other.key in self.read or other.key in self.above:
                    continue
                if other.key not in seen:
                    document, found = _parsed(text, other, self._tree)
                    seen[other.key] = _Read(other, one.governance, text, document, _followed(document, found))
                if any(included == key for _, included in seen[other.key].includes):
                    self.above[other.key] = seen[other.key]
                    waiting.append((other.key, seen[other.key]))
        left_out = [
            path for path in self._surroundings.left_out if (self._tree.real_path(path) or path) not in self.read
        ]
        for directory in dict.fromkeys(map(os.path.dirname, left_out)):
            message = f"only {MAX_FILES} requirements files here were searched for those that include others"
            self.problems.append(Problem(Severity.NOTE, message, "check the whole directory", shown_path(directory)))

    def _take(self, target: _Target) -> list[_Target]:
        """Read ``target``, remember it, and return the files that it includes."""
        governance = self._governor.of(target.path, target.root)
        if governance is None or (self._given.by_program and is_left_out(target.path, governance)):
            return []
        try:
            data = self._data(target)
            text = decode(target.format, target.path, data)
        except UnreadableFileError as error:
            self._failed.add(target.key)
            self._refuse(error, governance)
            return []
        document, found = _parsed(text, target, self._tree)
        if self._given.format == target.format and _is_nothing_of_its_format(text, target, document):
            message = (
                f"{one_line(shown_path(target.path))}: read as {target.format}, and nothing in it is of that format"
            )
            self.problems.append(Problem(Severity.ERROR, message, "leave out --as, or say what the file is"))
            document = document._replace(ignores=())
        included = [one for one in found if isinstance(one, _Target)]
        includes = _followed(document, found)
        document, indexes = self._surroundings.indexed(target.path, target.root, text, document)
        self.read[target.key] = _Read(target, governance, text, document, includes, indexes)
        return included

    def _data(self, target: _Target) -> bytes:
        """Return the content of ``target``; refuse a link to what its repository does not hold, or hides in it.

        A repository could else have us quote from any file of this machine: a link needs but to bear the right name.
        """
        if target.data is not None:
            return target.data
        path = target.path
        if self._tree.leads_outside(path, target.root):
            help_text = "check the file that it leads to by its own path, or leave the link out with `exclude`"
            raise UnreadableFileError(
                path, "it is a link that leads outside the repository, or nowhere", help_text=help_text
            )
        if self._tree.is_link(path) and self._given.format is None and not _may_be_read(target.key):
            raise UnreadableFileError(path, "it is a link to what is no dependency file by its name")
        return self._tree.read(path)

    def _targets(self, path: str) -> Iterator[_Target]:
        if path == STDIN and self._given.stdin is not None:
            name, data = self._given.stdin
            yield from self._named(name, data)
        elif self._tree.is_directory(path) and self._given.format is not None:
            message = f"{one_line(shown_path(path))}: --as says what files are, and this is a directory"
            self.problems.append(Problem(Severity.ERROR, message, "name the files, or leave out --as"))
        elif self._tree.is_directory(path):
            yield from self._below(path)
        else:
            yield from self._named(path, None)

    def _named(self, path: str, data: bytes | None) -> Iterator[_Target]:
        """Yield the file that was given by its name; a name says what its file is, unless ``--as`` does."""
        file_format = self._given.format or format_of(os.path.abspath(path))
        if data is None and not self._tree.exists(path):
            self._refuse(UnreadableFileError(path or '""', "it does not exist"))
        elif file_format is None:
            message = f"{one_line(shown_path(path))}: no dependency file by its name"
            self.problems.append(
                Problem(Severity.ERROR, message, f"say what it is: --as FORMAT, one of {', '.join(FORMATS)}")
            )
        else:
            root = self._given.root or repository_root(path, self._given.here)
            yield _target(path, root, file_format, self._tree, data)

    def _below(self, directory: str) -> Iterator[_Target]:
        root = self._given.root or repository_root(directory, self._given.here)
        left_out = 0
        found, ignored = find(directory, self._cannot_list)
        for path in found:
            governance = self._governor.of(path, root)
            file_format = self._given.format or format_of(os.path.abspath(path))
            if governance is not None and is_left_out(path, governance):
                left_out += 1
            elif governance is not None and file_format:
                yield _target(path, root, file_format, self._tree)
        if found and len(found) == left_out:
            message = f"{one_line(shown_path(directory))}: all dependency files found here are excluded ({left_out})"
            self.problems.append(Problem(Severity.NOTE, message, "see `exclude` in the configuration"))
        if not found:
            but = f" but what git ignores ({len(ignored)})" if ignored else ""
            message = f"{one_line(shown_path(directory))}: no dependency file found{but}"
            help_text = "name a file to have it read all the same" if ignored else _LOOKED_FOR
            self.problems.append(Problem(Severity.ERROR, message, help_text))

    def _cannot_list(self, error: OSError) -> None:
        self._refuse(UnreadableFileError(error.filename, cause_words(error)))

    def _refuse(self, error: UnreadableFileError, governance: Governance | None = None) -> None:
        weighing = self._settings.weighing(governance.config if governance else Config())
        severity = policy.severity_of(Rule.UNREADABLE, weighing)
        path = shown_path(error.path)
        help_text = error.help or (_LEAVE_OUT if governance else "")
        self.unreadable.append(Finding(Rule.UNREADABLE, severity, error.cause, help_text, path=path))


def document_of(text: str, path: str, root: str, file_format: str, kind: FileKind) -> Document:
    """Return what ``text`` says in place of the file at the absolute ``path``, as ``discover`` would read it.

    The includes are not followed; those that would not be followed are told as problems.
    """
    return _parsed(text, _Target(path, path, root, file_format, kind), DISK)[0]


def include_target(include: Include, path: str, root: str) -> str | None:
    """Return the real path of what ``include`` in the file at ``path`` leads to, None where it is not followed."""
    found = _resolve(include, _Target(path, path, root, "requirements", Kind.REQUIREMENT), DISK)
    return found.key if isinstance(found, _Target) else None


def _parsed(text: str, target: _Target, tree: Tree) -> tuple[Document, list[_Target | ParseProblem]]:
    """Return the document in ``text``, and for each of its includes the file, or why it is not followed."""
    document = placed(parse(target.format, text, target.kind), text, target.path)
    found = [_resolve(include, target, tree) for include in document.includes]
    refused = [one for one in found if isinstance(one, ParseProblem)]
    pairs = zip(document.includes, found, strict=True)
    unread = [include for include, one in pairs if isinstance(one, ParseProblem) and _may_name_index(document, include)]
    document = document._replace(problems=(*document.problems, *refused))
    return (_without(document, unread, LineTable(text), target) if unread else document), found


def _may_name_index(document: Document, include: Include) -> bool:
    """Return whether what ``include`` draws in may say where the names of ``document`` belong.

    What setuptools includes holds names alone, and constraints that many projects share (``-c https://…``) none.
    """
    return document.format not in _SETUPTOOLS and not (include.kind is Kind.CONSTRAINT and "://" in include.target)


def _without(document: Document, unread: Sequence[Include], lines: LineTable, target: _Target) -> Document:
    """Return ``document``, which knows that ``unread`` may name an index."""
    shown = shown_path(target.path)
    unknown = [IndexOption(one.span, "unknown", "", f"{shown}:{lines.position(one.span.start).line}") for one in unread]
    return document._replace(index_options=(*document.index_options, *unknown)) if unknown else document


def _target(path: str, root: str, file_format: str, tree: Tree, data: bytes | None = None) -> _Target:
    absolute = os.path.abspath(path)
    kind: FileKind = Kind.CONSTRAINT if is_constraints(absolute) else Kind.REQUIREMENT
    return _Target(absolute, tree.real_path(absolute) or absolute, root, file_format, kind, data)


def _followed(document: Document, found: list[_Target | ParseProblem]) -> tuple[tuple[int, str], ...]:
    """Return the offset and the real path of each include of ``document`` that can be followed."""
    pairs = zip(document.includes, found, strict=True)
    return tuple((include.span.start, one.key) for include, one in pairs if isinstance(one, _Target))


def _may_be_read(path: str) -> bool:
    return format_of(path) is not None or may_be_included(path)


def is_left_out(path: str, governance: Governance) -> bool:
    """Return whether the configuration excludes the file at the absolute ``path`` from what it is said to govern."""
    if not governance.config.exclude:
        return False
    relative = os.path.relpath(path, governance.directory).replace(os.sep, "/")
    return is_excluded(relative, governance.config.exclude)


def _resolve(include: Include, by: _Target, tree: Tree) -> _Target | ParseProblem:
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
        cause = "there is no such file inside the repository"
        return ParseProblem(include.span, f"{name} cannot be read: {cause}", "mend the path, or take the line away")
    if not may_be_included(real):
        return ParseProblem(
            include.span,
            f"{name} is not followed: no requirements file by its name",
            "check it by itself: mothball check --as requirements FILE",
        )
    return _Target(path, real, by.root, "requirements", include.kind)


def _gather_options(read: Mapping[str, _Read]) -> dict[str, tuple[IndexOption, ...]]:
    """Return for each file the index options that its installer would have in force.

    An installer is given one file and reads all that it includes as if it were one: the options of any of them hold
    for all. A file that several others include may be installed by way of each of them.
    """
    included = {path for one in read.values() for _, path in one.includes}
    # Files that include one another in a circle have no file above them; each of them is then a start of its own.
    starts = [path for path in read if path not in included]
    gathered: dict[str, list[tuple[IndexOption, ...]]] = {path: [] for path in read}
    covered: set[str] = set()
    for start in [*starts, *(path for path in read if path in included)]:
        if start in covered:
            continue
        reached, options = _installed_by(start, read)
        covered.update(reached)
        for path in reached:
            gathered[path].append(options)
    # Most files have one file above them, and share its options rather than hold them again.
    return {path: ways[0] if len(ways) == 1 else _any_of(ways) for path, ways in gathered.items()}


def _any_of(ways: list[tuple[IndexOption, ...]]) -> tuple[IndexOption, ...]:
    """Return the options of a file that is installed in several ways: each of their main indexes may be asked."""
    mains = [
        next((option for option in reversed(way) if option.name == "index-url" and option.value), None) for way in ways
    ]
    main = next((option for option in reversed(mains) if option is not None), None)
    options = dict.fromkeys(option for way in ways for option in way if option.name != "index-url")
    extra = (option._replace(name="extra-index-url") for option in mains if option is not None and option != main)
    return tuple(dict.fromkeys((*options, *extra, *((main,) if main else ()))))


def _installed_by(start: str, read: Mapping[str, _Read]) -> tuple[list[str], tuple[IndexOption, ...]]:
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
    return list(reached), tuple(reversed(options))


def _steps(one: _Read) -> list[IndexOption | str]:
    """Return the index options and the includes of a file in the order of its lines."""
    steps: list[tuple[int, IndexOption | str]] = [*one.includes]
    steps += ((option.span.start, option) for option in one.document.index_options)
    return [step for _, step in sorted(steps, key=itemgetter(0))]
