"""The editor shows the findings of ``mothball check`` for the same text, after any sequence of edits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.cli import run_in_process
from tests.support.lsp_client import PUSH, Message, uri
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.memory import forget
from tests.support.project import snapshot_text
from tests.support.waiting import wait_until

STATUSES = {
    "old-lib": {"status": "archived", "reason": "use new-lib"},
    "tired-lib": "deprecated",
    "bad-lib": "quarantined",
    "odd-lib": "frozen",
    "good-lib": "active",
}
CONFIG = """\
index-url = "https://index.example/simple/"
offline = true
snapshot = "statuses.json"
private = ["acme-*"]
exclude = ["left-out/**"]
[severity]
deprecated = "note"
[ignore]
bad-lib = { rules = ["quarantined"], reason = "looked at", until = 2099-01-01 }
"""
FILES = {
    "requirements.txt": (
        "old-lib==1.0\n-r more/requirements.txt\ntired-lib  # mothball: ignore[deprecated] soon\nbad-lib\nacme-x\n"
        "==broken\n"
        "good-lib  # mothball: ignore[archived] no more\n😀é\nodd-lib\nunknown-lib\n--index-url https://other.example/simple/\n"
    ),
    "more/requirements.txt": "old-lib\ngood-lib\n",
    "constraints.txt": "old-lib==1\ntired-lib<2\n",
    "left-out/requirements.txt": "old-lib\n",
    "sub/pyproject.toml": (
        '[project]\nname = "sub"\ndependencies = ["old-lib>=1", "é", "tired-lib"]\n'
        '[dependency-groups]\ndev = ["bad-lib",]\n[tool.uv.sources]\ntired-lib = { git = "https://git.example/x" }\n'
    ),
    "sub/uv.lock": (
        'version = 1\n[[package]]\nname = "sub"\nversion = "0"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "good-lib" }, { name = "old-lib" }]\n'
        '[[package]]\nname = "good-lib"\nversion = "1"\nsource = { registry = "https://index.example/simple/" }\n'
        'dependencies = [{ name = "bad-lib" }]\n'
        '[[package]]\nname = "old-lib"\nversion = "1"\nsource = { registry = "https://index.example/simple/" }\n'
        '[[package]]\nname = "bad-lib"\nversion = "1"\nsource = { registry = "https://index.example/simple/" }\n'
    ),
    "flock/pyproject.toml": (
        '[project]\nname = "flock"\ndependencies = ["old-lib"]\n[tool.uv.workspace]\nmembers = ["*"]\n'
    ),
    "flock/sheep/pyproject.toml": '[project]\nname = "sheep"\ndependencies = ["old-lib", "bad-lib", "tired-lib"]\n',
    "flock/old/pyproject.toml": '[project]\nname = "bad-lib"\ndependencies = ["odd-lib"]\n',
    "flock/requirements.txt": "-e ./old\nbad-lib\nold-lib\n",
    "own/mothball.toml": 'offline = true\nsnapshot = "../statuses.json"\n[severity]\narchived = "warning"\n',
    "own/setup.cfg": "[options]\ninstall_requires =\n    old-lib\n    tired-lib\n",
}
LEVELS = {1: "error", 2: "warning", 3: "note"}


@pytest.fixture
def project(workspace: Workspace) -> Workspace:
    workspace.write("statuses.json", snapshot_text(STATUSES))
    workspace.write("mothball.toml", CONFIG)
    for name, text in FILES.items():
        workspace.write(name, text)
    return workspace


def shown(diagnostics: list[Message]) -> list[tuple[object, ...]]:
    """Return the comparable parts of diagnostics: rule, severity, location and message, without combined ones."""
    found = []
    for diagnostic in diagnostics:
        if diagnostic.get("code") not in (None, "unverified"):
            start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
            place = (start["line"], start["character"], end["line"], end["character"])
            message = diagnostic["message"].partition("\n")[0]
            found.append((diagnostic["code"], LEVELS[diagnostic["severity"]], *place, message))
    return sorted(found, key=str)


def checked(project: Workspace, home: Path, name: str) -> tuple[list[tuple[object, ...]], bool]:
    """Return the same for ``mothball check``, and whether a name of the file is unverified."""
    result = run_in_process("check", "--format", "json", cwd=project.root, home=home)
    report = json.loads(result.out)
    found, unverified = [], False
    for finding in report["findings"]:
        places = [finding, *finding.get("related_locations", ())]
        mine = next((place for place in places if place["path"] == name), None)
        if mine is None or finding["suppressed"] is not None:
            continue
        if finding["rule"] == "unverified":
            unverified = True
            continue
        place = (mine["line"] - 1, mine["column"] - 1, mine["end_line"] - 1, mine["end_column"] - 1)
        message = f"{finding['message']}: {finding['reason']}" if finding.get("reason") else finding["message"]
        found.append((finding["rule"], finding["severity"], *place, message))
    return sorted(found, key=str), unverified


UTF_32 = {**PUSH, "general": {"positionEncodings": ["utf-32"]}}


@pytest.mark.parametrize("name", FILES)
def test_editor_matches_the_command_line(client: InProcess, project: Workspace, tmp_path: Path, name: str) -> None:
    client.initialize(UTF_32, str(project.root))
    document = client.open(project.path(name), FILES[name])
    client.wait_for(lambda: document in client.diagnostics)
    expected, unverified = checked(project, tmp_path / "home", name)
    client.wait_for(lambda: shown(client.diagnostics[document]) == expected)
    assert ("unverified" in [diagnostic.get("code") for diagnostic in client.diagnostics[document]]) == unverified
    if name != "left-out/requirements.txt" and "mothball.toml" not in name:
        assert expected


def test_workspace_check_matches_the_command_line(client: InProcess, project: Workspace, tmp_path: Path) -> None:
    client.initialize(UTF_32, str(project.root))
    client.command("mothball.checkWorkspace")
    expected = {name: checked(project, tmp_path / "home", name)[0] for name in FILES}
    client.wait_for(
        lambda: {name: shown(client.diagnostics.get(uri(project.path(name)), [])) for name in FILES} == expected
    )


# --- random edits -----------------------------------------------------------------------------------------------------

PIECES = (
    *(
        "old-lib",
        "tired-lib==1",
        "bad-lib\n",
        "\n",
        "==",
        "😀",
        "# mothball: ignore[archived]",
        "\r\n",
        "\r",
        "good-lib\n",
    ),
    *("--index-url https://other.example/simple/\n", "-r more/requirements.txt\n", "\f", "\u2028", '"', "[", "]\n"),
    *(
        "old-lib==1 \\\n  --hash=sha256:0\n",
        "\\\n",
        '"tired-lib>=1",\n',
        "# more\n",
        " ; os_name == 'nt'",
        "Old_Lib[x]\n",
    ),
)


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[float, float, str]]:
    """Draw edits: start and end as fractions of the text length, and the replacement."""
    number = st.floats(0, 1)
    return draw(st.lists(st.tuples(number, number, st.sampled_from(PIECES)), min_size=1, max_size=8))


@given(
    name=st.sampled_from(["requirements.txt", "sub/pyproject.toml", "sub/uv.lock", "own/setup.cfg"]), changes=edits()
)
# The last change leaves a locked package without a version.
@example(name="sub/uv.lock", changes=[(0.0, 1.0, "old-lib"), (0.0, 1.0, "\n"), (1.0, 0.59375, "old-lib")])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_after_any_edits_the_diagnostics_are_those_of_a_fresh_start(
    server: tuple[InProcess, Workspace], name: str, changes: list[tuple[float, float, str]]
) -> None:
    client, project = server
    text, path = FILES[name], project.path(name)
    document = client.open(path, text)
    for version, (first, second, piece) in enumerate(changes, 2):
        start, end = sorted((int(first * len(text)), int(second * len(text))))
        # Edits delete at most 20 characters.
        text = text[:start] + piece + text[min(end, start + 20) :]
        client.change(document, text, version)
    edited = settled(client, document)
    client.close(document)
    client.in_loop(forget)
    client.open(path, text)
    assert edited == settled(client, document)
    client.close(document)


@pytest.fixture
def server(client: InProcess, project: Workspace) -> tuple[InProcess, Workspace]:
    client.initialize(UTF_32, str(project.root))
    client.in_loop(lambda: setattr(client.server.session, "pause", 0.0))
    return client, project


def settled(client: InProcess, document: str) -> list[Message]:
    """Return the diagnostics once the text is checked and no lookup is pending."""

    def state() -> list[Message] | None:
        held = client.server.session.documents.get(document)
        if held is None or not held.is_checked() or held.checked is None or held.checked.is_pending():
            return None
        return [
            {},
            *(client.server.protocol._converter.unstructure(diagnostic) for diagnostic in held.diagnostics or ()),
        ]

    found = wait_until(lambda: client.in_loop(state), every=0.002)
    assert found is not None
    return found
