"""A setup.py that is no Python, or not yet: what is still read of it, and that what is half typed is marked so."""

from __future__ import annotations

import pytest

from mothball.formats.setup_py import parse
from mothball.model import Document, WithheldReason
from tests.support.spans import check_places

WHOLE = """\
from setuptools import setup

TESTS = [
    "pytest>=8",
]
setup(
    name="watch",
    setup_requires=TESTS,
    install_requires=[
        "owl",
        "rook>=1",  # mothball: ignore[archived] the rook
        "jay @ git+https://git.example/jay",
    ],
    extras_require={
        "a": ["crow"],
        "b": ["daw", "pie"],
    },
)
"""
ALL = ["pytest", "owl", "rook", "jay", "crow", "daw", "pie"]


def read(text: str) -> Document:
    document = parse(text)
    check_places(text, document)
    assert [one.message for one in document.problems if one.message.startswith("invalid Python: ")]
    return document


def names(text: str) -> list[str]:
    return [one.name_span.of(text) for one in read(text).dependencies]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"pytest>=8",\n]', '"pytest>=8",\n'),
        ("TESTS = [", "TESTS = "),
        ("install_requires=[", "install_requires="),
        ("install_requires=[", "install_requires["),
        ('jay",\n    ],', 'jay",\n    ,'),
        ('jay",\n    ],', 'jay",\n'),
        ('jay",\n    ],', 'jay",\n    ]'),
        ('["daw", "pie"],\n    },', '["daw", "pie"],\n    ,'),
        ("extras_require={", "extras_require="),
        ('["crow"]', '["crow"'),
        ('["crow"]', '"crow"]'),
        ('["crow"],', '["crow"]'),
        ('"a": [', '"a" ['),
        (",\n)\n", "\n"),
        (",\n)\n", ",\n))\n"),
        ("setup(\n", "setup(\n    ]\n"),
        ("setup(\n", "x = (\nsetup(\n"),
        ("setup(\n", "def half(\nsetup(\n"),
        ('        "rook', 'x = [\n        "rook'),
        ('        "rook', 'def half(\n        "rook'),
        ('        "rook', '"""\n        "rook'),
        ('        "rook', '<<<<<<< HEAD\n        "rook'),
        ('    name="watch",', '    name="watch",\n    "stray",'),
        ('    name="watch",', '    name="watch",\n    strayed,'),
        ('    name="watch",', '    name="watch"'),
        ("    install_requires", "    install_requires = install_requires\n    install_requires"),
    ],
)
def test_all_names_survive(old: str, new: str) -> None:
    text = WHOLE.replace(old, new, 1)
    assert text != WHOLE

    found = names(text)

    assert [name for name in ALL if name not in found] == []


@pytest.mark.parametrize("half", ['"ow', '"owl', "'owl>=", '"owl[', '"owl,'])
def test_what_is_half_typed_is_incomplete(half: str) -> None:
    document = read(WHOLE.replace('"owl",', half))

    reasons = {one.name: one.withheld for one in document.dependencies}
    assert reasons[half[1:4].rstrip(",")] == WithheldReason.INCOMPLETE
    assert [name for name, reason in reasons.items() if reason is WithheldReason.INCOMPLETE] == [half[1:4].rstrip(",")]
    assert reasons["rook"] is None
    assert reasons["jay"] is WithheldReason.VCS


def test_conflicting_sides_are_both_read() -> None:
    ours, theirs = '        "owl",\n', '        "eagle",\n'
    text = WHOLE.replace(ours, f"<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> theirs\n")

    assert {"owl", "eagle"} <= set(names(text))


def test_problems_and_comments_have_their_places_in_the_file() -> None:
    text = WHOLE.replace("TESTS = [", "TESTS = ").replace('"crow"', '"crow foo"')
    document = read(text)
    (ignore,) = document.ignores

    assert ignore.span.of(text) == "# mothball: ignore[archived] the rook"
    assert "foo" in [one.span.of(text).split()[-1] for one in document.problems]


@pytest.mark.parametrize(
    "text",
    [
        "install_requires = \0",
        "setup(install_requires=['a'" + "[" * 70_000,
        "install_requires\n" + "a b\n" * 40,
        "install_requires = (" * 3000,
        "install_requires = " + "-" * 50_000 + "1",
    ],
)
def test_what_is_too_far_from_python_is_a_problem_and_no_more(text: str) -> None:
    document = parse(text)

    assert document.problems
    assert not document.dependencies


def test_the_projects_own_name_is_known_in_a_half_typed_file_too() -> None:
    text = WHOLE.replace('"crow"', '"watch[b]", "crow"').replace("TESTS = [", "TESTS = ")

    assert {one.name: one.withheld for one in read(text).dependencies}["watch"] is WithheldReason.SELF
