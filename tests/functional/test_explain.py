"""The command ``mothball explain NAME``, which sends no requests."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest

from mothball.check.messages import SKIP_REASON_TEXT
from mothball.config.project import DEFAULT_INDEX
from mothball.index.resolver import LookupSession
from mothball.model.document import SkipReason
from tests.support.project import Project
from tests.tables.json_fields import verify

HOLDS_VARIABLE = SKIP_REASON_TEXT[SkipReason.INDEX_VARIABLE]
A, B = "https://a.example/simple/", "https://b.example/simple/"


@pytest.fixture(autouse=True)
def _no_lookups() -> object:
    with mock.patch.object(LookupSession, "look_up", side_effect=AssertionError("unexpected lookup")) as look_up:
        yield look_up


def explanation(project: Project, *arguments: str, **options: object) -> list[str]:
    """Return the lines about indexes, without those about the connections to them."""
    return [line for line in whole_explanation(project, *arguments, **options) if not line.startswith("     ")]


def whole_explanation(project: Project, *arguments: str, **options: object) -> list[str]:
    """Return the lines of the text; the JSON must match the documentation."""
    result = project.run("explain", *arguments, **options)
    assert result.code == 0, result.err
    explained_json(project, *arguments, **options)
    return result.out.splitlines()


def explained_json(project: Project, *arguments: str, **options: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(project.run("explain", *arguments, "--format", "json", **options).out)
    verify(document, "explanation")
    return document


def connection(project: Project, *arguments: str, **options: object) -> list[str]:
    """Return the lines about the connection to the index of `lib`."""
    return [line.strip() for line in whole_explanation(project, "lib", *arguments, **options) if line.startswith("   ")]


def credentials(project: Project, *arguments: str, **options: object) -> str:
    """Return the line about the credentials for the index of `lib`."""
    [line] = [line for line in connection(project, *arguments, **options) if line.startswith("credentials: ")]
    return line.removeprefix("credentials: ")


def test_indexes_are_listed_in_order_with_their_locations(project: Project) -> None:
    project.write("requirements.txt", f"# ours\n-i {A}\n-r base.txt\n")
    project.write("base.txt", f"--extra-index-url {B}\n\nAcme.Web==1\n")

    assert explanation(project, "acme_web", "requirements.txt") == [
        "acme-web: base.txt:3",
        f"  1. {B}  `--extra-index-url` in base.txt:1",
        f"  2. {A}  `--index-url` in requirements.txt:2",
    ]


def test_user_variables_and_files_are_named(project: Project) -> None:
    project.write("requirements.txt", "acme-web\n")
    config = project.home / "pip.conf"
    config.write_text(f"[global]\nindex-url = https://user:secret@a.example/simple\nextra-index-url = {B}\n")
    environment = {"PIP_CONFIG_FILE": str(config), "UV_INDEX": "acme=https://u:pw@uv.example/simple"}

    assert explanation(project, "acme-web", env=environment) == [
        "acme-web: requirements.txt:1",
        "  1. https://uv.example/simple/  UV_INDEX",
        f"  2. {B}  `extra-index-url` in {config}:3",
        f"  3. {A}  `index-url` in {config}:2",
        f"  not queried: {DEFAULT_INDEX}  built-in default: `index-url` in {config}:2 takes precedence",
    ]


def test_name_in_no_file_is_explained_with_the_default_index(project: Project) -> None:
    project.write("requirements.txt", "other\n")
    project.write("mothball.toml", f'private = ["acme-*"]\nindex-url = "{A}"\nstatus-index = "{B}"\n')

    assert explanation(project, "lib") == [
        "lib: not found in any file; with the default indexes:",
        f"  1. {A}  `index-url` in mothball.toml:2",
        f"  if these state no status: {B}  `status-index`",
    ]
    assert explanation(project, "acme-x")[1:] == [f"  1. {A}  `index-url` in mothball.toml:2"]
    assert explanation(project, "lib", "--index-url", B)[1] == f"  1. {B}  --index-url"


def test_reason_for_not_looking_up_a_name_is_shown(project: Project) -> None:
    project.write("mothball.toml", 'private = ["acme-*"]\n')
    project.write(
        "pyproject.toml",
        "[project]\ndependencies = [\n'acme-web',\n'lib @ https://x.example/lib.whl',\n]\n"
        "[[tool.uv.index]]\nexplicit = true\n"
        f"url = '{A}'\nname = 'a'\n",
    )
    assert explanation(project, "acme-web") == [
        "acme-web: pyproject.toml:3",
        "  not looked up: private name: the name is private and only public indexes are set",
        f"  not queried: {A}  [[tool.uv.index]] a in pyproject.toml:8: queried only for packages pinned to it",
        f"  not queried: {DEFAULT_INDEX}  built-in default: the name is private",
    ]
    assert explanation(project, "lib") == ["lib: pyproject.toml:4", "  not looked up: direct URL"]
    project.write("requirements.txt", "-i https://${HOST}/simple/\nlib\n")
    assert explanation(project, "lib", "requirements.txt") == [
        "lib: requirements.txt:2",
        f"  not looked up: {HOLDS_VARIABLE}: `--index-url` in requirements.txt:1 contains a variable",
        f"  not queried: {A}  [[tool.uv.index]] a in pyproject.toml:8: queried only for packages pinned to it",
        "  not queried: https://${HOST}/simple/  `--index-url` in requirements.txt:1: no index is queried for the name",
    ]


def test_pinned_index_is_shown_with_its_declaration(project: Project) -> None:
    project.write(
        "pyproject.toml",
        f"[project]\ndependencies = ['lib']\n[[tool.uv.index]]\nname = 'a'\nurl = '{A}'\n"
        "[tool.uv.sources]\nlib = {index = 'a'}\n",
    )
    project.write("uv.lock", f"version = 1\n[[package]]\nname = 'lib'\nversion = '1'\nsource = {{registry = '{A}'}}\n")

    assert explanation(project, "lib") == [
        "lib: pyproject.toml:2",
        f"  1. {A}  pinned by the entry, a in pyproject.toml:5",
        "lib: uv.lock:3",
        f"  1. {A}  pinned by the entry",
    ]


def test_entries_with_the_same_route_are_explained_together(project: Project) -> None:
    project.write("requirements.txt", "lib\n" * 7)

    assert explanation(project, "lib")[0].endswith("requirements.txt:5 and 2 more")


def test_requirement_is_accepted_in_place_of_a_name(project: Project) -> None:
    project.write("requirements.txt", "lib\n")

    assert explanation(project, "Lib[extra]>=3; python_version > '3'") == explanation(project, "lib")


def test_text_that_is_no_requirement_is_rejected(project: Project) -> None:
    result = project.run("explain", "l ib")
    assert result.code == 2
    assert "`l ib` is not a valid requirement" in result.err


def test_user_name_that_is_sent_without_a_password_is_reported(project: Project) -> None:
    project.write("requirements.txt", f"-i {A}\nlib\n")
    named = {"PIP_INDEX_URL": "https://t0ken@a.example/simple/", "PATH": str(project.home)}

    line = credentials(project, env=named)
    assert not line.startswith("none")
    assert "; the user name is sent without a password; " in line
    assert "t0ken" not in line


def test_index_url_that_is_invalid_is_refused(project: Project) -> None:
    project.write("requirements.txt", "-i https://a.example:99999/simple/\nlib\n")
    [entry] = explained_json(project, "lib")["entries"]
    [index] = entry["indexes"]
    assert (index["url"], index["allowed"]) == ("https://a.example:99999/simple/", False)
    assert connection(project) == ["refused: the URL is invalid"]


def test_unreadable_files_are_reported_with_the_explanation(project: Project) -> None:
    project.write("requirements.txt", b"\xff")
    project.write("mothball.toml", "nonsense = 1\n")
    result = project.run("explain", "lib")
    assert result.code == 2
    assert result.out == "lib: not found in any file, and the configuration is invalid\n"
    assert "unknown key" in result.err


def test_invalid_pip_conf_is_an_error(project: Project) -> None:
    project.write("requirements.txt", "lib\n")
    config = project.home / "pip.conf"
    config.write_text("[global\n")
    result = project.check(env={"PIP_CONFIG_FILE": str(config)})
    assert result.code == 2
    assert "pip.conf: pip configuration cannot be used: line 1: invalid INI" in result.err


def test_credentials_in_index_urls_are_not_shown(project: Project) -> None:
    project.write("requirements.txt", "-i https://user:s3cret@a.example/simple?token=s3cret\nlib\n")

    assert "s3cret" not in "".join(explanation(project, "lib", env={"UV_INDEX": "https://s3cret:s3cret@b.example/"}))


def test_syntax_error_that_prevents_a_lookup_is_reported(project: Project) -> None:
    project.write("requirements.txt", f"--indexurl {A}\nacme-web\n")
    result = project.run("explain", "acme-web")
    assert result.code == 2
    assert "requirements.txt:1 cannot be read and may name an index" in result.out
    assert result.err.startswith("requirements.txt:1:1: error[unreadable] `--indexurl` is not a valid option")


def test_directory_without_dependency_files_has_the_default_indexes(project: Project) -> None:
    result = project.run("explain", "lib")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("lib: not found in any file; with the default indexes:\n  1. ")
    (project.root / "empty").mkdir()
    assert project.run("explain", "lib", "empty").code == 2


def test_index_that_needs_consent_is_described_once(project: Project) -> None:
    project.write("requirements.txt", "-i http://127.0.0.1:9/simple/\nlib\n")
    lines = explanation(project, "lib", env={"MOTHBALL_ALLOW_LOCAL_INDEXES": ""})
    assert lines[1] == (
        "  not looked up: http://127.0.0.1:9/simple/ (`--index-url` in requirements.txt:1) is local or uses plain "
        "HTTP, and only the repository names it"
    )


def test_name_in_no_file_uses_the_indexes_of_the_project(project: Project) -> None:
    project.write(
        "pyproject.toml",
        f'[project]\nname = "x"\nversion = "1"\n\n[[tool.uv.index]]\nname = "acme"\nurl = "{A}"\ndefault = true\n',
    )
    first, candidate, *rejected = explanation(project, "acme-web")
    assert first == "acme-web: not found in any file; with the indexes of pyproject.toml:"
    assert candidate == f"  1. {A}  [[tool.uv.index]] acme in pyproject.toml:7"
    assert all(line.startswith("  not queried: ") for line in rejected)


# --- credentials and connections ---

NO_NETRC = "there is no netrc file"
KEYRING_LATER = "keyring is queried after a 401 response"


def netrc(project: Project, text: str) -> str:
    path = project.home / "netrc"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_credentials_of_each_url_setting_are_named(project: Project) -> None:
    with_login = "https://reader:s3cret@a.example/simple/"
    project.write("requirements.txt", f"-i {A}\nlib\n")
    config = project.home / "pip.conf"
    config.write_text(f"[global]\nindex-url = {with_login}\n")

    assert credentials(project, env={"UV_INDEX": with_login}) == "those of the URL in UV_INDEX are sent"
    assert credentials(project, env={"PIP_CONFIG_FILE": str(config)}) == (
        f"those of the URL in `index-url` in {config}:2 are sent"
    )
    project.user_config(f'\n[indexes]\nacme = "{with_login}"\n')
    path = project.home / ".config" / "mothball" / "config.toml"
    assert credentials(project) == f"those of the URL in `indexes.acme` in {path}:3 are sent"
    variables = {"UV_INDEX_ACME_USERNAME": "reader", "UV_INDEX_ACME_PASSWORD": "other"}
    assert credentials(project, env=variables) == "those in UV_INDEX_ACME_… are sent"


def test_missing_credentials_are_explained_for_each_source(project: Project) -> None:
    project.write("requirements.txt", f"-i {A}\nlib\n")
    no_setting = "no setting of the user names an index on https://a.example"
    keyring = {"PATH": str(project.home)}

    [line] = [credentials(project, env=keyring)]
    assert line.startswith(f"none: {no_setting}; {NO_NETRC}; ")
    path = netrc(project, "machine other.example login reader password s3cret\n")
    assert f"; {path} has no entry for a.example; " in credentials(project, env={"NETRC": path})
    path = netrc(project, "machine a.example login reader password s3cret\n")
    assert credentials(project, env={"NETRC": path}) == f"{no_setting}; those for a.example in {path} are sent"
    named = {"NETRC": path, "PIP_INDEX_URL": "https://someone@a.example/simple/"}
    assert f"the entry for a.example in {path} has another user name" in credentials(project, env=named)
    assert "the URL in PIP_INDEX_URL has a user name without a password" in credentials(project, env=named)
    project.user_config('keyring-provider = "disabled"\n')
    assert credentials(project).endswith("; keyring is disabled by `keyring-provider`")


def test_credentials_that_are_not_bound_to_the_url_of_a_repository_are_explained(project: Project) -> None:
    project.write(
        "pyproject.toml",
        "[project]\ndependencies = ['lib']\n[[tool.uv.index]]\nname = 'acme'\nurl = 'https://a.example:8443/simple/'\n"
        "default = true\n",
    )
    path = netrc(project, "machine a.example login reader password s3cret\n")
    line = credentials(project, env={"UV_INDEX_ACME_PASSWORD": "s3cret", "NETRC": path})
    assert "UV_INDEX_ACME_PASSWORD is not used, because no setting of the user gives the URL of that index" in line
    assert (
        f"the entry for a.example in {path} is not used: without a setting of the user for the index, it is only"
        in line
    )
    assert "s3cret" not in line


def test_proxy_certificates_and_client_certificate_are_named_without_secrets(project: Project) -> None:
    project.write("requirements.txt", f"-i {A}\nlib\n")
    config = project.home / "pip.conf"
    config.write_text("[global]\nproxy = http://user:s3cret@proxy.example:3128\nclient-cert = /nowhere/client.pem\n")
    environment = {"PIP_CONFIG_FILE": str(config), "PIP_EXTRA_INDEX_URL": A, "PIP_CERT": "/nowhere/ca.pem"}

    assert connection(project, env=environment)[1:] == [
        f"proxy: http://proxy.example:3128  `proxy` in {config}:2",
        "certificate authorities: PIP_CERT",
        f"client certificate: `client-cert` in {config}:3",
    ]


def test_refused_and_unauthenticated_indexes_are_marked(project: Project) -> None:
    project.write("requirements.txt", "-i http://a.example/simple/\nlib\n")
    assert connection(project)[-1] == "refused: plain HTTP is only allowed for `trusted-hosts`"
    project.write("requirements.txt", f"-i {A}\nlib\n")
    project.user_config('insecure-hosts = ["a.example"]\n')
    assert connection(project) == [
        "credentials: none: `insecure-hosts` names the host",
        "not authenticated: `insecure-hosts` names the host",
    ]


def test_json_has_the_facts_of_the_text(project: Project) -> None:
    project.write("requirements.txt", f"-i {A}\nlib\nlib\n")
    project.write("mothball.toml", f'status-index = "{B}"\n')
    environment = {"UV_INDEX": "https://reader:s3cret@a.example/simple/", "PIP_CERT": "/nowhere/ca.pem"}
    document = explained_json(project, "lib", env=environment)

    [entry] = document.pop("entries")
    assert document == {"version": 1, "name": "lib"}
    assert entry == {
        "locations": [{"path": "requirements.txt", "line": 2}, {"path": "requirements.txt", "line": 3}],
        "note": None,
        "indexes": [
            {
                "url": A,
                "set_by": "UV_INDEX",
                "allowed": True,
                "credentials": [
                    {"source": "index URL", "note": "those of the URL in UV_INDEX are sent", "is_used": True}
                ],
                "authenticated": True,
                "certificates": None,
                "client_certificate": None,
                "proxy": None,
            }
        ],
        "status_index": B,
        "reason": None,
        "not_queried": [],
    }
    project.write("requirements.txt", f"-i https://${{HOST}}/simple/\n--extra-index-url {A}\nlib\n")
    [entry] = explained_json(project, "lib")["entries"]
    assert [(index["url"], index["set_by"]) for index in entry["not_queried"]] == [
        (A, "`--extra-index-url` in requirements.txt:2"),
        ("https://${HOST}/simple/", "`--index-url` in requirements.txt:1"),
    ]
    project.write("requirements.txt", "lib @ https://x.example/lib.whl\n")
    [entry] = explained_json(project, "lib")["entries"]
    assert (entry["indexes"], entry["reason"]) == ([], "direct URL")
