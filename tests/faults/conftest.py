"""mothball in a place of its own, for every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.runner import Mothball


@pytest.fixture
def mothball(tmp_path: Path) -> Mothball:
    """mothball with nothing in its home, its cache and its project."""
    return Mothball(str(tmp_path))
