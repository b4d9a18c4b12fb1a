"""``initialize`` and ``initialized``: client features, folders, settings and periodic tasks."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.client import read_features
from mothball.lsp.convert import path_of
from mothball.lsp.features import pull, settings
from mothball.lsp.features.watching import Watcher

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Intervals of periodic tasks and of checks whether the client is still running, in seconds.
_REFRESH_INTERVAL = 30.0
_CLIENT_CHECK_INTERVAL = 3.0


def register(server: Server) -> None:
    """Register initialization, which starts the periodic tasks."""
    session = server.session
    watcher = Watcher(server)
    session.on_snapshots = watcher.watch_snapshots

    def initialize(params: types.InitializeParams) -> None:
        session.client = read_features(params.capabilities, server.protocol.workspace.position_encoding)
        session.folders = _folders(params)
        settings.apply_initial(server, params.initialization_options)
        if session.client.pulls:
            # Only for clients that pull: a client that supports both would show every diagnostic twice.
            pull.register(server)
            if session.settings.workspace_diagnostics:
                pull.register_workspace(server)

    def initialized(_: types.InitializedParams) -> None:
        settings.fetch(server)
        watcher.begin()
        server.run_in_background(_keep_up_to_date(server))
        if server.process_id:
            server.run_in_background(_leave_with_client(server, server.process_id))

    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)


async def _keep_up_to_date(server: Server) -> None:
    while True:
        await asyncio.sleep(_REFRESH_INTERVAL)
        server.session.refresh_stale()
        server.workspace_diagnostics.retry_failed()


async def _leave_with_client(server: Server, process_id: int) -> None:
    """End the server when the client's process has ended."""
    while _is_alive(process_id):  # noqa: ASYNC110 - there is no event for the end of another process
        await asyncio.sleep(_CLIENT_CHECK_INTERVAL)
    server.protocol.end_process(server.protocol.exit_code())


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
