"""Run git commands and return their output as bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from mothball.model.errors import GitError
from mothball.repository.git_process import HARDENED, ProcessResult, environment, find_git, spawn

# Far larger than any list of paths; file contents are requested in portions of this size.
MAX_OUTPUT = 64 * 1024 * 1024


class Git:
    """git commands in ``directory``, an absolute path. The executable is located on the first run."""

    def __init__(self, directory: str) -> None:
        """Initialize git commands in ``directory``."""
        self.directory = directory
        self._program = ""

    def run(self, *arguments: str, stdin: bytes = b"", limit: int = MAX_OUTPUT) -> ProcessResult:
        """Run ``git ARGUMENTS`` until it exits or has written ``limit`` bytes, whatever its exit code.

        Raises GitError if no usable git is found or it cannot be started.
        """
        self._program = self._program or find_git(self.directory)
        if not self._program:
            raise GitError(
                "git was not found on PATH",
                help_text="install git, and add its directory to PATH; a git inside the checked repository is not run",
            )
        command = [self._program, *HARDENED, "-C", self.directory, *arguments]
        run = spawn if hasattr(os, "posix_spawn") else run_with_subprocess
        try:
            return run(command, environment(), stdin, limit)
        except (OSError, ValueError) as error:
            raise GitError(f"git cannot be started ({error})", help_text=f"check that {self._program} runs") from error


def run_with_subprocess(command: Sequence[str], environ: Mapping[str, str], stdin: bytes, limit: int) -> ProcessResult:
    """Run ``command`` like ``spawn`` on systems without ``posix_spawn``. Raises OSError."""
    import subprocess  # noqa: PLC0415 - slow to import, and only needed on Windows

    result = subprocess.run(command, env=environ, input=stdin, capture_output=True, check=False)  # noqa: S603 - git, by its absolute path
    return ProcessResult(result.returncode, result.stdout[:limit], result.stderr, len(result.stdout) > limit)
