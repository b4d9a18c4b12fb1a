"""Files found by a directory search, their order, and ``exclude`` patterns."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mothball.discovery.config_lookup import matches_any
from mothball.discovery.file_search import (
    MAX_DEPTH,
    OUTPUT_DIRECTORIES,
    SKIPPED_DIRECTORIES,
    THIRD_PARTY_DIRECTORIES,
    find_dependency_files,
    walk,
)
from tests.support.git_repository import new_repository
from tests.support.trees import write_tree


def fail(error: OSError) -> None:
    raise error


def relative_paths(directory: Path) -> list[str]:
    return [os.path.relpath(path, directory).replace(os.sep, "/") for path in walk(str(directory), fail)]


# --- search -----------------------------------------------------------------------------------------------------------


def test_walk_yields_files_before_directories_sorted(tmp_path: Path) -> None:
    names = [
        "requirements-dev.txt",
        "pyproject.toml",
        "README.md",
        "b/requirements.txt",
        "a/constraints.txt",
        "a/z/requirements.in",
        "requirements/base.txt",
        "requirements/notes.md",
        "docs/index.txt",
    ]
    assert relative_paths(write_tree(tmp_path, dict.fromkeys(names, ""))) == [
        "pyproject.toml",
        "requirements-dev.txt",
        "a/constraints.txt",
        "a/z/requirements.in",
        "b/requirements.txt",
        "requirements/base.txt",
    ]


@pytest.mark.parametrize("name", sorted((SKIPPED_DIRECTORIES | THIRD_PARTY_DIRECTORIES) - {".git"}))
def test_skipped_directories_are_not_searched(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path, {f"sub/{name}/deep/requirements.txt": "", f"sub/{name}-mine/requirements.txt": ""})
    assert relative_paths(tmp_path) == [f"sub/{name}-mine/requirements.txt"]


@pytest.mark.parametrize("name", sorted(OUTPUT_DIRECTORIES))
def test_build_output_is_searched_only_where_git_tracks_it(tmp_path: Path, name: str) -> None:
    repository = new_repository(tmp_path.resolve() / "repo")
    for path in (f"{name}/requirements.txt", f"docker/{name}/requirements.txt", f"{name}-mine/requirements.txt"):
        repository.write(path, "")
    repository.stage({f"docker/{name}/Dockerfile": ""})

    def found(directory: Path) -> tuple[list[str], dict[str, str]]:
        files, _, left_out, _ = find_dependency_files(str(directory), fail)
        return [os.path.relpath(path, repository.root) for path in sorted(files)], left_out

    tracked = os.path.join("docker", name, "requirements.txt")
    similar = os.path.join(f"{name}-mine", "requirements.txt")
    assert found(repository.root) == (sorted([tracked, similar]), {str(repository.root / name): "build output"})
    assert found(repository.root / name) == ([os.path.join(name, "requirements.txt")], {})
    write_tree(tmp_path / "plain", {f"{name}/requirements.txt": ""})
    assert find_dependency_files(str(tmp_path / "plain"), fail).files == []


def test_directory_with_pyvenv_cfg_is_not_searched(tmp_path: Path) -> None:
    write_tree(tmp_path, {"py311/pyvenv.cfg": "", "py311/share/requirements.txt": "", "requirements.txt": ""})
    assert relative_paths(tmp_path) == ["requirements.txt"]


def test_named_directory_is_always_searched(tmp_path: Path) -> None:
    write_tree(tmp_path, {"node_modules/pyvenv.cfg": "", "node_modules/requirements.txt": ""})
    assert relative_paths(tmp_path / "node_modules") == ["requirements.txt"]


def test_links_to_files_are_found_links_to_directories_are_not_followed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/base.txt": "", "elsewhere/requirements.txt": ""})
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "a/elsewhere").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "a/requirements.txt").symlink_to("base.txt")
    assert relative_paths(tmp_path / "a") == ["requirements.txt"]


def test_name_of_working_directory_decides_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_tree(tmp_path / "requirements", {"base.txt": ""}))
    assert list(walk(".", fail)) == [str(tmp_path / "requirements" / "base.txt")]


def test_unlistable_directory_is_reported_and_the_rest_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"a/requirements.txt": "", "locked/requirements.txt": "", "z/requirements.txt": ""})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    errors: list[OSError] = []
    found = list(walk(str(tmp_path), errors.append))
    assert [os.path.basename(os.path.dirname(path)) for path in found] == ["a", "z"]
    assert [(type(error), error.filename) for error in errors] == [(PermissionError, str(tmp_path / "locked"))]


def test_too_deep_directory_is_reported_and_files_above_are_found(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(MAX_DEPTH + 5):
        deep /= "d"
        deep.mkdir()
    write_tree(deep, {"requirements.txt": ""})
    write_tree(tmp_path, {"d/d/requirements.txt": "", "e/requirements.txt": ""})
    errors: list[OSError] = []
    found = list(walk(str(tmp_path), errors.append))
    assert found == [str(tmp_path / "d/d/requirements.txt"), str(tmp_path / "e/requirements.txt")]
    assert [error.strerror for error in errors] == [f"more than {MAX_DEPTH} nested directories"]
    assert errors[0].filename == os.path.join(str(tmp_path), *["d"] * MAX_DEPTH)


# --- exclude ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("requirements.txt", "requirements.txt"),
        ("./requirements.txt", "requirements.txt"),
        ("tests/data", "tests/data/requirements.txt"),
        ("tests/data/", "tests/data/deep/requirements.txt"),
        ("tests/data/**", "tests/data/deep/requirements.txt"),
        ("tests/*/requirements.txt", "tests/data/requirements.txt"),
        ("tests/*", "tests/data/requirements.txt"),
        ("*", "tests/data/requirements.txt"),
        ("**", "a/b/c"),
        ("**/data", "data/requirements.txt"),
        ("**/data", "tests/x/data/requirements.txt"),
        ("**/data/**/*.txt", "data/requirements.txt"),
        ("**/data/**/*.txt", "a/data/b/c/requirements.txt"),
        ("**/**/a.txt", "a.txt"),
        ("a/**/b/**/c.txt", "a/b/x/b/y/c.txt"),
        ("require*ts-?.txt", "requirements-3.txt"),
        ("a**c", "a/b/c"),
        ("a***c", "a/b/c"),
        ("a**/c", "ab/b/c"),
    ],
)
def test_pattern_matches_path_and_everything_below(pattern: str, path: str) -> None:
    assert matches_any(path, ["nothing", pattern])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("requirements.txt", "sub/requirements.txt"),
        ("requirements.txt", "requirements.txt.in"),
        ("data", "tests/data/requirements.txt"),
        ("tests/data", "tests/database/requirements.txt"),
        ("tests/data/**", "tests/data"),
        ("tests/*.txt", "tests/data/requirements.txt"),
        ("tests?data", "tests/data"),
        ("a?c", "ac"),
        ("a**/c", "ac"),
        ("**/data", "tests/mydata/requirements.txt"),
        ("requirements.txt", "requirementsxtxt"),
        ("[ab].txt", "a.txt"),
        ("a+.txt", "aa.txt"),
        ("(a|b).txt", "a.txt"),
        ("", "requirements.txt"),
    ],
)
def test_pattern_does_not_match(pattern: str, path: str) -> None:
    assert not matches_any(path, [pattern])


def test_empty_patterns_exclude_nothing() -> None:
    assert not matches_any("requirements.txt", [])


LITERAL = st.text(st.characters(exclude_characters="*?/", exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.lists(LITERAL, min_size=1, max_size=4).map("/".join).filter(lambda path: not path.startswith("./")))
def test_other_characters_match_literally(path: str) -> None:
    assert matches_any(path, [path])
    assert matches_any(path + "/below", [path])
    assert not matches_any(path + "x", [path])
    assert not matches_any("x" + path, [path])


def matches_by_backtracking(pattern: str, path: str) -> bool:
    """Return True if ``pattern`` matches ``path``: reference implementation that tries every alternative."""

    @cache
    def match(pattern_index: int, path_index: int) -> bool:
        if pattern_index == len(pattern):
            return path[path_index : path_index + 1] in {"", "/"}
        end = pattern_index + len(pattern[pattern_index:]) - len(pattern[pattern_index:].lstrip("*"))
        if (
            end - pattern_index > 1
            and pattern[end : end + 1] == "/"
            and pattern[pattern_index - 1 : pattern_index] in {"", "/"}
        ):
            return any(
                match(end + 1, index) for index in range(path_index, len(path)) if path[:index][-1:] in {"", "/"}
            )
        if end - pattern_index > 1:
            return any(match(end, index) for index in range(path_index, len(path) + 1))
        character = path[path_index : path_index + 1]
        if end > pattern_index and match(end, path_index):
            return True
        if character != pattern[pattern_index] and (character in {"", "/"} or pattern[pattern_index] not in "*?"):
            return False
        return match(pattern_index if end > pattern_index else pattern_index + 1, path_index + 1)

    return match(0, 0)


PATTERN = st.lists(st.sampled_from([*"aab*?/", "**", "**/", "/**/"]), min_size=1, max_size=9).map("".join)


@settings(max_examples=10 * settings().max_examples)
@given(PATTERN, st.lists(st.text("aab", min_size=1, max_size=4), min_size=1, max_size=6).map("/".join))
@example("b*a**/b", "baab")
@example("b**/b", "bab/b")
@example("**/a*b/b", "aab/ab/b")
@example("**a*a**b/", "aa/ab/c")
def test_matching_agrees_with_backtracking(pattern: str, path: str) -> None:
    assert matches_any(path, [pattern]) == matches_by_backtracking(pattern.rstrip("/"), path)


@pytest.mark.parametrize(
    "pattern", ["*a*a*a*a*a*a*a*ab", "**a**a**a**ab", "**/**/**/**/ab", "?*a*a*a*a*a*a*a*?b", "**/a*a*a*b/**a*c*c"]
)
def test_pattern_with_many_stars_is_matched_in_linear_time(pattern: str) -> None:
    # Exponential backtracking would exceed the time limit of the test run.
    assert not matches_any("a" * 4000, [pattern])
    assert not matches_any("a/" * 2000 + "a", [pattern])
