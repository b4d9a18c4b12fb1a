"""Work on one document that may run in any thread: read its files, and check its text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.check.inputs import LookUp, ResolvedFile
from mothball.check.pipeline import build_report, plan_lookups
from mothball.check.policy import confirmed_results
from mothball.config.project import UserConfig
from mothball.config.user_directories import user_config_file
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.index.resolution import Query
from mothball.lsp.diagnostics import DiagnosticOptions, diagnostics_of
from mothball.lsp.documents import Checked, Parsed
from mothball.lsp.effective_settings import EffectiveSettings, SettingsError, run_settings
from mothball.lsp.last_valid import LastValid
from mothball.lsp.lookups import IndexResults
from mothball.lsp.open_document import DocumentContext, read_file_context, read_open
from mothball.lsp.unsaved import NOTHING_UNSAVED, Unsaved
from mothball.model.errors import ConfigError, UnreadableFileError
from mothball.model.records import NamedTuple
from mothball.model.results import Finding, Problem, Report, Severity
from mothball.repository.files import display_path


class AnalysisRequest(NamedTuple):
    """The document to read files for: absolute path, format, editor text and workspace folder.

    ``valid`` is the unchanged part of the last valid parse.
    """

    path: str
    format: str
    text: str
    folder: str | None
    valid: LastValid | None = None


class FileState(NamedTuple):
    """The result of reading from disk: the parsed text with its context, and the cached results of its names."""

    parsed: Parsed
    cached: IndexResults


class AnalysisTask(NamedTuple):
    """The text to check; ``parsed`` is the previous parse, possibly of another text.

    ``unsaved`` is the state of other editor texts. ``unused`` are the unused ignores found by the last workspace check,
    if the document is a configuration file. ``valid`` is the unchanged part of the last valid parse.
    """

    text: str
    version: int | None
    context: DocumentContext
    parsed: Parsed | None
    options: DiagnosticOptions
    unsaved: Unsaved = NOTHING_UNSAVED
    unused: tuple[Finding, ...] = ()
    valid: LastValid | None = None


class AnalysisResult(NamedTuple):
    """The result of a check."""

    parsed: Parsed | None
    checked: Checked
    diagnostics: list[types.Diagnostic]


def read_file_state(
    request: AnalysisRequest, effective_settings: Callable[[], EffectiveSettings], cached: LookUp
) -> FileState:
    """Read the files that a document depends on, and the cached results of its names."""
    path, file_format, text, folder, valid = request
    try:
        context = read_file_context(path, file_format, folder, effective_settings().config_resolver())
    except (ConfigError, UnreadableFileError) as error:
        # Private names are unknown, so nothing is looked up.
        context = read_file_context(
            path, file_format, folder, ConfigResolver(ConfigResolverSettings(today=""), UserConfig())
        )
        place = "" if isinstance(error, SettingsError) else display_path(user_config_file())
        problem = Problem(Severity.ERROR, f"nothing is checked: {error}", error.help, place)
        context = context._replace(saved=None, problems=(problem,))
    if context.saved is not None and context.saved.text == text:
        text = context.saved.text  # a lock may have some MB: keep one copy
    parsed = _parse(text, context, NOTHING_UNSAVED, valid)
    queries = parsed.plan.queries()
    return FileState(parsed, cached(queries) if queries else {})


def _parse(text: str, context: DocumentContext, unsaved: Unsaved, valid: LastValid | None) -> Parsed:
    opened = read_open(text, context, unsaved, valid)
    plan = plan_lookups(opened.files() if opened else (), run_settings())
    return Parsed(context, text, opened, unsaved, plan)


def analyze(task: AnalysisTask, results: LookUp) -> AnalysisResult:
    """Check a text with the lookup results that ``results`` returns."""
    text, context, parsed, unsaved = task.text, task.context, task.parsed, task.unsaved
    if parsed is None or parsed.text != text or parsed.context is not context or parsed.unsaved != unsaved:
        parsed = _parse(text, context, unsaved, task.valid)
    report: Report | None = None
    queries: tuple[Query, ...] = ()
    if parsed.opened is not None:
        plan = parsed.plan
        queries = plan.queries()
        found, again = confirmed_results(plan, results(queries), results, run_settings())
        queries = (*queries, *again)
        report = build_report(plan, found, run_settings())
    if report is not None and parsed.opened is not None and task.unused:
        remaining = _relocated(task.unused, parsed.opened.file)
        report = report._replace(findings=(*report.findings, *remaining))
    checked = Checked(
        text,
        display_path(context.path),
        task.version,
        parsed.opened,
        report,
        queries,
        context.problems,
        context.unreadable,
    )
    return AnalysisResult(parsed, checked, diagnostics_of(checked, task.options))


def _relocated(unused: Iterable[Finding], configuration: ResolvedFile) -> Iterator[Finding]:
    """Yield findings about ignores that are still in the text, with their current location."""
    locations = configuration.resolved_config.ignore_locations
    for finding in unused:
        location = locations.get(finding.name or "")
        if finding.path == configuration.path and location is not None:
            yield finding._replace(location=location)


def failed_result(path: str, text: str, version: int | None, options: DiagnosticOptions) -> AnalysisResult:
    """Return a result that reports an internal error: a bug must not look like a clean file."""
    help_text = "report this bug in mothball; the server log has the traceback"
    problem = Problem(Severity.ERROR, "not checked: internal error in mothball", help_text)
    checked = Checked(text, display_path(path), version, None, None, (), (problem,))
    return AnalysisResult(None, checked, diagnostics_of(checked, options))
