"""Paired runs: the commands run in turn, so that load on the machine affects all of them alike.

Only ratios of medians are meaningful.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Ratio(NamedTuple):
    """The median of a command as a ratio to that of the first command, and the quartiles of the paired ratios."""

    name: str
    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name:<44} {self.median:6.2f}  ({self.low:.2f} - {self.high:.2f})"


def compare(
    commands: Mapping[str, Sequence[str]],
    *,
    rounds: int,
    environment: Mapping[str, str],
    accepted: Sequence[int] = (0,),
) -> list[Ratio]:
    """Run every command once per round, after two warm-up rounds, and return each as a ratio to the first."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for round_number in range(rounds + 2):
        for name, command in commands.items():
            seconds = _run(command, environment, accepted)
            if round_number >= 2:
                times[name].append(seconds)
    first = next(iter(times))
    base = statistics.median(times[first])
    ratios = []
    for name, measured in times.items():
        paired = sorted(one / other for one, other in zip(measured, times[first], strict=True))
        low, high = paired[len(paired) // 4], paired[(3 * len(paired)) // 4]
        ratios.append(Ratio(name, statistics.median(measured) / base, low, high))
    return ratios


def _run(command: Sequence[str], environment: Mapping[str, str], accepted: Sequence[int]) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode not in accepted:
        sys.exit(f"{command} exited {done.returncode}:\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return seconds


@contextmanager
def clean_environment() -> Iterator[str]:
    """Yield the bin directory of a new virtual environment that contains only this project, built."""
    with tempfile.TemporaryDirectory(prefix="mothball-bench-") as directory:
        home = os.path.join(directory, "venv")
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, home], check=True)
        scripts = os.path.join(home, "Scripts" if os.name == "nt" else "bin")
        python = os.path.join(scripts, "python")
        install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python, PROJECT]
        subprocess.run(install, check=True)
        yield scripts
