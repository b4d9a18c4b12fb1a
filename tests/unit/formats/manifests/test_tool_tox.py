"""tox in pyproject.toml and tox.toml."""

from __future__ import annotations

import pytest

from mothball.formats.manifests import pyproject, tool_tox
from mothball.model.document import Dependency, DependencyKind, Document, SkipReason
from tests.support.tool_documents import REST


def deps(value: str) -> Document:
    return tool_tox.parse(f"[env.test]\ndeps = {value}")


def only(value: str) -> Dependency:
    (dependency,) = deps(value).dependencies
    return dependency


def test_plugins_and_environments_are_read() -> None:
    document = pyproject.parse(REST)
    assert [
        (dependency.section, dependency.name) for dependency in document.dependencies if "tox" in dependency.section
    ] == [
        ("tool.tox.requires", "tox-uv"),
        ("tool.tox.env_run_base.deps", "pytest-mock"),
        ("tool.tox.env.lint.deps", "ruff"),
        ("tool.tox.env.lint.deps", "codecov-cli"),
        ("tool.tox.env.lint.deps", "rich"),
    ]
    assert [(include.target, include.kind) for include in document.includes[-2:]] == [
        ("requirements/test.txt", DependencyKind.REQUIREMENT),
        ("constraints.txt", DependencyKind.CONSTRAINT),
    ]


def test_tox_toml_has_the_same_top_level_keys() -> None:
    text = (
        'requires = ["tox"]\n[env_pkg_base]\ndeps = ["build"]\n[env_base.x]\ndeps = ["a"]\n[env.".pkg"]\ndeps = ["b"]'
    )
    document = tool_tox.parse(text)
    assert document.format == "tox-toml"
    assert [(dependency.section, dependency.name) for dependency in document.dependencies] == [
        ("requires", "tox"),
        ("env_pkg_base.deps", "build"),
        ("env_base.x.deps", "a"),
        ("env..pkg.deps", "b"),
    ]
    assert not document.problems


@pytest.mark.parametrize(
    ("entry", "skip_reason"),
    [
        ("flask", None),
        ("  flask >= 3 ; python_version > '3'  # why", None),
        ("flask=={env:FLASK}", None),
        ("flask @ https://files.example/flask.whl", SkipReason.URL),
        ("-e git+https://git.example/flask#egg=flask", SkipReason.EDITABLE),
        ("git+https://git.example/flask#egg=flask", SkipReason.VCS),
        ("./flask-1.0.whl#egg=flask", SkipReason.PATH),
        ("flask==${FLASK}", None),
        ("flask @ ${FLASK}", SkipReason.VARIABLE_REFERENCE),
        ("flask==", SkipReason.INCOMPLETE),
    ],
)
def test_entry_is_read_as_a_pip_line(entry: str, skip_reason: SkipReason | None) -> None:
    text = f'[env.test]\ndeps = ["{entry}"]'
    (dependency,) = tool_tox.parse(text).dependencies
    assert (dependency.name, dependency.skip_reason) == ("flask", skip_reason)
    assert dependency.name_span.slice(text) == "flask"
    assert dependency.entry_span.slice(text) in entry
    assert (dependency.specifier_span.slice(text) if dependency.specifier_span else "") == dependency.specifier


def test_entry_may_contain_several_lines() -> None:
    text = '[env.test]\ndeps = """\nflask>=3\n# no\n-r base.txt\nrich\n"""\n'
    document = tool_tox.parse(text)
    assert [(dependency.name, dependency.name_span.slice(text)) for dependency in document.dependencies] == [
        ("flask", "flask"),
        ("rich", "rich"),
    ]
    assert [(include.target, include.span.slice(text)) for include in document.includes] == [("base.txt", "base.txt")]


@pytest.mark.parametrize(
    ("entry", "target"),
    [
        ("-r base.txt", "base.txt"),
        ("-rbase.txt", "base.txt"),
        ("--requirement=a/base.txt", "a/base.txt"),
        ("-r {tox_root}/base.txt", "base.txt"),
        ("-r{toxinidir}{/}base.txt", "base.txt"),
        ("-r {toxinidir}\\\\base.txt", "base.txt"),
        ("-r {env:BASE}/base.txt", None),
        ("-r {tox_root}/{env_name}.txt", None),
    ],
)
def test_include_is_read_if_its_path_is_known(entry: str, target: str | None) -> None:
    document = deps(f'["{entry}"]')
    assert [include.target for include in document.includes] == ([target] if target else [])
    assert not document.dependencies
    assert not document.problems


def test_field_content_is_no_name() -> None:
    assert not deps('["{env:DRIVER}", "django-{env:PLUGIN}>=1", "{posargs}"]').dependencies


def test_marker_keeps_fields_as_written() -> None:
    assert only("[\"flask; python_version == '{env:PY}'\"]").marker == "python_version == '{env:PY}'"


def test_invalid_pip_line_is_reported_at_its_position() -> None:
    text = '[env.test]\ndeps = ["\\u0066lask", "not a requirement"]'
    document = tool_tox.parse(text)
    ((problem),) = document.problems
    assert "not a valid requirement" in problem.message
    assert problem.span.slice(text) in "not a requirement"
    assert [dependency.name_span.slice(text) for dependency in document.dependencies] == ["\\u0066lask"]


