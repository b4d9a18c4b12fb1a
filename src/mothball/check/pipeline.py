"""Core pipeline: source files to lookups to findings to report. No I/O: the lookups are injected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from mothball.check import messages, policy
from mothball.check.inputs import (
    NOTHING_SELECTED,
    CheckedFile,
    JudgedPlan,
    LookUp,
    LookupPlan,
    ResolvedFile,
    RunSettings,
    VersionVerdict,
    is_lock,
    line_range,
    pin_of,
)
from mothball.config.project import Ignore, IndexStatuses
from mothball.config.user_settings import user_config_file
from mothball.index.resolution import LookupSettings, Query
from mothball.model.document import UNRESOLVABLE_REASONS, DependencyKind, IgnoreComment, LineIndex, SkipReason, Span
from mothball.model.records import make
from mothball.model.results import (
    PROJECT_RULES,
    VERSION_RULES,
    CheckedDependency,
    CheckMode,
    Finding,
    KnownStatus,
    LookupResult,
    Problem,
    Report,
    Rule,
    Severity,
    Skipped,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
    new_report,
)
from mothball.model.sanitize import join_names, one_line
from mothball.routing.facts import claim_of
from mothball.routing.route import IndexRoute, Router, credential_locations

if TYPE_CHECKING:
    from mothball.check.transitive import DependencyPaths

_SHOWN_NAMES = 5
# The order of dependencies in a report.
_dependency_order = attrgetter("path", "dependency.name_span.start")


def plan_lookups(files: Iterable[ResolvedFile], settings: RunSettings) -> LookupPlan:
    """Route all dependencies of ``files`` that are checked."""
    files = tuple(files)
    return LookupPlan(files, tuple(_queries(file, settings) for file in files))


def check(
    files: Sequence[ResolvedFile],
    look_up: LookUp,
    settings: RunSettings,
    unreadable: Sequence[Finding] = (),
    problems: Sequence[Problem] = (),
) -> Report:
    """Plan the lookups of ``files``, look all names up, and build the report.

    ``look_up`` is called once with all queries, and once more if suspicious pins must be confirmed.
    """
    plan = plan_lookups(files, settings)
    judged, _ = policy.confirm_versions(plan, look_up(plan.queries()), look_up, settings)
    return build_report(judged, settings, unreadable, problems)


def build_report(
    judged: JudgedPlan,
    settings: RunSettings,
    unreadable: Sequence[Finding] = (),
    problems: Sequence[Problem] = (),
) -> Report:
    """Build the report on the files of a plan, with the findings ``unreadable`` and ``problems`` of earlier steps."""
    files = judged.plan.files
    checked_files, merged = _check_files(judged, settings)
    findings = [*unreadable, *merged, *_not_stated_findings(checked_files, settings)]
    if any(file.document.ignores or file.resolved_config.config.ignores for file in files):
        from mothball.check.ignores import unused_ignores  # noqa: PLC0415 - most files have no ignores

        findings += unused_ignores(checked_files, settings, complete=not unreadable)
    findings = sorted((finding for finding in findings if finding.severity is not Severity.OFF), key=_finding_order)
    # Only pins can have several findings.
    if any(finding.ignore_entry or finding.version for finding in findings):
        from mothball.check.ignores import merge_suggested_ignores  # noqa: PLC0415 - for locks and pins only

        findings = merge_suggested_ignores(findings, {file.path: file.resolved_config.edited_path for file in files})
    items = [item for file in checked_files for item in file.dependencies]
    dependencies = sorted((item for file in checked_files for item in file.judged_by_status), key=_dependency_order)
    reported_paths = {file.path for file in files if not file.is_context} | {finding.path for finding in unreadable}
    problems = [*problems, *_problems(checked_files, dependencies, settings)]
    if settings.strict:
        problems = [
            problem._replace(severity=Severity.ERROR)
            if problem.rule and problem.severity is Severity.WARNING
            else problem
            for problem in problems
        ]
    return new_report(
        dependencies,
        findings,
        problems,
        [entry for file in checked_files for entry in file.unnamed],
        [item.not_judged for item in items if item.not_judged],
        files=len(reported_paths),
        repinned=len(items) - len(dependencies),
    )


def merge_reports(first: Report, second: Report) -> Report:
    """Merge the reports on two disjoint sets of files."""
    return new_report(
        sorted((*first.dependencies, *second.dependencies), key=_dependency_order),
        sorted(dict.fromkeys((*first.findings, *second.findings)), key=_finding_order),
        dict.fromkeys((*first.problems, *second.problems)),
        (*first.unnamed, *second.unnamed),
        (*first.not_judged, *second.not_judged),
        files=first.summary.files + second.summary.files,
        repinned=first.summary.repinned + second.summary.repinned,
    )


def _finding_order(finding: Finding) -> tuple[str, int, int, str, str]:
    line, column = finding.location.start if finding.location else (0, 0)
    return finding.path, line, column, finding.rule, finding.message


# --- lookups ----------------------------------------------------------------------------------------------------------


def _queries(file: ResolvedFile, settings: RunSettings) -> list[Query | Skipped]:
    """Return a query, or the reason to skip it, for each dependency of ``file`` that is checked, in its order."""
    router = file.router()
    severity_policy = settings.severity_policy(file.resolved_config.config)
    with_pins = not file.is_context and any(
        policy.severity_of(rule, severity_policy) is not Severity.OFF for rule in VERSION_RULES
    )
    base_names = {name for lock in file.selected.base_locks for name in lock.entries} if file.selected else set()
    queries: list[Query | Skipped] = []
    settings_by_route: dict[tuple[str | None, bool], LookupSettings] = {}
    previous: IndexRoute | None = None
    query_fields: tuple[tuple[str, ...], LookupSettings] | tuple[()] = ()
    dependencies = file.dependencies_to_check
    for dependency, route in zip(dependencies, router.routes(dependencies), strict=True):
        if not isinstance(route, IndexRoute):
            queries.append(route)
            continue
        if route is not previous:  # most dependencies of a file share one route
            previous, key = route, (route.status_index, route.is_private)
            if key not in settings_by_route:
                settings_by_route[key] = _lookup_settings(file, router, route)
            query_fields = route.urls, settings_by_route[key]
        pin = pin_of(dependency) if with_pins else ""
        queries.append(make(Query, (dependency.name, *query_fields, pin, bool(pin) and dependency.name in base_names)))
    return queries


def _lookup_settings(file: ResolvedFile, router: Router, route: IndexRoute) -> LookupSettings:
    network = file.resolved_config.network
    return LookupSettings(
        max_age=network.max_age,
        offline=network.offline,
        snapshot=file.resolved_config.snapshot,
        stated_indexes=network.indexes_with(IndexStatuses.STATED),
        insecure_hosts=network.insecure_hosts,
        ignored_codes=router.ignored_codes(),
        public_indexes=network.public_indexes(),
        status_index=route.status_index,
        is_private=route.is_private,
    )


# --- findings ---------------------------------------------------------------------------------------------------------


def _check_files(judged: JudgedPlan, settings: RunSettings) -> tuple[list[CheckedFile], Iterable[Finding]]:
    """Check each file; return also the findings, those of manifests and their locks merged."""
    files = judged.plan.files
    has_locks = any(is_lock(file.document) for file in files)
    paths: Sequence[DependencyPaths] = [{}] * len(files)
    if has_locks:
        from mothball.check.transitive import dependency_paths, merge_lock_findings  # noqa: PLC0415 - for locks only

        paths = dependency_paths(files)
    checked_files = [
        _FileCheck(file, settings).run(lookups, verdicts, paths_of_file)
        for file, lookups, verdicts, paths_of_file in zip(files, judged.lookups, judged.verdicts, paths, strict=True)
    ]
    if has_locks:
        return checked_files, merge_lock_findings(checked_files, settings)
    return checked_files, [finding for checked_file in checked_files for finding in checked_file.findings]


class _FileCheck:
    """The check of one file, with the ignores that apply to it."""

    def __init__(self, file: ResolvedFile, settings: RunSettings) -> None:
        self._file, self._settings = file, settings
        self._severity_policy = settings.severity_policy(file.resolved_config.config)
        self._lines = LineIndex(file.text)
        self._comments: dict[int, list[IgnoreComment]] = {}
        for comment in file.document.ignores if settings.use_ignores else ():
            for line in line_range(comment.applies_to, self._lines):
                self._comments.setdefault(line, []).append(comment)
        with_entries = settings.use_ignores or settings.keep_config_ignores
        entries = file.resolved_config.config.ignores if with_entries else ()
        self._entries = {ignore.name: ignore for ignore in entries}
        self._used_ignores: set[IgnoreComment | Ignore] = set()
        self._rejected_ignores: set[IgnoreComment | Ignore] = set()

    def run(
        self, lookups: Sequence[LookupResult], verdicts: Sequence[VersionVerdict], paths: DependencyPaths
    ) -> CheckedFile:
        """Apply the rules to the results of each dependency; ``paths`` are those of transitive dependencies."""
        file, lines = self._file, self._lines
        items, findings, repinned = [], [], file.repinned
        for dependency, lookup, verdict in zip(file.dependencies_to_check, lookups, verdicts, strict=True):
            path = paths.get(dependency.name) if paths else None
            not_judged = verdict.not_judged or ""
            fields = dependency, file.path, lines, lookup, path is not None, path or (), not_judged
            item = make(CheckedDependency, fields)
            items.append(item)
            rule = None if repinned and dependency in repinned else policy.rule_of(lookup)
            if rule is not None:
                findings.append(self._finding(item, policy.Violation(rule, dependency.name), verdict))
            if verdict.rule is not None:
                violation = policy.Violation(verdict.rule, dependency.name, pin_of(dependency))
                findings.append(self._finding(item, violation, verdict))
        if not file.is_context:
            findings += parse_findings(file, lines, self._settings)
            findings += self._unresolvable_findings()
        ignores = frozenset(self._used_ignores), frozenset(self._rejected_ignores)
        return CheckedFile(file, lines, tuple(items), tuple(findings), *ignores, frozenset(map(type, lookups)))

    def _finding(self, item: CheckedDependency, violation: policy.Violation, verdict: VersionVerdict) -> Finding:
        file, dependency, rule = self._file, item.dependency, violation.rule
        matched_ignore = self._applied_ignore(violation, dependency.entry_span)
        text = self._text(item, violation, verdict)
        selected = file.selected or NOTHING_SELECTED
        moved_from = selected.moved_from.get(dependency, "")
        severity = policy.severity_of(
            rule,
            self._severity_policy,
            downgraded=policy.is_downgraded(dependency.kind, transitive=item.transitive),
            moved=bool(moved_from) and (violation.version is None or dependency in selected.moved_pins),
            never_installed=dependency.is_never_installed,
            constraint=dependency.kind is DependencyKind.CONSTRAINT,
        )
        message = f"{text.message}, moved from {one_line(moved_from)}" if moved_from else text.message
        if dependency.is_never_installed:
            message += ", never installed with this `requires-python`"
        return Finding(
            rule,
            severity,
            message,
            text.help,
            text.reason,
            path=file.path,
            location=item.location,
            name=dependency.name,
            lookup=item.lookup,
            suppressed=policy.suppression_of(matched_ignore) if matched_ignore else None,
            version=None if violation.version is None else one_line(violation.version, 100),
            successor=self._successor(dependency.name) if rule in PROJECT_RULES and not item.via else "",
            ignore_entry=text.ignore_entry,
        )

    def _text(
        self, item: CheckedDependency, violation: policy.Violation, verdict: VersionVerdict
    ) -> messages.MessageText:
        dependency, document = item.dependency, self._file.document
        index_lines = messages.further_index_lines(document.format, document.tools)
        source = messages.EntrySource(
            self._file.resolved_config.edited_path,
            dependency.kind is DependencyKind.LOCKED,
            next(iter(index_lines), ""),
            self._settings.mode is CheckMode.ADDED,
        )
        if violation.version is not None:
            return messages.version_message(item, violation.version, verdict, source)
        successor = self._successor(item.via[0] if item.via else dependency.name)
        return messages.finding_message(dependency.name, item.lookup, item.via, source=source, successor=successor)

    def _successor(self, name: str) -> str:
        return self._file.resolved_config.config.successors.get(name, "")

    def _applied_ignore(self, violation: policy.Violation, span: Span) -> IgnoreComment | Ignore | None:
        """Return the ignore that applies to a violation by the entry at ``span``; if added, one with a reason."""
        comments = [comment for line in line_range(span, self._lines) for comment in self._comments.get(line, ())]
        entry = self._entries.get(violation.name) if violation.name else None
        entries = [entry] if entry else []
        matched = policy.matching_ignore(violation, comments, entries, self._settings.today)
        if matched and self._settings.mode is CheckMode.ADDED and not policy.is_reason(matched.reason):
            self._rejected_ignores.add(matched)
            comments = [comment for comment in comments if policy.is_reason(comment.reason)]
            entries = [entry for entry in entries if policy.is_reason(entry.reason)]
            matched = policy.matching_ignore(violation, comments, entries, self._settings.today)
        if matched:
            self._used_ignores.add(matched)
        return matched

    def _unresolvable_findings(self) -> Iterator[Finding]:
        """Yield a finding for each computed list of a setup.py, and each entry whose name contains a variable."""
        file = self._file
        severity = policy.severity_of(Rule.UNRESOLVABLE, self._severity_policy)
        variables = [entry for entry in file.unnamed if entry.reason in UNRESOLVABLE_REASONS]
        for problem in (
            *file.unresolvable,
            *(messages.variable_name_problem(entry.span, file.text) for entry in variables),
        ):
            matched_ignore = self._applied_ignore(policy.Violation(Rule.UNRESOLVABLE, ""), problem.span)
            yield Finding(
                Rule.UNRESOLVABLE,
                severity,
                one_line(problem.message),
                one_line(problem.help),
                path=file.path,
                location=self._lines.location(file.path, problem.span),
                suppressed=policy.suppression_of(matched_ignore) if matched_ignore else None,
            )


def parse_findings(file: ResolvedFile, lines: LineIndex, settings: RunSettings) -> Iterator[Finding]:
    """Yield the findings about the parse problems of a file. ``lines`` is its line index."""
    severity = policy.severity_of(Rule.UNREADABLE, settings.severity_policy(file.resolved_config.config))
    for problem in file.problems:
        message, help_text = one_line(problem.message), one_line(problem.help)
        location = lines.location(file.path, problem.span)
        yield Finding(Rule.UNREADABLE, severity, message, help_text, path=file.path, location=location)


def _not_stated_findings(files: Sequence[CheckedFile], settings: RunSettings) -> Iterator[Finding]:
    """Yield one finding per index that publishes no statuses, with the highest severity that a file configures."""
    by_index: dict[str, list[tuple[str, Severity, str]]] = {}
    for checked_file in files:
        if StatusNotStated not in checked_file.lookup_types:
            continue
        resolved_config = checked_file.file.resolved_config
        severity = policy.severity_of(Rule.NOT_STATED, settings.severity_policy(resolved_config.config))
        accepted = resolved_config.network.indexes_with(IndexStatuses.NONE)
        for item in checked_file.judged_by_status:
            if isinstance(item.lookup, StatusNotStated) and item.lookup.origin.index_url not in accepted:
                found = resolved_config.edited_path, severity, item.dependency.name
                by_index.setdefault(item.lookup.origin.index_url, []).append(found)
    for index, found_on_index in by_index.items():
        paths, severities, names = zip(*found_on_index, strict=True)
        text = messages.not_stated_message(index, len(set(names)), min(paths))
        severity = min(severities, key=list(Severity).index)
        yield Finding(Rule.NOT_STATED, severity, text.message, text.help, index_url=index)


# --- problems of the run ----------------------------------------------------------------------------------------------


def _problems(
    files: Sequence[CheckedFile], dependencies: Sequence[CheckedDependency], settings: RunSettings
) -> Iterator[Problem]:
    """Yield what makes the check incomplete, or differs from what the user may expect."""
    notes = (_dropped_credentials, _unread_constraints, _false_claims)
    for notes_of in (_private_names, *notes) if settings.mode is CheckMode.ADDED else notes:
        for checked_file in files:
            yield from notes_of(checked_file)
    yield from _contradicted_settings(files)
    doubtful = [
        item
        for item in dependencies
        if not isinstance(item.lookup, Skipped)
        and ((origin := item.lookup.origin).source is Source.STALE or not origin.authenticated)
    ]
    yield from _stale_problems(doubtful, files, settings)
    yield from _unauthenticated_problems(doubtful)


def _private_names(checked_file: CheckedFile) -> Iterator[Problem]:
    """Yield a note about added private names that no index may be queried for."""
    skipped = checked_file.judged_by_status if Skipped in checked_file.lookup_types else ()
    names = dict.fromkeys(item.dependency.name for item in skipped if item.lookup == Skipped(SkipReason.PRIVATE))
    if names:
        verb = "was" if len(names) == 1 else "were"
        shown = join_names(list(names), _SHOWN_NAMES)
        message = f"{shown} {verb} not looked up: private, and only public indexes are configured"
        help_text = "configure the index that has the private names, as `index-url` or in the settings of the installer"
        yield Problem(Severity.NOTE, message, help_text, checked_file.file.path)


def _dropped_credentials(checked_file: CheckedFile) -> Iterator[Problem]:
    """Yield a note about credentials in index URLs."""
    file = checked_file.file
    settings = credential_locations(file.indexes, file.document.dependencies)
    if settings and not file.is_context:
        more = f" and {len(settings) - 1} more" if len(settings) > 1 else ""
        message = f"credentials in an index URL are not sent: {one_line(settings[0], 150)}{more}"
        help_text = f"move them to {user_config_file()} or netrc: anyone who can read this file can read them"
        yield Problem(Severity.NOTE, message, help_text, file.path)


def _unread_constraints(checked_file: CheckedFile) -> Iterator[Problem]:
    """Yield a note for each include of constraints at a URL."""
    file = checked_file.file
    for include in file.document.includes if not file.is_context else ():
        if include.is_url_constraint:
            message = f"constraints from a URL are not read: {one_line(include.target, 150)}"
            help_text = "the packages themselves are checked: constraints install nothing"
            position = checked_file.lines.position(include.span.start)
            yield Problem(Severity.NOTE, message, help_text, file.path, position)


def _false_claims(checked_file: CheckedFile) -> Iterator[Problem]:
    """Yield a note about entries that were looked up because the local project that they name is not there."""
    false_claims = checked_file.file.facts.false_claims
    claiming = [
        item.dependency
        for item in checked_file.dependencies
        if false_claims and claim_of(item.dependency) in false_claims and not isinstance(item.lookup, Skipped)
    ]
    if claiming:
        names = join_names(list(dict.fromkeys(dependency.name for dependency in claiming)), _SHOWN_NAMES)
        message = f"{names}: not a local project of this repository, so an index was queried"
        help_text = "correct the path or workspace source, or add the name to `private`"
        position = checked_file.lines.position(claiming[0].name_span.start)
        yield Problem(Severity.NOTE, message, help_text, checked_file.file.path, position)


def _contradicted_settings(files: Iterable[CheckedFile]) -> Iterator[Problem]:
    """Yield a problem per configuration and index with ``statuses = "none"`` that does publish statuses."""
    contradicted: dict[tuple[str, str], None] = {}
    for checked_file in files:
        resolved_config = checked_file.file.resolved_config
        indexes = resolved_config.network.indexes_with(IndexStatuses.NONE)
        for item in checked_file.dependencies if indexes else ():
            if isinstance(item.lookup, KnownStatus | UnrecognizedStatus):
                origin = item.lookup.origin
                if origin.index_url in indexes and origin.source is not Source.SNAPSHOT:
                    contradicted[resolved_config.path, origin.index_url] = None
    for path, index in contradicted:
        shown = one_line(index, 100)
        message = f'{shown} publishes project statuses, but `statuses = "none"` is configured for it'
        help_text = f'remove `statuses = "none"` from `indexes.{messages.toml_string(one_line(index, 300))}`'
        yield Problem(Severity.WARNING, message, help_text, path, index_url=index)


def _stale_problems(
    dependencies: Iterable[CheckedDependency], files: Sequence[CheckedFile], settings: RunSettings
) -> Iterator[Problem]:
    """Yield a problem per index with expired cache entries that were used; a single one for all indexes if offline."""
    offline = all(checked_file.file.resolved_config.network.offline for checked_file in files)
    stale: dict[str, dict[tuple[str, str], float]] = {}
    failures: dict[str, str] = {}
    for item in dependencies:
        if not isinstance(item.lookup, Skipped) and item.lookup.origin.source is Source.STALE:
            index, checked_at = item.lookup.origin[:2]
            stale.setdefault("" if offline else index, {})[item.dependency.name, index] = checked_at
            failures.setdefault(index, item.lookup.origin.failure)
    severity = Severity.NOTE if offline else Severity.WARNING
    for index, times in stale.items():
        age = settings.now - min(times.values())
        text = messages.stale_message(index, len(times), age, failures.get(index, ""))
        yield Problem(severity, text.message, text.help, rule=Rule.UNVERIFIED, index_url=index)


def _unauthenticated_problems(dependencies: Iterable[CheckedDependency]) -> Iterator[Problem]:
    """Yield a problem per index with results that are not authenticated."""
    lookups = [item.lookup for item in dependencies if not isinstance(item.lookup, Skipped | Unavailable)]
    names = Counter(lookup.origin.index_url for lookup in lookups if not lookup.origin.authenticated)
    for index, count in names.items():
        results = "1 result is" if count == 1 else f"{count} results are"
        message = f"{results} not authenticated: the certificate of {one_line(index, 100)} is not verified"
        help_text = (
            "set `SSL_CERT_FILE` to its CA certificates, and remove its host from `insecure-hosts` in "
            f"{user_config_file()}"
        )
        yield Problem(Severity.WARNING, message, help_text, rule=Rule.UNVERIFIED, index_url=index)
