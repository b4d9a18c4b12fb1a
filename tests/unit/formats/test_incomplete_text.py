"""Incomplete edits in a file keep nearly all dependencies that they do not touch.

Thirteen kinds of edits are applied to realistic files; `-s` prints the share of kept dependencies. Formats that are
rejected as a whole on a syntax error are excluded.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from mothball.formats.table import parse
from mothball.model.document import SkipReason
from mothball.model.file_names import FORMATS
from tests.support.manifests import MANIFESTS
from tests.support.samples import SAMPLES
from tests.support.text_edits import KINDS, Tally, dropped, edits, survival
from tests.support.toml_documents import COMPACT, SHOP, project
from tests.support.tool_documents import DOCUMENTS

TOLERANT_FORMATS = [
    name
    for name in FORMATS
    if name not in {"setup-py", "conda-env", "pre-commit", "pipfile-lock", "pixi-lock", "conda-lock"}
]
ROUNDS = 10
# Incomplete text that is inserted, by format.
_TOML = ("requires-python =", "name", '"', '    "req', "[tool.", 'x = { a = "b"', "x = [", "<<<<<<< HEAD")
_INSERTED = {
    "requirements": ("req", "req[", "req>=", '"req', "-r", "--index-url", "req ; python_", "<<<<<<< HEAD"),
    "setup-cfg": ("    req", "    req[", "opt", "[options", "a = [", '"', "<<<<<<< HEAD"),
    "tox-ini": ("    req", "deps", "[testenv", "    {env:", '"', "<<<<<<< HEAD"),
    "script": ('#   "req', "# [tool", "# x", "# dependencies = [", "#", '# "', "<<<<<<< HEAD"),
}


def texts(name: str) -> tuple[str, ...]:
    """Return valid files of a format."""
    if name == "pyproject":
        return (SHOP, COMPACT, *map(project, range(8)), *DOCUMENTS[name])
    return (MANIFESTS[name],) if name in MANIFESTS else SAMPLES[name]


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    pick = random.Random(20261122)
    tallies = {}
    for name in TOLERANT_FORMATS:
        tally = tallies[name] = Tally(Counter(), Counter())
        files = texts(name)
        rounds = ROUNDS if len(files) == 1 else ROUNDS * 3 // len(files)
        for text in files:
            made = [edit for _ in range(rounds) for edit in edits(text, pick, _INSERTED.get(name, _TOML))]
            for total, more in zip(tally, survival(name, text, made), strict=True):
                total.update(more)
    print("\n" + table(tallies))
    return tallies


def table(tallies: dict[str, Tally]) -> str:
    """Return the share of unedited dependencies that kept name and span, by kind of edit and by format."""
    rows = [("", "kept", "of")]
    for kind in KINDS:
        both = Tally(Counter(), Counter())
        for tally in tallies.values():
            both.lost[kind] += tally.lost[kind]
            both.counted[kind] += tally.counted[kind]
        rows.append((kind, f"{both.kept():.2%}", f"{both.counted.total():,}"))
    rows += [(name, f"{tally.kept():.2%}", f"{tally.counted.total():,}") for name, tally in tallies.items()]
    return "\n".join(f"{name:<16} {kept:>8} {counted:>9}" for name, kept, counted in rows)


@pytest.mark.parametrize("name", TOLERANT_FORMATS)
def test_sample_files_are_valid_and_have_dependencies(name: str) -> None:
    for text in texts(name):
        document = parse(name, text)
        assert not document.problems
        assert len(document.dependencies) >= 3


@pytest.mark.parametrize("name", TOLERANT_FORMATS)
def test_unedited_dependencies_keep_name_and_span(name: str, tallies: dict[str, Tally]) -> None:
    tally = tallies[name]

    assert tally.counted.total() > 800
    assert tally.kept() >= 0.98, {kind: f"{tally.kept(kind):.1%}" for kind in KINDS}


def test_no_kind_of_edit_loses_many_dependencies(tallies: dict[str, Tally]) -> None:
    for kind in KINDS:
        lost = sum(tally.lost[kind] for tally in tallies.values())
        counted = sum(tally.counted[kind] for tally in tallies.values())
        assert counted > 500
        assert lost <= counted / 20, kind


@pytest.mark.parametrize("name", TOLERANT_FORMATS)
def test_missing_bracket_loses_no_dependencies(name: str) -> None:
    lost = counted = 0
    for text in texts(name):
        tally = survival(name, text, dropped(text, "[]"))
        lost += tally.lost.total()
        counted += tally.counted.total()

    assert lost <= counted / 1000, (lost, counted)


# Files that end in an incomplete name.
_INCOMPLETE_NAMES = {
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


@pytest.mark.parametrize("name", TOLERANT_FORMATS)
def test_incomplete_name_is_skipped_as_incomplete(name: str) -> None:
    (dependency,) = parse(name, _INCOMPLETE_NAMES[name]).dependencies

    assert (dependency.name, dependency.name_span.slice(_INCOMPLETE_NAMES[name])) == ("req", "req")
    assert dependency.skip_reason is SkipReason.INCOMPLETE
