from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.inputs import line_range
from mothball.formats.ignores import read_comment
from mothball.formats.table import parse
from mothball.model.document import IgnoreComment, LineIndex, ParseProblem, Span
from mothball.model.results import IGNORABLE_RULES, Rule
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
def test_ignore_has_rules_and_reason(comment: str, rules: tuple[str, ...], reason: str) -> None:
    result = read(comment)
    assert isinstance(result, IgnoreComment)
    assert result.rules == rules
    assert result.reason == reason
    assert result.span.slice(comment).startswith("#")
    assert result.span.slice(comment).lstrip("# \t").lower().startswith("mothball")


@pytest.mark.parametrize("rule", list(Rule))
def test_only_ignorable_rules_are_accepted(rule: Rule) -> None:
    expected = IgnoreComment if rule in IGNORABLE_RULES else ParseProblem
    assert isinstance(read(f"# mothball: ignore[{rule}]"), expected)


@pytest.mark.parametrize(
    "comment",
    ["", "#", "# mothballed: no", "# see mothball: docs", "# via mothball", "# Mothball: x", "# MOTHBALL: what we use"],
)
def test_other_comments_are_not_directives(comment: str) -> None:
    assert read(comment) is None


@pytest.mark.parametrize(
    ("comment", "message", "help_text"),
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
        (
            "# mothball: ignore[archived] #1  # mothball: ignore[yanked] #2",
            "two mothball comments on one line",
            "# mothball: ignore[archived, yanked] reason",
        ),
        ("# mothball: ignore[archvied]", "unknown rule `archvied`", "did you mean `archived`?"),
        ("# mothball: ignore[Archived]", "unknown rule `Archived`", "did you mean `archived`?"),
        (
            "# mothball: ignore[archived, zzz]",
            "unknown rule `zzz`",
            "expected one of: quarantined, archived, deprecated,",
        ),
    ],
)
def test_invalid_directive_is_a_problem_with_help(comment: str, message: str, help_text: str) -> None:
    result = read(comment)
    assert isinstance(result, ParseProblem)
    assert message in result.message
    assert help_text in result.help
    assert result.span == Span(0, len(comment))


def test_span_starts_at_the_hash_of_the_directive() -> None:
    text = "a==1  # via b  # mothball: ignore[archived] why  \nb"
    start, end = text.index("# via"), text.index("\n")
    result = read_comment(text, Span(start, end))
    assert isinstance(result, IgnoreComment)
    assert result.span.slice(text) == "# mothball: ignore[archived] why"


def test_messages_escape_and_shorten_quoted_text() -> None:
    result = read("# mothball: \x1b[31mevil\u202e" + "x" * 400)
    assert isinstance(result, ParseProblem)
    assert "\x1b" not in result.message
    rule = read("# mothball: ignore[\x1b" + "x" * 400 + "]")
    assert isinstance(rule, ParseProblem)
    assert "\x1b" not in rule.message
    assert len(rule.message) < 100


@given(st.text(st.sampled_from(list("# mothball:ignore[archived], \t")), max_size=60))
def test_any_comment_is_parsed_with_its_span_inside_the_comment(comment: str) -> None:
    result = read("x" + "# mothball: " + comment)
    if result is not None:
        assert 0 < result.span.start < result.span.end <= len(comment) + 13


# --- all formats ------------------------------------------------------------------------------------------------------

HEAD = "# This file is autogenerated by pip-compile\n"
HOOK = "repos:\n- repo: local\n  hooks:\n  - id: x\n    language: python\n    additional_dependencies:\n"
FORM_HELP = "a comment needs a space before `#`"


def ignored(file_format: str, text: str) -> dict[str, tuple[str, ...]]:
    """Return the reasons of the ignores that apply to each name in a file; fail on any problem."""
    document = parse(file_format, text)
    assert not document.problems
    lines = LineIndex(text)
    reasons: dict[str, list[str]] = {}
    for dependency in document.dependencies:
        entry_lines = set(line_range(dependency.entry_span, lines))
        reasons.setdefault(dependency.name, []).extend(
            ignore.reason
            for ignore in document.ignores
            if not entry_lines.isdisjoint(line_range(ignore.applies_to, lines))
        )
    return {name: tuple(name_reasons) for name, name_reasons in reasons.items()}


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
def test_name_is_case_insensitive_and_spaces_are_optional(file_format: str, text: str) -> None:
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
def test_ignore_outside_of_a_comment_is_a_problem(file_format: str, text: str) -> None:
    document = parse(file_format, text)
    assert [problem.help.startswith(FORM_HELP) for problem in document.problems] == [True]
    assert not document.ignores


@pytest.mark.parametrize("file_format", ["setup-cfg", "tox-ini"])
def test_ini_comment_line_may_start_with_a_semicolon(file_format: str) -> None:
    section = "[options]\ninstall_requires =\n" if file_format == "setup-cfg" else "[testenv]\ndeps =\n"
    document = parse(file_format, f"{section}  old\n  ; Mothball: ignore[archived] why\n  ; mothball: ignore[x]\n")
    assert [(ignore.rules, ignore.reason, ignore.span.slice(" ")) for ignore in document.ignores] == [
        (("archived",), "why", "")
    ]
    assert [problem.message for problem in document.problems] == ["unknown rule `x`"]


def test_mapping_in_a_requirements_list_is_a_problem() -> None:
    (problem,) = parse("conda-env", "dependencies:\n- pip:\n  - old: 1\n  - new\n").problems
    assert problem.message == "mapping instead of a requirement"
    assert "quotes" in problem.help


# --- annotations of pip-tools and uv ----------------------------------------------------------------------------------


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
def test_ignore_in_annotations_applies_to_the_package_above(head: str, entry: str, below: str, end: str) -> None:
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
def test_ignore_elsewhere_applies_to_no_package(text: str) -> None:
    document = parse("requirements", HEAD + text)
    (ignore,) = document.ignores
    lines = LineIndex(HEAD + text)
    covered = set(line_range(ignore.applies_to, lines))
    assert all(covered.isdisjoint(line_range(dependency.entry_span, lines)) for dependency in document.dependencies)


@pytest.mark.alone
@pytest.mark.parametrize(
    "block", ["    # via\n", "    # mothball: ignore[archived]\n", "    #\n", "\n", "a\n    # via x\n"]
)
def test_annotations_take_linear_time(block: str) -> None:
    def read(count: int) -> float:
        text = f"{HEAD}old==1\n    # via x # mothball: ignore[archived]\n{block * count}"
        return least_seconds(lambda: parse("requirements", text))

    assert read(20_000) < 60 * read(1000) + 0.1
