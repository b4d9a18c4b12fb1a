from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.config.keys import PROJECT_KEYS, USER_KEYS, read_config, read_user_config
from mothball.config.project import (
    DEFAULT_INDEX,
    DEFAULT_MAX_AGE,
    ConfigOverrides,
    ConfiguredFiles,
    Ignore,
    IndexSettings,
    IndexStatuses,
    NetworkSettings,
    ProjectConfig,
    UserConfig,
    resolve_network,
)
from mothball.config.user_settings import CredentialSettings, KeyringProvider, UserIndexUrl
from mothball.config.values import read_duration, read_index_url
from mothball.model.errors import ConfigError, suggest
from mothball.model.results import IGNORABLE_RULES, Rule, Severity
from mothball.model.sanitize import one_line
from tests.support.timing import least_seconds

SET_BY = "`index-url` in the user configuration"
URL = "https://index.example/simple/"
MIRROR_WITHOUT = IndexSettings("https://mirror.example/simple/", IndexStatuses.NONE)
HOSTILE = "x\n::error::\x1b[2J\u202ey"
# Longer than Python converts to a string.
HUGE = 16**5000


def refusal(table: object, at: tuple[str, ...] = ()) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_config(table, at)
    return caught.value


# --- valid values ----------------------------------------------------------------------------------------------------


def test_empty_configuration_sets_nothing() -> None:
    assert read_config({}) == ProjectConfig()
    assert read_user_config({}) == UserConfig()


def test_every_project_key_is_read() -> None:
    table = {
        "index-url": URL,
        "status-index": "http://127.0.0.1:8080/simple",
        "private": ["Acme_*", "in?ernal"],
        "snapshot": "statuses.json",
        "offline": True,
        "max-age": "30m",
        "exclude": ["tests/data/**"],
        "severity": {"deprecated": "error", "archived": {"transitive": "note"}},
        "ignore": {"Old.Lib": {"rules": ["archived"], "reason": "moving, #812", "until": dt.date(2027, 3, 1)}},
        "indexes": {"https://mirror.example/simple": {"statuses": "none"}},
        "files": {"deps/*.pip": "requirements", "conda/*.yml": "conda-env"},
        "successors": {"Old.Lib": "New_Lib"},
    }
    assert table.keys() == PROJECT_KEYS.keys()
    assert read_config(table) == ProjectConfig(
        index_url=URL,
        status_index="http://127.0.0.1:8080/simple",
        private=("acme-*", "in?ernal"),
        snapshot="statuses.json",
        offline=True,
        max_age=1800.0,
        exclude=("tests/data/**",),
        severities={"deprecated": Severity.ERROR, "archived.transitive": Severity.NOTE},
        ignores=(Ignore("Old.Lib", "old-lib", (Rule.ARCHIVED,), "moving, #812", "2027-03-01"),),
        index_settings=(MIRROR_WITHOUT,),
        files=(ConfiguredFiles("deps/*.pip", "requirements"), ConfiguredFiles("conda/*.yml", "conda-env")),
        successors={"old-lib": "New_Lib"},
    )


def test_every_user_key_is_read() -> None:
    table = {
        "index-url": "https://user:secret@index.example/simple/",
        "status-index": "https://user:secret@statuses.example/simple/",
        "indexes": {
            "https://mirror.example/simple/": {"statuses": "none"},
            "internal": "https://internal.example/simple/",
        },
        "keyring-provider": "subprocess",
        "client-cert": "/home/user/client.pem",
        "timeout": "20s",
        "trusted-hosts": ["index.example", "other.example:8080"],
        "private": ["acme-*"],
        "offline": False,
        "max-age": "2d",
        "allow-local-indexes": True,
        "insecure-hosts": ["legacy.example:8443"],
    }
    assert table.keys() == USER_KEYS.keys()
    assert read_user_config(table) == UserConfig(
        index_url=URL,
        status_index="https://statuses.example/simple/",
        index_set_by=SET_BY,
        trusted_hosts=("index.example", "other.example:8080"),
        private=("acme-*",),
        offline=False,
        max_age=172800.0,
        allow_local_indexes=True,
        credentials=CredentialSettings(
            index_urls=(
                UserIndexUrl("https://user:secret@index.example/simple/", set_by=SET_BY),
                UserIndexUrl(
                    "https://user:secret@statuses.example/simple/", set_by="`status-index` in the user configuration"
                ),
                UserIndexUrl(
                    "https://internal.example/simple/", "internal", "`indexes.internal` in the user configuration"
                ),
            ),
            keyring=KeyringProvider.SUBPROCESS,
            client_certificate="/home/user/client.pem",
            timeout=20.0,
            insecure_hosts=("legacy.example:8443",),
        ),
        index_settings=(MIRROR_WITHOUT,),
    )


