"""``textDocument/inlayHint``: status, successor or latest release behind each dependency. Off by default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from mothball.check.inputs import pin_of
from mothball.edits.model import end_of_line
from mothball.lsp.convert import Positions
from mothball.lsp.documents import Checked
from mothball.model.results import CheckedDependency, KnownStatus, ProjectStatus, StatusNotStated, UnrecognizedStatus

if TYPE_CHECKING:
    from mothball.lsp.server import Server


def register(server: Server) -> None:
    """Register inlay hints."""
    session = server.session

    async def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        if not session.settings.inlay_hints:
            return []
        document = await session.wait_until_checked(params.text_document.uri)
        if document is None or document.checked is None:
            return []
        positions = Positions(document.checked.text, session.client.encoding)
        lines = range(params.range.start.line + 1, params.range.end.line + 2)
        return [*_hints(document.checked, positions, lines)]

    server.feature(types.TEXT_DOCUMENT_INLAY_HINT)(hints)


def _hints(checked: Checked, positions: Positions, lines: range) -> Iterator[types.InlayHint]:
    """Yield the hints of the dependencies that begin on one of ``lines`` (1-based)."""
    successors = checked.opened.file.resolved_config.config.successors if checked.opened else {}
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
    if not isinstance(lookup, KnownStatus | StatusNotStated | UnrecognizedStatus) or lookup.release is None:
        return ""
    return "" if lookup.release.version == pin_of(item.dependency) else f"latest {lookup.release.version}"


def _end(text: str, item: CheckedDependency) -> int:
    """Return the end of the entry with its closing quote, on the line of the name."""
    start, end = item.dependency.name_span.start, item.dependency.entry_span.end
    end += text[end : end + 1] in {'"', "'"}
    return min(end, end_of_line(text, start))
