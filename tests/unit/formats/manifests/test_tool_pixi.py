"""pixi in pyproject.toml and pixi.toml."""

from __future__ import annotations

import pytest

from mothball.formats.manifests import pyproject
from mothball.formats.manifests.tool_entries import parse_pixi
from mothball.model.document import DependencyKind, SkipReason
from tests.support.tool_documents import PIXI


def test_pypi_dependencies_are_distinguished_from_conda_packages() -> None:
    document = parse_pixi(PIXI)
    assert document.format == "pixi-toml"
    assert not document.problems
    assert [(dependency.section, dependency.name, dependency.skip_reason) for dependency in document.dependencies] == [
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


def test_entry_has_version_extras_and_marker() -> None:
    found = {dependency.name: dependency for dependency in parse_pixi(PIXI).dependencies}
    assert found["cider"].index_url == "https://index.example/cider/"
    assert found["cider"].extras == ("dry",)
    assert found["apple-pie"].name_span.slice(PIXI) == "Apple-Pie"
    assert found["apple-pie"].specifier == ">=1.2,<2"
    assert found["apple-core"].kind is DependencyKind.OVERRIDE
    assert found["cupy-cuda12x"].marker == "python_version < '3.14'"


def test_index_url_in_entry_is_read_only_for_pixi() -> None:
    text = "[tool.poetry.dependencies]\nflask = {version = '1', index = 'https://index.example/', '' = 'https://index.example/'}"
    assert [dependency.index_url for dependency in pyproject.parse(text).dependencies] == [None]


def test_tool_pixi_in_pyproject_has_the_same_tables() -> None:
    text = "[project]\nname = 'orchard'\n[tool.pixi.feature.a]\npypi-dependencies = {orchard = '*', pear = '*'}\n"
    text += "[tool.pixi.dev]\nfig = '*'"
    assert [
        (dependency.section, dependency.name, dependency.skip_reason)
        for dependency in pyproject.parse(text).dependencies
    ] == [
        ("tool.pixi.feature.a.pypi-dependencies", "orchard", "self"),
        ("tool.pixi.feature.a.pypi-dependencies", "pear", None),
        ("tool.pixi.dev", "fig", "conda"),
    ]


@pytest.mark.parametrize("key", ["_libgcc_mutex", '"conda-forge::"', '"*"'])
def test_invalid_conda_names_are_not_reported(key: str) -> None:
    document = parse_pixi(f"[dependencies]\n{key} = '*'\nfig =")
    assert [(dependency.name, dependency.skip_reason) for dependency in document.dependencies] == [
        ("fig", SkipReason.CONDA)
    ]
    assert [problem.message for problem in document.problems] == ["invalid TOML: missing value"]


def test_pypi_dependencies_that_are_no_table_are_reported() -> None:
    document = parse_pixi("pypi-dependencies = ['fig']\ndependencies = ['fig']")
    assert [problem.message for problem in document.problems] == ["pypi-dependencies must be a table of project names"]
