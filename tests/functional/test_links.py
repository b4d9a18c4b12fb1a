"""Symbolic links in a full check. What a change adds through links is in tests/tables/added_links.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.added import Workshop, lines, toml, workshop
from tests.support.cli import run_in_process


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path)


def checked(shop: Workshop, *paths: str) -> dict[str, list[str]]:
    """Return the names that a full check looks up, by path."""
    result = run_in_process("check", "--format", "json", *paths, cwd=shop.root, home=shop.home)
    names: dict[str, list[str]] = {}
    for item in json.loads(result.out)["dependencies"]:
        names.setdefault(item["path"], []).append(item["name"])
    return names


def test_tracked_target_of_any_name_is_read_in_the_format_of_the_link(shop: Workshop) -> None:
    shop.stage({"deps.data": lines("old-a"), "part": toml("old-b")})
    (shop.root / "requirements.txt").symlink_to("deps.data")
    (shop.root / "pyproject.toml").symlink_to("part")
    assert checked(shop) == {"pyproject.toml": ["old-b"], "requirements.txt": ["old-a"]}


def test_each_target_is_read_once_with_its_own_path(shop: Workshop) -> None:
    shop.stage({"requirements.txt": lines("old-a"), "b/base.txt": lines("old-b")})
    for name in ("a-requirements.txt", "a/requirements.txt"):
        (shop.root / name).parent.mkdir(exist_ok=True)
        (shop.root / name).symlink_to(shop.root / "requirements.txt")
    (shop.root / "all").symlink_to(".")
    shop.stage({"c-requirements.txt": "-r all/b/base.txt\n-r all/a-requirements.txt\n"})
    assert checked(shop) == {"requirements.txt": ["old-a"], "b/base.txt": ["old-b"]}


def test_link_of_another_format_is_read_in_addition_to_its_target(shop: Workshop) -> None:
    shop.stage({"environment.yml": lines("old-a")})
    (shop.root / "requirements.txt").symlink_to("environment.yml")
    assert checked(shop) == {"requirements.txt": ["old-a"]}


def test_text_files_that_stand_for_links_are_followed(shop: Workshop) -> None:
    """Git writes them if ``core.symlinks`` is false, as on Windows."""
    shop.stage({"deps.data": lines("old-a"), "good-b": "", "notes.txt": "good-a"})
    for name, target in {
        "requirements.txt": "deps.data",
        "x-requirements.txt": "../x.txt",
        "a-requirements.txt": "gone",
    }.items():
        (shop.root / name).symlink_to(target)
        shop.git("add", name)
    shop.commit()
    shop.git("config", "core.symlinks", "false")
    for name in ("requirements.txt", "x-requirements.txt", "a-requirements.txt"):
        (shop.root / name).unlink()
    shop.git("checkout", "--", ".")
    assert checked(shop) == {"requirements.txt": ["old-a"]}
    out = run_in_process("check", cwd=shop.root, home=shop.home).out
    assert out.count("warning[unresolvable] symbolic link is broken or leads outside the repository") == 2
    (shop.root / "requirements.txt").write_text(lines("good-a", "good-b"))
    assert checked(shop) == {"requirements.txt": ["good-a", "good-b"]}, "a file that is no link any more"
