"""Text output: location, source line and reason of each finding, the help that several share, then a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from time import gmtime, strftime
from types import MappingProxyType

from mothball.check.messages import format_age, skipped_text
from mothball.model.document import Location
from mothball.model.results import Finding, Problem, Report, Rule, Severity, Skipped, Source, Unavailable
from mothball.model.sanitize import one_line, sanitize_line
from mothball.report.concise import location_prefix, problem_line, summary_line

# If an index is down, all its lookups fail with the same cause: show this many in full, the others in one line.
_SAME_CAUSE_SHOWN = 2
# Widths of a source line, in code points. Minified files have lines of megabytes.
_SNIPPET_WIDTH = 110
_SNIPPET_BEFORE = 50
_LOOK_BACK = 2000

_COLORS: Mapping[str, str] = MappingProxyType(
    {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36", "help": "1;36", "dim": "2", "bold": "1"}
)


def render_text(
    report: Report, *, now: float, color: bool = False, quiet: bool = False, remedies_follow: bool = False
) -> str:
    """Return the report as text.

    ``now`` (Unix time) is the reference for ages. ``color`` adds ANSI colors. ``quiet`` omits the summary and ignored
    findings. ``remedies_follow`` omits the help that ``report.remedies`` repeats in full.
    """
    paint = _Paint(color=color)
    active = [finding for finding in report.findings if finding.suppressed is None]
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


class _Paint:
    """Add ANSI colors to text, if enabled."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_COLORS[style]}m{text}\x1b[0m" if self._color else text


def _is_repeated(finding: Finding) -> bool:
    """Return True if the remedies of a rejected change contain everything that the help of ``finding`` says."""
    return finding.rule is Rule.NOT_STATED and finding.severity is Severity.ERROR


def _help_key(finding: Finding) -> tuple[Rule, str]:
    return finding.rule, finding.help_without_entry()


def _shared_help(findings: Iterable[Finding]) -> dict[tuple[Rule, str], list[Finding]]:
    """Return the helps that several findings of a rule have, with these findings.

    Each is shown once, below the findings.
    """
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
    lines += [f"  {margin}= note: {note}" for note in (_age_note(finding, now), _locked_note(finding)) if note]
    lines += [f"  {margin}= help: {finding.help}"] if finding.help and _help_key(finding) not in shared_help else []
    return "\n".join(lines)


def _locked_note(finding: Finding) -> str:
    locations = [f"{one_line(location.path)}:{location.start.line}" for location in finding.related_locations]
    return f"locked in {one_line(', '.join(locations))}" if locations else ""


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
    lines = [paint(problem.severity, problem_line(problem))]
    return "\n".join([*lines, f"  = help: {one_line(problem.help)}"] if problem.help else lines)


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
