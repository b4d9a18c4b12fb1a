from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.formats.ignores import read_comment
from mothball.model import IGNORABLE_RULES, IgnoreComment, ParseProblem, Rule, Span


def read(comment: str) -> IgnoreComment | ParseProblem | None:
    return read_comment(comment, Span(0, len(comment)))


@pytest.mark.parametrize(
    ("comment", "rules", "reason"),
    [
        ("# mothball: ignore[archived] moving off, #812", ("archived",), "moving off, #812"),
        ("#mothball:ignore[archived]", ("archived",), ""),
        ("#\tmothball :  ignore [ archived ,deprecated ]  two rules ", ("archived", "deprecated"), "two rules"),
        ("# mothball: ignore[archived,]", ("archived",), ""),
        ("# mothball: ignore[archived, archived]", ("archived",), ""),
        ("# mothball: ignore[unrecognised-status] -- why [not]", ("unrecognised-status",), "-- why [not]"),
        ("# via flask  # mothball: ignore[quarantined] known", ("quarantined",), "known"),
        ("## mothball: ignore[missing]", ("missing",), ""),
    ],
)
def test_an_ignore_names_its_rules_and_its_reason(comment: str, rules: tuple[str, ...], reason: str) -> None:
    found = read(comment)
    assert isinstance(found, IgnoreComment)
    assert found.rules == rules
    assert found.reason == reason
    assert found.span.of(comment).startswith("#")
    assert found.span.of(comment).lstrip("# \t").startswith("mothball")


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_about_a_project_can_be_named(rule: Rule) -> None:
    expected = IgnoreComment if rule in IGNORABLE_RULES else ParseProblem
    assert isinstance(read(f"# mothball: ignore[{rule}]"), expected)


@pytest.mark.parametrize(
    "comment", ["", "#", "# mothballed: no", "# see mothball: docs", "# via mothball", "# Mothball: x"]
)
def test_other_comments_are_left_alone(comment: str) -> None:
    assert read(comment) is None


@pytest.mark.parametrize(
    ("comment", "message", "way_out"),
    [
        ("# mothball:", "followed by no directive", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore", "`mothball: ignore` names no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore archived", "`mothball: ignore` names no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[]", "names no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[ , ]", "names no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[archived", "not closed with `]`", "# mothball: ignore[archived] reason"),
        ("# mothball: ignored[archived]", "`mothball: ignored` is no directive", "# mothball: ignore[archived] reason"),
        ("# mothball: skip", "`mothball: skip` is no directive", "# mothball: ignore[archived] reason"),
        ("# mothball: [archived]", "followed by no directive", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[archvied]", "`archvied` is no rule", "did you mean `archived`?"),
        ("# mothball: ignore[Archived]", "`Archived` is no rule", "did you mean `archived`?"),
        ("# mothball: ignore[archived, zzz]", "`zzz` is no rule", "known are quarantined, archived, deprecated,"),
    ],
)
def test_a_directive_that_cannot_be_read_is_a_problem_that_says_what_to_write(
    comment: str, message: str, way_out: str
) -> None:
    found = read(comment)
    assert isinstance(found, ParseProblem)
    assert message in found.message
    assert way_out in found.help
    assert found.span == Span(0, len(comment))


def test_the_place_is_counted_in_the_whole_text_from_the_directives_own_hash() -> None:
    text = "a==1  # via b  # mothball: ignore[archived] why  \nb"
    start, end = text.index("# via"), text.index("\n")
    found = read_comment(text, Span(start, end))
    assert isinstance(found, IgnoreComment)
    assert found.span.of(text) == "# mothball: ignore[archived] why"


def test_foreign_words_are_quoted_harmlessly() -> None:
    found = read("# mothball: \x1b[31mevil\u202e" + "x" * 400)
    assert isinstance(found, ParseProblem)
    assert "\x1b" not in found.message
    rule = read("# mothball: ignore[\x1b" + "x" * 400 + "]")
    assert isinstance(rule, ParseProblem)
    assert "\x1b" not in rule.message
    assert len(rule.message) < 100


@given(st.text(st.sampled_from(list("# mothball:ignore[archived], \t")), max_size=60))
@settings(deadline=None, max_examples=300)
def test_no_comment_raises_and_every_place_lies_in_the_comment(comment: str) -> None:
    found = read("x" + "# mothball: " + comment)
    if found is not None:
        assert 0 < found.span.start < found.span.end <= len(comment) + 13
