"""JSON project pages (PEP 691), with all variants of the marker that indexes use."""

from __future__ import annotations

import json

import pytest

from mothball.index.page_fetcher import decode_page
from mothball.index.project_page import ProjectPage
from mothball.model.errors import PageError

JSON = "application/vnd.pypi.simple.v1+json"

# As PyPI serves it: sorted keys, the marker after the files.
ARCHIVED = (
    b'{"alternate-locations":[],"files":[],"meta":{"_last-serial":22222086,"api-version":"1.4"},'
    b'"name":"pil","project-status":{"status":"archived"},"versions":[]}'
)


def page(content: object, name: str = "pil", content_type: str = JSON) -> ProjectPage:
    """Decode ``content``; required keys are added to an object."""
    whole = {"name": name, "files": []} | content if isinstance(content, dict) else content
    return decode_page(json.dumps(whole).encode(), content_type, name)


def bare(content: object) -> ProjectPage:
    return decode_page(json.dumps(content).encode(), JSON, "pil")


def test_status_after_the_files_is_read() -> None:
    assert decode_page(ARCHIVED, JSON, "pil") == ProjectPage("archived")


def test_reason_is_returned_unchanged() -> None:
    content = {"name": "pil", "project-status": {"status": "quarantined", "reason": "haunted\x1b[31m\n<b>"}}
    assert page(content) == ProjectPage("quarantined", "haunted\x1b[31m\n<b>")


def test_page_of_new_api_version_without_marker_has_no_status() -> None:
    assert page({"name": "pil", "files": [], "meta": {"api-version": "1.4"}}) == ProjectPage(None)


@pytest.mark.parametrize("marker", [None, {}, {"status": None}, {"reason": "why not"}])
def test_null_or_empty_marker_counts_as_absent(marker: object) -> None:
    assert page({"name": "pil", "project-status": marker}) == ProjectPage(None)


@pytest.mark.parametrize(
    "content",
    [
        {"project-status": {"state": "active", "status": "archived"}},
        {"project-status": {"status": "active"}, "meta": {"project-status": "archived"}},
        {"project-status": {"state": "archived"}, "meta": {"project-status": "active"}},
    ],
)
def test_page_with_two_statuses_is_an_error(content: dict[str, object]) -> None:
    with pytest.raises(PageError, match="two statuses, 'a"):
        page({"name": "pil", **content})


def test_same_status_twice_is_accepted() -> None:
    content = {"project-status": {"state": "archived", "status": "archived"}, "meta": {"project-status": "archived"}}
    assert page({"name": "pil", **content}) == ProjectPage("archived")


def test_meta_is_used_if_the_marker_is_null() -> None:
    content = {"name": "pil", "project-status": {}, "meta": {"project-status": "archived"}}
    assert page(content) == ProjectPage("archived")


def test_state_is_read_without_status() -> None:
    assert page({"name": "pil", "project-status": {"state": "archived", "reason": "r"}}) == ProjectPage("archived", "r")


def test_strings_in_meta_are_read_without_marker() -> None:
    meta = {"api-version": "1.4", "project-status": "archived", "project-status-reason": "moved"}
    assert page({"name": "pil", "meta": meta}) == ProjectPage("archived", "moved")
    assert page({"name": "pil", "meta": meta, "project-status": None}) == ProjectPage("archived", "moved")


def test_marker_takes_precedence_over_invalid_meta() -> None:
    nonsense: tuple[object, ...] = (5, ["archived"], {})
    for misplaced in nonsense:
        meta = {"project-status": misplaced, "project-status-reason": misplaced}
        content = {"name": "pil", "meta": meta, "project-status": {"status": "deprecated"}}
        assert page(content) == ProjectPage("deprecated")


@pytest.mark.parametrize(
    "odd",
    [
        {"project-status": "archived"},
        {"project-status": ["archived"]},
        {"project-status": 3},
        {"project-status": True},
        {"project-status": {"status": 3}},
        {"project-status": {"status": {"status": "archived"}}},
        {"project-status": {"status": "archived", "reason": 3}},
        {"meta": []},
        {"meta": {"api-version": 1.4}},
        {"meta": {"project-status": {"status": "archived"}}},
        {"meta": {"project-status": "archived", "project-status-reason": 3}},
        {"name": 3},
    ],
)
def test_wrong_type_is_an_error(odd: dict[str, object]) -> None:
    content = {"name": "pil", "files": []} | odd
    with pytest.raises(PageError, match="invalid field: "):
        page(content)


@pytest.mark.parametrize("marker", ["Archived", "ARCHIVED", " archived", "haunted", ""])
def test_marker_not_in_the_standard_is_returned_unchanged(marker: str) -> None:
    assert page({"name": "pil", "project-status": {"status": marker}}).marker == marker


def test_page_of_another_project_is_an_error() -> None:
    with pytest.raises(PageError, match="another project, 'pillow'"):
        page({"name": "pillow", "project-status": {"status": "active"}})


