"""The check of the workspace, as ``mothball check`` does it, and the diagnostics for the files that are not open.

Nothing is shown before a client requests a check, by the command or by pulling the workspace. From then on the check is
repeated in the background when something changes. ``check_folders`` runs in a thread and may block; all methods of
``WorkspaceDiagnostics`` belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.check.inputs import ResolvedFile, RunSettings, is_lock
from mothball.check.pipeline import build_report, plan_lookups
from mothball.check.policy import confirm_versions
from mothball.config.user_settings import user_config_file
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.discovery.resolve import PrivateNames
from mothball.index.resolution import Query
from mothball.lsp.blocking_lookups import IndexResults
from mothball.lsp.client import ClientFeatures
from mothball.lsp.convert import diagnostics_of, uri_of
from mothball.lsp.documents import OpenDocument
from mothball.lsp.file_context import text_at
from mothball.lsp.lookups import RETRY_AFTER
from mothball.lsp.open_text import Checked, run_settings
from mothball.lsp.settings import EffectiveSettings, SettingsError
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import (
    Finding,
    IndexResult,
    Problem,
    Report,
    Rule,
    Severity,
    StatusNotStated,
    Unavailable,
)
from mothball.repository.files import display_path
from mothball.repository.paths import is_inside

if TYPE_CHECKING:
    from mothball.lsp.session import Session

logger = logging.getLogger(__name__)

# Gather changes for this many seconds before a background check.
PAUSE = 0.5
# Wait this many times as long as the last background check took, but at most this many seconds: background checks are
# to take only a part of the time.
_REST_FACTOR = 4
_LONGEST_REST = 10.0
# Look up this many names at a time: progress is reported, and the check can be canceled, between two batches; names of
# open documents are not queued behind the whole workspace.
_BATCH = 50
_Item = TypeVar("_Item")


class FileReport(NamedTuple):
    """The diagnostics of a file; ``result_id`` changes with them."""

    result_id: str
    diagnostics: list[types.Diagnostic]


class _Run(NamedTuple):
    """A check in progress and the requests that it was started for; a background check if there are none."""

    results: frozenset[asyncio.Future[WorkspaceResult]]
    was_stale: bool
    retries: bool
    started_at: float
    canceled: threading.Event


class CheckProgress(Protocol):
    """The progress of a request; ``canceled`` is done once the client has canceled it."""

    canceled: asyncio.Future[None]

    def report(self, done: int, total: int) -> None:
        """Report that ``done`` of ``total`` names are looked up."""


class _CanceledError(Exception):
    """The outcome of a check is not needed anymore."""


class WorkspaceDiagnostics:
    """Checks the workspace, one check at a time, and shows the outcome for files that are not open."""

    def __init__(self, session: Session) -> None:
        # Whether the client pulls the workspace; diagnostics are published otherwise.
        self.pulls = False
        self.pause = PAUSE
        # By absolute path, open and clean files included; what the client pulled last, and what was published.
        self.reports: dict[str, FileReport] = {}
        self.pulled: dict[str, FileReport] | None = None
        self._published: dict[str, FileReport] = {}
        self._result_ids = itertools.count(time.time_ns())
        self._session = session
        # Not shared with open documents, which would have to wait for it.
        self._thread = ThreadPoolExecutor(1, "mothball-workspace")
        self._waiting: dict[asyncio.Future[WorkspaceResult], CheckProgress] = {}
        self._run: _Run | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rest = 0.0
        self._is_stale = True
        self._is_shown = False
        # The lookup results of the last check; failures are not tried again before `_retry_at`.
        self._results: IndexResults = {}
        self._retry_at = 0.0
        self._refresh = False
        # Files that were deleted or removed from the workspace since the last check started.
        self._dropped: set[str] = set()

    # --- checks ---

    async def check(self, progress: CheckProgress, *, retry: bool = False) -> WorkspaceResult | None:
        """Return the outcome of a check that includes all changes so far, None if the client cancels ``progress``.

        A running check is shared if nothing has changed since it started. A check that starts with ``retry`` tries
        recent failures again. Raises what the check raises.
        """
        result: asyncio.Future[WorkspaceResult] = self._session.loop.create_future()
        self._waiting[result] = progress
        if retry:
            self._retry_at = 0.0
        self._schedule()
        try:
            events: set[asyncio.Future[Any]] = {result, progress.canceled}
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            return result.result() if result.done() else None
        finally:
            run = self._run
            if self._waiting.pop(result, None) and not self._waiting and run is not None and run.results:
                # The thread stops after the current batch of lookups.
                run.canceled.set()
                self._run = None
                self._is_stale = self._is_stale or run.was_stale
                self._schedule()

    def is_current(self) -> bool:
        """Return True if nothing is known to have changed since the last check."""
        return self._run is None and not self._is_stale

    def changed(self) -> None:
        """Check again soon: files, settings, folders or lookup results have changed."""
        self._is_stale = True
        self._schedule()

    def _schedule(self) -> None:
        """Start a check immediately if one is requested, after a pause if one is due in the background."""
        if self._run is not None:
            return
        if self._waiting:
            self._start()
        elif self._is_shown and self._is_stale and self._timer is None:
            self._timer = self._session.loop.call_later(max(self.pause, self._rest), self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        session, now = self._session, time.monotonic()
        retries = self._refresh or now >= self._retry_at
        run = self._run = _Run(frozenset(self._waiting), self._is_stale, retries, now, threading.Event())
        context = Context(
            effective_settings=session.effective_settings,
            look_up=lambda queries, refresh: session.lookups.blocking.look_up(queries, refresh=refresh),
            refresh=self._refresh,
            failed={} if retries else {query: self._results[query] for query in self._failed()},
            private=session.unsaved_texts.private(),
            client=session.client_for_diagnostics(),
            on_progress=partial(self._progressed, run),
        )
        self._is_stale = self._refresh = False
        self._dropped.clear()
        outcome = session.loop.run_in_executor(self._thread, check_folders, tuple(session.folders), context)
        outcome.add_done_callback(partial(self._ended, run))

    def _progressed(self, run: _Run, done: int, total: int) -> None:
        """Report progress, or raise to end a check that was canceled. For the thread of the check."""
        if run.canceled.is_set():
            raise _CanceledError
        self._session.run_in_loop(self._report, done, total)

    def _report(self, done: int, total: int) -> None:
        for progress in self._waiting.values():
            progress.report(done, total)

    def _ended(self, run: _Run, outcome: asyncio.Future[WorkspaceResult]) -> None:
        error = outcome.exception()
        if run is not self._run:
            return
        self._run = None
        if error is not None:
            # Not repeated before the next change or request: it would most likely fail again.
            self._is_stale = True
            logger.error("the check of the workspace failed", exc_info=error)
            for result in self._waiting:
                result.set_exception(error)
            self._waiting = {}
            return
        found, now = outcome.result(), time.monotonic()
        if not run.results:
            self._rest = min(_REST_FACTOR * (now - run.started_at), _LONGEST_REST)
        if run.retries:
            self._retry_at = now + RETRY_AFTER
        self._results, self._is_shown = found.results, True
        # Files that could not be checked this time keep their diagnostics.
        kept = {path: report.diagnostics for path, report in self.reports.items() if found.is_unchecked(path)}
        unused = {path: findings for path, findings in self._session.unused.items() if path in kept}
        self._session.set_unused_ignores({**unused, **found.unused})
        self._show({**kept, **found.diagnostics})
        for result in list(self._waiting):
            if result in run.results or not self._is_stale:
                del self._waiting[result]
                result.set_result(found)
        self._schedule()

    # --- lookup results ---

    def refresh_requested(self) -> None:
        """Refresh all lookup results with the next check."""
        self._refresh = True

    def lookups_finished(self, results: IndexResults) -> None:
        """Check again if a lookup result of an open document differs from that of the last check."""
        previous = self._results
        differing = {
            query: new
            for query, new in results.items()
            if query in previous and previous[query]._replace(origin=new.origin) != new
        }
        if differing:
            self._results = {**previous, **differing}
            self.changed()

    def retry_failed(self) -> None:
        """Check again if a lookup failed and its index may be reachable by now."""
        if time.monotonic() >= self._retry_at and any(not query.settings.offline for query in self._failed()):
            self.changed()

    def _failed(self) -> list[Query]:
        return [query for query, result in self._results.items() if isinstance(result, Unavailable)]

    # --- what is shown ---

    def document_opened(self) -> None:
        """Withdraw what was published for a file that is open now: it shows its own diagnostics."""
        if not self.pulls:
            self._publish()

    def document_closed(self, document: OpenDocument) -> None:
        """Show what the last check found for a file that was closed, and check again."""
        if not self._session.client.pulls:
            self._session.sink.publish(document.uri, [])
        if not self.pulls:
            self._publish()
        elif document.path in self.reports:
            self._session.sink.refresh()
        self.changed()

    def drop(self, is_gone: Callable[[str], bool]) -> None:
        """Clear the diagnostics of files that are gone, by their absolute path, and check again."""
        gone = {path for path, report in self.reports.items() if report.diagnostics and is_gone(path)}
        if gone:
            self._dropped |= gone
            self._show({path: report.diagnostics for path, report in self.reports.items()})
            self.changed()

    def _show(self, diagnostics: Mapping[str, list[types.Diagnostic]]) -> None:
        before, self.reports = self.reports, {}
        for path, file_diagnostics in diagnostics.items():
            if path not in self._dropped:
                report = before.get(path)
                is_same = report is not None and report.diagnostics == file_diagnostics
                self.reports[path] = (
                    report if report and is_same else FileReport(str(next(self._result_ids)), file_diagnostics)
                )
        if not self.pulls:
            self._publish()
        elif self.pulled is not None and self.pulled != self.reports:
            self._session.sink.refresh()

    def _publish(self) -> None:
        """Send what differs from what was sent."""
        hidden = {document.path for document in self._session.documents.values()}
        before = self._published
        self._published = {
            path: report for path, report in self.reports.items() if report.diagnostics and path not in hidden
        }
        for path in before.keys() - self._published.keys():
            self._session.sink.publish(uri_of(path), [])
        for path, report in self._published.items():
            if before.get(path) != report:
                self._session.sink.publish(uri_of(path), report.diagnostics)


# --- the check, in a thread -------------------------------------------------------------------------------------------


class Context(NamedTuple):
    """The input of a check.

    ``effective_settings`` reads the settings of the user. ``look_up`` looks names up; ``refresh``, its second argument,
    ignores cached results. ``failed`` are recent failures, which are not tried again. ``private`` are directories and
    the name patterns that open documents declare private below them. ``on_progress`` takes the number of completed
    and of all lookups; it raises to cancel the check.
    """

    effective_settings: Callable[[], EffectiveSettings]
    look_up: Callable[[Sequence[Query], bool], IndexResults]
    refresh: bool
    failed: IndexResults
    private: PrivateNames
    client: ClientFeatures
    on_progress: Callable[[int, int], None]


class WorkspaceResult(NamedTuple):
    """The outcome of a check.

    ``diagnostics`` are keyed by absolute path and include clean files; ``unused`` are the findings about unused
    ignores, by the absolute path of their configuration. ``unread`` are directories whose files were not checked
    because their configuration is invalid.
    """

    diagnostics: Mapping[str, list[types.Diagnostic]]
    unused: Mapping[str, tuple[Finding, ...]]
    results: IndexResults
    report: Report
    unread: frozenset[str]

    def is_unchecked(self, path: str) -> bool:
        """Return True if the file at the absolute ``path`` exists and could not be checked."""
        is_unread = path not in self.diagnostics and any(is_inside(path, directory) for directory in self.unread)
        return is_unread and os.path.lexists(path)


def check_folders(folders: Sequence[str], context: Context) -> WorkspaceResult:
    """Check all dependency files below ``folders``; a file in nested folders belongs to the innermost one."""
    settings = run_settings()
    unread: set[str] = set()
    try:
        files, unreadable, problems = _discover(folders, context, settings)
    except (ConfigError, UnreadableFileError) as error:
        unread.update(folders)
        in_settings = [os.path.join(folder, MOTHBALL_TOML) for folder in folders]
        places = in_settings if isinstance(error, SettingsError) else [user_config_file()]
        message = f"nothing is checked: {error}"
        problems = [Problem(Severity.ERROR, message, error.help, display_path(place)) for place in places]
        files, unreadable = [], []
    plan = plan_lookups(files, settings)
    results = _look_up(plan.queries(), context)
    judged, _ = confirm_versions(plan, results, lambda queries: _look_up(queries, context), settings)
    report = build_report(judged, settings, unreadable, problems)
    for problem in report.problems:
        is_configuration = os.path.basename(problem.path) in (MOTHBALL_TOML, PYPROJECT_TOML)
        if is_configuration and problem.rule is None and problem.severity is Severity.ERROR:
            unread.add(os.path.dirname(os.path.abspath(problem.path)))
    unused: dict[str, tuple[Finding, ...]] = {}
    for finding in report.findings:
        # Only entries of a configuration have a name; comments are reported with their own file.
        if finding.rule is Rule.UNUSED_IGNORE and finding.name and finding.suppressed is None:
            path = os.path.abspath(finding.path)
            unused[path] = (*unused.get(path, ()), finding)
    diagnostics = {
        os.path.abspath(checked.path): diagnostics_of(checked, context.client) for checked in _by_file(report, files)
    }
    return WorkspaceResult(diagnostics, unused, results, report, frozenset(unread))


def _discover(
    folders: Iterable[str], context: Context, settings: RunSettings
) -> tuple[list[ResolvedFile], list[Finding], list[Problem]]:
    """Return the files, each once, the findings about those that are unreadable, and the problems."""
    # Outer folders first, so that inner ones replace what they contain.
    folders = sorted(set(folders), key=len)
    config_resolver = context.effective_settings().config_resolver(*folders)
    files: dict[str, ResolvedFile | Finding] = {}
    problems: dict[Problem, None] = {}
    for folder in folders:
        context.on_progress(0, 0)
        request = DiscoveryRequest((folder,), working_directory=folder, private=context.private)
        found = discover(request, config_resolver, settings)
        everything: list[ResolvedFile | Finding] = [*found.files, *found.unreadable]
        for file in everything:
            if file.path not in files or is_inside(os.path.abspath(file.path), folder):
                files[file.path] = file
        problems.update(dict.fromkeys(found.problems))
    readable = [file for file in files.values() if isinstance(file, ResolvedFile)]
    return readable, [finding for finding in files.values() if isinstance(finding, Finding)], list(problems)


def _look_up(queries: Iterable[Query], context: Context) -> dict[Query, IndexResult]:
    queries = list(queries)
    results = {query: context.failed[query] for query in queries if query in context.failed}
    wanted = [query for query in queries if query not in results]

    def look_up(queries: Sequence[Query], *, refresh: bool) -> None:
        for start in range(0, len(queries), _BATCH):
            context.on_progress(start, len(queries))
            results.update(context.look_up(queries[start : start + _BATCH], refresh))

    look_up(wanted, refresh=context.refresh)
    # An index that states a status for any name states one for all (PEP 792); by now the cache knows which do.
    look_up([query for query, result in results.items() if isinstance(result, StatusNotStated)], refresh=False)
    return results


def _by_file(report: Report, files: Iterable[ResolvedFile]) -> Iterator[Checked]:
    """Yield each file with its part of the report: dependency files, configurations and files that cannot be used."""
    findings = _grouped(
        (path, finding)
        for finding in report.findings
        for path in dict.fromkeys((finding.path, *(place.path for place in finding.related_locations)))
    )
    problems = _grouped((problem.path, problem) for problem in report.problems if problem.severity is Severity.ERROR)
    items = _grouped((item.path, item) for item in report.dependencies)
    manifests = _grouped((file.project, file) for file in files if not is_lock(file.document))
    known = {file.path: file for file in files}
    # Findings without a path are about an index.
    of_indexes = findings.pop("", [])
    problems.pop("", None)
    for path in dict.fromkeys((*known, *findings, *problems)):
        parsed = known.get(path)
        context = manifests[parsed.project] if parsed is not None and is_lock(parsed.document) else []
        part = Report(
            tuple(item for each in (path, *(file.path for file in context)) for item in items[each]),
            (*of_indexes, *findings[path]),
            tuple(problems[path]),
            report.summary,
        )
        text = text_at(path) if parsed is None else parsed.text
        yield Checked(text, path, None, parsed, tuple(context), part)


def _grouped(pairs: Iterable[tuple[str, _Item]]) -> defaultdict[str, list[_Item]]:
    groups: defaultdict[str, list[_Item]] = defaultdict(list)
    for key, item in pairs:
        groups[key].append(item)
    return groups
