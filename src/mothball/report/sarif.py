"""The report for code scanning: SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format").

A finding that belongs to a file is a result, also a suppressed one, with what suppressed it. What belongs to none, an
index that states nothing or a cache that cannot be used, is a notification of the run: those who take SARIF in refuse
results without a place.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from mothball import __version__
from mothball.check.policy import SeverityPolicy, severity_of
from mothball.model.document import Location, Position
from mothball.model.findings import Finding, Problem, Report, Rule, Severity, Suppression
from mothball.model.project_urls import PROJECT_URL, rule_url
from mothball.model.sanitize import escape_log_commands, one_line

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Where relative paths begin: whoever takes the file in knows where the sources are.
_BASE = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note", Severity.OFF: "none"}
_KINDS = {"comment": "inSource", "config": "external"}
_RULES = tuple(Rule)


def render_sarif(report: Report, page_of: Callable[[Rule], str]) -> str:
    """Return the report as one SARIF log, indented, pure ASCII; ``page_of`` gives the Markdown page of a rule."""
    run = {
        "tool": {
            "driver": {
                "name": "mothball",
                "version": __version__,
                "informationUri": PROJECT_URL,
                "rules": [_rule(rule, page_of(rule)) for rule in _RULES],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(finding) for finding in report.findings if finding.path],
    }
    return escape_log_commands(json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)) + "\n"


def _rule(rule: Rule, page: str) -> dict[str, Any]:
    # A page is a heading, a sentence that sums it up, and the rest.
    summary = page.split("\n\n")[1].replace("\n", " ")
    return {
        "id": rule,
        "shortDescription": {"text": summary},
        "help": {"text": page, "markdown": page},
        "helpUri": rule_url(rule),
        "defaultConfiguration": {"level": _LEVELS[severity_of(rule, SeverityPolicy({}))]},
        "properties": {"tags": ["dependencies", "supply-chain"]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    location = finding.location
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": _RULES.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(finding.full_message())},
        "locations": [_location(finding.path, location.start if location else None, location)],
        # Once one result says whether it is suppressed, all must.
        "suppressions": [_suppression(finding.suppressed)] if finding.suppressed else [],
        "properties": {"help": finding.help, **({"project": one_line(finding.name)} if finding.name else {})},
    }
    if finding.related_locations:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": "recorded here as well"}, **_location(place.path, place.start, place)}
            for number, place in enumerate(finding.related_locations, 1)
        ]
    return result


def _suppression(suppressed: Suppression) -> dict[str, Any]:
    justification = one_line(suppressed.reason)
    return {"kind": _KINDS[suppressed.kind], **({"justification": justification} if justification else {})}


def _invocation(report: Report) -> dict[str, Any]:
    problems = [_notification(problem) for problem in report.problems]
    problems += [
        {
            "level": _LEVELS[finding.severity],
            "message": {"text": _text(finding.full_message())},
            "associatedRule": {"id": finding.rule, "index": _RULES.index(finding.rule)},
        }
        for finding in report.findings
        if not finding.path
    ]
    failed = any(problem.severity is Severity.ERROR for problem in report.problems)
    return {"executionSuccessful": not failed, "toolExecutionNotifications": problems}


def _notification(problem: Problem) -> dict[str, Any]:
    text = " ".join(filter(None, (one_line(problem.message), one_line(problem.help))))
    place = {"locations": [_location(problem.path, problem.position)]} if problem.path else {}
    return {"level": _LEVELS[problem.severity], "message": {"text": _text(text)}, **place}


def _location(path: str, start: Position | None, location: Location | None = None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(path)}
    if start is not None:
        physical["region"] = {"startLine": start.line, "startColumn": start.column}
    if location is not None:
        physical["region"] |= {"endLine": location.end.line, "endColumn": location.end.column}
    return {"physicalLocation": physical}


def _artifact(path: str) -> dict[str, str]:
    """Return a path, relative with forward slashes or absolute, as a URI (RFC 3986); it may hold any bytes."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no path of this system
        data = path.encode("utf-8", "replace")
    # A colon, too, is encoded: what stands before the first one would be a scheme.
    encoded = quote(data, safe="/~")
    if path.startswith("/"):
        return {"uri": f"file://{encoded}"}
    if path[1:3] == ":/":
        return {"uri": f"file:///{path[0]}:{encoded[4:]}"}
    return {"uri": encoded, "uriBaseId": _BASE}


def _text(text: str) -> str:
    """Return foreign words as a message string: no placeholder or link is in it (3.11.5, 3.11.6)."""
    for character in "\\[]":
        text = text.replace(character, f"\\{character}")
    return text.replace("{", "{{").replace("}", "}}")
