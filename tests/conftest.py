"""What holds for all tests."""

from __future__ import annotations

import pytest

from tests.support.cli import measure_no_programs

pytest.register_assert_rewrite("tests.tables")


@pytest.fixture(autouse=True, scope="session")
def _unmeasured() -> None:
    measure_no_programs()
