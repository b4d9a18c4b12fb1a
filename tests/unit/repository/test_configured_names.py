"""The guess whether a configuration may make a file of any name a dependency file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.repository.paths import may_be_configured
from tests.support.trees import write_tree


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mothball.toml", '[files]\n"deps/*" = "requirements"\n'),
        ("mothball.toml", 'files = { "deps/*" = "requirements" }\n'),
        ("pyproject.toml", '[tool.mothball.files]\n"deps/*" = "requirements"\n'),
        ("pyproject.toml", '[ tool . mothball . files ]\n"deps/*" = "requirements"\n'),
        ("pyproject.toml", '[tool]\nmothball.files."deps/*" = "requirements"\n'),
        ("pyproject.toml", '[tool.mothball]\nfiles."deps/*" = "requirements"\n'),
        ("pyproject.toml", '[tool.mothball]\n"files" = {}\n'),
    ],
)
def test_files_may_be_configured_above_a_path(tmp_path: Path, name: str, text: str) -> None:
    write_tree(tmp_path, {f"a/{name}": text})
    assert may_be_configured(["a/b/deps.list", "c"], str(tmp_path))
    assert may_be_configured(["a/deps.list"], str(tmp_path))
    assert not may_be_configured(["deps.list", "b/deps.list"], str(tmp_path))


def test_without_the_key_nothing_is_configured(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": '[tool.mothball]\nexclude = ["x"]\n', "mothball.toml": "offline = true\n"})
    assert not may_be_configured(["a/b"], str(tmp_path))
    assert not may_be_configured([], str(tmp_path))