# --- what may not -----------------------------------------------------------------------------------------------------

WRONG_VALUES: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
    (
        {"index-url": 3},
        ("index-url",),
        '`index-url` must be an index URL such as "https://index.example/simple/", not 3',
    ),
    ({"index-url": "index.example"}, ("index-url",), 'not "index.example"'),
    ({"status-index": "ftp://index.example/"}, ("status-index",), 'not "ftp://index.example/"'),
    ({"status-index": []}, ("status-index",), "not an array"),
    ({"private": "acme-*"}, ("private",), '`private` must be an array of strings, not "acme-*"'),
    ({"private": [1]}, ("private",), "`private` must contain only non-empty strings, not 1"),
    ({"private": ["a", ""]}, ("private",), '`private` must contain only non-empty strings, not ""'),
    ({"private": ["acme/*"]}, ("private",), 'not "acme/*"'),
    ({"private": ["acme-[ab]"]}, ("private",), "`private` must contain only project names with optional `*`"),
    ({"private": ["a*" * 9]}, ("private",), "with at most 8 `*`"),
    ({"private": ["a" * 201]}, ("private",), "patterns of at most 200 characters"),
    ({"private": ["a"] * 1001}, ("private",), "`private` must be an array of at most 1000 patterns"),
    ({"snapshot": True}, ("snapshot",), "`snapshot` must be a non-empty string, not true"),
    ({"snapshot": ""}, ("snapshot",), 'not ""'),
    ({"offline": "yes"}, ("offline",), '`offline` must be true or false, not "yes"'),
    ({"offline": 1}, ("offline",), "not 1"),
    ({"offline": None}, ("offline",), "not null"),
    ({"max-age": 3600}, ("max-age",), '`max-age` must be a duration such as "30m", "1h" or "7d", not 3600'),
    ({"max-age": 1.5}, ("max-age",), "not 1.5"),
    ({"max-age": HUGE}, ("max-age",), "not a huge number"),
    ({"max-age": dt.time(1, 30)}, ("max-age",), "not 01:30:00"),
    ({"exclude": {"a": 1}}, ("exclude",), "`exclude` must be an array of strings, not a table"),
    ({"exclude": ["a", None]}, ("exclude",), "not null"),
    (
        {"exclude": ["*" * 9]},
        ("exclude",),
        "`exclude` must contain only patterns of at most 200 characters with at most 8 `*`",
    ),
    ({"exclude": ["x" * 201]}, ("exclude",), "patterns of at most 200 characters"),
    ({"severity": "error"}, ("severity",), '`severity` must be a table, not "error"'),
    (
        {"severity": {"archived": 1}},
        ("severity", "archived"),
        '`archived` must be one of "error", "warning", "note", "off"',
    ),
    ({"severity": {"archived": "fatal"}}, ("severity", "archived"), 'not "fatal"'),
    ({"severity": {"archived": {"added": None}}}, ("severity", "archived", "added"), "`added` must be one of"),
    ({"severity": {"archivd": "off"}}, ("severity", "archivd"), "unknown rule `archivd`"),
    (
        {"severity": {"archived": {"ad": "off"}}},
        ("severity", "archived", "ad"),
        "unknown scope `ad` of rule `archived`",
    ),
    ({"severity": {"archived.ad": "off"}}, ("severity", "archived.ad"), "unknown scope `ad` of rule `archived`"),
    ({"severity": {"archived.": "off"}}, ("severity", "archived."), "unknown scope `` of rule `archived`"),
    ({"severity": {"archived": {"": "off"}}}, ("severity", "archived", ""), "unknown scope ``"),
    ({"severity": {"archived.added": {"added": "off"}}}, ("severity", "archived.added", "added"), "unknown scope"),
    ({"ignore": ["old-lib"]}, ("ignore",), "`ignore` must be a table, not an array"),
    (
        {"ignore": {"old-lib": "archived"}},
        ("ignore", "old-lib"),
        '`old-lib` must be a table such as { rules = ["archived"], reason = "WHY" }, not "archived"',
    ),
    ({"ignore": {"old lib": {"rules": ["archived"]}}}, ("ignore", "old lib"), "`old lib` is not a project name"),
    ({"ignore": {"old-*": {"rules": ["archived"]}}}, ("ignore", "old-*"), "`old-*` is not a project name"),
    ({"ignore": {"": {"rules": ["archived"]}}}, ("ignore", ""), "`` is not a project name"),
    ({"ignore": {"a": {}}}, ("ignore", "a"), "the ignore for `a` has no rules"),
    ({"ignore": {"a": {"rules": []}}}, ("ignore", "a"), "the ignore for `a` has no rules"),
    ({"ignore": {"a": {"reason": "because"}}}, ("ignore", "a"), "has no rules"),
    ({"ignore": {"a": {"rules": "archived"}}}, ("ignore", "a", "rules"), "`rules` must be an array of strings"),
    ({"ignore": {"a": {"rules": ["archivd"]}}}, ("ignore", "a", "rules"), "unknown rule `archivd`"),
    (
        {"ignore": {"a": {"rules": ["archived"], "reason": 1}}},
        ("ignore", "a", "reason"),
        "`reason` must be a non-empty string",
    ),
    ({"ignore": {"a": {"rules": ["archived"], "why": "x"}}}, ("ignore", "a", "why"), "unknown key `why`"),
]


