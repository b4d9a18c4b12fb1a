"""What git ignores is not read, unless somebody names it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mothball.discovery.file_search import FoundFiles, find_dependency_files
from mothball.repository.git_ignored import group_by_repository, ignored_paths, tracked_paths
from tests.support.git_repository import Repository, new_repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = new_repository(tmp_path.resolve() / "repo")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def relative(found: FoundFiles, repository: Repository) -> tuple[list[str], list[str]]:
    files, hidden = ([os.path.relpath(path, repository.root) for path in part] for part in found)
    return files, hidden


def found_in(repository: Repository, below: str = ".") -> tuple[list[str], list[str]]:
    errors: list[OSError] = []
    found = find_dependency_files(str(repository.root / below), errors.append)
    assert errors == []
    return relative(found, repository)


def test_what_git_ignores_stands_apart(repository: Repository) -> None:
    for name in ("requirements.txt", "build/requirements.txt", "sub/local-requirements.txt", "sub/tox.ini"):
        repository.write(name, "")
    repository.write(".gitignore", "/build/\n")
    repository.write("sub/.gitignore", "local-*\n")
    assert found_in(repository) == (
        ["requirements.txt", "sub/tox.ini"],
        ["build/requirements.txt", "sub/local-requirements.txt"],
    )
    assert found_in(repository, "sub") == (["sub/tox.ini"], ["sub/local-requirements.txt"])


@pytest.mark.parametrize("where", ["info", "global"])
def test_ignores_that_stand_outside_the_tree_count(
    where: str, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("tox.ini", "")
    if where == "info":
        repository.write(".git/info/exclude", "tox.ini\n")
    else:
        (tmp_path / "config").write_text(f"[core]\n\texcludesFile = {tmp_path}/mine\n")
        (tmp_path / "mine").write_text("tox.ini\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert found_in(repository) == ([], ["tox.ini"])


def test_what_git_tracks_is_not_ignored(repository: Repository) -> None:
    repository.write(".gitignore", "*.txt\n")
    repository.stage({"requirements.txt": ""})
    repository.write("dev-requirements.txt", "")
    assert found_in(repository) == (["requirements.txt"], ["dev-requirements.txt"])


def test_an_ignored_directory_that_is_named_is_meant(repository: Repository) -> None:
    repository.write(".gitignore", "/build/\n")
    repository.write("build/lib/requirements.txt", "")
    assert found_in(repository, "build") == (["build/lib/requirements.txt"], [])


def test_each_repository_has_its_own_ignores(repository: Repository) -> None:
    inner = new_repository(repository.root / "inner", repository.environment)
    repository.write(".gitignore", "tox.ini\n")
    inner.write(".gitignore", "requirements.txt\n")
    for one in (repository, inner):
        one.write("requirements.txt", "")
        one.write("tox.ini", "")
    assert found_in(repository) == (["requirements.txt", "inner/tox.ini"], ["tox.ini", "inner/requirements.txt"])


def test_a_directory_with_a_tracked_pyvenv_cfg_is_no_environment(repository: Repository) -> None:
    repository.stage({"app/pyvenv.cfg": "", "app/requirements.txt": "", "app/deep/pyvenv.cfg": ""})
    repository.stage({"app/deep/tox.ini": ""})
    for name in ("env/pyvenv.cfg", "env/requirements.txt", ".venv/pyvenv.cfg", ".venv/tox.ini"):
        repository.write(name, "")
    repository.write(".gitignore", ".venv\n")
    assert found_in(repository) == (["app/requirements.txt", "app/deep/tox.ini"], [])


def test_names_of_any_bytes_are_understood(repository: Repository) -> None:
    odd = os.fsdecode(b"a\xff\n\tb-requirements.txt")
    names = sorted([odd, "-requirements.txt", ":(top)requirements.txt", ":requirements.txt", "[a]requirements.txt"])
    for name in names:
        repository.write(name, "")
    repository.write(".gitignore", "*.txt\n")
    assert found_in(repository) == ([], names)
    path = str(repository.root / odd)
    assert tracked_paths([path], str(repository.root)) == frozenset()
    repository.git("add", "--force", "--", odd)
    assert tracked_paths([path], str(repository.root)) == {path}


def test_without_git_nothing_is_ignored(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("tox.ini", "")
    repository.write(".gitignore", "tox.ini\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found_in(repository) == (["tox.ini"], [])


def test_outside_every_repository_git_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert group_by_repository([str(tmp_path / "a" / "tox.ini")]) == {}
    assert ignored_paths([], str(tmp_path)) == frozenset()
