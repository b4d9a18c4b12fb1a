"""``textDocument/hover``: status and details of the dependency on a line."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.check.inputs import pin_of
from mothball.index.releases import Releases, satisfies_specifier
from mothball.lsp.convert import Positions, relative_path
from mothball.lsp.diagnostics import item_at
from mothball.lsp.documents import Checked
from mothball.lsp.hover_text import HoverContent, hover_text
from mothball.lsp.lookups import Lookups
from mothball.model.results import CheckedDependency, Finding, KnownStatus, Source, StatusNotStated, UnrecognizedStatus

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Wait this many seconds for the list of releases.
_RELEASES_TIMEOUT = 1.5


def register(server: Server) -> None:
    """Register hover."""
    session = server.session

    async def hover(params: types.HoverParams) -> types.Hover | None:
        document = await session.wait_until_checked(params.text_document.uri)
        if document is None or document.checked is None:
            return None
        positions = Positions(document.checked.text, session.client.encoding)
        item = dependency_at(document.checked, positions, params.position)
        if item is None:
            return None
        markdown = session.client.markdown
        releases = await _releases(session.lookups, document.checked, item)
        resolved_config = document.checked.opened.file.resolved_config if document.checked.opened else None
        content = HoverContent(
            item,
            tuple(findings_of(document.checked, item)),
            time.time(),
            releases,
            resolved_config.config.severities if resolved_config else {},
            _shown_config(resolved_config.path, document.path) if resolved_config else "",
        )
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        text = types.MarkupContent(kind, hover_text(content, markdown=markdown))
        return types.Hover(text, positions.range(item.dependency.name_span))

    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)


def _shown_config(path: str, document: str) -> str:
    return relative_path(os.path.abspath(path), document) if path else ""


async def _releases(lookups: Lookups, checked: Checked, item: CheckedDependency) -> Releases | None:
    """Return the releases of the project of ``item``, None if they are not needed or not known in time.

    They are requested only for a project that was looked up, and only if its latest release does not satisfy the
    specifier: that one is known.
    """
    dependency, lookup = item.dependency, item.lookup
    if not isinstance(lookup, KnownStatus | StatusNotStated | UnrecognizedStatus):
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


def dependency_at(checked: Checked, positions: Positions, position: types.Position) -> CheckedDependency | None:
    """Return the dependency at ``position``, or None."""
    return item_at(checked.dependencies(), positions.offset(position), range(position.line + 1, position.line + 2))


def findings_of(checked: Checked, item: CheckedDependency) -> list[Finding]:
    """Return the findings of a dependency, which may be suppressed: about the project, and about the version."""
    return [
        finding
        for finding in checked.findings()
        if finding.lookup is not None and item.location in (finding.location, *finding.related_locations)
    ]
