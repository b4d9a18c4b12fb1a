"""Configuration files of pip and uv on all platforms, as documented by them."""

from __future__ import annotations

import os
from pathlib import Path

from mothball.discovery.installer_settings import pip_files, uv_files


def test_pip_on_linux() -> None:
    environment = {"HOME": "/home/u", "VIRTUAL_ENV": "/v"}

    assert list(pip_files(environment, "linux")) == [
        "/etc/xdg/pip/pip.conf",
        "/etc/pip.conf",
        "/home/u/.pip/pip.conf",
        "/home/u/.config/pip/pip.conf",
        "/v/pip.conf",
    ]
    xdg_environment = {"HOME": "/home/u", "XDG_CONFIG_HOME": "/c", "XDG_CONFIG_DIRS": "/x:relative:/y"}
    assert list(pip_files(xdg_environment, "linux")) == [
        "/x/pip/pip.conf",
        "/y/pip/pip.conf",
        "/etc/pip.conf",
        "/home/u/.pip/pip.conf",
        "/c/pip/pip.conf",
    ]


def test_no_user_files_without_home() -> None:
    assert list(pip_files({}, "linux")) == ["/etc/xdg/pip/pip.conf", "/etc/pip.conf"]
    assert "uv.toml" not in [os.path.basename(path) for path in uv_files({"XDG_CONFIG_HOME": "relative"}, "win32")][1:]


def test_pip_on_macos_prefers_library_directory(tmp_path: Path) -> None:
    home = str(tmp_path)
    machine = "/Library/Application Support/pip/pip.conf"
    assert list(pip_files({"HOME": home}, "darwin")) == [
        machine,
        f"{home}/.pip/pip.conf",
        f"{home}/.config/pip/pip.conf",
    ]
    library = tmp_path / "Library" / "Application Support" / "pip"
    library.mkdir(parents=True)
    assert list(pip_files({"HOME": home}, "darwin")) == [machine, f"{home}/.pip/pip.conf", f"{library}/pip.conf"]


def test_pip_on_windows() -> None:
    environment = {"USERPROFILE": "/u", "APPDATA": "/u/roaming", "PROGRAMDATA": "/p", "VIRTUAL_ENV": "/v"}

    assert list(pip_files(environment, "win32")) == [
        "/p/pip/pip.ini",
        "/u/pip/pip.ini",
        "/u/roaming/pip/pip.ini",
        "/v/pip.ini",
    ]


def test_uv_on_linux_and_macos() -> None:
    for platform in ("linux", "darwin"):
        assert next(uv_files({"HOME": "/home/u"}, platform)) == "/home/u/.config/uv/uv.toml"


def test_uv_on_windows(tmp_path: Path) -> None:
    environment = {"APPDATA": "/roaming", "PROGRAMDATA": str(tmp_path)}
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv" / "uv.toml").touch()

    assert list(uv_files(environment, "win32")) == ["/roaming/uv/uv.toml", f"{tmp_path}/uv/uv.toml"]


def test_relative_directories_are_ignored() -> None:
    relative = dict.fromkeys(
        ("HOME", "USERPROFILE", "APPDATA", "PROGRAMDATA", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "VIRTUAL_ENV"), "."
    )

    assert list(pip_files(relative, "linux")) == ["/etc/pip.conf"]
    assert list(pip_files(relative, "darwin")) == ["/Library/Application Support/pip/pip.conf"]
    assert list(pip_files(relative, "win32")) == [os.path.join("C:\\ProgramData", "pip", "pip.ini")]
    assert not [path for path in uv_files(relative, "linux") if not os.path.isabs(path)]
