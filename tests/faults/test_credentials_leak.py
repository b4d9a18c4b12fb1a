"""No secret is anywhere but on the line to the index it belongs to: everything that a run leaves behind is searched.

A secret of its own for every way in, and each searched for as it is, quoted for a URL, and in base64.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.support.installed import Mothball, Run
from tests.support.keyrings import TestKeyring
from tests.support.loopback import refusing_url
from tests.support.scripted_index import Fault, Reply, ScriptedIndex, json_page, redirect

NAME = "old-lib"
PAGE = json_page(NAME, "archived")._replace(etag='"v1"')
# The slash needs quoting, so that both of its forms are looked for.
SECRETS = {way: f"s3cr3t/of-{way}-x9q" for way in ("config", "environment", "netrc", "keyring", "proxy", "repository")}
USER = "somebody"

OUTCOMES = {
    "answered": (PAGE,),
    "refused": (Reply(401, b"who?", "text/plain"),),
    "forbidden": (Reply(403, b"no", "text/plain"),),
    "redirected": (redirect("https://stranger.example/simple/old-lib/"),),
    "in a circle": (redirect(f"/simple/{NAME}/"),),
    "no page": (Reply(200, b"<html>", "text/html"),),
    "no HTTP": (Reply(fault=Fault.NOT_HTTP),),
    "reset": (Reply(fault=Fault.RESET),),
    "cut off": (PAGE._replace(fault=Fault.CUT_OFF),),
    "echoed": (json_page(NAME, "archived", "{echo}"),),
}


def forms(secret: str) -> list[bytes]:
    """Return how a secret can be written."""
    pair = f"{USER}:{secret}".encode()
    return [secret.encode(), quote(secret, safe="").encode(), base64.b64encode(pair), base64.b64encode(secret.encode())]


def assert_unseen(what: str, content: bytes) -> None:
    for way, secret in SECRETS.items():
        for form in forms(secret):
            assert form not in content, f"the secret of the {way} is in {what}"


class Scene(NamedTuple):
    """A user with secrets everywhere, in a repository that has one too."""

    mothball: Mothball
    keyring: TestKeyring
    directory: Path

    def configure(self, way: str, index: str) -> dict[str, str]:
        """Let the user's ``way`` hold the login for ``index``; return the environment of a run."""
        held = index.replace("://", f"://{USER}:{quote(SECRETS[way], safe='')}@")
        url = held if way == "config" else index
        self.mothball.configure(f'indexes = {{ closed = "{url}" }}', 'trusted-hosts = ["index.example"]')
        self.mothball.at_home(".netrc", f"machine 127.0.0.1 login {USER} password {SECRETS[way]}\n")
        if way != "netrc":
            os.remove(os.path.join(self.mothball.home, ".netrc"))
        theirs = index.replace("://", f"://{USER}:{quote(SECRETS['repository'], safe='')}@")
        self.mothball.write("requirements.txt", f"--index-url {theirs}", NAME, "second-lib", "third-lib[")
        # No line of an environment of a test's own runs: what stands there is the caller's.
        guard = os.path.join(os.path.dirname(__file__), "..", "support", "guard")
        environment = {"PYTHONPATH": os.path.abspath(guard)}
        if way == "environment":
            environment |= {"UV_INDEX_CLOSED_USERNAME": USER, "UV_INDEX_CLOSED_PASSWORD": SECRETS[way]}
        if way == "keyring":
            environment |= self.keyring.environment
        return environment

    def search(self, *runs: Run) -> None:
        """Look for every secret in what ``runs`` said and left behind."""
        for run in runs:
            assert_unseen("what was printed", f"{run.out}{run.err}".encode())
        left = [path for path in self.directory.rglob("*") if path.is_file()]
        # Where the user, the repository and the keyring of the tests keep them.
        kept = ("config.toml", ".netrc", "requirements.txt", "entries.json")
        for path in left:
            if path.name not in kept:
                assert_unseen(str(path), path.read_bytes())
        assert_unseen("the arguments of processes", "\n".join(self.mothball.started()).encode())
        assert_unseen("the arguments of processes", "\n".join(self.keyring.arguments()).encode())


@pytest.fixture
def scene(mothball: Mothball, tmp_path: Path) -> Scene:
    return Scene(mothball, TestKeyring(tmp_path / "keyring", {}), tmp_path)


def command_lines(mothball: Mothball) -> list[tuple[str, ...]]:
    """Return every command that asks an index, in every form that it can print."""
    offered = re.search(r"--format \{([a-z,]+)\}", mothball.run("check", "--help").out)
    assert offered is not None
    forms_of_check = offered[1].split(",")
    assert {"text", "concise", "json"} <= set(forms_of_check)
    return [
        *(("check", "--strict", "--format", form) for form in forms_of_check),
        ("check", "--list-files"),
        ("status", NAME),
        ("status", NAME, "--format", "json"),
        ("snapshot",),
        ("snapshot", "-o", "statuses.json"),
        ("cache", "info"),
    ]


