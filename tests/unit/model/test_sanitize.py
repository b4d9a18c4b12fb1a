from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mothball.model.sanitize import MAX_UNTRUSTED_TEXT, mask_secrets, one_line, sanitize_line, strip_credentials
from tests.support.timing import least_seconds

HARMFUL_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Cs"}
VARIATION_SELECTORS = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x180B, 0x180C, 0x180D, 0x180F}
TAGS = set(range(0xE0000, 0xE0080))
FILLERS = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
HARMFUL_CODE_POINTS = VARIATION_SELECTORS | TAGS | FILLERS
# Including surrogates: json.loads creates them from `\ud800`.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80) | st.text(
    st.sampled_from(
        ["a", "é", " ", "…", "\n", "\r", "\t", "\x1b", "\u202e", "\u200b", "\ufeff", "\U000e0041", "\ud800"]
    ),
    max_size=80,
)


def is_harmless(text: str) -> bool:
    return not any(
        unicodedata.category(char) in HARMFUL_CATEGORIES or ord(char) in HARMFUL_CODE_POINTS for char in text
    )


# --- one_line ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (" \t\n ", ""),
        ("moved to the new home", "moved to the new home"),
        ("two\r\nlines", "two lines"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\u202eb\u2066c", "a b c"),
        ("zero\u200bwidth\ufeff", "zero width"),
        ("tab\tand\u00a0space", "tab and space"),
        ("\U000e0041\U000e007ftags", "tags"),
        ("naïve 漢字 🎉", "naïve 漢字 🎉"),
        ("\ud800lone", "lone"),
    ],
)
def test_untrusted_text_becomes_one_readable_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_all_harmful_code_points_are_replaced() -> None:
    harmful = [char for char in map(chr, range(sys.maxunicode + 1)) if not is_harmless(char)]
    for start in range(0, len(harmful), 100):
        some = harmful[start : start + 100]
        shown = one_line("".join(f"a{char}b" for char in some), 1000)
        assert shown == "a b" * len(some), [f"U+{ord(char):04X}" for char in some]


def test_ordinary_text_is_unchanged() -> None:
    taken = [
        f"U+{code_point:04X}"
        for code_point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code_point))[0] in "LNP"
        and code_point not in FILLERS
        and one_line(chr(code_point)) != chr(code_point)
    ]
    assert taken == []


@given(ANY_TEXT, st.integers(min_value=1, max_value=60))
@example("x" * 5, 4)
@example("abc \nd", 4)
def test_result_is_one_sanitized_line_within_the_limit(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    assert is_harmless(shown)
    assert shown == shown.strip()
    assert "  " not in shown


@given(ANY_TEXT, st.integers(min_value=1, max_value=60))
def test_one_line_is_idempotent(text: str, limit: int) -> None:
    once = one_line(text, limit)
    assert one_line(once, limit) == once


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("abcd", 4, "abcd"),
        ("abcde", 4, "abc…"),
        ("ab cde", 4, "ab…"),
        ("a\n\n\n\nb", 3, "a b"),
        # Text beyond four times the limit is ignored, so the result may be truncated.
        (" " * 100 + "far away", 4, "…"),
        ("ab" + " " * 100, 4, "ab…"),
        ("abcde", 1, "…"),
    ],
)
def test_truncation_is_marked(text: str, limit: int, shown: str) -> None:
    assert one_line(text, limit) == shown


def test_default_limit_is_the_constant() -> None:
    assert len(one_line("x" * (MAX_UNTRUSTED_TEXT + 1))) == MAX_UNTRUSTED_TEXT
    assert one_line("x" * MAX_UNTRUSTED_TEXT) == "x" * MAX_UNTRUSTED_TEXT


def seconds(work: Callable[[str], object], text: str) -> float:
    return least_seconds(lambda: [work(text) for _ in range(20)], times=5)


@pytest.mark.alone
@pytest.mark.parametrize("unit", ["x", " ", "\u202e", "a\n", "\ud800"])
def test_time_is_bounded_for_huge_text(unit: str) -> None:
    assert seconds(one_line, unit * 4_000_000) < 50 * seconds(one_line, unit * 4_000)


