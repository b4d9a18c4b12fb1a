from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project in a repository of its own."""
    root, home = tmp_path / "project", tmp_path / "home"
    for directory in (root / ".git", home):
        directory.mkdir(parents=True)
    return Project(root, home)
