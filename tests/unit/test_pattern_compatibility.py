"""Regular expressions that every supported Python reads alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mothball

SOURCES = sorted(Path(mothball.__file__).parent.rglob("*.py"))
# A group that is repeated possessively. Python 3.11.0 to 3.11.4 keep the first half of a last round that fails.
POSSESSIVE_GROUP = re.compile(r"(?<![\\])\)(?:[*+?]|\{[0-9,]+\})\+")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_group_is_repeated_possessively(path: Path) -> None:
    code = re.sub(r"``[^`]*``", "", path.read_text())

    assert POSSESSIVE_GROUP.findall(code) == []
