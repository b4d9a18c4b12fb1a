"""Record and restrict network connections of each interpreter that has this directory in PYTHONPATH.

Tests run mothball with it to verify that no host was contacted. ``MOTHBALL_E2E_CONTACTS`` is the file that receives a
line ``EVENT HOST[:PORT]`` for each attempt, and a line ``EVENT (PROGRAM, ARGUMENTS)`` for each started process; hosts
other than this machine are refused. ``MOTHBALL_E2E_AHEAD`` sets the clock of the process ahead by that many seconds,
which ages a cache without waiting.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

_CONTACTS = os.environ["MOTHBALL_E2E_CONTACTS"]
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_RESOLVING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_STARTING = ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.system")
_SENDING = ("socket.connect", "socket.sendto", "socket.sendmsg")


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _STARTING:
        with open(_CONTACTS, "a", encoding="utf-8") as contacts:
            contacts.write(f"{event} {arguments[:2]!r}\n")
        return
    if event in _RESOLVING:
        host, shown = arguments[0], str(arguments[0])
    elif event in _SENDING and isinstance(arguments[1], tuple):
        host, shown = arguments[1][0], f"{arguments[1][0]}:{arguments[1][1]}"
    else:
        return
    with open(_CONTACTS, "a", encoding="utf-8") as contacts:
        contacts.write(f"{event} {shown}\n")
    if host not in _LOOPBACK:
        raise ConnectionRefusedError(111, "the tests let nothing leave this machine")


sys.addaudithook(_watch)

_ahead = float(os.environ.get("MOTHBALL_E2E_AHEAD", "0"))
if _ahead:
    _true_time = time.time
    time.time = lambda: _true_time() + _ahead
