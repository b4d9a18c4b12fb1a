from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check import policy
from mothball.check.inputs import ResolvedConfig, ResolvedFile, RunSettings
from mothball.check.pipeline import check
from mothball.config.project import IndexSettings, IndexStatuses, NetworkSettings, ProjectConfig
from mothball.formats.table import parse
from mothball.index.project_page import ProjectPage
from mothball.index.resolution import LookupSettings, Query
from mothball.index.snapshot import Snapshot
from mothball.model.document import DependencyKind, FileKind, IndexOption, Position, SkipReason, Span
from mothball.model.results import (
    CheckMode,
    Finding,
    IndexResult,
    KnownStatus,
    Missing,
    Problem,
    ProjectStatus,
    Report,
    Rule,
    Severity,
    Skipped,
    Source,
    StatusNotStated,
    Suppression,
)
from tests.support.check_inputs import (
    ACTIVE,
    ARCHIVED,
    DAY,
    DEPRECATED,
    DOWN,
    INDEX,
    MISSING,
    NETWORK,
    NOT_STATED,
    QUARANTINED,
    SETTINGS,
    UNRECOGNIZED,
    LookUp,
    ignore,
    origin,
    resolved,
    resolved_config,
    source,
)


def findings_of(report: Report) -> list[tuple[Rule, Severity, bool]]:
    return [(finding.rule, finding.severity, finding.suppressed is not None) for finding in report.findings]


# --- lookups ----------------------------------------------------------------------------------------------------------


def test_names_of_all_files_are_looked_up_once_in_one_batch() -> None:
    look_up = LookUp()
    files = [source("one-lib\ntwo-lib\n"), source("two-lib==2\nthree-lib\n", "more-requirements.txt")]
    report = check(files, look_up, SETTINGS)
    # The pinned entry is a query of its own, for the same page.
    names = ["one-lib", "two-lib", "two-lib", "three-lib"]
    assert [[query.name for query in batch] for batch in look_up.calls] == [names]
    assert [item.dependency.name for item in report.dependencies] == ["two-lib", "three-lib", "one-lib", "two-lib"]


def test_query_has_settings_of_configuration_and_run() -> None:
    snapshot = Snapshot(date(2026, 11, 1), INDEX, {"some-lib": ProjectPage("active")})
    network = NetworkSettings(INDEX, status_index="https://statuses.example/simple/", offline=True, max_age=60.0)
    look_up = LookUp()
    file = source("some-lib\n", under=resolved_config(network=network, snapshot=snapshot))
    check([file], look_up, SETTINGS)
    expected = LookupSettings(60.0, offline=True, status_index=network.status_index, snapshot=snapshot)
    assert look_up.calls == [[Query("some-lib", (INDEX,), expected)]]


def test_index_options_of_the_file_are_used() -> None:
    look_up = LookUp()
    option = IndexOption(Span(0, 0), "extra-index-url", "https://home.example/simple")
    check([source("some-lib\n", options=(option,))], look_up, SETTINGS)
    assert [query.indexes for query in look_up.calls[0]] == [("https://home.example/simple/", INDEX)]


def test_skipped_dependency_is_not_looked_up() -> None:
    look_up = LookUp()
    file = source("ours @ git+https://code.example/ours\n", under=resolved_config(network=NETWORK))
    report = check([file], look_up, SETTINGS)
    assert look_up.calls == [[]]
    assert [item.lookup for item in report.dependencies] == [Skipped(SkipReason.VCS)]
    assert report.findings == ()
    summary = report.summary
    assert (summary.files, summary.dependencies, summary.checked, summary.skipped) == (1, 1, 0, 1)


def test_report_without_files_is_empty() -> None:
    report = check([], LookUp(), SETTINGS)
    assert report == Report((), (), (), report.summary)
    assert set(report.summary) == {0}


