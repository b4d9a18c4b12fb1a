"""A real Vim with ALE and `editors/vim`; vim-lsp, which no registry here has, is played by a recorder."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.editors import story
from tests.editors.names import STRANGERS, known, samples
from tests.editors.terminal import terminal, verify_page
from tests.editors.workbench import DRIVERS, EDITORS, Workbench, only_with

pytestmark = only_with("vim")


@pytest.fixture(autouse=True)
def _package(bench: Workbench) -> None:
    """Copy the package to where the README says."""
    shutil.copytree(EDITORS / "vim", bench.home / ".vim" / "pack" / "mothball" / "start" / "mothball")


def in_vim(bench: Workbench, vim: str, driver: str, name: str, environment: dict[str, str]) -> Any:
    """Open the file ``name`` in Vim, run ``driver`` inside it, and return what that wrote down."""
    command = (vim, "-T", "xterm", "--not-a-term", "-u", str(DRIVERS / "vimrc"))
    bench.run(*command, "-S", str(DRIVERS / driver), name, environment=environment)
    return bench.answered()


@pytest.mark.parametrize(("name", "text"), story.NARROW)
def test_ale_underlines_explains_and_ignores(bench: Workbench, vim: str, name: str, text: str) -> None:
    answer = in_vim(bench, vim, "ale.vim", name, story.prepare(bench, name, text))

    story.verify(bench, name, text, answer)


def test_without_git_the_configuration_above_rules_over_a_directory_of_requirements(bench: Workbench, vim: str) -> None:
    prepared = story.prepare_without_git(bench)
    story.verify_without_git(bench, in_vim(bench, vim, "ale.vim", "requirements/worker.txt", prepared))


def test_a_setting_written_as_the_readme_says_reaches_the_server(bench: Workbench, vim: str) -> None:
    story.verify_offline(bench, in_vim(bench, vim, "ale.vim", "requirements-dev.txt", story.prepare_offline(bench)))


def test_ale_asks_the_server_about_the_files_that_mothball_reads_and_about_no_others(
    bench: Workbench, vim: str
) -> None:
    names = [*samples(), *STRANGERS]

    answer = in_vim(bench, vim, "vim_names.vim", names[0], {"MOTHBALL_TEST_NAMES": json.dumps(names)})

    assert {name: found["root"] == str(bench.project) for name, found in answer.items()} == {
        name: known(name) for name in names
    }
    # For these ALE has a list of its own, to which a user adds mothball.
    listed = {"json", "python", "yaml"}
    assert {name for name, found in answer.items() if known(name) and not found["linters"]} == {
        name for name, found in answer.items() if known(name) and found["filetype"] in listed
    }
    assert answer["requirements-dev.txt"]["filetype"] == "requirements"


def test_a_root_is_the_nearest_repository_a_worktree_or_submodule_too_else_the_nearest_configuration(
    bench: Workbench, vim: str
) -> None:
    bench.write("module/.git", "gitdir: ../.git/modules/module\n")
    bench.write("module/deep/pyproject.toml", "")
    names = ["module/deep/requirements.txt", "requirements/worker.txt"]
    run = (bench, vim, "vim_names.vim", "requirements.txt", {"MOTHBALL_TEST_NAMES": json.dumps(names)})

    roots = {name: found["root"] for name, found in in_vim(*run).items()}
    assert roots == {names[0]: str(bench.project / "module"), names[1]: str(bench.project)}
    (bench.project / "module" / ".git").unlink()
    bench.leave_git()
    roots = {name: found["root"] for name, found in in_vim(*run).items()}
    assert roots == {names[0]: str(bench.project / "module" / "deep"), names[1]: str(bench.project)}


def test_vim_lsp_is_given_a_server_that_starts(bench: Workbench, vim: str) -> None:
    settings = {"MOTHBALL_TEST_SETTINGS": json.dumps({"offline": True})}
    bench.write("requirements.txt", "")

    server = in_vim(bench, vim, "vim_lsp.vim", "requirements.txt", settings)

    assert server["command"] == ["mothball", "lsp"]
    assert server["root"] == f"file://{bench.project}"
    assert server["initialization_options"] == {"offline": True}
    assert {"requirements", "toml"} <= set(server["allowlist"])


def test_the_page_on_editors_shows_what_a_person_sees_in_vim(bench: Workbench, vim: str, tmux: str) -> None:
    command = (vim, "-u", str(DRIVERS / "vimrc"), "+set number", "+11", "pyproject.toml")
    with terminal(tmux, command, bench.project, bench.environment, "120x20") as opened:
        shown = opened.wait_for(">>", "archived: quill-templates is archived")

    verify_page("vim", shown, ">>", "archived")
