"""While somebody works on one line of a lock, the packages on other lines keep their names and places."""

from __future__ import annotations

import random

import pytest

from mothball.formats.table import parse
from tests.support import lock_samples
from tests.support.half_typed import edits, survival

SAMPLES = {
    "uv-lock": lock_samples.UV,
    "poetry-lock": lock_samples.POETRY,
    "pdm-lock": lock_samples.PDM,
    "pylock": lock_samples.PYLOCK,
    "pipfile-lock": lock_samples.PIPFILE,
}
HALF_TYPED = ('name = "req\n', "[[pack\n", '"\n', '    "req\n', "x = [\n", '        "req": {\n')


@pytest.mark.parametrize("name", SAMPLES)
def test_packages_on_untouched_lines_survive(name: str) -> None:
    pick = random.Random(792)
    text = SAMPLES[name]
    made = [edit for _ in range(12) for edit in edits(text, pick, '"[]{}=,\n:', HALF_TYPED)]

    kept, total, losses = survival(lambda changed: parse(name, changed), text, made)

    assert total > 1000
    assert kept >= 0.98 * total, losses


@pytest.mark.parametrize("name", SAMPLES)
def test_a_missing_bracket_costs_nothing_elsewhere(name: str) -> None:
    pick = random.Random(751)
    text = SAMPLES[name]
    made = [
        edit
        for _ in range(25)
        for edit in edits(text, pick, "[]{}", ())
        if edit.kind.startswith("drop") and edit.kind[-2] in "[]{}"
    ]

    kept, total, losses = survival(lambda changed: parse(name, changed), text, made)

    assert kept >= 0.999 * total, losses
