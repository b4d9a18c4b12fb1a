from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.check.messages import (
    SKIP_REASON_TEXT,
    EntrySource,
    MessageText,
    expired_ignore_message,
    finding_message,
    format_age,
    not_stated_message,
    stale_message,
    unused_ignore_message,
)
from mothball.check.policy import rule_of
from mothball.config.project import DEFAULT_INDEX
from mothball.model.document import SkipReason
from mothball.model.results import (
    Cause,
    KnownStatus,
    LookupResult,
    Missing,
    Origin,
    ProjectStatus,
    Rule,
    Skipped,
    StatusNotStated,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import one_line

INDEX = "https://index.example/simple/"
ORIGIN = Origin(INDEX, 0.0)
# Some of these would be expanded if the text were used as a template of str.format.
UNTRUSTED = st.text(max_size=400) | st.sampled_from(
    ["{keep}", "{0.__class__}", "%s", "\x1b]0;x\x07", "a\n::error::b", "\u202egnp.exe", "x" * 5000, "`", "", "\ud800"]
)


def lookups(text: str) -> list[LookupResult]:
    """Return a lookup result of each type, with ``text`` in every field that an index controls."""
    origin = Origin(text, 0.0)
    return [
        *(KnownStatus(status, text, origin) for status in ProjectStatus),
        UnrecognizedStatus(text, text, origin),
        Missing(origin),
        *(Unavailable(cause, text, origin) for cause in Cause),
        StatusNotStated(origin),
        *(Skipped(reason) for reason in SkipReason),
    ]


def is_sanitized(message: MessageText) -> bool:
    return all(char == " " or one_line(char) == char for text in message for char in text)


# --- lookup results ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lookup", "message", "reason"),
    [
        (KnownStatus(ProjectStatus.ARCHIVED, "use\nnew-lib", ORIGIN), "old-lib is archived", "use new-lib"),
        (KnownStatus(ProjectStatus.DEPRECATED, "", ORIGIN), "old-lib is deprecated", ""),
        (KnownStatus(ProjectStatus.QUARANTINED, "malware", ORIGIN), "old-lib is quarantined", "malware"),
        (KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN), "old-lib is active", ""),
        (
            UnrecognizedStatus("retired", "sold", ORIGIN),
            "old-lib has an unrecognized status: retired",
            "sold",
        ),
        (Missing(ORIGIN), f"old-lib is not on {INDEX}", ""),
        (
            Unavailable(Cause.TIMEOUT, "no response in 10 s", ORIGIN),
            "old-lib could not be checked: no response in 10 s",
            "",
        ),
        (StatusNotStated(ORIGIN), f"{INDEX} publishes no status for old-lib", ""),
        (Skipped(SkipReason.PRIVATE), "old-lib was not looked up: private name", ""),
    ],
)
def test_message_and_reason_of_a_lookup_result(lookup: LookupResult, message: str, reason: str) -> None:
    text = finding_message("old-lib", lookup)
    assert text.message == message
    assert text.reason == reason


def test_samples_contain_every_type_of_lookup_result() -> None:
    assert {type(lookup) for lookup in lookups("x")} == set(get_args(LookupResult))


@given(UNTRUSTED, UNTRUSTED)
def test_untrusted_text_is_sanitized(name: str, text: str) -> None:
    for lookup in lookups(text):
        message = finding_message(name, lookup)
        assert is_sanitized(message)
        assert len(message.message) < 800
        assert len(message.reason) <= 300
        # The help contains no untrusted text.
        assert message.help == finding_message("old-lib", lookup).help


@pytest.mark.parametrize("lookup", [lookup for lookup in lookups("x") if rule_of(lookup) is not None], ids=repr)
def test_every_finding_has_help(lookup: LookupResult) -> None:
    assert finding_message("old-lib", lookup).help


@pytest.mark.parametrize("status", [ProjectStatus.ARCHIVED, ProjectStatus.DEPRECATED])
def test_help_suggests_a_valid_ignore_comment(status: ProjectStatus) -> None:
    help_text = finding_message("old-lib", KnownStatus(status, "", ORIGIN)).help
    assert f"`# mothball: ignore[{status}] WHY`" in help_text
    assert status in [*Rule]
    assert "replace or remove it" in help_text


