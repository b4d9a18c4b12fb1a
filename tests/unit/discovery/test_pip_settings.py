"""pip's settings, compared with pip's own parser."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pip._internal.commands import create_command
from pip._internal.utils import appdirs

from mothball.config.project import DEFAULT_INDEX
from mothball.discovery.installer_settings import read_installers, read_pip
from mothball.model.errors import UnreadableFileError

ACME, OTHER, MORE = (f"https://{name}.example/simple" for name in ("acme", "other", "more"))
LEVELS = ("xdg/pip", "etc", "home/.pip", "home/.config/pip", "venv")


class Machine(NamedTuple):
    """Directories for all configuration files of pip."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.root / "home"),
            "XDG_CONFIG_DIRS": str(self.root / "xdg"),
            "VIRTUAL_ENV": str(self.root / "venv"),
        }

    def write(self, level: str, text: str, name: str = "pip.conf") -> Path:
        path = self.root / level / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def clear(self) -> None:
        for path in self.root.rglob("*.conf"):
            path.unlink()

    def read_with_mothball(self, **variables: str) -> tuple[str, list[str], bool]:
        result = read_pip({**self.environment, **variables}, "linux")
        return (
            result.default.url if result.default else "",
            [index.url for index in result.extra],
            bool(result.no_index),
        )

    def read_with_pip(self, **variables: str) -> tuple[str, list[str], bool]:
        """Return the settings that pip itself reads."""
        with (
            mock.patch.dict(os.environ, {**self.environment, **variables}, clear=True),
            mock.patch.object(sys, "prefix", str(self.root / "venv")),
            mock.patch.object(
                appdirs, "site_config_dirs", lambda name: [str(self.root / "xdg" / name), str(self.root / "etc")]
            ),
        ):
            options, _ = create_command("install").parse_args([])
        default = DEFAULT_INDEX.rstrip("/")
        return (
            "" if options.index_url == default else options.index_url,
            list(options.extra_index_urls),
            bool(options.no_index),
        )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with mock.patch("mothball.discovery.installer_settings._ETC", str(tmp_path / "etc")):
        yield Machine(tmp_path)


@pytest.mark.parametrize(
    ("files", "variables"),
    [
        ({}, {}),
        *(({level: f"[global]\nindex-url = {ACME}\n"}, {}) for level in LEVELS),
        *(
            ({lower: f"[global]\nindex-url = {ACME}\n", higher: f"[global]\nindex-url = {OTHER}\n"}, {})
            for lower, higher in itertools.pairwise(LEVELS)
        ),
        ({"etc": f"[install]\nindex-url = {ACME}\n", "venv": f"[global]\nindex-url = {OTHER}\n"}, {}),
        ({"etc": f"[download]\nindex-url = {ACME}\n"}, {}),
        ({"etc": f"[global]\nINDEX_URL: {ACME}\n--extra-index-url = {OTHER}\n"}, {}),
        ({"etc": f"[global]\nextra-index-url =\n    {ACME}\n\n    {OTHER}  {MORE}\n"}, {}),
        ({"etc": f"[global]\nextra-index-url = {ACME}\n"}, {"PIP_EXTRA_INDEX_URL": f"{OTHER}  {MORE}"}),
        ({"etc": f"[global]\npypi-url = {ACME}\n"}, {}),
        ({"etc": f"[global]\nindex-url = {ACME}\npypi-url = {MORE}\n"}, {}),
        ({"etc": f"[global]\npypi-url = {MORE}\nindex-url = {ACME}\n"}, {}),
        ({"etc": f"[global]\nindex-url = {ACME}\n"}, {"PIP_INDEX_URL": OTHER}),
        ({"etc": f"[global]\nindex-url = {ACME}\n"}, {"PIP_INDEX_URL": ""}),
        ({"etc": f"[global]\nindex-url = {ACME}\n", "venv": "[global]\nindex-url =\n"}, {}),
        ({"etc": f"[global]\nindex-url = {ACME}\n"}, {"PIP_CONFIG_FILE": os.devnull}),
        ({"etc": f"[global]\nindex-url = {ACME}  ; note\n"}, {}),
        ({"etc": f"[global]\n# index-url = {ACME}\n; index-url = {OTHER}\n"}, {}),
        ({"etc": "[global]\nno-index = true\n"}, {}),
        ({"etc": "[global]\nno_index = off\n"}, {}),
        ({}, {"PIP_NO_INDEX": "1"}),
        ({"etc": "[global]\nno-index = yes\n"}, {"PIP_NO_INDEX": "0"}),
    ],
)
def test_settings_equal_those_that_pip_reads(
    machine: Machine, files: Mapping[str, str], variables: dict[str, str]
) -> None:
    for level, text in files.items():
        machine.write(level, text)
    assert machine.read_with_mothball(**variables) == machine.read_with_pip(**variables)


def test_pip_config_file_replaces_user_file(machine: Machine) -> None:
    machine.write("home/.config/pip", f"[global]\nindex-url = {ACME}\n")
    machine.write("etc", f"[global]\nextra-index-url = {MORE}\n")
    chosen = machine.write("elsewhere", f"[global]\nextra-index-url = {OTHER}\n", "mine.conf")

    assert (
        machine.read_with_mothball(PIP_CONFIG_FILE=str(chosen))
        == machine.read_with_pip(PIP_CONFIG_FILE=str(chosen))
        == ("", [OTHER], False)
    )
    missing = str(machine.root / "gone.conf")
    assert (
        machine.read_with_mothball(PIP_CONFIG_FILE=missing)
        == machine.read_with_pip(PIP_CONFIG_FILE=missing)
        == (ACME, [MORE], False)
    )


