"""``textDocument/documentLink``: links from names to project pages, and from ``-r`` and ``-c`` to files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.discovery.resolve import include_target
from mothball.lsp.convert import Positions, uri_of
from mothball.lsp.documents import Checked
from mothball.lsp.hover_text import project_page
from mothball.repository.paths import repository_root

if TYPE_CHECKING:
    from mothball.lsp.server import Server

# Editors request links once, when a document is opened, and cannot be sent new ones; wait this many seconds for lookup
# results, which determine the project pages.
_LOOKUP_TIMEOUT = 2.0


def register(server: Server) -> None:
    """Register document links."""
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
            yield types.DocumentLink(positions.range_of(item.location), target=address, tooltip="Open the project page")


def _to_files(checked: Checked, path: str, here: str | None, positions: Positions) -> Iterator[types.DocumentLink]:
    root = repository_root(path, here)
    for include in checked.opened.file.document.includes if checked.opened else ():
        target = include_target(include, path, root)
        if target is not None:
            # The path as written, without following symbolic links: the editor knows the file by this path.
            written = os.path.normpath(os.path.join(os.path.dirname(path), include.target))
            yield types.DocumentLink(positions.range(include.span), target=uri_of(written))
