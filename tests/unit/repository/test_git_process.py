"""Which git is run, and in which surroundings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mothball.model.errors import GitError
from mothball.repository.git_process import environment, find_git
from mothball.repository.git_run import Git


def program(path: Path) -> Path:
    """Make a program that is called git."""
    path.mkdir(parents=True, exist_ok=True)
    git = path / "git"
    git.write_text("#!/bin/sh\nexit 0\n")
    git.chmod(0o755)
    return git


def search(*entries: Path | str) -> str:
    return os.pathsep.join(os.fspath(entry) for entry in entries)


def test_the_first_git_on_the_path_is_taken_by_its_absolute_path(tmp_path: Path) -> None:
    first, second = program(tmp_path / "first"), program(tmp_path / "second")
    here = tmp_path / "here"
    here.mkdir()
    assert find_git(str(here), search(tmp_path / "empty", first.parent, second.parent)) == str(first)


def test_a_git_in_the_working_directory_is_passed_over(tmp_path: Path) -> None:
    hostile, honest = program(tmp_path / "here"), program(tmp_path / "there")
    assert find_git(str(hostile.parent), search(hostile.parent, honest.parent)) == str(honest)


@pytest.mark.parametrize("entry", ["", ".", "bin", "../here/bin"])
def test_a_relative_entry_of_the_path_is_passed_over(
    entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("here", "here/bin"):
        program(tmp_path / place)
    honest = program(tmp_path / "there")
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "elsewhere").mkdir()
    assert find_git(str(tmp_path / "elsewhere"), search(entry, honest.parent)) == str(honest)


@pytest.mark.parametrize("place", ["repo", "repo/tools", "repo/.venv/bin"])
def test_a_git_inside_the_repository_is_passed_over_wherever_one_stands_in_it(place: str, tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "sub").mkdir()
    hostile, honest = program(tmp_path / place), program(tmp_path / "there")
    assert find_git(str(tmp_path / "repo" / "sub"), search(hostile.parent, honest.parent)) == str(honest)


def test_a_link_that_leads_into_the_repository_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    hostile, honest = program(tmp_path / "repo"), program(tmp_path / "there")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(hostile)
    (tmp_path / "linked").symlink_to(hostile.parent)
    path = search(tmp_path / "bin", tmp_path / "linked", honest.parent)
    assert find_git(str(tmp_path / "repo"), path) == str(honest)


def test_what_cannot_be_run_is_passed_over(tmp_path: Path) -> None:
    plain = program(tmp_path / "plain")
    plain.chmod(0o644)
    (tmp_path / "directory" / "git").mkdir(parents=True)
    honest = program(tmp_path / "there")
    path = search(plain.parent, tmp_path / "directory", honest.parent)
    (tmp_path / "here").mkdir()
    assert find_git(str(tmp_path / "here"), path) == str(honest)


def test_without_git_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_git(str(tmp_path)) == ""
    with pytest.raises(GitError) as caught:
        Git(str(tmp_path)).run("version")
    assert str(caught.value) == "git was not found on PATH"
    assert "install git" in caught.value.help


def test_git_gets_its_own_variables_and_none_that_name_programs(monkeypatch: pytest.MonkeyPatch) -> None:
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
    given = environment()
    assert given["GIT_INDEX_FILE"] == ".git/index.lock"
    assert given["GITHEAD_0123"] == "topic"
    assert given["HOME"] == "/home/ann"
    assert given["LC_ALL"] == "C"
    assert given["GIT_ALLOW_PROTOCOL"] == ""
    assert given["GIT_NO_LAZY_FETCH"] == "1"
    assert not {"GIT_EXTERNAL_DIFF", "GIT_TRACE2_EVENT"} & given.keys()
