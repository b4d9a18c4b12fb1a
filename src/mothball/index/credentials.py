"""Credentials of the user from index URLs, netrc and the keyring, each bound to scheme, host and port.

Index URLs are those of the user configuration, with the environment variables of uv. The keyring is only queried after
an index has returned 401. A repository may name an index, but credentials are only sent to the endpoint that the user
bound them to. Credentials for a host (netrc, keyring) are only sent over https on port 443, or to an endpoint of an
index URL of the user.

Backends of keyring prompt at terminals, use the network and hang. The ``keyring`` program, which pip and uv run too, is
run without a terminal, without standard input and with a deadline. Passwords come over a pipe; its arguments are the
address of an index and a user name.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from importlib.util import find_spec
from urllib.parse import unquote, urlsplit

from mothball.config.user_settings import CredentialSettings, KeyringProvider, UserIndexUrl
from mothball.index.urls import Endpoint, endpoint_of, is_named
from mothball.model.records import NamedTuple

_MAX_NETRC_SIZE = 1024 * 1024
# Seconds for all services of a request to keyring; a backend that uses the network takes a few.
_KEYRING_TIMEOUT = 10.0


def netrc_paths(environment: Mapping[str, str]) -> list[str]:
    """Return the paths to search for netrc; the first existing file is used."""
    configured = environment.get("NETRC")
    if configured:
        return [os.path.expanduser(configured)]
    paths = [os.path.expanduser(f"~/{name}") for name in (".netrc", "_netrc")]
    return [path for path in paths if os.path.isabs(path)]


class NetrcLogins:
    """The logins of netrc, by host. ``error`` is the cause if it cannot be read, without content of the file."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.error = ""

    def find(self, host: str, username: str) -> tuple[str, str] | None:
        """Return user name and password for ``host`` (lower case), None if there are none for ``username``.

        An empty ``username`` matches any user. The ``default`` entry is ignored, because it would send a login to any
        host that a repository names.
        """
        login = self._logins.get(host)
        return login if login is not None and username in ("", login[0]) else None

    @cached_property
    def _logins(self) -> dict[str, tuple[str, str]]:
        import netrc  # noqa: PLC0415 - not needed for cached pages

        path = next(filter(os.path.isfile, netrc_paths(self._environment)), None)
        if path is None:
            return {}
        try:
            if os.path.getsize(path) <= _MAX_NETRC_SIZE:
                entries = netrc.netrc(path).hosts.items()
                return {
                    host.lower(): (user or "", password or "")
                    for host, (user, _, password) in entries
                    if host != "default"
                }
            self.error = "cannot read netrc"
        except netrc.NetrcParseError as error:
            # The message of the exception may quote the file.
            self.error = f"cannot parse netrc (line {error.lineno})"
        except (OSError, ValueError):
            self.error = "cannot read netrc"
        return {}


class Login(NamedTuple):
    """A user name and a password, each possibly empty. Never shown.

    ``is_name`` is True if the URL has a user name without a colon, which is a name and not a token.
    """

    username: str
    password: str
    is_name: bool = False

    def __repr__(self) -> str:
        """Return a representation without the credentials."""
        return "Login(…)"

    def header(self) -> str:
        """Return the value of the ``Authorization`` header (RFC 7617, in UTF-8)."""
        return f"Basic {base64.b64encode(f'{self.username}:{self.password}'.encode()).decode('ascii')}"


class ScopedLogin(NamedTuple):
    """An index URL of the user with its login, None if it has none.

    ``set_by`` is the setting that names the URL, ``name`` the name of the index in uv. ``from_variables`` is True if
    the login, or a part of it, comes from ``UV_INDEX_<NAME>_…``.
    """

    endpoint: Endpoint
    segments: tuple[str, ...]
    login: Login | None
    set_by: str = ""
    name: str = ""
    from_variables: bool = False


