"""Positions in all encodings, paths and URIs."""

from __future__ import annotations

import ntpath
import os
import re
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lsprotocol import types

from mothball.lsp.convert import Positions, path_of, rule_uri, uri_of
from mothball.model.results import Rule
from tests.support.timing import least_seconds

ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])
TEXTS = st.text(st.sampled_from("ab\r\n\f\u2028\u0085é漢😀\ud800\t"), max_size=40)
CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
SIZES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


def expected(text: str, offset: int, encoding: str) -> tuple[int, int]:
    """Return line and column by the definition in the specification."""
    ends = [end.end() for end in re.finditer("\r\n|\r|\n", text) if end.end() <= offset]
    start = ends[-1] if ends else 0
    units = len(text[start:offset].encode(CODECS[encoding], "surrogatepass")) // SIZES[encoding]
    return len(ends), units


@given(TEXTS, ENCODINGS)
@example("a\r\n😀b", "utf-16")
def test_offset_and_position_round_trip(text: str, encoding: str) -> None:
    positions = Positions(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n":
            continue  # within a line ending nothing begins or ends
        position = positions.position(offset)
        assert (position.line, position.character) == expected(text, offset, encoding)
        assert positions.offset(position) == offset


@given(TEXTS, ENCODINGS, st.integers(0, 50), st.integers(0, 50))
def test_every_position_maps_into_its_line(text: str, encoding: str, line: int, character: int) -> None:
    offset = Positions(text, encoding).offset(types.Position(line, character))
    assert 0 <= offset <= len(text)
    assert Positions(text, encoding).position(offset).line == min(line, len(re.findall("\r\n|\r|\n", text)))


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_columns_after_emoji_use_the_negotiated_encoding(encoding: str, units: int) -> None:
    assert Positions("😀x", encoding).position(1) == types.Position(0, units)
    assert Positions("😀x", encoding).offset(types.Position(0, units)) == 1


@pytest.mark.alone
def test_positions_take_linear_time() -> None:
    def walk(length: int) -> None:
        positions = Positions("é" * length, "utf-16")
        for offset in range(0, length, 10):
            positions.position(offset)

    assert least_seconds(lambda: walk(40_000)) < 12 * least_seconds(lambda: walk(10_000))


@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
@pytest.mark.parametrize("path", ["/a/b.txt", "/a b/ü;x?y#z%20.txt", "/漢/😀.toml", "/a/\udcff.txt"])
def test_path_and_uri_round_trip(path: str) -> None:
    assert path_of(uri_of(path)) == path
    assert uri_of(path).isascii()


@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
def test_uris_without_local_file() -> None:
    for uri in ("untitled:x", "http://x/y", "file://server/share", "file:///a%00b", "file://", "http://[", ""):
        assert path_of(uri) is None
    assert path_of("file://localhost/a/../b") == "/b"


def test_every_rule_has_a_page() -> None:
    for rule in Rule:
        path = path_of(rule_uri(rule))
        assert path is not None
        assert os.path.isfile(path)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("file:///C%3A/work/a%20b.txt", "C:\\work\\a b.txt"),
        ("file://server/share/x.txt", "\\\\server\\share\\x.txt"),
    ],
)
def test_uris_of_windows_paths(monkeypatch: pytest.MonkeyPatch, address: str, path: str) -> None:
    monkeypatch.setattr("mothball.lsp.convert.os", SimpleNamespace(name="nt", path=ntpath))
    assert path_of(address) == path
    assert uri_of(path) == address


def test_windows_drive_letters_in_uris(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mothball.lsp.convert.os", SimpleNamespace(name="nt", path=ntpath))
    assert path_of("file:///c:/work/x.txt") == "c:\\work\\x.txt"
    assert path_of("file:///no-drive/x.txt") == "\\no-drive\\x.txt"
