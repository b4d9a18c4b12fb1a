"""Project pages in JSON (PEP 691), with every shape of the marker that is out there."""

from __future__ import annotations

import json

import pytest

from mothball.index.page_request import ProjectPage
from mothball.index.simple_api import decode_page
from mothball.model.errors import PageError

JSON = "application/vnd.pypi.simple.v1+json"

# As the index of record serves it: keys in alphabetical order, the marker behind the files.
ARCHIVED = (
    b'{"alternate-locations":[],"files":[],"meta":{"_last-serial":22222086,"api-version":"1.4"},'
    b'"name":"pil","project-status":{"status":"archived"},"versions":[]}'
)


def page(content: object, name: str = "pil", content_type: str = JSON) -> ProjectPage:
    """Decode ``content``; what every project page has is added to an object."""
    whole = {"name": name, "files": []} | content if isinstance(content, dict) else content
    return decode_page(json.dumps(whole).encode(), content_type, name)


def bare(content: object) -> ProjectPage:
    return decode_page(json.dumps(content).encode(), JSON, "pil")


def test_an_archived_project_is_read_behind_its_files() -> None:
    assert decode_page(ARCHIVED, JSON, "pil") == ProjectPage("archived")


def test_the_reason_is_kept_as_it_was_received() -> None:
    content = {"name": "pil", "project-status": {"status": "quarantined", "reason": "haunted\x1b[31m\n<b>"}}
    assert page(content) == ProjectPage("quarantined", "haunted\x1b[31m\n<b>")


def test_a_page_without_marker_states_nothing_though_its_version_could() -> None:
    assert page({"name": "pil", "files": [], "meta": {"api-version": "1.4"}}) == ProjectPage(None)


@pytest.mark.parametrize("marker", [None, {}, {"status": None}, {"reason": "why not"}])
def test_a_null_or_an_empty_marker_counts_as_absent(marker: object) -> None:
    assert page({"name": "pil", "project-status": marker}) == ProjectPage(None)


@pytest.mark.parametrize(
    "content",
    [
        {"project-status": {"state": "active", "status": "archived"}},
        {"project-status": {"status": "active"}, "meta": {"project-status": "archived"}},
        {"project-status": {"state": "archived"}, "meta": {"project-status": "active"}},
    ],
)
def test_a_page_that_states_two_statuses_is_none(content: dict[str, object]) -> None:
    with pytest.raises(PageError, match="two statuses, 'a"):
        page({"name": "pil", **content})


def test_the_same_status_twice_is_one() -> None:
    content = {"project-status": {"state": "archived", "status": "archived"}, "meta": {"project-status": "archived"}}
    assert page({"name": "pil", **content}) == ProjectPage("archived")


def test_a_marker_that_says_nothing_leaves_the_word_to_meta() -> None:
    content = {"name": "pil", "project-status": {}, "meta": {"project-status": "archived"}}
    assert page(content) == ProjectPage("archived")


def test_state_is_understood_where_there_is_no_status() -> None:
    assert page({"name": "pil", "project-status": {"state": "archived", "reason": "r"}}) == ProjectPage("archived", "r")


def test_strings_in_meta_are_understood_where_there_is_no_marker() -> None:
    meta = {"api-version": "1.4", "project-status": "archived", "project-status-reason": "moved"}
    assert page({"name": "pil", "meta": meta}) == ProjectPage("archived", "moved")
    assert page({"name": "pil", "meta": meta, "project-status": None}) == ProjectPage("archived", "moved")


def test_a_marker_wins_over_nonsense_in_meta() -> None:
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
def test_a_wrong_type_is_an_error_and_never_an_absent_marker(odd: dict[str, object]) -> None:
    content = {"name": "pil", "files": []} | odd
    with pytest.raises(PageError, match="invalid field: "):
        page(content)


@pytest.mark.parametrize("marker", ["Archived", "ARCHIVED", " archived", "haunted", ""])
def test_a_marker_that_is_no_literal_of_the_standard_is_returned_as_it_is(marker: str) -> None:
    assert page({"name": "pil", "project-status": {"status": marker}}).marker == marker


