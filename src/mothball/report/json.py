"""The report as JSON. docs/json.md documents every field; the format is versioned and tested."""

from __future__ import annotations

import json
from time import gmtime, strftime
from typing import Any, assert_never

from mothball import __version__
from mothball.model.document import Location
from mothball.model.records import NamedTuple
from mothball.model.results import (
    MAX_DETAIL,
    CheckedDependency,
    Finding,
    KnownStatus,
    LookupResult,
    Missing,
    Problem,
    Report,
    Skipped,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import escape_log_commands, one_line

VERSION = 1


class ReportOrigin(NamedTuple):
    """When and where a report was made.

    ``generated_at`` is Unix time. ``root`` is the absolute directory that relative paths start from. ``revision`` is
    the commit that was checked, or that the checked changes are based on; None without a commit.
    """

    generated_at: float
    root: str
    revision: str | None


def render_json(report: Report, origin: ReportOrigin) -> str:
    """Return the report as one JSON object: indented, keys in a fixed order, ASCII only."""
    document = {
        "version": VERSION,
        "generated_at": _utc(origin.generated_at),
        "tool": {"name": "mothball", "version": __version__},
        "root": origin.root,
        "revision": origin.revision,
        "summary": report.summary._asdict(),
        "dependencies": [_dependency(checked) for checked in report.dependencies],
        "findings": [_finding(finding) for finding in report.findings],
        "problems": [_problem(problem) for problem in report.problems],
        "unnamed": [
            {**_location_fields(entry.location.path, entry.location), "reason": entry.reason}
            for entry in report.unnamed
        ],
    }
    return json_text(document)


def json_text(document: object) -> str:
    """Return a document as JSON: indented, ASCII only, without CI log commands."""
    return escape_log_commands(json.dumps(document, indent=2)) + "\n"


def lookup_json(lookup: LookupResult) -> dict[str, Any]:
    """Return a lookup result as ``{kind, status, cause, reason, index, checked_at, source}``; missing values are null.

    ``cause`` is the ``Cause`` of a failed lookup.
    """
    status: str | None = None
    reason = ""
    match lookup:
        case KnownStatus():
            status, reason = lookup.status, one_line(lookup.reason)
        case UnrecognizedStatus():
            status, reason = one_line(lookup.marker), one_line(lookup.reason)
        case Unavailable():
            reason = one_line(lookup.detail, MAX_DETAIL)
        case Skipped():
            reason = lookup.reason
        case StatusNotStated() | Missing():
            pass
        case _:
            assert_never(lookup)
    origin = None if isinstance(lookup, Skipped) else lookup.origin
    return {
        "kind": lookup.kind,
        "status": status,
        "cause": lookup.cause if isinstance(lookup, Unavailable) else None,
        "reason": reason or None,
        "index": origin.index_url if origin else None,
        "checked_at": _utc(origin.checked_at) if origin else None,
        "source": origin.source if origin else None,
        "authenticated": origin.authenticated if origin else None,
    }


def _utc(time: float) -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(time))


def _location_fields(path: str, location: Location | None) -> dict[str, Any]:
    numbers = (*location.start, *location.end) if location else (None,) * 4
    return {"path": path or None, **dict(zip(("line", "column", "end_line", "end_column"), numbers, strict=True))}


def _dependency(checked: CheckedDependency) -> dict[str, Any]:
    dependency = checked.dependency
    return {
        **_location_fields(checked.location.path, checked.location),
        "name": dependency.name,
        "kind": dependency.kind,
        "section": dependency.section or None,
        "specifier": dependency.specifier or None,
        "version": dependency.version,
        "transitive": checked.transitive,
        "via": list(checked.via),
        "never_installed": dependency.is_never_installed,
        "not_judged": checked.not_judged or None,
        "lookup": lookup_json(checked.lookup),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        **_location_fields(finding.path, finding.location),
        "name": finding.name,
        "version": finding.version,
        "message": finding.full_message(),
        "help": finding.help or None,
        "successor": finding.successor or None,
        "suppressed": finding.suppressed._asdict() if finding.suppressed else None,
        "related_locations": [_location_fields(location.path, location) for location in finding.related_locations],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "path": problem.path or None,
        "line": problem.position.line if problem.position else None,
        "column": problem.position.column if problem.position else None,
        "message": one_line(problem.message),
        "help": one_line(problem.help) or None,
    }
