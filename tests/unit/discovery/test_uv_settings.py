"""uv's settings from variables and uv.toml files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from mothball.config.user_settings import NO_SETTINGS, UserIndex, UvSettings
from mothball.discovery.installer_settings import read_installers, read_uv
from mothball.model.errors import UnreadableFileError

A, B, C = (f"https://{letter}.example/simple/" for letter in "abc")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    with mock.patch("mothball.discovery.installer_settings._ETC", str(tmp_path / "etc")):
        yield tmp_path


def environment(machine: Path, **variables: str) -> dict[str, str]:
    return {"HOME": str(machine / "home"), "XDG_CONFIG_DIRS": str(machine / "xdg"), **variables}


def write(machine: Path, directory: str, text: str) -> Path:
    path = machine / directory / "uv.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_variables_with_index_names(machine: Path) -> None:
    result = read_uv(
        environment(
            machine,
            UV_DEFAULT_INDEX=f"main={A}",
            UV_INDEX=f"acme={B}  {C}?x=y",
            UV_EXTRA_INDEX_URL=f"{B} {C}",
            UV_INDEX_URL=C,
        ),
        "linux",
    )

    assert result == UvSettings(
        UserIndex(A, "UV_DEFAULT_INDEX", "main"),
        (UserIndex(B, "UV_INDEX", "acme"), UserIndex(f"{C}?x=y", "UV_INDEX")),
        (UserIndex(B, "UV_EXTRA_INDEX_URL"), UserIndex(C, "UV_EXTRA_INDEX_URL")),
    )


def test_error_codes_to_ignore_are_read_from_uv_toml(machine: Path) -> None:
    write(machine, "home/.config/uv", f"[[index]]\nurl = '{A}'\nignore-error-codes = [403, 401]\n")
    assert [index.ignore_error_codes for index in read_uv(environment(machine), "linux").file_indexes] == [(403, 401)]


def test_index_url_is_used_without_default_index(machine: Path) -> None:
    assert read_uv(environment(machine, UV_INDEX_URL=C, UV_DEFAULT_INDEX=""), "linux").default == UserIndex(
        C, "UV_INDEX_URL"
    )


def test_user_file_takes_precedence_over_system_file(machine: Path) -> None:
    user = write(
        machine,
        "home/.config/uv",
        f"[[index]]\nname = 'acme'\nurl = '{A}'\n[[index]]\nname = 'only'\nurl = '{C}'\nexplicit = true\n",
    )
    system = write(
        machine, "etc/uv", f"index-url = '{B}'\nextra-index-url = ['{C}']\n[[index]]\nurl = '{C}'\ndefault = true\n"
    )

    result = read_uv(environment(machine), "linux")

    assert result == UvSettings(
        file_default=UserIndex(C, f"[[index]]  in {system}:4"),
        file_indexes=(UserIndex(A, f"[[index]] acme in {user}:3", "acme"),),
        file_extra=(UserIndex(C, f"`extra-index-url` in {system}:2"),),
        explicit=(UserIndex(C, f"[[index]] only in {user}:6", "only"),),
    )


def test_first_system_file_is_used(machine: Path) -> None:
    write(machine, "xdg/uv", f"index-url = '{A}'\n")
    write(machine, "etc/uv", f"index-url = '{B}'\nextra-index-url = ['{C}']\n")

    result = read_uv(environment(machine), "linux")

    assert result.file_default is not None
    assert (result.file_default.url, result.file_extra) == (A, ())


def test_uv_config_file_and_uv_no_config(machine: Path) -> None:
    write(machine, "home/.config/uv", f"index-url = '{A}'\n")
    chosen = write(machine, "mine", f"index-url = '{B}'\n")

    default = read_uv(environment(machine, UV_CONFIG_FILE=str(chosen)), "linux").file_default
    assert default is not None
    assert default.url == B
    assert read_uv(environment(machine, UV_NO_CONFIG="1"), "linux") == UvSettings()
    assert read_uv(environment(machine, UV_NO_CONFIG="0"), "linux").file_default is not None


def test_invalid_toml_is_rejected_with_line(machine: Path) -> None:
    write(machine, "home/.config/uv", f"\nindex-url = '{A}\n")

    with pytest.raises(UnreadableFileError, match=r"uv\.toml: uv configuration cannot be used: line 2"):
        read_uv(environment(machine), "linux")


def test_settings_of_all_installers(machine: Path) -> None:
    variables = environment(machine, PIP_INDEX_URL=A, UV_INDEX=B, PIPENV_PYPI_MIRROR=C, TOKEN="x")

    result = read_installers(variables, "linux")

    assert [index.url for index in result.index_urls] == [A, B, C]
    assert result.variables["TOKEN"] == "x"
    assert read_installers(environment(machine), "linux")._replace(variables={}) == NO_SETTINGS._replace(variables={})


def test_all_user_indexes_are_in_index_urls(machine: Path) -> None:
    result = read_installers(
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
    assert {index.url for index in result.index_urls} == {f"https://{number}.example" for number in range(1, 12)}


def test_repr_of_index_has_no_password() -> None:
    assert repr(UserIndex("https://user:s3cret@a.example/", "UV_INDEX", "acme")) == (
        "UserIndex(url='https://a.example/', set_by='UV_INDEX', name='acme')"
    )


def test_no_index_and_pip_table_of_user_file(tmp_path: Path) -> None:
    chosen = tmp_path / "uv.toml"
    chosen.write_text("no-index = true\n[pip]\nindex-url = 'https://acme.example/simple'\n", encoding="utf-8")

    result = read_uv({"UV_CONFIG_FILE": str(chosen)}, "linux")

    assert result.no_index == f"`no-index` in {chosen}:1"
    assert result.file_default is not None
    assert result.file_default.url == "https://acme.example/simple"
