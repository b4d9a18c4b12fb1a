"""The JSON scanner accepts what ``json`` accepts, reports the position of each member, and the first error."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mothball.formats.locks.pipfile import JsonError, JsonMember, load, members
from mothball.model.document import LineIndex, ParseProblem, Span
from tests.support.timing import least_seconds

_TEXTS = st.text(max_size=5) | st.sampled_from(['"', "\\", "\n", "é\t", "\U0001f525", "/"])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=12
)
_INDENTS = st.sampled_from([None, 0, 1, 4, "\t"])


def error_of(text: str) -> ParseProblem:
    with pytest.raises(JsonError) as caught:
        load(text)
    (problem,) = caught.value.args
    assert isinstance(problem, ParseProblem)
    return problem


def check_against_json(text: str) -> None:
    """Assert that ``text`` has the value that ``json`` reads, with valid spans, or an error with a span."""
    try:
        value = json.loads(text, parse_int=float)
    except (ValueError, RecursionError):
        span = error_of(text).span
        assert 0 <= span.start <= span.end <= len(text)
        assert span.start < span.end or not text.strip(" \t\r\n")
    else:
        assert repr(load(text)) == repr(value)
        start = len(text) - len(text.lstrip(" \t\r\n"))
        if isinstance(value, dict):
            check_members(text, start, value)


def check_members(text: str, start: int, value: dict[str, Any]) -> None:
    actual = list(members(text, start))
    assert repr({member.key: member.value for member in actual}) == repr(value)
    for member in actual:
        key = member.key_span
        assert json.loads(text[key.start - 1 : key.end + 1]) == member.key
        assert repr(json.loads(member.value_span.slice(text), parse_int=float)) == repr(member.value)
        assert member.value_span.slice(text) == member.value_span.slice(text).strip(" \t\r\n")
        if isinstance(member.value, dict):
            check_members(text, member.value_span.start, member.value)


@given(_VALUES, _INDENTS)
@settings(deadline=None, max_examples=150)
def test_valid_documents_match_json(value: Any, indent: str | int | None) -> None:
    check_against_json(json.dumps(value, indent=indent))
    check_against_json(json.dumps(value, indent=indent, ensure_ascii=False))


@given(_VALUES, _INDENTS, st.data())
@settings(deadline=None, max_examples=300)
def test_errors_match_json(value: Any, indent: str | int | None, data: st.DataObject) -> None:
    text = json.dumps(value, indent=indent)
    place = data.draw(st.integers(0, len(text) - 1))
    added = data.draw(st.sampled_from(["", '"', "\\", "{", "}", "[", "]", ",", ":", "\n", "x", "0", "\x01", "="]))
    check_against_json(text[:place] + added + text[place + data.draw(st.integers(0, 1)) :])


@example("[")
@given(st.text(max_size=30) | st.text(alphabet='{}[]",:\\ \n\t<=>|ab1', max_size=40))
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_value_or_an_error(text: str) -> None:
    check_against_json(text)


@pytest.mark.parametrize(
    "text",
    [
        *("{}}", "[]]", "[,1]", "[1 2]", "{,}", "[}", "{]", "01", "1.", "-", "+1", "nulll", "],", "}"),
        *("1e5", "-0.5E-3", "NaN", "-Infinity", "true", '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u12"', '"\\x"'),
        *("\ufeff{}", "\u3000{}", '{"a":1,"a":2}', '{"a":\u00a01}', "[[], {}]"),
    ],
)
def test_unusual_documents_match_json(text: str) -> None:
    check_against_json(text)


def test_spans_count_code_points_and_exclude_quotes_of_keys() -> None:
    text = '{"é\U0001f525": {"b" : "cd", "e": [1, {"f": null}]}}'
    (outer,) = members(text, 0)
    b, e = members(text, outer.value_span.start)

    assert outer.key_span == Span(2, 4)
    assert (b.key_span.slice(text), b.value_span.slice(text)) == ("b", '"cd"')
    assert e.value_span.slice(text) == '[1, {"f": null}]'


def test_duplicate_keys_are_all_returned() -> None:
    assert list(members('{"a": true, "a": false}', 0)) == [
        JsonMember("a", Span(2, 3), True, Span(6, 10)),  # noqa: FBT003 - the value of the document
        JsonMember("a", Span(13, 14), False, Span(17, 22)),  # noqa: FBT003 - the value of the document
    ]


def test_number_with_thousands_of_digits_is_accepted() -> None:
    assert load("9" * 5000) == float("inf")


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "unexpected end of file", 1, 1),
        ('{\n  "a": {\n', "unexpected end of file", 2, 8),
        ('{\n  "a": tru\n}', "unexpected `tru`", 2, 8),
        ('{\n  "a": 1,\n}', "unexpected `,`", 2, 9),
        ('{"a": [1, ]}', "unexpected `,`", 1, 9),
        ('{\n  "a": 1\n  "b": 2\n}', 'unexpected `"b"`: a comma or colon may be missing before it', 3, 3),
        ('{"a" {}}', "unexpected `{`: a comma or colon may be missing before it", 1, 6),
        ('{\n  "a": "==1\n}', "unclosed string", 2, 8),
        ('{\n  "a": "==1', "unclosed string", 2, 8),
        ('{"b": "c", "a": "\\"d\n}', "unclosed string", 1, 17),
        ('{"a": "b\\"', "unclosed string", 1, 7),
        ('{"a": "\\', "unclosed string", 1, 7),
        ('{"a": "\\x"}', "unexpected `\\x`", 1, 8),
        ('{"a": "\x01"}', "unexpected ``", 1, 8),
        ("{}\n}", "unexpected `}`", 2, 1),
        ("{a:1}", "unexpected `a`", 1, 2),
        ("x" * 100, f"unexpected `{'x' * 19}…`", 1, 1),
        ("]", "unexpected `]`", 1, 1),
    ],
)
def test_first_error_is_reported_with_its_position(text: str, message: str, line: int, column: int) -> None:
    error = error_of(text)

    assert error.message == f"invalid JSON: {message}"
    assert LineIndex(text).location("", error.span).start == (line, column)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n<<<<<<< HEAD\n  "a": 1\n=======\n  "a": 2\n>>>>>>> theirs\n}', 2),
        ('{\r\n  "a": 1\r\n=======\r\n  "a": 2\r\n>>>>>>> theirs\r\n}', 3),
        ('{\r"a" 1\r||||||| base\r', 3),
        ('{"a": tru,\n>>>>>>>', 2),
    ],
)
def test_merge_conflict_is_reported_at_its_first_marker(text: str, line: int) -> None:
    error = error_of(text)

    assert error.message == "unresolved merge conflict"
    assert LineIndex(text).location("", error.span).start == (line, 1)
    assert len(error.span.slice(text)) == 7


@pytest.mark.parametrize("line", [" <<<<<<< HEAD", "<<<<<<", "<<<<<<<<", "x ======="])
def test_similar_line_is_not_a_merge_conflict(line: str) -> None:
    assert error_of(f'{{"a": 1\n{line}\n}}').message.startswith("invalid JSON: unexpected")


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_deep_nesting_is_an_error(deep: str) -> None:
    assert error_of(deep).message == "invalid JSON: nested too deeply"


HOSTILE = {
    "brackets": ("", "[", ""),
    "braces": ("", "{", ""),
    "quotes": ("", '"', ""),
    "backslashes": ('"', "\\", ""),
    "objects": ("", '{"a":', ""),
    "keys": ("{", '"a":0,', ""),
    "open keys": ("{", '"a:', ""),
    "broken escapes": ('{"a": "', "\\u00", ""),
    "arrays in an array": ("[", '["a"], ', ""),
    "strings": ("[", '"a", ', "{"),
    "commas": ("[", ",", ""),
    "escaped quotes": ('{"a: ', '\\" ', "\n"),
    "strings before an unclosed one": ("[", '"\\"a", ', '"\n'),
    "spaces": ('{"a", ', " ", "x{"),
    "lines": ('{"a": 1', "\n", "}}"),
    "digits": ("", "9", ""),
    "markers": ("", "=======", ""),
    "marker lines": ("", "\n<<<<<<<<", ""),
}


@pytest.mark.alone
@pytest.mark.parametrize("shape", HOSTILE)
def test_scanning_takes_linear_time(shape: str) -> None:
    before, repeated, behind = HOSTILE[shape]
    short, long = (before + repeated * times + behind for times in (10_000, 40_000))

    def read(text: str) -> None:
        with suppress(JsonError):
            load(text)

    # Quadratic time would take 16 times as long; times below a few milliseconds are noise.
    assert least_seconds(lambda: read(long), 2) < 10 * max(least_seconds(lambda: read(short), 2), 0.004)
