from __future__ import annotations

import subprocess
import sys

import pytest

from mothball.formats.names import (
    PATTERNS,
    format_of,
    is_constraints,
    may_be_included,
)
from mothball.formats.table import decode, parse
from mothball.model.document import DependencyKind
from mothball.model.errors import UnreadableFileError
from mothball.model.file_names import FORMATS


@pytest.mark.parametrize("path", ["pyproject.toml", "a/b/pyproject.toml", "/srv/pyproject.toml"])
def test_pyproject_is_recognized_by_name(path: str) -> None:
    assert format_of(path) == "pyproject"
    assert not is_constraints(path)
    assert not may_be_included(path)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("setup.cfg", "setup-cfg"),
        ("a/setup.py", "setup-py"),
        ("tox.ini", "tox-ini"),
        ("environment.yml", "conda-env"),
        ("ci/environment-dev.yaml", "conda-env"),
        ("test_environment.yml", "conda-env"),
        (".pre-commit-config.yaml", "pre-commit"),
        (".pre-commit-hooks.yaml", "pre-commit"),
        ("script.py", None),
        ("my.pre-commit-config.yaml", None),
        ("pre-commit-config.yaml", None),
        ("mysetup.py", None),
        ("pytest.ini", None),
    ],
)
def test_configuration_files_are_recognized_by_name(path: str, name: str | None) -> None:
    assert format_of(path) == name
    assert not may_be_included(path)


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "requirements.in",
        "a/requirements-dev.txt",
        "requirements_test.txt",
        "dev-requirements.txt",
        "dev_requirements.in",
        "test-requirements.oldest.txt",
        "project.requirements.txt",
        "requirements/base.txt",
        "/srv/requirements/base.in",
    ],
)
def test_requirements_files_are_recognized_by_name(path: str) -> None:
    assert format_of(path) == "requirements"
    assert not is_constraints(path)
    assert may_be_included(path)


@pytest.mark.parametrize(
    "path",
    [
        "constraints.txt",
        "constraints-3.11.txt",
        "constraints_dev.in",
        "a/upper-constraints.txt",
        "requirements/constraints.txt",
        "requirements/dev.constraints.txt",
        "package_constraints.in",
        "constraints/old-constraints-3.11.txt",
    ],
)
def test_constraints_files_are_recognized_by_name(path: str) -> None:
    assert format_of(path) == "requirements"
    assert is_constraints(path)


@pytest.mark.parametrize(
    "path",
    [
        "requirements.md",
        "my_requirements_test.py",
        "requirements.txt.bak",
        "requirements.txt~",
        "requirements",
        "constraints.md",
        "base.txt",
        "requirements/README.md",
        "my-requirements/base.txt",
        "xpyproject.toml",
        "pyproject.toml.orig",
        "predeps.txt",
        "deps.md",
        "",
        "/",
    ],
)
def test_similar_names_are_not_recognized(path: str) -> None:
    assert format_of(path) is None
    assert not is_constraints(path)


@pytest.mark.parametrize(
    "path",
    [
        "requirements-constraints.txt",
        "constraints-requirements.txt",
        "unconstraints-requirements.txt",
        "constraints/dev-requirements.txt",
        "constraints.requirements.in",
        "unconstraints.txt",
        "no-constraints-here.txt",
        "constraints.d/unconstraints.txt",
    ],
)
def test_doubtful_names_are_those_of_requirements_files(path: str) -> None:
    assert format_of(path) == "requirements"
    assert not is_constraints(path)


@pytest.mark.parametrize(
    "path",
    [
        "requirements/static/ci/py3.10/linux.lock",
        "requirements.lock",
        "requirements-dev.lock",
        "requirements.pip",
        "Requirements.txt",
        "REQUIREMENTS.TXT",
        "requirement.txt",
        "reqs.txt",
        "dev-reqs.txt",
        "dev_reqs.in",
        "deps.txt",
        "dependencies.txt",
        "overrides.txt",
        "Requirements/base/notes.txt",
        "constraints/base.txt",
        "constraints/py3.12/base.txt",
    ],
)
def test_further_names_of_requirements_files(path: str) -> None:
    assert format_of(path) == "requirements"
    assert is_constraints(path) == path.startswith("constraints/")


@pytest.mark.parametrize("path", ["env.yml", "conda.yaml", "Environment.YML", ".pre-commit-config.yml"])
def test_further_names_of_yaml_files(path: str) -> None:
    assert format_of(path) in {"conda-env", "pre-commit"}


