"""A check of all dependency files of the workspace, as ``mothball check`` does it: work for a thread that may wait."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.answers import Answer, NotStated
from mothball.checker import check, queries_of
from mothball.config import Config, Network
from mothball.discovery import Discovered, Given, discover
from mothball.errors import ConfigError, UnreadableFileError
from mothball.files import is_inside, read_utf8, shown_path
from mothball.findings import CheckedDependency, Finding, Problem, Report, Rule, Severity
from mothball.governing import OWN_FILE, SHARED_FILE, Governor
from mothball.index.run import Query
from mothball.lsp.diagnostics import Shape, diagnostics_of, of_problem
from mothball.lsp.documents import Checked
from mothball.lsp.lookups import Answers, Known, is_wanting
from mothball.lsp.user_side import SettingsError, run_settings
from mothball.model import Document
from mothball.open_document import OpenFile
from mothball.places import user_config_file
from mothball.records import NamedTuple
from mothball.sources import Governance, RunSettings, SourceFile, is_lock
from mothball.unsaved import patterns_for, with_private

# Names are asked for so many at a time, and the progress told after each: a client may cancel in between.
_BATCH = 50


class Found(NamedTuple):
    """What a check of the workspace came to: diagnostics by absolute path (also the empty ones), and numbers.

    ``unused`` has, by the path of a configuration, what was found of its ignores that match nothing; ``answers`` all
    that was learnt. ``is_partial`` is true where something kept files from being checked as they should. ``unread``
    are the directories whose configuration cannot be used: of files below them that are not among ``diagnostics``
    nothing is known then, least of all that they are clean.
    """

    diagnostics: Mapping[str, list[types.Diagnostic]]
    unused: Mapping[str, tuple[Finding, ...]]
    answers: Answers
    files: int
    dependencies: int
    findings: int
    problems: tuple[str, ...]
    is_partial: bool = False
    unread: frozenset[str] = frozenset()

    def after(self, before: Found) -> Found:
        """Return what is known after both: of files that could not be looked at this time, what was found before."""
        kept = {path: found for path, found in before.diagnostics.items() if self._could_not_look_at(path)}
        if not kept:
            return self
        unused = {path: found for path, found in before.unused.items() if path in kept}
        return self._replace(diagnostics={**kept, **self.diagnostics}, unused={**unused, **self.unused})

    def _could_not_look_at(self, path: str) -> bool:
        return any(is_inside(path, directory) for directory in self.unread) and os.path.lexists(path)


class Again(NamedTuple):
    """What is asked of the indexes however young the answers are: the names in the files at ``paths``, absolute.

    ``spared`` are on their way already.
    """

    paths: frozenset[str] = frozenset()
    spared: frozenset[Query] = frozenset()


class Means(NamedTuple):
    """What a check of the workspace needs.

    ``make_governor`` takes the folder that is read whole; ``ask`` looks up, past the cache where ``refresh`` says so;
    ``held`` are answers at hand. ``private`` has directories with the patterns of names that configurations in the
    editor keep back below them, saved or not. ``on_progress`` is told how many of how many names were looked up, 0 of
    0 before that is known, and raises what ends the check when nobody wants to know the rest.
    """

    make_governor: Callable[[str], Governor]
    ask: Callable[[Iterable[Query], bool], Answers]
    held: Mapping[Query, Known]
    private: Sequence[tuple[str, tuple[str, ...]]]
    again: Again
    shape: Shape
    on_progress: Callable[[int, int], None]


def check_folders(folders: Iterable[str], means: Means) -> Found:
    """Check all dependency files below ``folders``, each once, by the innermost of them that holds it."""
    outcome, settings = _Outcome(means.shape), run_settings()
    read: list[tuple[str, Discovered]] = []
    for folder in dict.fromkeys(folders):
        means.on_progress(0, 0)
        try:
            found = discover(Given((folder,), here=folder), means.make_governor(folder), settings)
            read.append((folder, found._replace(files=tuple(_held_back(found.files, means.private)))))
        except (ConfigError, UnreadableFileError) as error:
            outcome.refuse(folder, error)
    answers = _look_up([file for _, found in read for file in found.files], means, settings)
    checked = [
        _CheckedFolder(*one, check(one[1].files, partial(_picked, answers), settings, *one[1][1:])) for one in read
    ]
    owners = _owners(checked)
    for one in checked:
        outcome.take(one, {path for path in one.paths() if owners[path] == one.folder})
    return outcome.found(answers)


def _held_back(files: Iterable[SourceFile], private: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[SourceFile]:
    """Yield ``files``, with what texts in the editor say of private names: it only ever restricts."""
    for file in files:
        patterns = patterns_for(os.path.abspath(file.path), private) if private else ()
        yield with_private(file, patterns) if patterns else file


def _look_up(files: Iterable[SourceFile], means: Means, settings: RunSettings) -> dict[Query, Answer]:
    files = tuple(files)
    queries = queries_of(files, settings)
    mine = (file for file in files if means.again.paths and os.path.abspath(file.path) in means.again.paths)
    anew = [query for query in queries_of(mine, settings) if query not in means.again.spared]
    answers: dict[Query, Answer] = {}

    def ask(wanted: list[Query], *, refresh: bool) -> None:
        for start in range(0, len(wanted), _BATCH):
            means.on_progress(len(answers), len(queries))
            answers.update(means.ask(wanted[start : start + _BATCH], refresh))

    ask(anew, refresh=True)
    now = time.time()
    held = {query: means.held[query] for query in queries if query in means.held and query not in answers}
    answers.update({query: known.answer for query, known in held.items() if not is_wanting(query, known, now)})
    ask([query for query in queries if query not in answers], refresh=False)
    # What an index does not state is judged by all that it has answered; the cache knows by now.
    ask([query for query, answer in answers.items() if isinstance(answer, NotStated)], refresh=False)
    return answers


def _picked(answers: Answers, queries: Iterable[Query]) -> Answers:
    return {query: answers[query] for query in queries}


class _CheckedFolder(NamedTuple):
    """A folder, what was found below it, and the verdict."""

    folder: str
    found: Discovered
    report: Report

    def checked(self) -> set[str]:
        """Return the paths of the files that count, as they are shown."""
        of_files = {file.path for file in self.found.files if not file.is_context}
        return of_files | {one.path for one in self.found.unreadable}

    def paths(self) -> set[str]:
        """Return the paths of which anything is told, as they are shown."""
        told = {file.path for file in self.found.files} | {one.path for one in self.report.findings}
        return (told | {one.path for one in self.report.problems}) - {""}


def _owners(checked: Iterable[_CheckedFolder]) -> dict[str, str]:
    """Return for each path the folder whose verdict on it counts: of those that tell of it, the innermost around it."""
    owners: dict[str, tuple[int, str]] = {}
    for one in checked:
        for path in one.paths():
            depth = len(one.folder) if is_inside(os.path.abspath(path), one.folder) else -1
            if path not in owners or depth > owners[path][0]:
                owners[path] = depth, one.folder
    return {path: folder for path, (_, folder) in owners.items()}


class _Outcome:
    """Gathers what the folders come to."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._diagnostics: dict[str, list[types.Diagnostic]] = {}
        self._unused: dict[str, tuple[Finding, ...]] = {}
        self._problems: dict[str, None] = {}
        self._files: set[str] = set()
        self._dependencies = 0
        self._findings: set[tuple[object, ...]] = set()
        self._is_partial = False
        self._unread: set[str] = set()

    def refuse(self, folder: str, error: ConfigError | UnreadableFileError) -> None:
        """Take in why nothing of ``folder`` can be checked."""
        place = "" if isinstance(error, SettingsError) else user_config_file()
        problem = Problem(Severity.ERROR, f"nothing is checked: {error}", error.help, place)
        self._problems[str(error)] = None
        self._unread.add(folder)
        self._add_problem(problem, place or os.path.join(folder, OWN_FILE))

    def take(self, one: _CheckedFolder, own: set[str]) -> None:
        """Take in what was found in a folder, as far as it concerns the paths that are its ``own``."""
        report = one.report
        self._files |= one.checked() & own
        self._dependencies += sum(item.path in own for item in report.dependencies)
        self._dependencies += sum(entry.location.path in own for entry in report.unnamed)
        live = [finding for finding in report.findings if not finding.path or finding.path in own]
        live = [finding for finding in live if finding.suppressed is None]
        # What an index, of which no file is the place, is told of is told once.
        self._findings.update((finding.path, finding.rule, finding.location, finding.message) for finding in live)
        for path, part in _by_file(report, one.found.files):
            if path in own:
                self._diagnostics[os.path.abspath(path)] = diagnostics_of(part, self._shape)
        for finding in live:
            if finding.rule is Rule.UNUSED_IGNORE and finding.name:
                at = os.path.abspath(finding.path)
                self._unused[at] = (*self._unused.get(at, ()), finding)
        for problem in report.problems:
            if not problem.path or problem.path in own:
                self._take_problem(problem)

    def _take_problem(self, problem: Problem) -> None:
        self._problems[f"{problem.path}: {problem.message}" if problem.path else problem.message] = None
        if problem.path and problem.severity is Severity.ERROR:
            path = os.path.abspath(problem.path)
            self._add_problem(problem, path)
            if problem.rule is None and os.path.basename(path) in (OWN_FILE, SHARED_FILE):
                self._unread.add(os.path.dirname(path))

    def _add_problem(self, problem: Problem, path: str) -> None:
        """Add to the file at ``path`` what is wrong with it, and keeps others from being checked."""
        self._is_partial = True
        shown = problem.path or shown_path(path)
        checked = Checked(_unparsed(path).text, shown, None, None, None, (), ())
        told = of_problem(problem._replace(path=shown), checked, self._shape)
        if told not in self._diagnostics.setdefault(path, []):
            self._diagnostics[path].append(told)

    def found(self, answers: Answers) -> Found:
        return Found(
            self._diagnostics,
            self._unused,
            answers,
            len(self._files),
            self._dependencies,
            len(self._findings),
            tuple(self._problems),
            self._is_partial,
            frozenset(self._unread),
        )


