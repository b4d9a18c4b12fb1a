"""mothball with pypiron, an index on which statuses can be set. Each test uses its own projects."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installed import Mothball
from tests.support.real_indexes import Pypiron, running_pypiron

PROJECTS = (
    "unmaintained-lib",
    "revived",
    "malicious",
    "outdated",
    "same-run-marked",
    "same-run-unmarked",
    "earlier-marked",
    "later-unmarked",
    "snapped-archived",
    "snapped-active",
    "yanked-lib",
    "deleted-lib",
)


@pytest.fixture(scope="module")
def index(pypiron: Pypiron) -> Pypiron:
    """Return the pypiron of the session with the projects of this module."""
    pypiron.publish(*PROJECTS)
    return pypiron


def test_archived_project_is_reported_with_its_reason(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("unmaintained-lib", "archived", "no <b>time</b> any more")
    mothball.require(index.url, "unmaintained-lib==1.0")
    run = mothball.check()
    assert run.code == 1
    assert run.found() == [("archived", "error", "unmaintained-lib")]
    assert run.report["findings"][0]["message"] == "unmaintained-lib is archived: no <b>time</b> any more"
    lookup = run.lookup("unmaintained-lib")
    assert {key: lookup[key] for key in ("kind", "status", "reason", "index", "source")} == {
        "kind": "stated",
        "status": "archived",
        "reason": "no <b>time</b> any more",
        "index": index.url,
        "source": "index",
    }
    text = mothball.run("check")
    assert text.code == 1
    assert "requirements.txt:2:1: error[archived] unmaintained-lib is archived\n" in text.out
    assert '  2 | unmaintained-lib==1.0\n    | ^^^^^^^^^^^^^^^^ "no <b>time</b> any more"\n' in text.out


def test_reactivated_project_is_reported_until_refresh(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("revived", "archived", "no time")
    mothball.require(index.url, "revived")
    assert mothball.check().code == 1
    index.clear_status("revived")
    mothball.forget_contacts()
    cached = mothball.check()
    assert cached.code == 1
    assert cached.said("revived") == ("stated", "archived")
    assert cached.lookup("revived")["source"] == "cache"
    assert mothball.contacts() == set()
    refreshed = mothball.check("--refresh")
    assert refreshed.code == 0
    assert refreshed.found() == []
    assert refreshed.said("revived") == ("stated", "active")
    assert mothball.check().said("revived") == ("stated", "active")


def test_quarantined_project_without_files_is_an_error(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("malicious", "quarantined", "malware")
    assert (index.page("malicious") or {})["files"] == []
    mothball.require(index.url, "malicious")
    run = mothball.check()
    assert run.code == 1
    assert run.found() == [("quarantined", "error", "malicious")]
    assert run.lookup("malicious")["reason"] == "malware"


def test_deprecated_project_is_a_warning_and_with_strict_an_error(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("outdated", "deprecated", "use something newer")
    mothball.require(index.url, "outdated")
    run = mothball.check()
    assert run.code == 0
    assert run.found() == [("deprecated", "warning", "outdated")]
    assert run.lookup("outdated")["reason"] == "use something newer"
    assert mothball.check("--strict").code == 1


def test_absent_marker_is_active_if_the_index_states_one_in_the_same_run(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("same-run-marked", "deprecated")
    mothball.require(index.url, "same-run-unmarked", "same-run-marked")
    run = mothball.check("--no-cache")
    assert run.said("same-run-unmarked") == ("stated", "active")
    assert run.found() == [("deprecated", "warning", "same-run-marked")]


def test_absent_marker_is_active_if_a_cached_page_of_the_index_has_one(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("earlier-marked", "deprecated")
    mothball.require(index.url, "later-unmarked")
    assert mothball.check("--no-cache").said("later-unmarked") == ("not-stated", None)
    mothball.require(index.url, "earlier-marked")
    mothball.check()
    mothball.require(index.url, "later-unmarked")
    run = mothball.check()
    assert run.said("later-unmarked") == ("stated", "active")
    assert run.found() == []
    assert mothball.check("--no-cache").said("later-unmarked") == ("not-stated", None)


def test_index_without_any_marker_is_one_warning_and_no_project_is_active(tmp_path: Path, mothball: Mothball) -> None:
    names = ("plain-one", "plain-two", "plain-three")
    with running_pypiron(str(tmp_path / "fresh")) as fresh:
        fresh.publish(*names)
        mothball.require(fresh.url, *names)
        run = mothball.check()
        text = mothball.run("check")
    assert run.code == 0
    assert run.found() == [("not-stated", "warning", None)]
    assert [run.said(name) for name in names] == [("not-stated", None)] * 3
    assert run.report["summary"]["not_stated"] == 3
    assert fresh.url in run.report["findings"][0]["message"]
    assert text.out.count("[not-stated]") == 1


def test_name_unknown_to_the_index_is_missing(index: Pypiron, mothball: Mothball) -> None:
    mothball.require(index.url, "never-published")
    run = mothball.check()
    assert run.code == 0
    assert run.found() == [("missing", "warning", "never-published")]
    assert run.said("never-published") == ("missing", None)
    assert mothball.check("--strict").code == 1


def test_projects_of_an_index_that_requires_credentials_are_unverified(tmp_path: Path, mothball: Mothball) -> None:
    with running_pypiron(str(tmp_path / "closed"), "--read-user", "reader", "--read-pass", "reader") as closed:
        mothball.require(closed.url, "private-lib")
        run = mothball.check()
        strict = mothball.check("--strict")
    assert run.said("private-lib") == ("unavailable", "unauthorized")
    assert run.found() == [("unverified", "error", "private-lib")]
    assert (run.code, strict.code) == (3, 3)


def test_status_command_shows_the_status_of_a_project(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("unmaintained-lib", "archived", "no time")
    run = mothball.run("status", "Unmaintained_Lib", "--index-url", index.url)
    assert run.code == 1
    first, second = run.out.splitlines()[:2]
    assert first == "unmaintained-lib is archived: no time"
    assert index.url in second


def test_written_snapshot_is_used_offline_without_cache(index: Pypiron, mothball: Mothball) -> None:
    index.set_status("snapped-archived", "archived", "no time")
    mothball.require(index.url, "snapped-archived", "snapped-active")
    written = mothball.run("snapshot", "-o", "statuses.json")
    assert (written.code, written.out) == (0, "")
    mothball.forget_contacts()
    run = mothball.check("--offline", "--no-cache", "--snapshot", "statuses.json")
    assert mothball.contacts() == set()
    assert run.code == 1
    assert run.found() == [("archived", "error", "snapped-archived")]
    assert run.said("snapped-active") == ("stated", "active")
    assert {run.lookup(name)["source"] for name in ("snapped-archived", "snapped-active")} == {"snapshot"}


def test_yanked_pin_is_reported_with_its_reason(index: Pypiron, mothball: Mothball) -> None:
    mothball.require(index.url, "yanked-lib==1.0")
    assert mothball.check().code == 0
    index.yank("yanked-lib", "broken metadata")
    run = mothball.check("--refresh")
    (finding,) = (finding for finding in run.report["findings"] if finding["name"] == "yanked-lib")
    assert (finding["rule"], finding["message"]) == ("yanked", "yanked-lib 1.0 is yanked: broken metadata")
    mothball.require(index.url, "yanked-lib>=1.0")
    assert "yanked" not in {rule for rule, _, _ in mothball.check().found()}


def test_version_that_was_never_published_is_unlisted(index: Pypiron, mothball: Mothball) -> None:
    mothball.require(index.url, "deleted-lib==2.0")
    assert ("unlisted", "warning", "deleted-lib") in mothball.check().found()


def test_deleted_version_is_unlisted(index: Pypiron, mothball: Mothball) -> None:
    mothball.require(index.url, "deleted-lib==1.0")
    assert mothball.check().code == 0
    index.delete("deleted-lib")
    found = {rule for rule, _, name in mothball.check("--refresh").found() if name}
    assert found in ({"unlisted"}, {"missing"})  # depends on whether the index keeps a project without files
