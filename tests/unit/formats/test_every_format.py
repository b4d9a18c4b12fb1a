"""Properties of every format: spans match the text, nothing is raised, and parsing takes linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.table import parse
from mothball.formats.toml.scanner import scan_cached
from mothball.model.file_names import FORMATS
from tests.support.samples import SAMPLES
from tests.support.spans import check_places
from tests.support.timing import least_seconds

# Formats with substitutions.
SUBSTITUTING = {"setup-py", "tox-ini", "tox-toml", "hatch-toml", "pyproject"}
BOTH = [(name, text) for name, texts in SAMPLES.items() for text in texts]


def check(name: str, text: str) -> None:
    check_places(text, parse(name, text), substitutions=name in SUBSTITUTING and ("{" in text or "%" in text))


def test_every_format_has_samples() -> None:
    assert SAMPLES.keys() == FORMATS.keys()
    for name, text in BOTH:
        assert parse(name, text).dependencies


@pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("name", "text"), BOTH, ids=[name for name, _ in BOTH])
def test_spans_of_every_prefix_match_the_text(name: str, text: str, step: int) -> None:
    for end in range(len(text) + 1)[::-step]:
        check(name, text[:end])


# Text before hostile input, so that the input is in the place of a dependency.
BEFORE = {
    "pyproject": "[project]\ndependencies = [\n",
    "requirements": "",
    "pipfile": "[packages]\na = ",
    "hatch-toml": "[envs.a]\ndependencies = [\n",
    "pixi-toml": "[pypi-dependencies]\na = ",
    "tox-toml": "[env.a]\ndeps = [\n",
    "setup-cfg": "[options]\ninstall_requires =\n    ",
    "setup-py": "from setuptools import setup\nsetup(install_requires=[\n",
    "tox-ini": "[testenv]\ndeps =\n    ",
    "conda-env": "dependencies:\n- pip:\n  - ",
    "pre-commit": "repos:\n- repo: local\n  hooks:\n  - id: a\n    additional_dependencies: ",
    "script": "# /// script\n# dependencies = [\n# ",
    "uv-lock": "[[package]]\nname = ",
    "poetry-lock": "[[package]]\nname = ",
    "pdm-lock": "[[package]]\nname = ",
    "pylock": "[[packages]]\nname = ",
    "pipfile-lock": '{"default": ',
    "pixi-lock": "packages:\n- pypi: https://files.example/a-1.whl\n  name: ",
    "conda-lock": "package:\n- manager: pip\n  name: ",
}
HOSTILE = {"brackets": "[", "braces": "{", "quotes": '"', "backslashes": "\\", "dotted key": "a.", "long line": "x"}
PIECES = st.sampled_from([*"[]{}()\"'\\#=:;,.-@$|&*!?<>%/ \t\r\n", "a", "1", "\r\n", '"""', "'''", "\u2028", "é🎉"])
WORDS = st.sampled_from(
    ["a==1\n", "- a\n", "a: ", '{"a":', "[[package]]\n", "name = ", "${A}", "-r a\n", "<<<<<<< a\n", "{[a]b}"]
)


def seconds(name: str, text: str, times: int) -> float:
    def read() -> None:
        scan_cached.cache_clear()
        parse(name, text)

    return least_seconds(read, times)


def is_linear(name: str, before: str, unit: str, size: int) -> bool:
    """Return True if parsing 8 times the text takes at most 20 times as long; quadratic time would be 64 times."""
    short, long = (before + unit * (length // len(unit)) for length in (size // 8, size))
    # Times below a few milliseconds are noise, and a failure is measured again.
    return any(seconds(name, long, times) < 20 * max(seconds(name, short, 2), 0.002) for times in (1, 3))


@pytest.mark.alone
@pytest.mark.parametrize("shape", HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_parsing_repeated_characters_takes_linear_time(name: str, shape: str) -> None:
    assert is_linear(name, "", HOSTILE[shape], 400_000)
    assert is_linear(name, BEFORE[name], HOSTILE[shape], 200_000)


@pytest.mark.alone
@given(st.sampled_from(sorted(FORMATS)), st.booleans(), st.lists(PIECES | WORDS, min_size=1, max_size=4))
def test_parsing_any_repeated_text_takes_linear_time(name: str, inside: bool, pieces: list[str]) -> None:  # noqa: FBT001 - drawn
    assert is_linear(name, BEFORE[name] if inside else "", "".join(pieces), 16_000)


NOISE = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.lists(PIECES | WORDS, max_size=4)), max_size=5)


@given(st.sampled_from(BOTH), NOISE)
def test_random_edits_keep_spans_valid(chosen: tuple[str, str], noise: list[tuple[float, int, list[str]]]) -> None:
    name, text = chosen
    for share, taken, put in noise:
        place = int(len(text) * share)
        text = text[:place] + "".join(put) + text[place + taken :]
    check(name, text)


@given(st.sampled_from(BOTH), st.data())
def test_shuffled_lines_are_parsed(chosen: tuple[str, str], data: st.DataObject) -> None:
    name, text = chosen
    pieces = st.sampled_from(text.splitlines(keepends=True)) | PIECES | WORDS
    check(name, "".join(data.draw(st.lists(pieces, max_size=14))))


@given(st.sampled_from(sorted(FORMATS)), st.booleans(), st.text())
def test_any_text_is_parsed(name: str, inside: bool, text: str) -> None:  # noqa: FBT001 - drawn
    check(name, BEFORE[name] + text if inside else text)
