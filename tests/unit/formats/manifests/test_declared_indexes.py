"""Indexes declared in TOML tables, and entries pinned to them."""

from __future__ import annotations

import pytest

from mothball.formats.table import parse
from mothball.model.document import SkipReason

A, B = "https://a.example/simple/", "https://b.example/simple/"


def declared(text: str, file_format: str = "pyproject") -> list[tuple[str, str, str]]:
    found = parse(file_format, text).tool_indexes
    assert [index.span.slice(text) for index in found if index.url] == [index.url for index in found if index.url]
    return [(index.name, index.url, index.role) for index in found]


def index(tool: str, name: str, url: str, more: str = "") -> str:
    return f"[[{tool}]]\nname = '{name}'\nurl = '{url}'\n{more}\n"


UV, POETRY, PDM = "tool.uv.index", "tool.poetry.source", "tool.pdm.source"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (index(UV, "a", A) + index(UV, "b", B, "default = true"), [("a", A, "index"), ("b", B, "default")]),
        (index(UV, "a", A, "explicit = true"), [("a", A, "explicit")]),
        (index(UV, "a", A, "format = 'flat'"), [("a", A, "flat")]),
        ("[tool.uv]\nindex = [{name = 'a', url = '" + A + "'}]\n", [("a", A, "index")]),
        (
            f"[tool.uv]\nindex-url = '{A}'\nextra-index-url = ['{B}', 1]\n",
            [("", A, "index-url"), ("", B, "extra-index-url"), ("", "", "extra-index-url")],
        ),
        (index(POETRY, "a", A), [("a", A, "primary")]),
        (index(POETRY, "a", A, "priority = 'Supplemental'"), [("a", A, "supplemental")]),
        (index(POETRY, "a", A, "priority = 'explicit'"), [("a", A, "explicit")]),
        (index(POETRY, "a", A, "default = true"), [("a", A, "default")]),
        (index(POETRY, "a", A, "secondary = true"), [("a", A, "secondary")]),
        ("[[tool.poetry.source]]\nname = 'PyPI'\n", [("PyPI", "", "primary")]),
        (
            index(PDM, "pypi", A) + index(PDM, "b", B, "type = 'find_links'"),
            [("pypi", A, "index"), ("b", B, "find_links")],
        ),
        ("[[tool.uv.index]]\nname = 'a'\nurl = 'https://a", [("a", "", "index")]),
        (f"[[tool.uv.index]]\nname = 'a'\nurl = '{A}'\n[tool.uv.index.more]\nurl = '{B}'\n", [("a", A, "index")]),
        (f"[tool.uv]\nindex-url.x = '{A}'\n", []),
        ("[tool.uv]\n[[tool.uv.index]]\n", [("", "", "index")]),
        (
            "[tool.uv]\nindex = 'x'\nextra-index-url = 'https://a",
            [("", "", "index"), ("", "", "extra-index-url")],
        ),
        (f"[tool.uv.index]\nurl = '{A}'\n", [("", "", "index")]),
        (f"[tool.poetry.source]\nurl = '{A}'\n", [("", "", "primary")]),
        ("[tool.pdm]\nsource = {}\n", [("", "", "index")]),
        (
            f"[tool.pixi.pypi-options]\nindex-url = '{A}'\nextra-index-urls = ['{B}']\n",
            [("", A, "index-url"), ("", B, "extra-index-urls")],
        ),
    ],
)
def test_declared_indexes_have_roles(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert declared(text) == expected


def test_pdm_source_includes_and_excludes_names() -> None:
    text = index(PDM, "a", A, "include_packages = ['acme-*']\nexclude_packages = ['other']")

    (found,) = parse("pyproject", text).tool_indexes

    assert (found.includes, found.excludes) == (("acme-*",), ("other",))


def test_pixi_index_has_its_feature_as_scope() -> None:
    text = f"[feature.gpu.pypi-options]\nindex-url = '{A}'\n[pypi-options]\nextra-index-urls = ['{B}']\n"

    found = parse("pixi-toml", text).tool_indexes

    assert [(dependency.scope, dependency.url, dependency.span.slice(text)) for dependency in found] == [
        ("gpu", A, A),
        ("", B, B),
    ]


@pytest.mark.parametrize(("switch", "role"), [("true", "searched"), ("false", "")])
def test_pipenv_search_all_sources_sets_role(switch: str, role: str) -> None:
    text = index("source", "a", A) + f"[pipenv]\ninstall_search_all_sources = {switch}\n"

    assert declared(text, "pipfile") == [("a", A, role)]


def test_script_metadata_declares_indexes() -> None:
    text = f"# /// script\n# dependencies = ['x']\n# [[tool.uv.index]]\n# url = '{A}'\n# ///\n"

    document = parse("script", text)

    assert declared(text, "script") == [("", A, "index")]
    assert document.tools == ("uv",)


def test_document_lists_tools_with_a_table() -> None:
    assert parse("pyproject", "[tool.uv]\n[tool.ruff]\n[tool.poetry.group.x]\n").tools == ("uv", "poetry")
    assert parse("pyproject", "[project]\n").tools == ()


def test_pipfile_entries_pin_sources() -> None:
    text = (
        index("source", "a", A) + index("source", "b", B) + "[packages]\nx = '*'\ny = {index = 'b'}\nz = {index = 'c'}"
    )

    assert [
        (dependency.name, dependency.index_url, dependency.skip_reason)
        for dependency in parse("pipfile", text).dependencies
    ] == [
        ("x", None, None),
        ("y", B, None),
        ("z", None, SkipReason.NO_INDEX),
    ]


def test_uv_sources_with_markers_pin_all_their_indexes() -> None:
    text = (
        "[project]\ndependencies = ['torch']\n"
        + index(UV, "a", A)
        + index(UV, "b", B)
        + "[tool.uv.sources]\ntorch = [{index = 'a', marker = \"sys_platform == 'x'\"}, {index = 'b', extra = 'y'},"
        + " {index = 'b', marker = \"sys_platform == 'z'\"}]\n"
    )

    (torch,) = parse("pyproject", text).dependencies

    assert (torch.index_url, torch.alternative_indexes) == (A, (B,))


def test_poetry_alternatives_pin_all_their_sources() -> None:
    text = (
        index(POETRY, "a", A)
        + index(POETRY, "b", B)
        + (
            "[tool.poetry.dependencies]\n"
            "one = [{version = '1', source = 'a'}, {version = '2', source = 'B'}, {version = '3', source = 'pypi'}]\n"
            "two = {version = '1', source = 'PyPI'}\n"
        )
    )

    one, two = parse("pyproject", text).dependencies

    assert (one.index_url, one.alternative_indexes, one.index_name) == (A, (B,), "pypi")
    assert (two.index_url, two.alternative_indexes, two.index_name) == (None, (), "pypi")


def test_uv_sources_pin_index_in_all_tables() -> None:
    text = (
        "[project]\ndependencies = ['Acme_Web', 'other', 'lost']\n[dependency-groups]\ndev = ['acme-web>=2']\n"
        + index(UV, "acme", A, "explicit = true")
        + "[tool.uv.sources]\nacme-web = {index = 'acme'}\nlost = {index = 'elsewhere'}\n"
    )

    assert [
        (dependency.name, dependency.index_url, dependency.skip_reason)
        for dependency in parse("pyproject", text).dependencies
    ] == [
        ("acme-web", A, None),
        ("other", None, None),
        ("lost", None, SkipReason.NO_INDEX),
        ("acme-web", A, None),
    ]


def test_poetry_sources_are_pinned_by_name() -> None:
    text = index(POETRY, "acme", A, "priority = 'explicit'") + (
        "[tool.poetry.dependencies]\npython = '^3.11'\none = {version = '1', source = 'acme'}\n"
        "two = {version = '1', source = 'pypi'}\nthree = {version = '1', source = 'gone'}\nfour = '1'\n"
    )

    assert [
        (dependency.name, dependency.index_url, dependency.skip_reason)
        for dependency in parse("pyproject", text).dependencies
    ] == [
        ("one", A, None),
        ("two", None, None),
        ("three", None, SkipReason.NO_INDEX),
        ("four", None, None),
    ]


def test_variable_in_index_url_is_not_expanded() -> None:
    assert declared(index(UV, "a", "https://${TOKEN}@a.example/")) == [("a", "https://${TOKEN}@a.example/", "index")]


def test_pin_to_undeclared_index_keeps_index_name() -> None:
    text = "[project]\ndependencies = ['lost']\n[tool.uv.sources]\nlost = {index = 'elsewhere'}\n"

    (lost,) = parse("pyproject", text).dependencies

    assert (lost.index_name, lost.skip_reason) == ("elsewhere", SkipReason.NO_INDEX)


def test_poetry_source_applies_to_standard_table() -> None:
    text = (
        "[project]\nname = 'x'\ndependencies = ['one>=1']\n"
        + index(POETRY, "acme", A, "priority = 'explicit'")
        + "[tool.poetry.dependencies]\none = {source = 'acme'}\n"
    )

    assert [dependency.index_url for dependency in parse("pyproject", text).dependencies] == [A, A]
