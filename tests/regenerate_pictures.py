"""Make the pictures of the terminal in the documentation: ``uv run --group dev python -m tests.regenerate_pictures``.

The pictures of editors are made by their tests; see CONTRIBUTING.md.
"""

from __future__ import annotations

import re
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.support.added import workshop
from tests.support.project import snapshot_text

IMAGES = Path(__file__).parents[1] / "docs" / "images"
_WIDTH = 96
_REASON = "merged into lantern-web 4; no more releases"
# Addresses that rich names: of fonts, and its own.
_ADDRESSES = re.compile(r"\s*@font-face \{.*?\}|<!-- Generated with Rich .*? -->", re.DOTALL)


def main() -> None:
    """Write the picture of a rejected commit."""
    with tempfile.TemporaryDirectory() as temporary:
        shop = workshop(Path(temporary))
        statuses = {"lantern-web": "active", "quill-templates": {"status": "archived", "reason": _REASON}}
        shop.commit({"statuses.json": snapshot_text(statuses), "requirements.txt": "lantern-web>=4.2\n"})
        shop.stage({"requirements.txt": "lantern-web>=4.2\nquill-templates==2.1.4\n"})
        output = shop.check("--color", "always", env={"PRE_COMMIT": "1"}).out
    command = Text.assemble(("$ ", "bold green"), "git commit --message 'Add quill-templates'\n")
    picture = _svg(Text.assemble(command, Text.from_ansi(output)), "A commit that adds an archived package")
    (IMAGES / "rejected-commit.svg").write_text(picture, "utf-8", newline="\n")


def _svg(text: Text, title: str) -> str:
    """Return a picture of a terminal. The fonts are those of the viewer."""
    console = Console(file=StringIO(), record=True, width=_WIDTH, force_terminal=True, color_system="truecolor")
    console.print(text)
    svg = console.export_svg(title=title, unique_id="mothball")
    return _ADDRESSES.sub("", svg)


if __name__ == "__main__":
    main()
