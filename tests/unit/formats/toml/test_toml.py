"""Values and spans of valid TOML."""

from __future__ import annotations

import datetime as dt
import math
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given

from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import (
    Array,
    InlineTable,
    Scalar,
    String,
    TomlScan,
    find_span,
    flatten_inline_tables,
    source_span,
    to_mapping,
)
from mothball.model.document import Span
from tests.support.toml_documents import SAMPLES, SHOP, all_entries, all_values, documents, mutations, noise


def only_string(text: str) -> String:
    (entry,) = scan(text).entries
    assert isinstance(entry.value, String)
    return entry.value


def test_entry_has_path_keys_and_value() -> None:
    text = '[tool.demo]\n  a . "b c".\'d\' = "x" # why\n'
    scanned = scan(text)
    (entry,) = scanned.entries
    (header,) = scanned.headers
    assert not scanned.errors
    assert entry.path == ("tool", "demo", "a", "b c", "d")
    assert [key.name for key in entry.keys] == ["tool", "demo", "a", "b c", "d"]
    assert [key.span.slice(text) for key in entry.keys] == ["tool", "demo", "a", '"b c"', "'d'"]
    assert entry.value == String(Span(text.index('"x"'), text.index('"x"') + 3), "x")
    assert header.path == ("tool", "demo")
    assert header.span.slice(text) == "[tool.demo]"
    assert [span.slice(text) for span in scanned.comments] == ["# why"]


def test_paths_of_arrays_of_tables_have_indexes() -> None:
    scanned = scan("[[a]]\nx=1\n[[a.b]]\ny=1\n[[a.b]]\n[a.b.c]\nz=1\n[[a]]\nx=2\n")
    assert not scanned.errors
    assert [header.path for header in scanned.headers] == [
        ("a", 0),
        ("a", 0, "b", 0),
        ("a", 0, "b", 1),
        ("a", 0, "b", 1, "c"),
        ("a", 1),
    ]
    assert [entry.path for entry in scanned.entries] == [
        ("a", 0, "x"),
        ("a", 0, "b", 0, "y"),
        ("a", 0, "b", 1, "c", "z"),
        ("a", 1, "x"),
    ]


def test_header_has_the_number_of_entries_before_it() -> None:
    scanned = scan("a=1\nb=1\n[t]\n[u]\nc=1\n[v]\n")
    assert [header.body for header in scanned.headers] == [2, 2, 3]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('"a\\tb\\u00e9\\U0001F989\\""', 'a\tbé🦉"'),
        ('"\\b\\f\\r\\n\\\\"', "\b\f\r\n\\"),
        ('"\\e[0m\\x41\\xe9"', "\x1b[0mAé"),
        ("'C:\\x'", "C:\\x"),
        ('""', ""),
        ("''", ""),
        ('"""\na\r\nb"""', "a\nb"),
        ('"""a \\\n   b \\ \r\n\r\n c"""', "a b c"),
        ('""""a"""""', '"a""'),
        ("'''\n'a''''", "'a'"),
        ("'''\r\na\r\nb'''", "a\nb"),
        ('""""""', ""),
        ('"""\\""""""', '"""'),
    ],
)
def test_strings_are_decoded(source: str, value: str) -> None:
    text = f"s = {source}\n"
    string = only_string(text)
    assert not scan(text).errors
    assert string.value == value
    assert string.closed
    assert string.span.slice(text) == source
    quotes = source[: string.quote]
    assert quotes + string.inner.slice(text) + quotes == source


