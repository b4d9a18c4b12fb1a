"""``workspace/executeCommand``: check again, check the workspace, open a page or the settings; work-done progress."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Self

from lsprotocol import types

from mothball.lsp.convert import path_of
from mothball.lsp.lookups import PENDING
from mothball.lsp.open_text import is_reported
from mothball.lsp.server import Server
from mothball.model.results import Finding, Severity

CHECK_AGAIN = "mothball.checkAgain"
CHECK_WORKSPACE = "mothball.checkWorkspace"
OPEN_PAGE = "mothball.openPage"
OPEN_SETTINGS = "mothball.openSettings"

# All commands of the server; the VS Code extension registers them.
COMMANDS = (CHECK_AGAIN, CHECK_WORKSPACE, OPEN_PAGE, OPEN_SETTINGS)

# Wait this long for a client to accept a progress token, in seconds.
_TOKEN_TIMEOUT = 1.0
# Most lookups of open documents finish early: show progress after this many seconds, and update it at this interval.
_DELAY = 0.5
_INTERVAL = 0.2
_FAILED = "the check failed: see the server log"
_BY_SEVERITY = tuple(Severity)


def register(server: Server) -> None:
    """Register the commands; each receives the parameters of its request. Show progress of lookups."""

    async def check_again(params: types.ExecuteCommandParams) -> dict[str, object] | None:
        """Look up the names of all open documents again, and return the summary; None if the client cancels it."""
        progress = WorkProgress(server, "mothball: checking again", params.work_done_token, is_command=True)
        async with progress:
            check = asyncio.ensure_future(server.session.check_again())
            await asyncio.wait((check, progress.canceled), return_when=asyncio.FIRST_COMPLETED)
            if not check.done():
                check.cancel()
                return None
            checked = check.result()
            findings = dict.fromkeys(
                finding for each in checked for finding in each.findings() if finding.lookup != PENDING
            )
            dependencies = sum(len(each.dependencies()) for each in checked)
            return _result(progress, len(checked), dependencies, findings)

    async def check_workspace(params: types.ExecuteCommandParams) -> dict[str, object] | None:
        """Check the workspace, show the diagnostics, and return the summary; None if the client cancels it."""
        progress = WorkProgress(server, "mothball: checking the workspace", params.work_done_token, is_command=True)
        async with progress:
            found = await server.workspace_diagnostics.check(progress, retry=True)
            if found is None:
                return None
            report, summary = found.report, found.report.summary
            messages = dict.fromkeys(
                f"{problem.path}: {problem.message}" if problem.path else problem.message for problem in report.problems
            )
            for message in messages:
                server.log(message)
            return _result(progress, summary.files, summary.dependencies, report.findings, len(messages))

    def open_page(params: types.ExecuteCommandParams) -> None:
        address = params.arguments[0] if params.arguments else None
        # Project pages are always https; another URL does not come from this server.
        if isinstance(address, str) and address.startswith("https://") and server.session.client.show_document:
            server.protocol.send_message(types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(address, external=True))

    def open_settings(params: types.ExecuteCommandParams) -> None:
        uri = params.arguments[0] if params.arguments else None
        if isinstance(uri, str) and path_of(uri) is not None and server.session.client.show_document:
            server.protocol.send_message(types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(uri, take_focus=True))

    _show_lookups(server)
    server.command(CHECK_AGAIN)(check_again)
    server.command(CHECK_WORKSPACE)(check_workspace)
    server.command(OPEN_PAGE)(open_page)
    server.command(OPEN_SETTINGS)(open_settings)


def _result(
    progress: WorkProgress, files: int, dependencies: int, findings: Iterable[Finding], problems: int = 0
) -> dict[str, object]:
    """Show the numbers of a check in words, and return them as the result of a command.

    The findings that are reported are counted by rule, the highest severity first.
    """
    reported = sorted(filter(is_reported, findings), key=lambda finding: _BY_SEVERITY.index(finding.severity))
    rules = dict(Counter(str(finding.rule) for finding in reported))
    found = ", ".join(f"{count} {rule}" for rule, count in rules.items()) or "no findings"
    checked = f"{_counted(files, 'file', 'files')}, {_counted(dependencies, 'dependency', 'dependencies')}"
    seen = f"; {_counted(problems, 'problem', 'problems')} (see the log)" if problems else ""
    progress.outcome = f"{checked}: {found}{seen}"
    return {
        "files": files,
        "dependencies": dependencies,
        "findings": sum(rules.values()),
        "problems": problems,
        "rules": rules,
        "message": progress.outcome,
    }


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


class WorkProgress:
    """Work-done progress of one request; ``canceled`` is done once the client has canceled it by its token.

    ``outcome`` is shown at the end. For a command, a client without progress gets it as a message.
    """

    def __init__(
        self,
        server: Server,
        title: str,
        token: types.ProgressToken | None,
        *,
        is_command: bool = False,
        is_background: bool = False,
    ) -> None:
        """Report to ``token``; if it is None, a command and background work request one from the client."""
        self.canceled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.outcome = ""
        self._server = server
        self._title = title
        self._token = token
        self._is_command = is_command
        self._is_background = is_background

    async def _create(self) -> None:
        token, responded = f"mothball-{uuid.uuid4()}", asyncio.get_running_loop().create_future()
        response = self._server.protocol.send_request(
            types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
        )
        response.add_done_callback(lambda _: responded.set_result(None))
        # Some clients never respond. A later response is ignored.
        await asyncio.wait({responded}, timeout=_TOKEN_TIMEOUT)
        if response.done() and not response.cancelled() and response.exception() is None:
            self._token = token

    async def __aenter__(self) -> Self:
        if self._token is None and self._server.session.client.progress and (self._is_command or self._is_background):
            await self._create()
        self._server.is_checking = self._server.is_checking or self._is_command
        if self._token is not None:
            progress = self._server.work_done_progress
            begin = types.WorkDoneProgressBegin(self._title, cancellable=not self._is_background, percentage=0)
            progress.begin(self._token, begin)
            progress.tokens[self._token].add_done_callback(lambda _: self.canceled.set_result(None))
        return self

    async def __aexit__(self, error: type[BaseException] | None, *_: object) -> None:
        has_failed = error is not None and issubclass(error, Exception)
        outcome = _FAILED if has_failed else self.outcome
        if self._is_command:
            self._server.is_checking = False
        if self._token is not None:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd(message=outcome or None))
            self._server.work_done_progress.tokens.pop(self._token, None)
        elif self._is_command and outcome:
            kind = types.MessageType.Error if has_failed else types.MessageType.Info
            self._server.window_show_message(types.ShowMessageParams(kind, f"mothball: {outcome}"))

    def report(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` names are looked up."""
        if self._token is not None and total:
            report = types.WorkDoneProgressReport(message=f"{done} of {total} names", percentage=100 * done // total)
            self._server.work_done_progress.report(self._token, report)


def _show_lookups(server: Server) -> None:
    """Show progress while names are looked up on indexes."""
    lookups = server.session.lookups

    async def show() -> None:
        await asyncio.sleep(_DELAY)
        progress = WorkProgress(server, "mothball: looking up dependencies", None, is_background=True)
        try:
            if lookups.pending() and not server.is_checking:
                async with progress:
                    total = 0
                    while left := lookups.pending():
                        total = max(total, left)
                        progress.report(total - left, total)
                        await asyncio.sleep(_INTERVAL)
        finally:
            lookups.on_network = start

    def start() -> None:
        # One progress at a time: further lookups are added to it.
        lookups.on_network = None
        server.run_in_background(show())

    lookups.on_network = start