@pytest.mark.parametrize(("table", "key", "message"), WRONG_VALUES)
def test_invalid_value_is_rejected_with_its_key_and_the_expected_value(
    table: dict[str, Any], key: tuple[str, ...], message: str
) -> None:
    error = refusal(table)
    assert message in str(error)
    assert error.key == key


@pytest.mark.parametrize(("table", "key", "message"), WRONG_VALUES)
def test_key_path_starts_with_the_path_of_the_table(table: dict[str, Any], key: tuple[str, ...], message: str) -> None:
    assert refusal(table, ("tool", "mothball")).key == ("tool", "mothball", *key)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (3, "`configuration` must be a table, not 3"),
        ([], "`configuration` must be a table, not an array"),
        (None, "`configuration` must be a table, not null"),
        ("x", '`configuration` must be a table, not "x"'),
    ],
)
def test_configuration_must_be_a_table(table: object, message: str) -> None:
    error = refusal(table)
    assert str(error) == message
    assert error.key == ()
    with pytest.raises(ConfigError):
        read_user_config(table)


def test_error_names_the_key_of_a_value_that_must_be_a_table() -> None:
    assert str(refusal(7, ("tool", "mothball"))) == "`mothball` must be a table, not 7"


@pytest.mark.parametrize(
    ("table", "key", "message"),
    [
        ({"trusted-hosts": "index.example"}, "trusted-hosts", "an array of strings"),
        ({"trusted-hosts": [3]}, "trusted-hosts", "only non-empty strings"),
        (
            {"trusted-hosts": ["https://a.example/"]},
            "trusted-hosts",
            'must contain only hosts such as "index.example" or "index.example:8443", not "https://a.example/"',
        ),
        ({"allow-local-indexes": "no"}, "allow-local-indexes", "true or false"),
        ({"private": ["a b"]}, "private", "project names"),
        ({"offline": 0}, "offline", "true or false"),
        ({"max-age": "1 h"}, "max-age", "a duration"),
        ({"index-url": "${INDEX}"}, "index-url", "an index URL"),
        ({"ignore": {}}, "ignore", "`ignore` is only allowed in projects"),
        ({"ignores": {}}, "ignores", "unknown key `ignores`"),
    ],
)
def test_invalid_value_in_the_user_configuration_is_rejected(table: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_user_config(table)
    assert message in str(caught.value)
    assert caught.value.key == (key,)


# --- unknown names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "remedy"),
    [
        ({"index_url": URL}, "did you mean `index-url`?"),
        ({"maxage": "1h"}, "did you mean `max-age`?"),
        ({"ignores": {}}, "did you mean `ignore`?"),
        (
            {"tool": {"mothball": {}}},
            "in mothball.toml, leave `tool.mothball.` out: [ignore] in place of [tool.mothball.ignore]",
        ),
        ({"zzz": 1}, f"expected one of: {', '.join(PROJECT_KEYS)}"),
        ({"severity": {"archive": "off"}}, "did you mean `archived`?"),
        ({"severity": {"zzz": "off"}}, f"expected one of: {', '.join(Rule)}"),
        ({"severity": {"archived": {"transitiv": "off"}}}, "did you mean `transitive`?"),
        ({"severity": {"archived": {"zzz": "off"}}}, "expected one of: added, transitive"),
        ({"ignore": {"a": {"rules": ["depricated"]}}}, "did you mean `deprecated`?"),
        ({"ignore": {"a": {"rule": ["archived"]}}}, "did you mean `rules`?"),
        ({"Index-URL": URL}, "did you mean `index-url`?"),
        ({"severity": {"ARCHIVED": "off"}}, "did you mean `archived`?"),
        ({"severity": {"archived": "eror"}}, 'did you mean "error"?'),
        ({"severity": {"archived": {"added": "warn"}}}, 'did you mean "warning"?'),
        ({"indexes": {URL: {"statuses": "state"}}}, 'did you mean "stated"?'),
        # Another rule is no replacement for one that cannot be ignored.
        (
            {"ignore": {"a": {"rules": ["unreadable"]}}},
            f"remove it; an ignore can have the rules {', '.join(IGNORABLE_RULES)}",
        ),
        ({"ignore": {"a": {"rules": ["archived"], "expires": 1}}}, "expected one of: rules, reason, until, versions"),
    ],
)
def test_unknown_names_get_a_suggestion(table: dict[str, Any], remedy: str) -> None:
    assert refusal(table).help == remedy


