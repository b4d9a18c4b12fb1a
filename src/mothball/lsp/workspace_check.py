"""The files of the workspace that are not open: checked by a command, or for a client that pulls all of them."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from mothball.checker import check, queries_of
from mothball.config import Config, Network
from mothball.discovery import Given, discover
from mothball.errors import ConfigError, UnreadableFileError
from mothball.files import read_utf8, shown_path
from mothball.governing import OWN_FILE, Governor
from mothball.index.run import Query
from mothball.lsp.convert import path_of, uri_of
from mothball.lsp.diagnostics import Shape, diagnostics_of, of_problem
from mothball.lsp.documents import Checked
from mothball.lsp.lookups import Answers
from mothball.lsp.user_side import SettingsError, run_settings
from mothball.model import Answer, CheckedDependency, Document, Finding, NotStated, Problem, Report, Severity, Summary
from mothball.open_document import OpenFile
from mothball.places import user_config_file
from mothball.records import NamedTuple
from mothball.sources import Governance, SourceFile, is_lock

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Names are asked for so many at a time, and the progress told after each: a client may cancel in between.
_BATCH = 50
# How long to wait for a client to take a progress token, in seconds.
_TOKEN_PATIENCE = 1.0
# How often to look whether the client has cancelled, in seconds.
_POLL = 0.05
# How long a check of the workspace holds when nothing is known to have changed, in seconds.
_RENEWAL = 300.0


class CancelledError(Exception):
    """The client wants no more of it."""


class Found(NamedTuple):
    """What a check of the workspace came to: diagnostics by absolute path (also the empty ones), and numbers.

    ``is_partial`` is true where a configuration cannot be used: of files that are not among ``diagnostics`` nothing is
    known then, least of all that they are clean.
    """

    diagnostics: Mapping[str, list[types.Diagnostic]]
    files: int
    dependencies: int
    findings: int
    problems: tuple[str, ...]
    is_partial: bool = False

    def after(self, before: Mapping[str, list[types.Diagnostic]]) -> dict[str, list[types.Diagnostic]]:
        """Return the diagnostics, and those from ``before`` of files that could not be looked at this time."""
        kept = before if self.is_partial else {}
        return {**{path: found for path, found in kept.items() if os.path.lexists(path)}, **self.diagnostics}


class Means(NamedTuple):
    """What a check of the workspace needs.

    ``make_governor`` takes the folder that is read whole; ``on_progress`` is told how many of how many names were
    looked up, and raises CancelledError when nobody wants to know the rest.
    """

    make_governor: Callable[[str], Governor]
    look_up: Callable[[Iterable[Query]], Answers]
    shape: Shape
    on_progress: Callable[[int, int], None]


def check_folders(folders: Iterable[str], means: Means) -> Found:
    """Check all dependency files below ``folders``, as ``mothball check`` does. For a thread that may wait."""
    diagnostics: dict[str, list[types.Diagnostic]] = {}
    totals = Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    problems: list[str] = []
    is_partial = False
    for folder in folders:
        try:
            report, files = _check_folder(folder, means)
        except (ConfigError, UnreadableFileError) as error:
            problems.append(str(error))
            is_partial = True
            place = "" if isinstance(error, SettingsError) else user_config_file()
            problem = Problem(Severity.ERROR, f"nothing is checked: {error}", error.help, place)
            _add_problem(diagnostics, problem, place or os.path.join(folder, OWN_FILE), means.shape)
            continue
        totals = Summary(*map(sum, zip(totals, report.summary, strict=True)))
        problems += (f"{one.path}: {one.message}" if one.path else one.message for one in report.problems)
        for path, checked in _by_file(report, files):
            diagnostics[path] = diagnostics_of(checked, means.shape)
        for problem in report.problems:
            if problem.path and problem.severity is Severity.ERROR:
                is_partial = True
                _add_problem(diagnostics, problem, os.path.abspath(problem.path), means.shape)
    return Found(diagnostics, totals.files, totals.dependencies, totals.findings, tuple(problems), is_partial)


def _add_problem(diagnostics: dict[str, list[types.Diagnostic]], problem: Problem, path: str, shape: Shape) -> None:
    """Add to the file at ``path`` what is wrong with it, and keeps others from being checked."""
    shown = problem.path or shown_path(path)
    checked = Checked(_unparsed(path).text, shown, None, None, None, (), ())
    found = of_problem(problem._replace(path=shown), checked, shape)
    if found not in diagnostics.setdefault(path, []):
        diagnostics[path].append(found)


def _check_folder(folder: str, means: Means) -> tuple[Report, tuple[SourceFile, ...]]:
    settings = run_settings()
    found = discover(Given((folder,), here=folder), means.make_governor(folder), settings)
    queries = queries_of(found.files, settings)
    answers: dict[Query, Answer] = {}
    for start in range(0, len(queries), _BATCH):
        means.on_progress(start, len(queries))
        answers.update(means.look_up(queries[start : start + _BATCH]))
    # What an index does not state is judged by all that it has answered; the cache knows by now.
    answers.update(means.look_up([query for query, answer in answers.items() if isinstance(answer, NotStated)]))
    report = check(found.files, lambda asked: {query: answers[query] for query in asked}, settings, *found[1:])
    return report, found.files


def _by_file(report: Report, files: tuple[SourceFile, ...]) -> Iterator[tuple[str, Checked]]:
    """Yield each file, by its absolute path, with its part of the report."""
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
        yield os.path.abspath(path), Checked(file.text, path, None, OpenFile(file, around), part, (), ())


def _unparsed(path: str) -> SourceFile:
    """Return what bears findings and is no dependency file that was read: a configuration, or one that cannot be."""
    text = ""
    with suppress(UnreadableFileError):
        text = read_utf8(path)
    return SourceFile(path, text, Document(""), Governance("", "", Config(), Network()))


# --- the command ------------------------------------------------------------------------------------------------------


async def run(server: Server) -> dict[str, int] | None:
    """Check the workspace, show what was found in files that are not open, and return the numbers.

    None when the client cancelled it.
    """
    async with _Progress(server) as progress:
        try:
            found = await _in_thread(server, progress)
        except CancelledError:
            return None
    for problem in found.problems:
        server.log(problem)
    server.show_unopened(found.after(server.unopened))
    numbers = {"files": found.files, "dependencies": found.dependencies, "findings": found.findings}
    return {**numbers, "problems": len(found.problems)} if found.is_partial else numbers


async def _in_thread(server: Server, progress: _Progress) -> Found:
    bench = server.bench
    folders = tuple(bench.folders)
    shape = Shape(bench.client, deprecated_tag=bench.settings.deprecated_tag)
    means = Means(
        lambda folder: bench.user_side().governor(folder), bench.lookups.ask_here, shape, progress.told_by_thread
    )
    # In a thread of its own: what hover and typing wait for must not stand behind it.
    job = server.workspace_thread.submit(check_folders, folders, means)
    checking = asyncio.wrap_future(job)
    try:
        while not checking.done():
            if progress.is_cancelled():
                raise CancelledError
            await asyncio.wait({checking}, timeout=_POLL)
        return checking.result()
    finally:
        # Answered at once; the thread finds it out after the names that it is asking for just now.
        job.cancel()
        progress.is_over = True


class _Progress:
    """Work-done progress that the client can cancel, where it shows any."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._token = f"mothball-{uuid.uuid4()}"
        self._is_shown = False
        self.is_over = False
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self) -> Self:
        progress = self._server.work_done_progress
        if self._server.bench.client.progress:
            # There are clients that never answer; the check is not to wait for them.
            with suppress(TimeoutError, JsonRpcException):
                await asyncio.wait_for(progress.create_async(self._token), _TOKEN_PATIENCE)
                self._is_shown = True
        if self._is_shown:
            begin = types.WorkDoneProgressBegin("mothball: checking the workspace", cancellable=True, percentage=0)
            progress.begin(self._token, begin)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._is_shown:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
            self._server.work_done_progress.tokens.pop(self._token, None)

    def is_cancelled(self) -> bool:
        """Return whether the client has cancelled it. For any thread."""
        token = self._server.work_done_progress.tokens.get(self._token)
        return token is not None and token.cancelled()

    def told_by_thread(self, done: int, total: int) -> None:
        """Show how far the check is. Raises CancelledError when nobody waits for it any more."""
        if self.is_over or self.is_cancelled():
            raise CancelledError
        if self._is_shown:
            report = types.WorkDoneProgressReport(message=f"{done} of {total} names", percentage=100 * done // total)
            self._loop.call_soon_threadsafe(self._server.work_done_progress.report, self._token, report)


# --- for clients that pull --------------------------------------------------------------------------------------------


def register_pull(server: Server) -> None:
    """Have ``server`` answer ``workspace/diagnostic``."""
    remembered = _Remembered()

    async def pull(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        await remembered.renew(server)
        held = {one.uri: one.value for one in params.previous_result_ids}
        open_paths = {document.path for document in server.bench.documents.values()}
        items: list[_WorkspaceItem] = []
        for path, (diagnostics, result_id) in remembered.reports.items():
            uri = uri_of(path)
            if path in open_paths:
                continue
            if held.pop(uri, None) == result_id:
                items.append(types.WorkspaceUnchangedDocumentDiagnosticReport(uri, result_id))
            else:
                items.append(types.WorkspaceFullDocumentDiagnosticReport(uri, diagnostics, result_id=result_id))
        # What is there no more is told once, as empty.
        gone = (uri for uri, value in held.items() if value and path_of(uri) not in {*remembered.reports, *open_paths})
        items += (types.WorkspaceFullDocumentDiagnosticReport(uri, []) for uri in gone)
        return types.WorkspaceDiagnosticReport(items)

    server.feature(types.WORKSPACE_DIAGNOSTIC)(pull)


_WorkspaceItem = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport


class _Remembered:
    """The last check of the workspace: clients ask every few seconds, and hardly ever has anything changed."""

    def __init__(self) -> None:
        self.reports: dict[str, tuple[list[types.Diagnostic], str]] = {}
        self._of = (-1, 0.0)
        self._lock = asyncio.Lock()

    async def renew(self, server: Server) -> None:
        """Check again if anything has changed, or the last check is old."""
        async with self._lock:
            changes, checked_at = self._of
            now = time.monotonic()
            if changes == server.bench.changes and now - checked_at < _RENEWAL:
                return
            before = server.bench.changes
            found = await _in_thread(server, _Progress(server))
            shown = found.after({path: list_ for path, (list_, _) in self.reports.items()})
            self.reports = {path: (list_, _digest(list_)) for path, list_ in shown.items()}
            self._of = (before, time.monotonic())


def _digest(diagnostics: list[types.Diagnostic]) -> str:
    return hashlib.blake2b(repr(diagnostics).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
