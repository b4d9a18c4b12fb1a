"""Read 1 MB of each hostile shape in every format: processor time and memory, and how the time grows.

    uv run --group test python -m benchmarks.hostile [--size BYTES] [FORMAT ...]

Budgets for 1 MB: 2 seconds of processor time and 200 MB, with growth that is linear (a ratio of 2 for twice the size).
Formats that are not read beyond ``MAX_LENGTH`` are measured at that length, with the same budgets.
Each measurement is a process of its own. Prints the slowest shapes, and all that exceed a budget; exits 1 if one does.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
import time
import traceback
from typing import NamedTuple

from mothball.cli.start import GC_THRESHOLD
from mothball.formats.broken import MAX_LENGTH
from mothball.formats.table import parse

_MAX_SECONDS = 2.0
# Interpreter, parsers and the text itself, which also count, take up to 60 MB.
_MAX_MEGABYTES = 200
# Growth is judged where half of the size takes at least these seconds: below, the first use of a parser counts more.
# A text with quadratic growth that takes less takes less than 0.4 s as a whole, far below the budget.
_MIN_HALF = 0.1
_MAX_GROWTH = 3.0

_TOML = ("pyproject", "pipfile", "hatch-toml", "pixi-toml", "tox-toml", "uv-lock", "poetry-lock", "pdm-lock", "pylock")
_INI = ("setup-cfg", "tox-ini")
_YAML = ("conda-env", "pre-commit", "pixi-lock", "conda-lock")
_LINES = ("requirements",)
_PYTHON = ("setup-py", "script")
_JSON = ("pipfile-lock",)
_SHORT = frozenset({*_INI, "conda-env", "pre-commit", "setup-py"})
_ALL = (*_TOML, *_INI, *_YAML, *_LINES, *_PYTHON, *_JSON)

# The text before the repeated part, so that the parser of dependencies reads it.
_PREFIXES = {
    **dict.fromkeys(_ALL, ("",)),
    "pyproject": ("", "[project]\ndependencies = [", "[tool.poetry.dependencies]\n", "[dependency-groups]\nx = ["),
    "pipfile": ("", "[packages]\n"),
    "hatch-toml": ("", "[envs.default]\ndependencies = ["),
    "pixi-toml": ("", "[pypi-dependencies]\n", "[target."),
    "tox-toml": ("", "[env_run_base]\ndeps = ["),
    "uv-lock": ("", "version = 1\n[[package]]\n", "version = 1\n[[package]]\ndependencies = ["),
    "poetry-lock": ("", "[[package]]\n"),
    "pdm-lock": ("", "[[package]]\n"),
    "pylock": ("", 'lock-version = "1.0"\n[[packages]]\n'),
    "setup-cfg": ("", "[options]\ninstall_requires =\n ", "[options]\ninstall_requires = "),
    "tox-ini": ("", "[testenv]\ndeps =\n ", "[tox]\nrequires =\n ", "[tox]\nrequires = "),
    "conda-env": ("", "dependencies:\n- ", "dependencies:\n- pip:\n  - ", "dependencies: [", "dependencies: [pip: ["),
    "pre-commit": ("", "repos:\n- repo: x\n  hooks:\n  - id: x\n    additional_dependencies: ["),
    "pixi-lock": ("", "version: 6\npackages:\n", "version: 6\npackages: [", "packages:\n- pypi: x\n  name: '"),
    "conda-lock": ("", "version: 1\npackage:\n", "version: 1\npackage: [", "package:\n- manager: pip\n  name: '"),
    "setup-py": ("", "from setuptools import setup\nsetup(install_requires=["),
    "script": ("", "# /// script\n# dependencies = ["),
    "pipfile-lock": ("", '{"default": {', '{"_meta": {"hash": {}}, "default": {"a": '),
    "requirements": ("", "a==1 ; ", "a["),
}
# The ends of prefixes, and the text that makes the whole valid: invalid JSON, YAML and Python is rejected early.
_ENDINGS = (
    ("[pip: [", "]]"),
    ("name: '", "'"),
    ("setup(install_requires=[", "])"),
    ('"default": {', '"b": {}}}'),
    ('{"a": ', "{}}}"),
    ("[", "]"),
)
_SHAPES = (
    "[",
    "{",
    "(",
    "]",
    "}",
    "[]",
    "{}",
    "[{",
    "[\n",
    "{\n",
    "'",
    '"',
    "'a'",
    '"a"',
    "'a',",
    '"""',
    "'''",
    "\\",
    "\\\n",
    "#",
    "#\n",
    "# mothball: ignore[archived] x\n",
    "a",
    "a ",
    "a\n",
    "a=1\n",
    "a = 1\n",
    "a.",
    "a.b = 1\n",
    "[a]\n",
    "[[a]]\n",
    "[a.b.c]\n",
    "=",
    ",",
    ";",
    ":",
    "-",
    "- a\n",
    "- ",
    " ",
    "\t",
    "\n",
    "\r",
    "\0",
    "\u00e9",
    "${",
    "${A}",
    "{{",
    "{{a}}",
    "{[a]b}",
    "-r a\n",
    "--hash=sha256:00 \\\n",
    "-e git+https://index.example/a\n",
    "<<<<<<< a\n",
    "a==1\n",
    "a>=1,",
    "a[b]",
    "a @ ",
    "https://index.example/",
    "@",
    "&a ",
    "*a ",
    "a: ",
    "a:\n",
    "? ",
    "!!a ",
    "| ",
    "a and ",
    "a or ",
    "python_version < '3' and ",
    "1+",
    "'a'+",
    "f(",
    "lambda:",
    "if a:\n",
    "%",
    "\n ",
    "name = 'a'\n",
    "[[package]]\nname = 'a'\nversion = '1'\n",
    '{"a":',
    '"a":{},',
    "null,",
    "1e9",
    "0x",
    "-1",
    "a,",
    "a;",
    "''",
    "{},",
    "- pypi: a\n",
    "- {pypi: a, name: b}\n",
    "- {manager: pip, name: a}\n",
)