# --- successors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "successor"),
    [
        *((answer, "New.Lib") for answer in (QUARANTINED, ARCHIVED, DEPRECATED, UNRECOGNIZED, MISSING)),
        (DOWN, ""),
    ],
)
def test_finding_about_a_project_has_its_configured_successor(answer: IndexResult, successor: str) -> None:
    config = resolved_config(ProjectConfig(successors={"old-lib": "New.Lib"}))
    look_up = LookUp({"old-lib": answer})
    (finding,) = check([source("Old_Lib\nfine-lib\n", under=config)], look_up, SETTINGS).findings
    assert finding.successor == successor
    assert ("replace it with New.Lib" in finding.help) == bool(successor)
    # The successor is not looked up.
    assert {query.name for batch in look_up.calls for query in batch} == {"old-lib", "fine-lib"}


# --- severities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "rule", "severity"),
    [
        (QUARANTINED, Rule.QUARANTINED, Severity.ERROR),
        (ARCHIVED, Rule.ARCHIVED, Severity.ERROR),
        (DEPRECATED, Rule.DEPRECATED, Severity.WARNING),
        (UNRECOGNIZED, Rule.UNRECOGNIZED_STATUS, Severity.WARNING),
        (MISSING, Rule.MISSING, Severity.WARNING),
        (DOWN, Rule.UNVERIFIED, Severity.ERROR),
    ],
)
def test_finding_is_located_at_the_name(answer: IndexResult, rule: Rule, severity: Severity) -> None:
    report = check([source("# ours\n  Some_Lib[x]>=2\n")], LookUp({"some-lib": answer}), SETTINGS)
    [finding] = report.findings
    assert (finding.rule, finding.severity, finding.suppressed) == (rule, severity, None)
    assert (finding.path, finding.name, finding.lookup) == ("requirements.txt", "some-lib", answer)
    assert finding.location is not None
    assert finding.location == ("requirements.txt", Position(2, 3), Position(2, 11), "  Some_Lib[x]>=2")
    assert "some-lib" in finding.message
    assert finding.help


def test_active_and_unstated_dependencies_have_no_finding() -> None:
    report = check([source("one-lib\ntwo-lib\n")], LookUp({"two-lib": NOT_STATED}), SETTINGS)
    assert [(finding.rule, finding.name) for finding in report.findings] == [(Rule.NOT_STATED, None)]


def test_reason_of_the_index_is_separate_from_the_message() -> None:
    [finding] = check([source("some-lib\n")], LookUp(otherwise=ARCHIVED), SETTINGS).findings
    assert finding.reason == "moved to new-lib"
    assert finding.full_message() == f"{finding.message}: moved to new-lib"


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        (ARCHIVED, Severity.WARNING),
        (DEPRECATED, Severity.NOTE),
        (QUARANTINED, Severity.ERROR),
        (DOWN, Severity.ERROR),
    ],
)
def test_constraint_is_downgraded(answer: IndexResult, severity: Severity) -> None:
    report = check([source("some-lib\n", kind=DependencyKind.CONSTRAINT)], LookUp(otherwise=answer), SETTINGS)
    assert [finding.severity for finding in report.findings] == [severity]


NEVER_INSTALLED = """[project]
requires-python = ">=3.9"
dependencies = ["some-lib; python_version < '3.4'"]
"""


def never_installed(**severities: Severity) -> ResolvedFile:
    under = resolved_config(ProjectConfig(severities=severities))
    return resolved("pyproject.toml", NEVER_INSTALLED, parse("pyproject", NEVER_INSTALLED), under)


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        (ARCHIVED, Severity.NOTE),
        (DEPRECATED, Severity.NOTE),
        (MISSING, Severity.NOTE),
        (DOWN, Severity.NOTE),
        (UNRECOGNIZED, Severity.NOTE),
        (QUARANTINED, Severity.ERROR),
    ],
)
@pytest.mark.parametrize("mode", CheckMode)
def test_dependency_that_is_never_installed_has_notes_unless_it_may_be_malware(
    answer: IndexResult, severity: Severity, mode: CheckMode
) -> None:
    settings = SETTINGS._replace(mode=mode, strict=True)
    (finding,) = check([never_installed()], LookUp(otherwise=answer), settings).findings
    assert finding.severity is severity
    assert finding.message.endswith(", never installed with this `requires-python`")


def test_rule_that_is_off_is_no_note_for_a_dependency_that_is_never_installed() -> None:
    assert check([never_installed(archived=Severity.OFF)], LookUp(otherwise=ARCHIVED), SETTINGS).findings == ()


