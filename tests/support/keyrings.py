"""A ``keyring`` program for tests: the command line of keyring 25 with a table as backend (POSIX)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

# Records every call, then answers from the table. With "hang" it never answers, and a child process holds its standard
# output; both hold a lock. With "prompt" it asks the user; with "old" it does not know `--mode`; "says" is its output.
_PROGRAM = """\
import getpass, json, os, subprocess, sys, time
here = os.path.dirname(__file__)
arguments = sys.argv[1:]
if arguments[:3] == ["-P", "-m", "keyring"]:
    del arguments[:3]
with_creds = arguments[:2] == ["--mode", "creds"]
if with_creds:
    del arguments[:2]
operation, service, *user = arguments
with open(os.path.join(here, "entries.json")) as entries:
    table = json.load(entries)
if table.get("hang"):
    import fcntl
    alive = open(os.path.join(here, "alive"), "w")
    fcntl.flock(alive, fcntl.LOCK_EX)
    subprocess.Popen(["sleep", "600"], pass_fds=[alive.fileno()])
lines = [sys.argv]
for process in ("self", os.getppid()):
    if os.path.exists(f"/proc/{process}/cmdline"):
        with open(f"/proc/{process}/cmdline", "rb") as cmdline:
            lines.append(cmdline.read().decode().split("\\0"))
note = [service, user[0] if user else None, sum(lines, [])]
with open(os.path.join(here, "asked"), "a") as asked:
    asked.write(json.dumps(note) + "\\n")
if table.get("hang"):
    time.sleep(600)
if table.get("prompt"):
    getpass.getpass()
if operation != "get" or with_creds == bool(user) or (with_creds and table.get("old")):
    sys.exit(2)
for known, password in table.get(service, {}).items():
    if with_creds:
        print(known)
    if with_creds or user == [known]:
        print(password)
        break
else:
    if "says" not in table:
        sys.exit(1)
    sys.stdout.write(table["says"])
"""


class TestKeyring:
    """A keyring with ``entries`` (service to user to password) that records its calls."""

    __test__ = False

    def __init__(self, directory: Path, entries: Mapping[str, object]) -> None:
        directory.mkdir()
        self._directory = directory
        program = directory / "program.py"
        program.write_text(_PROGRAM)
        self.path = directory / "keyring"
        self.path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{program}" "$@"\n')
        self.path.chmod(0o755)
        self.hold(entries)

    def hold(self, entries: Mapping[str, object]) -> None:
        """Replace the entries."""
        (self._directory / "entries.json").write_text(json.dumps(entries))

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that make a process find this keyring."""
        return {"PATH": os.pathsep.join((str(self._directory), os.environ.get("PATH", os.defpath)))}

    def asked(self) -> list[tuple[str, str | None]]:
        """Return the requested services and users, in order."""
        return [(service, user) for service, user, _ in self._notes()]

    def arguments(self) -> list[str]:
        """Return all arguments of the calls, and of the processes that made them (Linux)."""
        return [argument for _, _, arguments in self._notes() for argument in arguments]

    def wait_for_the_end(self) -> None:
        """Wait until neither a hanging keyring nor its child process is running."""
        import fcntl

        with (self._directory / "alive").open() as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)

    def _notes(self) -> list[tuple[str, str | None, list[str]]]:
        notes = self._directory / "asked"
        return [tuple(json.loads(line)) for line in notes.read_text().splitlines()] if notes.exists() else []
