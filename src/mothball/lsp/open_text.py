"""Parse a text in an editor, resolve it in the context of the saved files, and check it.

The disk is accessed only for the paths of includes and local references.

Configuration and resolution are those of ``mothball check``, with the editor's text in place of the file's. There are
two differences. Routing follows the saved file, because an unsaved text may hold an incomplete index URL to which, or
because of which, no name must be sent. And formats that are parsed as a whole yield nothing for a text with a syntax
error: the dependencies of the last valid parse on unchanged lines are kept. They were looked up before, so no name that
is being typed is looked up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, takewhile
from types import MappingProxyType
from typing import Any, TypeVar

from mothball.check.inputs import LookUp, LookupPlan, ResolvedConfig, ResolvedFile, RunSettings, is_lock, pin_of
from mothball.check.pipeline import build_report, plan_lookups
from mothball.check.policy import confirm_versions
from mothball.config.project import ProjectConfig
from mothball.discovery.committed import unchanged_since
from mothball.discovery.config_lookup import table_path
from mothball.discovery.project_context import LocalProjects
from mothball.discovery.resolve import resolve_text
from mothball.formats.table import parse
from mothball.formats.toml.scanner import scan_cached
from mothball.formats.toml.values import find_span, table_at
from mothball.index.resolution import Query
from mothball.lsp.lookups import PENDING
from mothball.model.document import (
    Dependency,
    Document,
    FileKind,
    IgnoreComment,
    Include,
    LineIndex,
    Location,
    ParsedFile,
    ParseProblem,
    Span,
    UnnamedEntry,
)
from mothball.model.file_names import MOTHBALL_TOML, PYPROJECT_TOML
from mothball.model.records import NamedTuple
from mothball.model.results import CheckedDependency, CheckMode, Finding, Problem, Report, Severity, new_report
from mothball.repository.files import DISK, Stamp, display_path, stamp_of
from mothball.routing.facts import (
    LocalNames,
    LocalReference,
    LookupFacts,
    SavedRouting,
    group_by_name,
    index_settings,
    local_references,
)

# mothball.toml has no dependencies; it is checked for errors in the configuration.
CONFIGURATION_FORMAT = "configuration"

_Item = TypeVar("_Item", Dependency, IgnoreComment, Include, ParseProblem, UnnamedEntry)


class SavedFile(NamedTuple):
    """The saved file of a document, empty if it does not exist yet.

    ``routing`` is its routing, ``indexes`` its own index settings, and ``references`` its references to local projects.
    """

    file: ResolvedFile
    routing: SavedRouting
    indexes: tuple[object, ...]
    references: frozenset[LocalReference]


class DocumentContext(NamedTuple):
    """The files on disk that matter for an open document.

    ``path`` is absolute. ``saved`` is None if nothing of the document may be looked up because the configuration is
    invalid or excludes it, or because the file is ``unreadable``; it is the last valid version, with the current
    configuration, if the file was saved with a syntax error. ``manifests`` are those of its project if it is a lock,
    ``snapshots`` the paths of the snapshots in use. ``stamps`` are those of all files read, to detect changes.
    """

    path: str
    root: str
    saved: SavedFile | None = None
    manifests: tuple[ResolvedFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    snapshots: tuple[str, ...] = ()
    stamps: Mapping[str, Stamp | None] = MappingProxyType({})

    def is_current(self) -> bool:
        """Return True if no file that was read has changed. Reads the disk."""
        return all(stamp_of(path) == stamp for path, stamp in self.stamps.items())


class LastValid(NamedTuple):
    """A text and the part of the last valid parse that still applies to it: all of it if the text is valid."""

    text: str
    document: Document


class TypedPolicy(NamedTuple):
    """The policy in the text of the open configuration at the absolute ``path``; its ``table``, as TOML values.

    Of ``config``, only severities, ignores and successors are set.
    """

    path: str
    table: object
    config: ProjectConfig


class Unsaved(NamedTuple):
    """State of other editor texts that is not saved.

    ``private`` are private name patterns of configurations; ``has_indexes`` is True if a text names other indexes than
    its file. ``policies`` are those of all open configurations that may apply, including the text itself.
    """

    private: tuple[str, ...] = ()
    has_indexes: bool = False
    policies: tuple[TypedPolicy, ...] = ()


class Parsed(NamedTuple):
    """A text that was parsed and resolved in its context, ready to be checked any number of times.

    ``file`` is None if the text must not be checked. ``manifests`` are checked together with it. ``changes_indexes`` is
    True if the text names other indexes than the saved file. ``valid`` is the unchanged part of the last valid parse,
    None if there was none. ``plan`` has the lookups that the text needs.
    """

    text: str
    context: DocumentContext
    unsaved: Unsaved
    file: ResolvedFile | None = None
    manifests: tuple[ResolvedFile, ...] = ()
    changes_indexes: bool = False
    valid: LastValid | None = None
    plan: LookupPlan = LookupPlan((), ())


def run_settings() -> RunSettings:
    """Return the settings of a check that starts now."""
    now = time.time()
    today = time.strftime("%Y-%m-%d", time.localtime(now))
    return RunSettings(today=today, now=now, mode=CheckMode.EDITOR, unchanged_since=unchanged_since)


def parse_open(text: str, context: DocumentContext, unsaved: Unsaved, before: Parsed | None) -> Parsed:
    """Parse and resolve ``text`` in its ``context``.

    ``unsaved`` is the state of other editor texts, ``before`` the last parse of the document, possibly of another text.
    Takes linear time; accesses the disk only for the paths of includes and local references.
    """
    if before is not None and before.text == text and before.context is context and before.unsaved == unsaved:
        return before
    valid = before.valid if before is not None else None
    if context.saved is None:
        return Parsed(text, context, unsaved, valid=valid)
    saved, routing, indexes, _ = context.saved
    if not saved.document.is_broken and (valid is None or text == saved.text):
        valid = LastValid(saved.text, saved.document)
    is_saved = text == saved.text and not saved.document.is_broken
    if is_saved or saved.document.format == CONFIGURATION_FORMAT:
        document = saved.document
    else:
        document = parse_text(saved.document.format, text, saved.kind, valid)
    if not document.is_broken or valid is not None:
        valid = LastValid(text, document)
    changes_indexes = not is_saved and indexes_in(document, text, context.path) != indexes
    facts = LookupFacts(
        _local_names(document, text, context.root, context.path, context.saved),
        saved.facts.unknown_indexes,
        unsaved.private,
        saved.facts.inherited_pins,
        # What is typed is believed until it is saved: no name is looked up because of an incomplete path.
        saved.facts.false_claims,
        None if is_saved else routing,
        has_unsaved_indexes=not is_saved and (changes_indexes or unsaved.has_indexes),
    )
    parsed = ParsedFile(context.path, context.root, text, document, saved.kind)
    resolved_config = _with_policy(saved.resolved_config, unsaved.policies, saved, text)
    file = resolve_text(parsed, saved, facts, resolved_config)
    manifests: tuple[ResolvedFile, ...] = ()
    if context.manifests and is_lock(document):
        manifests = tuple(
            manifest._replace(resolved_config=_with_policy(manifest.resolved_config, unsaved.policies))
            for manifest in context.manifests
        )
    plan = plan_lookups((file, *manifests), run_settings())
    return Parsed(text, context, unsaved, file, manifests, changes_indexes, valid, plan)


def _local_names(document: Document, text: str, root: str, path: str, saved: SavedFile) -> LocalNames:
    """Return the local projects of the saved file, and those that only ``text`` refers to, resolved on disk."""
    new = [reference for reference in local_references(document, text, path) if reference not in saved.references]
    local_names = saved.file.facts.local_names
    if not new:
        return local_names
    added = LocalProjects({}, DISK).resolve(new, root)
    return group_by_name((*chain(*local_names.values()), *added))


# --- the check --------------------------------------------------------------------------------------------------------


_NO_REPORT = new_report((), (), (), (), (), files=0, repinned=0)


class Checked(NamedTuple):
    """A text of a document and the result of its check.

    ``path`` is its path as displayed in reports. ``file`` is None if the document must not be checked; ``manifests``
    were checked with it. ``unused`` are unused ignores in it that a check of the workspace found, and ``unreadable``
    is the finding about a saved file that cannot be read.
    """

    text: str
    path: str
    version: int | None = None
    file: ResolvedFile | None = None
    manifests: tuple[ResolvedFile, ...] = ()
    report: Report = _NO_REPORT
    queries: tuple[Query, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    unused: tuple[Finding, ...] = ()

    def is_pending(self) -> bool:
        """Return True if any dependency has not been looked up yet."""
        return any(item.lookup == PENDING for item in self.dependencies())

    def dependencies(self) -> list[CheckedDependency]:
        """Return the dependencies of this document, without those of its manifests."""
        path = self.path
        return [item for item in self.report.dependencies if item.path == path]

    def dependencies_at(self, start: int, end: int, lines: range) -> list[CheckedDependency]:
        """Return those that touch the text from ``start`` to ``end``, else the only one on ``lines`` (1-based)."""
        items = self.dependencies()
        touched = [
            item
            for item in items
            if item.dependency.entry_span.start <= end and item.dependency.entry_span.end >= start
        ]
        on_lines = [] if touched else [item for item in items if item.location.start.line in lines]
        return on_lines if len(on_lines) == 1 else touched

    def query_of(self, item: CheckedDependency) -> Query | None:
        """Return the query for a dependency of this document, None if it is not looked up."""
        queries = [query for query in self.queries if query.name == item.dependency.name]
        pinned = (query for query in queries if query.pin == pin_of(item.dependency))
        return next(chain(pinned, queries), None)

    def findings(self) -> list[Finding]:
        """Return the findings of this document in its order, suppressed ones included."""
        path = self.path
        return [
            finding
            for finding in (*self.report.findings, *self.unused)
            if finding.path in (path, "") or any(place.path == path for place in finding.related_locations)
        ]

    def findings_of(self, item: CheckedDependency) -> list[Finding]:
        """Return the findings of a dependency, suppressed ones included: about the project, and about the version."""
        return [
            finding
            for finding in self.findings()
            if finding.lookup is not None and item.location in (finding.location, *finding.related_locations)
        ]


def is_reported(finding: Finding) -> bool:
    """Return True if ``finding`` is shown: not ignored, and its severity is not "off"."""
    return finding.suppressed is None and finding.severity is not Severity.OFF


def check(parsed: Parsed, version: int | None, unused: Iterable[Finding], results: LookUp) -> Checked:
    """Check a parsed text with the lookup results that ``results`` returns.

    ``unused`` are the unused ignores in the saved text that a check of the workspace found.
    """
    context, file, settings, queries = parsed.context, parsed.file, run_settings(), parsed.plan.queries()
    path = file.path if file is not None else display_path(context.path)
    judged, again = confirm_versions(parsed.plan, results(queries), results, settings)
    # Of the unused ignores, those that are still in the text, at their current location.
    locations = file.resolved_config.ignore_locations if file is not None else {}
    still_unused = (finding for finding in unused if finding.path == path and finding.name in locations)
    return Checked(
        parsed.text,
        path,
        version,
        file,
        parsed.manifests,
        build_report(judged, settings),
        (*queries, *again),
        context.problems,
        context.unreadable,
        tuple(finding._replace(location=locations[finding.name or ""]) for finding in still_unused),
    )


# --- the configuration as typed ---------------------------------------------------------------------------------------


def _with_policy(
    resolved_config: ResolvedConfig,
    policies: tuple[TypedPolicy, ...],
    saved: ResolvedFile | None = None,
    text: str = "",
) -> ResolvedConfig:
    """Return ``resolved_config`` with the policy in the text of its file, or of the one that is to be created.

    If that is the file ``saved``, whose text in the editor is ``text``, the locations of ignores are those in the text.
    """
    shown, config, locations = resolved_config.path, resolved_config.config, resolved_config.ignore_locations
    policy = next((policy for policy in policies if policy.path == resolved_config.edited_path), None)
    if policy is not None:
        shown, typed = display_path(policy.path), policy.config
        config = config._replace(severities=typed.severities, ignores=typed.ignores, successors=typed.successors)
    if saved is not None and saved.path == shown and (policy is not None or text != saved.text):
        locations = _ignore_locations(text, shown, config)
    elif policy is None:
        return resolved_config
    return resolved_config._replace(path=shown, config=config, ignore_locations=locations)


def _ignore_locations(text: str, shown: str, config: ProjectConfig) -> dict[str, Location]:
    """Return the current locations of the ignores of a configuration, without those that were removed."""
    parsed, lines = scan_cached(text), LineIndex(text)
    locations = {}
    for ignore in config.ignores:
        span = find_span(parsed, (*table_path(shown), "ignore", ignore.key))
        if span is not None:
            locations[ignore.name] = lines.location(shown, span)
    return locations


def indexes_in(document: Document, text: str, path: str) -> tuple[object, ...]:
    """Return the index settings of a text itself, wherever they are in it, to compare them with those of another.

    Workspaces count, because their members are not looked up.
    """
    return index_settings(document), document.workspaces, typed_setting(text, path, "index-url")


def typed_setting(text: str, path: str, name: str) -> object:
    """Return a value of mothball's table in a configuration with incomplete text, None if it has none."""
    table = typed_table(text, path) if name in text else None
    return table.get(name) if isinstance(table, Mapping) else None


