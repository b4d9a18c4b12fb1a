"""Compare the indexes that mothball queries with those of pip and uv, for the same files and variables.

Every index returns 404, so that each tool queries all of its candidates. mothball must not query an index that neither
pip nor uv queries, and for files of a single tool it must use the order of that tool.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.installed import Mothball, clean_environment
from tests.support.scripted_index import Reply, ScriptedIndex, redirect

UV = os.environ.get("UV") or shutil.which("uv")
needs_uv = pytest.mark.skipif(
    UV is None, reason="uv is not on the PATH: run the tests with `uv run --group test pytest`"
)


class Indexes:
    """Several empty indexes on one server, each with its own path, so that the order of requests is known."""

    def __init__(self, server: ScriptedIndex) -> None:
        self._server = server

    def fill(self, text: str) -> str:
        """Replace ``{a}``, ``{b}`` and so on with index URLs."""
        root = self._server.url.partition("/simple")[0]
        return text.format(**{name: f"{root}/{name}/simple/" for name in "abcdef"})

    def queried(self) -> list[str]:
        """Return the queried indexes in order, and clear the recorded requests."""
        names = [
            match[1]
            for request in self._server.received
            if (match := re.match(r"/([a-f])/simple/acme-web/", request.path))
        ]
        self._server.forget()
        return list(dict.fromkeys(names))


@pytest.fixture
def indexes() -> Iterator[Indexes]:
    with ScriptedIndex() as server:
        yield Indexes(server)


class Installers:
    """Run mothball, pip and uv in the same directory with the same variables."""

    def __init__(self, mothball: Mothball, indexes: Indexes, home: str) -> None:
        self._mothball = mothball
        self._indexes = indexes
        self._home = home

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = Path(self._mothball.project, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._indexes.fill(text), encoding="utf-8")

    def query_with_mothball(self, variables: Mapping[str, str], *arguments: str) -> list[str]:
        filled = {name: self._indexes.fill(value) for name, value in variables.items()}
        self._mothball.run("check", "--no-cache", *arguments, environment=filled)
        return self._indexes.queried()

    def query_with_pip(self, variables: Mapping[str, str]) -> list[str]:
        command = [sys.executable, "-m", "pip", "--no-cache-dir", "download", "--no-input", "--retries", "0"]
        self._run([*command, "--no-deps", "-r", "requirements.txt"], variables)
        return self._indexes.queried()

    def query_with_uv(self, variables: Mapping[str, str], *command: str, directory: str = ".") -> list[str]:
        assert UV is not None
        self._run([UV, *command, "--no-cache", "--python", sys.executable], variables, directory)
        return self._indexes.queried()

    def _run(self, command: list[str], variables: Mapping[str, str], directory: str = ".") -> None:
        environment = clean_environment(self._home) | {
            name: self._indexes.fill(value) for name, value in variables.items()
        }
        # An unreachable proxy prevents requests to hosts other than the loopback indexes.
        environment |= {"NO_PROXY": "127.0.0.1", "HTTPS_PROXY": "http://127.0.0.1:9"}
        # uv rejects empty boolean variables.
        environment = {name: value for name, value in environment.items() if value}
        path = os.path.join(self._mothball.project, directory)
        completed = subprocess.run(command, cwd=path, env=environment, capture_output=True, check=False, timeout=60)
        assert completed.returncode != 0, "no index has the name"


@pytest.fixture
def installers(mothball: Mothball, indexes: Indexes, tmp_path: Path) -> Installers:
    return Installers(mothball, indexes, str(tmp_path / "home"))


@needs_uv
@pytest.mark.parametrize(
    ("options", "variables", "expected"),
    [
        ("-i {a}", {}, "a"),
        ("--extra-index-url {b}\n-i {a}", {}, "ba"),
        ("-i {a}\n--extra-index-url {b}", {}, "ba"),
        ("-i {a}\n-i {b}", {}, "b"),
        ("", {"PIP_INDEX_URL": "{a}", "UV_INDEX_URL": "{a}"}, "a"),
        ("", {"PIP_INDEX_URL": "{a}", "UV_DEFAULT_INDEX": "{b}"}, "ba"),
        ("", {"PIP_INDEX_URL": "{a}", "PIP_EXTRA_INDEX_URL": "{b} {c}"}, "bca"),
        ("-i {a}", {"PIP_INDEX_URL": "{b}", "PIP_EXTRA_INDEX_URL": "{c}"}, "a"),
        ("-i {a}\n--extra-index-url {d}", {"PIP_EXTRA_INDEX_URL": "{c}", "UV_INDEX": "{e}"}, "eda"),
        ("", {"UV_INDEX": "{a}", "UV_EXTRA_INDEX_URL": "{b}", "UV_DEFAULT_INDEX": "{c}", "UV_INDEX_URL": "{d}"}, "abc"),
        ("-i {a}", {"UV_DEFAULT_INDEX": "{b}"}, "a"),
        ("--no-index", {"PIP_INDEX_URL": "{a}", "UV_INDEX": "{b}"}, ""),
        ("--extra-index-url {a}", {"PIP_NO_INDEX": "1"}, ""),
        # uv has no such variable.
        ("", {"PIP_INDEX_URL": "{a}", "UV_DEFAULT_INDEX": "{a}", "UV_NO_INDEX": "1"}, "a"),
    ],
)
def test_requirements_file_queries_only_indexes_of_pip_and_uv(
    installers: Installers, options: str, variables: Mapping[str, str], expected: str
) -> None:
    installers.write({"requirements.txt": f"{options}\nacme-web\n"})

    mothball = installers.query_with_mothball(variables, "requirements.txt")
    pip, uv = (
        installers.query_with_pip(variables),
        installers.query_with_uv(variables, "pip", "compile", "-q", "requirements.txt"),
    )

    assert mothball == list(expected)
    assert set(mothball) <= {*pip, *uv}
    # Without uv variables, mothball queries all indexes of pip.
    if not any(name.startswith("UV_") and value for name, value in variables.items()):
        assert set(pip) <= set(mothball)


@needs_uv
@pytest.mark.parametrize("options", ["", "-i {c}"])
def test_requirements_file_in_a_uv_project_uses_its_indexes(installers: Installers, options: str) -> None:
    installers.write({"requirements.txt": f"{options}\nacme-web\n", "pyproject.toml": A + B + "default = true\n"})
    variables = {"UV_NO_CONFIG": "", "PIP_INDEX_URL": "{c}"}

    uv = installers.query_with_uv(variables, "pip", "compile", "-q", "requirements.txt")

    assert uv == ["a", "b"]
    # pip queries c, from the file or the variable; uv queries the indexes of the project. mothball queries both.
    assert installers.query_with_mothball(variables, "requirements.txt") == (["a", "c"] if options else ["a", "b", "c"])


PROJECT = "[project]\nname = 'x'\nversion = '1'\nrequires-python = '>=3.11'\ndependencies = ['acme-web']\n"
TABLE = "[[tool.uv.index]]\nname = '{0}'\nurl = '{{{0}}}'\n"
A, B, C, D = (TABLE.format(name) for name in "abcd")


@needs_uv
@pytest.mark.parametrize(
    ("files", "variables", "expected"),
    [
        ({"pyproject.toml": PROJECT + B + "default = true\n" + A}, {}, "ab"),
        ({"pyproject.toml": PROJECT + A + B + "explicit = true\n" + C + "default = true\n"}, {}, "ac"),
        ({"pyproject.toml": PROJECT + "[tool.uv]\nindex-url = '{a}'\nextra-index-url = ['{b}', '{c}']\n"}, {}, "bca"),
        ({"pyproject.toml": PROJECT + "[tool.uv]\nextra-index-url = ['{b}']\n" + A}, {"UV_INDEX_URL": "{c}"}, "abc"),
        ({"pyproject.toml": PROJECT + A + B + "default = true\n"}, {"UV_DEFAULT_INDEX": "{c}"}, "ac"),
        ({"pyproject.toml": PROJECT + A + B + "default = true\n"}, {"UV_INDEX": "{c} d={d}"}, "cdab"),
        ({"pyproject.toml": PROJECT + A + B + "default = true\n"}, {"UV_EXTRA_INDEX_URL": "{c}"}, "acb"),
        # Of several indexes with one name, uv uses the first: of a variable, the project, the user.
        ({"pyproject.toml": PROJECT + A + B + "default = true\n"}, {"UV_INDEX": "a={c}"}, "cb"),
        ({"pyproject.toml": PROJECT + A}, {"UV_DEFAULT_INDEX": "a={c}"}, "c"),
        ({"pyproject.toml": PROJECT}, {"UV_DEFAULT_INDEX": "a={a}", "UV_INDEX": "a={c}"}, "a"),
        (
            {"pyproject.toml": PROJECT + A + "[tool.uv.sources]\nacme-web = {{index = 'a'}}\n"},
            {"UV_INDEX": "a={b}"},
            "b",
        ),
        (
            {
                "pyproject.toml": PROJECT + A + C + "explicit = true\n" + B + "default = true\n",
                "../home/config/uv/uv.toml": "[[index]]\nname = 'a'\nurl = '{d}'\n[[index]]\nname = 'c'\nurl = '{d}'\n",
            },
            {"UV_NO_CONFIG": ""},
            "ab",
        ),
        ({"pyproject.toml": PROJECT + A + "[tool.uv.sources]\nacme-web = {{index = 'a'}}\n"}, {"UV_INDEX": "{b}"}, "a"),
        (
            {
                "pyproject.toml": PROJECT + A + B + "default = true\n",
                "../home/config/uv/uv.toml": "[[index]]\nurl = '{c}'\n[[index]]\nurl = '{d}'\ndefault = true\n",
            },
            {"UV_NO_CONFIG": ""},
            "acb",
        ),
        (
            {
                "pyproject.toml": PROJECT + A,
                "../home/config/uv/uv.toml": "index-url = '{d}'\nextra-index-url = ['{e}']\n",
            },
            {"UV_NO_CONFIG": "", "UV_EXTRA_INDEX_URL": "{f}"},
            "afed",
        ),
        ({"pyproject.toml": PROJECT + A, "uv.toml": "index-url = '{d}'\n"}, {"UV_NO_CONFIG": ""}, "d"),
        (
            {"pyproject.toml": PROJECT + A, "mine.toml": "index-url = '{d}'\n"},
            {"UV_NO_CONFIG": "", "UV_CONFIG_FILE": "mine.toml"},
            None,
        ),
    ],
)
def test_uv_project_uses_the_index_order_of_uv(
    installers: Installers, files: Mapping[str, str], variables: Mapping[str, str], expected: str | None
) -> None:
    # With UV_NO_CONFIG set, uv would not read the table of the project either.
    variables = {"UV_NO_CONFIG": "", **variables}
    installers.write(files)

    mothball, uv = (
        installers.query_with_mothball(variables, "pyproject.toml"),
        installers.query_with_uv(variables, "lock", "-q"),
    )

    if expected is None:
        # UV_CONFIG_FILE makes uv disregard the table of the project. mothball still queries the indexes of the project.
        assert (mothball, uv) == (["a", "d"], ["d"])
    else:
        assert mothball == uv == list(expected)


@needs_uv
@pytest.mark.parametrize("directory", ["packages/x", "."])
def test_workspace_member_uses_the_indexes_of_uv(installers: Installers, directory: str) -> None:
    root = "[tool.uv.workspace]\nmembers = ['packages/*']\n" + A + "default = true\n" + B + "explicit = true\n"
    member = PROJECT.replace("'acme-web'", "'acme-web', 'acme-core'")
    core = PROJECT.replace("'x'", "'acme-core'").replace("['acme-web']", "[]")
    sources = "[tool.uv.sources]\nacme-core = {{workspace = true}}\nacme-web = {{index = 'b'}}\n"
    installers.write(
        {
            "pyproject.toml": root + sources,
            "packages/x/pyproject.toml": member,
            "packages/core/pyproject.toml": core,
        }
    )
    variables = {"UV_NO_CONFIG": ""}

    assert installers.query_with_mothball(variables, "packages/x/pyproject.toml") == ["b"]
    assert installers.query_with_uv(variables, "lock", "-q", directory=directory) == ["b"]


@needs_uv
@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("[project.optional-dependencies]\nx = ['acme-web']\n", ""),
        ("[dependency-groups]\nx = ['acme-web']\n", ""),
        ("[tool.uv]\ndev-dependencies = ['acme-web']\n", ""),
        ("[tool.uv]\nconstraint-dependencies = ['acme-web']\n", ""),
        ("[tool.uv]\noverride-dependencies = ['acme-web']\n", ""),
        ("", "a"),
    ],
)
def test_workspace_member_without_source_is_skipped_as_in_uv(installers: Installers, table: str, expected: str) -> None:
    head = "[project]\nname = '{}'\nversion = '1'\nrequires-python = '>=3.11'\n"
    workspace = "[tool.uv.workspace]\nmembers = ['packages/*']\nexclude = ['packages/seed']\n"
    index = A + "default = true\n"
    installers.write(
        {
            "pyproject.toml": head.format("root") + table + index + workspace,
            "packages/web/pyproject.toml": head.format("acme-web"),
            "packages/seed/pyproject.toml": head.format("seed") + "dependencies = ['acme-web']\n",
        }
    )
    # A project that the workspace excludes has no members.
    path = "packages/seed" if expected else "."
    variables = {"UV_NO_CONFIG": ""}

    mothball = installers.query_with_mothball(variables, f"{path}/pyproject.toml")
    assert mothball == installers.query_with_uv(variables, "lock", "-q", directory=path) == list(expected)


@needs_uv
@pytest.mark.parametrize("text", ["-e ./lib\nacme-web>=2\n", "acme-web>=2\n-e ./lib\n", "acme-web==2\n./lib\n"])
def test_local_directory_requirement_is_skipped(installers: Installers, text: str) -> None:
    project = "[project]\nname = 'acme-web'\nversion = '1'\n"
    installers.write({"requirements.txt": f"-i {{a}}\n{text}", "lib/pyproject.toml": project})

    assert installers.query_with_mothball({}, "requirements.txt") == []
    assert installers.query_with_uv({}, "pip", "compile", "-q", "requirements.txt") == []


@needs_uv
@pytest.mark.parametrize(
    ("status", "codes", "continues"),
    [
        (404, "[]", True),
        (403, "[]", False),
        (403, "[403]", True),
        (401, "[401]", True),
        (401, "[403]", False),
        (400, "[400, 403]", True),
        (302, "[]", True),
        # Not the index that answers, or not for good: mothball does not continue, whatever uv does.
        (407, "[407]", False),
        (408, "[408]", False),
        (500, "[500]", False),
    ],
)
def test_next_index_is_queried_only_if_uv_queries_it(
    mothball: Mothball, tmp_path: Path, status: int, codes: str, *, continues: bool
) -> None:
    with ScriptedIndex() as second, ScriptedIndex() as first:
        first.script("acme-web", redirect(f"{second.url}acme-web/") if status == 302 else Reply(status))
        mothball.write(
            "pyproject.toml",
            "[project]\nname = 'x'\nversion = '1'\nrequires-python = '>=3.11'\ndependencies = ['acme-web']",
            f"[[tool.uv.index]]\nurl = '{first.url}'\nignore-error-codes = {codes}",
            f"[[tool.uv.index]]\nurl = '{second.url}'\ndefault = true",
        )
        mothball.check("pyproject.toml")
        by_mothball = first.count("acme-web") > 0, second.count("acme-web") > 0
        second.forget()
        assert UV is not None
        environment = clean_environment(str(tmp_path / "home"))
        del environment["UV_NO_CONFIG"]  # it would disable the table of the project
        # An unreachable proxy prevents requests to hosts other than the loopback indexes.
        environment |= {"NO_PROXY": "127.0.0.1", "HTTPS_PROXY": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0"}
        command = [UV, "lock", "--no-cache", "--python", sys.executable]
        subprocess.run(command, cwd=mothball.project, env=environment, capture_output=True, check=False, timeout=60)
        by_uv = second.count("acme-web") > 0
    assert by_mothball == (True, continues)
    assert by_uv or not continues
    if status < 407:
        assert by_uv is continues
