"""Reports for CI systems with hostile text everywhere, read back by libraries that read such reports."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

from hypothesis import given
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from mothball.model.results import Finding, Problem, Report, Rule, Severity, Summary
from mothball.report.annotations import render_gitlab
from mothball.report.junit import render_junit
from mothball.report.markdown import render_markdown
from tests.support.hostile import assert_harmless
from tests.support.reports import hostile_reports

EMPTY = Summary(*[0] * len(Summary._fields))
TAGS = {
    "h3",
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "code",
    "pre",
    "strong",
    "ul",
    "li",
    "br",
    "details",
    "summary",
}


def html_of(report: Report) -> str:
    html: str = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(render_markdown(report))
    return html


def outside_code(html: str) -> str:
    return re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)


@given(hostile_reports())
def test_gitlab_has_one_harmless_issue_for_each_finding_and_problem(report: Report) -> None:
    text = render_gitlab(report)
    issues = json.loads(text)
    live = [finding for finding in report.findings if finding.suppressed is None]
    assert len(issues) == len(live) + len(report.problems)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert_harmless("".join(issue["description"] + issue["location"]["path"] for issue in issues))
    assert text.isascii()


@given(hostile_reports())
def test_junit_is_harmless_xml(report: Report) -> None:
    text = render_junit(report)
    suites = JUnitXml.fromstring(text.encode())
    assert sum(suite.tests for suite in suites) == len(list(ET.fromstring(text).iter("testcase")))
    for element in ET.fromstring(text).iter():
        assert_harmless("".join([element.text or "", *element.attrib.values()]))
    assert "##[" not in text
    assert text.isascii()


@given(hostile_reports())
def test_markdown_has_one_row_for_each_finding_and_no_other_markup(report: Report) -> None:
    html = html_of(report)
    ignored = [finding for finding in report.findings if finding.suppressed is not None]
    heads = bool(ignored) + (len(ignored) < len(report.findings))
    assert html.count("<tr>") == len(report.findings) + heads
    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= TAGS
    assert not re.search(r"@|#\d|://|www\.", outside_code(html))
    assert_harmless(html)


def test_markdown_shows_only_words_that_may_become_links_as_code() -> None:
    problem = Problem(Severity.ERROR, "the file `x` of @someone at https://host.example is *odd*, see #3")
    report = Report((), (), (problem,), EMPTY)
    html = html_of(report)
    assert "file <code>x</code> of <code>@someone</code> at <code>https://host.example</code> is *odd*, see" in html
    assert "see <code>#3</code>" in html


def test_markdown_keeps_a_cell_with_bars_and_backquotes_together() -> None:
    finding = Finding(
        Rule.ARCHIVED, Severity.ERROR, "a | b `c | d` \\| e", "", "f | `g` \\", path="h|i`j.txt", name="k"
    )
    html = html_of(Report((), (finding,), (), EMPTY))
    cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", html)]
    assert cells == ["error", "k", "h|i`j.txt", "archived: a | b c | d \\| ef | `g` \\"]
