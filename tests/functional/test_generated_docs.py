"""The generated parts of the documentation, the JSON Schemas, the hooks and the VS Code extension are up to date."""

from __future__ import annotations

from tests.regenerate import generated


def test_generated_parts_are_up_to_date() -> None:
    for path, text in generated().items():
        assert path.read_text("utf-8") == text, f"{path}: run `uv run --group dev python -m tests.regenerate`"
