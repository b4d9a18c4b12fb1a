"""Find a git executable that is safe to run, and run git commands with a hardened environment.

A checked repository is untrusted: it may contain a program named ``git``, and its configuration may name programs that
git starts (fsmonitor, hooks, external diffs, text converters, transport helpers). None of them is run.

Importing ``subprocess`` and forking take as long as starting a bare interpreter, and the hook runs git several times.
Processes are therefore started with ``posix_spawn``, and this module imports as little as possible (see ``start``).
"""

from __future__ import annotations

import os
import select
import sys

from mothball.model.records import NamedTuple
from mothball.repository.paths import is_inside, repository_root

TYPE_CHECKING = False  # see mothball.model.records
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# `-c` overrides every configuration file. The null device is not a directory, so it contains no hooks.
HARDENED = (
    "--no-pager",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "protocol.allow=never",
)
# Diff options that keep git from running programs that the repository configures.
COMPARED = ("--raw", "-z", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative", "--ignore-submodules=all")
# The command that lists the index as `MODE ID STAGE<tab>PATH`, each terminated by a zero byte.
LISTED = ("ls-files", "--stage", "-z")
_LINK_MODE = b"120000 "
# An empty GIT_ALLOW_PROTOCOL forbids every protocol, including those that a configuration allows individually: missing
# objects of a partial clone are never fetched. Replaced objects and grafts are local: they would show another base than
# that of the pushed commits.
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# Prefixes of variables that name programs, redirect trace output, or change how pathspecs are interpreted.
_DROPPED = (
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_PAGER",
    "GIT_TRACE",
)
# Far larger than any list of paths; file contents are requested in portions of this size.
MAX_OUTPUT = 64 * 1024 * 1024
_MAX_STDERR = 64 * 1024
_CHUNK = 256 * 1024
_SIGKILL = 9


class ProcessResult(NamedTuple):
    """The exit code and output of a finished process.

    ``truncated`` is set if the process wrote more than the limit and was killed.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    truncated: bool = False


def find_git(directory: str, path: str | None = None) -> str:
    """Return the absolute path of the first git on ``path`` (default: PATH) outside the checked repository.

    Relative entries are skipped, and entries inside the repository around ``directory`` or inside ``directory`` itself.
    The root of the file system contains every program, so it excludes none. Returns an empty string if no entry
    remains.
    """
    untrusted = {os.path.realpath(repository_root(directory)), os.path.realpath(directory)}
    untrusted = {path for path in untrusted if os.path.dirname(path) != path}
    name = "git.exe" if sys.platform == "win32" else "git"
    for entry in (os.environ.get("PATH", "") if path is None else path).split(os.pathsep):
        if not os.path.isabs(entry):
            continue
        candidate = os.path.join(entry, name)
        if not (os.path.isfile(candidate) and os.access(candidate, os.X_OK)):
            continue
        locations = (os.path.realpath(entry), os.path.realpath(candidate))
        if not any(is_inside(location, root) for location in locations for root in untrusted):
            return candidate
    return ""


def lines_of_links(listing: bytes) -> list[bytes]:
    """Return the lines of the symbolic links in a listing of the index or of a tree, in which each ends with a zero."""
    # Most repositories have no links: searching takes far less time than splitting.
    lines = listing.split(b"\0") if _LINK_MODE in listing else []
    return [line for line in lines if line.startswith(_LINK_MODE)]


def environment() -> Mapping[str, str]:
    """Return the environment for git: the current one, hardened.

    Other ``GIT_*`` variables are kept: in a hook they name the index of the commit.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_DROPPED)}
    return {**kept, **_ENVIRONMENT}


def spawn(command: Sequence[str], environment: Mapping[str, str], stdin: bytes, limit: int) -> ProcessResult:
    """Run ``command``, whose first item is an absolute path, and return at most ``limit`` bytes of its output.

    Raises OSError if the process cannot be started. The process is always reaped and all descriptors are closed.
    """
    pipes = [os.pipe() for _ in range(3)]
    (child_stdin, stdin_writer), (stdout_reader, child_stdout), (stderr_reader, child_stderr) = pipes
    open_descriptors = {descriptor for pipe in pipes for descriptor in pipe}
    child = None
    try:
        child_descriptors = (child_stdin, child_stdout, child_stderr)
        actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(child_descriptors)]
        child = os.posix_spawn(command[0], list(command), environment, file_actions=actions)
        for descriptor in child_descriptors:
            os.close(descriptor)
            open_descriptors.discard(descriptor)
        limits = {stdout_reader: limit + 1, stderr_reader: _MAX_STDERR}
        stdout, stderr = _communicate(stdin_writer, stdin, limits, open_descriptors)
        truncated = len(stdout) > limit
        if truncated:
            os.kill(child, _SIGKILL)
        _, status = os.waitpid(child, 0)
        child = None
        return ProcessResult(os.waitstatus_to_exitcode(status), stdout[:limit], stderr, truncated)
    finally:
        for descriptor in open_descriptors:
            os.close(descriptor)
        if child is not None:
            os.kill(child, _SIGKILL)
            os.waitpid(child, 0)


