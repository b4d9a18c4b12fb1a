"""The open documents and the results of their checks. Used only in the event loop's thread."""

from __future__ import annotations

import asyncio
import os
from itertools import chain

from lsprotocol import types  # noqa: TC002 - as TC001

from mothball.check.inputs import LookupPlan, pin_of
from mothball.formats.names import format_of
from mothball.index.resolution import Query
from mothball.lsp.last_valid import LastValid
from mothball.lsp.lookups import PENDING
from mothball.lsp.open_document import CONFIGURATION_FORMAT, DocumentContext, OpenFile
from mothball.lsp.unsaved import NOTHING_UNSAVED, Unsaved
from mothball.model.document import Span
from mothball.model.file_names import MOTHBALL_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import CheckedDependency, Finding, Problem, Report, Severity


class Checked(NamedTuple):
    """A text of a document and the result of its check.

    ``opened`` is None if the document must not be checked; ``shown`` is its path as displayed in reports.
    ``unreadable`` is the finding about a saved file that cannot be read.
    """

    text: str
    shown: str
    version: int | None
    opened: OpenFile | None
    report: Report | None
    queries: tuple[Query, ...]
    problems: tuple[Problem, ...]
    unreadable: tuple[Finding, ...] = ()

    @property
    def path(self) -> str:
        """The path of the document in the report."""
        return self.opened.file.path if self.opened else ""

    def is_pending(self) -> bool:
        """Return True if any dependency has not been looked up yet."""
        return any(item.lookup == PENDING for item in self.dependencies())

    def dependencies(self) -> list[CheckedDependency]:
        """Return the dependencies of this document, without those of its manifests."""
        items, path = self.report.dependencies if self.report else (), self.path
        return [item for item in items if item.path == path]

    def query_of(self, item: CheckedDependency) -> Query | None:
        """Return the query for a dependency of this document, None if it is not looked up."""
        queries = [query for query in self.queries if query.name == item.dependency.name]
        pinned = (query for query in queries if query.pin == pin_of(item.dependency))
        return next(chain(pinned, queries), None)

    def findings(self) -> list[Finding]:
        """Return the findings of this document in its order, suppressed ones included."""
        findings, path = self.report.findings if self.report else (), self.path
        return [
            finding
            for finding in findings
            if finding.path in (path, "") or any(place.path == path for place in finding.related_locations)
        ]


class Parsed(NamedTuple):
    """A parsed text; ``opened`` is None if the document must not be checked.

    ``unsaved`` is the state of other editor texts at that time, and ``plan`` has the lookups that the text needs.
    """

    context: DocumentContext
    text: str
    opened: OpenFile | None
    unsaved: Unsaved = NOTHING_UNSAVED
    plan: LookupPlan = LookupPlan((), ())


class OpenDocument:
    """A document between didOpen and didClose."""

    def __init__(self, uri: str, path: str, file_format: str, text: str, version: int | None) -> None:
        self.uri = uri
        self.path = path
        self.format = file_format
        self.text = text
        self.version = version
        # Number of changes since the document was opened. Editors move what they show with every change, so diagnostics
        # belong to one revision, even if its text equals that of an earlier one.
        self.revision = 0
        # Private name patterns in the text, if the document is a configuration file.
        self.private: tuple[str, ...] = ()
        # Whether the indexes in the text differ from those of the saved file, and a changed project name.
        self.changes_indexes = False
        self.unsaved_project_name = ""
        self.context: DocumentContext | None = None
        self.parsed: Parsed | None = None
        # The unchanged part of the last valid parse, for formats that are parsed as a whole or not at all.
        self.valid: LastValid | None = None
        self.checked: Checked | None = None
        self.checked_revision = -1
        self.diagnostics: list[types.Diagnostic] | None = None
        self.result_id = ""
        # The revision whose diagnostics were sent or can be pulled; None to send them in any case.
        self.reported_revision: int | None = None
        # Whether a client that pulls has received the diagnostics before the last change.
        self.pulled = False
        # Number of pulls that wait for a check: their responses will have its diagnostics.
        self.waiting_pulls = 0
        # The first read failed; the next change tries again.
        self.read_failed = False
        # Number of reads started; the results of all but the last are dropped.
        self.reads_started = 0
        self.check_is_scheduled = False
        self.lookup_is_due = False
        # The last change, until the file is saved: a name may still be being typed there.
        self.last_edit: Span | None = None
        # Long texts are checked in a thread, one check at a time; `is_outdated` requests another one.
        self.is_in_thread = False
        self.is_outdated = False
        self.lookup_timer: asyncio.TimerHandle | None = None
        self.waiters: list[asyncio.Future[None]] = []

    def change(self, text: str, version: int | None) -> None:
        """Replace the text."""
        self.text, self.version = text, version
        self.revision += 1

    def queries(self) -> tuple[Query, ...]:
        """Return the queries of the text that was checked last."""
        return self.checked.queries if self.checked is not None else ()

    def is_checked(self) -> bool:
        """Return True if the current text is checked."""
        return self.checked_revision == self.revision and not self.check_is_scheduled


def format_for(path: str, *, scripts: bool) -> str | None:
    """Return the format of the file at ``path`` by its name, None if it is not a dependency file.

    Language identifiers are ignored: editors use four different ones for requirements files.
    """
    if os.path.basename(path) == MOTHBALL_TOML:
        return CONFIGURATION_FORMAT
    found = format_of(path)
    if found is None and scripts and path.endswith(".py"):
        return "script"
    return found


def is_reported(finding: Finding) -> bool:
    """Return True if ``finding`` is shown: not ignored, and its severity is not "off"."""
    return finding.suppressed is None and finding.severity is not Severity.OFF
