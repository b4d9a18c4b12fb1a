"""Compare all readers of real lock files with one another, with tomllib and with packaging.

The corpus is beside the checkout and not part of the project; without it these tests are skipped.
"""

from __future__ import annotations

import tarfile
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from mothball.formats.locks import pdm as pdm_lock
from mothball.formats.locks import poetry as poetry_lock
from mothball.formats.locks import pylock
from mothball.formats.locks import uv as uv_lock
from mothball.formats.locks.fast_reader import read_lines
from mothball.formats.locks.toml_reader import read_toml
from mothball.model.document import normalize_name
from tests.support.spans import check_places

ARCHIVE = Path(__file__).parents[3] / "shared" / "corpus" / "corpus.tar.xz"
MODULES = {"uv.lock": uv_lock, "poetry.lock": poetry_lock, "pdm.lock": pdm_lock}

pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the corpus of real dependency files does not stand beside the checkout"
)


def module_of(path: PurePosixPath) -> Any:
    if path.suffix == ".toml" and path.name.startswith("pylock."):
        return pylock
    return MODULES.get(path.name)


@pytest.fixture(scope="module")
def locks() -> dict[str, tuple[Any, str]]:
    found = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            module = module_of(path)
            file = archive.extractfile(member) if module and "files" in path.parts else None
            if file:
                found[member.name] = (module, file.read().decode())
    return found


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_both_readers_see_the_same(locks: dict[str, tuple[Any, str]], line_end: str) -> None:
    by_lines = 0
    for name, (module, written) in locks.items():
        text = written.replace("\n", line_end)
        read = read_lines(text, module._LAYOUT)
        by_lines += read is not None
        assert read in (None, read_toml(text, module._LAYOUT)), name
    assert len(locks) >= 60
    assert by_lines >= 0.8 * len(locks)


def test_every_package_that_tomllib_loads_is_there(locks: dict[str, tuple[Any, str]]) -> None:
    for name, (module, text) in locks.items():
        document = module.parse(text)
        check_places(text, document)
        try:
            loaded = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            assert document.problems
            continue
        tables = loaded.get("packages" if module is pylock else "package", [])
        named = [table for table in tables if isinstance(table.get("name"), str)]
        assert [(one.name, one.version) for one in document.dependencies] == [
            (normalize_name(table["name"]), table.get("version")) for table in named
        ], name
        is_invalid = name.endswith("pylock.invalid-version.toml") or len(named) < len(tables)
        assert bool(document.problems) == is_invalid, name


def test_pylock_says_what_packaging_reads(locks: dict[str, tuple[Any, str]]) -> None:
    reader = pytest.importorskip("packaging.pylock", reason="needs packaging 26.0")
    compared = 0
    for name, (module, text) in locks.items():
        if module is not pylock:
            continue
        try:
            theirs = reader.Pylock.from_dict(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, reader.PylockValidationError):
            continue
        compared += 1
        document = pylock.parse(text)
        assert not document.problems
        for one, package in zip(document.dependencies, theirs.packages, strict=True):
            assert one.name == package.name, name
            assert one.version == (str(package.version) if package.version else None)
            is_direct = bool(package.vcs or package.directory or package.archive)
            assert one.index_url == (None if is_direct else package.index)
            assert not is_direct or one.skip_reason
    assert compared >= 15
