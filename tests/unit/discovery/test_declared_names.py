"""A project's own name in one of its dependency files is skipped, whichever metadata file declares the name."""

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


def skip_reasons(*paths: str) -> dict[str, SkipReason | None]:
    """Return the skip reason of each dependency in the files."""
    config_resolver = ConfigResolver(ConfigResolverSettings(TODAY), UserConfig())
    files = discover(DiscoveryRequest(paths), config_resolver, RunSettings(TODAY, 0.0)).files
    dependencies = ((file.facts, dependency) for file in files for dependency in file.document.dependencies)
    return {dependency.name: facts.skip_reason(dependency) for facts, dependency in dependencies}


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
def test_name_declared_in_pyproject_is_skipped_in_other_files(repo: Path, name: str, text: str) -> None:
    repository(repo, {"pyproject.toml": PROJECT, name: text})

    assert skip_reasons(".") == {"night-watch": SkipReason.SELF, "owl": None}
    assert skip_reasons(name) == {"night-watch": SkipReason.SELF, "owl": None}


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
def test_each_metadata_file_declares_the_name(repo: Path, name: str, text: str) -> None:
    repository(repo, {name: text, "requirements.txt": "night-watch\nowl"})

    assert skip_reasons("requirements.txt") == {"night-watch": SkipReason.SELF, "owl": None}


def test_name_of_enclosing_project_is_not_skipped(repo: Path) -> None:
    repository(
        repo, {"pyproject.toml": PROJECT, "part/pyproject.toml": "[project]", "part/requirements.txt": "night-watch"}
    )

    assert skip_reasons("part/requirements.txt") == {"night-watch": None}


def test_next_metadata_file_is_read_only_if_the_first_declares_no_name(repo: Path) -> None:
    repository(repo, {"pyproject.toml": "[tool.black]\n", "setup.cfg": "[metadata]\nname = owl\n", "tox.ini": ""})
    repository(repo, {"requirements.txt": "owl"})
    assert skip_reasons("requirements.txt") == {"owl": SkipReason.SELF}

    repository(repo, {"pyproject.toml": PROJECT})
    assert skip_reasons("requirements.txt") == {"owl": None}


def test_name_key_of_another_table_is_not_the_project_name(repo: Path) -> None:
    text = "[[tool.uv.index]]\nname = 'owl'\nurl = 'https://index.example/'\n"
    repository(repo, {"pyproject.toml": text, "requirements.txt": "owl"})

    assert skip_reasons("requirements.txt") == {"owl": None}


def test_locked_package_with_project_name_is_not_skipped(repo: Path) -> None:
    repository(repo, {"pyproject.toml": PROJECT, "poetry.lock": LOCK})

    assert skip_reasons("poetry.lock") == {"night-watch": None}


def test_metadata_link_out_of_repository_is_not_followed(repo: Path) -> None:
    (repo.parent / "secret.cfg").write_text("[metadata]\nname = night-watch\n[options]\n")
    repository(repo, {"requirements.txt": "night-watch"})
    (repo / "setup.cfg").symlink_to(repo.parent / "secret.cfg")

    assert skip_reasons("requirements.txt") == {"night-watch": None}


def test_unreadable_metadata_file_declares_no_name(repo: Path) -> None:
    repository(repo, {"requirements.txt": "night-watch"})
    (repo / "setup.cfg").write_bytes(b"[metadata]\nname = night-watch\xff")

    assert skip_reasons("requirements.txt") == {"night-watch": None}
