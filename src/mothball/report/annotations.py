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
from collections.abc import Iterable, Mapping
from typing import Any

from mothball.model.document import Position
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


# --- GitHub -----------------------------------------------------------------------------------------------------------


def render_github(report: Report, *, quiet: bool = False) -> str:
    """Return the report as workflow commands, one per line, then the summary unless ``quiet``.

    Suppressed findings are only counted in the summary.
    """
    lines = [*map(_finding_command, report.active), *map(_problem_command, report.problems)]
    return "".join(f"{line}\n" for line in (lines if quiet else [*lines, summary_line(report)]))


def _finding_command(finding: Finding) -> str:
    position = {}
    if finding.location:
        _, start, end, _ = finding.location
        position = {"line": start.line, "endLine": end.line, "col": start.column, "endColumn": end.column}
    properties = {**_file(finding.path), **position, "title": f"mothball: {finding.rule}"}
    return _command(finding.severity, properties, finding.full_message(), finding.help)


def _problem_command(problem: Problem) -> str:
    position = {"line": problem.position.line, "col": problem.position.column} if problem.position else {}
    properties = {**_file(problem.path), **position, "title": "mothball"}
    return _command(problem.severity, properties, one_line(problem.message), one_line(problem.help))


def _file(path: str) -> dict[str, str]:
    # The prefix keeps leading colons of the path: they would be removed at the beginning of a line.
    return {"file": one_line(f"/{path}", len(path) + 1)[1:]} if path else {}


def _command(severity: Severity, properties: Mapping[str, object], message: str, help_text: str) -> str:
    joined = ",".join(f"{name}={_escaped(str(value), _IN_PROPERTY)}" for name, value in properties.items())
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
    issues = [_finding_issue(finding, report, occurrences) for finding in report.active]
    issues += [_problem_issue(problem, report, occurrences) for problem in report.problems]
    return json_text(issues)


def _finding_issue(finding: Finding, report: Report, occurrences: Counter[str]) -> dict[str, Any]:
    place = _place_of(finding, finding.location.start if finding.location else None, report)
    subject = finding.name or finding.index_url or finding.message
    text = _sentences(finding.full_message(), finding.help)
    return _issue((finding.rule, subject), finding.severity, text, place, occurrences)


def _problem_issue(problem: Problem, report: Report, occurrences: Counter[str]) -> dict[str, Any]:
    message = one_line(problem.message)
    text = _sentences(message, one_line(problem.help))
    place = _place_of(problem, problem.position, report)
    return _issue((problem.rule or _PROBLEM, message), problem.severity, text, place, occurrences)


def _issue(
    about: tuple[str, str], severity: Severity, text: str, place: tuple[str, int], occurrences: Counter[str]
) -> dict[str, Any]:
    """Return one entry of the array; ``about`` is the rule and what violates it, ``occurrences`` counts equal entries.

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
        "location": {"path": one_line(path, len(path) + 1), "lines": {"begin": line}},
    }


def _place_of(about: Finding | Problem, start: Position | None, report: Report) -> tuple[str, int]:
    """Return path and line, without a path those of the first dependency looked up on its index, else of the first."""
    if about.path:
        return about.path, start.line if start else 1
    of_index = (
        checked
        for checked in report.dependencies
        if not isinstance(checked.lookup, Skipped) and checked.lookup.origin.index_url == about.index_url
    )
    first = next(of_index if about.index_url else iter(()), None) or next(iter(report.dependencies), None)
    return (first.path, first.location.start.line) if first else (".", 1)


def _sentences(message: str, help_text: str) -> str:
    return f"{message}. {help_text[0].upper()}{help_text[1:]}" if help_text else message
