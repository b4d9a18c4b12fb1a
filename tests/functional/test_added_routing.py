"""Whom ``mothball check --added`` asks: what is staged says it, also files that are not part of the change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.added import Workshop, toml, workshop

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


def skip_reason(shop: Workshop) -> dict[str, str | None]:
    """Return by name why what is added is not looked up."""
    dependencies = json.loads(shop.check("--format", "json").out)["dependencies"]
    return {item["name"]: item["lookup"]["reason"] for item in dependencies if item["lookup"]["kind"] == "skipped"}


@pytest.mark.parametrize("table", ["tool.uv.workspace", "tool.rye.workspace", "tool.hatch.envs.x.workspace"])
def test_members_of_the_staged_workspace_are_asked_of_nobody(shop: Workshop, table: str) -> None:
    member = "[project]\nname = '{}'\ndependencies = [{}]\n"
    shop.commit({"mothball.toml": "offline = true\n", "pyproject.toml": f"[{table}]\nmembers = ['packages/*']\n"})
    shop.commit({"packages/lib/pyproject.toml": member.format("lib", ""), "packages/.x/pyproject.toml": ""})
    shop.stage({"packages/web/pyproject.toml": member.format("web", "'lib', 'other', 'owl'")})
    # Only what is staged is there.
    shop.repository.write("packages/other/pyproject.toml", member.format("other", ""))
    shop.repository.git("rm", "-r", "-q", "--cached", "packages/.x")
    assert skip_reason(shop) == {"lib": "workspace"}
    shop.git("add", "packages/other")
    (shop.root / "packages" / "lib" / "pyproject.toml").unlink()
    assert skip_reason(shop) == {"lib": "workspace", "other": "workspace"}


def test_members_by_hatch_toml_are_asked_of_nobody(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n", "hatch.toml": "[envs.x]\nworkspace.members = ['a']\n"})
    shop.stage({"pyproject.toml": toml("lib", "owl"), "a/pyproject.toml": toml(name="lib")})
    assert skip_reason(shop) == {"lib": "workspace"}


def test_what_the_staged_requirements_take_from_a_directory_is_asked_of_nobody(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n", "lib/setup.cfg": "[metadata]\nname = lib\n"})
    shop.stage({"requirements/dev.txt": "-e ./lib\n-r base.txt\n", "requirements/base.txt": "lib>=1\nowl\n"})
    assert skip_reason(shop) == {"lib": "editable"}
    shop.commit()
    shop.stage({"requirements/base.txt": "lib>=1\nowl\nbat\n"})
    assert skip_reason(shop) == {}  # it was there before, and whether an index was asked for it does not matter


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