def test_directories_above_the_repository_do_not_count() -> None:
    assert format_of("/srv/requirements/shop/notes.txt", "/srv/requirements/shop") is None
    assert format_of("/srv/shop/requirements/notes.txt", "/srv/shop") == "requirements"
    assert not is_constraints("/srv/constraints/shop/deps.txt", "/srv/constraints/shop")
    assert is_constraints("/srv/shop/constraints/deps.txt", "/srv/shop")


@pytest.mark.parametrize(
    ("path", "expected"), [("constraints/requirements/a.txt", False), ("requirements/constraints/a.txt", True)]
)
def test_nearest_directory_decides_about_constraints(path: str, *, expected: bool) -> None:
    assert is_constraints(path) is expected


@pytest.mark.parametrize("path", ["base.txt", "a/base.in", "deps.pip", "deps.reqs", "linux.lock", "constraints.txt"])
def test_requirements_like_names_may_be_included(path: str) -> None:
    assert may_be_included(path)


@pytest.mark.parametrize(
    "path", [".env", "id_rsa", ".ssh/id_rsa", "/etc/passwd", "setup.py", "a.toml", "credentials", ""]
)
def test_other_names_may_not_be_included(path: str) -> None:
    assert not may_be_included(path)


def test_every_pattern_has_a_described_format() -> None:
    # Any Python file may have a script block, so the format is only used with --as script.
    assert {pattern.format for pattern in PATTERNS} == set(FORMATS) - {"script"}
    for pattern in PATTERNS:
        for name in pattern.names:
            path = f"{pattern.below or 'any'}/{name.replace('*', 'x')}"
            assert format_of(path) == format_of(path.upper()) == pattern.format


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_parses_empty_text(name: str) -> None:
    document = parse(name, "")
    assert document.format == name
    assert not document.dependencies


def test_kind_applies_to_requirements_entries() -> None:
    assert parse("requirements", "a", DependencyKind.CONSTRAINT).dependencies[0].kind is DependencyKind.CONSTRAINT
    assert parse("requirements", "a").dependencies[0].kind is DependencyKind.REQUIREMENT


def test_unknown_format_raises() -> None:
    with pytest.raises(KeyError):
        parse("cargo", "")


def test_only_the_module_of_the_format_is_imported() -> None:
    program = (
        "import sys\n"
        "from mothball.formats.table import parse\n"
        "assert not any(name.startswith('mothball.formats.re') for name in sys.modules)\n"
        "parse('requirements', 'requests==2.0')\n"
        "heavy = ('mothball.formats.', 'packaging', 'difflib')\n"
        "print(*sorted(name for name in sys.modules if name.startswith(heavy)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "mothball.formats.broken",
        "mothball.formats.ignores",
        "mothball.formats.pep508",
        "mothball.formats.requirements",
        "mothball.formats.requirements.document",
        "mothball.formats.requirements.lines",
        "mothball.formats.table",
    ]


def test_encoding_depends_on_the_format() -> None:
    latin = "# coding: latin-1\n# é".encode("latin-1")
    assert decode("requirements", "requirements.txt", latin).endswith("é")
    assert decode("setup-py", "setup.py", latin).endswith("é")
    assert decode("script", "script.py", latin).endswith("é")
    assert decode("pyproject", "pyproject.toml", b"\xef\xbb\xbfa = 1\r\n") == "a = 1\r\n"


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("pyproject", b"a = 1\n# \xe9\n", "not valid UTF-8 (line 2, byte 8)"),
        ("requirements", b"a\nb\n\xe9", "not valid UTF-8 (line 3, byte 4)"),
        ("requirements", b"\xef\xbb\xbfa\nb\n\xe9", "not valid UTF-8 (line 3, byte 7)"),
        ("requirements", b"# coding: ascii\n\xe9", "not valid ASCII (line 2, byte 16)"),
        ("requirements", b"# coding: no-such\n", "unsupported encoding in its coding line: no-such"),
    ],
)
def test_undecodable_content_is_an_unreadable_file(name: str, data: bytes, cause: str) -> None:
    with pytest.raises(UnreadableFileError) as raised:
        decode(name, "a/requirements.txt", data)
    assert str(raised.value) == f"a/requirements.txt: {cause}"
    assert raised.value.help == "save it as UTF-8"
