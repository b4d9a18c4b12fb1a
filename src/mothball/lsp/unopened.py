"""The files of the workspace that are not open: what is known of them, what the client shows, and when to look again.

Nothing is known before a check was asked for, by the command or by a client that pulls the workspace; from then on what
is shown follows. All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.answers import Answer, Unavailable
from mothball.files import is_inside
from mothball.index.run import Query
from mothball.lsp.convert import uri_of
from mothball.lsp.diagnostics import Shape
from mothball.lsp.documents import OpenDocument
from mothball.lsp.lookups import Answers, Known, is_wanting
from mothball.lsp.shared_run import Audience, GivenUpError, OnProgress, SharedRun
from mothball.lsp.workspace_check import Again, Found, Means, check_folders
from mothball.paths import upward

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# What changes together is looked at together, this many seconds later; and the more a look takes, the longer it is
# before the next one, so that the files in the background never cost more than a part of the time.
_PAUSE = 0.5
_REST = 4
_LONGEST_REST = 10.0
# How long a client that pulls is answered out of the last check, when nothing is known to have changed; in seconds.
_RENEWAL = 300.0


class Unopened:
    """What is known of all files of the workspace, open or not, as they stand on the disk."""

    def __init__(self, server: Server) -> None:
        """Know nothing yet."""
        # Whether the client pulls what is found; it is sent otherwise.
        self.pulls = False
        # The diagnostics, and what they are called in reports, by absolute path; None before the first check.
        self._found: Found | None = None
        self.result_ids: dict[str, str] = {}
        # Those that were answered last to a client that pulls, and how many answers are being made.
        self.answered: dict[str, str] | None = None
        self._renewing = 0
        self._server = server
        self._bench = server.bench
        self._pushed: dict[str, list[types.Diagnostic]] = {}
        self._threads = ThreadPoolExecutor(1, "mothball-workspace")
        self._run: SharedRun | None = None
        # Counts what may have changed verdicts: files, folders, settings, answers; and as far as it is known.
        self._changes = 0
        self._seen = 0
        self._checked_at = 0.0
        self._held: dict[Query, Known] = {}
        self._again = Again()
        # What was cleared without a check, by path, and how many changes there had been with it.
        self._dropped: dict[str, int] = {}
        self._follower: _Follower | None = None
        self._rest = 0.0

    def diagnostics(self) -> Mapping[str, list[types.Diagnostic]]:
        """Return what was found, by the absolute paths of the files."""
        return self._found.diagnostics if self._found is not None else {}

    # --- checks ---

    async def check(self, audience: Audience, *, asks_all: bool = True) -> Found:
        """Check the workspace, or join the check that is under way when nothing has changed since it began.

        Raises GivenUpError when ``audience`` is gone before.
        """
        run = self._run
        if run is None or run.is_over() or run.changes != self._changes or (asks_all and not run.asks_all):
            if self._follower is not None and self._follower is not audience:
                # This check tells all that the one in the background would have told, and is being waited for.
                self._follower.leave()
            run = self._begin(asks_all=asks_all)
        return await run.result_for(audience)

    def _begin(self, *, asks_all: bool) -> SharedRun:
        bench, folders, again = self._bench, tuple(self._bench.folders), self._again
        held = {} if asks_all else dict(self._held)
        shape = Shape(bench.client, deprecated_tag=bench.settings.deprecated_tag)
        private = bench.held_back.private()

        def work(on_progress: OnProgress) -> Found:
            means = Means(
                lambda folder: bench.user_side().governor(folder),
                lambda queries, refresh: bench.lookups.ask_here(queries, refresh=refresh),
                held,
                private,
                again,
                shape,
                on_progress,
            )
            return check_folders(folders, means)

        begin = time.time()

        def then(run: SharedRun, found: Found) -> None:
            if self._again is again:
                self._again = Again()
            self._hold(found.answers, begin)
            self._take(run, found)

        # In a thread of its own: what hover and typing wait for must not stand behind it.
        self._run = SharedRun(self._changes, self._threads, work, then, asks_all=asks_all)
        return self._run

    def _take(self, run: SharedRun, found: Found) -> None:
        """Take in what a check came to, and show it."""
        if self._found is not None:
            found = found.after(self._found)
        # What was cleared while the check was under way is not shown again.
        self._dropped = {path: at for path, at in self._dropped.items() if at > run.changes}
        left = {path: told for path, told in found.diagnostics.items() if path not in self._dropped}
        found = found._replace(diagnostics=left)
        self._seen = run.changes
        if run.asks_all:
            self._checked_at = time.monotonic()
        self._know(found)
        self._bench.know_unused(found.unused)
        self._follow()

    def _hold(self, answers: Answers, begin: float) -> None:
        """Hold what a check learnt, which began at the time ``begin``, and what has come since for open documents."""
        now = time.time()
        newer = {query: known for query, known in self._held.items() if known.came_at > begin and query in answers}
        if any(_differ(answers[query], known.answer) for query, known in newer.items()):
            self._changes += 1
        self._held = {**{query: Known(query, answer, now) for query, answer in answers.items()}, **newer}

    def _know(self, found: Found) -> None:
        self._found = found
        self.result_ids = {path: _digest(told) for path, told in found.diagnostics.items()}
        if not self.pulls:
            self._push()
        elif self.answered is not None and self.answered != self.result_ids and not self._renewing:
            self._server.refresh()

    # --- what is shown ---

    def _push(self) -> None:
        """Send what differs from what was sent; files that are open show their own."""
        open_paths = {document.path for document in self._bench.documents.values()}
        shown = {path: told for path, told in self.diagnostics().items() if told and path not in open_paths}
        before, self._pushed = self._pushed, shown
        for path in before.keys() - shown.keys() - open_paths:
            self._server.unpublish(uri_of(path))
        for path, told in shown.items():
            if before.get(path) != told:
                self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri_of(path), told))

    def opened(self, path: str) -> None:
        """Take back what was sent for a file that is open now: it will show its own.

        What is none of ours, such as a snapshot that cannot be used, goes on showing what a check has found of it.
        """
        is_ours = any(document.path == path for document in self._bench.documents.values())
        if is_ours and self._pushed.pop(path, None) is not None:
            self._server.unpublish(uri_of(path))

    def closed(self, document: OpenDocument) -> None:
        """Show of a file that was closed what is known of it on the disk, and take back what it showed itself."""
        told = self.diagnostics().get(document.path, [])
        if not self._bench.client.pulls and not (told and document.uri == uri_of(document.path)):
            self._server.unpublish(document.uri)
        if not self.pulls:
            self._push()
        elif told:
            self._server.refresh()
        self.changed()

    async def renew(self, audience: Audience) -> None:
        """See to it that what is known is not out of date, for a client that pulls. Raises as ``check`` does."""
        self._renewing += 1
        try:
            await self.check(audience, asks_all=self._is_old())
        finally:
            self._renewing -= 1

    def is_current(self) -> bool:
        """Return whether nothing is known to have changed since the last check, and that was not long ago."""
        return not self._is_old() and self._seen == self._changes

    def _is_old(self) -> bool:
        return self._found is None or time.monotonic() - self._checked_at > _RENEWAL

    # --- what changes ---

    def changed(self) -> None:
        """Look again, soon, at what is shown: files, settings or folders have changed."""
        self._changes += 1
        self._follow()

    def asked_again(self, spared: frozenset[Query]) -> None:
        """Have the next check ask for all names of files that show anything; ``spared`` are being asked for."""
        self._again = Again(frozenset(path for path, told in self.diagnostics().items() if told), spared)

    def answered_meanwhile(self, answers: Answers) -> None:
        """Take in answers that came for open documents; where they say something new, look again."""
        if self._run is None:
            return
        now = time.time()
        known = {query: self._held[query].answer for query in answers if query in self._held}
        self._held.update({query: Known(query, answer, now) for query, answer in answers.items()})
        if any(_differ(answers[query], before) for query, before in known.items()):
            self.changed()

    def keep_house(self) -> None:
        """Look again where an index has not answered: it may by now."""
        now = time.time()
        failed = ((query, known) for query, known in self._held.items() if isinstance(known.answer, Unavailable))
        if any(is_wanting(query, known, now) and not query.settings.offline for query, known in failed):
            self.changed()

    def files_gone(self, paths: Iterable[str]) -> None:
        """Clear at once what is shown of files that were deleted, or lay in a directory that was."""
        gone = frozenset(paths)
        lay_there = [path for path in self.diagnostics() if any(one in gone for one in upward(path))]
        self._drop(path for path in lay_there if not os.path.lexists(path))

    def folders_gone(self, folders: Iterable[str]) -> None:
        """Clear at once what is shown of files in folders that are no part of the workspace any more."""
        gone = tuple(folders)
        self._drop(
            path
            for path in self.diagnostics()
            if any(is_inside(path, folder) for folder in gone) and self._bench.folder_of(path) is None
        )

    def _drop(self, paths: Iterable[str]) -> None:
        dropped = frozenset(paths)
        if self._found is not None and dropped:
            self._changes += 1
            self._dropped.update(dict.fromkeys(dropped, self._changes))
            left = {path: told for path, told in self._found.diagnostics.items() if path not in dropped}
            self._know(self._found._replace(diagnostics=left))

    def _follow(self) -> None:
        if self._found is not None and self._seen != self._changes and self._follower is None:
            self._follower = _Follower()
            self._server.run_errand(self._look_again(self._follower))

    async def _look_again(self, follower: _Follower) -> None:
        try:
            await asyncio.sleep(max(_PAUSE, self._rest))
            if self._seen != self._changes:
                begin = time.monotonic()
                with suppress(GivenUpError):
                    await self.check(follower, asks_all=False)
                self._rest = min(_REST * (time.monotonic() - begin), _LONGEST_REST)
        finally:
            self._follower = None
        self._follow()


class _Follower:
    """Wants a check so that what is shown follows; nobody waits for it."""

    def __init__(self) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, done: int, total: int) -> None:
        """Tell nobody."""

    def leave(self) -> None:
        if not self.gone.done():
            self.gone.set_result(None)


def _differ(one: Answer, other: Answer) -> bool:
    """Return whether two answers say different things, whenever and by whom they were given."""
    return type(one) is not type(other) or one._replace(origin=other.origin) != other


def _digest(diagnostics: list[types.Diagnostic]) -> str:
    return hashlib.blake2b(repr(diagnostics).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
