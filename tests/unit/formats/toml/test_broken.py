"""Error recovery in invalid and incomplete TOML."""

from __future__ import annotations

import pytest

from mothball.formats import table
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.tokens import MAX_ERRORS
from mothball.formats.toml.values import Array, Invalid, String, Value, source_span, to_mapping
from mothball.model.document import SkipReason


def plain(value: Value) -> object:
    if isinstance(value, Array):
        return [plain(item) for item in value.items if not isinstance(item, Invalid)]
    return value.value if isinstance(value, String) else None


def read(text: str) -> list[tuple[str, object]]:
    """Return dotted paths and values of invalid TOML: arrays as lists, everything but strings as None."""
    scanned = scan(text)
    assert scanned.errors
    return [(".".join(map(str, entry.path)), plain(entry.value)) for entry in scanned.entries]


def error_of(text: str) -> tuple[str, str]:
    """Return the message of the first error and the text of its span."""
    error = scan(text).errors[0]
    return error.message, error.span.slice(text)


def test_unclosed_string_ends_with_its_line() -> None:
    text = 'a = ["flask", "req\n]\nb = "x\nc = \'y\r\nd = 1'
    scanned = scan(text)
    assert read(text) == [("a", ["flask", "req"]), ("b", "x"), ("c", "y"), ("d", None)]
    array = scanned.entries[0].value
    assert isinstance(array, Array)
    half = array.items[1]
    assert isinstance(half, String)
    assert not half.closed
    assert half.inner.slice(text) == "req"
    assert {error.message for error in scanned.errors} == {"unclosed string"}


@pytest.mark.parametrize("half", ['"', '"""', "'", "'''", '"\\', '"a\\'])
def test_unclosed_string_at_the_end_is_kept(half: str) -> None:
    (entry,) = scan(f"a = {half}").entries
    assert isinstance(entry.value, String)
    assert not entry.value.closed


def test_unclosed_multi_line_string_ends_before_the_next_statement() -> None:
    text = 'a = """\nSome words, [and] more.\n\nb = "x"\n'
    assert read(text) == [("a", "Some words, [and] more."), ("b", "x")]
    assert read("a = '''words\n  [t.u]\nb = 'x'") == [("a", "words"), ("t.u.b", "x")]
    assert read('a = """words\nmore') == [("a", "words\nmore")]


def test_unclosed_multi_line_string_in_an_array_ends_with_its_line() -> None:
    assert read('a = [\n"""x,\n"y",\n]\nb = "z"') == [("a", ["x,", "y"]), ("b", "z")]


@pytest.mark.parametrize(
    "following",
    ["b = 'x'", "b.c = 'x'", "\"b\" = 'x'", "  b='x'", "[t]\nb = 'x'", "[[t]]\nb = 'x'", "['t'.u] # why\nb = 'x'"],
)
def test_unclosed_array_ends_before_the_next_statement_or_header(following: str) -> None:
    for start in (
        'a = ["one",\n "two"',
        'a = ["one",\n "two",\n',
        'a = ["one", "two",\n# why\n',
        'a = ["one", ["two",\n',
    ):
        text = f"{start}\n{following}\n"
        entries = scan(text).entries
        assert "one" in str(plain(entries[0].value))
        assert "two" in str(plain(entries[0].value))
        assert plain(entries[-1].value) == "x"
        assert len(entries) == 2
        assert error_of(text) == ("unclosed array", "[")


def test_quoted_header_after_an_unclosed_array_is_a_header() -> None:
    assert read('a = [\n"x",\n["t"]\nb = "y"') == [("a", ["x"]), ("t.b", "y")]
    assert read('a = [\n"x",\n[1.5]\n\n# why\nb = "y"') == [("a", ["x"]), ("1.5.b", "y")]


def test_double_equals_in_an_array_is_not_a_statement() -> None:
    assert read('a = [\nflask == 2.x,\n"x" == 2.x,\n"y",\n]') == [("a", ["x", "y"])]


def test_item_with_a_missing_quote_keeps_the_others() -> None:
    assert read('a = ["one", two", "three"]') == [("a", ["one", "two", "three"])]
    assert read('a = ["one, "two", "three"]') == [("a", ["one, ", "two", "three"])]
    assert read('a = [\n  "one",\n  two>=1",\n  "three",\n]') == [("a", ["one", "two>=1", "three"])]


def test_string_without_its_opening_quote_is_not_closed() -> None:
    text = "a = two'"
    (entry,) = scan(text).entries
    assert isinstance(entry.value, String)
    assert not entry.value.closed
    assert entry.value.inner.slice(text) == "two"
    assert source_span(entry.value, 0, 3).slice(text) == "two"


