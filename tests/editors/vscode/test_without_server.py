"""Without a server, the user is notified once and can install it; it is found once it is there."""

from __future__ import annotations

import re
from pathlib import Path

import mothball
from tests.editors.vscode import shop
from tests.editors.vscode.window import OpenWindow, TakePicture

_WHEEL = f"mothball-{mothball.__version__}-py3-none-any.whl"


def test_missing_server_is_reported_once_with_instructions(
    open_window: OpenWindow, tmp_path: Path, picture: TakePicture
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("quill-templates==2.1.4\n", "utf-8")
    window = open_window(folder)
    toast = window.notification("mothball is not installed")
    window.open(folder / "requirements.txt")
    window.status("not installed")
    picture(window, "missing")
    toast.get_by_text("How to Install").click()
    window.page.locator(".tab.active", has_text="INSTALL.md").wait_for()
    window.wait_for_page("Once for all projects")
    picture(window, "instructions")

    window.reload()
    window.status("not installed")
    # This notification is next in the queue: a repeated one would have been shown before it.
    window.run("mothball: Check Again")
    window.notification("mothball is not running")
    window.wait(lambda: window.page.locator(".notification-toast").count() == 1)


def test_server_is_found_once_it_is_installed(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path, picture: TakePicture
) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder)
    window.notification("mothball is not installed")
    window.open(folder / "requirements.txt")
    window.status("not installed")
    window.wait_for_underlines()

    (folder / ".venv").symlink_to(installed_server.parents[1])

    window.wait_for_underlines(*shop.UNDERLINED)
    window.status("1 archived")
    picture(window, "found")


def test_install_button_installs_in_the_environment_of_the_workspace(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path, picture: TakePicture
) -> None:
    folder, ran = shop.write(tmp_path / "shop"), tmp_path / "ran"
    scripts = folder / ".venv/bin"
    link = f"ln -s {installed_server} {scripts}/mothball"
    _write_program(scripts / "python", f'pwd >> {ran}\necho "$@" >> {ran}\necho "Collecting mothball"\n{link}')
    _write_program(scripts / "pip", "exit 1")
    window = open_window(folder)
    window.open(folder / "requirements.txt")
    window.notification("mothball is not installed").get_by_text("Install…").click()
    window.page.locator(".quick-input-list .monaco-list-row", has_text=f"-m pip install {_WHEEL}").wait_for()
    assert not ran.exists()
    picture(window, "install")
    window.pick("Install in the Python environment of this workspace")

    window.wait_for_underlines(*shop.UNDERLINED)
    directory, arguments = ran.read_text("utf-8").splitlines()
    # Not by its name, which anybody may register on an index.
    assert re.fullmatch(rf"-m pip install /\S+/{re.escape(_WHEEL)}", arguments)
    # uv would read the uv.toml of the workspace, which may name another index.
    assert not directory.startswith(str(folder))
    window.run("mothball: Show Output")
    window.page.locator(".panel .view-lines", has_text=re.compile(r"Collecting\smothball")).wait_for()


def test_failed_installation_is_reported_with_its_output(open_window: OpenWindow, tmp_path: Path) -> None:
    folder = shop.write(tmp_path / "shop")
    tools = tmp_path / "bin"
    _write_program(tools / "uv", 'echo "no solution for mothball" >&2\nexit 2')
    window = open_window(folder, environment={"PATH": f"{tools}:/usr/bin:/bin"})
    window.open(folder / "requirements.txt")
    window.status("not installed")
    window.click_status()
    window.pick(f"uv tool install {_WHEEL}")
    window.notification("was not installed: the command exited with code 2").get_by_text("Show Output").click()
    window.page.locator(".panel .view-lines", has_text=re.compile(r"no\ssolution\sfor\smothball")).wait_for()
    window.status("not installed")


def test_chosen_path_is_stored_and_used(open_window: OpenWindow, installed_server: Path, tmp_path: Path) -> None:
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder)
    window.open(folder / "requirements.txt")
    window.notification("mothball is not installed").get_by_text("Choose Path…").click()
    window.choose_file(installed_server)
    window.wait_for_underlines(*shop.UNDERLINED)
    assert window.server.machine_settings["mothball.path"] == str(installed_server)


def test_uvx_question_is_asked_once_and_answer_is_stored(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path, picture: TakePicture
) -> None:
    uvx, asked = _uvx(tmp_path, installed_server)
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, environment={"PATH": f"{uvx.parent}:/usr/bin:/bin"})
    toast = window.notification("Run it with uvx")
    assert not asked.exists()
    picture(window, "uvx")
    toast.get_by_text("Run with uvx").click()
    window.open(folder / "requirements.txt")
    window.wait_for_underlines(*shop.UNDERLINED)
    directory, arguments = asked.read_text("utf-8").splitlines()
    assert re.match(rf"--from /\S+/{re.escape(_WHEEL)} mothball lsp", arguments)
    # uvx must not run in a directory where the workspace's uv.toml would choose the index.
    assert not directory.startswith(str(folder))
    assert window.server.machine_settings["mothball.uvx"] == "always"


def test_uvx_question_is_repeated_after_reload_until_answered_or_dismissed(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path
) -> None:
    uvx, asked = _uvx(tmp_path, installed_server)
    window = open_window(shop.write(tmp_path / "shop"), environment={"PATH": f"{uvx.parent}:/usr/bin:/bin"})
    window.notification("Run it with uvx")
    window.reload()
    window.notification("Run it with uvx")
    # Restarting asks the question again.
    window.run("mothball: Restart Server")
    window.notification("Run it with uvx")
    window.reload()
    toast = window.notification("Run it with uvx")
    toast.hover()
    toast.locator(".codicon-notifications-clear").click()
    toast.wait_for(state="hidden")

    # This notification is next in the queue, so the dismissal has been stored.
    window.run("mothball: Check Again")
    window.notification("mothball is not running")
    window.reload()
    window.status("not installed")
    window.run("mothball: Check Again")
    window.notification("mothball is not running")
    window.wait(lambda: window.page.locator(".notification-toast").count() == 1)
    window.run("mothball: Restart Server")
    window.notification("Run it with uvx")
    assert not asked.exists()


def _uvx(directory: Path, server: Path) -> tuple[Path, Path]:
    """Create a uvx without network access: it appends its arguments to the second path and runs ``server``."""
    asked, uvx = directory / "asked", directory / "bin/uvx"
    _write_program(uvx, f'pwd >> {asked}\necho "$@" >> {asked}\nshift 3\nexec {server} "$@"')
    return uvx, asked


def _write_program(path: Path, script: str) -> None:
    """Write a program that runs ``script`` in a shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
