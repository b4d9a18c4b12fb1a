"""The JSON scanner says what ``json`` says, and where; of a broken document it keeps what nobody touched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mothball.formats.json_scanner import scan
from mothball.formats.json_values import JsonMember, JsonObject, JsonValue, to_plain
from mothball.model import Span
from tests.support.timing import least_seconds

_TEXTS = st.text(max_size=5) | st.sampled_from(['"', "\\", "\n", "é\t", "\U0001f525", "/"])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=12
)
_INDENTS = st.sampled_from([None, 0, 1, 4, "\t"])


def accepted(text: str) -> tuple[bool, object]:
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def agree(text: str) -> None:
    is_json, value = accepted(text)
    document = scan(text)
    assert (not document.errors) == is_json
    if is_json:
        assert repr(to_plain(document.value)) == repr(value)
    check_places(document.value, text)


def check_places(value: JsonValue, text: str) -> None:
    for member in members(value):
        assert 0 <= member.span.start <= member.key_span.start <= member.key_span.end <= member.span.end <= len(text)
        assert member.span.start <= member.value_span.start <= member.value_span.end <= member.span.end
        assert "\\" in member.key_span.of(text) or member.key_span.of(text) == member.key
        if isinstance(member.value, str) and member.whole:
            assert "\\" in member.value_span.of(text) or member.value_span.of(text) == member.value


def members(value: JsonValue) -> list[JsonMember]:
    match value:
        case JsonObject():
            return [inner for member in value.members for inner in [member, *members(member.value)]]
        case tuple():
            return [member for item in value for member in members(item)]
        case _:
            return []


@given(_VALUES, _INDENTS)
@settings(deadline=None, max_examples=150)
def test_documents_mean_what_they_mean_to_json(value: Any, indent: str | int | None) -> None:
    agree(json.dumps(value, indent=indent))
    agree(json.dumps(value, indent=indent, ensure_ascii=False))


@given(_VALUES, _INDENTS, st.data())
@settings(deadline=None, max_examples=300)
def test_what_json_rejects_is_an_error_and_what_it_reads_is_none(
    value: Any, indent: str | int | None, data: st.DataObject
) -> None:
    text = json.dumps(value, indent=indent)
    place = data.draw(st.integers(0, len(text) - 1))
    added = data.draw(st.sampled_from(["", '"', "\\", "{", "}", "[", "]", ",", ":", "\n", "x", "0", "\x01", "="]))
    agree(text[:place] + added + text[place + data.draw(st.integers(0, 1)) :])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " \n",
            "x",
            "{",
            "[",
            '"',
            "{}}",
            "[]]",
            "[1,]",
            "[,1]",
            "[1,,2]",
            "[1 2]",
            '{"a"}',
            '{"a":}',
            '{"a":1,}',
        ),
        *('{"a" 1}', '{"a" {}}', '{,"a":1}', "{a:1}", '{"a":1 "b":2}', "[}", "{]", '{"a":[}', "01", "1.", "-", "+1"),
        *("1e5", "-0.5E-3", "NaN", "-Infinity", "Infinit", "true", "nulll", '"\\ud83d\\ude00"', '"\\ud83d"', '"\\u12"'),
        *('"\\x"', '"a\tb"', '"a\nb"', "\ufeff{}", "\u3000{}", "9" * 5000, '{"a":1,"a":2}', "[[], {}]", '["a","b"]'),
    ],
)
def test_odd_documents_are_judged_as_json_judges_them(text: str) -> None:
    agree(text)


def test_places_leave_quotes_out() -> None:
    text = '{"a": {"b" : "cd", "e": [1, {"f": null}]}}'
    outer, b, e, f = members(scan(text).value)

    assert (outer.key_span.of(text), outer.span.of(text)) == ("a", text[1:-1])
    assert (b.key_span.of(text), b.value_span.of(text), b.span.of(text)) == ("b", "cd", '"b" : "cd"')
    assert (e.value_span.of(text), f.span.of(text)) == ('[1, {"f": null}]', '"f": null')


def test_nesting_is_read_to_a_hundred_levels() -> None:
    assert not scan("[" * 100 + "]" * 100).errors
    assert "nested too deep" in [error.message for error in scan("[" * 101 + "]" * 101).errors]


# --- broken documents -------------------------------------------------------------------------------------------------

LINES = """\
{
    "one": {
        "list": [
            "x",
            "y"
        ],
        "text": "a,b",
        "table": {"k": 1},
        "none": {}
    },
    "two": {
        "text": "c"
    },
    "three": [
        {
            "name": "d"
        }
    ]
}
"""
WHOLE = json.loads(LINES)


def after(old: str, new: str) -> tuple[dict[str, Any], dict[str, bool]]:
    assert old in LINES
    document = scan(LINES.replace(old, new, 1))
    assert document.errors
    assert isinstance(document.value, JsonObject)
    check_places(document.value, LINES.replace(old, new, 1))
    plain = to_plain(document.value)
    assert isinstance(plain, dict)
    return plain, {member.key: member.whole for member in document.value.members}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"a,b",', '"a,b"'),
        ('"a,b",', '"a,b",,'),
        ("    },\n", "    }}},\n"),
        ("    },\n", ""),
        ("    },\n", "    }\n"),
        ("        ],\n", ""),
        ('"one": {', '"one" {'),
        ('"one": {', '"one: {'),
        ('"one": {', '"one":'),
        ('"one": {', 'one": {'),
        ('"one": {', '"one"" {'),
        ("{\n", ""),
        ("{\n", "{\n<<<<<<< ours\n=======\n>>>>>>> theirs\n"),
        ('    "two"', '"\n    "two"'),
        ('    "two"', '[[x\n    "two"'),
        ('            "x"', '"\n            "x"'),
    ],
)
def test_lines_tell_what_brackets_and_commas_no_longer_do(old: str, new: str) -> None:
    plain, whole = after(old, new)

    assert plain["two"] == WHOLE["two"]
    assert plain["three"] == WHOLE["three"]
    assert plain["one"]["text"] == "a,b"
    assert plain["one"]["table"] == {"k": 1}
    assert whole["two"]
    assert whole["three"]


@pytest.mark.parametrize(
    ("old", "new"),
    [('"c"', '"c'), ('"c"', ""), ('"text": "c"', '"te'), ('"text": "c"', '"te"'), ('    },\n    "three', '    "three')],
)
def test_only_the_member_that_is_broken_is_not_whole(old: str, new: str) -> None:
    plain, whole = after(old, new)

    assert plain["one"] == WHOLE["one"]
    assert whole == {"one": True, "two": False, "three": True}


def test_a_broken_document_in_one_line_keeps_its_members() -> None:
    document = scan('{"a": {"b": "c"}, "d": ["e", "f", "g": {"h": "i"}}')

    assert document.errors
    assert [member.key for member in members(document.value)][:3] == ["a", "b", "d"]


def test_a_second_closing_bracket_closes_nothing() -> None:
    plain, whole = after("    },\n", "    },\n    },\n")

    assert plain == WHOLE
    assert whole == dict.fromkeys(WHOLE, True)


def test_a_hundred_levels_of_lines_are_read() -> None:
    text = "{\n" + "".join(f'{" " * depth}"k": {{\n' for depth in range(1, 300))

    assert len(members(scan(text).value)) == 99


def test_an_error_bears_its_place() -> None:
    (error,) = scan('{"a": tru}').errors
    assert error.span == Span(6, 9)


HOSTILE = {
    "brackets": ("", "[", ""),
    "braces": ("", "{", ""),
    "quotes": ("", '"', ""),
    "backslashes": ('"', "\\", ""),
    "objects": ("", '{"a":', ""),
    "objects on lines": ("", '{"a":\n', ""),
    "keys": ("{", '"a" ', ""),
    "open keys": ("{", '"a:', ""),
    "escaped quotes": ('{"a: ', '\\" : ', ""),
    "broken escapes": ('{"a": "', "\\u00", ""),
    "arrays in an array": ("[", '["a", ', ""),
    "strings": ("[", '"a", ', "{"),
    "words": ("", "x ", ""),
    "commas": ("[", ",", ""),
    "lone lines": ('{\n "a": [\n', '  "b"\n', ""),
    "stray quotes on lines": ('{\n "a": {\n', '"\n', ""),
    "spaces": ('{"a', " ", "x{"),
    "indents": ("{\n", '                "a": {\n', ""),
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_four_times_the_text_takes_no_more_than_a_few_times_as_long(shape: str) -> None:
    before, repeated, behind = HOSTILE[shape]
    short, long = (before + repeated * times + behind for times in (2500, 10_000))
    # Quadratic time would be sixteen times as long; below a few milliseconds the machine decides, not we.
    assert least_seconds(lambda: scan(long), 2) < 10 * max(least_seconds(lambda: scan(short), 2), 0.004)


@example("[")
@given(st.text(max_size=30) | st.text(alphabet='{}[]",:\\ \n\t<=>|ab1', max_size=40))
@settings(deadline=None, max_examples=300)
def test_any_text_is_read_with_sound_places(text: str) -> None:
    check_places(scan(text).value, text)
