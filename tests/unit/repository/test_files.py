"""Whatever stands at a path, reading it ends: with its bytes, or with words that say why not."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from mothball.model.errors import UnreadableFileError
from mothball.repository.files import (
    MAX_PATH_LENGTH,
    display_path,
    is_inside,
    leads_outside,
    project_of,
    read_file,
    read_utf8,
    real_path,
    repository_root,
    resolves_inside,
)
from tests.support.trees import is_below_a_repository, repository, write_tree


def refusal(path: str | Path) -> UnreadableFileError:
    with pytest.raises(UnreadableFileError) as caught:
        read_utf8(str(path))
    return caught.value


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"\x00\xff\r\n")
    assert read_file(str(path)) == b"\x00\xff\r\n"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_bytes(b"flask\n")
    (tmp_path / "link.txt").symlink_to("base.txt")
    assert read_file(str(tmp_path / "link.txt")) == b"flask\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_does_not_make_the_reader_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    assert refusal(tmp_path / "requirements.txt").cause == "not a regular file"


def test_a_device_is_refused() -> None:
    assert refusal(os.devnull).cause == "not a regular file"


def test_a_missing_file_is_told_with_its_path(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.txt")
    assert str(refusal(path)) == f"{path}: no such file"


@pytest.mark.parametrize("name", ["no\0name.txt", "half\ud800.txt"])
def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path / name).cause == "invalid file name"


def test_links_that_lead_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("b.txt")
    (tmp_path / "b.txt").symlink_to("a.txt")
    assert refusal(tmp_path / "a.txt").cause.startswith("cannot be read (")


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions do not bind root, who runs the tests in containers.
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    assert refusal(tmp_path / "requirements.txt").cause == "permission denied"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not open directories at all")
def test_a_directory_is_refused_and_nothing_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real_open = os.open

    def remember(path: str, flags: int) -> int:
        opened.append(real_open(path, flags))
        return opened[-1]

    monkeypatch.setattr(os, "open", remember)
    assert refusal(tmp_path).cause == "is a directory"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


def test_a_failing_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"flask\n")

    def fail(descriptor: int) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", fail)
        error = refusal(path)
    assert error.cause == "cannot be read (Input/output error)"


def test_a_file_of_just_the_size_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    limit = 1024 * 1024
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"#" * limit)
    assert len(read_file(str(path), limit)) == limit
    path.write_bytes(b"#" * (limit + 1))
    with pytest.raises(UnreadableFileError, match="larger than 1 MiB"):
        read_file(str(path), limit)


def test_text_loses_its_byte_order_mark_and_keeps_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "mothball.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = '\xc3\xa9'\n")
    assert read_utf8(str(path)) == "a = 1\r\nb = 'é'\n"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_wrong_encoding_is_told_with_its_line_and_its_byte_in_the_file(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "mothball.toml"
    content = mark + "# gut\n# schön\n".encode("latin-1")
    path.write_bytes(content)
    error = refusal(path)
    assert error.cause == f"not valid UTF-8 (line 2, byte {content.index(0xF6)})"
    assert error.help == "save it as UTF-8"


# --- where a repository ends ------------------------------------------------------------------------------------------


def test_a_repository_begins_at_the_nearest_directory_with_git_in_it(tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer", {"requirements.txt": "", "sub/deep/requirements.txt": ""})
    inner = repository(outer / "inner", {"requirements.txt": ""})
    assert repository_root(str(outer / "sub/deep/requirements.txt")) == str(outer)
    assert repository_root(str(outer / "sub")) == str(outer)
    assert repository_root(str(outer)) == str(outer)
    assert repository_root(str(inner / "requirements.txt")) == str(inner)


def test_a_worktree_has_a_file_for_its_git(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {".git": "gitdir: elsewhere\n", "sub/requirements.txt": ""})
    assert repository_root(str(tree / "sub/requirements.txt")) == str(tree)


def test_a_file_that_is_not_there_yet_belongs_to_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository(tmp_path, {"sub/x": ""}) / "sub")
    assert repository_root("requirements.txt") == str(tmp_path)


def test_outside_any_repository_the_working_directory_bounds_what_lies_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_below_a_repository(tmp_path):
        pytest.skip("the directory for temporary files lies inside a repository")
    write_tree(tmp_path, {"here/sub/requirements.txt": "", "there/sub/requirements.txt": ""})
    monkeypatch.chdir(tmp_path / "here")
    assert repository_root("sub/requirements.txt") == str(tmp_path / "here")
    assert repository_root(".") == str(tmp_path / "here")
    assert repository_root("../there/sub/requirements.txt") == str(tmp_path / "there" / "sub")
    assert repository_root("../there") == str(tmp_path / "there")


_OURS = "[tool.mothball]\noffline = true\n"


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"top/mothball.toml": ""}, "top"),
        ({"top/pyproject.toml": _OURS}, "top"),
        ({"top/pyproject.toml": "[project]\n"}, "top"),
        ({"top/pyproject.toml": _OURS, "top/app/pyproject.toml": "[project]\n"}, "top"),
        ({"top/pyproject.toml": "[project]\n", "top/app/pyproject.toml": "[project]\n"}, "top/app"),
        ({"top/pyproject.toml": _OURS, "top/app/mothball.toml": ""}, "top/app"),
        ({"top/setup.py": ""}, "top/app/requirements"),
    ],
)
def test_outside_any_repository_the_project_above_bounds_what_lies_in_its_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], root: str
) -> None:
    if is_below_a_repository(tmp_path):
        pytest.skip("the directory for temporary files lies inside a repository")
    write_tree(tmp_path, {"top/app/requirements/worker.txt": "", "elsewhere/x": "", **files})
    expected = str(tmp_path / root)
    path = str(tmp_path / "top/app/requirements/worker.txt")
    monkeypatch.chdir(tmp_path / "top/app/requirements")
    assert repository_root("worker.txt") == expected
    assert repository_root(path, os.path.dirname(path)) == expected
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert repository_root(path) == expected


@pytest.mark.skipif(os.name != "posix", reason="of owners, as POSIX has them")
@pytest.mark.parametrize("foreign", ["top", "top/pyproject.toml"])
def test_what_belongs_to_somebody_else_says_nothing_of_what_lies_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign: str
) -> None:
    if is_below_a_repository(tmp_path):
        pytest.skip("the directory for temporary files lies inside a repository")
    write_tree(tmp_path, {"top/pyproject.toml": _OURS, "top/sub/requirements.txt": ""})
    ask = os.lstat

    def answer(path: str) -> os.stat_result:
        found = ask(path)
        fields = list(found)
        fields[stat.ST_UID] += path == str(tmp_path / foreign)
        return os.stat_result(fields)

    monkeypatch.setattr("mothball.repository.paths.os.lstat", answer)
    path = str(tmp_path / "top/sub/requirements.txt")
    assert repository_root(path) == str(tmp_path / "top/sub")


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b/c", "/a/b", True),
        ("/a/bc", "/a/b", False),
        ("/a", "/a/b", False),
        ("/", "/", True),
        ("/a", "/", True),
    ],
)
def test_inside_is_below_and_not_beside(path: str, directory: str, expected: bool) -> None:  # noqa: FBT001 - a case
    as_native = (path.replace("/", os.sep), directory.replace("/", os.sep))
    assert is_inside(*as_native) is expected


def test_links_decide_what_lies_inside(tmp_path: Path) -> None:
    inside = write_tree(tmp_path / "a/b", {"file.txt": "", "sub/x.txt": ""})
    outside = write_tree(tmp_path / "a/bc", {"file.txt": ""})
    (inside / "out.txt").symlink_to(outside / "file.txt")
    (inside / "out").symlink_to(outside)
    (inside / "in.txt").symlink_to("sub/x.txt")
    assert resolves_inside(str(inside / "file.txt"), str(inside))
    assert resolves_inside(str(inside / "in.txt"), str(inside))
    assert not resolves_inside(str(inside / "not-there.txt"), str(inside))
    assert not resolves_inside(str(inside / "out.txt"), str(inside))
    assert not resolves_inside(str(inside / "out" / "file.txt"), str(inside))
    assert not resolves_inside(str(outside / "file.txt"), str(inside))


def test_a_directory_may_itself_be_reached_through_a_link(tmp_path: Path) -> None:
    write_tree(tmp_path / "real", {"file.txt": ""})
    (tmp_path / "link").symlink_to("real")
    assert resolves_inside(str(tmp_path / "link" / "file.txt"), str(tmp_path / "link"))


def test_what_is_written_as_outside_is_not_even_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(os.path, "realpath", looked_at.append)
    assert not resolves_inside("//host/share/requirements.txt", str(tmp_path))
    assert looked_at == []


@pytest.mark.parametrize("name", ["a\0b", "half\ud800", "a/" * MAX_PATH_LENGTH])
def test_what_no_file_can_be_called_lies_nowhere(tmp_path: Path, name: str) -> None:
    path = os.path.join(str(tmp_path), name)
    assert real_path(path) is None
    assert not resolves_inside(path, str(tmp_path))


def test_a_long_chain_of_links_is_refused_like_any_unreadable_file(tmp_path: Path) -> None:
    for number in range(1500):
        os.symlink(f"{number + 1}.txt", tmp_path / f"{number}.txt")
    first = str(tmp_path / "0.txt")
    assert real_path(first) is None
    assert leads_outside(first, str(tmp_path))
    assert refusal(first).cause.startswith("cannot be read (")


def test_a_link_through_what_is_missing_does_not_start_a_chain(tmp_path: Path) -> None:
    # The system stops at what is missing, os.path.realpath would step over it and go on.
    for number in range(1500):
        os.symlink(f"gone/../{number + 1}.txt", tmp_path / f"{number}.txt")
    assert real_path(str(tmp_path / "0.txt")) is None


def test_only_a_link_leads_outside(tmp_path: Path) -> None:
    inside = write_tree(tmp_path / "in", {"file.txt": ""})
    outside = write_tree(tmp_path / "out", {"file.txt": ""})
    (inside / "away.txt").symlink_to(outside / "file.txt")
    (inside / "within.txt").symlink_to("file.txt")
    (inside / "nowhere.txt").symlink_to("gone.txt")
    assert leads_outside(str(inside / "away.txt"), str(inside))
    assert leads_outside(str(inside / "nowhere.txt"), str(inside))
    assert not leads_outside(str(inside / "within.txt"), str(inside))
    assert not leads_outside(str(inside / "file.txt"), str(inside))
    assert not leads_outside(str(outside / "file.txt"), str(inside))


# --- showing ----------------------------------------------------------------------------------------------------------


def test_a_path_below_the_working_directory_is_shown_relative_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"here/sub/x": "", "here-too/x": ""})
    monkeypatch.chdir(tmp_path / "here")
    assert display_path(str(tmp_path / "here" / "sub" / "x")) == "sub/x"
    assert display_path(os.path.join(".", "sub", "..", "x")) == "x"
    assert display_path(str(tmp_path / "here-too" / "x")) == str(tmp_path / "here-too" / "x").replace(os.sep, "/")


@pytest.mark.parametrize(
    ("files", "path", "project"),
    [
        ({"pyproject.toml": ""}, "requirements.txt", ""),
        ({"a/pyproject.toml": ""}, "a/b/requirements.txt", "a"),
        ({"a/Pipfile": "", "pyproject.toml": ""}, "a/Pipfile.lock", "a"),
        ({"a/setup.cfg": "", "a/b/pixi.toml": ""}, "a/b/c/uv.lock", "a/b"),
        ({"a/mothball.toml": ""}, "a/requirements.txt", ""),
        ({}, "a/b/requirements.txt", ""),
    ],
)
def test_a_files_project_is_the_nearest_directory_that_is_one(
    tmp_path: Path, files: dict[str, str], path: str, project: str
) -> None:
    write_tree(tmp_path, files)
    assert project_of(str(tmp_path / path), str(tmp_path)) == str(tmp_path / project).rstrip("/")
