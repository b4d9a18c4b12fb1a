"""Which credentials an index gets, where else they were looked for, and why others are not used. Never a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from mothball.index.credentials import CredentialStore, ScopedLogin, netrc_paths, variable_name
from mothball.index.urls import Endpoint, endpoint_of
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line

_VARIABLE = r"UV_INDEX_([A-Z0-9_]+)_(?:USERNAME|PASSWORD)"
# More variables of other indexes are not listed.
_MAX_VARIABLES = 3


class CredentialSource(NamedTuple):
    """A place where credentials were looked for. ``note`` is a clause for messages; ``is_used`` if they are sent."""

    source: str
    note: str
    is_used: bool = False


def credential_sources(store: CredentialStore, index_url: str) -> tuple[CredentialSource, ...]:
    """Return the sources for the index ``index_url`` (a base URL) in order of precedence, up to the one that is used.

    The keyring is listed with its result if the index has returned 401, and is not queried here.
    """
    endpoint = endpoint_of(index_url)
    if endpoint is None:
        return ()
    if store.is_insecure(endpoint):
        return (CredentialSource("insecure-hosts", "`insecure-hosts` names the host"),)
    keyring = _keyring(store, index_url, endpoint)
    if keyring.is_used:  # it replaces what the index has rejected
        return (keyring,)
    after_401 = (keyring,) if index_url in store.keyring_results else ()
    scoped = store.closest_url(endpoint, index_url)
    url = _url(scoped, endpoint)
    if url.is_used:
        return (url, *after_401)
    login = None if scoped is None else scoped.login
    sources = (url, *_unbound_variables(store), _netrc(store, endpoint, login.username if login else ""))
    if sources[-1].is_used:
        return (*sources, *after_401)
    # The user name of the URL may be a token: it is sent if no other source has its password.
    user_name = CredentialSource("index URL", "the user name is sent without a password", is_used=True)
    return (*sources, *((user_name,) if login is not None else ()), keyring)


def _url(scoped: ScopedLogin | None, endpoint: Endpoint) -> CredentialSource:
    if scoped is None:
        place = f"{endpoint.scheme}://{endpoint.display()}"
        return CredentialSource("index URL", f"no setting of the user names an index on {place}")
    set_by = one_line(scoped.set_by, 200) or "the user configuration"
    if scoped.login is None:
        return CredentialSource("index URL", f"the URL in {set_by} has none")
    if not scoped.login.password and scoped.login.is_name:
        return CredentialSource("index URL", f"the URL in {set_by} has a user name without a password")
    source = f"UV_INDEX_{variable_name(scoped.name)}_…" if scoped.from_variables else "index URL"
    note = f"those in {source}" if scoped.from_variables else f"those of the URL in {set_by}"
    return CredentialSource(source, f"{note} are sent", is_used=True)


def _unbound_variables(store: CredentialStore) -> Iterator[CredentialSource]:
    """Yield the variables of uv for indexes whose URL only a repository knows: it could choose any host for them."""
    matches = (re.fullmatch(_VARIABLE, variable) for variable in store.environment)
    names = {match[1]: match[0] for match in matches if match is not None}
    unbound = sorted(names.keys() - store.index_names)
    for name in unbound[:_MAX_VARIABLES]:
        variable = one_line(names[name], 80)
        yield CredentialSource(
            variable, f"{variable} is not used, because no setting of the user gives the URL of that index"
        )


def _netrc(store: CredentialStore, endpoint: Endpoint, username: str) -> CredentialSource:
    path = next(filter(os.path.isfile, netrc_paths(store.environment)), None)
    if path is None:
        return CredentialSource("netrc", "there is no netrc file")
    login = store.netrc.find(endpoint.host, "")
    shown = one_line(path, 200)
    if store.netrc.error:
        return CredentialSource("netrc", store.netrc.error)
    if login is None:
        return CredentialSource("netrc", f"{shown} has no entry for {endpoint.host}")
    if not store.allows_host_login(endpoint):
        rule = "without a setting of the user for the index, it is only sent over HTTPS to port 443"
        return CredentialSource("netrc", f"the entry for {endpoint.host} in {shown} is not used: {rule}")
    if username not in ("", login[0]):
        return CredentialSource("netrc", f"the entry for {endpoint.host} in {shown} has another user name")
    return CredentialSource("netrc", f"those for {endpoint.host} in {shown} are sent", is_used=True)


def _keyring(store: CredentialStore, index_url: str, endpoint: Endpoint) -> CredentialSource:
    if not store.keyring.is_enabled:
        return CredentialSource("keyring", "keyring is disabled by `keyring-provider`")
    if not store.allows_keyring_login(endpoint):
        return CredentialSource("keyring", "keyring is not used over plain HTTP for an index that only files name")
    if not store.keyring.is_installed:
        return CredentialSource("keyring", "the program keyring is not installed")
    if store.keyring.error:
        return CredentialSource("keyring", store.keyring.error)
    if store.keyring_results.get(index_url) is not None:
        return CredentialSource("keyring", "those in keyring are sent", is_used=True)
    is_done = index_url in store.keyring_results
    return CredentialSource("keyring", "keyring has no entry" if is_done else "keyring is queried after a 401 response")
