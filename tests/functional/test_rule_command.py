from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from mothball.cli.rule import rule_page
from mothball.config.keys import read_config
from mothball.model.results import Rule
from tests.support.project import Project


def test_rules_are_listed_with_summaries(project: Project) -> None:
    result = project.run("rule")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line.split()[0] for line in lines] == [str(rule) for rule in Rule]
    assert len({len(line) - len(line.split(maxsplit=1)[1]) for line in lines}) == 1
    assert all(len(line) <= 120 and line.endswith(".") for line in lines)


@pytest.mark.parametrize("rule", Rule)
def test_rule_prints_its_page(project: Project, rule: Rule) -> None:
    assert project.run("rule", rule) == (0, rule_page(rule), "")


@pytest.mark.parametrize(
    ("name", "help_text"),
    [
        ("archive", "did you mean `archived`?"),
        ("ARCHIVED", "did you mean `archived`?"),
        ("no\x1b[2Jthing", "expected one of: quarantined, archived, "),
        ("../../../etc/passwd", "expected one of: quarantined, archived, "),
    ],
)
def test_unknown_rule_is_rejected_with_a_suggestion(project: Project, name: str, help_text: str) -> None:
    result = project.run("rule", name)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("mothball: error: unknown rule ")
    assert f"  = help: {help_text}" in result.err
    assert "\x1b" not in result.err


# --- the pages --------------------------------------------------------------------------------------------------------


def test_every_rule_has_exactly_one_page() -> None:
    names = {page.name for page in (files("mothball.check") / "rule_pages").iterdir() if page.is_file()}
    assert names == {f"{rule}.md" for rule in Rule}


@pytest.mark.parametrize("rule", Rule)
def test_page_has_heading_summary_default_and_remedy(rule: Rule) -> None:
    page = rule_page(rule)
    heading, summary, default, *rest = page.split("\n\n")
    assert heading == f"# {rule}"
    assert summary.endswith(".")
    assert summary.count("\n") == 0
    assert default.startswith("**Default:** ")
    assert any(paragraph.startswith("**What to do.** ") for paragraph in rest)
    assert page.endswith("\n")
    assert not page.endswith("\n\n")
    assert all(len(line) <= 120 and line == line.rstrip() for line in page.splitlines())


@pytest.mark.parametrize("rule", Rule)
def test_configuration_examples_on_pages_are_valid(rule: Rule) -> None:
    for block in re.findall(r"(?:^    .*\n)+", rule_page(rule), re.MULTILINE):
        text = re.sub(r"^    ", "", block, flags=re.MULTILINE)
        if text.startswith("[tool.mothball"):
            assert read_config(tomllib.loads(text)["tool"]["mothball"])
