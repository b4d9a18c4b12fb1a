"""Members of a workspace are projects of the repository, and asked of no index; what only claims to be one is asked."""

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
    listed = ", ".join(f'"{one}"' for one in requires)
    return f'[project]\nname = "{name}"\ndependencies = [{listed}]\n{more}'


def skip_reason(*paths: str, sections: bool = False) -> dict[str, SkipReason | None]:
    """Return of each name in the files, with its section if wanted, why it is not looked up."""
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    files = discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0)).files
    assert files
    return {
        f"{one.section}: {one.name}" if sections else one.name: one.skip_reason
        for file in files
        for one in file.document.dependencies
    }


# --- which names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [UV, RYE, HATCH, "[tool.rye.workspace]\n"])
def test_a_member_is_skipped_in_the_root_and_in_other_members(repo: Path, table: str) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "Night.Watch[x]>=1", "owl", more=table),
            "packages/a/pyproject.toml": project("night-watch", "owl"),
            "packages/b/pyproject.toml": project("b", "night_watch", "root", "owl"),
        },
    )

    assert skip_reason("pyproject.toml") == {"night-watch": MEMBER, "owl": None}
    assert skip_reason("packages/b/pyproject.toml") == {"night-watch": MEMBER, "root": MEMBER, "owl": None}
    assert skip_reason(".") == {"night-watch": MEMBER, "root": MEMBER, "owl": None}


def test_a_member_that_is_not_there_is_a_project_of_an_index(repo: Path) -> None:
    table = '[tool.uv.workspace]\nmembers = ["packages/*", "old-lib", "../outside", "/etc"]\n'
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "old-lib", "outside", more=table),
            "packages/old-lib/README.md": "no project",
            "../outside/pyproject.toml": project("outside"),
        },
    )

    assert skip_reason("pyproject.toml") == {"old-lib": None, "outside": None}


def test_a_member_that_uv_shall_not_manage_is_a_project_of_an_index(repo: Path) -> None:
    left_alone = "[tool.uv]\nmanaged = false\n"
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "owl", "lark", "wren", more=UV),
            "packages/a/pyproject.toml": project("owl", more=left_alone),
            "packages/b/pyproject.toml": project("lark", more=left_alone.replace("false", "true")),
            "packages/c/pyproject.toml": project("wren", more="[tool.other]\nmanaged = false\n"),
        },
    )

    assert skip_reason("pyproject.toml") == {"owl": None, "lark": MEMBER, "wren": MEMBER}
    assert skip_reason(".") == {"owl": None, "lark": MEMBER, "wren": MEMBER}


def test_a_member_bears_the_name_that_its_own_file_tells(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "old-lib", "lib-of-ours", more=UV),
            "packages/old-lib/pyproject.toml": project("lib-of-ours"),
        },
    )

    assert skip_reason("pyproject.toml") == {"old-lib": None, "lib-of-ours": MEMBER}


def test_a_member_outside_the_repository_by_a_link_is_none(repo: Path) -> None:
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

    assert skip_reason("pyproject.toml") == {"old-lib": None}


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
def test_patterns_lead_to_members_as_in_uv(repo: Path, members: str, excludes: str, expected: str) -> None:
    places = {"a": "packages/a", "b": "packages/b", "c": "packages/c", "d": "packages/c/d"}
    table = f"[tool.uv.workspace]\nexclude = {excludes}\nmembers = {members}\n"
    write_tree(repo, {f"{place}/pyproject.toml": project(f"lib-{name}") for name, place in places.items()})
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", *(f"lib-{name}" for name in places), more=table),
            ".hidden/h/pyproject.toml": project("lib-a"),
            "node_modules/n/pyproject.toml": project("lib-b"),
        },
    )

    found = skip_reason("pyproject.toml")
    assert {name for name, reason in found.items() if reason} == {f"lib-{letter}" for letter in expected}


def test_hidden_directories_are_members_where_they_are_named(repo: Path) -> None:
    table = '[tool.uv.workspace]\nmembers = [".tools/a", "packages/*"]\n'
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "lib-a", "lib-b", more=table),
            ".tools/a/pyproject.toml": project("lib-a"),
            "packages/.b/pyproject.toml": project("lib-b"),
        },
    )

    assert skip_reason("pyproject.toml") == {"lib-a": MEMBER, "lib-b": None}


def test_hatch_takes_members_by_tables_and_in_hatch_toml(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "lib-a", "lib-b"),
            "hatch.toml": '[envs.x]\ndependencies = ["lib-a"]\nworkspace.members = [{path = "a", features = []}]\n',
            "a/pyproject.toml": project("lib-a"),
            "b/pyproject.toml": project("lib-b"),
        },
    )

    assert skip_reason("pyproject.toml") == {"lib-a": MEMBER, "lib-b": None}
    assert skip_reason("hatch.toml") == {"lib-a": MEMBER}


# --- where ------------------------------------------------------------------------------------------------------------


