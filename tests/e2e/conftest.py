"""Shared fixtures: mothball in a separate environment, and a pypiron index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installed import Mothball
from tests.support.real_indexes import Pypiron, running_pypiron

# Modules that are part of the default run.
FAST = {"test_pypiron.py", "test_example.py"}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this directory as slow, except those in ``FAST``."""
    if item.path.name not in FAST:
        item.add_marker("slow")


@pytest.fixture
def mothball(tmp_path: Path) -> Mothball:
    """Return mothball with an empty home directory, cache and project."""
    return Mothball(str(tmp_path))


@pytest.fixture(scope="session")
def pypiron(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pypiron]:
    """Run one pypiron for the session. Each test uses its own projects on it."""
    with running_pypiron(str(tmp_path_factory.mktemp("pypiron"))) as index:
        yield index
