"""From the paths that were given to source files: what to read, as what, with which includes, under which rule."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator

from mothball.check import policy
from mothball.check.inputs import ResolvedConfig, RunSettings, SourceFile
from mothball.config.project import ProjectConfig
from mothball.discovery.config_lookup import ConfigResolver
from mothball.discovery.declared_names import DeclaredNames
from mothball.discovery.file_search import find, is_excluded
from mothball.discovery.includes import (
    FileTarget,
    ParsedFile,
    file_target,
    files_installed_together,
    followed_includes,
    parsed,
    with_unknown_index,
)
from mothball.discovery.inherited_indexes import MAX_FILES, InheritedIndexes
from mothball.discovery.local_projects import (
    LocalProjectFinder,
    LocalReference,
    ProjectFile,
    local_references,
    skip_local_names,
)
from mothball.formats.table import FORMATS, decode, format_of, may_be_dependency_file
from mothball.model.document import DependencyKind, Document, ToolIndex
from mothball.model.errors import UnreadableFileError
from mothball.model.findings import Finding, Problem, Rule, Severity
from mothball.model.line_index import LineIndex
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line
from mothball.repository.files import (
    display_path,
    os_error_text,
    project_of,
    repository_root,
)

STDIN = "-"
_LEAVE_OUT = "if it is no dependency file, leave it out with `exclude`"
_LOOKED_FOR = (
    "looked for pyproject.toml, requirements and constraints files, Pipfile, setup.cfg, setup.py, tox.ini, "
    "environment.yml, .pre-commit-config.yaml and lock files; `--list-files` tells what is found elsewhere"
)


class DiscoveryRequest(NamedTuple):
    """What the command line names: paths, and how to take them.

    ``format`` overrides what the names say. ``stdin`` is what stands for the path ``-``: a file name and its bytes.
    ``here`` stands in for the working directory, as the root of what lies below it in no repository.
    ``root`` is the repository's, where the caller knows it. ``by_program`` is set where a program names the files: what
    the configuration excludes is then left out, while a person who names a file means it. With ``all_names`` each file
    comes with all names that are at home there, and not only with those that it holds by now.
    """

    paths: tuple[str, ...] = (".",)
    format: str | None = None
    stdin: tuple[str, bytes] | None = None
    here: str | None = None
    root: str | None = None
    apply_exclude: bool = False
    all_names: bool = False


class DiscoveryResult(NamedTuple):
    """What was found: files ready to be checked, findings on those that could not be read, and other problems."""

    files: tuple[SourceFile, ...]
    unreadable: tuple[Finding, ...]
    problems: tuple[Problem, ...]


class _Read(NamedTuple):
    """One file that was read: its text and document, and the files that it includes.

    ``includes`` holds the real path of each, behind the offset of the place where it is included. ``tool_indexes`` are
    those of its tables, and of other files that hold for it.
    """

    target: FileTarget
    resolved_config: ResolvedConfig
    text: str
    document: Document
    includes: tuple[tuple[int, str], ...]
    tool_indexes: tuple[ToolIndex, ...] = ()


def discover(request: DiscoveryRequest, config_resolver: ConfigResolver, settings: RunSettings) -> DiscoveryResult:
    """Read all dependency files that ``given`` names, and those that they include, each once.

    What cannot be read is told as a finding or a problem, and the rest is read all the same. Never raises for what
    stands on the disk.
    """
    discovery = _Discovery(request, config_resolver, settings)
    discovery.run()
    files = tuple(discovery.source_files())
    return DiscoveryResult(files, tuple(discovery.unreadable), (*discovery.problems, *config_resolver.problems))


def _has_no_entry_of_format(text: str, target: FileTarget, document: Document) -> bool:
    """Return whether a file that is called what its name does not say holds something, but nothing of that.

    Scripts mostly hold no metadata, and there is nothing strange about it.
    """
    if document.is_broken or target.format in ("script", format_of(target.path)):
        return False
    found = (
        *(document.dependencies, document.unnamed, document.includes, document.index_options, document.project_name),
        document.unresolvable,
    )
    return not any(found) and any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


class _Discovery:
    """The state of one run of ``discover``: what was read so far, by real path."""

    def __init__(self, request: DiscoveryRequest, config_resolver: ConfigResolver, settings: RunSettings) -> None:
        self.read: dict[str, _Read] = {}
        self.above: dict[str, _Read] = {}
        self.unreadable: list[Finding] = []
        self.problems: list[Problem] = []
        self._failed: set[str] = set()
        self._request = request
        self._config_resolver = config_resolver
        self._tree = config_resolver.tree
        self._settings = settings
        self._inherited_indexes = InheritedIndexes(self._tree)

    def source_files(self) -> Iterator[SourceFile]:
        """Yield the files that were read, each with what all of them say of it."""
        everything = self.read | self.above
        together = files_installed_together({key: self.with_inherited(one) for key, one in everything.items()})
        references = {key: tuple(local_references(one.document, one.text, key)) for key, one in everything.items()}
        declared_names = DeclaredNames({read.target.path: read.document for read in self.read.values()}, self._tree)
        local_projects = LocalProjectFinder(declared_names, self._inherited_indexes.workspaces, self._tree)
        of_files: dict[tuple[str, ...], tuple[LocalReference, ...]] = {}
        for key, read in self.read.items():
            path, root = read.target.path, read.target.root
            project = project_of(path, root, self._tree)
            files = together[key].files
            if files not in of_files:
                of_files[files] = tuple(one for file in files for one in references[file])
            subject = ProjectFile(read.document, path, project, root, of_files[files])
            local_names = local_projects.find(subject, all_names=self._request.all_names)
            yield SourceFile(
                display_path(path),
                read.text,
                skip_local_names(read.document, local_names),
                read.resolved_config,
                together[key].options,
                project,
                read.target.kind,
                read.tool_indexes,
                local_names=local_names,
            )

    def with_inherited(self, one: _Read) -> ParsedFile:
        """Return what an installer meets in ``one``: an include that could not be read may name an index."""
        failed = {start for start, key in one.includes if key in self._failed}
        unread = [include for include in one.document.includes if include.span.start in failed]
        document = with_unknown_index(one.document, unread, LineIndex(one.text), one.target) if unread else one.document
        return ParsedFile(document, one.includes)

    def run(self) -> None:
        waiting = deque(target for path in self._request.paths for target in self._targets(path))
        while waiting:
            target = waiting.popleft()
            known = self.read.get(target.key)
            # A file that is a requirements file to one and a constraints file to another is installed from.
            is_news = known is None or (
                known.target.kind is DependencyKind.CONSTRAINT and target.kind is DependencyKind.REQUIREMENT
            )
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
            for path, text in self._inherited_indexes.including(one.target.path, root):
                other = file_target(path, root, "requirements", self._tree)
                if other.key in self.read or other.key in self.above:
                    continue
                if other.key not in seen:
                    document, found = parsed(text, other, self._tree)
                    seen[other.key] = _Read(
                        other, one.resolved_config, text, document, followed_includes(document, found)
                    )
                if any(included == key for _, included in seen[other.key].includes):
                    self.above[other.key] = seen[other.key]
                    waiting.append((other.key, seen[other.key]))
        left_out = [
            path for path in self._inherited_indexes.left_out if (self._tree.real_path(path) or path) not in self.read
        ]
        for directory in dict.fromkeys(map(os.path.dirname, left_out)):
            message = f"only {MAX_FILES} requirements files here were searched for those that include others"
            self.problems.append(Problem(Severity.NOTE, message, "check the whole directory", display_path(directory)))

    def _take(self, target: FileTarget) -> list[FileTarget]:
        """Read ``target``, remember it, and return the files that it includes."""
        resolved_config = self._config_resolver.resolve(target.path, target.root)
        if resolved_config is None or (
            self._request.apply_exclude and is_excluded_by_config(target.path, resolved_config)
        ):
            return []
        try:
            data = self._data(target)
            text = decode(target.format, target.path, data)
        except UnreadableFileError as error:
            self._failed.add(target.key)
            self._refuse(error, resolved_config)
            return []
        document, found = parsed(text, target, self._tree)
        if self._request.format == target.format and _has_no_entry_of_format(text, target, document):
            message = (
                f"{one_line(display_path(target.path))}: read as {target.format}, and nothing in it is of that format"
            )
            self.problems.append(Problem(Severity.ERROR, message, "leave out --as, or say what the file is"))
            document = document._replace(ignores=())
        included = [one for one in found if isinstance(one, FileTarget)]
        includes = followed_includes(document, found)
        document, indexes = self._inherited_indexes.indexed(target.path, target.root, text, document)
        self.read[target.key] = _Read(target, resolved_config, text, document, includes, indexes)
        return included

    def _data(self, target: FileTarget) -> bytes:
        """Return the content of ``target``; refuse a link to what its repository does not hold, or hides in it.

        A repository could else have us quote from any file of this machine: a link needs but to bear the right name.
        """
        if target.data is not None:
            return target.data
        path = target.path
        if self._tree.leads_outside(path, target.root):
            help_text = "check the file that it leads to by its own path, or leave the link out with `exclude`"
            raise UnreadableFileError(
                path, "symbolic link is broken or leads outside the repository", help_text=help_text
            )
        if self._tree.is_link(path) and self._request.format is None and not may_be_dependency_file(target.key):
            raise UnreadableFileError(path, "it is a link to what is no dependency file by its name")
        return self._tree.read(path)

    def _targets(self, path: str) -> Iterator[FileTarget]:
        if path == STDIN and self._request.stdin is not None:
            name, data = self._request.stdin
            yield from self._named(name, data)
        elif self._tree.is_directory(path) and self._request.format is not None:
            message = f"{one_line(display_path(path))}: --as says what files are, and this is a directory"
            self.problems.append(Problem(Severity.ERROR, message, "name the files, or leave out --as"))
        elif self._tree.is_directory(path):
            yield from self._below(path)
        else:
            yield from self._named(path, None)

    def _named(self, path: str, data: bytes | None) -> Iterator[FileTarget]:
        """Yield the file that was given by its name; a name says what its file is, unless ``--as`` does."""
        file_format = self._request.format or format_of(os.path.abspath(path))
        if data is None and not self._tree.exists(path):
            self._refuse(UnreadableFileError(path or '""', "no such file"))
        elif file_format is None:
            message = f"{one_line(display_path(path))}: no dependency file by its name"
            self.problems.append(
                Problem(Severity.ERROR, message, f"say what it is: --as FORMAT, one of {', '.join(FORMATS)}")
            )
        else:
            root = self._request.root or repository_root(path, self._request.here)
            yield file_target(path, root, file_format, self._tree, data)

    def _below(self, directory: str) -> Iterator[FileTarget]:
        root = self._request.root or repository_root(directory, self._request.here)
        left_out = 0
        found, ignored = find(directory, self._cannot_list)
        for path in found:
            resolved_config = self._config_resolver.resolve(path, root)
            file_format = self._request.format or format_of(os.path.abspath(path))
            if resolved_config is not None and is_excluded_by_config(path, resolved_config):
                left_out += 1
            elif resolved_config is not None and file_format:
                yield file_target(path, root, file_format, self._tree)
        if found and len(found) == left_out:
            message = f"{one_line(display_path(directory))}: all dependency files found here are excluded ({left_out})"
            self.problems.append(Problem(Severity.NOTE, message, "see `exclude` in the configuration"))
        if not found:
            but = f" but what git ignores ({len(ignored)})" if ignored else ""
            message = f"{one_line(display_path(directory))}: no dependency file found{but}"
            help_text = "name a file to have it read all the same" if ignored else _LOOKED_FOR
            self.problems.append(Problem(Severity.ERROR, message, help_text))

    def _cannot_list(self, error: OSError) -> None:
        self._refuse(UnreadableFileError(error.filename, os_error_text(error)))

    def _refuse(self, error: UnreadableFileError, resolved_config: ResolvedConfig | None = None) -> None:
        severity_policy = self._settings.severity_policy(resolved_config.config if resolved_config else ProjectConfig())
        severity = policy.severity_of(Rule.UNREADABLE, severity_policy)
        path = display_path(error.path)
        help_text = error.help or (_LEAVE_OUT if resolved_config else "")
        self.unreadable.append(Finding(Rule.UNREADABLE, severity, error.cause, help_text, path=path))


def is_excluded_by_config(path: str, resolved_config: ResolvedConfig) -> bool:
    """Return whether the configuration excludes the file at the absolute ``path`` from what it is said to govern."""
    if not resolved_config.config.exclude:
        return False
    relative = os.path.relpath(path, resolved_config.directory).replace(os.sep, "/")
    return is_excluded(relative, resolved_config.config.exclude)
