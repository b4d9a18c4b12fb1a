"""Compare all readers of real lock files with one another, with tomllib and with packaging.

The corpus is beside the checkout and not part of the project; without it these tests are skipped.
"""

from __future__ import annotations

import tarfile
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from mothball.formats.locks.fast_reader import read_lines
from mothball.formats.locks.stanzas import Layout, read_toml
from mothball.formats.locks.toml_locks import PDM_LOCK, POETRY_LOCK, PYLOCK, UV_LOCK
from mothball.formats.table import parse
from mothball.model.document import normalize_name
from tests.support.spans import check_places

ARCHIVE = Path(__file__).parents[3] / "shared" / "corpus" / "corpus.tar.xz"
LAYOUTS = {"uv.lock": UV_LOCK, "poetry.lock": POETRY_LOCK, "pdm.lock": PDM_LOCK}

pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the corpus of real dependency files does not stand beside the checkout"
)


def layout_of(path: PurePosixPath) -> Layout | None:
    if path.suffix == ".toml" and path.name.startswith("pylock."):
        return PYLOCK
    return LAYOUTS.get(path.name)


@pytest.fixture(scope="module")
def locks() -> dict[str, tuple[Layout, str]]:
    found = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            layout = layout_of(path)
            file = archive.extractfile(member) if layout and "files" in path.parts else None
            if layout and file:
                found[member.name] = (layout, file.read().decode())
    return found


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_both_readers_see_the_same(locks: dict[str, tuple[Layout, str]], line_end: str) -> None:
    by_lines = 0
    for name, (layout, written) in locks.items():
        text = written.replace("\n", line_end)
        read = read_lines(text, layout)
        by_lines += read is not None
        assert read in (None, read_toml(text, layout)), name
    assert len(locks) >= 60
    assert by_lines >= 0.8 * len(locks)


def test_every_package_that_tomllib_loads_is_there(locks: dict[str, tuple[Layout, str]]) -> None:
    for name, (layout, text) in locks.items():
        document = parse(layout.format, text)
        check_places(text, document)
        try:
            loaded = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            assert document.problems
            continue
        tables = loaded.get(layout.array, [])
        named = [table for table in tables if isinstance(table.get("name"), str)]
        assert [(one.name, one.version) for one in document.dependencies] == [
            (normalize_name(table["name"]), table.get("version")) for table in named
        ], name
        is_invalid = name.endswith("pylock.invalid-version.toml") or len(named) < len(tables)
        assert bool(document.problems) == is_invalid, name


def test_pylock_says_what_packaging_reads(locks: dict[str, tuple[Layout, str]]) -> None:
    reader = pytest.importorskip("packaging.pylock", reason="needs packaging 26.0")
    compared = 0
    for name, (layout, text) in locks.items():
        if layout is not PYLOCK:
            continue
        try:
            theirs = reader.Pylock.from_dict(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, reader.PylockValidationError):
            continue
        compared += 1
        document = parse("pylock", text)
        assert not document.problems
        for one, package in zip(document.dependencies, theirs.packages, strict=True):
            assert one.name == package.name, name
            assert one.version == (str(package.version) if package.version else None)
            is_direct = bool(package.vcs or package.directory or package.archive)
            assert one.index_url == (None if is_direct else package.index)
            assert not is_direct or one.skip_reason
    assert compared >= 15
