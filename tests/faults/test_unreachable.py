"""An unresponsive index: one timeout in total, independent of the number of names.

Runs in a network namespace with addresses that are routed to its loopback, which drops packets to unknown addresses. No
packet leaves the namespace. Where the machine does not allow one, these tests are skipped; a socket that never accepts
connections is tested everywhere.
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

# These tests assert the duration of runs.
pytestmark = pytest.mark.alone

NAMES = [f"lib-{number}" for number in range(200)]
# Addresses for documentation (RFC 5737): a local one, and a route to its neighbors without a target.
LEADS_NOWHERE = "ip link set lo up; ip address add 192.0.2.1/32 dev lo; ip route add 192.0.2.0/24 dev lo"


def may_make_networks() -> bool:
    """Return True if a network namespace with addresses can be created."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    tried = subprocess.run(["unshare", "-rn", "sh", "-c", f"set -e; {LEADS_NOWHERE}"], capture_output=True, check=False)
    return tried.returncode == 0


needs_networks = pytest.mark.skipif(not may_make_networks(), reason="this machine does not allow network namespaces")

# Runs in the namespace: an index that is queried for 200 names, whose address is removed after the first responses.
VANISHING = """\
import json, subprocess, sys, time
from mothball.index.client import Client, ClientSettings
from mothball.index.project_page import Fetched, PageRequest
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
    import os; os._exit(0)  # the threads of the server wait for unreachable clients
"""


def run_in_namespace(command: list[str], mothball: Mothball) -> subprocess.CompletedProcess[str]:
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
def test_unresponsive_address_costs_one_timeout_for_two_hundred_names(scheme: str, mothball: Mothball) -> None:
    mothball.configure('timeout = "2s"', 'trusted-hosts = ["192.0.2.9"]')
    mothball.require(f"{scheme}://192.0.2.9/simple/", *NAMES)
    before = time.monotonic()
    done = run_in_namespace([script("mothball"), "check", "--strict", "--format", "json"], mothball)
    seconds = time.monotonic() - before
    assert (done.returncode, done.stderr) == (3, "")
    assert causes_of(json.loads(done.stdout)) == {"timeout"}
    # One name after the other takes 400 s, 32 at a time 14 s; this is one timeout of 2 s and the start-up time.
    assert seconds < 8


@needs_networks
def test_vanished_index_costs_one_timeout(mothball: Mothball) -> None:
    done = run_in_namespace([sys.executable, "-c", VANISHING], mothball)
    assert done.returncode == 0, done.stderr
    seconds, fetched, outcomes, causes = json.loads(done.stdout)
    assert outcomes == len(NAMES)
    # Removing the address takes some time, in which further names succeed.
    assert 20 <= fetched < len(NAMES)
    assert causes == ["timeout"]
    # One timeout of 1 s for the running requests; one after the other takes 130 s.
    assert seconds < 5


def test_socket_that_never_accepts_costs_one_timeout_for_two_hundred_names(mothball: Mothball) -> None:
    with unanswering_url() as url:
        mothball.configure('timeout = "1s"')
        mothball.require(url, *NAMES)
        process = mothball.start("check", "--strict", "--format", "json")
        with process:
            out, err = process.communicate(timeout=1.0 * len(NAMES) / 8)
    assert (process.returncode, err) == (3, "")
    assert causes_of(json.loads(out)) == {"timeout"}