def typed_table(text: str, path: str) -> object:
    """Return mothball's table in a configuration with incomplete text, empty for other files than configurations."""
    prefix = table_path(path)
    # A cheap test before scanning the text.
    if os.path.basename(path) not in (MOTHBALL_TOML, PYPROJECT_TOML) or (prefix and "mothball" not in text):
        return {}
    return table_at(scan_cached(text), prefix)


# --- texts with a syntax error ----------------------------------------------------------------------------------------


def parse_text(format_name: str, text: str, kind: FileKind, valid: LastValid | None) -> Document:
    """Parse ``text``; if it has a syntax error, with the entries of ``valid`` on unchanged lines.

    Unchanged are the lines that both texts begin or end with; several edits are applied one after the other. Indexes
    and the project name stay those of the last valid parse.
    """
    document = parse(format_name, text, kind)
    return _keep_unchanged_lines(valid, text, document) if document.is_broken and valid is not None else document


def _keep_unchanged_lines(valid: LastValid, text: str, broken: Document) -> Document:
    """Return ``broken``, the document of ``text``, with the entries of ``valid`` on unchanged lines."""
    before, after = valid.text.split("\n"), text.split("\n")
    first = _count_alike(before, after)
    last = _count_alike(reversed(before[first:]), reversed(after[first:]))
    head = sum(len(line) + 1 for line in before[:first])
    tail = len(valid.text) - sum(len(line) + 1 for line in before[len(before) - last :]) + 1
    shift = len(text) - len(valid.text)

    def move(span: Span) -> Span | None:
        if span.end < head:
            return span
        return Span(span.start + shift, span.end + shift) if span.start >= tail else None

    document = valid.document
    return document._replace(
        dependencies=_moved(document.dependencies, move),
        ignores=_moved(document.ignores, move),
        includes=_moved(document.includes, move),
        unnamed=_moved(document.unnamed, move),
        unresolvable=_moved(document.unresolvable, move),
        problems=broken.problems,
        is_broken=True,
    )


def _count_alike(lines: Iterable[str], others: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lines, others, strict=False)))


def _moved(items: Iterable[_Item], move: Callable[[Span], Span | None]) -> tuple[_Item, ...]:
    """Return the ``items`` whose spans can all be moved, with the new spans."""
    moved = []
    for item in items:
        spans: dict[str, Any] = {name: move(value) for name, value in item._asdict().items() if isinstance(value, Span)}
        if None not in spans.values():
            moved.append(item._replace(**spans))
    return tuple(moved)
