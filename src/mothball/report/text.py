"""The report for people: where, what, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from time import gmtime, strftime
from types import MappingProxyType

from mothball.check.messages import format_age
from mothball.model.findings import Finding, Problem, Report, Severity
from mothball.model.lookup import Skipped, Source, Unavailable
from mothball.model.sanitize import one_line
from mothball.report.concise import place_of, problem_line, summary_line
from mothball.report.snippet import snippet

# An index that is down would say the same of every name: so many are told in full, the rest in one line.
_SAME_CAUSE_SHOWN = 2

_COLOURS: Mapping[str, str] = MappingProxyType(
    {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36", "dim": "2", "bold": "1"}
)


def render_text(report: Report, *, now: float, colour: bool = False, quiet: bool = False) -> str:
    """Return the report as text for a person.

    ``now`` (Unix time) is what ages are told against; ``colour`` adds ANSI colours; ``quiet`` leaves out the summary
    and what is ignored.
    """
    paint = _Paint(colour=colour)
    live = [finding for finding in report.findings if finding.suppressed is None]
    # What belongs to no file is about an index, and comes after what somebody can mend here.
    shown, collapsed = _collapse(sorted(live, key=lambda finding: not finding.path))
    blocks = [_finding(finding, now, paint) for finding in shown]
    blocks += [_collapsed(index, cause, findings, paint) for (index, cause), findings in collapsed.items()]
    blocks += [_problem(problem, paint) for problem in report.problems]
    ignored = [] if quiet else [_ignored(finding, paint) for finding in report.findings if finding.suppressed]
    if ignored:
        blocks.append("\n".join(ignored))
    if not quiet:
        blocks.append(paint("bold", summary_line(report)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


class _Paint:
    """Puts ANSI colours around a text, or leaves it alone."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self._colour else text


def _finding(finding: Finding, now: float, paint: _Paint) -> str:
    level = paint(finding.severity, f"{finding.severity}[{finding.rule}]")
    lines = [f"{place_of(finding)}{level} {paint('bold', finding.message)}"]
    picture = snippet(finding.location) if finding.location else None
    margin = ""
    if finding.location and picture:
        number, bar = str(finding.location.start.line), paint("dim", "|")
        margin = " " * (len(number) + 1)
        reason = f' "{finding.reason}"' if finding.reason else ""
        carets = paint(finding.severity, picture[1] + reason)
        lines += [f"  {number} {bar} {picture[0]}", f"  {margin}{bar} {carets}"]
    elif finding.reason:
        lines.append(f"  = reason: {finding.reason}")
    lines += [f"  {margin}= note: {note}" for note in (_age_note(finding, now), _elsewhere_note(finding)) if note]
    lines += [f"  {margin}= help: {finding.help}"] if finding.help else []
    return "\n".join(lines)


def _elsewhere_note(finding: Finding) -> str:
    places = [f"{one_line(place.path)}:{place.start.line}" for place in finding.related_locations]
    return f"locked in {one_line(', '.join(places))}" if places else ""


def _age_note(finding: Finding, now: float) -> str:
    """Return where an answer that is not the index's own of today comes from, and how old it is."""
    lookup = finding.lookup
    if lookup is None or isinstance(lookup, Skipped | Unavailable):
        return ""
    origin = lookup.origin
    if origin.source is Source.SNAPSHOT:
        return f"learnt from the snapshot of {strftime('%Y-%m-%d', gmtime(origin.checked_at))}"
    if origin.source is Source.STALE:
        return f"learnt from {one_line(origin.index_url, 100)} {format_age(now - origin.checked_at)} ago"
    return ""


def _collapse(findings: Iterable[Finding]) -> tuple[list[Finding], dict[tuple[str, str], list[Finding]]]:
    """Split off the failed look-ups beyond the first few of each index and cause."""
    shown: list[Finding] = []
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if not isinstance(finding.lookup, Unavailable):
            shown.append(finding)
            continue
        of_cause = alike.setdefault((finding.lookup.origin.index_url, finding.lookup.cause), [])
        of_cause.append(finding)
        if len(of_cause) <= _SAME_CAUSE_SHOWN:
            shown.append(finding)
    rest = {key: of_cause[_SAME_CAUSE_SHOWN:] for key, of_cause in alike.items()}
    return shown, {key: findings for key, findings in rest.items() if findings}


def _collapsed(index: str, cause: str, findings: list[Finding], paint: _Paint) -> str:
    severity = min((finding.severity for finding in findings), key=list(Severity).index)
    names = one_line(", ".join(dict.fromkeys(finding.name or "" for finding in findings)))
    level = paint(severity, f"{severity}[{findings[0].rule}]")
    more = f"{len(findings)} more could not be checked, for the same cause: {one_line(index, 100)}, {cause}"
    return f"{level} {paint('bold', more)}\n  = {names}"


def _ignored(finding: Finding, paint: _Paint) -> str:
    reason = one_line(finding.suppressed.reason) if finding.suppressed else ""
    level = paint("dim", f"ignored[{finding.rule}]")
    return f"{place_of(finding)}{level} {finding.message}: {reason or 'no reason given'}"


def _problem(problem: Problem, paint: _Paint) -> str:
    lines = [paint(problem.severity, problem_line(problem))]
    return "\n".join([*lines, f"  = help: {one_line(problem.help)}"] if problem.help else lines)
