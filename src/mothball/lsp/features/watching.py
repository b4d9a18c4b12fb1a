"""``workspace/didChangeWatchedFiles``: what changes on the disk by other hands than the editor's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.formats.table import PATTERNS
from mothball.model.file_names import MOTHBALL_TOML, UV_TOML

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# A checkout changes hundreds of files, and tells of each; they are looked at together, this many seconds later.
_DEBOUNCE = 0.1


class Watcher:
    """What the client has been asked to watch."""

    def __init__(self, server: Server) -> None:
        """Watch nothing yet."""
        self._server = server
        self._watched: set[str] = set()
        self._is_due = False
        server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(lambda params: self._changed(params))  # noqa: PLW0108 - pygls marks what it is given, which no method bears

    def begin(self) -> None:
        """Have the client watch all files that mothball reads by their name, and its own configuration."""
        names = (f"{one.parent}/{one.name}" if one.parent else one.name for one in PATTERNS)
        self.watch((*names, MOTHBALL_TOML, UV_TOML))

    def watch(self, names: Iterable[str]) -> None:
        """Have the client watch the files of these names, wherever they lie, where it can."""
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
        """Have the client watch snapshots, too, which bear any name."""
        names = (os.path.basename(path) for path in paths)
        # What is a pattern to the client cannot be asked for by its name; the clock will find it changed.
        self.watch(name for name in names if not any(sign in name for sign in "*?[]{}"))

    def _changed(self, params: types.DidChangeWatchedFilesParams) -> None:
        if any(one.type == types.FileChangeType.Deleted for one in params.changes):
            self._server.workspace_diagnostics.drop(lambda path: not os.path.lexists(path))
        if not self._is_due:
            self._is_due = True
            self._server.session.loop.call_later(_DEBOUNCE, self._look)

    def _look(self) -> None:
        self._is_due = False
        self._server.session.files_changed()
