"""Whom each file and setting sends a name to: a test for every row of docs/indexes.md, against indexes that log.

Four real indexes: ``home`` (pypiron) has the company's own ``acme-web``; ``extra`` (pypiserver) has neither name;
``public`` (pypiron) has ``lib``, and a stranger's ``acme-web``; ``mirror`` (pypiserver) has both without statuses. They
write down what they are asked for, so that "never asked in public" is seen. Where a row needs the true default index,
nothing may leave the machine, and who was to be contacted is seen too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from mothball.config import DEFAULT_INDEX
from tests.e2e.indexes import AccessLog, Pypiron, running_pypiron, running_pypiserver
from tests.e2e.runner import Mothball, Run

ACCESS_LOG = ("--access-log", "--access-log-format", "clf")
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "indexes.md"
BOTH = "acme-web lib"
NOBODY = ""


class World(NamedTuple):
    """The four indexes, by the words that stand for their addresses in a row, and what they write down."""

    urls: Mapping[str, str]
    logs: Mapping[str, AccessLog]

    def asked(self) -> dict[str, set[str]]:
        return {name: log.names() for name, log in self.logs.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    places = {name: str(tmp_path_factory.mktemp(name)) for name in ("home", "extra", "public", "mirror")}
    with (
        running_pypiron(places["home"], *ACCESS_LOG) as home,
        running_pypiserver(places["extra"], ("unrelated",), "-v", "--disable-fallback") as extra,
        running_pypiron(places["public"], *ACCESS_LOG) as public,
        running_pypiserver(places["mirror"], ("acme-web", "lib"), "-v", "--disable-fallback") as mirror,
    ):
        _fill(home, public)
        urls = {"home": home.url, "extra": extra, "public": public.url, "mirror": mirror}
        world = World(urls, {name: AccessLog(url, places[name]) for name, url in urls.items()})
        world.asked()
        yield world


def _fill(home: Pypiron, public: Pypiron) -> None:
    home.publish("acme-web")
    home.set_status("acme-web", "archived", "moved to acme-site")
    public.publish("acme-web", "lib")
    public.set_status("acme-web", "quarantined", "a stranger's")
    public.set_status("lib", "deprecated", "use lib2")


class Row(NamedTuple):
    """A row: files, and the names that each index is asked for; then variables, arguments, names sent nowhere.

    ``{home}`` and its like stand for addresses, ``{root}`` for the project's directory.
    """

    name: str
    files: Mapping[str, str]
    home: str = NOBODY
    public: str = NOBODY
    extra: str = NOBODY
    mirror: str = NOBODY
    variables: Mapping[str, str] = MappingProxyType({})
    arguments: str = "--index-url {public}"
    withheld: str = NOBODY


REQUIREMENTS = "acme-web\nlib\n"
PROJECT = "[project]\nname = 'x'\ndependencies = ['acme-web', 'lib']\n"
NO_DEFAULT = ""
UV_HOME = "[[tool.uv.index]]\nname = 'acme'\nurl = '{home}'\n"
POETRY_HOME = "[[tool.poetry.source]]\nname = 'acme'\nurl = '{home}'\n"
RYE_HOME = "[[tool.rye.sources]]\nname = 'acme'\nurl = '{home}'\n"
PDM_HOME = "[[tool.pdm.source]]\nname = 'acme'\nurl = '{home}'\n"
POETRY = "[tool.poetry.dependencies]\nacme-web = '*'\nlib = '*'\n"
PIPFILE = "[packages]\nacme-web = '*'\nlib = '*'\n"
PIXI = "[pypi-dependencies]\nacme-web = '*'\nlib = '*'\n"
LOCKED = "[[package]]\nname = 'acme-web'\nversion = '1.0'\n{0}[[package]]\nname = 'lib'\nversion = '1.0'\n{1}"


def locked(head: str, acme: str = "", lib: str = "") -> str:
    return head + LOCKED.replace("{0}", acme).replace("{1}", lib)


ROWS = [
    # Files of no single tool.
    Row("nothing-said", {"requirements.txt": REQUIREMENTS}, public=BOTH),
    Row("option-index-url", {"requirements.txt": "--index-url {home}\n" + REQUIREMENTS}, home=BOTH),
    Row(
        "option-extra-index-url",
        {"requirements.txt": "--extra-index-url {home}\n" + REQUIREMENTS},
        home=BOTH,
        public="lib",
    ),
    Row(
        "option-index-url-later",
        {"requirements.txt": "--extra-index-url {home}\n--index-url {public}\n" + REQUIREMENTS},
        home=BOTH,
        public="lib",
    ),
    Row("option-no-index", {"requirements.txt": "--no-index\n" + REQUIREMENTS}, withheld=BOTH),
    Row(
        "option-in-including-file",
        {"requirements.txt": "-i {home}\n-r base.txt\n", "base.txt": REQUIREMENTS},
        home=BOTH,
    ),
    Row(
        "included-file-alone",
        {"requirements/dev.txt": "-i {home}\n-r base.txt\n", "requirements/base.txt": REQUIREMENTS},
        home=BOTH,
        arguments="--index-url {public} requirements/base.txt",
    ),
    Row(
        "option-with-variable",
        {"requirements.txt": "-i http://${{PLACE}}/simple/\n" + REQUIREMENTS},
        withheld=BOTH,
        variables={"PLACE": "{home_place}"},
    ),
    Row(
        "option-with-variable-of-a-named-host",
        {"requirements.txt": "-i http://u:${{TOKEN}}@{home_place}/simple/\n" + REQUIREMENTS},
        home=BOTH,
        variables={"PIP_EXTRA_INDEX_URL": "{home}", "TOKEN": "secret"},
    ),
    # What the user tells pip and uv.
    Row(
        "pip-index-url",
        {"requirements.txt": REQUIREMENTS},
        home=BOTH,
        variables={"PIP_INDEX_URL": "{home}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "pip-extra-index-url",
        {"requirements.txt": REQUIREMENTS},
        home=BOTH,
        public="lib",
        variables={"PIP_EXTRA_INDEX_URL": "{home}"},
    ),
    Row(
        "pip-extra-index-url-and-default",
        {"requirements.txt": "acme-web\n"},
        home="acme-web",
        variables={"PIP_EXTRA_INDEX_URL": "{extra} {home}"},
        extra="acme-web",
        arguments=NO_DEFAULT,
    ),
    Row(
        "pip-no-index",
        {"requirements.txt": REQUIREMENTS},
        withheld=BOTH,
        variables={"PIP_NO_INDEX": "1"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "pip-config-file",
        {"requirements.txt": REQUIREMENTS, "../chosen.conf": "[global]\nindex-url = {home}\n"},
        home=BOTH,
        variables={"PIP_CONFIG_FILE": "{root}/../chosen.conf"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "pip-config-file-of-nothing",
        {"requirements.txt": REQUIREMENTS, "../home/config/pip/pip.conf": "[global]\nindex-url = {home}\n"},
        public=BOTH,
        variables={"PIP_CONFIG_FILE": os.devnull},
    ),
    Row(
        "pip-conf-of-the-user",
        {"requirements.txt": REQUIREMENTS, "../home/config/pip/pip.conf": "[install]\nindex-url = {home}\n"},
        home=BOTH,
        variables={"PIP_CONFIG_FILE": ""},
        arguments=NO_DEFAULT,
    ),
    Row(
        "pip-conf-of-the-environment",
        {"requirements.txt": REQUIREMENTS, "../venv/pip.conf": "[global]\nindex-url = {home}\n"},
        home=BOTH,
        variables={"PIP_CONFIG_FILE": "", "VIRTUAL_ENV": "{root}/../venv"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "uv-default-index",
        {"requirements.txt": REQUIREMENTS},
        home=BOTH,
        variables={"UV_DEFAULT_INDEX": "acme={home}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "uv-index-url",
        {"requirements.txt": REQUIREMENTS},
        home=BOTH,
        variables={"UV_INDEX_URL": "{home}"},
        arguments=NO_DEFAULT,
    ),
    Row("uv-index", {"requirements.txt": REQUIREMENTS}, home=BOTH, public="lib", variables={"UV_INDEX": "acme={home}"}),
    Row(
        "uv-extra-index-url",
        {"requirements.txt": REQUIREMENTS},
        home=BOTH,
        public="lib",
        variables={"UV_EXTRA_INDEX_URL": "{home}"},
    ),
    Row(
        "uv-toml-of-the-user",
        {"requirements.txt": REQUIREMENTS, "../home/config/uv/uv.toml": "[[index]]\nurl = '{home}'\ndefault = true\n"},
        home=BOTH,
        variables={"UV_NO_CONFIG": ""},
        arguments=NO_DEFAULT,
    ),
    Row(
        "pip-and-uv-disagree",
        {"requirements.txt": REQUIREMENTS},
        home=BOTH,
        variables={"PIP_INDEX_URL": "{default}", "UV_INDEX_URL": "{home}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "pip-and-uv-each-have-one",
        {"requirements.txt": REQUIREMENTS},
        home=BOTH,
        extra=BOTH,
        variables={"PIP_INDEX_URL": "{home}", "UV_INDEX_URL": "{extra}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "option-beats-settings",
        {"requirements.txt": "-i {home}\n" + REQUIREMENTS},
        home=BOTH,
        variables={"PIP_INDEX_URL": "{public}", "PIP_EXTRA_INDEX_URL": "{extra}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "requirements-in-a-project-of-uv",
        {"requirements.txt": REQUIREMENTS, "pyproject.toml": UV_HOME + "default = true\n"},
        home=BOTH,
        arguments="requirements.txt",
    ),
    # Our own configuration.
    Row(
        "our-option",
        {"requirements.txt": REQUIREMENTS, "mothball.toml": "index-url = '{public}'\n"},
        home=BOTH,
        arguments="--index-url {home}",
    ),
    Row(
        "our-project-configuration",
        {"requirements.txt": REQUIREMENTS, "mothball.toml": "index-url = '{home}'\n"},
        home=BOTH,
        variables={"PIP_INDEX_URL": "{public}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "our-user-configuration",
        {"requirements.txt": REQUIREMENTS, "../home/config/mothball/config.toml": "index-url = '{home}'\n"},
        home=BOTH,
        variables={"UV_INDEX_URL": "{public}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "private-names-and-the-default-index",
        {"requirements.txt": "acme-web\n", "mothball.toml": "private = ['acme-*']\n"},
        withheld="acme-web",
        arguments=NO_DEFAULT,
    ),
    Row(
        "private-names-and-the-status-index",
        {
            "requirements.txt": REQUIREMENTS,
            "mothball.toml": "private = ['acme-*']\nindex-url = '{mirror}'\nstatus-index = '{public}'\n",
        },
        public="lib",
        mirror=BOTH,
        arguments=NO_DEFAULT,
    ),
    # uv.
    Row("uv-table-index", {"pyproject.toml": PROJECT + UV_HOME}, home=BOTH, public="lib"),
    Row("uv-table-default", {"pyproject.toml": PROJECT + UV_HOME + "default = true\n"}, home=BOTH),
    Row(
        "uv-table-explicit",
        {"pyproject.toml": PROJECT + UV_HOME + "explicit = true\n[tool.uv.sources]\nacme-web = {{index = 'acme'}}\n"},
        home="acme-web",
        public="lib",
    ),
    Row(
        "uv-sources-by-marker",
        {
            "pyproject.toml": PROJECT
            + UV_HOME
            + "explicit = true\n[[tool.uv.index]]\nname = 'e'\nurl = '{extra}'\nexplicit = true\n"
            "[tool.uv.sources]\nacme-web = [{{index = 'e', marker = \"python_version < '3'\"}}, "
            "{{index = 'acme', marker = \"python_version >= '3'\"}}]\n"
        },
        home="acme-web",
        extra="acme-web",
        public="lib",
    ),
    Row(
        "uv-variable-beats-table",
        {"pyproject.toml": PROJECT + "[[tool.uv.index]]\nurl = '{public}'\ndefault = true\n"},
        home=BOTH,
        variables={"UV_DEFAULT_INDEX": "{home}"},
    ),
    Row(
        "uv-table-without-index",
        {"pyproject.toml": PROJECT + "[tool.uv]\n"},
        home=BOTH,
        variables={"UV_INDEX_URL": "{home}", "PIP_INDEX_URL": "{public}"},
        arguments=NO_DEFAULT,
    ),
    Row(
        "uv-lock",
        {
            "uv.lock": locked(
                "version = 1\n", "source = {{ registry = '{home}' }}\n", "source = {{ registry = '{public}' }}\n"
            )
        },
        home="acme-web",
        public="lib",
        variables={"UV_INDEX_URL": "{extra}"},
    ),
    Row(
        "uv-workspace-member",
        {
            "pyproject.toml": "[tool.uv.workspace]\nmembers = ['a']\n" + UV_HOME + "default = true\n",
            "a/pyproject.toml": PROJECT,
        },
        home=BOTH,
        arguments="--index-url {public} a/pyproject.toml",
    ),
    Row(
        "uv-toml-beside-the-project",
        {"pyproject.toml": PROJECT + "[tool.uv]\n", "uv.toml": "index-url = '{home}'\n"},
        home=BOTH,
    ),
    Row(
        "uv-script",
        {
            "run.py": "# /// script\n# dependencies = ['acme-web', 'lib']\n"
            "# [[tool.uv.index]]\n# url = '{home}'\n# ///\n"
        },
        home=BOTH,
        public="lib",
        arguments="--index-url {public} --as script run.py",
    ),
    # Poetry.
    Row("poetry-primary", {"pyproject.toml": POETRY + POETRY_HOME}, home=BOTH),
    Row(
        "poetry-supplemental",
        {"pyproject.toml": POETRY + POETRY_HOME + "priority = 'supplemental'\n"},
        home=BOTH,
        public="lib",
    ),
    Row(
        "poetry-explicit",
        {
            "pyproject.toml": POETRY.replace("acme-web = '*'", "acme-web = {{version = '*', source = 'acme'}}")
            + POETRY_HOME
            + "priority = 'explicit'\n"
        },
        home="acme-web",
        public="lib",
    ),
    Row(
        "poetry-with-pypi",
        {"pyproject.toml": POETRY + POETRY_HOME + "[[tool.poetry.source]]\nname = 'PyPI'\n"},
        home=BOTH,
        public="lib",
    ),
    Row(
        "poetry-lock",
        {"poetry.lock": locked("", "[package.source]\ntype = 'legacy'\nurl = '{home}'\nreference = 'acme'\n")},
        home="acme-web",
        public="lib",
    ),
    # Rye.
    Row("rye-source", {"pyproject.toml": PROJECT + RYE_HOME}, home=BOTH, public="lib"),
    Row("rye-source-named-default", {"pyproject.toml": PROJECT + RYE_HOME.replace("acme", "default")}, home=BOTH),
    # PDM.
    Row("pdm-source", {"pyproject.toml": PROJECT + PDM_HOME}, home=BOTH, public="lib"),
    Row("pdm-source-named-pypi", {"pyproject.toml": PROJECT + PDM_HOME.replace("acme", "pypi")}, home=BOTH),
    Row(
        "pdm-include-packages",
        {"pyproject.toml": PROJECT + PDM_HOME + "include_packages = ['acme-*']\n"},
        home=BOTH,
        public="lib",
    ),
    Row(
        "pdm-exclude-packages",
        {"pyproject.toml": PROJECT + PDM_HOME + "exclude_packages = ['lib']\n"},
        home="acme-web",
        public="lib",
    ),
    Row(
        "pdm-lock",
        {"pyproject.toml": PDM_HOME, "pdm.lock": locked("")},
        home=BOTH,
        public="lib",
        arguments="--index-url {public} pdm.lock",
    ),
    # Pipenv.
    Row(
        "pipfile-first-source",
        {"Pipfile": "[[source]]\nname = 'a'\nurl = '{home}'\n[[source]]\nname = 'b'\nurl = '{public}'\n" + PIPFILE},
        home=BOTH,
    ),
    Row(
        "pipfile-index",
        {
            "Pipfile": "[[source]]\nname = 'b'\nurl = '{public}'\n[[source]]\nname = 'a'\nurl = '{home}'\n"
            + PIPFILE.replace("acme-web = '*'", "acme-web = {{version = '*', index = 'a'}}")
        },
        home="acme-web",
        public="lib",
    ),
    Row(
        "pipfile-mirror",
        {"Pipfile": "[[source]]\nname = 'pypi'\nurl = '{default}'\n" + PIPFILE},
        home=BOTH,
        variables={"PIPENV_PYPI_MIRROR": "{home}"},
    ),
    Row(
        "pipfile-lock",
        {
            "Pipfile.lock": '{{"_meta": {{"sources": [{{"name": "b", "url": "{public}"}}, '
            '{{"name": "a", "url": "{home}"}}]}}, "default": '
            '{{"acme-web": {{"version": "==1", "index": "a"}}, "lib": {{"version": "==1"}}}}}}'
        },
        home="acme-web",
        public="lib",
    ),
    # pixi, and the lock of all tools.
    Row("pixi-index-url", {"pixi.toml": PIXI + "[pypi-options]\nindex-url = '{home}'\n"}, home=BOTH),
    Row(
        "pixi-extra-index-urls",
        {"pixi.toml": PIXI + "[pypi-options]\nextra-index-urls = ['{home}']\n"},
        home=BOTH,
        public="lib",
    ),
    Row(
        "pixi-feature",
        {
            "pixi.toml": "[pypi-dependencies]\nlib = '*'\n[feature.acme.pypi-dependencies]\nacme-web = '*'\n"
            "[feature.acme.pypi-options]\nindex-url = '{home}'\n"
        },
        home=BOTH,
        public="lib",
    ),
    Row(
        "pylock-index",
        {
            "pylock.toml": "lock-version = '1.0'\ncreated-by = 'x'\n"
            "[[packages]]\nname = 'acme-web'\nversion = '1.0'\nindex = '{home}'\n"
            "[[packages.wheels]]\nname = 'w'\nurl = 'https://x.example/w'\nhashes = {{}}\n"
        },
        home="acme-web",
        variables={"PIP_INDEX_URL": "{public}"},
    ),
    # What is not clear.
    Row(
        "several-tools",
        {
            "pyproject.toml": PROJECT
            + UV_HOME
            + "[[tool.poetry.source]]\nname = 'e'\nurl = '{extra}'\npriority = 'supplemental'\n"
        },
        home=BOTH,
        extra="lib",
        public="lib",
    ),
    Row(
        "public-extra-index",
        {"requirements.txt": "-i {home}\n--extra-index-url {default}\nacme-web\n"},
        home="acme-web",
    ),
    Row(
        "half-typed-index",
        {"pyproject.toml": PROJECT + "[[tool.uv.index]]\nname = 'acme'\nurl = '{home}"},
        withheld=BOTH,
    ),
    Row(
        "extra-index-of-files",
        {"pyproject.toml": PROJECT + "[[tool.uv.index]]\nname = 'wheels'\nurl = './wheels'\n"},
        withheld=BOTH,
    ),
    Row("failing-index", {"requirements.txt": "--extra-index-url http://127.0.0.1:9/simple/\n" + REQUIREMENTS}),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_names_go_only_where_their_installer_would_send_them(row: Row, world: World, mothball: Mothball) -> None:
    words = {
        **world.urls,
        "default": DEFAULT_INDEX,
        "root": mothball.project,
        "home_place": world.urls["home"].split("/")[2],
    }
    for name, text in row.files.items():
        path = os.path.join(mothball.project, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.format(**words))
    variables = {name: value.format(**words) for name, value in row.variables.items()}

    run = mothball.run("check", "--format", "json", *row.arguments.format(**words).split(), environment=variables)

    assert world.asked() == {name: set(getattr(row, name).split()) for name in ("home", "extra", "public", "mirror")}
    _holds(row, run, world)
    strangers = {contact.partition(":")[0] for contact in mothball.contacts()} - {"127.0.0.1", "localhost"}
    assert strangers == set()


def _holds(row: Row, run: Run, world: World) -> None:
    """The report says what the right index says, and that a name was sent nowhere where it was."""
    names = {item["name"] for item in run.report["dependencies"]}
    assert names <= set(BOTH.split())
    for name in row.withheld.split():
        assert run.said(name)[0] == "withheld"
    assert {item["name"] for item in run.report["dependencies"] if item["lookup"]["kind"] == "withheld"} == set(
        row.withheld.split()
    )
    if "acme-web" in row.home:
        assert run.said("acme-web") == ("stated", "archived")
        assert run.lookup("acme-web")["index"] == world.urls["home"]
    if "lib" in row.public:
        assert run.said("lib") == ("stated", "deprecated")


def test_the_documentation_has_a_row_for_each_of_these_and_no_other() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")

    assert re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE) == [row.name for row in ROWS]


def test_a_failure_halts_the_name_and_tells_which_index_it_was(world: World, mothball: Mothball) -> None:
    mothball.write("requirements.txt", "--extra-index-url http://127.0.0.1:9/simple/", "acme-web")
    run = mothball.check("--index-url", world.urls["public"])
    assert run.said("acme-web") == ("unavailable", "unreachable")
    assert run.lookup("acme-web")["index"] == "http://127.0.0.1:9/simple/"
    assert world.asked()["public"] == set()


def test_explaining_asks_nobody(world: World, mothball: Mothball) -> None:
    mothball.write("requirements.txt", f"-i {world.urls['home']}", "acme-web")
    run = mothball.run("check", "--explain-index", "acme-web")
    assert run.code == 0
    assert f"1. {world.urls['home']}  `--index-url` in requirements.txt:1" in run.out
    assert mothball.contacts() == set()
    assert not any(world.asked().values())


READER = ("reader", "r34d3r-s-p4ssw0rd")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pypiron]:
    """An index that only its reader may read."""
    with running_pypiron(str(tmp_path_factory.mktemp("closed")), reader=READER) as index:
        index.publish("acme-web")
        index.set_status("acme-web", "archived", "moved")
        yield index


@pytest.mark.parametrize(
    ("variables", "requirements"),
    [
        ({"PIP_INDEX_URL": "{login}"}, "acme-web\n"),
        ({"PIP_EXTRA_INDEX_URL": "{login}"}, "acme-web\n"),
        ({"PIP_CONFIG_FILE": "{conf}"}, "acme-web\n"),
        ({"UV_DEFAULT_INDEX": "{login}"}, "acme-web\n"),
        (
            {"UV_INDEX": "acme={url}", "UV_INDEX_ACME_USERNAME": READER[0], "UV_INDEX_ACME_PASSWORD": READER[1]},
            "acme-web\n",
        ),
        ({"UV_EXTRA_INDEX_URL": "{login}"}, "--index-url {url}\nacme-web\n"),
    ],
)
def test_credentials_that_the_user_told_an_installer_open_its_index(
    variables: Mapping[str, str], requirements: str, closed: Pypiron, mothball: Mothball, tmp_path: Path
) -> None:
    words = {
        "url": closed.url,
        "login": closed.url.replace("//", f"//{':'.join(READER)}@"),
        "conf": f"{tmp_path}/p.conf",
    }
    (tmp_path / "p.conf").write_text(f"[global]\nindex-url = {words['login']}\n", encoding="utf-8")
    mothball.write("requirements.txt", requirements.format(**words).rstrip())
    environment = {name: value.format(**words) for name, value in variables.items()}

    run = mothball.run("check", "--format", "json", environment=environment)

    assert run.said("acme-web") == ("stated", "archived")
    assert run.lookup("acme-web")["index"] == closed.url
    assert READER[1] not in run.out + run.err
    explained = mothball.run("check", "--explain-index", "acme-web", environment=environment)
    assert READER[1] not in explained.out


def test_credentials_in_a_repository_open_nothing_and_a_note_says_so(closed: Pypiron, mothball: Mothball) -> None:
    mothball.write("requirements.txt", f"-i {closed.url.replace('//', f'//{READER[0]}:{READER[1]}@')}", "acme-web")
    run = mothball.check()
    assert run.said("acme-web") == ("unavailable", "unauthorised")
    assert [one["severity"] for one in run.report["problems"]] == ["note"]
    assert "credentials in the address of an index are not sent" in run.report["problems"][0]["message"]
    assert READER[1] not in run.out
