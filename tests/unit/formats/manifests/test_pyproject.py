"""pyproject.toml: the arrays of PEP 518, 621 and 735."""

from __future__ import annotations

import pytest
from hypothesis import given

from mothball.formats.manifests.pyproject import parse
from mothball.model.document import Dependency, DependencyKind, SkipReason, Span, normalize_name
from tests.support.spans import check_places
from tests.support.timing import least_seconds
from tests.support.toml_documents import COMPACT, NEW_SPELLING, SHOP, mutations, noise, project


def names(text: str) -> list[tuple[str, str]]:
    return [(dependency.section, dependency.name) for dependency in parse(text).dependencies]


def only(text: str) -> Dependency:
    (dependency,) = parse(text).dependencies
    return dependency


def problems(text: str) -> list[tuple[str, str]]:
    """Return the message and source text of each problem."""
    return [(problem.message, problem.span.slice(text)) for problem in parse(text).problems]


def in_project(entry: str) -> str:
    return f"[project]\nname = 'shop'\ndependencies = [\n    {entry},\n]\n"


def test_standard_tables_are_read_in_file_order() -> None:
    assert names(SHOP) == [
        ("build-system.requires", "hatchling"),
        ("build-system.requires", "hatch-vcs"),
        ("project.dependencies", "fastapi"),
        ("project.dependencies", "jinja2"),
        ("project.dependencies", "itsdangerous"),
        ("project.dependencies", "pydantic"),
        ("project.dependencies", "xlrd"),
        ("project.optional-dependencies.postgres", "psycopg"),
        ("project.optional-dependencies.postgres", "alembic"),
        ("project.optional-dependencies.docs", "sphinx"),
        ("project.optional-dependencies.docs", "furo"),
        ("dependency-groups.test", "pytest"),
        ("dependency-groups.test", "hypothesis"),
        ("dependency-groups.test", "coverage"),
        ("dependency-groups.lint", "ruff"),
        ("dependency-groups.lint", "mypy"),
        ("dependency-groups.dev", "ipython"),
    ]
    document = parse(SHOP)
    assert document.format == "pyproject"
    assert not document.problems
    assert {dependency.kind for dependency in document.dependencies} == {DependencyKind.REQUIREMENT}
    assert {dependency.skip_reason for dependency in document.dependencies} == {None}


@pytest.mark.parametrize("text", [COMPACT, NEW_SPELLING, *map(project, range(5))])
def test_alternative_toml_notations_have_no_problems(text: str) -> None:
    assert not parse(text).problems
    assert len(parse(text).dependencies) >= 4


def test_spans_cover_name_entry_and_specifier() -> None:
    dependency = only(in_project("' Zope.Event [fast, x] >= 4,<5 ; os_name == \"nt\" '"))
    text = in_project("' Zope.Event [fast, x] >= 4,<5 ; os_name == \"nt\" '")
    assert dependency.name == "zope-event"
    assert dependency.name_span.slice(text) == "Zope.Event"
    assert dependency.entry_span.slice(text) == 'Zope.Event [fast, x] >= 4,<5 ; os_name == "nt"'
    assert dependency.specifier_span is not None
    assert dependency.specifier_span.slice(text) == dependency.specifier == ">= 4,<5"
    assert dependency.extras == ("fast", "x")
    assert dependency.marker == 'os_name == "nt"'


def test_spans_are_correct_with_escapes_and_wide_characters() -> None:
    text = '# 🦉\n[project]\ndependencies = ["🦉", "p\\u0079dantic ~= 2.9 ; os_name == \\"nt\\""]'
    dependency = only(text)
    assert dependency.name == "pydantic"
    assert dependency.name_span.slice(text) == "p\\u0079dantic"
    assert dependency.specifier_span is not None
    assert dependency.specifier_span.slice(text) == "~= 2.9"
    assert dependency.entry_span.slice(text) == 'p\\u0079dantic ~= 2.9 ; os_name == \\"nt\\"'


@pytest.mark.parametrize(
    ("entry", "skip_reason"),
    [
        ('"flask"', None),
        ('"flask @ https://files.example/flask.whl"', SkipReason.URL),
        ('"flask @ git+https://git.example/flask"', SkipReason.VCS),
        ('"flask @ hg+ssh://git.example/flask"', SkipReason.VCS),
        ('"flask @ file:///opt/flask.whl"', SkipReason.PATH),
        ('"Shop[cli]"', SkipReason.SELF),
        ('"shop @ git+https://git.example/shop"', SkipReason.VCS),
        ('"flask', SkipReason.INCOMPLETE),
        ("'flask>=1", SkipReason.INCOMPLETE),
        ('"flask>=', SkipReason.INCOMPLETE),
        ('flask"', SkipReason.INCOMPLETE),
        ('"flask>="', SkipReason.INCOMPLETE),
        ('"flask["', SkipReason.INCOMPLETE),
    ],
)
def test_skip_reason_from_entry_text(entry: str, skip_reason: SkipReason | None) -> None:
    dependency = only(in_project(entry))
    assert dependency.name in {"flask", "shop"}
    assert dependency.skip_reason is skip_reason
    assert normalize_name(dependency.name_span.slice(in_project(entry))) == dependency.name


