"""Comparison of the requirements in tox files with those that tox itself installs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mothball.formats.names import format_of
from mothball.formats.table import parse
from mothball.model.document import DependencyKind, normalize_name

TOX_INI = """\
[tox]
env_list = a, b, c
no_package = true
requires =
    {[shared]plugins}
    {env:MOTHBALL_UNSET:virtualenv}
[shared]
plugins = tox
file = reqs.txt
deps =
    six>=1.16
    lint: ruff
version = 2.0
[base]
deps = from-base
constraints = base.txt
[testenv]
deps =
    {[shared]deps}
    {posargs:pos-arg}
    {[nowhere]deps:fall-back}
    attrs=={[shared]version}
    -r{[shared]file}
    a: only-a
constraints =
    limits.txt
    {toxinidir}/more.txt
[testenv:b]
base = base
[testenv:c]
deps = {env:MOTHBALL_UNSET:{env:MOTHBALL_UNSET_TOO:inner}}
"""
TOX_TOML = """\
requires = [{replace = "ref", of = ["lists", "plugins"], extend = true}]
env_list = ["a", "b"]
no_package = true
[lists]
plugins = ["tox"]
deps = ["six>=1.16", "{env:MOTHBALL_UNSET:from-env}"]
one = "attrs"
limits = ["limits.txt"]
[shared]
deps = ["from-base"]
[env_run_base]
deps = [
    {replace = "ref", of = ["lists", "deps"], extend = true},
    {replace = "env", name = "MOTHBALL_UNSET", default = "fall-back"},
    {replace = "posargs", default = ["pos-arg"], extend = true},
    "{[lists]one}",
    "-r reqs.txt",
]
constraints = [{replace = "ref", of = ["lists", "limits"], extend = true}, "{tox_root}{/}more.txt"]
[env.b]
base = ["shared"]
"""


def shown_by_tox(directory: Path) -> set[str]:
    """Return the names and options in the lists that ``tox config`` shows."""
    options = ["--core", "-k", "deps", "constraints", "requires", "--no-provision"]
    command = [sys.executable, "-m", "tox", "config", *options]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    found: set[str] = set()
    key = ""
    for line in done.stdout.splitlines():
        if not line.startswith(" "):
            key, _, value = (part.strip() for part in line.partition("="))
        else:
            value = line.strip()
        if not value or line.startswith("["):
            continue
        if key == "constraints":
            found.add(f"-c {Path(value).name}")
        elif value.startswith("-r"):
            found.add(f"-r {value[2:].strip()}")
        else:
            found.add(normalize_name(Requirement(value).name))
    return found


@pytest.mark.parametrize(("name", "text"), [("tox.ini", TOX_INI), ("tox.toml", TOX_TOML)])
def test_requirements_are_those_of_tox(tmp_path: Path, name: str, text: str) -> None:
    for path, content in {name: text, "reqs.txt": "x\n", "limits.txt": "", "more.txt": "", "base.txt": ""}.items():
        (tmp_path / path).write_text(content)
    document = parse(format_of(name) or "", text)
    found = {dependency.name for dependency in document.dependencies}
    found |= {
        f"{'-c' if include.kind is DependencyKind.CONSTRAINT else '-r'} {include.target}"
        for include in document.includes
    }

    assert not document.problems
    # No environment has the factor `lint`, and an environment may gain it.
    assert found - {"ruff"} == shown_by_tox(tmp_path)
