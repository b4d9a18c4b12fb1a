"""What pixi's tables say, in pixi.toml and in pyproject.toml."""

from __future__ import annotations

import pytest

from mothball.formats.manifests import document as pyproject
from mothball.formats.manifests import tool_pixi
from mothball.model.document import DependencyKind, SkipReason
from tests.support.tool_documents import PIXI


def test_projects_of_an_index_are_told_from_packages_of_conda() -> None:
    document = tool_pixi.parse(PIXI)
    assert document.format == "pixi-toml"
    assert not document.problems
    assert [(one.section, one.name, one.skip_reason) for one in document.dependencies] == [
        ("dependencies", "python", "conda"),
        ("dependencies", "numpy", "conda"),
        ("host-dependencies", "cmake", "conda"),
        ("target.win-64.dependencies", "pywin32", "conda"),
        ("pypi-dependencies", "apple-pie", None),
        ("pypi-dependencies", "cider", None),
        ("pypi-dependencies", "orchard", "path"),
        ("pypi-dependencies", "pear", "vcs"),
        ("pypi-dependencies", "plum", "url"),
        ("pypi-options.dependency-overrides", "apple-core", None),
        ("feature.test.dependencies", "pytest", "conda"),
        ("feature.test.pypi-dependencies", "pytest-apples", None),
        ("feature.cuda.target.linux-64.pypi-dependencies", "cupy-cuda12x", None),
        ("package.run-dependencies", "wget", "conda"),
        ("package.target.unix.host-dependencies", "make", "conda"),
    ]


def test_the_parts_of_an_entry_are_told() -> None:
    found = {one.name: one for one in tool_pixi.parse(PIXI).dependencies}
    assert found["cider"].index_url == "https://index.example/cider/"
    assert found["cider"].extras == ("dry",)
    assert found["apple-pie"].name_span.slice(PIXI) == "Apple-Pie"
    assert found["apple-pie"].specifier == ">=1.2,<2"
    assert found["apple-core"].kind is DependencyKind.OVERRIDE
    assert found["cupy-cuda12x"].marker == "python_version < '3.14'"


def test_only_pixi_has_an_index_in_the_entry() -> None:
    text = "[tool.poetry.dependencies]\nflask = {version = '1', index = 'https://index.example/', '' = 'https://index.example/'}"
    assert [one.index_url for one in pyproject.parse(text).dependencies] == [None]


def test_in_pyproject_the_same_tables_stand_below_the_tool() -> None:
    text = "[project]\nname = 'orchard'\n[tool.pixi.feature.a]\npypi-dependencies = {orchard = '*', pear = '*'}\n"
    text += "[tool.pixi.dev]\nfig = '*'"
    assert [(one.section, one.name, one.skip_reason) for one in pyproject.parse(text).dependencies] == [
        ("tool.pixi.feature.a.pypi-dependencies", "orchard", "self"),
        ("tool.pixi.feature.a.pypi-dependencies", "pear", None),
        ("tool.pixi.dev", "fig", "conda"),
    ]


@pytest.mark.parametrize("key", ["_libgcc_mutex", '"conda-forge::"', '"*"'])
def test_names_that_only_conda_knows_are_for_conda_to_judge(key: str) -> None:
    document = tool_pixi.parse(f"[dependencies]\n{key} = '*'\nfig =")
    assert [(one.name, one.skip_reason) for one in document.dependencies] == [("fig", SkipReason.CONDA)]
    assert [problem.message for problem in document.problems] == ["invalid TOML: missing value"]


def test_a_table_that_is_none_is_told_where_projects_of_an_index_stand() -> None:
    document = tool_pixi.parse("pypi-dependencies = ['fig']\ndependencies = ['fig']")
    assert [problem.message for problem in document.problems] == ["pypi-dependencies must be a table of project names"]
