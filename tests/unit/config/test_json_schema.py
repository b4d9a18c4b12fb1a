from __future__ import annotations

import datetime as dt
import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mothball import PROJECT_URL
from mothball.config.json_schema import render_schema, schema
from mothball.config.keys import PROJECT_KEYS, USER_KEYS, read_config, read_user_config
from mothball.config.project import DEFAULT_INDEX, ConfigOverrides, resolve_network
from mothball.config.user_settings import CredentialSettings
from mothball.formats.toml.scanner import scan
from mothball.formats.toml.values import to_mapping
from mothball.model.errors import ConfigError
from mothball.model.results import IGNORABLE_RULES, Rule, Severity
from tests.support.cli import run_in_process
from tests.tables.configuration_keys import DEFAULTS

ROOT = Path(__file__).parents[3]
PROJECT = Draft202012Validator(schema())
USER = Draft202012Validator(schema(user=True))


def as_json(value: object) -> Any:
    """Convert a TOML value for validation with JSON Schema: a date becomes the string that it prints."""
    match value:
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case list():
            return [as_json(item) for item in value]
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return value


def is_read(read: Callable[[object], object], table: object) -> bool:
    try:
        read(table)
    except ConfigError:
        return False
    return True


# --- samples ----------------------------------------------------------------------------------------------------------

GOOD: list[dict[str, Any]] = [
    {},
    {
        "index-url": "https://index.example/simple/",
        "status-index": "HTTP://127.0.0.1:8080/@team/simple",
        "private": ["acme-*", "in?ernal"],
        "snapshot": "statuses.json",
        "offline": False,
        "max-age": "90s",
        "exclude": ["tests/data/**", "**/*.txt"],
        "severity": {"deprecated": "error", "archived": {"transitive": "note", "added": "off"}, "missing.added": "off"},
        "ignore": {
            "old-lib": {"rules": ["archived"], "reason": "why", "until": dt.date(2027, 3, 1)},
            "Old.Lib_2": {"rules": ["quarantined", "missing"]},
        },
        "successors": {"old-lib": "new-lib", "Other.Lib": "new-lib"},
        "indexes": {
            "https://index.example/simple": {
                "statuses": "none",
                "public": True,
                "immutable": False,
                "ignore-error-codes": [400, 403],
            },
            DEFAULT_INDEX: {},
        },
    },
]
BAD: list[Any] = [
    [],
    "archived",
    {"index_url": "https://index.example/"},
    {"index-url": "ftp://index.example/"},
    {"index-url": "https://user:secret@index.example/"},
    {"index-url": "https://index.example/?token=x"},
    {"index-url": "https://index.example/simple/#x"},
    {"index-url": "https://${HOST}/simple/"},
    {"index-url": "https://https://@"},
    {"index-url": ""},
    {"status-index": 1},
    {"private": "acme-*"},
    {"private": ["a b"]},
    {"private": [""]},
    {"private": ["*" * 9]},
    {"private": ["a" * 201]},
    {"private": ["a"] * 1001},
    {"snapshot": ""},
    {"offline": "true"},
    {"max-age": 3600},
    {"max-age": "1 hour"},
    {"max-age": "1234567s"},
    {"exclude": ["*" * 9]},
    {"exclude": ["a" * 201]},
    {"exclude": [1]},
    {"severity": "error"},
    {"severity": {"archived": "fatal"}},
    {"severity": {"archive": "error"}},
    {"severity": {"archived": {"always": "error"}}},
    {"severity": {"archived.always": "error"}},
    {"severity": {"archived": {"added": 1}}},
    {"indexes": {"internal": "https://index.example/simple/"}},
    {"indexes": {"internal": {"statuses": "none"}}},
    {"indexes": {"https://index.example/simple/": "stated"}},
    {"indexes": {"https://index.example/simple/": {"statuses": "off"}}},
    {"indexes": {"https://index.example/simple/": {"public": "yes"}}},
    {"indexes": {"https://index.example/simple/": {"immutable": 1}}},
    {"indexes": {"https://index.example/simple/": {"ignore-error-codes": 403}}},
    {"indexes": {"https://index.example/simple/": {"ignore-error-codes": ["403"]}}},
    *({"indexes": {"https://index.example/simple/": {"ignore-error-codes": [code]}}} for code in (407, 408, 429, 500)),
    {"indexes": {"https://index.example/simple/": {"status": "none"}}},
    {"indexes": {"https://user@index.example/simple/": {"statuses": "none"}}},
    {"indexes": []},
    {"ignore": ["old-lib"]},
    {"ignore": {"old-lib": {}}},
    {"ignore": {"old-lib": {"rules": []}}},
    {"ignore": {"old-lib": {"rules": ["not-stated"]}}},
    {"ignore": {"old-lib": {"rules": "archived"}}},
    {"ignore": {"old-*": {"rules": ["archived"]}}},
    {"ignore": {"old-lib": {"rules": ["archived"], "reason": ""}}},
    {"ignore": {"old-lib": {"rules": ["archived"], "until": "soon"}}},
    {"ignore": {"old-lib": {"rules": ["archived"], "because": "x"}}},
    {"trusted-hosts": ["index.example"]},
    {"successors": ["new-lib"]},
    {"successors": {"old-*": "new-lib"}},
    {"successors": {"old-lib": "new-lib>=2"}},
    {"successors": {"old-lib": ""}},
    {"successors": {"old-lib": ["new-lib"]}},
]


