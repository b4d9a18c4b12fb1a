"""A pyproject.toml with 1,000 dependencies read with positions, as a ratio to ``packaging.Requirement`` on them.

    uv run python -m benchmarks.pyproject_parse

The budget for the standard arrays is 1.5. Poetry's tables hold the same names with constraints of their own, which
``packaging`` cannot read: their ratio shows what they cost, and no more.
"""

from __future__ import annotations

import argparse
import random
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from benchmarks.lock_parse import compare_calls
from mothball.formats import pyproject

if TYPE_CHECKING:
    from collections.abc import Callable

_COUNT = 1000
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
    names = [f"{chance.choice(_FIRST)}-{chance.choice(_SECOND)}-{number}" for number in range(_COUNT)]
    strings = [chance.choice(_FORMS).format(name=name) for name in names]
    arrays = '[project]\nname = "bench"\ndependencies = [\n' + "".join(f'    "{one}",\n' for one in strings) + "]\n"
    sources = "[tool.uv.sources]\n" + "".join(f"{name} = {{ workspace = true }}\n" for name in names[::10])
    tables = "[tool.poetry.dependencies]\n" + "".join(f"{name} = {chance.choice(_VALUES)}\n" for name in names)
    calls: dict[str, Callable[[], object]] = {
        "packaging.Requirement": lambda: [Requirement(one) for one in strings],
        "project.dependencies": lambda: pyproject.parse(arrays),
        "the same with a hundred sources of uv": lambda: pyproject.parse(arrays + sources),
        "tool.poetry.dependencies": lambda: pyproject.parse(tables),
    }
    print(f"{'as a ratio to packaging.Requirement':<44} median  (quartiles of the pairs)")
    for ratio in compare_calls(calls, rounds=rounds):
        print(ratio)


if __name__ == "__main__":
    main()
