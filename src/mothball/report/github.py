"""Workflow commands of GitHub Actions: each finding becomes an annotation of its line.

A command is a line ``::LEVEL PROPERTY=VALUE,...::MESSAGE``. What stands in it is escaped, so that no name, path or
reason ends it or begins another.
"""

from __future__ import annotations

from collections.abc import Iterable

from mothball.model.document import Location
from mothball.model.findings import Finding, Problem, Report, Severity
from mothball.model.sanitize import one_line
from mothball.report.concise import summary_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice", Severity.OFF: "debug"}
# The percent sign first: it is what the others become.
_IN_MESSAGE = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTY = (*_IN_MESSAGE, (":", "%3A"), (",", "%2C"))


def render_github(report: Report, *, quiet: bool = False) -> str:
    """Return the report as workflow commands, one a line, and the summary last unless ``quiet``.

    Suppressed findings are left out; the summary counts them.
    """
    lines = [_finding(finding) for finding in report.findings if finding.suppressed is None]
    lines += [_problem(problem) for problem in report.problems]
    lines += [] if quiet else [summary_line(report)]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    place = _place(finding.location) if finding.location else []
    title = ("title", f"mothball: {finding.rule}")
    return _command(finding.severity, [*_file(finding.path), *place, title], finding.full_message(), finding.help)


def _problem(problem: Problem) -> str:
    position = problem.position
    place = [("line", str(position.line)), ("col", str(position.column))] if position else []
    properties = [*_file(problem.path), *place, ("title", "mothball")]
    return _command(problem.severity, properties, one_line(problem.message), one_line(problem.help))


def _file(path: str) -> list[tuple[str, str]]:
    # Here, no path begins a line: colons ahead of it are kept, and escaped.
    return [("file", one_line(f"/{path}", len(path) + 1)[1:])] if path else []


def _place(location: Location) -> list[tuple[str, str]]:
    start, end = location.start, location.end
    place = [("line", start.line), ("endLine", end.line), ("col", start.column), ("endColumn", end.column)]
    return [(name, str(number)) for name, number in place]


def _command(severity: Severity, properties: Iterable[tuple[str, str]], message: str, help_text: str) -> str:
    written = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties)
    text = f"{message}\n{help_text}" if help_text else message
    return f"::{_LEVELS[severity]} {written}::{_escaped(text, _IN_MESSAGE)}"


def _escaped(text: str, escapes: Iterable[tuple[str, str]]) -> str:
    for character, escape in escapes:
        text = text.replace(character, escape)
    return text
