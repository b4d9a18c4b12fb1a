"""Whom ``mothball check --added`` asks: what is staged says it, also files that are not part of the change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.added import Workshop, workshop

A, B = "https://a.example/simple/", "https://b.example/simple/"


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A repository with a configuration in it, and nothing else."""
    return workshop(tmp_path)


def asked(shop: Workshop, **variables: str) -> dict[str, str | None]:
    """Return by name the index that the look-up of what is added came from; offline, that is the last one."""
    shop.repository.write("statuses.json", json.dumps({}))
    result = shop.check("--format", "json", env=variables)
    dependencies = json.loads(result.out)["dependencies"]
    return {item["name"]: item["lookup"]["index"] for item in dependencies}


@pytest.mark.parametrize(
    ("before", "change"),
    [
        (
            {"requirements/dev.txt": f"-i {A}\n-r base.txt\n", "requirements/base.txt": "old-a\n"},
            {"requirements/base.txt": "old-a\nacme-web\n"},
        ),
        (
            {
                "pyproject.toml": "[tool.uv.workspace]\nmembers = ['*']\n"
                f"[[tool.uv.index]]\nurl = '{A}'\ndefault = true\n",
                "x/pyproject.toml": "[project]\nname = 'x'\ndependencies = []\n",
            },
            {"x/pyproject.toml": "[project]\nname = 'x'\ndependencies = ['acme-web']\n"},
        ),
        (
            {"pyproject.toml": f"[[tool.pdm.source]]\nname = 'pypi'\nurl = '{A}'\n"},
            {"pdm.lock": "[[package]]\nname = 'acme-web'\nversion = '1'\n"},
        ),
    ],
)
def test_files_around_the_change_say_where_its_names_go(
    shop: Workshop, before: Mapping[str, str], change: Mapping[str, str]
) -> None:
    shop.commit({"mothball.toml": "offline = true\n", **before})
    shop.stage(change)
    assert asked(shop) == {"acme-web": A}


def test_what_is_staged_counts_and_not_what_lies_in_the_working_tree(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n"})
    shop.stage({"requirements.txt": f"-i {A}\n-r base.txt\n", "base.txt": "acme-web\n"})
    shop.repository.write("requirements.txt", f"-i {B}\n-r base.txt\n")
    shop.repository.write("uv.toml", f"index-url = '{B}'\n")
    assert asked(shop) == {"acme-web": A}


def test_what_the_user_told_installers_counts_here_too(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n"})
    shop.stage({"requirements.txt": "acme-web\n"})
    assert asked(shop, PIP_INDEX_URL=A) == {"acme-web": A}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.poetry.dependencies]\nacme-web = {version = '*', source = 'acme'}\n",
        "[project]\nname = 'x'\ndependencies = ['acme-web']\n[tool.uv.sources]\nacme-web = {index = 'nope'}\n",
    ],
)
def test_a_name_whose_index_is_not_declared_is_not_waved_through(shop: Workshop, text: str) -> None:
    shop.commit({"mothball.toml": "offline = true\n"})
    shop.stage({"pyproject.toml": text})
    result = shop.check()
    assert result.code == 3, result.out + result.err
    assert "name no index" in result.out + result.err
