from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from mothball.formats.pep508 import (
    MAX_LENGTH,
    find_leading_name,
    parse_requirement,
    skip_reason_for_url,
)
from mothball.model.document import Dependency, ParseProblem, SkipReason, Span, normalize_name
from tests.support.requirements_strategies import broken_requirements, requirements
from tests.support.timing import least_seconds

USUAL = [
    "requests",
    "requests==2.32.3",
    "Django>=4.2,<5",
    "django >= 4.2, < 5.0",
    "zope.interface~=6.0",
    "ruamel.yaml!=0.18.7",
    "numpy>=1.26,!=2.0.0,<3",
    "uvicorn[standard]",
    "uvicorn[standard]>=0.30",
    "celery[redis, msgpack]~=5.4",
    "celery [redis] >= 5.4",
    "black==24.*",
    "torch==2.3.0+cu121",
    "setuptools>=70.0.0rc1",
    "attrs==24.1.0.post1",
    "mypy<2.dev0",
    "pytz==2024.1",
    "pywin32>=306; sys_platform == 'win32'",
    'pywin32>=306 ; sys_platform == "win32"',
    "colorama ; platform_system == 'Windows'",
    "tomli>=2; python_version < '3.11'",
    "tomli>=2 ; python_version<'3.11'",
    "typing-extensions>=4.8; python_full_version < '3.11.3'",
    "importlib_metadata>=7; python_version >= '3.8' and python_version < '3.10'",
    "uvloop ; sys_platform != 'win32' and implementation_name == 'cpython'",
    "uvloop ; (sys_platform != 'cygwin' and sys_platform != 'win32') and platform_python_implementation != 'PyPy'",
    "cffi ; platform_python_implementation != 'PyPy' or extra == 'fast'",
    "greenlet ; os_name == 'posix' and (sys_platform == 'a' or (platform_machine == 'x86_64' or extra == 'a'))",
    "jeepney ; 'linux' in sys_platform",
    "secretstorage ; sys_platform not in 'win32 darwin'",
    "foo (>=1.2)",
    "foo(>=1.2,<2)",
    "foo ()",
    "foo[ ]",
    "legacy===2024-final",
    "pkg==1!2.0",
    "pkg>=v1.0",
    "pkg>=1.0a1",
    "pkg>=1.0-1",
    "pkg @ https://files.example/pkg-1.0-py3-none-any.whl",
    "pkg@https://files.example/pkg.zip",
    "pkg[extra] @ git+https://git.example/team/pkg@v1.0#subdirectory=python",
    "pkg @ git+ssh://git@git.example/team/pkg.git ; python_version >= '3.12'",
    "pkg @ file:///srv/wheels/pkg-1.0.tar.gz",
    "A",
    "3to2",
    "Flask-SQLAlchemy",
    "pkg__with...many---separators",
    "  padded  ",
    "opentelemetry-exporter-otlp-proto-http>=1.27.0,<2.0.0",
]


def parse_with_packaging(text: str) -> Requirement | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Requirement(text)
    except (InvalidRequirement, SyntaxError, ValueError, RecursionError):
        return None


def check_against_packaging(text: str) -> None:
    entry = parse_requirement(text)
    requirement = parse_with_packaging(text)
    if requirement is None:
        assert isinstance(entry, ParseProblem), text
        assert 0 <= entry.span.start <= entry.span.end <= len(text)
        assert entry.message
        assert entry.help
        assert "\n" not in entry.message
        return
    assert isinstance(entry, Dependency), text
    assert entry.name_span.slice(text) == requirement.name
    assert entry.name == normalize_name(requirement.name)
    assert set(entry.extras) == requirement.extras
    assert SpecifierSet(entry.specifier) == requirement.specifier
    assert entry.specifier == (entry.specifier_span.slice(text) if entry.specifier_span else "")
    assert entry.specifier == entry.specifier.strip()
    assert (entry.specifier_span is None) == (not entry.specifier)
    assert entry.skip_reason == (skip_reason_for_url(requirement.url) if requirement.url else None)
    assert bool(entry.marker) == (requirement.marker is not None)
    if entry.marker:
        alone = parse_with_packaging(f"x;{entry.marker}")
        assert alone is not None
        assert str(alone.marker) == str(requirement.marker)
    assert entry.entry_span.slice(text) == text.strip()


@given(requirements())
def test_valid_requirements_match_packaging(text: str) -> None:
    check_against_packaging(text)


@given(broken_requirements())
@example("foo===")
@example("foo===1.0,bar")
@example("foo===1.0, >=2")
@example("foo===1,2;os_name=='x'")
@example("foo>=1,")
@example("foo ( >=1 , ) ; '\\d' == os_name")
@example("foo @ ;")
@example("foo_")
@example("foo[a_]")
@example("foo[a,]")
@example("foo[,]")
@example("foo @ a ; os_name == '\\x00'")
@example("foo; os_name == '\x00'")
@example("foo; (os_name == 'a') and (os_name == 'b'))(")
@example("foo; os_name == 'a') and (os_name == 'b'")
@example("foo; os_name == 'a'\n")
@example("foo==1.0\n")
@example("\nfoo")
@example("foo~=1")
@example("foo~=1!1")
@example("foo>=1.*")
@example("foo>=1+local")
@example("foo==1a1.*")
@example("foo(>=1")
@example("foo>=1)")
@example("foo@ [a]")
def test_invalid_requirements_match_packaging(text: str) -> None:
    check_against_packaging(text)


@given(st.text(max_size=60))
def test_any_text_matches_packaging(text: str) -> None:
    check_against_packaging(text)