def test_name_on_the_page_is_normalized() -> None:
    assert page({"name": "Zope._Interface", "files": []}, "zope-interface") == ProjectPage(None)


@pytest.mark.parametrize("version", ["1.0", "1.4", "1.5", "1.999", "0.9"])
def test_every_minor_version_is_accepted(version: str) -> None:
    assert page({"meta": {"api-version": version}, "project-status": {"status": "archived"}}).marker == "archived"


@pytest.mark.parametrize("version", ["2.0", "10.1"])
def test_higher_major_version_is_an_error(version: str) -> None:
    with pytest.raises(PageError, match=rf"simple API version {version}; only version 1 is supported"):
        page({"name": "pil", "meta": {"api-version": version}})


@pytest.mark.parametrize(
    "version", ["", "1", "one", "1.0.0", "1.x", "-1.0", "1.0\n", "\u0663.\u0660", "9" * 5000 + ".0"]
)
def test_invalid_version_is_an_error(version: str) -> None:
    with pytest.raises(PageError, match="invalid simple API version"):
        page({"name": "pil", "meta": {"api-version": version}})


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        ({}, "no name and no files"),
        ({"error": "log in first"}, "no name and no files"),
        ({"meta": {}}, "no name and no files"),
        ({"meta": None}, "no name and no files"),
        ({"meta": {"request": "1"}, "errors": []}, "no name and no files"),
        ({"meta": {"api-version": "1.0"}, "error": "login required"}, "no name and no files"),
        ({"files": None}, "no name and no files"),
        ({"files": [], "meta": {"api-version": "1.4"}}, "no name"),
        ({"name": None, "files": [], "project-status": {"status": "active"}}, "no name"),
        ({"name": "pil"}, "no files"),
        ({"name": "pil", "message": "hello"}, "no files"),
        ({"name": "pil", "project-status": {"status": "active"}}, "no files"),
        ({"name": "pil", "files": None}, "no files"),
        ({"name": "pil", "files": {}}, "no files"),
        ({"name": "pil", "files": "[]"}, "no files"),
    ],
)
def test_missing_required_keys_are_reported(content: object, missing: str) -> None:
    with pytest.raises(PageError, match=f"not a project page: it has {missing}"):
        bare(content)


@pytest.mark.parametrize("more", [{}, {"name": "pil"}, {"project-status": {"status": "active"}}])
def test_list_of_all_projects_is_an_error(more: dict[str, object]) -> None:
    with pytest.raises(PageError, match="list of all projects"):
        bare({"meta": {"api-version": "1.4"}, "projects": [{"name": "pil"}], **more})


def test_whitespace_before_files_is_accepted() -> None:
    assert decode_page(b'{"name" : "pil", "files" : \n\t [ ] }', JSON, "pil") == ProjectPage(None)


def test_last_value_of_a_duplicate_key_counts() -> None:
    body = b'{"project-status":{"status":"active"},"project-status":{"status":"archived"},"files":[],"name":"pil"}'
    assert decode_page(body, JSON, "pil") == ProjectPage("archived")


@pytest.mark.parametrize("content", ["[]", "null", '"archived"', "3", "", "[" * 100_000, "{", ARCHIVED.decode()[:-1]])
def test_json_that_is_truncated_or_not_an_object_is_an_error(content: str) -> None:
    with pytest.raises(PageError):
        decode_page(content.encode(), JSON, "pil")


@pytest.mark.parametrize("where", ['"files"', '"anything"', '"meta": {"project-status"', '"name"'])
def test_deep_nesting_is_an_error(where: str) -> None:
    depth = 300_000
    with pytest.raises(PageError):
        decode_page(f"{{{where}: {'[' * depth}{']' * depth}}}".encode(), JSON, "pil")


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', b'{"name": "\\ud800"}', b'{"name": "\\udfff\\ud800"}'])
def test_invalid_unicode_is_an_error(body: bytes) -> None:
    with pytest.raises(PageError, match="invalid JSON"):
        decode_page(body, JSON, "pil")


def test_marker_and_reason_are_truncated() -> None:
    content = {"name": "pil", "project-status": {"status": "m" * 1_000_000, "reason": "r" * 1_000_000}}
    assert page(content) == ProjectPage("m" * 10_000, "r" * 10_000)


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "Application/Vnd.Pypi.Simple.V1+JSON; charset=utf-8",
        "application/json",
        "text/html",
        "text_html",
        "text/plain",
        "",
    ],
)
def test_json_is_detected_for_every_content_type(content_type: str) -> None:
    for prefix in (b"", b" \n\t", b"\xef\xbb\xbf"):
        assert decode_page(prefix + ARCHIVED, content_type, "pil") == ProjectPage("archived")


@pytest.mark.parametrize("form", ["json", "html"])
def test_content_type_of_another_major_version_is_an_error(form: str) -> None:
    with pytest.raises(PageError, match="only version 1 is supported"):
        decode_page(ARCHIVED, f"application/vnd.pypi.simple.v2+{form}", "pil")
