from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.messages import (
    SKIP_REASON_TEXT,
    MessageText,
    expired_ignore_message,
    finding_message,
    format_age,
    not_stated_message,
    stale_message,
    unused_ignore_message,
)
from mothball.check.policy import rule_of
from mothball.model.document import SkipReason
from mothball.model.findings import Rule
from mothball.model.lookup import (
    Cause,
    KnownStatus,
    Lookup,
    Missing,
    Origin,
    ProjectStatus,
    Skipped,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import one_line

INDEX = "https://index.example/simple/"
ORIGIN = Origin(INDEX, 0.0)
# Also what would matter to str.format, were a foreign text ever taken for a template.
FOREIGN = st.text(max_size=400) | st.sampled_from(
    ["{keep}", "{0.__class__}", "%s", "\x1b]0;x\x07", "a\n::error::b", "\u202egnp.exe", "x" * 5000, "`", "", "\ud800"]
)


def lookups(text: str) -> list[Lookup]:
    """Return one look-up of every kind there is, with ``text`` wherever an index can put words."""
    origin = Origin(text, 0.0)
    return [
        *(KnownStatus(status, text, origin) for status in ProjectStatus),
        UnrecognizedStatus(text, text, origin),
        Missing(origin),
        *(Unavailable(cause, text, origin) for cause in Cause),
        StatusNotStated(origin),
        *(Skipped(reason) for reason in SkipReason),
    ]


def is_harmless(words: MessageText) -> bool:
    return all(char == " " or one_line(char) == char for text in words for char in text)


# --- what is said of a look-up ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lookup", "message", "reason"),
    [
        (KnownStatus(ProjectStatus.ARCHIVED, "use\nnew-lib", ORIGIN), "old-lib is archived", "use new-lib"),
        (KnownStatus(ProjectStatus.DEPRECATED, "", ORIGIN), "old-lib is deprecated", ""),
        (KnownStatus(ProjectStatus.QUARANTINED, "malware", ORIGIN), "old-lib is quarantined", "malware"),
        (KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN), "old-lib is active", ""),
        (
            UnrecognizedStatus("retired", "sold", ORIGIN),
            "old-lib has a status that mothball does not know: retired",
            "sold",
        ),
        (Missing(ORIGIN), f"old-lib is not on {INDEX}", ""),
        (
            Unavailable(Cause.TIMEOUT, "no answer in 10 s", ORIGIN),
            "old-lib could not be checked: no answer in 10 s",
            "",
        ),
        (StatusNotStated(ORIGIN), f"{INDEX} does not state the status of old-lib", ""),
        (Skipped(SkipReason.PRIVATE), "old-lib was sent nowhere: a private name", ""),
    ],
)
def test_a_look_up_is_told_in_words(lookup: Lookup, message: str, reason: str) -> None:
    words = finding_message("old-lib", lookup)
    assert words.message == message
    assert words.reason == reason


def test_every_kind_of_look_up_is_among_those_tried_below() -> None:
    assert {type(lookup) for lookup in lookups("x")} == set(get_args(Lookup))


@given(FOREIGN, FOREIGN)
def test_no_foreign_text_makes_words_harmful(name: str, text: str) -> None:
    for lookup in lookups(text):
        words = finding_message(name, lookup)
        assert is_harmless(words)
        assert len(words.message) < 500
        assert len(words.reason) <= 300
        # The help is all ours: nothing foreign may give advice.
        assert words.help == finding_message("old-lib", lookup).help


@pytest.mark.parametrize("lookup", [lookup for lookup in lookups("x") if rule_of(lookup) is not None], ids=repr)
def test_every_finding_shows_a_way_out(lookup: Lookup) -> None:
    assert finding_message("old-lib", lookup).help


@pytest.mark.parametrize("status", [ProjectStatus.ARCHIVED, ProjectStatus.DEPRECATED])
def test_the_way_to_keep_a_package_is_a_comment_that_works(status: ProjectStatus) -> None:
    help_text = finding_message("old-lib", KnownStatus(status, "", ORIGIN)).help
    assert f"`# mothball: ignore[{status}] WHY`" in help_text
    assert status in [*Rule]
    assert "choose another package" in help_text


