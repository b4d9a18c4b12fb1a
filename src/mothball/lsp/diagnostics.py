"""Convert the result of a check to the diagnostics of a document."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from lsprotocol import types

from mothball.check.messages import skipped_text
from mothball.lsp.client import ClientFeatures
from mothball.lsp.convert import SOURCE, Positions, rule_uri, severity_of, uri_of
from mothball.lsp.documents import Checked, is_reported
from mothball.lsp.lookups import PENDING
from mothball.model.document import Location
from mothball.model.records import NamedTuple
from mothball.model.results import (
    Cause,
    CheckedDependency,
    Finding,
    Problem,
    Rule,
    Severity,
    Skipped,
    StatusNotStated,
    Unavailable,
)
from mothball.model.sanitize import join_names, one_line


class DiagnosticOptions(NamedTuple):
    """The options of the conversion: the client's features and the `deprecatedTag` setting."""

    client: ClientFeatures
    deprecated_tag: bool = False


def diagnostics_of(checked: Checked, options: DiagnosticOptions) -> list[types.Diagnostic]:
    """Return the diagnostics of a document, in the order of its lines."""
    if checked.opened is None or checked.report is None:
        return _Converter(checked, options).general_diagnostics()
    return _Converter(checked, options).diagnostics()


class _Converter:
    """Converts the result of one check."""

    def __init__(self, checked: Checked, options: DiagnosticOptions) -> None:
        self._checked = checked
        self._diagnostic_options = options
        self._positions = Positions(checked.text, options.client.encoding)
        self._items = checked.dependencies()
        # Transitive dependencies by location; computed at the first access.
        self._transitive_items: dict[Location, CheckedDependency] | None = None

    def diagnostics(self) -> list[types.Diagnostic]:
        """Return all diagnostics: those of the whole document first, then in the order of its lines."""
        unknown: dict[tuple[str, Cause | None] | Skipped, list[Finding]] = {}
        diagnostics: list[types.Diagnostic] = []
        for finding in filter(is_reported, self._checked.findings()):
            if finding.lookup == PENDING:
                continue
            if isinstance(finding.lookup, Unavailable | Skipped):
                unknown.setdefault(_failure_of(finding.lookup), []).append(finding)
            elif finding.rule is Rule.NOT_STATED:
                diagnostics += self._not_stated(finding)
            else:
                diagnostics.append(self._finding_diagnostic(finding))
        failing = {failure[0] for failure in unknown if not isinstance(failure, Skipped)}
        general: list[Problem] = []
        stale: dict[str, Problem] = {}
        for problem in self._problems():
            if problem.index_url in failing:
                stale[problem.index_url] = problem
            else:
                general.append(problem)
        outages = []
        for failure, findings in unknown.items():
            worst = min(findings, key=lambda finding: _SEVERITIES.index(finding.severity))
            stale_problem = None if isinstance(failure, Skipped) else stale.pop(failure[0], None)
            message = self._about_this_file(_combined_message(findings, stale_problem))
            if _is_about_the_file(failure, findings):
                outages.append(self._diagnostic(worst, self._positions.top(), message))
            else:
                diagnostics.append(self._finding_diagnostic(worst, message))
        return [*self.general_diagnostics(general), *outages, *_sorted(diagnostics)]

    def general_diagnostics(self, problems: Iterable[Problem] | None = None) -> list[types.Diagnostic]:
        """Return the diagnostics of ``problems``, those of the check by default, and of an unreadable file."""
        problems = self._checked.problems if problems is None else problems
        unreadable = (
            self._diagnostic(finding, self._positions.top(), _message(finding))
            for finding in self._checked.unreadable
            if is_reported(finding)
        )
        return [*(self._problem_diagnostic(problem) for problem in dict.fromkeys(problems)), *unreadable]

    def _problems(self) -> Iterator[Problem]:
        report = self._checked.report
        yield from self._checked.problems
        yield from (
            problem for problem in (report.problems if report else ()) if problem.path in ("", self._checked.path)
        )

    def _about_this_file(self, message: str) -> str:
        """Return ``message`` with only the line of a location in this document, instead of its absolute path."""
        return message.replace(f" in {one_line(self._checked.path)}:", " in line ")

    def _not_stated(self, finding: Finding) -> Iterator[types.Diagnostic]:
        """Yield the diagnostic of an index that states no statuses, at the first name looked up there."""
        for item in self._items:
            if (
                isinstance(item.lookup, StatusNotStated)
                and one_line(item.lookup.origin.index_url, 100) in finding.message
            ):
                yield self._diagnostic(finding, self._positions.range_of(item.location), finding.message)
                return

    def _finding_diagnostic(self, finding: Finding, message: str = "") -> types.Diagnostic:
        location = finding.location
        related = []
        if finding.path != self._checked.path:
            # The finding is in the manifest; this lock records the same dependency.
            location = next(related for related in finding.related_locations if related.path == self._checked.path)
            related = self._related(finding.location, f"{finding.name} is declared here")
        elif finding.lookup is not None:
            related = self._direct_dependency(finding)
        range_ = self._positions.top() if location is None else self._positions.range_of(location)
        return self._diagnostic(finding, range_, message or _message(finding), related)

    def _direct_dependency(self, finding: Finding) -> list[types.DiagnosticRelatedInformation]:
        """Return the location of the direct dependency that requires a transitive one."""
        opened, report = self._checked.opened, self._checked.report
        if opened is None or report is None or not opened.manifests:
            return []
        if self._transitive_items is None:
            self._transitive_items = {transitive.location: transitive for transitive in self._items if transitive.via}
        item = None if finding.location is None else self._transitive_items.get(finding.location)
        if item is None:
            return []
        for dependency in report.dependencies:
            if dependency.dependency.name == item.via[0] and dependency.path != self._checked.path:
                return self._related(dependency.location, f"{finding.name} is a transitive dependency of {item.via[0]}")
        return []

    def _related(self, target: Location | None, message: str) -> list[types.DiagnosticRelatedInformation]:
        opened = self._checked.opened
        if target is None or opened is None or not self._diagnostic_options.client.related_information:
            return []
        text = next((file.text for file in opened.manifests if file.path == target.path), None)
        if text is None:
            return []
        range_ = Positions(text, self._diagnostic_options.client.encoding).range_of(target)
        location = types.Location(uri_of(os.path.abspath(target.path)), range_)
        return [types.DiagnosticRelatedInformation(location, one_line(message))]

    def _problem_diagnostic(self, problem: Problem) -> types.Diagnostic:
        """Return the diagnostic of a problem that affects the check of the document."""
        here = not problem.path or problem.path in (self._checked.path, self._checked.shown)
        range_ = self._positions.top()
        if here and problem.position is not None:
            range_ = self._positions.token(problem.position)
        message = problem.message if here else f"{_where(problem)}: {problem.message}"
        return types.Diagnostic(
            range=range_,
            message=f"{message}\n{problem.help}" if problem.help else message,
            severity=severity_of(Severity.NOTE if problem.severity is Severity.OFF else problem.severity),
            code=str(problem.rule) if problem.rule else None,
            source=SOURCE,
        )

    def _diagnostic(
        self,
        finding: Finding,
        range_: types.Range,
        message: str,
        related: list[types.DiagnosticRelatedInformation] | None = None,
    ) -> types.Diagnostic:
        client = self._diagnostic_options.client
        tagged = self._diagnostic_options.deprecated_tag and client.deprecated_tag
        return types.Diagnostic(
            range=range_,
            message=message,
            severity=severity_of(finding.severity),
            code=str(finding.rule),
            code_description=types.CodeDescription(rule_uri(finding.rule)) if client.code_description else None,
            source=SOURCE,
            tags=[types.DiagnosticTag.Deprecated] if tagged and finding.rule in _TAGGED else None,
            related_information=related or None,
        )


