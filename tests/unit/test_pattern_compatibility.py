"""Regular expressions must have the same meaning in every supported Python version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mothball

SOURCES = sorted(Path(mothball.__file__).parent.rglob("*.py"))
# A possessively repeated group. Python 3.11.0 to 3.11.4 keep the first half of a failing last repetition.
POSSESSIVE_GROUP = re.compile(r"(?<![\\])\)(?:[*+?]|\{[0-9,]+\})\+")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_group_is_repeated_possessively(path: Path) -> None:
    code = re.sub(r"``[^`]*``", "", path.read_text())

    assert POSSESSIVE_GROUP.findall(code) == []
