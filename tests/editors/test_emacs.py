"""A real Emacs in batch mode with Eglot and lsp-mode, and `editors/emacs` installed as in its README."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.editors import story
from tests.editors.instructions import follow
from tests.editors.names import STRANGERS, known, samples
from tests.editors.terminal import terminal, verify_page
from tests.editors.workbench import DRIVERS, EDITORS, Session, only_with

pytestmark = only_with("emacs")


def in_emacs(session: Session, emacs: str, driver: str, environment: dict[str, str]) -> Any:
    """Follow the README, run ``driver`` in Emacs and return its output.

    (`-Q` would hide the packages of the distribution.)
    """
    follow(session, "emacs", variant=1 if driver == "lsp_mode.el" else 0)
    session.run(emacs, "--batch", "-q", "-l", str(DRIVERS / driver), environment=environment)
    return session.answered()


@pytest.mark.parametrize(("name", "text"), story.ALL)
def test_eglot_diagnostics_hover_and_ignore_action(session: Session, emacs: str, name: str, text: str) -> None:
    answer = in_emacs(session, emacs, "eglot.el", story.prepare(session, name, text))

    for diagnostic in [*answer["diagnostics"], *answer["after"]]:
        # Eglot shows the code before the message, and the severity as a type of its own.
        diagnostic["rule"] = re.findall(r"\[(.+?)\]", diagnostic["message"])[0]
        diagnostic["severity"] = diagnostic["severity"].removeprefix("eglot-")
    story.verify(session, name, text, answer)


@pytest.mark.parametrize(("name", "text"), story.NARROW)
def test_lsp_mode_diagnostics_hover_and_ignore_action(session: Session, emacs: str, name: str, text: str) -> None:
    answer = in_emacs(session, emacs, "lsp_mode.el", story.prepare(session, name, text))

    story.verify(session, name, text, answer)
    assert {diagnostic["source"] for diagnostic in answer["diagnostics"]} == {"mothball"}


def test_underlines_are_kept_when_lines_are_cut_and_pasted(session: Session, emacs: str) -> None:
    steps = [
        story.Step("", story.UNDERLINED),
        story.Step('(driver-go-to "quill-templates") (kill-whole-line) (yank)', story.UNDERLINED),
        story.Step("(kill-region (point-min) (point-max)) (yank)", story.UNDERLINED),
        story.Step('(driver-go-to "quill-templates") (kill-whole-line)', story.UNDERLINED[1:]),
        story.Step("(yank)", story.UNDERLINED),
    ]
    assert in_emacs(session, emacs, "eglot_steps.el", story.prepare_steps(session, steps)) == {}


def test_archived_package_is_replaced_by_its_successor(session: Session, emacs: str) -> None:
    # Instead of a menu, choose the first action.
    menu = "((symbol-function 'completing-read) (lambda (_prompt actions &rest _) (caar actions)))"
    event = "(last-nonmenu-event t)"
    replace = f'(cl-letf ({menu} {event}) (eglot-code-actions (point) (1+ (point)) "quickfix" t))'
    steps = [
        story.Step("", story.UNDERLINED),
        story.Step(f'(driver-go-to "quill-templates") {replace}', story.UNDERLINED[1:]),
        story.Step("(save-buffer)", story.UNDERLINED[1:]),
    ]
    prepared = story.prepare_successor(session, steps)
    assert in_emacs(session, emacs, "eglot_steps.el", prepared) == {}
    assert (session.project / story.STEPS_FILE).read_text("utf-8").splitlines()[2].startswith("lantern-web")


def test_outage_of_an_index_is_reported_until_it_is_back(session: Session, emacs: str) -> None:
    again = "(eglot-execute-command (eglot-current-server) 'mothball.checkAgain [])"
    back = f'(write-region "" nil "{story.Outage.BACK}") {again}'
    steps = [story.Step("", story.ABOUT_THE_FILE), story.Step(back, story.UNDERLINED)]
    with story.Outage(session) as index:
        answer = in_emacs(session, emacs, "eglot_steps.el", index.prepare(steps))
    assert answer == {}


def test_file_that_is_not_utf_8_is_reported_until_it_is_saved_as_utf_8(session: Session, emacs: str) -> None:
    save = "(set-buffer-file-coding-system 'utf-8) (save-buffer)"
    steps = [story.Step("", story.ABOUT_THE_FILE), story.Step(save, story.UNDERLINED)]
    assert in_emacs(session, emacs, "eglot_steps.el", story.prepare_steps(session, steps, "latin-1")) == {}


@pytest.mark.parametrize("driver", ["eglot.el", "lsp_mode.el"])
def test_without_git_requirements_directory_uses_configuration_above(session: Session, emacs: str, driver: str) -> None:
    prepared = story.prepare_without_git(session)
    answer = in_emacs(session, emacs, driver, prepared)
    for diagnostic in answer["diagnostics"]:
        diagnostic["severity"] = diagnostic["severity"].removeprefix("eglot-")
    story.verify_without_git(session, answer)


@pytest.mark.parametrize("driver", ["eglot.el", "lsp_mode.el"])
def test_setting_from_the_readme_reaches_the_server(session: Session, emacs: str, driver: str) -> None:
    story.verify_offline(session, in_emacs(session, emacs, driver, story.prepare_offline(session)))


def test_emacs_recognizes_dependency_files(session: Session, emacs: str) -> None:
    names = [*samples(), *STRANGERS]

    answer = in_emacs(session, emacs, "emacs_names.el", {"MOTHBALL_TEST_NAMES": json.dumps(names)})

    assert {name: found["reads"] for name, found in answer.items()} == {name: known(name) for name in names}
    reached = {name for name, found in answer.items() if found["eglot"]}
    assert {name for name in names if known(name)} - reached == {
        name
        for name in names
        if known(name) and name.endswith((".yml", ".yaml", "pixi.lock", "setup.py", "Pipfile.lock"))
    }
    assert all(map(known, reached))


def test_eglot_starts_mothball_for_ini_files_in_any_conf_mode(session: Session, emacs: str) -> None:
    contents = {
        "conf-windows-mode": "; of the tests\n[tox]\nenvlist = py\n\n[testenv]\n; pinned\ndeps = quill-templates\n",
        "conf-colon-mode": "[metadata]\nname: shop\nversion: 1\ndescription: a shop\n",
        "conf-space-mode": "[testenv]\ndeps\n  quill-templates\n  tallybook\n",
        "conf-unix-mode": "# of the tests\n[tox]\nenvlist = py\n",
    }
    for number, content in enumerate(contents.values()):
        for name in (f"{number}/tox.ini", f"{number}/setup.cfg"):
            session.write(name, content)
    names = [f"{number}/{name}" for number in range(len(contents)) for name in ("tox.ini", "setup.cfg")]

    answer = in_emacs(session, emacs, "emacs_names.el", {"MOTHBALL_TEST_NAMES": json.dumps(names)})

    modes = {found["mode"] for found in answer.values()}
    assert modes > {"conf-unix-mode", "conf-windows-mode"}
    assert {name for name, found in answer.items() if not found["eglot"]} == set()


def test_modes_removed_by_the_user_keep_their_server(session: Session, emacs: str) -> None:
    took = "(setq mothball-eglot-modes '(mothball-requirements-mode))"
    ask = "(princ (eglot--lookup-mode 'conf-toml-mode))"
    load = ("-L", str(EDITORS / "emacs"), "-l", "mothball", "-l", "eglot")

    assert "mothball" in session.run(emacs, "--batch", "-q", *load, "--eval", ask).stdout
    assert "mothball" not in session.run(emacs, "--batch", "-q", "--eval", took, *load, "--eval", ask).stdout


def test_the_package_compiles_without_a_warning(session: Session, emacs: str) -> None:
    source = session.write("mothball.el", (EDITORS / "emacs" / "mothball.el").read_text("utf-8"))

    strictly = ("--eval", "(setq byte-compile-error-on-warn t)")
    session.run(emacs, "--batch", "-q", *strictly, "-f", "batch-byte-compile", source.name)
    checked = session.run(emacs, "--batch", "-q", "--eval", f'(checkdoc-file "{source}")')
    assert "Warning" not in checked.stderr, checked.stderr


def test_screen_in_docs_matches_emacs(session: Session, emacs: str, tmux: str) -> None:
    quietly = "(setq native-comp-async-report-warnings-errors nil inhibit-startup-screen t)"
    look = "(progn (global-display-line-numbers-mode) (menu-bar-mode -1))"
    follow(session, "emacs")
    command = (emacs, "-nw", "--eval", quietly, "--eval", look, "pyproject.toml")
    with terminal(tmux, command, session.project, session.environment, "120x24") as opened:
        opened.wait_for("Flymake[1 1]")
        opened.press("M-g", "g", "1", "1", "Enter", *["C-f"] * 8)
        shown = opened.wait_for("archived quill-templates", "releases")

    verify_page("emacs", shown, "archived", "releases")
