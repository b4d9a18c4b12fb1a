"""An index that no packet comes back from: one connection's limit in all, however many names there are.

For real, in a network namespace of the test's own: addresses that are routed to its loopback, which drops what nobody
there has. Nothing leaves the namespace. Where the machine allows none the tests skip and say so; a socket that never
takes a connection stands in for it everywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.support.installed import Mothball, script
from tests.support.loopback import unanswering_url

# How long a run takes is what these tests show.
pytestmark = pytest.mark.alone

NAMES = [f"lib-{number}" for number in range(200)]
# Addresses that are documentation's (RFC 5737): one that is here, and a route for its neighbours that leads nowhere.
LEADS_NOWHERE = "ip link set lo up; ip address add 192.0.2.1/32 dev lo; ip route add 192.0.2.0/24 dev lo"


def may_make_networks() -> bool:
    """Return whether a network namespace of our own, with addresses in it, can be had."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    tried = subprocess.run(["unshare", "-rn", "sh", "-c", f"set -e; {LEADS_NOWHERE}"], capture_output=True, check=False)
    return tried.returncode == 0


needs_networks = pytest.mark.skipif(
    not may_make_networks(), reason="the machine lets nobody make a network namespace of their own"
)

# Runs in the namespace: an index there, asked for 200 names; after the first answers its address goes away.
VANISHING = """\
import json, subprocess, sys, time
from mothball.index.client import Client, ClientSettings
from mothball.index.page_request import Fetched, PageRequest
from tests.support.scripted_index import ScriptedIndex, json_page

names = [f"lib-{number}" for number in range(200)]
class Vanishing(ScriptedIndex):
    def reply_to(self, request):
        reply = super().reply_to(request)
        if self.count() == 60:
            subprocess.run(["ip", "address", "del", "192.0.2.1/32", "dev", "lo"], check=True)
        return reply

pages = {name: json_page(name, "archived")._replace(delay=0.01) for name in names}
with Vanishing(pages, host="192.0.2.1") as index:
    settings = ClientSettings(connect_timeout=1.0, read_timeout=1.0, trusted_hosts=("192.0.2.1",))
    before = time.monotonic()
    with Client(settings) as client:
        outcomes = [outcome for _, outcome in client.fetch([PageRequest(index.url, name) for name in names])]
    seconds = time.monotonic() - before
    fetched = sum(isinstance(outcome, Fetched) for outcome in outcomes)
    causes = sorted({outcome.cause for outcome in outcomes if not isinstance(outcome, Fetched)})
    print(json.dumps([seconds, fetched, len(outcomes), causes]), flush=True)
    import os; os._exit(0)  # the server's threads wait for clients that cannot be heard any more
"""


def in_the_namespace(command: list[str], mothball: Mothball) -> subprocess.CompletedProcess[str]:
    environment = {**mothball.environment, "MOTHBALL_E2E_AHEAD": "0"}
    environment["PYTHONPATH"] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return subprocess.run(
        ["unshare", "-rn", "sh", "-c", f'set -e; {LEADS_NOWHERE}; exec "$@"', "sh", *command],
        cwd=mothball.project,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def causes_of(report: dict[str, Any]) -> set[str]:
    return {item["lookup"]["cause"] for item in report["dependencies"]}


@needs_networks
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_an_address_that_swallows_everything_costs_one_limit_for_two_hundred_names(
    scheme: str, mothball: Mothball
) -> None:
    mothball.configure('timeout = "2s"', 'trusted-hosts = ["192.0.2.9"]')
    mothball.require(f"{scheme}://192.0.2.9/simple/", *NAMES)
    before = time.monotonic()
    done = in_the_namespace([script("mothball"), "check", "--strict", "--format", "json"], mothball)
    seconds = time.monotonic() - before
    assert (done.returncode, done.stderr) == (3, "")
    assert causes_of(json.loads(done.stdout)) == {"timeout"}
    # One name after the other would take 400 s, 32 at a time 14 s: this is one limit of 2 s and the time to start.
    assert seconds < 8


@needs_networks
def test_an_index_that_answers_and_is_then_gone_costs_one_limit_too(mothball: Mothball) -> None:
    done = in_the_namespace([sys.executable, "-c", VANISHING], mothball)
    assert done.returncode == 0, done.stderr
    seconds, fetched, outcomes, causes = json.loads(done.stdout)
    assert outcomes == len(NAMES)
    # Taking the address away takes a moment; until then more names are answered.
    assert 20 <= fetched < len(NAMES)
    assert causes == ["timeout"]
    # One wait of 1 s for those who were on their way; one after the other they would take 130 s.
    assert seconds < 5


def test_a_socket_that_never_takes_a_connection_costs_one_limit_for_two_hundred_names(mothball: Mothball) -> None:
    with unanswering_url() as url:
        mothball.configure('timeout = "1s"')
        mothball.require(url, *NAMES)
        process = mothball.start("check", "--strict", "--format", "json")
        with process:
            out, err = process.communicate(timeout=1.0 * len(NAMES) / 8)
    assert (process.returncode, err) == (3, "")
    assert causes_of(json.loads(out)) == {"timeout"}