@pytest.mark.parametrize("reason", ["", "{keep}", "use `# mothball: ignore[quarantined]`"])
def test_help_for_quarantined_suggests_no_ignore(reason: str) -> None:
    help_text = finding_message("bad-lib", KnownStatus(ProjectStatus.QUARANTINED, reason, ORIGIN)).help
    assert "ignore" not in help_text
    assert "remove it" in help_text


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (
            KnownStatus(ProjectStatus.ARCHIVED, "", ORIGIN),
            "not even security fixes: replace it with new-lib, or ignore",
        ),
        (
            KnownStatus(ProjectStatus.DEPRECATED, "", ORIGIN),
            "advise against using it: replace it with new-lib, or ignore",
        ),
        (KnownStatus(ProjectStatus.QUARANTINED, "", ORIGIN), "as possible malware: replace it with new-lib"),
        (UnrecognizedStatus("frozen", "", ORIGIN), "replace it with new-lib; otherwise see its page"),
        (Missing(ORIGIN), "replace it with new-lib; otherwise check the spelling"),
    ],
)
def test_help_names_the_configured_successor(lookup: LookupResult, expected: str) -> None:
    assert expected in finding_message("old-lib", lookup, successor="new-lib").help
    # For a transitive dependency, the successor is that of the direct one.
    transitive = finding_message("old-lib", lookup, ("web-lib",), successor="new-lib").help
    is_advised = isinstance(lookup, KnownStatus) and lookup.status is not ProjectStatus.QUARANTINED
    assert ("upgrade web-lib, or replace it with new-lib" in transitive) == is_advised
    assert is_advised or "new-lib" not in transitive


@pytest.mark.parametrize("status", [ProjectStatus.ARCHIVED, ProjectStatus.QUARANTINED])
def test_name_in_a_reason_is_never_part_of_the_help(status: ProjectStatus) -> None:
    text = finding_message("old-lib", KnownStatus(status, "renamed to evil-lib, use evil-lib", ORIGIN))
    assert "evil-lib" not in text.help


def test_help_for_missing_warns_of_registration_by_others() -> None:
    help_text = finding_message("old-lib", Missing(ORIGIN)).help
    assert help_text.endswith(" or deleted name")
    elsewhere = Missing(ORIGIN._replace(index_url="https://index.example/"))
    assert finding_message("old-lib", elsewhere).help.endswith(
        "; check the URL of the index, too: most of them end in /simple/"
    )
    assert "anyone can register" in help_text


def test_help_for_missing_first_names_the_index_setting_of_the_file() -> None:
    source = EntrySource("/shop/pyproject.toml", index_setting="[[tool.uv.index]]")
    assert finding_message("acme-lib", Missing(ORIGIN), source=source).help.startswith(
        "if it is internal, name its index (`[[tool.uv.index]]`), and add it to `private` in pyproject.toml; otherwise"
    )
    assert "(`index-url`), and add it to `private` in mothball.toml" in finding_message("x", Missing(ORIGIN)).help


@pytest.mark.parametrize(
    ("path", "main", "ignores"),
    [
        ("/shop/pyproject.toml", "[tool.mothball]", "[tool.mothball.ignore]"),
        ("/shop/mothball.toml", "the top of mothball.toml", "[ignore] of mothball.toml"),
        ("", "the top of mothball.toml", "[ignore] of mothball.toml"),
    ],
)
def test_messages_name_the_table_of_the_configuration_file(path: str, main: str, ignores: str) -> None:
    source = EntrySource(path, is_generated=True)
    forbidden = Unavailable(Cause.UNAUTHORIZED, "", ORIGIN, ignorable_status=403)
    archived = KnownStatus(ProjectStatus.ARCHIVED, "", ORIGIN)
    assert finding_message("old-lib", forbidden, source=source).help.endswith(f"to {main}")
    assert finding_message("old-lib", archived, source=source).help.count(f"or ignore it in {ignores} with `") == 1
    assert f"to {main} if the index" in not_stated_message(INDEX, 1, path).help


def test_help_for_an_ignorable_status_names_the_setting() -> None:
    forbidden = Unavailable(Cause.UNAUTHORIZED, "index.example returned 403 Forbidden", ORIGIN)
    setting = f'`indexes."{INDEX}".ignore-error-codes = [403]` to the top of mothball.toml'
    assert setting in finding_message("old-lib", forbidden._replace(ignorable_status=403)).help
    for other in (forbidden, forbidden._replace(ignorable_status=401)):
        assert "ignore-error-codes" not in finding_message("old-lib", other).help


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        (Cause.OFFLINE, "online"),
        (Cause.UNAUTHORIZED, "credentials"),
        (Cause.REFUSED_REDIRECT, "index-url"),
        (Cause.UNEXPECTED_RESPONSE, "PEP 503"),
        (Cause.TLS, "REQUESTS_CA_BUNDLE"),
        (Cause.PROXY, "mothball explain NAME"),
        (Cause.UNREACHABLE, "check its URL and your network"),
        *((cause, "check again") for cause in (Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DEADLINE)),
        *((cause, "check again") for cause in (Cause.SERVER_ERROR, Cause.RATE_LIMITED, Cause.TOO_LARGE)),
    ],
)
def test_help_for_a_failed_lookup_depends_on_the_cause(cause: Cause, remedy: str) -> None:
    assert remedy in finding_message("old-lib", Unavailable(cause, "", ORIGIN)).help


