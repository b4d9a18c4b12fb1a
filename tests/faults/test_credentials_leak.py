"""Secrets are only sent to their index: output and files of runs are searched for them.

Each source of credentials has its own secret, which is searched for in plain text, quoted for a URL, and in base64.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from mothball.cli.parser import _REPORT_FORMATS
from tests.support.certificates import Authority, demanding_context
from tests.support.forward_proxy import ForwardProxy, running_proxy
from tests.support.installed import Mothball, Run
from tests.support.keyrings import TestKeyring
from tests.support.loopback import refusing_url
from tests.support.scripted_index import Fault, Reply, ScriptedIndex, json_page, redirect

NAME = "old-lib"
PAGE = json_page(NAME, "archived")._replace(etag='"v1"')
# With a slash, so that the quoted form differs.
SECRETS = {
    source: f"s3cr3t/of-{source}-x9q" for source in ("config", "environment", "netrc", "keyring", "proxy", "repository")
}
USER = "example-user"

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
    """Return the encodings of a secret: plain, quoted, base64."""
    pair = f"{USER}:{secret}".encode()
    return [secret.encode(), quote(secret, safe="").encode(), base64.b64encode(pair), base64.b64encode(secret.encode())]


def assert_unseen(what: str, content: bytes) -> None:
    for source, secret in SECRETS.items():
        for form in forms(secret):
            assert form not in content, f"the secret of the {source} is in {what}"


class CredentialScenario(NamedTuple):
    """A user and a repository with a secret in every source of credentials."""

    mothball: Mothball
    keyring: TestKeyring
    directory: Path

    def configure(self, source: str, index: str) -> dict[str, str]:
        """Configure the login for ``index`` in ``source``; return the environment of a run."""
        with_login = index.replace("://", f"://{USER}:{quote(SECRETS[source], safe='')}@")
        url = with_login if source == "config" else index
        self.mothball.configure(f'indexes = {{ closed = "{url}" }}', 'trusted-hosts = ["index.example"]')
        self.mothball.at_home(".netrc", f"machine 127.0.0.1 login {USER} password {SECRETS[source]}\n")
        if source != "netrc":
            os.remove(os.path.join(self.mothball.home, ".netrc"))
        theirs = index.replace("://", f"://{USER}:{quote(SECRETS['repository'], safe='')}@")
        self.mothball.write("requirements.txt", f"--index-url {theirs}", NAME, "second-lib", "third-lib[")
        # Do not inherit the environment of the test run.
        guard = os.path.join(os.path.dirname(__file__), "..", "support", "guard")
        environment = {"PYTHONPATH": os.path.abspath(guard)}
        if source == "environment":
            environment |= {"UV_INDEX_CLOSED_USERNAME": USER, "UV_INDEX_CLOSED_PASSWORD": SECRETS[source]}
        if source == "keyring":
            environment |= self.keyring.environment
        return environment

    def search(self, *runs: Run) -> None:
        """Search the output of ``runs`` and all files for every secret."""
        for run in runs:
            assert_unseen("what was printed", f"{run.out}{run.err}".encode())
        left = [path for path in self.directory.rglob("*") if path.is_file()]
        # The files that contain the secrets.
        files_with_secrets = ("config.toml", ".netrc", "requirements.txt", "entries.json", "pip.conf", "uv.toml")
        for path in left:
            if path.name not in files_with_secrets:
                assert_unseen(str(path), path.read_bytes())
        assert_unseen("the arguments of processes", "\n".join(self.mothball.started()).encode())
        assert_unseen("the arguments of processes", "\n".join(self.keyring.arguments()).encode())


@pytest.fixture
def scenario(mothball: Mothball, tmp_path: Path) -> CredentialScenario:
    return CredentialScenario(mothball, TestKeyring(tmp_path / "keyring", {}), tmp_path)


def command_lines() -> list[tuple[str, ...]]:
    """Return every command that queries an index or shows settings, with every output format."""
    return [
        *(("check", "--strict", "--format", form) for form in _REPORT_FORMATS),
        ("check", "--list-files"),
        ("status", NAME),
        ("status", NAME, "--format", "json"),
        ("config", "show"),
        ("config", "show", "--format", "json"),
        ("explain", NAME),
        ("explain", NAME, "--format", "json"),
        ("snapshot",),
        ("snapshot", "-o", "statuses.json"),
        ("cache", "info"),
    ]


@pytest.mark.parametrize("source", ["config", "environment", "netrc", "keyring"])
def test_no_command_or_output_format_shows_a_secret(source: str, scenario: CredentialScenario) -> None:
    login = (USER, SECRETS[source])
    with ScriptedIndex({NAME: PAGE, "second-lib": Reply(500)}, login=login) as index:
        if source == "keyring":
            entries = {index.url: {USER: SECRETS[source]}}
            (scenario.directory / "keyring" / "entries.json").write_text(json.dumps(entries))
        environment = scenario.configure(source, index.url)
        runs = [scenario.mothball.run(*line, environment=environment) for line in command_lines()]
        # The secret was used.
        assert "old-lib is archived" in runs[0].out
        assert any("authorization" in request.headers for request in index.received)
        assert os.path.getsize(os.path.join(scenario.mothball.cache, "v2", "cache.db")) > 0
        scenario.search(*runs)
        if source == "keyring":
            assert scenario.keyring.asked()
            assert any("subprocess.Popen" in line for line in scenario.mothball.started())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_no_response_of_an_index_reveals_a_secret(outcome: str, scenario: CredentialScenario) -> None:
    with ScriptedIndex() as index:
        # The index returns the login that it received.
        held = f"{USER}:{quote(SECRETS['config'], safe='')}"
        echo = f"use {index.url.replace('://', f'://{held}@')}"
        replies = [
            reply._replace(body=reply.body.replace(b"{echo}", echo.encode()), headers=reply.headers)
            for reply in OUTCOMES[outcome]
        ]
        index.script(NAME, *replies)
        environment = scenario.configure("config", index.url)
        runs = [scenario.mothball.run("check", "--format", form, environment=environment) for form in ("text", "json")]
        assert any("authorization" in request.headers for request in index.received)
    for run in runs:
        assert_unseen("what was printed", f"{run.out}{run.err}".encode())
    if outcome != "echoed":  # the cache stores responses unchanged, and they are sanitized on output
        scenario.search(*runs)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("config", "those of the URL in `indexes.closed` in {home}/config/mothball/config.toml:1 are sent"),
        ("environment", "those in UV_INDEX_CLOSED_… are sent"),
        ("netrc", "those for 127.0.0.1 in {home}/.netrc are sent"),
        ("keyring", "those in keyring are sent"),
        ("unbound", "UV_INDEX_OTHER_PASSWORD is not used, because no setting of the user gives the URL of that index"),
    ],
)
def test_message_of_a_refused_lookup_has_the_facts_of_explain_and_no_secret(
    source: str, sent: str, status: int, scenario: CredentialScenario
) -> None:
    # A 401 for wrong credentials; a 403 for any, from the keyring after a 401.
    accepted = {401: (USER, "another"), 403: (USER, SECRETS["keyring"]) if source == "keyring" else None}
    with ScriptedIndex({NAME: Reply(status, b"no", "text/plain")}, login=accepted[status]) as index:
        scenario.keyring.hold({index.url: {USER: SECRETS["keyring"]}} if source == "keyring" else {})
        environment = scenario.configure(source if source in SECRETS else "netrc", index.url)
        environment |= scenario.keyring.environment
        if source == "unbound":
            os.remove(os.path.join(scenario.mothball.home, ".netrc"))
            environment["UV_INDEX_OTHER_PASSWORD"] = SECRETS["environment"]
        runs = [
            scenario.mothball.run(command, *arguments, "--format", form, environment=environment)
            for command, arguments in (("check", ()), ("explain", (NAME,)))
            for form in ("json", "text")
        ]
    [message] = [found["message"] for found in runs[0].report["findings"] if found["name"] == NAME]
    assert f"returned {status} " in message
    assert sent.format(home=scenario.mothball.home) in message
    if source != "keyring":  # which is not queried by `explain`
        [entry] = runs[2].report["entries"]
        notes = [one["note"] for one in entry["indexes"][0]["credentials"] if one["source"] != "keyring"]
        assert notes
        assert all(note in message for note in notes)
    scenario.search(*runs)


def test_unreachable_index_or_proxy_reveals_no_secret(scenario: CredentialScenario) -> None:
    with refusing_url() as url:
        environment = scenario.configure("config", url)
        runs = [scenario.mothball.run("check", environment=environment)]
        proxy = url.replace("://", f"://{USER}:{quote(SECRETS['proxy'], safe='')}@").removesuffix("simple/")
        for name in ("http://index.example/simple/", "https://index.example/simple/"):
            environment = scenario.configure("config", name) | {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}
            runs.append(scenario.mothball.run("check", environment=environment))
    assert "refused the connection" in runs[0].out
    assert all("cannot connect to the proxy for index.example" in run.out for run in runs[1:])
    scenario.search(*runs)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(str(tmp_path_factory.mktemp("authority")))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForwardProxy]:
    with running_proxy(tmp_path_factory.mktemp("proxy"), f"{USER}:{SECRETS['proxy']}") as running:
        yield running


@pytest.mark.parametrize("installer", ["pip", "uv"])
@pytest.mark.parametrize("outcome", ["answered", "forbidden", "redirected"])
def test_key_of_client_certificate_and_proxy_password_are_not_shown(
    installer: str, outcome: str, authority: Authority, proxy: ForwardProxy, scenario: CredentialScenario
) -> None:
    pem = authority.certify_client(USER)
    key = [line for line in Path(pem).read_bytes().splitlines() if len(line) > 40]
    proxy_url = proxy.url(f"{USER}:{quote(SECRETS['proxy'], safe='')}")
    shown: list[object] = []
    certificate = authority.certify("index.example")
    context = demanding_context(certificate, authority.path)
    with ScriptedIndex(certificate=certificate, context=context, on_peer=shown.append) as index:
        index.script(NAME, *OUTCOMES[outcome])
        url = f"https://index.example:{index.port}/simple/"
        environment = scenario.configure("config", url)
        if installer == "pip":
            lines = ["[global]", f"proxy = {proxy_url}", f"client-cert = {pem}", f"cert = {authority.path}"]
            lines.append(f"index-url = {url}")
            name, variable = "pip.conf", "PIP_CONFIG_FILE"
        else:
            lines = [f'https-proxy = "{proxy_url}"', f'index-url = "{url}"']
            name, variable = "uv.toml", "UV_CONFIG_FILE"
            environment |= {"SSL_CLIENT_CERT": pem, "SSL_CERT_FILE": authority.path, "UV_NO_CONFIG": ""}
        environment[variable] = scenario.mothball.at_home(name, "".join(f"{line}\n" for line in lines))
        runs = [scenario.mothball.run(*line, environment=environment) for line in command_lines()]
        # The certificate and the password were used.
        assert USER in str(shown[0])
        assert index.count(NAME)
        assert all("proxy-authorization" not in request.headers for request in index.received)
    scenario.search(*runs)
    output = "".join(f"{run.out}{run.err}" for run in runs).encode()
    for path in (path for path in scenario.directory.rglob("*") if path.is_file()):
        output += path.read_bytes()
    assert not any(line in output for line in key[:-1])


def test_unusable_certificate_or_proxy_is_reported_without_secrets(
    authority: Authority, scenario: CredentialScenario
) -> None:
    pem = Path(authority.certify_client(USER))
    secret = quote(SECRETS["proxy"], safe="")
    broken = scenario.directory / "client.pem"
    broken.write_bytes(pem.read_bytes().replace(b"PRIVATE KEY", b"PRIVATE"))
    environment = scenario.configure("config", "https://index.example/simple/")
    runs = []
    for variable, value in (
        ("PIP_CLIENT_CERT", str(broken)),
        ("PIP_CERT", str(broken)),
        ("PIP_PROXY", f"{USER}:{secret}@127.0.0.1:1"),
        ("PIP_PROXY", f"nowhere://{USER}:{secret}@127.0.0.1:1"),
        ("PIP_PROXY", f"http://{USER}:{SECRETS['proxy']}@127.0.0.1:1"),
        ("HTTPS_PROXY", f"http://{USER}:{SECRETS['proxy']}@127.0.0.1:1"),
        ("ALL_PROXY", f"socks5://{USER}:{secret}@127.0.0.1:1"),
        ("https_proxy", f"{USER}:{secret}@"),
        ("PIP_TIMEOUT", f"https://{USER}:{secret}@index.example/"),
        ("PIP_TRUSTED_HOST", f"https://{USER}:{secret}@index.example/"),
        ("UV_INSECURE_HOST", f"https://{USER}:{secret}@index.example/"),
    ):
        changed = environment | {variable: value}
        lines = (("check",), ("status", NAME), ("config", "show"), ("explain", NAME, "--format", "json"))
        runs += [scenario.mothball.run(*line, environment=changed) for line in lines]
    assert {run.code for run in runs[:2]} == {2}
    broken.unlink()
    scenario.search(*runs)
    keys = [line for line in pem.read_text("ascii").splitlines() if len(line) > 40][:2]
    assert not any(key in run.out + run.err for run in runs for key in keys)


def test_invalid_configuration_is_reported_without_secrets(scenario: CredentialScenario) -> None:
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
        scenario.mothball.configure(line)
        runs.append(scenario.mothball.run("check"))
    assert {run.code for run in runs} == {2}
    scenario.search(*runs)


def test_traceback_shows_no_secret(scenario: CredentialScenario) -> None:
    with ScriptedIndex({NAME: PAGE}) as index:
        environment = scenario.configure("config", index.url)
        # A bug where the request with its headers is sent.
        breaking = (
            "import sys\n"
            "from mothball.index import transport\n"
            "transport._Adapter.send = lambda self, request, **more: {}[request.url]\n"
            "from mothball.cli.start import main\n"
            "sys.exit(main(['check']))\n"
        )
        for debug in ("", "1"):
            done = subprocess.run(
                [sys.executable, "-c", breaking],
                cwd=scenario.mothball.project,
                env={**scenario.mothball.environment, **environment, "MOTHBALL_DEBUG": debug},
                capture_output=True,
                check=False,
            )
            assert done.returncode == (1 if debug else 2)
            assert b"KeyError" in done.stderr
            assert (b"Traceback" in done.stderr) == bool(debug)
            assert_unseen("the traceback", done.stdout + done.stderr)


def test_search_finds_secrets() -> None:
    for source, secret in SECRETS.items():
        for form in forms(secret):
            with pytest.raises(AssertionError, match=source):
                assert_unseen("a test", b"..." + form + b"...")
