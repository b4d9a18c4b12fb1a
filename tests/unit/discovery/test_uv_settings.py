"""What uv is told outside of projects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from mothball.config.installers import NO_SETTINGS, UserIndex, UvSettings
from mothball.discovery import installer_files as places
from mothball.discovery.installer_settings import read_installers
from mothball.discovery.uv_settings import read_uv
from mothball.model.errors import UnreadableFileError

A, B, C = (f"https://{letter}.example/simple/" for letter in "abc")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    with mock.patch.object(places, "_ETC", str(tmp_path / "etc")):
        yield tmp_path


def environment(machine: Path, **variables: str) -> dict[str, str]:
    return {"HOME": str(machine / "home"), "XDG_CONFIG_DIRS": str(machine / "xdg"), **variables}


def write(machine: Path, place: str, text: str) -> Path:
    path = machine / place / "uv.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_variables_name_indexes_with_their_names(machine: Path) -> None:
    told = read_uv(
        environment(
            machine,
            UV_DEFAULT_INDEX=f"main={A}",
            UV_INDEX=f"acme={B}  {C}?x=y",
            UV_EXTRA_INDEX_URL=f"{B} {C}",
            UV_INDEX_URL=C,
        ),
        "linux",
    )

    assert told == UvSettings(
        UserIndex(A, "UV_DEFAULT_INDEX", "main"),
        (UserIndex(B, "UV_INDEX", "acme"), UserIndex(f"{C}?x=y", "UV_INDEX")),
        (UserIndex(B, "UV_EXTRA_INDEX_URL"), UserIndex(C, "UV_EXTRA_INDEX_URL")),
    )


def test_the_older_variable_counts_where_the_newer_one_is_not_set(machine: Path) -> None:
    assert read_uv(environment(machine, UV_INDEX_URL=C, UV_DEFAULT_INDEX=""), "linux").default == UserIndex(
        C, "UV_INDEX_URL"
    )


@pytest.mark.parametrize(("value", "off"), [("1", True), ("true", True), ("0", False), ("false", False), ("", False)])
def test_uv_may_be_forbidden_to_ask(machine: Path, value: str, *, off: bool) -> None:
    assert bool(read_uv(environment(machine, UV_NO_INDEX=value), "linux").no_index) is off


def test_the_users_file_comes_before_the_systems(machine: Path) -> None:
    user = write(
        machine,
        "home/.config/uv",
        f"[[index]]\nname = 'acme'\nurl = '{A}'\n[[index]]\nname = 'only'\nurl = '{C}'\nexplicit = true\n",
    )
    system = write(
        machine, "etc/uv", f"index-url = '{B}'\nextra-index-url = ['{C}']\n[[index]]\nurl = '{C}'\ndefault = true\n"
    )

    told = read_uv(environment(machine), "linux")

    assert told == UvSettings(
        file_default=UserIndex(C, f"[[index]]  in {system}:4"),
        file_indexes=(UserIndex(A, f"[[index]] acme in {user}:3", "acme"),),
        file_extra=(UserIndex(C, f"`extra-index-url` in {system}:2"),),
        explicit=(UserIndex(C, f"[[index]] only in {user}:6", "only"),),
    )


def test_of_several_files_of_the_system_the_first_counts(machine: Path) -> None:
    write(machine, "xdg/uv", f"index-url = '{A}'\n")
    write(machine, "etc/uv", f"index-url = '{B}'\nextra-index-url = ['{C}']\n")

    told = read_uv(environment(machine), "linux")

    assert told.file_default is not None
    assert (told.file_default.url, told.file_extra) == (A, ())


def test_a_chosen_file_replaces_all_others_and_no_file_may_be_read_at_all(machine: Path) -> None:
    write(machine, "home/.config/uv", f"index-url = '{A}'\n")
    chosen = write(machine, "mine", f"index-url = '{B}'\n")

    by_choice = read_uv(environment(machine, UV_CONFIG_FILE=str(chosen)), "linux").file_default
    assert by_choice is not None
    assert by_choice.url == B
    assert read_uv(environment(machine, UV_NO_CONFIG="1"), "linux") == UvSettings()
    assert read_uv(environment(machine, UV_NO_CONFIG="0"), "linux").file_default is not None


def test_a_file_that_is_no_toml_is_refused_with_its_line(machine: Path) -> None:
    write(machine, "home/.config/uv", f"\nindex-url = '{A}\n")

    with pytest.raises(UnreadableFileError, match=r"uv\.toml: uv's configuration cannot be used: line 2"):
        read_uv(environment(machine), "linux")


def test_the_settings_of_all_installers_come_together(machine: Path) -> None:
    variables = environment(machine, PIP_INDEX_URL=A, UV_INDEX=B, PIPENV_PYPI_MIRROR=C, TOKEN="x")

    told = read_installers(variables, "linux")

    assert [one.url for one in told.index_urls] == [A, C, B]
    assert told.variables["TOKEN"] == "x"
    assert read_installers(environment(machine), "linux")._replace(variables={}) == NO_SETTINGS._replace(variables={})


def test_every_index_that_the_user_names_is_among_the_addresses(machine: Path) -> None:
    everything = read_installers(
        environment(
            machine,
            PIP_INDEX_URL="https://1.example",
            PIP_EXTRA_INDEX_URL="https://2.example https://3.example",
            UV_DEFAULT_INDEX="https://4.example",
            UV_INDEX="https://5.example",
            UV_EXTRA_INDEX_URL="https://6.example",
            PIPENV_PYPI_MIRROR="https://7.example",
            UV_CONFIG_FILE=str(
                write(
                    machine,
                    "mine",
                    "index-url = 'https://8.example'\nextra-index-url = ['https://9.example']\n"
                    "[[index]]\nurl = 'https://10.example'\n[[index]]\nurl = 'https://11.example'\nexplicit = true\n",
                )
            ),
        ),
        "linux",
    )
    assert {one.url for one in everything.index_urls} == {f"https://{number}.example" for number in range(1, 12)}


def test_a_password_is_in_no_form_of_an_index_that_can_be_shown() -> None:
    assert repr(UserIndex("https://user:s3cret@a.example/", "UV_INDEX", "acme")) == (
        "UserIndex(url='https://a.example/', set_by='UV_INDEX', name='acme')"
    )


def test_no_index_and_the_settings_of_uv_pip_in_the_users_file(tmp_path: Path) -> None:
    chosen = tmp_path / "uv.toml"
    chosen.write_text("no-index = true\n[pip]\nindex-url = 'https://home.example/simple'\n", encoding="utf-8")

    told = read_uv({"UV_CONFIG_FILE": str(chosen)}, "linux")

    assert told.no_index == f"`no-index` in {chosen}:1"
    assert told.file_default is not None
    assert told.file_default.url == "https://home.example/simple"
