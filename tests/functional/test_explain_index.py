"""``mothball check --explain-index NAME``: who would be asked, by whose word; and nobody is."""

from __future__ import annotations

from unittest import mock

import pytest

from mothball.check.messages import SKIP_REASON_TEXT
from mothball.config.project import DEFAULT_INDEX
from mothball.index.session import LookupSession
from mothball.model.document import SkipReason
from tests.support.project import Project

HOLDS_VARIABLE = SKIP_REASON_TEXT[SkipReason.INDEX_VARIABLE]
A, B = "https://a.example/simple/", "https://b.example/simple/"


@pytest.fixture(autouse=True)
def _nobody_is_asked() -> object:
    with mock.patch.object(LookupSession, "look_up", side_effect=AssertionError("somebody is asked")) as asked:
        yield asked


def explained(project: Project, *arguments: str, **options: object) -> list[str]:
    result = project.check("--explain-index", *arguments, **options)
    assert result.code == 0, result.err
    return result.out.splitlines()


def test_each_index_is_told_in_order_with_the_line_that_names_it(project: Project) -> None:
    project.write("requirements.txt", f"# ours\n-i {A}\n-r base.txt\n")
    project.write("base.txt", f"--extra-index-url {B}\n\nAcme.Web==1\n")

    assert explained(project, "acme_web", "requirements.txt") == [
        "acme-web: base.txt:3",
        f"  1. {B}  `--extra-index-url` in base.txt:1",
        f"  2. {A}  `--index-url` in requirements.txt:2",
    ]


def test_variables_and_files_of_the_user_are_told_by_their_names(project: Project) -> None:
    project.write("requirements.txt", "acme-web\n")
    config = project.home / "pip.conf"
    config.write_text(f"[global]\nindex-url = https://user:secret@a.example/simple\nextra-index-url = {B}\n")
    environment = {"PIP_CONFIG_FILE": str(config), "UV_INDEX": "acme=https://u:pw@uv.example/simple"}

    assert explained(project, "acme-web", env=environment) == [
        "acme-web: requirements.txt:1",
        "  1. https://uv.example/simple/  UV_INDEX",
        f"  2. {B}  `extra-index-url` in {config}:3",
        f"  3. {A}  `index-url` in {config}:2",
        f"  not queried: {DEFAULT_INDEX}  built-in default: `index-url` in {config}:2 takes precedence",
    ]


def test_a_name_that_no_file_holds_is_explained_by_the_default(project: Project) -> None:
    project.write("requirements.txt", "other\n")
    project.write("mothball.toml", f'private = ["acme-*"]\nindex-url = "{A}"\nstatus-index = "{B}"\n')

    assert explained(project, "lib") == [
        "lib: not found in any file; with the default indexes:",
        f"  1. {A}  `index-url` in mothball.toml:2",
        f"  if these state no status: {B}  `status-index`",
    ]
    assert explained(project, "acme-x")[1:] == [f"  1. {A}  `index-url` in mothball.toml:2"]
    assert explained(project, "lib", "--index-url", B)[1] == f"  1. {B}  --index-url"


def test_why_nobody_would_be_asked_is_told(project: Project) -> None:
    project.write("mothball.toml", 'private = ["acme-*"]\n')
    project.write(
        "pyproject.toml",
        "[project]\ndependencies = [\n'acme-web',\n'lib @ https://x.example/lib.whl',\n]\n"
        "[[tool.uv.index]]\nexplicit = true\n"
        f"url = '{A}'\nname = 'a'\n",
    )
    assert explained(project, "acme-web") == [
        "acme-web: pyproject.toml:3",
        "  not looked up: private name: the name is private and no other index is set",
        f"  not queried: {A}  [[tool.uv.index]] a in pyproject.toml:8: explicit index: queried only for packages pinned to it",
        f"  not queried: {DEFAULT_INDEX}  built-in default: the name is private",
    ]
    assert explained(project, "lib") == ["lib: pyproject.toml:4", "  not looked up: direct URL"]
    project.write("requirements.txt", "-i https://${HOST}/simple/\nlib\n")
    assert explained(project, "lib", "requirements.txt") == [
        "lib: requirements.txt:2",
        f"  not looked up: {HOLDS_VARIABLE}: `--index-url` in requirements.txt:1 contains a variable",
        f"  not queried: {A}  [[tool.uv.index]] a in pyproject.toml:8: explicit index: queried only for packages pinned to it",
        "  not queried: https://${HOST}/simple/  `--index-url` in requirements.txt:1: the name is not looked up",
    ]


