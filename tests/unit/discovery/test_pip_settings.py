"""What pip is told, held against pip's own reading of the same files and variables."""

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
from mothball.discovery import installer_files as places
from mothball.discovery.installer_settings import read_installers
from mothball.discovery.pip_settings import read_pip
from mothball.model.errors import UnreadableFileError

HOME, OTHER, MORE = (f"https://{name}.example/simple" for name in ("home", "other", "more"))
LEVELS = ("xdg/pip", "etc", "home/.pip", "home/.config/pip", "venv")


class Machine(NamedTuple):
    """A machine with all the places where pip looks."""

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

    def ours(self, **variables: str) -> tuple[str, list[str], bool]:
        told = read_pip({**self.environment, **variables}, "linux")
        return told.default.url if told.default else "", [one.url for one in told.extra], bool(told.no_index)

    def pips(self, **variables: str) -> tuple[str, list[str], bool]:
        """Return what pip itself makes of it."""
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
    with mock.patch.object(places, "_ETC", str(tmp_path / "etc")):
        yield Machine(tmp_path)


@pytest.mark.parametrize(
    ("files", "variables"),
    [
        ({}, {}),
        *(({level: f"[global]\nindex-url = {HOME}\n"}, {}) for level in LEVELS),
        *(
            ({lower: f"[global]\nindex-url = {HOME}\n", higher: f"[global]\nindex-url = {OTHER}\n"}, {})
            for lower, higher in itertools.pairwise(LEVELS)
        ),
        ({"etc": f"[install]\nindex-url = {HOME}\n", "venv": f"[global]\nindex-url = {OTHER}\n"}, {}),
        ({"etc": f"[download]\nindex-url = {HOME}\n"}, {}),
        ({"etc": f"[global]\nINDEX_URL: {HOME}\n--extra-index-url = {OTHER}\n"}, {}),
        ({"etc": f"[global]\nextra-index-url =\n    {HOME}\n\n    {OTHER}  {MORE}\n"}, {}),
        ({"etc": f"[global]\nextra-index-url = {HOME}\n"}, {"PIP_EXTRA_INDEX_URL": f"{OTHER}  {MORE}"}),
        ({"etc": f"[global]\npypi-url = {HOME}\n"}, {}),
        ({"etc": f"[global]\nindex-url = {HOME}\npypi-url = {MORE}\n"}, {}),
        ({"etc": f"[global]\npypi-url = {MORE}\nindex-url = {HOME}\n"}, {}),
        ({"etc": f"[global]\nindex-url = {HOME}\n"}, {"PIP_INDEX_URL": OTHER}),
        ({"etc": f"[global]\nindex-url = {HOME}\n"}, {"PIP_INDEX_URL": ""}),
        ({"etc": f"[global]\nindex-url = {HOME}\n", "venv": "[global]\nindex-url =\n"}, {}),
        ({"etc": f"[global]\nindex-url = {HOME}\n"}, {"PIP_CONFIG_FILE": os.devnull}),
        ({"etc": f"[global]\nindex-url = {HOME}  ; note\n"}, {}),
        ({"etc": f"[global]\n# index-url = {HOME}\n; index-url = {OTHER}\n"}, {}),
        ({"etc": "[global]\nno-index = true\n"}, {}),
        ({"etc": "[global]\nno_index = off\n"}, {}),
        ({}, {"PIP_NO_INDEX": "1"}),
        ({"etc": "[global]\nno-index = yes\n"}, {"PIP_NO_INDEX": "0"}),
    ],
)
def test_pip_is_told_what_pip_itself_reads(
    machine: Machine, files: Mapping[str, str], variables: dict[str, str]
) -> None:
    for level, text in files.items():
        machine.write(level, text)
    assert machine.ours(**variables) == machine.pips(**variables)


def test_a_chosen_file_stands_in_for_the_users_own(machine: Machine) -> None:
    machine.write("home/.config/pip", f"[global]\nindex-url = {HOME}\n")
    machine.write("etc", f"[global]\nextra-index-url = {MORE}\n")
    chosen = machine.write("elsewhere", f"[global]\nextra-index-url = {OTHER}\n", "mine.conf")

    assert (
        machine.ours(PIP_CONFIG_FILE=str(chosen)) == machine.pips(PIP_CONFIG_FILE=str(chosen)) == ("", [OTHER], False)
    )
    gone = str(machine.root / "gone.conf")
    assert machine.ours(PIP_CONFIG_FILE=gone) == machine.pips(PIP_CONFIG_FILE=gone) == (HOME, [MORE], False)


