"""Credentials from the ``keyring`` program, which pip and uv run as well: only after an index has returned 401.

Backends of keyring prompt at terminals, use the network and hang. The program runs without a terminal, without standard
input and with a deadline. Passwords come over a pipe; its arguments are the address of an index and a user name.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec

from mothball.config.connection_settings import KeyringProvider
from mothball.model.records import NamedTuple

# Seconds for all services of a request; a backend that uses the network takes a few.
_TIMEOUT = 10.0


class KeyringRequest(NamedTuple):
    """A lookup in the keyring: ``services`` are the names under which an index may be stored, in order.

    An empty ``username`` stands for any user. ``shows_user`` is True if the user name is no secret, and may be an
    argument of a process.
    """

    services: tuple[str, ...]
    username: str
    shows_user: bool


class Keyring:
    """Runs the ``keyring`` program. ``error`` is the cause of a failure, or empty."""

    def __init__(self, provider: KeyringProvider, environment: Mapping[str, str]) -> None:
        """Create an object that runs nothing before ``login``."""
        self._provider = provider
        self._environment = environment
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self.error = ""

    @property
    def is_enabled(self) -> bool:
        """True unless the user disabled the keyring."""
        return self._provider is not KeyringProvider.DISABLED

    @property
    def is_installed(self) -> bool:
        """True if there is a keyring program."""
        return bool(_program(self._environment.get("PATH", "")))

    def login(self, request: KeyringRequest) -> tuple[str, str] | None:
        """Return user name and password of the first service in the keyring, None if there is none.

        ``keyring get`` needs a user name; without one, ``keyring --mode creds get`` returns both. Before version 25.2.1
        the latter fails, which counts as no login.
        """
        username = request.username
        if not self.is_enabled or (username and not request.shows_user):
            return None
        program = _program(self._environment.get("PATH", ""))
        deadline = time.monotonic() + _TIMEOUT
        # An argument with a leading hyphen would be an option.
        for service in request.services if program and not username.startswith("-") else ():
            if service.startswith("-"):
                continue
            arguments = ["get", service, username] if username else ["--mode", "creds", "get", service]
            lines = self._run([*program, *arguments], deadline).replace("\r\n", "\n").split("\n")
            user, password = (username, lines[0]) if username else (*lines, "")[:2]
            if user and password:
                return user, password
        return None

    def close(self) -> None:
        """Kill running programs and start no others."""
        with self._lock:
            self._closed = True
            for child in self._children:
                _kill(child)

    def _run(self, command: list[str], deadline: float) -> str:
        """Return the output of ``command``, empty if it failed. Sets ``error`` if the user can fix the cause."""
        with self._lock:
            if self._closed or self.error:  # after a timeout, do not wait again
                return ""
            try:
                # In its own session it has no terminal to prompt at, and Ctrl-C reaches mothball only.
                child = subprocess.Popen(  # noqa: S603 - an absolute path, no shell
                    command,
                    cwd=os.path.abspath(os.sep),
                    env={**self._environment, "PYTHONIOENCODING": "utf-8"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError:
                self.error = "cannot start keyring"
                return ""
            self._children.add(child)
        try:
            output, _ = child.communicate(timeout=max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            _kill(child)
            with suppress(subprocess.TimeoutExpired):
                child.communicate(timeout=1)
            self.error = f"keyring did not finish within {_TIMEOUT:g} s"
            return ""
        finally:
            with self._lock:
                self._children.discard(child)
        return output.decode("utf-8", "replace") if child.returncode == 0 else ""


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill ``child`` with its own children: ``keyring`` may be a shell script that runs another program."""
    if sys.platform == "win32":
        child.kill()
    elif child.poll() is None:
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)


def _program(search_path: str) -> list[str]:
    """Return the command that runs keyring: the program on ``search_path``, else the package installed beside mothball.

    Relative directories may belong to a repository and are skipped. ``shutil.which`` looks in the current directory
    first on Windows, and finds batch files there, which run in a shell.
    """
    name = "keyring.exe" if sys.platform == "win32" else "keyring"
    for directory in search_path.split(os.pathsep):
        path = os.path.join(directory, name)
        if os.path.isabs(directory) and os.path.isfile(path) and os.access(path, os.X_OK):
            return [path]
    # -P: do not import keyring.py of the working directory.
    return [sys.executable, "-P", "-m", "keyring"] if sys.executable and find_spec("keyring") else []
