from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.loopback import refusing_url
from tests.support.project import INDEX, Project
from tests.support.scripted_index import Reply, ScriptedIndex, json_page


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    pages = {
        "good-lib": json_page("good-lib", "active"),
        "old-lib": json_page("old-lib", "archived", "moved to new-lib"),
    }
    with ScriptedIndex(pages) as scripted:
        yield scripted


def configure(project: Project, index: ScriptedIndex | str, more: str = "") -> None:
    url = index if isinstance(index, str) else index.url
    project.write("mothball.toml", f'index-url = "{url}"\n{more}')
    project.write("requirements.txt", "old-lib\ngood-lib>=2\n")


def statuses(text: str) -> dict[str, Any]:
    projects = json.loads(text)["projects"]
    assert isinstance(projects, dict)
    return projects


def test_a_snapshot_goes_to_standard_output(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    result = project.run("snapshot")
    content = json.loads(result.out)
    assert list(content) == ["mothball-snapshot", "generated", "index", "projects"]
    assert content["index"] == index.url
    assert content["projects"] == {
        "good-lib": {"status": "active"},
        "old-lib": {"status": "archived", "reason": "moved to new-lib"},
    }
    assert (result.code, result.err) == (0, "snapshot contains 2 of 2 projects\n")
    assert project.run("snapshot", "-o", "-").out == result.out


def test_what_was_written_is_what_an_offline_check_uses(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (0, "")
    report = project.check_json("--offline", "--no-cache", "--snapshot", "statuses.json")
    assert [(item["name"], item["lookup"]["status"], item["lookup"]["source"]) for item in report["dependencies"]] == [
        ("old-lib", "archived", "snapshot"),
        ("good-lib", "active", "snapshot"),
    ]


def test_only_the_paths_that_are_given_are_read(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    project.write("more/requirements.txt", "good-lib\n")
    assert set(statuses(project.run("snapshot", "more").out)) == {"good-lib"}


def test_the_projects_own_offline_and_snapshot_are_passed_over(project: Project, index: ScriptedIndex) -> None:
    project.offline({"old-lib": "active", "good-lib": "archived"})
    project.write("requirements.txt", "old-lib\ngood-lib\n")
    result = project.run("snapshot", "--index-url", index.url)
    assert result.code == 0
    assert statuses(result.out)["old-lib"]["status"] == "archived"


@pytest.mark.parametrize("way", ["option", "environment", "user"])
def test_offline_holds_when_the_user_says_so(project: Project, index: ScriptedIndex, way: str) -> None:
    configure(project, index)
    project.remember("old-lib", "archived", index=index.url)
    if way == "user":
        project.user_config("offline = true\n")
    arguments = ["--offline"] if way == "option" else []
    result = project.run("snapshot", *arguments, env={"MOTHBALL_OFFLINE": "1"} if way == "environment" else {})
    assert result.code == 3
    assert set(statuses(result.out)) == {"old-lib"}
    assert index.count() == 0


def test_names_that_are_left_out_are_told_and_one_that_could_not_be_checked_is_3(
    project: Project, index: ScriptedIndex
) -> None:
    configure(project, index)
    index.script("down-lib", Reply(403))
    project.write("more-requirements.txt", "gone-lib\ndown-lib\nours @ file:///ours\n")
    result = project.run("snapshot")
    assert result.code == 3
    assert set(statuses(result.out)) == {"good-lib", "old-lib"}
    gone, down, count = result.err.splitlines()
    assert gone.startswith("more-requirements.txt:1:1: warning[missing] gone-lib is not on ")
    assert down.startswith("more-requirements.txt:2:1: error[unverified] down-lib could not be checked: ")
    assert count == "snapshot contains 2 of 4 projects"


def test_that_a_project_does_not_exist_is_no_failure(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    project.write("more-requirements.txt", "gone-lib\n")
    assert project.run("snapshot").code == 0


@pytest.mark.parametrize(
    "more",
    [
        'severity = { unverified = "off" }\n',
        'severity = { unverified = "note" }\n',
        'ignore.down-lib = { rules = ["unverified"] }\n',
    ],
)
def test_no_configuration_hides_a_name_that_could_not_be_checked(
    project: Project, index: ScriptedIndex, more: str
) -> None:
    configure(project, index, more)
    index.script("down-lib", Reply(403))
    project.write("more-requirements.txt", "down-lib\n")
    result = project.run("snapshot", env={"MOTHBALL_UNVERIFIED": "off"})
    assert result.code == 3
    assert "down-lib could not be checked" in result.err


def test_a_file_that_cannot_be_read_is_2_and_the_rest_is_written(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    project.write("latin-requirements.txt", b"\xff\n")
    result = project.run("snapshot", "-o", "statuses.json")
    assert result.code == 2
    assert result.err.startswith("latin-requirements.txt: error[unreadable] ")
    assert set(statuses((project.root / "statuses.json").read_text())) == {"good-lib", "old-lib"}


def test_an_index_that_is_down_does_not_cost_the_snapshot_of_yesterday(project: Project) -> None:
    project.write("statuses.json", "the old one")
    with refusing_url() as url:
        configure(project, url)
        result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (3, "")
    assert result.err.splitlines()[-1] == "no snapshot written: all lookups failed"
    assert (project.root / "statuses.json").read_text() == "the old one"


def test_a_configuration_that_cannot_be_used_does_not_cost_the_snapshot_of_yesterday(project: Project) -> None:
    project.write("statuses.json", "the old one")
    project.write("requirements.txt", "old-lib\n")
    project.write("mothball.toml", "ofline = true\n")
    result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (2, "")
    assert "unknown key `ofline`" in result.err
    assert (project.root / "statuses.json").read_text() == "the old one"


def test_a_project_without_dependencies_has_an_empty_snapshot(project: Project) -> None:
    project.write("requirements.txt", "# nothing yet\n")
    result = project.run("snapshot")
    assert result.code == 0
    assert statuses(result.out) == {}
    assert json.loads(result.out)["index"] == ""


def test_of_several_indexes_the_one_that_has_the_project_speaks(project: Project, index: ScriptedIndex) -> None:
    with ScriptedIndex() as empty:
        project.write("a-requirements.txt", f"-i {empty.url}\nold-lib\n")
        project.write("b-requirements.txt", f"-i {index.url}\nold-lib\n")
        project.write("c-requirements.txt", f"-i {empty.url}\nold-lib\n")
        result = project.run("snapshot")
    assert set(statuses(result.out)) == {"old-lib"}
    assert json.loads(result.out)["index"] == index.url


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_snapshot_replaces_another_in_one_step_and_leaves_nothing_beside_it(
    project: Project, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(project, index)
    path = project.write("statuses.json", "the old one")
    seen: list[str] = []
    replace = os.replace

    def watched(source: str, target: str) -> None:
        seen.append(path.read_text())
        assert set(statuses(Path(source).read_text())) == {"good-lib", "old-lib"}
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    assert project.run("snapshot", "-o", "statuses.json").code == 0
    assert seen == ["the old one"]
    assert sorted(os.listdir(project.root)) == [".git", "mothball.toml", "requirements.txt", "statuses.json"]


def test_a_snapshot_that_cannot_be_put_in_place_leaves_nothing_behind(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    (project.root / "statuses.json").mkdir()
    (project.root / "statuses.json" / "kept").touch()
    result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (2, "")
    assert "statuses.json: cannot write the file (" in result.err
    assert "  = help: choose another output file with -o\n" in result.err
    assert sorted(os.listdir(project.root)) == [".git", "mothball.toml", "requirements.txt", "statuses.json"]


def test_a_place_that_does_not_exist_is_told(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    result = project.run("snapshot", "-o", "nowhere/statuses.json")
    assert result.code == 2
    assert "nowhere/statuses.json: cannot write the file (No such file or directory)" in result.err


@pytest.mark.skipif(os.name == "nt", reason="rights and links are POSIX's here")
def test_a_snapshot_is_as_readable_as_any_new_file_and_goes_where_a_link_leads(
    project: Project, index: ScriptedIndex
) -> None:
    configure(project, index)
    (project.root / "shared").mkdir()
    (project.root / "statuses.json").symlink_to("shared/statuses.json")
    before = os.umask(0o022)
    try:
        assert project.run("snapshot", "-o", "statuses.json").code == 0
    finally:
        os.umask(before)
    assert (project.root / "statuses.json").is_symlink()
    assert (project.root / "shared" / "statuses.json").stat().st_mode & 0o777 == 0o644


def test_the_snapshot_of_a_cache_is_of_the_index_that_filled_it(project: Project) -> None:
    project.write("requirements.txt", f"-i {INDEX}\nold-lib\n")
    project.remember("old-lib", "archived")
    result = project.run("snapshot")
    assert json.loads(result.out)["index"] == INDEX
