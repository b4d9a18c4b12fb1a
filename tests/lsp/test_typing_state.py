"""Names that are being typed are not looked up."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.lsp import documents
from mothball.lsp.documents import changed_span, may_become_private
from mothball.lsp.open_text import Checked
from mothball.model.document import Span
from tests.support.lsp_client import PUSH
from tests.support.lsp_in_process import InProcess, Workspace
from tests.support.lsp_pages import page
from tests.support.scripted_index import ScriptedIndex
from tests.support.timing import least_seconds

TEXTS = st.text("ab\n", max_size=12)
LONG = 1000.0


def in_common(first: str, second: str) -> int:
    """Return the length of the common prefix."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


@given(TEXTS, TEXTS)
def test_changed_span_reproduces_the_new_text(before: str, after: str) -> None:
    kept = in_common(before, after)
    span = changed_span(before, after)
    assert span.start == kept
    assert span.end == len(after) - in_common(before[kept:][::-1], after[kept:][::-1])


@pytest.mark.parametrize(
    ("before", "after", "at"),
    [
        ("requ", "reque", 5),
        ("requ\nold", "reque\nold", 5),
        ("reque\nold", "requ\nold", 4),
        ("old\n", "old\nnew==1\n", 11),
        ("aa", "aaa", 3),
    ],
)
def test_changed_span_examples(before: str, after: str, at: int) -> None:
    assert changed_span(before, after).end == at


@pytest.mark.parametrize(
    ("name", "patterns", "may"),
    [
        ("a", ("acme-*",), True),
        ("acme", ("acme-*",), True),
        ("acme-foo", ("acme-*-internal",), True),
        ("acme-internal-x", ("acme-internal",), False),
        ("old-lib", ("acme-*", "other"), False),
        ("anything", ("*-internal",), True),
        ("anything", (), False),
        ("acme-web", ("acme-*",), False),
        ("acme", ("acme", "acme-*"), False),
    ],
)
def test_prefix_of_a_private_pattern_may_become_private(name: str, patterns: tuple[str, ...], *, may: bool) -> None:
    assert may_become_private(name, patterns) is may


class Typist:
    """Types into a requirements file, pausing after each change long enough for a lookup."""

    def __init__(self, client: InProcess, workspace: Workspace, index: ScriptedIndex, private: str = "") -> None:
        workspace.write("mothball.toml", f"private = [{private}]\n")
        for name in ("old-lib", "fine", "acme"):
            index.script(name, page(name, "archived"))
        client.start(PUSH, str(workspace.root), index.url)
        self._client, self._index = client, index
        self.pauses(0.0, LONG)
        self._version = 1
        self.document = client.open(workspace.write("requirements.txt", ""), "")
        client.wait_for(lambda: self._known() is not None)

    def pauses(self, short: float, long: float) -> None:
        session = self._client.server.session
        self._client.in_loop(lambda: vars(session).update(pause=short, typing_pause=long))

    def types(self, text: str) -> None:
        self._version += 1
        self._client.change(self.document, text, self._version)
        # Wait for the pause and its consequences.
        for _ in range(3):
            self._client.wait_for(lambda: (found := self._known()) is not None and found.text == text)
            self._client.in_loop(lambda: None)

    def looked_up(self) -> list[str]:
        return [request.name for request in self._index.received]

    def _known(self) -> Checked | None:
        document = self._client.server.session.documents.get(self.document)
        return document.checked if document else None


