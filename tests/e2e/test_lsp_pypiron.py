"""The language server with pypiron, whose statuses change during the tests."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lsp_client import PUSH, Process, uri
from tests.support.real_indexes import Pypiron, running_pypiron


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Process]:
    home = tmp_path / "home"
    home.mkdir()
    with Process(str(home), str(tmp_path)) as process:
        yield process


def write(tmp_path: Path, text: str) -> str:
    """Write the workspace's requirements.txt and return its path."""
    path = tmp_path / "workspace" / "requirements.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_diagnostic_follows_the_status_on_the_index(editor: Process, pypiron: Pypiron, tmp_path: Path) -> None:
    begin = time.time()
    pypiron.publish("lsp-lib", "lsp-other")
    # With one stated status on the index, projects without a marker count as active.
    pypiron.set_status("lsp-other", "deprecated")
    text = "lsp-lib==1.0\nlsp-other\n"
    path = write(tmp_path, text)
    editor.start(PUSH, os.path.dirname(path), pypiron.url)
    document = editor.open(path, text)
    editor.wait_for_diagnostics(document, "deprecated")
    pypiron.set_status("lsp-lib", "archived", "moved to lsp-new")
    editor.command("mothball.checkAgain")
    diagnostic, _ = editor.wait_for_diagnostics(document, "archived", "deprecated")
    assert diagnostic["message"] == "lsp-lib is archived: moved to lsp-new"
    hover = editor.hover(document, 0, 0)["contents"]["value"]
    assert "moved to lsp-new" in hover
    # Upload times are in UTC, and the test may run across midnight.
    days = {time.strftime("%Y-%m-%d", time.gmtime(moment)) for moment in (begin, time.time())}
    assert any(f"- Latest release: `1.0` ({day})\n" in hover for day in days), hover
    pypiron.clear_status("lsp-lib")
    editor.command("mothball.checkAgain")
    editor.wait_for_diagnostics(document, "deprecated")
    assert editor.hover(document, 0, 0)["contents"]["value"].startswith("**active**")


def test_workspace_diagnostics_of_unopened_files_follow_changes(
    editor: Process, pypiron: Pypiron, tmp_path: Path
) -> None:
    pypiron.publish("lsp-shown", "lsp-tired")
    pypiron.set_status("lsp-tired", "deprecated")
    pypiron.set_status("lsp-shown", "archived")
    path = write(tmp_path, "lsp-shown\n")
    editor.start(PUSH, os.path.dirname(path), pypiron.url)
    assert editor.command("mothball.checkWorkspace")["findings"] == 1
    editor.wait_for_diagnostics(uri(path), "archived")
    pypiron.clear_status("lsp-shown")
    editor.command("mothball.checkAgain")
    editor.wait_for_diagnostics(uri(path))
    # Another program changes the file.
    write(tmp_path, "lsp-shown\nlsp-tired\n")
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(path), "type": 2}]})
    editor.wait_for_diagnostics(uri(path), "deprecated")
    os.unlink(path)
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(path), "type": 3}]})
    editor.wait_for_diagnostics(uri(path))


def test_unavailable_index_is_one_diagnostic_until_it_returns(editor: Process, tmp_path: Path) -> None:
    text = "lsp-a\nlsp-b\nlsp-c\n==broken\n"
    path = write(tmp_path, text)
    with running_pypiron(str(tmp_path / "index")) as index:
        index.publish("lsp-a", "lsp-b", "lsp-c")
        index.set_status("lsp-b", "archived")
        port = index.url
        editor.start(PUSH, os.path.dirname(path), port, maxAge="1s")
        document = editor.open(path, text)
        editor.wait_for_diagnostics(document, "archived", "unreadable")
    # Known names come from the cache; new names cannot be looked up.
    text += "lsp-d\nlsp-e\n"
    editor.change(document, text)
    down, *_ = editor.wait_for_diagnostics(document, "unverified", "archived", "unreadable")
    assert down["message"].startswith("Index unreachable (")
    assert "2 dependencies not checked" in down["message"]
    assert editor.hover(document, 0, 0)["contents"]["value"].startswith("**active**")
    assert editor.messages("window/showMessage") == []
    with running_pypiron(str(tmp_path / "index"), port=int(port.split(":")[2].partition("/")[0])):
        editor.command("mothball.checkAgain")
        editor.wait_for_diagnostics(document, "archived", "unreadable", "missing", "missing")