def test_severity_of_a_constraint_can_be_configured() -> None:
    config = ProjectConfig(severities={"archived.transitive": Severity.NOTE})
    files = [source("some-lib\n", under=resolved_config(config), kind=DependencyKind.CONSTRAINT)]
    assert findings_of(check(files, LookUp(otherwise=ARCHIVED), SETTINGS)) == [(Rule.ARCHIVED, Severity.NOTE, False)]


@pytest.mark.parametrize(
    ("answer", "rule", "added", "editor"),
    [
        (MISSING, Rule.MISSING, Severity.ERROR, Severity.WARNING),
        (DOWN, Rule.UNVERIFIED, Severity.ERROR, Severity.WARNING),
        (NOT_STATED, Rule.NOT_STATED, Severity.ERROR, Severity.NOTE),
    ],
)
def test_severity_for_added_dependencies_and_in_editors(
    answer: IndexResult, rule: Rule, added: Severity, editor: Severity
) -> None:
    for mode, severity in ((CheckMode.ADDED, added), (CheckMode.EDITOR, editor)):
        report = check([source("some-lib\n")], LookUp(otherwise=answer), SETTINGS._replace(mode=mode))
        assert findings_of(report) == [(rule, severity, False)]


def test_added_dependency_of_an_index_without_statuses_exits_3() -> None:
    report = check([source("some-lib\n")], LookUp(otherwise=NOT_STATED), SETTINGS._replace(mode=CheckMode.ADDED))
    assert policy.exit_code(report.findings, report.problems) == 3


def test_strict_turns_warnings_into_errors() -> None:
    report = check([source("some-lib\n")], LookUp(otherwise=DEPRECATED), SETTINGS._replace(strict=True))
    assert findings_of(report) == [(Rule.DEPRECATED, Severity.ERROR, False)]
    assert (report.summary.errors, report.summary.warnings) == (1, 0)


def test_each_file_is_checked_with_its_own_configuration() -> None:
    lenient = resolved_config(ProjectConfig(severities={"archived": Severity.WARNING}), path="sub/mothball.toml")
    files = [source("some-lib\n"), source("some-lib\n", "sub/requirements.txt", lenient)]
    report = check(files, LookUp(otherwise=ARCHIVED), SETTINGS)
    assert [(finding.path, finding.severity) for finding in report.findings] == [
        ("requirements.txt", Severity.ERROR),
        ("sub/requirements.txt", Severity.WARNING),
    ]


def test_rule_that_is_off_is_not_reported_and_its_ignore_is_used() -> None:
    config = ProjectConfig(severities={"archived": Severity.OFF}, ignores=(ignore("some-lib"),))
    text = "some-lib\nother-lib  # mothball: ignore[archived] known\n"
    report = check([source(text, under=resolved_config(config))], LookUp(otherwise=ARCHIVED), SETTINGS)
    assert report.findings == ()
    assert report.summary.ignored == 0


# --- ignores ----------------------------------------------------------------------------------------------------------


def test_comment_ignores_its_rules_on_its_line() -> None:
    text = (
        "old-lib  # mothball: ignore[archived, missing] until June\nold-lib\nnew-lib # mothball: ignore[missing] no\n"
    )
    report = check([source(text)], LookUp({"new-lib": MISSING}, ARCHIVED), SETTINGS)
    assert [finding.suppressed for finding in report.findings] == [
        Suppression("comment", "until June"),
        None,
        Suppression("comment", "no"),
    ]
    assert (report.summary.findings, report.summary.ignored) == (1, 2)


def test_comment_does_not_ignore_other_rules() -> None:
    text = "some-lib  # mothball: ignore[archived] known\n"
    report = check([source(text)], LookUp(otherwise=QUARANTINED), SETTINGS)
    assert (Rule.QUARANTINED, Severity.ERROR, False) in findings_of(report)


def test_comment_on_a_continuation_line_applies_to_the_entry() -> None:
    hashes = "--hash=sha256:00ff \\\n  --hash=sha256:01ff"
    text = f"old-lib \\\n  ==1.2 \\\n  {hashes}  # mothball: ignore[archived] known\nolder-lib\n"
    report = check([source(text)], LookUp(otherwise=ARCHIVED), SETTINGS)
    assert [(finding.name, finding.suppressed is not None) for finding in report.findings] == [
        ("old-lib", True),
        ("older-lib", False),
    ]


