"""Files that cannot be read or have a byte-order mark, and the places of errors."""

from __future__ import annotations

import os
import sys

import pytest

from tests.support.lsp_client import PUSH, codes_of
from tests.support.lsp_in_process import InProcess, Workspace, place
from tests.support.project import snapshot_text
from tests.support.waiting import wait_until

REGISTRY = 'source = { registry = "https://index.example/simple/" }'
# A text of each syntax with one dependency.
TEXTS = {
    "requirements.txt": "old-lib\n",
    "pyproject.toml": '[project]\nname = "x"\ndependencies = ["old-lib"]\n',
    "Pipfile": '[packages]\nold-lib = "*"\n',
    "setup.cfg": "[options]\ninstall_requires =\n    old-lib\n",
    "tox.ini": "[testenv]\ndeps = old-lib\n",
    "setup.py": "from setuptools import setup\nsetup(install_requires=['old-lib'])\n",
    "environment.yml": "dependencies:\n- pip:\n  - old-lib\n",
    "Pipfile.lock": '{"default": {"old-lib": {"version": "==1"}}}\n',
    "uv.lock": f'version = 1\n[[package]]\nname = "old-lib"\nversion = "1"\n{REGISTRY}\n',
}


@pytest.fixture
def offline(client: InProcess, workspace: Workspace) -> InProcess:
    workspace.write("statuses.json", snapshot_text({"old-lib": "archived"}))
    workspace.write("mothball.toml", 'offline = true\nsnapshot = "statuses.json"\n')
    client.start(PUSH, str(workspace.root))
    return client


@pytest.mark.parametrize("name", TEXTS)
def test_file_in_another_encoding_is_unreadable_until_it_is_saved_as_utf_8(
    offline: InProcess, workspace: Workspace, name: str
) -> None:
    text = TEXTS[name]
    if name.endswith(".lock") and "uv" not in name:
        text = text.replace("==1", "==1\u00fc")
    path = workspace.write(name, "")
    with open(path, "wb") as file:
        file.write(b"# \xfc\n" + text.encode("latin-1"))
    document = offline.open(path, "# \u00fc\n" + text)
    (unreadable,) = offline.wait_for_diagnostics(document, "unreadable")
    assert (unreadable["severity"], place(unreadable)) == (1, (0, 0, 1))
    assert "UTF-8" in unreadable["message"]
    workspace.write(name, TEXTS[name])
    offline.change(document, TEXTS[name])
    offline.save(document)
    offline.wait_for_diagnostics(document, "archived")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_link_out_of_the_repository_is_reported(offline: InProcess, workspace: Workspace) -> None:
    outside = workspace.root.parent / "outside.txt"
    outside.write_text("old-lib\n", encoding="utf-8")
    os.symlink(outside, workspace.path("requirements.txt"))
    document = offline.open(workspace.path("requirements.txt"), "old-lib\n")
    offline.wait_for(lambda: offline.diagnostics.get(document))
    (found,) = offline.diagnostics[document]
    assert (found["code"], place(found)) == ("unresolvable", (0, 0, 1))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_byte_order_mark_in_the_text_of_the_editor_is_ignored(
    client: InProcess, workspace: Workspace, name: str, encoding: str
) -> None:
    workspace.write("statuses.json", snapshot_text({"old-lib": "archived"}))
    workspace.write("mothball.toml", 'offline = true\nsnapshot = "statuses.json"\n')
    client.start({**PUSH, "general": {"positionEncodings": [encoding]}}, str(workspace.root))
    text = TEXTS[name]
    document = client.open(workspace.write(name, text), f"\ufeff{text}")
    (archived,) = client.wait_for_diagnostics(document, "archived")
    line = text[: text.index("old-lib")].count("\n")
    column = len(text.split("\n")[line].partition("old-lib")[0])
    mark = (
        0
        if line
        else len("\ufeff".encode(f"{encoding}-le" if encoding != "utf-8" else encoding))
        // {
            "utf-8": 1,
            "utf-16": 2,
            "utf-32": 4,
        }[encoding]
    )
    assert place(archived) == (line, column + mark, column + mark + len("old-lib"))
    assert client.hover(document, line, column + mark + 1) is not None


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("unknown-key = 1\n", "unknown-key"),
        ("offline = 'maybe'\n", "offline"),
        ("[severity]\narchived = 'loud'\n", "archived"),
    ],
)
def test_error_in_the_configuration_has_a_visible_range(
    client: InProcess, workspace: Workspace, text: str, marked: str
) -> None:
    client.start(PUSH, str(workspace.root))
    document = client.open(workspace.write("mothball.toml", text), text)
    client.wait_for(lambda: client.diagnostics.get(document))
    (error,) = client.diagnostics[document]
    line, start, end = place(error)
    assert text.split("\n")[line][start:end].strip("'\"") in (marked, "maybe", "loud")


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 300, "a = " + "[\n" * 150 + "]" * 150, "[project]\ndependencies = " + "[" * 300]
)
def test_equal_errors_of_a_line_are_one(client: InProcess, workspace: Workspace, text: str) -> None:
    client.start(PUSH, str(workspace.root))
    document = client.open(workspace.write("pyproject.toml", text), text)
    wait_until(lambda: client.diagnostics.get(document), "there are errors")
    found = client.diagnostics[document]
    assert set(codes_of(found)) == {"unreadable"}
    places = [(error["message"], error["range"]["start"]["line"]) for error in found]
    assert len(set(places)) == len(places)
    assert sum("too deeply" in error["message"] for error in found) <= 1
