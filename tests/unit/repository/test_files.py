"""Reading files, resolving paths inside a directory, and repository roots."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from mothball.model.errors import UnreadableFileError
from mothball.repository.files import DISK, MAX_PATH_LENGTH, display_path, project_of, read_file, resolves_inside
from mothball.repository.paths import decoded, is_inside, repository_root
from tests.support.trees import is_below_a_repository, repository, write_tree


def read_error(path: str | Path) -> UnreadableFileError:
    with pytest.raises(UnreadableFileError) as caught:
        DISK.read_utf8(str(path))
    return caught.value


def test_names_that_are_not_utf8_are_decoded_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on Windows, where the error handler is another one.
    monkeypatch.setattr(os, "fsdecode", lambda name: name.decode("utf-8", "surrogatepass"))
    assert decoded(b"\xc3\xbc.txt") == "\u00fc.txt"
    assert decoded(b"\xfc.txt") == "\udcfc.txt"


# --- reading ----------------------------------------------------------------------------------------------------------


def test_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"\x00\xff\r\n")
    assert read_file(str(path)) == b"\x00\xff\r\n"


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_bytes(b"flask\n")
    (tmp_path / "link.txt").symlink_to("base.txt")
    assert read_file(str(tmp_path / "link.txt")) == b"flask\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    assert read_error(tmp_path / "requirements.txt").cause == "not a regular file"


def test_device_is_rejected() -> None:
    assert read_error(os.devnull).cause == "not a regular file"


def test_missing_file_is_reported_with_path(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.txt")
    assert str(read_error(path)) == f"{path}: no such file"


@pytest.mark.parametrize("name", ["no\0name.txt", "half\ud800.txt"])
def test_invalid_file_name_is_reported(tmp_path: Path, name: str) -> None:
    assert read_error(tmp_path / name).cause == "invalid file name"


def test_circular_links_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("b.txt")
    (tmp_path / "b.txt").symlink_to("a.txt")
    assert read_error(tmp_path / "a.txt").cause.startswith("cannot be read (")


def test_permission_denied_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions do not apply to root, who runs the tests in containers.
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    assert read_error(tmp_path / "requirements.txt").cause == "permission denied"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not open directories at all")
def test_directory_is_rejected_and_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real_open = os.open

    def remember(path: str, flags: int) -> int:
        opened.append(real_open(path, flags))
        return opened[-1]

    monkeypatch.setattr(os, "open", remember)
    assert read_error(tmp_path).cause == "is a directory"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


def test_read_error_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"flask\n")

    def fail(descriptor: int) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", fail)
        error = read_error(path)
    assert error.cause == "cannot be read (Input/output error)"


def test_size_limit(tmp_path: Path) -> None:
    limit = 1024 * 1024
    path = tmp_path / "requirements.txt"
    path.write_bytes(b"#" * limit)
    assert len(read_file(str(path), limit)) == limit
    path.write_bytes(b"#" * (limit + 1))
    with pytest.raises(UnreadableFileError, match="larger than 1 MiB"):
        read_file(str(path), limit)


def test_byte_order_mark_is_removed_and_line_endings_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "mothball.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = '\xc3\xa9'\n")
    assert DISK.read_utf8(str(path)) == "a = 1\r\nb = 'é'\n"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_decoding_error_has_line_and_byte_offset(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "mothball.toml"
    content = mark + "# gut\n# schön\n".encode("latin-1")
    path.write_bytes(content)
    error = read_error(path)
    assert error.cause == f"not valid UTF-8 (line 2, byte {content.index(0xF6)})"
    assert error.help == "save it as UTF-8"


# --- repository root -------------------------------------------------------------------------------------------------


def test_repository_root_is_nearest_directory_with_git(tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer", {"requirements.txt": "", "sub/deep/requirements.txt": ""})
    inner = repository(outer / "inner", {"requirements.txt": ""})
    assert repository_root(str(outer / "sub/deep/requirements.txt")) == str(outer)
    assert repository_root(str(outer / "sub")) == str(outer)
    assert repository_root(str(outer)) == str(outer)
    assert repository_root(str(inner / "requirements.txt")) == str(inner)


def test_repository_root_of_worktree(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {".git": "gitdir: elsewhere\n", "sub/requirements.txt": ""})
    assert repository_root(str(tree / "sub/requirements.txt")) == str(tree)


def test_repository_root_of_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository(tmp_path, {"sub/x": ""}) / "sub")
    assert repository_root("requirements.txt") == str(tmp_path)


def test_root_outside_repository_is_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_below_a_repository(tmp_path):
        pytest.skip("the temporary directory is inside a repository")
    write_tree(tmp_path, {"here/sub/requirements.txt": "", "there/sub/requirements.txt": ""})
    monkeypatch.chdir(tmp_path / "here")
    assert repository_root("sub/requirements.txt") == str(tmp_path / "here")
    assert repository_root(".") == str(tmp_path / "here")
    assert repository_root("../there/sub/requirements.txt") == str(tmp_path / "there" / "sub")
    assert repository_root("../there") == str(tmp_path / "there")


_CONFIGURATION = "[tool.mothball]\noffline = true\n"


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"top/mothball.toml": ""}, "top"),
        ({"top/pyproject.toml": _CONFIGURATION}, "top"),
        ({"top/pyproject.toml": "[project]\n"}, "top"),
        ({"top/pyproject.toml": _CONFIGURATION, "top/app/pyproject.toml": "[project]\n"}, "top"),
        ({"top/pyproject.toml": "[project]\n", "top/app/pyproject.toml": "[project]\n"}, "top/app"),
        ({"top/pyproject.toml": _CONFIGURATION, "top/app/mothball.toml": ""}, "top/app"),
        ({"top/setup.py": ""}, "top/app/requirements"),
    ],
)
def test_root_outside_repository_is_the_enclosing_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], root: str
) -> None:
    if is_below_a_repository(tmp_path):
        pytest.skip("the temporary directory is inside a repository")
    write_tree(tmp_path, {"top/app/requirements/worker.txt": "", "elsewhere/x": "", **files})
    expected = str(tmp_path / root)
    path = str(tmp_path / "top/app/requirements/worker.txt")
    monkeypatch.chdir(tmp_path / "top/app/requirements")
    assert repository_root("worker.txt") == expected
    assert repository_root(path, os.path.dirname(path)) == expected
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert repository_root(path) == expected


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX file owners")
@pytest.mark.parametrize("foreign_path", ["top", "top/pyproject.toml"])
def test_files_of_other_users_are_not_used_as_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign_path: str
) -> None:
    if is_below_a_repository(tmp_path):
        pytest.skip("the temporary directory is inside a repository")
    write_tree(tmp_path, {"top/pyproject.toml": _CONFIGURATION, "top/sub/requirements.txt": ""})
    lstat = os.lstat

    def foreign_lstat(path: str) -> os.stat_result:
        status = lstat(path)
        fields = list(status)
        fields[stat.ST_UID] += path == str(tmp_path / foreign_path)
        return os.stat_result(fields)

    monkeypatch.setattr("mothball.repository.paths.os.lstat", foreign_lstat)
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
def test_is_inside(path: str, directory: str, expected: bool) -> None:  # noqa: FBT001 - a case
    native = (path.replace("/", os.sep), directory.replace("/", os.sep))
    assert is_inside(*native) is expected


def test_resolves_inside_follows_links(tmp_path: Path) -> None:
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


def test_resolves_inside_linked_directory(tmp_path: Path) -> None:
    write_tree(tmp_path / "real", {"file.txt": ""})
    (tmp_path / "link").symlink_to("real")
    assert resolves_inside(str(tmp_path / "link" / "file.txt"), str(tmp_path / "link"))


def test_path_written_as_outside_is_not_accessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accessed: list[str] = []
    monkeypatch.setattr(os.path, "realpath", accessed.append)
    assert not resolves_inside("//host/share/requirements.txt", str(tmp_path))
    assert accessed == []


@pytest.mark.parametrize("name", ["a\0b", "half\ud800", "a/" * MAX_PATH_LENGTH])
def test_invalid_name_does_not_resolve_inside(tmp_path: Path, name: str) -> None:
    path = os.path.join(str(tmp_path), name)
    assert DISK.real_path(path) is None
    assert not resolves_inside(path, str(tmp_path))


def test_long_chain_of_links_is_rejected(tmp_path: Path) -> None:
    for number in range(1500):
        os.symlink(f"{number + 1}.txt", tmp_path / f"{number}.txt")
    first = str(tmp_path / "0.txt")
    assert DISK.real_path(first) is None
    assert DISK.leads_outside(first, str(tmp_path))
    assert read_error(first).cause.startswith("cannot be read (")


def test_link_through_missing_directory_is_not_followed(tmp_path: Path) -> None:
    # The system stops at a missing component; os.path.realpath would skip it and continue.
    for number in range(1500):
        os.symlink(f"gone/../{number + 1}.txt", tmp_path / f"{number}.txt")
    assert DISK.real_path(str(tmp_path / "0.txt")) is None


def test_only_links_lead_outside(tmp_path: Path) -> None:
    inside = write_tree(tmp_path / "in", {"file.txt": ""})
    outside = write_tree(tmp_path / "out", {"file.txt": ""})
    (inside / "away.txt").symlink_to(outside / "file.txt")
    (inside / "within.txt").symlink_to("file.txt")
    (inside / "nowhere.txt").symlink_to("gone.txt")
    assert DISK.leads_outside(str(inside / "away.txt"), str(inside))
    assert DISK.leads_outside(str(inside / "nowhere.txt"), str(inside))
    assert not DISK.leads_outside(str(inside / "within.txt"), str(inside))
    assert not DISK.leads_outside(str(inside / "file.txt"), str(inside))
    assert not DISK.leads_outside(str(outside / "file.txt"), str(inside))


# --- display ----------------------------------------------------------------------------------------------------------


def test_path_below_working_directory_is_displayed_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_project_is_nearest_directory_with_project_file(
    tmp_path: Path, files: dict[str, str], path: str, project: str
) -> None:
    write_tree(tmp_path, files)
    assert project_of(str(tmp_path / path), str(tmp_path)) == str(tmp_path / project).rstrip("/")