def test_help_for_a_failed_handshake_is_not_about_authorities() -> None:
    detail = "cannot establish a TLS connection to index.example (tlsv13 alert certificate required)"
    help_text = finding_message("old-lib", Unavailable(Cause.TLS, detail, ORIGIN)).help
    assert ("client-cert" in help_text, "REQUESTS_CA_BUNDLE" in help_text) == (True, False)


@pytest.mark.parametrize("reason", [*SkipReason])
def test_every_skip_reason_has_a_text(reason: SkipReason) -> None:
    assert SKIP_REASON_TEXT[reason]
    message = finding_message("old-lib", Skipped(reason)).message
    assert message == f"old-lib was not looked up: {SKIP_REASON_TEXT[reason]}"


# --- ignores, indexes and ages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "projects"), [(1, "1 project from it"), (2, "2 projects from it"), (0, "0 projects from it")]
)
def test_message_for_an_index_without_statuses_has_a_count(count: int, projects: str) -> None:
    text = not_stated_message(INDEX, count)
    assert text.message == f"{INDEX} publishes no project statuses: {projects} may be archived"
    assert "status-index" in text.help


@pytest.mark.parametrize(
    ("text", "message", "help_text"),
    [
        (
            unused_ignore_message("old-lib", ("archived", "missing")),
            "the ignore of `archived`, `missing` for old-lib matches no finding",
            "remove it",
        ),
        (
            expired_ignore_message("old-lib", "2027-03-01"),
            "the ignore for old-lib expired on 2027-03-01",
            "replace or remove the package, or set a later `until`",
        ),
        (
            stale_message(INDEX, 1, 7300),
            f"{INDEX} could not be queried: 1 result is from the cache, up to 2 h old",
            "check again when the index responds",
        ),
        (
            stale_message(INDEX, 2, 7300, "index.example returned 401"),
            f"{INDEX} could not be queried: 2 results are from the cache, up to 2 h old; index.example returned 401",
            "check again when the index responds",
        ),
        (stale_message("", 3, 86400), "offline: 3 results are from the cache, up to 1 d old", ""),
    ],
)
def test_message_and_help_of_ignores_and_cached_results(text: MessageText, message: str, help_text: str) -> None:
    assert text == MessageText(message, help_text)


@given(UNTRUSTED)
def test_untrusted_names_and_urls_are_sanitized(text: str) -> None:
    assert is_sanitized(not_stated_message(text, 2))
    assert is_sanitized(stale_message(text, 2, 60.0))
    assert is_sanitized(unused_ignore_message(text, ("archived",)))
    assert is_sanitized(expired_ignore_message(text, "2027-03-01"))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "less than a minute"),
        (0, "less than a minute"),
        (59.99, "less than a minute"),
        (60, "1 min"),
        (119.9, "1 min"),
        (3599.9, "59 min"),
        (3600, "1 h"),
        (86399.9, "23 h"),
        (86400, "1 d"),
        (86400 * 400.5, "400 d"),
    ],
)
def test_age_is_formatted_in_its_largest_unit(seconds: float, expected: str) -> None:
    assert format_age(seconds) == expected


@given(st.floats(min_value=60, max_value=1e12))
def test_age_is_rounded_down(seconds: float) -> None:
    match = re.fullmatch(r"([1-9]\d*) (min|h|d)", format_age(seconds))
    assert match is not None
    size = {"min": 60, "h": 3600, "d": 86400}[match[2]]
    assert int(match[1]) * size <= seconds < (int(match[1]) + 1) * size


def test_unknown_statuses_can_be_accepted_except_for_the_built_in_default_index() -> None:
    assert '"none"' in not_stated_message("https://index.example/simple/", 1).help
    # An index that publishes statuses: without markers, neither setting would be true.
    of_default = not_stated_message(DEFAULT_INDEX, 1).help
    assert of_default.startswith(
        "the index itself publishes them: a proxy or mirror in between seems to remove them; set"
    )
    assert '"none"' not in of_default
    assert '"stated"' not in of_default


@pytest.mark.parametrize(("age", "text"), [(5, "from the cache, less than a minute old"), (600, "up to 10 min old")])
def test_age_of_cached_results_is_an_upper_bound(age: float, text: str) -> None:
    assert stale_message(INDEX, 2, age).message.endswith(text)
