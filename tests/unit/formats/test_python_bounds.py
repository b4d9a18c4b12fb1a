"""Markers that are false for every Python version of a project; ``packaging`` is the reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import SpecifierSet

from mothball.formats.python_bounds import is_never_true, lower_bound, lower_bound_of_poetry
from mothball.formats.table import parse

# Full versions of interpreters, including those that do not exist yet.
VERSIONS = [
    *(f"{major}.{minor}.{patch}" for major in (2, 3, 4) for minor in range(16) for patch in (0, 1, 2, 9, 12)),
    *("2.7.18rc1", "3.9.0rc1", "3.10.0b1", "3.13.0a2", "10.0.0", "3.91.0", "13.4.0"),
]


@pytest.mark.parametrize(
    ("requires_python", "bound"),
    [
        (">=3.9", (3, 9)),
        (" >= 3.9 , < 4 ", (3, 9)),
        (">3.8", (3, 8)),
        ("~=3.9.2", (3, 9, 2)),
        ("==3.9.*", (3, 9)),
        (">=3.8,>=3.10", (3, 10)),
        (">=3", (3,)),
        ("", None),
        ("<4", None),
        ("!=3.1.*", None),
        (">=3.9rc1", None),
        ("3.9", None),
        ("===3.9", None),
        ("python", None),
    ],
)
def test_lower_bound_of_clauses(requires_python: str, bound: tuple[int, ...] | None) -> None:
    assert lower_bound(requires_python) == bound


@pytest.mark.parametrize(
    ("constraint", "bound"),
    [
        ("^3.9", (3, 9)),
        ("~3.9", (3, 9)),
        ("~=3.9", (3, 9)),
        ("3.9", (3, 9)),
        ("3.9.*", (3, 9)),
        (">=3.9,<4.0", (3, 9)),
        (">=3.9 <4.0", (3, 9)),
        ("^3.9 || ~2.7", (2, 7)),
        ("^3.9 || *", None),
        ("*", None),
        ("<4", None),
    ],
)
def test_lower_bound_of_a_poetry_constraint(constraint: str, bound: tuple[int, ...] | None) -> None:
    assert lower_bound_of_poetry(constraint) == bound


@pytest.mark.parametrize(
    ("marker", "is_never"),
    [
        ("python_version < '3.4'", True),
        ('python_version<"3.9"', True),
        ("python_version <= '3.8'", True),
        ("python_version == '2.7'", True),
        ("python_version == '2.*'", True),
        ("python_version ~= '2.7'", True),
        ("python_version in '2.7, 3.4'", True),
        ("'3.4' > python_version", True),
        ("python_full_version < '3.9.0'", True),
        ("python_version < '3.4' and os_name == 'nt'", True),
        ("os_name == 'nt' and (python_version < '3.4' or python_version == '3.5')", True),
        ("extra == 'old' and python_version < '3.4'", True),
        ("python_version < '3.4' or os_name == 'nt'", False),
        ("python_version < '3.9.1'", False),
        ("python_full_version <= '3.9'", False),
        ("python_version >= '3.4'", False),
        ("python_version not in '2.7'", False),
        ("python_version in '2.7 3.12'", False),
        ("python_version != '3.4'", False),
        ("python_version === '2.7'", False),
        ("python_version < '3.4rc1'", False),
        ("implementation_version < '3.4'", False),
        ("python_version < '3.4", False),
        ("python_version <", False),
        ("python_version < '3.4' os_name", False),
        ("(" * 5000, False),
        ("(" * 20 + "python_version < '3.4'" + ")" * 20, True),
        ("", False),
    ],
)
def test_marker_below_python_3_9(marker: str, *, is_never: bool) -> None:
    assert is_never_true(marker, (3, 9)) is is_never


_VARIABLES = st.sampled_from(["python_version", "python_full_version"])
_RELEASES = st.builds(
    ".".join,
    st.tuples(st.sampled_from(["2", "3"]), st.integers(0, 14).map(str))
    | st.tuples(*(st.integers(0, 13).map(str),) * 3),
)
_VALUES = _RELEASES | _RELEASES.map("{}.*".format) | st.lists(_RELEASES, min_size=2, max_size=3).map(" ".join)
_OPERATORS = st.sampled_from(["<", "<=", "==", "!=", ">", ">=", "~=", "===", "in", "not in"])
_COMPARISONS = (
    st.builds("{} {} '{}'".format, _VARIABLES, _OPERATORS, _VALUES)
    | st.builds("'{}' {} {}".format, _VALUES, _OPERATORS, _VARIABLES)
    | st.sampled_from(["os_name == 'nt'", "os_name != 'nt'"])
)
_MARKERS = st.recursive(
    _COMPARISONS,
    lambda part: st.builds("({} {} {})".format, part, st.sampled_from(["and", "or"]), part),
    max_leaves=5,
)


def _may_be_true(marker: Marker, version: str) -> bool:
    environments = (
        {"python_full_version": version, "python_version": ".".join(version.split(".")[:2]), "os_name": system}
        for system in ("nt", "posix")
    )
    return any(marker.evaluate({**environment, "extra": ""}) for environment in environments)


_BOUNDS = (">=3.9", ">=3.9.1", ">3.8", "~=3.10", ">=3,!=3.2.*")
_EDGES = (
    "2",
    "2.7",
    "3",
    "3.0",
    "3.8",
    "3.8.9",
    "3.9",
    "3.9.0",
    "3.9.1",
    "3.9.2",
    "3.10",
    "3.10.0",
    "3.11",
    "2.*",
    "3.*",
)
_EDGE_VERSIONS = [
    one for one in VERSIONS if one.startswith(("2.7.", "3.0.", "3.8.", "3.9.", "3.10.", "3.15.", "4.15."))
]


@pytest.mark.parametrize("operator", ["<", "<=", "==", "!=", ">", ">=", "~=", "in", "not in"])
@pytest.mark.parametrize("requires_python", _BOUNDS)
def test_comparison_is_never_true_if_no_supported_version_satisfies_it(requires_python: str, operator: str) -> None:
    bound = lower_bound(requires_python)
    assert bound is not None
    supported = [one for one in _EDGE_VERSIONS if SpecifierSet(requires_python).contains(one, prereleases=True)]
    flipped = {"<": ">", "<=": ">=", "==": "=="}
    for variable in ("python_version", "python_full_version"):
        for value in _EDGES:
            if "*" in value and operator not in ("==", "!="):
                continue  # not allowed (PEP 440)
            if "." not in value and operator == "~=":
                continue  # not allowed (PEP 440)
            text = f"{variable} {operator} '{value}'"
            satisfied = [one for one in supported if _may_be_true(Marker(text), one)]
            is_never = is_never_true(text, bound)
            assert not (is_never and satisfied), (text, satisfied)
            if operator in ("<", "<=") and variable == "python_version":
                assert is_never is not bool(satisfied), text
            if operator in flipped and "*" not in value:
                assert is_never_true(f"'{value}' {flipped[operator]} {variable}", bound) is is_never


@given(_MARKERS, st.sampled_from([">=3.9", ">=3.4.2", ">3.8", "~=3.10", "==3.9.*", ">=3,!=3.2.*", ">=2.7"]))
def test_no_supported_version_satisfies_a_marker_that_is_never_true(text: str, requires_python: str) -> None:
    bound = lower_bound(requires_python)
    assert bound is not None
    try:
        marker = Marker(text)
        supported = [one for one in VERSIONS if SpecifierSet(requires_python).contains(one, prereleases=True)]
        satisfied = [one for one in supported if _may_be_true(marker, one)]
    except (InvalidMarker, ValueError):  # an operator that the value does not have
        return
    assert not (satisfied and is_never_true(text, bound)), (text, satisfied)


@given(st.text("python_version<=>!~ '\"()andorot.*3", max_size=60))
def test_any_text_has_a_result(text: str) -> None:
    assert is_never_true(text, (3, 9)) in (True, False)


# --- which entries are marked -----------------------------------------------------------------------------------------

OLD = "enum34; python_version < '3.4'"


def never_installed(text: str) -> list[str]:
    return [
        f"{entry.section}:{entry.name}" for entry in parse("pyproject", text).dependencies if entry.is_never_installed
    ]


def test_entries_of_the_project_and_its_groups_are_marked() -> None:
    text = f"""