@pytest.mark.parametrize("way", ["config", "environment", "netrc", "keyring"])
def test_no_command_and_no_form_shows_a_secret(way: str, scene: Scene) -> None:
    login = (USER, SECRETS[way])
    with ScriptedIndex({NAME: PAGE, "second-lib": Reply(500)}, login=login) as index:
        if way == "keyring":
            entries = {index.url: {USER: SECRETS[way]}}
            (scene.directory / "keyring" / "entries.json").write_text(json.dumps(entries))
        environment = scene.configure(way, index.url)
        runs = [scene.mothball.run(*line, environment=environment) for line in command_lines(scene.mothball)]
        # The secret did its work, or there would be nothing to show.
        assert "old-lib is archived" in runs[0].out
        assert any("authorization" in request.headers for request in index.received)
        assert os.path.getsize(os.path.join(scene.mothball.cache, "v2", "cache.db")) > 0
        scene.search(*runs)
        if way == "keyring":
            assert scene.keyring.asked()
            assert any("subprocess.Popen" in line for line in scene.mothball.started())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_no_answer_of_an_index_brings_a_secret_to_light(outcome: str, scene: Scene) -> None:
    with ScriptedIndex() as index:
        # An index that knows the login can say it to our face.
        held = f"{USER}:{quote(SECRETS['config'], safe='')}"
        echo = f"use {index.url.replace('://', f'://{held}@')}"
        replies = [
            reply._replace(body=reply.body.replace(b"{echo}", echo.encode()), headers=reply.headers)
            for reply in OUTCOMES[outcome]
        ]
        index.script(NAME, *replies)
        environment = scene.configure("config", index.url)
        runs = [scene.mothball.run("check", "--format", form, environment=environment) for form in ("text", "json")]
        assert any("authorization" in request.headers for request in index.received)
    for run in runs:
        assert_unseen("what was printed", f"{run.out}{run.err}".encode())
    if outcome != "echoed":  # what an index says is kept as it says it, and cleaned where it is shown
        scene.search(*runs)


def test_neither_an_unreachable_index_nor_a_proxy_brings_a_secret_to_light(scene: Scene) -> None:
    with refusing_url() as url:
        environment = scene.configure("config", url)
        runs = [scene.mothball.run("check", environment=environment)]
        proxy = url.replace("://", f"://{USER}:{quote(SECRETS['proxy'], safe='')}@").removesuffix("simple/")
        for name in ("http://index.example/simple/", "https://index.example/simple/"):
            environment = scene.configure("config", name) | {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}
            runs.append(scene.mothball.run("check", environment=environment))
    assert "refused the connection" in runs[0].out
    assert all("cannot connect to the proxy for index.example" in run.out for run in runs[1:])
    scene.search(*runs)


def test_a_configuration_that_cannot_be_used_is_told_without_the_secret_in_it(scene: Scene) -> None:
    secret = SECRETS["config"]
    runs = []
    for line in (
        f'index-url = "https://{USER}:{secret}@index.example/"',
        f'index-url = "https://{USER}:{quote(secret, safe="")}@index.example/?a=b"',
        f'index-url = "ftp://{USER}:{quote(secret, safe="")}@index.example/"',
        f'indexes = {{ closed = "https://{USER}:{secret}@index.example/" }}',
        f'trusted-hosts = "https://{USER}:{quote(secret, safe="")}@index.example/"',
        f'client-cert = "https://{USER}:{quote(secret, safe="")}@index.example/"',
        f'timeout = "https://{USER}:{quote(secret, safe="")}@index.example/"',
    ):
        scene.mothball.configure(line)
        runs.append(scene.mothball.run("check"))
    assert {run.code for run in runs} == {2}
    scene.search(*runs)


def test_a_traceback_shows_no_secret(scene: Scene) -> None:
    with ScriptedIndex({NAME: PAGE}) as index:
        environment = scene.configure("config", index.url)
        # A bug of ours, at the place that knows the most: where the request with its headers is sent.
        breaking = (
            "import sys\n"
            "from mothball.index import transport\n"
            "transport._Adapter.send = lambda self, request, **more: {}[request.url]\n"
            "from mothball.cli.parser import main\n"
            "sys.exit(main(['check']))\n"
        )
        for debug in ("", "1"):
            done = subprocess.run(
                [sys.executable, "-c", breaking],
                cwd=scene.mothball.project,
                env={**scene.mothball.environment, **environment, "MOTHBALL_DEBUG": debug},
                capture_output=True,
                check=False,
            )
            assert done.returncode == (1 if debug else 2)
            assert b"KeyError" in done.stderr
            assert (b"Traceback" in done.stderr) == bool(debug)
            assert_unseen("the traceback", done.stdout + done.stderr)


def test_the_search_finds_what_is_there() -> None:
    for way, secret in SECRETS.items():
        for form in forms(secret):
            with pytest.raises(AssertionError, match=way):
                assert_unseen("a test", b"..." + form + b"...")
