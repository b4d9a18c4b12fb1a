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


def test_snapshot_is_written_to_standard_output(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    result = project.run("snapshot")
    content = json.loads(result.out)
    assert list(content) == ["mothball-snapshot", "generated", "index", "projects"]
    assert content["index"] == index.url
    assert content["projects"] == {
        "good-lib": {"status": "active"},
        "old-lib": {"status": "archived", "reason": "moved to new-lib"},
    }
    assert (result.code, result.err) == (0, "2 of 2 statuses known\n")
    assert project.run("snapshot", "-o", "-").out == result.out


def test_offline_check_uses_a_written_snapshot(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (0, "")
    report = project.check_json("--offline", "--no-cache", "--snapshot", "statuses.json")
    assert [(item["name"], item["lookup"]["status"], item["lookup"]["source"]) for item in report["dependencies"]] == [
        ("old-lib", "archived", "snapshot"),
        ("good-lib", "active", "snapshot"),
    ]


def test_only_given_paths_are_read(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    project.write("more/requirements.txt", "good-lib\n")
    assert set(statuses(project.run("snapshot", "more").out)) == {"good-lib"}


def test_offline_and_snapshot_of_the_project_are_disregarded(project: Project, index: ScriptedIndex) -> None:
    project.offline({"old-lib": "active", "good-lib": "archived"})
    project.write("requirements.txt", "old-lib\ngood-lib\n")
    result = project.run("snapshot", "--index-url", index.url)
    assert result.code == 0
    assert statuses(result.out)["old-lib"]["status"] == "archived"


@pytest.mark.parametrize("source", ["option", "environment", "user"])
def test_offline_of_the_user_applies(project: Project, index: ScriptedIndex, source: str) -> None:
    configure(project, index)
    project.remember("old-lib", "archived", index=index.url)
    if source == "user":
        project.user_config("offline = true\n")
    arguments = ["--offline"] if source == "option" else []
    result = project.run("snapshot", *arguments, env={"MOTHBALL_OFFLINE": "1"} if source == "environment" else {})
    assert result.code == 3
    assert set(statuses(result.out)) == {"old-lib"}
    assert index.count() == 0


def test_missing_names_are_reported_and_failed_lookups_exit_3(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    index.script("down-lib", Reply(403))
    project.write("more-requirements.txt", "gone-lib\ndown-lib\nours @ file:///ours\n")
    result = project.run("snapshot")
    assert result.code == 3
    assert set(statuses(result.out)) == {"good-lib", "old-lib"}
    gone, down, count = result.err.splitlines()
    assert gone.startswith("more-requirements.txt:1:1: warning[missing] gone-lib is not on ")
    assert down.startswith("more-requirements.txt:2:1: error[unverified] down-lib could not be checked: ")
    assert count == "2 of 4 statuses known"


def test_missing_project_is_not_a_failure(project: Project, index: ScriptedIndex) -> None:
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
def test_configuration_cannot_hide_failed_lookups(project: Project, index: ScriptedIndex, more: str) -> None:
    configure(project, index, more)
    index.script("down-lib", Reply(403))
    project.write("more-requirements.txt", "down-lib\n")
    result = project.run("snapshot", env={"MOTHBALL_UNVERIFIED": "off"})
    assert result.code == 3
    assert "down-lib could not be checked" in result.err


def test_unreadable_file_exits_2_and_the_rest_is_written(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    project.write("latin-requirements.txt", b"\xff\n")
    result = project.run("snapshot", "-o", "statuses.json")
    assert result.code == 2
    assert result.err.startswith("latin-requirements.txt: error[unreadable] ")
    assert set(statuses((project.root / "statuses.json").read_text())) == {"good-lib", "old-lib"}


def test_unavailable_index_keeps_the_existing_snapshot(project: Project) -> None:
    project.write("statuses.json", "previous snapshot")
    with refusing_url() as url:
        configure(project, url)
        result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (3, "")
    assert result.err.splitlines()[-2:] == ["no snapshot written", "0 of 2 statuses known"]
    assert (project.root / "statuses.json").read_text() == "previous snapshot"


def test_index_without_statuses_keeps_the_existing_snapshot(project: Project) -> None:
    project.write("statuses.json", "previous snapshot")
    with ScriptedIndex({name: json_page(name) for name in ("good-lib", "old-lib")}) as index:
        configure(project, index)
        result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (3, "")
    cause, *rest = result.err.splitlines()
    assert cause.startswith(f"warning[not-stated] {index.url} publishes no project statuses")
    assert rest == ["no snapshot written", "0 of 2 statuses known"]
    assert (project.root / "statuses.json").read_text() == "previous snapshot"


def test_invalid_configuration_keeps_the_existing_snapshot(project: Project) -> None:
    project.write("statuses.json", "previous snapshot")
    project.write("requirements.txt", "old-lib\n")
    project.write("mothball.toml", "ofline = true\n")
    result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (2, "")
    assert "unknown key `ofline`" in result.err
    assert (project.root / "statuses.json").read_text() == "previous snapshot"


def test_project_without_dependencies_has_an_empty_snapshot(project: Project) -> None:
    project.write("requirements.txt", "# nothing yet\n")
    result = project.run("snapshot")
    assert result.code == 0
    assert statuses(result.out) == {}
    assert json.loads(result.out)["index"] == ""


def test_result_of_the_index_with_the_project_is_written(project: Project, index: ScriptedIndex) -> None:
    with ScriptedIndex() as empty:
        project.write("a-requirements.txt", f"-i {empty.url}\nold-lib\n")
        project.write("b-requirements.txt", f"-i {index.url}\nold-lib\n")
        project.write("c-requirements.txt", f"-i {empty.url}\nold-lib\n")
        result = project.run("snapshot")
    assert set(statuses(result.out)) == {"old-lib"}
    assert json.loads(result.out)["index"] == index.url


# --- writing ----------------------------------------------------------------------------------------------------------


def test_snapshot_is_replaced_atomically(
    project: Project, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(project, index)
    path = project.write("statuses.json", "previous snapshot")
    contents: list[str] = []
    replace = os.replace

    def checked_replace(source: str, target: str) -> None:
        contents.append(path.read_text())
        assert set(statuses(Path(source).read_text())) == {"good-lib", "old-lib"}
        replace(source, target)

    monkeypatch.setattr(os, "replace", checked_replace)
    assert project.run("snapshot", "-o", "statuses.json").code == 0
    assert contents == ["previous snapshot"]
    assert sorted(os.listdir(project.root)) == [".git", "mothball.toml", "requirements.txt", "statuses.json"]


def test_failed_write_leaves_no_temporary_file(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    (project.root / "statuses.json").mkdir()
    (project.root / "statuses.json" / "kept").touch()
    result = project.run("snapshot", "-o", "statuses.json")
    assert (result.code, result.out) == (2, "")
    assert "statuses.json: cannot write the file (" in result.err
    assert "  = help: choose another output file with -o\n" in result.err
    assert sorted(os.listdir(project.root)) == [".git", "mothball.toml", "requirements.txt", "statuses.json"]


def test_missing_output_directory_is_an_error(project: Project, index: ScriptedIndex) -> None:
    configure(project, index)
    result = project.run("snapshot", "-o", "nowhere/statuses.json")
    assert result.code == 2
    assert "nowhere/statuses.json: cannot write the file (No such file or directory)" in result.err


@pytest.mark.skipif(os.name == "nt", reason="rights and links are POSIX's here")
def test_snapshot_has_umask_permissions_and_follows_symlinks(project: Project, index: ScriptedIndex) -> None:
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


def test_snapshot_from_the_cache_records_its_index(project: Project) -> None:
    project.write("requirements.txt", f"-i {INDEX}\nold-lib\n")
    project.remember("old-lib", "archived")
    result = project.run("snapshot")
    assert json.loads(result.out)["index"] == INDEX