def test_suggestion_is_the_closest_choice_or_all_choices() -> None:
    assert suggest("colour", ("color", "size")) == "did you mean `color`?"
    assert suggest("xyz", ("color", "size")) == "expected one of: color, size"


@pytest.mark.alone
def test_suggestion_time_is_bounded() -> None:
    def seconds(length: int) -> float:
        name = "ab" * length
        return least_seconds(lambda: suggest(name, tuple(PROJECT_KEYS)), times=5)

    assert seconds(1_000_000) < 100 * seconds(1_000)


# --- index URLs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "http://127.0.0.1:8080",
        "HTTPS://Index.Example/Simple",
        "https://[::1]:8080/simple/",
        "https://x.example/feed@view/simple",
    ],
)
def test_index_url_is_kept_as_written(url: str) -> None:
    assert read_index_url(url, ("index-url",)) == url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://user:secret@index.example/", "`index-url` must not contain credentials"),
        ("https://secret@index.example/simple/", "`index-url` must not contain credentials"),
        ("https://user:sec/ret@index.example/", "`index-url` must not contain credentials"),
        ("https://user:sec#ret@index.example/", "`index-url` must not contain credentials"),
        ("https://index.example/simple/?token=secret", "credentials, a query or a fragment"),
        ("https://index.example/simple/#secret", "credentials, a query or a fragment"),
        ("ftp://user:secret@index.example/", "must be an index URL"),
        ("user:secret@index.example/simple", "must be an index URL"),
        ("https://user:se cret@index.example/", "must be an index URL"),
        ("https://${USER}:${SECRET}@index.example/", "`index-url` contains a variable"),
    ],
)
def test_credentials_are_rejected_and_not_repeated(url: str, message: str) -> None:
    error = refusal({"index-url": url})
    assert message in str(error)
    assert "secret" not in f"{error} {error.help}"
    assert "sec/ret" not in f"{error} {error.help}"
    assert error.key == ("index-url",)


@pytest.mark.parametrize("url", ["https://${HOST}/simple/", "https://$HOST/simple/", "https://index.example/${TEAM}"])
def test_variables_are_rejected(url: str) -> None:
    error = refusal({"status-index": url})
    assert "`status-index` contains a variable" in str(error)
    assert "--index-url" in error.help


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///simple/",
        "https://?x",
        "//index.example/",
        "file:///srv/simple",
        "https://a b/",
        "https://index.example/\n",
        "https://index.example/\x1b[2J",
        "https://index.example/\u202esimple/",
        "https://index.example\x00/",
        "https://index.example\\@other.example/",
    ],
)
def test_invalid_url_is_rejected_with_a_sanitized_message(url: str) -> None:
    error = refusal({"index-url": url})
    assert 'must be an index URL such as "https://index.example/simple/"' in str(error)
    assert str(error).isprintable()


# --- durations --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("90s", 90), ("30m", 1800), ("1h", 3600), ("7d", 604800), ("2w", 1209600), ("999999w", 604799395200)],
)
def test_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert read_duration(text, ("max-age",)) == seconds


@pytest.mark.parametrize(
    "value",
    ["", "1", "h", "-1h", "1.5h", "1 h", " 1h", "1h\n", "1H", "1h30m", "1y", "1000000s", "٣h", "1²h", 60, None, True],
)
def test_invalid_duration_is_rejected(value: object) -> None:
    with pytest.raises(ConfigError, match='must be a duration such as "30m"') as caught:
        read_duration(value, ("max-age",))
    assert caught.value.key == ("max-age",)