def test_a_pin_names_the_index_that_is_declared(project: Project) -> None:
    project.write(
        "pyproject.toml",
        f"[project]\ndependencies = ['lib']\n[[tool.uv.index]]\nname = 'a'\nurl = '{A}'\n"
        "[tool.uv.sources]\nlib = {index = 'a'}\n",
    )
    project.write("uv.lock", f"version = 1\n[[package]]\nname = 'lib'\nversion = '1'\nsource = {{registry = '{A}'}}\n")

    assert explained(project, "lib") == [
        "lib: pyproject.toml:2",
        f"  1. {A}  pinned by the entry, a in pyproject.toml:5",
        "lib: uv.lock:3",
        f"  1. {A}  pinned by the entry",
    ]


def test_entries_that_go_the_same_way_are_explained_together(project: Project) -> None:
    project.write("requirements.txt", "lib\n" * 7)

    assert explained(project, "lib")[0].endswith("requirements.txt:5 and 2 more")


def test_what_is_no_name_is_refused(project: Project) -> None:
    result = project.check("--explain-index", "lib==1")
    assert result.code == 2
    assert "lib==1 is not a project name" in result.err


def test_what_cannot_be_read_is_told_beside_the_explanation(project: Project) -> None:
    project.write("requirements.txt", b"\xff")
    project.write("mothball.toml", "nonsense = 1\n")
    result = project.check("--explain-index", "lib")
    assert result.code == 2
    assert result.out == "lib: not found in any file, and the configuration is invalid\n"
    assert "unknown key" in result.err


def test_a_pip_conf_that_nobody_can_read_stops_everything(project: Project) -> None:
    project.write("requirements.txt", "lib\n")
    config = project.home / "pip.conf"
    config.write_text("[global\n")
    result = project.check(env={"PIP_CONFIG_FILE": str(config)})
    assert result.code == 2
    assert "pip.conf: pip's configuration cannot be used: line 1: invalid INI" in result.err


def test_no_secret_of_an_address_is_shown(project: Project) -> None:
    project.write("requirements.txt", "-i https://user:s3cret@a.example/simple?token=s3cret\nlib\n")

    assert "s3cret" not in "".join(explained(project, "lib", env={"UV_INDEX": "https://s3cret:s3cret@b.example/"}))


def test_a_slip_that_keeps_a_name_at_home_is_told(project: Project) -> None:
    project.write("requirements.txt", f"--indexurl {A}\nacme-web\n")
    result = project.check("--explain-index", "acme-web")
    assert result.code == 2
    assert "requirements.txt:1 cannot be read and may name an index" in result.out
    assert result.err.startswith("requirements.txt:1:1: error[unreadable] `--indexurl` is no option")


def test_a_name_that_no_file_holds_goes_the_way_of_the_project_around(project: Project) -> None:
    project.write(
        "pyproject.toml",
        f'[project]\nname = "x"\nversion = "1"\n\n[[tool.uv.index]]\nname = "home"\nurl = "{A}"\ndefault = true\n',
    )
    first, answering, *others = explained(project, "acme-web")
    assert first == "acme-web: not found in any file; with the indexes of pyproject.toml:"
    assert answering == f"  1. {A}  [[tool.uv.index]] home in pyproject.toml:7"
    assert all(line.startswith("  not queried: ") for line in others)
