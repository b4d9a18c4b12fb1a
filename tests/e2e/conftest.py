"""What every end-to-end test needs: mothball in a place of its own, and pypiron, which several modules ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installed import Mothball
from tests.support.real_indexes import Pypiron, running_pypiron

# What a real index states, and the example of README, stay in the default run.
FAST = {"test_pypiron.py", "test_example.py"}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this directory as slow."""
    if item.path.name not in FAST:
        item.add_marker("slow")


@pytest.fixture
def mothball(tmp_path: Path) -> Mothball:
    """mothball with nothing in its home, its cache and its project."""
    return Mothball(str(tmp_path))


@pytest.fixture(scope="session")
def pypiron(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pypiron]:
    """A pypiron for the whole session: each test uses projects of its own on it."""
    with running_pypiron(str(tmp_path_factory.mktemp("pypiron"))) as index:
        yield index
