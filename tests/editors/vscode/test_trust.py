"""In an untrusted workspace, nothing is run and nothing is looked up until it is trusted."""

from __future__ import annotations

from pathlib import Path

from tests.editors.vscode import shop
from tests.editors.vscode.window import OpenWindow, TakePicture


def test_nothing_is_started_in_an_untrusted_workspace(
    open_window: OpenWindow, installed_server: Path, tmp_path: Path, picture: TakePicture
) -> None:
    # Each program that could be started writes a line: that of the workspace's environment, and that on PATH.
    started = tmp_path / "started"
    folder = shop.write(tmp_path / "shop")
    for place in (folder / ".venv/bin", tmp_path / "bin"):
        place.mkdir(parents=True)
        program = place / "mothball"
        program.write_text(f'#!/bin/sh\necho {place} >> {started}\nexec {installed_server} "$@"\n', "utf-8")
        program.chmod(0o755)
    window = open_window(
        folder,
        environment={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"},
        settings={
            "security.workspace.trust.enabled": True,
            "security.workspace.trust.startupPrompt": "never",
            "security.workspace.trust.banner": "never",
        },
    )
    window.open(folder / "requirements.txt")
    window.status("until you trust")
    window.run("mothball: Check Workspace")
    window.notification("is not started in a workspace that is not trusted")
    picture(window, "untrusted")
    window.wait_for_underlines()
    assert not started.exists()

    window.run("Workspaces: Manage Workspace Trust")
    window.page.get_by_role("button", name="Trust", exact=True).first.click()
    window.page.locator(".workspace-trust-editor", has_text="You trust this folder").wait_for()
    window.page.keyboard.press("Escape")
    window.wait_for_underlines(*shop.UNDERLINED)
    assert started.read_text("utf-8").splitlines() == [str(folder / ".venv/bin")]