# --- severities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [*Rule])
@pytest.mark.parametrize("severity", [*Severity])
def test_every_rule_may_have_every_severity_in_every_scope(rule: Rule, severity: Severity) -> None:
    level = str(severity)
    table = {"severity": {str(rule): {"added": level, "transitive": level}}}
    assert read_config(table).severities == {f"{rule}.added": severity, f"{rule}.transitive": severity}
    assert read_config({"severity": {str(rule): level}}).severities == {rule: severity}


def test_scope_may_be_a_dotted_or_quoted_key() -> None:
    dotted = read_config({"severity": {"unverified": {"added": "warning"}}})
    quoted = read_config({"severity": {"unverified.added": "warning"}})
    assert dotted == quoted
    assert dotted.severities == {"unverified.added": Severity.WARNING}


def test_severities_are_immutable() -> None:
    severities: Any = read_config({"severity": {"archived": "off"}}).severities
    with pytest.raises(TypeError):
        severities["archived"] = Severity.ERROR


# --- ignores ----------------------------------------------------------------------------------------------------------


def test_only_rules_are_required_in_an_ignore() -> None:
    config = read_config({"ignore": {"a": {"rules": ["archived", "quarantined"]}}})
    assert config.ignores == (Ignore("a", "a", (Rule.ARCHIVED, Rule.QUARANTINED)),)


def test_ignores_keep_the_order_of_their_file() -> None:
    table = {"ignore": {name: {"rules": ["archived"]} for name in ("z", "a", "m")}}
    assert [ignore.name for ignore in read_config(table).ignores] == ["z", "a", "m"]


@pytest.mark.parametrize("second", ["old_lib", "OLD-LIB", "old.lib", "old--lib"])
def test_two_ignores_of_one_project_are_rejected(second: str) -> None:
    entry = {"rules": ["archived"]}
    error = refusal({"ignore": {"old-lib": entry, second: entry}}, ("tool", "mothball"))
    assert str(error) == f"`{second}` and `old-lib` are the same project"
    assert error.key == ("tool", "mothball", "ignore", second)
    assert "remove one" in error.help


@pytest.mark.parametrize(
    ("until", "described"),
    [
        ("2027-13-01", '"2027-13-01"'),
        ("20270301", '"20270301"'),
        ("", '""'),
        (dt.datetime(2027, 3, 1, 12, 0, tzinfo=dt.UTC), "2027-03-01 12:00:00+00:00"),
        (dt.datetime(2027, 3, 1), "2027-03-01 00:00:00"),  # noqa: DTZ001 - TOML has local date-times
        (dt.time(12, 0), "12:00:00"),
        (20270301, "20270301"),
        (None, "null"),
        ([dt.date(2027, 3, 1)], "an array"),
        ({}, "a table"),
    ],
)
def test_until_must_be_a_date(until: object, described: str) -> None:
    error = refusal({"ignore": {"a": {"rules": ["archived"], "until": until}}})
    assert str(error) == f"`until` must be a date such as 2027-03-01, not {described}"
    assert error.key == ("ignore", "a", "until")


def test_until_may_be_quoted() -> None:
    for until in ("2027-03-01", dt.date(2027, 3, 1)):
        assert read_config({"ignore": {"a": {"rules": ["archived"], "until": until}}}).ignores[0].until == "2027-03-01"


def test_huge_number_is_described() -> None:
    until = refusal({"ignore": {"a": {"rules": ["archived"], "until": HUGE}}})
    assert str(until) == "`until` must be a date such as 2027-03-01, not a huge number"
    assert str(refusal({"offline": -HUGE})) == "`offline` must be true or false, not a huge number"
    assert str(refusal({"offline": 2**64 - 1})) == f"`offline` must be true or false, not {2**64 - 1}"


def test_dates_before_the_year_1000_sort_correctly() -> None:
    config = read_config({"ignore": {"a": {"rules": ["archived"], "until": dt.date(5, 1, 1)}}})
    assert config.ignores[0].until == "0005-01-01"


# --- patterns ---------------------------------------------------------------------------------------------------------


def test_patterns_at_the_limit_are_accepted() -> None:
    patterns = ["x" * 200, "a*" * 8]
    assert read_config({"exclude": patterns}).exclude == tuple(patterns)


def test_private_patterns_are_normalized() -> None:
    assert read_config({"private": ["Acme._*", "IN?ERNAL", "*"]}).private == ("acme-*", "in?ernal", "*")