_TAGGED = (Rule.ARCHIVED, Rule.DEPRECATED)


def _message(finding: Finding) -> str:
    """Return the message, with the help text unless code actions offer the remedies."""
    message = finding.full_message()
    return message if finding.lookup is not None or not finding.help else f"{message}\n{finding.help}"


# An outage of an index shows as several of these causes, because names after the first failures are not tried anymore.
_WHOLE_INDEX_CAUSES = (
    Cause.UNREACHABLE,
    Cause.PROXY,
    Cause.TIMEOUT,
    Cause.DEADLINE,
    Cause.TLS,
    Cause.REFUSED_URL,
    Cause.OFFLINE,
)
# A combined diagnostic has the highest severity of its findings.
_SEVERITIES = tuple(Severity)
# List at most this many names in a combined diagnostic.
_MAX_NAMES = 5


def _failure_of(lookup: Unavailable | Skipped) -> tuple[str, Cause | None] | Skipped:
    """Return the index that failed, and the cause if it may concern only some of its pages.

    Names whose index cannot be determined are combined if they have the same reason.
    """
    if isinstance(lookup, Skipped):
        return lookup
    return lookup.origin.index_url, None if lookup.cause in _WHOLE_INDEX_CAUSES else lookup.cause


def _is_about_the_file(failure: tuple[str, Cause | None] | Skipped, findings: list[Finding]) -> bool:
    """Return True if an index failed, rather than one of its pages or an entry of the file."""
    return not isinstance(failure, Skipped) and (failure[1] is None or len(findings) > 1)