@pytest.mark.parametrize("entry", ['"', '"""', "'", '"  ', '">=1', '"🦉'])
def test_unterminated_string_without_name_is_no_dependency(entry: str) -> None:
    assert not parse(f"[project]\ndependencies = [{entry}").dependencies


def test_unterminated_name_at_end_of_file_is_incomplete() -> None:
    text = '[project]\ndependencies = ["requests", "req'
    done, half = parse(text).dependencies
    assert (done.name, done.skip_reason) == ("requests", None)
    assert (half.name, half.skip_reason) == ("req", SkipReason.INCOMPLETE)
    assert half.entry_span.slice(text) == half.name_span.slice(text) == "req"


def test_entry_span_of_incomplete_requirement_is_trimmed() -> None:
    text = '[project]\ndependencies = ["  flask >=  \n]'
    assert only(text).entry_span.slice(text) == "flask >="


def test_invalid_requirement_is_reported_at_its_error() -> None:
    text = in_project('"flask", "not a requirement", "rich"')
    assert [dependency.name for dependency in parse(text).dependencies] == ["flask", "rich"]
    ((message, place),) = problems(text)
    assert "not a valid requirement" in message
    assert place in "not a requirement"


def test_ignore_comments_are_read_and_invalid_ones_reported() -> None:
    text = in_project('"flask"') + "# mothball: ignore[archived] soon\n# mothball: ignore[archved]\n# mothballs\n"
    document = parse(text)
    span = Span(text.index("# mothball: ignore[archived]"), text.index("\n# mothball: ignore[archved]"))
    (ignore,) = document.ignores
    assert (ignore.span, ignore.rules, ignore.reason) == (span, ("archived",), "soon")
    assert len(document.problems) == 1


def test_project_without_requirement_tables_is_empty() -> None:
    text = "[project]\nname = 'x'\n[tool.black]\nline-length = 100\n[tool.unheard-of.dependencies]\nflask = '*'\n"
    document = parse(text)
    assert not document.dependencies
    assert not document.problems
    assert parse("") == parse("# nothing\n")


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("[project]\ndependencies = 'flask'", "project.dependencies must be an array of requirements", "dependencies"),
        ("[project]\ndependencies = {}", "project.dependencies must be an array of requirements", "dependencies"),
        ("[project]\ndependencies = {flask = '1'}", "project.dependencies must be an array of requirements", "flask"),
        (
            "[project.dependencies]\nflask = '1'\nrich = '2'",
            "project.dependencies must be an array of requirements",
            "[project.dependencies]",
        ),
        (
            "[[project.dependencies]]",
            "project.dependencies must be an array of requirements",
            "[[project.dependencies]]",
        ),
        (
            "[project]\noptional-dependencies = ['x']",
            "project.optional-dependencies must be a table",
            "optional-dependencies",
        ),
        (
            "[project.optional-dependencies]\na = 1",
            "project.optional-dependencies.a must be an array of requirements",
            "a",
        ),
        (
            "[project.optional-dependencies.a]",
            "project.optional-dependencies.a must be an array of requirements",
            "[project.optional-dependencies.a]",
        ),
        ("[[dependency-groups]]\na = ['x']", "dependency-groups must be a table", "[[dependency-groups]]"),
        ("dependency-groups = ['x']", "dependency-groups must be a table", "dependency-groups"),
        ("project = 1", "project must be a table", "project"),
        ("[[project]]\ndependencies = ['x']", "project must be a table", "[[project]]"),
        ("build-system = 'x'", "build-system must be a table", "build-system"),
        ("[build-system]\nrequires.a = ['x']", "build-system.requires must be an array of requirements", "a"),
    ],
)
def test_wrong_type_is_reported_once(text: str, message: str, place: str) -> None:
    assert problems(text) == [(message, place)]
    assert not parse(text).dependencies


@pytest.mark.parametrize(
    "text", ["[project]\noptional-dependencies = {}", "[dependency-groups]", "project = {}", "[project.urls]\na = 1"]
)
def test_empty_table_is_accepted(text: str) -> None:
    assert not problems(text)


@pytest.mark.parametrize("item", ["1", "1.5", "true", "2027-03-01", "{a = 1}", "[]"])
def test_array_item_that_is_no_string_is_reported(item: str) -> None:
    ((message, place),) = problems(in_project(item))
    assert message == "project.dependencies may contain only requirement strings"
    assert place == item


def test_stray_bracket_does_not_hide_later_requirements() -> None:
    text = "[project]\ndependencies = [['flask', 'rich']\n[tool.x]"
    assert names(text) == [("project.dependencies", "flask"), ("project.dependencies", "rich")]


# --- groups -----------------------------------------------------------------------------------------------------------