# --- hostile text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        {HOSTILE: 1},
        {"index-url": HOSTILE},
        {"index-url": f"https://{HOSTILE}"},
        {"private": [HOSTILE]},
        {"max-age": HOSTILE},
        {"exclude": HOSTILE},
        {"exclude": [HOSTILE + "x" * 300]},
        {"severity": {HOSTILE: "error"}},
        {"severity": {f"archived.{HOSTILE}": "error"}},
        {"severity": {"archived": {HOSTILE: "error"}}},
        {"severity": {"archived": HOSTILE}},
        {"ignore": {HOSTILE: {"rules": ["archived"]}}},
        {"ignore": {"a": HOSTILE}},
        {"ignore": {"a": {HOSTILE: 1}}},
        {"ignore": {"a": {"rules": [HOSTILE]}}},
        {"ignore": {"a": {"rules": ["archived"], "until": HOSTILE}}},
    ],
)
def test_untrusted_text_is_sanitized_in_messages(table: dict[str, Any]) -> None:
    error = refusal(table)
    assert f"{error}{error.help}".isprintable()


def test_long_value_does_not_displace_the_message() -> None:
    assert str(refusal({"max-age": "x" * 10_000})).startswith("`max-age` must be a duration")
    assert len(str(refusal({"x" * 10_000: 1}))) < 100


# --- arbitrary mappings -----------------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.sampled_from(["error", "off", "1h", URL, "archived", "acme-*", "2027-03-01"])
)
WORDS = st.sampled_from(
    ["archived", "archived.added", "added", "transitive", "rules", "reason", "until", "old-lib", "old_lib", "."]
) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=8
)
TABLES = st.dictionaries(st.sampled_from([*PROJECT_KEYS, *USER_KEYS]) | st.text(max_size=8), VALUES, max_size=3)


@pytest.mark.parametrize("read", [read_config, read_user_config])
@given(table=TABLES | VALUES)
def test_any_table_is_a_configuration_or_a_sanitized_error(
    read: Callable[[object], ProjectConfig | UserConfig], table: object
) -> None:
    outcome: ProjectConfig | UserConfig | ConfigError
    try:
        outcome = read(table)
    except ConfigError as error:
        outcome = error
    if isinstance(outcome, ConfigError):
        text = f"{outcome}{outcome.help}"
        assert one_line(text, 1000) == text
        assert all(isinstance(part, str) for part in outcome.key)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,5}", fullmatch=True),
        st.fixed_dictionaries(
            {"rules": st.lists(st.sampled_from(IGNORABLE_RULES).map(str), min_size=1, max_size=3)},
            optional={"reason": st.text(min_size=1), "until": st.dates()},
        ),
        max_size=5,
    )
)
def test_ignores_are_read_as_written(table: dict[str, dict[str, Any]]) -> None:
    assert [
        (ignore.key, [*ignore.rules], ignore.reason or None, ignore.until)
        for ignore in read_config({"ignore": table}).ignores
    ] == [
        (name, entry["rules"], entry.get("reason"), entry["until"].isoformat() if "until" in entry else None)
        for name, entry in table.items()
    ]


# --- bringing them together -------------------------------------------------------------------------------------------

COMMAND, PROJECT, USER = (f"https://{who}.example/simple/" for who in ("command", "project", "user"))


def test_defaults_apply_without_settings() -> None:
    assert resolve_network(ProjectConfig(), UserConfig(), ConfigOverrides()) == NetworkSettings(
        index_url=DEFAULT_INDEX,
        status_index=None,
        private=(),
        offline=False,
        max_age=DEFAULT_MAX_AGE,
        allow_local_indexes=False,
    )


@pytest.mark.parametrize("user", [None, USER])
@pytest.mark.parametrize("project", [None, PROJECT])
@pytest.mark.parametrize("command", [None, COMMAND])
def test_command_line_overrides_project_and_project_overrides_user(
    command: str | None, project: str | None, user: str | None
) -> None:
    network = resolve_network(
        ProjectConfig(index_url=project), UserConfig(index_url=user), ConfigOverrides(index_url=command)
    )
    assert network.index_url == next(url for url in (command, project, user, DEFAULT_INDEX) if url)


OFFLINE, ONLINE = ConfigOverrides(offline=True), ConfigOverrides(online=True)


