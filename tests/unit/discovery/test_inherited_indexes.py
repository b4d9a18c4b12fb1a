"""What other files of a repository say of where a file's names come from, on a disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mothball.check.inputs import RunSettings
from mothball.config.project import DEFAULT_INDEX, UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, DiscoveryResult, discover
from mothball.discovery.inherited_indexes import MAX_FILES
from mothball.model.document import SkipReason
from mothball.routing.route import IndexRoute, Router
from tests.support.timing import least_seconds
from tests.support.trees import write_tree

A, B = "https://a.example/simple/", "https://b.example/simple/"
PUBLIC = DEFAULT_INDEX
TODAY = "2026-11-18"
Way = tuple[str, ...] | SkipReason


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def discovered(*paths: str) -> DiscoveryResult:
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    return discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0))


def ways(*paths: str) -> dict[str, Way]:
    """Return by name whom a check of ``paths`` would ask, or why nobody."""
    found: dict[str, Way] = {}
    for file in discovered(*paths).files:
        router = Router(file.declared_indexes(), file.resolved_config.network)
        for one in file.document.dependencies:
            route = router.route(one)
            found[one.name] = route.urls if isinstance(route, IndexRoute) else route.reason
    return found


# --- requirements files that are installed by way of others -----------------------------------------------------------


@pytest.mark.parametrize(
    "including",
    [
        {"requirements/dev.txt": f"-i {A}\n-r base.txt\n"},
        {"requirements.txt": f"-i {A}\n-r requirements/base.txt\n"},
        {"requirements/constraints.txt": f"-i {A}\n-r base.txt\n"},
        {"dev-requirements.txt": f"-i {A}\n-r requirements/all.txt\n", "requirements/all.txt": "-r ./base.txt\n"},
    ],
)
def test_a_file_alone_is_asked_about_where_a_file_that_includes_it_says(repo: Path, including: dict[str, str]) -> None:
    write_tree(repo, {"requirements/base.txt": "acme-web\n", **including})

    assert ways("requirements/base.txt") == {"acme-web": (A,)}
    assert ways("requirements/base.txt", ".")["acme-web"] == (A,)
    assert [file.path for file in discovered("requirements/base.txt").files] == ["requirements/base.txt"]


@pytest.mark.parametrize(
    "other",
    [
        {"requirements/dev.txt": f"-i {A}\n# base.txt is something else\n"},
        {"requirements/dev.txt": f"-i {A}\n-r more/base.txt\n", "requirements/more/base.txt": "x\n"},
        {"requirements/sub/dev.txt": f"-i {A}\n-r ../base.txt\n"},
        {"requirements/dev.txt": "-r base.txt\n"},
        {"requirements/notes.md": f"-i {A}\n-r base.txt\n"},
    ],
)
def test_files_that_do_not_include_it_or_lie_elsewhere_say_nothing_of_it(repo: Path, other: dict[str, str]) -> None:
    write_tree(repo, {"requirements/base.txt": "acme-web\n", **other})

    assert ways("requirements/base.txt") == {"acme-web": (PUBLIC,)}


def test_of_several_ways_the_main_indexes_are_all_asked(repo: Path) -> None:
    write_tree(
        repo,
        {
            "requirements/base.txt": "acme-web\n",
            "requirements/a.txt": f"-i {A}\n-r base.txt\n",
            "requirements/b.txt": f"-i {B}\n-r base.txt\n",
            "requirements/public.txt": "-r base.txt\n",
        },
    )
    assert ways("requirements/base.txt") == {"acme-web": (A, B)}
    assert ways(".")["acme-web"] == (A, B)


def test_an_including_file_that_cannot_be_read_is_told_by_who_checks_it(repo: Path) -> None:
    write_tree(repo, {"requirements/base.txt": "acme-web\n"})
    (repo / "requirements" / "broken.txt").write_bytes(
        b"# -*- coding: nonsense -*-\n-i https://a.example\n-r base.txt\n"
    )
    (repo / "requirements" / "link.txt").symlink_to("/etc/passwd")
    (repo / "requirements" / "folder.txt").mkdir()

    assert ways("requirements/base.txt") == {"acme-web": (PUBLIC,)}
    assert discovered("requirements/base.txt").unreadable == ()


def test_a_crowded_directory_is_searched_in_part_and_that_is_told(repo: Path) -> None:
    write_tree(repo, {f"requirements/{number:04}.txt": "x\n" for number in range(MAX_FILES + 1)})

    (problem,) = discovered("requirements/0000.txt").problems

    assert problem.message == f"only {MAX_FILES} requirements files here were searched for those that include others"
    assert problem.path == "requirements"
    # Whoever reads them all has looked at all.
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
    # Four times the files with four times the lines: sixteen times the text.
    assert least_seconds(many, 1) < 60 * least_seconds(few)


# --- projects ---------------------------------------------------------------------------------------------------------

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


def test_a_member_of_a_workspace_has_the_indexes_and_sources_of_its_root(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": ROOT, "packages/x/pyproject.toml": MEMBER})

    for paths in (("packages/x/pyproject.toml",), (".",)):
        assert ways(*paths) == {"lib": (A,), "acme-core": SkipReason.WORKSPACE, "pinned": (B,)}


def test_a_members_own_sources_come_first_and_may_name_indexes_of_the_root(repo: Path) -> None:
    own = (
        f"[[tool.uv.index]]\nname = 'mine'\nurl = '{PUBLIC}'\n"
        "[tool.uv.sources]\nlib = {index = 'b'}\npinned = {index = 'mine'}\n"
    )
    write_tree(repo, {"pyproject.toml": ROOT, "packages/x/pyproject.toml": MEMBER + own})

    assert ways("packages/x/pyproject.toml") == {
        "lib": (B,),
        "acme-core": SkipReason.WORKSPACE,
        "pinned": (PUBLIC,),
    }


def test_a_project_below_another_one_of_uv_has_its_indexes_and_not_its_sources(repo: Path) -> None:
    root = INDEXES + "[tool.uv.sources]\npinned = {index = 'b'}\n"
    write_tree(repo, {"pyproject.toml": root, "tools/x/pyproject.toml": MEMBER})

    assert ways("tools/x/pyproject.toml") == {"lib": (A,), "acme-core": (A,), "pinned": (A,)}


def test_a_project_with_a_table_of_uv_has_its_own(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": INDEXES, "tools/x/pyproject.toml": MEMBER + "[tool.uv]\npackage = true\n"})

    assert ways("tools/x/pyproject.toml")["lib"] == (PUBLIC,)


def test_a_file_of_uv_beside_the_project_takes_the_place_of_its_table(repo: Path) -> None:
    write_tree(
        repo, {"uv.toml": f"index-url = '{B}'\n", "pyproject.toml": MEMBER + INDEXES, "x/pyproject.toml": MEMBER}
    )

    assert ways("pyproject.toml")["lib"] == (B,)
    assert ways("x/pyproject.toml")["lib"] == (B,)
    (repo / "uv.toml").write_bytes(b"\xff")
    assert ways("pyproject.toml")["lib"] == SkipReason.NO_INDEX


def test_a_file_of_uv_that_leads_out_of_the_repository_is_none(
    repo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "uv.toml"
    outside.write_text(f"index-url = '{B}'\n")
    (repo / "uv.toml").symlink_to(outside)
    write_tree(repo, {"pyproject.toml": MEMBER + INDEXES})

    assert ways("pyproject.toml")["lib"] == (A,)


def test_the_search_ends_at_the_root_of_the_repository(repo: Path) -> None:
    (repo / "inner" / ".git").mkdir(parents=True)
    write_tree(repo, {"pyproject.toml": ROOT, "inner/pyproject.toml": MEMBER})

    assert ways("inner/pyproject.toml")["lib"] == (PUBLIC,)


def test_a_lock_of_pdm_comes_from_the_sources_of_the_project_beside_it(repo: Path) -> None:
    lock = "[[package]]\nname = 'lib'\nversion = '1'\n[[package]]\nname = 'acme-web'\nversion = '1'\n"
    project = f"[[tool.pdm.source]]\nname = 'acme'\nurl = '{A}'\ninclude_packages = ['acme-*']\n"
    write_tree(repo, {"pyproject.toml": project, "pdm.lock": lock})

    assert ways("pdm.lock") == {"lib": (A, PUBLIC), "acme-web": (A,)}
    (repo / "pyproject.toml").unlink()
    assert ways("pdm.lock") == {"lib": (PUBLIC,), "acme-web": (PUBLIC,)}


def test_where_a_file_that_says_it_cannot_be_read_names_stay_at_home(repo: Path) -> None:
    lock = "[[package]]\nname = 'lib'\nversion = '1'\n"
    write_tree(repo, {"x/pyproject.toml": "[project]\ndependencies = ['other']\n", "pdm.lock": lock})
    (repo / "pyproject.toml").write_bytes(b"\xff")

    assert ways("pdm.lock", "x") == {"lib": SkipReason.NO_INDEX, "other": SkipReason.NO_INDEX}


def test_places_of_indexes_name_the_file_that_has_them(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": ROOT, "packages/x/pyproject.toml": MEMBER})

    (file,) = discovered("packages/x/pyproject.toml").files

    assert [one.declared_at for one in file.tool_indexes] == ["pyproject.toml:5", "pyproject.toml:9"]


# --- requirements files beside a project of uv ------------------------------------------------------------------------


def test_uv_installs_a_requirements_file_with_the_indexes_of_the_project_around_it(repo: Path) -> None:
    extra = f"[[tool.uv.index]]\nname = 'c'\nurl = '{B}'\n"
    write_tree(
        repo, {"pyproject.toml": INDEXES + extra, "requirements.txt": "lib\n", "deep/requirements.txt": "other\n"}
    )

    assert ways("requirements.txt") == {"lib": (B, A)}
    assert ways("deep/requirements.txt") == {"other": (B, A)}


def test_pip_reads_the_file_alone_so_its_own_word_is_the_main_index(repo: Path) -> None:
    write_tree(
        repo,
        {
            "pyproject.toml": INDEXES,
            "requirements.txt": f"-i {B}\nlib\n",
            "x/requirements.txt": f"-i {PUBLIC}\nother\n",
        },
    )

    assert ways("requirements.txt") == {"lib": (B,)}
    assert ways("x/requirements.txt") == {"other": (A,)}


def test_while_the_project_around_it_is_typed_its_names_stay_at_home(repo: Path) -> None:
    write_tree(repo, {"pyproject.toml": "[[tool.uv.index]]\nurl = 'https://a.exam", "requirements.txt": "lib\n"})

    assert ways("requirements.txt") == {"lib": SkipReason.NO_INDEX}


# --- what may name an index, and cannot be read -----------------------------------------------------------------------


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
def test_an_include_that_is_not_read_keeps_names_from_the_default_index_alone(repo: Path, include: str) -> None:
    write_tree(
        repo,
        {
            "requirements.txt": f"{include}\nlib\n",
            "home-requirements.txt": f"-i {A}\n{include}\nacme\n",
            "bad.txt": b"\xff",
        },
    )
    assert ways("requirements.txt", "home-requirements.txt") == {"lib": SkipReason.NO_INDEX, "acme": (A,)}


def test_constraints_that_many_projects_share_name_no_index(repo: Path) -> None:
    write_tree(repo, {"requirements.txt": "-c https://x.example/upper.txt\nlib\n"})
    assert ways("requirements.txt") == {"lib": (PUBLIC,)}


def test_an_include_of_setuptools_names_no_index(repo: Path) -> None:
    dynamic = "[tool.setuptools.dynamic]\noptional-dependencies.x = {file = ['later.txt']}\n"
    dynamic = f"[project]\nname = 'x'\ndependencies = ['lib']\n{dynamic}"
    write_tree(repo, {"pyproject.toml": dynamic})
    assert ways("pyproject.toml") == {"lib": (PUBLIC,)}


@pytest.mark.parametrize(
    "around",
    [
        {"uv.toml": f"[[index]\nurl = '{A}'\n"},
        {"pyproject.toml": f"[[tool.uv.index]\nurl = '{A}'\n"},
        {"pyproject.toml": f"[tool.uv.index]\nurl = '{A}'\n"},
    ],
)
def test_a_slip_in_the_settings_around_a_requirements_file_keeps_its_names_at_home(
    repo: Path, around: dict[str, str]
) -> None:
    write_tree(repo, {**around, "requirements.txt": "acme-web\n"})
    assert ways("requirements.txt") == {"acme-web": SkipReason.NO_INDEX}


@pytest.mark.parametrize(
    ("said", "way"),
    [
        (f"index-url = '{A}'\n", (A,)),
        (f"extra-index-url = ['{A}']\n", (A, PUBLIC)),
        ("no-index = true\n", SkipReason.NO_INDEX),
    ],
)
@pytest.mark.parametrize(("name", "head"), [("pyproject.toml", "[tool.uv.pip]\n"), ("uv.toml", "[pip]\n")])
def test_what_is_said_to_uv_pip_holds_for_the_requirements_around(
    repo: Path, name: str, head: str, said: str, way: Way
) -> None:
    write_tree(repo, {name: head + said, "requirements.txt": "acme-web\n"})
    assert ways("requirements.txt") == {"acme-web": way}
