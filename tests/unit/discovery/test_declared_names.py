"""A project's own name in one of its files is not looked up, whichever other file tells that name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mothball.check.inputs import RunSettings
from mothball.config.project import UserConfig
from mothball.discovery.config_lookup import ConfigResolver, ConfigResolverSettings
from mothball.discovery.discover import DiscoveryRequest, discover
from mothball.model.document import SkipReason
from tests.support.trees import repository

TODAY = "2026-11-22"
PROJECT = "[project]\nname = 'Night.Watch'\n"
LOCK = '[[package]]\nname = "night-watch"\nversion = "1"\n'


pytestmark = pytest.mark.usefixtures("repo")


def skip_reason(*paths: str) -> dict[str, SkipReason | None]:
    """Return of each name in the files, but that of pyproject.toml, why it is not looked up."""
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    files = discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0)).files
    return {one.name: one.skip_reason for file in files for one in file.document.dependencies}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hatch.toml", "[envs.a]\ndependencies = ['night_watch[test]', 'owl']"),
        ("pixi.toml", "[pypi-dependencies]\nnight-watch = '*'\nowl = '*'"),
        ("tox.toml", "[env.a]\ndeps = ['night-watch[test]', 'owl']"),
        ("tox.ini", "[testenv]\ndeps =\n  Night-Watch[test]\n  owl"),
        ("requirements.txt", "night-watch[test]>=1\nowl"),
        ("setup.cfg", "[options]\ninstall_requires =\n  night-watch\n  owl"),
        ("setup.py", "setup(extras_require={'all': ['night-watch[test]', 'owl']})"),
        ("environment.yml", "dependencies:\n- pip:\n  - night-watch\n  - owl"),
        ("Pipfile", "[packages]\nnight-watch = '*'\nowl = '*'"),
        ("docs/requirements.txt", "night-watch\nowl"),
    ],
)
def test_the_pyproject_beside_a_file_tells_its_own_name(repo: Path, name: str, text: str) -> None:
    repository(repo, {"pyproject.toml": PROJECT, name: text})

    assert skip_reason(".") == {"night-watch": SkipReason.SELF, "owl": None}
    assert skip_reason(name) == {"night-watch": SkipReason.SELF, "owl": None}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "project.name = 'night-watch'"),
        ("pyproject.toml", 'project = {name = "night_watch"}'),
        ("pyproject.toml", "[tool.poetry]\nname='Night-Watch'"),
        ("setup.cfg", "[metadata]\nname = night-watch\n[options]\ninstall_requires ="),
        ("setup.py", "NAME = 'night-watch'\nsetup(name=NAME, install_requires=[])"),
    ],
)
def test_each_file_that_can_tell_the_name_is_heard(repo: Path, name: str, text: str) -> None:
    repository(repo, {name: text, "requirements.txt": "night-watch\nowl"})

    assert skip_reason("requirements.txt") == {"night-watch": SkipReason.SELF, "owl": None}


def test_the_name_of_another_project_says_nothing(repo: Path) -> None:
    repository(
        repo, {"pyproject.toml": PROJECT, "part/pyproject.toml": "[project]", "part/requirements.txt": "night-watch"}
    )

    assert skip_reason("part/requirements.txt") == {"night-watch": None}


def test_the_next_file_is_read_only_where_the_first_tells_no_name(repo: Path) -> None:
    repository(repo, {"pyproject.toml": "[tool.black]\n", "setup.cfg": "[metadata]\nname = owl\n", "tox.ini": ""})
    repository(repo, {"requirements.txt": "owl"})
    assert skip_reason("requirements.txt") == {"owl": SkipReason.SELF}

    repository(repo, {"pyproject.toml": PROJECT})
    assert skip_reason("requirements.txt") == {"owl": None}


def test_a_name_that_stands_elsewhere_in_the_file_is_not_the_projects(repo: Path) -> None:
    text = "[[tool.uv.index]]\nname = 'owl'\nurl = 'https://index.example/'\n"
    repository(repo, {"pyproject.toml": text, "requirements.txt": "owl"})

    assert skip_reason("requirements.txt") == {"owl": None}


def test_what_a_lock_records_is_for_the_lock_to_tell(repo: Path) -> None:
    repository(repo, {"pyproject.toml": PROJECT, "poetry.lock": LOCK})

    assert skip_reason("poetry.lock") == {"night-watch": None}


def test_a_link_out_of_the_repository_is_not_followed(repo: Path) -> None:
    (repo.parent / "secret.cfg").write_text("[metadata]\nname = night-watch\n[options]\n")
    repository(repo, {"requirements.txt": "night-watch"})
    (repo / "setup.cfg").symlink_to(repo.parent / "secret.cfg")

    assert skip_reason("requirements.txt") == {"night-watch": None}


def test_a_file_that_cannot_be_read_tells_nothing(repo: Path) -> None:
    repository(repo, {"requirements.txt": "night-watch"})
    (repo / "setup.cfg").write_bytes(b"[metadata]\nname = night-watch\xff")

    assert skip_reason("requirements.txt") == {"night-watch": None}
