"""Concise output: one line per finding, ``path:line:col: level[rule] message``, for editors and grep."""

from __future__ import annotations

from collections import Counter

from mothball.check.messages import SKIP_REASON_TEXT
from mothball.model.document import Location, Position
from mothball.model.results import Finding, Problem, Report, Skipped, Summary
from mothball.model.sanitize import one_line


def render_concise(report: Report, *, quiet: bool = False) -> str:
    """Return the report as text, one finding or problem per line, then the summary unless ``quiet``.

    Suppressed findings are only counted in the summary.
    """
    lines = [concise_line(finding) for finding in report.findings if finding.suppressed is None]
    lines += [problem_line(problem) for problem in report.problems]
    lines += [] if quiet else [summary_line(report)]
    return "".join(f"{line}\n" for line in lines)


def concise_line(finding: Finding) -> str:
    """Return a finding as one line."""
    return f"{location_prefix(finding)}{finding.severity}[{finding.rule}] {finding.full_message()}"


def problem_line(problem: Problem) -> str:
    """Return a problem as one line."""
    return f"{_prefix(problem.path, problem.position)}{problem.severity}: {one_line(problem.message)}"


def location_prefix(finding: Finding) -> str:
    """Return ``path:line:col: ``, ``path: `` or an empty string, depending on what is known."""
    location: Location | None = finding.location
    return _prefix(finding.path, location.start if location else None)


def summary_line(report: Report) -> str:
    """Return the summary: numbers of checked dependencies, findings, ignores and skipped dependencies."""
    summary = report.summary
    parts = [f"{summary.checked} checked", _findings(summary)]
    parts += [
        f"{count} {label}"
        for count, label in (
            (summary.ignored, "ignored"),
            (summary.skipped, f"skipped{_skip_reasons(report)}"),
            (summary.unverified, "unverified"),
            (summary.unresolvable, "unresolvable"),
            (summary.not_stated, "not stated"),
            (summary.missing, "missing"),
            (summary.unrecognized, "unrecognized"),
        )
        if count
    ]
    if summary.not_judged:
        parts.append(f"{format_count(summary.not_judged, 'pin')} not judged{_reasons(Counter(report.not_judged))}")
    dependencies = format_count(summary.dependencies, "dependency", "dependencies")
    if summary.repinned:
        dependencies += f" and {format_count(summary.repinned, 'changed version')}"
    return f"{dependencies} in {format_count(summary.files, 'file')}: {', '.join(parts)}"


def _skip_reasons(report: Report) -> str:
    """Return the reasons of skipped dependencies in parentheses, most frequent first."""
    counts = Counter(
        dependency.lookup.reason
        for dependency in report.dependencies
        if isinstance(dependency.lookup, Skipped) and not dependency.lookup.is_unresolvable
    )
    counts.update(entry.reason for entry in report.unnamed if not entry.is_unresolvable)
    return _reasons(Counter({SKIP_REASON_TEXT[reason]: count for reason, count in counts.items()}))


def _reasons(counts: Counter[str]) -> str:
    """Return reasons in parentheses, most frequent first; with their counts if there are several."""
    if len(counts) == 1:
        [reason] = counts
        return f" ({reason})"
    labels = [f"{reason}: {count}" for reason, count in counts.most_common()]
    return f" ({', '.join(labels)})" if labels else ""


def _findings(summary: Summary) -> str:
    if not summary.findings:
        return "no findings"
    notes = summary.findings - summary.errors - summary.warnings
    kinds = ((summary.errors, "error"), (summary.warnings, "warning"), (notes, "note"))
    detail = ", ".join(format_count(count, kind) for count, kind in kinds if count)
    return f"{format_count(summary.findings, 'finding')} ({detail})"


def format_count(count: int, singular: str, plural: str = "") -> str:
    """Return ``1 file``, ``2 files``; ``plural`` is by default the singular with an s."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"


def _prefix(path: str, position: Position | None) -> str:
    if not path:
        return ""
    shown = one_line(path)
    return f"{shown}:{position.line}:{position.column}: " if position else f"{shown}: "
