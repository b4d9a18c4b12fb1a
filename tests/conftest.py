"""Select the tests to run and the number of processes.

`pytest` runs the fast tests in parallel. `-m slow` and `-m alone` select the others; a file that is named on the
command line runs in full, in one process. `--sample N` runs every Nth of the selected tests, always the same ones.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import hypothesis
import pytest

from tests.support.cli import measure_no_programs

pytest.register_assert_rewrite("tests.tables")

# `--hypothesis-profile=thorough` selects the second. Examples have no deadline, since machines are shared.
hypothesis.settings.register_profile("fast", deadline=None, max_examples=50)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=100)
hypothesis.settings.load_profile("fast")

LEFT_OUT = ("slow", "alone")


def named_files(config: pytest.Config) -> set[Path]:
    """Return the files that the command line names, with or without a test in them."""
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return {path.resolve() for path in named if path.is_file()}


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Use one process for named files, for `-s`, whose output workers do not show, and for `-m alone`."""
    in_one = named_files(config) or config.option.capture == "no" or config.option.markexpr == "alone"
    return 0 if in_one else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--sample`."""
    parser.addoption("--sample", type=int, default=1, metavar="N", help="run every Nth of the selected tests")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out slow tests, unless `-m` or `--last-failed` selects tests or their file is named."""
    sample: int = config.option.sample
    if not (config.option.markexpr or config.option.lf):
        named = named_files(config)
        deselect(
            config, items, [item.path not in named and any(map(item.get_closest_marker, LEFT_OUT)) for item in items]
        )
    # By name, so that the choice does not depend on other tests.
    deselect(config, items, [zlib.crc32(item.nodeid.encode("utf-8", "replace")) % sample != 0 for item in items])


def deselect(config: pytest.Config, items: list[pytest.Item], is_left_out: list[bool]) -> None:
    """Deselect the items whose flag is true."""
    config.hook.pytest_deselected(items=[item for item, is_out in zip(items, is_left_out, strict=True) if is_out])
    items[:] = [item for item, is_out in zip(items, is_left_out, strict=True) if not is_out]


@pytest.fixture(autouse=True, scope="session")
def _unmeasured() -> None:
    measure_no_programs()
