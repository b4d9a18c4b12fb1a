"""Ignores that do nothing: those that match no finding, and those past their date. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mothball.check import policy
from mothball.check.inputs import CheckedFile, ResolvedConfig, RunSettings, line_range
from mothball.check.messages import MessageText, expired_ignore_message, unused_ignore_message
from mothball.config.project import Ignore
from mothball.model.findings import CheckedDependency, CheckMode, Finding, Rule
from mothball.model.lookup import StatusNotStated, Unavailable


def unused_ignores(judged: Sequence[CheckedFile], settings: RunSettings, *, complete: bool = True) -> Iterator[Finding]:
    """Yield a finding for each ignore that matches nothing or is past its date.

    An ignore is called unused only when all that it could match was read and answered: a comment is judged with its
    line, in a file without problems; an entry of the configuration with everything that the configuration governs,
    and only when ``complete``: no file of the run was left unread. That an index states no status is no answer here. An
    ignore of ``unverified`` is for bad days, and has nothing to match on good ones. Where only what a change adds is
    judged, only the ignores that have ended for one of these names are told: they are why it is not excused.
    """
    if not settings.use_ignores and not settings.keep_config_ignores:
        return
    if settings.mode is CheckMode.ADDED:
        yield from _ended_for_what_was_found(judged, settings)
        return
    by_config: dict[str, list[CheckedFile]] = {}
    for one in judged:
        if settings.use_ignores:
            yield from _unused_comments(one, settings)
        by_config.setdefault(one.file.resolved_config.path, []).append(one)
    for governed in by_config.values():
        yield from _unused_entries(governed, settings, complete=complete)


def _ended_for_what_was_found(judged: Sequence[CheckedFile], settings: RunSettings) -> Iterator[Finding]:
    ended: dict[tuple[str, Ignore], ResolvedConfig] = {}
    for one in judged:
        found = {(finding.name, finding.rule) for finding in one.findings if finding.suppressed is None}
        resolved_config = one.file.resolved_config
        for ignore in resolved_config.config.ignores:
            if policy.is_expired(ignore, settings.today) and any((ignore.name, rule) in found for rule in ignore.rules):
                ended[resolved_config.path, ignore] = resolved_config
    for (_, ignore), resolved_config in ended.items():
        words = expired_ignore_message(ignore.key, ignore.until or "")
        yield _entry_finding(resolved_config, ignore, Rule.EXPIRED_IGNORE, words, settings)


def _unused_comments(one: CheckedFile, settings: RunSettings) -> Iterator[Finding]:
    if one.file.document.problems or not one.file.document.ignores:
        return
    on_line: dict[int, list[CheckedDependency]] = {}
    for item in one.checked:
        for line in line_range(item.dependency.entry_span, one.lines):
            on_line.setdefault(line, []).append(item)
    for comment in one.file.document.ignores:
        if comment in one.used or Rule.UNVERIFIED in comment.rules:
            continue
        beside = [item for line in line_range(comment.applies_to, one.lines) for item in on_line.get(line, ())]
        if any(isinstance(item.lookup, Unavailable | StatusNotStated) for item in beside):
            continue
        names = ", ".join(dict.fromkeys(item.dependency.name for item in beside))
        words = unused_ignore_message(names, ", ".join(comment.rules))
        severity = policy.severity_of(Rule.UNUSED_IGNORE, settings.severity_policy(one.file.resolved_config.config))
        location = one.lines.location(one.file.path, comment.span)
        yield Finding(Rule.UNUSED_IGNORE, severity, words.message, words.help, path=one.file.path, location=location)


def _unused_entries(governed: Sequence[CheckedFile], settings: RunSettings, *, complete: bool) -> Iterator[Finding]:
    resolved_config = governed[0].file.resolved_config
    if not resolved_config.config.ignores:
        return
    used = {ignore for one in governed for ignore in one.used}
    checked = [item for one in governed for item in one.checked]
    not_stated = {item.dependency.name for item in checked if isinstance(item.lookup, StatusNotStated)}
    complete = (
        complete
        and resolved_config.whole_scope
        and not any(one.file.document.problems for one in governed)
        and not any(isinstance(item.lookup, Unavailable) for item in checked)
    )
    for ignore in resolved_config.config.ignores:
        if policy.is_expired(ignore, settings.today):
            words = expired_ignore_message(ignore.key, ignore.until or "")
            yield _entry_finding(resolved_config, ignore, Rule.EXPIRED_IGNORE, words, settings)
        elif complete and ignore not in used and ignore.name not in not_stated and Rule.UNVERIFIED not in ignore.rules:
            words = unused_ignore_message(ignore.key, ", ".join(ignore.rules))
            yield _entry_finding(resolved_config, ignore, Rule.UNUSED_IGNORE, words, settings)


def _entry_finding(
    resolved_config: ResolvedConfig, ignore: Ignore, rule: Rule, words: MessageText, settings: RunSettings
) -> Finding:
    severity = policy.severity_of(rule, settings.severity_policy(resolved_config.config))
    location = resolved_config.ignore_locations.get(ignore.name)
    return Finding(
        rule, severity, words.message, words.help, path=resolved_config.path, location=location, name=ignore.name
    )
