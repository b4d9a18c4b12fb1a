"""Show the hook at work: ``python examples/demo.py``.

It makes a repository in a temporary directory, with mothball as its pre-commit hook, and commits three times: a package
that is active, one that is archived, and the archived one with an ignore. No index is queried: the statuses come from a
snapshot. The repository is deleted at the end; ``--keep`` keeps it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_STATUSES = {
    "lantern-web": {"status": "active"},
    "quill-templates": {"status": "archived", "reason": "merged into lantern-web 4; no more releases"},
}
_CONFIG = """\
index-url = "https://index.example/simple/"
offline = true
snapshot = "statuses.json"
"""
_IGNORE = "  # mothball: ignore[archived] until the templates are ported, #812"
# The author of the commits; git configuration of the user has no effect.
_GIT = {
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "ann@people.example",
    "GIT_COMMITTER_NAME": "Ann Author",
    "GIT_COMMITTER_EMAIL": "ann@people.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Demo:
    """A repository, and the commands that are run and shown in it."""

    def __init__(self, root: Path) -> None:
        """Make the repository with its hook and a first commit."""
        self._root = root
        self._environment = {**os.environ, **_GIT}
        self._git("init", "--quiet", "--initial-branch=main")
        hook = root / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        mothball = f"{shlex.quote(Path(sys.executable).as_posix())} -I -m mothball"
        hook.write_text(f"#!/bin/sh\nexec {mothball} check --added\n", "utf-8")
        hook.chmod(0o755)
        today = time.strftime("%Y-%m-%d", time.gmtime())
        snapshot = {"mothball-snapshot": 1, "generated": today, "index": "", "projects": _STATUSES}
        self._write("statuses.json", json.dumps(snapshot, indent=1))
        self._write("mothball.toml", _CONFIG)
        self._git("add", ".")
        self._git("commit", "--quiet", "--message", "Configure mothball")

    def require(self, line: str, message: str) -> int:
        """Add a line to requirements.txt, try to commit it, show both, and return the exit code of the commit.

        The line replaces one of the same package.
        """
        path = self._root / "requirements.txt"
        before = path.read_text("utf-8") if path.exists() else ""
        kept = "".join(
            f"{old}\n" for old in before.splitlines() if old.split("  #")[0] != line.split("  #", maxsplit=1)[0]
        )
        self._write("requirements.txt", f"{kept}{line}\n")
        sys.stdout.write(f"requirements.txt: + {line}\n$ git commit --all --message {shlex.quote(message)}\n")
        self._git("add", "requirements.txt")
        done = self._git("commit", "--quiet", "--message", message, accepted=(0, 1))
        verdict = "rejected" if done.returncode else "accepted"
        sys.stdout.write(f"{done.stdout}{done.stderr}=> {verdict}\n\n")
        return done.returncode

    def _write(self, name: str, text: str) -> None:
        (self._root / name).write_text(text, "utf-8")

    def _git(self, *arguments: str, accepted: Sequence[int] = (0,)) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self._root,
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode not in accepted:
            sys.exit(f"git {' '.join(arguments)} failed: {done.stderr}")
        return done


def main() -> int:
    """Run the demo and return 0 if the hook rejected exactly the second commit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="keep the repository and print its path")
    arguments = parser.parse_args()
    if shutil.which("git") is None:
        sys.exit("needs git")
    if importlib.util.find_spec("mothball") is None:
        sys.exit("mothball is not installed in this Python: in the clone, run `uv run python examples/demo.py`")
    root = Path(tempfile.mkdtemp(prefix="mothball-demo-"))
    try:
        demo = Demo(root)
        codes = [
            demo.require("lantern-web>=4.2", "Add lantern-web"),
            demo.require("quill-templates==2.1.4", "Add quill-templates"),
            demo.require(f"quill-templates==2.1.4{_IGNORE}", "Add quill-templates until the templates are ported"),
        ]
        if arguments.keep:
            sys.stdout.write(f"the repository: {root}\n")
    finally:
        if not arguments.keep:
            shutil.rmtree(root, ignore_errors=True)
    return 0 if codes == [0, 1, 0] else 1


if __name__ == "__main__":
    sys.exit(main())
