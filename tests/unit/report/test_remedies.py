"""The block that a rejected commit ends with."""

from __future__ import annotations

from mothball.check.pipeline import check
from mothball.model.document import DependencyKind
from mothball.model.findings import CheckMode, Problem, Report, Rule, Severity
from mothball.model.lookup import IndexResult
from mothball.report.remedies import PUSH, RUN, ConfigFile, RemedyContext, remedies
from tests.support.check_inputs import ARCHIVED, DEPRECATED, DOWN, MISSING, QUARANTINED, SETTINGS, LookUp, source

ADDED = SETTINGS._replace(mode=CheckMode.ADDED)
SHARED = RemedyContext(config_files={"requirements.txt": ConfigFile("pyproject.toml")})


def report(*, strict: bool = False, **answers: IndexResult) -> Report:
    table = {f"{name}-lib": answer for name, answer in answers.items()}
    return check([source("".join(f"{name}\n" for name in table))], LookUp(table), ADDED._replace(strict=strict))


def test_a_report_without_errors_needs_no_way_out() -> None:
    assert remedies(report(a=DEPRECATED), SHARED) == ""
    assert remedies(report(), SHARED) == ""


def test_what_can_be_kept_is_shown_ready_to_paste_once_for_all() -> None:
    told = remedies(report(strict=True, b=ARCHIVED, a=ARCHIVED, c=DEPRECATED), SHARED)
    assert told == (
        "ways out\n"
        "  take other packages, or none, in place of b-lib, a-lib, c-lib\n"
        "  keep them, and say why: on the line\n"
        "      # mothball: ignore[archived] WHY\n"
        "      # mothball: ignore[deprecated] WHY\n"
        "  or in pyproject.toml\n"
        "      [tool.mothball.ignore]\n"
        '      a-lib = { rules = ["archived"], reason = "WHY" }\n'
        '      b-lib = { rules = ["archived"], reason = "WHY" }\n'
        '      c-lib = { rules = ["deprecated"], reason = "WHY" }\n'
        "  to let this one commit pass, unchecked (pre-commit, prek):\n"
        "      SKIP=mothball git commit ...\n"
    )


def test_in_a_lock_a_comment_would_not_stay() -> None:
    told = remedies(report(a=ARCHIVED), SHARED._replace(locks=frozenset({"requirements.txt"})))
    assert "# mothball" not in told
    assert "keep them, and say why: in pyproject.toml\n      [tool.mothball.ignore]\n      a-lib = { rules" in told


def test_nobody_is_shown_how_to_keep_what_is_quarantined() -> None:
    told = remedies(report(a=QUARANTINED), SHARED)
    assert "in place of a-lib" in told
    assert "keep" not in told


def test_a_name_that_is_missing_can_be_kept() -> None:
    assert 'a-lib = { rules = ["missing"], reason = "WHY" }' in remedies(report(a=MISSING), SHARED)


def test_what_could_not_be_checked_has_ways_of_its_own() -> None:
    told = remedies(report(a=DOWN), SHARED)
    assert told.startswith("ways out\n  what could not be checked: try again, or take it on trust for one commit\n")
    assert "MOTHBALL_UNVERIFIED=warning git commit ..." in told
    assert "mothball snapshot -o statuses.json" in told
    assert "in place of" not in told
    assert "ignore" not in told


def test_doubts_that_strictness_makes_errors_have_them_too() -> None:
    doubtful = report()._replace(problems=(Problem(Severity.ERROR, "old", rule=Rule.UNVERIFIED),))
    assert "MOTHBALL_UNVERIFIED" in remedies(doubtful, SHARED)
    broken = report()._replace(problems=(Problem(Severity.ERROR, "no such table"),))
    assert remedies(broken, SHARED) == ""


def test_the_entries_stand_where_the_governing_file_has_them() -> None:
    told = remedies(
        report(a=ARCHIVED), RemedyContext(config_files={"requirements.txt": ConfigFile("sub/mothball.toml")})
    )
    assert "  or in sub/mothball.toml\n      [ignore]\n      a-lib = {" in told
    told = remedies(report(a=ARCHIVED), RemedyContext())
    assert "  or in mothball.toml\n      [ignore]\n" in told


def test_a_snapshot_goes_beside_the_configuration_and_is_renewed_where_there_is_one() -> None:
    own = ConfigFile("my sub/mothball.toml")
    told = remedies(report(a=DOWN), RemedyContext(config_files={"requirements.txt": own}))
    assert "-o 'my sub/statuses.json'`, then at the top of my sub/mothball.toml\n      snapshot = \"st" in told
    assert "tool.mothball" not in told
    told = remedies(report(a=DOWN), RemedyContext(config_files={"requirements.txt": own._replace(snapshot="x.json")}))
    assert "or renew the snapshot: online, `mothball snapshot -o 'my sub/x.json'`\n" in told
    assert "snapshot =" not in told


def test_the_words_are_those_of_what_was_stopped() -> None:
    pushed = remedies(report(a=ARCHIVED, b=DOWN), SHARED._replace(action=PUSH))
    assert "to let this one push pass" in pushed
    assert "SKIP=mothball git push ..." in pushed
    assert "MOTHBALL_UNVERIFIED=warning git push ..." in pushed
    ran = remedies(report(a=ARCHIVED, b=DOWN), SHARED._replace(action=RUN))
    assert "MOTHBALL_UNVERIFIED=warning mothball check ..." in ran
    for told in (pushed, ran):
        assert "git commit" not in told
    assert "SKIP" not in ran
    assert "SKIP=mothball-scripts git commit" in remedies(
        report(a=ARCHIVED), SHARED._replace(hook_id="mothball-scripts")
    )


def test_of_many_names_a_few_are_shown() -> None:
    many = report(a=ARCHIVED, b=ARCHIVED, c=ARCHIVED, d=ARCHIVED, e=ARCHIVED, f=ARCHIVED, g=ARCHIVED)
    assert "in place of a-lib, b-lib, c-lib, d-lib, e-lib and 2 more\n" in remedies(many, SHARED)


def test_findings_of_a_change_tell_what_it_means_and_leave_the_ways_to_the_block() -> None:
    (finding,) = report(a=ARCHIVED).findings
    assert finding.help == "no more releases, not even security fixes: replace or remove it"
    (full,) = check(
        [source("a-lib\n", kind=DependencyKind.REQUIREMENT)], LookUp({"a-lib": ARCHIVED}), SETTINGS
    ).findings
    assert full.help == f"{finding.help}, or ignore it with `# mothball: ignore[archived] WHY`"
