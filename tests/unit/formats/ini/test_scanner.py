from __future__ import annotations

import io
from configparser import Error, RawConfigParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.ignores import read_comments
from mothball.formats.ini.scanner import merge_undelimited, scan
from mothball.model.document import IgnoreComment, ParseProblem
from tests.support.timing import least_seconds


def contents(text: str) -> dict[str, dict[str, list[str]]]:
    """Return the sections, options and value lines of ``scan``."""
    return {
        section.name: {option.name: [line.slice(text) for line in option.lines] for option in section.options}
        for section in scan(text).sections
    }


def reference(text: str) -> dict[str, dict[str, list[str]]] | None:
    """Return the sections, options and value lines of configparser, or None if it rejects the text."""
    parser = RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the documented way to keep the spelling
    try:
        parser.read_file(io.StringIO(text, newline=None))
    except Error:
        return None
    return {
        name: {option: [line for line in value.split("\n") if line] for option, value in parser[name].items()}
        for name in parser.sections()
    }


def problems(text: str) -> list[tuple[str, str]]:
    return [
        (problem.span.slice(text), problem.message.removeprefix("invalid INI: ")) for problem in scan(text).problems
    ]


NAMES = st.text("ab.-é🎉", min_size=1, max_size=4)
# A closing bracket alone looks like an incomplete header.
VALUES = st.text("ab =:[]#;%({\\é🎉", max_size=8).map(str.strip).filter(lambda value: value[-1:] != "]" or "[" in value)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Generate valid documents in all styles."""
    lines: list[str] = []
    noise = st.lists(st.sampled_from(["", "   ", "# comment", "; comment", "    # indented comment"]), max_size=2)
    for section in draw(st.lists(NAMES, unique=True, max_size=3)):
        lines += draw(noise)
        lines.append(f"[{section}]" + draw(st.sampled_from(["", "  ", " ; after"])))
        for option in draw(st.lists(NAMES, unique=True, max_size=3)):
            lines += draw(noise)
            lines.append(option + draw(st.sampled_from(["=", " = ", ":", ": "])) + draw(VALUES))
            for value in draw(st.lists(VALUES, max_size=3)):
                lines += draw(noise)
                lines.append(draw(st.sampled_from(["  ", "\t", "      "])) + value)
    return draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)


@given(documents())
def test_valid_documents_match_configparser(text: str) -> None:
    assert contents(text) == reference(text)
    assert not scan(text).problems


@given(st.text("[]=:#; \t\nab", max_size=24))
def test_any_text_without_a_problem_matches_configparser(text: str) -> None:
    expected = reference(text)
    if not scan(text).problems:
        assert contents(text) == expected
    # configparser accepts a header with a missing bracket as an option.
    elif not any("bracket" in message or "without a name" in message for _, message in problems(text)):
        assert expected is None


@given(st.text(st.sampled_from("[]=:#; \t\r\n<>|ab\u2028\x0bé🎉"), max_size=40))
def test_spans_of_any_text_are_inside_it(text: str) -> None:
    result = scan(text)
    for section in result.sections:
        for option in section.options:
            assert option.span.slice(text) == option.name
            assert all(line.slice(text) == line.slice(text).strip() != "" for line in option.lines)
    assert all(comment.slice(text)[0] in "#;" for comment in result.comments)
    assert all(0 <= problem.span.start <= problem.span.end <= len(text) and problem.help for problem in result.problems)


def test_value_lines_have_spans() -> None:
    text = "[a]\nx = one\n\n  # no\n\ttwo  \n  three\ny =\n  four\n"
    (section,) = scan(text).sections
    first, second = section.options

    assert [line.slice(text) for line in first.lines] == ["one", "two", "three"]
    assert first.is_inline
    assert not first.is_one_line
    assert [line.slice(text) for line in second.lines] == ["four"]
    assert not second.is_inline
    assert [comment.slice(text) for comment in scan(text).comments] == ["# no"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = b\nc = d\n[s]\n", [("a = b", "option before the first section header")]),
        ("[s]\n= b\n", [("= b", "missing option name before the delimiter")]),
        ("[s]\nword\n", [("word", "expected [SECTION] or NAME = VALUE")]),
        ("[s]\na=1\n[s]\n", [("[s]", "duplicate section s")]),
        ("[s]\na=1\na=2\n", [("a", "duplicate option a")]),
        ("[DEFAULT]\n[DEFAULT]\n", []),
        ("[s\na=1\n", [("[s", "section header with a missing bracket")]),
        ("s]\na=1\n", [("s]", "section header with a missing bracket")]),
        ("[]\n", [("[]", "section without a name")]),
        (
            "[s]\n<<<<<<< HEAD\na=1\n=======\na=2\n>>>>>>> x\n",
            [("<<<<<<< HEAD", "unresolved merge conflict")],
        ),
        (">>>>>>> x\n", [(">>>>>>> x", "unresolved merge conflict")]),
    ],
)
def test_problems_have_spans(text: str, expected: list[tuple[str, str]]) -> None:
    assert problems(text) == expected


def test_number_of_problems_is_limited() -> None:
    assert len(scan("[s]\n" + "word\n" * 100).problems) == 20


def test_incomplete_header_is_a_header() -> None:
    assert contents("[a]\nx=1\n[b\ny=2\n") == {"a": {"x": ["1"]}, "b": {"y": ["2"]}}
    assert contents("[a]\nx=1\nb:c]\ny=2\n") == {"a": {"x": ["1"]}, "b:c": {"y": ["2"]}}
    assert contents("[a]\nx=1\n[b") == {"a": {"x": ["1"]}, "b": {}}


def test_incomplete_header_in_a_value_does_not_end_it() -> None:
    assert contents("[a]\nx=\n  1\n[b\n  2\n[\n  3\n") == {"a": {"x": ["1", "2", "3"]}}


def test_merge_conflict_markers_do_not_end_a_value() -> None:
    text = "[a]\nx=\n  1\n<<<<<<< HEAD\n  2\n=======\n  3\n>>>>>>> theirs\n  4\n"

    assert contents(text) == {"a": {"x": ["1", "2", "3", "4"]}}


def test_unindented_line_does_not_own_the_lines_after_it() -> None:
    text = "[a]\nx=\n  1\nstray\n  2\n"
    (section,) = scan(text).sections

    assert [[line.slice(text) for line in option.lines] for option in merge_undelimited(section)] == [["1", "2"]]


def test_known_option_without_delimiter_keeps_its_lines() -> None:
    text = "[a]\nx=\n  1\ndeps\n  2\n"
    (section,) = scan(text).sections

    assert [option.name for option in merge_undelimited(section, {"deps"})] == ["x", "deps"]
    assert list(merge_undelimited(section._replace(options=()))) == []


def test_ignore_comments_are_parsed() -> None:
    text = "[a]\n# mothball: ignore[archived] soon\n; nothing\n# mothball: hush\n"
    ignore, problem = read_comments(text, scan(text).comments)

    assert isinstance(ignore, IgnoreComment)
    assert ignore.reason == "soon"
    assert isinstance(problem, ParseProblem)
    assert problem.message == "unknown directive `mothball: hush`"


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece", ["[", "a\n", "[a]\n", "a=b\n", "=", " x\n", "<<<<<<< x\n", "[a\n", "[s]\nx\n y\n", "\\"]
)
def test_scanning_takes_linear_time(piece: str) -> None:
    def cost(size: int) -> float:
        text = "[s]\nx=\n" + piece * (size // len(piece))
        return least_seconds(lambda: [list(merge_undelimited(section)) for section in scan(text).sections], 2)

    assert cost(160_000) < 60 * max(cost(10_000), 0.001)