def test_only_what_the_tool_itself_installs_knows_the_members(repo: Path) -> None:
    more = (
        '[build-system]\nrequires = ["lib"]\n[dependency-groups]\ndev = ["lib"]\n'
        '[tool.uv]\ndev-dependencies = ["lib"]\nconstraint-dependencies = ["lib"]\n'
        '[tool.hatch.envs.x]\ndependencies = ["lib"]\n[tool.hatch.build.hooks.x]\ndependencies = ["lib"]\n'
        '[tool.rye]\ndev-dependencies = ["lib"]\n[tool.pdm.dev-dependencies]\nx = ["lib"]\n'
    )
    write_tree(repo, {"packages/lib/pyproject.toml": project("lib")})

    def asked(table: str) -> set[str]:
        write_tree(repo, {"pyproject.toml": project("root", "lib", more=more + table)})
        found = skip_reason("pyproject.toml", sections=True)
        return {name.partition(":")[0] for name, reason in found.items() if reason is None}

    build, hook = "build-system.requires", "tool.hatch.build.hooks.x.dependencies"
    of_uv = {"tool.uv.dev-dependencies", "tool.uv.constraint-dependencies"}
    of_pdm, of_rye, of_hatch = (
        "tool.pdm.dev-dependencies.x",
        "tool.rye.dev-dependencies",
        "tool.hatch.envs.x.dependencies",
    )
    assert asked(UV) == {of_pdm, of_rye, of_hatch, hook}
    assert asked(RYE) == {of_pdm, of_hatch, hook, build, *of_uv}
    assert asked("[tool.hatch.envs.y.workspace]\nmembers = ['packages/*']\n") == {of_pdm, of_rye, hook, build, *of_uv}


def test_who_is_no_member_asks_an_index_for_members(repo: Path) -> None:
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

    assert skip_reason("packages/seed/pyproject.toml") == {"lib": None}
    assert skip_reason("packages/lib/tools/pyproject.toml") == {"lib": None}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "lib"),
        ("tox.ini", "[testenv]\ndeps = lib"),
        ("Pipfile", "[packages]\nlib = '*'"),
        ("setup.cfg", "[options]\ninstall_requires = lib"),
    ],
)
def test_files_that_other_installers_read_know_no_members(repo: Path, name: str, text: str) -> None:
    write_tree(
        repo, {"pyproject.toml": project("root", more=UV), "packages/lib/pyproject.toml": project("lib"), name: text}
    )

    assert skip_reason(name) == {"lib": None}


def test_the_nearest_workspace_of_a_tool_counts(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", more=UV + RYE),
            "packages/a/pyproject.toml": project("a", "b", "inner", more="[tool.uv.workspace]\nmembers = ['inner']\n"),
            "packages/a/inner/pyproject.toml": project("inner", "a", "b"),
            "packages/b/pyproject.toml": project("b"),
        },
    )

    assert skip_reason("packages/a/pyproject.toml", sections=True) == {
        "project.dependencies: b": MEMBER,  # of Rye's workspace
        "project.dependencies: inner": MEMBER,
    }
    assert skip_reason("packages/a/inner/pyproject.toml") == {"a": MEMBER, "b": None}


def test_what_a_lock_records_stays(repo: Path) -> None:
    lock = '[[package]]\nname = "lib"\nversion = "1"\n'
    write_tree(repo, {"pyproject.toml": project("root", more=UV), "packages/lib/pyproject.toml": project("lib")})
    write_tree(repo, {"poetry.lock": lock})

    assert skip_reason("poetry.lock") == {"lib": None}


def test_a_half_typed_member_table_keeps_the_others(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": project("root", "a", "b", more='[tool.uv.workspace]\nmembers = ["a", "b\nx = [\n'),
            "a/pyproject.toml": project("a"),
            "b/pyproject.toml": project("b"),
        },
    )

    found = skip_reason("pyproject.toml")
    assert found["a"] is MEMBER


# --- what the formats tell --------------------------------------------------------------------------------------------


def declared(text: str, file_format: str = "pyproject") -> set[Workspace]:
    return set(parse(file_format, text).workspaces)


def test_workspaces_are_read_however_they_are_written() -> None:
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


class Counting(Tree):
    """A tree without end, in which every look is counted."""

    def __init__(self) -> None:
        self.looks = 0

    def directories_in(self, directory: str) -> list[str]:
        self.looks += 1
        return ["a", "aa"] if directory.count("/") < 40 else []

    def is_file(self, path: str) -> bool:  # noqa: ARG002 - the disk needs it
        return False


# Most of these reach the limit of steps: a tenth of a second each.
@settings(max_examples=settings().max_examples // 5)
@given(
    st.lists(st.sampled_from(["**", "*", "a*a*a*", "?", "a", "[a", "[z-a]", "[!", "..", ".", "", "***"]), max_size=8)
)
def test_no_pattern_looks_at_a_directory_too_often(steps: list[str]) -> None:
    tree = Counting()
    workspace = Workspace("uv", ("/".join(steps) or "*",))
    assert list(Workspaces(tree, lambda _, __: (workspace,)).around("/r", "/r")) == [Membership("uv", ("/r",))]
    assert tree.looks <= workspaces.MAX_STEPS + 1


@pytest.mark.alone
def test_long_names_and_patterns_are_not_tried_in_every_way() -> None:
    def look(size: int) -> float:
        pattern, name = "a*" * size + "b", "a" * size

        class One(Counting):
            def directories_in(self, directory: str) -> list[str]:
                return [name] if directory == "/r" else []

        workspace = Workspace("uv", (pattern,))
        return least_seconds(lambda: list(Workspaces(One(), lambda _, __: (workspace,)).around("/r", "/r")))

    assert look(120) < 40 * look(30) + 0.05


def test_a_repository_without_workspaces_is_not_looked_through(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> list[str]:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr(Tree, "directories_in", never)
    write_tree(repo, {"pyproject.toml": project("root", "a"), "a/pyproject.toml": project("a", "b")})
    assert skip_reason(".") == {"a": None, "b": None}
