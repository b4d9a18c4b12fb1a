"""The latest release, from the files of a page."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from mothball.index import simple_json
from mothball.index.page_fetcher import decode_page
from mothball.index.project_page import ProjectPage, release_from_file, status_of_page
from mothball.model.errors import PageError
from mothball.model.results import Origin, Release
from tests.support.timing import least_seconds

JSON = "application/vnd.pypi.simple.v1+json"
TIME = "2024-05-06T07:08:09.123456Z"


def file(version: str, day: str = "2024-05-06", **keys: Any) -> dict[str, Any]:
    """Return a file of `old-lib` in the format of a page."""
    name = f"old_lib-{version}-py3-none-any.whl"
    return {"filename": name, "hashes": {}, "url": name, "upload-time": f"{day}T01:02:03.456Z", **keys}


def release(*files: object) -> Release | None:
    body = json.dumps({"name": "old-lib", "files": files, "project-status": {"status": "archived"}}).encode()
    page = decode_page(body, JSON, "old-lib")
    assert page == ProjectPage("archived", release=page.release, files=page.files)
    return page.release


@pytest.mark.parametrize(
    ("file_name", "version"),
    [
        ("old_lib-1.0-py3-none-any.whl", "1.0"),
        ("Old.Lib-2.31.0-1-cp311-cp311-manylinux_2_17_x86_64.whl", "2.31.0"),
        ("old_lib-1!2.0.post1+local.1-py2.py3-none-any.whl", "1!2.0.post1+local.1"),
        ("old_lib-1.0.tar.gz", "1.0"),
        ("old-lib-1.0rc1.zip", "1.0rc1"),
        ("Old-Lib-0.9.tar.bz2", "0.9"),
        ("old.lib-2004d.tgz", "2004d"),
        ("old_lib.tar.gz", None),
        ("old-lib-1.0-beta-2.tar.gz", None),
        ("old_lib-1.0-py3-none.whl", None),
        ("old_lib-1.0-1-2-py3-none-any.whl", None),
        ("other-1.0-py3-none-any.whl", None),
        ("old-lib-more-1.0.tar.gz", None),
        ("old_lib-1.0-py2.7.egg", None),
        ("old_lib-1.0.win32.exe", None),
        ("old_lib-**1.0**.tar.gz", None),
        ("old_lib-1.0\n.tar.gz", None),
        ("old_lib-1 [a](https:).tar.gz", None),
        ("old_lib-\u0661.0.tar.gz", None),
        ("old_lib-" + "1" * 64 + ".tar.gz", "1" * 64),
        ("old_lib-" + "1" * 65 + ".tar.gz", None),
        ("old" + "_" * 600 + "lib-1.0.tar.gz", None),
        ("", None),
        (".whl", None),
        (".tar.gz", None),
    ],
)
def test_version_is_read_from_file_name(file_name: str, version: str | None) -> None:
    found = release_from_file(file_name, TIME, "old-lib")
    assert found == (None if version is None else Release(version, "2024-05-06"))


@pytest.mark.parametrize(
    ("upload_time", "date"),
    [
        (TIME, "2024-05-06"),
        ("2024-05-06T07:08:09Z", "2024-05-06"),
        ("2024-05-06T07:08:09+00:00", "2024-05-06"),
        ("2024-05-06T07:08:09", None),
        ("2024-05-06T07:08:09+02:00", None),
        ("2024-05-06", None),
        ("2024-13-06T07:08:09Z", None),
        ("2024-05-32T07:08:09Z", None),
        ("**24-05-06T07:08:09Z", None),
        ("\u06622024-05-06T07:08:09Z", None),
        ("2024-05-06T07:08:09Z\n", None),
        ("2024-05-06T" + "0" * 1_000_000 + "Z", None),
    ],
)
def test_date_is_that_of_the_upload_time_in_utc(upload_time: str, date: str | None) -> None:
    found = release_from_file("old_lib-1.0.tar.gz", upload_time, "old-lib")
    assert found == (None if date is None else Release("1.0", date))


_NAMES = st.from_regex(r"[a-z](?:[-_.]?[a-z0-9]){0,8}", fullmatch=True)
_VERSIONS = st.from_regex(
    r"(?:[0-9]!)?[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}(?:rc[0-9])?(?:\.post[0-9])?(?:\+[a-z]{1,3}\.[0-9])?", fullmatch=True
)


@given(_NAMES, _VERSIONS)
def test_file_names_are_parsed_like_packaging(name: str, version: str) -> None:
    normalized = canonicalize_name(name)
    sdist, wheel = f"{name}-{version}.tar.gz", f"{normalized.replace('-', '_')}-{version}-py3-none-any.whl"
    assert parse_sdist_filename(sdist) == (normalized, Version(version))
    assert parse_wheel_filename(wheel)[:2] == (normalized, Version(version))
    for file_name in (sdist, wheel):
        assert release_from_file(file_name, TIME, normalized) == Release(version, "2024-05-06")


_HARMLESS = set(string.ascii_letters + string.digits + ".!+_")


@given(
    st.text() | st.text().map("old-lib-{}.tar.gz".format) | st.text().map("old_lib-{}-py3-none-any.whl".format),
    st.text() | st.just(TIME),
)
def test_release_is_always_short_printable_text(file_name: str, upload_time: str) -> None:
    found = release_from_file(file_name, upload_time, "old-lib")
    assert found is None or (set(found.version) <= _HARMLESS and 0 < len(found.version) <= 64 and len(found.date) == 10)


# --- choice of the file ---


def test_latest_release_was_uploaded_last() -> None:
    files = [file("1.0", "2020-01-02"), file("3.0", "2024-03-04"), file("2.9.1", "2023-12-31")]
    assert release(*files) == Release("3.0", "2024-03-04")


@pytest.mark.parametrize("yanked", [True, "broken"])
def test_yanked_files_are_no_latest_release(yanked: object) -> None:
    assert release(file("1.0", yanked=""), file("2.0", "2025-01-01", yanked=yanked)) == Release("1.0", "2024-05-06")
    assert release(file("2.0", yanked=yanked)) is None


def test_page_without_upload_times_has_no_latest_release() -> None:
    assert release() is None
    assert release({"filename": "old_lib-1.0.tar.gz"}, file("2.0") | {"upload-time": None}) is None


@pytest.mark.parametrize(
    "odd", [3, None, "x", [], {"filename": 3}, {"upload-time": 12.5}, {"yanked": {}}, {"filename": {"x": []}}]
)
def test_invalid_files_do_not_prevent_reading_the_status(odd: object) -> None:
    assert release(file("1.0"), odd) is None


@pytest.mark.parametrize("files", ["3", '"x"', "{}", "null", "[1,", '["\\ud800"]'])
@pytest.mark.parametrize("limit", [200_000, 0])
def test_files_that_are_not_an_array_are_an_error(files: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simple_json, "_MAX_OBJECTS", limit)
    body = f'{{"name": "old-lib", "files": {files}, "project-status": {{"status": "archived"}}}}'.encode()
    with pytest.raises(PageError):
        decode_page(body, JSON, "old-lib")


def test_files_of_a_page_with_twice_the_size_of_the_largest_real_one_are_read() -> None:
    files = [file(f"1.{number}", url="x" * 700) for number in range(18_000)]
    page = json.dumps({"name": "old-lib", "files": files}).encode()
    assert 14_000_000 < len(page) < 16 * 1024 * 1024
    assert decode_page(page, JSON, "old-lib").files is not None


@pytest.mark.parametrize("files", ["{}" + ",{}" * 250_000, '{"url": "' + "x" * 16 * 1024 * 1024 + '"}'])
def test_files_of_a_page_whose_list_may_take_much_memory_are_not_decoded(files: str) -> None:
    page = f'{{"name": "old-lib", "files": [{files}], "project-status": {{"status": "archived"}}}}'.encode()
    assert decode_page(page, JSON, "old-lib") == ProjectPage("archived", files=None)


@pytest.mark.alone
def test_files_are_read_in_linear_time() -> None:
    def seconds(count: int) -> float:
        body = json.dumps({"name": "old-lib", "files": [file(f"1.{number}") for number in range(count)]}).encode()
        return least_seconds(lambda: decode_page(body, JSON, "old-lib"))

    assert seconds(8_000) < 50 * seconds(1_000)


@pytest.mark.parametrize("marker", [None, "archived", "odd"])
def test_every_status_has_the_latest_release(marker: str | None) -> None:
    told = Release("1.0", "2024-05-06")
    assert (
        status_of_page(ProjectPage(marker, release=told), Origin("https://index.example/simple/", 1.0)).release == told
    )
