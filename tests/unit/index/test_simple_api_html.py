"""HTML project pages (PEP 503): meta elements of the head, and pages that are rejected."""

from __future__ import annotations

import pytest

from mothball.index.page_fetcher import decode_page
from mothball.index.project_page import ProjectPage
from mothball.model.errors import PageError
from tests.support.timing import least_seconds

HTML = "text/html; charset=utf-8"

FULL = """<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.4">
    <meta name="pypi:project-status" content="quarantined">
    <meta name="pypi:project-status-reason" content="the project is haunted">
    <title>Links for dummy-pkg</title>
  </head>
  <body>
    <h1>Links for dummy-pkg</h1>
    <a href="../../files/dummy_pkg-1.0.tar.gz#sha256=00">dummy_pkg-1.0.tar.gz</a><br />
  </body>
</html>
"""

LISTED_FOLDER = """<html><head><title>Index of /simple/dummy-pkg/</title></head>
<body><h1>Index of /simple/dummy-pkg/</h1><hr><pre><a href="../">../</a>
<a href="Dummy_Pkg-1.0.zip">Dummy_Pkg-1.0.zip</a>    01-Jan-2024 10:00    1024
</pre></body></html>
"""


API_META = '<html><head><meta name="pypi:repository-version" content="1.4">'


def page(text: str, name: str = "dummy-pkg", content_type: str = HTML) -> ProjectPage:
    """Return the page without its files, which test_file_list tests."""
    return decode_page(text.encode(), content_type, name)._replace(files="")


def head(metas: str) -> str:
    return f"<html><head>{metas}<title>Links for dummy-pkg</title></head><body></body></html>"


@pytest.mark.parametrize(
    "content_type",
    ["application/vnd.pypi.simple.v1+html", "text/html", "TEXT/HTML;charset=utf-8", "text_html", "", "text/plain"],
)
def test_status_is_read_for_every_content_type(content_type: str) -> None:
    assert page(FULL, content_type=content_type) == ProjectPage("quarantined", "the project is haunted")


@pytest.mark.parametrize(
    "meta",
    [
        "<META NAME='PyPI:Project-Status' CONTENT='archived'>",
        '<meta content="archived" name="pypi:project-status">',
        "<meta name=pypi:project-status content=archived>",
        "<meta name=pypi:project-status content='archived'/ content=x>",
        '<meta\n\tname = "pypi:project-status"\n\tcontent\n=\n"archived"\n/>',
        '<meta charset="utf-8"><meta data-x data-y=> <meta name="pypi:project-status" content="archived"/>',
        '<meta name="pypi&#58;project-status" content="&#97;rchived">',
        '<title>Links for dummy-pkg</title><meta name="pypi:project-status" content="archived">',
        '<link rel="x" href="y"><style>p > a {}</style></meta></p><meta name="pypi:project-status" content="archived">',
        '<meta name="pypi:project-status" content="archived" content="active" name="other">',
        '<meta name="pypi:project-status" content="archived"><meta content="archived" name="pypi:project-status">',
        '<!--><meta name="pypi:project-status" content="archived"><!-- -->',
        '<!-- a --!><meta name="pypi:project-status" content="archived">',
        '<?xml version="1.0"?> 1 < 2 </> <meta name="pypi:project-status" content="archived">',
    ],
)
def test_marker_is_read_in_every_html_syntax(meta: str) -> None:
    assert page(head(meta)) == ProjectPage("archived")


@pytest.mark.parametrize("body", ['<a href="x">x</a>', "<body>", "<p>none", "</html>", "</BODY >", "<br>"])
def test_page_without_html_head_and_body_tags_is_read(body: str) -> None:
    text = f'<!doctype html><meta name="pypi:project-status" content="archived"><title>x</title>{body}'
    assert page(text) == ProjectPage("archived")