[build-system]
requires = ["{OLD}"]
[project]
requires-python = ">=3.9"
dependencies = ["{OLD}", "typing; python_version < '3.10'"]
optional-dependencies.old = ["{OLD}"]
[dependency-groups]
dev = ["{OLD}"]
"""
    assert never_installed(text) == [
        "project.dependencies:enum34",
        "project.optional-dependencies.old:enum34",
        "dependency-groups.dev:enum34",
    ]
    assert never_installed(text.replace(">=3.9", ">=3.3")) == []
    assert never_installed(text.replace('">=3.9"', '">=3.9')) == []
    assert never_installed(text.replace("requires-python", "requires")) == []


POETRY = """
[tool.poetry.dependencies]
python = "^3.9"
enum34 = { version = "1", markers = "python_version < '3.4'" }
both = [{ version = "1", markers = "python_version < '3.4'" }, { version = "2" }]
[tool.poetry.group.dev.dependencies]
futures = { version = "1", markers = "python_version == '2.7'" }
[tool.poetry.requires-plugins]
plugin = { version = "1", markers = "python_version < '3.4'" }
"""


def test_poetry_tables_have_the_bound_of_poetry_or_of_the_project() -> None:
    names = ["tool.poetry.dependencies:enum34", "tool.poetry.group.dev.dependencies:futures"]
    assert never_installed(POETRY) == names
    assert never_installed(POETRY.replace('"^3.9"', '"^3.9 || ^2.7"')) == []
    without = POETRY.replace('python = "^3.9"\n', "")
    assert never_installed(without) == []
    assert never_installed(f'[project]\nrequires-python = ">=3.9"\n{without}') == names


def test_poetry_bound_does_not_apply_to_standard_tables() -> None:
    assert never_installed(f'[project]\ndependencies = ["{OLD}"]\n[tool.poetry.dependencies]\npython = "^3.9"\n') == []
