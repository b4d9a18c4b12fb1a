from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Mapping

import platformdirs
import pytest
from packaging.version import Version

from mothball.config.user_settings import cache_directory, user_config_file

VARIABLES = ("MOTHBALL_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME", "ANDROID_ROOT", "ANDROID_DATA")
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "home": {"HOME": "/home/user"},
    "home with a slash": {"HOME": "/home/user/"},
    "root as home": {"HOME": "/"},
    "xdg": {"HOME": "/home/user", "XDG_CACHE_HOME": "/fast/cache", "XDG_CONFIG_HOME": "/etc/mine"},
    "xdg with a slash": {"HOME": "/home/user", "XDG_CACHE_HOME": "/fast/", "XDG_CONFIG_HOME": "/mine/"},
    "xdg with spaces": {"HOME": "/home/user", "XDG_CACHE_HOME": "/fast cache", "XDG_CONFIG_HOME": "/my own"},
    "xdg after a space": {"HOME": "/home/user", "XDG_CACHE_HOME": " /fast", "XDG_CONFIG_HOME": " /mine"},
    "empty xdg": {"HOME": "/home/user", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""},
    "relative xdg": {"HOME": "/home/user", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "./config"},
    "tilde in xdg": {"HOME": "/home/user", "XDG_CACHE_HOME": "~/cache", "XDG_CONFIG_HOME": "~/config"},
    "no home": {},
    "empty home": {"HOME": ""},
    "relative home": {"HOME": "somewhere"},
}
# Before 4.14.3, platformdirs followed the specification less strictly.
CHANGED = {"relative home", "xdg after a space"} if Version(platformdirs.__version__) < Version("4.14.3") else set()
COMPARED = {name: environment for name, environment in ENVIRONMENTS.items() if name not in CHANGED}


def use(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the rules of XDG are written out for Linux")
@pytest.mark.parametrize("environment", COMPARED.values(), ids=COMPARED.keys())
def test_directories_on_linux_agree_with_platformdirs(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, environment)
    assert cache_directory() == platformdirs.user_cache_dir("mothball", appauthor=False)
    assert user_config_file() == os.path.join(platformdirs.user_config_dir("mothball", appauthor=False), "config.toml")


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_cache_directory_variable_takes_precedence(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, {**environment, "MOTHBALL_CACHE_DIR": "/chosen"})
    assert cache_directory() == os.path.abspath("/chosen")
    assert "chosen" not in user_config_file()


def test_relative_cache_directory_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {"HOME": "/home/user", "MOTHBALL_CACHE_DIR": "cache"})
    assert cache_directory() == os.path.abspath("cache")


def test_empty_cache_directory_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {"HOME": "/home/user", "MOTHBALL_CACHE_DIR": ""})
    assert cache_directory() == "/home/user/.cache/mothball"


def test_directories_are_absolute_without_home_and_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_account(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    use(monkeypatch, {})
    monkeypatch.setattr(pwd, "getpwuid", no_account)
    assert cache_directory() == "/.cache/mothball"
    assert user_config_file() == "/.config/mothball/config.toml"


@pytest.mark.parametrize(
    ("platform", "environment"),
    [("darwin", {}), ("win32", {}), ("sunos5", {}), ("linux", {"ANDROID_ROOT": "/system"})],
)
def test_other_platforms_use_platformdirs(
    platform: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def recorder(kind: str) -> object:
        def directory(name: str, *, appauthor: bool) -> str:
            calls.append((kind, name, appauthor))
            return f"/{kind}"

        return directory

    use(monkeypatch, {"HOME": "/home/user", **environment})
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(platformdirs, "user_cache_dir", recorder("cache"))
    monkeypatch.setattr(platformdirs, "user_config_dir", recorder("config"))
    assert cache_directory() == "/cache"
    assert user_config_file() == os.path.join("/config", "config.toml")
    assert calls == [("cache", "mothball", False), ("config", "mothball", False)]


@pytest.mark.parametrize("platform", ["linux", "freebsd14", "openbsd7", "netbsd10"])
def test_xdg_directories_are_used_on_linux_and_bsd(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {"HOME": "/home/user"})
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_directory() == "/home/user/.cache/mothball"
    assert user_config_file() == "/home/user/.config/mothball/config.toml"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere platformdirs is needed")
def test_platformdirs_is_not_imported_on_linux() -> None:
    code = (
        "import sys; from mothball.config.user_settings import cache_directory, user_config_file; "
        "cache_directory(); user_config_file(); sys.exit('platformdirs' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
