"""Fixtures of many unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.trees import repository


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty repository that is the working directory; its parent is outside of any repository."""
    root = repository(tmp_path / "repo", {})
    monkeypatch.chdir(root)
    return root
