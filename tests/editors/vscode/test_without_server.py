"""Without a server, the user is notified once, with instructions."""

from __future__ import annotations

from pathlib import Path

import mothball
from tests.editors.vscode import shop
from tests.editors.vscode.window import OpenWindow, TakePicture


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
    assert window.page.locator(".notification-toast").count() == 1


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
    assert arguments.startswith(f"mothball@{mothball.__version__} lsp")
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
    assert window.page.locator(".notification-toast").count() == 1
    window.run("mothball: Restart Server")
    window.notification("Run it with uvx")
    assert not asked.exists()


def _uvx(directory: Path, server: Path) -> tuple[Path, Path]:
    """Create a uvx without network access: it appends its arguments to the second path and runs ``server``."""
    asked, uvx = directory / "asked", directory / "bin/uvx"
    uvx.parent.mkdir()
    uvx.write_text(f'#!/bin/sh\npwd >> {asked}\necho "$@" >> {asked}\nshift\nexec {server} "$@"\n', "utf-8")
    uvx.chmod(0o755)
    return uvx, asked
