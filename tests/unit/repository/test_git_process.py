"""The git executable that is run, and its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mothball.model.errors import GitError
from mothball.repository.git_process import Git, environment, find_git


def make_git(path: Path) -> Path:
    """Create an executable named git."""
    path.mkdir(parents=True, exist_ok=True)
    git = path / "git"
    git.write_text("#!/bin/sh\nexit 0\n")
    git.chmod(0o755)
    return git


def search_path(*entries: Path | str) -> str:
    return os.pathsep.join(os.fspath(entry) for entry in entries)


def test_first_git_on_path_is_found(tmp_path: Path) -> None:
    first, second = make_git(tmp_path / "first"), make_git(tmp_path / "second")
    working_directory = tmp_path / "here"
    working_directory.mkdir()
    assert find_git(str(working_directory), search_path(tmp_path / "empty", first.parent, second.parent)) == str(first)


def test_git_in_working_directory_is_skipped(tmp_path: Path) -> None:
    untrusted, trusted = make_git(tmp_path / "here"), make_git(tmp_path / "there")
    assert find_git(str(untrusted.parent), search_path(untrusted.parent, trusted.parent)) == str(trusted)


@pytest.mark.parametrize("entry", ["", ".", "bin", "../here/bin"])
def test_relative_path_entry_is_skipped(entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for location in ("here", "here/bin"):
        make_git(tmp_path / location)
    trusted = make_git(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "elsewhere").mkdir()
    assert find_git(str(tmp_path / "elsewhere"), search_path(entry, trusted.parent)) == str(trusted)


@pytest.mark.parametrize("location", ["repo", "repo/tools", "repo/.venv/bin"])
def test_git_inside_repository_is_skipped(location: str, tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "sub").mkdir()
    untrusted, trusted = make_git(tmp_path / location), make_git(tmp_path / "there")
    assert find_git(str(tmp_path / "repo" / "sub"), search_path(untrusted.parent, trusted.parent)) == str(trusted)


def test_link_into_repository_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    untrusted, trusted = make_git(tmp_path / "repo"), make_git(tmp_path / "there")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(untrusted)
    (tmp_path / "linked").symlink_to(untrusted.parent)
    path = search_path(tmp_path / "bin", tmp_path / "linked", trusted.parent)
    assert find_git(str(tmp_path / "repo"), path) == str(trusted)


def test_non_executable_file_is_skipped(tmp_path: Path) -> None:
    plain = make_git(tmp_path / "plain")
    plain.chmod(0o644)
    (tmp_path / "directory" / "git").mkdir(parents=True)
    trusted = make_git(tmp_path / "there")
    path = search_path(plain.parent, tmp_path / "directory", trusted.parent)
    (tmp_path / "here").mkdir()
    assert find_git(str(tmp_path / "here"), path) == str(trusted)


def test_git_is_found_from_the_root_of_the_file_system(tmp_path: Path) -> None:
    trusted = make_git(tmp_path / "there")
    root = Path(tmp_path.anchor)
    assert find_git(str(root), search_path(trusted.parent)) == str(trusted)
    assert find_git(str(root), "") == ""


def test_git_is_called_git_exe_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = make_git(tmp_path / "there")
    monkeypatch.setattr(sys, "platform", "win32")
    (tmp_path / "here").mkdir()
    assert find_git(str(tmp_path / "here"), search_path(script.parent)) == ""
    program = script.rename(script.with_name("git.exe"))
    assert find_git(str(tmp_path / "here"), search_path(script.parent)) == str(program)


def test_missing_git_is_reported_with_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_git(str(tmp_path)) == ""
    with pytest.raises(GitError) as caught:
        Git(str(tmp_path)).run("version")
    assert str(caught.value) == "git was not found on PATH"
    assert "install git" in caught.value.help


def test_environment_drops_variables_that_name_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GIT_INDEX_FILE": ".git/index.lock",
        "GITHEAD_0123": "topic",
        "GIT_EXTERNAL_DIFF": "evil",
        "GIT_TRACE2_EVENT": "1",
        "GIT_ALLOW_PROTOCOL": "ext",
        "LC_ALL": "de_DE.UTF-8",
        "HOME": "/home/ann",
    }.items():
        monkeypatch.setenv(name, value)
    variables = environment()
    assert variables["GIT_INDEX_FILE"] == ".git/index.lock"
    assert variables["GITHEAD_0123"] == "topic"
    assert variables["HOME"] == "/home/ann"
    assert variables["LC_ALL"] == "C"
    assert variables["GIT_ALLOW_PROTOCOL"] == ""
    assert variables["GIT_NO_LAZY_FETCH"] == "1"
    assert not {"GIT_EXTERNAL_DIFF", "GIT_TRACE2_EVENT"} & variables.keys()
