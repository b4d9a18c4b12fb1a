"""What an editor shows after any edits is what it shows for the same text when it is opened."""

from __future__ import annotations

import threading
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.lsp_client import PULL, PUSH, Message
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_markers import MarkedText, Move, move_as_neovim, move_as_vscode
from tests.support.memory import forget
from tests.support.project import snapshot_text
from tests.support.waiting import LIMIT, wait_until

CODE_POINTS = {"general": {"positionEncodings": ["utf-32"]}}
STATUSES = {"old-lib": "archived", "tired-lib": "deprecated", "bad-lib": "quarantined", "fine": "active"}
NAMES = ("old-lib", "tired-lib", "bad-lib", "fine", "unknown-lib")


class Sample(NamedTuple):
    """A valid text: ``entry`` is one of its entries, with a place for the name."""

    path: str
    head: str
    entry: str
    tail: str

    def text(self, names: tuple[str, ...]) -> str:
        return f"{self.head}{''.join(self.entry.format(name=name) for name in names)}{self.tail}"


REGISTRY = 'source = {{ registry = "https://index.example/simple/" }}'
SAMPLES = (
    Sample("requirements.txt", "# all\n", "{name}==1.0  # pinned\n", "-r more.txt\n"),
    Sample("sub/pyproject.toml", '[project]\nname = "x"\ndependencies = [\n', '    "{name}>=1",\n', "]\n"),
    Sample("setup.py", "from setuptools import setup\nsetup(install_requires=[\n", '    "{name}>=1",\n', "])\n"),
    Sample("lock/uv.lock", "version = 1\n", f'[[package]]\nname = "{{name}}"\nversion = "1"\n{REGISTRY}\n', ""),
)
START = ("old-lib", "fine", "tired-lib")


class Step(NamedTuple):
    """One thing that a user does; ``at`` is a place as a fraction, ``waits`` is True if the server can keep up."""

    do: str
    at: float
    name: str
    waits: bool


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["cut", "cut all", "paste", "type", "undo", "save"]),
        st.floats(0, 1),
        st.sampled_from(NAMES),
        st.booleans(),
    ),
    min_size=1,
    max_size=10,
)