SETTINGS = st.builds(
    "{}{}{}\n".format,
    st.sampled_from(["index-url", "index_url", "Index-URL", "extra-index-url", "no-index", "timeout", "pypi_url"]),
    st.sampled_from(["=", " = ", ": "]),
    st.sampled_from([HOME, OTHER, f"{HOME} {MORE}", "", "1"]),
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
def test_whatever_files_and_variables_there_are_pip_is_told_the_same(
    machine: Machine, files: Mapping[str, list[tuple[str, list[str]]]], variables: dict[str, str]
) -> None:
    machine.clear()
    for level, sections in files.items():
        machine.write(level, "".join(f"[{name}]\n{''.join(lines)}" for name, lines in sections))
    try:
        pips = machine.pips(**variables)
    except (Exception, SystemExit):  # noqa: BLE001 - whatever pip refuses a file with
        return
    assert machine.ours(**variables) == pips


# --- who said it, and what nobody can read ----------------------------------------------------------------------------


def test_each_setting_tells_where_it_was_made(machine: Machine) -> None:
    path = machine.write("etc", f"# ours\n[global]\nindex-url = {HOME}\nextra-index-url =\n  {OTHER}\n  {MORE}\n")

    told = read_pip({**machine.environment, "PIP_NO_INDEX": "yes"}, "linux")

    assert told.default is not None
    assert told.default.set_by == f"`index-url` in {path}:3"
    assert [one.set_by for one in told.extra] == [f"`extra-index-url` in {path}:4"] * 2
    assert told.no_index == "PIP_NO_INDEX"


@pytest.mark.parametrize(
    "text", ["index-url = x\n", "[global\nindex-url = x\n", "[global]\nindex-url\n", "[global]\na = 1\na = 2\n"]
)
def test_a_file_that_pip_refuses_is_refused_with_its_line(machine: Machine, text: str) -> None:
    path = machine.write("venv", text)

    with pytest.raises(UnreadableFileError, match=r"pip\.conf: pip's configuration cannot be used: line \d") as error:
        machine.ours()
    assert error.value.path == str(path)
    with pytest.raises((Exception, SystemExit)):
        machine.pips()


def test_a_file_that_may_not_be_opened_is_passed_over_as_pip_does(machine: Machine) -> None:
    machine.write("etc", f"[global]\nindex-url = {HOME}\n")
    with mock.patch("os.open", side_effect=PermissionError(13, "denied")):
        assert machine.ours() == ("", [], False)


def test_a_file_that_is_no_text_is_refused(machine: Machine) -> None:
    machine.write("etc", "").write_bytes(b"[global]\nindex-url = \xff\n")
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        machine.ours()


# --- configuration that a repository holds ----------------------------------------------------------------------------


@pytest.mark.parametrize("marker", [".git", ""])
def test_a_pip_conf_in_an_environment_inside_the_repository_routes_and_vouches_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    if marker:
        (tmp_path / marker).mkdir()
        monkeypatch.chdir("/")
    else:
        monkeypatch.chdir(tmp_path)
    venv = tmp_path / ".venv"
    venv.mkdir()
    (venv / "pip.conf").write_text(f"[global]\nindex-url = {HOME}\nextra-index-url = {OTHER}\n", encoding="utf-8")

    told = read_installers({"VIRTUAL_ENV": str(venv), "PIP_EXTRA_INDEX_URL": MORE}, "linux")

    assert told.pip.default is not None
    assert (told.pip.default.url, told.pip.default.is_user_setting) == (HOME, False)
    assert [one.url for one in told.index_urls] == [MORE]
    outside = read_installers({"VIRTUAL_ENV": str(venv)}, "linux")
    assert ([one.url for one in outside.pip.extra], outside.index_urls) == ([OTHER], ())


def test_what_an_environment_elsewhere_links_to_in_a_repository_is_no_word_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "pip.conf").write_text(f"[global]\nindex-url = {HOME}\n", encoding="utf-8")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pip.conf").symlink_to(repository / "pip.conf")

    assert read_installers({"VIRTUAL_ENV": str(tmp_path / "venv")}, "linux").index_urls == ()


@pytest.mark.parametrize("variable", ["PIP_CONFIG_FILE", "UV_CONFIG_FILE"])
def test_a_chosen_file_with_a_relative_path_routes_and_vouches_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chosen").write_text(
        f"[global]\nindex-url = {HOME}\n" if variable[0] == "P" else f'index-url = "{HOME}"\n', encoding="utf-8"
    )

    relative, absolute = (read_installers({variable: one}, "linux") for one in ("chosen", str(tmp_path / "chosen")))

    named = relative.pip.default or relative.uv.file_default
    assert named is not None
    assert (named.url, relative.index_urls) == (HOME, ())
    assert [one.url for one in absolute.index_urls] == [HOME]
