"""Slow lookups delay nothing else."""

from __future__ import annotations

from tests.support.lsp_client import LIMIT, PUSH
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex


def test_slow_lookup_does_not_delay_other_results(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("slow", page("slow", "archived", delay=LIMIT))
    index.script("silent", page("silent"))
    index.script("quick", page("quick", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    text = "slow\nquick\nsilent\nmissing\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    found = client.wait_for(lambda: client.diagnostics.get(document), LIMIT / 2)
    client.wait_for(lambda: "archived" in str(client.diagnostics[document]), LIMIT / 2)
    assert found
    assert not any(reply.get("code") == "not-stated" for reply in client.diagnostics[document])
    # Pending lookups are not repeated.
    client.change(document, text + "# more\n")
    client.save(document)
    client.wait_for(lambda: client.hover(document, 1, 0))
    assert index.count("slow") == 1
