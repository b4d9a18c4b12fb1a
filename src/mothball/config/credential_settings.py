"""How the user gets in: addresses with credentials, the keyring, a client certificate. Pure.

All of it comes from the user's side (the user-level configuration, the command line, the environment, the installers'
own user-level files), never from a repository.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum

from mothball.config.values import KeyPath, invalid_value, read_duration, read_index_url, read_string
from mothball.model.errors import ConfigError
from mothball.model.records import NamedTuple
from mothball.model.sanitize import strip_credentials

# uv's rule for the names of indexes, which become parts of the names of variables.
INDEX_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_USER_INFORMATION = r"(?i)(https?://)([^/?#]*)@"


class UserIndexUrl(NamedTuple):
    """The base URL of an index that the user named, perhaps with ``user:password@``.

    ``name`` is what uv calls the index, for ``UV_INDEX_<NAME>_USERNAME`` and ``_PASSWORD``. Only to addresses named so
    do credentials go that say a host and no more.
    """

    url: str
    name: str = ""

    def __repr__(self) -> str:
        """Return a form that can be shown: a record ends up in a log sooner or later."""
        return f"UserIndexUrl(url={strip_credentials(self.url)!r}, name={self.name!r})"


class KeyringProvider(StrEnum):
    """Whether the ``keyring`` program is run: pip's names, of which all but ``DISABLED`` mean the same."""

    AUTO = "auto"
    IMPORT = "import"
    SUBPROCESS = "subprocess"
    DISABLED = "disabled"


class CredentialSettings(NamedTuple):
    """How the user gets in.

    ``client_certificate`` is the absolute path of a PEM file that holds a certificate and its key, for the indexes that
    ``index_urls`` name and no others; ``ca_bundle`` names the authorities to trust in place of the system's. Empty where
    there is none. ``timeout`` is how long an index may take to connect, and to go on answering, in seconds; None
    leaves that to us.
    """

    index_urls: tuple[UserIndexUrl, ...] = ()
    keyring: KeyringProvider = KeyringProvider.AUTO
    client_certificate: str = ""
    ca_bundle: str = ""
    timeout: float | None = None


def read_user_index_url(value: object, at: KeyPath) -> str:
    """Return ``value`` when it is an index URL that the user's side may name: user and password may stand in it."""
    if isinstance(value, str):
        user_information = re.match(_USER_INFORMATION, value)
        if user_information is not None and "${" not in user_information[2]:
            # The rest is held to the rules of every address.
            read_index_url(user_information[1] + value[user_information.end() :], at)
            return value
        if strip_credentials(value).endswith("…/") and "…" not in value:
            raise ConfigError(
                f"`{at[-1]}` holds a password that no parser of addresses reads as it was meant",
                key=at,
                help_text="write `/` as %2F, `?` as %3F and `#` as %23 in it",
            )
    return read_index_url(value, at)


def read_user_index_urls(value: object, at: KeyPath) -> tuple[UserIndexUrl, ...]:
    """Return the addresses of a table that is keyed by the names of indexes."""
    if not isinstance(value, Mapping):
        raise invalid_value(at, value, 'a table such as { internal = "https://index.example/simple/" }')
    addresses = []
    for name, url in value.items():
        if not re.fullmatch(INDEX_NAME, name):
            raise invalid_value((*at, name), name, "the name of an index: letters, digits, `.`, `_` and `-`")
        addresses.append(UserIndexUrl(read_user_index_url(url, (*at, name)), name))
    return tuple(addresses)


def read_keyring_provider(value: object, at: KeyPath) -> KeyringProvider:
    """Return the provider that ``value`` names."""
    if not isinstance(value, str) or value not in tuple(KeyringProvider):
        raise invalid_value(at, value, "one of " + ", ".join(f'"{provider}"' for provider in KeyringProvider))
    return KeyringProvider(value)


def read_user_path(value: object, at: KeyPath) -> str:
    """Return an absolute path; ``~`` is the user's home. A relative one would mean another file in each directory."""
    path = os.path.expanduser(read_string(value, at))
    if not os.path.isabs(path):
        raise invalid_value(at, value, "an absolute path, or one that begins with `~`")
    return path


def read_timeout(value: object, at: KeyPath) -> float:
    """Return the seconds of a duration that is neither nothing nor longer than anybody waits."""
    seconds = read_duration(value, at)
    if not 1 <= seconds <= 600:
        raise invalid_value(at, value, 'a duration from "1s" to "10m"')
    return seconds
