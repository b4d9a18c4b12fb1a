"""Parse manifests with positions, as a ratio to ``packaging.Requirement`` for the same strings.

    uv run --group test python -m benchmarks.manifest_parse

A pyproject.toml with 1,000 dependencies, and requirements files with 10,000, plain and with hashes; the budget is 1.5
for each. Poetry's tables contain the same names with constraints that ``packaging`` cannot parse.
"""

from __future__ import annotations

import argparse
import random
from functools import _lru_cache_wrapper
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from benchmarks.lock_parse import compare_calls
from mothball.formats import pep508
from mothball.formats.manifests import pyproject
from mothball.formats.requirements import document as requirements
from mothball.formats.toml import scanner as toml

if TYPE_CHECKING:
    from collections.abc import Callable

_COUNT = 1000
_LINES = 10_000
_FIRST = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "juniper")
_SECOND = ("router", "client", "schema", "worker", "tables", "sockets", "locale", "parser", "images", "queues")
_FORMS = (
    "{name}",
    "{name}>=1.2",
    "{name}==1.2.3",
    "{name}>=1.2,<2",
    "{name}[fast]>=1.0",
    "{name}~=1.4 ; python_version >= '3.11'",
    "{name}>=2 ; sys_platform == 'win32'",
)
_VALUES = ('"^1.2"', '"*"', '">=1.2,<2"', '{ version = "^1.2", extras = ["fast"] }')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    chance = random.Random(621)
    strings, names = _strings(_COUNT, chance)
    arrays = '[project]\nname = "bench"\ndependencies = [\n' + "".join(f'    "{one}",\n' for one in strings) + "]\n"
    sources = "[tool.uv.sources]\n" + "".join(f"{name} = {{ workspace = true }}\n" for name in names[::10])
    tables = "[tool.poetry.dependencies]\n" + "".join(f"{name} = {chance.choice(_VALUES)}\n" for name in names)
    _compare(
        strings,
        {
            "project.dependencies": lambda: _parse_first(arrays),
            "the same with a hundred sources of uv": lambda: _parse_first(arrays + sources),
            "tool.poetry.dependencies": lambda: _parse_first(tables),
        },
        rounds,
    )
    strings, names = _strings(_LINES, chance)
    plain = "".join(f"{one}\n" for one in strings)
    hashed = "".join(f"{one} \\\n    --hash=sha256:{'0' * 64}\n    # via {names[0]}\n" for one in strings)
    _compare(
        strings,
        {
            "requirements.txt": lambda: _parse_first(plain, requirements.parse),
            "the same with hashes and comments": lambda: _parse_first(hashed, requirements.parse),
        },
        rounds,
    )


def _parse_first(text: str, parse: Callable[[str], object] = pyproject.parse) -> None:
    """Parse a text as in a new process, with empty caches."""
    for module in (pep508, requirements):
        for value in vars(module).values():
            if isinstance(value, _lru_cache_wrapper):
                value.cache_clear()
    toml.scan_cached.cache_clear()
    parse(text)


def _strings(count: int, chance: random.Random) -> tuple[list[str], list[str]]:
    """Return ``count`` requirements, and their names."""
    names = [f"{chance.choice(_FIRST)}-{chance.choice(_SECOND)}-{number}" for number in range(count)]
    return [chance.choice(_FORMS).format(name=name) for name in names], names


def _compare(strings: list[str], ours: dict[str, Callable[[], object]], rounds: int) -> None:
    calls = {f"packaging.Requirement, {len(strings):,} times": lambda: [Requirement(one) for one in strings], **ours}
    print(f"{'as a ratio to packaging.Requirement':<44} median  (quartiles of the pairs)")
    for ratio in compare_calls(calls, rounds=rounds):
        print(ratio)


if __name__ == "__main__":
    main()
