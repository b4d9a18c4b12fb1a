"""No server anywhere: people are told once, and led to what they can do."""

from __future__ import annotations

from pathlib import Path

from tests.editors.vscode.conftest import OpenWindow


def test_a_missing_server_is_told_once_with_the_way_to_the_instructions(
    open_window: OpenWindow, tmp_path: Path, artefacts: Path
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("quill-templates==2.1.4\n", "utf-8")
    window = open_window(folder)
    toast = window.notification("mothball is not installed here")
    window.open(folder / "requirements.txt")
    window.status("not installed")
    window.picture(artefacts / "missing.png")
    toast.get_by_text("How to Install").click()
    window.page.locator(".tab.active", has_text="INSTALL.md").wait_for()
    window.picture(artefacts / "instructions.png")
