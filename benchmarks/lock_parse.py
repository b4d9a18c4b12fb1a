"""Parse a 3 MB uv.lock with positions and graph, as a ratio to ``tomllib``.

    uv run --group test python -m benchmarks.lock_parse

The budget is 0.15, for the first lock of a process. Also printed: the same lock with an ignore comment, and with
incomplete text, which the TOML scanner parses.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import random
import statistics
import time
import tomllib
from collections.abc import Callable, Iterator

from benchmarks.paired import Ratio
from mothball.formats.locks.fast_reader import scan_line
from mothball.formats.locks.toml_locks import parse_uv

_INDEX = "https://index.example/simple"
_FILES = "https://files.example/packages"
_FIRST = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "juniper")
_SECOND = ("router", "client", "schema", "worker", "tables", "sockets", "locale", "parser", "images", "queues")
_PYTHONS = ("cp310", "cp311", "cp312", "cp313", "cp314")
_PLATFORMS = ("macosx_11_0_arm64", "manylinux_2_17_x86_64.manylinux2014_x86_64", "musllinux_1_2_aarch64", "win_amd64")
_MARKERS = ("python_full_version < '3.11'", "sys_platform == 'win32'", "platform_machine != 'aarch64'")


def make_lock() -> str:
    """Return a lock of 900 packages and about 3 MB as uv writes it: dependencies, markers, extras and files."""
    chance = random.Random(792)  # The same lock every time.
    names = sorted(f"{first}-{second}-{number}" for first in _FIRST for second in _SECOND for number in range(9))
    parts = [_PREAMBLE, _project(chance.sample(names, 60))]
    parts += [_package(name, names, chance) for name in names]
    return "\n".join(parts)


_PREAMBLE = """\
version = 1
revision = 3
requires-python = ">=3.11"
resolution-markers = [
    "python_full_version >= '3.12'",
    "python_full_version < '3.12'",
]
"""


def _project(names: list[str]) -> str:
    direct = "".join(f'    {{ name = "{name}" }},\n' for name in sorted(names))
    wanted = "".join(f'    {{ name = "{name}", specifier = ">=1" }},\n' for name in sorted(names))
    return (
        '[[package]]\nname = "bench"\nversion = "0.1.0"\nsource = { editable = "." }\n'
        f"dependencies = [\n{direct}]\n\n[package.metadata]\nrequires-dist = [\n{wanted}]\n"
    )


def _package(name: str, names: list[str], chance: random.Random) -> str:
    version = f"{chance.randrange(9)}.{chance.randrange(30)}.{chance.randrange(9)}"
    lines = ["[[package]]", f'name = "{name}"', f'version = "{version}"', f'source = {{ registry = "{_INDEX}" }}']
    required = sorted(chance.sample(names, min(int(chance.expovariate(0.35)), 20)))
    if required:
        lines += ["dependencies = [", *(_requirement(other, chance) for other in required), "]"]
    lines += [f"sdist = {_file(f'{name}-{version}.tar.gz', chance)}", "wheels = ["]
    if chance.random() < 0.5:
        lines.append(f"    {_file(f'{name}-{version}-py3-none-any.whl', chance)},")
    else:
        tags = [f"{python}-{python}-{platform}" for python in _PYTHONS for platform in _PLATFORMS]
        lines += [f"    {_file(f'{name}-{version}-{tag}.whl', chance)}," for tag in tags]
    lines.append("]")
    if chance.random() < 0.05:
        extras = [f"{extra} = [\n{_requirement(chance.choice(names), chance)}\n]" for extra in ("all", "cli", "test")]
        lines += ["", "[package.optional-dependencies]", *extras]
    return "\n".join([*lines, ""])


def _requirement(name: str, chance: random.Random) -> str:
    marker = f', marker = "{chance.choice(_MARKERS)}"' if chance.random() < 0.35 else ""
    extra = ', extra = ["all"]' if chance.random() < 0.04 else ""
    return f'    {{ name = "{name}"{extra}{marker} }},'


def _file(name: str, chance: random.Random) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    url = f"{_FILES}/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{name}"
    size = chance.randrange(2_000, 9_000_000)
    return f'{{ url = "{url}", hash = "sha256:{digest}", size = {size}, upload-time = "2026-01-02T03:04:05.678Z" }}'


def compare_calls(calls: dict[str, Callable[[], object]], *, rounds: int) -> Iterator[Ratio]:
    """Call all functions once per round, in turn, and yield each as a ratio to the first."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round_number in range(rounds + 1):
        for name, call in calls.items():
            gc.collect()
            begin = time.perf_counter()
            call()
            if round_number:
                times[name].append(time.perf_counter() - begin)
    first = next(iter(times.values()))
    for name, measured in times.items():
        paired = sorted(one / other for one, other in zip(measured, first, strict=True))
        median = statistics.median(measured) / statistics.median(first)
        yield Ratio(name, median, paired[len(paired) // 4], paired[(3 * len(paired)) // 4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    lock = make_lock()
    commented = lock.replace('name = "bench"', 'name = "bench"  # mothball: ignore[archived] the project itself')
    document = parse_uv(lock)
    edges = sum(map(len, document.graph.requires.values())) if document.graph else 0
    print(f"{len(lock):,} characters, {len(document.dependencies)} packages, {edges} edges")

    half_typed = lock.replace('name = "bench"', 'name = "bench')

    def parse_first(text: str) -> None:
        scan_line.cache_clear()
        parse_uv(text)

    calls: dict[str, Callable[[], object]] = {
        "tomllib.loads": lambda: tomllib.loads(lock),
        "uv.lock as uv wrote it": lambda: parse_first(lock),
        "with an ignore comment": lambda: parse_first(commented),
        "half typed: the TOML scanner": lambda: parse_first(half_typed),
    }
    print(f"{'as a ratio to tomllib.loads':<44} median  (quartiles of the pairs)")
    for ratio in compare_calls(calls, rounds=rounds):
        print(ratio)


if __name__ == "__main__":
    main()
