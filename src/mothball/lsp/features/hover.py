"""``textDocument/hover``: status and details of the dependency on a line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.lsp.convert import Positions
from mothball.lsp.diagnostics import item_at
from mothball.lsp.documents import Checked
from mothball.lsp.hover_text import HoverContent, hover_text
from mothball.model.findings import CheckedDependency, Finding

if TYPE_CHECKING:
    from mothball.lsp.server import Server


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
        content = HoverContent(item, tuple(findings_of(document.checked, item)), time.time())
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        text = types.MarkupContent(kind, hover_text(content, markdown=markdown))
        return types.Hover(text, positions.range(item.dependency.name_span))

    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)


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
