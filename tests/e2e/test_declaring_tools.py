"""Compare the names that mothball reads with those that the tools read: pip, uv, pipenv, Hatch and its hooks.

tox is compared in tests/unit/formats/test_tox_oracle.py. uv installs the tools that are no test dependencies; without a
package index, their tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from mothball.formats.table import parse
from mothball.model.document import Document, normalize_name
from tests.support.cli import run_in_process
from tests.support.installed import clean_environment
from tests.support.scripted_index import Reply, ScriptedIndex, json_page

UV = os.environ.get("UV") or shutil.which("uv")
pytestmark = pytest.mark.skipif(
    UV is None, reason="uv is not on the PATH: run the tests with `uv run --group test pytest`"
)

PIPFILE = """\
[packages]
"opentelemetry-distro[otlp]" = "*"
Requests = {version = "==2.18.0", extras = ["socks"]}
plain = ">=1"
[dev-packages]
pytest = "*"
[docs]
sphinx = "*"
"""
PIPFILE_LOCK = """\
{"_meta": {"hash": {"sha256": "x"}, "pipfile-spec": 6, "requires": {}, "sources": []},
 "default": {"requests": "==2.18.0", "flask": {"version": "==3.0", "extras": ["async"]}},
 "develop": {"pytest": {"version": "==8"}}, "docs": {"sphinx": "*"}}
