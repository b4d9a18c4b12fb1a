"""What an editor shows while its user types: markers that move with the text until the server sends new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tests.support.lsp_client import Message


class Change(NamedTuple):
    """The replacement of ``removed`` characters at ``start`` by ``inserted`` ones."""

    start: int
    removed: int
    inserted: int


class Marker(NamedTuple):
    """A marked range of the text."""

    start: int
    end: int
    rule: str | None
    message: str


Move = Callable[[Marker, Change], Marker]


def move_as_vscode(marker: Marker, change: Change) -> Marker:
    """Move a marker as VS Code does: text that is typed at its edges does not become part of it."""
    start = _vscode_offset(marker.start, change, is_start=True)
    return marker._replace(start=start, end=_vscode_offset(marker.end, change, is_start=False))


def _vscode_offset(offset: int, change: Change, *, is_start: bool) -> int:
    start, removed, inserted = change
    if offset < start or (offset == start and removed == 0 and not is_start):
        return offset
    return offset + inserted - removed if offset >= start + removed else min(offset, start + inserted)


def move_as_neovim(marker: Marker, change: Change) -> Marker:
    """Move a marker as Neovim moves extmarks: the start with right gravity, the end with left gravity."""
    return marker._replace(
        start=_neovim_offset(marker.start, change, change.start + change.inserted),
        end=_neovim_offset(marker.end, change, change.start),
    )


def _neovim_offset(offset: int, change: Change, inside: int) -> int:
    start, removed, inserted = change
    if offset < start:
        return offset
    return offset + inserted - removed if offset > start + removed else inside


class MarkedText:
    """A text with its markers; positions of diagnostics count code points."""

    def __init__(self, text: str, move: Move) -> None:
        self.text = text
        self.markers: list[Marker] = []
        self._move = move

    def set_text(self, text: str) -> None:
        """Replace what differs from ``text``, and move the markers."""
        before = self.text
        shortest = min(len(before), len(text))
        start = next((at for at in range(shortest) if before[at] != text[at]), shortest)
        kept = next((at for at in range(shortest - start) if before[-1 - at] != text[-1 - at]), shortest - start)
        change = Change(start, len(before) - start - kept, len(text) - start - kept)
        self.markers = [self._move(marker, change) for marker in self.markers]
        self.text = text

    def replace_markers(self, diagnostics: Iterable[Message]) -> None:
        """Show new diagnostics in place of the markers."""
        starts = [0]
        for line in self.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)

        def offset(position: Message) -> int:
            # A diagnostic of an older text may be outside of this one.
            line, character = int(position["line"]), int(position["character"])
            return min(starts[min(line, len(starts) - 1)] + character, len(self.text))

        self.markers = sorted(
            Marker(offset(item["range"]["start"]), offset(item["range"]["end"]), item.get("code"), item["message"])
            for item in diagnostics
        )
