"""Compare the scanner with tomllib, which supports TOML 1.0."""

from __future__ import annotations

import tarfile
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import example, given

from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import to_mapping
from tests.support.toml_documents import COMPACT, SHOP, documents, mutations, noise, project, uses_toml_1_1

ARCHIVE = Path(__file__).parents[5] / "shared" / "corpus" / "corpus.tar.xz"


def is_same(actual: object, expected: object) -> bool:
    """Compare like ``==``, but also types and key order, and treat NaN as equal to itself."""
    if type(actual) is not type(expected):
        return False
    if isinstance(actual, dict) and isinstance(expected, dict):
        return list(actual) == list(expected) and all(is_same(actual[key], expected[key]) for key in actual)
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(is_same, actual, expected))
    return actual == expected or actual != actual  # noqa: PLR0124 - not-a-number


def check_against_tomllib(text: str) -> None:
    expected: dict[str, Any] | None
    try:
        expected = tomllib.loads(text)
    except ValueError:  # an integer of thousands of digits raises no TOMLDecodeError
        expected = None
    scanned = scan(text)
    if expected is not None:
        assert not scanned.errors
        assert is_same(to_mapping(scanned), expected)
    else:
        assert scanned.errors or uses_toml_1_1(text, scanned)


@given(documents())
@example('a = """a\\\\\r\n  b"""')
@example("a = '''\n\\b'''")
@example("a = '''(\r\n\\.git\r\n)'''")
@example("[[a.b]]\nc = 1\n[a]\nd.e = 1\n[a.b.c]\n")
@example("[a.b]\n[a]\nb.c = 1\n[a.b.d]")
@example("a = [\n['b']\n]\n['c']")
@example('a = [\n["b"]]\n[c]')
def test_valid_documents_match_tomllib(text: str) -> None:
    check_against_tomllib(text)


@given(mutations() | noise)
@example('["tool]\na = 1')
@example("a =x []")
@example("a = 1\xa0")
def test_errors_match_tomllib(text: str) -> None:
    check_against_tomllib(text)


@pytest.mark.parametrize("text", [SHOP, COMPACT, *map(project, range(20))])
def test_realistic_projects_match_tomllib(text: str) -> None:
    tomllib.loads(text)
    for written in (text, text.replace("\n", "\r\n")):
        check_against_tomllib(written)


@pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the corpus of real dependency files does not stand beside the checkout"
)
def test_real_files_match_tomllib() -> None:
    read = 0
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            is_toml = path.suffix == ".toml" or path.name in {"uv.lock", "poetry.lock", "Pipfile"}
            if member.isfile() and "files" in path.parts and is_toml:
                read += check_member(archive, member)
    assert read > 200


def check_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> int:
    file = archive.extractfile(member)
    assert file is not None
    check_against_tomllib(file.read().decode().removeprefix("\ufeff"))
    return 1
