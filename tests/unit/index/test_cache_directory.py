"""Creation and checks of the cache directory."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from mothball.index.cache import CachedPage, StatusCache, discard, page_key
from mothball.model.errors import CacheError

KEY = page_key("https://index.example/simple/", "lib")
ANSWER = {KEY: CachedPage(None, None, 1.0)}

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no POSIX permissions and owners")
root_only = pytest.mark.skipif(
    sys.platform == "win32" or os.getuid() != 0, reason="only root can change the owner of a directory"
)


def rejection(directory: Path) -> CacheError:
    with pytest.raises(CacheError) as caught:
        StatusCache.open(str(directory))
    return caught.value


def test_directory_with_a_variable_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", str(tmp_path / "elsewhere"))
    assert "its path contains a variable" in str(rejection(tmp_path / "$PLACE"))
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_directories_are_created_for_the_owner_only(tmp_path: Path) -> None:
    cache = StatusCache.open(str(tmp_path / "a" / "cache"))
    cache.put_many(ANSWER)
    cache.close()
    for path in (tmp_path / "a" / "cache", tmp_path / "a" / "cache" / "v2"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_cache_of_another_version_is_unchanged(tmp_path: Path) -> None:
    old_database = tmp_path / "v1" / "cache.db"
    old_database.parent.mkdir()
    old_database.write_text("another version")
    cache = StatusCache.open(str(tmp_path))
    cache.put_many(ANSWER)
    cache.clear()
    cache.close()
    discard(str(tmp_path))
    assert old_database.read_text() == "another version"


@posix_only
@pytest.mark.parametrize("inner", ["", "v2"])
@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
def test_directory_writable_by_others_is_rejected(tmp_path: Path, inner: str, mode: int) -> None:
    directory = tmp_path / "cache"
    (directory / inner).mkdir(parents=True, mode=0o700)
    (directory / inner).chmod(mode)
    error = rejection(directory)
    assert "other users can write to it" in str(error)
    assert "chmod go-w" in error.help


@posix_only
def test_directory_readable_by_others_is_accepted(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    directory.mkdir()
    directory.chmod(0o755)
    StatusCache.open(str(directory)).close()


@pytest.mark.parametrize("inner", ["", "v2"])
def test_symbolic_link_is_rejected(tmp_path: Path, inner: str) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    directory = tmp_path / "cache"
    if inner:
        directory.mkdir(mode=0o700)
    (directory / inner).symlink_to(target)
    assert "it is a symbolic link" in str(rejection(directory))
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("inner", ["", "v2"])
def test_file_instead_of_a_directory_is_rejected(tmp_path: Path, inner: str) -> None:
    directory = tmp_path / "cache"
    if inner:
        directory.mkdir(mode=0o700)
    (directory / inner).write_text("x")
    error = rejection(directory)
    assert "it is not a directory" in str(error)
    assert "MOTHBALL_CACHE_DIR" in error.help


def test_invalid_path_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "Not a directory" in str(rejection(tmp_path / "file" / "cache"))
    assert "null" in str(rejection(tmp_path / "a\0b"))


def test_directory_that_cannot_be_created_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a read-only file system is raised by a patch, because root can write everywhere."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "makedirs", refuse)
    assert "Read-only file system" in str(rejection(tmp_path / "cache"))


@root_only
@pytest.mark.parametrize("inner", ["", "v2", "v2/cache.db", "v2/cache.db-journal"])
def test_files_of_another_user_are_rejected(tmp_path: Path, inner: str) -> None:
    cache = StatusCache.open(str(tmp_path))
    cache.put_many(ANSWER)
    cache.close()
    os.chown(tmp_path / inner, 12345, -1)
    assert "it belongs to another user (uid 12345)" in str(rejection(tmp_path))


def test_inaccessible_files_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    StatusCache.open(str(tmp_path)).close()
    lstat = os.lstat

    def refuse(path: str) -> os.stat_result:
        if path.endswith("cache.db"):
            raise OSError(5, "Input/output error")
        return lstat(path)

    monkeypatch.setattr(os, "lstat", refuse)
    assert "Input/output error" in str(rejection(tmp_path))


def test_damaged_cache_can_be_discarded(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    directory = tmp_path / "cache"
    cache = StatusCache.open(str(directory))
    cache.put_many(ANSWER)
    cache.close()
    (directory / "v2" / "cache.db").write_text("noise")
    (directory / "v2" / "cache.db-wal").symlink_to(outside)
    rejection(directory)
    discard(str(directory))
    discard(str(directory))
    assert outside.read_text() == "precious"
    assert list((directory / "v2").iterdir()) == []
    cache = StatusCache.open(str(directory))
    cache.put_many(ANSWER)
    assert cache.get_many([KEY]) == ANSWER
    cache.close()


def test_failure_to_discard_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "v2" / "cache.db").mkdir(parents=True)
    (tmp_path / "v2").chmod(0o700)
    with pytest.raises(CacheError, match=r"cannot be used: Is a directory|Permission"):
        discard(str(tmp_path))
