"""Credentials of the user, from addresses, netrc and the keyring, each bound to scheme, host and port.

They come from the addresses that the user named (with what the environment says of them, as for uv), from netrc, and
from the keyring once an index has answered 401. A repository may name an index. It cannot have a secret sent anywhere
but to the place that the user's side bound it to: what says a host and no more (netrc, a keyring entry) belongs to
https on its own port, or to an address that the user named.
"""

from __future__ import annotations

import base64
import os
import re
import threading
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from mothball.config.credential_settings import CredentialSettings, UserIndexUrl
from mothball.index.keyring_process import Keyring, KeyringRequest
from mothball.index.urls import Endpoint, endpoint_of
from mothball.model.records import NamedTuple

_LIMIT = 1024 * 1024

_Logins = dict[str, tuple[str, str]]


def netrc_paths(environment: Mapping[str, str]) -> list[str]:
    """Return the paths at which the user's netrc may lie; the first that is a file counts."""
    chosen = environment.get("NETRC")
    if chosen:
        return [os.path.expanduser(chosen)]
    scoped_logins = [os.path.expanduser(f"~/{name}") for name in (".netrc", "_netrc")]
    return [path for path in scoped_logins if os.path.isabs(path)]


class NetrcLogins:
    """The logins of the user's netrc, by host. ``error`` says why it could not be read, without a word out of it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read nothing yet."""
        self._environment = environment
        self._lock = threading.Lock()
        self._logins: _Logins | None = None
        self.error = ""

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
            self.error = f"netrc cannot be read (line {error.lineno})"
            return {}
        except (OSError, ValueError):
            hosts = None
        if hosts is None:
            self.error = "netrc cannot be read"
            return {}
        return {
            host.lower(): (login or "", password or "")
            for host, (login, _, password) in hosts.items()
            if host != "default"
        }


__all__ = ["CredentialStore", "Login", "UserIndexUrl"]


class Login(NamedTuple):
    """A user name and a password, either of them perhaps empty. Never shown.

    ``is_name`` says that the user name came alone, without so much as a colon: then it is a name, and no token.
    """

    username: str
    password: str
    is_name: bool = False

    def __repr__(self) -> str:
        """Return a form that says nothing."""
        return "Login(…)"

    def header(self) -> str:
        """Return the value of the ``Authorization`` header (RFC 7617, in UTF-8)."""
        return f"Basic {base64.b64encode(f'{self.username}:{self.password}'.encode()).decode('ascii')}"


class _ScopedLogin(NamedTuple):
    """An address that the user named, taken apart; ``login`` is None where nothing of one is known."""

    endpoint: Endpoint
    segments: tuple[str, ...]
    login: Login | None


