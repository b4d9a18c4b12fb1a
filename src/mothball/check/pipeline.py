"""Source files in, a report out: the middle of the road. All it uses is injected; it reads and prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from mothball.check import policy
from mothball.check.inputs import CheckedFile, RunSettings, SourceFile, line_range
from mothball.check.messages import (
    REPORTED_SKIP_REASONS,
    dropped_credentials_message,
    finding_message,
    ignore_table,
    not_stated_message,
    skipped_message,
    stale_message,
)
from mothball.check.transitive import DependencyPaths, dependency_paths, merge_lock_findings
from mothball.check.unused_ignores import unused_ignores
from mothball.config.project import Ignore
from mothball.index.resolution import LookupSettings, Query
from mothball.model.document import Dependency, DependencyKind, IgnoreComment, SkipReason
from mothball.model.findings import (
    CheckedDependency,
    CheckMode,
    Finding,
    Problem,
    Report,
    Rule,
    Severity,
    SkippedEntry,
    Summary,
)
from mothball.model.line_index import LineIndex
from mothball.model.lookup import IndexResult, LookupResult, Skipped, Source, StatusNotStated, Unavailable
from mothball.model.records import make
from mothball.model.sanitize import one_line
from mothball.routing.route import IndexRoute, Router, credential_locations

LookUp = Callable[[Iterable[Query]], Mapping[Query, IndexResult]]
Asked = Query | Skipped


def check(
    files: Sequence[SourceFile],
    look_up: LookUp,
    settings: RunSettings,
    unreadable: Sequence[Finding] = (),
    problems: Sequence[Problem] = (),
) -> Report:
    """Return the report on ``files``.

    Every name that may be asked for goes through one call of ``look_up``, so that one batch can answer it. What never
    became a source file comes along: ``unreadable`` files, and ``problems`` met on the way.
    """
    asked = [_asked(file, settings) for file in files]
    answers = look_up(dict.fromkeys(query for of_file in asked for query in of_file if isinstance(query, Query)))
    ways = dependency_paths(files)
    judged = [_judge(*inputs, answers, settings) for inputs in zip(files, asked, ways, strict=True)]
    findings = [
        *unreadable,
        *merge_lock_findings(judged),
        *_not_stated_notes(judged, settings),
        *unused_ignores(judged, settings, complete=not unreadable),
    ]
    counted = tuple(sorted((finding for finding in findings if finding.severity is not Severity.OFF), key=_order))
    checked = tuple(sorted((item for one in judged for item in one.checked), key=_place))
    unnamed = tuple(sorted(entry for one in judged for entry in _unnamed(one)))
    paths = {file.path for file in files if not file.is_context} | {finding.path for finding in unreadable}
    return Report(
        dependencies=checked,
        findings=counted,
        problems=tuple(
            problem._replace(severity=Severity.ERROR)
            if settings.strict and problem.rule and problem.severity is Severity.WARNING
            else problem
            for problem in (
                *problems,
                *_skipped_problems(judged, settings),
                *_stale_problems(checked, files, settings),
            )
        ),
        summary=_summary(checked, counted, unnamed, len(paths)),
        unnamed=unnamed,
    )


def merge_reports(one: Report, other: Report) -> Report:
    """Return the report on what two checks of one run have found, of files of which each is judged in one of them."""
    checked = tuple(sorted((*one.dependencies, *other.dependencies), key=_place))
    findings = tuple(sorted(dict.fromkeys((*one.findings, *other.findings)), key=_order))
    problems = tuple(dict.fromkeys((*one.problems, *other.problems)))
    unnamed = tuple(sorted((*one.unnamed, *other.unnamed)))
    summary = _summary(checked, findings, unnamed, one.summary.files + other.summary.files)
    return Report(checked, findings, problems, summary, unnamed)


def queries_of(files: Iterable[SourceFile], settings: RunSettings) -> tuple[Query, ...]:
    """Return all that ``check`` would look up for ``files``, each query once."""
    asked = (query for file in files for query in _asked(file, settings) if isinstance(query, Query))
    return tuple(dict.fromkeys(asked))


def _asked(file: SourceFile, settings: RunSettings) -> list[Asked]:
    """Return for each dependency of ``file``, in its order, what to ask, or why nothing may be asked."""
    network = file.resolved_config.network
    plain = LookupSettings(
        max_age=network.max_age,
        offline=network.offline,
        refresh=settings.refresh,
        snapshot=file.resolved_config.snapshot,
    )
    asked: list[Asked] = []
    lookup_settings: dict[str | None, LookupSettings] = {None: plain}
    router = Router(file.declared_indexes(), network)
    before: IndexRoute | None = None
    where: tuple[tuple[str, ...], LookupSettings] = ((), plain)
    for dependency, way in zip(file.dependencies_to_check, router.routes(file.dependencies_to_check), strict=True):
        if isinstance(way, IndexRoute):
            if way is not before:  # most of a file go the same way
                before, other = way, way.status_index
                if other not in lookup_settings:
                    lookup_settings[other] = plain._replace(status_index=other)
                where = way.urls, lookup_settings[other]
            asked.append(make(Query, (dependency.name, *where)))
        else:
            asked.append(way)
    return asked


def _judge(
    file: SourceFile,
    asked: Sequence[Asked],
    ways: DependencyPaths,
    answers: Mapping[Query, IndexResult],
    settings: RunSettings,
) -> CheckedFile:
    lines = LineIndex(file.text)
    comments: dict[int, list[IgnoreComment]] = {}
    for comment in file.document.ignores if settings.use_ignores else ():
        for line in line_range(comment.applies_to, lines):
            comments.setdefault(line, []).append(comment)
    entries = file.resolved_config.config.ignores if settings.use_ignores or settings.keep_config_ignores else ()
    ignores = {ignore.name: ignore for ignore in entries}
    checked, findings = [], []
    used: set[IgnoreComment | Ignore] = set()
    lookups: list[LookupResult] = [answers[query] if isinstance(query, Query) else query for query in asked]
    for dependency, lookup in zip(file.dependencies_to_check, lookups, strict=True):
        way = ways.get(dependency.name) if ways else None
        item = make(CheckedDependency, (dependency, file.path, lines, lookup, way is not None, way or ()))
        checked.append(item)
        rule = policy.rule_of(lookup)
        if rule is None:
            continue
        beside = [comment for line in line_range(dependency.entry_span, lines) for comment in comments.get(line, ())]
        entry = ignores.get(dependency.name)
        matched_ignore = policy.matching_ignore(
            rule, dependency.name, beside, (entry,) if entry else (), settings.today
        )
        used.update((matched_ignore,) if matched_ignore else ())
        findings.append(_finding(file, item, rule, matched_ignore, settings))
    findings += _entry_problems(file, lines, settings)
    if not file.is_context:
        findings += _unresolvable(file, lines, comments, settings)
    kinds = frozenset(map(type, lookups))
    return CheckedFile(file, lines, tuple(checked), tuple(findings), frozenset(used), kinds)


def _finding(
    file: SourceFile,
    item: CheckedDependency,
    rule: Rule,
    matched_ignore: IgnoreComment | Ignore | None,
    settings: RunSettings,
) -> Finding:
    dependency = item.dependency
    added = settings.mode is CheckMode.ADDED
    table = ignore_table(file.resolved_config.path) if dependency.kind is DependencyKind.LOCKED else None
    words = finding_message(dependency.name, item.lookup, item.via, table=table, added=added)
    downgraded = policy.is_downgraded(dependency.kind, transitive=item.transitive)
    return Finding(
        rule,
        policy.severity_of(rule, settings.severity_policy(file.resolved_config.config), downgraded=downgraded),
        words.message,
        words.help,
        words.reason,
        path=file.path,
        location=item.location,
        name=dependency.name,
        lookup=item.lookup,
        suppressed=policy.suppression_of(matched_ignore) if matched_ignore else None,
    )


def _entry_problems(file: SourceFile, lines: LineIndex, settings: RunSettings) -> Iterator[Finding]:
    severity = policy.severity_of(Rule.UNREADABLE, settings.severity_policy(file.resolved_config.config))
    for problem in file.document.problems:
        location = lines.location(file.path, problem.span)
        message, help_text = one_line(problem.message), one_line(problem.help)
        yield Finding(Rule.UNREADABLE, severity, message, help_text, path=file.path, location=location)


def _unresolvable(
    file: SourceFile, lines: LineIndex, comments: Mapping[int, Sequence[IgnoreComment]], settings: RunSettings
) -> Iterator[Finding]:
    """Yield a finding for each list that is computed: a note, unless a change touches its file."""
    severity = policy.severity_of(Rule.UNVERIFIED, settings.severity_policy(file.resolved_config.config))
    if settings.mode is CheckMode.FULL and severity is not Severity.OFF:
        severity = Severity.NOTE
    for problem in file.document.unresolvable:
        beside = [comment for line in line_range(problem.span, lines) for comment in comments.get(line, ())]
        matched_ignore = policy.matching_ignore(Rule.UNVERIFIED, "", beside, (), settings.today)
        yield Finding(
            Rule.UNVERIFIED,
            severity,
            one_line(problem.message),
            one_line(problem.help),
            path=file.path,
            location=lines.location(file.path, problem.span),
            suppressed=policy.suppression_of(matched_ignore) if matched_ignore else None,
        )


def _not_stated_notes(judged: Sequence[CheckedFile], settings: RunSettings) -> Iterator[Finding]:
    """Yield one finding for each index that states no statuses, however many names were asked of it."""
    names: dict[str, set[str]] = {}
    severities: dict[str, Severity] = {}
    for one in judged:
        if StatusNotStated not in one.lookups:
            continue
        severity = policy.severity_of(Rule.NOT_STATED, settings.severity_policy(one.file.resolved_config.config))
        for item in one.checked:
            if isinstance(item.lookup, StatusNotStated):
                index = item.lookup.origin.index_url
                names.setdefault(index, set()).add(item.dependency.name)
                severities[index] = min(severity, severities.get(index, severity), key=list(Severity).index)
    for index, of_index in names.items():
        words = not_stated_message(index, len(of_index))
        yield Finding(Rule.NOT_STATED, severities[index], words.message, words.help)


# What the parser says of an entry that names an index which its file does not declare weighs like the router's word.
_NOT_WAVED = (None, SkipReason.NO_INDEX)


def _skipped_problems(judged: Iterable[CheckedFile], settings: RunSettings) -> Iterator[Problem]:
    """Yield for each file one problem for the names whose index cannot be told or asked: nobody checked them.

    What a change adds is not waved through for that, unless its entry is no name of an index in the first place.
    """
    for one in judged:
        unchecked: dict[SkipReason, list[Dependency]] = {}
        for item in one.checked if Skipped in one.lookups else ():
            if isinstance(item.lookup, Skipped):
                unchecked.setdefault(item.lookup.reason, []).append(item.dependency)
        for reason in REPORTED_SKIP_REASONS:
            skipped = unchecked.get(reason, ())
            severity = Severity.WARNING
            if settings.mode is CheckMode.ADDED and any(entry.skip_reason in _NOT_WAVED for entry in skipped):
                severity = policy.severity_of(
                    Rule.UNVERIFIED, settings.severity_policy(one.file.resolved_config.config)
                )
            if skipped and severity is not Severity.OFF:
                words = skipped_message(reason, len({dependency.name for dependency in skipped}))
                yield Problem(severity, words.message, words.help, one.file.path, rule=Rule.UNVERIFIED)
        places = credential_locations(one.file.declared_indexes(), one.file.document.dependencies)
        if places:
            words = dropped_credentials_message(places)
            yield Problem(Severity.NOTE, words.message, words.help, one.file.path)


def _stale_problems(
    checked: Iterable[CheckedDependency], files: Sequence[SourceFile], settings: RunSettings
) -> Iterator[Problem]:
    """Yield a problem for each index whose old answers had to serve, with the age of the oldest; one offline."""
    offline = all(file.resolved_config.network.offline for file in files)
    known: dict[str, dict[tuple[str, str], float]] = {}
    for item in checked:
        if not isinstance(item.lookup, Skipped) and item.lookup.origin.source is Source.STALE:
            index, checked_at, _ = item.lookup.origin
            known.setdefault("" if offline else index, {})[item.dependency.name, index] = checked_at
    severity = Severity.NOTE if offline else Severity.WARNING
    for index, ages in known.items():
        words = stale_message(index, len(ages), settings.now - min(ages.values()))
        yield Problem(severity, words.message, words.help, rule=Rule.UNVERIFIED, index_url=index)


def _unnamed(one: CheckedFile) -> Iterator[SkippedEntry]:
    """Yield the entries without a name, where all of a file is judged."""
    for entry in one.file.document.unnamed if one.file.selected is None else ():
        yield SkippedEntry(one.lines.location(one.file.path, entry.span), entry.reason)


def _summary(
    checked: Sequence[CheckedDependency], findings: Sequence[Finding], unnamed: Sequence[SkippedEntry], files: int
) -> Summary:
    live = [finding.severity for finding in findings if not finding.suppressed]
    kinds = [type(item.lookup) for item in checked]
    skipped, not_verified, not_stated = map(kinds.count, (Skipped, Unavailable, StatusNotStated))
    return Summary(
        files=files,
        dependencies=len(checked) + len(unnamed),
        checked=len(checked) - skipped - not_verified - not_stated,
        findings=len(live),
        errors=live.count(Severity.ERROR),
        warnings=live.count(Severity.WARNING),
        ignored=len(findings) - len(live),
        skipped=skipped + len(unnamed),
        unverified=not_verified,
        not_stated=not_stated,
    )


def _place(item: CheckedDependency) -> tuple[str, int]:
    return item.path, item.dependency.name_span.start


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    line, column = finding.location.start if finding.location else (0, 0)
    return finding.path, line, column, finding.rule, finding.message
