"""``textDocument/hover``: status, what it means, applicable rule, and origin of the result of a dependency.

Untrusted text (names, reasons, markers, URLs) is put into code spans, so that it is never markup, and no editor turns
it into a link. The exception are plain https URLs in a reason: they become links that show where they lead.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import assert_never
from urllib.parse import urlsplit

from lsprotocol import types

from mothball.check.inputs import pin_of
from mothball.check.messages import SKIP_REASON_TEXT, format_age
from mothball.check.policy import DOWNGRADED_RULES, is_downgraded, severity_key
from mothball.config.project import DEFAULT_INDEX_HOSTS
from mothball.index.releases import ReleaseFacts, Releases, satisfies_specifier
from mothball.lsp.convert import Positions, relative_path
from mothball.lsp.lookups import PENDING, Lookups
from mothball.lsp.open_text import Checked
from mothball.lsp.server import Server
from mothball.model.records import NamedTuple
from mothball.model.results import (
    CheckedDependency,
    Finding,
    KnownStatus,
    LookupResult,
    Missing,
    PageStatus,
    ProjectStatus,
    Rule,
    Severity,
    Skipped,
    Source,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import one_line

# Wait this many seconds for the list of releases.
_RELEASES_TIMEOUT = 1.5


def register(server: Server) -> None:
    """Register hover."""
    session = server.session

    async def hover(params: types.HoverParams) -> types.Hover | None:
        checked = await session.checked(params.text_document.uri)
        if checked is None:
            return None
        line, markdown = params.position.line + 1, session.client.markdown
        positions = Positions(checked.text, session.client.encoding)
        offset = positions.offset(params.position)
        item = next(iter(checked.dependencies_at(offset, offset, range(line, line + 1))), None)
        if item is None or checked.file is None:
            return None
        releases = await _releases(session.lookups, checked, item)
        config = checked.file.resolved_config
        shown_config = relative_path(config.path, checked.file.parsed.path) if config.path else ""
        findings, severities = tuple(checked.findings_of(item)), config.config.severities
        content = HoverContent(item, findings, time.time(), releases, severities, shown_config)
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        text = types.MarkupContent(kind, hover_text(content, markdown=markdown))
        return types.Hover(text, positions.range(item.dependency.name_span))

    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)


async def _releases(lookups: Lookups, checked: Checked, item: CheckedDependency) -> Releases | None:
    """Return the releases of the project of ``item``, None if they are not needed or not known in time.

    They are requested only for a project that was looked up, and only if its latest release does not satisfy the
    specifier: that one is known.
    """
    dependency, lookup = item.dependency, item.lookup
    if not isinstance(lookup, PageStatus):
        return None
    if lookup.files is not None and lookup.files.is_kept:
        return Releases(dependency.name, lookup.files)
    query = checked.query_of(item)
    latest = lookup.release
    if query is None or latest is None or pin_of(dependency) or lookup.origin.source is Source.SNAPSHOT:
        return None
    if satisfies_specifier(latest.version, dependency.specifier):
        return None
    pending = asyncio.wrap_future(lookups.releases(query))
    await asyncio.wait({pending}, timeout=_RELEASES_TIMEOUT)
    return pending.result() if pending.done() else None


# --- the text ---------------------------------------------------------------------------------------------------------

# An https URL without user information and query, which `one_line` masks, and without characters that end an autolink.
_PLAIN_URL = re.compile(
    r"https://(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::[0-9]+)?(?>(?:/[A-Za-z0-9/._~%#=&+-]*+)?)(?![\w?@-])"
)


def project_page(name: str, lookup: LookupResult) -> str | None:
    """Return the URL of the page of the project ``name`` (normalized), or None to show.

    Only https pages on an index that has returned the project, so that following the link reveals no name.
    """
    if not isinstance(lookup, PageStatus) or lookup.origin.source is Source.SNAPSHOT:
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
    """Content of a hover text; ``now`` is Unix time in seconds.

    ``findings`` are those of the dependency, empty if no rule is violated. ``releases`` are those of the project, None
    if they are not known. ``severities`` are those that the configuration sets; ``config_path`` is its path as shown.
    """

    item: CheckedDependency
    findings: tuple[Finding, ...]
    now: float
    releases: Releases | None = None
    severities: Mapping[str, Severity] = MappingProxyType({})
    config_path: str = ""


def hover_text(content: HoverContent, *, markdown: bool) -> str:
    """Return the hover text as Markdown or as plain text: status and reason in two lines, then the details."""
    style = _Markdown() if markdown else _Plain()
    item, lookup = content.item, content.item.lookup
    headline, meaning = _headline(lookup, style)
    head = [f"{style.strong.format(headline)} {style.untrusted(item.dependency.name)}", meaning]
    details = "\n".join(f"{style.bullet}{line}" for line in _details(content, style) if line)
    return "\n\n".join(part for part in (style.line_break.join(filter(None, head)), details) if part)


class _Plain:
    """Formats plain text; ``strong`` and ``link`` are templates."""

    line_break, bullet, strong, link = "\n", "", "{}", "{}: {}"

    def untrusted(self, text: str) -> str:
        return one_line(text)

    def with_links(self, text: str) -> str:
        """Return untrusted ``text``; plain https URLs in it are links that show where they lead."""
        return self.untrusted(text)


class _Markdown(_Plain):
    """Formats Markdown (CommonMark)."""

    line_break, bullet, strong, link = "  \n", "- ", "**{}**", "[{}]({})"

    def untrusted(self, text: str) -> str:
        return code_span(one_line(text))

    def with_links(self, text: str) -> str:
        parts: list[str] = []
        position = 0
        text = one_line(text)
        for match in _PLAIN_URL.finditer(text):
            url = match[0].rstrip(".")  # the end of a sentence
            parts += code_span(text[position : match.start()].strip()), f"<{url}>"
            position = match.start() + len(url)
        return " ".join(filter(None, (*parts, code_span(text[position:].strip()))))


def code_span(text: str) -> str:
    """Return one line of ``text`` as a code span (CommonMark, "Code spans")."""
    if not text:
        return ""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    # CommonMark strips one space on each side, needed next to backticks and spaces.
    padding = " " if not text.isspace() and (text[0] in "` " or text[-1] in "` ") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _headline(lookup: LookupResult, style: _Plain) -> tuple[str, str]:  # noqa: PLR0911 - one for each kind of result
    """Return the status in words, and its reason or what it means."""
    match lookup:
        case KnownStatus():
            return str(lookup.status), _reason(lookup.reason, style) or _MEANINGS[lookup.status]
        case StatusNotStated():
            return "status not stated", "The index publishes no project statuses: the project may be archived."
        case UnrecognizedStatus():
            meaning = "A newer version of mothball may recognize the status."
            return "unrecognized status", _reason(lookup.reason, style) or meaning
        case Missing():
            meaning = "Check the spelling: anyone can register a mistyped, invented or deleted name."
            return "missing", f"Not on the index. {meaning}"
        case Unavailable() if lookup == PENDING:
            return "looking up …", ""
        case Unavailable():
            index, detail = style.untrusted(lookup.origin.index_url), style.untrusted(lookup.detail)
            return "unverified", f"Lookup on {index} failed: {detail}"
        case Skipped():
            headline = "unresolvable" if lookup.is_unresolvable else "skipped"
            return headline, f"Not looked up: {SKIP_REASON_TEXT[lookup.reason]}."
        case _:
            assert_never(lookup)


def _reason(reason: str, style: _Plain) -> str:
    return f"Reason (not verified): {style.with_links(reason)}" if one_line(reason) else ""


def _details(content: HoverContent, style: _Plain) -> Iterator[str]:
    item, lookup, dependency = content.item, content.item.lookup, content.item.dependency
    if isinstance(lookup, UnrecognizedStatus):
        yield f"Status: {style.untrusted(lookup.marker)}"
    successor = next((finding.successor for finding in content.findings if finding.successor), "")
    yield f"Successor: {style.untrusted(successor)} (`successors` in {_shown(content, style)})" if successor else ""
    if lookup != PENDING:
        yield from _release_lines(content, style)
    marker = style.untrusted(dependency.marker)
    yield f"Environment marker: {marker}" if marker else ""
    yield "Never installed with this `requires-python`" if dependency.is_never_installed else ""
    if item.transitive:
        path = " → ".join(map(style.untrusted, (*item.via, dependency.name)))
        yield f"Dependency path: {path}" if item.via else "Transitive dependency, path unknown"
    for finding in content.findings if lookup != PENDING else ():
        yield _policy(finding, content, style)
    if not isinstance(lookup, Skipped | Unavailable):
        yield _origin(lookup, content.now, style)
        address = project_page(dependency.name, lookup)
        yield style.link.format("Project page", address) if address else ""


def _release_lines(content: HoverContent, style: _Plain) -> Iterator[str]:
    """Yield the latest release, the newest one that the specifier allows, and the pinned version."""
    item, dependency, releases = content.item, content.item.dependency, content.releases
    latest = getattr(item.lookup, "release", None)
    if latest is not None:
        yield f"Latest release: {style.untrusted(latest.version)} ({latest.date})"
    version, judged = pin_of(dependency), [finding for finding in content.findings if finding.version is not None]
    for finding in judged:
        reason = f": {style.untrusted(finding.reason)}" if finding.reason else ""
        yield f"Version {style.untrusted(finding.version or '')}: {_VERSION_MEANINGS[finding.rule]}{reason}"
    pinned = releases.find(version) if releases is not None and version and not judged else None
    if pinned is not None:
        yield f"Version {style.untrusted(version)}: {_release(pinned, style)}"
    elif item.not_judged:
        yield f"Pinned version: not judged ({item.not_judged})"
    newest = releases.newest(dependency.specifier) if releases is not None and not version else None
    if newest is not None and dependency.specifier and (latest is None or newest.version != latest.version):
        specifier = style.untrusted(dependency.specifier)
        date = f" ({newest.date})" if newest.date else ""
        yield f"Newest release that fits {specifier}: {style.untrusted(newest.version)}{date}"


def _release(release: ReleaseFacts, style: _Plain) -> str:
    if release.yanked is None:
        return "not yanked" + (f", published {release.date}" if release.date else "")
    reason = style.untrusted(release.yanked)
    return "yanked" + (f": {reason}" if reason else "")


def _policy(finding: Finding, content: HoverContent, style: _Plain) -> str:
    if finding.suppressed is None:
        item = content.item
        downgraded = is_downgraded(item.dependency.kind, transitive=item.transitive)
        key = severity_key(finding.rule, content.severities, downgraded=downgraded)
        place = f"set by `severity.{key}` in {_shown(content, style)}" if key else "the default"
        if downgraded and finding.rule in DOWNGRADED_RULES and not key.endswith(".transitive"):
            place += f", one level lower for {'transitive packages' if item.transitive else f'{item.dependency.kind}s'}"
        return f"Rule `{finding.rule}`: {finding.severity}, {place}"
    place = "a comment in this file" if finding.suppressed.kind == "comment" else _shown(content, style)
    reason = style.untrusted(finding.suppressed.reason)
    return f"Rule `{finding.rule}`: ignored by {place}" + (f": {reason}" if reason else "")


def _shown(content: HoverContent, style: _Plain) -> str:
    return style.untrusted(content.config_path) if content.config_path else "the configuration"


def _origin(lookup: PageStatus | Missing, now: float, style: _Plain) -> str:
    index = style.untrusted(lookup.origin.index_url)
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