def test_reason_is_only_entity_decoded() -> None:
    reason = '<meta name="pypi:project-status-reason" content="a &lt;b&gt; &amp;amp; &quot;c&quot; &#x1F480;\n d > e">'
    text = head(f'<meta name="pypi:project-status" content="archived">{reason}')
    assert page(text) == ProjectPage("archived", 'a <b> &amp; "c" \N{SKULL}\n d > e')


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- {} -->",
        "<script>{}</script>",
        "<SCRIPT type=module>{}</scripty></Script >",
        "<style>{}</style>",
        "<title>{}</title>",
        "<noscript>{}</noscript>",
        "<template>{}</template>",
        "</head>{}",
        "<body>{}",
        "<h1>dummy-pkg</h1>{}",
        '<a href="dummy_pkg-1.0.tar.gz">x</a>{}',
        "<p>{}",
        "<link title='{}'>",
    ],
)
def test_metas_outside_of_the_head_are_ignored(hidden: str) -> None:
    text = hidden.format('<meta name="pypi:project-status" content="active">')
    assert page(f"<title>Links for dummy-pkg</title>{text}<body>") == ProjectPage(None)


def test_two_different_statuses_are_an_error() -> None:
    metas = '<meta name="pypi:project-status" content="active"><meta name="pypi:project-status" content="archived">'
    with pytest.raises(PageError, match="two different values of"):
        page(head(metas))


def test_reason_without_a_status_is_no_status() -> None:
    assert page(head('<meta name="pypi:project-status-reason" content="r">')) == ProjectPage(None)


@pytest.mark.parametrize("marker", ["Archived", "haunted", ""])
def test_unknown_marker_is_returned_unchanged(marker: str) -> None:
    assert page(head(f'<meta name="pypi:project-status" content="{marker}">')) == ProjectPage(marker)


def test_marker_meta_without_content_is_an_unknown_marker() -> None:
    assert page(head('<meta name="pypi:project-status">')) == ProjectPage("")


def test_higher_major_version_is_an_error_but_minor_is_not() -> None:
    with pytest.raises(PageError, match=r"version 2\.0"):
        page(FULL.replace('"1.4"', '"2.0"'))
    assert page(FULL.replace('"1.4"', '"1.9"')).marker == "quarantined"


def test_marker_and_reason_are_truncated() -> None:
    metas = f'<meta name="pypi:project-status" content="{"m" * 50_000}">'
    metas += f'<meta name="pypi:project-status-reason" content="{"&lt;" * 20_000}">'
    assert page(head(metas)) == ProjectPage("m" * 10_000, "<" * 10_000)


@pytest.mark.parametrize(
    ("server", "text"),
    [
        ("an empty page", "<!DOCTYPE html><html><head><title>Links for dummy-pkg</title></head><body></body></html>"),
        ("a bare heading", "<html><body><h1>Links for Dummy.Pkg</h1></body></html>"),
        ("an index with stages", "<title>root/pypi: links for dummy-pkg (all files)</title><body>"),
        ("a name in quotes", '<title>Links for "Dummy_Pkg":</title><body>'),
        ("a version with a v", '<a href="dummy_pkg-v1.0.tar.gz">x</a>'),
        ("a listed folder", LISTED_FOLDER),
        ("anchors only", '<a href="/f/ab/dummy_pkg-1.0-py3-none-any.whl?x=1#sha256=0">any text</a>'),
    ],
)
def test_pages_of_servers_without_statuses_are_project_pages(server: str, text: str) -> None:
    assert page(text) == ProjectPage(None), server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "<html><head><title>Sign in</title></head><body><form action=/login></form></body></html>",
        '<title>Welcome to our guest network</title><a href="/accept">dummy-pkg</a>',
        '<title>Simple index</title><a href="/simple/dummy-pkg/">dummy-pkg</a>',
        '<head><meta name="pypi:repository-version" content="1.0"></head>',
        '<head><meta name="pypi:project-status-reason" content="moved"></head>',
        f"{API_META}<title>Simple index</title></head><body><a href='/simple/dummy-pkg/'>dummy-pkg</a></body></html>",
        f"{API_META}<title>Simple index</title></head><body><a href='/simple/a/'>a</a></body></html>",
        f"{API_META}</head><body></body></html>",
        '<a href="dummy_pkg_extras-1.0.tar.gz">of a project whose name begins as ours</a>',
        '<meta name="pypi:project-status" content="active"><a href="other-1.0.tar.gz">x</a>',
        '<title>dummy-pkg</title><a href="setup.zip">x</a><a href="other-1.0.tar.gz">x</a>',
        '<title>Index of /simple/dummy-pkg/</title><a href="../">../</a><a>x</a>',
        "<title>Links for</title>",
        "404 page not found",
    ],
)
def test_page_without_evidence_of_the_project_is_an_error(text: str) -> None:
    with pytest.raises(PageError, match="the page is not a project page: no title, heading or file"):
        page(text)