@pytest.mark.parametrize(
    "text", ["old-lib \\", "old-lib \\\n", "old-lib \\\n\n# mothball: ignore[archived] not here\n"]
)
def test_comment_after_a_dangling_continuation_does_not_apply(text: str) -> None:
    report = check([source(text)], LookUp(otherwise=ARCHIVED), SETTINGS)
    assert (Rule.ARCHIVED, Severity.ERROR, False) in findings_of(report)


def test_ignore_entry_applies_to_name_and_rule() -> None:
    under = resolved_config(
        ProjectConfig(ignores=(ignore("old-lib", reason="until June"), ignore("bad-lib", Rule.ARCHIVED)))
    )
    report = check([source("Old.Lib\nbad-lib\n", under=under)], LookUp({"old-lib": ARCHIVED}, QUARANTINED), SETTINGS)
    assert [
        (finding.name, finding.suppressed) for finding in report.findings if finding.path == "requirements.txt"
    ] == [
        ("old-lib", Suppression("config", "until June")),
        ("bad-lib", None),
    ]


def test_comment_takes_precedence_over_ignore_entry() -> None:
    under = resolved_config(ProjectConfig(ignores=(ignore("old-lib", reason="configured"),)), whole_scope=False)
    report = check(
        [source("old-lib # mothball: ignore[archived] commented\n", under=under)], LookUp(otherwise=ARCHIVED), SETTINGS
    )
    assert [finding.suppressed for finding in report.findings] == [Suppression("comment", "commented")]


def test_disabled_ignores_suppress_nothing() -> None:
    under = resolved_config(ProjectConfig(ignores=(ignore("old-lib"), ignore("gone-lib", until="2020-01-01"))))
    report = check(
        [source("old-lib\nolder-lib # mothball: ignore[archived] known\n", under=under)],
        LookUp(otherwise=ARCHIVED),
        SETTINGS._replace(use_ignores=False),
    )
    assert findings_of(report) == [(Rule.ARCHIVED, Severity.ERROR, False)] * 2


# --- findings and problems without a location -------------------------------------------------------------------------


def test_not_stated_is_reported_once_per_index_with_a_count() -> None:
    other = StatusNotStated(origin(index="https://other.example/simple/"))
    files = [source("a-lib\nb-lib\nc-lib\n"), source("b-lib\nd-lib\n", "more-requirements.txt")]
    report = check(files, LookUp({"d-lib": other, "c-lib": ACTIVE}, NOT_STATED), SETTINGS)
    assert [(finding.rule, finding.severity, finding.path, finding.location) for finding in report.findings] == [
        (Rule.NOT_STATED, Severity.WARNING, "", None)
    ] * 2
    first, second = (finding.message for finding in report.findings)
    assert INDEX in first
    assert "2 projects" in first
    assert "https://other.example/simple/" in second
    assert "1 project " in second
    assert report.summary.not_stated == 4


def test_not_stated_has_the_highest_configured_severity() -> None:
    levels = [Severity.NOTE, Severity.ERROR, Severity.WARNING]
    files = [
        source(
            "a-lib\n",
            f"{level}/requirements.txt",
            resolved_config(ProjectConfig(severities={"not-stated": level}), path=level),
        )
        for level in levels
    ]
    for order in itertools.permutations(files):
        report = check(order, LookUp(otherwise=NOT_STATED), SETTINGS)
        assert findings_of(report) == [(Rule.NOT_STATED, Severity.ERROR, False)]


WITHOUT_STATUSES = NETWORK._replace(index_settings=(IndexSettings(INDEX, IndexStatuses.NONE),))


def test_index_configured_without_statuses_is_not_reported() -> None:
    file = source("a-lib\n", under=resolved_config(network=WITHOUT_STATUSES))
    report = check([file], LookUp(otherwise=NOT_STATED), SETTINGS._replace(mode=CheckMode.ADDED))
    assert (report.findings, report.problems, report.summary.not_stated) == ((), (), 1)
    other = StatusNotStated(origin(index="https://other.example/simple/"))
    report = check([file], LookUp(otherwise=other), SETTINGS._replace(mode=CheckMode.ADDED))
    assert findings_of(report) == [(Rule.NOT_STATED, Severity.ERROR, False)]


