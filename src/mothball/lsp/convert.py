"""Convert positions, paths and the result of a check between mothball and the protocol.

The only module that deals with UTF-16: mothball counts code points from 0 in a text, and displays lines and columns
from 1; the protocol counts lines from 0 and, within a line, units of the negotiated encoding.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import quote, unquote, urlsplit

from lsprotocol import types

from mothball.check.messages import skipped_text
from mothball.lsp.client import ClientFeatures
from mothball.lsp.lookups import PENDING
from mothball.lsp.open_text import Checked, is_reported
from mothball.model.document import LineIndex, Location, Position, Span
from mothball.model.results import (
    Cause,
    CheckedDependency,
    Finding,
    Problem,
    Rule,
    Severity,
    Skipped,
    StatusNotStated,
    Unavailable,
)
from mothball.model.sanitize import join_names, one_line

SOURCE = "mothball"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
# Codecs and the sizes of their units, in bytes.
_ENCODINGS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
# A quoted string, a bare key or value, or a sign.
_TOKEN = re.compile(r"""\"[^"]*+"|'[^']*+'|[^\s=,\[\]{}#"']++|.""")
_DRIVE = re.compile(r"/[A-Za-z]:")


class Positions:
    """Converts offsets of a text to positions and back; linear in the text if called in order."""

    def __init__(self, text: str, encoding: str) -> None:
        """Count in units of the negotiated ``encoding``: ``utf-8``, ``utf-16`` or ``utf-32``."""
        self._lines = LineIndex(text)
        self._is_plain = encoding == "utf-32" or text.isascii()
        self._codec, self._unit_size = _ENCODINGS[encoding]
        self._last = (0, 0, 0)  # line, column and units of the last position

    def position(self, offset: int) -> types.Position:
        """Return the position of ``offset``."""
        return self._converted(self._lines.position(offset))

    def range(self, span: Span) -> types.Range:
        """Return the range of ``span``."""
        return types.Range(self.position(span.start), self.position(span.end))

    def top(self) -> types.Range:
        """Return the range of diagnostics about the whole document: its first character. Editors hide empty ranges."""
        return self.range(Span(0, min(1, len(self._lines.line(1)))))

    def token(self, position: Position) -> types.Range:
        """Return the range of the key, value or sign at ``position``."""
        start = self._lines.start(position.line) + position.column - 1
        token = _TOKEN.match(self._lines.line(position.line), position.column - 1)
        return self.range(Span(start, start + (len(token[0]) if token else 0)))

    def range_of(self, location: Location) -> types.Range:
        """Return the range of a ``location`` in this text."""
        return types.Range(self._converted(location.start), self._converted(location.end))

    def offset(self, position: types.Position) -> int:
        """Return the offset of ``position``, clipped to the end of its line and of the text."""
        if position.line >= self._lines.count:
            return self._lines.start(self._lines.count) + len(self._lines.line(self._lines.count))
        start, text = self._lines.start(position.line + 1), self._lines.line(position.line + 1)
        if self._is_plain or text.isascii():
            return start + min(position.character, len(text))
        # A position inside a character is that of its start.
        columns = range(1, len(text) + 1)
        return start + bisect_right(columns, position.character, key=lambda column: self._size_of(text[:column]))

    def _converted(self, position: Position) -> types.Position:
        line, column = position.line, position.column - 1
        if self._is_plain:
            return types.Position(line - 1, column)
        last_line, last_column, units = self._last
        if last_line != line or last_column > column:
            last_column = units = 0
        units += self._size_of(self._lines.line(line)[last_column:column])
        self._last = (line, column, units)
        return types.Position(line - 1, units)

    def _size_of(self, text: str) -> int:
        return len(text.encode(self._codec, "surrogatepass")) // self._unit_size


def path_of(uri: str) -> str | None:
    """Return the absolute path of a file URI, None for other URIs."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file":
        return None
    path = unquote(parts.path, errors="surrogateescape")
    if os.name == "nt":
        path = f"//{parts.netloc}{path}" if parts.netloc else path[1:] if _DRIVE.match(path) else path
    elif parts.netloc not in ("", "localhost"):
        return None
    if not path or "\0" in path:
        return None
    return os.path.abspath(path)


def uri_of(path: str) -> str:
    """Return the URI of the file at the absolute ``path``."""
    if os.name == "nt":
        path = path.replace("\\", "/")
        path = path if path.startswith("/") else f"/{path}"
    return ("file:" if path.startswith("//") else "file://") + quote(path, errors="surrogateescape")


def relative_path(path: str, document: str) -> str:
    """Return ``path`` as shown for the absolute ``document``: relative to its directory, with slashes."""
    try:
        relative = os.path.relpath(path, os.path.dirname(document))
    except ValueError:  # another drive on Windows
        relative = path
    return one_line(relative.replace(os.sep, "/"), 100)


def rule_uri(rule: Rule) -> str:
    """Return the URI of the documentation of ``rule`` in this package."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return uri_of(os.path.join(package, "check", "rule_pages", f"{rule}.md"))


