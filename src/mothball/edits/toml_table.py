"""Insert lines into a table of a TOML text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mothball.check.messages import toml_string
from mothball.edits.model import Edit, end_of_line, newline_of
from mothball.formats.toml.api import TomlScan
from mothball.model.document import Span


def insert_lines(text: str, parsed: TomlScan, base: tuple[str, ...], lines: Sequence[str]) -> Edit:
    """Return the edit that adds ``lines`` to the end of the table at ``base`` of ``text``, which was parsed.

    Without a header for it, a new table is added at the end of the text. An empty ``base`` is the top level, which ends
    before the first header.
    """
    newline = newline_of(text)
    bodies = [*(header.body for header in parsed.headers), len(parsed.entries)]
    if not base:
        return _at_top_level(text, parsed, bodies[0], lines)
    for header, end in zip(parsed.headers, bodies[1:], strict=True):
        if header.path == base:
            last = parsed.entries[end - 1].value if end > header.body else header
            position = end_of_line(text, last.span.end)
            return Edit(Span(position, position), "".join(f"{newline}{line}" for line in lines))
    missing = 2 - text[len(text.rstrip()) :].count("\n") if text.strip() else 0
    table = "".join(f"{line}{newline}" for line in (f"[{'.'.join(map(_key, base))}]", *lines))
    return Edit(Span(len(text), len(text)), newline * missing + table)


def _at_top_level(text: str, parsed: TomlScan, count: int, lines: Sequence[str]) -> Edit:
    """Return the edit that adds ``lines`` after the first ``count`` entries, or at the start of the text."""
    newline = newline_of(text)
    if count:
        position = end_of_line(text, parsed.entries[count - 1].value.span.end)
        return Edit(Span(position, position), "".join(f"{newline}{line}" for line in lines))
    return Edit(Span(0, 0), "".join(f"{line}{newline}" for line in lines) + (newline if text.strip() else ""))


def _key(name: str) -> str:
    """Return ``name``, which is sanitized, as a TOML key."""
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else toml_string(name)


def comparable(document: dict[str, Any]) -> str:
    """Return a string that is equal only for equal documents, in which 1 and true differ and nan equals nan."""
    return json.dumps(document, sort_keys=True, default=repr)