@pytest.mark.parametrize(
    "text",
    [
        FULL.replace("Links for dummy-pkg", "Links for other"),
        FULL.replace("Links for dummy-pkg", "Links for dummy-pkg-extras"),
        "<title>Links for another</title><h1>Links for dummy</h1>",
        "<title>Links for another dummy-pkg</title><body>",
        f"{API_META}<title>root/dev: links for other (all files)</title></head><body></body></html>",
        f"{API_META}</head><body><h1>Links for other</h1><a href='dummy_pkg-1.0.tar.gz'>x</a></body></html>",
    ],
)
def test_page_of_another_project_is_an_error(text: str) -> None:
    with pytest.raises(PageError, match=r"the page belongs to another project, '(other|another|dummy-pkg-extras)'"):
        page(text)


@pytest.mark.parametrize("rest", ["</head><body></body>", "<title>Project</title><body><p>no files here</p>", "<body>"])
def test_status_without_title_is_accepted_without_other_files(rest: str) -> None:
    assert page(f'{API_META}<meta name="pypi:project-status" content="quarantined">{rest}').marker == "quarantined"


@pytest.mark.parametrize(
    "text",
    [
        f"{API_META}\n",
        f"{API_META}<title>Links for dummy-pkg</title>",
        f"{API_META}<title>Links for dummy-pkg</title>\n<link rel=x>",
        f'{API_META}<meta name="pypi:project-status" content="archived">',
        "<title>Links for dummy-pkg</title>",
        "<!DOCTYPE html><html><head><title>Links for dummy-pkg</title></p>\n",
    ],
)
def test_page_that_ends_in_its_head_is_an_error(text: str) -> None:
    with pytest.raises(PageError, match="truncated in its head"):
        page(text)


@pytest.mark.parametrize(
    "text",
    [
        "<title>Links for dummy-pkg</title><!-- ",
        "<title>Links for dummy-pkg",
        "<title>Links for dummy-pkg</title",
        "<title>Links for dummy-pkg</title><meta name='pypi:project-status",
        "<title>Links for dummy-pkg</title><meta name=pypi:project-status content",
        "<title>Links for dummy-pkg</title><meta name=pypi:project-status content=",
        "<title>Links for dummy-pkg</title><script>",
        "<title>Links for dummy-pkg</title><!DOCTYPE",
    ],
)
def test_page_truncated_in_its_head_is_an_error(text: str) -> None:
    with pytest.raises(PageError, match="truncated"):
        page(text)


def test_page_truncated_after_its_head_is_accepted() -> None:
    assert page(FULL[: FULL.index("dummy_pkg-1.0")]) == ProjectPage("quarantined", "the project is haunted")


def test_character_reference_of_thousands_of_digits_is_an_error() -> None:
    with pytest.raises(PageError, match="character reference"):
        page(head(f'<meta name="pypi:project-status" content="&#{"9" * 9_000};">'))


def test_too_long_head_is_an_error() -> None:
    with pytest.raises(PageError, match="head of more than"):
        page(head("<link>" * 100_000))


def test_long_page_is_not_read_completely() -> None:
    links = '<a href="dummy_pkg-1.0.tar.gz">x</a>' * 100_000
    assert page(FULL.replace("</body>", f"{links}<!-- </body>")).marker == "quarantined"


@pytest.mark.alone
@pytest.mark.parametrize(
    "unit", ["<!", "<![", "<!--", "<a ", '<a b="', "<a b='\"", "<title", "<script>", "</", "&", "<a\n/", "--", "<h1>"]
)
def test_hostile_page_takes_linear_time(unit: str) -> None:
    def cost(size: int) -> float:
        text = f"<title>Links for x</title>{unit * (size // len(unit))}"

        def read() -> None:
            with pytest.raises(PageError):
                page(text)

        return least_seconds(read)

    small, large = cost(15_000), cost(240_000)
    # Sixteen times the size: a quadratic scan would take 256 times as long.
    assert large < max(small, 0.0005) * 100
