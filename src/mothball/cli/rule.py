"""``mothball rule [NAME]``: what a rule means and what to do about it."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files

from mothball.model.errors import UsageError, suggest
from mothball.model.findings import Rule
from mothball.model.sanitize import one_line


def run(arguments: argparse.Namespace) -> int:
    """Print the page of the rule, or a line for each rule, and return 0. Raises UsageError on an unknown name."""
    name = arguments.name
    if name is None:
        width = max(map(len, Rule))
        sys.stdout.write("".join(f"{rule:<{width}}  {_summary(page_of(rule))}\n" for rule in Rule))
    elif name in tuple(Rule):
        sys.stdout.write(page_of(Rule(name)))
    else:
        raise UsageError(f"there is no rule {one_line(name, 60)}", help_text=suggest(name.lower(), tuple(Rule)))
    return 0


def page_of(rule: Rule) -> str:
    """Return the page of ``rule``: Markdown, a heading, a sentence that sums it up, then the rest."""
    return (files("mothball.check") / "rule_pages" / f"{rule}.md").read_text("utf-8")


def _summary(page: str) -> str:
    return page.split("\n\n")[1].replace("\n", " ")
