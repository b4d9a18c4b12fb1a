"""The packaged extension and the installed wheel in a VS Code window, by keyboard and mouse."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.editors.vscode import shop
from tests.editors.vscode.window import OpenWindow, TakePicture, Underline
from tests.support.scripted_index import Fault, Reply, ScriptedIndex, json_page

if TYPE_CHECKING:
    # Installed only where real editors are tested.
    from playwright.sync_api import Locator

# The findings of the shop in the status bar.
_FOUND = "1 archived, 1 quarantined, 1 deprecated"


@pytest.mark.smoke
def test_diagnostics_hover_and_quick_fix(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    requirements = folder / "requirements.txt"
    window = open_window(folder, environment=on_path)

    window.open(requirements)
    window.wait_for_underlines(*shop.UNDERLINED)
    assert window.status("archived") == f"mothball: {_FOUND}"

    hover = window.hover("quill-templates")
    assert "archived" in hover.lower()
    assert "merged into lantern-web 4" in hover
    picture(window, "hover")
    picture(window, "squiggle", cropped=True)

    fixes = window.quick_fixes("quill-templates")
    assert any("gnore" in title for title in fixes), fixes
    picture(window, "quick-fix")
    window.choose(next(title for title in fixes if "gnore" in title))
    # The placeholder in the comment is reported until it is replaced with a reason; it is selected for that.
    placeholder = Underline("warning", "# mothball: ignore[archived] WHY")
    window.wait_for_underlines(*shop.UNDERLINED[:-1], placeholder)
    window.page.keyboard.type("until 2027")
    window.wait_for_underlines(*shop.UNDERLINED[:-1])
    window.save()
    line = requirements.read_text("utf-8").splitlines()[-1]
    assert line == "quill-templates==2.1.4  # mothball: ignore[archived] until 2027"

    problems = window.problems(2)
    assert any("cloakroom" in problem for problem in problems)
    assert any("tallybook" in problem for problem in problems)
    picture(window, "problems")


def test_click_on_the_status_bar_item_opens_a_menu_and_leaves_the_problems_panel_open(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, environment=on_path)
    window.open(folder / "requirements.txt")
    window.status(_FOUND)

    window.click_status()
    window.pick("Show Problems")
    assert len(window.problems(3)) == 3
    window.click_status()
    picture(window, "menu")
    window.pick("Show Problems")
    assert window.page.locator(".markers-panel:visible").count()


def test_check_of_the_workspace_ends_with_a_summary(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop", {"services/mail/requirements.txt": "cloakroom==1.0.3\n"})
    window = open_window(folder, environment=on_path)
    window.status("no findings")
    window.run("mothball: Check Workspace")
    toast = window.notification("mothball: 3 files, 9 dependencies: ")
    picture(window, "summary")
    window.status("2 quarantined")
    toast.get_by_text("Show Problems").click()
    window.page.locator(".markers-panel:visible").wait_for()


def test_requirements_files_are_colored(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    text = "# production\nlantern-web==4.2.1 ; python_version >= '3.11'\n-r base.txt\n"
    folder = shop.write(tmp_path / "shop", {"requirements/deps.txt": text, "notes.txt": text})
    window = open_window(folder, environment=on_path)
    window.open(folder / "requirements/deps.txt")
    texts = ("# production", "lantern-web", "4.2.1", "python_version", "'3.11'", "-r", "base.txt")
    window.wait(lambda: len({window.color_of(text) for text in texts}) > 4)
    picture(window, "colors")
    # Other text files keep their language.
    window.open(folder / "notes.txt")
    assert len({window.color_of(text) for text in texts}) == 1


def test_walkthrough_shows_how_to_start(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    window = open_window(shop.write(tmp_path / "shop"), environment=on_path)
    window.status("no findings")
    window.run("Welcome: Open Walkthrough")
    window.pick("Get Started with mothball")
    steps = window.page.locator(".getting-started-step")
    steps.nth(3).wait_for()
    window.page.get_by_text("Open a dependency file").first.click()
    # Hidden, because this window is narrow.
    image = window.page.locator(".getting-started-media img[srcset*='hover.png']")
    image.wait_for(state="attached")
    picture(window, "walkthrough")


def test_pyproject_diagnostic_is_at_the_name(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, environment=on_path)
    window.open(folder / "pyproject.toml")
    window.wait_for_underlines(Underline("error", "quill-templates"))
    assert "merged into lantern-web 4" in window.hover("quill-templates")
    picture(window, "pyproject")


def test_diagnostics_follow_typing_and_deleting(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path
) -> None:
    folder = shop.write(tmp_path / "shop", {"requirements.txt": ""})
    window = open_window(folder, environment=on_path)
    window.open(folder / "requirements.txt")
    window.type("quill-templates==2.1.4\n")
    window.wait_for_underlines(Underline("error", "quill-templates"))
    window.page.keyboard.press("Control+a")
    window.page.keyboard.press("Delete")
    window.wait_for_underlines()


def test_underlines_are_kept_when_text_is_cut_and_pasted(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path
) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, environment=on_path)
    window.open(folder / "requirements.txt")
    window.wait_for_underlines(*shop.UNDERLINED)
    window.place_cursor("tallybook")

    window.press("Control+a", "Control+x", "Control+v")
    window.wait_for_underlines(*shop.UNDERLINED)
    window.press("Control+z", "Control+z")
    window.wait_for_underlines(*shop.UNDERLINED)

    # Without a selection, the line is cut.
    window.place_cursor("tallybook")
    window.press("Control+x", "Control+v")
    window.wait_for_underlines(*shop.UNDERLINED)
    window.press("Control+x")
    window.wait_for_underlines(*shop.UNDERLINED[:-1])


def test_a_file_that_is_not_utf_8_is_reported(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    (folder / "requirements.txt").write_bytes("# für die Server\nquill-templates==2.1.4\n".encode("latin-1"))
    window = open_window(folder, environment=on_path)
    window.open(folder / "requirements.txt")
    window.status("1 unreadable")
    assert any("UTF-8" in problem for problem in window.problems(1))
    picture(window, "latin-1")


def test_outage_of_an_index_and_slow_lookups_are_in_the_status_bar(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("old-lib\n", "utf-8")
    with ScriptedIndex({"old-lib": Reply(fault=Fault.RESET)}) as index:
        window = open_window(folder, environment=on_path, machine={"mothball.indexUrl": index.url})
        window.open(folder / "requirements.txt")
        window.status("mothball: index unreachable; 1 unverified")
        lens = window.page.locator(".codelens-decoration a", has_text="Check again")
        lens.wait_for()
        picture(window, "index-unreachable")
        index.script("old-lib", json_page("old-lib", "archived")._replace(delay=5))
        lens.click()
        window.status(r"mothball: (looking up|checking again).*; ")
        picture(window, "looking-up")
        window.wait_for_underlines(Underline("error", "old-lib"))
        window.status("^mothball: 1 archived$")
        lens.wait_for(state="hidden")
        window.notification("mothball: 1 file, 1 dependency: 1 archived")


def test_settings_are_opened_from_an_outage(open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("old-lib\n", "utf-8")
    with ScriptedIndex({"old-lib": Reply(fault=Fault.RESET)}) as index:
        window = open_window(folder, environment=on_path, machine={"mothball.indexUrl": index.url})
        window.open(folder / "requirements.txt")
        window.status("index unreachable")
        assert window.quick_fixes("old-lib") == ["Check again", "Open settings"]
        window.choose("Open settings")
        window.page.locator(".settings-editor", has_text="Mothball: Max Age").wait_for()


def test_a_file_without_a_folder_is_checked(open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(None, environment=on_path)
    window.open(folder / "requirements.txt")
    window.wait_for_underlines(*shop.UNDERLINED)


def test_the_environment_of_the_folder_is_found_without_the_python_extension(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path
) -> None:
    folder = shop.write(tmp_path / "shop")
    (folder / ".venv").symlink_to(installed_server.parents[1])
    window = open_window(folder)
    window.open(folder / "requirements.txt")
    window.wait_for_underlines(*shop.UNDERLINED)


def test_setting_takes_precedence_and_invalid_one_is_reported(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, environment=on_path, machine={"mothball.path": "/gone/mothball"})
    window.notification(r"Invalid setting mothball\.path \(/gone/mothball\): no such program")
    window.status("is not running")
    picture(window, "wrong-setting")


def test_failing_server_is_reported_once_with_output(
    open_window: OpenWindow, tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    broken = tmp_path / "mothball"
    broken.write_text("#!/bin/sh\necho 'unknown command lsp' >&2\nexit 2\n", "utf-8")
    broken.chmod(0o755)
    window = open_window(folder, machine={"mothball.path": str(broken)})
    window.status("is not running")
    toast = window.notification("mothball")
    picture(window, "failing-server")
    assert window.page.locator(".notification-toast").count() == 1
    toast.get_by_text("Show Output").click()
    window.page.locator(".panel .view-lines", has_text=re.compile(r"unknown\scommand\slsp")).wait_for()


def test_unresponsive_server_can_be_restarted(open_window: OpenWindow, tmp_path: Path) -> None:
    folder = shop.write(tmp_path / "shop")
    silent, started = tmp_path / "mothball", tmp_path / "started"
    silent.write_text(f"#!/bin/sh\necho $$ >> {started}\nexec sleep 600\n", "utf-8")
    silent.chmod(0o755)
    window = open_window(folder, machine={"mothball.path": str(silent)})
    window.status("is starting")
    window.wait(lambda: _lines(started) == 1)
    window.run("mothball: Restart Server")
    window.wait(lambda: _lines(started) == 2)
    first, second = map(int, started.read_text("utf-8").split())
    window.wait(lambda: not _runs(first))
    assert _runs(second)
    window.status("is starting")


def test_crashed_server_is_restarted_by_next_command(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    program, started = tmp_path / "mothball", tmp_path / "started"
    program.write_text(f'#!/bin/sh\necho $$ >> {started}\nexec {installed_server} "$@"\n', "utf-8")
    program.chmod(0o755)
    window = open_window(folder, machine={"mothball.path": str(program)})
    window.open(folder / "requirements.txt")

    def kill_until_left_alone(runs: int) -> Locator:
        for run in range(runs, runs + 5):
            window.wait(lambda: _lines(started) == run)  # noqa: B023 - it is called before the next turn
            window.status(_FOUND)
            os.kill(int(started.read_text("utf-8").split()[-1]), signal.SIGKILL)
            window.wait_for_underlines()
        toast = window.notification("stopped repeatedly and was not restarted")
        window.status("is not running")
        assert _lines(started) == runs + 4
        return toast

    kill_until_left_alone(1)
    picture(window, "left-alone")
    window.run("mothball: Check Again")
    window.wait_for_underlines(*shop.UNDERLINED)
    assert _lines(started) == 6

    kill_until_left_alone(6).get_by_text("Restart Server").click()
    window.wait_for_underlines(*shop.UNDERLINED)
    assert _lines(started) == 11


def test_check_again_looks_up_on_the_index_again(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("old-lib\nnew-lib\n", "utf-8")
    pages = {"old-lib": json_page("old-lib", "archived"), "new-lib": json_page("new-lib", "active")}
    with ScriptedIndex(pages) as index:
        window = open_window(folder, environment=on_path, machine={"mothball.indexUrl": index.url})
        window.open(folder / "requirements.txt")
        window.wait_for_underlines(Underline("error", "old-lib"))
        assert index.count("old-lib") == 1
        index.script("old-lib", json_page("old-lib", "active"))
        index.script("new-lib", json_page("new-lib", "deprecated", "use old-lib"))
        window.run("mothball: Check Again")
        window.wait_for_underlines(Underline("warning", "new-lib"))
        assert "use old-lib" in window.hover("new-lib")


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines()) if path.exists() else 0


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_local_path_setting_is_ignored_in_remote_window(
    open_window: OpenWindow, on_path: dict[str, str], tmp_path: Path
) -> None:
    # In code-server every window is a remote window.
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, environment=on_path, settings={"mothball.path": "/nowhere/mothball"})
    window.open(folder / "requirements.txt")
    window.wait_for_underlines(*shop.UNDERLINED)
