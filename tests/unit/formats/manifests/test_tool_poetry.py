"""``[tool.poetry]``, alone and together with the standard tables."""

from __future__ import annotations

import pytest

from mothball.formats.manifests.pyproject import parse
from mothball.model.document import Dependency, DependencyKind, SkipReason
from tests.support.tool_documents import POETRY, POETRY_BESIDE_PROJECT

HEADER = "[tool.poetry.dependencies]\n"


def only(text: str) -> Dependency:
    (dependency,) = parse(text).dependencies
    return dependency


def skip_reason(text: str) -> list[tuple[str, str, str | None]]:
    return [(dependency.section, dependency.name, dependency.skip_reason) for dependency in parse(text).dependencies]


def problems(text: str) -> list[tuple[str, str]]:
    return [(problem.message, problem.span.slice(text)) for problem in parse(text).problems]


def test_all_tables_are_read() -> None:
    document = parse(POETRY)
    assert not document.problems
    assert [
        (dependency.section.removeprefix("tool.poetry."), dependency.name) for dependency in document.dependencies[1:]
    ] == [
        ("dependencies", "fastapi"),
        ("dependencies", "ruamel-yaml"),
        ("dependencies", "uvicorn"),
        ("dependencies", "owl-feathers"),
        ("dependencies", "nest-box"),
        ("dependencies", "moult"),
        ("dependencies", "tomli"),
        ("dependencies", "numpy"),
        ("dependencies", "psycopg"),
        ("dependencies", "redis"),
        ("group.test.dependencies", "pytest"),
        ("group.test.dependencies", "pytest-asyncio"),
        ("group.docs.dependencies", "mkdocs"),
        ("group.docs.dependencies", "mkdocs-material"),
        ("dev-dependencies", "black"),
        ("requires-plugins", "poetry-plugin-export"),
        ("build-constraints.numpy", "setuptools"),
    ]
    assert [
        dependency.name for dependency in document.dependencies if dependency.kind is DependencyKind.CONSTRAINT
    ] == ["setuptools"]
    assert [ignore.rules for ignore in document.ignores] == [("archived",)]


def test_entry_without_index_is_skipped() -> None:
    assert {
        dependency.name: dependency.skip_reason for dependency in parse(POETRY).dependencies if dependency.skip_reason
    } == {
        "owl-feathers": SkipReason.VCS,
        "nest-box": SkipReason.PATH,
        "moult": SkipReason.URL,
        "mkdocs": SkipReason.VCS,
    }


@pytest.mark.parametrize("name", ["python", "Python", '"python"'])
def test_python_is_no_dependency(name: str) -> None:
    assert not parse(f'{HEADER}{name} = "^3.11"\n[tool.poetry.group.dev.dependencies]\n{name} = "*"').dependencies


@pytest.mark.parametrize(
    ("written", "entry"),
    [
        ('Flask = ">=3"', 'Flask = ">=3"'),
        ('"Flask" = ">=3"', '"Flask" = ">=3"'),
        ("'Flask' = '>=3'", "'Flask' = '>=3'"),
        ("Flask={version='>=3'}", "Flask={version='>=3'}"),
        ("Flask.version = '>=3'", "Flask.version = '>=3'"),
        ("Flask = [{version='>=3'}, {version='4'}]", "Flask = [{version='>=3'}, {version='4'}]"),
        ("[tool.poetry.dependencies.Flask]\nversion = '>=3' # y", "[tool.poetry.dependencies.Flask]\nversion = '>=3'"),
        (
            "[tool.poetry.dependencies.'Flask']\noptional = true\nversion = '>=3'\n[tool.poetry.extras]\na = ['b']",
            "[tool.poetry.dependencies.'Flask']\noptional = true\nversion = '>=3'",
        ),
        (
            "[[tool.poetry.dependencies.Flask]]\nversion = '>=3'\n[[tool.poetry.dependencies.Flask]]\nversion = '4'",
            "[[tool.poetry.dependencies.Flask]]\nversion = '>=3'",
        ),
    ],
)
def test_dependency_is_read_in_any_toml_notation(written: str, entry: str) -> None:
    text = f"# 🦉\n{HEADER}{written}\n"
    dependency = only(text)
    assert dependency.name == "flask"
    assert dependency.name_span.slice(text) == "Flask"
    assert dependency.specifier_span is not None
    assert dependency.specifier_span.slice(text) == dependency.specifier == ">=3"
    assert dependency.entry_span.slice(text) == entry
    assert dependency.skip_reason is None


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry]\ndependencies = {flask = "*"}',
        '[tool]\npoetry = {dependencies = {flask = "*"}}',
        '[tool]\npoetry.dependencies.flask = "*"',
        'tool = {poetry = {dependencies = {flask = "*"}}}',
        'tool.poetry = {dependencies.flask = "*"}',
        "tool.poetry.dependencies.flask.version = '*'",
        "[tool.poetry]\ndependencies.flask = {version = '*'}",
    ],
)
def test_table_is_read_in_any_toml_notation(text: str) -> None:
    dependency = only(text)
    assert (dependency.name, dependency.specifier, dependency.section) == ("flask", "*", "tool.poetry.dependencies")
    assert dependency.name_span.slice(text) == "flask"


