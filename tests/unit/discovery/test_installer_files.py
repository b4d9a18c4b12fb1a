"""Where installers keep their configuration, on every system; pip's and uv's own words are in their documentation."""

from __future__ import annotations

import os
from pathlib import Path

from mothball.discovery.installer_files import pip_files, uv_files


def test_pip_on_linux() -> None:
    environment = {"HOME": "/home/u", "VIRTUAL_ENV": "/v"}

    assert list(pip_files(environment, "linux")) == [
        "/etc/xdg/pip/pip.conf",
        "/etc/pip.conf",
        "/home/u/.pip/pip.conf",
        "/home/u/.config/pip/pip.conf",
        "/v/pip.conf",
    ]
    elsewhere = {"HOME": "/home/u", "XDG_CONFIG_HOME": "/c", "XDG_CONFIG_DIRS": "/x:relative:/y"}
    assert list(pip_files(elsewhere, "linux")) == [
        "/x/pip/pip.conf",
        "/y/pip/pip.conf",
        "/etc/pip.conf",
        "/home/u/.pip/pip.conf",
        "/c/pip/pip.conf",
    ]


def test_without_a_home_there_are_no_files_of_a_user() -> None:
    assert list(pip_files({}, "linux")) == ["/etc/xdg/pip/pip.conf", "/etc/pip.conf"]
    assert "uv.toml" not in [os.path.basename(path) for path in uv_files({"XDG_CONFIG_HOME": "relative"}, "win32")][1:]


def test_pip_on_macos_prefers_its_folder_in_the_library_where_it_is_there(tmp_path: Path) -> None:
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


def test_a_relative_directory_is_no_place_of_the_user() -> None:
    relative = dict.fromkeys(
        ("HOME", "USERPROFILE", "APPDATA", "PROGRAMDATA", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "VIRTUAL_ENV"), "."
    )

    assert list(pip_files(relative, "linux")) == ["/etc/pip.conf"]
    assert list(pip_files(relative, "darwin")) == ["/Library/Application Support/pip/pip.conf"]
    assert list(pip_files(relative, "win32")) == [os.path.join("C:\\ProgramData", "pip", "pip.ini")]
    assert not [one for one in uv_files(relative, "linux") if not os.path.isabs(one)]
