"""A server in this process, its client, and a workspace with an index for them to work on."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from mothball.lsp.server import Server
from mothball.lsp.transport import Writer
from mothball.lsp.user_side import Environment
from tests.lsp.editor import Checks, Editor
from tests.support.cli import clean_environment
from tests.support.loopback import forget_network_settings
from tests.support.lsp_client import LIMIT, LspClient
from tests.support.scripted_index import ScriptedIndex

Result = TypeVar("Result")


class InProcess(LspClient):
    """A server on an event loop in a thread of its own; ``code`` is what it left with."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.code: int | None = None
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.server = self.in_loop(lambda: Server(Environment(), self._leave))
        self.server.protocol.set_writer(Writer(_Pipe(self), self.end))  # type: ignore[arg-type]

    def _take(self, body: bytes) -> None:
        self.loop.call_soon_threadsafe(self.server.protocol.take, body)

    def _leave(self, code: int) -> None:
        self.code = code
        self.end()

    def in_loop(self, call: Callable[[], Result]) -> Result:
        """Call in the loop's thread and return what comes of it."""

        async def run() -> Result:
            return call()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(LIMIT)

    def stop(self) -> None:
        """End the loop; look-ups that are under way in threads find nobody any more."""

        async def cancel_all() -> None:
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(cancel_all(), self.loop).result(LIMIT)
        lookups = self.server.bench.lookups
        for pool in (lookups._cache_pool, lookups._network_pool):
            pool.shutdown(wait=False, cancel_futures=True)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT)
        self.loop.close()


class _Pipe:
    """Takes what the server writes, and gives it to the client as messages."""

    def __init__(self, client: LspClient) -> None:
        self._client = client

    def write(self, data: bytes) -> None:
        self._client.take(json.loads(data.partition(b"\r\n\r\n")[2]))

    def flush(self) -> None:
        """Nothing is held back."""


class Workspace:
    """A folder with dependency files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> str:
        """Return the absolute path of a file in it."""
        return str(self.root / name)

    def write(self, name: str, text: str) -> str:
        """Write a file and return its path."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return str(path)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "workspace"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex() as running:
        yield running


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    home, cwd = tmp_path / "home", tmp_path / "cwd"
    home.mkdir()
    cwd.mkdir()
    forget_network_settings(monkeypatch)
    for name, value in clean_environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(cwd)
    client = InProcess()
    try:
        yield client
    finally:
        client.stop()
        assert os.getcwd() == str(cwd)


@pytest.fixture
def editor(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Editor]:
    """A client whose workspace can be checked; what changes is followed without a pause."""
    monkeypatch.setattr("mothball.lsp.watching._GATHERING", 0.0)
    checks = Checks()
    monkeypatch.setattr("mothball.lsp.workspace_diagnostics.check_folders", checks.check_folders)
    yield Editor(client, workspace, index, checks)
    checks.go.set()
