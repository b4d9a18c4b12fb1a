"""Suggestions for paths that do not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.discovery.file_search import similar_path
from mothball.repository.files import DISK
from tests.support.trees import write_tree


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirement.txt", "requirements.txt"),
        ("Requirments.txt", "requirements.txt"),
        ("./requirments-dev.txt", "requirements-dev.txt"),
        ("deps/mothball.tml", "deps/mothball.toml"),
        ("dep/mothball.toml", "deps/mothball.toml"),
        ("dep/other.toml", ""),
        ("nothing-like-it", ""),
        ("", ""),
        ("deps/x/y/z", ""),
    ],
)
def test_similar_path_exists_and_differs_in_one_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, expected: str
) -> None:
    names = ("requirements.txt", "requirements-dev.txt", "requirement.tx", "deps/mothball.toml")
    monkeypatch.chdir(write_tree(tmp_path, dict.fromkeys(names, "")))
    assert similar_path(path, DISK) == expected


def test_absolute_path_has_an_absolute_suggestion(tmp_path: Path) -> None:
    write_tree(tmp_path, {"uv.lock": ""})
    assert similar_path(str(tmp_path / "uv.lok"), DISK) == (tmp_path / "uv.lock").as_posix()
