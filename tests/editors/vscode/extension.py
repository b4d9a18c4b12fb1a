"""The extension's own tools: what its package.json calls, run as its developers would."""

from __future__ import annotations

from pathlib import Path

from tests.editors import tools

CHECKOUT = Path(__file__).resolve().parents[3]
EXTENSION = CHECKOUT / "editors/vscode"
PACKAGE = EXTENSION / "dist/mothball.vsix"


def npm_run(script: str) -> None:
    """Run a script of package.json; installs what the lock file names first, unless it is there.

    Raises Unavailable when packages cannot be had, and AssertionError when the script fails.
    """
    tools.node()
    lock, done = EXTENSION / "package-lock.json", EXTENSION / "node_modules/.package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        tools.npm("ci", "--ignore-scripts", cwd=EXTENSION)
    try:
        tools.npm("run", script, cwd=EXTENSION)
    except tools.Unavailable as failure:
        raise AssertionError(str(failure)) from failure
