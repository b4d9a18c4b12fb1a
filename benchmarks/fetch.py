"""Fetch 200 uncached project pages from an index with 30 ms delay, as a ratio to a load generator.

    uv run --group test python -m benchmarks.fetch

The base is ``h2load --h1`` (Debian's nghttp2-client) with 32 connections, against the same server in the same round.
Budgets: a fetch 2.5 times the base (aim 2), a revalidating one 0.7 of the CPU time of a cold one, 80 MB resident. A
check also imports the modules: about a third of its CPU time when it is cold, and half when it revalidates.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.index_server import names_of
from benchmarks.paired import PROJECT, clean_environment

_COUNT = 200
_CONNECTIONS = 32


class Taken(NamedTuple):
    """Measurements of a run: wall time and CPU time (with threads) in seconds, maximum resident memory in kB."""

    seconds: float
    cpu: float
    resident: int


class Round(NamedTuple):
    """One measurement of everything."""

    floor: float
    cold: Taken
    again: Taken
    cold_check: Taken
    check_again: Taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--delay", type=float, default=0.03, help="seconds before each answer")
    arguments = parser.parse_args()
    if shutil.which("h2load") is None:
        sys.exit("needs h2load: apt-get install nghttp2-client")
    with (
        clean_environment() as scripts,
        tempfile.TemporaryDirectory(prefix="mothball-bench-") as home,
        _index(home, arguments.delay) as root,
    ):
        python = os.path.join(scripts, "python")
        environment = {
            "PATH": os.environ["PATH"], "HOME": home, "REQUESTS_CA_BUNDLE": os.path.join(home, "authority.pem"),
            "PIP_CONFIG_FILE": os.devnull,
        }  # fmt: skip
        rounds = []
        for number in range(arguments.rounds + 2):
            fetches = [_fetch(python, root, environment, kind) for kind in ("cold", "again")]
            this = Round(_floor(root, home), *fetches, *_check(scripts, root, environment))
            if number >= 2:
                rounds.append(this)
        _tell(rounds)


def _tell(rounds: list[Round]) -> None:
    """Print the median and the quartiles of each ratio within the rounds."""
    rows: dict[str, list[float]] = {
        "fetch / floor": [one.cold.seconds / one.floor for one in rounds],
        "fetch again / floor": [one.again.seconds / one.floor for one in rounds],
        "CPU of fetching again / of a cold fetch": [one.again.cpu / one.cold.cpu for one in rounds],
        "CPU of checking again / of a cold check": [one.check_again.cpu / one.cold_check.cpu for one in rounds],
    }
    for name, ratios in rows.items():
        low, median, high = statistics.quantiles(ratios, n=4)
        print(f"{name:<44} {median:6.2f}  ({low:.2f} - {high:.2f})")
    resident = max(max(one.cold_check.resident, one.check_again.resident) for one in rounds)
    print(f"{'a check, most memory resident, MB':<44} {resident / 1024:6.0f}")


@contextmanager
def _index(home: str, delay: float) -> Iterator[str]:
    """Run the index and yield its root URL. The certificate of its authority is authority.pem in ``home``."""
    import trustme  # noqa: PLC0415 - a test dependency, not installed for users of this module

    authority = trustme.CA()
    authority.cert_pem.write_to_path(os.path.join(home, "authority.pem"))
    signed = authority.issue_cert("127.0.0.1")
    certificate, key = os.path.join(home, "certificate.pem"), os.path.join(home, "key.pem")
    signed.cert_chain_pems[0].write_to_path(certificate)
    signed.private_key_pem.write_to_path(key)
    command = [sys.executable, "-m", "benchmarks.index_server", str(_COUNT), str(delay), certificate, key]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield f"https://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()
            server.wait(10)


def _floor(root: str, home: str) -> float:
    """Return the seconds that the load generator takes for every page once."""
    urls = os.path.join(home, "urls")
    with open(urls, "w", encoding="ascii") as file:
        file.writelines(f"{root}/simple/{name}/\n" for name in names_of(_COUNT))
    done = subprocess.run(
        ["h2load", "--h1", "-n", str(_COUNT), "-c", str(_CONNECTIONS), "-H", "accept-encoding: gzip", "-i", urls],
        check=True,
        capture_output=True,
        text=True,
    )
    if f"{_COUNT} succeeded, 0 failed" not in done.stdout:
        sys.exit(done.stdout)
    told = re.search(r"finished in ([0-9.]+)(ms|s)", done.stdout)
    assert told is not None
    return float(told[1]) / (1000 if told[2] == "ms" else 1)


def _fetch(python: str, root: str, environment: Mapping[str, str], kind: str) -> Taken:
    done = subprocess.run(
        [python, "-c", _FETCH, f"{root}/simple/", kind, *names_of(_COUNT)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return Taken(**json.loads(done.stdout))


def _check(scripts: str, root: str, environment: Mapping[str, str]) -> list[Taken]:
    """Return the measurements of a check of all names, with imports: with an empty cache, and revalidating."""
    with tempfile.TemporaryDirectory() as project:
        with open(os.path.join(project, "requirements.txt"), "w", encoding="ascii") as file:
            file.writelines(f"{name}\n" for name in names_of(_COUNT))
        surroundings = {**environment, "MOTHBALL_CACHE_DIR": os.path.join(project, "cache")}
        # Given by the user: an index on loopback that only a file of the project names would not be queried.
        command = [os.path.join(scripts, "mothball"), "check", "--index-url", f"{root}/simple/", project]
        return [_taken([*command, *more], surroundings) for more in ((), ("--refresh",))]


def _taken(command: list[str], environment: Mapping[str, str]) -> Taken:
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or f"{_COUNT} checked" not in output:
        sys.exit(f"{command} exited {process.returncode}:\n{output}")
    return Taken(time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss)


# Runs in the clean environment. The measurement begins when requests is imported; start-up is measured by
# warm_check.
_FETCH = """\
import json, resource, sys, time
from mothball.index.client import Client, ClientSettings
from mothball.index.project_page import Fetched, NotModified, PageRequest
url, kind, *names = sys.argv[1:]
wanted = NotModified if kind == "again" else Fetched
requests = [PageRequest(url, name, '"' + name + '"' if kind == "again" else None) for name in names]
cpu, begin = time.process_time(), time.perf_counter()
with Client(ClientSettings()) as client:
    outcomes = [outcome for _, outcome in client.fetch(requests)]
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
bad = [outcome for outcome in outcomes if not isinstance(outcome, wanted)]
if bad or len(outcomes) != len(names):
    sys.exit(f"{len(bad)} failed: {bad[:1]}")
resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "cpu": cpu, "resident": resident}))
"""


if __name__ == "__main__":
    main()