def test_missing_comma_is_reported_and_skipped() -> None:
    text = 'a = ["one" "two"\n"three"]'
    assert read(text) == [("a", ["one", "two", "three"])]
    assert error_of(text) == ("missing comma before this item", '"two"')
    assert error_of('a = [,"x"]') == ("no value before this comma", ",")
    assert error_of('a = ["x",,]') == ("no value before this comma", ",")


def test_array_without_its_opening_bracket_is_an_array() -> None:
    assert read('a = "one", "two"]\nb = "x"') == [("a", ["one", "two"]), ("b", "x")]
    assert read('a = "one"]\nb = "x"') == [("a", ["one"]), ("b", "x")]
    assert read('a = "one"\n]\nb = "x"') == [("a", ["one"]), ("b", "x")]
    assert read('a = { b = 1 }, "one"]\nb = "x"') == [("a", [None, "one"]), ("b", "x")]
    assert read('a =\n  "one",\n  "two",\n]\nb = "x"') == [("a", None), ("a", ["one", "two"]), ("b", "x")]


def test_comma_after_a_value_is_not_an_array() -> None:
    assert read('a = "one",\nb = "x",\n[t]') == [("a", "one"), ("b", "x")]


def test_items_after_an_array_belong_to_its_key() -> None:
    assert read('a = ["one"], "two"]\nb = "x"') == [("a", ["one"]), ("a", ["two"]), ("b", "x")]
    assert read('a = ["one",]\n"two",\n]\nb = "x"') == [("a", ["one"]), ("a", ["two"]), ("b", "x")]
    assert read('a = ["one"],\nb = "x"') == [("a", ["one"]), ("b", "x")]


def test_items_after_an_incomplete_statement_belong_to_the_array() -> None:
    for half in ("name =", 'x = { y = "z"', "x ="):
        entries = read(f'a = [\n"one",\n{half}\n"two",\n]\nb = "x"')
        assert entries[0] == ("a", ["one"])
        assert entries[2:] == [("a", ["two"]), ("b", "x")]


def test_items_after_a_header_are_ignored() -> None:
    assert read('a = ["one"]\n[t]\n"two",\nb = "x"') == [("a", ["one"]), ("t.b", "x")]


def test_unclosed_inline_table_ends_before_unrelated_text() -> None:
    assert [path for path, _ in read('a = { b = "x"\nc = "y"\n[t]\nd = "z"')] == ["a", "c", "t.d"]
    assert [path for path, _ in read('a = { b = "x",\n[t]\nd = "z"')] == ["a", "t.d"]
    assert read('a = [\n{ b = "x",\n"y",\n]\nc = "z"') == [("a", [None, "y"]), ("c", "z")]
    assert read('a = [{ b = "x" "y"]\nc = "z"') == [("a", [None, "y"]), ("c", "z")]
    assert read('a = [{ b = ["x" }, "y"]\nc = "z"') == [("a", [None, "y"]), ("c", "z")]
    assert error_of("a = {,}")[0] == "unclosed inline table"


def test_unclosed_array_in_an_inline_table_ends_before_the_next_key() -> None:
    text = 'a = { b = ["x", c = ["y"], d = "z"], e = [1] }\nf = "g"'
    assert to_mapping(scan(text)) == {"a": {"b": ["x"], "c": ["y"], "d": ["z"], "e": [1]}, "f": "g"}
    assert read('a = { b = ["x"\nc = "y"') == [("a", None), ("c", "y")]
    assert read('a = [{ b = "x"], "y"]\nc = "z"')[-1] == ("c", "z")
    assert to_mapping(scan("a = { b = 1] }")) == {"a": {"b": 1}}


def test_unexpected_brackets_are_skipped() -> None:
    assert read('a = ["x", } "y"]\n]\n} b = "z"') == [("a", ["x", "y"]), ("b", "z")]
    assert read('a = ["x", ["y"]\nb = "z"')[-1] == ("b", "z")


def test_merge_conflict_markers_are_skipped() -> None:
    text = (
        'a = [\n"x",\n<<<<<<< HEAD\n"y",\n||||||| base\n=======\n"z",\n>>>>>>> "theirs" [1]\n]\n'
        '<<<<<<< HEAD\nb = "1"\n=======\nb = "2"\n>>>>>>> other\nc = "3"\n'
    )
    assert read(text) == [("a", ["x", "y", "z"]), ("b", "1"), ("b", "2"), ("c", "3")]
    assert [error.span.slice(text) for error in scan(text).errors if "merge" in error.message] == [
        "<<<<<<<",
        "<<<<<<<",
    ]


