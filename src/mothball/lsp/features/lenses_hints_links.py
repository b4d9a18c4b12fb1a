"""What is shown in the text beside diagnostics: code lenses, inlay hints and document links."""

from __future__ import annotations

import os
from collections.abc import Iterator

from lsprotocol import types

from mothball.check.inputs import ResolvedFile, pin_of
from mothball.discovery.resolve import include_target
from mothball.edits.model import end_of_line
from mothball.lsp.convert import Positions, uri_of
from mothball.lsp.features.commands import CHECK_AGAIN
from mothball.lsp.features.hover import project_page
from mothball.lsp.open_text import Checked
from mothball.lsp.server import Server
from mothball.model.results import CheckedDependency, KnownStatus, PageStatus, ProjectStatus, Rule
from mothball.repository.paths import repository_root

# Editors request links once, when a document is opened, and cannot be sent new ones; wait this many seconds for lookup
# results, which determine the project pages.
_LOOKUP_TIMEOUT = 2.0


def register(server: Server) -> None:
    """Register code lenses, inlay hints and document links."""
    session = server.session

    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        """Return "Check again" above each report of failed lookups."""
        uri = params.text_document.uri
        document = await session.wait_until_checked(uri)
        diagnostics = (document.diagnostics or ()) if document is not None else ()
        starts = dict.fromkeys(item.range.start.line for item in diagnostics if item.code == Rule.UNVERIFIED)
        command = types.Command("Check again", CHECK_AGAIN, arguments=[uri])
        positions = (types.Position(line, 0) for line in starts)
        return [types.CodeLens(types.Range(position, position), command=command) for position in positions]

    async def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        """Return the status, successor or latest release behind each dependency; off by default."""
        if not session.settings.inlay_hints:
            return []
        checked = await session.checked(params.text_document.uri)
        if checked is None:
            return []
        positions = Positions(checked.text, session.client.encoding)
        lines = range(params.range.start.line + 1, params.range.end.line + 2)
        return [*_hints(checked, positions, lines)]

    async def links(params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        """Return links from names to project pages, and from ``-r`` and ``-c`` to files."""
        checked = await session.checked_with_lookups(params.text_document.uri, _LOOKUP_TIMEOUT)
        file = checked.file if checked is not None else None
        if checked is None or file is None:
            return []
        folder, positions = session.folder_of(file.parsed.path), Positions(checked.text, session.client.encoding)
        return await session.loop.run_in_executor(
            session.threads, lambda: [*_to_pages(checked, positions), *_to_files(file, folder, positions)]
        )

    server.feature(types.TEXT_DOCUMENT_CODE_LENS)(lenses)
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT)(hints)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)(links)


def _hints(checked: Checked, positions: Positions, lines: range) -> Iterator[types.InlayHint]:
    """Yield the hints of the dependencies that begin on one of ``lines`` (1-based)."""
    successors = checked.file.resolved_config.config.successors if checked.file else {}
    for item in checked.dependencies():
        label = _label(item, successors.get(item.dependency.name, ""))
        if label and item.lines.number(item.dependency.name_span.start) in lines:
            position = positions.position(_end(checked.text, item))
            yield types.InlayHint(position, label, padding_left=True)


def _label(item: CheckedDependency, successor: str) -> str:
    """Return the text of the hint, empty if there is nothing to show."""
    lookup = item.lookup
    if isinstance(lookup, KnownStatus) and lookup.status is not ProjectStatus.ACTIVE:
        return f"{lookup.status} → {successor}" if successor and not item.via else str(lookup.status)
    if not isinstance(lookup, PageStatus) or lookup.release is None:
        return ""
    return "" if lookup.release.version == pin_of(item.dependency) else f"latest {lookup.release.version}"


def _end(text: str, item: CheckedDependency) -> int:
    """Return the end of the entry with its closing quote, on the line of the name."""
    start, end = item.dependency.name_span.start, item.dependency.entry_span.end
    end += text[end : end + 1] in {'"', "'"}
    return min(end, end_of_line(text, start))


def _to_pages(checked: Checked, positions: Positions) -> Iterator[types.DocumentLink]:
    for item in checked.dependencies():
        address = project_page(item.dependency.name, item.lookup)
        if address is not None:
            yield types.DocumentLink(positions.range_of(item.location), target=address, tooltip="Open the project page")


def _to_files(file: ResolvedFile, folder: str | None, positions: Positions) -> Iterator[types.DocumentLink]:
    path = file.parsed.path
    root = repository_root(path, folder)
    for include in file.document.includes:
        target = include_target(include, path, root)
        if target is not None:
            # The path as written, without following symbolic links: the editor knows the file by this path.
            written = os.path.normpath(os.path.join(os.path.dirname(path), include.target))
            yield types.DocumentLink(positions.range(include.span), target=uri_of(written))
