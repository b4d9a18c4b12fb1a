"""Scripts in the package.json of the extension, run as in development."""

from __future__ import annotations

from pathlib import Path

from tests.editors import tools

CHECKOUT = Path(__file__).resolve().parents[3]
EXTENSION = CHECKOUT / "editors/vscode"
PACKAGE = EXTENSION / "dist/mothball.vsix"


def npm_run(script: str) -> None:
    """Run a script of package.json, after installing the packages of the lock file if necessary.

    Raises Unavailable if packages cannot be installed, and AssertionError if the script fails.
    """
    tools.node()
    lock, done = EXTENSION / "package-lock.json", EXTENSION / "node_modules/.package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        tools.npm("ci", "--ignore-scripts", cwd=EXTENSION)
    try:
        tools.npm("run", script, cwd=EXTENSION)
    except tools.Unavailable as failure:
        raise AssertionError(str(failure)) from failure