def test_name_is_not_looked_up_while_it_is_typed(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    typist = Typist(client, workspace, index)
    for length in range(1, len("old-lib") + 1):
        typist.types("old-lib"[:length])
    # Typing continues elsewhere: with the version, the next name, or another line.
    typist.types("old-lib=")
    typist.types("old-lib==1")
    client.wait_for_diagnostics(typist.document, "archived")
    typist.types("old-lib==1\nf")
    client.in_loop(client.server.session.refresh_stale)
    typist.types("old-lib==1\nfine")
    typist.types("old-lib==1\nfine\n")
    client.wait_for_diagnostics(typist.document, "archived", "archived")
    assert typist.looked_up() == ["old-lib", "fine"]


def test_name_at_the_cursor_is_looked_up_after_a_longer_pause(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    typist = Typist(client, workspace, index)
    typist.types("old-li")
    typist.pauses(0.0, 0.01)
    typist.types("old-lib")
    client.wait_for_diagnostics(typist.document, "archived")
    assert typist.looked_up() == ["old-lib"]


def test_saved_name_is_looked_up(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    typist = Typist(client, workspace, index)
    typist.types("old-lib")
    workspace.write("requirements.txt", "old-lib")
    client.save(typist.document)
    client.wait_for_diagnostics(typist.document, "archived")


def test_name_that_occurs_elsewhere_is_looked_up_immediately(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    typist = Typist(client, workspace, index)
    typist.pauses(LONG, LONG)
    typist.types("old-lib==1\n")
    typist.pauses(0.0, LONG)
    typist.types("old-lib==1\nold-lib")
    client.wait_for_diagnostics(typist.document, "archived", "archived")


@pytest.mark.parametrize("places", [2, 3])
def test_name_typed_with_several_cursors_is_not_looked_up(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, places: int
) -> None:
    typist = Typist(client, workspace, index, private='"acme-*"')
    typist.pauses(0.0, 0.0)
    for length in range(1, len("acme") + 1):
        typist.types("\n# fine\n".join(["acme"[:length]] * places))
    # The same text is typed after different prefixes.
    typist.pauses(LONG, LONG)
    typist.types("old\nold-l")
    typist.pauses(0.0, LONG)
    typist.types("oldi\nold-li")
    typist.types("oldib\nold-lib")
    assert typist.looked_up() == []


def test_only_last_pasted_name_waits(client: InProcess, workspace: Workspace, index: ScriptedIndex) -> None:
    typist = Typist(client, workspace, index)
    typist.types("old-lib==1\nfine")
    client.wait_for_diagnostics(typist.document, "archived")
    assert typist.looked_up() == ["old-lib"]


def test_possible_private_name_waits_even_after_a_pause(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    typist = Typist(client, workspace, index, private='"acme-*"')
    typist.pauses(0.0, 0.0)
    for length in range(1, len("acme") + 1):
        typist.types(f"fine>=1\n{'acme'[:length]}")
    client.wait_for_diagnostics(typist.document, "archived")
    client.command("mothball.checkAgain")
    client.wait_for(lambda: typist.looked_up() == ["fine", "fine"])
    # A private name is looked up on the user's index.
    typist.types("fine>=1\nacme-secret")
    client.wait_for(lambda: "acme-secret" in typist.looked_up())
    typist.types("fine>=1\nacme")
    # Once complete, it does not match the private pattern.
    typist.types("fine>=1\nacme\n")
    client.wait_for_diagnostics(typist.document, "archived", "archived")
    assert typist.looked_up() == ["fine", "fine", "acme-secret", "acme"]


def test_name_that_may_become_private_by_an_unsaved_pattern_waits(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    typist = Typist(client, workspace, index)
    typist.pauses(0.0, 0.0)
    client.open(workspace.path("mothball.toml"), 'private = ["acme-*"]\n')
    typist.types("fine>=1\nacme")
    client.wait_for_diagnostics(typist.document, "archived")
    client.settle(typist.document)
    assert typist.looked_up() == ["fine"]
    typist.types("fine>=1\nacme\n")
    client.wait_for_diagnostics(typist.document, "archived", "archived")


def test_possible_private_name_in_a_restored_text_waits(
    client: InProcess, workspace: Workspace, index: ScriptedIndex
) -> None:
    """Editors keep unsaved texts when they are closed."""
    workspace.write("mothball.toml", 'private = ["acme-*"]\n')
    for name in ("fine", "old-lib"):
        index.script(name, page(name, "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    client.in_loop(lambda: vars(client.server.session).update(pause=0.0, typing_pause=0.0))
    document = client.open(workspace.write("requirements.txt", "fine\n"), "fine\nold-lib\nacme")
    client.wait_for_diagnostics(document, "archived", "archived")
    client.settle(document)
    assert {request.name for request in index.received} == {"fine", "old-lib"}


@pytest.mark.parametrize("written", ["new = {}", "new = { }", "[packages.new]\n", "[packages.new]\n\npa\n"])
def test_name_with_empty_table_is_not_looked_up_while_editing_it(
    client: InProcess, workspace: Workspace, index: ScriptedIndex, written: str
) -> None:
    base = '[packages]\nold-lib = "*"\n'
    for name in ("old-lib", "new", "fine"):
        index.script(name, page(name, "archived"))
    client.start(PUSH, str(workspace.root), index.url)
    client.in_loop(lambda: vars(client.server.session).update(pause=0.0, typing_pause=0.0))
    document = client.open(workspace.write("Pipfile", base), base)
    client.wait_for_diagnostics(document, "archived")
    client.change(document, base + written, 2)
    # Typing elsewhere leads to lookups, which would include a name that is not held.
    path = workspace.write("requirements.txt", "fine\n")
    client.wait_for_diagnostics(client.open(path, "fine\n"), "archived")
    client.in_loop(client.server.session.refresh_stale)
    assert [request.name for request in index.received] == ["old-lib", "fine"]
    # An empty table means any version once typing has continued elsewhere.
    client.change(document, f"{base}{written}\n[dev-packages]\nfine = '*'\n", 3)
    client.wait_for(lambda: [request.name for request in index.received] == ["old-lib", "fine", "new"])


@pytest.mark.alone
def test_empty_tables_take_time_in_proportion_to_the_text() -> None:
    def tables(count: int) -> Callable[[], object]:
        text = "".join(f"[packages.lib-{number}]\n" for number in range(count))
        entries = [Span(at.start(), at.end()) for at in re.finditer(r"\[.*\]", text)]
        return lambda: [documents._is_in_empty_table(text, entry, len(text)) for entry in entries]

    few, many = least_seconds(tables(1000)), least_seconds(tables(20_000))
    assert many < 100 * few