def _by_file(report: Report, files: tuple[SourceFile, ...]) -> Iterator[tuple[str, Checked]]:
    """Yield each file, by its path as it is shown, with its part of the report."""
    findings: dict[str, list[Finding]] = {}
    for finding in report.findings:
        for path in dict.fromkeys((finding.path, *(place.path for place in finding.elsewhere))):
            findings.setdefault(path, []).append(finding)
    items: dict[str, list[CheckedDependency]] = {}
    for item in report.dependencies:
        items.setdefault(item.path, []).append(item)
    manifests: dict[str, list[SourceFile]] = {}
    for file in files:
        if not is_lock(file.document):
            manifests.setdefault(file.project, []).append(file)
    known = {file.path: file for file in files}
    for path in dict.fromkeys((*known, *findings)):
        if not path:
            continue
        file = known.get(path) or _unparsed(path)
        around = tuple(manifests.get(file.project, ())) if is_lock(file.document) else ()
        mine = [*items.get(path, ()), *(item for one in around for item in items.get(one.path, ()))]
        part = report._replace(
            dependencies=tuple(mine), findings=(*findings.get("", ()), *findings.get(path, ())), problems=()
        )
        yield path, Checked(file.text, path, None, OpenFile(file, around), part, (), ())


def _unparsed(path: str) -> SourceFile:
    """Return what bears findings and is no dependency file that was read: a configuration, or one that cannot be."""
    text = ""
    with suppress(UnreadableFileError):
        text = read_utf8(path)
    return SourceFile(path, text, Document(""), Governance("", "", Config(), Network()))
