"""mothball with peryx as a proxy in front of pypiron: an index that relays statuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.installed import Mothball
from tests.support.real_indexes import Pypiron, running_peryx

STATUSES = {
    "relayed-archived": ("archived", "no time"),
    "relayed-deprecated": ("deprecated", "use something newer"),
    "relayed-quarantined": ("quarantined", "malware"),
}


@pytest.fixture(scope="module")
def index(pypiron: Pypiron, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run peryx in front of the pypiron of the session. The statuses are set before peryx requests them."""
    pypiron.publish(*STATUSES, "relayed-active")
    for name, (status, reason) in STATUSES.items():
        pypiron.set_status(name, status, reason)
    with running_peryx(str(tmp_path_factory.mktemp("peryx")), pypiron.url) as url:
        yield url


@pytest.mark.parametrize(("name", "exit_code"), list(zip(STATUSES, (1, 0, 1), strict=True)))
def test_relayed_status_is_reported(name: str, exit_code: int, index: str, mothball: Mothball) -> None:
    status, reason = STATUSES[name]
    mothball.require(index, name)
    run = mothball.check()
    assert run.code == exit_code
    assert run.said(name) == ("stated", status)
    assert run.lookup(name)["reason"] == reason
    assert run.lookup(name)["index"] == index
    assert [rule for rule, _, _ in run.found()] == [status]


def test_relayed_page_without_marker_is_active_if_another_has_one(index: str, mothball: Mothball) -> None:
    mothball.require(index, "relayed-active", "relayed-deprecated")
    run = mothball.check()
    assert run.code == 0
    assert run.said("relayed-active") == ("stated", "active")


def test_single_relayed_page_without_marker_is_not_stated(index: str, mothball: Mothball) -> None:
    mothball.require(index, "relayed-active")
    assert mothball.check().said("relayed-active") == ("not-stated", None)


def test_name_unknown_to_the_upstream_index_is_missing(index: str, mothball: Mothball) -> None:
    mothball.require(index, "never-relayed")
    assert mothball.check().said("never-relayed") == ("missing", None)
