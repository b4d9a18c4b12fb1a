from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import cache_of
from tests.support.project import Project


def test_cache_info_shows_directory_entries_and_size(project: Project) -> None:
    empty = project.run("cache", "info")
    assert empty == (
        0,
        f"directory: {cache_of(project.home)}/v2\nentries: 0\nsize: 0 KiB\n".replace("/v2", os.sep + "v2"),
        "",
    )
    project.remember("old-lib", "archived")
    project.remember("good-lib", "active")
    full = project.run("cache", "info")
    assert full.out.splitlines()[1] == "entries: 2"
    assert full.out.splitlines()[2] != "size: 0 KiB"


@pytest.mark.parametrize(
    ("names", "count"), [([], "0 entries"), (["a-lib"], "1 entry"), (["a-lib", "b-lib"], "2 entries")]
)
def test_cache_clear_removes_all_entries(project: Project, names: list[str], count: str) -> None:
    for name in names:
        project.remember(name, "active")
    result = project.run("cache", "clear")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"{count} removed from {cache_of(project.home)}")
    assert "entries: 0\n" in project.run("cache", "info").out


def test_damaged_cache_is_reported_and_removed_by_clear(project: Project) -> None:
    project.remember("old-lib", "archived")
    database = next(Path(cache_of(project.home)).rglob("cache.db"))
    database.write_bytes(b"no database at all" * 100)
    info = project.run("cache", "info")
    assert (info.code, info.out) == (2, "")
    assert "cannot be used" in info.err
    assert "`mothball cache clear`" in info.err
    clear = project.run("cache", "clear")
    assert (clear.code, clear.err) == (0, "")
    assert clear.out == f"damaged cache removed from {cache_of(project.home)}\n"
    assert "entries: 0\n" in project.run("cache", "info").out


def test_cache_path_that_is_not_a_cache_is_left_unchanged(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("other content")
    for action in ("info", "clear"):
        result = project.run("cache", action, env={"MOTHBALL_CACHE_DIR": str(path)})
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"mothball: error: cache {path} cannot be used: ")
    assert path.read_text() == "other content"


@pytest.mark.parametrize("arguments", [(), ("empty",)])
def test_cache_action_is_required(project: Project, arguments: tuple[str, ...]) -> None:
    assert project.run("cache", *arguments).code == 2
