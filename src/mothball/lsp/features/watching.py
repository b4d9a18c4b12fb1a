"""``workspace/didChangeWatchedFiles``: changes of files outside of the editor."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.formats.names import PATTERNS
from mothball.model.file_names import MOTHBALL_TOML, UV_TOML

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# A checkout reports hundreds of files one by one; handle them together after this many seconds.
_DEBOUNCE = 0.1


class Watcher:
    """Registers files for watching with the client."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._watched: set[str] = set()
        self._is_due = False
        server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(lambda params: self._handle(params))  # noqa: PLW0108 - pygls sets attributes on the handler, which a bound method does not allow

    def begin(self) -> None:
        """Watch all files that mothball reads by their name, and its configuration files."""
        self.watch((*(pattern.glob for pattern in PATTERNS), MOTHBALL_TOML, UV_TOML))

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
