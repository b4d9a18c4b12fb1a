"""Running git: arguments and bytes in, bytes out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from mothball.model.errors import GitError
from mothball.repository.git_process import HARDENED, environment, find_git
from mothball.repository.git_spawning import Done, spawn

# Far above any list of files; of blobs, which may be large, so much is asked for at a time.
MAX_OUTPUT = 64 * 1024 * 1024


class Git:
    """git, run in ``directory``, an absolute path. It is looked for when it is first needed."""

    def __init__(self, directory: str) -> None:
        """Take the directory in which git is to work."""
        self.directory = directory
        self._program = ""

    def run(self, *arguments: str, stdin: bytes = b"", limit: int = MAX_OUTPUT) -> Done:
        """Run ``git ARGUMENTS`` to its end, or until it has written ``limit`` bytes, and return what came of it.

        Raises GitError where there is no git that may be run, or it cannot be started.
        """
        self._program = self._program or find_git(self.directory)
        if not self._program:
            raise GitError(
                "git is not installed, or not on PATH", help_text="install git, and put its directory on PATH"
            )
        command = [self._program, *HARDENED, "-C", self.directory, *arguments]
        run = spawn if hasattr(os, "posix_spawn") else run_with_subprocess
        try:
            return run(command, environment(), stdin, limit)
        except (OSError, ValueError) as error:
            raise GitError(
                f"git cannot be started ({error})", help_text=f"see whether {self._program} works"
            ) from error


def run_with_subprocess(command: Sequence[str], environ: Mapping[str, str], stdin: bytes, limit: int) -> Done:
    """Do what ``spawn`` does, for systems that cannot spawn. Raises OSError."""
    import subprocess  # noqa: PLC0415 - dear, and only needed on Windows

    done = subprocess.run(command, env=environ, input=stdin, capture_output=True, check=False)  # noqa: S603 - git, by its absolute path
    return Done(done.returncode, done.stdout[:limit], done.stderr, len(done.stdout) > limit)
