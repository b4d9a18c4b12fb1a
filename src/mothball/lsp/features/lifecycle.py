"""``initialize`` and ``initialized``: client features, folders, settings, watched files and periodic tasks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from lsprotocol import types

from mothball.formats.names import PATTERNS
from mothball.lsp.client import read_features
from mothball.lsp.convert import path_of
from mothball.lsp.features import pull
from mothball.lsp.server import Server
from mothball.lsp.settings import SECTION, Settings, read_settings
from mothball.model.file_names import MOTHBALL_TOML, UV_TOML

# Intervals of periodic tasks and of checks whether the client is still running, in seconds.
_REFRESH_INTERVAL = 30.0
_CLIENT_CHECK_INTERVAL = 3.0
# A checkout reports hundreds of files one by one; handle them together after this many seconds.
_DEBOUNCE = 0.1


def register(server: Server) -> None:
    """Register initialization, which starts the periodic tasks, and changes of settings."""
    session = server.session
    watcher = Watcher(server)
    session.on_snapshots = watcher.watch_snapshots

    def initialize(params: types.InitializeParams) -> None:
        session.client = read_features(params.capabilities, server.protocol.workspace.position_encoding)
        session.folders = _folders(params)
        server.initial_settings = _read_settings(server, params.initialization_options, Settings())
        session.apply_settings(server.initial_settings)
        if session.client.pulls:
            # Only for clients that pull: a client that supports both would show every diagnostic twice.
            pull.register(server)
            if session.settings.workspace_diagnostics:
                pull.register_workspace(server)

    def initialized(_: types.InitializedParams) -> None:
        if session.client.configuration:
            _fetch_settings(server)
        # All files that mothball reads by their name, and its configuration files.
        watcher.watch((*(pattern.glob for pattern in PATTERNS), MOTHBALL_TOML, UV_TOML))
        server.run_in_background(_keep_up_to_date(server))
        if server.process_id:
            server.run_in_background(_leave_with_client(server, server.process_id))

    def settings_changed(params: types.DidChangeConfigurationParams) -> None:
        if session.client.configuration:
            # The settings sent may be incomplete or for another scope, so request the effective ones.
            _fetch_settings(server)
        else:
            _apply_settings(server, params.settings)

    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(settings_changed)


async def _keep_up_to_date(server: Server) -> None:
    while True:
        await asyncio.sleep(_REFRESH_INTERVAL)
        server.session.refresh_stale()
        server.workspace_diagnostics.retry_failed()


async def _leave_with_client(server: Server, process_id: int) -> None:
    """End the server when the client's process has ended."""
    while _is_alive(process_id):  # noqa: ASYNC110 - there is no event for the end of another process
        await asyncio.sleep(_CLIENT_CHECK_INTERVAL)
    server.protocol.leave()


def _folders(params: types.InitializeParams) -> list[str]:
    uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
    folders = [path for path in map(path_of, uris) if path is not None]
    return folders or ([os.path.abspath(params.root_path)] if params.root_path else [])


def _is_alive(process_id: int) -> bool:
    if os.name == "nt":
        # os.kill would end the process there; standard input ends with the client.
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


# --- settings ---------------------------------------------------------------------------------------------------------


def _fetch_settings(server: Server) -> None:
    """Request the settings, and apply them."""
    items = [types.ConfigurationItem(section=SECTION)]
    response: Future[Any] = server.protocol.send_request(
        types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items)
    )

    def received(done: Future[Any]) -> None:
        sections = None if done.cancelled() or done.exception() is not None else done.result()
        if sections:
            _apply_settings(server, sections[0])

    response.add_done_callback(received)


def _read_settings(server: Server, given: object, base: Settings) -> Settings:
    """Return ``base`` updated with ``given``; log errors that were not logged for the previous settings."""
    messages: list[str] = []
    settings = read_settings(given, base, messages.append)
    for message in messages:
        if message not in server.logged_messages:
            server.log(message)
    server.logged_messages = frozenset(messages)
    return settings


def _apply_settings(server: Server, given: object) -> None:
    """Apply ``given``, all current settings of the client as JSON.

    Settings that are not in it anymore are reset: withdrawn consent must not stay in force.
    """
    session, before = server.session, server.session.settings
    settings = _read_settings(server, given, server.initial_settings)
    if settings == before:
        return
    session.apply_settings(settings)
    if settings.inlay_hints != before.inlay_hints:
        server.refresh_hints()


# --- files outside of the editor --------------------------------------------------------------------------------------


class Watcher:
    """Registers files for watching with the client."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._watched: set[str] = set()
        self._is_due = False
        server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(lambda params: self._handle(params))  # noqa: PLW0108 - pygls sets attributes on the handler, which a bound method does not allow

    def watch(self, names: Iterable[str]) -> None:
        """Watch files with these names in any directory, if the client supports it."""
        new = [name for name in names if name not in self._watched]
        if not new or not self._server.session.client.watched_files:
            return
        self._watched.update(new)
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(f"**/{name}") for name in new]
        )
        registration = types.Registration(
            f"mothball-watch-{len(self._watched)}", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options
        )
        self._server.protocol.send_message(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))

    def watch_snapshots(self, paths: Iterable[str]) -> None:
        """Watch snapshots, which may have any name."""
        names = (os.path.basename(path) for path in paths)
        # A name that is a glob pattern to the client cannot be watched; the periodic task detects its changes.
        self.watch(name for name in names if not any(character in name for character in "*?[]{}"))

    def _handle(self, params: types.DidChangeWatchedFilesParams) -> None:
        if any(change.type == types.FileChangeType.Deleted for change in params.changes):
            self._server.workspace_diagnostics.drop(lambda path: not os.path.lexists(path))
        if not self._is_due:
            self._is_due = True
            self._server.session.loop.call_later(_DEBOUNCE, self._files_changed)

    def _files_changed(self) -> None:
        self._is_due = False
        self._server.session.files_changed()
