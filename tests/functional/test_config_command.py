"""The command ``mothball config``: effective settings with their origins, the path of the user's file, schemas."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from mothball.config.json_schema import render_schema
from mothball.config.keys import PROJECT_KEYS, USER_KEYS
from mothball.config.project import DEFAULT_INDEX
from mothball.config.user_settings import user_config_file
from tests.support.cli import clean_environment
from tests.support.project import Project
from tests.tables.json_fields import verify

A, B = "https://a.example/simple/", "https://b.example/simple/"
SECRET = "s3cr3t-x9q"


def user_file(project: Project) -> str:
    return str(project.home / ".config" / "mothball" / "config.toml")


def shown(project: Project, **environment: str) -> dict[str, Any]:
    result = project.run("config", "show", "--format", "json", env=environment)
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    verify(document, "effective configuration")
    return document


def settings(project: Project, **environment: str) -> dict[str, tuple[object, str]]:
    """Return values and origins by key."""
    return {row["key"]: (row["value"], row["origin"]) for row in shown(project, **environment)["settings"]}


def test_defaults_are_shown_without_configuration(project: Project) -> None:
    document = shown(project)
    assert document["project_configuration"] is None
    assert document["user_configuration"] == user_file(project)
    assert document["ignored"] == []
    assert settings(project)["index-url"] == (DEFAULT_INDEX, "default")
    assert settings(project)["max-age"] == ("1h", "default")


def test_project_overrides_user_except_for_offline_and_status_index(project: Project) -> None:
    project.user_config(
        f'index-url = "{B}"\nstatus-index = "{B}"\noffline = false\nmax-age = "2h"\nprivate = ["mine-*"]\n'
    )
    project.write(
        "mothball.toml",
        f'index-url = "{A}"\nstatus-index = "{A}"\noffline = true\nmax-age = "3h"\nprivate = ["ours-*"]\n',
    )
    found = settings(project)
    user = user_file(project)
    assert found["index-url"] == (A, "mothball.toml:1")
    assert found["status-index"] == (B, f"{user}:2")
    assert found["offline"] == (False, f"{user}:3")
    assert found["max-age"] == ("3h", "mothball.toml:4")
    private = [row for row in shown(project)["settings"] if row["key"] == "private"]
    assert [(row["value"], row["origin"]) for row in private] == [
        (["mine-*"], f"{user}:5"),
        (["ours-*"], "mothball.toml:5"),
    ]


def test_environment_overrides_files(project: Project) -> None:
    severity = '[severity]\nunverified = "note"\narchived = "warning"\n"unverified.added" = "off"\n'
    project.write("mothball.toml", f'index-url = "{A}"\n{severity}')
    project.user_config("allow-local-indexes = false\n")
    environment = {"MOTHBALL_INDEX_URL": B, "MOTHBALL_OFFLINE": "1", "MOTHBALL_UNVERIFIED": "warning"}
    found = settings(project, MOTHBALL_ALLOW_LOCAL_INDEXES="1", **environment)
    assert found["allow-local-indexes"] == (True, "MOTHBALL_ALLOW_LOCAL_INDEXES")
    assert 'severity."unverified.added"' not in found
    assert found["index-url"] == (B, "MOTHBALL_INDEX_URL")
    assert found["offline"] == (True, "MOTHBALL_OFFLINE")
    assert found["severity.unverified"] == ("warning", "MOTHBALL_UNVERIFIED")
    assert found["severity.archived"] == ("warning", "mothball.toml:4")


def test_each_entry_of_a_table_has_its_origin(project: Project) -> None:
    project.user_config(f'[indexes."{A}"]\nstatuses = "none"\npublic = false\n')
    project.write(
        "pyproject.toml",
        "[project]\nname = 'x'\n[tool.mothball.ignore]\n"
        "old-lib = { rules = ['archived'], reason = 'x', until = 2027-03-01 }\n"
        f'[tool.mothball.indexes."{A}"]\nstatuses = "stated"\npublic = true\n',
    )
    found = settings(project)
    ignore = {"rules": ["archived"], "reason": "x", "until": "2027-03-01"}
    assert found["ignore.old-lib"] == (ignore, "pyproject.toml:4")
    assert found[f'indexes."{A}".statuses'] == ("none", f"{user_file(project)}:2")
    # An index that either marks as public is public.
    assert found[f'indexes."{A}".public'] == (True, "pyproject.toml:7")


def test_every_key_of_both_files_is_shown(project: Project) -> None:
    values = {
        "index-url": f'"{A}"',
        "status-index": f'"{A}"',
        "private": '["x"]',
        "snapshot": '"s.json"',
        "offline": "true",
        "max-age": '"1h"',
        "exclude": '["x"]',
        "files": '{ "x/*.pip" = "requirements" }',
        "severity": '{ archived = "error" }',
        "ignore": '{ old-lib = { rules = ["archived"], reason = "x" } }',
        "successors": '{ old-lib = "new-lib" }',
        "indexes": f'{{ "{B}" = {{ public = true }} }}',
        "keyring-provider": '"disabled"',
        "client-cert": '"/nowhere/client.pem"',
        "timeout": '"20s"',
        "trusted-hosts": '["a.example"]',
        "insecure-hosts": '["a.example"]',
        "allow-local-indexes": "true",
    }
    assert values.keys() >= PROJECT_KEYS.keys() | USER_KEYS.keys()
    project.write("mothball.toml", "".join(f"{key} = {values[key]}\n" for key in PROJECT_KEYS))
    assert {key.partition(".")[0] for key in settings(project)} >= PROJECT_KEYS.keys()
    (project.root / "mothball.toml").unlink()
    project.user_config("".join(f"{key} = {values[key]}\n" for key in USER_KEYS))
    found = settings(project)
    assert {key.partition(".")[0] for key in found} >= USER_KEYS.keys()
    assert found["timeout"][0] == "20s"


def test_settings_of_installers_and_variables_are_shown_with_origins(project: Project) -> None:
    config = project.home / "pip.conf"
    config.write_text(f"[global]\nindex-url = {A}\ncert = /nowhere/ca.pem\n[install]\ntrusted-host = a.example\n")
    uv = project.home / "uv.toml"
    uv.write_text(f'https-proxy = "http://proxy.example:3128"\n[[index]]\nname = "b"\nurl = "{B}"\n')
    found = settings(
        project, PIP_CONFIG_FILE=str(config), UV_CONFIG_FILE=str(uv), UV_INSECURE_HOST="c.example", SSL_CERT_FILE="/ca"
    )
    assert found["pip.index-url"] == (A, f"`index-url` in {config}:2")
    assert found["pip.cert"] == ("/nowhere/ca.pem", f"`cert` in {config}:3")
    assert found["pip.trusted-host"] == ("a.example", f"`trusted-host` in {config}:5")
    assert found["uv.https-proxy"] == ("http://proxy.example:3128", f"`https-proxy` in {uv}:1")
    assert found["uv.index"] == (B, f"[[index]] b in {uv}:4")
    assert found["uv.allow-insecure-host"] == ("c.example", "UV_INSECURE_HOST")
    assert found["SSL_CERT_FILE"] == ("/ca", "environment")


def test_default_index_names_the_settings_of_installers_that_come_first(project: Project) -> None:
    def line(**environment: str) -> str:
        shown = project.run("config", "show", env=environment).out.splitlines()
        return next(line for line in shown if line.startswith("index-url")).partition("  # ")[2]

    see = "see `mothball explain NAME`"
    assert line() == "default"
    assert line(PIP_INDEX_URL=A) == f"default; pip.index-url comes first where it applies, {see}"
    assert (
        line(PIP_INDEX_URL=A, UV_DEFAULT_INDEX=B)
        == f"default; pip.index-url, uv.default-index come first where they apply, {see}"
    )
    assert settings(project, PIP_INDEX_URL=A)["index-url"] == (DEFAULT_INDEX, "default")
    assert line(PIP_INDEX_URL=A, MOTHBALL_INDEX_URL=B) == "MOTHBALL_INDEX_URL"


def test_settings_beside_mothball_toml_are_listed_as_ignored(project: Project) -> None:
    project.write("mothball.toml", 'max-age = "2h"\n')
    project.write("pyproject.toml", '[tool.mothball]\nmax-age = "1d"\n\n[tool.mothball.severity]\narchived = "note"\n')
    assert shown(project)["ignored"] == [
        {"setting": "pyproject.toml:2", "reason": "mothball.toml takes precedence"},
        {"setting": "pyproject.toml:5", "reason": "mothball.toml takes precedence"},
    ]
    assert "\n# ignored: pyproject.toml:5: mothball.toml takes precedence\n" in project.run("config", "show").out
    project.write("pyproject.toml", b"\xff")
    assert shown(project)["ignored"] == []


def test_ignored_settings_are_listed_with_the_reason(project: Project) -> None:
    assert shown(project, PIP_CERT="ca.pem")["ignored"] == [
        {"setting": "PIP_CERT", "reason": "the path is not absolute, so it may lead into a repository"}
    ]
    project.write("uv.toml", 'allow-insecure-host = ["a.example"]\n')
    [ignored] = shown(project, UV_CONFIG_FILE="uv.toml")["ignored"]
    assert ignored == {
        "setting": "`allow-insecure-host` in uv.toml:1",
        "reason": "the file may belong to a repository",
    }
    text = project.run("config", "show", env={"PIP_CERT": "ca.pem"}).out
    assert "# ignored: PIP_CERT: the path is not absolute" in text


@pytest.mark.parametrize("output", ["text", "json"])
def test_secrets_are_not_shown(project: Project, output: str) -> None:
    project.user_config(
        f'index-url = "https://user:{SECRET}@a.example/"\n[indexes]\nb = "https://{SECRET}@b.example/"\n'
    )
    config = project.home / "pip.conf"
    config.write_text(
        f"[global]\nproxy = user:{SECRET}@proxy.example:3128\nextra-index-url = https://u:{SECRET}@c.example\n"
    )
    environment = {
        "PIP_CONFIG_FILE": str(config),
        "UV_INDEX_B_PASSWORD": SECRET,
        "HTTPS_PROXY": f"user:{SECRET}@proxy.example:3128",
        "PIP_TRUSTED_HOST": f"https://u:{SECRET}@d.example/",
    }
    result = project.run("config", "show", "--format", output, env=environment)
    assert result.code == 0, result.err
    assert SECRET not in result.out + result.err
    assert "https://a.example/" in result.out
    assert "UV_INDEX_B_PASSWORD" in result.out
    if output == "json":
        hidden = {row["key"] for row in json.loads(result.out)["settings"] if row["has_secret"]}
        assert {"index-url", "indexes.b", "pip.proxy", "UV_INDEX_B_PASSWORD", "HTTPS_PROXY"} <= hidden
    else:
        assert "(credentials not shown)" in result.out


def test_credentials_of_the_index_url_variable_are_marked_as_not_shown(project: Project) -> None:
    result = project.run("config", "show", env={"MOTHBALL_INDEX_URL": f"https://u:{SECRET}@a.example/"})
    (line,) = (line for line in result.out.splitlines() if line.startswith("index-url = "))
    assert line.startswith('index-url = "https://a.example/" ')
    assert line.endswith(" # MOTHBALL_INDEX_URL (credentials not shown)")


def test_text_names_both_files(project: Project) -> None:
    path = project.write("mothball.toml", f'index-url = "{A}"\n')
    lines = project.run("config", "show").out.splitlines()
    assert lines[:2] == [
        f"# project configuration: {path}",
        f"# user configuration: {user_file(project)} (does not exist)",
    ]
    assert any(line.startswith(f'index-url = "{A}"') and line.endswith("# mothball.toml:1") for line in lines)


def test_invalid_project_configuration_is_an_error(project: Project) -> None:
    project.write("mothball.toml", "nonsense = 1\n")
    result = project.run("config", "show")
    assert result.code == 2
    assert "unknown key `nonsense`" in result.err
    assert result.out.startswith("# project configuration: mothball.toml (invalid)\n")
    project.write("mothball.toml", "severty = 1\n")
    assert "\n  = help: did you mean `severity`?\n" in project.run("config", "show").err


def test_path_is_that_of_the_user_configuration(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.run("config", "path").out == f"{user_file(project)}\n"
    for variable, value in clean_environment(project.home).items():
        monkeypatch.setenv(variable, value)
    assert user_config_file() == user_file(project)


def test_schemas_are_printed(project: Project) -> None:
    assert project.run("config", "schema").out == render_schema()
    assert project.run("config", "schema", "--user").out == render_schema(user=True)


def test_message_about_a_user_key_in_a_project_names_the_path(project: Project) -> None:
    project.write("requirements.txt", "lib\n")
    project.write("mothball.toml", 'trusted-hosts = ["a.example"]\n')
    result = project.check()
    assert result.code == 2
    assert user_file(project) in result.out + result.err


def test_message_about_plain_http_names_the_path(project: Project) -> None:
    project.write("requirements.txt", "-i http://a.example/simple/\nlib\n")
    result = project.check("--no-cache")
    assert f'`trusted-hosts = ["a.example"]` to the top of {user_file(project)}' in result.out
    assert os.path.basename(user_file(project)) == "config.toml"
