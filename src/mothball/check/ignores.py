"""Ignores: those that are unused, expired or without a reason, and those that the helps of findings suggest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mothball.check import policy
from mothball.check.inputs import CheckedFile, ResolvedConfig, RunSettings, line_range
from mothball.check.messages import (
    MessageText,
    expired_ignore_message,
    ignore_comment_text,
    ignore_entry_text,
    ignore_without_reason_message,
    unused_ignore_message,
)
from mothball.config.project import Ignore
from mothball.model.document import IgnoreComment
from mothball.model.results import VERSION_RULES, CheckedDependency, CheckMode, Finding, Rule, StatusNotStated

# Whether a dependency violates these rules depends on the state of the index and on the settings of the user.
_UNPREDICTABLE_RULES = frozenset({Rule.UNVERIFIED, Rule.UNRESOLVABLE})


def unused_ignores(files: Sequence[CheckedFile], settings: RunSettings, *, complete: bool = True) -> Iterator[Finding]:
    """Yield a finding for each ignore that is unused, expired or without a reason.

    An ignore is reported as unused only if everything that it could match was read and looked up successfully. For a
    comment, this is its line in a file without parse problems. For an entry, it is every file that the configuration
    applies to, and ``complete`` must be True: all files of the run were readable. An unstated status or a version that
    was not judged does not count as a successful lookup. Ignores of ``unverified`` and ``unresolvable`` are never
    unused: failures are temporary, and indexes depend on the settings of the user. If only added dependencies are
    checked, only those that would have suppressed a finding are reported: expired entries, and ignores without a
    reason.
    """
    if not settings.use_ignores and not settings.keep_config_ignores:
        return
    if settings.mode is CheckMode.ADDED:
        yield from _findings_of_added(files, settings)
        return
    by_config: dict[str, list[CheckedFile]] = {}
    for checked_file in files:
        if not checked_file.file.is_context:
            by_config.setdefault(checked_file.file.resolved_config.path, []).append(checked_file)
            if settings.use_ignores:
                yield from _comment_findings(checked_file, settings)
    for with_same_config in by_config.values():
        yield from _entry_findings(with_same_config, settings, complete=complete)


def _findings_of_added(files: Sequence[CheckedFile], settings: RunSettings) -> Iterator[Finding]:
    """Yield the expired ignores of reported findings, and those that do not apply because they have no reason."""
    entries: dict[tuple[str, Ignore, Rule], ResolvedConfig] = {}
    for checked_file in files:
        resolved_config = checked_file.file.resolved_config
        reported = {(finding.name, finding.rule) for finding in checked_file.findings if finding.suppressed is None}
        for ignore in resolved_config.config.ignores:
            is_expired = policy.is_expired(ignore, settings.today)
            if is_expired and any((ignore.name, rule) in reported for rule in ignore.rules):
                entries[resolved_config.path, ignore, Rule.EXPIRED_IGNORE] = resolved_config
        for rejected in checked_file.rejected_ignores:
            if isinstance(rejected, IgnoreComment):
                yield _comment_finding(checked_file, rejected, Rule.IGNORE_WITHOUT_REASON, settings)
            else:
                entries[resolved_config.path, rejected, Rule.IGNORE_WITHOUT_REASON] = resolved_config
    for (_, entry, rule), resolved_config in entries.items():
        yield _entry_finding(resolved_config, entry, rule, settings)


def _comment_findings(checked_file: CheckedFile, settings: RunSettings) -> Iterator[Finding]:
    file, lines = checked_file.file, checked_file.lines
    if not file.document.ignores:
        return
    by_line: dict[int, list[CheckedDependency]] = {}
    for item in checked_file.dependencies:
        for line in line_range(item.dependency.entry_span, lines):
            by_line.setdefault(line, []).append(item)
    for comment in file.document.ignores:
        covered = [item for line in line_range(comment.applies_to, lines) for item in by_line.get(line, ())]
        if not (
            file.problems
            or comment in checked_file.used_ignores
            or _is_unpredictable(comment.rules)
            or any(isinstance(item.lookup, StatusNotStated) or _is_unknown(item) for item in covered)
            or (_has_version_rule(comment.rules) and any(item.not_judged for item in covered))
        ):
            names = ", ".join(dict.fromkeys(item.dependency.name for item in covered))
            yield _comment_finding(checked_file, comment, Rule.UNUSED_IGNORE, settings, names)
        elif not policy.is_reason(comment.reason):
            yield _comment_finding(checked_file, comment, Rule.IGNORE_WITHOUT_REASON, settings)


def _is_unpredictable(rules: Sequence[str]) -> bool:
    return not _UNPREDICTABLE_RULES.isdisjoint(rules)


def _is_unknown(item: CheckedDependency) -> bool:
    """Return True if the lookup failed, or if the index of the dependency cannot be determined."""
    return policy.rule_of(item.lookup) in _UNPREDICTABLE_RULES


def _has_version_rule(rules: Sequence[str]) -> bool:
    return any(rule in VERSION_RULES for rule in rules)


def _comment_finding(
    checked_file: CheckedFile, comment: IgnoreComment, rule: Rule, settings: RunSettings, names: str = ""
) -> Finding:
    file = checked_file.file
    severity = policy.severity_of(rule, settings.severity_policy(file.resolved_config.config))
    text = _text(rule, comment, names, settings)
    location = checked_file.lines.location(file.path, comment.span)
    return Finding(rule, severity, text.message, text.help, path=file.path, location=location)


def _text(rule: Rule, ignore: IgnoreComment | Ignore, name: str, settings: RunSettings) -> MessageText:
    if rule is Rule.UNUSED_IGNORE:
        return unused_ignore_message(name, ignore.rules)
    if rule is Rule.IGNORE_WITHOUT_REASON or isinstance(ignore, IgnoreComment):
        return ignore_without_reason_message(name, ignore.rules, added=settings.mode is CheckMode.ADDED)
    return expired_ignore_message(name, ignore.until or "")


def _entry_findings(files: Sequence[CheckedFile], settings: RunSettings, *, complete: bool) -> Iterator[Finding]:
    resolved_config = files[0].file.resolved_config
    if not resolved_config.config.ignores:
        return
    used = {ignore for checked_file in files for ignore in checked_file.used_ignores}
    items = [item for checked_file in files for item in checked_file.dependencies]
    not_stated = {item.dependency.name for item in items if isinstance(item.lookup, StatusNotStated)}
    not_judged = {item.dependency.name for item in items if item.not_judged}
    complete = (
        complete
        and resolved_config.whole_scope
        and not any(checked_file.file.problems for checked_file in files)
        and not any(map(_is_unknown, items))
    )
    for ignore in resolved_config.config.ignores:
        if policy.is_expired(ignore, settings.today):
            yield _entry_finding(resolved_config, ignore, Rule.EXPIRED_IGNORE, settings)
        elif (
            complete
            and ignore not in used
            and ignore.name not in not_stated
            and not (ignore.name in not_judged and _has_version_rule(ignore.rules))
            and not _is_unpredictable(ignore.rules)
        ):
            yield _entry_finding(resolved_config, ignore, Rule.UNUSED_IGNORE, settings)
        elif not policy.is_reason(ignore.reason):
            yield _entry_finding(resolved_config, ignore, Rule.IGNORE_WITHOUT_REASON, settings)


def _entry_finding(resolved_config: ResolvedConfig, ignore: Ignore, rule: Rule, settings: RunSettings) -> Finding:
    severity = policy.severity_of(rule, settings.severity_policy(resolved_config.config))
    text = _text(rule, ignore, ignore.key, settings)
    location = resolved_config.ignore_locations.get(ignore.name)
    path = resolved_config.path
    return Finding(rule, severity, text.message, text.help, path=path, location=location, name=ignore.name)


# --- suggested ignores ------------------------------------------------------------------------------------------------


def merge_suggested_ignores(findings: Sequence[Finding], config_paths: Mapping[str, str]) -> list[Finding]:
    """Return ``findings`` with one ignore entry for each project, and one ignore comment for each line.

    So all of them can be pasted: TOML rejects a key that occurs twice, and only one ignore comment can be on a line.
    They have the rules of all findings that they are for. ``config_paths`` maps the path of each file to the
    configuration file that its entries belong to. Ignored findings keep their help.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        if finding.suppressed is not None:
            continue
        if finding.ignore_entry:
            key: tuple[object, ...] = "entry", config_paths.get(finding.path, ""), finding.name
        elif finding.location and finding.help.endswith(f"`{_suggestion([finding])}`"):
            key = "comment", finding.path, finding.location.start.line
        else:
            continue
        groups.setdefault(key, []).append(finding)
    merged: dict[int, Finding] = {}
    for same in groups.values():
        suggestion = _suggestion(same)
        for finding in same if len(same) > 1 else ():
            own = finding.ignore_entry or _suggestion([finding])
            help_text = finding.help.removesuffix(f"`{own}`") + f"`{suggestion}`"
            entry = suggestion if finding.ignore_entry else ""
            merged[id(finding)] = finding._replace(help=help_text, ignore_entry=entry)
    return [merged.get(id(finding), finding) for finding in findings]


def _suggestion(findings: Sequence[Finding]) -> str:
    """Return the ignore entry, or the ignore comment, for the rules of ``findings``."""
    rules = tuple(dict.fromkeys(finding.rule for finding in findings))
    if not findings[0].ignore_entry:
        return ignore_comment_text(rules)
    versions = dict.fromkeys(finding.version for finding in findings if finding.version)
    return ignore_entry_text(findings[0].name or "", rules, versions=tuple(versions))
