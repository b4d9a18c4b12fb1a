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

    def changed(params: types.DidChangeConfigurationParams) -> None:
        if server.session.client.configuration:
            # The settings sent may be incomplete or for another scope, so request the effective ones.
            fetch(server)
        else:
            take(server, params.settings)

    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(changed)


def fetch(server: Server) -> None:
    """Request the settings if the client supports it."""
    if not server.session.client.configuration:
        return
    items = [types.ConfigurationItem(section=SECTION)]
    asked: Future[Any] = server.protocol.send_request(types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items))
    asked.add_done_callback(lambda done: _fetched(server, done))


def begin(server: Server, given: object) -> None:
    """Apply the settings from ``initialize``, which are defaults for later ones."""
    server.first_settings = _read(server, given, Settings())
    server.session.apply_settings(server.first_settings)


def take(server: Server, given: object) -> None:
    """Apply ``given``, all current settings of the client as JSON.

    Settings that are not in it anymore are reset: withdrawn consent must not stay in force.
    """
    _apply(server, _read(server, given, server.first_settings))


def _read(server: Server, given: object, base: Settings) -> Settings:
    """Return ``base`` updated with ``given``; log errors that were not logged for the previous settings."""
    complaints: list[str] = []
    settings = read_settings(given, base, complaints.append)
    for complaint in complaints:
        if complaint not in server.complaints:
            server.log(complaint)
    server.complaints = frozenset(complaints)
    return settings


def _fetched(server: Server, done: Future[Any]) -> None:
    if done.cancelled() or done.exception() is not None:
        return
    answers = done.result()
    if answers:
        take(server, answers[0])


def _apply(server: Server, settings: Settings) -> None:
    session = server.session
    if settings == session.settings:
        return
    had_scripts = session.settings.scripts
    session.apply_settings(settings)
    if settings.scripts == had_scripts:
        return
    for document in session.apply_scripts_setting():
        if not session.client.pulls:
            server.unpublish(document.uri)
