"""Hover text of a dependency: status, what it means, applicable rule, and origin of the result. No I/O.

Untrusted text (names, reasons, markers, URLs) is put into code spans, so that it is never markup, and no editor turns
it into a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never
from urllib.parse import urlsplit

from mothball.check.messages import SKIP_REASON_TEXT, format_age
from mothball.config.project import DEFAULT_INDEX_HOSTS
from mothball.lsp.lookups import PENDING
from mothball.model.findings import CheckedDependency, Finding, Rule
from mothball.model.lookup import (
    KnownStatus,
    LookupResult,
    Missing,
    ProjectStatus,
    Skipped,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.records import NamedTuple
from mothball.model.sanitize import one_line


def project_page(name: str, lookup: LookupResult) -> str | None:
    """Return the URL of the page of the project ``name`` (normalized), or None to show.

    Only https pages on an index that has returned the project, so that following the link reveals no name.
    """
    if (
        not isinstance(lookup, KnownStatus | StatusNotStated | UnrecognizedStatus)
        or lookup.origin.source is Source.SNAPSHOT
    ):
        return None
    index = lookup.origin.index_url
    try:
        parts = urlsplit(index)
    except ValueError:
        return None
    if parts.scheme != "https" or not parts.hostname or not index.isascii() or not index.isprintable():
        return None
    if parts.hostname in DEFAULT_INDEX_HOSTS:
        return f"https://{parts.hostname}/project/{name}/"
    # These characters would end a link in Markdown.
    return None if any(character in index for character in " <>()[]\"'`\\") else f"{index}{name}/"


_MEANINGS = {
    ProjectStatus.ACTIVE: "Not archived, deprecated or quarantined.",
    ProjectStatus.ARCHIVED: "No more releases are expected, not even security fixes.",
    ProjectStatus.DEPRECATED: "Its maintainers advise against using it.",
    ProjectStatus.QUARANTINED: "Quarantined by the index as possible malware: remove it.",
}


_VERSION_MEANINGS = {
    Rule.YANKED: "yanked by its maintainers",
    Rule.UNLISTED: "not on the index, or only with other files than the lock records",
    Rule.RE_REGISTERED: "the name may have a new owner; do not upgrade or re-lock until you know who owns it",
}


class HoverContent(NamedTuple):
    """Content of a hover text; ``findings`` are those of the dependency, ``now`` is Unix time in seconds."""

    item: CheckedDependency
    findings: tuple[Finding, ...]
    now: float


def hover_text(content: HoverContent, *, markdown: bool) -> str:
    """Return the hover text as Markdown or as plain text."""
    style = _Markdown() if markdown else _Plain()
    return "\n\n".join(part for part in _parts(content, style) if part)


class _Plain:
    """Formats plain text."""

    def untrusted(self, text: str) -> str:
        return one_line(text)

    def strong(self, text: str) -> str:
        return text

    def link(self, text: str, address: str) -> str:
        return f"{text}: {address}"

    def items(self, lines: list[str]) -> str:
        return "\n".join(lines)


class _Markdown(_Plain):
    """Formats Markdown (CommonMark)."""

    def untrusted(self, text: str) -> str:
        return code_span(one_line(text))

    def strong(self, text: str) -> str:
        return f"**{text}**"

    def link(self, text: str, address: str) -> str:
        return f"[{text}]({address})"

    def items(self, lines: list[str]) -> str:
        return "\n".join(f"- {line}" for line in lines)


def code_span(text: str) -> str:
    """Return one line of ``text`` as a code span (CommonMark, "Code spans")."""
    if not text:
        return ""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    # CommonMark strips one space on each side, needed next to backticks and spaces.
    padding = " " if not text.isspace() and (text[0] in "` " or text[-1] in "` ") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _parts(content: HoverContent, style: _Plain) -> Iterator[str]:
    item, lookup = content.item, content.item.lookup
    yield f"{style.strong(_headline(lookup))} {style.untrusted(item.dependency.name)}"
    yield _meaning(lookup)
    reason = style.untrusted(lookup.reason) if isinstance(lookup, KnownStatus | UnrecognizedStatus) else ""
    yield f"Reason given by the index: {reason}" if reason else ""
    yield style.items([line for line in _details(content, style) if line])


def _headline(lookup: LookupResult) -> str:  # noqa: PLR0911 - one for each kind, and for pending lookups
    match lookup:
        case KnownStatus():
            return str(lookup.status)
        case StatusNotStated():
            return "status not stated"
        case UnrecognizedStatus():
            return "unrecognized status"
        case Missing():
            return "missing"
        case Unavailable() if lookup == PENDING:
            return "pending"
        case Unavailable():
            return "unverified"
        case Skipped():
            return "unresolvable" if lookup.is_unresolvable else "skipped"
        case _:
            assert_never(lookup)


def _meaning(lookup: LookupResult) -> str:
    match lookup:
        case KnownStatus():
            return _MEANINGS[lookup.status]
        case StatusNotStated():
            return "The index publishes no project statuses: the project may be archived."
        case UnrecognizedStatus():
            return "A newer version of mothball may recognize the status."
        case Missing():
            return "Not on the index. Check the spelling: anyone can register a mistyped, invented or deleted name."
        case Unavailable():
            return ""
        case Skipped():
            return f"Not looked up: {SKIP_REASON_TEXT[lookup.reason]}."
        case _:
            assert_never(lookup)


def _details(content: HoverContent, style: _Plain) -> Iterator[str]:
    item, lookup, dependency = content.item, content.item.lookup, content.item.dependency
    if isinstance(lookup, UnrecognizedStatus):
        yield f"Status: {style.untrusted(lookup.marker)}"
    for finding in content.findings if lookup != PENDING else ():
        if finding.version is not None:
            yield _version(finding, style)
        yield _policy(finding, style)
    if item.not_judged and lookup != PENDING:
        yield f"Pinned version: not judged ({item.not_judged})"
    if isinstance(lookup, KnownStatus | StatusNotStated | UnrecognizedStatus) and lookup.release is not None:
        yield f"Latest release: {style.untrusted(lookup.release.version)} ({lookup.release.date})"
    marker = style.untrusted(dependency.marker)
    yield f"Environment marker: {marker}" if marker else ""
    yield "Never installed with this `requires-python`" if dependency.is_never_installed else ""
    if item.transitive:
        path = " → ".join(map(style.untrusted, (*item.via, dependency.name)))
        yield f"Dependency path: {path}" if item.via else "Transitive dependency, path unknown"
    if not isinstance(lookup, Skipped) and lookup != PENDING:
        yield _origin(lookup, content.now, style)
        address = project_page(dependency.name, lookup)
        yield style.link("Project page", address) if address else ""


def _version(finding: Finding, style: _Plain) -> str:
    reason = f": {style.untrusted(finding.reason)}" if finding.reason else ""
    return f"Version {style.untrusted(finding.version or '')}: {_VERSION_MEANINGS[finding.rule]}{reason}"


def _policy(finding: Finding, style: _Plain) -> str:
    if finding.suppressed is None:
        return f"Rule `{finding.rule}`: {finding.severity}"
    place = "a comment in this file" if finding.suppressed.kind == "comment" else "the configuration"
    reason = style.untrusted(finding.suppressed.reason)
    return f"Rule `{finding.rule}`: ignored by {place}" + (f": {reason}" if reason else "")


def _origin(
    lookup: KnownStatus | StatusNotStated | UnrecognizedStatus | Missing | Unavailable, now: float, style: _Plain
) -> str:
    index = style.untrusted(lookup.origin.index_url)
    if isinstance(lookup, Unavailable):
        return f"Lookup on {index} failed: {style.untrusted(lookup.detail)}"
    age = format_age(max(0.0, now - lookup.origin.checked_at))
    match lookup.origin.source:
        case Source.INDEX | Source.CACHE:
            doubt = "" if lookup.origin.authenticated else "; not authenticated (`insecure-hosts`)"
            return f"Index: {index}, checked {age} ago{doubt}"
        case Source.STALE:
            return f"Index: {index}, checked {age} ago; the latest attempt to refresh it failed"
        case Source.SNAPSHOT:
            return f"Status from a snapshot, {age} old"
        case _:
            assert_never(lookup.origin.source)
