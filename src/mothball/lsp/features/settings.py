"""Read settings: from `initialize`, by request, or when the client sends changes."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from mothball.lsp.settings import SECTION, Settings, read_settings

if TYPE_CHECKING:
    from mothball.lsp.server import Server


def register(server: Server) -> None:
    """Register changes of settings."""

    def settings_changed(params: types.DidChangeConfigurationParams) -> None:
        if server.session.client.configuration:
            # The settings sent may be incomplete or for another scope, so request the effective ones.
            fetch(server)
        else:
            apply(server, params.settings)

    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(settings_changed)


def fetch(server: Server) -> None:
    """Request the settings if the client supports it."""
    if not server.session.client.configuration:
        return
    items = [types.ConfigurationItem(section=SECTION)]
    response: Future[Any] = server.protocol.send_request(
        types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items)
    )
    response.add_done_callback(lambda done: _fetched(server, done))


def apply_initial(server: Server, given: object) -> None:
    """Apply the settings from ``initialize``, which are defaults for later ones."""
    server.initial_settings = _read(server, given, Settings())
    server.session.apply_settings(server.initial_settings)


def apply(server: Server, given: object) -> None:
    """Apply ``given``, all current settings of the client as JSON.

    Settings that are not in it anymore are reset: withdrawn consent must not stay in force.
    """
    _apply_settings(server, _read(server, given, server.initial_settings))


def _read(server: Server, given: object, base: Settings) -> Settings:
    """Return ``base`` updated with ``given``; log errors that were not logged for the previous settings."""
    messages: list[str] = []
    settings = read_settings(given, base, messages.append)
    for message in messages:
        if message not in server.logged_messages:
            server.log(message)
    server.logged_messages = frozenset(messages)
    return settings


def _fetched(server: Server, done: Future[Any]) -> None:
    if done.cancelled() or done.exception() is not None:
        return
    sections = done.result()
    if sections:
        apply(server, sections[0])


def _apply_settings(server: Server, settings: Settings) -> None:
    session = server.session
    if settings == session.settings:
        return
    had_scripts, had_hints = session.settings.scripts, session.settings.inlay_hints
    session.apply_settings(settings)
    if settings.inlay_hints != had_hints:
        server.refresh_hints()
    if settings.scripts == had_scripts:
        return
    for document in session.apply_scripts_setting():
        if not session.client.pulls:
            server.unpublish(document.uri)
