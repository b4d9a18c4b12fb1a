"""The report as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), for code scanning.

Findings in files are results, including suppressed ones with their suppression. Other findings and problems, about an
index or the cache, are notifications of the run, because code scanning rejects results without a location.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from mothball import __version__
from mothball.check.inputs import SeverityPolicy
from mothball.check.policy import severity_of
from mothball.model.document import Location, Position
from mothball.model.results import Finding, Problem, Report, Rule, Severity, Suppression
from mothball.model.sanitize import one_line
from mothball.report.json import json_text

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# The base of relative paths, resolved by the consumer.
_BASE = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note", Severity.OFF: "none"}
_KINDS = {"comment": "inSource", "config": "external"}
_RULES = tuple(Rule)


def render_sarif(report: Report, rule_page: Callable[[Rule], str]) -> str:
    """Return the report as a SARIF log: indented, ASCII only. ``rule_page`` returns the Markdown page of a rule."""
    run = {
        "tool": {
            "driver": {
                "name": "mothball",
                "version": __version__,
                "rules": [_rule(rule, rule_page(rule)) for rule in _RULES],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(finding) for finding in report.findings if finding.path],
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule, page: str) -> dict[str, Any]:
    # A page starts with a heading and a summary sentence. There is no `helpUri`: the project has no public website.
    summary = page.split("\n\n")[1].replace("\n", " ")
    return {
        "id": rule,
        "shortDescription": {"text": summary},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": _LEVELS[severity_of(rule, SeverityPolicy({}))]},
        "properties": {"tags": ["dependencies", "supply-chain"]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    finding_location = finding.location
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": _RULES.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(finding.full_message())},
        "locations": [_location(finding.path, finding_location.start if finding_location else None, finding_location)],
        # If one result has this property, all must have it.
        "suppressions": [_suppression(finding.suppressed)] if finding.suppressed else [],
        "properties": {
            "help": finding.help,
            **({"project": one_line(finding.name)} if finding.name else {}),
            **({"successor": finding.successor} if finding.successor else {}),
        },
    }
    if finding.related_locations:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": "also locked here"},
                **_location(location.path, location.start, location),
            }
            for number, location in enumerate(finding.related_locations, 1)
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
    locations = {"locations": [_location(problem.path, problem.position)]} if problem.path else {}
    return {"level": _LEVELS[problem.severity], "message": {"text": _text(text)}, **locations}


def _location(path: str, start: Position | None, location: Location | None = None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(path)}
    if start is not None:
        physical["region"] = {"startLine": start.line, "startColumn": start.column}
    if location is not None:
        physical["region"] |= {"endLine": location.end.line, "endColumn": location.end.column}
    return {"physicalLocation": physical}


def _artifact(path: str) -> dict[str, str]:
    """Return a path (relative with forward slashes, or absolute, with any bytes) as a URI (RFC 3986)."""
    if path.startswith("../"):  # above the base, where a reference cannot lead
        path = os.path.abspath(path).replace(os.sep, "/")
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # not a valid path on this system
        data = path.encode("utf-8", "replace")
    # Colons are encoded too: the text before the first one would be parsed as a scheme.
    encoded = quote(data, safe="/~")
    if path.startswith("/"):
        return {"uri": f"file://{encoded}"}
    if path[1:3] == ":/":
        return {"uri": f"file:///{path[0]}:{encoded[4:]}"}
    return {"uri": encoded, "uriBaseId": _BASE}


def _text(text: str) -> str:
    """Escape text as a SARIF message string without placeholders and links (SARIF 3.11.5, 3.11.6)."""
    for character in "\\[]":
        text = text.replace(character, f"\\{character}")
    return text.replace("{", "{{").replace("}", "}}")
