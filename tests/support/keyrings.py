"""The real keyring library with a backend of ours, for the children that ask it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

# Notes every question, then answers from a table; with "hang" it takes for ever, with "prompt" it asks.
_BACKEND = """\
import getpass, json, os, time
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

class Backend(KeyringBackend):
    priority = 9

    def _entries(self, service, username):
        here = os.path.dirname(__file__)
        with open(os.path.join(here, "asked"), "a") as asked:
            arguments = []
            for process in (os.getpid(), os.getppid()):
                if os.path.exists(f"/proc/{process}/cmdline"):
                    with open(f"/proc/{process}/cmdline", "rb") as cmdline:
                        arguments += cmdline.read().decode().split("\\0")
            asked.write(json.dumps([service, username, os.getcwd(), arguments]) + "\\n")
        with open(os.path.join(here, "entries.json")) as entries:
            table = json.load(entries)
        if table.get("hang"):
            time.sleep(600)
        if table.get("prompt"):
            getpass.getpass()
        return table.get(service, {})

    def get_password(self, service, username):
        return self._entries(service, username).get(username)

    def get_credential(self, service, username):
        for known, password in self._entries(service, username).items():
            if username in (None, known):
                return SimpleCredential(known, password)
        return None

    def set_password(self, service, username, password):
        raise NotImplementedError
"""


class TestKeyring:
    """A keyring that holds ``entries`` (service to user to password) and notes what it is asked."""

    __test__ = False

    def __init__(self, directory: Path, entries: Mapping[str, object]) -> None:
        directory.mkdir()
        self._directory = directory
        (directory / "mothball_test_keyring.py").write_text(_BACKEND)
        self.hold(entries)

    def hold(self, entries: Mapping[str, object]) -> None:
        """Hold other entries from now on."""
        (self._directory / "entries.json").write_text(json.dumps(entries))

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to ask this keyring."""
        return {
            "PYTHON_KEYRING_BACKEND": "mothball_test_keyring.Backend",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(self._directory), os.environ.get("PYTHONPATH", "")))),
            "PATH": os.path.dirname(sys.executable),
        }

    def asked(self) -> list[tuple[str, str | None]]:
        """Return the services and users that were asked for, in order."""
        return [(service, user) for service, user, _, _ in self._notes()]

    def where(self) -> set[str]:
        """Return the working directories of those who asked."""
        return {directory for _, _, directory, _ in self._notes()}

    def arguments(self) -> list[str]:
        """Return all arguments of the processes that asked, and of those that started them (Linux)."""
        return [argument for _, _, _, arguments in self._notes() for argument in arguments]

    def _notes(self) -> list[tuple[str, str | None, str, list[str]]]:
        notes = self._directory / "asked"
        return [tuple(json.loads(line)) for line in notes.read_text().splitlines()] if notes.exists() else []
