from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.hostile import assert_harmless
from tests.support.loopback import refusing_url
from tests.support.project import INDEX, Project, snapshot_text
from tests.support.scripted_index import ScriptedIndex, json_page

DAY = 86_400.0


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    pages = {
        "good-lib": json_page("good-lib", "active"),
        "old-lib": json_page("old-lib", "archived", "moved to new-lib"),
        "bad-lib": json_page("bad-lib", "quarantined"),
        "odd-lib": json_page("odd-lib", "retired"),
        "calm-lib": json_page("calm-lib", "deprecated"),
    }
    with ScriptedIndex(pages) as scripted:
        yield scripted


def test_the_status_of_several_projects_in_the_order_asked_for(project: Project, index: ScriptedIndex) -> None:
    names = ["old-lib", "Good_Lib", "gone-lib", "odd-lib", "bad-lib", "good.lib"]
    result = project.run("status", "--index-url", index.url, *names)
    assert result.out == (
        "old-lib is archived: moved to new-lib\n"
        f"  = index: {index.url}, checked now\n"
        "good-lib is active\n"
        f"  = index: {index.url}, checked now\n"
        f"gone-lib is not on {index.url}\n"
        f"  = index: {index.url}, checked now\n"
        f"{help_of(result.out, 'gone-lib')}"
        "odd-lib has an unrecognized status: retired\n"
        f"  = index: {index.url}, checked now\n"
        f"{help_of(result.out, 'odd-lib')}"
        "bad-lib is quarantined\n"
        f"  = index: {index.url}, checked now\n"
        f"{help_of(result.out, 'bad-lib')}"
    )
    assert (result.code, result.err) == (1, "")


def help_of(text: str, name: str) -> str:
    """Return the help line below the line that begins with ``name``: its words are wording.py's affair."""
    found = re.search(rf"^{name} .*\n  = index: .*\n(  = help: .+\n)", text, re.MULTILINE)
    assert found is not None
    return found[1]


def test_no_help_speaks_of_a_line_where_there_is_none(project: Project, index: ScriptedIndex) -> None:
    result = project.run("status", "--index-url", index.url, "old-lib", "calm-lib")
    assert "help" not in result.out
    assert "# mothball" not in result.out


@pytest.mark.parametrize(("name", "code"), [("good-lib", 0), ("calm-lib", 0), ("gone-lib", 0), ("old-lib", 1)])
def test_the_exit_code_is_that_of_a_check(project: Project, index: ScriptedIndex, name: str, code: int) -> None:
    assert project.run("status", "--index-url", index.url, name).code == code


def test_json_has_a_look_up_for_each_project(project: Project, index: ScriptedIndex) -> None:
    result = project.run("status", "--format", "json", "--index-url", index.url, "old-lib", "gone-lib")
    document = json.loads(result.out)
    assert list(document) == ["version", "projects"]
    assert document["version"] == 1
    first, second = document["projects"]
    assert list(first) == ["name", "lookup"]
    assert first["name"] == "old-lib"
    assert first["lookup"]["checked_at"] is not None
    assert first["lookup"] == {
        "kind": "stated",
        "status": "archived",
        "cause": None,
        "reason": "moved to new-lib",
        "index": index.url,
        "checked_at": first["lookup"]["checked_at"],
        "source": "index",
    }
    assert (second["name"], second["lookup"]["kind"]) == ("gone-lib", "missing")
    assert (result.code, result.err) == (1, "")


def test_an_index_that_states_nothing_is_said_to(project: Project) -> None:
    with ScriptedIndex({"some-lib": json_page("some-lib")}) as index:
        result = project.run("status", "--index-url", index.url, "some-lib")
    assert result == (
        0,
        f"{index.url} publishes no status for some-lib\n  = index: {index.url}, checked now\n",
        "",
    )


def test_a_failed_look_up_is_not_taken_for_an_answer(project: Project) -> None:
    with refusing_url() as url:
        result = project.run("status", "--index-url", url, "some-lib")
    assert result.out.startswith("some-lib could not be checked: ")
    assert f"\n  = index: {url}\n" in result.out
    assert "checked now" not in result.out
    assert result.code == 0


