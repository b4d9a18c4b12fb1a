"""Find the dependency files in a tree of 10,000 files, as a ratio to ``os.walk`` over the same tree.

    uv run --group test python -m benchmarks.discovery [--against SRC]

One file in ten is a text whose content decides. ``--against`` also measures the version of mothball in another ``src``
directory: a change of discovery must not make it slower.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.paired import PROJECT, compare

_NAMES = ("a.py", "b.py", "c.py", "d.py", "e.md", "f.json", "g.txt", "h.toml", "i.yml")
_WALK = "import os, sys; sum(len(names) for _, _, names in os.walk(sys.argv[1]))"
_FIND = (
    "import sys; sys.path.insert(0, sys.argv[2]); from mothball.discovery.file_search import walk; "
    "assert len(list(walk(sys.argv[1], print))) == 100"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--against", metavar="SRC", help="the src directory of another version")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mothball-bench-") as directory:
        _make_tree(Path(directory))
        versions = {"this version": os.path.join(PROJECT, "src")}
        if arguments.against:
            versions["the other version"] = arguments.against
        commands = {"os.walk": [sys.executable, "-c", _WALK, directory]}
        commands |= {name: [sys.executable, "-c", _FIND, directory, source] for name, source in versions.items()}
        print(f"{'as a ratio to os.walk':<44} median  (quartiles of the pairs)")
        for ratio in compare(commands, rounds=arguments.rounds, environment=dict(os.environ)):
            print(ratio)


def _make_tree(root: Path) -> None:
    """Write 10,000 files in 1,000 directories, of which 100 are requirements files."""
    for number in range(1000):
        package = root / f"group{number % 10}" / f"team{number % 100}" / f"package{number}"
        package.mkdir(parents=True)
        for name in (*_NAMES, "requirements.txt" if number % 10 == 0 else "j.cfg"):
            (package / name).write_text("text\n", encoding="utf-8")


if __name__ == "__main__":
    main()