class CredentialStore:
    """Finds the login for an index. Thread-safe.

    Methods take the URL of a project page, to which the request is sent (``urls.page_url``), so that login and request
    cannot refer to different hosts. All pages of an index have the same login.
    """

    def __init__(self, access: CredentialSettings, environment: Mapping[str, str] | None = None) -> None:
        """Parse the index URLs of the user; netrc and keyring are read when they are needed."""
        self.environment = os.environ if environment is None else environment
        scoped_logins = (_scoped_login(address, self.environment) for address in access.index_urls)
        self._scoped_logins = tuple(login for login in scoped_logins if login is not None)
        self._endpoints = frozenset(login.endpoint for login in self._scoped_logins)
        self._insecure_hosts = access.insecure_hosts
        # As in the names of variables.
        self.index_names = frozenset(variable_name(index.name) for index in access.index_urls if index.name)
        self.netrc = NetrcLogins(self.environment)
        self.keyring = Keyring(access.keyring, self.environment)
        # The logins that the keyring has, by base URL of the index: each is queried once, while its lock is held.
        self.keyring_results: dict[str, Login | None] = {}
        self._keyring_locks: dict[str, threading.Lock] = {}
        # Base URLs of indexes with logins that they rejected: more attempts may lock the account.
        self.rejected: set[tuple[str, Login | None]] = set()

    def initial_login(self, page: str) -> Login | None:
        """Return the login for the first request of ``page``, None to send none."""
        base = base_of_page(page)
        keyring_login = self.keyring_results.get(base)
        if keyring_login is not None:
            return keyring_login
        endpoint = endpoint_of(base)
        if endpoint is None or self.is_insecure(endpoint):
            return None
        scoped = self.closest_url(endpoint, base)
        url_login = None if scoped is None else scoped.login
        if url_login is not None and url_login.password:
            return url_login
        if self.allows_host_login(endpoint):
            netrc_login = self.netrc.find(endpoint.host, url_login.username if url_login else "")
            if netrc_login is not None:
                return Login(*netrc_login)
        return url_login

    def login_after_401(self, page: str, sent: Login | None) -> Login | None:
        """Return the login to try after ``page`` returned 401 for the login ``sent``, None if there is none.

        Queries the keyring in another process, without a terminal for prompts.
        """
        base = base_of_page(page)
        endpoint = endpoint_of(base)
        if endpoint is None or not self.allows_keyring_login(endpoint) or self.is_insecure(endpoint):
            return None
        with self._keyring_locks.setdefault(base, threading.Lock()):
            if base not in self.keyring_results:
                # As pip and uv use them: the index URL, and the host with port.
                services = base, base.rstrip("/"), urlsplit(base).netloc.lower()
                login = self.keyring.login(services, sent)
                self.keyring_results[base] = Login(*login) if login else None
            found = self.keyring_results[base]
            return None if found == sent else found

    def is_insecure(self, endpoint: Endpoint) -> bool:
        """Return True if TLS is not verified for the host of ``endpoint``, so that it gets no credentials."""
        return is_named(endpoint, self._insecure_hosts)

    def closest_url(self, endpoint: Endpoint, base: str) -> ScopedLogin | None:
        """Return the user's URL on ``endpoint`` that shares the most path segments with ``base``."""
        segments = _segments(base)

        def rank(candidate: ScopedLogin) -> tuple[int, bool]:
            shared = os.path.commonprefix((candidate.segments, segments))  # noqa: RUF071 - of segments, not of text
            return len(shared), candidate.login is not None

        candidates = (candidate for candidate in self._scoped_logins if candidate.endpoint == endpoint)
        return max(candidates, key=rank, default=None)

    def allows_host_login(self, endpoint: Endpoint) -> bool:
        """Return True if a login for a host, without scheme and port, may be sent to ``endpoint``."""
        return endpoint in self._endpoints or (endpoint.scheme == "https" and endpoint.port == 443)

    def allows_keyring_login(self, endpoint: Endpoint) -> bool:
        """Return True if the keyring may be queried for ``endpoint``; its entries have a port, but no scheme."""
        return endpoint in self._endpoints or endpoint.scheme == "https"


def variable_name(index_name: str) -> str:
    """Return the name of an index as in the names of uv's variables."""
    return re.sub("[^A-Z0-9]", "_", index_name.upper())


def _scoped_login(address: UserIndexUrl, environment: Mapping[str, str]) -> ScopedLogin | None:
    """Parse ``address``; None if it has no endpoint that all parsers agree on."""
    endpoint = endpoint_of(address.url)
    if endpoint is None:
        return None
    user, colon, password = urlsplit(address.url).netloc.rpartition("@")[0].partition(":")
    username, password = unquote(user), unquote(password)
    from_variables = False
    if address.name:
        variable = f"UV_INDEX_{variable_name(address.name)}_"
        # Environment variables take precedence over the URL, as in uv.
        from_environment = [environment.get(f"{variable}{part}") for part in ("USERNAME", "PASSWORD")]
        from_variables = any(part is not None for part in from_environment)
        if from_variables:
            username = from_environment[0] or username
            password = from_environment[1] or password
            colon = ":"
    login = Login(username, password, is_name=not colon) if username or colon else None
    return ScopedLogin(endpoint, _segments(address.url), login, address.set_by, address.name, from_variables)


def base_of_page(page: str) -> str:
    """Return the base URL of the index of ``page``."""
    return page.rstrip("/").rpartition("/")[0] + "/"


def _segments(url: str) -> tuple[str, ...]:
    return tuple(part for part in urlsplit(url).path.split("/") if part)


# --- keyring ----------------------------------------------------------------------------------------------------------


class Keyring:
    """Runs the ``keyring`` program. ``error`` is the cause of a failure, or empty."""

    def __init__(self, provider: KeyringProvider, environment: Mapping[str, str]) -> None:
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

    def login(self, services: tuple[str, ...], sent: Login | None) -> tuple[str, str] | None:
        """Return user name and password of the first of ``services`` in the keyring, None if there is none.

        If a login was ``sent``, its user name is looked up; not if it may be a token, because it becomes an argument of
        a process. ``keyring get`` needs a user name; without one, ``keyring --mode creds get`` returns both. Before
        version 25.2.1 the latter fails, which counts as no login.
        """
        username = sent.username if sent else ""
        if not self.is_enabled or (username and sent and not sent.is_name):
            return None
        program = _program(self._environment.get("PATH", ""))
        deadline = time.monotonic() + _KEYRING_TIMEOUT
        # An argument with a leading hyphen would be an option.
        for service in services if program and not username.startswith("-") else ():
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
            self.error = f"keyring did not finish within {_KEYRING_TIMEOUT:g} s"
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
