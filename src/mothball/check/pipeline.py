"""Core pipeline: source files to lookups to findings to report. No I/O: the lookups are injected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mothball.check import policy, versions
from mothball.check.inputs import CheckedFile, ResolvedFile, RunSettings, is_lock, line_range
from mothball.check.messages import (
    EntrySource,
    MessageText,
    VersionSubject,
    contradicted_setting_message,
    dropped_credentials_message,
    false_claims_message,
    finding_message,
    further_index_lines,
    not_stated_message,
    private_names_message,
    stale_message,
    unauthenticated_message,
    unread_constraints_message,
    variable_name_problem,
    version_message,
)
from mothball.check.pinned_entry import pin_of
from mothball.config.project import Ignore, IndexStatuses
from mothball.index.resolution import LookupSettings, Query
from mothball.model.document import (
    UNRESOLVABLE_REASONS,
    Dependency,
    DependencyKind,
    IgnoreComment,
    LineIndex,
    SkipReason,
)
from mothball.model.records import NamedTuple, make
from mothball.model.results import (
    PROJECT_RULES,
    VERSION_RULES,
    CheckedDependency,
    CheckMode,
    Finding,
    IndexResult,
    KnownStatus,
    LookupResult,
    Missing,
    Problem,
    Report,
    Rule,
    Severity,
    Skipped,
    SkippedEntry,
    Source,
    StatusNotStated,
    Summary,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import one_line
from mothball.routing.facts import claim_of
from mothball.routing.route import IndexRoute, credential_locations

if TYPE_CHECKING:
    from mothball.check.transitive import DependencyPaths

LookUp = Callable[[Iterable[Query]], Mapping[Query, IndexResult]]
QueryOrSkipped = Query | Skipped
_IgnoreCandidates = tuple[Sequence[IgnoreComment], Sequence[Ignore]]


class LookupPlan(NamedTuple):
    """The lookups that a check of ``files`` needs: for each file and dependency a query, or the reason to skip it."""

    files: tuple[ResolvedFile, ...]
    lookups: tuple[Sequence[QueryOrSkipped], ...]

    def queries(self) -> tuple[Query, ...]:
        """Return the distinct queries."""
        queries = (query for of_file in self.lookups for query in of_file if isinstance(query, Query))
        return tuple(dict.fromkeys(queries))

    def skipped(self) -> Iterator[Skipped]:
        """Yield the reasons of all dependencies that are not looked up."""
        return (skipped for of_file in self.lookups for skipped in of_file if isinstance(skipped, Skipped))


def plan_lookups(files: Iterable[ResolvedFile], settings: RunSettings) -> LookupPlan:
    """Route all dependencies of ``files`` that are checked."""
    files = tuple(files)
    return LookupPlan(files, tuple(_queries(file, settings) for file in files))


def has_version_findings(plan: LookupPlan, results: Mapping[Query, IndexResult], settings: RunSettings) -> bool:
    """Return True if a version rule is violated, or may be after another lookup."""
    return any(verdict.is_suspicious for _, verdict in _verdicts(plan, results, settings))


def _verdicts(
    plan: LookupPlan, results: Mapping[Query, IndexResult], settings: RunSettings
) -> Iterator[tuple[Query, versions.VersionVerdict]]:
    """Yield the queries with a pin and the verdicts on their entries."""
    for file, queries in zip(plan.files, plan.lookups, strict=True):
        rules = versions.VersionRules(file, settings)
        for dependency, query in zip(file.dependencies_to_check, queries, strict=True):
            if isinstance(query, Query) and query.pin:
                yield query, rules.judge(dependency, query, results[query])


def confirmed_results(
    plan: LookupPlan, results: Mapping[Query, IndexResult], look_up: LookUp, settings: RunSettings
) -> tuple[Mapping[Query, IndexResult], tuple[Query, ...]]:
    """Return ``results`` in which the pages of suspicious pins were requested again, and the queries for that.

    A cached page may lack a version that was published since. A page that cannot be requested now keeps its result, and
    the pin is not judged.
    """
    again: dict[Query, Query] = {}
    for query, verdict in _verdicts(plan, results, settings):
        if verdict.not_judged is versions.NotJudged.UNCONFIRMED and not query.settings.offline:
            again[query] = query.for_whole_list(bypass_cache=True)
    if not again:
        return results, ()
    confirmed = look_up(tuple(dict.fromkeys(again.values())))
    usable = {
        query: confirmed[other] for query, other in again.items() if not isinstance(confirmed[other], Unavailable)
    }
    return {**results, **usable}, tuple(dict.fromkeys(again.values()))


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
    results, _ = confirmed_results(plan, look_up(plan.queries()), look_up, settings)
    return build_report(plan, results, settings, unreadable, problems)


def build_report(
    plan: LookupPlan,
    results: Mapping[Query, IndexResult],
    settings: RunSettings,
    unreadable: Sequence[Finding] = (),
    problems: Sequence[Problem] = (),
) -> Report:
    """Build the report on the files of ``plan`` from the ``results`` of all its queries.

    The findings ``unreadable`` about files that could not be read, and the ``problems`` of earlier steps, are added.
    """
    files = plan.files
    checked_files, merged = _check_files(plan, results, settings)
    all_findings = [
        *unreadable,
        *merged,
        *_not_stated_findings(checked_files, settings),
        *_unused_ignores(checked_files, settings, complete=not unreadable),
    ]
    reported = sorted((finding for finding in all_findings if finding.severity is not Severity.OFF), key=_finding_order)
    findings = tuple(_with_merged_ignores(reported, files))
    dependencies = tuple(
        sorted((item for file in checked_files for item in _judged_by_status(file)), key=_dependency_order)
    )
    items = [item for file in checked_files for item in file.dependencies]
    repinned = len(items) - len(dependencies)
    not_judged = tuple(sorted(item.not_judged for item in items if item.not_judged))
    unnamed = tuple(sorted(entry for file in checked_files for entry in _unnamed(file)))
    reported_paths = {file.path for file in files if not file.is_context} | {finding.path for finding in unreadable}
    return Report(
        dependencies=dependencies,
        findings=findings,
        problems=tuple(
            problem._replace(severity=Severity.ERROR)
            if settings.strict and problem.rule and problem.severity is Severity.WARNING
            else problem
            for problem in (
                *problems,
                *_private_names(checked_files, settings),
                *_dropped_credentials(checked_files),
                *_unread_constraints(checked_files),
                *_false_claims(checked_files),
                *_contradicted_settings(checked_files),
                *_stale_problems(dependencies, files, settings),
                *_unauthenticated_problems(dependencies),
            )
        ),
        summary=_summary(dependencies, findings, unnamed, len(reported_paths), repinned, len(not_judged)),
        unnamed=unnamed,
        not_judged=not_judged,
    )


def _with_merged_ignores(findings: Sequence[Finding], files: Iterable[ResolvedFile]) -> Sequence[Finding]:
    """Return ``findings`` that suggest one ignore for each project or line. Only pins can have several findings."""
    if not any(finding.ignore_entry or finding.version for finding in findings):
        return findings
    from mothball.check.suggested_ignores import merge_suggested_ignores  # noqa: PLC0415 - for locks and pins only

    return merge_suggested_ignores(findings, {file.path: file.resolved_config.edited_path for file in files})


def merge_reports(first: Report, second: Report) -> Report:
    """Merge the reports on two disjoint sets of files."""
    dependencies = tuple(sorted((*first.dependencies, *second.dependencies), key=_dependency_order))
    findings = tuple(sorted(dict.fromkeys((*first.findings, *second.findings)), key=_finding_order))
    problems = tuple(dict.fromkeys((*first.problems, *second.problems)))
    unnamed = tuple(sorted((*first.unnamed, *second.unnamed)))
    not_judged = tuple(sorted((*first.not_judged, *second.not_judged)))
    files = first.summary.files + second.summary.files
    repinned = first.summary.repinned + second.summary.repinned
    summary = _summary(dependencies, findings, unnamed, files, repinned, len(not_judged))
    return Report(dependencies, findings, problems, summary, unnamed, not_judged)


def _queries(file: ResolvedFile, settings: RunSettings) -> list[QueryOrSkipped]:
    """Return a query, or the reason to skip it, for each dependency of ``file`` that is checked, in its order."""
    network = file.resolved_config.network
    router = file.router()
    default_settings = LookupSettings(
        max_age=network.max_age,
        offline=network.offline,
        refresh=settings.refresh,
        snapshot=file.resolved_config.snapshot,
        stated_indexes=network.indexes_with(IndexStatuses.STATED),
        insecure_hosts=network.insecure_hosts,
        ignored_codes=router.ignored_codes(),
        public_indexes=network.public_indexes(),
    )
    queries: list[QueryOrSkipped] = []
    dependencies = file.dependencies_to_check
    settings_by_route: dict[tuple[str | None, bool], LookupSettings] = {}
    with_pins = not file.is_context and _judges_versions(file, settings)
    base_names = {name for lock in file.selected.base_locks for name in lock.entries} if file.selected else set()
    previous: IndexRoute | None = None
    query_fields: tuple[tuple[str, ...], LookupSettings] = ((), default_settings)
    for dependency, route in zip(dependencies, router.routes(dependencies), strict=True):
        if isinstance(route, IndexRoute):
            if route is not previous:  # most dependencies of a file share one route
                previous, key = route, (route.status_index, route.is_private)
                if key not in settings_by_route:
                    settings_by_route[key] = default_settings._replace(
                        status_index=route.status_index, is_private=route.is_private
                    )
                query_fields = route.urls, settings_by_route[key]
            pin = pin_of(dependency) if with_pins else ""
            queries.append(
                make(Query, (dependency.name, *query_fields, pin, bool(pin) and dependency.name in base_names))
            )
        else:
            queries.append(route)
    return queries


def _judges_versions(file: ResolvedFile, settings: RunSettings) -> bool:
    """Return True unless the version rules are switched off."""
    severity_policy = settings.severity_policy(file.resolved_config.config)
    return any(policy.severity_of(rule, severity_policy) is not Severity.OFF for rule in VERSION_RULES)


def _check_files(
    plan: LookupPlan, results: Mapping[Query, IndexResult], settings: RunSettings
) -> tuple[list[CheckedFile], list[Finding]]:
    """Check each file; return also the findings, those of manifests and their locks merged."""
    if not any(is_lock(file.document) for file in plan.files):
        checked_files = [
            _check_file(file, queries, {}, results, settings)
            for file, queries in zip(plan.files, plan.lookups, strict=True)
        ]
        return checked_files, [finding for checked_file in checked_files for finding in checked_file.findings]
    from mothball.check.transitive import dependency_paths, merge_lock_findings  # noqa: PLC0415 - for locks only

    paths = dependency_paths(plan.files)
    checked_files = [
        _check_file(*arguments, results, settings) for arguments in zip(plan.files, plan.lookups, paths, strict=True)
    ]
    return checked_files, list(merge_lock_findings(checked_files, settings))


def _unused_ignores(
    checked_files: Sequence[CheckedFile], settings: RunSettings, *, complete: bool
) -> Iterable[Finding]:
    """Return the findings about ignores, if there are any ignores."""
    files = [checked_file.file for checked_file in checked_files]
    if not any(file.document.ignores or file.resolved_config.config.ignores for file in files):
        return ()
    from mothball.check.unused_ignores import unused_ignores  # noqa: PLC0415 - most files have no ignores

    return unused_ignores(checked_files, settings, complete=complete)


def _check_file(
    file: ResolvedFile,
    queries: Sequence[QueryOrSkipped],
    paths: DependencyPaths,
    results: Mapping[Query, IndexResult],
    settings: RunSettings,
) -> CheckedFile:
    """Apply the rules to the lookup results of one file; ``paths`` are those of its transitive dependencies."""
    lines = LineIndex(file.text)
    comments: dict[int, list[IgnoreComment]] = {}
    for comment in file.document.ignores if settings.use_ignores else ():
        for line in line_range(comment.applies_to, lines):
            comments.setdefault(line, []).append(comment)
    with_entries = settings.use_ignores or settings.keep_config_ignores
    ignores = {ignore.name: ignore for ignore in file.resolved_config.config.ignores} if with_entries else {}
    items, findings, repinned = [], [], file.repinned
    rules = versions.VersionRules(file, settings)
    used_ignores: set[IgnoreComment | Ignore] = set()
    rejected_ignores: set[IgnoreComment | Ignore] = set()
    lookups: list[LookupResult] = [results[query] if isinstance(query, Query) else query for query in queries]
    for dependency, query, lookup in zip(file.dependencies_to_check, queries, lookups, strict=True):
        path = paths.get(dependency.name) if paths else None
        verdict = rules.judge(dependency, query, lookup)
        not_judged = verdict.not_judged or ""
        item = make(CheckedDependency, (dependency, file.path, lines, lookup, path is not None, path or (), not_judged))
        items.append(item)
        rule = None if repinned and dependency in repinned else policy.rule_of(lookup)
        if rule is verdict.rule is None:
            continue
        on_lines = [comment for line in line_range(dependency.entry_span, lines) for comment in comments.get(line, ())]
        entry = ignores.get(dependency.name)
        candidates = on_lines, [entry] if entry else []
        for violation in _violations(rule, verdict, dependency):
            matched_ignore = _applied_ignore(violation, candidates, settings, rejected_ignores)
            used_ignores.update((matched_ignore,) if matched_ignore else ())
            text = _text(file, item, violation, verdict, settings)
            findings.append(_finding(file, item, violation, text, matched_ignore, settings))
    if not file.is_context:
        findings += _parse_findings(file, lines, settings)
        findings += _unresolvable_findings(file, lines, comments, settings, rejected_ignores)
    lookup_types = frozenset(map(type, lookups))
    ignores_of_file = frozenset(used_ignores), frozenset(rejected_ignores)
    return CheckedFile(file, lines, tuple(items), tuple(findings), *ignores_of_file, lookup_types)


def _violations(
    rule: Rule | None, verdict: versions.VersionVerdict, dependency: Dependency
) -> Iterator[policy.Violation]:
    """Yield the violated rules about the project and the pinned version."""
    if rule is not None:
        yield policy.Violation(rule, dependency.name)
    if verdict.rule is not None:
        yield policy.Violation(verdict.rule, dependency.name, pin_of(dependency))


def _applied_ignore(
    violation: policy.Violation,
    candidates: _IgnoreCandidates,
    settings: RunSettings,
    rejected: set[IgnoreComment | Ignore],
) -> IgnoreComment | Ignore | None:
    """Return the ignore that applies to a finding, or None.

    For an added dependency an ignore without a reason does not apply; one that matches is added to ``rejected``.
    """
    comments, entries = candidates
    matched = policy.matching_ignore(violation, comments, entries, settings.today)
    if matched is None or settings.mode is not CheckMode.ADDED or policy.is_reason(matched.reason):
        return matched
    rejected.add(matched)
    comments = [comment for comment in comments if policy.is_reason(comment.reason)]
    entries = [entry for entry in entries if policy.is_reason(entry.reason)]
    return policy.matching_ignore(violation, comments, entries, settings.today)


def _text(
    file: ResolvedFile,
    item: CheckedDependency,
    violation: policy.Violation,
    verdict: versions.VersionVerdict,
    settings: RunSettings,
) -> MessageText:
    dependency = item.dependency
    added = settings.mode is CheckMode.ADDED
    document = file.document
    index_lines = further_index_lines(document.format, document.tools)
    is_locked = dependency.kind is DependencyKind.LOCKED
    source = EntrySource(file.resolved_config.edited_path, is_locked, next(iter(index_lines), ""))
    if violation.version is None:
        successor = _successor(file, item.via[0] if item.via else dependency.name)
        return finding_message(dependency.name, item.lookup, item.via, source=source, added=added, successor=successor)
    subject = VersionSubject(dependency.name, violation.version, verdict.reason, replaced=verdict.replaced)
    return version_message(violation.rule, subject, item.lookup, item.via, source=source, added=added)


def _successor(file: ResolvedFile, name: str) -> str:
    return file.resolved_config.config.successors.get(name, "")


def _finding(  # noqa: PLR0913, PLR0917 - the parts of a finding
    file: ResolvedFile,
    item: CheckedDependency,
    violation: policy.Violation,
    text: MessageText,
    matched_ignore: IgnoreComment | Ignore | None,
    settings: RunSettings,
) -> Finding:
    dependency = item.dependency
    downgraded = policy.is_downgraded(dependency.kind, transitive=item.transitive)
    constraint = dependency.kind is DependencyKind.CONSTRAINT
    moved_from = file.selected.moved_from.get(dependency, "") if file.selected else ""
    never_installed = dependency.is_never_installed
    severity = policy.severity_of(
        violation.rule,
        settings.severity_policy(file.resolved_config.config),
        downgraded=downgraded,
        moved=bool(moved_from),
        never_installed=never_installed,
        constraint=constraint,
    )
    message = f"{text.message}, moved from {one_line(moved_from)}" if moved_from else text.message
    return Finding(
        violation.rule,
        severity,
        f"{message}, never installed with this `requires-python`" if never_installed else message,
        text.help,
        text.reason,
        path=file.path,
        location=item.location,
        name=dependency.name,
        lookup=item.lookup,
        suppressed=policy.suppression_of(matched_ignore) if matched_ignore else None,
        version=None if violation.version is None else one_line(violation.version, 100),
        successor=_successor(file, dependency.name) if violation.rule in PROJECT_RULES and not item.via else "",
        ignore_entry=text.ignore_entry,
    )


def _parse_findings(file: ResolvedFile, lines: LineIndex, settings: RunSettings) -> Iterator[Finding]:
    severity = policy.severity_of(Rule.UNREADABLE, settings.severity_policy(file.resolved_config.config))
    for problem in file.problems:
        location = lines.location(file.path, problem.span)
        message, help_text = one_line(problem.message), one_line(problem.help)
        yield Finding(Rule.UNREADABLE, severity, message, help_text, path=file.path, location=location)


def _unresolvable_findings(
    file: ResolvedFile,
    lines: LineIndex,
    comments: Mapping[int, Sequence[IgnoreComment]],
    settings: RunSettings,
    rejected_ignores: set[IgnoreComment | Ignore],
) -> Iterator[Finding]:
    """Yield a finding for each computed list of a setup.py, and each entry whose name contains a variable."""
    severity = policy.severity_of(Rule.UNRESOLVABLE, settings.severity_policy(file.resolved_config.config))
    variables = [entry for entry in file.unnamed if entry.reason in UNRESOLVABLE_REASONS]
    for problem in (
        *file.unresolvable,
        *(variable_name_problem(entry.span, file.text) for entry in variables),
    ):
        on_lines = [comment for line in line_range(problem.span, lines) for comment in comments.get(line, ())]
        matched_ignore = _applied_ignore(
            policy.Violation(Rule.UNRESOLVABLE, ""), (on_lines, []), settings, rejected_ignores
        )
        yield Finding(
            Rule.UNRESOLVABLE,
            severity,
            one_line(problem.message),
            one_line(problem.help),
            path=file.path,
            location=lines.location(file.path, problem.span),
            suppressed=policy.suppression_of(matched_ignore) if matched_ignore else None,
        )


def _judged_by_status(checked_file: CheckedFile) -> Sequence[CheckedDependency]:
    """Return the dependencies to which more than the version rules apply."""
    repinned = checked_file.file.repinned
    if not repinned:
        return checked_file.dependencies
    return [item for item in checked_file.dependencies if item.dependency not in repinned]


def _not_stated_findings(files: Sequence[CheckedFile], settings: RunSettings) -> Iterator[Finding]:
    """Yield one finding per index that publishes no statuses, with the highest severity that a file configures.

    Indexes with ``statuses = "none"`` are not reported.
    """
    config_paths: dict[str, str] = {}
    names: dict[str, set[str]] = {}
    severities: dict[str, Severity] = {}
    for checked_file in files:
        if StatusNotStated not in checked_file.lookup_types:
            continue
        resolved_config = checked_file.file.resolved_config
        severity = policy.severity_of(Rule.NOT_STATED, settings.severity_policy(resolved_config.config))
        accepted = resolved_config.network.indexes_with(IndexStatuses.NONE)
        for item in _judged_by_status(checked_file):
            if isinstance(item.lookup, StatusNotStated) and item.lookup.origin.index_url not in accepted:
                index, path = item.lookup.origin.index_url, resolved_config.edited_path
                config_paths[index] = min(path, config_paths.get(index, path))
                names.setdefault(index, set()).add(item.dependency.name)
                severities[index] = min(severity, severities.get(index, severity), key=list(Severity).index)
    for index, index_names in names.items():
        text = not_stated_message(index, len(index_names), config_paths[index])
        yield Finding(Rule.NOT_STATED, severities[index], text.message, text.help, index_url=index)


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
        text = contradicted_setting_message(index)
        yield Problem(Severity.WARNING, text.message, text.help, path, index_url=index)


def _private_names(files: Iterable[CheckedFile], settings: RunSettings) -> Iterator[Problem]:
    """Yield a note per file about added private names that no index may be queried for."""
    for checked_file in files if settings.mode is CheckMode.ADDED else ():
        skipped = (item for item in _judged_by_status(checked_file) if Skipped in checked_file.lookup_types)
        names = dict.fromkeys(item.dependency.name for item in skipped if item.lookup == Skipped(SkipReason.PRIVATE))
        if names:
            text = private_names_message(list(names))
            yield Problem(Severity.NOTE, text.message, text.help, checked_file.file.path)


def _dropped_credentials(files: Iterable[CheckedFile]) -> Iterator[Problem]:
    """Yield a note for each file with credentials in an index URL."""
    for checked_file in files:
        file = checked_file.file
        locations = credential_locations(file.indexes, file.document.dependencies)
        if locations and not file.is_context:
            text = dropped_credentials_message(locations)
            yield Problem(Severity.NOTE, text.message, text.help, file.path)


def _false_claims(files: Iterable[CheckedFile]) -> Iterator[Problem]:
    """Yield a note per file with entries that were looked up because the local project that they name is not there."""
    for checked_file in files:
        file, false_claims = checked_file.file, checked_file.file.facts.false_claims
        claiming = [
            item.dependency
            for item in checked_file.dependencies
            if false_claims and claim_of(item.dependency) in false_claims and not isinstance(item.lookup, Skipped)
        ]
        if claiming:
            text = false_claims_message(list(dict.fromkeys(dependency.name for dependency in claiming)))
            position = checked_file.lines.position(claiming[0].name_span.start)
            yield Problem(Severity.NOTE, text.message, text.help, file.path, position)


def _unread_constraints(files: Iterable[CheckedFile]) -> Iterator[Problem]:
    """Yield a note for each include of constraints at a URL."""
    for checked_file in files:
        file = checked_file.file
        for include in file.document.includes if not file.is_context else ():
            if include.is_url_constraint:
                text = unread_constraints_message(include.target)
                position = checked_file.lines.position(include.span.start)
                yield Problem(Severity.NOTE, text.message, text.help, file.path, position)


def _stale_problems(
    dependencies: Iterable[CheckedDependency], files: Sequence[ResolvedFile], settings: RunSettings
) -> Iterator[Problem]:
    """Yield a problem per index with expired cache entries that were used; a single one for all indexes if offline."""
    offline = all(file.resolved_config.network.offline for file in files)
    stale: dict[str, dict[tuple[str, str], float]] = {}
    for item in dependencies:
        if not isinstance(item.lookup, Skipped) and item.lookup.origin.source is Source.STALE:
            index, checked_at = item.lookup.origin[:2]
            stale.setdefault("" if offline else index, {})[item.dependency.name, index] = checked_at
    severity = Severity.NOTE if offline else Severity.WARNING
    for index, times in stale.items():
        text = stale_message(index, len(times), settings.now - min(times.values()))
        yield Problem(severity, text.message, text.help, rule=Rule.UNVERIFIED, index_url=index)


def _unauthenticated_problems(dependencies: Iterable[CheckedDependency]) -> Iterator[Problem]:
    """Yield a problem per index with results that are not authenticated."""
    lookups = [item.lookup for item in dependencies if not isinstance(item.lookup, Skipped | Unavailable)]
    names = Counter(lookup.origin.index_url for lookup in lookups if not lookup.origin.authenticated)
    for index, count in names.items():
        text = unauthenticated_message(index, count)
        yield Problem(Severity.WARNING, text.message, text.help, rule=Rule.UNVERIFIED, index_url=index)


def _unnamed(checked_file: CheckedFile) -> Iterator[SkippedEntry]:
    """Yield the entries without a name, unless the file is only read as context."""
    file = checked_file.file
    for entry in () if file.is_context else file.unnamed:
        yield SkippedEntry(checked_file.lines.location(file.path, entry.span), entry.reason)


def _summary(  # noqa: PLR0913, PLR0917 - the parts of a report
    dependencies: Sequence[CheckedDependency],
    findings: Sequence[Finding],
    unnamed: Sequence[SkippedEntry],
    files: int,
    repinned: int,
    not_judged: int,
) -> Summary:
    severities = [finding.severity for finding in findings if not finding.suppressed]
    lookup_types = [type(item.lookup) for item in dependencies]
    unresolvable = sum(isinstance(item.lookup, Skipped) and item.lookup.is_unresolvable for item in dependencies)
    unresolvable += sum(entry.is_unresolvable for entry in unnamed)
    return Summary(
        files=files,
        dependencies=len(dependencies) + len(unnamed),
        checked=lookup_types.count(KnownStatus),
        findings=len(severities),
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        ignored=len(findings) - len(severities),
        skipped=lookup_types.count(Skipped) + len(unnamed) - unresolvable,
        unverified=lookup_types.count(Unavailable),
        unresolvable=unresolvable,
        not_stated=lookup_types.count(StatusNotStated),
        missing=lookup_types.count(Missing),
        unrecognized=lookup_types.count(UnrecognizedStatus),
        repinned=repinned,
        not_judged=not_judged,
    )


def _dependency_order(item: CheckedDependency) -> tuple[str, int]:
    return item.path, item.dependency.name_span.start


def _finding_order(finding: Finding) -> tuple[str, int, int, str, str]:
    line, column = finding.location.start if finding.location else (0, 0)
    return finding.path, line, column, finding.rule, finding.message
