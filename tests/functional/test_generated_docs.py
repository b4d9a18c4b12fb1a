"""The generated parts of the documentation, the JSON Schemas, the hooks and the VS Code extension are up to date."""

from __future__ import annotations

from tests.regenerate import COPIES, generated

_REMEDY = "run `uv run --group dev python -m tests.regenerate`"


def test_generated_parts_are_up_to_date() -> None:
    for path, text in generated().items():
        assert path.read_text("utf-8") == text, f"{path}: {_REMEDY}"


def test_copied_pictures_are_up_to_date() -> None:
    for copy, original in COPIES.items():
        assert copy.read_bytes() == original.read_bytes(), f"{copy}: {_REMEDY}"