@pytest.mark.parametrize("answer", [ACTIVE, ARCHIVED, UNRECOGNIZED])
def test_index_configured_without_statuses_that_states_one_is_a_warning(answer: IndexResult) -> None:
    file = source("a-lib\nb-lib\n", under=resolved_config(network=WITHOUT_STATUSES))
    [problem] = check([file], LookUp(otherwise=answer), SETTINGS).problems
    assert (problem.severity, problem.path, problem.index_url) == (Severity.WARNING, "mothball.toml", INDEX)
    assert problem.message.startswith(f"{INDEX} publishes project statuses, but")
    from_snapshot = ARCHIVED._replace(origin=origin(Source.SNAPSHOT))
    assert check([file], LookUp(otherwise=from_snapshot), SETTINGS).problems == ()


def test_help_for_an_index_without_statuses_names_its_setting_first() -> None:
    [finding] = check([source("a-lib\n")], LookUp(otherwise=NOT_STATED), SETTINGS).findings
    assert finding.help.startswith(f'add `indexes."{INDEX}".statuses = "stated"` to the top of mothball.toml ')
    file = source("a-lib\n", under=resolved_config(path="sub/pyproject.toml"))
    [finding] = check([file], LookUp(otherwise=NOT_STATED), SETTINGS).findings
    assert " to [tool.mothball] if " in finding.help


def test_not_stated_can_be_off() -> None:
    under = resolved_config(ProjectConfig(severities={"not-stated": Severity.OFF}))
    assert check([source("a-lib\n", under=under)], LookUp(otherwise=NOT_STATED), SETTINGS).findings == ()


def test_stale_results_are_reported_once_with_count_and_age() -> None:
    answers: dict[str, IndexResult] = {
        "a-lib": KnownStatus(ProjectStatus.ACTIVE, "", origin(Source.STALE, age=2 * DAY)._replace(failure="401")),
        "b-lib": Missing(origin(Source.STALE, age=5 * DAY)),
        "c-lib": KnownStatus(ProjectStatus.ACTIVE, "", origin(Source.CACHE, age=9 * DAY)),
    }
    files = [source("a-lib\nb-lib\nc-lib\n"), source("a-lib\nours @ file:///ours\n", "more-requirements.txt")]
    [problem] = check(files, LookUp(answers), SETTINGS).problems
    assert problem.severity is Severity.WARNING
    assert "2 results" in problem.message
    assert problem.message.endswith("up to 5 d old; 401")


def test_stale_result_is_reported_if_another_index_has_a_fresh_one() -> None:
    elsewhere = "https://other.example/simple/"
    stale = KnownStatus(ProjectStatus.ACTIVE, "", origin(Source.STALE, age=DAY))

    def look_up(queries: Iterable[Query]) -> dict[Query, IndexResult]:
        return {query: ACTIVE if query.indexes == (elsewhere,) else stale for query in queries}

    other = source("a-lib\n", "z-requirements.txt", resolved_config(network=NetworkSettings(elsewhere)))
    [problem] = check([source("a-lib\n"), other], look_up, SETTINGS).problems
    assert "1 result " in problem.message


def test_stale_results_offline_are_a_note() -> None:
    stale = KnownStatus(ProjectStatus.ACTIVE, "", origin(Source.STALE, age=400 * DAY))
    under = resolved_config(network=NETWORK._replace(offline=True))
    [problem] = check([source("a-lib\n", under=under)], LookUp(otherwise=stale), SETTINGS).problems
    assert problem.severity is Severity.NOTE
    assert problem.message.startswith("offline: ")
    assert "400 d" in problem.message


def test_unreadable_entry_is_reported_and_the_rest_is_checked() -> None:
    report = check([source("good-lib\nbad-lib=1\n")], LookUp(otherwise=ARCHIVED), SETTINGS)
    assert [(finding.rule, finding.location and finding.location.start.line) for finding in report.findings] == [
        (Rule.ARCHIVED, 1),
        (Rule.UNREADABLE, 2),
    ]
    assert report.findings[1].message
    assert [item.lookup for item in report.dependencies] == [ARCHIVED, Skipped(SkipReason.INCOMPLETE)]


