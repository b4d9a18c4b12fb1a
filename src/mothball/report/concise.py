"""One line a finding: ``path:line:col: level[rule] message``, for editors, grep and people in a hurry."""

from __future__ import annotations

from mothball.hygiene import one_line
from mothball.model import Finding, Location, Position, Problem, Report, Summary


def render_concise(report: Report, *, quiet: bool = False) -> str:
    """Return the report as text, one finding or problem a line, a summary last unless ``quiet``.

    Suppressed findings are left out; the summary counts them.
    """
    lines = [concise_line(finding) for finding in report.findings if finding.suppressed is None]
    lines += [problem_line(problem) for problem in report.problems]
    lines += [] if quiet else [summary_line(report.summary)]
    return "".join(f"{line}\n" for line in lines)


def concise_line(finding: Finding) -> str:
    """Return one finding as one line."""
    return f"{place_of(finding)}{finding.severity}[{finding.rule}] {finding.full_message()}"


def problem_line(problem: Problem) -> str:
    """Return one problem as one line."""
    return f"{_place(problem.path, problem.position)}{problem.severity}: {one_line(problem.message)}"


def place_of(finding: Finding) -> str:
    """Return ``path:line:col: ``, or as much of it as there is."""
    location: Location | None = finding.location
    return _place(finding.path, location.start if location else None)


def summary_line(summary: Summary) -> str:
    """Return the one line that counts what was done: the number to look at first is the number of findings."""
    parts = [f"{summary.checked} checked", _findings(summary)]
    parts += [
        f"{count} {word}"
        for count, word in (
            (summary.ignored, "ignored"),
            (summary.withheld, "withheld"),
            (summary.not_verified, "not verified"),
            (summary.not_stated, "not stated"),
        )
        if count
    ]
    return f"{_counted(summary.dependencies, 'dependency', 'dependencies')} in {_counted(summary.files, 'file')}: " + (
        ", ".join(parts)
    )


def _findings(summary: Summary) -> str:
    if not summary.findings:
        return "no findings"
    notes = summary.findings - summary.errors - summary.warnings
    kinds = ((summary.errors, "error"), (summary.warnings, "warning"), (notes, "note"))
    detail = ", ".join(_counted(count, word) for count, word in kinds if count)
    return f"{_counted(summary.findings, 'finding')} ({detail})"


def _counted(count: int, word: str, plural: str = "") -> str:
    return f"{count} {word if count == 1 else plural or word + 's'}"


def _place(path: str, position: Position | None) -> str:
    if not path:
        return ""
    shown = one_line(path)
    return f"{shown}:{position.line}:{position.column}: " if position else f"{shown}: "