def test_both_sides_of_a_conflict_that_splits_an_array_are_kept() -> None:
    text = '<<<<<<< a\na = ["x",\n=======\na = ["y",\n>>>>>>> b\n"z"]\n'
    assert read(text) == [("a", ["x"]), ("a", ["y", "z"])]


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("[t", "t"),
        ("[t.u", "t.u"),
        ("t]", "t"),
        ("[[t]", "t"),
        ("[t]]", "t"),
        ("[t] x", "t"),
        ('["t]', "t"),
        ('[t"]', "t"),
    ],
)
def test_header_with_a_missing_bracket_is_a_header(header: str, path: str) -> None:
    assert read(f'a = "x"\n{header}\nb = "y"') == [("a", "x"), (f"{path}.b", "y")]


@pytest.mark.parametrize("half", ["[", "[[", "[]", "[t.", "[[t.u .", '["x", "y"]', "[=]", "[ # why"])
def test_header_with_an_incomplete_name_opens_no_table(half: str) -> None:
    assert read(f'[a]\n{half}\nb = "y"') == [("a.b", "y")]


@pytest.mark.parametrize("half", ["[t.", "[tool", "[[tool.x"])
def test_incomplete_header_in_an_array_keeps_all_items(half: str) -> None:
    assert read(f'a = [\n"x",\n{half}\n"y",\n]\nb = "z"') == [("a", ["x", "y"]), ("b", "z")]


@pytest.mark.parametrize("rest", ["b = 'y'", " b = 'y'", "x y\nb = 'y'", "= 2\nb = 'y'", "[t]\nb = 'y'"])
def test_text_after_a_value_is_reported_and_read_if_possible(rest: str) -> None:
    text = f"a = ['x']{rest}"
    assert scan(text).errors
    assert [plain(entry.value) for entry in scan(text).entries] == [["x"], "y"]


def test_second_header_or_statement_on_the_line_of_a_header_is_read() -> None:
    assert read("[t]a = 'x'\n[u] [v]\na = 'y'") == [("t.a", "x"), ("v.a", "y")]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a 'x'", "x"),
        ("a ['x']", ["x"]),
        ("a: 'x'", "x"),
        ("a b = 'x'", "x"),
        ("a := 'x'", "x"),
        ("a =x ['y']", ["y"]),
        ("a. = 'x'", "x"),
    ],
)
def test_key_with_an_invalid_separator_keeps_its_value(line: str, value: object) -> None:
    entries = read(f"{line}\nb = 'z'")
    assert entries == [("a", value), ("b", "z")]


@pytest.mark.parametrize("line", ["a", "a.b", "a b c", "= 1", "== 2", "🦉", '"""', "a ! b", ".", "\ufeffa = 1", "\x00"])
def test_only_the_invalid_line_is_skipped(line: str) -> None:
    assert read(f"x = 'x'\n{line}\ny = 'y'") == [("x", "x"), ("y", "y")]


@pytest.mark.parametrize("value", ["", "  ", " # why"])
def test_missing_value_keeps_its_key(value: str) -> None:
    scanned = scan(f"a ={value}\nb = 1")
    assert isinstance(scanned.entries[0].value, Invalid)
    assert scanned.entries[0].value.span.start == scanned.entries[0].value.span.end
    assert to_mapping(scanned) == {"b": 1}
    assert [error.message for error in scanned.errors] == ["missing value"]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a = 1\na = 2", "`a` is already defined", "a"),
        ("[t]\n[t]", "`t` is already defined", "t"),
        ("[t]\n[[t]]", "`t` is already defined", "t"),
        ("[[t]]\n[t]", "`t` is already defined", "t"),
        ("a.b = 1\n[a]", "`a` is already defined", "a"),
        ("[a.b]\n[a]\nb = 1", "`b` is already defined", "b"),
        ("[a.b]\n[a]\nb.c = 1", "`b` is defined elsewhere and cannot be extended here", "b.c"),
        ("a = {}\n[a.b]", "`a` is a value, not a table", "a.b"),
        ("a = {}\na.b = 1", "`a` is defined elsewhere and cannot be extended here", "a.b"),
        ("a = []\n[[a]]", "`a` is already defined", "a"),
        ("a = [{}]\n[[a.b.c]]", "`a` is a value, not a table", "a.b.c"),
        ("x = {a = 1, a = 2}", "`a` is already defined", "a"),
        ("x = {a.b = 1, a = 2}", "`a` is already defined", "a"),
        ("[[a]]\nb.c = 1\n[a.b]", "`b` is already defined", "a.b"),
    ],
)
def test_duplicate_definition_is_reported_at_its_second_place(text: str, message: str, place: str) -> None:
    error = scan(text).errors[0]
    assert error.message == message
    assert error.span.slice(text) == place
    assert error.span.end > text.rindex("\n") if "\n" in text else error.span.end > len(text) // 2


