"""The report as Markdown (GitHub Flavored Markdown), for job summaries and comments on pull requests.

Text from files and indexes must not become a link, an image, HTML or a mention, all of which may notify people or load
something. A backslash does not prevent mentions and automatic links, a code span does: text that may contain one is
shown as code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from mothball.model.results import Finding, Problem, Report, Severity
from mothball.model.sanitize import join_names, one_line
from mothball.report.text import format_count, summary_line

# GitHub rejects comments of more than 65,536 characters and summaries of more than 1 MiB.
_MAX_ROWS = 100
_MAX_TEXT = 200
_SHOWN_NAMES = 5
# What has a meaning within a line.
_SYNTAX = re.compile(r"([\\`*_\[\]<>|~&$])")
# Mentions, references to issues and commits, and addresses become links by themselves.
_AUTOMATIC_LINK = re.compile(r"(?i)[@#]|://|www\.|\bgh-|[0-9a-f]{7}")
_ORDER = list(Severity)


def render_markdown(report: Report) -> str:
    """Return the report as Markdown: findings, each help once, problems, ignored findings, summary."""
    active = sorted(report.active, key=lambda finding: _ORDER.index(finding.severity))
    ignored = [(finding, finding.suppressed.reason) for finding in report.findings if finding.suppressed]
    blocks = [f"### mothball: {_title(active, report.problems)}"]
    if active:
        rows = [(finding.severity, *_cells(finding), _message(finding)) for finding in active]
        blocks += [_table(("", "Package", "Location", "Finding"), rows), _help(active)]
    blocks += [_problem(problem) for problem in report.problems]
    if ignored:
        ignored_rows = [(*_cells(each), each.rule, _code(reason or "no reason given")) for each, reason in ignored]
        table = _table(("Package", "Location", "Rule", "Reason of the ignore"), ignored_rows)
        blocks.append(f"<details><summary>{len(ignored)} ignored</summary>\n\n{table}\n\n</details>")
    blocks.append(_prose(summary_line(report)))
    return "\n\n".join(filter(None, blocks)) + "\n"


def _title(active: Iterable[Finding], problems: Iterable[Problem]) -> str:
    severities = [finding.severity for finding in active] + [problem.severity for problem in problems]
    errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
    counts = [format_count(count, noun) for count, noun in ((errors, "error"), (warnings, "warning")) if count]
    return ", ".join(counts) or "no errors"


def _cells(finding: Finding) -> tuple[str, str]:
    place = f"{finding.path}:{finding.location.start.line}" if finding.location else finding.path
    return _code(finding.name or ""), _code(place or finding.index_url)


def _message(finding: Finding) -> str:
    reason = f"<br>{_code(finding.reason)}" if finding.reason else ""
    return f"**{finding.rule}**: {_prose(finding.message)}{reason}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows[:_MAX_ROWS])]
    more = len(rows) - _MAX_ROWS
    return "\n".join([*lines, *([f"\n{more} more are in the log."] if more > 0 else [])])


def _help(findings: Iterable[Finding]) -> str:
    """Return each help once as a list, and the ignore entries of all findings as a block of code.

    Entries have no line breaks, so that no text in them ends the block.
    """
    names: dict[tuple[str, str], dict[str, None]] = {}
    entries: dict[str, None] = {}
    for finding in findings:
        if finding.help:
            below = " an entry below" if finding.ignore_entry else ""
            key = finding.rule, f"{_prose(finding.help_without_entry())}{below}"
            names.setdefault(key, {})[finding.name or ""] = None
        if finding.ignore_entry:
            entries[one_line(finding.ignore_entry, 1000)] = None
    helps_of_rule = Counter(rule for rule, _ in names)
    shown = [
        f"- **{rule}**{_subject(named) if helps_of_rule[rule] > 1 else ''}: {text}"
        for (rule, text), named in [*names.items()][:_MAX_ROWS]
    ]
    return "\n".join([*shown, *(["", "```toml", *[*entries][:_MAX_ROWS], "```"] if entries else [])])


def _subject(names: Iterable[str]) -> str:
    """Return the packages that a help is for, empty if it is about an index or a file."""
    named = join_names([name for name in names if name], _SHOWN_NAMES)
    return f" ({_code(named)})" if named else ""


def _problem(problem: Problem) -> str:
    place = f"{problem.path}:{problem.position.line}" if problem.position else problem.path
    text = f"**{problem.severity}**: {_prose(problem.message)}"
    return " ".join(filter(None, (text, place and f"({_code(place)})", problem.help and f"<br>{_prose(problem.help)}")))


def _code(text: str) -> str:
    """Return untrusted text as a code span, empty for empty text.

    A backquote, a backslash or a bar could end the span or the cell: such text is written as character references.
    """
    cleaned = one_line(text, _MAX_TEXT)
    if not re.search(r"[`|\\]", cleaned):
        return f"`{cleaned}`" if cleaned else ""
    characters = (character if character.isalnum() else f"&#{ord(character)};" for character in cleaned)
    return f"<code>{''.join(characters)}</code>"


def _prose(text: str) -> str:
    """Return text that contains foreign parts, escaped; parts in backquotes and possible links become code spans."""
    parts = one_line(text, 1000).split("`")
    parts[1::2] = map(_code, parts[1::2])
    parts[::2] = (re.sub(r"\S+", _word, part) for part in parts[::2])
    return "".join(parts)


def _word(word: re.Match[str]) -> str:
    return _code(word[0]) if _AUTOMATIC_LINK.search(word[0]) else _SYNTAX.sub(r"\\\1", word[0])
