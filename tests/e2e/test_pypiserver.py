"""mothball with pypiserver, an index without statuses that redirects unknown names to another host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mothball.config.project import DEFAULT_INDEX
from tests.support.installed import Mothball
from tests.support.real_indexes import Pypiron, running_pypiserver
from tests.support.scripted_index import ScriptedIndex, json_page

NAMES = tuple(f"plain-{number}" for number in range(12))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a pypiserver with its default fallback, which is a public host."""
    with running_pypiserver(str(tmp_path_factory.mktemp("pypiserver")), NAMES) as url:
        yield url


def test_index_that_strips_markers_is_one_warning_for_many_names(index: str, mothball: Mothball) -> None:
    mothball.require(index, *NAMES)
    run = mothball.check()
    text = mothball.run("check")
    assert run.code == 0
    assert run.found() == [("not-stated", "warning", None)]
    assert {run.said(name) for name in NAMES} == {("not-stated", None)}
    assert run.report["summary"]["not_stated"] == len(NAMES)
    assert "12 projects" in run.report["findings"][0]["message"]
    assert text.out.count("[not-stated]") == 1
    assert " is active" not in text.out


def test_cached_page_without_marker_is_not_stated(index: str, mothball: Mothball) -> None:
    mothball.require(index, *NAMES)
    mothball.check()
    mothball.forget_contacts()
    run = mothball.check()
    assert mothball.contacts() == set()
    assert {run.said(name) for name in NAMES} == {("not-stated", None)}


def test_status_index_supplies_statuses_of_an_index_that_strips_markers(
    index: str, pypiron: Pypiron, mothball: Mothball
) -> None:
    pypiron.publish("plain-0", "plain-1")
    pypiron.set_status("plain-0", "archived", "no time")
    mothball.require(index, *NAMES[:3], options=[f'status-index = "{pypiron.url}"'])
    run = mothball.check()
    assert run.code == 1
    assert run.found() == [("not-stated", "warning", None), ("archived", "error", "plain-0")]
    assert run.lookup("plain-0")["index"] == pypiron.url
    assert [run.said(name) for name in NAMES[1:3]] == [("stated", "active"), ("not-stated", None)]


def test_redirect_to_another_index_of_the_file_leads_there(tmp_path: Path, mothball: Mothball) -> None:
    pages = {"lib": json_page("lib", "archived", "use lib2"), "acme-web": json_page("acme-web", "archived", "squatted")}
    with (
        ScriptedIndex(pages) as public,
        running_pypiserver(str(tmp_path / "index"), ("plain",), "--fallback-url", public.url) as index,
    ):
        mothball.write("requirements.txt", f"--extra-index-url {index}", f"-i {public.url}", "lib", "acme-web", "plain")
        mothball.write("mothball.toml", 'private = ["acme-*"]', f'[indexes."{public.url}"]', "public = true")
        mothball.configure(f'index-url = "{index.replace("://", "://reader:s3cr3t@")}"')
        run = mothball.check()
        again = mothball.check("--offline")
        received = public.received
    assert run.said("lib") == again.said("lib") == ("stated", "archived")
    assert run.lookup("lib")["index"] == public.url
    # The index does not have the private name, and the public one does not receive it.
    assert run.said("acme-web") == ("missing", None)
    assert run.said("plain") == ("not-stated", None)
    assert [request.name for request in received] == ["lib"]
    assert "authorization" not in received[0].headers


def test_redirect_to_another_host_is_not_followed(tmp_path: Path, mothball: Mothball) -> None:
    with (
        ScriptedIndex({"acme-secret": json_page("acme-secret", "archived", "on another host")}) as other_index,
        running_pypiserver(str(tmp_path / "index"), ("plain",), "--fallback-url", other_index.url) as index,
    ):
        mothball.require(index, "acme-secret", "plain")
        run = mothball.check()
        strict = mothball.check("--strict")
        assert other_index.connections == 0
    assert run.said("acme-secret") == ("unavailable", "refused-redirect")
    assert run.found() == [("not-stated", "warning", None), ("unverified", "error", "acme-secret")]
    assert run.said("plain") == ("not-stated", None)
    assert (run.code, strict.code) == (3, 3)
    assert mothball.contacts() == {urlsplit(index).netloc, urlsplit(index).hostname}


def test_redirect_to_the_default_fallback_leads_to_the_built_in_default_index(index: str, mothball: Mothball) -> None:
    mothball.require(index, "some-lib", "acme-secret", options=['private = ["acme-*"]'])
    run = mothball.check()
    # No request leaves the machine.
    assert run.said("some-lib")[0] == "unavailable"
    assert run.lookup("some-lib")["index"] == DEFAULT_INDEX
    assert urlsplit(DEFAULT_INDEX).hostname in mothball.contacts()


def test_private_name_is_not_sent_to_the_default_fallback(index: str, mothball: Mothball) -> None:
    mothball.require(index, "acme-secret", options=['private = ["acme-*"]'])
    run = mothball.check()
    assert run.said("acme-secret") == ("missing", None)
    assert run.lookup("acme-secret")["index"] == index
    assert mothball.contacts() == {urlsplit(index).netloc, urlsplit(index).hostname}


def test_connection_guard_records_other_hosts(mothball: Mothball) -> None:
    run = mothball.run("status", "acme-secret", "--index-url", "https://index.example/simple/")
    assert "could not be checked" in run.out
    assert mothball.contacts() == {"index.example"}


def test_proxy_receives_requests_for_other_hosts_but_no_redirect(index: str, mothball: Mothball) -> None:
    mothball.write("mothball.toml", 'private = ["acme-secret"]')
    with ScriptedIndex() as proxy:
        proxies = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        mothball.run("status", "acme-secret", "--index-url", index, environment=proxies)
        assert proxy.connections == 0
        mothball.run("status", "acme-secret", "--index-url", "https://index.example/simple/", environment=proxies)
        assert [request.path for request in proxy.received] == ["index.example:443"]


def test_server_with_a_short_accept_queue_is_not_overloaded(tmp_path: Path, mothball: Mothball) -> None:
    names = tuple(f"crowd-{number}" for number in range(400))
    with running_pypiserver(str(tmp_path / "packages"), names) as url:
        mothball.require(url, *names)
        run = mothball.check()
    assert run.code == 0
    assert run.report["summary"]["not_stated"] == len(names)
    assert run.report["summary"]["unverified"] == 0
