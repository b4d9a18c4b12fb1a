"""The keyring, asked in a process of its own: only after an index has answered 401.

Backends of the keyring are programs of others: they prompt at terminals, ask services on the network, hang. A child
without a terminal, without standard input and with a limit of time can do none of that to us, and what keyring imports
stays out of this process. Secrets come over a pipe; what goes to a child is the address of an index and a user name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec

from mothball.access import KeyringProvider
from mothball.records import NamedTuple

# For one question; a backend that asks a service on the network takes seconds.
_LIMIT = 10.0
_MAX_ANSWER = 64 * 1024

# Runs in a child: keyring installed beside mothball. It reads the question from its standard input.
_CHILD = """\
import json, sys
question = json.load(sys.stdin)
import keyring
for service in question["services"]:
    found = keyring.get_credential(service, question["username"] or None)
    if found is not None:
        print(json.dumps([found.username, found.password]))
        break
"""


class Question(NamedTuple):
    """What a keyring is asked: the names under which an index may stand in it, and the user; empty stands for any.

    ``shows_user`` says that the user name is no secret, and may stand in the arguments of a process.
    """

    services: tuple[str, ...]
    username: str
    shows_user: bool


class Keyring:
    """Asks the keyring by the way that ``provider`` names. ``trouble`` says why it gave no answer."""

    def __init__(self, provider: KeyringProvider, environment: Mapping[str, str]) -> None:
        """Ask nothing yet."""
        self._provider = provider
        self._environment = environment
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self.trouble = ""

    def login(self, question: Question) -> tuple[str, str] | None:
        """Return user name and password that the keyring has for the first of the services that it knows.

        The command ``keyring`` wants a user name, and is not asked without.
        """
        match self._provider:
            case KeyringProvider.DISABLED:
                return None
            case KeyringProvider.IMPORT:
                return self._imported(question)
            case KeyringProvider.SUBPROCESS:
                return self._commanded(question)
            case KeyringProvider.AUTO:
                # The command may belong to another installation, with other backends than ours has.
                return self._imported(question) or self._commanded(question)

    def close(self) -> None:
        """End a child that is still at work; ask no more."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()

    def _imported(self, question: Question) -> tuple[str, str] | None:
        if not sys.executable or find_spec("keyring") is None:
            return None
        asked = json.dumps({"services": question.services, "username": question.username})
        # -P: the directory in which we run may be a stranger's repository, with a keyring.py of its own.
        answer = self._run([sys.executable, "-P", "-c", _CHILD], asked)
        with suppress(ValueError):
            match json.loads(answer):
                case [str(username), str(password)]:
                    return username, password
                case _:
                    pass
        return None

    def _commanded(self, question: Question) -> tuple[str, str] | None:
        username = question.username
        if not username or not question.shows_user or username.startswith("-"):
            return None
        program = _program("keyring", self._environment.get("PATH", ""))
        if program is None:
            return None
        for service in question.services:
            password = self._run([program, "get", service, username]).splitlines()
            if password and password[0]:
                return username, password[0]
        return None

    def _run(self, command: list[str], said: str = "") -> str:
        """Return what ``command`` printed; nothing where it failed, and then ``trouble`` says how."""
        with self._lock:
            if self._closed or self.trouble:  # what has hung once is not waited for again
                return ""
            try:
                # In a session of its own it has no terminal to prompt at, and Ctrl-C is ours to hear.
                child = subprocess.Popen(  # noqa: S603 - an absolute path, no shell, nothing that a repository wrote
                    command,
                    cwd=os.path.abspath(os.sep),
                    env={**self._environment, "PYTHONIOENCODING": "utf-8"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError:
                self.trouble = "the keyring cannot be started"
                return ""
            self._children.add(child)
        try:
            answer, _ = child.communicate(said.encode(), timeout=_LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            self.trouble = f"the keyring gave no answer within {_LIMIT:g} s"
            return ""
        finally:
            with self._lock:
                self._children.discard(child)
        return answer[:_MAX_ANSWER].decode("utf-8", "replace") if child.returncode == 0 else ""


def _program(name: str, search_path: str) -> str | None:
    """Return the absolute path of a program; directories that are not absolute may be a stranger's, and do not count.

    shutil.which would look in the current directory first, on Windows.
    """
    endings = os.environ.get("PATHEXT", "").split(os.pathsep) if sys.platform == "win32" else [""]
    for directory in search_path.split(os.pathsep):
        for ending in endings if os.path.isabs(directory) else ():
            path = os.path.join(directory, name + ending)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None
