from __future__ import annotations

import re

from hypothesis import given

from mothball.model.document import Location, Position
from mothball.model.findings import Finding, Problem, Report, Rule, Severity, Summary, Suppression
from mothball.model.lookup import Cause, Source, Unavailable
from mothball.report.text import render_text
from tests.support.check_inputs import ARCHIVED, DOWN, NOW, origin
from tests.support.hostile import COLOUR, assert_harmless
from tests.support.reports import full_report, hostile_reports, plain_report, unverified_report

NOTHING = Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
OLD = Finding(
    Rule.ARCHIVED,
    Severity.ERROR,
    "old-lib is archived",
    "choose another",
    "moved on",
    "a.txt",
    Location("a.txt", Position(12, 3), Position(12, 10), "- old-lib>=1"),
    "old-lib",
    ARCHIVED,
)


def text_of(*findings: Finding, problems: tuple[Problem, ...] = (), color: bool = False) -> str:
    return render_text(Report((), findings, problems, NOTHING), now=NOW, color=color, quiet=True)


# --- exactly ----------------------------------------------------------------------------------------------------------


def test_a_finding_is_a_place_a_picture_the_reason_and_a_way_out() -> None:
    assert text_of(OLD) == (
        "a.txt:12:3: error[archived] old-lib is archived\n"
        "  12 | - old-lib>=1\n"
        '     |   ^^^^^^^ "moved on"\n'
        "     = help: choose another\n"
    )


def test_colors_are_put_around_the_level_the_message_the_bars_and_the_carets() -> None:
    assert text_of(OLD, color=True) == (
        "a.txt:12:3: \x1b[1;31merror[archived]\x1b[0m \x1b[1mold-lib is archived\x1b[0m\n"
        "  12 \x1b[2m|\x1b[0m - old-lib>=1\n"
        '     \x1b[2m|\x1b[0m \x1b[1;31m  ^^^^^^^ "moved on"\x1b[0m\n'
        "     = help: choose another\n"
    )


def test_a_finding_without_a_reason_or_a_help_leaves_them_out() -> None:
    assert text_of(OLD._replace(reason="", help="")) == (
        "a.txt:12:3: error[archived] old-lib is archived\n  12 | - old-lib>=1\n     |   ^^^^^^^\n"
    )


def test_a_finding_without_a_line_gives_its_reason_below() -> None:
    bare = OLD._replace(location=None)
    expected = "a.txt: error[archived] old-lib is archived\n  = reason: moved on\n  = help: choose another\n"
    assert text_of(bare) == expected
    unseen = Location("a.txt", Position(12, 3), Position(12, 10))
    assert text_of(bare._replace(location=unseen)) == expected.replace("a.txt:", "a.txt:12:3:")


def test_a_finding_without_place_reason_and_help_is_one_line() -> None:
    bare = Finding(Rule.UNREADABLE, Severity.WARNING, "no such file", "")
    assert text_of(bare) == "warning[unreadable] no such file\n"


def test_a_problem_has_its_place_and_its_help() -> None:
    problem = Problem(Severity.ERROR, "unknown key `x`", "did you mean `y`?", "mothball.toml", Position(3, 1))
    assert text_of(problems=(problem,)) == "mothball.toml:3:1: error: unknown key `x`\n  = help: did you mean `y`?\n"
    assert text_of(problems=(Problem(Severity.NOTE, "so it is"),), color=True) == "\x1b[1;36mnote: so it is\x1b[0m\n"


def test_what_is_ignored_is_told_with_its_reason_in_one_line_each() -> None:
    ignored = OLD._replace(suppressed=Suppression("comment", "until\nJune"))
    findings = (ignored, ignored._replace(suppressed=Suppression("config", "")))
    report = Report((), findings, (), NOTHING._replace(ignored=2))
    assert render_text(report, now=NOW) == (
        "a.txt:12:3: ignored[archived] old-lib is archived: until June\n"
        "a.txt:12:3: ignored[archived] old-lib is archived: no reason given\n"
        "\n"
        "0 dependencies in 0 files: 0 checked, no findings, 2 ignored\n"
    )


def test_nothing_found_is_one_line_and_none_when_quiet() -> None:
    assert render_text(plain_report(3), now=NOW) == "3 dependencies in 1 file: 3 checked, no findings\n"
    assert render_text(plain_report(), now=NOW, quiet=True) == ""


