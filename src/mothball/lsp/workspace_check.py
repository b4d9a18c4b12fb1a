"""Check all dependency files of the workspace, as ``mothball check`` does. Runs in a thread and may block."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.check.inputs import ResolvedConfig, ResolvedFile, RunSettings, is_lock
from mothball.check.pipeline import build_report, plan_lookups
from mothball.check.policy import confirmed_results
from mothball.config.project import NetworkSettings, ProjectConfig
from mothball.config.user_directories import user_config_file
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.discovery.resolve import PrivateNames
from mothball.index.resolution import Query
from mothball.lsp.convert import DiagnosticOptions, diagnostics_of
from mothball.lsp.documents import Checked
from mothball.lsp.lookups import IndexResults
from mothball.lsp.open_text import run_settings
from mothball.lsp.settings import EffectiveSettings, SettingsError
from mothball.model.document import Document, ParsedFile
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import (
    CheckedDependency,
    Finding,
    IndexResult,
    Problem,
    Report,
    Rule,
    Severity,
    StatusNotStated,
)
from mothball.repository.files import DISK, display_path
from mothball.repository.paths import is_inside

# Look up this many names at a time: progress is reported, and the check can be canceled, between two batches; names of
# open documents are not queued behind the whole workspace.
_BATCH = 50


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
    options: DiagnosticOptions
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
    files: list[ResolvedFile] = []
    unreadable: list[Finding] = []
    unread: set[str] = set()
    try:
        found, problems = _discover(folders, context, settings)
    except (ConfigError, UnreadableFileError) as error:
        unread.update(folders)
        in_settings = [os.path.join(folder, MOTHBALL_TOML) for folder in folders]
        places = in_settings if isinstance(error, SettingsError) else [user_config_file()]
        message = f"nothing is checked: {error}"
        problems = [Problem(Severity.ERROR, message, error.help, display_path(place)) for place in places]
    else:
        files = [file for file in found if isinstance(file, ResolvedFile)]
        unreadable = [finding for finding in found if isinstance(finding, Finding)]
    plan = plan_lookups(files, settings)
    results = _look_up(plan.queries(), context)
    confirmed, _ = confirmed_results(plan, results, lambda queries: _look_up(queries, context), settings)
    report = build_report(plan, confirmed, settings, unreadable, problems)
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
        os.path.abspath(checked.path): diagnostics_of(checked, context.options) for checked in _by_file(report, files)
    }
    return WorkspaceResult(diagnostics, unused, results, report, frozenset(unread))


def _discover(
    folders: Iterable[str], context: Context, settings: RunSettings
) -> tuple[list[ResolvedFile | Finding], list[Problem]]:
    """Return each file once, as a finding if it is unreadable, and the problems."""
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
    return list(files.values()), list(problems)


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
    findings: dict[str, list[Finding]] = {}
    for finding in report.findings:
        for path in dict.fromkeys((finding.path, *(place.path for place in finding.related_locations))):
            findings.setdefault(path, []).append(finding)
    problems: dict[str, list[Problem]] = {}
    for problem in report.problems:
        if problem.severity is Severity.ERROR:
            problems.setdefault(problem.path, []).append(problem)
    items: dict[str, list[CheckedDependency]] = {}
    for item in report.dependencies:
        items.setdefault(item.path, []).append(item)
    manifests: dict[str, list[ResolvedFile]] = {}
    for file in files:
        if not is_lock(file.document):
            manifests.setdefault(file.project, []).append(file)
    known = {file.path: file for file in files}
    for path in dict.fromkeys((*known, *findings, *problems)):
        if not path:
            continue
        file = known.get(path) or _unparsed(path)
        context = tuple(manifests.get(file.project, ())) if is_lock(file.document) else ()
        part = Report(
            tuple(item for member in (file, *context) for item in items.get(member.path, ())),
            # Findings without a path are about an index.
            (*findings.get("", ()), *findings.get(path, ())),
            tuple(problems.get(path, ())),
            report.summary,
        )
        yield Checked(file.text, path, None, file, context, part)


def _unparsed(path: str) -> ResolvedFile:
    """Return a stand-in for a file with findings that is not a parsed dependency file, such as a configuration."""
    text = ""
    with suppress(UnreadableFileError):
        text = DISK.read_utf8(path)
    parsed = ParsedFile(os.path.abspath(path), "", text, Document(""))
    return ResolvedFile(path, parsed, ResolvedConfig("", "", ProjectConfig(), NetworkSettings()))
