from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.formats.manifests.script import parse
from mothball.model.document import Document, SkipReason, normalize_name
from tests.support.samples import SCRIPT as SAMPLE
from tests.support.spans import check_places
from tests.support.timing import least_seconds


def block(*lines: str, newline: str = "\n", end: str = "# ///") -> str:
    return "".join(f"{line}{newline}" for line in ("# /// script", *(f"# {line}" for line in lines), end))


def problems(document: Document, text: str) -> list[tuple[str, str]]:
    return [(problem.span.slice(text), problem.message) for problem in document.problems]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_script_with_all_features_is_read(newline: str) -> None:
    text = SAMPLE.replace("\n", newline)
    document = parse(text)
    check_places(text, document)

    assert document.format == "script"
    assert [
        (dependency.name, dependency.specifier, dependency.skip_reason, dependency.section)
        for dependency in document.dependencies
    ] == [
        ("django", ">= 4.2", None, "script.dependencies"),
        ("rich", "<14", SkipReason.VCS, "script.dependencies"),
        ("tool", "", SkipReason.VCS, "script.dependencies"),
        ("half", "", SkipReason.INCOMPLETE, "script.dependencies"),
    ]
    assert document.dependencies[0].entry_span.slice(text) == "Django[argon2] >= 4.2 ; python_version < '3.12'"
    assert [comment.reason for comment in document.ignores] == ["soon"]
    assert [place for place, _ in problems(document, text)] == ["["]


def test_script_without_block_is_empty() -> None:
    assert parse('import x\n# dependencies = ["a"]\n') == Document("script")


def test_second_block_is_reported_and_read() -> None:
    text = block('dependencies = ["a"]') + "\n" + block('dependencies = ["b"]')
    document = parse(text)

    assert [dependency.name for dependency in document.dependencies] == ["a", "b"]
    assert problems(document, text) == [("# /// script", "second script block: only one is allowed")]
    assert document.problems[0].span.start > 20


@pytest.mark.parametrize("after", ["import x\n", "", "\n# other\n", "#no space\n"])
def test_unclosed_block_is_reported_and_read(after: str) -> None:
    text = block('dependencies = ["a"]', "words", end="#")[:-2] + after
    document = parse(text)

    assert [dependency.name for dependency in document.dependencies] == ["a"]
    assert problems(document, text) == [("# /// script", "the script block is not closed")]


def test_block_ends_at_last_closing_line_of_the_comment() -> None:
    text = block("dependencies = [", '"a",', "///", '"b"]') + "# words\n"

    assert [dependency.name for dependency in parse(text).dependencies] == ["a", "b"]
    assert [problem.span.slice(text) for problem in parse(text).problems] == ["///", '"b"]']


def test_line_without_comment_does_not_end_block() -> None:
    text = "# /// script\n# dependencies = [\n#   'a',\n  'b',\n#   'c',\n# ]\n# ///\nimport x\n# words\n"
    document = parse(text)

    assert [dependency.name for dependency in document.dependencies] == ["a", "c"]
    assert problems(document, text) == [("  'b',", "line in the script block is not a comment")]


def test_both_sides_of_a_conflict_in_a_block_are_read() -> None:
    text = block("dependencies = [", "'a',").replace(
        "# ///\n", "<<<<<<< HEAD\n# 'b',\n=======\n# 'c',\n>>>>>>> theirs\n# ]\n# ///\n"
    )

    assert [dependency.name for dependency in parse(text).dependencies] == ["a", "b", "c"]
    assert [problem.message for problem in parse(text).problems] == ["unresolved merge conflict"]


def test_new_block_ends_unclosed_block() -> None:
    text = "# /// script\n# dependencies = ['a']\nimport x\n# words\n" + block("dependencies = ['b']")
    document = parse(text)

    assert [dependency.name for dependency in document.dependencies] == ["a", "b"]
    assert [message for _, message in problems(document, text)] == [
        "the script block is not closed",
        "second script block: only one is allowed",
    ]


def test_opening_line_in_another_block_starts_no_block() -> None:
    text = "# /// other\n# /// script\n# dependencies = ['a']\n# ///\n"

    document = parse(text)
    assert not document.dependencies
    # But uv finds an opening line anywhere.
    assert problems(document, text) == [
        ("# /// script", "script block inside a block of another type: uv reads it, other tools ignore it")
    ]


@pytest.mark.parametrize("opening", ["#/// script", "# /// script x", " # /// script", "# // script", "# /// scr_ipt"])
def test_invalid_opening_line_starts_no_block(opening: str) -> None:
    assert parse(f'{opening}\n# dependencies = ["a"]\n# ///\n') == Document("script")


def test_invalid_toml_in_block_is_reported_at_its_position() -> None:
    text = block("dependencies = 1", "x = ")
    document = parse(text)

    assert ("1", "dependencies must be an array of requirements") in problems(document, text) or (
        "dependencies",
        "dependencies must be an array of requirements",
    ) in problems(document, text)
    assert any(message.startswith("invalid TOML") for _, message in problems(document, text))
    check_places(text, document)


def test_empty_block_is_accepted() -> None:
    assert parse("# /// script\n# ///\n") == Document("script")
    assert [problem.message for problem in parse("# /// script").problems] == ["the script block is not closed"]


def test_tables_not_allowed_in_scripts_are_ignored() -> None:
    text = block('dependencies = ["a"]', "[dependency-groups]", 'dev = ["b"]', "[build-system]", 'requires = ["c"]')

    assert [dependency.name for dependency in parse(text).dependencies] == ["a"]


NAMES = st.from_regex("[a-z][a-z0-9]{0,5}(-[a-z]{1,3})?", fullmatch=True)


@given(st.lists(NAMES, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_generated_block_matches_tomllib(names: list[str], newline: str, multi_line: bool) -> None:  # noqa: FBT001 - drawn
    joint = [",\n  ", ", "][not multi_line]
    toml = "dependencies = [" + joint.join(f'"{name} >=1"' for name in names) + "]"
    text = block(*toml.split("\n"), newline=newline)
    expected = [requirement.split()[0] for requirement in tomllib.loads(toml)["dependencies"]]
    document = parse(text)
    check_places(text, document)

    assert [dependency.name for dependency in document.dependencies] == [normalize_name(name) for name in expected]


def test_entry_without_a_name_has_its_position_in_the_file() -> None:
    text = block("[tool.hatch.envs.default]", 'dependencies = ["{env:LIB}lib"]')
    assert [unnamed.span.slice(text) for unnamed in parse(text).unnamed] == ["{env:LIB}lib"]


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece", ["# ///\n", "# /// script\n", "#\n", "# [\n", '#   "a",\n', "# /// script\n# ///\n\n"]
)
def test_parsing_takes_linear_time(piece: str) -> None:
    def cost(size: int) -> float:
        text = "# /// script\n# dependencies = [\n" + piece * (size // len(piece))
        return least_seconds(lambda: parse(text), 2)

    assert cost(80_000) < 60 * max(cost(5000), 0.001)