@pytest.mark.parametrize("reason", ["", "{keep}", "use `# mothball: ignore[quarantined]`"])
def test_nobody_is_invited_to_ignore_a_quarantine(reason: str) -> None:
    help_text = finding_message("bad-lib", KnownStatus(ProjectStatus.QUARANTINED, reason, ORIGIN)).help
    assert "ignore" not in help_text
    assert "remove it" in help_text


def test_a_missing_name_is_told_to_be_a_danger() -> None:
    help_text = finding_message("old-lib", Missing(ORIGIN)).help
    assert "check the spelling" in help_text
    assert "another index" in help_text


@pytest.mark.parametrize(
    ("cause", "way_out"),
    [
        (Cause.OFFLINE, "online"),
        (Cause.UNAUTHORIZED, "credentials"),
        (Cause.REFUSED_REDIRECT, "index-url"),
        (Cause.UNEXPECTED_ANSWER, "PEP 503"),
        (Cause.TLS, "REQUESTS_CA_BUNDLE"),
        *((cause, "check again") for cause in (Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DEADLINE)),
        *((cause, "check again") for cause in (Cause.SERVER_ERROR, Cause.RATE_LIMITED, Cause.TOO_LARGE)),
    ],
)
def test_the_way_out_of_a_failure_fits_its_cause(cause: Cause, way_out: str) -> None:
    assert way_out in finding_message("old-lib", Unavailable(cause, "", ORIGIN)).help


@pytest.mark.parametrize("reason", [*SkipReason])
def test_every_reason_to_withhold_a_name_has_its_words(reason: SkipReason) -> None:
    assert (
        finding_message("old-lib", Skipped(reason)).message == f"old-lib was sent nowhere: {SKIP_REASON_TEXT[reason]}"
    )
    assert SKIP_REASON_TEXT[reason]


# --- what is said once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "names"), [(1, "1 project from it"), (2, "2 projects from it"), (0, "0 projects from it")]
)
def test_an_index_without_statuses_is_told_once_with_a_count(count: int, names: str) -> None:
    words = not_stated_message(INDEX, count)
    assert words.message.startswith(f"{INDEX} states no project status: {names}")
    assert "status-index" in words.help


@pytest.mark.parametrize(
    ("words", "message", "way_out"),
    [
        (
            unused_ignore_message("old-lib", "archived, missing"),
            "the ignore of archived, missing for old-lib matches nothing",
            "remove it",
        ),
        (
            expired_ignore_message("old-lib", "2027-03-01"),
            "the ignore of old-lib ended on 2027-03-01",
            "move away from the package, or decide anew and set another `until`",
        ),
        (
            stale_message(INDEX, 1, 7300),
            f"{INDEX} could not be asked: 1 answer is from the cache, up to 2 h old",
            "check again when it answers",
        ),
        (stale_message("", 3, 86400), "offline: 3 answers are from the cache, up to 1 d old", ""),
    ],
)
def test_what_concerns_no_single_look_up_is_told_in_words(words: MessageText, message: str, way_out: str) -> None:
    assert words == MessageText(message, way_out)


@given(FOREIGN)
def test_foreign_names_are_harmless_there_too(text: str) -> None:
    assert is_harmless(not_stated_message(text, 2))
    assert is_harmless(stale_message(text, 2, 60.0))
    assert is_harmless(unused_ignore_message(text, "archived"))
    assert is_harmless(expired_ignore_message(text, "2027-03-01"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (0, "less than a minute"),
        (59.99, "less than a minute"),
        (60, "1 min"),
        (119.9, "1 min"),
        (3599.9, "59 min"),
        (3600, "1 h"),
        (86399.9, "23 h"),
        (86400, "1 d"),
        (86400 * 400.5, "400 d"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(seconds: float, words: str) -> None:
    assert format_age(seconds) == words


@given(st.floats(min_value=60, max_value=1e12))
def test_an_age_is_never_overstated(seconds: float) -> None:
    told = re.fullmatch(r"([1-9]\d*) (min|h|d)", format_age(seconds))
    assert told is not None
    size = {"min": 60, "h": 3600, "d": 86400}[told[2]]
    assert int(told[1]) * size <= seconds < (int(told[1]) + 1) * size
