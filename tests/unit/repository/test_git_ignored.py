"""Files that git ignores are reported separately."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mothball.discovery.file_search import FoundFiles, find_dependency_files
from mothball.repository.git_repository import group_by_repository, ignored_paths, tracked_paths
from tests.support.git_repository import Repository, new_repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    new = new_repository(tmp_path.resolve() / "repo")
    for name, value in new.environment.items():
        monkeypatch.setenv(name, value)
    return new


def relative_paths(result: FoundFiles, repository: Repository) -> tuple[list[str], list[str]]:
    files, ignored = (
        [os.path.relpath(path, repository.root) for path in paths] for paths in (result.files, result.ignored)
    )
    return files, ignored


def find_files(repository: Repository, directory: str = ".") -> tuple[list[str], list[str]]:
    errors: list[OSError] = []
    result = find_dependency_files(str(repository.root / directory), errors.append)
    assert errors == []
    return relative_paths(result, repository)


def test_ignored_files_are_separate(repository: Repository) -> None:
    for name in ("requirements.txt", "out/requirements.txt", "sub/local-requirements.txt", "sub/tox.ini"):
        repository.write(name, "")
    repository.write(".gitignore", "/out/\n")
    repository.write("sub/.gitignore", "local-*\n")
    assert find_files(repository) == (
        ["requirements.txt", "sub/tox.ini"],
        ["out/requirements.txt", "sub/local-requirements.txt"],
    )
    assert find_files(repository, "sub") == (["sub/tox.ini"], ["sub/local-requirements.txt"])


@pytest.mark.parametrize("location", ["info", "global"])
def test_exclude_files_outside_the_tree_are_used(
    location: str, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("tox.ini", "")
    if location == "info":
        repository.write(".git/info/exclude", "tox.ini\n")
    else:
        (tmp_path / "config").write_text(f"[core]\n\texcludesFile = {tmp_path}/mine\n")
        (tmp_path / "mine").write_text("tox.ini\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert find_files(repository) == ([], ["tox.ini"])


def test_tracked_files_are_not_ignored(repository: Repository) -> None:
    repository.write(".gitignore", "*.txt\n")
    repository.stage({"requirements.txt": ""})
    repository.write("dev-requirements.txt", "")
    assert find_files(repository) == (["requirements.txt"], ["dev-requirements.txt"])


def test_files_in_named_ignored_directory_are_found(repository: Repository) -> None:
    repository.write(".gitignore", "/out/\n")
    repository.write("build/lib/requirements.txt", "")
    assert find_files(repository, "build") == (["build/lib/requirements.txt"], [])


def test_nested_repositories_have_their_own_ignores(repository: Repository) -> None:
    inner = new_repository(repository.root / "inner", repository.environment)
    repository.write(".gitignore", "tox.ini\n")
    inner.write(".gitignore", "requirements.txt\n")
    for each in (repository, inner):
        each.write("requirements.txt", "")
        each.write("tox.ini", "")
    assert find_files(repository) == (["requirements.txt"], ["tox.ini"]), "the other repository is passed over"
    assert find_files(repository, "inner") == (["inner/tox.ini"], ["inner/requirements.txt"])


def test_directory_with_tracked_pyvenv_cfg_is_searched(repository: Repository) -> None:
    repository.stage({"app/pyvenv.cfg": "", "app/requirements.txt": "", "app/deep/pyvenv.cfg": ""})
    repository.stage({"app/deep/tox.ini": ""})
    for name in ("env/pyvenv.cfg", "env/requirements.txt", ".venv/pyvenv.cfg", ".venv/tox.ini"):
        repository.write(name, "")
    repository.write(".gitignore", ".venv\n")
    assert find_files(repository) == (["app/requirements.txt", "app/deep/tox.ini"], [])


def test_unusual_file_names(repository: Repository) -> None:
    odd = os.fsdecode(b"a\xff\n\tb-requirements.txt")
    names = sorted([odd, "-requirements.txt", ":(top)requirements.txt", ":requirements.txt", "[a]requirements.txt"])
    for name in names:
        repository.write(name, "")
    repository.write(".gitignore", "*.txt\n")
    assert find_files(repository) == ([], names)
    path = str(repository.root / odd)
    assert tracked_paths([path], str(repository.root)) == frozenset()
    repository.git("add", "--force", "--", odd)
    assert tracked_paths([path], str(repository.root)) == {path}


def test_nothing_is_ignored_without_git(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("tox.ini", "")
    repository.write(".gitignore", "tox.ini\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_files(repository) == (["tox.ini"], [])


def test_git_is_not_run_outside_repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert group_by_repository([str(tmp_path / "a" / "tox.ini")]) == {}
    assert ignored_paths([], str(tmp_path)) == frozenset()
