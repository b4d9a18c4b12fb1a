"""Fixtures for VS Code: the packaged extension, the installed wheel, a browser, and directories for each test.

They download several hundred megabytes, so they run only on request: ``uv run --group dev nox -s vscode``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.editors import tools
from tests.editors.vscode.code_server import CodeServer, Installation
from tests.editors.vscode.extension import CHECKOUT, EXTENSION, PACKAGE, npm_run
from tests.editors.vscode.window import OpenWindow, TakePicture, Window
from tests.editors.workbench import or_skip

if TYPE_CHECKING:
    # Installed only where real editors are tested.
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    is_asked_for = "vscode" in os.environ.get("MOTHBALL_EDITORS", "").split(",")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            # The first test waits for all installations.
            item.add_marker(pytest.mark.timeout(900))
            if not is_asked_for:
                item.add_marker(pytest.mark.skip(reason="drives a real editor: uv run --group dev nox -s vscode"))


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """The directory of screenshots and logs."""
    given = os.environ.get("MOTHBALL_EDITORS_ARTEFACTS")
    directory = Path(given) if given else CHECKOUT / ".nox/editors-artefacts"
    directory = directory / "vscode"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def picture(artefacts: Path) -> TakePicture:
    """Save a screenshot; with MOTHBALL_REGENERATE=1 also those in the README files."""

    def take(window: Window, name: str, *, cropped: bool = False) -> None:
        window.picture(artefacts / f"{name}.png", cropped=cropped)
        for folder in (EXTENSION / "images", CHECKOUT / "docs/images"):
            shown = folder / f"{name}.png"
            if os.environ.get("MOTHBALL_REGENERATE") == "1" and shown.exists():
                shutil.copyfile(artefacts / f"{name}.png", shown)

    return take


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """code-server with the packaged extension."""
    directory = tmp_path_factory.mktemp("vscode")
    with or_skip():
        npm_run("package")
        found = Installation(tools.node().executable, tools.code_server(), directory / "extensions")
        found.install(PACKAGE, directory / "installing")
    return found


@pytest.fixture
def on_path(installed_server: Path) -> dict[str, str]:
    """The environment of an editor with the installed server on its search path."""
    return {"PATH": os.pathsep.join([str(installed_server.parent), os.defpath])}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with or_skip():
        path = tools.chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--force-device-scale-factor=1"]
        )
        yield launched
        launched.close()


@pytest.fixture
def open_window(
    installation: Installation, browser: Browser, tmp_path: Path, artefacts: Path, request: pytest.FixtureRequest
) -> Iterator[OpenWindow]:
    """Start VS Code and open a window; both end with the test, after a last screenshot."""
    with ExitStack() as stack:

        def open_one(folder: Path | None, **arguments: Any) -> Window:
            chosen = {"installation": installation, **arguments}
            server = stack.enter_context(CodeServer(home=tmp_path / "home", **chosen))
            context = stack.enter_context(browser.new_context(viewport={"width": 960, "height": 560}))
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            page = context.new_page()
            stack.callback(page.screenshot, path=artefacts / f"last-{request.node.name}.png")
            return Window(page, server, folder)

        yield open_one
