"""A real git repository without user or system configuration."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

# A commit needs an author and a time; the user's git configuration must not matter.
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ann Author",
    "GIT_AUTHOR_EMAIL": "ann@people.example",
    "GIT_COMMITTER_NAME": "Ann Author",
    "GIT_COMMITTER_EMAIL": "ann@people.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Repository(NamedTuple):
    """A working tree with its repository, and the environment for git."""

    root: Path
    environment: Mapping[str, str]

    def git(self, *arguments: str, cwd: Path | None = None, stdin: bytes = b"") -> str:
        """Run git; fail if it fails. Return its output without the last line end."""
        done = self.try_git(*arguments, cwd=cwd, stdin=stdin)
        assert done.returncode == 0, f"git {arguments}: {done.stdout!r} {done.stderr!r}"
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def try_git(
        self, *arguments: str, cwd: Path | None = None, stdin: bytes = b"", more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git, which may fail, with ``more`` in its environment."""
        environment = {**self.environment, **(more or {})}
        return subprocess.run(
            ["git", *arguments], cwd=cwd or self.root, env=environment, input=stdin, capture_output=True, check=False
        )

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the working tree."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def stage(self, files: Mapping[str, str | bytes]) -> None:
        """Write ``files`` and stage them."""
        for name, content in files.items():
            self.write(name, content)
        self.git("--literal-pathspecs", "add", "--force", "--", *files)

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "a change") -> str:
        """Stage ``files``, commit all that is staged without hooks, and return the commit."""
        if files:
            self.stage(files)
        self.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", message)
        return self.git("rev-parse", "HEAD")


def new_repository(root: Path, environment: Mapping[str, str] | None = None) -> Repository:
    """Create a repository without commits at ``root``; git gets ``environment``, by default PATH and an identity."""
    root.mkdir(parents=True, exist_ok=True)
    base = environment if environment is not None else {"PATH": os.environ["PATH"], "HOME": str(root.parent)}
    repository = Repository(root, {**base, **IDENTITY})
    repository.git("init", "--quiet", "--initial-branch=main")
    return repository
