"""Diagnostics: published or pulled, their ranges, severities as in ``mothball check``, and when they are cleared."""

from __future__ import annotations

import os

import pytest

from tests.support.loopback import refusing_url
from tests.support.lsp_client import PULL, PUSH, codes_of
from tests.support.lsp_in_process import LOCK, InProcess, Workspace, actions, place, watched
from tests.support.lsp_pages import page
from tests.support.project import snapshot_text
from tests.support.scripted_index import Reply, ScriptedIndex
from tests.support.version_pages import File, uv_lock
from tests.support.version_pages import page as version_page

# --- one finding ------------------------------------------------------------------------------------------------------


def test_opening_a_file_reports_archived_dependency(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived", "use new-lib"))
    client.start(PUSH, str(workspace.root), index.url)
    text = "# nothing\nold-lib==1.0\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert place(diagnostic) == (1, 0, 7)
    assert (diagnostic["severity"], diagnostic["source"], diagnostic["code"]) == (1, "mothball", "archived")
    assert diagnostic["message"] == "old-lib is archived: use new-lib"
    assert diagnostic["codeDescription"]["href"].startswith("file:///")
    assert diagnostic["codeDescription"]["href"].endswith("/rule_pages/archived.md")
    assert "tags" not in diagnostic


def test_severities_are_mapped_to_the_protocol(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    for name, status in (
        ("a", "quarantined"),
        ("b", "deprecated"),
        ("c", "frozen"),
        ("d", "archived"),
        ("e", "active"),
    ):
        index.script(name, page(name, status))
    workspace.write("mothball.toml", '[severity]\narchived = "note"\n')
    client.start(PUSH, str(workspace.root), index.url)
    text = "a\nb\nc\nd\ne\nf\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    codes = ("quarantined", "deprecated", "unrecognized-status", "archived", "missing")
    found = client.wait_for_diagnostics(document, *codes)
    assert [diagnostic["severity"] for diagnostic in found] == [1, 2, 2, 3, 2]


def test_deprecated_tag_requires_the_setting(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url, deprecatedTag=True)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert diagnostic["tags"] == [2]


def test_minimal_client_gets_no_optional_diagnostic_fields(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start({}, str(workspace.root), index.url, deprecatedTag=True)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert set(diagnostic) == {"range", "message", "severity", "code", "source"}


def test_invalid_entry_is_reported_with_help(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "unreadable")
    assert place(diagnostic) == (0, 0, 8)
    assert "\n" in diagnostic["message"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["old-lib>=1"]\n'),
        ("Pipfile", '[packages]\nold-lib = "*"\n'),
        ("setup.cfg", "[options]\ninstall_requires =\n    old-lib\n"),
        ("setup.py", 'setup(install_requires=["old-lib"])\n'),
        ("tox.ini", "[testenv]\ndeps =\n    old-lib\n"),
        ("environment.yml", "dependencies:\n  - pip:\n      - old-lib\n"),
        ("requirements-dev.in", "old-lib\n"),
        ("requirements/base.txt", "old-lib\n"),
        ("constraints.txt", "old-lib==1\n"),
        ("uv.lock", 'version = 1\n[[package]]\nname = "old-lib"\nversion = "1.0"\nsource = { registry = "URL" }\n'),
    ],
)
def test_format_depends_on_file_name_not_on_language_id(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, name: str, text: str
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    text = text.replace("URL", index.url)
    document = client.open(workspace.write(name, text), text)
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    line, start, end = place(diagnostic)
    assert text.split("\n")[line][start:end] == "old-lib"


def test_other_files_are_left_alone(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    other = client.open(workspace.path("notes.txt"), "==broken\n")
    script = client.open(workspace.path("tool.py"), '# /// script\n# dependencies = ["==broken"]\n# ///\n')
    untitled = "untitled:requirements.txt"
    params = {"uri": untitled, "languageId": "pip-requirements", "version": 1, "text": "==broken\n"}
    client.notify("textDocument/didOpen", {"textDocument": params})
    ours = client.open(workspace.path("requirements.txt"), "==broken\n")
    client.wait_for_diagnostics(ours, "unreadable")
    assert not client.diagnostics.keys() & {other, script, untitled}
    assert client.hover(other, 0, 0) is None


def test_scripts_are_checked_if_enabled(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url, scripts=True)
    text = '# /// script\n# dependencies = ["old-lib"]\n# ///\nprint()\n'
    document = client.open(workspace.write("tool.py", text), text)
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert place(diagnostic) == (1, 19, 26)


def test_configured_and_generated_files_are_checked(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    workspace.write("mothball.toml", '[files]\n"deps/*.list" = "requirements"\n')
    client.start(PUSH, str(workspace.root), index.url)
    client.open(workspace.write("other/base.list", "old-lib\n"), "old-lib\n")
    configured = client.open(workspace.write("deps/base.list", "old-lib\n"), "old-lib\n")
    text = "# This file was autogenerated by uv\nold-lib==1\n"
    generated = client.open(workspace.write("all.txt", text), text)
    for document in (configured, generated):
        (diagnostic,) = client.wait_for_diagnostics(document, "archived")
        assert diagnostic["severity"] == 1
    assert client.diagnostics.keys() == {configured, generated}


# --- push and pull ----------------------------------------------------------------------------------------------------


def test_diagnostics_are_not_published_to_a_pulling_client(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived", delay=0.2))
    capabilities = client.start(PULL, str(workspace.root), index.url)["capabilities"]
    assert capabilities["diagnosticProvider"]["workspaceDiagnostics"] is False
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    assert client.pull(document)["items"] == []
    client.wait_for(lambda: client.messages("workspace/diagnostic/refresh"))
    assert codes_of(client.pull(document)["items"]) == ["archived"]
    assert client.published == []


def test_diagnostics_are_published_without_refresh_support(client: InProcess, workspace: Workspace) -> None:
    capabilities = {**PULL, "workspace": {}}
    assert "diagnosticProvider" not in client.start(capabilities, str(workspace.root), offline=True)["capabilities"]
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    client.wait_for_diagnostics(document, "unreadable")


def test_result_id_belongs_to_a_text(client: InProcess, workspace: Workspace) -> None:
    client.start(PULL, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    first = client.pull(document)
    assert (first["kind"], len(first["items"])) == ("full", 1)
    again = client.pull(document, first["resultId"])
    assert again == {"kind": "unchanged", "resultId": first["resultId"]}
    # Equal diagnostics: the client may have moved what it shows.
    client.change(document, "==broken\n# more\n")
    same = client.pull(document, first["resultId"])
    assert (same["kind"], same["items"]) == ("full", first["items"])
    client.change(document, "# more\n==broken\n", version=3)
    changed = client.pull(document, same["resultId"])
    assert changed["kind"] == "full"
    assert changed["items"][0]["range"]["start"]["line"] == 1
    assert client.messages("workspace/diagnostic/refresh") == []


def test_a_refresh_is_not_waited_for(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    client.silent_about.update(("workspace/diagnostic/refresh", "client/registerCapability"))
    client.start(PULL, str(workspace.root), index.url)
    client.in_loop(lambda: setattr(client.server.session, "pause", 0.0))
    client.in_loop(lambda: setattr(client.server.session, "typing_pause", 0.0))
    document = client.open(workspace.path("requirements.txt"), "")
    for number in range(3):
        name = f"old-{number}"
        index.script(name, page(name, "archived"))
        client.change(document, f"{name}\n", version=number + 2)
        client.wait_for_pull(document, "archived")
    assert not client.server.protocol._request_futures


def test_pulling_a_document_that_is_not_open_gives_nothing(client: InProcess, workspace: Workspace) -> None:
    client.start(PULL, str(workspace.root), offline=True)
    assert client.pull(f"file://{workspace.path('requirements.txt')}")["items"] == []


# --- as you type ------------------------------------------------------------------------------------------------------


def test_diagnostic_moves_with_its_line_immediately(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    client.in_loop(lambda: setattr(client.server.session, "pause", 1000.0))
    client.change(document, "# above\nold-lib\n")
    client.wait_for(lambda: place(client.diagnostics[document][0]) == (1, 0, 7))
    client.change(document, "# above\n", 3)
    client.wait_for_diagnostics(document)
    client.change(document, "old_LIB[extra] >= 2\n", 4)
    client.wait_for_diagnostics(document, "archived")
    assert len(index.received) == 1


def test_name_is_looked_up_once_after_a_pause(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", ""), "")
    client.wait_for_diagnostics(document)
    for version, typed in enumerate(("o", "ol", "old", "old-", "old-l", "old-li", "old-lib"), 2):
        client.change(document, typed, version)
    client.wait_for_diagnostics(document, "archived")
    assert [request.name for request in index.received] == ["old-lib"]


def test_saving_does_not_wait_for_the_pause(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    client.in_loop(lambda: setattr(client.server.session, "pause", 1000.0))
    document = client.open(workspace.write("requirements.txt", ""), "")
    client.wait_for_diagnostics(document)
    client.change(document, "old-lib\n")
    workspace.write("requirements.txt", "old-lib\n")
    client.save(document)
    client.wait_for_diagnostics(document, "archived")


def test_incomplete_entries_are_not_looked_up(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    client.in_loop(lambda: setattr(client.server.session, "pause", 0.0))
    text = '[project]\nname = "x"\ndependencies = ["half-typed'
    document = client.open(workspace.write("pyproject.toml", text), text)
    client.wait_for(lambda: document in client.diagnostics)
    client.change(document, text + '-name"]\n')
    client.wait_for_diagnostics(document, "missing")
    assert [request.name for request in index.received] == ["half-typed-name"]


def test_late_results_are_placed_in_the_current_text(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived", delay=0.5))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: index.received)
    client.change(document, "# above\n\nold-lib\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert place(diagnostic) == (2, 0, 7)
    assert len(index.received) == 1


def test_results_of_removed_names_are_dropped(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived", delay=0.4))
    index.script("fine", page("fine", "active"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: index.received)
    client.change(document, "fine\n")
    client.wait_for(lambda: len(index.received) == 2)
    client.settle(document)
    assert all(not notification["diagnostics"] for notification in client.published)


def test_index_without_statuses_is_reported_once(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("a", page("a"))
    index.script("b", page("b"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "a\nb\n"), "a\nb\n")
    (note,) = client.wait_for_diagnostics(document, "not-stated")
    assert (note["severity"], place(note)) == (3, (0, 0, 1))
    # The index has stated a status now, so a missing one means active.
    index.script("c", page("c", "archived"))
    client.change(document, "a\nb\nc\n")
    client.wait_for_diagnostics(document, "archived")
    assert client.hover(document, 0, 0)["contents"]["value"].startswith("**active**")


# --- clearing ---


def test_closing_clears_diagnostics(client: InProcess, workspace: Workspace) -> None:
    client.start(PUSH, str(workspace.root), offline=True)
    document = client.open(workspace.path("requirements.txt"), "==broken\n")
    client.wait_for_diagnostics(document, "unreadable")
    client.close(document)
    client.wait_for_diagnostics(document)
    client.open(workspace.path("requirements.txt"), "==broken\n")
    client.wait_for_diagnostics(document, "unreadable")


def test_ignore_clears_a_diagnostic(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    client.change(document, "old-lib  # mothball: ignore[archived] until we move\n")
    client.wait_for_diagnostics(document)
    hover = client.hover(document, 0, 1)["contents"]["value"]
    assert "ignored by a comment in this file: `until we move`" in hover


def test_saved_configuration_clears_and_restores_diagnostics(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document, "archived")
    path = workspace.write("mothball.toml", '[ignore]\nold-lib = { rules = ["archived"], reason = "soon" }\n')
    watched(client, path)
    client.wait_for_diagnostics(document)
    workspace.write("mothball.toml", 'exclude = ["nothing/**"]\n')
    watched(client, path)
    client.wait_for_diagnostics(document, "archived")
    workspace.write("mothball.toml", 'exclude = ["requirements.txt"]\n')
    watched(client, path)
    client.wait_for_diagnostics(document)
    os.unlink(path)
    watched(client, path)
    client.wait_for_diagnostics(document, "archived")


def test_invalid_configuration_is_reported_and_last_valid_one_applies(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"))
    path = workspace.write("mothball.toml", '[ignore]\nold-lib = { rules = ["archived"] }\n')
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document)
    workspace.write("mothball.toml", "unknown-key = 1\n[ignore]\n")
    config = client.open(path, "unknown-key = 1\n[ignore]\n")
    watched(client, path)
    (diagnostic,) = client.wait_for(lambda: client.diagnostics.get(document))
    assert "mothball.toml:1: unknown key" in diagnostic["message"]
    (at_home,) = client.wait_for(lambda: client.diagnostics.get(config))
    assert at_home["range"]["start"]["line"] == 0
    client.wait_for(lambda: "ignored by `" in client.hover(document, 0, 0)["contents"]["value"])


def test_no_lookups_before_configuration_was_valid(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    workspace.write("mothball.toml", "private = 7\n")
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "secret-name\n"), "secret-name\n")
    (diagnostic,) = client.wait_for(lambda: client.diagnostics.get(document))
    assert "were not checked" in diagnostic["message"]
    assert client.hover(document, 0, 0) is None
    assert index.received == []


def test_invalid_user_configuration_prevents_all_lookups(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    path = os.path.join(os.environ["XDG_CONFIG_HOME"], "mothball", "config.toml")
    os.makedirs(os.path.dirname(path))
    with open(path, "w", encoding="utf-8") as file:
        file.write("private = [")
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "secret-name\n"), "secret-name\n")
    (diagnostic,) = client.wait_for(lambda: client.diagnostics.get(document))
    assert "nothing is checked" in diagnostic["message"]
    assert index.received == []


# --- locks ---


def test_transitive_dependency_links_to_its_direct_dependency(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("direct-lib", page("direct-lib", "active"))
    index.script("old-lib", page("old-lib", "archived"))
    manifest = workspace.write("pyproject.toml", '[project]\nname = "app"\ndependencies = [\n    "direct-lib",\n]\n')
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    text = LOCK.format(url=index.url)
    document = client.open(workspace.write("uv.lock", text), text)
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert (diagnostic["severity"], diagnostic["message"]) == (2, "old-lib is archived, via direct-lib → old-lib")
    (related,) = diagnostic["relatedInformation"]
    assert related["location"]["uri"] == f"file://{manifest}"
    assert related["location"]["range"] == {"start": {"line": 3, "character": 5}, "end": {"line": 3, "character": 15}}
    hover = client.hover(document, place(diagnostic)[0], 10)["contents"]["value"]
    assert "Dependency path: `direct-lib` → `old-lib`" in hover


def test_finding_in_manifest_is_also_shown_in_its_lock(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("direct-lib", page("direct-lib", "archived"))
    index.script("old-lib", page("old-lib", "active"))
    manifest = workspace.write("pyproject.toml", '[project]\nname = "app"\ndependencies = ["direct-lib"]\n')
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    text = LOCK.format(url=index.url)
    document = client.open(workspace.write("uv.lock", text), text)
    (diagnostic,) = client.wait_for_diagnostics(document, "archived")
    assert (diagnostic["severity"], place(diagnostic)[0]) == (1, 9)
    assert diagnostic["relatedInformation"][0]["location"]["uri"] == f"file://{manifest}"
    # One diagnostic, even if several manifests declare the dependency.
    watched(client, workspace.write("requirements.in", "direct-lib\n"))
    client.command("mothball.checkAgain")
    client.wait_for(lambda: len(index.received) >= 4)
    client.wait_for_diagnostics(document, "archived")
    os.unlink(workspace.path("requirements.in"))
    # An ignore in the manifest also applies to its lock.
    line = 'dependencies = ["direct-lib"]  # mothball: ignore[archived] soon\n'
    workspace.write("pyproject.toml", f'[project]\nname = "app"\n{line}')
    watched(client, manifest)
    client.wait_for_diagnostics(document)


# --- unreachable indexes ---


def test_unreachable_index_is_reported_once(client: InProcess, workspace: Workspace) -> None:
    with refusing_url() as url:
        client.start(PUSH, str(workspace.root), url)
        text = "a\nb\nc\n==broken\n"
        document = client.open(workspace.write("requirements.txt", text), text)
        down, _ = client.wait_for_diagnostics(document, "unverified", "unreadable")
        first, names, help_text = down["message"].split("\n")
        host = url.split("/")[2]
        assert first == f"Index unreachable ({host} refused the connection): 3 dependencies not checked"
        assert names == f"{url}: a, b, c"
        assert help_text.startswith("check again when the index responds")
        assert (down["severity"], place(down)) == (2, (0, 0, 1))
        hover = client.hover(document, 1, 0)["contents"]["value"]
        assert hover.startswith("**unverified** `b`")
    assert client.messages("window/showMessage") == []


def test_outage_offers_another_check_and_the_settings(client: InProcess, workspace: Workspace) -> None:
    with refusing_url() as url:
        client.start(PUSH, str(workspace.root), url)
        text = "# all dependencies\na\n"
        document = client.open(workspace.write("requirements.txt", text), text)
        client.wait_for_diagnostics(document, "unverified")
        assert set(actions(client, document, 0)) == {"Check again", "Open settings"}


def test_names_without_a_usable_index_are_reported_once(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    client.start(PUSH, str(workspace.root), index.url)
    text = "--index-url ${URL}\na\nb\n${NAME}\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    without_index, without_name = client.wait_for_diagnostics(document, "unresolvable", "unresolvable")
    message = "2 dependencies were not looked up: unresolved variable in the index URL (a, b)\n"
    assert without_index["message"].startswith(message)
    assert without_name["message"].startswith("${NAME} contains a variable")
    assert [(found["severity"], place(found)[0]) for found in (without_index, without_name)] == [(2, 1), (2, 3)]
    assert "Rule `unresolvable`: warning" in client.hover(document, 2, 0)["contents"]["value"]
    assert index.received == []


def test_combined_diagnostic_has_highest_severity(client: InProcess, workspace: Workspace) -> None:
    text = """[tool.uv]
constraint-dependencies = ["mild"]
[project]
name = "app"
dependencies = ["heavy"]
[tool.mothball.severity]
unverified = "error"
"unverified.transitive" = "note"
"""
    with refusing_url() as url:
        client.start(PUSH, str(workspace.root), url)
        document = client.open(workspace.write("pyproject.toml", text), text)
        (down,) = client.wait_for_diagnostics(document, "unverified")
    assert ": 2 dependencies not checked\n" in down["message"]
    assert (down["severity"], place(down)) == (1, (0, 0, 1))


def test_failure_of_a_page_is_reported_separately(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    for name in ("a", "c"):
        index.script(name, Reply(500, b"", None))
    index.script("b", Reply(200, b"<p>log in first</p>", "text/html"))
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    document = client.open(workspace.write("requirements.txt", "a\nb\nc\n"), "a\nb\nc\n")
    client.wait_for_diagnostics(document, "unverified", "unverified")
    client.wait_for(lambda: ": a, c\n" in client.diagnostics[document][0]["message"])
    failed, odd = client.diagnostics[document]
    assert failed["message"].split("\n")[0].endswith(": 2 dependencies not checked")
    assert odd["message"].startswith("b could not be checked: ")
    assert [place(diagnostic)[0] for diagnostic in (failed, odd)] == [0, 1]


def test_failing_index_diagnostic_mentions_stale_results(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", page("old-lib", "archived"), Reply(500, b"", None))
    index.script("new-lib", Reply(500, b"", None))
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    text = "old-lib\nnew-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, "archived", "unverified")
    client.command("mothball.checkAgain")
    client.wait_for(lambda: "from the cache" in client.diagnostics[document][-1]["message"])
    archived, failed = client.wait_for_diagnostics(document, "archived", "unverified")
    first, old, help_text = failed["message"].split("\n")
    assert first.startswith("new-lib could not be checked: ")
    assert old.startswith(f"{index.url} could not be queried: 1 result is from the cache")
    # The help must not suggest command line options.
    assert help_text.startswith("check again when the index responds")
    assert "run it" not in archived["message"] + failed["message"]


def test_combined_diagnostic_lists_the_first_names(client: InProcess, workspace: Workspace) -> None:
    with refusing_url() as url:
        client.start(PUSH, str(workspace.root), url)
        text = "".join(f"{name}\n" for name in "abcdefgh")
        document = client.open(workspace.write("requirements.txt", text), text)
        (down,) = client.wait_for_diagnostics(document, "unverified")
        assert ": a, b, c, d, e and 3 more\n" in down["message"]


def test_periodic_task_retries_failed_index(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mothball.lsp.lookups.RETRY_AFTER", 0.0)
    index.script("old-lib", Reply(404 + 99, b"", None), page("old-lib", "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: document in client.diagnostics)
    client.wait_for(lambda: codes_of(client.diagnostics[document]) != [])
    client.in_loop(client.server.session.refresh_stale)
    client.wait_for_diagnostics(document, "archived")


def test_periodic_task_detects_changed_files(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    workspace.write("mothball.toml", 'snapshot = "known.json"\noffline = true\n')
    workspace.write("known.json", snapshot_text({"old-lib": "active"}))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for_diagnostics(document)
    workspace.write("known.json", snapshot_text({"old-lib": "archived", "more": "active"}))
    client.in_loop(client.server.session.refresh_stale)
    client.wait_for_diagnostics(document, "archived")
    registered = [
        watcher["globPattern"]
        for message in client.messages("client/registerCapability")
        for watcher in message["params"]["registrations"][0]["registerOptions"]["watchers"]
    ]
    assert {
        "**/pyproject.toml",
        "**/*requirements*.{txt,in,pip,reqs,lock}",
        "**/mothball.toml",
        "**/known.json",
    } <= set(registered)


def test_yanked_pin_is_reported_while_another_name_is_slow(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", version_page(File(yanked="broken"), File("2.0")))
    index.script("slow-lib", page("slow-lib", "archived")._replace(delay=1))
    client.start(PUSH, str(workspace.root), index.url)
    text = "old-lib==1.0\nslow-lib\n"
    document = client.open(workspace.write("requirements.txt", text), text)
    client.wait_for_diagnostics(document, "yanked", "archived")


def test_pin_typed_for_a_name_cached_without_files_is_reported_without_another_change(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    index.script("old-lib", version_page(File(yanked="broken"), File("2.0")))
    client.start(PUSH, str(workspace.root), index.url, allowLocalIndexes=True)
    document = client.open(workspace.write("requirements.txt", "old-lib\n"), "old-lib\n")
    client.wait_for(lambda: index.count("old-lib") == 1)
    client.settle(document)
    client.change(document, "old-lib==1.0\n")
    client.wait_for_diagnostics(document, "yanked")


def test_yanked_pin_is_reported(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    index.script("old-lib", version_page(File(yanked="broken"), File("2.0")))
    client.start(PUSH, str(workspace.root), index.url)
    document = client.open(workspace.write("requirements.txt", "old-lib==1.0\n"), "old-lib==1.0\n")
    (diagnostic,) = client.wait_for_diagnostics(document, "yanked")
    assert (diagnostic["severity"], diagnostic["message"]) == (2, "old-lib 1.0 is yanked: broken")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        pytest.param(File("2.0"), ("unlisted", 2), id="deleted version"),
        pytest.param(File(content="rebuilt"), ("unlisted", 2), id="replaced files"),
        pytest.param(
            File(content="new owner", uploaded="2026-01-02T03:04:05.000000Z"), ("re-registered", 1), id="new owner"
        ),
    ],
)
def test_lock_is_compared_with_the_files_of_the_index(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, listed: File, expected: tuple[str, int]
) -> None:
    index.script("old-lib", version_page(listed))
    workspace.write("mothball.toml", f'indexes."{index.url}".immutable = true\n')
    client.start(PUSH, str(workspace.root), index.url)
    text = uv_lock(index.url, File())
    document = client.open(workspace.write("uv.lock", text), text)
    (diagnostic,) = client.wait_for_diagnostics(document, expected[0])
    assert (diagnostic["code"], diagnostic["severity"]) == expected
    assert diagnostic["codeDescription"]["href"].endswith(f"/rule_pages/{expected[0]}.md")