# --- diagnostics ------------------------------------------------------------------------------------------------------


def diagnostics_of(checked: Checked, client: ClientFeatures) -> list[types.Diagnostic]:
    """Return the diagnostics of a document: those of the whole document first, then in the order of its lines."""
    return _Converter(checked, client).diagnostics()


class _Converter:
    def __init__(self, checked: Checked, client: ClientFeatures) -> None:
        self._checked = checked
        self._client = client
        self._positions = Positions(checked.text, client.encoding)

    def diagnostics(self) -> list[types.Diagnostic]:
        unknown: dict[_Failure, list[Finding]] = {}
        diagnostics: list[types.Diagnostic] = []
        for finding in filter(is_reported, self._checked.findings()):
            if finding.lookup == PENDING:
                continue
            if isinstance(finding.lookup, Unavailable | Skipped):
                unknown.setdefault(_failure_of(finding.lookup), []).append(finding)
            elif finding.rule is Rule.NOT_STATED:
                diagnostics += self._not_stated(finding)
            else:
                diagnostics.append(self._finding_diagnostic(finding))
        failing = {index for index, _ in unknown if index}
        here = (problem for problem in self._checked.report.problems if problem.path in ("", self._checked.path))
        problems = dict.fromkeys((*self._checked.problems, *here))
        stale = {problem.index_url: problem.message for problem in problems if problem.index_url in failing}
        of_document = [self._problem_diagnostic(problem) for problem in problems if problem.index_url not in failing]
        unreadable = filter(is_reported, self._checked.unreadable)
        of_document += (self._diagnostic(finding, self._positions.top(), _message(finding)) for finding in unreadable)
        for failure, findings in unknown.items():
            worst = min(findings, key=lambda finding: _ORDER.index(finding.severity))
            message = _combined_message(findings, stale.pop(failure[0], ""))
            # Of a location in this document, only the line is shown, instead of its absolute path.
            message = message.replace(f" in {one_line(self._checked.path)}:", " in line ")
            if _is_about_the_file(failure, findings):
                of_document.append(self._diagnostic(worst, self._positions.top(), message))
            else:
                diagnostics.append(self._finding_diagnostic(worst, message))
        return [*of_document, *_sorted(diagnostics)]

    def _not_stated(self, finding: Finding) -> Iterator[types.Diagnostic]:
        """Yield the diagnostic of an index that states no statuses, at the first name looked up there."""
        for item in self._checked.dependencies():
            if (
                isinstance(item.lookup, StatusNotStated)
                and one_line(item.lookup.origin.index_url, 100) in finding.message
            ):
                yield self._diagnostic(finding, self._positions.range_of(item.location), finding.message)
                return

    def _finding_diagnostic(self, finding: Finding, message: str = "") -> types.Diagnostic:
        location = finding.location
        related = []
        if finding.path != self._checked.path:
            # The finding is in the manifest; this lock records the same dependency.
            location = next(related for related in finding.related_locations if related.path == self._checked.path)
            related = self._related(finding.location, f"{finding.name} is declared here")
        elif finding.lookup is not None:
            related = self._direct_dependency(finding)
        range_ = self._positions.top() if location is None else self._positions.range_of(location)
        return self._diagnostic(finding, range_, message or _message(finding), related)

    @cached_property
    def _transitive_items(self) -> dict[Location, CheckedDependency]:
        return {transitive.location: transitive for transitive in self._checked.dependencies() if transitive.via}

    def _direct_dependency(self, finding: Finding) -> list[types.DiagnosticRelatedInformation]:
        """Return the location of the direct dependency that requires a transitive one."""
        item = self._transitive_items.get(finding.location) if finding.location and self._checked.manifests else None
        if item is None:
            return []
        places = (
            dependency.location
            for dependency in self._checked.report.dependencies
            if dependency.dependency.name == item.via[0] and dependency.path != self._checked.path
        )
        return self._related(next(places, None), f"{finding.name} is a transitive dependency of {item.via[0]}")

    def _related(self, target: Location | None, message: str) -> list[types.DiagnosticRelatedInformation]:
        if target is None or not self._client.related_information:
            return []
        text = next((file.text for file in self._checked.manifests if file.path == target.path), None)
        if text is None:
            return []
        range_ = Positions(text, self._client.encoding).range_of(target)
        location = types.Location(uri_of(os.path.abspath(target.path)), range_)
        return [types.DiagnosticRelatedInformation(location, one_line(message))]

    def _problem_diagnostic(self, problem: Problem) -> types.Diagnostic:
        """Return the diagnostic of a problem that affects the check of the document."""
        here = not problem.path or problem.path == self._checked.path
        range_ = self._positions.top()
        if here and problem.position is not None:
            range_ = self._positions.token(problem.position)
        line = f":{problem.position.line}" if problem.position else ""
        message = problem.message if here else f"{one_line(problem.path)}{line}: {problem.message}"
        return types.Diagnostic(
            range=range_,
            message=f"{message}\n{problem.help}" if problem.help else message,
            severity=_SEVERITIES.get(problem.severity, types.DiagnosticSeverity.Information),
            code=str(problem.rule) if problem.rule else None,
            source=SOURCE,
        )

    def _diagnostic(
        self,
        finding: Finding,
        range_: types.Range,
        message: str,
        related: list[types.DiagnosticRelatedInformation] | None = None,
    ) -> types.Diagnostic:
        client = self._client
        tagged = client.deprecated_tag and finding.rule in (Rule.ARCHIVED, Rule.DEPRECATED)
        return types.Diagnostic(
            range=range_,
            message=message,
            severity=_SEVERITIES[finding.severity],
            code=str(finding.rule),
            code_description=types.CodeDescription(rule_uri(finding.rule)) if client.code_description else None,
            source=SOURCE,
            tags=[types.DiagnosticTag.Deprecated] if tagged else None,
            related_information=related or None,
        )


