"""Certificates, proxies, trusted hosts, timeouts and retries of pip and uv, with real servers and a real proxy."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority, demanding_context
from tests.support.forward_proxy import ForwardProxy, running_proxy
from tests.support.installed import Mothball, Run
from tests.support.loopback import Certificate
from tests.support.scripted_index import Fault, Reply, ScriptedIndex, json_page

PAGE = json_page("old-lib", "archived")
ARCHIVED = ("stated", "archived")
UNTRUSTED = ("unavailable", "tls")
UNREACHABLE = ("unavailable", "unreachable")
PROXY_LOGIN = "porter:pr0xy-p4ss"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(str(tmp_path_factory.mktemp("authority")))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.certify("127.0.0.1", "index.example")


@pytest.fixture
def index(certificate: Certificate) -> Iterator[ScriptedIndex]:
    """Run an index with a certificate of an authority that the system does not know."""
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForwardProxy]:
    with running_proxy(tmp_path_factory.mktemp("proxy"), PROXY_LOGIN) as running:
        yield running


def configure(mothball: Mothball, installer: str, *lines: str) -> dict[str, str]:
    """Write the user's configuration file of pip or uv; return the variables that make mothball read it.

    pip also reads the file of the machine, which may set `cert`.
    """
    name, variable = {"pip": ("pip.conf", "PIP_CONFIG_FILE"), "uv": ("uv.toml", "UV_CONFIG_FILE")}[installer]
    return {variable: mothball.at_home(name, "".join(f"{line}\n" for line in lines))}


def check(mothball: Mothball, environment: dict[str, str]) -> Run:
    return mothball.check("--no-cache", environment=environment)


# --- certificate authorities ---


@pytest.mark.parametrize("setting", ["PIP_CERT", "global", "install", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_ca_bundle_of_each_setting_is_used(
    setting: str, authority: Authority, index: ScriptedIndex, mothball: Mothball
) -> None:
    mothball.require(index.url, "old-lib")
    assert check(mothball, {}).said("old-lib") == UNTRUSTED
    if setting in ("global", "install"):
        environment = configure(mothball, "pip", f"[{setting}]", f"cert = {authority.path}")
    else:
        environment = {setting: authority.path}
    assert check(mothball, environment).said("old-lib") == ARCHIVED


def test_each_directory_of_ssl_cert_dir_is_used(
    authority: Authority, index: ScriptedIndex, mothball: Mothball, tmp_path: Path
) -> None:
    digest = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", authority.path], check=True, capture_output=True, text=True
    )
    (tmp_path / "authorities").mkdir()
    (tmp_path / "authorities" / f"{digest.stdout.strip()}.0").write_bytes(Path(authority.path).read_bytes())
    (tmp_path / "empty").mkdir()
    directories = os.pathsep.join(map(str, (tmp_path / "empty", tmp_path / "authorities")))
    mothball.require(index.url, "old-lib")
    assert check(mothball, {"SSL_CERT_DIR": directories}).said("old-lib") == ARCHIVED
    assert check(mothball, {"SSL_CERT_DIR": str(tmp_path / "empty")}).said("old-lib") == UNTRUSTED


def test_unusable_ca_bundle_is_an_error_that_names_the_setting(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, "old-lib")
    environment = configure(mothball, "pip", "[global]", "cert = /nowhere/ca.pem")
    run = check(mothball, environment)
    assert run.code == 2
    assert f"/nowhere/ca.pem, set by `cert` in {environment['PIP_CONFIG_FILE']}:2" in run.err


def test_certificates_of_repository_files_are_not_used(
    authority: Authority, index: ScriptedIndex, mothball: Mothball
) -> None:
    mothball.require(index.url, "old-lib")
    os.mkdir(os.path.join(mothball.project, ".git"))
    os.mkdir(os.path.join(mothball.project, "venv"))
    mothball.write("venv/pip.conf", "[global]", f"cert = {authority.path}", "trusted-host = 127.0.0.1")
    mothball.write("uv.toml", "native-tls = true", 'allow-insecure-host = ["127.0.0.1"]')
    in_repository = {
        "VIRTUAL_ENV": os.path.join(mothball.project, "venv"),
        "PIP_CONFIG_FILE": "",
        "UV_CONFIG_FILE": "uv.toml",
    }
    assert check(mothball, in_repository).said("old-lib") == UNTRUSTED
    mothball.write("ca.pem", Path(authority.path).read_text("ascii"))
    assert check(mothball, {"PIP_CERT": "ca.pem"}).said("old-lib") == UNTRUSTED


def test_settings_of_pip_do_not_apply_to_indexes_that_only_uv_names(
    authority: Authority, index: ScriptedIndex, mothball: Mothball
) -> None:
    mothball.require(index.url, "old-lib")
    environment = {"PIP_CERT": authority.path, "UV_INDEX": index.url}
    assert check(mothball, environment).said("old-lib") == UNTRUSTED
    assert check(mothball, environment | {"PIP_EXTRA_INDEX_URL": index.url}).said("old-lib") == ARCHIVED


@pytest.mark.parametrize("variable", ["UV_NATIVE_TLS", "UV_SYSTEM_CERTS"])
def test_uv_with_system_certificates_ignores_the_bundle_of_requests(
    variable: str, authority: Authority, index: ScriptedIndex, mothball: Mothball
) -> None:
    mothball.require(index.url, "old-lib")
    environment = {"REQUESTS_CA_BUNDLE": authority.path, "UV_INDEX": index.url}
    assert check(mothball, environment).said("old-lib") == ARCHIVED
    assert check(mothball, environment | {variable: "1"}).said("old-lib") == UNTRUSTED
    in_file = configure(mothball, "uv", f"{variable.removeprefix('UV_').lower().replace('_', '-')} = true")
    assert check(mothball, environment | in_file).said("old-lib") == UNTRUSTED
    assert check(mothball, environment | {variable: "0"}).said("old-lib") == ARCHIVED


# --- client certificates ---


@pytest.mark.parametrize("setting", ["PIP_CLIENT_CERT", "pip.conf", "SSL_CLIENT_CERT", "client-cert"])
def test_client_certificate_goes_to_indexes_that_the_user_names(
    setting: str, authority: Authority, certificate: Certificate, mothball: Mothball
) -> None:
    shown: list[object] = []
    context = demanding_context(certificate, authority.path, required=False)
    pem = authority.certify_client("example-user")
    environment = {"SSL_CERT_FILE": authority.path}
    match setting:
        case "pip.conf":
            environment |= configure(mothball, "pip", "[global]", f"client-cert = {pem}", f"cert = {authority.path}")
        case "client-cert":
            mothball.configure(f'client-cert = "{pem}"')
        case _:
            environment[setting] = pem
    named = "UV_INDEX" if setting == "SSL_CLIENT_CERT" else "PIP_EXTRA_INDEX_URL"
    with ScriptedIndex({"old-lib": PAGE}, certificate=certificate, context=context, on_peer=shown.append) as index:
        mothball.require(index.url, "old-lib")
        assert check(mothball, environment).said("old-lib") == ARCHIVED
        assert shown == [None]  # only the repository names the index
        assert check(mothball, environment | {named: index.url}).said("old-lib") == ARCHIVED
        assert "example-user" in str(shown[1])


# --- proxies ---


@pytest.mark.parametrize("setting", ["PIP_PROXY", "pip.conf", "HTTPS_PROXY", "uv.toml"])
def test_proxy_with_password_of_each_setting_is_used(
    setting: str, authority: Authority, index: ScriptedIndex, mothball: Mothball, proxy: ForwardProxy
) -> None:
    mothball.require(f"https://index.example:{index.port}/simple/", "old-lib")
    trusted = {"SSL_CERT_FILE": authority.path}

    def with_proxy(url: str) -> dict[str, str]:
        match setting:
            case "pip.conf":
                return trusted | configure(mothball, "pip", "[global]", f"proxy = {url}", f"cert = {authority.path}")
            case "uv.toml":
                return trusted | configure(mothball, "uv", f'https-proxy = "{url}"')
            case _:
                return trusted | {setting: url}

    assert check(mothball, trusted).said("old-lib") == UNREACHABLE
    assert check(mothball, with_proxy(proxy.url(PROXY_LOGIN))).said("old-lib") == ARCHIVED
    rejected = check(mothball, with_proxy(proxy.url("porter:wr0ng")))
    assert rejected.said("old-lib") == ("unavailable", "proxy")
    assert "407 Proxy Authentication Required" in rejected.out
    assert "wr0ng" not in rejected.out + rejected.err
    assert all("proxy-authorization" not in request.headers for request in index.received)


def test_no_proxy_of_uv_toml_and_of_the_environment_bypass_its_proxy(
    authority: Authority, index: ScriptedIndex, mothball: Mothball, proxy: ForwardProxy
) -> None:
    mothball.require(f"https://index.example:{index.port}/simple/", "old-lib")
    line = f'https-proxy = "{proxy.url(PROXY_LOGIN)}"'
    trusted = {"SSL_CERT_FILE": authority.path}
    bypassing = configure(mothball, "uv", line, 'no-proxy = ["other.example", "index.example"]')
    assert check(mothball, trusted | bypassing).said("old-lib") == UNREACHABLE
    not_bypassing = configure(mothball, "uv", line, 'no-proxy = ["other.example"]')
    assert check(mothball, trusted | not_bypassing).said("old-lib") == ARCHIVED
    assert check(mothball, trusted | not_bypassing | {"NO_PROXY": "index.example"}).said("old-lib") == UNREACHABLE


def test_https_proxy_is_verified(
    authority: Authority, certificate: Certificate, index: ScriptedIndex, mothball: Mothball, tmp_path: Path
) -> None:
    mothball.require(f"https://index.example:{index.port}/simple/", "old-lib")
    with running_proxy(tmp_path, PROXY_LOGIN, certificate) as encrypted:
        environment = {"PIP_PROXY": encrypted.url(PROXY_LOGIN)}
        assert check(mothball, environment | {"PIP_CERT": authority.path}).said("old-lib") == ARCHIVED
        assert check(mothball, environment).said("old-lib")[0] == "unavailable"
    assert index.count() == 1


# --- trusted and insecure hosts ---


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PIP_TRUSTED_HOST", "other.example index.example"),
        ("pip.conf", "index.example:{port}"),
        ("UV_INSECURE_HOST", "index.example"),
        ("UV_INSECURE_HOST", "http://index.example:{port}"),
        ("uv.toml", "index.example"),
    ],
)
def test_trusted_host_may_be_queried_over_plain_http(
    setting: str, value: str, mothball: Mothball, proxy: ForwardProxy
) -> None:
    with ScriptedIndex({"old-lib": PAGE}) as plain:
        mothball.require(f"http://index.example:{plain.port}/simple/", "old-lib")
        environment = {"HTTP_PROXY": proxy.url(PROXY_LOGIN)}
        assert check(mothball, environment).said("old-lib") == ("unavailable", "refused-url")
        assert plain.count() == 0
        value = value.format(port=plain.port)
        match setting:
            case "pip.conf":
                environment |= configure(mothball, "pip", "[global]", f"trusted-host = {value}")
            case "uv.toml":
                environment |= configure(mothball, "uv", f'allow-insecure-host = ["{value}"]')
            case _:
                environment[setting] = value
        assert check(mothball, environment).said("old-lib") == ARCHIVED


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PIP_TRUSTED_HOST", "index.example:1"),
        ("UV_INSECURE_HOST", "https://index.example"),
        ("PIP_TRUSTED_HOST", "*"),
    ],
)
def test_other_port_scheme_or_wildcard_trusts_no_host(
    variable: str, value: str, mothball: Mothball, proxy: ForwardProxy
) -> None:
    with ScriptedIndex({"old-lib": PAGE}) as plain:
        mothball.require(f"http://index.example:{plain.port}/simple/", "old-lib")
        environment = {"HTTP_PROXY": proxy.url(PROXY_LOGIN), variable: value}
        assert check(mothball, environment).said("old-lib") == ("unavailable", "refused-url")
        assert plain.count() == 0


@pytest.mark.parametrize("variable", ["PIP_TRUSTED_HOST", "UV_INSECURE_HOST"])
def test_trusted_hosts_of_installers_do_not_switch_off_verification(
    variable: str, index: ScriptedIndex, mothball: Mothball
) -> None:
    mothball.require(index.url, "old-lib")
    assert check(mothball, {variable: "127.0.0.1"}).said("old-lib") == UNTRUSTED


def test_insecure_host_gets_no_credentials_and_its_results_are_marked_and_not_cached(
    index: ScriptedIndex, mothball: Mothball
) -> None:
    url = index.url.replace("://", "://reader:s3cret@")
    mothball.configure(f'insecure-hosts = ["127.0.0.1:{index.port}"]', f'indexes = {{ legacy = "{url}" }}')
    mothball.at_home(".netrc", "machine 127.0.0.1 login reader password s3cret\n")
    mothball.require(index.url, "old-lib")
    runs = [mothball.check(), mothball.check()]
    for run in runs:
        assert run.said("old-lib") == ARCHIVED
        assert run.lookup("old-lib")["authenticated"] is False
        assert run.lookup("old-lib")["source"] == "index"
        [problem] = run.report["problems"]
        assert "not authenticated" in problem["message"]
        assert os.path.join(mothball.home, "config", "mothball", "config.toml") in problem["help"]
    assert index.count("old-lib") == 2
    assert all("authorization" not in request.headers for request in index.received)
    assert "1 result is not authenticated" in mothball.run("check").out
    assert mothball.run("snapshot").code == 3


def test_insecure_host_with_another_port_is_verified(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.configure(f'insecure-hosts = ["127.0.0.1:{index.port ^ 1}"]')
    mothball.require(index.url, "old-lib")
    assert check(mothball, {}).said("old-lib") == UNTRUSTED


def test_project_cannot_name_insecure_hosts(index: ScriptedIndex, mothball: Mothball) -> None:
    mothball.require(index.url, "old-lib", options=['insecure-hosts = ["127.0.0.1"]'])
    run = check(mothball, {})
    assert run.code == 2
    assert index.count() == 0
    [problem] = run.report["problems"]
    assert "`insecure-hosts` is only allowed in the user configuration" in problem["message"]


# --- retries and timeouts ---


def test_retries_of_pip_are_used(mothball: Mothball) -> None:
    with ScriptedIndex({"old-lib": Reply(fault=Fault.RESET)}) as failing:
        mothball.require(failing.url, "old-lib")
        assert check(mothball, {"PIP_RETRIES": "0"}).said("old-lib") == UNREACHABLE
        assert failing.count() == 1
        check(mothball, configure(mothball, "pip", "[global]", "retries = 1"))
        assert failing.count() == 3
        check(mothball, {"PIP_RETRIES": "0", "UV_INDEX": failing.url})  # pip does not query it
        assert failing.count() == 6


def test_timeout_of_pip_is_used(mothball: Mothball) -> None:
    with ScriptedIndex({"old-lib": Reply(fault=Fault.SILENCE)}) as silent:
        mothball.require(silent.url, "old-lib")
        # A tenth of the default timeout: without the setting, the run would exceed the limit of the test.
        assert check(mothball, {"PIP_TIMEOUT": "1", "PIP_RETRIES": "0"}).said("old-lib") == ("unavailable", "timeout")


@pytest.mark.parametrize(("variable", "value"), [("PIP_TIMEOUT", "soon"), ("PIP_RETRIES", "nan")])
def test_number_that_pip_rejects_is_an_error(variable: str, value: str, mothball: Mothball) -> None:
    mothball.write("requirements.txt", "old-lib")
    run = check(mothball, {variable: value})
    assert run.code == 2
    assert f"{variable} must be a number" in run.err