def test_schemas_are_valid() -> None:
    for user in (False, True):
        Draft202012Validator.check_schema(schema(user=user))
        assert schema(user=user)["$id"] == f"{PROJECT_URL}mothball{'-user' if user else ''}.schema.json"
        assert json.loads(render_schema(user=user)) == schema(user=user)


@pytest.mark.parametrize("table", GOOD)
def test_valid_tables_pass_schema_and_reader(table: dict[str, Any]) -> None:
    assert [*PROJECT.iter_errors(as_json(table))] == []
    assert is_read(read_config, table)


@pytest.mark.parametrize("table", BAD)
def test_invalid_tables_fail_schema_and_reader(table: object) -> None:
    assert [*PROJECT.iter_errors(as_json(table))]
    assert not is_read(read_config, table)


def test_schemas_have_the_keys_of_the_readers() -> None:
    assert schema()["properties"].keys() == PROJECT_KEYS.keys()
    assert schema(user=True)["properties"].keys() == USER_KEYS.keys()
    for key_schema in (*schema()["properties"].values(), *schema(user=True)["properties"].values()):
        assert key_schema["description"]


@pytest.mark.parametrize(
    ("table", "is_good"),
    [
        ({"trusted-hosts": ["index.example"], "allow-local-indexes": True, "offline": True, "max-age": "1d"}, True),
        ({"trusted-hosts": "index.example"}, False),
        ({"index-url": "https://user:pass@word@index.example/simple/"}, True),
        ({"index-url": "https://${TOKEN}@index.example/simple/"}, False),
        ({"index-url": "https://user@index.example/?x"}, False),
        ({"index-url": "https://user@/simple"}, False),
        ({"indexes": {"mine": "https://user@index.example/simple/", "0.x": "http://index.example"}}, True),
        ({"indexes": {"mine": "https://a.example/", "https://index.example/": {"statuses": "stated"}}}, True),
        ({"indexes": {"mine": {"statuses": "stated"}}}, False),
        ({"indexes": {"https://index.example/": "https://index.example/"}}, False),
        ({"indexes": {"-mine": "https://index.example/simple/"}}, False),
        ({"indexes": {"mine": "ftp://index.example/simple/"}}, False),
        ({"indexes": ["https://index.example/simple/"]}, False),
        ({"keyring-provider": "subprocess"}, True),
        ({"keyring-provider": "ask"}, False),
        ({"client-cert": "~/client.pem"}, True),
        ({"client-cert": "client.pem"}, False),
        ({"client-cert": ""}, False),
        *(({"timeout": good}, True) for good in ("1s", "020s", "600s", "10m", "1m")),
        *(({"timeout": bad}, False) for bad in ("0s", "601s", "11m", "1h", "0000001s", "20", 20)),
        ({"allow-local-indexes": 1}, False),
        ({"ignore": {}}, False),
    ],
)
def test_user_schema_agrees_with_the_reader(table: dict[str, Any], *, is_good: bool) -> None:
    assert USER.is_valid(table) == is_read(read_user_config, table) == is_good