def _message(finding: Finding) -> str:
    """Return the message, with the help text unless code actions offer the remedies."""
    message = finding.full_message()
    return message if finding.lookup is not None or not finding.help else f"{message}\n{finding.help}"


# An outage of an index shows as several of these causes, because names after the first failures are not tried anymore.
_WHOLE_INDEX_CAUSES = (
    Cause.UNREACHABLE,
    Cause.PROXY,
    Cause.TIMEOUT,
    Cause.DEADLINE,
    Cause.TLS,
    Cause.REFUSED_URL,
    Cause.OFFLINE,
)
# A combined diagnostic has the highest severity of its findings.
_ORDER = tuple(Severity)
# What the names of a combined diagnostic have in common.
_Failure = tuple[str, Cause | Skipped | None]
# List at most this many names in a combined diagnostic.
_MAX_NAMES = 5


def _failure_of(lookup: Unavailable | Skipped) -> _Failure:
    """Return the index that failed, and the cause if it may concern only some of its pages.

    Names whose index cannot be determined are combined if they have the same reason.
    """
    if isinstance(lookup, Skipped):
        return "", lookup
    return lookup.origin.index_url, None if lookup.cause in _WHOLE_INDEX_CAUSES else lookup.cause


def _is_about_the_file(failure: _Failure, findings: list[Finding]) -> bool:
    """Return True if an index failed, rather than one of its pages or an entry of the file."""
    index, cause = failure
    return bool(index) and (cause is None or len(findings) > 1)


_OUTAGES = {
    Cause.UNREACHABLE: "Index unreachable",
    Cause.PROXY: "Proxy failed",
    Cause.TIMEOUT: "Index not responding",
    Cause.DEADLINE: "Index too slow",
    Cause.TLS: "No trusted connection to the index",
    Cause.REFUSED_URL: "Index URL not allowed",
    Cause.UNAUTHORIZED: "Index denied access",
    Cause.RATE_LIMITED: "Index limits requests",
    Cause.OFFLINE: "Offline",
}
_OTHER_OUTAGE = "Index failed"


def _combined_message(findings: list[Finding], stale: str) -> str:
    """Return one message for all names that could not be looked up for the same reason; the cause comes first.

    ``stale`` says that stale results of this index were used, if they were.
    """
    first = findings[0]
    names = list(dict.fromkeys(finding.name or "" for finding in findings))
    listed = join_names(names, _MAX_NAMES, 60)
    lines = [first.full_message()]
    if isinstance(first.lookup, Unavailable) and _is_about_the_file(_failure_of(first.lookup), findings):
        detail = one_line(first.lookup.detail).removeprefix("offline, and ")
        cause = f"{_OUTAGES.get(first.lookup.cause, _OTHER_OUTAGE)} ({detail})"
        number = f"{len(names)} {'dependency' if len(names) == 1 else 'dependencies'}"
        lines = [f"{cause}: {number} not checked", f"{one_line(first.lookup.origin.index_url, 100)}: {listed}"]
    elif len(names) > 1 and isinstance(first.lookup, Skipped):
        lines = [f"{len(names)} dependencies were not looked up: {skipped_text(first.lookup)} ({listed})"]
    return "\n".join(part for part in (*lines, stale, first.help) if part)


def _sorted(diagnostics: list[types.Diagnostic]) -> Iterator[types.Diagnostic]:
    shown: set[tuple[object, ...]] = set()
    for diagnostic in sorted(diagnostics, key=lambda item: (item.range.start.line, item.range.start.character)):
        # A dependency of several manifests gets one diagnostic in the lock, and equal errors of a line are one.
        start = diagnostic.range.start
        column = None if diagnostic.code == Rule.UNREADABLE else start.character
        key = (start.line, column, diagnostic.code, diagnostic.message)
        if key not in shown:
            shown.add(key)
            yield diagnostic
