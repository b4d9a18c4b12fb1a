"""Comparison of ``[tool.poetry]`` with poetry-core."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from poetry.core.factory import Factory

from mothball.formats.manifests.pyproject import parse
from mothball.model.document import Dependency, SkipReason, normalize_name
from tests.support.tool_documents import POETRY, POETRY_BESIDE_PROJECT

MAIN = "tool.poetry.dependencies"

NAMES = st.sampled_from(["owl", "Barn_Owl", "little.owl", "snowy-owl", "rook", "Python"])
VERSIONS = st.sampled_from(["*", "^1.2", "~1", ">=1,<2", "1.0", "<2 || >3", "1.*", "!=1.5"])
EXTRAS = st.lists(st.sampled_from(["fast", "tls"]), max_size=2, unique=True)
MARKERS = st.sampled_from(["", "os_name == 'nt'", "python_version < '3.12'"])
ORIGINS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"git": "https://git.example/owl.git", "branch": "main"},
        {"git": "https://git.example/owl.git", "subdirectory": "lib", "rev": "4f1c"},
        {"path": "../owl", "develop": True},
        {"path": "../owl-1.0.tar.gz"},
        {"file": "../owl-1.0-py3-none-any.whl"},
        {"url": "https://files.example/owl-1.0-py3-none-any.whl"},
    ]
)

# Dependencies from an index: a declared one, or one that another file must declare.
INDEXED = {None, SkipReason.NO_INDEX}


@st.composite
def alternatives(draw: st.DrawFn) -> Any:
    """Return a single dependency of Poetry, no array of alternatives."""
    if draw(st.booleans()):
        return draw(VERSIONS)
    table: dict[str, Any] = {}
    if draw(st.booleans()):
        table |= draw(ORIGINS)
    elif draw(st.booleans()):
        table["version"] = draw(VERSIONS)
    extras, markers = draw(EXTRAS), draw(MARKERS)
    if extras:
        table["extras"] = extras
    if markers:
        table["markers"] = markers
    if draw(st.booleans()):
        table |= draw(st.sampled_from([{"optional": True}, {"python": "<3.13"}, {"source": "mirror"}]))
    return table


VALUES = st.one_of(alternatives(), st.lists(alternatives(), min_size=1, max_size=3))


def written(value: object) -> str:
    """Return ``value`` as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def section(path: str, table: dict[str, Any]) -> str:
    return "".join([f"[{path}]\n", *(f'"{name}" = {written(value)}\n' for name, value in table.items())])


TABLES = st.dictionaries(NAMES, VALUES, max_size=4)


@given(TABLES, TABLES, TABLES)
def test_names_sources_and_extras_match_poetry_core(
    main: dict[str, Any], group: dict[str, Any], dev: dict[str, Any]
) -> None:
    groups = {MAIN: main, "tool.poetry.group.docs.dependencies": group, "tool.poetry.dev-dependencies": dev}
    text = "".join(section(path, table) for path, table in groups.items())
    assert tomllib.loads(text)["tool"]["poetry"]["dependencies"] == main

    expected = [
        (path, *parsed_by_poetry(name, value))
        for path, table in groups.items()
        for name, value in table.items()
        if name.lower() != "python"
    ]
    document = parse(text)
    assert [parsed_by_mothball(dependency) for dependency in document.dependencies] == expected
    assert not document.problems


def parsed_by_poetry(name: str, value: object) -> tuple[str, bool, tuple[str, ...]]:
    """Return the name, whether any alternative is from an index, and the extras of the first such or first one."""
    read = [Factory.create_dependency(name, item) for item in (value if isinstance(value, list) else [value])]  # type: ignore[arg-type]  # any TOML value
    selected = next((dependency for dependency in read if not dependency.is_direct_origin()), read[0])
    return str(selected.name), not selected.is_direct_origin(), tuple(sorted(selected.extras))


def parsed_by_mothball(dependency: Dependency) -> tuple[str, str, bool, tuple[str, ...]]:
    return dependency.section, dependency.name, dependency.skip_reason in INDEXED, tuple(sorted(dependency.extras))


# --- beside [project] -------------------------------------------------------------------------------------------------

BESIDE = [
    (["owl>=1"], {"owl": {"git": "https://git.example/owl.git"}}),
    (["owl>=1"], {"owl": {"path": "owl.whl"}, "rook": "*"}),
    (["Barn.Owl"], {"barn_owl": {"url": "https://files.example/owl-1.0-py3-none-any.whl"}}),
    (["owl @ git+https://git.example/owl.git"], {"owl": {"develop": True}}),
    (["owl>=1"], {"owl": {"source": "mirror"}}),
    (["owl>=1"], {"owl": {"version": "<3"}}),
    (["owl>=1", "rook"], {}),
    (["owl", "rook"], {"owl": [{"git": "https://git.example/owl.git", "python": "<3.12"}, {"version": "*"}]}),
]


@pytest.mark.parametrize(("standard", "added"), BESIDE)
def test_overridden_standard_entries_match_poetry_core(
    standard: list[str], added: dict[str, Any], tmp_path: Path
) -> None:
    text = (
        f'[project]\nname = "nest"\nversion = "1"\ndependencies = {written(standard)}\n'
        f"[dependency-groups]\ntest-tools = {written(standard)}\n"
        + section(MAIN, added)
        + section("tool.poetry.group.test-tools.dependencies", added)
    )
    looked_up = {
        (dependency.section, dependency.name)
        for dependency in parse(text).dependencies
        if dependency.skip_reason in INDEXED
    }
    for name, group in (("project.dependencies", "main"), ("dependency-groups.test-tools", "test-tools")):
        by_poetry = {
            str(dependency.name)
            for dependency in read(text, tmp_path).dependency_group(group).dependencies_for_locking
            if not dependency.is_direct_origin()
        }
        assert {dependency_name for path, dependency_name in looked_up if path == name} == by_poetry


def read(text: str, directory: Path) -> Any:
    (directory / "pyproject.toml").write_text(text, encoding="utf-8")
    return Factory().create_poetry(directory).package


@pytest.mark.parametrize("text", [POETRY, POETRY_BESIDE_PROJECT])
def test_project_names_match_poetry_core(text: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "README.md").touch()
        package = read(text, Path(directory))
    names = {dependency.name for dependency in parse(text).dependencies if is_installed(dependency)}
    assert names == {normalize_name(dependency.name) for dependency in package.all_requires}
    from_no_index = {
        dependency.name
        for dependency in parse(text).dependencies
        if is_installed(dependency) and dependency.skip_reason not in INDEXED
    }
    locked = [
        dependency for group in package.dependency_group_names(include_optional=True)
        for dependency in package.dependency_group(group).dependencies_for_locking
    ]  # fmt: skip
    assert from_no_index == {normalize_name(dependency.name) for dependency in locked if dependency.is_direct_origin()}


def is_installed(dependency: Dependency) -> bool:
    """Return True if an entry is installed with the project: no plugin of Poetry, no build constraint."""
    return not dependency.section.startswith(("build-system", "tool.poetry.requires", "tool.poetry.build"))
