"""Turn paths into source files: find, read and parse dependency files, follow includes, resolve configurations."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from mothball.check import policy
from mothball.check.inputs import ResolvedConfig, ResolvedFile, RunSettings, is_lock
from mothball.check.messages import config_table, toml_string
from mothball.config.project import ProjectConfig
from mothball.discovery.config_lookup import ConfigResolver, is_excluded_by_config
from mothball.discovery.resolve import (
    MAX_FILES,
    FileTarget,
    PrivateNames,
    ReadFile,
    ReadFiles,
    file_target,
    find_including_files,
    include_problems,
    may_include_others,
    resolve_files,
    resolve_includes,
)
from mothball.formats.names import LOCK_FORMATS, format_of, may_be_dependency_file, may_be_included
from mothball.formats.recognition import (
    MAX_RECOGNIZED,
    looks_like_requirements,
    parses_as_requirements,
    readable_part,
    recognized_format,
    why_passed_over,
)
from mothball.formats.table import decode, parse
from mothball.model.document import DependencyKind, Document, ParsedFile
from mothball.model.errors import BrokenLinkError, UnreadableFileError
from mothball.model.file_names import FORMATS, MOTHBALL_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Finding, Problem, Rule, Severity
from mothball.model.sanitize import one_line
from mothball.repository.files import PROJECT_FILES, display_path, os_error_text, project_of
from mothball.repository.paths import is_inside, naming_root, repository_root

STDIN = "-"
_EXCLUDE_HELP = "if it is not a dependency file, add it to `exclude`"
_SEARCHED_FILES = (
    "looked for pyproject.toml, requirements and constraints files, Pipfile, setup.cfg, setup.py, tox.ini, "
    "environment.yml, .pre-commit-config.yaml and lock files; name a file to check it whatever it is called"
)


# Read at most this many files around an open document; real projects have a few dozen.
MAX_EDITOR_CONTEXT = 500


class DiscoveryRequest(NamedTuple):
    """The paths to read, and how to read them.

    ``format`` (``--as``) overrides the format that the file name implies, of ``forced`` paths if given, or else of all.
    ``stdin`` is the file name and content for the path ``-``. ``working_directory`` replaces the current one as the
    root of files below it that are in no repository. ``root`` is the root of the repository, if the caller knows it.
    With ``apply_exclude``, files named in ``paths`` are subject to ``exclude``, and none is read merely because its
    content is like that of a requirements file: for callers that are programs, not users who name a file explicitly.
    ``was_dependency_file`` is true for the path of a file that must not be passed over, because it was a dependency
    file before the change. With ``context``, files that decide about findings in ``paths``, but are not below them, are
    read from the disk as well. With ``for_editor``, the texts of ``paths`` may change: each file has all local names
    that apply to it, not only those that it uses, and the files of the project that may include it are part of its
    context. ``private`` are unsaved private name patterns. Without ``resolve``, files are only parsed: they have
    nothing of what other files say about them.
    """

    paths: tuple[str, ...] = (".",)
    format: str | None = None
    stdin: tuple[str, bytes] | None = None
    working_directory: str | None = None
    root: str | None = None
    apply_exclude: bool = False
    context: bool = False
    for_editor: bool = False
    private: PrivateNames = ()
    was_dependency_file: Callable[[str], bool] = lambda _path: False
    forced: frozenset[str] | None = None
    resolve: bool = True

    def format_for(self, path: str) -> str | None:
        """Return ``format`` if it applies to ``path``."""
        return self.format if self.forced is None or path in self.forced else None


class PassedOver(NamedTuple):
    """A file, as displayed, that is not read in spite of its name, and why; ``is_invalid`` if it does not parse."""

    path: str
    reason: str
    is_invalid: bool = False


class DiscoveryResult(NamedTuple):
    """Files that are ready to be checked, findings for those that could not be read, and other problems.

    ``passed_over`` are files below a directory that are no dependency files in spite of their names, or left out.
    """

    files: tuple[ResolvedFile, ...]
    unreadable: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    passed_over: tuple[PassedOver, ...] = ()


def discover(request: DiscoveryRequest, config_resolver: ConfigResolver, settings: RunSettings) -> DiscoveryResult:
    """Read all dependency files in ``request.paths`` and the files that they include, each once.

    Files that cannot be read are findings or problems of the result. No content of the file system raises an error.
    """
    return _Discovery(request, config_resolver, settings).run()


def _has_no_entry_of_format(target: FileTarget, text: str, document: Document) -> bool:
    """Return True if ``--as FORMAT`` was given for a non-empty file, other than a script, without entries of it."""
    if document.is_broken or document.format in ("script", format_of(target.path, naming_root(target.root))):
        return False
    if document.has_entries or document.project_name or document.unresolvable:
        return False
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _relative(target: FileTarget) -> str:
    """Return the path of ``target`` in its repository, with forward slashes."""
    return os.path.relpath(target.path, target.root).replace(os.sep, "/")


class _Discovery:
    """One run of ``discover``."""

    def __init__(self, request: DiscoveryRequest, config_resolver: ConfigResolver, settings: RunSettings) -> None:
        # The files that were read, by real path.
        self._files: dict[str, ReadFile] = {}
        self._unreadable: list[Finding] = []
        self._problems: list[Problem] = []
        self._failed: set[str] = set()
        # The keys of files that others include, and of those that are passed over unless another file includes them.
        self._included: set[str] = set()
        self._passed_over: dict[str, PassedOver] = {}
        self._left_out: list[PassedOver] = []
        self._lookalikes: dict[str, str] = {}
        self._context: set[str] = set()
        self._request = request
        self._config_resolver = config_resolver
        self._tree = config_resolver.tree
        self._settings = settings

    def run(self) -> DiscoveryResult:
        """Read the requested files and those that others say something about, and return them resolved."""
        request = self._request
        self._read_all(target for path in request.paths for target in self._targets(path))
        if request.context:
            self._read_context()
        files: Iterable[ResolvedFile]
        if request.resolve:
            including, unsearched = find_including_files(self._files, self._tree)
            read = ReadFiles(self._files, including, self._failed, self._context)
            for directory in unsearched:
                message = f"only the first {MAX_FILES} requirements files were searched for files that include others"
                shown = display_path(directory)
                self._problems.append(Problem(Severity.NOTE, message, "check the whole directory", shown))
            files = resolve_files(read, self._tree, request.private, all_names=request.for_editor)
        else:
            files = (
                ResolvedFile(display_path(parsed.path), parsed, config, include_problems=include_problems(includes))
                for parsed, config, includes in self._files.values()
            )
        files = tuple(files)
        problems = (*self._problems, *self._unrecognized(), *self._config_resolver.problems)
        passed_over = sorted((*self._passed_over.values(), *self._left_out))
        return DiscoveryResult(files, tuple(self._unreadable), problems, tuple(passed_over))

    def _unrecognized(self) -> Iterator[Problem]:
        """Yield a note on files that were passed over because they do not parse, and problems for likely requirements.

        The latter have lines like those of requirements, but are no known dependency files.
        """
        invalid = sorted(item for item in self._passed_over.values() if item.is_invalid)
        if invalid:
            first, reason, _ = invalid[0]
            others = f" and {len(invalid) - 1} other{'s' if len(invalid) > 2 else ''}" if len(invalid) > 1 else ""
            message = f"{one_line(first)}{others} passed over ({reason})"
            yield Problem(Severity.NOTE, message, "`--list-files` shows all files that are passed over")
        for key, path in self._lookalikes.items():
            if key not in self._files:
                pattern = toml_string(f"**/{one_line(os.path.basename(path))}")
                message = "looks like requirements, but is not a known dependency file: nothing of it was checked"
                resolved_config = self._config_resolver.resolve(path, repository_root(path))
                table = config_table(resolved_config.edited_path if resolved_config else "", "files")
                help_text = f'add `{pattern} = "requirements"` to {table}'
                yield Problem(Severity.WARNING, message, help_text, display_path(path))

    def _read_all(self, targets: Iterable[FileTarget]) -> None:
        """Read ``targets`` and the files that they include."""
        # A file is shown with its own path, not with that of a link to it.
        pending = deque(sorted(targets, key=lambda target: self._tree.is_link(target.path)))
        while pending:
            target = pending.popleft()
            read = self._files.get(target.key)
            # A file that is included both as requirements and as constraints is a requirements file.
            is_new = read is None or (
                read.parsed.kind is DependencyKind.CONSTRAINT and target.kind is DependencyKind.REQUIREMENT
            )
            if is_new and target.key not in self._failed:
                pending.extend(self._read_file(target))

    def _read_context(self) -> None:
        """Read the files that decide how severe findings are: manifests of locks, and files that install constraints.

        For an editor, files of the project that may include a requirements file are read as well. Problems of all these
        files are not reported.
        """
        requested, unreadable, problems = set(self._files), list(self._unreadable), list(self._problems)
        limit = MAX_EDITOR_CONTEXT if self._request.for_editor else None
        for directory, is_for_lock in sorted(
            {each for read in self._files.values() for each in self._context_of(read)}
        ):
            below = (target for target in self._below(directory) if target.format not in LOCK_FORMATS)
            wanted = (
                target for target in below if is_for_lock or may_include_others(target.path, naming_root(target.root))
            )
            self._read_all(islice(wanted, limit))
        self._unreadable, self._problems = unreadable, problems
        # In an editor, findings in the manifest of a lock are shown in the lock as well.
        self._context = set() if self._request.for_editor else self._files.keys() - requested

    def _context_of(self, read: ReadFile) -> Iterator[tuple[str, bool]]:
        """Yield the directory with files that decide about ``read``, unless everything below it was requested.

        Manifests below it decide about a lock, files that include others about the other files.
        """
        path, root = read.parsed.path, read.parsed.root
        is_for_lock = is_lock(read.parsed.document)
        if read.parsed.kind is DependencyKind.CONSTRAINT and not self._request.for_editor:
            directory, is_for_lock = root, False
        elif is_for_lock or (self._request.for_editor and read.parsed.document.format == "requirements"):
            directory = project_of(path, root, self._tree)
        else:
            return
        requested = [os.path.abspath(path) for path in self._request.paths if self._tree.is_directory(path)]
        # Outside a repository, the root may be a home directory.
        is_project = self._request.for_editor or any(
            self._tree.exists(path)
            for path in (os.path.join(root, ".git"), *(os.path.join(directory, name) for name in PROJECT_FILES))
        )
        if is_project and not any(is_inside(directory, each) for each in requested):
            yield directory, is_for_lock

    def _read_file(self, target: FileTarget) -> list[FileTarget]:
        """Read and parse ``target``, and return the files that it includes."""
        resolved_config = self._config_resolver.resolve(target.path, target.root)
        if resolved_config is None or (
            self._request.apply_exclude and is_excluded_by_config(target.path, resolved_config)
        ):
            return []
        try:
            data = self._data(target)
            try:
                text = decode(target.format, target.path, data)
            except UnreadableFileError:
                # Prose in another encoding is passed over as well, if the words of a format are readable in it.
                text = data.decode("latin-1")
                if (
                    len(text) <= MAX_RECOGNIZED
                    and "\0" not in text
                    and self._passes_over(target, text, parse(target.format, text))
                ):
                    return []
                raise
        except UnreadableFileError as error:
            self._failed.add(target.key)
            self._report_unreadable(error, resolved_config)
            return []
        document = parse(target.format, text, target.kind)
        if self._passes_over(target, text, document):
            return []
        if document.problems and not target.is_certain:
            document = self._without_expected_errors(target, text, document)
        if self._request.format_for(target.path) == target.format and _has_no_entry_of_format(target, text, document):
            message = f"{one_line(display_path(target.path))} has no entries of the format {target.format}"
            self._problems.append(Problem(Severity.ERROR, message, "omit --as, or name the format of the file"))
            # Its ignore comments are not unused: they are meant for the other format.
            document = Document(target.format, problems=document.problems)
        parsed = ParsedFile(target.path, target.root, text, document, target.kind)
        includes = resolve_includes(parsed, self._tree)
        self._files[target.key] = ReadFile(parsed, resolved_config, includes)
        included = [include for include in includes if isinstance(include, FileTarget)]
        self._included.update(include.key for include in included)
        return included

    def _without_expected_errors(self, target: FileTarget, text: str, document: Document) -> Document:
        """Return ``document`` without its errors if it is a template or test data, and note that they are not shown."""
        readable = readable_part(document, text, _relative(target))
        if readable is not document:
            message = "errors are not shown: this is a template or test data; its other entries are checked"
            self._problems.append(Problem(Severity.NOTE, message, path=display_path(target.path)))
        return readable

    def _passes_over(self, target: FileTarget, text: str, document: Document) -> bool:
        """Return True if ``target`` is no dependency file in spite of its name, and say so if the user named it."""
        if target.is_certain or target.key in self._included:
            self._passed_over.pop(target.key, None)
            return False
        if document.has_entries and not document.problems:
            return False
        reason = why_passed_over(document, text, _relative(target))
        if not reason or self._request.was_dependency_file(target.path):
            return False
        self._passed_over[target.key] = PassedOver(
            display_path(target.path), reason, is_invalid=bool(document.problems)
        )
        if not self._request.apply_exclude and target.path in map(os.path.abspath, self._request.paths):
            self._report_unknown(target.path, f" ({reason})")
        return True

    def _data(self, target: FileTarget) -> bytes:
        """Return the content of ``target``. Raises UnreadableFileError.

        Links out of the repository, and links to files that git does not track and that are not dependency files, are
        rejected: a repository must not be able to make mothball read and print other files.
        """
        if target.data is not None:
            return target.data
        path = target.path
        if self._tree.leads_outside(path, target.root):
            help_text = "check the target by its own path, or add the link to `exclude`"
            raise BrokenLinkError(path, "symbolic link is broken or leads outside the repository", help_text=help_text)
        if self._tree.is_link(path) and self._request.format_for(path) is None:
            real = self._tree.real_path(path) or path
            if not may_be_dependency_file(real) and not self._tree.is_tracked(real, target.root):
                cause = "symbolic link to a file that git does not track and that is not a known dependency file"
                raise UnreadableFileError(path, cause, help_text="add the target to git, or the link to `exclude`")
        return self._tree.read(path)

    def _targets(self, path: str) -> Iterator[FileTarget]:
        if path == STDIN and self._request.stdin is not None:
            name, data = self._request.stdin
            yield from self._named(name, data)
        elif self._tree.is_directory(path) and self._request.format is not None:
            message = f"{one_line(display_path(path))} is a directory, and --as only applies to files"
            self._problems.append(Problem(Severity.ERROR, message, "name the files, or omit --as"))
        elif self._tree.is_directory(path):
            yield from self._below(path)
        else:
            yield from self._named(path, None)

    def _named(self, path: str, data: bytes | None) -> Iterator[FileTarget]:
        """Yield the target for a file that was named; its format comes from ``--as`` or its name."""
        root = self._request.root or repository_root(path, self._request.working_directory)
        absolute = os.path.abspath(path)
        configured = self._config_resolver.configured_format(absolute, root)
        requested = self._request.format_for(absolute)
        file_format = requested or configured or format_of(absolute, naming_root(root))
        if data is None and not self._tree.exists(path):
            from mothball.discovery.file_search import similar_path  # noqa: PLC0415 - for errors only

            similar = similar_path(path, self._tree)
            help_text = f"did you mean {one_line(similar)}?" if similar else ""
            self._report_unreadable(UnreadableFileError(path or '""', "no such file", help_text=help_text))
        elif file_format is None:
            yield from self._recognized(path, root, data)
        else:
            is_certain = bool(requested or configured)
            yield file_target(path, root, file_format, self._tree, data, is_certain=is_certain)

    def _recognized(self, path: str, root: str, data: bytes | None) -> Iterator[FileTarget]:
        """Yield the target for a named file whose name is not that of a dependency file, if its content is.

        A file that a program named needs the header of a generator: a text of bare words may be anything.
        """
        target = file_target(path, root, "requirements", self._tree, data)
        try:
            # A script block is in ASCII, so that the encoding of the script does not matter.
            data = self._data(target)
            text = data.decode("latin-1")
        except UnreadableFileError as error:
            if not self._request.apply_exclude:
                self._report_unreadable(error)
            return
        file_format = recognized_format(text)
        if file_format == "script" and self._request.apply_exclude:
            file_format = None
        if file_format is None:
            if not self._request.apply_exclude and parses_as_requirements(parse("requirements", text)):
                file_format = "requirements"
            elif self._request.apply_exclude and may_be_included(path) and looks_like_requirements(text):
                self._lookalikes[target.key] = target.path
        if file_format is not None:
            yield file_target(path, root, file_format, self._tree, data, is_certain=True)
        elif not self._request.apply_exclude:
            self._report_unknown(path)

    def _report_unknown(self, path: str, reason: str = "") -> None:
        shown = one_line(display_path(path))
        message = f"{shown} is not a known dependency file{reason}; use --as FORMAT to check it anyway"
        self._problems.append(Problem(Severity.ERROR, message, f"FORMAT is one of {', '.join(FORMATS)}"))

    def _below(self, directory: str) -> Iterator[FileTarget]:
        from mothball.discovery.file_search import find_dependency_files  # noqa: PLC0415 - for directories only

        root = self._request.root or repository_root(directory, self._request.working_directory)
        names_from = naming_root(root)

        def report_unlistable(error: OSError) -> None:
            self._report_unreadable(UnreadableFileError(error.filename, os_error_text(error)))

        excluded = 0
        found, ignored, left_out, third_party = find_dependency_files(
            directory, report_unlistable, names_from, partial(self._configured_in, root=root)
        )
        for path in found:
            resolved_config = self._config_resolver.resolve(path, root)
            configured = self._config_resolver.configured_format(path, root)
            by_name = configured or format_of(path, names_from)
            if resolved_config is not None and is_excluded_by_config(path, resolved_config):
                excluded += 1
                self._left_out.append(PassedOver(display_path(path), "excluded by `exclude`"))
            elif resolved_config is not None:
                # Other files were found by the header of a generator.
                is_certain = bool(configured or not by_name)
                yield file_target(path, root, by_name or "requirements", self._tree, is_certain=is_certain)
        self._left_out += (PassedOver(display_path(path), "ignored by git") for path in ignored)
        self._left_out += (
            PassedOver(display_path(path), f"{reason}, name it to check it")
            for path, reason in (left_out | third_party).items()
        )
        if found and len(found) == excluded:
            message = f"{one_line(display_path(directory))}: all dependency files are excluded ({excluded})"
            self._problems.append(Problem(Severity.NOTE, message, "see `exclude` in the configuration"))
        if not found:
            suffix = f" except files ignored by git ({len(ignored)})" if ignored else ""
            message = f"{one_line(display_path(directory))}: no dependency files found{suffix}"
            help_text = "name an ignored file to check it anyway" if ignored else _SEARCHED_FILES
            if left_out:
                nested = one_line(display_path(min(left_out)))
                help_text = f"name a submodule, nested repository or build directory to check it: {nested}"
            self._problems.append(Problem(Severity.ERROR, message, help_text))

    def _configured_in(self, directory: str, root: str) -> Callable[[str], bool] | None:
        """Return whether a path below ``directory`` is configured as a dependency file, None if no path is."""
        resolved_config = self._config_resolver.resolve(os.path.join(directory, MOTHBALL_TOML), root)
        if resolved_config is None or not resolved_config.config.files:
            return None
        return lambda path: self._config_resolver.configured_format(path, root) is not None

    def _report_unreadable(self, error: UnreadableFileError, resolved_config: ResolvedConfig | None = None) -> None:
        severity_policy = self._settings.severity_policy(resolved_config.config if resolved_config else ProjectConfig())
        rule = Rule.UNRESOLVABLE if isinstance(error, BrokenLinkError) else Rule.UNREADABLE
        severity = policy.severity_of(rule, severity_policy)
        path = display_path(error.path)
        help_text = error.help or (_EXCLUDE_HELP if resolved_config else "")
        self._unreadable.append(Finding(rule, severity, error.cause, help_text, path=path))
