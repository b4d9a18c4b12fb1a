from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import cache_of
from tests.support.project import Project


def test_the_cache_says_where_it_is_and_what_it_holds(project: Project) -> None:
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
    ("names", "told"), [([], "0 entries"), (["a-lib"], "1 entry"), (["a-lib", "b-lib"], "2 entries")]
)
def test_the_cache_can_be_emptied(project: Project, names: list[str], told: str) -> None:
    for name in names:
        project.remember(name, "active")
    result = project.run("cache", "clear")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"{told} removed from {cache_of(project.home)}")
    assert "entries: 0\n" in project.run("cache", "info").out


def test_a_damaged_cache_is_told_and_clear_makes_it_new(project: Project) -> None:
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


def test_a_cache_that_is_no_directory_of_ours_is_not_touched(project: Project, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("somebody's")
    for action in ("info", "clear"):
        result = project.run("cache", action, env={"MOTHBALL_CACHE_DIR": str(place)})
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"mothball: error: cache {place} cannot be used: ")
    assert place.read_text() == "somebody's"


@pytest.mark.parametrize("arguments", [(), ("empty",)])
def test_what_to_do_with_the_cache_must_be_said(project: Project, arguments: tuple[str, ...]) -> None:
    assert project.run("cache", *arguments).code == 2
