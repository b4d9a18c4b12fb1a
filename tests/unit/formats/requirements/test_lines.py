from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pip._internal.req.req_file import _decode_req_file

from mothball.formats.requirements.lines import Comment, logical_lines
from mothball.formats.table import decode_source
from mothball.model.document import Span


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("naïve".encode(), "naïve"),
        (codecs.BOM_UTF8 + b"a\r\n", "a\r\n"),
        (codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le"), "a\nb"),
        (codecs.BOM_UTF16_BE + "a\nb".encode("utf-16-be"), "a\nb"),
        (codecs.BOM_UTF32_LE + "a\nb".encode("utf-32-le"), "a\nb"),
        (codecs.BOM_UTF32_BE + "a\nb".encode("utf-32-be"), "a\nb"),
        ("# -*- coding: latin-1 -*-\n# é".encode("latin-1"), "# -*- coding: latin-1 -*-\n# é"),
        ("a\n# vim: set fileencoding=cp1252 :\n# é".encode("cp1252"), "a\n# vim: set fileencoding=cp1252 :\n# é"),
        ("a\nb\n# coding: latin-1\n# é".encode(), "a\nb\n# coding: latin-1\n# é"),
        (" # coding: latin-1\n# é".encode(), " # coding: latin-1\n# é"),
        (codecs.BOM_UTF8 + "# coding: latin-1 é".encode(), "# coding: latin-1 é"),
    ],
)
def test_content_is_decoded_like_pip(data: bytes, text: str) -> None:
    assert decode_source(data) == text
    assert decode_source(data) == _decode_req_file(data, "requirements.txt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_byte_order_mark_is_removed(encoding: str) -> None:
    assert decode_source("\ufeff\ufeffa".encode(encoding)) == "a"
    assert decode_source(codecs.BOM_UTF8 + b"# coding: latin-1\na") == "# coding: latin-1\na"


@pytest.mark.parametrize("data", [b"\xff", codecs.BOM_UTF16_LE + b"a", b"# coding: ascii\n\xe9"])
def test_undecodable_content_raises(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        decode_source(data)


@pytest.mark.parametrize(
    "name", ["no-such-codec", "rot13", "hex", "punycode", "idna", "unicode_escape", "undefined", "x" * 300]
)
def test_unsupported_encoding_raises(name: str) -> None:
    with pytest.raises(LookupError):
        decode_source(f"# coding: {name}\n".encode())


@given(st.binary(max_size=60))
def test_any_content_is_decoded_or_raises_documented_errors(data: bytes) -> None:
    try:
        assert not decode_source(b"# coding: utf-8\n" + data).startswith("\ufeff")
        decode_source(data)
    except (UnicodeDecodeError, LookupError):
        pass


def test_logical_line_is_mapped_to_the_file() -> None:
    text = "# one\n  ab \\\r\n\\\\cd\\\\\n  ef  # two\ngh # three"
    comments: list[Comment] = []
    first, second = logical_lines(text, comments, [])
    assert (first.text, second.text) == ("ab cd  ef", "gh")
    assert first.span(0, 2).slice(text) == "ab"
    assert first.span(3, 5).slice(text) == "cd"
    assert first.span(7, 9).slice(text) == "ef"
    assert first.span(0, 5).slice(text) == "ab \\\r\n\\\\cd"
    assert first.span(3, 3) == Span(text.index("cd"), text.index("cd"))
    assert second.span(0, 2).slice(text) == "gh"
    assert [comment.span.slice(text) for comment in comments] == ["# one", "# two", "# three"]


@pytest.mark.parametrize(
    ("text", "logical", "comments"),
    [
        ("", [], []),
        ("\\", [], []),
        ("\\\n\\\n", [], []),
        ("a\\", ["a"], []),
        ("a \\\n# c\nb", ["a", "b"], ["# c"]),
        ("a \\\n  # c \\\nb", ["a", "b"], ["# c \\"]),
        ("a # c\\\nb\nd", ["a", "d"], ["# c"]),
        ("   \\\n  a", ["a"], []),
        ("a#b", ["a#b"], []),
        ("a\t#b", ["a"], ["#b"]),
        (" # c\\\n", [], ["# c\\"]),
    ],
)
def test_continuations_and_comments_follow_pip(text: str, logical: list[str], comments: list[str]) -> None:
    actual_comments: list[Comment] = []
    assert [line.text for line in logical_lines(text, actual_comments, [])] == logical
    assert [comment.span.slice(text) for comment in actual_comments] == comments


@given(st.text(st.sampled_from(list("ab \\\n\r\t#<=")), max_size=60))
def test_every_character_of_a_logical_line_is_in_the_file(text: str) -> None:
    for line in logical_lines(text, [], []):
        assert line.text == line.text.strip()
        assert "".join(text[line.source(offset)] for offset in range(len(line.text))) == line.text