# --- sanitize_line ---------------------------------------------------------------------------------------------------


@given(ANY_TEXT, st.integers(min_value=0, max_value=100))
def test_code_points_stay_in_their_columns(line: str, limit: int) -> None:
    shown = sanitize_line(line, limit)
    assert len(shown) == min(len(line), limit)
    assert is_harmless(shown)
    assert all(new in {old, " "} for old, new in zip(line, shown, strict=False))
    assert all(new == old for old, new in zip(line, shown, strict=False) if one_line(old) == old)


def test_tab_takes_one_column() -> None:
    assert sanitize_line("\told-lib\t==1.2 # 🎉", 80) == " old-lib ==1.2 # 🎉"


# --- strip_credentials ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        # An encoded "@" ends no user information, and a host has none.
        ("https://user:s3cret%40index.example/simple/", "https://…/"),
        ("https://user%40corp.example:s3cret@index.example/simple/", "https://index.example/simple/"),
        ("https://index.example/a%40b/", "https://index.example/a%40b/"),
        ("https://index.example/simple/", "https://index.example/simple/"),
        ("https://user:secret@index.example/simple/?token=x", "https://index.example/simple/"),
        ("https://token@index.example/simple/", "https://index.example/simple/"),
        ("https://user:p@ss@index.example/simple/", "https://index.example/simple/"),
        ("https://index.example/simple/#secret", "https://index.example/simple/"),
        ("https://index.example/simple/#a?b", "https://index.example/simple/"),
        ("https://index.example?user:secret@x", "https://index.example"),
        ("https://user:secret@[::1]:8080/simple/", "https://[::1]:8080/simple/"),
        ("https://[::1]/simple/", "https://[::1]/simple/"),
        ("HTTPS://User:Secret@Index.Example/Simple/", "HTTPS://Index.Example/Simple/"),
        ("https://:@index.example/", "https://index.example/"),
        ("https://user:@index.example/", "https://index.example/"),
        (r"https://a\@b/", "https://b/"),
        (r"https://user:se\cret@index.example/", "https://index.example/"),
        # A feed with a view has an "@" in its path and no credentials.
        ("https://index.example:8443/feed@view/simple/", "https://index.example:8443/feed@view/simple/"),
        ("https://me:secret@index.example/feed@view/simple/", "https://index.example/feed@view/simple/"),
        # Without scheme or slashes it is not a URL that can be queried, but it may be displayed.
        ("user:secret@index.example/simple", "index.example/simple"),
        ("//user:secret@index.example/simple", "//index.example/simple"),
        ("https:/user:secret@index.example/simple", "https:/index.example/simple"),
        ("https:user:secret@index.example/simple", "index.example/simple"),
        ("index.example/simple", "index.example/simple"),
        ("./wheels", "./wheels"),
        ("file:///srv/wheels", "file:///srv/wheels"),
        ("", ""),
        # An unencoded slash, question mark or hash in the password ends the authority for every parser.
        ("https://user:sec/ret@index.example/", "https://…/"),
        ("https://user:sec?ret@index.example/", "https://…/"),
        ("https://user:#secret@index.example/", "https://…/"),
        ("https://user:/secret@index.example/", "https://…/"),
    ],
)
def test_only_scheme_host_and_path_of_a_url_remain(url: str, shown: str) -> None:
    assert strip_credentials(url) == shown


# With characters that should be percent-encoded, because users paste passwords unencoded.
SECRETS = st.text(st.sampled_from("QXZÉ1@:\\%&=+~!'()*,;[]. \t\n"), max_size=12).map(lambda text: f"Q{text}")
# With an "@" before the slash it would be a valid URL of another host.
UNENCODED = st.tuples(SECRETS.filter(lambda text: "@" not in text), st.sampled_from("/?#"), SECRETS).map("".join)
HOSTS = st.sampled_from(["index.example", "index.example:8443", "[::1]", "[2001:db8::1]:80", "localhost"])
PATHS = st.sampled_from(["", "/", "/simple/", "/simple", "//simple", "/feed@view/simple/"])
SITES = st.tuples(HOSTS, PATHS).map("".join)
TAILS = st.sampled_from(["", "?a=b", "#c", "?a=@b#@c", "?token=Q", "#Q@Q", "?x=/Q@q"])


