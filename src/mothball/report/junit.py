"""The report in the XML format of JUnit, which Jenkins, GitLab, Azure Pipelines and others show as test results.

A file is a test suite, a dependency in it a test case. An error finding is a failure of its test case, or an error if
mothball could not find out whether the dependency is acceptable. The format knows no warnings: they are in the output
of the test case, which passes. Skipped dependencies are skipped test cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from mothball.check.messages import SKIP_REASON_TEXT
from mothball.model.results import Finding, Problem, Report, Rule, Severity, Skipped
from mothball.model.sanitize import one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Characters that XML 1.0 excludes, after `one_line` has replaced the control characters.
_NOT_IN_XML = re.compile("[\ufffe\uffff]")
_UNKNOWN = (Rule.UNVERIFIED, Rule.UNRESOLVABLE, Rule.NOT_STATED, Rule.UNREADABLE)
_NO_FILE = "mothball"


def render_junit(report: Report) -> str:
    """Return the report as an XML document in ASCII."""
    suites: dict[str, dict[tuple[int, str], Element]] = {}
    for checked in report.dependencies:
        line, name = checked.location.start.line, checked.dependency.name
        case = _case(suites, checked.path, line, name)
        if isinstance(checked.lookup, Skipped):
            _add(case, "skipped", SKIP_REASON_TEXT[checked.lookup.reason])
    for entry in report.unnamed:
        start = entry.location.start
        case = _case(suites, entry.location.path, start.line, f"entry in column {start.column}")
        _add(case, "skipped", SKIP_REASON_TEXT[entry.reason])
    for finding in report.findings:
        _add_finding(suites, finding)
    for problem in report.problems:
        _add_problem(suites, problem)
    root = ET.Element("testsuites", {"name": "mothball"})
    for path, cases in suites.items():
        root.append(_suite(path, cases.values()))
    ET.indent(root)
    # ASCII with character references: valid whatever the encoding of standard output is.
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root).decode()}\n'


def _suite(path: str, cases: Iterable[Element]) -> Element:
    cases = list(cases)
    results = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in results.items()}
    suite = ET.Element("testsuite", {"name": path, "tests": str(len(cases)), **counts})
    suite.extend(cases)
    return suite


def _case(suites: dict[str, dict[tuple[int, str], Element]], path: str, line: int, name: str) -> Element:
    """Return the test case of an entry, a new one if there is none. ``line`` is 0 if it is not known."""
    suite = _text(path) or _NO_FILE
    place = {"file": suite, "line": str(line)} if line else {}
    case = ET.Element("testcase", {"classname": suite, "name": _text(name), **place})
    return suites.setdefault(suite, {}).setdefault((line, name), case)


def _add_finding(suites: dict[str, dict[tuple[int, str], Element]], finding: Finding) -> None:
    line = finding.location.start.line if finding.location else 0
    case = _case(suites, finding.path, line, finding.name or finding.index_url or finding.rule)
    message = f"{finding.rule}: {finding.full_message()}"
    if finding.suppressed is not None:
        _add(case, "skipped", f"ignored: {message} ({finding.suppressed.reason or 'no reason given'})")
    elif finding.severity is Severity.ERROR:
        _add(case, "error" if finding.rule in _UNKNOWN else "failure", message, finding.rule, finding.help)
    else:
        _add_output(case, f"{finding.severity}: {message}", finding.help)


def _add_problem(suites: dict[str, dict[tuple[int, str], Element]], problem: Problem) -> None:
    case = _case(suites, problem.path, problem.position.line if problem.position else 0, problem.message)
    if problem.severity is Severity.ERROR:
        _add(case, "error", problem.message, problem.rule or "problem", problem.help)
    else:
        _add_output(case, f"{problem.severity}: {problem.message}", problem.help)


def _add(case: Element, tag: str, message: str, kind: str = "", text: str = "") -> None:
    """Add a result to a test case; a further result of the same kind extends the text of the first one."""
    element = case.find(tag)
    if element is None:
        element = ET.SubElement(case, tag, {"message": _text(message), **({"type": kind} if kind else {})})
        message = ""
    _extend(element, message, text)


def _add_output(case: Element, *lines: str) -> None:
    output = case.find("system-out")
    _extend(ET.SubElement(case, "system-out") if output is None else output, *lines)


def _extend(element: Element, *lines: str) -> None:
    element.text = "\n".join(filter(None, (element.text, *map(_text, lines)))) or None


def _text(text: str) -> str:
    return _NOT_IN_XML.sub(" ", one_line(text, 1000))
