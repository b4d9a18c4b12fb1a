"""Fixes for ignores: unused, expired, without a reason, without a rule, and with a misspelled name."""

from __future__ import annotations

from collections.abc import Iterator

from mothball.discovery.config_lookup import table_path
from mothball.edits.ignore_comments import (
    add_reason,
    add_rules,
    correct_name,
    remove_ignore_comment,
)
from mothball.edits.model import Edit, apply, read_edited
from mothball.edits.settings import add_config_reason, remove_config_ignore
from mothball.lsp.documents import Checked, is_reported
from mothball.model.document import Document, LineIndex, Location, Position, Span
from mothball.model.records import NamedTuple
from mothball.model.results import IGNORABLE_RULES, Finding, Rule
from mothball.model.sanitize import one_line

_IGNORE_RULES = (Rule.UNUSED_IGNORE, Rule.EXPIRED_IGNORE, Rule.IGNORE_WITHOUT_REASON)


class Fix(NamedTuple):
    """An edit of the checked document that fixes a finding of ``rule``, None for an error in the configuration."""

    title: str
    edit: Edit
    rule: Rule | None
    is_preferred: bool = False


def ignore_fixes(checked: Checked, lines: range) -> Iterator[Fix]:
    """Yield the fixes for the findings about ignores that begin on one of ``lines`` (1-based)."""
    yield from _configuration_corrections(checked, lines)
    if checked.file is None or checked.file.document.is_broken:
        return
    document = checked.file.document
    for finding in filter(is_reported, checked.findings()):
        if finding.path != checked.path or finding.location is None or finding.location.start.line not in lines:
            continue
        if finding.rule in _IGNORE_RULES:
            is_comment = finding.name is None
            yield from _comment_fixes(checked, document, finding) if is_comment else _entry_fixes(checked, finding)
        elif finding.rule is Rule.UNREADABLE:
            yield from _comment_corrections(checked, document, finding, finding.location)


def _comment_fixes(checked: Checked, document: Document, finding: Finding) -> Iterator[Fix]:
    index = LineIndex(checked.text)
    for comment in document.ignores:
        if finding.location is None or index.position(comment.span.start) != finding.location.start:
            continue
        if finding.rule is Rule.IGNORE_WITHOUT_REASON and (edit := add_reason(checked.text, comment)) is not None:
            yield Fix("State the reason of the ignore", edit, finding.rule)
        removal = remove_ignore_comment(checked.text, document, comment)
        if removal is not None:
            is_unused = finding.rule is Rule.UNUSED_IGNORE
            title = "Remove the unused ignore" if is_unused else "Remove the ignore"
            yield Fix(title, removal, finding.rule, is_unused)


def _entry_fixes(checked: Checked, finding: Finding) -> Iterator[Fix]:
    prefix, name = table_path(checked.path), finding.name or ""
    if finding.rule is Rule.IGNORE_WITHOUT_REASON:
        reason = add_config_reason(checked.text, prefix, name)
        if reason is not None:
            yield Fix(f"State the reason of the ignore for {one_line(name, 60)}", reason, finding.rule)
    removal = remove_config_ignore(checked.text, prefix, name)
    if removal is not None:
        kind = {Rule.UNUSED_IGNORE: "unused ", Rule.EXPIRED_IGNORE: "expired "}.get(finding.rule, "")
        title = f"Remove the {kind}ignore for {one_line(name, 60)}"
        yield Fix(title, removal, finding.rule, finding.rule is Rule.UNUSED_IGNORE)


def _comment_corrections(checked: Checked, document: Document, finding: Finding, place: Location) -> Iterator[Fix]:
    text, index = checked.text, LineIndex(checked.text)
    start = _offset(index, place.start)
    name = correct_name(text, start, finding.message, finding.help)
    if name is not None and read_edited(apply(text, (name,)), document) is not None:
        yield Fix(_correction_title(text, name), name, finding.rule)
    on_line = {item.location for item in checked.dependencies() if item.location.start.line == place.start.line}
    rules = {found.rule for found in checked.findings() if found.location in on_line and found.rule in IGNORABLE_RULES}
    for rule in sorted(rules):
        edit = add_rules(text, document, Span(start, _offset(index, place.end)), (rule,))
        if edit is not None:
            yield Fix(f"Ignore only `{rule}`", edit, finding.rule)


def _configuration_corrections(checked: Checked, lines: range) -> Iterator[Fix]:
    """Yield corrections of misspelled keys and values in an open configuration."""
    index = LineIndex(checked.text)
    for problem in checked.problems:
        position = problem.position
        is_here = problem.path == checked.shown and position is not None and position.line in lines
        if not is_here or position is None or position.line > index.count:
            continue
        edit = correct_name(checked.text, _offset(index, position), problem.message, problem.help)
        if edit is not None:
            yield Fix(_correction_title(checked.text, edit), edit, None)


def _correction_title(text: str, edit: Edit) -> str:
    return f"Change `{one_line(edit.span.slice(text), 60)}` to `{one_line(edit.new_text, 60)}`"


def _offset(index: LineIndex, position: Position) -> int:
    return index.start(position.line) + position.column - 1
