"""The scanner held against tomllib, which reads TOML 1.0, raises at the first error and gives no places."""

from __future__ import annotations

import tarfile
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import example, given

from mothball.formats.toml.api import scan, to_mapping
from tests.support.toml_documents import COMPACT, SHOP, documents, mutations, noise, project, uses_toml_1_1

ARCHIVE = Path(__file__).parents[5] / "shared" / "corpus" / "corpus.tar.xz"


def same(ours: object, theirs: object) -> bool:
    """Compare as ``==`` does, but types and the order of keys too, and not-a-number equals itself."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == theirs or ours != ours  # noqa: PLR0124 - not-a-number


def agree(text: str) -> None:
    theirs: dict[str, Any] | None
    try:
        theirs = tomllib.loads(text)
    except ValueError:  # an integer of thousands of digits raises no TOMLDecodeError
        theirs = None
    scanned = scan(text)
    if theirs is not None:
        assert not scanned.errors
        assert same(to_mapping(scanned), theirs)
    else:
        assert scanned.errors or uses_toml_1_1(text, scanned)


@given(documents())
@example('a = """a\\\\\r\n  b"""')
@example("[[a.b]]\nc = 1\n[a]\nd.e = 1\n[a.b.c]\n")
@example("[a.b]\n[a]\nb.c = 1\n[a.b.d]")
@example("a = [\n['b']\n]\n['c']")
def test_documents_in_every_spelling_mean_what_they_mean_to_tomllib(text: str) -> None:
    agree(text)


@given(mutations() | noise)
@example('["tool]\na = 1')
@example("a =x []")
@example("a = 1\xa0")
def test_what_tomllib_rejects_is_an_error_and_what_it_reads_is_none(text: str) -> None:
    agree(text)


@pytest.mark.parametrize("text", [SHOP, COMPACT, *map(project, range(20))])
def test_realistic_projects_mean_what_they_mean_to_tomllib(text: str) -> None:
    tomllib.loads(text)
    for written in (text, text.replace("\n", "\r\n")):
        agree(written)


@pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the corpus of real dependency files does not stand beside the checkout"
)
def test_real_files_mean_what_they_mean_to_tomllib() -> None:
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
    agree(file.read().decode().removeprefix("\ufeff"))
    return 1
