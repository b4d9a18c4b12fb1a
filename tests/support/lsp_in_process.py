"""An in-process language server, its client, and a workspace."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from mothball.lsp.main import create_server
from mothball.lsp.server import MessageWriter
from mothball.lsp.settings import Environment
from tests.support.lsp_client import LIMIT, PUSH, LspClient, Message
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex
from tests.support.waiting import wait_until

Result = TypeVar("Result")


LOCK = """\
version = 1

[[package]]
name = "app"
version = "0"
source = {{ virtual = "." }}
dependencies = [{{ name = "direct-lib" }}]

[[package]]
name = "direct-lib"
version = "1.0"
source = {{ registry = "{url}" }}
dependencies = [{{ name = "old-lib" }}]

[[package]]
name = "old-lib"
version = "1.0"
source = {{ registry = "{url}" }}
"""


class InProcess(LspClient):
    """A server on an event loop in its own thread; ``code`` is its exit code."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.code: int | None = None
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.server = self.in_loop(lambda: create_server(Environment(), self._leave))
        self.server.protocol.set_writer(MessageWriter(_Pipe(self), self.end))  # type: ignore[arg-type]

    def _take(self, body: bytes) -> None:
        self.loop.call_soon_threadsafe(self.server.protocol.take, body)

    def _leave(self, code: int) -> None:
        self.code = code
        self.end()

    def in_loop(self, call: Callable[[], Result]) -> Result:
        """Call a function in the loop's thread and return its result."""

        async def run() -> Result:
            return call()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(LIMIT)

    def settle(self, document: str) -> None:
        """Wait until the last text of a document is checked, the pause after it is over and no lookup is pending."""

        def has_paused() -> bool:
            held = self.server.session.documents[document]
            timer = held.lookup_timer
            is_over = timer is None or timer.cancelled() or timer.when() < self.loop.time()
            return held.is_checked() and is_over

        # The server has read all messages that were sent before this request.
        self.hover("file:///nowhere/requirements.txt", 0, 0)
        wait_until(lambda: self.in_loop(has_paused), "the pause is over")
        wait_until(lambda: self.in_loop(lambda: not self.server.session.lookups._in_flight), "no lookup is pending")

    def stop(self) -> None:
        """End the loop; results of lookups that are still running are dropped."""

        async def cancel_all() -> None:
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(cancel_all(), self.loop).result(LIMIT)
        lookups = self.server.session.lookups
        for pool in (lookups._cache_pool, lookups._network_pool):
            pool.shutdown(wait=False, cancel_futures=True)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT)
        self.loop.close()


class _Pipe:
    """Passes the output of the server to the client as messages."""

    def __init__(self, client: LspClient) -> None:
        self._client = client

    def write(self, data: bytes) -> None:
        self._client.take(json.loads(data.partition(b"\r\n\r\n")[2]))

    def flush(self) -> None:
        """Do nothing: the output is not buffered."""


class Workspace:
    """A folder with dependency files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> str:
        """Return the absolute path of a file in the folder."""
        return str(self.root / name)

    def write(self, name: str, text: str) -> str:
        """Write a file and return its path."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return str(path)


def place(diagnostic: dict[str, Any]) -> tuple[int, int, int]:
    """Return line, start and end of a diagnostic on a single line."""
    start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
    assert start["line"] == end["line"]
    return start["line"], start["character"], end["character"]


def watched(client: InProcess, *paths: str) -> None:
    """Notify the server that files changed outside of the editor."""
    changes = [{"uri": f"file://{path}", "type": 2} for path in paths]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})


def archived(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, text: str, name: str = "requirements.txt"
) -> str:
    """Open ``text`` with the archived old-lib and the active fine; return the document."""
    index.script("old-lib", page("old-lib", "archived", "use new-lib"))
    index.script("fine", page("fine", "active"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write(name, text), text)
    client.wait_for_diagnostics(document, "archived")
    client.wait_for(lambda: len(index.received) >= text.count("fine") + 1)
    return document


def actions(
    client: InProcess, document: str, line: int, only: list[str] | None = None, *, column: int = 0
) -> dict[str, Message]:
    """Return the actions at a position by their titles, in their order."""
    at = {"line": line, "character": column}
    diagnostics = [
        diagnostic for diagnostic in client.diagnostics[document] if diagnostic["range"]["start"]["line"] == line
    ]
    context: dict[str, Any] = {"diagnostics": diagnostics} | ({"only": only} if only is not None else {})
    params = {"textDocument": {"uri": document}, "range": {"start": at, "end": at}, "context": context}
    found = client.request("textDocument/codeAction", params) or []
    return {action["title"]: action for action in found}