def test_extras_and_markers_are_read() -> None:
    dependency = only(HEADER + "flask = {version = '3', extras = ['async', 'dotenv'], markers = \"os_name == 'nt'\"}")
    assert dependency.extras == ("async", "dotenv")
    assert dependency.marker == "os_name == 'nt'"


@pytest.mark.parametrize("value", ["{}", '""', "{ optional = true }", "{ source = 'PyPI' }", "{ version = 3 }"])
def test_any_version_string_is_accepted(value: str) -> None:
    dependency = only(f"{HEADER}flask = {value}")
    assert (dependency.specifier, dependency.specifier_span, dependency.skip_reason) == ("", None, None)


def test_one_alternative_from_an_index_is_enough_for_a_lookup() -> None:
    text = HEADER + "owl = [{git = 'https://git.example/owl', python = '<3.12'}, {version = '^2', extras = ['x']}]"
    dependency = only(text)
    assert (dependency.skip_reason, dependency.specifier, dependency.extras) == (None, "^2", ("x",))
    text = HEADER + "owl = [{path = '../owl', python = '<3.12'}, {git = 'https://git.example/owl'}]"
    assert only(text).skip_reason is SkipReason.PATH


@pytest.mark.parametrize(
    "half",
    [
        'flask = "^3',
        "flask = '",
        "flask =",
        "flask = {",
        'flask = { version = "^3"',
        'flask = { version = "^3',
        "flask = { version =",
        "flask = [",
        "flask = []",
        'flask = [{ version = "^3"',
        'flask = { git = "https://git.exam',
        "flask.version =",
        "flask.version = '^3",
        "[tool.poetry.dependencies.flask",
        "[tool.poetry.dependencies.flask\nversion = '^3'",
        "[tool.poetry.dependencies.flask]\nversion = '^3",
    ],
)
def test_unterminated_entry_is_skipped_and_the_rest_is_not(half: str) -> None:
    text = f'{HEADER}rich = "*"\n{half}\n[tool.poetry.group.dev.dependencies]\nruff = "*"\n'
    assert [(dependency.name, dependency.skip_reason) for dependency in parse(text).dependencies] == [
        ("rich", None),
        ("flask", SkipReason.INCOMPLETE),
        ("ruff", None),
    ]


def test_incomplete_name_is_skipped() -> None:
    assert [dependency.name for dependency in parse(f'{HEADER}rich = "*"\nfla').dependencies] == ["rich"]
    assert [dependency.name for dependency in parse(f'{HEADER}rich = "*"\nfla\nruff = "*"').dependencies] == [
        "rich",
        "ruff",
    ]


def test_both_sides_of_a_conflict_are_read() -> None:
    text = f"{HEADER}<<<<<<< HEAD\nrich = '1'\n=======\nrich = '2'\n>>>>>>> main\nruff = '3'\n"
    assert [(dependency.name, dependency.specifier) for dependency in parse(text).dependencies] == [
        ("rich", "1"),
        ("rich", "2"),
        ("ruff", "3"),
    ]


