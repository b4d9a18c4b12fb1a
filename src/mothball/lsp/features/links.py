"""``textDocument/documentLink``: names lead to their projects' pages, ``-r`` and ``-c`` to their files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.discovery.includes import include_target
from mothball.lsp.convert import Positions, uri_of
from mothball.lsp.documents import Checked
from mothball.lsp.hover_text import project_page
from mothball.repository.files import repository_root

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Links are asked for once, when a document is opened, and cannot be sent after; so they wait a little for the answers
# that say which index has a name. In seconds.
_LOOKUP_TIMEOUT = 2.0


def register(server: Server) -> None:
    """Have ``server`` make links."""
    session = server.session

    async def links(params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        document = await session.wait_for_lookups(params.text_document.uri, _LOOKUP_TIMEOUT)
        if document is None or document.checked is None or document.checked.opened is None:
            return []
        checked, path, here = document.checked, document.path, session.folder_of(document.path)
        positions = Positions(checked.text, session.client.encoding)
        return await asyncio.get_running_loop().run_in_executor(
            session.threads, lambda: [*_to_pages(checked, positions), *_to_files(checked, path, here, positions)]
        )

    server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)(links)


def _to_pages(checked: Checked, positions: Positions) -> Iterator[types.DocumentLink]:
    for item in checked.dependencies():
        address = project_page(item.dependency.name, item.lookup)
        if address is not None:
            yield types.DocumentLink(positions.range_of(item.location), target=address, tooltip="project page")


def _to_files(checked: Checked, path: str, here: str | None, positions: Positions) -> Iterator[types.DocumentLink]:
    root = repository_root(path, here)
    for include in checked.opened.file.document.includes if checked.opened else ():
        target = include_target(include, path, root)
        if target is not None:
            # The path as it is written, not where its links lead: that is where the editor has it.
            written = os.path.normpath(os.path.join(os.path.dirname(path), include.target))
            yield types.DocumentLink(positions.range(include.span), target=uri_of(written))
