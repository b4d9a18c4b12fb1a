"""A table of sources rules out a lookup only if the project that it names is in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.check.inputs import ResolvedFile, RunSettings
from mothball.config.project import UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.model.document import SkipReason
from tests.support.trees import write_tree

TODAY = "2026-11-22"
PATH, WORKSPACE, VCS = SkipReason.PATH, SkipReason.WORKSPACE, SkipReason.VCS
LIB = {"lib/pyproject.toml": '[project]\nname = "Old.Lib"\n'}
OTHER = {"lib/pyproject.toml": '[project]\nname = "other"\n'}
PROJECT = '[project]\nname = "shop"\ndependencies = ["old-lib"]\n'

pytestmark = pytest.mark.usefixtures("repo")


def read(name: str) -> ResolvedFile:
    """Return the file ``name``, resolved."""
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    (file,) = discover(DiscoveryRequest((name,)), config_resolver, RunSettings(TODAY, 0.0)).files
    return file


def reasons(file: ResolvedFile) -> set[SkipReason | None]:
    """Return why the entries of old-lib are not looked up."""
    return {file.facts.skip_reason(entry) for entry in file.document.dependencies if entry.name == "old-lib"}


def uv(source: str) -> tuple[str, str]:
    """Return a pyproject.toml with a source of uv for old-lib."""
    return "pyproject.toml", f"{PROJECT}[tool.uv.sources]\nold-lib = {source}\n"


def poetry(value: str) -> tuple[str, str]:
    """Return a pyproject.toml with an entry of Poetry for old-lib, which supplements the one of the project."""
    return "pyproject.toml", f"{PROJECT}[tool.poetry.dependencies]\nold-lib = {value}\n"


FILES = {
    "uv": uv('{ path = "%s" }'),
    "uv, editable": uv('{ path = "%s", editable = true }'),
    "uv, alternatives": uv(
        "[{ path = \"%s\", marker = \"sys_platform == 'linux'\" }, { git = 'https://git.example/x' }]"
    ),
    "uv, dotted": ("pyproject.toml", f'{PROJECT}[tool.uv]\nsources.old-lib.path = "%s"\n'),
    "Poetry": poetry('{ path = "%s", develop = true }'),
    "Poetry, alternatives": poetry('[{ path = "%s", platform = "linux" }, { path = "%s", platform = "darwin" }]'),
    "Pipfile": ("Pipfile", '[packages]\nold-lib = { path = "%s", editable = true }\n'),
    "Pipfile, file": ("Pipfile", '[packages]\nold-lib = { file = "%s" }\n'),
    "pixi": ("pixi.toml", '[pypi-dependencies]\nold-lib = { path = "%s", editable = true }\n'),
    "pixi in pyproject.toml": ("pyproject.toml", '[tool.pixi.pypi-dependencies]\nold-lib = { path = "%s" }\n'),
    "Hatch": ("hatch.toml", '[envs.default]\ndependencies = ["old-lib"]\n[sources]\nold-lib = { path = "%s" }\n'),
}


@pytest.mark.parametrize(("name", "text"), FILES.values(), ids=FILES)
def test_path_source_counts_if_the_project_is_there(repo: Path, name: str, text: str) -> None:
    write_tree(repo, {name: text.replace("%s", "./lib"), **LIB})
    assert reasons(read(name)) == {PATH}


@pytest.mark.parametrize(("name", "text"), FILES.values(), ids=FILES)
@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("nowhere", {}),
        ("lib", {"lib/README.md": "old-lib\n"}),
        ("lib", OTHER),
        ("../lib", {}),
        ("/lib", {}),
        ("lib/../../../lib", LIB),
        ("lib\\u0000", LIB),
        ("\\ud7ff" * 300, {}),
        ("~", {}),
        ("$HOME", {}),
        ("lib/old_lib-1.0-py3-none-any.whl", {}),
        ("lib/new_lib-1.0.tar.gz", {"lib/new_lib-1.0.tar.gz": ""}),
    ],
)
def test_path_source_without_that_project_is_looked_up(
    repo: Path, name: str, text: str, path: str, files: dict[str, str]
) -> None:
    write_tree(repo, {name: text.replace("%s", path), **files})
    assert reasons(read(name)) == {None}


@pytest.mark.parametrize(
    "archive",
    ["old_lib-1.0-py3-none-any.whl", "old-lib-1.0.tar.gz", "Old.Lib-1.0rc1.zip", "old_lib-1.0-1-cp312-abi3-any.whl"],
)
def test_path_source_counts_if_it_is_an_archive_of_the_project(repo: Path, archive: str) -> None:
    name, text = uv(f'{{ path = "dist/{archive}" }}')
    write_tree(repo, {name: text, f"dist/{archive}": ""})
    assert reasons(read(name)) == {PATH}


def test_link_out_of_the_repository_is_no_local_project(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_tree(outside, {"pyproject.toml": '[project]\nname = "old-lib"\n'})
    name, text = uv('{ path = "lib" }')
    write_tree(repo, {name: text})
    (repo / "lib").symlink_to(outside)
    assert reasons(read(name)) == {None}


MEMBERS = '[tool.uv.workspace]\nmembers = ["lib"]\n'


@pytest.mark.parametrize(
    ("workspace", "files", "reason"),
    [(MEMBERS, LIB, WORKSPACE), (MEMBERS, OTHER, None), (MEMBERS, {}, None), ("", LIB, None)],
    ids=["member", "another name", "no such directory", "no workspace"],
)
def test_workspace_source_counts_if_there_is_such_a_member(
    repo: Path, workspace: str, files: dict[str, str], reason: SkipReason | None
) -> None:
    name, text = uv("{ workspace = true }")
    write_tree(repo, {name: f"{text}{workspace}", **files})
    assert reasons(read(name)) == {reason}


@pytest.mark.parametrize(("path", "reason"), [("lib", PATH), ("member/lib", None), ("nowhere", None)])
def test_source_of_a_workspace_root_is_relative_to_the_root(repo: Path, path: str, reason: SkipReason | None) -> None:
    root = f'[tool.uv.workspace]\nmembers = ["member"]\n[tool.uv.sources]\nold-lib = {{ path = "{path}" }}\n'
    write_tree(repo, {"pyproject.toml": root, "member/pyproject.toml": PROJECT, **LIB})
    assert reasons(read("member/pyproject.toml")) == {reason}


def test_source_of_a_member_that_is_not_there_does_not_reach_the_indexes_of_the_root(repo: Path) -> None:
    root = '[tool.uv.workspace]\nmembers = ["member"]\n[tool.uv.sources]\nold-lib = { git = "https://git.example/x" }\n'
    name, text = uv('{ path = "nowhere" }')
    write_tree(repo, {"pyproject.toml": root, f"member/{name}": text})
    assert reasons(read(f"member/{name}")) == {None}


EMPTY = {
    "table of uv": uv("{}"),
    "array of uv": uv("[]"),
    "array of an empty table": uv("[{}]"),
    "repository of uv": uv('{ git = "" }'),
    "repository of uv, no text": uv("{ git = true }"),
    "path of uv": uv('{ path = "" }'),
    "URL of uv": uv('{ url = " " }'),
    "editable without path": uv("{ editable = true }"),
    "one of two alternatives": uv(
        '[{ git = "https://git.example/x", marker = "python_version < \'3\'" }, { git = "" }]'
    ),
    "repository of Poetry": poetry('{ git = "" }'),
    "array of Poetry": ("pyproject.toml", "[tool.poetry.dependencies]\nold-lib = []\n"),
    "path of Poetry": poetry('{ path = "", develop = true }'),
    "repository in a Pipfile": ("Pipfile", '[packages]\nold-lib = { git = "" }\n'),
    "file in a Pipfile": ("Pipfile", '[packages]\nold-lib = { file = "", version = "*" }\n'),
    "repository of pixi": ("pixi.toml", '[pypi-dependencies]\nold-lib = { git = "" }\n'),
    "path of pixi": ("pixi.toml", '[pypi-dependencies]\nold-lib = { path = "" }\n'),
    "header": ("pyproject.toml", f'{PROJECT}[tool.uv.sources.old-lib]\ngit = ""\n'),
}


@pytest.mark.parametrize(("name", "text"), EMPTY.values(), ids=EMPTY)
def test_source_that_names_nothing_is_unreadable(repo: Path, name: str, text: str) -> None:
    write_tree(repo, {name: text})
    file = read(name)
    (problem,) = file.problems
    assert "old-lib" in problem.message
    assert problem.help
    assert None not in reasons(file)


@pytest.mark.parametrize("text", ['{ git = "', "{ path = ", "[{", "{ git = 'https://git.example/x' }"])
def test_incomplete_source_is_no_further_problem_and_is_not_looked_up(repo: Path, text: str) -> None:
    name, text = uv(text)
    write_tree(repo, {name: text})
    file = read(name)
    assert not any("names no" in problem.message for problem in file.problems)
    assert None not in reasons(file)