@given(st.sampled_from(["http", "https", "HTTPS", "git+ssh"]), SECRETS, SECRETS | UNENCODED, SITES, TAILS)
def test_credentials_are_removed(scheme: str, user: str, password: str, site: str, tail: str) -> None:
    shown = strip_credentials(f"{scheme}://{user}:{password}@{site}{tail}")
    if re.search(r"[/?#]", password):
        assert shown == f"{scheme}://…/"
    else:
        assert shown == f"{scheme}://{site}"


@given(st.text(st.sampled_from("hQ:/@?#[]\\.1 \n\ud800"), max_size=30))
def test_strip_credentials_is_idempotent(rest: str) -> None:
    once = strip_credentials(f"https://h{rest}")
    assert "?" not in once
    assert "#" not in once
    host = once.removeprefix("https://").partition("/")[0]
    assert "@" not in host
    assert strip_credentials(once) == once


@pytest.mark.alone
@pytest.mark.parametrize("unit", ["a", "@", ":", "/", "?", "[", "a:", "@/", "1"])
def test_strip_credentials_takes_linear_time(unit: str) -> None:
    assert seconds(strip_credentials, unit * 30_000) < 60 * seconds(strip_credentials, unit * 3_000)


# --- secrets ----------------------------------------------------------------------------------------------------------

SECRET = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\"'<>?#/"), min_size=4)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("lib @ https://user:pw@index.example/lib@v1 x", "lib @ https://*******@index.example/lib@v1 x"),
        ("'git+ssh://a:b@c@h/x' y@z", "'git+ssh://*****@h/x' y@z"),
        ("-i https://h/simple?token=abc&x=1#egg=a b", "-i https://h/simple?*************#egg=a b"),
        ("https://u:p/w@h/ https://h.example:80/a@b", "https://*****@h/ https://h.example:80/a@b"),
        ("what? https://h/ a?b", "what? https://h/ a?b"),
        ("a?b://u:p@h", "a?b://***@h"),
        ("u:p@h", "u:p@h"),
        ("://@", "://@"),
    ],
)
def test_possible_secrets_in_urls_are_masked(text: str, shown: str) -> None:
    assert mask_secrets(text) == shown
    assert mask_secrets(shown) == shown


@given(st.text(max_size=20), SECRET, SECRET, st.text(max_size=20))
def test_masking_hides_secrets_and_keeps_all_other_positions(before: str, user: str, password: str, after: str) -> None:
    text = f"{before} https://{user}:{password}@index.example/lib?{password} {after}"
    for shown in (mask_secrets(text), sanitize_line(text, 1000), one_line(text, 1000)):
        rest = shown.replace(before, "").replace(after, "") if before and after else shown
        assert (
            password not in rest or set(password) <= {"*"} or password in f"https://index.example/lib?{before}{after}"
        )
    assert len(mask_secrets(text)) == len(sanitize_line(text, 10_000)) == len(text)


@pytest.mark.alone
@pytest.mark.parametrize("unit", ["://", "://@", "://a?", "a@b://", "?#://"])
def test_masking_takes_linear_time(unit: str) -> None:
    assert seconds(mask_secrets, unit * 10_000) < 60 * seconds(mask_secrets, unit * 1_000)


@pytest.mark.parametrize(
    "address",
    [
        "https://user:12/s3cret@index.example/simple/",
        "https://user:s3cret%40index.example/simple/",
        "https://tok/s3cret@index.example/simple/",
        "https://user:pa@s3cret#x@index.example/simple/",
    ],
)
def test_password_that_resembles_a_host_is_masked(address: str) -> None:
    assert strip_credentials(address) == "https://…/"
    assert "s3cret" not in mask_secrets(f"see {address}")


@pytest.mark.parametrize(
    "address", ["https://index.example/feed@view/simple/", "http://localhost:8080/feed@view/", "http://[::1]:80/a@b/"]
)
def test_at_sign_in_a_path_is_kept(address: str) -> None:
    assert strip_credentials(address) == address
    assert mask_secrets(address) == address
