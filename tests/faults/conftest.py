"""mothball in a place of its own, for every fault; which of these tests are fast."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installed import Mothball

# One fast family stays in the default run: what each fault comes to in front of a warm cache.
FAST = {"test_a_warm_cache_hears_nothing_of_it"}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this directory as slow."""
    if getattr(item, "originalname", item.name) not in FAST and not item.get_closest_marker("alone"):
        item.add_marker("slow")


@pytest.fixture
def mothball(tmp_path: Path) -> Mothball:
    """mothball with nothing in its home, its cache and its project."""
    return Mothball(str(tmp_path))
