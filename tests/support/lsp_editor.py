"""A client with a workspace of dependency files that it has checked."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mothball.lsp.workspace_check import Context, WorkspaceResult, check_folders
from mothball.lsp.workspace_diagnostics import WorkspaceDiagnostics
from tests.support.lsp_client import PUSH, Message, codes_of, uri
from tests.support.lsp_pages import page
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.lsp_in_process import InProcess, Workspace
    from tests.support.scripted_index import ScriptedIndex

CHECK = "mothball.checkWorkspace"
CREATED, CHANGED, DELETED = 1, 2, 3
_NEVER = 1e6


def numbers_of(result: Message) -> Message:
    """Return the numbers of the summary that the command returns."""
    return {name: result[name] for name in ("files", "dependencies", "findings", "problems")}


class Checks:
    """Replacement for ``check_folders`` that counts the checks, and can hold them or let them fail."""

    def __init__(self) -> None:
        self.started = 0
        self.canceled = 0
        # Number of times a held check has tested for cancellation.
        self.looks = 0
        self.go = threading.Event()
        self.go.set()
        self.failure: Exception | None = None

    def check_folders(self, folders: Sequence[str], context: Context) -> WorkspaceResult:
        self.started += 1
        try:
            context.on_progress(1, 4)
            while not self.go.wait(0.005):
                self.looks += 1
                context.on_progress(1, 4)
        except Exception:
            self.canceled += 1
            raise
        if self.failure is not None:
            raise self.failure
        return check_folders(folders, context)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the checks that are running or start meanwhile."""
        self.go.clear()
        try:
            yield
        finally:
            self.go.set()


class Editor:
    """A client, its workspace, and the index on which names are looked up.

    Background checks follow changes without a pause. On the index, ``old-lib`` is archived and ``fine`` is active.
    """

    def __init__(self, client: InProcess, workspace: Workspace, index: ScriptedIndex, checks: Checks) -> None:
        self.client = client
        self.workspace = workspace
        self.index = index
        self.checks = checks
        index.script("old-lib", page("old-lib", "archived"))
        index.script("fine", page("fine", "active"))
        self.diagnostics.pause = 0.0

    @property
    def diagnostics(self) -> WorkspaceDiagnostics:
        """The workspace diagnostics of the server."""
        return self.client.server.workspace_diagnostics

    # --- what the user does ---

    def start(
        self,
        files: Mapping[str, str],
        capabilities: Message = PUSH,
        folders: Sequence[str] = ("",),
        **settings: object,
    ) -> Message:
        """Write ``files``, and initialize the server for ``folders`` of the workspace."""
        for name, text in files.items():
            self.workspace.write(name, text)
        self.client.settings = {"indexUrl": self.index.url, **settings}
        paths = (os.path.normpath(self.path(folder)) for folder in folders)
        return self.client.initialize(capabilities, *paths, initializationOptions=self.client.settings)

    def check(self) -> Message:
        """Check the workspace with the command, and return its counts."""
        return numbers_of(self.client.command(CHECK))

    def start_check(self, token: str | int | None = None) -> int:
        """Send the command, and return the number of the request."""
        params: Message = {"command": CHECK} | ({} if token is None else {"workDoneToken": token})
        return self.client.start_request("workspace/executeCommand", params)

    def pull(self, *held: tuple[str, str], **more: object) -> dict[str, Message]:
        """Pull the workspace, and return the reports by the URIs of the files."""
        previous = [{"uri": uri, "value": value} for uri, value in held]
        items = self.client.request("workspace/diagnostic", {"previousResultIds": previous, **more})["items"]
        return {report["uri"]: report for report in items}

    def write(self, name: str, text: str) -> None:
        """Write a file and notify the server."""
        kind = CHANGED if os.path.exists(self.path(name)) else CREATED
        self.workspace.write(name, text)
        self.notify(kind, name)

    def delete(self, name: str) -> None:
        """Delete a file and notify the server."""
        os.unlink(self.path(name))
        self.notify(DELETED, name)

    def notify(self, kind: int, *names: str) -> None:
        """Notify the server of file changes."""
        changes = [{"uri": self.uri(name), "type": kind} for name in names]
        self.client.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    def change_folders(self, removed: Sequence[str] = (), added: Sequence[str] = ()) -> None:
        """Notify the server of folders that were removed from the workspace or added to it."""
        event = {
            kind: [{"uri": self.uri(name), "name": name} for name in names]
            for kind, names in (("removed", removed), ("added", added))
        }
        self.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def open(self, name: str, text: str) -> str:
        """Open a file, and return its URI."""
        return self.client.open(self.path(name), text)

    # --- what is to be seen ---

    def path(self, name: str) -> str:
        """Return the absolute path of a file in the workspace."""
        return self.workspace.path(name)

    def uri(self, name: str) -> str:
        """Return the URI of a file in the workspace."""
        return uri(self.path(name))

    def shown(self, name: str) -> list[Message]:
        """Return the diagnostics of a file."""
        return self.client.diagnostics.get(self.uri(name), [])

    def codes(self, name: str) -> list[str | None]:
        """Return the rules of the diagnostics of a file."""
        return codes_of(self.shown(name))

    def line(self, name: str) -> int | None:
        """Return the line of the first diagnostic of a file."""
        line: int | None = next((diagnostic["range"]["start"]["line"] for diagnostic in self.shown(name)), None)
        return line

    def wait_for(self, name: str, *codes: str) -> list[Message]:
        """Wait until a file has diagnostics of exactly these rules, and return them."""
        return self.client.wait_for_diagnostics(self.uri(name), *codes)

    def refreshes(self) -> int:
        """Return how often the client was asked to pull again."""
        return len(self.client.messages("workspace/diagnostic/refresh"))

    def looked_up(self) -> set[str]:
        """Return the names that the last check looked up."""
        return {query.name for query in self.diagnostics._results}

    # --- time ---

    def roundtrip(self) -> None:
        """Wait until the server has handled everything sent so far."""
        assert self.client.hover("file:///nowhere/requirements.txt", 0, 0) is None

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds in the server's thread."""
        wait_until(lambda: self.client.in_loop(condition), every=0.002)

    def settle(self) -> None:
        """Wait until the server has handled everything sent so far, and no check is due."""
        self.roundtrip()
        self.until(lambda: self.diagnostics.is_current() and self.diagnostics._timer is None)

    def hold_background(self) -> None:
        """Start no background check, except by ``end_pause``."""
        self.client.in_loop(lambda: setattr(self.diagnostics, "pause", _NEVER))

    def end_pause(self) -> None:
        """Wait for the changes sent so far to be noticed, and start the background check that is due."""
        self.until(lambda: self.diagnostics._timer is not None)
        self.client.in_loop(self.diagnostics._start)