@pytest.mark.parametrize(
    ("source", "place", "expected"),
    [
        ('"plain name"', (0, 5), "plain"),
        ('"\\u0070lain"', (0, 5), "\\u0070lain"),
        ('"p\\u006cain x"', (0, 5), "p\\u006cain"),
        ('"p\\u006cain x"', (2, 5), "ain"),
        ('"\\"a\\" b"', (1, 2), "a"),
        ('"\\"a\\" b"', (4, 5), "b"),
        ('"""\nabc"""', (0, 3), "abc"),
        ('"""abc\\\n   def"""', (0, 3), "abc"),
        ('"""abc\\\n   def"""', (3, 6), "def"),
        ('"""abc\\\n   def"""', (2, 4), "c\\\n   d"),
        ('"""a\r\nb"""', (1, 2), "\r\n"),
        ('"""a\r\nb"""', (2, 3), "b"),
        ("'''\r\na\r\nb'''", (0, 3), "a\r\nb"),
        ('"abc"', (1, 1), ""),
        ('"\\t"', (1, 1), ""),
    ],
)
def test_range_of_a_value_is_mapped_to_its_source(source: str, place: tuple[int, int], expected: str) -> None:
    text = f"s = {source}"
    assert source_span(only_string(text), *place).slice(text) == expected


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("true", True),
        ("false", False),
        ("1_000", 1000),
        ("-17", -17),
        ("+0", 0),
        ("0xDEAD_beef", 0xDEADBEEF),
        ("0o755", 0o755),
        ("0b1_0", 2),
        ("1.5e-3", 0.0015),
        ("-inf", -math.inf),
        ("1979-05-27", dt.date(1979, 5, 27)),
        ("07:32:00.1234567", dt.time(7, 32, 0, 123456)),
        ("07:32", dt.time(7, 32)),
        ("1979-05-27 07:32", dt.datetime(1979, 5, 27, 7, 32)),  # noqa: DTZ001 - TOML's local date-times have no zone
        ("1979-05-27t07:32:01z", dt.datetime(1979, 5, 27, 7, 32, 1, tzinfo=dt.UTC)),
        ("1979-05-27T07:32-08:30", dt.datetime(1979, 5, 27, 7, 32, tzinfo=dt.timezone(-dt.timedelta(hours=8.5)))),
    ],
)
def test_scalars_are_parsed(source: str, value: object) -> None:
    text = f"s = {source}  # why"
    scanned = scan(text)
    assert not scanned.errors
    (entry,) = scanned.entries
    assert isinstance(entry.value, Scalar)
    assert entry.value.value == value
    assert type(entry.value.value) is type(value)
    assert entry.value.span.slice(text) == source


# fmt: off
NO_VALUES = (
    "00", "1__0", "_1", "1_", "0x", "0b2", "0o8", "1.", ".5", "1e", "1.e3", "True", "yes", "+0x1", "-0b1", "2023-02-29",
    "1979-13-01", "0000-01-01", "24:00:00", "07:60", "1979-05-27T07", "07:32:00Z", "1979-05-27T07:32+24:00",
    "1979-05-27T07:32:00.", "\u0661", "é", "9" * 5000,
)
# fmt: on


@pytest.mark.parametrize("source", NO_VALUES)
def test_invalid_value_is_an_error(source: str) -> None:
    text = f"a = 1\ns = {source}\nb = 2\n"
    (error,) = scan(text).errors
    assert error.span.slice(text) == source
    assert to_mapping(scan(text)) == {"a": 1, "b": 2}


def test_arrays_may_span_lines_and_hold_anything() -> None:
    text = "a = [ # one\n  \"x\",\n  [1, 2,], # two\n  {b = ''},\n]\n"
    scanned = scan(text)
    (entry,) = scanned.entries
    assert not scanned.errors
    assert isinstance(entry.value, Array)
    assert entry.value.closed
    assert [item.span.slice(text) for item in entry.value.items] == ['"x"', "[1, 2,]", "{b = ''}"]
    assert len(scanned.comments) == 2


@pytest.mark.parametrize("inner", ['["h"]', "[1.5]", "[[true]]", "['h'] # why", "[inf]\n"])
def test_nested_array_on_its_own_line_is_not_a_header(inner: str) -> None:
    for text in (f"a = [\n{inner}\n]", f"a = [\n{inner}\n# why\n, {inner}\n]"):
        scanned = scan(text)
        assert not scanned.errors
        assert not scanned.headers
        assert len(scanned.entries) == 1


def test_inline_tables_may_span_lines_as_of_toml_1_1() -> None:
    text = "a = { # one\n  b.c = 1,\n\n  'd' = [\n2],\n}\nz = {}"
    scanned = scan(text)
    assert not scanned.errors
    assert to_mapping(scanned) == {"a": {"b": {"c": 1}, "d": [2]}, "z": {}}
    table = scanned.entries[0].value
    assert isinstance(table, InlineTable)
    assert [entry.path for entry in table.entries] == [("b", "c"), ("d",)]


