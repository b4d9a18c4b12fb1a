from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.inputs import line_range
from mothball.formats.ignores import read_comment
from mothball.formats.table import parse
from mothball.model.document import IgnoreComment, ParseProblem, Span
from mothball.model.findings import IGNORABLE_RULES, Rule
from mothball.model.line_index import LineIndex
from tests.support.timing import least_seconds


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
        ("# mothball: ignore[unrecognized-status] -- why [not]", ("unrecognized-status",), "-- why [not]"),
        ("# via flask  # mothball: ignore[quarantined] known", ("quarantined",), "known"),
        ("## mothball: ignore[missing]", ("missing",), ""),
        ("# Mothball: ignore[archived] why", ("archived",), "why"),
        ("# MOTHBALL :ignore[archived]", ("archived",), ""),
    ],
)
def test_an_ignore_names_its_rules_and_its_reason(comment: str, rules: tuple[str, ...], reason: str) -> None:
    found = read(comment)
    assert isinstance(found, IgnoreComment)
    assert found.rules == rules
    assert found.reason == reason
    assert found.span.slice(comment).startswith("#")
    assert found.span.slice(comment).lstrip("# \t").lower().startswith("mothball")


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_about_a_project_can_be_named(rule: Rule) -> None:
    expected = IgnoreComment if rule in IGNORABLE_RULES else ParseProblem
    assert isinstance(read(f"# mothball: ignore[{rule}]"), expected)


@pytest.mark.parametrize(
    "comment",
    ["", "#", "# mothballed: no", "# see mothball: docs", "# via mothball", "# Mothball: x", "# MOTHBALL: what we use"],
)
def test_other_comments_are_left_alone(comment: str) -> None:
    assert read(comment) is None


