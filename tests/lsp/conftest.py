"""Fixtures: an in-process server, its client, and a workspace with an index."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import clean_environment
from tests.support.loopback import forget_network_settings
from tests.support.lsp_editor import Checks, Editor
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.scripted_index import ScriptedIndex


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "workspace"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def index() -> Iterator[ScriptedIndex]:
    with ScriptedIndex() as running:
        yield running


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    home, cwd = tmp_path / "home", tmp_path / "cwd"
    home.mkdir()
    cwd.mkdir()
    forget_network_settings(monkeypatch)
    for name, value in clean_environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(cwd)
    client = InProcess()
    try:
        yield client
    finally:
        client.stop()
        assert os.getcwd() == str(cwd)


@pytest.fixture
def editor(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Editor]:
    """An editor whose workspace can be checked; background checks follow changes without a pause."""
    monkeypatch.setattr("mothball.lsp.features.lifecycle._DEBOUNCE", 0.0)
    checks = Checks()
    monkeypatch.setattr("mothball.lsp.workspace_diagnostics.check_folders", checks.check_folders)
    yield Editor(client, workspace, index, checks)
    checks.go.set()
