"""Count words of the project's former private vocabulary in docstrings, comments and strings.

``uv run --group dev python -m tests.support.plain_language`` prints the counts and the places.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MARKERS = re.compile(
    r"\b(?:told|tells?|nobody|somebody|whoever|anew|at home|by whose|stands? in|is none|takes? (?:it )?away|learnt"
    r"|mend(?:ed|s)?|rules over)\b",
    re.IGNORECASE,
)
_TEXT_TOKENS = frozenset({tokenize.COMMENT, tokenize.STRING})


class Marker(NamedTuple):
    """A place where one of the words is used."""

    path: str
    line: int
    word: str


def markers_in(path: Path) -> Iterator[Marker]:
    """Yield the markers in a Python file (comments and strings only), or in any other text file."""
    text = path.read_text("utf-8")
    shown = path.relative_to(ROOT).as_posix()
    if path.suffix != ".py":
        yield from _in_text(shown, 1, text)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _TEXT_TOKENS:
            yield from _in_text(shown, token.start[0], token.string)


def _in_text(shown: str, first_line: int, text: str) -> Iterator[Marker]:
    # A phrase may be broken over two lines.
    for found in MARKERS.finditer(re.sub(r"\n\s*(?:#\s*)?", lambda gap: "\n" + " " * (len(gap[0]) - 1), text)):
        yield Marker(shown, first_line + text.count("\n", 0, found.start()), found[0].lower())


def count(paths: list[Path]) -> Counter[str]:
    """Return the number of markers by directory, two levels deep."""
    counts: Counter[str] = Counter()
    for path in paths:
        counts["/".join(path.relative_to(ROOT).parts[:3])] += sum(1 for _ in markers_in(path))
    return counts


if __name__ == "__main__":
    for argument in sys.argv[1:] or ["src", "tests"]:
        for source in sorted(Path(argument).resolve().rglob("*.py")):
            for marker in markers_in(source):
                print(f"{marker.path}:{marker.line}: {marker.word}")