@pytest.mark.parametrize(
    ("comment", "message", "way_out"),
    [
        ("# mothball:", "has no directive", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore", "`mothball: ignore` has no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore archived", "`mothball: ignore` has no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[]", "has no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[ , ]", "has no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[archived", "has no closing `]`", "# mothball: ignore[archived] reason"),
        (
            "# mothball: ignored[archived]",
            "unknown directive `mothball: ignored`",
            "# mothball: ignore[archived] reason",
        ),
        ("# Mothball: IGNORE[archived]", "unknown directive `mothball: IGNORE`", "# mothball: ignore[archived] reason"),
        ("# MOTHBALL: ignore", "`mothball: ignore` has no rule", "# mothball: ignore[archived] reason"),
        ("# mothball: skip", "unknown directive `mothball: skip`", "# mothball: ignore[archived] reason"),
        ("# mothball: [archived]", "has no directive", "# mothball: ignore[archived] reason"),
        ("# mothball: ignore[archvied]", "unknown rule `archvied`", "did you mean `archived`?"),
        ("# mothball: ignore[Archived]", "unknown rule `Archived`", "did you mean `archived`?"),
        (
            "# mothball: ignore[archived, zzz]",
            "unknown rule `zzz`",
            "expected one of: quarantined, archived, deprecated,",
        ),
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
    assert found.span.slice(text) == "# mothball: ignore[archived] why"


def test_foreign_words_are_quoted_harmlessly() -> None:
    found = read("# mothball: \x1b[31mevil\u202e" + "x" * 400)
    assert isinstance(found, ParseProblem)
    assert "\x1b" not in found.message
    rule = read("# mothball: ignore[\x1b" + "x" * 400 + "]")
    assert isinstance(rule, ParseProblem)
    assert "\x1b" not in rule.message
    assert len(rule.message) < 100


@given(st.text(st.sampled_from(list("# mothball:ignore[archived], \t")), max_size=60))
def test_no_comment_raises_and_every_place_lies_in_the_comment(comment: str) -> None:
    found = read("x" + "# mothball: " + comment)
    if found is not None:
        assert 0 < found.span.start < found.span.end <= len(comment) + 13


# --- as each format has it --------------------------------------------------------------------------------------------

HEAD = "# This file is autogenerated by pip-compile\n"
HOOK = "repos:\n- repo: local\n  hooks:\n  - id: x\n    language: python\n    additional_dependencies:\n"
FORM_HELP = "a comment needs a space before `#`"


def ignored(file_format: str, text: str) -> dict[str, tuple[str, ...]]:
    """Return the names in a file with the reasons of the ignores that speak of them, and fail on any problem."""
    document = parse(file_format, text)
    assert not document.problems
    lines = LineIndex(text)
    reasons: dict[str, list[str]] = {}
    for one in document.dependencies:
        on = set(line_range(one.entry_span, lines))
        reasons.setdefault(one.name, []).extend(
            ignore.reason for ignore in document.ignores if not on.isdisjoint(line_range(ignore.applies_to, lines))
        )
    return {name: tuple(found) for name, found in reasons.items()}


@pytest.mark.parametrize(
    ("file_format", "text"),
    [
        ("pyproject", '[project]\ndependencies = [\n"old",#Mothball: ignore[archived] why\n"other"]'),
        ("pipfile", '[packages]\nold = "*"#mothball: ignore[archived] why\nother = "*"'),
        ("requirements", "old  # MOTHBALL: ignore[archived] why\nother"),
        ("setup-cfg", "[options]\ninstall_requires =\n  old #mothball: ignore[archived] why\n  other"),
        ("tox-ini", "[testenv]\ndeps =\n  old#Mothball: ignore[archived] why\n  other"),
        ("pre-commit", f'{HOOK}    - "old"#mothball: ignore[archived] why\n    - other'),
        ("pre-commit", f"{HOOK}    - old #Mothball: ignore[archived] why\n    - other"),
        ("conda-env", "dependencies:\n- pip:\n  - 'old'#MOTHBALL: ignore[archived] why\n  - other"),
        ("setup-py", 'setup(install_requires=["old",#Mothball: ignore[archived] why\n"other"])'),
        ("script", '# /// script\n# dependencies = [\n#   "old",#Mothball: ignore[archived] why\n#   "other"]\n# ///'),
        ("uv-lock", '[[package]]\nname = "old"#Mothball: ignore[archived] why\n[[package]]\nname = "other"\n'),
        ("poetry-lock", '[[package]]\nname="old"#Mothball: ignore[archived] why\n[[package]]\nname = "other"\n'),
    ],
)
def test_capital_letters_and_missing_spaces_are_as_good_where_it_is_a_comment(file_format: str, text: str) -> None:
    assert ignored(file_format, text) == {"old": ("why",), "other": ()}


@pytest.mark.parametrize(
    ("file_format", "text"),
    [
        ("requirements", "old#mothball: ignore[archived] why"),
        ("requirements", "old==1#mothball: ignore[archived] why"),
        ("requirements", "old ; mothball: ignore[archived] why"),
        ("setup-cfg", "[options]\ninstall_requires =\n  old#mothball: ignore[archived] why"),
        ("setup-cfg", "[options]\ninstall_requires =\n  old\t# Mothball: ignore[archived] why"),
        ("setup-cfg", "[options]\ninstall_requires =\n  old ; mothball: ignore[archived] why"),
        ("tox-ini", "[testenv]\ndeps =\n  old ; mothball: ignore[archived] why"),
        ("pyproject", '[project]\ndependencies = ["old # mothball: ignore[archived] why"]'),
        ("pre-commit", f"{HOOK}    - old#mothball: ignore[archived] why"),
        ("conda-env", "dependencies:\n- pip:\n  - old>=1#Mothball: ignore[archived] why"),
    ],
)
def test_what_was_meant_as_an_ignore_and_is_no_comment_is_told(file_format: str, text: str) -> None:
    document = parse(file_format, text)
    assert [problem.help.startswith(FORM_HELP) for problem in document.problems] == [True]
    assert not document.ignores


@pytest.mark.parametrize("file_format", ["setup-cfg", "tox-ini"])
def test_a_comment_line_of_an_ini_file_may_begin_with_a_semicolon(file_format: str) -> None:
    section = "[options]\ninstall_requires =\n" if file_format == "setup-cfg" else "[testenv]\ndeps =\n"
    document = parse(file_format, f"{section}  old\n  ; Mothball: ignore[archived] why\n  ; mothball: ignore[x]\n")
    assert [(one.rules, one.reason, one.span.slice(" ")) for one in document.ignores] == [(("archived",), "why", "")]
    assert [problem.message for problem in document.problems] == ["unknown rule `x`"]


def test_a_mapping_in_a_list_of_requirements_is_told() -> None:
    (problem,) = parse("conda-env", "dependencies:\n- pip:\n  - old: 1\n  - new\n").problems
    assert problem.message == "mapping instead of a requirement"
    assert "quotes" in problem.help


# --- among the comments of pip-tools and uv ---------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("head", [HEAD, ""])
@pytest.mark.parametrize(
    "below",
    [
        "    # via\n    #   foo  # mothball: ignore[archived] why\n",
        "    # via foo  # mothball: ignore[archived] why\n",
        "    # via\n    #   foo\n    # mothball: ignore[archived] why\n",
        "    # mothball: ignore[archived] why\n    # via foo\n",
        "    # via\n    # Mothball: ignore[archived] why\n    #   -r requirements.in\n    #   foo\n",
        "    #\n    # via foo\n\t# mothball: ignore[archived] why",
    ],
)
@pytest.mark.parametrize("entry", ["old==1", "  old==1", "old==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11"])
def test_an_ignore_among_the_annotations_speaks_of_the_package_above(
    head: str, entry: str, below: str, end: str
) -> None:
    text = f"{head}other==1\n    # via foo\n{entry}\n{below}"
    assert ignored("requirements", text.replace("\n", end)) == {"other": (), "old": ("why",)}
    text = f"{head}{entry}\n{below.rstrip()}\nother==1\n    # via foo\n"
    assert ignored("requirements", text.replace("\n", end)) == {"old": ("why",), "other": ()}


@pytest.mark.parametrize(
    "text",
    [
        "old==1\n    # mothball: ignore[archived] why\n",
        "old==1\n# via foo\n# mothball: ignore[archived] why\n",
        "old==1\n    # via foo\n# mothball: ignore[archived] why\n",
        "old==1\n    # via foo\n\n    # mothball: ignore[archived] why\n",
        "old==1\n    # via foo\n-e ./lib\n    # via bar\n    # mothball: ignore[archived] why\n",
        "    # via foo\n    # mothball: ignore[archived] why\n",
        "# x\n    # via foo\n    # mothball: ignore[archived] why\nold==1\n",
        "<<<<<<< a\n    # via foo\n    # mothball: ignore[archived] why\n",
    ],
)
def test_an_ignore_elsewhere_speaks_of_no_package(text: str) -> None:
    document = parse("requirements", HEAD + text)
    (ignore,) = document.ignores
    lines = LineIndex(HEAD + text)
    covered = set(line_range(ignore.applies_to, lines))
    assert all(covered.isdisjoint(line_range(one.entry_span, lines)) for one in document.dependencies)


@pytest.mark.alone
@pytest.mark.parametrize(
    "block", ["    # via\n", "    # mothball: ignore[archived]\n", "    #\n", "\n", "a\n    # via x\n"]
)
def test_annotations_take_time_linear_in_the_file(block: str) -> None:
    def read(count: int) -> float:
        text = f"{HEAD}old==1\n    # via x # mothball: ignore[archived]\n{block * count}"
        return least_seconds(lambda: parse("requirements", text))

    assert read(20_000) < 60 * read(1000) + 0.1
