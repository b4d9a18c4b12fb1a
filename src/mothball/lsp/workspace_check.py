"""The check of the workspace, as ``mothball check`` does it. Blocks, and may run in any thread."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

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
from mothball.lsp.convert import diagnostics_of
from mothball.lsp.file_context import text_at
from mothball.lsp.open_text import Checked, run_settings
from mothball.lsp.settings import EffectiveSettings, SettingsError
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import Finding, IndexResult, Problem, Report, Rule, Severity, StatusNotStated
from mothball.repository.files import display_path
from mothball.repository.paths import is_inside

# Look up this many names at a time: progress is reported, and the check can be canceled, between two batches; names of
# open documents are not queued behind the whole workspace.
_BATCH = 50
_Item = TypeVar("_Item")


class Context(NamedTuple):
    """The input of a check.

    ``effective_settings`` reads the settings of the user. ``look_up`` looks names up; its argument ``refresh`` ignores
    cached results. ``failed`` are recent failures, which are not tried again. ``private`` are directories and the name
    patterns that open documents declare private below them. ``on_progress`` takes the number of completed and of all
    lookups; it raises to cancel the check.
    """

    effective_settings: Callable[[], EffectiveSettings]
    look_up: Callable[..., IndexResults]
    refresh: bool
    failed: IndexResults
    private: PrivateNames
    client: ClientFeatures
    on_progress: Callable[[int, int], None]


class FileReport(NamedTuple):
    """The diagnostics of a file; ``result_id`` changes with them."""

    result_id: str
    diagnostics: list[types.Diagnostic]


class WorkspaceResult(NamedTuple):
    """The outcome of a check.

    ``reports`` are keyed by absolute path and include clean files; ``unused`` are the findings about unused
    ignores, by the absolute path of their configuration. ``unread`` are directories whose files were not checked
    because their configuration is invalid.
    """

    reports: Mapping[str, FileReport]
    unused: Mapping[str, tuple[Finding, ...]]
    results: IndexResults
    report: Report
    unread: frozenset[str]

    def is_unchecked(self, path: str) -> bool:
        """Return True if the file at the absolute ``path`` exists and could not be checked."""
        is_unread = path not in self.reports and any(is_inside(path, directory) for directory in self.unread)
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
    reports = {}
    for checked in _by_file(report, files):
        diagnostics = diagnostics_of(checked, context.client)
        digest = hashlib.sha256(repr(diagnostics).encode("utf-8", "surrogatepass")).hexdigest()
        reports[os.path.abspath(checked.path)] = FileReport(digest, diagnostics)
    return WorkspaceResult(reports, unused, results, report, frozenset(unread))


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
            results.update(context.look_up(queries[start : start + _BATCH], refresh=refresh))

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