SETTINGS = st.builds(
    "{}{}{}\n".format,
    st.sampled_from(["index-url", "index_url", "Index-URL", "extra-index-url", "no-index", "timeout", "pypi_url"]),
    st.sampled_from(["=", " = ", ": "]),
    st.sampled_from([ACME, OTHER, f"{ACME} {MORE}", "", "1"]),
)
FILES = st.dictionaries(
    st.sampled_from(LEVELS),
    st.lists(
        st.tuples(st.sampled_from(["global", "install", "list"]), st.lists(SETTINGS, max_size=2)),
        max_size=2,
        unique_by=lambda section: section[0],
    ),
    max_size=3,
)


@given(FILES, st.dictionaries(st.sampled_from(["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"]), st.sampled_from(["", MORE])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_settings_equal_those_that_pip_reads(
    machine: Machine, files: Mapping[str, list[tuple[str, list[str]]]], variables: dict[str, str]
) -> None:
    machine.clear()
    for level, sections in files.items():
        machine.write(level, "".join(f"[{name}]\n{''.join(lines)}" for name, lines in sections))
    try:
        read_with_pip = machine.read_with_pip(**variables)
    except (Exception, SystemExit):  # noqa: BLE001 - any error with which pip rejects a file
        return
    assert machine.read_with_mothball(**variables) == read_with_pip


# --- sources, and invalid files --------------------------------------------------------------------------------------


def test_settings_have_their_source(machine: Machine) -> None:
    path = machine.write("etc", f"# note\n[global]\nindex-url = {ACME}\nextra-index-url =\n  {OTHER}\n  {MORE}\n")

    result = read_pip({**machine.environment, "PIP_NO_INDEX": "yes"}, "linux")

    assert result.default is not None
    assert result.default.set_by == f"`index-url` in {path}:3"
    assert [index.set_by for index in result.extra] == [f"`extra-index-url` in {path}:4"] * 2
    assert result.no_index == "PIP_NO_INDEX"


@pytest.mark.parametrize(
    "text", ["index-url = x\n", "[global\nindex-url = x\n", "[global]\nindex-url\n", "[global]\na = 1\na = 2\n"]
)
def test_invalid_file_is_rejected_with_line(machine: Machine, text: str) -> None:
    path = machine.write("venv", text)

    with pytest.raises(UnreadableFileError, match=r"pip\.conf: pip configuration cannot be used: line \d") as error:
        machine.read_with_mothball()
    assert error.value.path == str(path)
    with pytest.raises((Exception, SystemExit)):
        machine.read_with_pip()


def test_file_without_read_permission_is_ignored(machine: Machine) -> None:
    machine.write("etc", f"[global]\nindex-url = {ACME}\n")
    with mock.patch("os.open", side_effect=PermissionError(13, "denied")):
        assert machine.read_with_mothball() == ("", [], False)


def test_undecodable_file_is_rejected(machine: Machine) -> None:
    machine.write("etc", "").write_bytes(b"[global]\nindex-url = \xff\n")
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        machine.read_with_mothball()


# --- configuration inside a repository --------------------------------------------------------------------------------


@pytest.mark.parametrize("marker", [".git", ""])
def test_pip_conf_in_repository_sets_index_without_user_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    if marker:
        (tmp_path / marker).mkdir()
        monkeypatch.chdir("/")
    else:
        monkeypatch.chdir(tmp_path)
    venv = tmp_path / ".venv"
    venv.mkdir()
    (venv / "pip.conf").write_text(f"[global]\nindex-url = {ACME}\nextra-index-url = {OTHER}\n", encoding="utf-8")

    result = read_installers({"VIRTUAL_ENV": str(venv), "PIP_EXTRA_INDEX_URL": MORE}, "linux")

    assert result.pip.default is not None
    assert (result.pip.default.url, result.pip.default.is_user_setting) == (ACME, False)
    assert [index.url for index in result.index_urls] == [MORE]
    unrelated = read_installers({"VIRTUAL_ENV": str(venv)}, "linux")
    assert ([index.url for index in unrelated.pip.extra], unrelated.index_urls) == ([OTHER], ())


def test_link_into_repository_is_no_user_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "pip.conf").write_text(f"[global]\nindex-url = {ACME}\n", encoding="utf-8")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pip.conf").symlink_to(repository / "pip.conf")

    assert read_installers({"VIRTUAL_ENV": str(tmp_path / "venv")}, "linux").index_urls == ()


@pytest.mark.parametrize("variable", ["PIP_CONFIG_FILE", "UV_CONFIG_FILE"])
def test_relative_config_file_sets_index_without_user_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chosen").write_text(
        f"[global]\nindex-url = {ACME}\n" if variable[0] == "P" else f'index-url = "{ACME}"\n', encoding="utf-8"
    )

    relative, absolute = (read_installers({variable: index}, "linux") for index in ("chosen", str(tmp_path / "chosen")))

    setting = relative.pip.default or relative.uv.file_default
    assert setting is not None
    assert (setting.url, relative.index_urls) == (ACME, ())
    assert [index.url for index in absolute.index_urls] == [ACME]
