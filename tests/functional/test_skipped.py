"""What is no project of an index is sent to none, in whatever file it stands, and is told with its reason."""

from __future__ import annotations

from tests.support.project import Project
from tests.support.scripted_index import ScriptedIndex, json_page

FILES = {
    "pyproject.toml": """\
[project]
name = "night-watch"
dependencies = ["asked", "by-url @ https://files.example/u-1.zip", "night-watch[test]", "member", "half>="]
[tool.poetry.dependencies]
python = "^3.11"
by-path = { path = "../p" }
[tool.uv.sources]
member = { workspace = true }
""",
    "requirements.txt": "-e git+https://git.example/e.git#egg=editable\ngit+https://git.example/v.git#egg=by-vcs\n"
    "variable @ https://files.example/${VERSION}\n",
    "tox.toml": '[env.a]\ndeps = ["night-watch[all]"]\n',
    "environment.yml": "dependencies:\n- conda-only\n",
    "uv.lock": '[[package]]\nname = "virtual-one"\nsource = { virtual = "." }\n',
}
REASONS = {
    "by-url": "url",
    "night-watch": "self",
    "member": "workspace",
    "half": "incomplete",
    "by-path": "path",
    "editable": "editable",
    "by-vcs": "vcs",
    "variable": "variable",
    "conda-only": "conda",
}


def test_each_is_counted_and_told_with_its_reason_and_nobody_is_asked(project: Project) -> None:
    for name, text in FILES.items():
        project.write(name, text)
    with ScriptedIndex({"asked": [json_page("asked", "active")]}) as index:
        report = project.check_json("--index-url", index.url)
        asked = {request.name for request in index.received}

    told = {item["name"]: item["lookup"] for item in report["dependencies"]}
    assert asked == {"asked"}
    assert {name: lookup["reason"] for name, lookup in told.items() if name in REASONS} == REASONS
    assert told.keys() - REASONS.keys() == {"asked", "virtual-one"}
    assert {lookup["kind"] for name, lookup in told.items() if name != "asked"} == {"skipped"}
    assert report["summary"]["skipped"] == len(report["dependencies"]) - 1


def test_what_has_no_name_is_counted_and_told_with_its_place(project: Project) -> None:
    project.offline({"a": "active"})
    project.write("requirements.txt", "a\n-e .\n  ./wheels/x.whl\n${OLD}x==1\n")
    report = project.check_json()

    assert [(one["line"], one["column"], one["end_column"], one["reason"]) for one in report["unnamed"]] == [
        (2, 4, 5, "editable"),
        (3, 3, 17, "path"),
        (4, 1, 11, "variable"),
    ]
    assert (report["summary"]["dependencies"], report["summary"]["skipped"]) == (4, 3)
    assert [one["name"] for one in report["dependencies"]] == ["a"]


def test_in_a_lock_without_comments_the_configuration_ignores(project: Project) -> None:
    project.offline({"old-lib": "archived"}, 'ignore.old-lib = { rules = ["archived"], reason = "until June" }\n')
    project.write("Pipfile.lock", '{"default": {"old-lib": {"version": "==1"}}}')
    report = project.check_json()

    assert [finding["suppressed"] for finding in report["findings"]] == [{"kind": "config", "reason": "until June"}]
