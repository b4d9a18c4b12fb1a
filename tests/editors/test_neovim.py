"""A real, headless Neovim with `editors/neovim`, installed as in its README."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.editors import story
from tests.editors.instructions import follow
from tests.editors.names import STRANGERS, known, samples
from tests.editors.terminal import terminal, verify_page
from tests.editors.workbench import DRIVERS, Session, only_with

pytestmark = only_with("neovim")


@pytest.fixture(autouse=True)
def _configuration(session: Session) -> None:
    """Follow the README, and add the settings of a test to `init.lua`."""
    follow(session, "neovim")
    with (session.home / ".config/nvim/init.lua").open("a", encoding="utf-8") as init:
        init.write((DRIVERS / "neovim_init.lua").read_text("utf-8"))


def in_neovim(session: Session, nvim: str, driver: str, name: str, environment: dict[str, str]) -> Any:
    """Open the file ``name`` in Neovim, run ``driver`` in it, and return its output."""
    command = (nvim, "--headless", "-i", "NONE", "-n", name)
    session.run(*command, "-S", str(DRIVERS / driver), environment=environment)
    return session.answered()


def log_of(session: Session) -> str:
    """Return Neovim's log, which contains warnings of the server; empty if there is none."""
    path = Path(session.environment["XDG_STATE_HOME"]) / "nvim" / "lsp.log"
    return path.read_text("utf-8") if path.exists() else ""


@pytest.mark.parametrize(("name", "text"), story.ALL)
def test_neovim_diagnostics_hover_and_ignore_action(session: Session, nvim: str, name: str, text: str) -> None:
    answer = in_neovim(session, nvim, "neovim.lua", name, story.prepare(session, name, text))

    story.verify(session, name, text, answer)
    assert {diagnostic["source"] for diagnostic in answer["diagnostics"]} == {"mothball"}
    assert {"LspMothballCheckAgain", "LspMothballCheckWorkspace"} <= set(answer["commands"])
    assert not re.search(r"\[(?:WARN|ERROR)\]", log_of(session)), log_of(session)


def test_underlines_are_kept_when_lines_are_cut_and_pasted(session: Session, nvim: str) -> None:
    steps = [
        story.Step("", story.UNDERLINED),
        story.Step("normal! 3GddP", story.UNDERLINED),
        story.Step("normal! ggdGP", story.UNDERLINED),
        story.Step("undo | undo", story.UNDERLINED),
        story.Step("normal! 3Gdd", story.UNDERLINED[1:]),
        story.Step("undo", story.UNDERLINED),
    ]
    prepared = story.prepare_steps(session, steps)
    assert in_neovim(session, nvim, "neovim_steps.lua", story.STEPS_FILE, prepared) == {}


def test_archived_package_is_replaced_by_its_successor(session: Session, nvim: str) -> None:
    replace = "lua vim.lsp.buf.code_action({ apply = true, filter = function(one) return one.isPreferred end })"
    steps = [
        story.Step("", story.UNDERLINED),
        story.Step(f"3 | {replace}", story.UNDERLINED[1:]),
        story.Step("write", story.UNDERLINED[1:]),
    ]
    prepared = story.prepare_successor(session, steps)
    assert in_neovim(session, nvim, "neovim_steps.lua", story.STEPS_FILE, prepared) == {}
    assert (session.project / story.STEPS_FILE).read_text("utf-8").splitlines()[2].startswith("lantern-web")


def test_outage_of_an_index_is_reported_until_it_is_back(session: Session, nvim: str) -> None:
    back = f"call writefile([], '{story.Outage.BACK}') | LspMothballCheckAgain"
    steps = [story.Step("", story.ABOUT_THE_FILE), story.Step(back, story.UNDERLINED)]
    with story.Outage(session) as index:
        answer = in_neovim(session, nvim, "neovim_steps.lua", story.STEPS_FILE, index.prepare(steps))
    assert answer == {}


def test_file_that_is_not_utf_8_is_reported_until_it_is_saved_as_utf_8(session: Session, nvim: str) -> None:
    steps = [story.Step("", story.ABOUT_THE_FILE), story.Step("set fileencoding=utf-8 | write", story.UNDERLINED)]
    prepared = story.prepare_steps(session, steps, "latin-1")
    assert in_neovim(session, nvim, "neovim_steps.lua", story.STEPS_FILE, prepared) == {}


def test_server_is_found_once_it_is_installed(session: Session, nvim: str, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    mothball = shutil.which("mothball", path=session.environment["PATH"])
    install = f"call system('ln -s {mothball} {programs}') | edit"
    prepared = story.prepare_steps(session, [story.Step("", ()), story.Step(install, story.UNDERLINED)])
    path = os.pathsep.join([str(programs), os.defpath])
    answer = in_neovim(session, nvim, "neovim_steps.lua", story.STEPS_FILE, {**prepared, "PATH": path})
    assert answer == {}


def test_without_git_requirements_directory_uses_configuration_above(session: Session, nvim: str) -> None:
    prepared = story.prepare_without_git(session)
    story.verify_without_git(session, in_neovim(session, nvim, "neovim.lua", "requirements/worker.txt", prepared))


def test_setting_from_the_readme_reaches_the_server(session: Session, nvim: str) -> None:
    story.verify_offline(
        session, in_neovim(session, nvim, "neovim.lua", "requirements-dev.txt", story.prepare_offline(session))
    )


def test_misspelled_setting_is_logged(session: Session, nvim: str) -> None:
    misspelled = {"MOTHBALL_TEST_SETTINGS": json.dumps({"offline": True, "privat": ["acme-*"]})}
    in_neovim(session, nvim, "neovim.lua", "requirements-dev.txt", {**story.prepare_offline(session), **misspelled})
    assert "did you mean `private`?" in log_of(session)


def test_server_is_attached_only_to_dependency_files(session: Session, nvim: str) -> None:
    names = [*samples(), *STRANGERS]
    for name in names:
        session.write(name, "")

    answer = in_neovim(session, nvim, "neovim_names.lua", names[0], {"MOTHBALL_TEST_NAMES": json.dumps(names)})

    assert {name: found["attached"] for name, found in answer.items()} == {name: known(name) for name in names}
    assert answer["requirements-dev.txt"]["filetype"] == "requirements"
    assert answer["dev-.py.lock"]["filetype"] == "toml"


def test_screen_in_docs_matches_neovim(session: Session, nvim: str, tmux: str) -> None:
    look = ("+set number", "+lua vim.diagnostic.config({ virtual_text = true })", "+11")
    command = (nvim, "-i", "NONE", "-n", *look, "pyproject.toml")
    with terminal(tmux, command, session.project, session.environment, "120x24") as opened:
        opened.wait_for("quill-templates is archived")
        opened.press("f", "q", "K")
        shown = opened.wait_for("quill-templates is archived", "Reason (not verified)")

    verify_page("neovim", shown, "archived", "releases")
