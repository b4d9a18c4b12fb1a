"""Indexes that TOML tables declare, and entries that pin them."""

from __future__ import annotations

import pytest

from mothball.formats.table import parse
from mothball.model import WithheldReason

A, B = "https://a.example/simple/", "https://b.example/simple/"


def options(text: str, file_format: str = "pyproject") -> list[tuple[str, str]]:
    found = parse(file_format, text).index_options
    assert [option.span.of(text) for option in found] == [option.value for option in found]
    return [(option.name, option.value) for option in found]


def index(tool: str, name: str, url: str, more: str = "") -> str:
    return f"[[{tool}]]\nname = '{name}'\nurl = '{url}'\n{more}\n"


UV, POETRY, PDM = "tool.uv.index", "tool.poetry.source", "tool.pdm.source"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (index(UV, "a", A) + index(UV, "b", B, "default = true"), [("extra-index-url", A), ("index-url", B)]),
        (index(UV, "a", A, "explicit = true"), []),
        ("[tool.uv]\nindex = [{name = 'a', url = '" + A + "'}]\n", [("extra-index-url", A)]),
        (f"[tool.uv]\nindex-url = '{A}'\nextra-index-url = ['{B}']\n", [("index-url", A), ("extra-index-url", B)]),
        (index(POETRY, "a", A), [("index-url", A)]),
        (index(POETRY, "a", A) + index(POETRY, "b", B), [("extra-index-url", A), ("index-url", B)]),
        (index(POETRY, "a", A, "priority = 'supplemental'"), [("extra-index-url", A)]),
        (index(POETRY, "a", A, "priority = 'explicit'"), []),
        (index(POETRY, "a", A) + "[[tool.poetry.source]]\nname = 'PyPI'\n", [("extra-index-url", A)]),
        (index(PDM, "pypi", A) + index(PDM, "b", B), [("index-url", A), ("extra-index-url", B)]),
        (index(UV, "a", ""), []),
        ("[[tool.uv.index]]\nname = 'a'\nurl = 'https://a", []),
        ("[tool.uv]\nindex = 'x'\n", []),
    ],
)
def test_a_table_says_whom_an_installer_asks(text: str, expected: list[tuple[str, str]]) -> None:
    assert options(text) == expected


def test_pipenv_asks_its_first_source() -> None:
    text = (
        index("source", "a", A) + index("source", "b", B) + "[packages]\nx = '*'\ny = {index = 'b'}\nz = {index = 'c'}"
    )

    assert options(text, "pipfile") == [("index-url", A)]
    assert [(one.name, one.index_url, one.withheld) for one in parse("pipfile", text).dependencies] == [
        ("x", None, None),
        ("y", B, None),
        ("z", None, WithheldReason.NO_INDEX),
    ]


def test_uv_sources_pin_an_index_wherever_the_name_stands() -> None:
    text = (
        "[project]\ndependencies = ['Acme_Web', 'other', 'lost']\n[dependency-groups]\ndev = ['acme-web>=2']\n"
        + index(UV, "acme", A, "explicit = true")
        + "[tool.uv.sources]\nacme-web = {index = 'acme'}\nlost = {index = 'elsewhere'}\n"
    )

    assert [(one.name, one.index_url, one.withheld) for one in parse("pyproject", text).dependencies] == [
        ("acme-web", A, None),
        ("other", None, None),
        ("lost", None, WithheldReason.NO_INDEX),
        ("acme-web", A, None),
    ]


def test_poetry_sources_are_pinned_by_name() -> None:
    text = index(POETRY, "acme", A, "priority = 'explicit'") + (
        "[tool.poetry.dependencies]\npython = '^3.11'\none = {version = '1', source = 'acme'}\n"
        "two = {version = '1', source = 'pypi'}\nthree = {version = '1', source = 'gone'}\nfour = '1'\n"
    )

    assert [(one.name, one.index_url, one.withheld) for one in parse("pyproject", text).dependencies] == [
        ("one", A, None),
        ("two", None, None),
        ("three", None, WithheldReason.NO_INDEX),
        ("four", None, None),
    ]


def test_variables_in_an_address_are_left_for_the_routing_to_refuse() -> None:
    assert options(index(UV, "a", "https://${TOKEN}@a.example/")) == [
        ("extra-index-url", "https://${TOKEN}@a.example/")
    ]


def test_a_poetry_source_holds_for_the_entry_of_the_standard_table_too() -> None:
    text = (
        "[project]\nname = 'x'\ndependencies = ['one>=1']\n"
        + index(POETRY, "acme", A, "priority = 'explicit'")
        + "[tool.poetry.dependencies]\none = {source = 'acme'}\n"
    )

    assert [one.index_url for one in parse("pyproject", text).dependencies] == [A, A]