"""
HATCH_ENVIRONMENTS = """\
[envs.default]
dependencies = ["{env:MOTHBALL_UNSET:from-env}", "plain>=1"]
extra-dependencies = ["extra"]
[envs.test]
extra-dependencies = ["only-in-test"]
[envs.test.overrides]
platform.linux.dependencies = ["on-linux"]
platform.macos.dependencies = ["on-linux"]
platform.windows.dependencies = ["on-linux"]
[envs.docs]
template = "docs"
dependencies = ["mkdocs"]
"""
HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "shop"\n'
REQUIREMENTS_TXT = f"""\
{HATCHLING}version = "1"
dynamic = ["dependencies", "optional-dependencies"]
[tool.hatch.metadata.hooks.requirements_txt]
files = ["LICENSE"]
[tool.hatch.metadata.hooks.requirements_txt.optional-dependencies]
docs = ["docs.txt"]
"""
DYNAMIC_VERSIONING = f"""\
{HATCHLING}dynamic = ["version", "dependencies", "optional-dependencies"]
[tool.hatch.version]
source = "uv-dynamic-versioning"
[tool.hatch.metadata.hooks.uv-dynamic-versioning]
dependencies = ["sibling=={{{{ version }}}}", "plain>=1"]
[tool.hatch.metadata.hooks.uv-dynamic-versioning.optional-dependencies]
docs = ["sphinx"]
"""
UV_PROJECT = """\
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["plain", "described"]
[project.optional-dependencies]
web = ["in-extra"]
[dependency-groups]
test = ["in-group", {include-group = "lint"}]
lint = ["in-lint"]
[tool.uv]
dev-dependencies = ["in-dev"]
[[tool.uv.dependency-metadata]]
name = "described"
version = "1"
requires-dist = ["from-metadata"]
"""
# Prints the names of the dependencies and extras of the project in the working directory.
METADATA_OF_HATCHLING = """\
import json
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
core = ProjectMetadata(".", PluginManager()).core
print(json.dumps([*core.dependencies, *(each for extra in core.optional_dependencies.values() for each in extra)]))
"""
PACKAGES_OF_PIPFILE = """\
import json
from pipenv.project import Project
from pipenv.utils.dependencies import convert_deps_to_pip
parsed = Project(chdir=False).pipfile.parsed
lists = [convert_deps_to_pip(parsed[name]) for name in ("packages", "dev-packages", "docs")]
print(json.dumps([line for lines in lists for line in lines.values()]))
"""
REQUIREMENTS_OF_PIP = """\
import json
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
print(json.dumps([each.requirement for each in parse_requirements("requirements.txt", PipSession())]))
"""


class Workbench:
    """A directory, with tools that are installed when they are used."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "project"
        self.directory.mkdir()
        self._environment = clean_environment(str(directory / "home")) | {"PIPENV_VERBOSITY": "-1"}

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.directory / name).write_text(text, encoding="utf-8")

    def run(self, *command: str, **environment: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.directory,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run_with(self, packages: str, *command: str) -> str:
        """Run ``command`` in an environment with ``packages``; skip the test if they cannot be installed."""
        assert UV is not None
        wanted = [word for package in packages.split() for word in ("--with", package)]
        prefix = (UV, "run", "--quiet", "--no-project", *wanted, "--python", sys.executable)
        # Packages are installed with the settings of the user who runs the tests.
        kept = ("UV_", "SSL_", "HOME", "XDG_")
        settings = {key: value for key, value in os.environ.items() if key.startswith(kept)}
        ready = subprocess.run(
            (*prefix, "python", "-c", ""), env={**os.environ, "UV_NO_PROGRESS": "1"}, capture_output=True, check=False
        )
        if ready.returncode:
            pytest.skip(f"{packages} cannot be installed here")
        return self.run(*prefix, *command, **settings)

    def names_with(self, packages: str, program: str) -> set[str]:
        """Return the names of the requirements that ``program``, in Python, prints as JSON."""
        return names_of(json.loads(self.run_with(packages, "python", "-c", program)))


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def names_of(requirements: list[str]) -> set[str]:
    return {normalize_name(Requirement(each.replace("====", "==")).name) for each in requirements}


def names_in(document: Document) -> set[str]:
    assert not document.problems
    return {dependency.name for dependency in document.dependencies}


def test_names_in_a_pipfile_are_those_of_pipenv(workbench: Workbench) -> None:
    workbench.write({"Pipfile": PIPFILE})
    assert workbench.names_with("pipenv", PACKAGES_OF_PIPFILE) == names_in(parse("pipfile", PIPFILE))


def test_names_in_a_pipfile_lock_are_those_of_pipenv(workbench: Workbench) -> None:
    workbench.write({"Pipfile": PIPFILE, "Pipfile.lock": PIPFILE_LOCK})
    listed = workbench.run_with("pipenv", "pipenv", "requirements", "--categories", "packages dev-packages docs")
    lines = [line for line in listed.splitlines() if line and not line.startswith("-i ")]
    assert names_of(lines) == names_in(parse("pipfile-lock", PIPFILE_LOCK))


def test_dependencies_of_environments_are_those_of_hatch(workbench: Workbench) -> None:
    workbench.write({"hatch.toml": HATCH_ENVIRONMENTS, "pyproject.toml": f'{HATCHLING}version = "1"\n'})
    shown: dict[str, Any] = json.loads(workbench.run_with("hatch", "hatch", "env", "show", "--json"))
    lists = [
        environment.get(key, [])
        for name, environment in shown.items()
        if not name.startswith("hatch-")
        for key in ("dependencies", "extra-dependencies")
    ]
    assert names_of([each for requirements in lists for each in requirements]) == names_in(
        parse("hatch-toml", HATCH_ENVIRONMENTS)
    )


def test_dynamic_dependencies_are_those_of_hatch_requirements_txt(workbench: Workbench) -> None:
    files = {"LICENSE": "from-file>=1  # comment\n", "docs.txt": "sphinx\n"}
    workbench.write({"pyproject.toml": REQUIREMENTS_TXT, **files})
    expected = workbench.names_with("hatchling hatch-requirements-txt", METADATA_OF_HATCHLING)
    includes = [include.target for include in parse("pyproject", REQUIREMENTS_TXT).includes]
    assert {name for target in includes for name in names_in(parse("requirements", files[target]))} == expected


def test_dynamic_dependencies_are_those_of_uv_dynamic_versioning(workbench: Workbench) -> None:
    workbench.write({"pyproject.toml": DYNAMIC_VERSIONING})
    identity = ("-c", "user.name=People", "-c", "user.email=people@people.example")
    for command in (("init",), ("add", "--all"), (*identity, "commit", "-m", "x"), ("tag", "v1.2.0")):
        workbench.run("git", *command)
    expected = workbench.names_with("hatchling uv-dynamic-versioning", METADATA_OF_HATCHLING)
    read = names_in(parse("pyproject", DYNAMIC_VERSIONING))
    assert read - {"hatchling"} == expected


def test_names_in_a_project_are_those_that_uv_requests(workbench: Workbench) -> None:
    expected = names_in(parse("pyproject", UV_PROJECT))
    workbench.write({"pyproject.toml": UV_PROJECT})
    with ScriptedIndex() as index:
        for name in expected:
            wheel = f"{name.replace('-', '_')}-1-py3-none-any.whl"
            file = {
                "filename": wheel,
                "url": f"{index.url}{wheel}",
                "hashes": {"sha256": sha256(wheel.encode()).hexdigest()},
            }
            index.script(name, json_page(name, files=[{**file, "core-metadata": True}]))
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n".encode()
            index.script(f"{wheel}.metadata", Reply(body=metadata, content_type="text/plain"))
        arguments = ("lock", "--no-cache", "--default-index", index.url, "--python", sys.executable)
        workbench.run(str(UV), *arguments, UV_NO_CONFIG="0")  # [tool.uv] is configuration, too
        requested = {request.name for request in index.received if not request.name.endswith(".metadata")}
    assert requested == expected


def test_included_files_of_any_name_are_those_of_pip(workbench: Workbench, tmp_path: Path) -> None:
    workbench.write({"requirements.txt": "-r LICENSE\n-c Makefile\n", "LICENSE": "one\n", "Makefile": "two==1\n"})
    for command in (("init",), ("add", "--all")):
        workbench.run("git", *command)
    arguments = ("check", "--offline", "--no-cache", "--format", "json")
    report = json.loads(run_in_process(*arguments, cwd=workbench.directory, home=tmp_path).out)
    expected = names_of(json.loads(workbench.run(sys.executable, "-c", REQUIREMENTS_OF_PIP)))
    assert {dependency["name"] for dependency in report["dependencies"]} == expected == {"one", "two"}