_OUTAGES = {
    Cause.UNREACHABLE: "Index unreachable",
    Cause.PROXY: "Proxy failed",
    Cause.TIMEOUT: "Index not responding",
    Cause.DEADLINE: "Index too slow",
    Cause.TLS: "No trusted connection to the index",
    Cause.REFUSED_URL: "Index URL not allowed",
    Cause.UNAUTHORIZED: "Index denied access",
    Cause.RATE_LIMITED: "Index limits requests",
    Cause.OFFLINE: "Offline",
}
_OTHER_OUTAGE = "Index failed"


def _combined_message(findings: list[Finding], stale: Problem | None) -> str:
    """Return one message for all names that could not be looked up for the same reason; the cause comes first.

    ``stale`` is the problem that stale results of this index were used, if there is one.
    """
    first = findings[0]
    names = list(dict.fromkeys(finding.name or "" for finding in findings))
    listed = join_names(names, _MAX_NAMES, 60)
    lines = [first.full_message()]
    if isinstance(first.lookup, Unavailable) and _is_about_the_file(_failure_of(first.lookup), findings):
        detail = one_line(first.lookup.detail).removeprefix("offline, and ")
        cause = f"{_OUTAGES.get(first.lookup.cause, _OTHER_OUTAGE)} ({detail})"
        number = f"{len(names)} {'dependency' if len(names) == 1 else 'dependencies'}"
        lines = [f"{cause}: {number} not checked", f"{one_line(first.lookup.origin.index_url, 100)}: {listed}"]
    elif len(names) > 1 and isinstance(first.lookup, Skipped):
        lines = [f"{len(names)} dependencies were not looked up: {skipped_text(first.lookup)} ({listed})"]
    return "\n".join(part for part in (*lines, stale.message if stale else "", first.help) if part)


def _sorted(diagnostics: list[types.Diagnostic]) -> Iterator[types.Diagnostic]:
    shown: set[tuple[object, ...]] = set()
    for diagnostic in sorted(diagnostics, key=lambda item: (item.range.start.line, item.range.start.character)):
        # A dependency of several manifests gets one diagnostic in the lock, and equal errors of a line are one.
        start = diagnostic.range.start
        column = None if diagnostic.code == Rule.UNREADABLE else start.character
        key = (start.line, column, diagnostic.code, diagnostic.message)
        if key not in shown:
            shown.add(key)
            yield diagnostic


def _where(problem: Problem) -> str:
    path = one_line(problem.path)
    return f"{path}:{problem.position.line}" if problem.position else path


def item_at(items: Iterable[CheckedDependency], offset: int, lines: range) -> CheckedDependency | None:
    """Return the dependency at ``offset``, else the only one that begins on one of ``lines`` (1-based)."""
    items = list(items)
    for item in items:
        if item.dependency.entry_span.start <= offset <= item.dependency.entry_span.end:
            return item
    on_line = [item for item in items if item.location.start.line in lines]
    return on_line[0] if len(on_line) == 1 else None