def test_documented_defaults_have_no_effect() -> None:
    default = resolve_network(read_config({}), read_user_config({}), ConfigOverrides())
    for key, text in DEFAULTS.items():
        table = to_mapping(scan(f"{key} = {text}\n")) if text else {}
        if key in PROJECT_KEYS:
            config = read_config(table)
            assert (config.severities, config.ignores, config.exclude, config.files) == ({}, (), (), ()), key
            assert resolve_network(config, read_user_config({}), ConfigOverrides()) == default, key
        if key in USER_KEYS:
            user = read_user_config(table)
            assert user.credentials == CredentialSettings(), key
            assert resolve_network(read_config({}), user, ConfigOverrides()) == default, key


def test_configuration_in_the_docs_is_valid() -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
    example = re.compile(r"^( *)```toml\n(.*?)```", re.DOTALL | re.MULTILINE)
    blocks = [block for text in texts for block in example.findall(text)]
    tables = [to_mapping(scan(textwrap.dedent(indent + body))) for indent, body in blocks]
    assert len(tables) > len(PROJECT_KEYS)
    for table in tables:
        project = table.get("tool", {}).get("mothball", table)
        of_project = PROJECT.is_valid(as_json(project)) and is_read(read_config, project)
        of_user = USER.is_valid(as_json(table)) and is_read(read_user_config, table)
        assert of_project or of_user, table


# --- drawn ------------------------------------------------------------------------------------------------------------

_URLS = st.lists(
    st.sampled_from(
        ["https://", "http:", "//", "index.example", ":8080", "/", "simple", "@", "?", "#", "$", " ", "\\"]
    ),
    max_size=6,
).map("".join)
_WORDS = st.sampled_from(
    ["", "a", "acme-*", "a b", "*" * 8, "*" * 9, "x" * 200, "x" * 201, "é", "1h", "01w", "5x", "7"]
)
_ODD = st.one_of(st.none(), st.booleans(), st.integers(-1, 3), st.lists(_WORDS, max_size=2), _WORDS, _URLS)
_RULES = st.lists(st.sampled_from([*IGNORABLE_RULES, "not-stated", "x"]), max_size=3)
_LEVELS = st.sampled_from([*Severity, "fatal", 1])
_SCOPES = st.sampled_from(["added", "transitive", "x"])
_SEVERITIES = st.dictionaries(
    st.one_of(
        st.sampled_from([*Rule, "archive", ""]),
        st.tuples(st.sampled_from(Rule), _SCOPES).map(".".join),
    ),
    _LEVELS,
    max_size=3,
) | st.dictionaries(
    st.sampled_from([*Rule, "archive"]), st.dictionaries(_SCOPES, _LEVELS, min_size=1, max_size=2), max_size=2
)
_ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "rules": _RULES | _ODD,
        "reason": _WORDS | _ODD,
        "until": st.just(dt.date(2027, 3, 1))
        | st.sampled_from(["2027-03-01", "2027-3-1"])
        | st.just(dt.time(7, 30))
        | st.integers(),
        "why": _WORDS,
    },
)
_IGNORES = st.dictionaries(st.sampled_from(["a", "old-lib", "-a", "a_", "", "a.b", "é"]), _ENTRIES | _ODD, max_size=2)
_TABLES = st.dictionaries(
    st.sampled_from([*PROJECT_KEYS, "max_age", "trusted-hosts"]),
    st.one_of(_URLS, _WORDS, _ODD, _SEVERITIES, _IGNORES),
    max_size=2,
) | st.fixed_dictionaries(
    {},
    optional={
        "index-url": _URLS,
        "private": st.lists(_WORDS, max_size=2),
        "exclude": st.lists(_WORDS, max_size=2),
        "max-age": _WORDS,
        "severity": _SEVERITIES,
        "ignore": _IGNORES,
    },
)  # fmt: skip


@given(_TABLES)
def test_schema_and_reader_agree_on_any_table(table: dict[str, Any]) -> None:
    assert PROJECT.is_valid(as_json(table)) == is_read(read_config, table)


# --- where it is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("schema",), ("schema", "--user")])
def test_command_prints_the_schema(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = run_in_process("config", *arguments, cwd=tmp_path, home=tmp_path)
    assert (result.code, result.err) == (0, "")
    assert result.out == render_schema(user="--user" in arguments)
