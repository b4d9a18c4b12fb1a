"""Workspace members that exist in the repository are skipped; declared members that do not exist are looked up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.check.inputs import RunSettings
from mothball.config.project import UserConfig
from mothball.discovery import workspaces
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.discovery.workspaces import Membership, Workspaces
from mothball.formats.table import parse
from mothball.model.document import SkipReason, Workspace
from mothball.repository.files import Tree
from tests.support.timing import least_seconds
from tests.support.trees import write_tree

TODAY = "2026-11-22"
MEMBER = SkipReason.WORKSPACE
UV = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
RYE = '[tool.rye.workspace]\nmembers = ["packages/*"]\n'
HATCH = '[tool.hatch.envs.default]\nworkspace.members = ["packages/*"]\n'


pytestmark = pytest.mark.usefixtures("repo")


def project(name: str, *requires: str, more: str = "") -> str:
    listed = ", ".join(f'"{name}"' for name in requires)
    return f'[project]\nname = "{name}"\ndependencies = [{listed}]\n{more}'


def skip_reasons(*paths: str, sections: bool = False) -> dict[str, SkipReason | None]:
    """Return the skip reason of each dependency in the files; with ``sections``, keys are ``SECTION: NAME``."""
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    files = discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0)).files
    assert files
    return {
        f"{dependency.section}: {dependency.name}" if sections else dependency.name: file.facts.skip_reason(dependency)
        for file in files
        for dependency in file.document.dependencies
    }


# --- members ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [UV, RYE, HATCH, "[tool.rye.workspace]\n"])
def test_member_is_skipped_in_root_and_other_members(repo: Path, table: str) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "Night.Watch[x]>=1", "owl", more=table),
            "packages/a/pyproject.toml": project("night-watch", "owl"),
            "packages/b/pyproject.toml": project("b", "night_watch", "root", "owl"),
        },
    )

    assert skip_reasons("pyproject.toml") == {"night-watch": MEMBER, "owl": None}
    assert skip_reasons("packages/b/pyproject.toml") == {"night-watch": MEMBER, "root": MEMBER, "owl": None}
    assert skip_reasons(".") == {"night-watch": MEMBER, "root": MEMBER, "owl": None}


def test_missing_member_is_looked_up(repo: Path) -> None:
    table = '[tool.uv.workspace]\nmembers = ["packages/*", "old-lib", "../outside", "/etc"]\n'
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "old-lib", "outside", more=table),
            "packages/old-lib/README.md": "no project",
            "../outside/pyproject.toml": project("outside"),
        },
    )

    assert skip_reasons("pyproject.toml") == {"old-lib": None, "outside": None}


def test_unmanaged_uv_member_is_looked_up(repo: Path) -> None:
    unmanaged = "[tool.uv]\nmanaged = false\n"
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "owl", "lark", "wren", more=UV),
            "packages/a/pyproject.toml": project("owl", more=unmanaged),
            "packages/b/pyproject.toml": project("lark", more=unmanaged.replace("false", "true")),
            "packages/c/pyproject.toml": project("wren", more="[tool.other]\nmanaged = false\n"),
        },
    )

    assert skip_reasons("pyproject.toml") == {"owl": None, "lark": MEMBER, "wren": MEMBER}
    assert skip_reasons(".") == {"owl": None, "lark": MEMBER, "wren": MEMBER}


def test_member_name_is_declared_by_its_pyproject(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "old-lib", "lib-of-ours", more=UV),
            "packages/old-lib/pyproject.toml": project("lib-of-ours"),
        },
    )

    assert skip_reasons("pyproject.toml") == {"old-lib": None, "lib-of-ours": MEMBER}


def test_link_out_of_repository_is_not_a_member(repo: Path) -> None:
    write_tree(
        repo,
        {
            "../outside/pyproject.toml": project("old-lib"),
            "pyproject.toml": project("root", "old-lib", more='[tool.uv.workspace]\nmembers = ["link", "*"]\n'),
            "a/b": "",
        },
    )
    (repo / "link").symlink_to(repo.parent / "outside")
    (repo / "a" / "pyproject.toml").symlink_to(repo.parent / "outside" / "pyproject.toml")

    assert skip_reasons("pyproject.toml") == {"old-lib": None}


@pytest.mark.parametrize(
    ("members", "excludes", "expected"),
    [
        ('["packages/*"]', "[]", "abc"),
        ('["packages/a", "packages/b/"]', "[]", "ab"),
        ('["./packages/a", "packages/../packages/b"]', "[]", "ab"),
        ('["packages/[ab]"]', "[]", "ab"),
        ('["packages/?"]', '["packages/b"]', "ac"),
        ('["packages/*"]', '["packages/[bc]"]', "a"),
        ('["*/*"]', '["packages*"]', ""),
        ('["**"]', "[]", "abcd"),
        ('["**/d"]', "[]", "d"),
        ('["packages/**/*"]', '["packages/c/*"]', "abc"),
        ('["**/*/**/**"]', "[]", "abcd"),
        ("[]", "[]", ""),
        ('["packages/*", "packages/c/d', "[]", "abc"),
        ('"packages/*"', "[]", ""),
    ],
)
def test_patterns_match_members_like_uv(repo: Path, members: str, excludes: str, expected: str) -> None:
    directories = {"a": "packages/a", "b": "packages/b", "c": "packages/c", "d": "packages/c/d"}
    table = f"[tool.uv.workspace]\nexclude = {excludes}\nmembers = {members}\n"
    write_tree(repo, {f"{directory}/pyproject.toml": project(f"lib-{name}") for name, directory in directories.items()})
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", *(f"lib-{name}" for name in directories), more=table),
            ".hidden/h/pyproject.toml": project("lib-a"),
            "node_modules/n/pyproject.toml": project("lib-b"),
        },
    )

    reasons = skip_reasons("pyproject.toml")
    assert {name for name, reason in reasons.items() if reason} == {f"lib-{letter}" for letter in expected}


def test_hidden_directory_is_member_only_if_named(repo: Path) -> None:
    table = '[tool.uv.workspace]\nmembers = [".tools/a", "packages/*"]\n'
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "lib-a", "lib-b", more=table),
            ".tools/a/pyproject.toml": project("lib-a"),
            "packages/.b/pyproject.toml": project("lib-b"),
        },
    )

    assert skip_reasons("pyproject.toml") == {"lib-a": MEMBER, "lib-b": None}


def test_hatch_members_as_tables_and_in_hatch_toml(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "lib-a", "lib-b"),
            "hatch.toml": '[envs.x]\ndependencies = ["lib-a"]\nworkspace.members = [{path = "a", features = []}]\n',
            "a/pyproject.toml": project("lib-a"),
            "b/pyproject.toml": project("lib-b"),
        },
    )

    assert skip_reasons("pyproject.toml") == {"lib-a": MEMBER, "lib-b": None}
    assert skip_reasons("hatch.toml") == {"lib-a": MEMBER}


# --- sections ---------------------------------------------------------------------------------------------------------


def test_members_are_skipped_only_in_sections_of_the_tool(repo: Path) -> None:
    more = (
        '[build-system]\nrequires = ["lib"]\n[dependency-groups]\ndev = ["lib"]\n'
        '[tool.uv]\ndev-dependencies = ["lib"]\nconstraint-dependencies = ["lib"]\n'
        '[tool.hatch.envs.x]\ndependencies = ["lib"]\n[tool.hatch.build.hooks.x]\ndependencies = ["lib"]\n'
        '[tool.rye]\ndev-dependencies = ["lib"]\n[tool.pdm.dev-dependencies]\nx = ["lib"]\n'
    )
    write_tree(repo, {"packages/lib/pyproject.toml": project("lib")})

    def looked_up_sections(table: str) -> set[str]:
        write_tree(repo, {"pyproject.toml": project("root", "lib", more=more + table)})
        reasons = skip_reasons("pyproject.toml", sections=True)
        return {name.partition(":")[0] for name, reason in reasons.items() if reason is None}

    build, hook = "build-system.requires", "tool.hatch.build.hooks.x.dependencies"
    uv_sections = {"tool.uv.dev-dependencies", "tool.uv.constraint-dependencies"}
    pdm_section, rye_section, hatch_section = (
        "tool.pdm.dev-dependencies.x",
        "tool.rye.dev-dependencies",
        "tool.hatch.envs.x.dependencies",
    )
    assert looked_up_sections(UV) == {pdm_section, rye_section, hatch_section, hook}
    assert looked_up_sections(RYE) == {pdm_section, hatch_section, hook, build, *uv_sections}
    assert looked_up_sections("[tool.hatch.envs.y.workspace]\nmembers = ['packages/*']\n") == {
        pdm_section,
        rye_section,
        hook,
        build,
        *uv_sections,
    }


def test_member_is_looked_up_in_projects_outside_the_workspace(repo: Path) -> None:
    table = '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/seed"]\n'
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", more=table),
            "packages/lib/pyproject.toml": project("lib"),
            "packages/lib/tools/pyproject.toml": project("tools", "lib"),
            "packages/seed/pyproject.toml": project("seed", "lib"),
        },
    )

    assert skip_reasons("packages/seed/pyproject.toml") == {"lib": None}
    assert skip_reasons("packages/lib/tools/pyproject.toml") == {"lib": None}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "lib"),
        ("tox.ini", "[testenv]\ndeps = lib"),
        ("Pipfile", "[packages]\nlib = '*'"),
        ("setup.cfg", "[options]\ninstall_requires = lib"),
    ],
)
def test_member_is_looked_up_in_files_of_other_installers(repo: Path, name: str, text: str) -> None:
    write_tree(
        repo, {"pyproject.toml": project("root", more=UV), "packages/lib/pyproject.toml": project("lib"), name: text}
    )

    assert skip_reasons(name) == {"lib": None}


def test_nearest_workspace_of_a_tool_applies(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", more=UV + RYE),
            "packages/a/pyproject.toml": project("a", "b", "inner", more="[tool.uv.workspace]\nmembers = ['inner']\n"),
            "packages/a/inner/pyproject.toml": project("inner", "a", "b"),
            "packages/b/pyproject.toml": project("b"),
        },
    )

    assert skip_reasons("packages/a/pyproject.toml", sections=True) == {
        "project.dependencies: b": MEMBER,  # from the Rye workspace
        "project.dependencies: inner": MEMBER,
    }
    assert skip_reasons("packages/a/inner/pyproject.toml") == {"a": MEMBER, "b": None}


def test_locked_member_is_not_skipped(repo: Path) -> None:
    lock = '[[package]]\nname = "lib"\nversion = "1"\n'
    write_tree(repo, {"pyproject.toml": project("root", more=UV), "packages/lib/pyproject.toml": project("lib")})
    write_tree(repo, {"poetry.lock": lock})

    assert skip_reasons("poetry.lock") == {"lib": None}


def test_incomplete_member_list_keeps_other_members(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "a", "b", more='[tool.uv.workspace]\nmembers = ["a", "b\nx = [\n'),
            "a/pyproject.toml": project("a"),
            "b/pyproject.toml": project("b"),
        },
    )

    reasons = skip_reasons("pyproject.toml")
    assert reasons["a"] is MEMBER


# --- declarations ----------------------------------------------------------------------------------------------------


def declared(text: str, file_format: str = "pyproject") -> set[Workspace]:
    return set(parse(file_format, text).workspaces)


def test_workspaces_in_all_toml_syntaxes() -> None:
    a = Workspace("uv", ("a", "b"), ("c",))
    assert declared("[tool.uv.workspace]\nmembers = ['a', 'b']\nexclude = ['c']") == {a}
    assert declared("[tool.uv]\nworkspace = {members = ['a', 'b'], exclude = ['c']}") == {a}
    assert declared("[tool]\nuv.workspace.members = ['a', 'b']\nuv.workspace.exclude = ['c']") == {a}
    assert declared("tool.uv = {workspace = {members = ['a', 'b'], exclude = ['c']}}") == {a}
    assert declared("[tool.rye]\nworkspace = {}") == {Workspace("rye", None)}
    assert declared("[tool.uv]\nworkspace = 1\nx = 2") == {Workspace("uv", None)}
    assert declared("[envs.x.workspace]\nmembers = [{path = 'a'}, {p = 1}, 3, '']", "hatch-toml") == {
        Workspace("hatch", ("a",))
    }
    assert declared("[tool.pixi.workspace]\nmembers = ['a']\n[project]\nworkspace = 1") == set()


# --- time -------------------------------------------------------------------------------------------------------------


class CountingTree(Tree):
    """A 40 levels deep tree that counts calls of ``directories_in``."""

    def __init__(self) -> None:
        self.calls = 0

    def directories_in(self, directory: str) -> list[str]:
        self.calls += 1
        return ["a", "aa"] if directory.count("/") < 40 else []

    def is_file(self, path: str) -> bool:  # noqa: ARG002 - the base class needs it
        return False


# Fewer examples: most of them reach MAX_STEPS and take 0.1 s.
@settings(max_examples=settings().max_examples // 5)
@given(
    st.lists(st.sampled_from(["**", "*", "a*a*a*", "?", "a", "[a", "[z-a]", "[!", "..", ".", "", "***"]), max_size=8)
)
def test_number_of_listed_directories_is_limited(steps: list[str]) -> None:
    tree = CountingTree()
    workspace = Workspace("uv", ("/".join(steps) or "*",))
    assert list(Workspaces(tree, lambda _, __: (workspace,)).containing("/r", "/r")) == [Membership("uv", ("/r",))]
    assert tree.calls <= workspaces.MAX_STEPS + 1


@pytest.mark.alone
def test_matching_long_names_takes_linear_time() -> None:
    def seconds(size: int) -> float:
        pattern, name = "a*" * size + "b", "a" * size

        class DeepTree(CountingTree):
            def directories_in(self, directory: str) -> list[str]:
                return [name] if directory == "/r" else []

        workspace = Workspace("uv", (pattern,))
        return least_seconds(lambda: list(Workspaces(DeepTree(), lambda _, __: (workspace,)).containing("/r", "/r")))

    assert seconds(120) < 40 * seconds(30) + 0.05


def test_no_directory_is_listed_without_workspaces(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> list[str]:
        raise AssertionError("directories_in was called")

    monkeypatch.setattr(Tree, "directories_in", never)
    write_tree(repo, {"pyproject.toml": project("root", "a"), "a/pyproject.toml": project("a", "b")})
    assert skip_reasons(".") == {"a": None, "b": None}
