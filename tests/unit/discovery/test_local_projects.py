"""What a requirements file takes from elsewhere stands for its name in all that is installed with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.check.inputs import LocalName, RunSettings
from mothball.config.project import UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.model.document import SkipReason
from tests.support.timing import least_seconds
from tests.support.trees import write_tree

TODAY = "2026-11-22"
PATH, EDITABLE = SkipReason.PATH, SkipReason.EDITABLE
LIB = {"lib/pyproject.toml": '[project]\nname = "Night.Watch"\n'}


pytestmark = pytest.mark.usefixtures("repo")


def skip_reason(*paths: str) -> list[tuple[str, SkipReason | None]]:
    """Return each name in the files, in their order, and why it is not looked up."""
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    files = discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0)).files
    return [(one.name, one.skip_reason) for file in files for one in file.document.dependencies]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("-e ./lib", EDITABLE),
        ("--editable=lib", EDITABLE),
        ("-e ./lib/", EDITABLE),
        ("-e './lib'", EDITABLE),
        ("-e ./lib[fast]", EDITABLE),
        ("-e file:./lib", EDITABLE),
        ("./lib", PATH),
        ("lib/", PATH),
        ("./lib[fast,slow]", PATH),
        ("./other/../lib", PATH),
        ("./lib --config-settings x=y", PATH),
        ("-e ./lib \\\n  --config-settings x=y", EDITABLE),
    ],
)
def test_the_name_of_a_local_project_is_its_own(repo: Path, entry: str, reason: SkipReason) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"requirements.txt": f"night_watch>=1\n{entry}\nowl\n"})

    assert skip_reason("requirements.txt") == [("night-watch", reason), ("owl", None)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.cfg", "[metadata]\nname = night-watch\n"),
        ("setup.py", "from setuptools import setup\nsetup(name='night-watch')\n"),
        ("pyproject.toml", "[tool.poetry]\nname = 'night-watch'\n"),
    ],
)
def test_each_file_that_tells_a_name_counts(repo: Path, name: str, text: str) -> None:
    write_tree(repo, {f"lib/{name}": text, "requirements.txt": "-e ./lib\nnight-watch\n"})

    assert skip_reason("requirements.txt") == [("night-watch", EDITABLE)]


@pytest.mark.parametrize(
    "entry",
    [
        "./gone",
        "./empty",
        '-e "./lib ; sys_platform == 0"',
        "./lib ; python_version < '3.12'",
        "-e ./lib ; python_version < '3.12'",
        "-e './lib' \\\n  ; python_version < '3.12'",
        "-e git+https://git.example/x#egg=night-watch ; python_version < '3.12'",
        "-e git+https://git.example/x#egg=night-watch; python_version < '3.12'",
        "-e 'night-watch @ file:./lib' ; python_version < '3.12'",
        "-e ../../outside",
        "-e /etc",
        "-e git+https://git.example/lib",
        "-e https://host.example/lib",
        "./lib-1.0-py3-none-any.whl",
    ],
)
def test_what_tells_no_name_for_sure_keeps_none_back(repo: Path, entry: str) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"../../outside/pyproject.toml": "[project]\nname = 'night-watch'", "empty/x": ""})
    write_tree(repo, {"requirements.txt": f"{entry}\nnight-watch\n"})

    assert skip_reason("requirements.txt")[-1] == ("night-watch", None)


def test_a_path_begins_where_the_installer_is_run(repo: Path) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"requirements/dev.txt": "-e ./lib\nnight-watch\n", "docs/requirements.txt": "-e .\nroot\n"})
    write_tree(repo, {"setup.cfg": "[metadata]\nname = root\n"})

    assert skip_reason("requirements/dev.txt") == [("night-watch", EDITABLE)]
    assert skip_reason("docs/requirements.txt") == [("root", SkipReason.SELF)]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("night-watch @ https://host.example/x.whl", SkipReason.URL),
        ("night-watch @ git+ssh://git@git.example/x", SkipReason.VCS),
        ("git+https://git.example/x#egg=night-watch", SkipReason.VCS),
        ("-e git+https://git.example/x#egg=night-watch", EDITABLE),
        ("night-watch @ file:./gone", PATH),
    ],
)
def test_a_name_that_comes_from_elsewhere_is_asked_for_nowhere(repo: Path, entry: str, reason: SkipReason) -> None:
    write_tree(repo, {"requirements.txt": f"night-watch>=2\n{entry}\n-c constraints.txt\n"})
    write_tree(repo, {"constraints.txt": "Night_Watch==3\nowl==1\n"})

    assert skip_reason(".") == [
        ("night-watch", reason),
        ("owl", None),
        ("night-watch", reason),
        ("night-watch", reason),
    ]
    assert skip_reason("requirements.txt")[:2] == [("night-watch", reason), ("night-watch", reason)]
    # Whoever includes it is looked for.
    assert skip_reason("constraints.txt") == [("night-watch", reason), ("owl", None)]


def test_a_name_that_comes_from_elsewhere_in_one_environment_is_asked_for_in_the_others(repo: Path) -> None:
    entry = "night-watch @ https://host.example/x.whl ; sys_platform == 'win32'"
    write_tree(repo, {"requirements.txt": f"{entry}\nnight-watch ; sys_platform != 'win32'\n"})

    assert skip_reason("requirements.txt") == [("night-watch", SkipReason.URL), ("night-watch", None)]


def test_only_what_is_installed_together_counts(repo: Path) -> None:
    write_tree(repo, LIB)
    write_tree(
        repo,
        {
            "requirements.txt": "-r base.txt\n-e ./lib\n",
            "base.txt": "night-watch\n",
            "other-requirements.txt": "night-watch\n",
            "setup.cfg": "[options]\ninstall_requires = night-watch\n",
        },
    )

    assert skip_reason("requirements.txt") == [("night-watch", EDITABLE)]
    assert skip_reason("other-requirements.txt") == skip_reason("setup.cfg") == [("night-watch", None)]


def test_the_pip_list_of_conda_is_installed_in_one_go(repo: Path) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"environment.yml": "dependencies:\n- pip:\n  - night-watch\n  - -e ./lib\n"})

    assert skip_reason("environment.yml") == [("night-watch", EDITABLE)]


def test_what_compiled_requirements_record_stays(repo: Path) -> None:
    write_tree(repo, LIB)
    head = "# This file was autogenerated by uv via the following command:\n"
    write_tree(repo, {"requirements.txt": f"{head}-e ./lib\nnight-watch==1\n"})

    assert skip_reason("requirements.txt") == [("night-watch", None)]


def test_all_names_are_told_where_that_is_asked_for(repo: Path) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"requirements.txt": "-e ./lib\n", "pyproject.toml": "[project]\nname = 'root'\n"})
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    given = DiscoveryRequest(("requirements.txt",), all_names=True)

    (file,) = discover(given, config_resolver, RunSettings(TODAY, 0.0)).files
    assert file.local_names == (
        LocalName("root", SkipReason.SELF),
        LocalName("night-watch", EDITABLE, (), str(repo / "lib" / "pyproject.toml")),
    )
    (file,) = discover(given._replace(all_names=False), config_resolver, RunSettings(TODAY, 0.0)).files
    assert file.local_names == ()


@pytest.mark.alone
def test_paths_without_end_are_looked_at_once(repo: Path) -> None:
    def take(count: int) -> float:
        places = "".join(f"-e ./a/b/c/d{number}\n" for number in range(count))
        write_tree(repo, {"requirements.txt": f"{places}-r other.txt\nnight-watch\n", "other.txt": "night-watch\n"})
        return least_seconds(lambda: skip_reason("requirements.txt"))

    assert take(4000) < 60 * take(200) + 0.1


@pytest.mark.alone
def test_large_workspaces_take_time_linear_in_their_members(repo: Path) -> None:
    def take(count: int) -> float:
        member = '[project]\nname = "{}"\ndependencies = ["lib-1", "owl"]\n'
        write_tree(repo, {f"of{count}/{one}/pyproject.toml": member.format(f"lib-{one}") for one in range(count)})
        write_tree(repo, {f"of{count}/pyproject.toml": '[tool.uv.workspace]\nmembers = ["*"]\n'})
        assert ("lib-1", SkipReason.WORKSPACE) in skip_reason(f"of{count}")
        return least_seconds(lambda: skip_reason(f"of{count}"), 1)

    assert take(400) < 40 * take(40) + 0.1
