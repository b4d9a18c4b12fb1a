"""One line a finding: ``path:line:col: level[rule] message``, for editors, grep and people in a hurry."""

from __future__ import annotations

from collections import Counter

from mothball.model.document import Location, Position, SkipReason
from mothball.model.findings import Finding, Problem, Report, Summary
from mothball.model.lookup import Skipped
from mothball.model.sanitize import one_line

# Why names are sent nowhere, for one of them and for several.
_REASONS = {
    SkipReason.URL: ("direct URL", "direct URLs"),
    SkipReason.VCS: ("from version control", "from version control"),
    SkipReason.PATH: ("local path", "local paths"),
    SkipReason.EDITABLE: ("editable install", "editable installs"),
    SkipReason.WORKSPACE: ("workspace member", "workspace members"),
    SkipReason.SELF: ("the project itself", "the project itself"),
    SkipReason.INCOMPLETE: ("incomplete entry", "incomplete entries"),
    SkipReason.CONDA: ("conda package", "conda packages"),
    SkipReason.PRIVATE: ("private name", "private names"),
    SkipReason.VARIABLE: ("with a variable", "with a variable"),
    SkipReason.INDEX_VARIABLE: ("with a variable index", "with a variable index"),
    SkipReason.NO_INDEX: ("without an index", "without an index"),
    SkipReason.UNSAVED: ("with an unsaved index", "with an unsaved index"),
    SkipReason.CONSENT: ("without your consent", "without your consent"),
    SkipReason.TOO_MANY_INDEXES: ("with too many indexes", "with too many indexes"),
}


def render_concise(report: Report, *, quiet: bool = False) -> str:
    """Return the report as text, one finding or problem a line, a summary last unless ``quiet``.

    Suppressed findings are left out; the summary counts them.
    """
    lines = [concise_line(finding) for finding in report.findings if finding.suppressed is None]
    lines += [problem_line(problem) for problem in report.problems]
    lines += [] if quiet else [summary_line(report)]
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


def summary_line(report: Report) -> str:
    """Return the one line that counts what was done: the number to look at first is the number of findings."""
    summary = report.summary
    parts = [f"{summary.checked} checked", _findings(summary)]
    parts += [
        f"{count} {word}"
        for count, word in (
            (summary.ignored, "ignored"),
            (summary.skipped, f"skipped{_reasons(report)}"),
            (summary.unverified, "not verified"),
            (summary.not_stated, "not stated"),
        )
        if count
    ]
    return f"{_counted(summary.dependencies, 'dependency', 'dependencies')} in {_counted(summary.files, 'file')}: " + (
        ", ".join(parts)
    )


def _reasons(report: Report) -> str:
    """Return why names were skipped, most frequent first, in brackets."""
    counts = Counter(item.lookup.reason for item in report.dependencies if isinstance(item.lookup, Skipped))
    counts.update(entry.reason for entry in report.unnamed)
    if len(counts) == 1:
        [(only, count)] = counts.items()
        return f" ({_REASONS[only][count > 1]})"
    words = [_counted(count, *_REASONS[reason]) for reason, count in counts.most_common()]
    return f" ({', '.join(words)})" if words else ""


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
