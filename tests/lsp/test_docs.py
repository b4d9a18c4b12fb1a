"""docs/lsp.md holds the table of settings as the server reads them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from mothball.lsp.settings import SETTINGS

DOCS = Path(__file__).parents[2] / "docs" / "lsp.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def table() -> str:
    """Return the settings as a table in Markdown."""
    rows = ["| setting | type | default | scope | what it does |", "|---|---|---|---|---|"]
    for one in SETTINGS:
        default = "" if one.default is None else f"`{json.dumps(one.default)}`"
        rows.append(f"| `{one.key}` | {one.type} | {default} | {one.scope} | {one.description} |")
    return "\n".join(rows) + "\n"


def test_the_settings_are_documented_as_they_are() -> None:
    text = DOCS.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    expected = f"{before}{BEGIN}{table()}{END}{after}"
    if os.environ.get("MOTHBALL_REGENERATE"):
        DOCS.write_text(expected, "utf-8")
    assert text == expected or os.environ.get("MOTHBALL_REGENERATE")


def test_every_command_is_documented() -> None:
    from mothball.lsp import commands

    text = DOCS.read_text("utf-8")
    for name in commands.COMMANDS:
        assert f"`{name}`" in text
