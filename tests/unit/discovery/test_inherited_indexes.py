"""Indexes that dependency files inherit from other files of the repository."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mothball.check.inputs import RunSettings
from mothball.config.project import DEFAULT_INDEX, UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.resolve import MAX_FILES
from mothball.model.document import SkipReason
from mothball.routing.route import IndexRoute
from tests.support.timing import least_seconds
from tests.support.trees import write_tree

A, B = "https://a.example/simple/", "https://b.example/simple/"
PUBLIC = DEFAULT_INDEX
TODAY = "2026-11-18"
Destination = tuple[str, ...] | SkipReason


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def discovered(*paths: str) -> DiscoveryResult:
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    return discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0))


def routes(*paths: str) -> dict[str, Destination]:
    """Return the indexes to query for each dependency of ``paths``, or its skip reason."""
    destinations: dict[str, Destination] = {}
    for file in discovered(*paths).files:
        router = file.router()
        for dependency in file.document.dependencies:
            route = router.route(dependency)
            destinations[dependency.name] = route.urls if isinstance(route, IndexRoute) else route.reason
    return destinations


# --- including requirements files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "including_files",
    [
        {"requirements/dev.txt": f"-i {A}\n-r base.txt\n"},
        {"requirements.txt": f"-i {A}\n-r requirements/base.txt\n"},
        {"requirements/constraints.txt": f"-i {A}\n-r base.txt\n"},
        {"dev-requirements.txt": f"-i {A}\n-r requirements/all.txt\n", "requirements/all.txt": "-r ./base.txt\n"},
    ],
)
def test_indexes_of_including_file_apply(repo: Path, including_files: dict[str, str]) -> None:
    write_tree(repo, {"requirements/base.txt": "acme-web\n", **including_files})

    assert routes("requirements/base.txt") == {"acme-web": (A,)}
    assert routes("requirements/base.txt", ".")["acme-web"] == (A,)
    assert [file.path for file in discovered("requirements/base.txt").files] == ["requirements/base.txt"]


@pytest.mark.parametrize(
    "other_files",
    [
        {"requirements/dev.txt": f"-i {A}\n# base.txt is something else\n"},
        {"requirements/dev.txt": f"-i {A}\n-r more/base.txt\n", "requirements/more/base.txt": "x\n"},
        {"requirements/sub/dev.txt": f"-i {A}\n-r ../base.txt\n"},
        {"requirements/dev.txt": "-r base.txt\n"},
        {"requirements/notes.md": f"-i {A}\n-r base.txt\n"},
    ],
)
def test_indexes_of_other_files_do_not_apply(repo: Path, other_files: dict[str, str]) -> None:
    write_tree(repo, {"requirements/base.txt": "acme-web\n", **other_files})

    assert routes("requirements/base.txt") == {"acme-web": (PUBLIC,)}


def test_main_indexes_of_all_including_files_are_candidates(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements/base.txt": "acme-web\n",
            "requirements/a.txt": f"-i {A}\n-r base.txt\n",
            "requirements/b.txt": f"-i {B}\n-r base.txt\n",
            "requirements/public.txt": "-r base.txt\n",
        },
    )
    assert routes("requirements/base.txt") == {"acme-web": (A, B)}
    assert routes(".")["acme-web"] == (A, B)


def test_unreadable_including_file_is_not_reported(repo: Path) -> None:
    write_tree(repo, {"requirements/base.txt": "acme-web\n"})
    (repo / "requirements" / "broken.txt").write_bytes(
        b"# -*- coding: nonsense -*-\n-i https://a.example\n-r base.txt\n"
    )
    (repo / "requirements" / "link.txt").symlink_to("/etc/passwd")
    (repo / "requirements" / "folder.txt").mkdir()

    assert routes("requirements/base.txt") == {"acme-web": (PUBLIC,)}
    assert discovered("requirements/base.txt").unreadable == ()


def test_search_limit_for_including_files_is_reported(repo: Path) -> None:
    write_tree(repo, {f"requirements/{number:04}.txt": "x\n" for number in range(MAX_FILES + 1)})

    (problem,) = discovered("requirements/0000.txt").problems

    assert (
        problem.message == f"only the first {MAX_FILES} requirements files were searched for files that include others"
    )
    assert problem.path == "requirements"
    # A check of the whole directory searches all of them.
    assert discovered("requirements").problems == ()


@pytest.mark.alone
def test_time_is_linear_in_files_that_include_others_of_the_same_name(repo: Path) -> None:
    def work(count: int) -> Callable[[], object]:
        folder = repo / str(count)
        lines = "".join(f"-r {number}/base.txt\n" for number in range(count))
        write_tree(folder, {f"{number}/base.txt": "x\n" for number in range(count)})
        write_tree(folder, {f"requirements-{number}.txt": lines for number in range(count)})
        paths = [os.path.relpath(folder / str(number) / "base.txt", repo) for number in range(count)]
        return lambda: discovered(*paths)

    few, many = work(10), work(40)
    # Four times the files, each with four times the lines, is sixteen times the text.
    assert least_seconds(many, 1) < 60 * least_seconds(few)


# --- projects ---------------------------------------------------------------------------------------------------------

CORE = {"packages/core/pyproject.toml": '[project]\nname = "acme-core"\n'}
MEMBER = "[project]\nname = 'member'\ndependencies = ['lib', 'acme-core', 'pinned']\n"
INDEXES = (
    f"[[tool.uv.index]]\nname = 'a'\nurl = '{A}'\ndefault = true\n"
    f"[[tool.uv.index]]\nname = 'b'\nurl = '{B}'\nexplicit = true\n"
)
ROOT = (
    "[tool.uv.workspace]\nmembers = ['packages/*']\n"
    + INDEXES
    + "[tool.uv.sources]\nacme-core = {workspace = true}\npinned = {index = 'b'}\n"
)


def test_workspace_member_inherits_indexes_and_sources(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": ROOT, "packages/x/pyproject.toml": MEMBER, **CORE})

    for paths in (("packages/x/pyproject.toml",), (".",)):
        assert routes(*paths) == {"lib": (A,), "acme-core": SkipReason.WORKSPACE, "pinned": (B,)}


def test_sources_of_member_take_precedence_and_may_name_root_indexes(repo: Path) -> None:
    own_tables = (
        f"[[tool.uv.index]]\nname = 'mine'\nurl = '{PUBLIC}'\n"
        "[tool.uv.sources]\nlib = {index = 'b'}\npinned = {index = 'mine'}\n"
    )
    write_tree(repo, {"pyproject.toml": ROOT, "packages/x/pyproject.toml": MEMBER + own_tables, **CORE})

    assert routes("packages/x/pyproject.toml") == {
        "lib": (B,),
        "acme-core": SkipReason.WORKSPACE,
        "pinned": (PUBLIC,),
    }


def test_nested_uv_project_inherits_indexes_but_not_sources(repo: Path) -> None:
    root = INDEXES + "[tool.uv.sources]\npinned = {index = 'b'}\n"
    write_tree(repo, {"pyproject.toml": root, "tools/x/pyproject.toml": MEMBER})

    assert routes("tools/x/pyproject.toml") == {"lib": (A,), "acme-core": (A,), "pinned": (A,)}


def test_project_with_uv_table_inherits_nothing(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": INDEXES, "tools/x/pyproject.toml": MEMBER + "[tool.uv]\npackage = true\n"})

    assert routes("tools/x/pyproject.toml")["lib"] == (PUBLIC,)


def test_uv_toml_replaces_uv_table(repo: Path) -> None:
    write_tree(
        repo, {"uv.toml": f"index-url = '{B}'\n", "pyproject.toml": MEMBER + INDEXES, "x/pyproject.toml": MEMBER}
    )

    assert routes("pyproject.toml")["lib"] == (B,)
    assert routes("x/pyproject.toml")["lib"] == (B,)
    (repo / "uv.toml").write_bytes(b"\xff")
    assert routes("pyproject.toml")["lib"] == SkipReason.NO_INDEX


def test_uv_toml_link_out_of_repository_is_not_followed(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "uv.toml"
    outside.write_text(f"index-url = '{B}'\n")
    (repo / "uv.toml").symlink_to(outside)
    write_tree(repo, {"pyproject.toml": MEMBER + INDEXES})

    assert routes("pyproject.toml")["lib"] == (A,)


def test_search_ends_at_repository_root(repo: Path) -> None:
    (repo / "inner" / ".git").mkdir(parents=True)
    write_tree(repo, {"pyproject.toml": ROOT, "inner/pyproject.toml": MEMBER})

    assert routes("inner/pyproject.toml")["lib"] == (PUBLIC,)


def test_pdm_lock_uses_sources_of_pyproject(repo: Path) -> None:
    lock = "[[package]]\nname = 'lib'\nversion = '1'\n[[package]]\nname = 'acme-web'\nversion = '1'\n"
    project = f"[[tool.pdm.source]]\nname = 'acme'\nurl = '{A}'\ninclude_packages = ['acme-*']\n"
    write_tree(repo, {"pyproject.toml": project, "pdm.lock": lock})

    assert routes("pdm.lock") == {"lib": (A, PUBLIC), "acme-web": (A,)}
    (repo / "pyproject.toml").unlink()
    assert routes("pdm.lock") == {"lib": (PUBLIC,), "acme-web": (PUBLIC,)}


def test_unreadable_pyproject_prevents_lookups(repo: Path) -> None:
    lock = "[[package]]\nname = 'lib'\nversion = '1'\n"
    write_tree(repo, {"x/pyproject.toml": "[project]\ndependencies = ['other']\n", "pdm.lock": lock})
    (repo / "pyproject.toml").write_bytes(b"\xff")

    assert routes("pdm.lock", "x") == {"lib": SkipReason.NO_INDEX, "other": SkipReason.NO_INDEX}


def test_index_location_names_the_defining_file(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": ROOT, "packages/x/pyproject.toml": MEMBER})

    (file,) = discovered("packages/x/pyproject.toml").files

    assert [index.declared_at for index in file.indexes.indexes] == ["pyproject.toml:5", "pyproject.toml:9"]


# --- requirements files in a uv project -------------------------------------------------------------------------------


def test_requirements_file_uses_indexes_of_enclosing_uv_project(repo: Path) -> None:
    extra = f"[[tool.uv.index]]\nname = 'c'\nurl = '{B}'\n"
    write_tree(
        repo, {"pyproject.toml": INDEXES + extra, "requirements.txt": "lib\n", "deep/requirements.txt": "other\n"}
    )

    assert routes("requirements.txt") == {"lib": (B, A)}
    assert routes("deep/requirements.txt") == {"other": (B, A)}


def test_index_url_in_requirements_file_takes_precedence(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": INDEXES,
            "requirements.txt": f"-i {B}\nlib\n",
            "x/requirements.txt": f"-i {PUBLIC}\nother\n",
        },
    )

    assert routes("requirements.txt") == {"lib": (B,)}
    assert routes("x/requirements.txt") == {"other": (A,)}


def test_incomplete_pyproject_prevents_lookups_of_requirements(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": "[[tool.uv.index]]\nurl = 'https://a.exam", "requirements.txt": "lib\n"})

    assert routes("requirements.txt") == {"lib": SkipReason.NO_INDEX}


# --- unreadable index settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "include",
    [
        "-r nothere.txt",
        "-c nothere.txt",
        "-r ../outer.txt",
        "-r bad.txt",
        "-r https://x.example/r.txt",
        "-r ${X}/r.txt",
    ],
)
def test_unreadable_include_excludes_default_index(repo: Path, include: str) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": f"{include}\nlib\n",
            "acme-requirements.txt": f"-i {A}\n{include}\nacme\n",
            "bad.txt": b"\xff",
        },
    )
    assert routes("requirements.txt", "acme-requirements.txt") == {"lib": SkipReason.UNKNOWN_INDEX, "acme": (A,)}


def test_constraints_url_cannot_configure_index(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-c https://x.example/upper.txt\nlib\n"})
    assert routes("requirements.txt") == {"lib": (PUBLIC,)}


def test_setuptools_include_cannot_configure_index(repo: Path) -> None:
    dynamic = "[tool.setuptools.dynamic]\noptional-dependencies.x = {file = ['later.txt']}\n"
    dynamic = f"[project]\nname = 'x'\ndependencies = ['lib']\n{dynamic}"
    write_tree(repo, {"pyproject.toml": dynamic})
    assert routes("pyproject.toml") == {"lib": (PUBLIC,)}


@pytest.mark.parametrize(
    "project_files",
    [
        {"uv.toml": f"[[index]\nurl = '{A}'\n"},
        {"pyproject.toml": f"[[tool.uv.index]\nurl = '{A}'\n"},
        {"pyproject.toml": f"[tool.uv.index]\nurl = '{A}'\n"},
    ],
)
def test_syntax_error_in_uv_settings_prevents_lookups_of_requirements(
    repo: Path, project_files: dict[str, str]
) -> None:
    write_tree(repo, {**project_files, "requirements.txt": "acme-web\n"})
    assert routes("requirements.txt") == {"acme-web": SkipReason.NO_INDEX}


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (f"index-url = '{A}'\n", (A,)),
        (f"extra-index-url = ['{A}']\n", (A, PUBLIC)),
        ("no-index = true\n", SkipReason.NO_INDEX),
    ],
)
@pytest.mark.parametrize(("name", "table"), [("pyproject.toml", "[tool.uv.pip]\n"), ("uv.toml", "[pip]\n")])
def test_uv_pip_settings_apply_to_requirements_files(
    repo: Path, name: str, table: str, setting: str, expected: Destination
) -> None:
    write_tree(repo, {name: table + setting, "requirements.txt": "acme-web\n"})
    assert routes("requirements.txt") == {"acme-web": expected}
