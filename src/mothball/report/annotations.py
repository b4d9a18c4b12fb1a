"""The report as annotations of a change: workflow commands of GitHub Actions, and Code Quality of GitLab.

A workflow command is a line ``::LEVEL PROPERTY=VALUE,...::MESSAGE``. Names, paths and reasons are escaped, so that they
cannot end the command or start another one.

GitLab's widget reads a JSON array in the reduced Code Climate format that GitLab documents. Suppressed findings are
left out: the format has no field for them. A finding without a file, such as one about an index, is shown at the first
dependency that it concerns.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

from mothball.model.document import Location
from mothball.model.results import Finding, Problem, Report, Severity, Skipped
from mothball.model.sanitize import one_line
from mothball.report.json import json_text
from mothball.report.text import summary_line

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice", Severity.OFF: "debug"}
# The percent sign is escaped first, because the other escapes contain it.
_IN_MESSAGE = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTY = (*_IN_MESSAGE, (":", "%3A"), (",", "%2C"))
_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info", Severity.OFF: "info"}
_PROBLEM = "problem"

_Place = tuple[str, int]


# --- GitHub -----------------------------------------------------------------------------------------------------------


def render_github(report: Report, *, quiet: bool = False) -> str:
    """Return the report as workflow commands, one per line, then the summary unless ``quiet``.

    Suppressed findings are only counted in the summary.
    """
    lines = [_finding_command(finding) for finding in report.findings if finding.suppressed is None]
    lines += [_problem_command(problem) for problem in report.problems]
    lines += [] if quiet else [summary_line(report)]
    return "".join(f"{line}\n" for line in lines)


def _finding_command(finding: Finding) -> str:
    position = _position(finding.location) if finding.location else []
    title = ("title", f"mothball: {finding.rule}")
    return _command(finding.severity, [*_file(finding.path), *position, title], finding.full_message(), finding.help)


def _problem_command(problem: Problem) -> str:
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


# --- GitLab -----------------------------------------------------------------------------------------------------------


def render_gitlab(report: Report) -> str:
    """Return the report as a JSON array: indented, ASCII only."""
    occurrences: Counter[str] = Counter()
    issues = [_finding_issue(finding, report, occurrences) for finding in report.findings if finding.suppressed is None]
    issues += [_problem_issue(problem, report, occurrences) for problem in report.problems]
    return json_text(issues)


def _finding_issue(finding: Finding, report: Report, occurrences: Counter[str]) -> dict[str, Any]:
    line = finding.location.start.line if finding.location else 1
    place = (finding.path, line) if finding.path else _place_of(finding.index_url, report)
    subject = finding.name or finding.index_url or finding.message
    text = f"{finding.full_message()}. {_sentence(finding.help)}" if finding.help else finding.full_message()
    return _issue((finding.rule, subject), finding.severity, text, place, occurrences)


def _problem_issue(problem: Problem, report: Report, occurrences: Counter[str]) -> dict[str, Any]:
    line = problem.position.line if problem.position else 1
    place = (problem.path, line) if problem.path else _place_of(problem.index_url, report)
    message, help_text = one_line(problem.message), one_line(problem.help)
    text = f"{message}. {_sentence(help_text)}" if help_text else message
    return _issue((problem.rule or _PROBLEM, message), problem.severity, text, place, occurrences)


def _issue(
    about: tuple[str, str], severity: Severity, text: str, place: _Place, occurrences: Counter[str]
) -> dict[str, Any]:
    """Return one entry of the array; ``about`` is the rule and what violates it.

    ``occurrences`` counts the entries with the same rule, path and subject.

    GitLab compares the fingerprints of two branches to distinguish new findings from old ones. It therefore
    contains neither line nor message, which change without a change of the finding.
    """
    (rule, subject), (path, line) = about, place
    identity = f"{rule}\0{path}\0{subject}"
    occurrences[identity] += 1
    digest = hashlib.sha256(f"{identity}\0{occurrences[identity]}".encode("utf-8", "surrogatepass"))
    return {
        "description": text,
        "check_name": f"mothball/{rule}",
        "fingerprint": digest.hexdigest(),
        "severity": _SEVERITIES[severity],
        "location": {
            "path": one_line(path, len(path) + 1),
            "lines": {"begin": line},
        },
    }


def _place_of(index_url: str, report: Report) -> _Place:
    """Return path and line of the first dependency looked up on ``index_url``, else of the first dependency."""
    first = None
    for checked in report.dependencies:
        first = first or checked
        lookup = checked.lookup
        if index_url and not isinstance(lookup, Skipped) and lookup.origin.index_url == index_url:
            first = checked
            break
    return (first.path, first.location.start.line) if first else (".", 1)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
