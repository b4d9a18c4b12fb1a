"""A real Vim with ALE and `editors/vim`; vim-lsp, which is not in a package registry, is replaced by a recorder."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.editors import story
from tests.editors.instructions import follow
from tests.editors.names import STRANGERS, known, samples
from tests.editors.terminal import terminal, verify_page
from tests.editors.workbench import DRIVERS, Session, only_with

pytestmark = only_with("vim")


@pytest.fixture(autouse=True)
def _package(session: Session) -> None:
    """Install the package as in the README."""
    follow(session, "vim")


def in_vim(session: Session, vim: str, driver: str, name: str, environment: dict[str, str]) -> Any:
    """Open the file ``name`` in Vim, run ``driver`` in it, and return its output."""
    command = (vim, "-T", "xterm", "--not-a-term", "-u", str(DRIVERS / "vimrc"))
    session.run(*command, "-S", str(DRIVERS / driver), name, environment=environment)
    return session.answered()


@pytest.mark.parametrize(("name", "text"), story.NARROW)
def test_ale_diagnostics_hover_and_ignore_action(session: Session, vim: str, name: str, text: str) -> None:
    answer = in_vim(session, vim, "ale.vim", name, story.prepare(session, name, text))

    story.verify(session, name, text, answer)


def test_without_git_requirements_directory_uses_configuration_above(session: Session, vim: str) -> None:
    prepared = story.prepare_without_git(session)
    story.verify_without_git(session, in_vim(session, vim, "ale.vim", "requirements/worker.txt", prepared))


def test_setting_from_the_readme_reaches_the_server(session: Session, vim: str) -> None:
    story.verify_offline(
        session, in_vim(session, vim, "ale.vim", "requirements-dev.txt", story.prepare_offline(session))
    )


def test_ale_uses_the_server_only_for_dependency_files(session: Session, vim: str) -> None:
    names = [*samples(), *STRANGERS]

    answer = in_vim(session, vim, "vim_names.vim", names[0], {"MOTHBALL_TEST_NAMES": json.dumps(names)})

    assert {name: found["root"] == str(session.project) for name, found in answer.items()} == {
        name: known(name) for name in names
    }
    # ALE has default linters for these, to which the user adds mothball.
    listed = {"json", "python", "yaml"}
    assert {name for name, found in answer.items() if known(name) and not found["linters"]} == {
        name for name, found in answer.items() if known(name) and found["filetype"] in listed
    }
    assert answer["requirements-dev.txt"]["filetype"] == "requirements"


def test_root_is_nearest_repository_or_else_nearest_configuration(session: Session, vim: str) -> None:
    session.write("module/.git", "gitdir: ../.git/modules/module\n")
    session.write("module/deep/pyproject.toml", "")
    names = ["module/deep/requirements.txt", "requirements/worker.txt"]
    run = (session, vim, "vim_names.vim", "requirements.txt", {"MOTHBALL_TEST_NAMES": json.dumps(names)})

    roots = {name: found["root"] for name, found in in_vim(*run).items()}
    assert roots == {names[0]: str(session.project / "module"), names[1]: str(session.project)}
    (session.project / "module" / ".git").unlink()
    session.leave_git()
    roots = {name: found["root"] for name, found in in_vim(*run).items()}
    assert roots == {names[0]: str(session.project / "module" / "deep"), names[1]: str(session.project)}


def test_vim_lsp_server_starts(session: Session, vim: str) -> None:
    settings = {"MOTHBALL_TEST_SETTINGS": json.dumps({"offline": True})}
    session.write("requirements.txt", "")

    server = in_vim(session, vim, "vim_lsp.vim", "requirements.txt", settings)

    assert server["command"] == ["mothball", "lsp"]
    assert server["root"] == f"file://{session.project}"
    assert server["initialization_options"] == {"offline": True}
    assert {"requirements", "toml"} <= set(server["allowlist"])


def test_screen_in_docs_matches_vim(session: Session, vim: str, tmux: str) -> None:
    command = (vim, "-u", str(DRIVERS / "vimrc"), "+set number", "+11", "pyproject.toml")
    with terminal(tmux, command, session.project, session.environment, "120x20") as opened:
        shown = opened.wait_for(">>", "archived: quill-templates is archived")

    verify_page("vim", shown, ">>", "archived")
