from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mothball.edits.dependencies import remove_dependency
from mothball.edits.ignore_comments import add_ignore_comment
from mothball.formats.table import parse
from mothball.lsp.open_text import LastValid, parse_text
from mothball.model.document import DependencyKind, Document, Span
from mothball.model.results import Rule

SETUP = """\
setup(
    name="shop",
    install_requires=[
        "owl",
        "rook>=1",  # mothball: ignore[archived] the rook
        "jay" + x,
    ],
    tests_require=read("x"),
)
"""
LOCK = """\
{
    "_meta": {},
    "default": {
        "owl": {"version": "==1"},
        "rook": {"version": "==2"},
        "jay": {"version": "==3"}
    }
}
"""
CONDA = """\
dependencies:
- python
- pip:
  - --index-url https://index.example/simple/
  - -r requirements.txt
  - owl
  - rook>=1
"""


def kept(file_format: str, valid: str, text: str) -> Document:
    last_valid = LastValid(valid, parse(file_format, valid))
    document = parse_text(file_format, text, DependencyKind.REQUIREMENT, last_valid)
    assert document.is_broken
    return document


def names(document: Document, text: str) -> list[str]:
    assert [one.name for one in document.dependencies] == [one.name_span.slice(text) for one in document.dependencies]
    return [one.entry_span.slice(text) for one in document.dependencies]


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ('        "owl",\n', '        "owl",\n        "req\n', ["owl", "rook>=1"]),
        ('        "owl",\n', '        "owl,\n', ["rook>=1"]),
        ('    name="shop",\n', '    name="shop"\n\n', ["owl", "rook>=1"]),
        ("install_requires=[", "install_requires=", ["owl", "rook>=1"]),
        (")\n", "", ["owl", "rook>=1"]),
        ('        "owl",\n        "rook>=1"', '        "rook>=1', []),
        ('"owl",\n        "rook', '"owl, "rook', []),
        (SETUP, "install_requires=[", []),
    ],
)
def test_dependencies_on_unchanged_lines_are_kept(old: str, new: str, left: list[str]) -> None:
    text = SETUP.replace(old, new, 1)
    document = kept("setup-py", SETUP, text)

    assert names(document, text) == left
    assert [one.message for one in document.problems] == ["invalid Python"]


def test_all_that_stands_on_a_line_moves_with_it() -> None:
    text = SETUP.replace("setup(\n", 'setup(\n    x="a,\n')
    document = kept("setup-py", SETUP, text)

    assert [one.span.slice(text) for one in document.ignores] == ["# mothball: ignore[archived] the rook"]
    assert [one.applies_to for one in document.ignores] == [one.span for one in document.ignores]
    assert [one.span.slice(text) for one in document.unnamed] == ['jay" + x']
    assert [one.span.slice(text) for one in document.unresolvable] == ['read("x")']
    assert document.project_name == "shop"


def test_the_indexes_of_the_whole_file_are_kept() -> None:
    text = CONDA.replace("- pip:\n", "- pip: [\n")
    document = kept("conda-env", CONDA, text)

    assert names(document, text) == ["python", "owl", "rook>=1"]
    assert [one.value for one in document.index_options] == ["https://index.example/simple/"]
    assert [one.span.slice(text) for one in document.includes] == ["requirements.txt"]


def test_a_json_lock_is_kept_as_well() -> None:
    text = LOCK.replace('"rook": {', '"rook": ')

    assert [one.name for one in kept("pipfile-lock", LOCK, text).dependencies] == ["owl", "jay"]


def test_edits_in_several_places_drop_only_what_they_change() -> None:
    first = SETUP.replace('name="shop"', 'name="shop')
    second = first.replace("    tests_require", "\n    tests_require")
    left = LastValid(first, kept("setup-py", SETUP, first))
    document = parse_text("setup-py", second, DependencyKind.REQUIREMENT, left)

    assert names(document, second) == ["owl", "rook>=1"]


def test_no_edit_of_a_broken_text_is_proposed() -> None:
    text = SETUP.replace('name="shop"', 'name="shop')
    document = kept("setup-py", SETUP, text)
    entry = document.dependencies[0]

    assert add_ignore_comment(text, document, entry, (Rule.ARCHIVED,), "known") is None
    assert not remove_dependency(text, document, entry)


def test_lines_end_in_any_way() -> None:
    valid = SETUP.replace("\n", "\r\n")
    text = valid.replace('"owl",\r\n', '"owl",\r\n"req\r\n')

    assert names(kept("setup-py", valid, text), text) == ["owl", "rook>=1"]


LINES = st.lists(st.sampled_from(['"owl",', '"rook>=1",', "", "# x", '"owl", "jay",']), max_size=8)


@settings(deadline=None, max_examples=200)
@given(before=LINES, after=LINES)
def test_every_place_lies_on_a_line_that_is_the_same(before: list[str], after: list[str]) -> None:
    head, tail = "setup(install_requires=[\n", "\n])\n"
    valid, text = (head + "\n".join(lines) + tail for lines in (before, [*after, "'"]))
    document = kept("setup-py", valid, text)

    names(document, text)
    assert len({one.name_span for one in document.dependencies}) == len(document.dependencies)
    assert all(Span(0, 0) <= one.entry_span for one in document.dependencies)
    if before == after:
        assert len(document.dependencies) == len(parse("setup-py", valid).dependencies)