@pytest.mark.parametrize("rule", ["missing", "unverified", "archived", "unrecognized-status"])
def test_what_a_rule_weighs_does_not_change_what_is_told(project: Project, index: ScriptedIndex, rule: str) -> None:
    names = ["gone-lib", "old-lib", "odd-lib"]
    plain = project.run("status", "--no-cache", "--index-url", index.url, *names)
    project.write("mothball.toml", f'severity = {{ {rule} = "off" }}\n')
    assert project.run("status", "--no-cache", "--index-url", index.url, *names).out == plain.out


def test_an_ignore_does_not_change_what_is_told(project: Project) -> None:
    project.offline({"old-lib": "archived"}, 'ignore.old-lib = { rules = ["archived"] }\n')
    assert project.run("status", "old-lib").code == 1


def test_where_an_answer_comes_from_is_told(project: Project) -> None:
    project.remember("young-lib", "active", age=20 * 60)
    project.remember("old-lib", "active", age=3 * DAY)
    project.write("statuses.json", snapshot_text({"snap-lib": "active"}))
    names = ["young-lib", "old-lib", "snap-lib"]
    result = project.run("status", "--index-url", INDEX, "--offline", "--snapshot", "statuses.json", *names)
    young, old, snap = re.findall(r"  = index: (.*)\n", result.out)
    assert young == f"{INDEX}, checked 20 min ago"
    assert old == f"{INDEX}, checked 3 d ago, could not be refreshed"
    assert snap.startswith(f"{INDEX}, status from the snapshot of 20")
    assert (result.code, result.err) == (
        0,
        "note: offline: 1 result is from the cache, up to 3 d old\n",
    )


def test_a_private_name_is_asked_of_nobody_in_public(project: Project) -> None:
    project.write("mothball.toml", 'private = ["acme-*"]\n')
    result = project.run("status", "acme-lib")
    assert result == (0, "acme-lib was not looked up: private name\n", "")


@pytest.mark.parametrize("name", ["two words", "old-lib==1", "old-lib[x]", "-", "", "../x", "a" * 9000, "\x1b[2J"])
def test_what_is_no_name_is_refused(project: Project, name: str) -> None:
    result = project.run("status", "--", "good-lib", name)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("mothball: error: ")
    assert result.err.endswith(" is not a project name\n  = help: pass the name only, without extras or version\n")
    assert len(result.err) < 200
    assert_harmless(result.err)


def test_a_name_is_required(project: Project) -> None:
    assert project.run("status").code == 2


def test_a_configuration_that_cannot_be_used_is_told_and_nobody_is_asked(project: Project) -> None:
    project.write("mothball.toml", "ofline = true\n")
    result = project.run("status", "old-lib")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("mothball.toml:1:1: error: unknown key `ofline`")
    result = project.run("status", "--format", "json", "old-lib")
    assert json.loads(result.out) == {"version": 1, "projects": []}


def test_a_hostile_answer_stays_in_its_line(project: Project) -> None:
    page = json_page("old-lib", "archived", "\x1b[2J\u202e\n::error::owned")
    with ScriptedIndex({"old-lib": page, "odd-lib": json_page("odd-lib", "\x1b[2J\nx")}) as index:
        result = project.run("status", "--index-url", index.url, "old-lib", "odd-lib")
    assert_harmless(result.out)
    assert not any(line.startswith("::") for line in result.out.splitlines())


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project]\ndependencies=['acme-web']\n[[tool.uv.index]]\nurl='{}'\ndefault=true\n"},
        {"pyproject.toml": "[project]\nname='x'\n[[tool.poetry.source]]\nname='a'\nurl='{}'\n"},
        {"requirements.txt": "-i {}\nacme-web\n"},
    ],
)
@pytest.mark.parametrize("below", ["", "src"])
def test_a_name_is_asked_of_the_index_of_the_project_around(
    project: Project, files: dict[str, str], below: str
) -> None:
    (project.root / "src").mkdir()
    pages = {"acme-web": json_page("acme-web", "active")}
    with ScriptedIndex(pages) as home, ScriptedIndex(pages) as public:
        for name, text in files.items():
            project.write(name, text.replace("{}", home.url))
        result = project.run("status", "--index-url", public.url, "acme-web", cwd=project.root / below)
        assert (result.code, home.count("acme-web"), public.count("acme-web")) == (0, 1, 0)


def test_beside_a_file_that_cannot_be_read_nobody_is_asked(project: Project, index: ScriptedIndex) -> None:
    project.write("pyproject.toml", b"\xff")
    result = project.run("status", "--index-url", index.url, "old-lib")
    assert "was not looked up" in result.out
    assert index.count() == 0
