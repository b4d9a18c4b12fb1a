"""The words of the project's former vocabulary must not come back."""

from __future__ import annotations

import pytest

from tests.support.plain_language import CODE, DOCUMENTS, Marker, markers_in, tracked_files

# The most markers in an area; all others have none.
CEILINGS: dict[str, int] = {}


@pytest.mark.parametrize("patterns", [CODE, DOCUMENTS], ids=["code", "documents"])
def test_no_marker_is_added(patterns: tuple[str, ...]) -> None:
    by_area: dict[str, list[Marker]] = {}
    for path in tracked_files(*patterns):
        for marker in markers_in(path):
            by_area.setdefault(marker.area, []).append(marker)
    exceeded = {area: found for area, found in by_area.items() if len(found) > CEILINGS.get(area, 0)}
    assert not exceeded, "\n".join(f"{one.path}:{one.line}: {one.word}" for found in exceeded.values() for one in found)
