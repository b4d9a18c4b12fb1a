"""The list of files of a project page: read from JSON and HTML, cached in a row of its own, reduced to a version."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.index import cache as cache_module
from mothball.index.cache import NOT_KEPT, CachedPage, StatusCache, page_key
from mothball.index.page_fetcher import decode_page
from mothball.index.project_page import (
    MAX_LIST,
    Fetched,
    ListedFile,
    NotModified,
    PageRequest,
    ProjectPage,
    all_files,
    encode_files,
    file_line,
    files_with_version,
    reduced_list,
)
from mothball.index.resolution import LookupSettings, Query
from mothball.index.resolver import Resolver
from mothball.model.results import IndexResult, KnownStatus, Origin, PageFiles, Source
from tests.support.fake_fetcher import FakeFetcher
from tests.support.timing import least_seconds

INDEX = "https://index.example/simple/"
JSON = "application/vnd.pypi.simple.v1+json"
DIGEST = "0123456789abcdef" * 4
TIME = "2024-05-06T07:08:09.123456Z"
WHEEL = "old_lib-1.0-py3-none-any.whl"
NOW = 1_800_000_000.0


def listed(*files: object) -> list[ListedFile] | None:
    """Return the files that are read from a JSON page with ``files``."""
    page = decode_page(json.dumps({"name": "old-lib", "files": files}).encode(), JSON, "old-lib")
    return None if page.files is None else list(all_files(page.files))


def listed_in_html(anchors: str) -> list[ListedFile] | None:
    page = decode_page(f"<title>Links for old-lib</title><body>{anchors}</body>".encode(), "text/html", "old-lib")
    return None if page.files is None else list(all_files(page.files))


# --- pages ---


def test_files_of_a_json_page_have_time_digest_and_reason() -> None:
    full = {"filename": WHEEL, "upload-time": TIME, "hashes": {"sha256": DIGEST, "md5": "0"}, "yanked": "broken"}
    bare = {"filename": "old_lib-2.0.tar.gz", "hashes": {}}
    assert listed(full, bare) == [
        ListedFile(WHEEL, TIME, DIGEST[:24], "broken"),
        ListedFile("old_lib-2.0.tar.gz", "", "", None),
    ]


@pytest.mark.parametrize(("yanked", "reason"), [(True, ""), ("why", "why"), ("", None), (False, None), (None, None)])
def test_file_is_yanked_if_the_value_is_truthy(yanked: object, reason: str | None) -> None:
    assert listed({"filename": WHEEL, "yanked": yanked}) == [ListedFile(WHEEL, "", "", reason)]


def test_reason_cannot_start_another_line_or_field() -> None:
    files = listed({"filename": WHEEL, "yanked": "one\ntwo\tthree\x00four"})
    assert files == [ListedFile(WHEEL, "", "", "one two three four")]


@pytest.mark.parametrize("name", ["old_lib-1.0\n.tar.gz", "old_lib-1.0\t.tar.gz"])
def test_list_with_control_characters_in_names_is_unknown(name: str) -> None:
    assert listed({"filename": name}) is None


def test_page_without_files_has_an_empty_list() -> None:
    assert listed() == []


@pytest.mark.parametrize("files", ["x", [{"filename": 3}], [{"filename": WHEEL, "hashes": {"sha256": 1}}]])
def test_invalid_list_is_unknown_and_the_status_is_read(files: object) -> None:
    body = json.dumps({"name": "old-lib", "files": files if isinstance(files, list) else [files]}).encode()
    assert decode_page(body, JSON, "old-lib") == ProjectPage(None, files=None)


def test_list_over_the_size_limit_is_unknown() -> None:
    assert encode_files([file_line("x" * MAX_LIST, None, None, None)]) is None


def test_files_of_an_html_page_have_digest_and_reason() -> None:
    files = listed_in_html(
        f'<a href="../../files/{WHEEL}?q#sha256={DIGEST}" data-requires-python="&gt;=3.8">x</a>'
        f"<A data-yanked='it &amp; that' HREF=old_lib-2.0%2Bcu124.tar.gz>y</A>"
        '<a data-requires-python=">=3.9" data-yanked href="old_lib-3.0.zip">z</a>'
        '<!-- <a href="old_lib-4.0.zip">commented</a> --><a href="../">parent</a>'
    )
    assert files == [
        ListedFile(WHEEL, "", DIGEST[:24], None),
        ListedFile("old_lib-2.0+cu124.tar.gz", "", "", "it & that"),
        ListedFile("old_lib-3.0.zip", "", "", ""),
    ]


@pytest.mark.parametrize("end", ['<a href="old_li', "", "\n", "<!-- </p> -->"])
def test_html_page_without_its_end_has_an_unknown_list(end: str) -> None:
    text = f'<title>Links for old-lib</title><body><a href="old_lib-1.0.zip">x</a>{end}'
    assert decode_page(text.encode(), "text/html", "old-lib").files is None


@pytest.mark.parametrize("page", ["{}", "<html>{}</HTML >", "<html><body>{}</body>\n<!-- x -->"])
def test_html_page_with_its_end_has_a_list(page: str) -> None:
    text = page.format('<h1>Links for old-lib</h1><a href="old_lib-1.0.zip">x</a>')
    assert decode_page(text.encode(), "text/html", "old-lib").files


@pytest.mark.alone
@pytest.mark.parametrize("part", ["<!-- ", "<a ", '<a "', "<a href='", "<a href=x "])
def test_hostile_html_takes_linear_time(part: str) -> None:
    head = "<title>Links for old-lib</title><body>"
    short, long = (f"{head}{part * count}></body>".encode() for count in (2_000, 20_000))

    def seconds(body: bytes) -> float:
        return least_seconds(lambda: decode_page(body, "text/html", "old-lib"))

    assert seconds(long) < 40 * seconds(short) + 0.05


# --- versions ---

FILES = (
    encode_files(
        [
            file_line("old-lib-1.0.tar.gz", TIME, DIGEST, None),
            file_line(WHEEL, TIME, DIGEST, None),
            file_line("old_lib-1.0.1-py3-none-any.whl", TIME, DIGEST, None),
            file_line("old-lib-extra-1.0.tar.gz", TIME, DIGEST, None),
            file_line("old_lib-2.0-py3-none-any.whl", TIME, DIGEST, "broken"),
        ]
    )
    or ""
)


def test_files_with_the_spelling_of_a_version_are_found() -> None:
    assert [file.name for file in files_with_version(FILES, "old-lib", "1.0")] == ["old-lib-1.0.tar.gz", WHEEL]
    assert files_with_version(FILES, "old-lib", "1") == []


def test_list_is_reduced_to_a_version_with_usable_files_only() -> None:
    text, is_whole = reduced_list(FILES, "old-lib", "1.0")
    assert [file.name for file in all_files(text)] == ["old-lib-1.0.tar.gz", WHEEL]
    assert not is_whole
    for version in ("2.0", "3.0", "1.0.0"):
        assert reduced_list(FILES, "old-lib", version) == (FILES, True)


@given(st.text(), st.text(max_size=5))
def test_any_text_can_be_searched(text: str, version: str) -> None:
    found = files_with_version(text, "old-lib", version)
    assert all(file in list(all_files(text)) for file in found)


# --- cache and resolver ---


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[StatusCache]:
    with closing(StatusCache.open(str(tmp_path))) as opened:
        yield opened


KEY = page_key(INDEX, "old-lib")
PAGE = ProjectPage("active", files=FILES)


def test_list_is_cached_apart_from_the_page(cache: StatusCache) -> None:
    cache.put_many({KEY: CachedPage(PAGE, None, 5.0, 5.0)})
    assert cache.get_many([KEY]) == {KEY: CachedPage(ProjectPage("active"), None, 5.0, 5.0)}
    assert cache.get_files({KEY: 5.0}) == {KEY: FILES}
    assert cache.info().entries == 1


def test_longest_list_is_cached_in_any_script(cache: StatusCache) -> None:
    longest = "\U0001f600" * MAX_LIST  # 4 bytes each
    cache.put_many({KEY: CachedPage(ProjectPage("active", files=longest), None, 5.0, 5.0)})
    assert cache.get_files({KEY: 5.0}) == {KEY: longest}
    assert cache.error is None


def test_list_of_another_response_is_not_returned(cache: StatusCache) -> None:
    cache.put_many({KEY: CachedPage(PAGE, None, 5.0, 5.0)})
    assert cache.get_files({KEY: 6.0}) == {}


def test_revalidated_page_keeps_its_list(cache: StatusCache) -> None:
    cache.put_many({KEY: CachedPage(PAGE, None, 5.0, 5.0)})
    cache.put_many({KEY: CachedPage(PAGE._replace(files=None), None, 9.0, 5.0)})
    assert cache.get_many([KEY])[KEY] == CachedPage(ProjectPage("active"), None, 9.0, 5.0)
    assert cache.get_files({KEY: 5.0}) == {KEY: FILES}


def look_up(
    cache: StatusCache | None, query: Query, script: dict[str, Any] | None = None, now: float = NOW
) -> tuple[IndexResult, list[PageRequest]]:
    fetcher = FakeFetcher({(INDEX, name): outcome for name, outcome in (script or {}).items()})
    resolver = Resolver(open_client=fetcher.open, cache=cache, clock=lambda: now)
    return resolver.look_up([query])[query], fetcher.asked


def files_of(result: IndexResult) -> PageFiles | None:
    assert isinstance(result, KnownStatus)
    return result.files


PINNED = Query("old-lib", (INDEX,), pin="1.0")
REDUCED = "\n".join(FILES.split("\n")[:2])


def test_result_of_a_query_with_a_pin_has_its_files(cache: StatusCache) -> None:
    result, _ = look_up(cache, PINNED, {"old-lib": Fetched(PAGE)})
    assert files_of(result) == PageFiles(REDUCED, is_whole=False, origin=Origin(INDEX, NOW))
    result, asked = look_up(cache, PINNED)
    assert files_of(result) == PageFiles(REDUCED, is_whole=False, origin=Origin(INDEX, NOW, Source.CACHE))
    assert asked == []


def test_result_without_a_pin_has_no_files_and_does_not_read_them(
    cache: StatusCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up(cache, PINNED, {"old-lib": Fetched(PAGE)})
    monkeypatch.setattr(cache_module.StatusCache, "get_files", None)
    result, _ = look_up(cache, PINNED._replace(pin=""))
    assert files_of(result) is None


def test_whole_list_is_returned_on_request_and_for_versions_without_usable_files() -> None:
    for query in (PINNED._replace(whole_list=True), PINNED._replace(pin="2.0"), PINNED._replace(pin="7.0")):
        result, _ = look_up(None, query, {"old-lib": Fetched(PAGE)})
        assert files_of(result) == PageFiles(FILES, is_whole=True, origin=Origin(INDEX, NOW))


def test_files_are_kept_when_the_page_is_not_modified(cache: StatusCache) -> None:
    look_up(cache, PINNED, {"old-lib": Fetched(PAGE, '"v1"')})
    later = NOW + 7200
    result, asked = look_up(cache, PINNED, {"old-lib": NotModified()}, later)
    assert asked == [PageRequest(INDEX, "old-lib", '"v1"')]
    assert files_of(result) == PageFiles(REDUCED, is_whole=False, origin=Origin(INDEX, later))
    result, asked = look_up(cache, PINNED, now=later)
    assert files_of(result) is not None
    assert asked == []


def test_page_is_requested_as_a_whole_if_the_cache_is_bypassed(cache: StatusCache) -> None:
    look_up(cache, PINNED, {"old-lib": Fetched(PAGE, '"v1"')})
    query = PINNED._replace(settings=LookupSettings(bypass_cache=True))
    result, asked = look_up(cache, query, {"old-lib": Fetched(PAGE)})
    assert asked == [PageRequest(INDEX, "old-lib", None)]
    assert isinstance(result, KnownStatus)
    assert result.origin.source is Source.INDEX


def test_list_is_only_stored_for_pinned_names(cache: StatusCache) -> None:
    """A pin that follows soon after is judged after another request, without the ETag."""
    look_up(cache, PINNED._replace(pin=""), {"old-lib": Fetched(PAGE, '"v1"')})
    assert cache.get_many([KEY])[KEY].listed_at == NOT_KEPT
    result, asked = look_up(cache, PINNED)
    files = files_of(result)
    assert asked == []
    assert files is not None
    assert not files.is_kept
    _, asked = look_up(cache, PINNED, {"old-lib": Fetched(PAGE)}, NOW + 7200)
    assert asked == [PageRequest(INDEX, "old-lib", None)]


def test_list_that_the_cache_has_deleted_is_not_kept(cache: StatusCache, tmp_path: Path) -> None:
    """It has a row of its own, which expires earlier: a page that is not modified is stored again without its list."""
    look_up(cache, PINNED, {"old-lib": Fetched(PAGE, '"v1"')})
    with closing(sqlite3.connect(tmp_path / "v2" / "cache.db", isolation_level=None)) as database:
        database.execute("DELETE FROM Cache WHERE key LIKE 'files-%'")
    for script in ({}, {"old-lib": NotModified()}):
        result, _ = look_up(cache, PINNED, script, NOW + 7200 if script else NOW)
        files = files_of(result)
        assert files is not None
        assert not files.is_kept