@pytest.mark.parametrize(
    ("project", "user", "overrides", "offline"),
    [
        (None, None, ConfigOverrides(), False),
        (True, None, ConfigOverrides(), True),
        (False, None, ConfigOverrides(), False),
        (None, True, ConfigOverrides(), True),
        (False, True, ConfigOverrides(), True),
        (None, False, ConfigOverrides(), False),
        (True, False, ConfigOverrides(), False),
        (None, None, OFFLINE, True),
        (False, None, OFFLINE, True),
        (None, False, OFFLINE, True),
        (False, False, OFFLINE, True),
        (None, None, ONLINE, False),
        # A command whose purpose is a lookup overrides only the project.
        (True, None, ONLINE, False),
        (True, True, ONLINE, True),
        (None, True, ONLINE, True),
        (None, None, OFFLINE._replace(online=True), True),
    ],
)
def test_offline_of_the_user_overrides_the_project_and_the_command_line_both(
    project: bool | None,  # noqa: FBT001 - a parameter of the test
    user: bool | None,  # noqa: FBT001 - a parameter of the test
    overrides: ConfigOverrides,
    *,
    offline: bool,
) -> None:
    network = resolve_network(ProjectConfig(offline=project), UserConfig(offline=user), overrides)
    assert network.offline is offline


@pytest.mark.parametrize(
    ("project", "user", "status_index", "user_indexes"),
    [
        (None, None, None, ()),
        (PROJECT, None, PROJECT, ()),
        (None, USER, USER, (USER,)),
        (PROJECT, USER, USER, (USER,)),
    ],
)
def test_status_index_of_the_user_overrides_the_project(
    project: str | None, user: str | None, status_index: str | None, user_indexes: tuple[str, ...]
) -> None:
    network = resolve_network(ProjectConfig(status_index=project), UserConfig(status_index=user), ConfigOverrides())
    assert (network.status_index, network.user_indexes) == (status_index, user_indexes)


@pytest.mark.parametrize(
    ("project", "user", "max_age"),
    [(None, None, DEFAULT_MAX_AGE), (60.0, None, 60.0), (None, 120.0, 120.0), (60.0, 120.0, 60.0), (0.0, 120.0, 0.0)],
)
def test_max_age_of_the_project_overrides_the_user(project: float | None, user: float | None, max_age: float) -> None:
    assert (
        resolve_network(ProjectConfig(max_age=project), UserConfig(max_age=user), ConfigOverrides()).max_age == max_age
    )


@pytest.mark.parametrize(
    ("project", "user", "private"),
    [((), (), ()), (("a-*",), (), ("a-*",)), ((), ("b-*",), ("b-*",)), (("a-*",), ("b-*",), ("a-*", "b-*"))],
)
def test_private_names_are_combined(project: tuple[str, ...], user: tuple[str, ...], private: tuple[str, ...]) -> None:
    network = resolve_network(ProjectConfig(private=project), UserConfig(private=user), ConfigOverrides())
    assert network.private == private


def test_user_overrides_the_project_for_each_index() -> None:
    other = IndexSettings("https://other.example/simple/", IndexStatuses.STATED)
    config = ProjectConfig(index_settings=(MIRROR_WITHOUT._replace(statuses=IndexStatuses.STATED), other))
    network = resolve_network(config, UserConfig(index_settings=(MIRROR_WITHOUT,)), ConfigOverrides())
    assert network.indexes_with(IndexStatuses.NONE) == {MIRROR_WITHOUT.url}
    assert network.indexes_with(IndexStatuses.STATED) == {other.url}


@pytest.mark.parametrize(
    "url", [DEFAULT_INDEX, DEFAULT_INDEX.upper().replace("HTTPS", "http"), DEFAULT_INDEX.replace("/simple/", ".:443")]
)
@pytest.mark.parametrize("read", [read_config, read_user_config])
def test_built_in_default_index_cannot_be_without_statuses(read: Callable[[object], object], url: str) -> None:
    with pytest.raises(ConfigError, match='cannot be "none" for the built-in default index') as caught:
        read({"indexes": {url: {"statuses": "none"}}})
    assert caught.value.key == ("indexes", url, "statuses")
    read({"indexes": {url: {"statuses": "stated"}}})


def test_index_is_configured_once() -> None:
    for other in ("https://index.example/simple", "HTTPS://Index.example:443/simple"):
        error = refusal({"indexes": {other: {}, "https://index.example/simple/": {}}})
        assert str(error) == "`https://index.example/simple/` is configured twice"


