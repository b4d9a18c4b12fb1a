"""Requirements that are not projects of an index are skipped with a reason, in every file format."""

from __future__ import annotations

from tests.support.project import Project
from tests.support.scripted_index import ScriptedIndex, json_page

FILES = {
    "pyproject.toml": """\
[project]
name = "night-watch"
dependencies = ["queried", "by-url @ https://files.example/u-1.zip", "night-watch[test]", "member", "half>="]
[tool.poetry.dependencies]
python = "^3.11"
by-path = { path = "p" }
[tool.uv.sources]
member = { workspace = true }
[tool.uv.workspace]
members = ["member"]
""",
    "p/setup.cfg": "[metadata]\nname = by-path\n",
    "member/pyproject.toml": '[project]\nname = "member"\n',
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
    "variable": "variable-reference",
    "conda-only": "conda",
}


def test_skipped_dependencies_are_reported_with_reasons_and_not_looked_up(project: Project) -> None:
    for name, text in FILES.items():
        project.write(name, text)
    with ScriptedIndex({"queried": [json_page("queried", "active")]}) as index:
        report = project.check_json("--index-url", index.url)
        queried = {request.name for request in index.received}

    lookups = {item["name"]: item["lookup"] for item in report["dependencies"]}
    assert queried == {"queried"}
    assert {name: lookup["reason"] for name, lookup in lookups.items() if name in REASONS} == REASONS
    assert lookups.keys() - REASONS.keys() == {"queried", "virtual-one"}
    assert {lookup["kind"] for name, lookup in lookups.items() if name != "queried"} == {"skipped"}
    assert report["summary"]["skipped"] == len(report["dependencies"]) - 1


def test_names_of_files_options_and_values_are_not_looked_up(project: Project) -> None:
    files = {
        "tox.ini": "[shared]\nfile = reqs.txt\nversion = 1.0\n[testenv]\nconstraints = limits.txt\n"
        "deps =\n  -r{[shared]file}\n  a=={[shared]version}\n  {[shared]name}==1\n",
        "tox.toml": '[env.a]\nconstraints = ["limits.txt"]\ndeps = [{replace = "ref", of = ["lists", "b"]}]\n'
        '[lists]\nb = ["b"]\nversion = "1.0"\n',
        "reqs.txt": "c\n",
        "limits.txt": "d<2\n",
        "Pipfile": '[packages]\n"e[x]" = "*"\n',
        "pyproject.toml": "[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ['hook.txt']\n",
        "hook.txt": "f\n",
        "setup.cfg": "[extras]\ng = h:python_version=='3.12'\n",
        "environment.yml": '{"name": "i", "dependencies": ["j", {"pip": ["k"]}]}\n',
        "pixi.toml": "[package.build-dependencies.'if(linux)']\nl = '*'\n",
        "conda-lock.yml": "version: 1\npackage:\n- {name: m, version: '1', manager: pip, url: 'https://f.example/m'}\n"
        "- {name: n, version: '1', manager: conda, url: 'https://f.example/n'}\n",
        "pixi.lock": "version: 6\npackages:\n- pypi: https://f.example/o.whl\n  name: o\n  version: '1'\n",
    }
    for name, text in files.items():
        project.write(name, text)
    with ScriptedIndex() as index:
        project.check_json("--index-url", index.url)
        queried = {request.name for request in index.received}

    assert queried == {"a", "b", "c", "d", "e", "f", "h", "k", "m", "o"}


def test_unnamed_requirements_are_counted_and_located(project: Project) -> None:
    project.offline({"a": "active"})
    project.write("requirements.txt", "a\n-e .\n  ./wheels/x.whl\n${OLD}x==1\n")
    report = project.check_json()

    assert [(entry["line"], entry["column"], entry["end_column"], entry["reason"]) for entry in report["unnamed"]] == [
        (2, 4, 5, "editable"),
        (3, 3, 17, "path"),
        (4, 1, 11, "variable"),
    ]
    summary = report["summary"]
    assert (summary["dependencies"], summary["skipped"], summary["unresolvable"]) == (4, 2, 1)
    assert [item["name"] for item in report["dependencies"]] == ["a"]


def test_ignore_entry_applies_to_a_lock_file(project: Project) -> None:
    project.offline({"old-lib": "archived"}, 'ignore.old-lib = { rules = ["archived"], reason = "until June" }\n')
    project.write("Pipfile.lock", '{"default": {"old-lib": {"version": "==1"}}}')
    report = project.check_json()

    assert [finding["suppressed"] for finding in report["findings"]] == [{"kind": "config", "reason": "until June"}]


def test_lookup_because_of_a_missing_local_project_is_noted(project: Project) -> None:
    project.offline({"old-lib": "active", "member": "active"})
    project.write(
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = ["old-lib", "member"]\n'
        '[tool.uv.sources]\nold-lib = { path = "gone" }\nmember = { workspace = true }\n',
    )
    notes = [item for item in project.check_json()["problems"] if "local project" in item["message"]]
    (note,) = notes
    assert note["message"] == "old-lib, member: not a local project of this repository, so an index was queried"
    assert (note["severity"], note["path"], note["line"]) == ("note", "pyproject.toml", 3)
    assert note["help"] == "correct the path or workspace source, or add the name to `private`"
