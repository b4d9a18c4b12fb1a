"""No server anywhere: people are told once, and led to what they can do."""

from __future__ import annotations

from pathlib import Path

import mothball
from tests.editors.vscode import shop
from tests.editors.vscode.conftest import OpenWindow, TakePicture


def test_a_missing_server_is_told_once_with_the_way_to_the_instructions(
    open_window: OpenWindow, tmp_path: Path, picture: TakePicture
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("quill-templates==2.1.4\n", "utf-8")
    window = open_window(folder)
    toast = window.notification("mothball is not installed here")
    window.open(folder / "requirements.txt")
    window.status("not installed")
    picture(window, "missing")
    toast.get_by_text("How to Install").click()
    window.page.locator(".tab.active", has_text="INSTALL.md").wait_for()
    window.wait_for_page("Once for all projects")
    picture(window, "instructions")

    window.reload()
    window.status("not installed")
    # Another notification takes its place at the end of the queue: had it been told again, it would be there by now.
    window.run("mothball: Check Again")
    window.notification("mothball does not run here")
    assert window.page.locator(".notification-toast").count() == 1


def test_uvx_is_asked_about_once_and_the_answer_is_kept(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path, picture: TakePicture
) -> None:
    # A uvx that needs no network: it writes down what it was asked for, and runs the installed server.
    asked = tmp_path / "asked"
    uvx = tmp_path / "bin/uvx"
    uvx.parent.mkdir()
    uvx.write_text(f'#!/bin/sh\npwd >> {asked}\necho "$@" >> {asked}\nshift\nexec {installed_server} "$@"\n', "utf-8")
    uvx.chmod(0o755)
    folder = shop.write(tmp_path / "shop")
    window = open_window(folder, environment={"PATH": f"{uvx.parent}:/usr/bin:/bin"})
    toast = window.notification("Shall uvx run it")
    assert not asked.exists()
    picture(window, "uvx")
    toast.get_by_text("Run with uvx").click()
    window.open(folder / "requirements.txt")
    window.wait_for_underlines(*shop.UNDERLINED)
    directory, arguments = asked.read_text("utf-8").splitlines()
    assert arguments.startswith(f"mothball@{mothball.__version__} lsp")
    # Where the workspace's uv.toml would choose the index, uvx must not be run.
    assert not directory.startswith(str(folder))
    assert window.server.machine_settings["mothball.uvx"] == "always"
