from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.hostile import assert_harmless
from tests.support.loopback import refusing_url
from tests.support.project import INDEX, Project, snapshot_text
from tests.support.scripted_index import ScriptedIndex, json_page
from tests.support.version_pages import File, page, page_in_html

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
        "  = versions: 0 (0 files)\n"
        "good-lib is active\n"
        f"  = index: {index.url}, checked now\n"
        "  = versions: 0 (0 files)\n"
        f"gone-lib is not on {index.url}\n"
        f"  = index: {index.url}, checked now\n"
        f"{help_of(result.out, 'gone-lib')}"
        "odd-lib has an unrecognized status: retired\n"
        f"  = index: {index.url}, checked now\n"
        "  = versions: 0 (0 files)\n"
        f"{help_of(result.out, 'odd-lib')}"
        "bad-lib is quarantined\n"
        f"  = index: {index.url}, checked now\n"
        "  = versions: 0 (0 files)\n"
        f"{help_of(result.out, 'bad-lib')}"
    )
    assert (result.code, result.err) == (1, "")


def help_of(text: str, name: str) -> str:
    """Return the help line of the result for ``name``; tests of check/messages.py cover its text."""
    match = re.search(rf"^{name} .*\n  = index: .*\n(?:  = versions: .*\n)?(  = help: .+\n)", text, re.MULTILINE)
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
    assert list(document) == ["version", "projects", "invalid"]
    assert document["version"] == 1
    first, second = document["projects"]
    assert list(first) == ["name", "specifier", "lookup", "latest", "releases", "findings"]
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
        (
            f"{index.url} publishes no status for some-lib\n"
            f"  = index: {index.url}, checked now\n"
            "  = versions: 0 (0 files)\n"
            "  = help: it may be archived: `mothball rule not-stated` lists the remedies\n"
        ),
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


@pytest.mark.parametrize("name", ["two words", "old-lib==", "old-lib[x", "-", "", "../x", "a" * 9000, "\x1b[2J"])
def test_invalid_requirement_does_not_lose_the_others(project: Project, index: ScriptedIndex, name: str) -> None:
    result = project.run("status", "--index-url", index.url, "--", "good-lib", name, "old-lib")
    assert re.findall(r"^\S+ is \S+", result.out, re.MULTILINE) == ["good-lib is active", "old-lib is archived:"]
    assert result.code == 2
    assert re.fullmatch(
        r"mothball: error: (?:`.*` is not a valid requirement|requirement too long: .*)\n  = help: .+\n", result.err
    )
    assert len(result.err) < 400
    assert_harmless(result.err)
    document = json.loads(project.run("status", "--offline", "--format", "json", "--", "good-lib", name).out)
    assert [one["name"] for one in document["projects"]] == ["good-lib"]
    [invalid] = document["invalid"]
    assert all(invalid[key] in result.err for key in ("message", "help"))


def test_requirements_are_accepted(project: Project, index: ScriptedIndex) -> None:
    arguments = [
        "good-lib>=3",
        "Old_Lib[extra] == 1; python_version > '3'",
        "good-lib",
        "x @ https://code.example/x.whl",
    ]
    result = project.run("status", "--index-url", index.url, *arguments)
    assert re.findall(r"^\S+ (?:is|was not) .*", result.out, re.MULTILINE) == [
        "good-lib is active",
        "old-lib is archived: moved to new-lib",
        "good-lib is active",
        "x was not looked up: direct URL",
    ]
    assert (result.code, index.count("good-lib")) == (1, 1)


RELEASES = page(
    File("1.0", uploaded="2020-01-02T00:00:00Z"),
    File("2.0", uploaded="2021-01-02T00:00:00Z", yanked="broken\nmetadata"),
    File("2.1", uploaded="2022-01-02T00:00:00Z", yanked=True),
    File("2.1", uploaded="2022-01-03T00:00:00Z", name="old_lib-2.1.tar.gz"),
    File("3.0", uploaded="2023-01-02T00:00:00Z"),
    File("1.0.1", uploaded="2024-01-02T00:00:00Z"),
    File("4.0rc1", uploaded="2022-06-02T00:00:00Z"),
)


@pytest.mark.parametrize("cached_before", [False, True])
def test_releases_are_shown(project: Project, *, cached_before: bool) -> None:
    with ScriptedIndex({"old-lib": RELEASES}) as index:
        if cached_before:  # without its files, which no entry needed
            project.write("requirements.txt", "old-lib\n")
            assert project.check("--index-url", index.url, "requirements.txt").code == 0
        arguments = ["status", "--index-url", index.url]
        result = project.run(*arguments, "old-lib", "old-lib>=2", "old-lib>9", "old-lib==2")
        assert result.code == 0
        shown = result.out.split("old-lib is active\n")[1:]
        releases = (
            f"  = index: {index.url}, checked now\n"
            "  = latest release: 1.0.1 (2024-01-02)\n"
            "  = oldest release: 1.0 (2020-01-02)\n"
            "  = versions: 6 (7 files)\n"
            "  = yanked: 2.0 (broken metadata)\n"
        )
        assert shown == [
            releases,
            f"{releases}  = matches >=2: 2 versions, the highest is 3.0\n",
            f"{releases}  = matches >9: no version\n",
            f"{releases}  = matches ==2: no version\n  = warning[yanked]: old-lib 2 is yanked: broken metadata\n",
        ]
        document = json.loads(project.run(*arguments, "--format", "json", "old-lib>=2").out)
        [entry] = document["projects"]
        assert (entry["specifier"], entry["latest"]) == (">=2", {"version": "1.0.1", "date": "2024-01-02"})
        assert entry["releases"] == {
            "files": 7,
            "versions": 6,
            "oldest": {"version": "1.0", "date": "2020-01-02"},
            "yanked": [{"version": "2.0", "reason": "broken metadata"}],
            "matching": {"specifier": ">=2", "versions": 2, "highest": "3.0"},
        }
        offline = json.loads(project.run(*arguments, "--offline", "--format", "json", "old-lib").out)
        assert offline["projects"][0]["releases"]["files"] == 7


def test_releases_without_upload_times_have_no_dates(project: Project) -> None:
    with ScriptedIndex({"old-lib": page_in_html(File("1.0"), File("2.0", yanked=True))}) as index:
        out = project.run("status", "--index-url", index.url, "old-lib").out
    assert "release:" not in out
    assert "  = versions: 2 (2 files)\n  = yanked: 2.0\n" in out


def test_text_of_files_is_sanitized(project: Project) -> None:
    reply = page(File("1.0", yanked="\x1b[2J\u202e ::error::x"), File("2.0", name="\x1b[2J-2.0.tar.gz"))
    with ScriptedIndex({"old-lib": reply}) as index:
        assert_harmless(project.run("status", "--index-url", index.url, "old-lib").out)


def test_name_is_required(project: Project) -> None:
    assert project.run("status").code == 2


def test_invalid_configuration_is_reported_without_lookups(project: Project) -> None:
    project.write("mothball.toml", "ofline = true\n")
    result = project.run("status", "old-lib")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("mothball.toml:1:1: error: unknown key `ofline`")
    result = project.run("status", "--format", "json", "old-lib")
    assert json.loads(result.out) == {"version": 1, "projects": [], "invalid": []}


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
