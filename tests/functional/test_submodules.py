"""Submodules, nested repositories and worktrees in a full check."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.added import OFFLINE, Workshop, lines, workshop
from tests.support.cli import Result, run_in_process
from tests.support.git_repository import new_repository


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository with a submodule, a nested repository without a gitlink, and a worktree."""
    shop = workshop(tmp_path)
    shop.commit({"requirements.txt": lines("old-a")})
    for name, dependency in {"module": "old-b", "clones/nested": "old-c"}.items():
        inner = new_repository(shop.root / name, shop.repository.environment)
        inner.commit(
            {"requirements.txt": lines(dependency), "mothball.toml": OFFLINE.replace("statuses", "../statuses")}
        )
    shop.git("-c", "advice.addEmbeddedRepo=false", "add", "module")
    shop.commit()
    shop.git("worktree", "add", "--quiet", "trees/other", "HEAD")
    return shop


def run(shop: Workshop, *arguments: str, cwd: Path | None = None) -> Result:
    return run_in_process("check", *arguments, cwd=cwd or shop.root, home=shop.home)


def test_full_check_passes_over_other_repositories(shop: Workshop) -> None:
    result = run(shop, "--format", "concise")
    assert result.code == 1
    assert {line.partition(":")[0] for line in result.out.splitlines() if "error[" in line} == {"requirements.txt"}
    assert run(shop, "--list-files").out.splitlines() == [
        "clones/nested     passed over: another repository or worktree, name it to check it",
        "module            passed over: submodule, name it to check it",
        "requirements.txt  requirements",
        "trees/other       passed over: another repository or worktree, name it to check it",
    ]


@pytest.mark.parametrize("paths", [("module",), (".", "module"), ("module/requirements.txt",)])
def test_named_submodule_is_checked(shop: Workshop, paths: tuple[str, ...]) -> None:
    assert "module/requirements.txt" in run(shop, "--list-files", *paths).out


def test_submodule_is_checked_from_inside(shop: Workshop) -> None:
    assert run(shop, "--list-files", cwd=shop.root / "module").out == "requirements.txt  requirements\n"


def test_ignores_of_other_repositories_are_not_written(shop: Workshop) -> None:
    run(shop, "--write-ignores", "--reason", "in use")
    written = (shop.root / "mothball.toml").read_text()
    assert "old-a" in written
    assert "old-b" not in written
    assert "old-c" not in written
    assert shop.git("-C", "module", "status", "--porcelain") == ""


def test_repositories_below_a_directory_outside_any_repository_are_checked(shop: Workshop, tmp_path: Path) -> None:
    assert run(shop, "--list-files", str(tmp_path), cwd=tmp_path).out.splitlines()[1:] == [
        "repo/module            passed over: submodule, name it to check it",
        "repo/requirements.txt  requirements",
        "repo/trees/other       passed over: another repository or worktree, name it to check it",
    ]


def test_nested_repository_whose_files_the_outer_one_tracks_is_checked(shop: Workshop) -> None:
    shop.commit({"vendored/requirements.txt": lines("old-d")})
    new_repository(shop.root / "vendored", shop.repository.environment)
    assert "vendored/requirements.txt  requirements" in run(shop, "--list-files").out


def test_directory_with_nothing_but_a_submodule_is_an_error_that_names_it(shop: Workshop) -> None:
    (shop.root / "libs").mkdir()
    shutil.move(shop.root / "clones" / "nested", shop.root / "libs" / "inner")
    result = run(shop, "libs")
    assert (result.code, "libs: no dependency files found" in result.out) == (2, True)
    assert "name a submodule, nested repository or build directory to check it: libs/inner" in result.out
