"""Workflow commands of GitHub Actions: each finding becomes an annotation.

A command is a line ``::LEVEL PROPERTY=VALUE,...::MESSAGE``. Names, paths and reasons are escaped, so that they cannot
end the command or start another one.
"""

from __future__ import annotations

from collections.abc import Iterable

from mothball.model.document import Location
from mothball.model.results import Finding, Problem, Report, Severity
from mothball.model.sanitize import one_line
from mothball.report.text import summary_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice", Severity.OFF: "debug"}
# The percent sign is escaped first, because the other escapes contain it.
_IN_MESSAGE = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTY = (*_IN_MESSAGE, (":", "%3A"), (",", "%2C"))


def render_github(report: Report, *, quiet: bool = False) -> str:
    """Return the report as workflow commands, one per line, then the summary unless ``quiet``.

    Suppressed findings are only counted in the summary.
    """
    lines = [_finding(finding) for finding in report.findings if finding.suppressed is None]
    lines += [_problem(problem) for problem in report.problems]
    lines += [] if quiet else [summary_line(report)]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    position = _position(finding.location) if finding.location else []
    title = ("title", f"mothball: {finding.rule}")
    return _command(finding.severity, [*_file(finding.path), *position, title], finding.full_message(), finding.help)


def _problem(problem: Problem) -> str:
    start = problem.position
    position = [("line", str(start.line)), ("col", str(start.column))] if start else []
    properties = [*_file(problem.path), *position, ("title", "mothball")]
    return _command(problem.severity, properties, one_line(problem.message), one_line(problem.help))


def _file(path: str) -> list[tuple[str, str]]:
    # The prefix keeps leading colons of the path: they would be removed at the beginning of a line.
    return [("file", one_line(f"/{path}", len(path) + 1)[1:])] if path else []


def _position(location: Location) -> list[tuple[str, str]]:
    start, end = location.start, location.end
    fields = [("line", start.line), ("endLine", end.line), ("col", start.column), ("endColumn", end.column)]
    return [(name, str(number)) for name, number in fields]


def _command(severity: Severity, properties: Iterable[tuple[str, str]], message: str, help_text: str) -> str:
    joined = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties)
    text = f"{message}\n{help_text}" if help_text else message
    return f"::{_LEVELS[severity]} {joined}::{_escaped(text, _IN_MESSAGE)}"


def _escaped(text: str, escapes: Iterable[tuple[str, str]]) -> str:
    for character, escape in escapes:
        text = text.replace(character, escape)
    return text