def test_severity_of_unreadable_can_be_configured() -> None:
    under = resolved_config(ProjectConfig(severities={"unreadable": Severity.WARNING}))
    report = check([source("bad-lib=1\n", under=under)], LookUp(), SETTINGS)
    assert findings_of(report) == [(Rule.UNREADABLE, Severity.WARNING, False)]


COMPUTED = "setup(install_requires=read('x.txt'))  # mothball: ignore[unresolvable] checked elsewhere\n"


def setup_py(text: str, under: ResolvedConfig | None = None, *, is_context: bool = False) -> ResolvedFile:
    return resolved("setup.py", text, parse("setup-py", text), under or resolved_config())._replace(
        is_context=is_context
    )


def test_computed_list_is_a_warning_and_an_error_in_a_changed_file() -> None:
    file = setup_py(COMPUTED.partition("  #")[0])
    report = check([file], LookUp(), SETTINGS)
    (finding,) = report.findings
    assert findings_of(report) == [(Rule.UNRESOLVABLE, Severity.WARNING, False)]
    assert (finding.message, finding.location and finding.location.start.column) == (
        "install_requires is computed; its dependencies were not checked",
        24,
    )
    assert policy.exit_code(report.findings, report.problems) == 0
    report = check([file], LookUp(), SETTINGS._replace(mode=CheckMode.ADDED))
    assert findings_of(report) == [(Rule.UNRESOLVABLE, Severity.ERROR, False)]
    assert policy.exit_code(report.findings, report.problems) == 3
    for_context = setup_py(file.text, is_context=True)
    assert check([for_context], LookUp(), SETTINGS._replace(mode=CheckMode.ADDED)).findings == ()


def test_computed_list_can_be_ignored_and_off() -> None:
    for mode in CheckMode:
        settings = SETTINGS._replace(mode=mode)
        assert [
            finding.suppressed is not None for finding in check([setup_py(COMPUTED)], LookUp(), settings).findings
        ] == [True]
        off = resolved_config(ProjectConfig(severities={"unresolvable": Severity.OFF}))
        assert check([setup_py(COMPUTED, off)], LookUp(), settings._replace(use_ignores=False)).findings == ()


def test_ignore_of_a_computed_list_without_reason_does_not_apply_to_a_change() -> None:
    file = setup_py(COMPUTED.replace("checked elsewhere", "WHY"))
    report = check([file], LookUp(), SETTINGS._replace(mode=CheckMode.ADDED))
    assert findings_of(report) == [
        (Rule.UNRESOLVABLE, Severity.ERROR, False),
        (Rule.IGNORE_WITHOUT_REASON, Severity.WARNING, False),
    ]


def test_report_includes_given_findings_and_problems() -> None:
    unread = Finding(Rule.UNREADABLE, Severity.ERROR, "no such file", "", path="gone.txt")
    problem = Problem(Severity.ERROR, "no such table", path="mothball.toml")
    report = check([source("old-lib\n")], LookUp(otherwise=ARCHIVED), SETTINGS, [unread], [problem])
    assert report.findings[0] == unread
    assert report.findings[1].rule is Rule.ARCHIVED
    assert report.problems == (problem,)
    assert report.summary.files == 2


# --- properties -------------------------------------------------------------------------------------------------------

_ANSWERS: list[IndexResult] = [
    ACTIVE,
    ARCHIVED,
    DEPRECATED,
    QUARANTINED,
    UNRECOGNIZED,
    MISSING,
    DOWN,
    NOT_STATED,
    StatusNotStated(origin(index="https://other.example/simple/")),
    KnownStatus(ProjectStatus.ARCHIVED, "", origin(Source.STALE, age=DAY)),
]
_NAMES = [f"{letter}-lib" for letter in "abcdefgh"]
_LINES = st.one_of(
    st.sampled_from(_NAMES),
    st.builds("{} # mothball: ignore[{}] why".format, st.sampled_from(_NAMES), st.sampled_from(list(Rule))),
    st.sampled_from(["x @ https://code.example/x.whl", "bad=1", "", "# a comment", "-e ./here"]),
)
_SETTINGS = st.builds(
    SETTINGS._replace, strict=st.booleans(), use_ignores=st.booleans(), mode=st.sampled_from(CheckMode)
)
_SEVERITIES = st.dictionaries(st.sampled_from(list(Rule)), st.sampled_from(list(Severity)), max_size=4)


