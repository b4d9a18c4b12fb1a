"""What an edit somewhere in a file does to the dependencies that it does not touch: nearly nothing.

Edits of thirteen kinds on files as people and tools write them; `-s` prints what was kept of which. Formats that are
read whole or not at all are left out: their syntax errors are in the tests of each.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from mothball.formats.table import FORMATS, parse
from mothball.model.document import SkipReason
from tests.support.manifests import MANIFESTS
from tests.support.samples import SAMPLES
from tests.support.text_edits import KINDS, Tally, dropped, edits, survival
from tests.support.toml_documents import COMPACT, SHOP, project
from tests.support.tool_documents import DOCUMENTS

READ_WHEN_BROKEN = [name for name in FORMATS if name not in {"setup-py", "conda-env", "pre-commit", "pipfile-lock"}]
ROUNDS = 10
# An edit is drawn from each of these, as if somebody had begun it and not gone on.
_TOML = ("requires-python =", "name", '"', '    "req', "[tool.", 'x = { a = "b"', "x = [", "<<<<<<< HEAD")
_HALF_TYPED = {
    "requirements": ("req", "req[", "req>=", '"req', "-r", "--index-url", "req ; python_", "<<<<<<< HEAD"),
    "setup-cfg": ("    req", "    req[", "opt", "[options", "a = [", '"', "<<<<<<< HEAD"),
    "tox-ini": ("    req", "deps", "[testenv", "    {env:", '"', "<<<<<<< HEAD"),
    "script": ('#   "req', "# [tool", "# x", "# dependencies = [", "#", '# "', "<<<<<<< HEAD"),
}


def texts(name: str) -> tuple[str, ...]:
    """Return sound files of a format."""
    if name == "pyproject":
        return (SHOP, COMPACT, *map(project, range(8)), *DOCUMENTS[name])
    return (MANIFESTS[name],) if name in MANIFESTS else SAMPLES[name]


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    pick = random.Random(20261122)
    found = {}
    for name in READ_WHEN_BROKEN:
        tally = found[name] = Tally(Counter(), Counter())
        files = texts(name)
        rounds = ROUNDS if len(files) == 1 else ROUNDS * 3 // len(files)
        for text in files:
            made = [edit for _ in range(rounds) for edit in edits(text, pick, _HALF_TYPED.get(name, _TOML))]
            for total, more in zip(tally, survival(name, text, made), strict=True):
                total.update(more)
    print("\n" + table(found))
    return found


def table(tallies: dict[str, Tally]) -> str:
    """Return the share of untouched dependencies that kept name and place, by kind of edit and by format."""
    rows = [("", "kept", "of")]
    for kind in KINDS:
        both = Tally(Counter(), Counter())
        for tally in tallies.values():
            both.lost[kind] += tally.lost[kind]
            both.counted[kind] += tally.counted[kind]
        rows.append((kind, f"{both.kept():.2%}", f"{both.counted.total():,}"))
    rows += [(name, f"{tally.kept():.2%}", f"{tally.counted.total():,}") for name, tally in tallies.items()]
    return "\n".join(f"{name:<16} {kept:>8} {counted:>9}" for name, kept, counted in rows)


@pytest.mark.parametrize("name", READ_WHEN_BROKEN)
def test_the_files_are_sound_and_hold_dependencies(name: str) -> None:
    for text in texts(name):
        document = parse(name, text)
        assert not document.problems
        assert len(document.dependencies) >= 3


@pytest.mark.parametrize("name", READ_WHEN_BROKEN)
def test_untouched_dependencies_keep_their_name_and_place(name: str, tallies: dict[str, Tally]) -> None:
    tally = tallies[name]

    assert tally.counted.total() > 800
    assert tally.kept() >= 0.98, {kind: f"{tally.kept(kind):.1%}" for kind in KINDS}


def test_no_kind_of_edit_costs_much(tallies: dict[str, Tally]) -> None:
    for kind in KINDS:
        lost = sum(tally.lost[kind] for tally in tallies.values())
        counted = sum(tally.counted[kind] for tally in tallies.values())
        assert counted > 500
        assert lost <= counted / 20, kind


@pytest.mark.parametrize("name", READ_WHEN_BROKEN)
def test_a_missing_bracket_costs_nothing_wherever_it_stood(name: str) -> None:
    lost = counted = 0
    for text in texts(name):
        tally = survival(name, text, dropped(text, "[]"))
        lost += tally.lost.total()
        counted += tally.counted.total()

    assert lost <= counted / 1000, (lost, counted)


# A name at the end of a file, at which somebody is still typing.
_BEING_TYPED = {
    "pyproject": '[project]\ndependencies = ["req',
    "requirements": "req[",
    "pipfile": '[packages]\nreq = "',
    "hatch-toml": '[envs.a]\ndependencies = ["req',
    "pixi-toml": '[pypi-dependencies]\nreq = { version = "',
    "tox-toml": '[env.a]\ndeps = ["req',
    "setup-cfg": "[options]\ninstall_requires =\n    req>",
    "tox-ini": "[testenv]\ndeps =\n    req[",
    "script": '# /// script\n# dependencies = ["req',
    "uv-lock": '[[package]]\nname = "req',
    "poetry-lock": '[[package]]\nname = "req',
    "pdm-lock": '[[package]]\nname = "req',
    "pylock": '[[packages]]\nname = "req',
}


@pytest.mark.parametrize("name", READ_WHEN_BROKEN)
def test_a_name_that_is_being_typed_is_incomplete(name: str) -> None:
    (one,) = parse(name, _BEING_TYPED[name]).dependencies

    assert (one.name, one.name_span.slice(_BEING_TYPED[name])) == ("req", "req")
    assert one.skip_reason is SkipReason.INCOMPLETE