def test_a_page_of_another_project_is_an_error() -> None:
    with pytest.raises(PageError, match="another project, 'pillow'"):
        page({"name": "pillow", "project-status": {"status": "active"}})


def test_the_name_of_a_page_need_not_be_normalised() -> None:
    assert page({"name": "Zope._Interface", "files": []}, "zope-interface") == ProjectPage(None)


@pytest.mark.parametrize("version", ["1.0", "1.4", "1.5", "1.999", "0.9"])
def test_every_minor_version_is_read(version: str) -> None:
    assert page({"meta": {"api-version": version}, "project-status": {"status": "archived"}}).marker == "archived"


@pytest.mark.parametrize("version", ["2.0", "10.1"])
def test_a_higher_major_version_is_an_error(version: str) -> None:
    with pytest.raises(PageError, match=rf"simple API version {version}; only version 1 is supported"):
        page({"name": "pil", "meta": {"api-version": version}})


@pytest.mark.parametrize(
    "version", ["", "1", "one", "1.0.0", "1.x", "-1.0", "1.0\n", "\u0663.\u0660", "9" * 5000 + ".0"]
)
def test_a_version_that_is_none_is_an_error(version: str) -> None:
    with pytest.raises(PageError, match="invalid simple API version"):
        page({"name": "pil", "meta": {"api-version": version}})


@pytest.mark.parametrize(
    ("content", "lacking"),
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
def test_json_that_is_no_project_page_is_an_error_that_says_what_it_lacks(content: object, lacking: str) -> None:
    with pytest.raises(PageError, match=f"not a project page: it has {lacking}"):
        bare(content)


@pytest.mark.parametrize("more", [{}, {"name": "pil"}, {"project-status": {"status": "active"}}])
def test_the_list_of_all_projects_is_no_page_of_any(more: dict[str, object]) -> None:
    with pytest.raises(PageError, match="list of all projects"):
        bare({"meta": {"api-version": "1.4"}, "projects": [{"name": "pil"}], **more})


def test_white_space_before_the_files_is_no_trouble() -> None:
    assert decode_page(b'{"name" : "pil", "files" : \n\t [ ] }', JSON, "pil") == ProjectPage(None)


def test_of_a_repeated_key_the_last_value_counts() -> None:
    body = b'{"project-status":{"status":"active"},"project-status":{"status":"archived"},"files":[],"name":"pil"}'
    assert decode_page(body, JSON, "pil") == ProjectPage("archived")


@pytest.mark.parametrize("content", ["[]", "null", '"archived"', "3", "", "[" * 100_000, "{", ARCHIVED.decode()[:-1]])
def test_json_that_is_no_object_or_is_cut_off_is_an_error(content: str) -> None:
    with pytest.raises(PageError):
        decode_page(content.encode(), JSON, "pil")


@pytest.mark.parametrize("where", ['"files"', '"anything"', '"meta": {"project-status"', '"name"'])
def test_deep_nesting_is_an_error_wherever_it_stands(where: str) -> None:
    depth = 300_000
    with pytest.raises(PageError):
        decode_page(f"{{{where}: {'[' * depth}{']' * depth}}}".encode(), JSON, "pil")


@pytest.mark.parametrize("body", [b'{"name": "\xff"}', b'{"name": "\\ud800"}', b'{"name": "\\udfff\\ud800"}'])
def test_text_that_is_no_unicode_is_an_error(body: bytes) -> None:
    with pytest.raises(PageError, match="invalid JSON"):
        decode_page(body, JSON, "pil")


def test_marker_and_reason_are_capped() -> None:
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
def test_json_is_recognised_whatever_it_is_called(content_type: str) -> None:
    for prefix in (b"", b" \n\t", b"\xef\xbb\xbf"):
        assert decode_page(prefix + ARCHIVED, content_type, "pil") == ProjectPage("archived")


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_content_type_of_another_major_version_is_an_error(form: str) -> None:
    with pytest.raises(PageError, match="only version 1 is supported"):
        decode_page(ARCHIVED, f"application/vnd.pypi.simple.v2+{form}", "pil")
