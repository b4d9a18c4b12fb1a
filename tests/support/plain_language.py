"""Count words of the project's former private vocabulary in docstrings, comments, strings and documents.

``uv run --group test python -m tests.support.plain_language`` prints the places and the counts per package.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MARKERS = re.compile(
    r"(?<!\\)\b(?:(?i:told|tells?|nobody|somebody|whoever|anew|at home|by whose|stands? in|takes? (?:it )?away|learnt"
    r"|mend(?:ed|s)?|rules over)|(?<!there )is none)\b"  # "if there is none" is ordinary English.
)
# Technical uses and quotations, each with the reason: the path, and the text around the marker.
ALLOWED = {
    ("tests/support/plain_language.py", ""): "the list of the words",
    ("src/mothball/repository/git_repository.py", "somebody else"): "quotes a message of git",
    ("tests/unit/formats/locks/test_pipfile.py", "this is none"): "input of a test",
}
_TEXT_TOKENS = frozenset({tokenize.COMMENT, tokenize.STRING})


class Marker(NamedTuple):
    """A use of one of the words; ``line_text`` is the line that contains it."""

    path: str
    line: int
    word: str
    line_text: str

    @property
    def area(self) -> str:
        """The part of the project: a package, a directory of tests, or ``docs``."""
        parts = self.path.split("/")
        if parts[0] == "src" and len(parts) > 3:
            return "/".join(parts[1:3])
        if parts[0] == "tests" and len(parts) > 2:
            return "/".join(parts[:3] if parts[1] == "unit" and len(parts) > 3 else parts[:2])
        return parts[0] if self.path.endswith(".py") else "docs"


def markers_in(path: Path) -> Iterator[Marker]:
    """Yield the markers in a Python file (comments and strings only) or in any other text file."""
    text = path.read_text("utf-8")
    lines = text.split("\n")
    name = path.relative_to(ROOT).as_posix()
    parts = _python_parts(text) if path.suffix == ".py" else iter([(1, text)])
    for first_line, part in parts:
        for line, word in _in_text(part):
            marker = Marker(name, first_line + line, word, lines[first_line + line - 1])
            if not _is_allowed(marker):
                yield marker


def _python_parts(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _TEXT_TOKENS:
            yield token.start[0], token.string


def _in_text(text: str) -> Iterator[tuple[int, str]]:
    # A phrase may be broken over two lines.
    joined = re.sub(r"\n\s*(?:#\s*)?", lambda gap: "\n" + " " * (len(gap[0]) - 1), text)
    for found in MARKERS.finditer(joined):
        yield text.count("\n", 0, found.start()), found[0].lower()


def _is_allowed(marker: Marker) -> bool:
    return any(marker.path == path and part in marker.line_text for path, part in ALLOWED)


def tracked_files(*patterns: str) -> list[Path]:
    """Return the files that git tracks and that match one of ``patterns``."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--", *patterns]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def count(paths: Iterable[Path]) -> Counter[str]:
    """Return the number of markers per area."""
    return Counter(marker.area for path in paths for marker in markers_in(path))


DOCUMENTS = ("*.md", "editors/*.md", "docs/*.md", "src/mothball/check/rule_pages/*.md")
CODE = ("src/*.py", "tests/*.py", "benchmarks/*.py", "noxfile.py")

if __name__ == "__main__":
    chosen = tracked_files(*(sys.argv[1:] or (*CODE, *DOCUMENTS)))
    for source in chosen:
        for found in markers_in(source):
            print(f"{found.path}:{found.line}: {found.word}")
    for area, number in sorted(count(chosen).items()):
        print(f"{number:4} {area}")
