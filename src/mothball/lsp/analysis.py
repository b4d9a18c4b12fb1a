"""Check the text of a document; may run in any thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.check.inputs import LookUp, ResolvedFile
from mothball.check.pipeline import build_report
from mothball.check.policy import confirmed_results
from mothball.lsp.convert import DiagnosticOptions, diagnostics_of
from mothball.lsp.documents import Checked
from mothball.lsp.open_text import DocumentContext, LastValid, Parsed, Unsaved, parse_open, run_settings
from mothball.model.records import NamedTuple
from mothball.model.results import Finding, Problem, Severity
from mothball.repository.files import display_path


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
    unsaved: Unsaved
    unused: tuple[Finding, ...]
    valid: LastValid | None


class AnalysisResult(NamedTuple):
    """The result of a check."""

    parsed: Parsed | None
    checked: Checked
    diagnostics: list[types.Diagnostic]


def analyze(task: AnalysisTask, results: LookUp) -> AnalysisResult:
    """Check a text with the lookup results that ``results`` returns."""
    text, context, parsed, unsaved = task.text, task.context, task.parsed, task.unsaved
    if parsed is None or parsed.text != text or parsed.context is not context or parsed.unsaved != unsaved:
        parsed = parse_open(text, context, unsaved, task.valid)
    path = display_path(context.path)
    if parsed.file is None:
        checked = Checked(text, path, task.version, problems=context.problems, unreadable=context.unreadable)
    else:
        plan, settings = parsed.plan, run_settings()
        queries = plan.queries()
        found, again = confirmed_results(plan, results(queries), results, settings)
        checked = Checked(
            text,
            path,
            task.version,
            parsed.file,
            parsed.manifests,
            build_report(plan, found, settings),
            (*queries, *again),
            context.problems,
            context.unreadable,
            tuple(_relocated(task.unused, parsed.file)),
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
    checked = Checked(text, display_path(path), version, problems=(problem,))
    return AnalysisResult(None, checked, diagnostics_of(checked, options))