@pytest.mark.parametrize(
    ("body", "message", "place", "names"),
    [
        ("flask = 3", "flask must be a string or a table", "3", []),
        ('"flask[async]" = "3"', "`flask[async]` is not a valid project name", "flask[async]", ["flask"]),
        ('"-flask" = "3"', "`-flask` is not a valid project name", "-flask", []),
        ('"" = "3"', "`` is not a valid project name", "", []),
        ('"fl\\u0061sk[x]" = "3"', "`flask[x]` is not a valid project name", "fl\\u0061sk[x]", []),
    ],
)
def test_invalid_entry_is_reported(body: str, message: str, place: str, names: list[str]) -> None:
    text = HEADER + body
    assert problems(text) == [(message, place)]
    assert [(dependency.name, dependency.skip_reason) for dependency in parse(text).dependencies] == [
        (name, SkipReason.INCOMPLETE) for name in names
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[tool.poetry]\ndependencies = ['flask']",
        "[tool.poetry]\ndependencies = 'flask'",
        "[[tool.poetry.dependencies]]\nflask = '3'\nrich = '4'",
        "[tool.poetry]\ndependencies = [{flask = '3'}]",
    ],
)
def test_value_that_is_no_table_is_reported_once(text: str) -> None:
    ((message, _),) = problems(text)
    assert message == "tool.poetry.dependencies must be a table of project names"
    assert not parse(text).dependencies


def test_key_with_escapes_has_correct_span() -> None:
    text = HEADER + '"fl\\u0061sk" = "3"'
    dependency = only(text)
    assert dependency.name == "flask"
    assert dependency.name_span.slice(text) == "fl\\u0061sk"


def test_nested_tables_in_an_entry_are_ignored() -> None:
    text = "[tool.poetry.dependencies.flask]\nversion = '3'\n[tool.poetry.dependencies.flask.more]\nx = 1\n"
    assert only(text).specifier == "3"


# --- beside [project] -------------------------------------------------------------------------------------------------


def test_poetry_entry_sets_the_source_of_a_standard_entry() -> None:
    assert skip_reason(POETRY_BESIDE_PROJECT) == [
        ("project.dependencies", "requests", "no-index"),
        ("project.dependencies", "hay-bale", "vcs"),
        ("project.dependencies", "straw", "vcs"),
        ("project.optional-dependencies.all", "hay-bale", "vcs"),
        ("project.optional-dependencies.all", "rope", None),
        ("dependency-groups.dev-tools", "pitchfork", "path"),
        ("dependency-groups.dev-tools", "ruff", None),
        ("tool.poetry.dependencies", "hay-bale", "vcs"),
        ("tool.poetry.dependencies", "straw", "vcs"),
        ("tool.poetry.dependencies", "requests", "no-index"),
        ("tool.poetry.group.dev-tools.dependencies", "pitchfork", "path"),
    ]


def test_poetry_group_applies_only_to_the_group_of_the_same_name() -> None:
    text = (
        "[project]\ndependencies = ['owl']\n[dependency-groups]\ndev = ['owl']\ndocs = ['owl']\n"
        "[tool.poetry.group.dev.dependencies]\nowl = {path = '.'}\n[build-system]\nrequires = ['rook @ ./rook']\n"
        "[tool.poetry.dependencies]\nrook = '1'\n[tool.poetry.dev-dependencies]\nowl = {path = '.'}"
    )
    assert skip_reason(text)[:5] == [
        ("project.dependencies", "owl", None),
        ("dependency-groups.dev", "owl", "path"),
        ("dependency-groups.docs", "owl", None),
        ("tool.poetry.group.dev.dependencies", "owl", "path"),
        ("build-system.requires", "rook", "path"),
    ]
    assert skip_reason(text)[5] == ("tool.poetry.dependencies", "rook", None)


def test_incomplete_source_skips_the_name_in_all_tables() -> None:
    text = "[project]\ndependencies = ['owl']\n[tool.poetry.dependencies]\nowl = {git = 'https://gi"
    assert [dependency.skip_reason for dependency in parse(text).dependencies] == [SkipReason.INCOMPLETE] * 2


def test_project_named_by_poetry_is_skipped_as_itself() -> None:
    text = "[tool.poetry]\nname = 'Night.Watch'\n[tool.poetry.group.dev.dependencies]\nnight-watch = '*'"
    assert only(text).skip_reason is SkipReason.SELF


def test_dotted_keys_in_an_inline_table_are_ignored() -> None:
    assert only(HEADER + "flask = {version = '3', more.x = 1}").specifier == "3"