class Case(NamedTuple):
    """A repeated text in a format, between ``prefix`` and ``ending``."""

    format: str
    prefix: str
    shape: str
    ending: str

    def text(self, size: int) -> str:
        """Return the text with about ``size`` bytes."""
        if self.format in _SHORT:
            size = min(size, MAX_LENGTH - len(self.prefix) - len(self.ending))
        return self.prefix + self.shape * (size // len(self.shape.encode())) + self.ending


class Taken(NamedTuple):
    """Processor seconds for half the size and for the size, and the highest resident memory in MB."""

    half: float
    whole: float
    megabytes: int


def measure(case: Case, size: int) -> Taken:
    """Parse a case in a process of its own, which is ended after a minute of processor time.

    A case that is ended, or needs too much memory, has taken endless time. Other exceptions are bugs of the parser or
    of this checkout, and are printed.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, json.dumps(_measure_here(case, size)).encode())
        except Exception:  # noqa: BLE001 - the process has no caller that could handle it
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as results:
        text = results.read()
    os.waitpid(child, 0)
    return Taken(*json.loads(text)) if text else Taken(0, float("inf"), 0)


def _measure_here(case: Case, size: int) -> Taken:
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    gc.set_threshold(GC_THRESHOLD)
    seconds = []
    size = min(size, MAX_LENGTH) if case.format in _SHORT else size
    for part in (size // 2, size):
        text = case.text(part)
        begin = time.process_time()
        parse(case.format, text)
        seconds.append(time.process_time() - begin)
    return Taken(seconds[0], seconds[1], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def exceeds(taken: Taken) -> bool:
    """Return True if a measurement exceeds a budget. Growth counts where it can be measured."""
    grows = taken.half > _MIN_HALF and taken.whole > _MAX_GROWTH * taken.half
    return taken.whole > _MAX_SECONDS or taken.megabytes > _MAX_MEGABYTES or grows


def _endings(prefix: str) -> tuple[str, ...]:
    """Return the texts to put after a prefix: none and, if it opens brackets or quotes, those that close them."""
    closing = next((ending for opening, ending in _ENDINGS if prefix.endswith(opening)), "")
    return ("", closing) if closing else ("",)


def main() -> int:
    """Measure all cases and print the slowest, and those that exceed a budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=f"default: {', '.join(_ALL)}")
    parser.add_argument("--size", type=int, default=1_000_000, help="bytes (default: 1,000,000)")
    arguments = parser.parse_args()
    cases = [
        Case(file_format, prefix, shape, ending)
        for file_format in arguments.formats or _ALL
        for prefix in _PREFIXES[file_format]
        for ending in _endings(prefix)
        for shape in _SHAPES
    ]
    measured = {}
    for case in cases:
        measured[case] = taken = measure(case, arguments.size)
        if exceeds(taken):
            _print("over", case, taken)
    for case in sorted(cases, key=lambda case: measured[case].whole, reverse=True)[:10]:
        _print("slow", case, measured[case])
    count = sum(map(exceeds, measured.values()))
    print(f"{len(cases)} shapes of {arguments.size:,} bytes, {count} over a budget")
    return 1 if count else 0


def _print(mark: str, case: Case, taken: Taken) -> None:
    text = f"{case.format}: {case.prefix!r} + {case.shape!r} * n + {case.ending!r}"
    print(f"{mark} {taken.whole:6.2f} s, half: {taken.half:5.2f} s, {taken.megabytes:4} MB  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
