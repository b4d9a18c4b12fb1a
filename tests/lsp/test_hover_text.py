"""Hover text for each lookup result, without markup or links from untrusted text."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mothball.config.project import DEFAULT_INDEX
from mothball.index.releases import Releases
from mothball.lsp.features.hover import HoverContent, code_span, hover_text, project_page
from mothball.lsp.lookups import PENDING
from mothball.model.document import (
    UNRESOLVABLE_REASONS,
    Dependency,
    DependencyKind,
    LineIndex,
    Location,
    Position,
    SkipReason,
    Span,
)
from mothball.model.results import (
    Cause,
    CheckedDependency,
    Finding,
    KnownStatus,
    LookupResult,
    Missing,
    Origin,
    PageFiles,
    ProjectStatus,
    Release,
    Rule,
    Severity,
    Skipped,
    Source,
    StatusNotStated,
    Suppression,
    Unavailable,
    UnrecognizedStatus,
)
from mothball.model.sanitize import one_line

NOW = 1_800_000_000.0
INDEX = "https://index.example/simple/"
PLACE = Location("requirements.txt", Position(1, 1), Position(1, 8), "old-lib")
ORIGIN = Origin(INDEX, NOW - 3 * 3600)


def content(lookup: LookupResult, finding: Finding | None = None, **fields: object) -> HoverContent:
    """Return hover content for `old-lib` with the result ``lookup``; ``fields`` are those of the item and its entry."""
    entry = Dependency("old-lib", Span(0, 7), Span(0, 7))
    own = {key: value for key, value in fields.items() if key in entry._fields}
    more = {key: value for key, value in fields.items() if key not in own}
    lines = LineIndex("old-lib\n")
    item = CheckedDependency(entry._replace(**own), "requirements.txt", lines, lookup, **more)  # type: ignore[arg-type]
    return HoverContent(item, (finding,) if finding else (), NOW)


def finding(rule: Rule, severity: Severity = Severity.ERROR, suppressed: Suppression | None = None) -> Finding:
    return Finding(rule, severity, "", "", location=PLACE, name="old-lib", suppressed=suppressed)


def test_hover_with_all_details() -> None:
    lookup = KnownStatus(ProjectStatus.ARCHIVED, "use new-lib", ORIGIN, Release("2.1.0", "2024-05-06"))
    hover = content(
        lookup,
        finding(Rule.ARCHIVED, Severity.WARNING),
        marker='python_version < "3.9"',
        transitive=True,
        via=("flask-foo", "middle"),
    )
    assert hover_text(hover, markdown=True) == (
        "**archived** `old-lib`  \n"
        "Reason (not verified): `use new-lib`\n\n"
        "- Latest release: `2.1.0` (2024-05-06)\n"
        '- Environment marker: `python_version < "3.9"`\n'
        "- Dependency path: `flask-foo` → `middle` → `old-lib`\n"
        "- Rule `archived`: warning, the default, one level lower for transitive packages\n"
        f"- Index: `{INDEX}`, checked 3 h ago\n"
        f"- [Project page]({INDEX}old-lib/)"
    )
    assert hover_text(hover, markdown=False) == (
        "archived old-lib\n"
        "Reason (not verified): use new-lib\n\n"
        "Latest release: 2.1.0 (2024-05-06)\n"
        'Environment marker: python_version < "3.9"\n'
        "Dependency path: flask-foo → middle → old-lib\n"
        "Rule `archived`: warning, the default, one level lower for transitive packages\n"
        f"Index: {INDEX}, checked 3 h ago\n"
        f"Project page: {INDEX}old-lib/"
    )


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (
            KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN),
            "`old-lib`  \nNot archived, deprecated or quarantined.",
        ),
        (
            KnownStatus(ProjectStatus.ARCHIVED, "", ORIGIN),
            "`old-lib`  \nNo more releases are expected, not",
        ),
        (KnownStatus(ProjectStatus.DEPRECATED, "", ORIGIN), "advise against"),
        (KnownStatus(ProjectStatus.QUARANTINED, "", ORIGIN), "possible malware"),
        (StatusNotStated(ORIGIN), "may be archived"),
        (UnrecognizedStatus("frozen", "since May", ORIGIN), "Status: `frozen`"),
        (UnrecognizedStatus("frozen", "since May", ORIGIN), "`old-lib`  \nReason (not verified): `since May`"),
        (Missing(ORIGIN), "anyone can register"),
        (Unavailable(Cause.TIMEOUT, "no answer", ORIGIN), f"Lookup on `{INDEX}` failed: `no answer`"),
        (Unavailable(Cause.OFFLINE, "offline, and not cached", ORIGIN), "failed: `offline, and not cached`"),
        (
            KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN._replace(source=Source.STALE)),
            "the latest attempt to refresh it failed",
        ),
        (
            KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN._replace(source=Source.SNAPSHOT)),
            "Status from a snapshot, 3 h old",
        ),
        (PENDING, "**looking up …**"),
        *((Skipped(reason), "**skipped**") for reason in set(SkipReason) - UNRESOLVABLE_REASONS),
        *((Skipped(reason), "**unresolvable**") for reason in UNRESOLVABLE_REASONS),
    ],
)
def test_hover_text_of_each_lookup_result(lookup: LookupResult, expected: str) -> None:
    text = hover_text(content(lookup), markdown=True)
    assert expected in text
    assert text.partition("\n")[0].rstrip().endswith("`old-lib`")


@pytest.mark.parametrize(
    ("rule_finding", "expected"),
    [
        (finding(Rule.ARCHIVED, Severity.WARNING), "Rule `archived`: warning"),
        (finding(Rule.ARCHIVED, Severity.NOTE), "Rule `archived`: note"),
        (finding(Rule.ARCHIVED, Severity.OFF), "Rule `archived`: off"),
        (finding(Rule.ARCHIVED, suppressed=Suppression("config", "later")), "ignored by `mothball.toml`: `later`"),
        (finding(Rule.ARCHIVED, suppressed=Suppression("comment", "")), "ignored by a comment in this file"),
    ],
)
def test_hover_shows_severity_and_ignores(rule_finding: Finding, expected: str) -> None:
    lookup = KnownStatus(ProjectStatus.ARCHIVED, "", ORIGIN)
    hover = content(lookup, rule_finding)._replace(config_path="mothball.toml")
    assert expected in hover_text(hover, markdown=True)


@pytest.mark.parametrize(
    ("severities", "transitive", "expected"),
    [
        ({}, False, "the default"),
        ({"archived": Severity.NOTE}, False, "set by `severity.archived` in `sub/pyproject.toml`"),
        ({}, True, "the default, one level lower for transitive packages"),
        (
            {"archived": Severity.NOTE},
            True,
            "set by `severity.archived` in `sub/pyproject.toml`, one level lower for transitive packages",
        ),
        ({"archived.transitive": Severity.NOTE}, True, "set by `severity.archived.transitive` in `sub/pyproject.toml`"),
        ({"archived.transitive": Severity.NOTE, "archived.added": Severity.OFF}, False, "the default"),
    ],
)
def test_hover_shows_where_the_severity_is_set(
    severities: dict[str, Severity], expected: str, *, transitive: bool
) -> None:
    lookup = KnownStatus(ProjectStatus.ARCHIVED, "", ORIGIN)
    hover = content(lookup, finding(Rule.ARCHIVED, Severity.NOTE), transitive=transitive)
    text = hover_text(hover._replace(severities=severities, config_path="sub/pyproject.toml"), markdown=True)
    assert f"- Rule `archived`: note, {expected}\n" in text


def test_hover_explains_the_severity_of_a_constraint() -> None:
    hover = content(KnownStatus(ProjectStatus.ARCHIVED, "", ORIGIN), finding(Rule.ARCHIVED, Severity.WARNING))
    dependency = hover.item.dependency._replace(kind=DependencyKind.CONSTRAINT)
    text = hover_text(hover._replace(item=hover.item._replace(dependency=dependency)), markdown=True)
    assert "- Rule `archived`: warning, the default, one level lower for constraints\n" in text


def test_hover_shows_the_configured_successor() -> None:
    lookup = KnownStatus(ProjectStatus.ARCHIVED, "use evil-lib", ORIGIN)
    hover = content(lookup, finding(Rule.ARCHIVED)._replace(successor="new-lib"))
    text = hover_text(hover._replace(config_path="mothball.toml"), markdown=True)
    assert "- Successor: `new-lib` (`successors` in `mothball.toml`)\n" in text
    assert text.count("evil-lib") == 1


FILES = PageFiles(
    "old-lib-1.0.tar.gz\t2023-01-02T00:00:00Z\t\t\n"
    "old_lib-1.5-py3-none-any.whl\t2023-06-02T00:00:00Z\t\t\n"
    "old-lib-1.5.tar.gz\t2023-06-01T00:00:00Z\t\t!\n"
    "old-lib-1.6.tar.gz\t2023-07-01T00:00:00Z\t\t!broken wheel\n"
    "old-lib-2.0.tar.gz\t2024-01-01T00:00:00Z\t\t\n"
    "odd name\t\t\t",
    is_whole=True,
    origin=ORIGIN,
)


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        (">=1,<2", "- Newest release that fits `>=1,<2`: `1.5` (2023-06-01)\n"),
        ("~=1.0", "- Newest release that fits `~=1.0`: `1.5` (2023-06-01)\n"),
        (">=2", ""),
        ("", ""),
        (">9", ""),
        ("^1.0", ""),
        ("==1.6", "- Version `1.6`: yanked: `broken wheel`\n"),
        ("==1.5", "- Version `1.5`: not yanked, published 2023-06-01\n"),
        ("==1.7", ""),
    ],
)
def test_hover_shows_the_release_that_fits(specifier: str, expected: str) -> None:
    lookup = KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN, Release("2.0", "2024-01-01"))
    hover = content(lookup, specifier=specifier)._replace(releases=Releases("old-lib", FILES))
    text = hover_text(hover, markdown=True)
    assert f"- Latest release: `2.0` (2024-01-01)\n{expected}- Index" in text


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("see https://code.example/x", "`see` <https://code.example/x>"),
        ("https://a.example/b#c.", "<https://a.example/b#c> `.`"),
        ("https://a.example. Or not", "<https://a.example> `. Or not`"),
        ("https://a.example/b?c=d", "`https://a.example/b?***`"),
        ("http://a.example/b", "`http://a.example/b`"),
        ("https://user@evil.example/", "`https://****@evil.example/`"),
        ("[x](https://a.example)", "`[x](` <https://a.example> `)`"),
    ],
)
def test_plain_https_urls_of_a_reason_are_visible_links(reason: str, expected: str) -> None:
    lookup = KnownStatus(ProjectStatus.ARCHIVED, reason, ORIGIN)
    assert f"Reason (not verified): {expected}\n" in hover_text(content(lookup), markdown=True)


def test_transitive_dependency_without_path() -> None:
    lookup = KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN)
    assert "Transitive dependency, path unknown" in hover_text(content(lookup, transitive=True), markdown=True)


# --- untrusted text --------------------------------------------------------------------------------------------------

_MARKUP = (
    *(
        "[a](http://evil.example)",
        "<script>",
        "![x](y)",
        "**b**",
        "`",
        "``",
        "https://evil.example",
        "www.evil.example",
    ),
    *(
        "me@evil.example",
        "# h",
        "- i",
        "| t |",
        "&lt;",
        "\\",
        "\n\n",
        "]",
        "(",
        "_e_",
        "~~s~~",
        "$x$",
        "<http://e>",
        "\u202e",
    ),
)
HOSTILE = st.lists(st.sampled_from(_MARKUP) | st.text(max_size=5), max_size=8).map("".join)
# CommonMark, and the extensions of editors: tables and strikethrough.
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def skeleton(markdown: str) -> list[str]:
    """Return the token types of ``markdown``, with the text outside of code spans and link targets."""
    kinds: list[str] = []
    for token in PARSER.parse(markdown):
        for part in (token, *(token.children or ())):
            if part.type == "link_open" and part.markup == "autolink":
                assert re.fullmatch(r"https://[a-z0-9.-]+(?:/[\w/.~%#?=&+-]*)?", str(part.attrs["href"]))
            words = {"text": part.content, "link_open": part.attrs.get("href")}.get(part.type)
            kinds.append(f"{part.type} {words}" if words else part.type)
    return kinds


def test_hover_marks_a_result_that_is_not_authenticated() -> None:
    lookup = KnownStatus(ProjectStatus.ACTIVE, "", ORIGIN._replace(authenticated=False))
    text = hover_text(content(lookup), markdown=False)
    assert f"Index: {INDEX}, checked 3 h ago; not authenticated (`insecure-hosts`)\n" in text


def hover_for(reason: str, name: str, marker: str, ignored: str) -> str:
    lookup = KnownStatus(ProjectStatus.ARCHIVED, reason, Origin(f"http://{marker}/", NOW))
    suppressed = finding(Rule.ARCHIVED, suppressed=Suppression("comment", ignored))
    return hover_text(
        content(lookup, suppressed, name=name, marker=marker, transitive=True, via=(name, marker)), markdown=True
    )


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
@example("`", "``` `", "a`", "`b")
def test_no_untrusted_text_is_markup_or_a_link(reason: str, name: str, marker: str, ignored: str) -> None:
    # The text outside of code spans does not depend on untrusted text, except plain https URLs in the reason.
    reason = reason.replace("https://", "hxxps://")
    assert skeleton(hover_for(f"r{reason}", f"n{name}", f"m{marker}", f"i{ignored}")) == skeleton(
        hover_for("r", "n", "m", "i")
    )


@given(HOSTILE)
def test_links_in_a_reason_are_https_urls_that_are_visible(reason: str) -> None:
    tokens = skeleton(hover_for(f"r{reason}", "n", "m", "i"))
    links = [token.partition(" ")[2] for token in tokens if token.startswith("link_open")]
    shown = [token.partition(" ")[2] for token in tokens if token.startswith("text")]
    assert set(links) <= {*shown, f"{INDEX}old-lib/"}


@given(HOSTILE)
def test_reason_that_is_empty_after_sanitizing_is_omitted(reason: str) -> None:
    lookup = KnownStatus(ProjectStatus.ARCHIVED, reason, ORIGIN)
    assert ("Reason (not verified)" in hover_text(content(lookup), markdown=True)) == bool(one_line(reason))


@given(st.text(st.sampled_from("` ab\\*"), min_size=1, max_size=12))
def test_code_span_renders_its_text(text: str) -> None:
    (paragraph,) = (token for token in PARSER.parse(f"x {code_span(text)} y") if token.type == "inline")
    assert paragraph.children is not None
    (span,) = (child for child in paragraph.children if child.type == "code_inline")
    assert span.content == text


# --- project page ---


def test_project_page_url() -> None:
    def page(index: str, source: Source = Source.INDEX) -> str | None:
        return project_page("old-lib", KnownStatus(ProjectStatus.ACTIVE, "", Origin(index, NOW, source)))

    assert page(INDEX) == f"{INDEX}old-lib/"
    assert page(DEFAULT_INDEX) == DEFAULT_INDEX.replace("simple", "project") + "old-lib/"
    assert page("http://index.example/simple/") is None
    assert page(INDEX, Source.SNAPSHOT) is None
    assert page("https://x/)(y/") is None
    assert page("https://[x/") is None


@pytest.mark.parametrize(
    "lookup",
    [Skipped(SkipReason.PRIVATE), Missing(ORIGIN), Unavailable(Cause.TIMEOUT, "", ORIGIN), PENDING],
)
def test_name_not_returned_by_an_index_has_no_link(lookup: LookupResult) -> None:
    assert project_page("old-lib", lookup) is None
    assert "http" not in hover_text(content(lookup), markdown=True).replace(INDEX, "")
