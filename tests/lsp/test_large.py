"""A lock of thousands of packages is shown with few notifications."""

from __future__ import annotations

from tests.support.lsp_client import PUSH
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex

_PACKAGES = 2500


def test_large_lock_is_shown_in_at_most_three_publishes(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    names = [f"name-{number}" for number in range(_PACKAGES)]
    for number, name in enumerate(names):
        index.script(name, page(name, "archived" if number % 250 == 0 else "active"))
    packages = "".join(
        f'\n[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ registry = "{index.url}" }}\n' for name in names
    )
    text = f"version = 1\n{packages}"
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("uv.lock", text), text)
    client.wait_for(lambda: len(client.diagnostics.get(document, ())) == _PACKAGES // 250, seconds=120)
    client.settle(document)
    assert len(client.published) <= 3
