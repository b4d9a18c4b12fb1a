"""YAML: nodes, positions, comments and syntax errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.formats.yaml.scan import (
    MAX_DEPTH,
    YamlMapping,
    YamlNode,
    YamlScalar,
    YamlScan,
    YamlSequence,
    list_items,
    read_yaml,
    scan_yaml,
    unvisited,
)
from mothball.model.document import Document, IgnoreComment, ParseProblem, Span
from tests.support.timing import least_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def libyaml(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse with and without libyaml."""
    monkeypatch.setattr(yaml, "__with_libyaml__", request.param and yaml.__with_libyaml__)


both_parsers = pytest.mark.parametrize("libyaml", [True, False], indirect=True, ids=["libyaml", "python"])


def scan(text: str) -> YamlScan:
    found = scan_yaml("conda-env", text)
    assert isinstance(found, YamlScan)
    return found


def error_in(text: str) -> ParseProblem:
    document = scan_yaml("conda-env", text)
    assert isinstance(document, Document)
    assert document.is_broken
    (problem,) = document.problems
    assert document == Document("conda-env", problems=(problem,), is_broken=True)
    return problem


def plain(node: YamlNode) -> Any:
    match node:
        case YamlScalar():
            return node.value
        case YamlSequence():
            return [plain(item) for item in node.items]
        case YamlMapping():
            return {key: plain(value) for key, value in node.pairs}


def scalars(node: YamlNode) -> Iterator[YamlScalar]:
    match node:
        case YamlScalar():
            yield node
        case YamlSequence():
            for item in node.items:
                yield from scalars(item)
        case YamlMapping():
            for _, value in node.pairs:
                yield from scalars(value)


# --- valid files ------------------------------------------------------------------------------------------------------

TEXTS = st.text("ab \n'\"\\:#-é🎉[]{}&*!%@`\t\x85\xa0", max_size=12)
VALUES = st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3))


@both_parsers
@settings(deadline=None, max_examples=200)
@given(
    value=VALUES, styles=st.sampled_from([(flow, quote) for flow in (None, True, False) for quote in (None, "'", '"')])
)
@pytest.mark.usefixtures("libyaml")
def test_pyyaml_output_is_read(value: Any, styles: tuple[bool | None, str | None]) -> None:
    flow, quote = styles
    text = yaml.safe_dump(value, default_flow_style=flow, default_style=quote, allow_unicode=True, width=20)
    found = scan(text)

    assert [plain(document) for document in found.documents] == [yaml.load(text, Loader=yaml.BaseLoader)]
    for scalar in scalars(found.documents[0]):
        content = found.content(scalar)
        if content is not None:
            assert content.text == scalar.value


@both_parsers
@pytest.mark.usefixtures("libyaml")
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("ab", "ab"),
        ("'a''b'", "a'b"),
        ('"a\\x62\\u00e9\\U0001f389\\t\\/\\_c"', "ab\xe9\U0001f389\t/\xa0c"),
        ("ab\n  cd", "ab cd"),
        ("'ab\n\n  cd'", "ab\ncd"),
        ("|\n   ab\n   cd\n", "ab\ncd\n"),
        (">-\n   ab\n   cd\n", "ab cd"),
        ("&anchor ab", "ab"),
        ("!!str ab", "ab"),
        ("''", ""),
        ("é🎉ab # comment", "é🎉ab"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_all_scalar_styles_are_read(written: str, value: str, newline: str) -> None:
    text = f"x:\n- {written}\n".replace("\n", newline)
    found = scan(text)
    (scalar,) = scalars(found.documents[0])

    assert scalar.value == value
    content = found.content(scalar)
    assert content is not None
    assert content.text == value


def test_each_character_of_a_scalar_has_a_position() -> None:
    text = "x: [\"é\\x62\\tc\", 'd''e', f\n  g]\n"
    found = scan(text)
    places = []
    for scalar in scalars(found.documents[0]):
        content = found.content(scalar)
        assert content is not None
        places.append([content.locate(at, at + 1).slice(text) for at in range(len(content.text))])

    assert places == [["é", "\\x62", "\\t", "c"], ["d", "''", "e"], ["f", "\n  ", "g"]]


def test_multiline_string_with_escapes_has_no_positions() -> None:
    found = scan('x: ["a\\x62\n  c"]\n')

    assert [found.content(scalar) for scalar in scalars(found.documents[0])] == [None]
    assert [scalar.span for scalar in scalars(found.documents[0])] == [Span(4, 15)]


def test_alias_is_the_node_of_its_anchor() -> None:
    found = scan("a: &list [b]\nx: *list\ny: [*none, c, *list]\n? [odd]\n: z\n")

    assert plain(found.documents[0]) == {"a": ["b"], "x": ["b"], "y": ["c", ["b"]]}
    assert scan("*none\n").documents == ()


def test_merged_values_apply_to_missing_keys() -> None:
    found = scan(
        "a: &one {x: 1, y: 2}\nb: &two {z: 3}\nc:\n  <<: [*one, *two]\n  y: 4\nd:\n  <<: *one\ne:\n  <<: text\n"
    )
    document = found.documents[0]
    assert isinstance(document, YamlMapping)
    c, d, e = (node for key in "cde" for node in document.values(key) if isinstance(node, YamlMapping))

    assert [c.text(key) for key in "xyz"] == ["1", "4", "3"]
    assert d.text("y") == "2"
    assert e.text("x") == ""
    assert document.text("a") == ""


def test_duplicate_keys_are_kept() -> None:
    document = scan("x: 1\nx: 2\n").documents[0]

    assert isinstance(document, YamlMapping)
    assert [plain(value) for value in document.values("x")] == ["1", "2"]


def test_aliased_node_is_yielded_once() -> None:
    (document,) = scan("x: [&a [b], *a, *a, [b]]\n").documents
    assert isinstance(document, YamlMapping)
    (node,) = document.values("x")

    assert [plain(item) for item in unvisited(list_items(node), set())] == [["b"], ["b"]]
    assert list_items(YamlScalar("a", Span(0, 1))) == ()


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("x:\n- a # mothball: ignore[archived] b\n", ["b"]),
        ("# mothball: ignore[archived] b", ["b"]),
        ("x: 'a # mothball: ignore[archived] b'\n", []),
        ("x: 'a # b'  # c # mothball: ignore[archived] d\n", ["d"]),
        ("x: |\n  a # mothball: ignore[archived] b\ny: c # mothball: ignore[archived] d\n", ["d"]),
        ("mothball: x\r\n# mothball: ignore[archived] b\r\n# mothball: ignore[missing] c\r\n", ["b", "c"]),
        ("- a#\n- b#b #b # mothball: ignore[archived] b", ["b"]),
    ],
)
def test_comments_are_found(text: str, comments: list[str]) -> None:
    ignores = list(scan(text).comments())

    assert [comment.reason for comment in ignores if isinstance(comment, IgnoreComment)] == comments
    assert all(comment.span.slice(text).startswith("# mothball") for comment in ignores)
    assert len(ignores) == len(comments)