def groups(*lines: str) -> str:
    return "[dependency-groups]\n" + "\n".join(lines)


def test_group_includes_are_matched_by_normalized_name() -> None:
    text = groups(
        "dev = ['x', {include-group = 'Type.Check'}]", "type-check = ['mypy']", "all = [{'include-group' = 'dev'}]"
    )
    assert [name for _, name in names(text)] == ["x", "mypy"]
    assert not problems(text)


def test_include_of_unknown_group_is_reported() -> None:
    assert problems(groups("a = [{include-group = 'nothing'}]")) == [("unknown dependency group nothing", "nothing")]


def test_each_include_cycle_is_reported_once() -> None:
    text = groups(
        "a = [{include-group = 'b'}]",
        "b = [{include-group = 'c'}, {include-group = 'd'}]",
        "c = [{include-group = 'a'}]",
        "d = [{include-group = 'd'}]",
        "e = [{include-group = 'a'}, {include-group = 'f'}]",
        "f = []",
    )
    assert [problem.message for problem in parse(text).problems] == [
        "dependency group include cycle through a",
        "dependency group include cycle through d",
    ]


def test_duplicate_group_names_are_reported() -> None:
    assert problems(groups("a-b = []", "A_B = ['x']")) == [("A_B and a-b are the same dependency group", "A_B")]


@pytest.mark.parametrize(
    "item",
    [
        "{}",
        "{include-group = 1}",
        "{include-group = ['a']}",
        "{include-group = 'a', x = 1}",
        "{include = 'a'}",
        "{include-group.x = 'a'}",
    ],
)
def test_table_that_is_no_include_is_reported(item: str) -> None:
    assert problems(groups(f"a = [{item}]")) == [
        ("a dependency group may contain only requirements and includes", item)
    ]


@pytest.mark.parametrize(
    "half",
    ["{", "{include", "{include-group =", "{include-group = ", "{include-group = 'te", "{include-group = 'test'"],
)
def test_unterminated_include_is_only_a_syntax_error(half: str) -> None:
    text = groups("test = ['x']", f"a = ['y', {half}")
    assert all(message.startswith("invalid TOML: ") for message, _ in problems(text))
    assert [name for _, name in names(text)] == ["x", "y"]


@pytest.mark.alone
def test_include_chain_takes_linear_time() -> None:
    def seconds(length: int) -> float:
        text = groups(
            *(f"g{number} = [{{include-group = 'g{number + 1}'}}]" for number in range(length)), f"g{length} = []"
        )
        assert not parse(text).problems
        return least_seconds(lambda: parse(text), 1)

    # Quadratic time would be sixteen times as long.
    assert seconds(4000) < 10 * seconds(1000)


# --- broken TOML ------------------------------------------------------------------------------------------------------


def test_syntax_error_is_reported_and_the_rest_is_read() -> None:
    text = SHOP.replace('"jinja2>=3.1,<4",', '"jinja2>=3.1,<4').replace("[dependency-groups]", "[dependency-groups")
    document = parse(text)
    assert [name for _, name in names(text)] == [name for _, name in names(SHOP)]
    assert [dependency.skip_reason for dependency in document.dependencies if dependency.skip_reason] == [
        SkipReason.INCOMPLETE
    ]
    assert [problem.message for problem in document.problems][:1] == ["invalid TOML: unclosed string"]
    assert all(problem.message.startswith("invalid TOML: ") for problem in document.problems)


def test_both_sides_of_a_merge_conflict_are_read() -> None:
    ours, theirs = "dependencies = ['flask']", "dependencies = ['rich']"
    text = f"[project]\nname = 'x'\n<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> theirs\n"
    assert [name for _, name in names(text)] == ["flask", "rich"]


def test_syntax_errors_are_capped_to_the_first_ones() -> None:
    text = "?\n" * 50 + "[project]\ndependencies = ['flask', 'x y', {}]"
    found = parse(text).problems
    assert [problem.span.start for problem in found[:20]] == list(range(0, 40, 2))
    assert len(found) == 22
    assert list(found) == sorted(found)


def test_file_content_in_messages_is_sanitized() -> None:
    text = '[dependency-groups]\n"a\\nb" = [{include-group = "\\u001b[31m\\u202e"}]\n"A\\nB" = 1\n'
    assert all(message.isprintable() for message, _ in problems(text))
    assert len(problems(text)) == 3


def test_crlf_and_byte_order_mark_keep_spans() -> None:
    text = SHOP.replace("\n", "\r\n")
    assert [(dependency.name, dependency.name_span.slice(text)) for dependency in parse(text).dependencies] == [
        (dependency.name, dependency.name_span.slice(SHOP)) for dependency in parse(SHOP).dependencies
    ]


@given(
    mutations()
    | noise.map(lambda text: f"[project]\ndependencies = [{text}")
    | noise.map(lambda text: f"dependency-groups.a = [{text}")
)
def test_any_text_is_parsed_with_correct_name_spans(text: str) -> None:
    check_places(text, parse(text))
