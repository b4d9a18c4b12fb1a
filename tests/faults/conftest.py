"""Fixtures of the fault tests, and the marks of slow ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installed import Mothball

# One fast group is part of the default run: each fault with a warm cache.
FAST = {"test_warm_cache_is_not_affected_by_index_faults"}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this directory as slow."""
    if getattr(item, "originalname", item.name) not in FAST and not item.get_closest_marker("alone"):
        item.add_marker("slow")


@pytest.fixture
def mothball(tmp_path: Path) -> Mothball:
    """Run mothball with an empty home, cache and project."""
    return Mothball(str(tmp_path))
