"""Which indexes a name is looked up on: one test for each row of the table in docs/indexes.md.

Four real indexes with access logs: ``internal`` (pypiron) has the company's ``acme-web``; ``extra`` (pypiserver) has
neither name; ``public`` (pypiron) has ``lib``, and another project named ``acme-web``; ``mirror`` (pypiserver) has both
without statuses. Some rows need the real default index: no request leaves the machine, and the contacted hosts are
recorded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from mothball.config.project import DEFAULT_INDEX
from tests.support.installed import Mothball, Run
from tests.support.real_indexes import AccessLog, Pypiron, running_pypiron, running_pypiserver
from tests.tables.indexes import BOTH, ROWS, Row

ACCESS_LOG = ("--access-log", "--access-log-format", "clf")


class World(NamedTuple):
    """The URLs and access logs of the four indexes, by their names in the table."""

    urls: Mapping[str, str]
    logs: Mapping[str, AccessLog]

    def requested_names(self) -> dict[str, set[str]]:
        return {name: log.names() for name, log in self.logs.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directories = {name: str(tmp_path_factory.mktemp(name)) for name in ("internal", "extra", "public", "mirror")}
    with (
        running_pypiron(directories["internal"], *ACCESS_LOG) as internal,
        running_pypiserver(directories["extra"], ("unrelated",), "-v", "--disable-fallback") as extra,
        running_pypiron(directories["public"], *ACCESS_LOG) as public,
        running_pypiserver(directories["mirror"], ("acme-web", "lib"), "-v", "--disable-fallback") as mirror,
    ):
        _fill(internal, public)
        urls = {"internal": internal.url, "extra": extra, "public": public.url, "mirror": mirror}
        world = World(urls, {name: AccessLog(url, directories[name]) for name, url in urls.items()})
        world.requested_names()
        yield world


def _fill(internal: Pypiron, public: Pypiron) -> None:
    internal.publish("acme-web")
    internal.set_status("acme-web", "archived", "moved to acme-site")
    public.publish("acme-web", "lib")
    public.set_status("acme-web", "quarantined", "name squatting")
    public.set_status("lib", "deprecated", "use lib2")


@pytest.mark.parametrize("row", ROWS, ids=[row.setting for row in ROWS])
def test_names_are_looked_up_only_on_indexes_of_their_installer(row: Row, world: World, mothball: Mothball) -> None:
    placeholders = {
        **world.urls,
        "default": DEFAULT_INDEX,
        "root": mothball.project,
        "internal_host": world.urls["internal"].split("/")[2],
    }
    for name, text in row.files.items():
        path = os.path.join(mothball.project, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.format(**placeholders))
    variables = {name: value.format(**placeholders) for name, value in row.variables.items()}

    run = mothball.run(
        "check", "--format", "json", *row.arguments.format(**placeholders).split(), environment=variables
    )

    assert world.requested_names() == {
        name: set(getattr(row, name).split()) for name in ("internal", "extra", "public", "mirror")
    }
    _assert_results(row, run, world)
    other_hosts = {contact.partition(":")[0] for contact in mothball.contacts()} - {"127.0.0.1", "localhost"}
    assert other_hosts == set()


def _assert_results(row: Row, run: Run, world: World) -> None:
    """Assert that each result comes from the expected index, and that the expected names are skipped."""
    names = {item["name"] for item in run.report["dependencies"]}
    assert names <= set(BOTH.split())
    for name in row.skipped.split():
        assert run.said(name)[0] == "skipped"
    assert {item["name"] for item in run.report["dependencies"] if item["lookup"]["kind"] == "skipped"} == set(
        row.skipped.split()
    )
    if "acme-web" in row.internal:
        assert run.said("acme-web") == ("stated", "archived")
        assert run.lookup("acme-web")["index"] == world.urls["internal"]
    if "lib" in row.public:
        assert run.said("lib") == ("stated", "deprecated")


def test_failed_lookup_stops_at_its_index(world: World, mothball: Mothball) -> None:
    mothball.write("requirements.txt", "--extra-index-url http://127.0.0.1:9/simple/", "acme-web")
    run = mothball.check("--index-url", world.urls["public"])
    assert run.said("acme-web") == ("unavailable", "unreachable")
    assert run.lookup("acme-web")["index"] == "http://127.0.0.1:9/simple/"
    assert world.requested_names()["public"] == set()


def test_explain_makes_no_connection(world: World, mothball: Mothball) -> None:
    mothball.write("requirements.txt", f"-i {world.urls['internal']}", "acme-web")
    run = mothball.run("explain", "acme-web")
    assert run.code == 0
    assert f"1. {world.urls['internal']}  `--index-url` in requirements.txt:1" in run.out
    assert mothball.contacts() == set()
    assert not any(world.requested_names().values())


READER = ("reader", "r34d3r-s-p4ssw0rd")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pypiron]:
    """Run an index that requires the credentials of ``READER``."""
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
def test_installer_credentials_of_the_user_are_used(
    variables: Mapping[str, str], requirements: str, closed: Pypiron, mothball: Mothball, tmp_path: Path
) -> None:
    placeholders = {
        "url": closed.url,
        "login": closed.url.replace("//", f"//{':'.join(READER)}@"),
        "conf": f"{tmp_path}/p.conf",
    }
    (tmp_path / "p.conf").write_text(f"[global]\nindex-url = {placeholders['login']}\n", encoding="utf-8")
    mothball.write("requirements.txt", requirements.format(**placeholders).rstrip())
    environment = {name: value.format(**placeholders) for name, value in variables.items()}

    run = mothball.run("check", "--format", "json", environment=environment)

    assert run.said("acme-web") == ("stated", "archived")
    assert run.lookup("acme-web")["index"] == closed.url
    assert READER[1] not in run.out + run.err
    explanation = mothball.run("explain", "acme-web", environment=environment)
    assert READER[1] not in explanation.out


def test_credentials_in_repository_are_not_used_and_noted(closed: Pypiron, mothball: Mothball) -> None:
    mothball.write("requirements.txt", f"-i {closed.url.replace('//', f'//{READER[0]}:{READER[1]}@')}", "acme-web")
    run = mothball.check()
    assert run.said("acme-web") == ("unavailable", "unauthorized")
    assert [problem["severity"] for problem in run.report["problems"]] == ["note"]
    assert "credentials in an index URL are not sent" in run.report["problems"][0]["message"]
    assert READER[1] not in run.out