def test_a_full_report_in_its_order() -> None:
    blocks = render_text(full_report(), now=NOW).split("\n\n")
    assert [block.partition("\n")[0].partition("]")[0] for block in blocks] == [
        "latin.txt: error[unreadable",
        "mothball.toml: warning[expired-ignore",
        "requirements.txt:2:1: error[archived",
        "requirements.txt:3:2: error[quarantined",
        "requirements.txt:4:1: warning[unrecognized-status",
        "requirements.txt:5:1: warning[deprecated",
        "requirements.txt:8:1: warning[unverified",
        blocks[7].partition("]")[0],
        "requirements/constraints.txt:1:1: warning[missing",
        "requirements/constraints.txt:2:1: warning[archived",
        "note[not-stated",
        "mothball.toml:3:1: warning: unknown key",
        "warning: https://index.example/simple/ could not be queried: 1 result is from the cache, up to 2 d old",
        "requirements.txt:7:1: ignored[archived",
        blocks[14].rstrip("\n"),
    ]
    assert blocks[14].startswith("12 dependencies in 3 files: ")
    assert "requirements.txt:10:" in blocks[7]


def test_quiet_leaves_out_what_is_ignored_and_the_summary() -> None:
    whole, quiet = render_text(full_report(), now=NOW), render_text(full_report(), now=NOW, quiet=True)
    assert whole.split("\n\n")[:-2] == quiet.rstrip("\n").split("\n\n")


# --- where an answer comes from ---------------------------------------------------------------------------------------


def test_an_answer_that_is_not_of_now_says_whose_and_how_old_it_is() -> None:
    blocks = render_text(full_report(), now=NOW).split("\n\n")
    notes = [re.findall(r"\n +(= note: .*)", block) for block in blocks]
    assert [note for of_block in notes for note in of_block] == ["= note: status from the snapshot of 2026-11-15"]


def test_a_stale_answer_names_the_index_and_its_age() -> None:
    stale = ARCHIVED._replace(origin=origin(Source.STALE, age=7300))
    assert "     = note: status from https://index.example/simple/, looked up 2 h ago\n" in text_of(
        OLD._replace(lookup=stale)
    )


def test_a_cached_or_fresh_answer_needs_no_note() -> None:
    for source in (Source.INDEX, Source.CACHE):
        answer = ARCHIVED._replace(origin=origin(source, age=7300))
        assert "note" not in text_of(OLD._replace(lookup=answer))


# --- an index that is down --------------------------------------------------------------------------------------------


def test_many_failures_of_one_cause_are_told_twice_in_full_and_then_in_one_block() -> None:
    text = render_text(unverified_report(*[DOWN] * 5), now=NOW, quiet=True)
    blocks = text.split("\n\n")
    assert [block.partition(":")[0] for block in blocks[:2]] == ["requirements.txt"] * 2
    assert blocks[2] == (
        "warning[unverified] 3 more could not be checked for the same reason: https://index.example/simple/, timeout\n"
        "  = c-lib, d-lib, e-lib\n"
    )


def test_as_many_failures_as_are_told_in_full_are_not_collapsed() -> None:
    text = render_text(unverified_report(DOWN, DOWN), now=NOW)
    assert text.count("warning[unverified]") == 2
    assert "more" not in text.splitlines()[-1]


def test_failures_of_another_cause_or_index_are_told_apart() -> None:
    elsewhere = DOWN._replace(origin=origin(index="https://other.example/simple/"))
    refused = Unavailable(Cause.UNAUTHORIZED, "index.example wants credentials", origin())
    text = render_text(unverified_report(DOWN, elsewhere, refused, DOWN, elsewhere, refused), now=NOW)
    assert text.count("warning[unverified]") == 6
    assert "more could" not in text
    text = render_text(unverified_report(*[DOWN, elsewhere] * 4), now=NOW)
    assert text.count("2 more could not be checked") == 2


def test_the_collapsed_block_weighs_as_much_as_its_heaviest_finding() -> None:
    report = unverified_report(*[DOWN] * 4)
    *first, last = report.findings
    report = report._replace(findings=(*first, last._replace(severity=Severity.ERROR)))
    assert "error[unverified] 2 more" in render_text(report, now=NOW)


def test_a_name_is_listed_once_and_a_long_list_is_cut() -> None:
    report = unverified_report(DOWN, text="a-lib\n" * 5)
    assert "\n  = a-lib\n" in render_text(report, now=NOW)
    findings = tuple(report.findings[0]._replace(name=f"a-rather-long-name-{number}") for number in range(1000))
    [names] = [
        line
        for line in render_text(report._replace(findings=findings), now=NOW).splitlines()
        if line.startswith("  = a-rather")
    ]
    assert len(names) <= 304
    assert names.endswith("…")


# --- hostile ----------------------------------------------------------------------------------------------------------


@given(hostile_reports())
def test_no_hostile_text_breaks_out_of_its_line(report: Report) -> None:
    plain = render_text(report, now=NOW)
    assert_harmless(plain)
    assert "\x1b" not in plain
    colored = render_text(report, now=NOW, color=True)
    assert_harmless(colored)
    assert COLOUR.sub("", colored) == plain
    # Every line is one of ours: none begins with what a foreign text says.
    level = re.compile(
        r"(?:.*: )?(?:(?:error|warning|note|ignored)\[[a-z-]+\] |(?:error|warning|note): )|\d+ depend|  "
    )
    assert all(level.match(line) for line in plain.splitlines() if line)