def test_invalid_ignore_comment_is_reported() -> None:
    (problem,) = scan("x: a # mothball: hush\n").comments()

    assert isinstance(problem, ParseProblem)
    assert problem.message == "unknown directive `mothball: hush`"


# --- invalid files ----------------------------------------------------------------------------------------------------


@both_parsers
@pytest.mark.usefixtures("libyaml")
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('x:\n- a\n- "b\n- c\n', '"b'),
        ("x: ['a, b]\ny: 'z'\n", "['a, b]"),
        ("x: [a, b  # c\ny:\n- z\n", "[a, b  # c"),
        ("y: {a: b\nx: [c]\n", "{a: b"),
        ("x:\n- a\n\t- b\n- c\n", "- b"),
        ("x:\n- @b\n- c\n", "@b"),
        ("x:\n- b: c: d\n- e\n", ": d"),
        ("y: ]\nx:\n- a\n", "]"),
        ("x:\n- a\x07b\n- c\x00\n", "\x07b"),
        ("x: \ufeff\n- d\ud800\n", "\ufeff"),
    ],
)
def test_syntax_error_is_one_problem_at_its_position(text: str, place: str) -> None:
    problem = error_in(text)

    assert problem.message.startswith("invalid YAML: ")
    assert problem.span.slice(text).lstrip("\t") == place


@pytest.mark.parametrize("items", ["- a\n{}- c\n", "[a,\n{}c]\n"])
def test_merge_conflict_is_named(items: str) -> None:
    text = "x:\n" + items.format("<<<<<<< HEAD\n- a\n=======\n- b\n>>>>>>> theirs\n")
    problem = error_in(text)

    assert (problem.span.slice(text), problem.message) == ("<<<<<<< HEAD", "unresolved merge conflict")
    assert error_in("x: a\n>>>>>>> theirs\n").message == "unresolved merge conflict"


@both_parsers
@pytest.mark.usefixtures("libyaml")
@pytest.mark.parametrize("piece", ["[", "{", "- ", "? ", "{a: ", "- - "])
def test_nesting_is_capped(piece: str) -> None:
    reading = read_yaml("x: [a]\ny:\n  " + piece * 200)

    assert reading.error is not None
    assert reading.error.message == f"nested too deeply: at most {MAX_DEPTH} levels are read"


@both_parsers
@pytest.mark.usefixtures("libyaml")
@settings(deadline=None, max_examples=80)
@given(
    pieces=st.lists(
        st.sampled_from(
            [*"[]{}:,#'\"|>&*!%@`?\t \n\r-", "x", "- a\n", "x:\n", "\n  ", "é", "\u2028", "\x85", "<<: ", "\x00"]
        ),
        max_size=14,
    )
)
def test_any_text_is_read_with_valid_spans(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = scan_yaml("conda-env", text)
    if isinstance(found, Document):
        (problem,) = found.problems
        assert 0 <= problem.span.start <= problem.span.end <= len(text)
        assert problem.help
        return
    for document in found.documents:
        for scalar in scalars(document):
            content = found.content(scalar)
            if content is not None:
                assert content.text == scalar.value
                place = content.locate(0, len(content.text))
                assert 0 <= place.start <= place.end <= len(text)


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece",
    ["[", '"', "'", "\\", "a,", "- a\n", "*a ", "#", "#mothball ", "x: ", "\t", "<<<<<<<\n", "- 'a''b'\n", "\x00"],
)
def test_parsing_takes_linear_time(piece: str) -> None:
    def cost(size: int) -> float:
        text = "x: [" + piece * (size // len(piece))
        return least_seconds(lambda: read_all(text), 2)

    assert cost(560_000) < 30 * max(cost(70_000), 0.001)


def read_all(text: str) -> None:
    found = scan_yaml("conda-env", text)
    if isinstance(found, Document):
        return
    list(found.comments())
    for node in found.documents:
        for scalar in scalars(node):
            found.content(scalar)