def _communicate(stdin_writer: int, stdin: bytes, limits: Mapping[int, int], open_descriptors: set[int]) -> list[bytes]:
    """Write ``stdin`` while reading from the descriptors in ``limits``, and return the output of each of them.

    Reading and writing are interleaved: a process that writes before it has read all of its input would deadlock
    otherwise. Stops when the first descriptor in ``limits`` reaches its limit, or when all of them are closed.
    Descriptors that are closed here are removed from ``open_descriptors``.
    """
    output = {descriptor: bytearray() for descriptor in limits}
    stdout_reader = next(iter(limits))
    unsent = memoryview(stdin)
    poll = select.poll()

    def close(descriptor: int) -> None:
        poll.unregister(descriptor)
        os.close(descriptor)
        open_descriptors.discard(descriptor)

    os.set_blocking(stdin_writer, False)
    poll.register(stdin_writer, select.POLLOUT)
    for reader in limits:
        poll.register(reader, select.POLLIN)
    while len(output[stdout_reader]) < limits[stdout_reader] and not open_descriptors.isdisjoint(limits):
        for descriptor, _ in poll.poll():
            if descriptor == stdin_writer:
                unsent = _send(stdin_writer, unsent)
                if not unsent:
                    close(stdin_writer)
                continue
            data = os.read(descriptor, _CHUNK)
            if not data:
                close(descriptor)
            elif len(output[descriptor]) < limits[descriptor]:
                output[descriptor] += data
    return [bytes(data) for data in output.values()]


def _send(descriptor: int, unsent: memoryview) -> memoryview:
    """Write as much as the pipe accepts and return the rest; nothing is left for a pipe whose reader is closed."""
    try:
        return unsent[os.write(descriptor, unsent[:_CHUNK]) :] if unsent else unsent
    except BlockingIOError:
        return unsent
    except BrokenPipeError:
        return unsent[:0]


class Git:
    """git commands in ``directory``, an absolute path. The executable is located on the first run."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._program = ""

    def run(self, *arguments: str, stdin: bytes = b"", limit: int = MAX_OUTPUT) -> ProcessResult:
        """Run ``git ARGUMENTS`` until it exits or has written ``limit`` bytes, whatever its exit code.

        Raises GitError if no usable git is found or it cannot be started.
        """
        self._program = self._program or find_git(self.directory)
        if not self._program:
            from mothball.model.errors import GitError  # noqa: PLC0415 - see the module docstring

            raise GitError(
                "git was not found on PATH",
                help_text="install git, and add its directory to PATH; a git inside the checked repository is not run",
            )
        command = [self._program, *HARDENED, "-C", self.directory, *arguments]
        run = spawn if hasattr(os, "posix_spawn") else run_with_subprocess
        try:
            return run(command, environment(), stdin, limit)
        except (OSError, ValueError) as error:
            from mothball.model.errors import GitError  # noqa: PLC0415 - see the module docstring

            raise GitError(f"git cannot be started ({error})", help_text=f"check that {self._program} runs") from error


def run_with_subprocess(command: Sequence[str], environ: Mapping[str, str], stdin: bytes, limit: int) -> ProcessResult:
    """Run ``command`` like ``spawn`` on systems without ``posix_spawn``. Raises OSError."""
    import subprocess  # noqa: PLC0415 - slow to import, and only needed on Windows

    result = subprocess.run(  # noqa: S603 - git, by its absolute path
        command,
        env=environ,
        input=stdin,
        capture_output=True,
        check=False,
        # In a process without a console, such as a language server, each git would open a window.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    return ProcessResult(result.returncode, result.stdout[:limit], result.stderr, len(result.stdout) > limit)
