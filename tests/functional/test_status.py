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


def test_projects_are_shown_in_the_order_of_the_arguments(project: Project, index: ScriptedIndex) -> None:
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
    """Return the help line of the result for ``name``; tests of check/messages.py cover its text."""
    match = re.search(rf"^{name} .*\n  = index: .*\n(  = help: .+\n)", text, re.MULTILINE)
    assert match is not None
    return match[1]


def test_archived_and_deprecated_have_no_help_about_lines(project: Project, index: ScriptedIndex) -> None:
    result = project.run("status", "--index-url", index.url, "old-lib", "calm-lib")
    assert "help" not in result.out
    assert "# mothball" not in result.out


@pytest.mark.parametrize(("name", "code"), [("good-lib", 0), ("calm-lib", 0), ("gone-lib", 0), ("old-lib", 1)])
def test_exit_code_is_the_same_as_for_a_check(project: Project, index: ScriptedIndex, name: str, code: int) -> None:
    assert project.run("status", "--index-url", index.url, name).code == code


def test_json_has_a_lookup_for_each_project(project: Project, index: ScriptedIndex) -> None:
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
        "authenticated": True,
    }
    assert (second["name"], second["lookup"]["kind"]) == ("gone-lib", "missing")
    assert (result.code, result.err) == (1, "")


def test_index_without_statuses_is_reported(project: Project) -> None:
    with ScriptedIndex({"some-lib": json_page("some-lib")}) as index:
        result = project.run("status", "--index-url", index.url, "some-lib")
    assert result == (
        0,
        f"{index.url} publishes no status for some-lib\n  = index: {index.url}, checked now\n",
        "",
    )


def test_failed_lookup_has_no_age(project: Project) -> None:
    with refusing_url() as url:
        result = project.run("status", "--index-url", url, "some-lib")
    assert result.out.startswith("some-lib could not be checked: ")
    assert f"\n  = index: {url}\n" in result.out
    assert "checked now" not in result.out
    assert result.code == 3


@pytest.mark.parametrize("rule", ["missing", "unverified", "archived", "unrecognized-status"])
def test_configured_severity_does_not_change_the_output(project: Project, index: ScriptedIndex, rule: str) -> None:
    names = ["gone-lib", "old-lib", "odd-lib"]
    plain = project.run("status", "--no-cache", "--index-url", index.url, *names)
    project.write("mothball.toml", f'severity = {{ {rule} = "off" }}\n')
    assert project.run("status", "--no-cache", "--index-url", index.url, *names).out == plain.out


def test_ignore_does_not_change_the_exit_code(project: Project) -> None:
    project.offline({"old-lib": "archived"}, 'ignore.old-lib = { rules = ["archived"] }\n')
    assert project.run("status", "old-lib").code == 1


def test_source_and_age_of_results_are_shown(project: Project) -> None:
    project.remember("fresh-lib", "active", age=20 * 60)
    project.remember("old-lib", "active", age=3 * DAY)
    project.write("statuses.json", snapshot_text({"snap-lib": "active"}))
    names = ["fresh-lib", "old-lib", "snap-lib"]
    result = project.run("status", "--index-url", INDEX, "--offline", "--snapshot", "statuses.json", *names)
    fresh, old, snap = re.findall(r"  = index: (.*)\n", result.out)
    assert fresh == f"{INDEX}, checked 20 min ago"
    assert old == f"{INDEX}, checked 3 d ago, could not be refreshed"
    assert snap.startswith(f"{INDEX}, status from the snapshot of 20")
    assert (result.code, result.err) == (
        0,
        "note: offline: 1 result is from the cache, up to 3 d old\n",
    )


def test_private_name_is_not_looked_up_on_the_default_index(project: Project) -> None:
    project.write("mothball.toml", 'private = ["acme-*"]\n')
    result = project.run("status", "acme-lib")
    assert result == (0, "acme-lib was not looked up: private name\n", "")


@pytest.mark.parametrize("name", ["two words", "old-lib==1", "old-lib[x]", "-", "", "../x", "a" * 9000, "\x1b[2J"])
def test_invalid_project_name_is_rejected(project: Project, name: str) -> None:
    result = project.run("status", "--", "good-lib", name)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("mothball: error: ")
    assert result.err.endswith(" is not a project name\n  = help: pass the name only, without extras or version\n")
    assert len(result.err) < 200
    assert_harmless(result.err)


def test_name_is_required(project: Project) -> None:
    assert project.run("status").code == 2


def test_invalid_configuration_is_reported_without_lookups(project: Project) -> None:
    project.write("mothball.toml", "ofline = true\n")
    result = project.run("status", "old-lib")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("mothball.toml:1:1: error: unknown key `ofline`")
    result = project.run("status", "--format", "json", "old-lib")
    assert json.loads(result.out) == {"version": 1, "projects": []}


def test_index_text_is_sanitized(project: Project) -> None:
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
@pytest.mark.parametrize("subdirectory", ["", "src"])
def test_name_is_looked_up_on_the_index_of_the_project(
    project: Project, files: dict[str, str], subdirectory: str
) -> None:
    (project.root / "src").mkdir()
    pages = {"acme-web": json_page("acme-web", "active")}
    with ScriptedIndex(pages) as project_index, ScriptedIndex(pages) as public:
        for name, text in files.items():
            project.write(name, text.replace("{}", project_index.url))
        result = project.run("status", "--index-url", public.url, "acme-web", cwd=project.root / subdirectory)
        assert (result.code, project_index.count("acme-web"), public.count("acme-web")) == (0, 1, 0)


def test_unreadable_manifest_prevents_lookups(project: Project, index: ScriptedIndex) -> None:
    project.write("pyproject.toml", b"\xff")
    result = project.run("status", "--index-url", index.url, "old-lib")
    assert "was not looked up" in result.out
    assert index.count() == 0
