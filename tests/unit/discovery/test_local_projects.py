"""Path and URL requirements skip their name in all files that are installed together."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.check.inputs import RunSettings
from mothball.config.project import UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.model.document import SkipReason
from mothball.routing.facts import LocalName
from tests.support.timing import least_seconds
from tests.support.trees import write_tree

TODAY = "2026-11-22"
PATH, EDITABLE = SkipReason.PATH, SkipReason.EDITABLE
LIB = {"lib/pyproject.toml": '[project]\nname = "Night.Watch"\n'}


pytestmark = pytest.mark.usefixtures("repo")


def skip_reasons(*paths: str) -> list[tuple[str, SkipReason | None]]:
    """Return the name and skip reason of each dependency in the files, in order."""
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    files = discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0)).files
    dependencies = ((file.facts, dependency) for file in files for dependency in file.document.dependencies)
    return [(dependency.name, facts.skip_reason(dependency)) for facts, dependency in dependencies]


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
def test_name_of_path_requirement_is_skipped(repo: Path, entry: str, reason: SkipReason) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"requirements.txt": f"night_watch>=1\n{entry}\nowl\n"})

    assert skip_reasons("requirements.txt") == [("night-watch", reason), ("owl", None)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.cfg", "[metadata]\nname = night-watch\n"),
        ("setup.py", "from setuptools import setup\nsetup(name='night-watch')\n"),
        ("pyproject.toml", "[tool.poetry]\nname = 'night-watch'\n"),
    ],
)
def test_each_metadata_file_declares_the_name(repo: Path, name: str, text: str) -> None:
    write_tree(repo, {f"lib/{name}": text, "requirements.txt": "-e ./lib\nnight-watch\n"})

    assert skip_reasons("requirements.txt") == [("night-watch", EDITABLE)]


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
def test_requirement_without_certain_local_project_skips_no_name(repo: Path, entry: str) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"../../outside/pyproject.toml": "[project]\nname = 'night-watch'", "empty/x": ""})
    write_tree(repo, {"requirements.txt": f"{entry}\nnight-watch\n"})

    assert skip_reasons("requirements.txt")[-1] == ("night-watch", None)


def test_path_is_resolved_against_directories_above_the_file(repo: Path) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"requirements/dev.txt": "-e ./lib\nnight-watch\n", "docs/requirements.txt": "-e .\nroot\n"})
    write_tree(repo, {"setup.cfg": "[metadata]\nname = root\n"})

    assert skip_reasons("requirements/dev.txt") == [("night-watch", EDITABLE)]
    assert skip_reasons("docs/requirements.txt") == [("root", SkipReason.SELF)]


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
def test_name_of_direct_reference_is_skipped_in_the_installation(repo: Path, entry: str, reason: SkipReason) -> None:
    write_tree(repo, {"requirements.txt": f"night-watch>=2\n{entry}\n-c constraints.txt\n"})
    write_tree(repo, {"constraints.txt": "Night_Watch==3\nowl==1\n"})

    assert skip_reasons(".") == [
        ("night-watch", reason),
        ("owl", None),
        ("night-watch", reason),
        ("night-watch", reason),
    ]
    assert skip_reasons("requirements.txt")[:2] == [("night-watch", reason), ("night-watch", reason)]
    # The file that includes it is found.
    assert skip_reasons("constraints.txt") == [("night-watch", reason), ("owl", None)]


def test_direct_reference_with_marker_does_not_skip_other_entries(repo: Path) -> None:
    entry = "night-watch @ https://host.example/x.whl ; sys_platform == 'win32'"
    write_tree(repo, {"requirements.txt": f"{entry}\nnight-watch ; sys_platform != 'win32'\n"})

    assert skip_reasons("requirements.txt") == [("night-watch", SkipReason.URL), ("night-watch", None)]


def test_only_files_installed_together_count(repo: Path) -> None:
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

    assert skip_reasons("requirements.txt") == [("night-watch", EDITABLE)]
    assert skip_reasons("other-requirements.txt") == skip_reasons("setup.cfg") == [("night-watch", None)]


def test_pip_list_of_conda_is_installed_together(repo: Path) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"environment.yml": "dependencies:\n- pip:\n  - night-watch\n  - -e ./lib\n"})

    assert skip_reasons("environment.yml") == [("night-watch", EDITABLE)]


def test_compiled_requirements_are_not_skipped(repo: Path) -> None:
    write_tree(repo, LIB)
    head = "# This file was autogenerated by uv via the following command:\n"
    write_tree(repo, {"requirements.txt": f"{head}-e ./lib\nnight-watch==1\n"})

    assert skip_reasons("requirements.txt") == [("night-watch", None)]


def test_all_names_returns_unused_local_names(repo: Path) -> None:
    write_tree(repo, LIB)
    write_tree(repo, {"requirements.txt": "-e ./lib\n", "pyproject.toml": "[project]\nname = 'root'\n"})
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    request = DiscoveryRequest(("requirements.txt",), for_editor=True)

    (file,) = discover(request, config_resolver, RunSettings(TODAY, 0.0)).files
    assert file.facts.local_names == {
        "root": (LocalName("root", SkipReason.SELF),),
        "night-watch": (LocalName("night-watch", EDITABLE, (), str(repo / "lib" / "pyproject.toml")),),
    }
    (file,) = discover(request._replace(for_editor=False), config_resolver, RunSettings(TODAY, 0.0)).files
    assert file.facts.local_names == {}


@pytest.mark.alone
def test_number_of_resolved_paths_is_limited(repo: Path) -> None:
    def seconds(count: int) -> float:
        entries = "".join(f"-e ./a/b/c/d{number}\n" for number in range(count))
        write_tree(repo, {"requirements.txt": f"{entries}-r other.txt\nnight-watch\n", "other.txt": "night-watch\n"})
        return least_seconds(lambda: skip_reasons("requirements.txt"))

    assert seconds(4000) < 60 * seconds(200) + 0.1


@pytest.mark.alone
def test_large_workspaces_take_time_linear_in_their_members(repo: Path) -> None:
    def seconds(count: int) -> float:
        member = '[project]\nname = "{}"\ndependencies = ["lib-1", "owl"]\n'
        write_tree(
            repo,
            {f"group{count}/{number}/pyproject.toml": member.format(f"lib-{number}") for number in range(count)},
        )
        write_tree(repo, {f"group{count}/pyproject.toml": '[tool.uv.workspace]\nmembers = ["*"]\n'})
        assert ("lib-1", SkipReason.WORKSPACE) in skip_reasons(f"group{count}")
        return least_seconds(lambda: skip_reasons(f"group{count}"), 1)

    assert seconds(400) < 40 * seconds(40) + 0.1
