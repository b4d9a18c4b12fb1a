"""Which indexes ``mothball check --added`` uses: the staged files decide, including unchanged ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.added import Workshop, toml, workshop

A, B = "https://a.example/simple/", "https://b.example/simple/"


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository that contains a configuration and nothing else."""
    return workshop(tmp_path)


def lookup_indexes(shop: Workshop, **variables: str) -> dict[str, str | None]:
    """Return the index of the lookup result by added name; offline, that is the last candidate."""
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
def test_indexes_of_unchanged_files_apply_to_added_names(
    shop: Workshop, before: Mapping[str, str], change: Mapping[str, str]
) -> None:
    shop.commit({"mothball.toml": "offline = true\n", **before})
    shop.stage(change)
    assert lookup_indexes(shop) == {"acme-web": A}


def skip_reasons(shop: Workshop) -> dict[str, str | None]:
    """Return the skip reason by added name."""
    dependencies = json.loads(shop.check("--format", "json").out)["dependencies"]
    return {item["name"]: item["lookup"]["reason"] for item in dependencies if item["lookup"]["kind"] == "skipped"}


@pytest.mark.parametrize("table", ["tool.uv.workspace", "tool.rye.workspace", "tool.hatch.envs.x.workspace"])
def test_members_of_the_staged_workspace_are_skipped(shop: Workshop, table: str) -> None:
    member = "[project]\nname = '{}'\ndependencies = [{}]\n"
    shop.commit({"mothball.toml": "offline = true\n", "pyproject.toml": f"[{table}]\nmembers = ['packages/*']\n"})
    shop.commit({"packages/lib/pyproject.toml": member.format("lib", ""), "packages/.x/pyproject.toml": ""})
    shop.stage({"packages/web/pyproject.toml": member.format("web", "'lib', 'other', 'owl'")})
    # Only staged files count.
    shop.repository.write("packages/other/pyproject.toml", member.format("other", ""))
    shop.repository.git("rm", "-r", "-q", "--cached", "packages/.x")
    assert skip_reasons(shop) == {"lib": "workspace"}
    shop.git("add", "packages/other")
    (shop.root / "packages" / "lib" / "pyproject.toml").unlink()
    assert skip_reasons(shop) == {"lib": "workspace", "other": "workspace"}


def test_workspace_members_in_hatch_toml_are_skipped(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n", "hatch.toml": "[envs.x]\nworkspace.members = ['a']\n"})
    shop.stage({"pyproject.toml": toml("lib", "owl"), "a/pyproject.toml": toml(name="lib")})
    assert skip_reasons(shop) == {"lib": "workspace"}


def test_editable_requirements_of_staged_files_are_skipped(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n", "lib/setup.cfg": "[metadata]\nname = lib\n"})
    shop.stage({"requirements/dev.txt": "-e ./lib\n-r base.txt\n", "requirements/base.txt": "lib>=1\nowl\n"})
    assert skip_reasons(shop) == {"lib": "editable"}
    shop.commit()
    shop.stage({"requirements/base.txt": "lib>=1\nowl\nbat\n"})
    assert skip_reasons(shop) == {}  # not an addition, so not reported


def test_staged_index_options_take_precedence_over_the_working_tree(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n"})
    shop.stage({"requirements.txt": f"-i {A}\n-r base.txt\n", "base.txt": "acme-web\n"})
    shop.repository.write("requirements.txt", f"-i {B}\n-r base.txt\n")
    shop.repository.write("uv.toml", f"index-url = '{B}'\n")
    assert lookup_indexes(shop) == {"acme-web": A}


def test_installer_settings_of_the_user_apply(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n"})
    shop.stage({"requirements.txt": "acme-web\n"})
    assert lookup_indexes(shop, PIP_INDEX_URL=A) == {"acme-web": A}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.poetry.dependencies]\nacme-web = {version = '*', source = 'acme'}\n",
        "[project]\nname = 'x'\ndependencies = ['acme-web']\n[tool.uv.sources]\nacme-web = {index = 'nope'}\n",
    ],
)
def test_added_name_with_undeclared_index_is_rejected(shop: Workshop, text: str) -> None:
    shop.commit({"mothball.toml": "offline = true\n"})
    shop.stage({"pyproject.toml": text})
    result = shop.check()
    assert result.code == 3, result.out + result.err
    assert "no usable index" in result.out + result.err


def test_change_of_indexes_hides_neither_broken_links_nor_texts_like_requirements(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n", "requirements.txt": "acme-web\n"})
    (shop.root / "requirements-link.txt").symlink_to("gone.txt")
    shop.git("add", "requirements-link.txt")
    shop.stage({"requirements.txt": f"-i {A}\nacme-web\n", "pins.txt": "acme-web==1.0\nowl==2.0\n"})
    result = shop.check()
    assert "symbolic link is broken or leads outside the repository" in result.out
    assert "pins.txt: warning: looks like requirements" in result.out


_SCRIPT = "# /// script\n# dependencies = ['acme-web']\n# ///\n"
_UV_INDEX = f"[[tool.uv.index]]\nurl = '{A}'\ndefault = true\n"


@pytest.mark.parametrize(
    ("file_format", "name", "text", "before", "after"),
    [
        ("script", "run.py", _SCRIPT, toml(name="acme-web"), toml(name="shop")),
        ("script", "run.py", _SCRIPT, toml(name="acme-web"), None),
        ("requirements", "deps.list", "acme-web\n", _UV_INDEX, "[tool.uv]\n"),
    ],
)
def test_changed_settings_count_for_files_of_a_named_format(  # noqa: PLR0917 - the fields of a case
    shop: Workshop, file_format: str, name: str, text: str, before: str, after: str | None
) -> None:
    shop.commit({"mothball.toml": "offline = true\n", "pyproject.toml": before, name: text})
    shop.stage({name: f"{text}# changed\n"})
    assert shop.added("--as", file_format, name) == {}
    if after is None:
        shop.git("rm", "-q", "pyproject.toml")
    else:
        shop.stage({"pyproject.toml": after})
    assert shop.added("--as", file_format, name) == {name: ["acme-web"]}


def test_moved_project_whose_old_directory_is_excluded_adds_nothing_if_indexes_are_compared(shop: Workshop) -> None:
    shop.commit({"mothball.toml": "offline = true\n", "a/pyproject.toml": toml("acme-web"), "uv.toml": ""})
    shop.git("mv", "a", "b")
    shop.stage({"mothball.toml": "offline = true\nprivate = ['other']\nexclude = ['a']\n"})
    assert shop.added() == {}