class _LoginSearch:
    """What the keyring said of one index: asked at most once, by the first thread that needs it."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.lock = threading.Lock()
        self.asked = False
        self.login: Login | None = None


class CredentialStore:
    """Finds the login for an index. Shared by all threads.

    What is asked about is a project page, by the URL that the request goes to (``urls.page_url``): no other reading of
    what a repository wrote can lead elsewhere than the secret does. What holds for one page of an index holds for all.
    """

    def __init__(self, access: CredentialSettings, environment: Mapping[str, str] | None = None) -> None:
        """Take the user's addresses apart; netrc and keyring are left alone until an index must be asked."""
        self._environment = os.environ if environment is None else environment
        scoped_logins = (_scoped_login(address, self._environment) for address in access.index_urls)
        self._homes = tuple(home for home in scoped_logins if home is not None)
        self._endpoints = frozenset(home.endpoint for home in self._homes)
        self._netrc = NetrcLogins(self._environment)
        self._keyring = Keyring(access.keyring, self._environment)
        self._lock = threading.Lock()
        self._inquiries: dict[str, _LoginSearch] = {}
        self._refused: set[tuple[str, Login]] = set()

    def is_named(self, endpoint: Endpoint) -> bool:
        """Return whether the user named an address at ``endpoint``."""
        return endpoint in self._endpoints

    def first(self, page: str) -> Login | None:
        """Return the login to ask for ``page`` with, None to ask without."""
        base = _base(page)
        inquiry = self._inquiries.get(base)
        if inquiry is not None and inquiry.login is not None:
            return inquiry.login
        endpoint = endpoint_of(base)
        if endpoint is None:
            return None
        known = self._nearest(endpoint, base)
        if known is not None and known.password:
            return known
        if self._takes_host_logins(endpoint):
            found = self._netrc.of(endpoint.host, known.username if known else "")
            if found is not None:
                return Login(*found)
        return known

    def after_refusal(self, page: str, sent: Login | None) -> Login | None:
        """Return what else to try where ``page`` was answered 401 to ``sent``; None where there is nothing.

        This is when the keyring is asked, outside of this process and without a terminal that it could prompt at.
        """
        base = _base(page)
        endpoint = endpoint_of(base)
        if endpoint is None or not self._takes_keyring_logins(endpoint):
            return None
        with self._lock:
            inquiry = self._inquiries.setdefault(base, _LoginSearch())
        with inquiry.lock:
            if not inquiry.asked:
                request = KeyringRequest(
                    _services(base), sent.username if sent else "", shows_user=not sent or sent.is_name
                )
                found = self._keyring.login(request)
                inquiry.login = Login(*found) if found else None
                inquiry.asked = True
            return None if inquiry.login == sent else inquiry.login

    def refuse(self, page: str, login: Login) -> None:
        """Remember that the index of ``page`` does not take ``login``: a few more tries may lock the account."""
        self._refused.add((_base(page), login))

    def is_refused(self, page: str, login: Login) -> bool:
        """Return whether the index of ``page`` has been seen refusing ``login``."""
        return (_base(page), login) in self._refused

    def error(self) -> str:
        """Return why netrc or the keyring could not be asked, in words for a person; empty where nothing is wrong."""
        return "; ".join(filter(None, (self._netrc.error, self._keyring.error)))

    def close(self) -> None:
        """End what is still being asked of a keyring."""
        self._keyring.close()

    def _nearest(self, endpoint: Endpoint, base: str) -> Login | None:
        """Return the login of the address at ``endpoint`` that shares the most of the path of ``base``."""
        scoped_logins = [home for home in self._homes if home.endpoint == endpoint]
        if not scoped_logins:
            return None
        segments = _segments(base)
        return max(scoped_logins, key=lambda home: (_common(home.segments, segments), home.login is not None)).login

    def _takes_host_logins(self, endpoint: Endpoint) -> bool:
        """Return whether a secret for a host, without scheme and port, may go to ``endpoint``."""
        return self.is_named(endpoint) or (endpoint.scheme == "https" and endpoint.port == 443)

    def _takes_keyring_logins(self, endpoint: Endpoint) -> bool:
        """Return whether the keyring may be asked for ``endpoint``; its entries may name the port, but no scheme."""
        return self.is_named(endpoint) or endpoint.scheme == "https"


def _scoped_login(address: UserIndexUrl, environment: Mapping[str, str]) -> _ScopedLogin | None:
    """Return ``address`` taken apart; None where it leads nowhere that every parser agrees on."""
    endpoint = endpoint_of(address.url)
    if endpoint is None:
        return None
    user, colon, password = urlsplit(address.url).netloc.rpartition("@")[0].partition(":")
    username, password = unquote(user), unquote(password)
    if address.name:
        variable = f"UV_INDEX_{re.sub('[^A-Z0-9]', '_', address.name.upper())}_"
        # What the environment says goes before what the address says, as for uv.
        said = [environment.get(f"{variable}{part}") for part in ("USERNAME", "PASSWORD")]
        if any(part is not None for part in said):
            username, password = (part or own for part, own in zip(said, (username, password), strict=True))
            colon = ":"
    known = Login(username, password, is_name=not colon) if username or colon else None
    return _ScopedLogin(endpoint, _segments(address.url), known)


def _base(page: str) -> str:
    """Return the base URL of the index that ``page`` belongs to."""
    return page.rstrip("/").rpartition("/")[0] + "/"


def _segments(url: str) -> tuple[str, ...]:
    return tuple(part for part in urlsplit(url).path.split("/") if part)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return how many segments two paths have in common at their beginnings."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (ours, theirs) in pairs if ours != theirs), min(len(one), len(other)))


def _services(base: str) -> tuple[str, ...]:
    """Return the names under which a keyring may hold the login for an index: its address, and its host with port."""
    return base, base.rstrip("/"), urlsplit(base).netloc.lower()
