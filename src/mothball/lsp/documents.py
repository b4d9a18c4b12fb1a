"""The documents that the client has opened, and what was made of each. All of it belongs to the event loop's thread."""

from __future__ import annotations

import asyncio
import os

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.formats.table import format_of
from mothball.index.resolution import Query
from mothball.lsp.last_valid import LastValid
from mothball.lsp.lookups import PENDING
from mothball.lsp.open_document import CONFIGURATION_FORMAT, DocumentContext, OpenFile
from mothball.lsp.unsaved import NOTHING_UNSAVED, Unsaved
from mothball.model.document import Span
from mothball.model.file_names import MOTHBALL_TOML
from mothball.model.findings import CheckedDependency, Finding, Problem, Report, Severity
from mothball.model.records import NamedTuple


class Checked(NamedTuple):
    """One text of a document with the verdict on it. ``opened`` is None where nothing of it may be checked.

    ``shown`` is its path as reports and problems show it.
    """

    text: str
    shown: str
    version: int | None
    opened: OpenFile | None
    report: Report | None
    queries: tuple[Query, ...]
    problems: tuple[Problem, ...]

    @property
    def path(self) -> str:
        """The path by which the report knows the document."""
        return self.opened.file.path if self.opened else ""

    def is_pending(self) -> bool:
        """Return whether any of its names has not been asked for yet."""
        return any(item.lookup == PENDING for item in self.dependencies())

    def dependencies(self) -> list[CheckedDependency]:
        """Return what was checked of this document, not of the files around it."""
        items, path = self.report.dependencies if self.report else (), self.path
        return [item for item in items if item.path == path]

    def findings(self) -> list[Finding]:
        """Return the findings that this document bears, in its order; the suppressed ones are among them."""
        findings, path = self.report.findings if self.report else (), self.path
        return [
            finding
            for finding in findings
            if finding.path in (path, "") or any(place.path == path for place in finding.related_locations)
        ]


class Parsed(NamedTuple):
    """A text, parsed by what was known of its surroundings; ``opened`` is None where nothing of it may be checked.

    ``unsaved`` is what other texts in the editor said.
    """

    context: DocumentContext
    text: str
    opened: OpenFile | None
    unsaved: Unsaved = NOTHING_UNSAVED


class OpenDocument:
    """A document between its didOpen and its didClose."""

    def __init__(self, uri: str, path: str, file_format: str, text: str, version: int | None) -> None:
        """Begin with nothing known of it."""
        self.uri = uri
        self.path = path
        self.format = file_format
        self.text = text
        self.version = version
        # What the text says of private names, where it is a configuration.
        self.private: tuple[str, ...] = ()
        # Whether the text names other indexes than the file on disk, and what new name it gives the project.
        self.changes_indexes = False
        self.unsaved_project_name = ""
        self.context: DocumentContext | None = None
        self.parsed: Parsed | None = None
        # What is left of the last valid parse, for formats that are read whole or not at all.
        self.valid: LastValid | None = None
        self.checked: Checked | None = None
        self.diagnostics: list[types.Diagnostic] | None = None
        self.result_id = ""
        # Whether the client, which pulls, has what `diagnostics` was before it changed for the last time.
        self.pulled = False
        # The only survey there was has failed; the next change is reason to try again.
        self.read_failed = False
        # Counts the reads_started that were begun, so that one overtaken by the next is dropped.
        self.reads_started = 0
        self.check_is_scheduled = False
        self.lookup_is_due = False
        # Where the last change was, until the file is saved: there, somebody may still be typing a name.
        self.last_edit: Span | None = None
        # A long text is judged in a thread, one after the other; `is_outdated` when there is reason to do it again.
        self.is_in_thread = False
        self.is_outdated = False
        self.lookup_timer: asyncio.TimerHandle | None = None
        self.waiters: list[asyncio.Future[None]] = []

    def queries(self) -> tuple[Query, ...]:
        """Return what is asked for the text that was checked last."""
        return self.checked.queries if self.checked is not None else ()

    def is_checked(self) -> bool:
        """Return whether the verdict is about the text as it is now."""
        return self.checked is not None and self.checked.text == self.text and not self.check_is_scheduled


def format_for(path: str, *, scripts: bool) -> str | None:
    """Return the format of the file at ``path`` by its name alone; None for what is not ours.

    Language ids say nothing: a requirements file has four of them, depending on the editor.
    """
    if os.path.basename(path) == MOTHBALL_TOML:
        return CONFIGURATION_FORMAT
    found = format_of(path)
    if found is None and scripts and path.endswith(".py"):
        return "script"
    return found


def is_reported(finding: Finding) -> bool:
    """Return whether ``finding`` is to be shown: nothing excuses it, and it weighs something."""
    return finding.suppressed is None and finding.severity is not Severity.OFF
