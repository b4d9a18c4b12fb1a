"""Properties of page decoding: any bytes are a page or a PageError."""

from __future__ import annotations

import html
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mothball.index.page_fetcher import decode_page
from mothball.index.project_page import ProjectPage, status_of_page
from mothball.model.errors import PageError
from mothball.model.results import KnownStatus, Origin, ProjectStatus, StatusNotStated, UnrecognizedStatus

ORIGIN = Origin("https://index.example/simple/", 1_700_000_000.0)

CONTENT_TYPES = st.sampled_from(
    ["application/vnd.pypi.simple.v1+json", "application/json", "text/html", "text_html", ""]
)
FRAGMENTS = st.sampled_from(
    [
        "<", ">", "</", "<!--", "-->", "<!", "=", '"', "'", " ", "&#", "&lt;", "/", "{", "}", "[", ":", ",", "null",
        "<meta", "<title>", "</title>", "<a href=", "<h1>", "<script>", "</script>", "</head>", "Links for x",
        "name=", "content=", "pypi:project-status", "pypi:repository-version", "archived", "x-1.0.zip", "1.4", "2.0",
        '"projects"',
        '"files"', '"name"', '"x"', '"meta"', '"project-status"', '"status"', '"api-version"', "\ud800", "\0",
    ]
)  # fmt: skip
TEXTS = st.lists(FRAGMENTS, max_size=40).map("".join)
MARKUP = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def decoded(body: bytes, content_type: str) -> ProjectPage | str:
    """Return the page or the message of the PageError."""
    try:
        return decode_page(body, content_type, "x")
    except PageError as error:
        return str(error)


@given(
    st.one_of(st.binary(max_size=300), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))),
    st.one_of(CONTENT_TYPES, st.text(max_size=20)),
)
def test_any_bytes_are_a_page_or_a_page_error(body: bytes, content_type: str) -> None:
    outcome = decoded(body, content_type)
    if isinstance(outcome, ProjectPage):
        assert outcome.marker is None or len(outcome.marker) <= 10_000
    else:
        assert outcome.startswith("the page ")
        assert outcome.isprintable()


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=10)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(
                st.sampled_from(
                    ["name", "meta", "files", "projects", "project-status", "status", "state", "reason", "api-version"]
                ),
                inner,
                max_size=5,
            ),
        ),
    )
)
def test_any_json_is_a_page_or_a_page_error(content: object) -> None:
    assert decoded(json.dumps(content).encode(), "application/json")


@given(marker=MARKUP, reason=MARKUP)
def test_json_and_html_pages_are_equivalent(marker: str, reason: str) -> None:
    as_json = json.dumps({"name": "x", "files": [], "project-status": {"status": marker, "reason": reason}})
    as_html = (
        f'<head><meta name="pypi:project-status" content="{html.escape(marker)}">'
        f"<meta content='{html.escape(reason)}' name=pypi:project-status-reason></head>"
    )
    expected = ProjectPage(marker, reason)
    assert decode_page(as_json.encode(), "application/json", "x") == expected
    assert decode_page(as_html.encode(), "text/html", "x") == expected


@pytest.mark.parametrize("status", list(ProjectStatus))
def test_each_marker_of_the_standard_is_a_known_status(status: ProjectStatus) -> None:
    assert status_of_page(ProjectPage(status.value, "why"), ORIGIN) == KnownStatus(status, "why", ORIGIN)


def test_an_absent_marker_is_not_stated() -> None:
    assert status_of_page(ProjectPage(None), ORIGIN) == StatusNotStated(ORIGIN)


@pytest.mark.parametrize("marker", ["Archived", "ARCHIVED", "archived ", "", "retired", "active\n"])
def test_any_other_marker_is_unrecognized(marker: str) -> None:
    assert status_of_page(ProjectPage(marker, "why"), ORIGIN) == UnrecognizedStatus(marker, "why", ORIGIN)


def test_status_of_cached_page_imports_no_decoder_or_http() -> None:
    heavy = ["msgspec", "html", "requests", "urllib3", "urllib", "ssl", "http", "packaging"]
    code = f"import sys, mothball.index.project_page; print([name for name in {heavy} if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output == "[]\n"