def test_common_requirements_do_not_import_packaging() -> None:
    program = (
        "import sys\n"
        "from mothball.formats.pep508 import parse_requirement\n"
        "from mothball.model.document import Dependency\n"
        "for line in sys.stdin.read().split('\\n'):\n"
        "    assert isinstance(parse_requirement(line), Dependency), line\n"
        "heavy = {'packaging', 'warnings', 'difflib'} & {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(heavy - set(sys.argv[1:])))\n"
    )
    assert len(USUAL) == 50
    # Modules that the interpreter loads at startup do not count.
    before = subprocess.run(
        [sys.executable, "-c", "import sys, re, typing; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *before.stdout.split()],
        input="\n".join(USUAL),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("text", USUAL)
def test_common_requirements_are_valid(text: str) -> None:
    check_against_packaging(text)
    assert isinstance(parse_requirement(text), Dependency)


def test_every_part_has_its_span() -> None:
    text = " Foo.Bar[ b , a ] ( >=1.0 , <2 ) ; os_name == 'nt' "
    assert parse_requirement(text) == Dependency(
        name="foo-bar",
        name_span=Span(1, 8),
        extras=("b", "a"),
        specifier=">=1.0 , <2",
        specifier_span=Span(20, 30),
        marker="os_name == 'nt'",
        entry_span=Span(1, len(text) - 1),
    )


def test_uncommon_requirements_have_spans() -> None:
    text = "foo_ [x_] (>=1,) ; os.name == 'nt'"
    entry = parse_requirement(text)
    assert isinstance(entry, Dependency)
    assert entry.name_span.slice(text) == "foo_"
    assert entry.extras == ("x_",)
    assert entry.specifier == ">=1,"
    assert entry.specifier_span is not None
    assert entry.specifier_span.slice(text) == ">=1,"
    assert entry.marker == "os.name == 'nt'"
    reference = parse_requirement("foo_ @ https://h.example/é ; os_name == 'nt'")
    assert isinstance(reference, Dependency)
    assert reference.skip_reason is SkipReason.URL
    assert reference.marker == "os_name == 'nt'"


@pytest.mark.parametrize(
    ("text", "underlined", "help_text"),
    [
        ("requests=", "=", "write `==`"),
        ("requests=2.0", "=2.0", "write `==`"),
        ("requests>", ">", "write a version"),
        ("requests>=", ">=", "write a version"),
        ("requests==", "==", "write a version"),
        ("requests!=,<2", "!=,<2", "write a version"),
        ("requests[", "[", "close the extras"),
        ("requests[a,", "[a,", "close the extras"),
        ("requests(>=1", "(>=1", "close the parenthesis"),
        ('"req', '"req', "quotes"),
        ("'requests'", "'requests'", "quotes"),
        ("requests^2.0", "^2.0", "Poetry"),
        ("requests==^2.0", "==^2.0", "Poetry"),
        ("requests 2.0", "2.0", "operator"),
        ("requests~=2", "~=2", "two release segments"),
        ("requests ;", ";", "marker"),
        ("requests>=2.*", ">=2.*", "`.*`"),
        ("requests>2,<=3+local", "<=3+local", "local version"),
        ("requests ; python_version > '3' or", None, "quoted string"),
        ("requests and more", "and more", "NAME[EXTRA]"),
        ("==1.0", "==1.0", "NAME[EXTRA]"),
        ("", "", "NAME[EXTRA]"),
    ],
)
def test_error_has_span_and_help(text: str, underlined: str | None, help_text: str) -> None:
    error = parse_requirement(text)
    assert isinstance(error, ParseProblem)
    # In a marker, the position comes from packaging, since 26.4.
    assert underlined in (None, error.span.slice(text))
    assert error.message == f"`{text}` is not a valid requirement"
    assert help_text in error.help


def test_error_message_is_sanitized_and_shortened() -> None:
    error = parse_requirement("foo \x1b[31m\u202e" + "x" * 500)
    assert isinstance(error, ParseProblem)
    assert "\x1b" not in error.message
    assert "\u202e" not in error.message
    assert len(error.message) < 300


def test_too_long_requirement_is_an_error() -> None:
    assert isinstance(parse_requirement("a" * MAX_LENGTH), Dependency)
    error = parse_requirement(" " + "a" * MAX_LENGTH)
    assert isinstance(error, ParseProblem)
    assert error.span == Span(1, MAX_LENGTH + 1)
    assert str(MAX_LENGTH) in error.message


def test_deeply_nested_marker_is_an_error() -> None:
    depth = 2000
    error = parse_requirement("foo ; " + "(" * depth + "os_name == 'nt'")
    assert isinstance(error, ParseProblem)
    assert "parentheses" in error.help


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("requests=", "requests"),
        ("requests[", "requests"),
        ("requests >", "requests"),
        ('"req', "req"),
        ("  'zope.interface==1", "zope.interface"),
        ("requests^1", "requests"),
        ("requests==1.0 oops", "requests"),
        ("requests and more", None),
        ("requests-", None),
        ("==1.0", None),
        ("<<<<<<< HEAD", None),
        ("naïve=", None),
        ("", None),
    ],
)
def test_leading_name_of_incomplete_requirement(text: str, name: str | None) -> None:
    span = find_leading_name(text)
    assert (span.slice(text) if span else None) == name


@pytest.mark.alone
@pytest.mark.parametrize(
    "unit", ["a", "a.", "a,", "[", "(", "=", "==1,", "1.", "a1", "-1", ";", "'", '"', "\\", " ", "\t", "@ "]
)
def test_invalid_text_takes_linear_time(unit: str) -> None:
    def cost(length: int) -> float:
        text = "foo>=1" + unit * (length // len(unit)) + "\n!"
        return least_seconds(lambda: [(parse_requirement(text), find_leading_name(text)) for _ in range(20)])

    assert cost(4000) < 60 * (cost(400) + 0.002)