def test_only_the_user_configuration_names_indexes() -> None:
    error = refusal({"indexes": {"internal": "https://internal.example/simple/"}})
    assert (str(error), error.key) == (
        "the index name `internal` is only allowed in the user configuration",
        ("indexes", "internal"),
    )


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule not in IGNORABLE_RULES])
def test_rules_about_files_cannot_be_ignored(rule: Rule) -> None:
    error = refusal({"ignore": {"old-lib": {"rules": [str(rule)]}}})

    assert (str(error), error.key) == (f"`{rule}` cannot be ignored", ("ignore", "old-lib", "rules"))


@pytest.mark.parametrize("key", [key for key in USER_KEYS if key not in PROJECT_KEYS])
def test_user_key_in_a_project_is_rejected_with_its_place(key: str) -> None:
    error = refusal({key: True})

    assert (str(error), error.key) == (f"`{key}` is only allowed in the user configuration", (key,))
    assert "mothball/config.toml" in error.help


SETTINGS = IndexSettings("https://index.example/simple/")


@pytest.mark.parametrize(
    ("project", "user", "effective"),
    [
        ({"immutable": True}, {}, {"immutable": True}),
        ({}, {"immutable": True}, {"immutable": True}),
        ({"immutable": True}, {"immutable": False}, {"immutable": False}),
        ({"immutable": False}, {"immutable": True}, {"immutable": True}),
        (
            {"statuses": IndexStatuses.STATED},
            {"immutable": True},
            {"statuses": IndexStatuses.STATED, "immutable": True},
        ),
        ({"statuses": IndexStatuses.NONE}, {"statuses": IndexStatuses.STATED}, {"statuses": IndexStatuses.STATED}),
        ({"public": True}, {"statuses": IndexStatuses.STATED}, {"public": True, "statuses": IndexStatuses.STATED}),
        ({"public": False}, {"public": True}, {"public": True}),
        ({"public": True}, {"public": False}, {"public": True}),
        ({"ignore_error_codes": (403,)}, {}, {"ignore_error_codes": (403,)}),
        ({"ignore_error_codes": (403,)}, {"ignore_error_codes": (400,)}, {"ignore_error_codes": (400,)}),
        ({"ignore_error_codes": (403,)}, {"ignore_error_codes": ()}, {"ignore_error_codes": ()}),
    ],
)
def test_user_overrides_each_key_of_an_index_except_that_public_remains(
    project: dict[str, Any], user: dict[str, Any], effective: dict[str, Any]
) -> None:
    network = resolve_network(
        ProjectConfig(index_settings=(SETTINGS._replace(**project),)),
        UserConfig(index_settings=(SETTINGS._replace(**user),)),
        ConfigOverrides(),
    )
    assert network.index_settings == (SETTINGS._replace(**effective),)


@pytest.mark.parametrize("code", [200, 301, 399, 407, 408, 429, 500, 503, -403, 403.0, True, "403", None])
def test_error_code_that_cannot_be_ignored_is_rejected(code: object) -> None:
    error = refusal({"indexes": {URL: {"ignore-error-codes": [403, code]}}})
    assert str(error).startswith("`ignore-error-codes` must contain only HTTP status codes from 400 to 499 except 407")
    assert error.key == ("indexes", URL, "ignore-error-codes")


def test_error_codes_are_an_array() -> None:
    error = refusal({"indexes": {URL: {"ignore-error-codes": 403}}})
    assert str(error) == "`ignore-error-codes` must be an array of HTTP status codes such as [403], not 403"


def test_built_in_default_index_and_configured_ones_are_immutable() -> None:
    config = read_config({"indexes": {SETTINGS.url: {"immutable": True}, URL + "other/": {"immutable": False}}})
    network = resolve_network(config, UserConfig(), ConfigOverrides())
    assert network.immutable_indexes() == {DEFAULT_INDEX, SETTINGS.url}


@pytest.mark.parametrize(
    ("successors", "message"),
    [
        ({"old-lib": "new-lib", "Old_Lib": "other-lib"}, "`Old_Lib` has two successors"),
        ({"old-lib": "Old.Lib"}, "`old-lib` is its own successor"),
        ({"old-*": "new-lib"}, "`old-*` is not a project name"),
        ({"old-lib": "new-lib>=2"}, '`old-lib` must be a project name such as "new-lib", not "new-lib>=2"'),
        ({"old-lib": ["new-lib"]}, '`old-lib` must be a project name such as "new-lib", not an array'),
        (["new-lib"], '`successors` must be a table such as { old-lib = "new-lib" }, not an array'),
    ],
)
def test_invalid_successor_is_an_error(successors: object, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_config({"successors": successors})
    assert str(error.value) == message
    assert error.value.key[0] == "successors"
