"""The report as text: with source lines, or concise with one line per finding.

Text output has the location, source line and reason of each finding, the help that several share, then a summary.
Concise output, for editors and grep, has lines ``path:line:col: level[rule] message``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from time import gmtime, strftime
from types import MappingProxyType
from typing import assert_never

from mothball.check.messages import SKIP_REASON_TEXT, format_age, skipped_text
from mothball.model.document import Location, Position
from mothball.model.results import (
    Finding,
    IndexResult,
    Problem,
    Report,
    Rule,
    Severity,
    Skipped,
    Source,
    Summary,
    Unavailable,
)
from mothball.model.sanitize import one_line, sanitize_line

# If an index is down, all its lookups fail with the same cause: show this many in full, the others in one line.
_SAME_CAUSE_SHOWN = 2
# Widths of a source line, in code points. Minified files have lines of megabytes.
_SNIPPET_WIDTH = 110
_SNIPPET_BEFORE = 50
_LOOK_BACK = 2000

_COLORS: Mapping[str, str] = MappingProxyType(
    {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36", "help": "1;36", "dim": "2", "bold": "1"}
)
# Adds the ANSI color of a style to text, or nothing.
_Paint = Callable[[str, str], str]


def render_text(
    report: Report, *, now: float, color: bool = False, quiet: bool = False, remedies_follow: bool = False
) -> str:
    """Return the report as text.

    ``now`` (Unix time) is the reference for ages. ``color`` adds ANSI colors. ``quiet`` omits the summary and ignored
    findings. ``remedies_follow`` omits the help that ``report.remedies`` repeats in full.
    """
    paint = _colored if color else _plain
    active = report.active
    if remedies_follow:
        active = [finding._replace(help="") if _is_repeated(finding) else finding for finding in active]
    # Findings about indexes come after those in files, which can be fixed here.
    shown, collapsed = _collapse(sorted(active, key=lambda finding: not finding.path))
    shared = _shared_help(shown)
    blocks = [_finding(finding, shared, now, paint) for finding in shown]
    blocks += [_collapsed(where, cause, findings, paint) for (where, cause), findings in collapsed.items()]
    if shared:
        blocks.append("\n".join(_help_lines(shared, paint)))
    blocks += [_problem(problem, paint) for problem in report.problems]
    ignored = [] if quiet else [_ignored(finding, paint) for finding in report.findings if finding.suppressed]
    if ignored:
        blocks.append("\n".join(ignored))
    if not quiet:
        blocks.append(paint("bold", summary_line(report)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _colored(style: str, text: str) -> str:
    return f"\x1b[{_COLORS[style]}m{text}\x1b[0m"


def _plain(_: str, text: str) -> str:
    return text


def _is_repeated(finding: Finding) -> bool:
    """Return True if the remedies of a rejected change contain everything that the help of ``finding`` says."""
    return finding.rule is Rule.NOT_STATED and finding.severity is Severity.ERROR


def _help_key(finding: Finding) -> tuple[Rule, str]:
    return finding.rule, finding.help_without_entry()


def _shared_help(findings: Iterable[Finding]) -> dict[tuple[Rule, str], list[Finding]]:
    """Return the helps that several findings of a rule have, with these findings: they are shown once, below."""
    findings_of: dict[tuple[Rule, str], list[Finding]] = {}
    for finding in findings:
        if finding.help:
            findings_of.setdefault(_help_key(finding), []).append(finding)
    return {key: same_help for key, same_help in findings_of.items() if len(same_help) > 1}


def _help_lines(shared: Mapping[tuple[Rule, str], Sequence[Finding]], paint: _Paint) -> Iterator[str]:
    helps_of_rule = Counter(rule for rule, _ in shared)
    shown: set[str] = set()
    for (rule, text), findings in shared.items():
        yield f"{paint('help', f'help[{rule}]')} {text}"
        entries = {finding.ignore_entry: finding.name for finding in findings if finding.ignore_entry}
        if entries:
            # A comment, since TOML rejects the same entry twice.
            yield from (f"    # {name}: above" if entry in shown else f"    {entry}" for entry, name in entries.items())
            shown.update(entries)
        elif helps_of_rule[rule] > 1:
            yield f"  = {_names(findings)}"


def _finding(finding: Finding, shared_help: Container[tuple[Rule, str]], now: float, paint: _Paint) -> str:
    level = paint(finding.severity, f"{finding.severity}[{finding.rule}]")
    lines = [f"{location_prefix(finding)}{level} {paint('bold', finding.message)}"]
    excerpt = snippet(finding.location) if finding.location else None
    margin = ""
    if finding.location and excerpt:
        number, bar = str(finding.location.start.line), paint("dim", "|")
        margin = " " * (len(number) + 1)
        reason = f' "{finding.reason}"' if finding.reason else ""
        carets = paint(finding.severity, excerpt[1] + reason)
        lines += [f"  {number} {bar} {excerpt[0]}", f"  {margin}{bar} {carets}"]
    elif finding.reason:
        lines.append(f"  = reason: {finding.reason}")
    if age_note := _age_note(finding, now):
        lines.append(f"  {margin}= note: {age_note}")
    if finding.related_locations:
        locations = [f"{one_line(location.path)}:{location.start.line}" for location in finding.related_locations]
        lines.append(f"  {margin}= note: locked in {one_line(', '.join(locations))}")
    lines += [f"  {margin}= help: {finding.help}"] if finding.help and _help_key(finding) not in shared_help else []
    return "\n".join(lines)


def _age_note(finding: Finding, now: float) -> str:
    """Return the source and age of a result that is from a snapshot or an expired cache entry, else an empty string."""
    lookup = finding.lookup
    if lookup is None or isinstance(lookup, Skipped | Unavailable):
        return ""
    origin = lookup.origin
    if origin.source is Source.SNAPSHOT:
        return f"status from the snapshot of {strftime('%Y-%m-%d', gmtime(origin.checked_at))}"
    if origin.source is Source.STALE:
        return f"status from {one_line(origin.index_url, 100)}, looked up {format_age(now - origin.checked_at)} ago"
    return ""


def origin_text(lookup: IndexResult, now: float) -> str:
    """Return the age and source of a lookup result, after a comma, or an empty string for a failed lookup."""
    if isinstance(lookup, Unavailable):
        return ""
    age = format_age(now - lookup.origin.checked_at)
    match lookup.origin.source:
        case Source.INDEX:
            return ", checked now"
        case Source.CACHE:
            return f", checked {age} ago"
        case Source.STALE:
            return f", checked {age} ago, could not be refreshed"
        case Source.SNAPSHOT:
            return f", status from the snapshot of {strftime('%Y-%m-%d', gmtime(lookup.origin.checked_at))}"
        case _:
            assert_never(lookup.origin.source)


def _collapse(findings: Iterable[Finding]) -> tuple[list[Finding], dict[tuple[str, str], list[Finding]]]:
    """Split off failed lookups and unresolvable names beyond the first few with the same cause.

    Return the findings to show in full, and the others by the index or file that they are about, and the cause.
    """
    shown: list[Finding] = []
    failures: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if isinstance(finding.lookup, Unavailable):
            cause = finding.lookup.origin.index_url, finding.lookup.cause.replace("-", " ")
        elif isinstance(finding.lookup, Skipped):
            cause = finding.path, skipped_text(finding.lookup)
        else:
            shown.append(finding)
            continue
        same_cause = failures.setdefault(cause, [])
        same_cause.append(finding)
        if len(same_cause) <= _SAME_CAUSE_SHOWN:
            shown.append(finding)
    rest = {key: same_cause[_SAME_CAUSE_SHOWN:] for key, same_cause in failures.items()}
    return shown, {key: findings for key, findings in rest.items() if findings}


def _collapsed(where: str, cause: str, findings: list[Finding], paint: _Paint) -> str:
    severity = min((finding.severity for finding in findings), key=list(Severity).index)
    level = paint(severity, f"{severity}[{findings[0].rule}]")
    message = f"{len(findings)} more could not be checked for the same reason: {one_line(where, 100)}, {cause}"
    return f"{level} {paint('bold', message)}\n  = {_names(findings)}"


def _names(findings: Iterable[Finding]) -> str:
    return one_line(", ".join(dict.fromkeys(finding.name or "" for finding in findings)))


def _ignored(finding: Finding, paint: _Paint) -> str:
    reason = one_line(finding.suppressed.reason) if finding.suppressed else ""
    level = paint("dim", f"ignored[{finding.rule}]")
    return f"{location_prefix(finding)}{level} {finding.message}: {reason or 'no reason given'}"


def _problem(problem: Problem, paint: _Paint) -> str:
    help_line = f"\n  = help: {one_line(problem.help)}" if problem.help else ""
    return f"{paint(problem.severity, problem_line(problem))}{help_line}"


def snippet(location: Location) -> tuple[str, str] | None:
    """Return the first line of ``location`` and a line of carets to print below it, or None if the text is unavailable.

    Both are sanitized and of bounded length: a long line is cut around the location.
    """
    if location.line_text is None:
        return None
    start = location.start.column - 1
    end = location.end.column - 1 if location.end.line == location.start.line else len(location.line_text)
    cut = max(0, start - _SNIPPET_BEFORE) if len(location.line_text) > _SNIPPET_WIDTH else 0
    # A secret that begins before the cut is recognized only with the text in front of it.
    lookbehind = min(cut, _LOOK_BACK)
    shown = sanitize_line(location.line_text[cut - lookbehind :], lookbehind + _SNIPPET_WIDTH)[lookbehind:]
    before, marked = shown[: start - cut], shown[start - cut : end - cut]
    if cut:
        shown, before = "…" + shown, " " + before
    if len(location.line_text) > cut + _SNIPPET_WIDTH:
        shown += "…"
    return shown.rstrip(), " " * _cells(before) + "^" * max(1, _cells(marked))


def _cells(text: str) -> int:
    """Return the width of ``text`` in terminal cells: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - rarely needed

    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text)


# --- concise output ---------------------------------------------------------------------------------------------------


def render_concise(report: Report, *, quiet: bool = False) -> str:
    """Return the report as text, one finding or problem per line, then the summary unless ``quiet``.

    Suppressed findings are only counted in the summary.
    """
    lines = [*map(concise_line, report.active), *map(problem_line, report.problems)]
    return "".join(f"{line}\n" for line in (lines if quiet else [*lines, summary_line(report)]))


def concise_line(finding: Finding) -> str:
    """Return a finding as one line."""
    return f"{location_prefix(finding)}{finding.severity}[{finding.rule}] {finding.full_message()}"


def problem_line(problem: Problem) -> str:
    """Return a problem as one line."""
    return f"{_prefix(problem.path, problem.position)}{problem.severity}: {one_line(problem.message)}"


def location_prefix(finding: Finding) -> str:
    """Return ``path:line:col: ``, ``path: `` or an empty string, depending on what is known."""
    return _prefix(finding.path, finding.location.start if finding.location else None)


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