class User:
    """Edits a valid text as the user of an editor does; None stands for an empty document."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] | None = START
        self._clipboard: tuple[str, ...] | None = ()
        self._before: list[tuple[str, ...] | None] = []

    def act(self, step: Step) -> bool:
        """Do ``step``, and return False if it is not possible here."""
        names = self.names
        if step.do == "undo" and self._before:
            self.names = self._before.pop()
            return True
        after = self._edited(names, step)
        if after == names:
            return False
        self._before.append(names)
        self.names = after
        return True

    def _edited(self, names: tuple[str, ...] | None, step: Step) -> tuple[str, ...] | None:
        if names is None:
            return self._clipboard if step.do == "paste" else names
        at = round(step.at * len(names))
        if step.do == "cut all":
            self._clipboard = names
            return None
        if step.do == "cut" and names[at : at + 1]:
            self._clipboard = names[at : at + 1]
            return (*names[:at], *names[at + 1 :])
        if step.do in ("paste", "type"):
            return (*names[:at], *((step.name,) if step.do == "type" else self._clipboard or ()), *names[at:])
        return names


class Shown:
    """A document in an editor that receives or pulls its diagnostics."""

    def __init__(self, client: InProcess, path: str, text: str, move: Move) -> None:
        self._client = client
        self._seen = len(client.published)
        self._result_id: str | None = None
        self._version = 1
        self.marked = MarkedText(text, move)
        self.uri = client.open(path, text)

    def change(self, text: str) -> None:
        self._version += 1
        self.marked.set_text(text)
        self._client.change(self.uri, text, self._version)

    def receive(self) -> None:
        """Show the diagnostics that have arrived, or pull them."""
        if self._client.server.session.client.pulls:
            report = self._client.pull(self.uri, self._result_id)
            self._result_id = report["resultId"]
            if report["kind"] == "full":
                self.marked.replace_markers(report["items"])
            return
        published = self._client.published[self._seen :]
        self._seen += len(published)
        for notification in published:
            if notification["uri"] == self.uri:
                self.marked.replace_markers(notification["diagnostics"])

    def settle(self) -> None:
        """Wait until nothing is left to do for the server, and receive the diagnostics."""
        client, session = self._client, self._client.server.session

        def is_done() -> bool:
            document = session.documents[self.uri]
            is_known = document.checked is not None and not document.checked.is_pending()
            return document.is_checked() and is_known and not session.lookups._in_flight

        # A request is answered after the messages before it, and both threads are free after their reads.
        client.hover("file:///nowhere/requirements.txt", 0, 0)
        barrier = threading.Barrier(2)
        for job in [session.threads.submit(barrier.wait, LIMIT) for _ in range(2)]:
            job.result(LIMIT)
        wait_until(lambda: client.in_loop(is_done), "the document is checked", every=0.002)
        self.receive()


@pytest.fixture(params=["VS Code", "Neovim"])
def connected(
    request: pytest.FixtureRequest, client: InProcess, workspace: Workspace
) -> tuple[InProcess, Workspace, Move]:
    """A client that receives diagnostics and moves markers as VS Code does, or pulls and moves them as Neovim does."""
    workspace.write("statuses.json", snapshot_text(STATUSES))
    workspace.write("mothball.toml", 'offline = true\nsnapshot = "statuses.json"\n')
    workspace.write("more.txt", "old-lib\n")
    receives, move = (PUSH, move_as_vscode) if request.param == "VS Code" else (PULL, move_as_neovim)
    capabilities: Message = {**receives, **CODE_POINTS}
    client.initialize(capabilities, str(workspace.root))
    client.in_loop(lambda: vars(client.server.session).update(pause=0.0, typing_pause=0.0))
    return client, workspace, move


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path)
@given(steps=STEPS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_markers_after_any_edits_are_those_of_a_fresh_open(
    connected: tuple[InProcess, Workspace, Move], sample: Sample, steps: list[Step]
) -> None:
    client, workspace, move = connected
    user, text = User(), sample.text(START)
    path = workspace.write(sample.path, text)
    shown = Shown(client, path, text, move)
    shown.settle()
    for step in steps:
        if step.do == "save":
            workspace.write(sample.path, shown.marked.text)
            client.save(shown.uri)
        elif user.act(step):
            shown.change("" if user.names is None else sample.text(user.names))
        if step.waits:
            shown.settle()
        else:
            shown.receive()
    shown.settle()
    client.close(shown.uri)
    client.in_loop(forget)
    fresh = Shown(client, path, shown.marked.text, move)
    fresh.settle()
    client.close(fresh.uri)
    assert shown.marked.markers == fresh.marked.markers


@pytest.mark.parametrize("waits", [True, False])
def test_text_that_is_cut_and_pasted_is_marked_again(
    connected: tuple[InProcess, Workspace, Move], *, waits: bool
) -> None:
    client, workspace, move = connected
    shown = Shown(client, workspace.write("requirements.txt", "old-lib\n"), "old-lib\n", move)
    shown.settle()
    (marker,) = shown.marked.markers
    for text in ("", "old-lib\n"):
        shown.change(text)
        if waits:
            shown.settle()
    shown.settle()
    assert shown.marked.markers == [marker]


def test_check_again_sends_equal_diagnostics_again(connected: tuple[InProcess, Workspace, Move]) -> None:
    client, workspace, move = connected
    shown = Shown(client, workspace.write("requirements.txt", "old-lib\n"), "old-lib\n", move)
    shown.settle()
    (marker,) = shown.marked.markers
    shown.marked.markers = []
    client.command("mothball.checkAgain")

    def is_shown() -> bool:
        shown.receive()
        return shown.marked.markers == [marker]

    wait_until(is_shown, "the marker is shown")