def test_path_does_not_depend_on_table_notation() -> None:
    spellings = [
        "[a.b]\nc.d = 1",
        "[a]\nb.c.d = 1",
        "a.b = {c = {d = 1}}",
        "[a]\nb = {c.d = 1}",
        "[a.b.c]\nd = 1",
    ]
    for spelling in spellings:
        assert [leaf.path for leaf in flatten_inline_tables(scan(spelling).entries)] == [("a", "b", "c", "d")]
    assert [leaf.path for leaf in flatten_inline_tables(scan("a = {b = {}}").entries)] == [("a", "b")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("project",), "project"),
        (("project", "name"), "name"),
        (("tool", "mothball"), "mothball"),
        (("tool", "mothball", "ignore"), "ignore"),
        (("tool", "mothball", "ignore", "xlrd"), "xlrd"),
        (("tool", "mothball", "ignore", "xlrd", "until"), "until"),
        (("tool", "mothball", "ignore", "xlrd", "rules", 0), '"archived"'),
        (("tool", "uv", "index", 1, "name"), "name"),
        (("tool", "uv", "index", 1), "[[tool.uv.index]]"),
        (("dependency-groups", "dev", 1, "include-group"), "include-group"),
    ],
)
def test_find_span_of_a_path(path: tuple[str | int, ...], expected: str) -> None:
    span = find_span(scan(SHOP), path)
    assert span is not None
    assert span.slice(SHOP) == expected


@pytest.mark.parametrize(
    "path",
    [
        ("nothing",),
        ("project", "nothing"),
        ("project", "name", "x"),
        ("project", "dependencies", 99),
        ("dependency-groups", "dev", 0, "x"),
    ],
)
def test_find_span_of_a_missing_path(path: tuple[str | int, ...]) -> None:
    assert find_span(scan(SHOP), path) is None


def test_find_span_of_each_part_of_a_dotted_key() -> None:
    text = "[a]\nb.c = {d.e = [0, {f = 1}]}"
    scanned = scan(text)
    for path, expected in {
        ("a", "b"): "b",
        ("a", "b", "c"): "c",
        ("a", "b", "c", "d"): "d",
        ("a", "b", "c", "d", "e", 1, "f"): "f",
    }.items():
        span = find_span(scanned, path)
        assert span is not None
        assert span.slice(text) == expected


def check_spans(text: str, scanned: TomlScan) -> None:
    for entry in all_entries(scanned):
        assert tuple(key.name for key in entry.keys) == tuple(step for step in entry.path if isinstance(step, str))
        for key in entry.keys:
            assert key.name in (key.span.slice(text), key.span.slice(text)[1:-1]) or "\\" in key.span.slice(text)
        for value in all_values(entry):
            assert 0 <= value.span.start <= value.span.end <= len(text)
            if isinstance(value, String):
                check_string(text, value)
    for header in scanned.headers:
        assert header.span.slice(text).strip("[").strip("]") or not header.keys
    for span in scanned.comments:
        assert span.slice(text).startswith("#")
        assert span.end == len(text) or text[span.end] in "\r\n"
    for error in scanned.errors:
        assert 0 <= error.span.start <= error.span.end <= len(text)
        assert error.message


def check_string(text: str, string: String) -> None:
    quote = string.span.slice(text)[: string.quote]
    assert quote in {"", '"', "'", '"""', "'''"}
    assert string.source or string.inner.slice(text) == string.value
    assert string.span.slice(text).endswith(quote) or not string.closed
    pieces = [source_span(string, place, place + 1) for place in range(len(string.value))]
    if pieces:
        assert source_span(string, 0, len(string.value)) == Span(pieces[0].start, pieces[-1].end)
    for character, piece in zip(string.value, pieces, strict=True):
        assert piece.slice(text) == character or piece.slice(text)[0] in "\\\r"
    for before, after in pairwise(pieces):
        assert before.end <= after.start
        assert before.end == after.start or "\\" in text[before.end : after.start]


@pytest.mark.parametrize("sample", SAMPLES)
def test_spans_of_every_prefix_match_the_text(sample: str) -> None:
    for end in range(0, len(sample) + 1, 3):
        check_spans(sample[:end], scan(sample[:end]))


@given(documents() | mutations() | noise)
def test_spans_of_any_text_match_the_text(text: str) -> None:
    scanned = scan(text)
    check_spans(text, scanned)
    to_mapping(scanned)
    for leaf in flatten_inline_tables(scanned.entries):
        find_span(scanned, leaf.path)


def test_scanner_imports_neither_datetime_nor_tomllib() -> None:
    code = """
import sys
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import to_mapping
to_mapping(scan("a = [1, 'x', 1.5, true, no]"))
print(*sorted({'datetime', 'tomllib', 'pathlib', 'dataclasses'} & set(sys.modules)))
"""
    loaded = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_mapping_with_a_prefix_has_only_that_table() -> None:
    text = "a = 1\n[tool.x]\nb = 2\n[tool.y]\nc = 3\n[tool.x.z]\n"
    assert to_mapping(scan(text), ("tool", "x")) == {"tool": {"x": {"b": 2, "z": {}}}}