@pytest.mark.parametrize("value", ['"flask', '["flask', '["flask>=3\n', '"""flask\n'])
def test_unterminated_entry_is_incomplete(value: str) -> None:
    assert only(value).skip_reason is SkipReason.INCOMPLETE
    assert not deps('["-r base.txt').includes


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("{replace = 'ref', of = ['env', 'lint', 'deps']}", []),
        ("[{replace = 'posargs', default = ['flask'], extend = true}, 'rich']", ["flask", "rich"]),
        (
            "[{replace = 'if', then = ['flask', {replace = 'if', then = ['rich']}], else = ['ruff']}]",
            ["flask", "rich", "ruff"],
        ),
        ("'flask'", ["flask"]),
        ("[]", []),
    ],
)
def test_replacements_with_requirements_are_read(value: str, names: list[str]) -> None:
    document = deps(value)
    assert [dependency.name for dependency in document.dependencies] == names
    assert not document.problems


def test_value_that_is_no_array_of_requirements_is_reported() -> None:
    text = "[env.a]\ndeps = 3\n[env.b.deps]\nflask = '1'"
    assert [(problem.message, problem.span.slice(text)) for problem in tool_tox.parse(text).problems] == [
        ("env.a.deps may contain only requirement strings", "3"),
        ("env.b.deps must be an array of requirements", "flask"),
    ]


def test_project_itself_is_not_looked_up() -> None:
    text = "[project]\nname = 'Shop'\n[tool.tox.env.test]\ndeps = ['shop[test]', '-e .']\nrequires = ['x']"
    assert [(dependency.name, dependency.skip_reason) for dependency in pyproject.parse(text).dependencies] == [
        ("shop", SkipReason.SELF)
    ]


def test_embedded_ini_file_is_read() -> None:
    text = '''[project]
name = "shop"
[tool.tox]
legacy_tox_ini = """
    [tox]
    requires = tox-uv
    [testenv]
    deps =
        pytest>=8 ; os_name == 'nt'  # mothball: ignore[archived] \\"soon\\"
        py311: shop[test]
        -r{toxinidir}/base.txt
        not a requirement
"""
'''
    document = pyproject.parse(text)
    assert [
        (dependency.section, dependency.name, dependency.name_span.slice(text), dependency.skip_reason)
        for dependency in document.dependencies
    ] == [
        ("tool.tox.legacy_tox_ini.tox.requires", "tox-uv", "tox-uv", None),
        ("tool.tox.legacy_tox_ini.testenv.deps", "pytest", "pytest", None),
        ("tool.tox.legacy_tox_ini.testenv.deps", "shop", "shop", SkipReason.SELF),
    ]
    pytest_entry = document.dependencies[1]
    assert (pytest_entry.specifier, pytest_entry.marker) == (">=8", "os_name == 'nt'")
    assert [(include.target, include.span.slice(text)) for include in document.includes] == [("base.txt", "base.txt")]
    (ignore,) = document.ignores
    assert ignore.applies_to.slice(text) == '# mothball: ignore[archived] \\"soon\\"'
    (problem,) = document.problems
    assert problem.span.slice(text) in "not a requirement"


def test_unterminated_embedded_ini_file_has_only_incomplete_entries() -> None:
    document = pyproject.parse('[tool.tox]\nlegacy_tox_ini = """[testenv]\ndeps:\n flask\n -r base.txt\n')
    assert [(dependency.name, dependency.skip_reason) for dependency in document.dependencies] == [
        ("flask", SkipReason.INCOMPLETE)
    ]
    assert not document.includes
    assert not pyproject.parse("[tool.tox]\nlegacy_tox_ini = 3").dependencies


def test_comment_after_multiline_string_applies_to_all_its_lines() -> None:
    text = '''\
[env.test]
deps = [
    """
    old-lib==1
    older-lib==2
    """,  # mothball: ignore[archived] both
    "other",  # mothball: ignore[deprecated]
]
'''
    first, second = tool_tox.parse(text).ignores

    assert first.applies_to.slice(text).startswith('"""\n    old-lib')
    assert first.applies_to.end == first.span.end
    assert second.applies_to == second.span


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        ('"-i https://index.example/"', [("index-url", "https://index.example/")]),
        ("'--extra-index-url=https://index.example/'", [("extra-index-url", "https://index.example/")]),
        ('"--no-index"', [("no-index", "")]),
        ('"-i https://{env:HOST}/"', [("index-url", "$-i https://{env:HOST}/")]),
    ],
)
def test_index_options_of_a_tox_toml_are_read(entry: str, options: list[tuple[str, str]]) -> None:
    document = deps(f'["acme", {entry}, "b"]')
    assert [(option.name, option.value) for option in document.index_options] == options
    # They would apply to the dependencies of the project as well.
    assert pyproject.parse(f"[tool.tox.env.test]\ndeps = [{entry}]\n").index_options == ()


def test_incomplete_index_option_may_name_any_index() -> None:
    document = deps('["acme", "-i https://index.exam')
    assert document.index_options[0].name == "unknown"
