"""The logins in netrc: ``NETRC``, else ``~/.netrc``, else ``~/_netrc``. Read once, when an index must be asked."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

_LIMIT = 1024 * 1024

_Logins = dict[str, tuple[str, str]]


def netrc_paths(environment: Mapping[str, str]) -> list[str]:
    """Return the paths at which the user's netrc may lie; the first that is a file counts."""
    chosen = environment.get("NETRC")
    if chosen:
        return [os.path.expanduser(chosen)]
    homes = [os.path.expanduser(f"~/{name}") for name in (".netrc", "_netrc")]
    return [path for path in homes if os.path.isabs(path)]


class NetrcLogins:
    """The logins of the user's netrc, by host. ``trouble`` says why it could not be read, without a word out of it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read nothing yet."""
        self._environment = environment
        self._lock = threading.Lock()
        self._logins: _Logins | None = None
        self.trouble = ""

    def of(self, host: str, username: str) -> tuple[str, str] | None:
        """Return user name and password for ``host`` (lower case); None where there are none, or of another user.

        The entry ``default`` is left out: it would send a login to whatever host a repository names.
        """
        with self._lock:
            if self._logins is None:
                self._logins = self._read()
        found = self._logins.get(host)
        return found if found is not None and username in ("", found[0]) else None

    def _read(self) -> _Logins:
        import netrc  # noqa: PLC0415 - only where an index must be asked

        path = next(filter(os.path.isfile, netrc_paths(self._environment)), None)
        if path is None:
            return {}
        try:
            hosts = netrc.netrc(path).hosts if os.path.getsize(path) <= _LIMIT else None
        except netrc.NetrcParseError as error:
            # Its message may quote a word of the file.
            self.trouble = f"netrc cannot be read (line {error.lineno})"
            return {}
        except (OSError, ValueError):
            hosts = None
        if hosts is None:
            self.trouble = "netrc cannot be read"
            return {}
        return {
            host.lower(): (login or "", password or "")
            for host, (login, _, password) in hosts.items()
            if host != "default"
        }
