"""What is tested in real editors: ``uv run nox -s editors``, or one of them, ``uv run nox -s vscode``.

A session installs what it needs into a cache outside the checkout (``MOTHBALL_EDITORS_CACHE``, see
tests/editors/tools.py) and skips, saying why, what a machine cannot have; with ``MOTHBALL_EDITORS_REQUIRED=1`` it fails
then, and also when every test was skipped. Pictures and logs go to
``.nox/editors-artefacts``.
"""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.needs_version = ">=2026.4"
nox.options.sessions = ["editors"]

# The tests of an editor are tests/editors/test_NAME*.py, or all in tests/editors/NAME/.
EDITORS = ("neovim", "emacs", "vim", "kate", "vscode")

_OUTPUT = Path(__file__).resolve().parent / ".nox"


@nox.session(venv_backend="none")
def editors(session: nox.Session) -> None:
    """Test all editors, one after the other."""
    for editor in EDITORS:
        session.notify(editor, session.posargs)


@nox.session(venv_backend="none")
def vscode(session: nox.Session) -> None:
    """Test the extension of VS Code in code-server: ``-- -m smoke`` for the part that every change must pass."""
    run_tests(session, "vscode")


@nox.session(venv_backend="none")
def neovim(session: nox.Session) -> None:
    """Test `editors/neovim` in Neovim 0.11, which comes from the package index."""
    run_tests(session, "neovim")


@nox.session(venv_backend="none")
def emacs(session: nox.Session) -> None:
    """Test `editors/emacs` in Emacs, under Eglot and under lsp-mode."""
    run_tests(session, "emacs")


@nox.session(venv_backend="none")
def vim(session: nox.Session) -> None:
    """Test `editors/vim` in Vim, under ALE."""
    run_tests(session, "vim")


@nox.session(venv_backend="none")
def kate(session: nox.Session) -> None:
    """Test `editors/kate` in Kate, on a screen that nobody sees."""
    run_tests(session, "kate")


def run_tests(session: nox.Session, editor: str) -> None:
    """Run the tests of ``editor`` with what was given after ``--``, in an environment of their own."""
    folder = Path("tests/editors")
    tests = sorted(str(path) for path in (*folder.glob(f"test_{editor}*.py"), *folder.glob(f"{editor}/test_*.py")))
    if not tests:
        session.error(f"no tests of {editor} here")
    environment = {
        "MOTHBALL_EDITORS": editor,
        "MOTHBALL_EDITORS_ARTEFACTS": str(_OUTPUT / "editors-artefacts"),
        "UV_PROJECT_ENVIRONMENT": str(_OUTPUT / "editors-environment"),
    }
    uv = os.environ.get("UV", "uv")
    command = (uv, "run", "--quiet", "--group", "editors", "pytest", "-rs", *tests, *session.posargs)
    session.run(*command, env=environment, external=True)