@st.composite
def _files(draw: st.DrawFn) -> list[ResolvedFile]:
    files = []
    for number in range(draw(st.integers(0, 3))):
        ignored = draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=3))
        until = st.sampled_from([None, "2026-11-17", "2026-11-18"])
        ignores = tuple(
            ignore(name, *draw(st.sets(st.sampled_from(list(Rule)))), until=draw(until)) for name in ignored
        )
        config = ProjectConfig(
            severities={str(rule): level for rule, level in draw(_SEVERITIES).items()}, ignores=ignores
        )
        text = "\n".join(draw(st.lists(_LINES, max_size=6)))
        under = resolved_config(config, path=f"{number}/mothball.toml", whole_scope=draw(st.booleans()))
        kinds: list[FileKind] = [DependencyKind.REQUIREMENT, DependencyKind.CONSTRAINT]
        kind = draw(st.sampled_from(kinds))
        files.append(source(text, f"{number}/requirements.txt", under, kind=kind))
    return files


@given(_files(), st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_ANSWERS)), _SETTINGS, st.randoms())
def test_counts_are_consistent_and_independent_of_file_order(
    files: list[ResolvedFile],
    answers: dict[str, IndexResult],
    settings: RunSettings,
    random: Random,
) -> None:
    report = check(files, LookUp(answers), settings)
    summary = report.summary
    assert summary.files == len(files)
    assert summary.dependencies == len(report.dependencies) + len(report.unnamed)
    unknown = (summary.unverified, summary.unresolvable, summary.not_stated, summary.missing, summary.unrecognized)
    assert summary.dependencies == summary.checked + summary.skipped + sum(unknown)
    assert summary.checked == sum(isinstance(item.lookup, KnownStatus) for item in report.dependencies)
    assert summary.findings + summary.ignored == len(report.findings)
    severities = [finding.severity for finding in report.findings if not finding.suppressed]
    assert (summary.errors, summary.warnings) == (severities.count(Severity.ERROR), severities.count(Severity.WARNING))
    assert all(finding.severity is not Severity.OFF for finding in report.findings)
    assert not (settings.strict and Severity.WARNING in severities)
    assert list(report.dependencies) == sorted(report.dependencies, key=lambda item: item.location[:2])

    shuffled = list(files)
    random.shuffle(shuffled)
    again = check(shuffled, LookUp(answers), settings)
    assert (again.dependencies, again.findings, again.summary) == (report.dependencies, report.findings, summary)


# --- includes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file_format", "text", "line", "column"),
    [
        ("requirements", "flask\n-c https://code.example/c.txt\n", 2, 4),
        ("requirements", "--constraint=HTTP://code.example/c.txt\n", 1, 14),
        ("requirements", '-c "https://user:pw@code.example/${V}/c.txt"\n', 1, 5),
        ("tox-ini", "[testenv]\ndeps =\n  -c{env:UPPER:https://code.example/c.txt}\n  flask\n", 3, 16),
        ("tox-toml", "[env_run_base]\ndeps = ['-c https://code.example/c.txt']\n", 2, 13),
        ("conda-env", "dependencies:\n- pip:\n  - -c https://code.example/c.txt\n", 3, 8),
    ],
)
def test_constraints_at_url_are_note(file_format: str, text: str, line: int, column: int) -> None:
    document = parse(file_format, text)
    report = check([resolved("requirements.txt", text, document, resolved_config())], LookUp(), SETTINGS)
    (note,) = report.problems
    assert (note.severity, note.rule, note.position) == (Severity.NOTE, None, Position(line, column))
    assert note.message.startswith("constraints from a URL are not read: ")
    assert "pw" not in note.message
    assert report.findings == ()


def test_requirements_at_url_are_no_note() -> None:
    assert check([source("-r https://code.example/r.txt\n-c c.txt\n")], LookUp(), SETTINGS).problems == ()