@pytest.mark.parametrize(
    "text",
    [
        "[a.b.c]\n[a]\nd = 1",
        "[a.b]\n[a]\n[a.c]",
        "a.b = 1\na.c = 2",
        "[a]\nb.c = 1\n[a.d]",
        "[a]\nb.c = 1\n[a.b.d]",
        "[[a]]\n[a.b]\n[[a]]\n[a.b]",
        "[a.b]\n[a]\nc.d = 1",
    ],
)
def test_valid_extensions_of_tables_are_accepted(text: str) -> None:
    assert not scan(text).errors


@pytest.mark.parametrize("escape", ["\\q", "\\ ", "\\u12", "\\ud800", "\\U00110000", "\\x4", "\\\\\\"])
def test_invalid_escape_is_reported_and_kept(escape: str) -> None:
    text = f'a = "x{escape}y"'
    scanned = scan(text)
    (entry,) = scanned.entries
    assert "invalid escape" in scanned.errors[0].message
    assert isinstance(entry.value, String)
    assert entry.value.value == "x" + escape.replace("\\\\", "\\") + "y"


@pytest.mark.parametrize(
    "text", ['a = "\x00"', "# \x1f", "a = '''\r'''", "a = 1\rb = 2", "a\x0b = 1", '"\x7f" = 1', "\x0c"]
)
def test_control_characters_are_errors(text: str) -> None:
    assert any(error.message == "control character" for error in scan(text).errors)


def test_single_carriage_return_ends_a_line() -> None:
    assert read("a = 'x'\r[t]\rb = 'y' # why\rc = 'z'") == [("a", "x"), ("t.b", "y"), ("t.c", "z")]


def test_byte_order_mark_is_reported_and_skipped() -> None:
    assert read("\ufeff[t]\na = 'x'") == [("t.a", "x")]
    assert error_of("\ufeff[t]") == ("byte-order mark", "\ufeff")


def test_errors_are_sorted_and_limited() -> None:
    scanned = scan("a = 1\x00\n?\n" * 500)
    assert len(scanned.errors) == MAX_ERRORS
    assert list(scanned.errors) == sorted(scanned.errors)
    assert all(error.help for error in scanned.errors)


def test_mapping_has_the_first_of_duplicate_values() -> None:
    text = "[t]\na = 1\na = 2\nb = {x = 1}\n[t]\na = 3\n[t.b.c]\n[t.a.d]\ne = 1\n[[t.b]]\nf = 1\n[[t]]\ng = 1"
    assert to_mapping(scan(text)) == {"t": {"a": 1, "b": {"x": 1, "c": {}, "f": 1}, "g": 1}}


def test_mapping_of_conflicting_tables() -> None:
    assert to_mapping(scan("[t]\n[t]\na = []\nb = [1]\n[[t.a]]\nx = 1\n[[t.b]]\nx = 1\n[[t.b]]\nx = 2")) == {
        "t": {"a": [{"x": 1}], "b": [1, {"x": 2}]}
    }


@pytest.mark.parametrize("nesting", ["[", "{a=", "[{a=", "a.", "{a.b="])
def test_nesting_is_limited(nesting: str) -> None:
    text = f"a = {nesting * 150}1" if nesting != "a." else f"{nesting * 150}a = 1"
    scanned = scan(text + "\nb = 'x'")
    assert any("too deeply" in error.message for error in scanned.errors)
    assert to_mapping(scanned)["b"] == "x"


def test_nesting_within_the_limit_is_read() -> None:
    assert not scan("a = " + "[" * 99 + "]" * 99).errors
    assert not scan("[" + ".".join("a" * 99) + "]\nb = 1").errors
    assert scan("[" + ".".join("a" * 101) + "]\nb = 1").errors


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipfile", '[packages]\nc1 = {version = \n"d1\n'),
        ("pyproject", '[tool.poetry.dependencies]\nc1 = {version = \n"d1\n'),
    ],
)
def test_truncated_entry_is_one_dependency(name: str, text: str) -> None:
    assert [(dependency.name, dependency.skip_reason) for dependency in table.parse(name, text).dependencies] == [
        ("c1", SkipReason.INCOMPLETE)
    ]


@pytest.mark.parametrize("text", ["?\n" * 300, "".join(f"a{number} = 1\n" for number in range(100_002))])
def test_nothing_is_read_from_a_document_with_too_many_errors_or_statements(text: str) -> None:
    scanned = scan(f'[tool.uv]\nindex-url = "https://index.example/simple/"\n{text}')
    assert scanned.is_truncated
    assert scanned.errors
    assert (scanned.entries, scanned.headers) == ((), ())
