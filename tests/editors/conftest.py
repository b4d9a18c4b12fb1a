"""What the tests of every editor need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """A project with archived dependencies, and mothball on the PATH."""
    return Workbench(tmp_path)
