"""The command ``mothball rule [NAME]``."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files

from mothball.model.errors import UsageError, suggest
from mothball.model.results import Rule
from mothball.model.sanitize import one_line


def run(arguments: argparse.Namespace) -> int:
    """Print the page of a rule, or a list of all rules, and return 0. Raises UsageError for an unknown rule."""
    name = arguments.name
    if name is None:
        width = max(map(len, Rule))
        for rule in Rule:
            summary = rule_page(rule).split("\n\n")[1].replace("\n", " ")
            sys.stdout.write(f"{rule:<{width}}  {summary}\n")
    elif name in tuple(Rule):
        sys.stdout.write(rule_page(Rule(name)))
    else:
        raise UsageError(f"unknown rule `{one_line(name, 60)}`", help_text=suggest(name.lower(), tuple(Rule)))
    return 0


def rule_page(rule: Rule) -> str:
    """Return the Markdown page of ``rule``: a heading, a one-sentence summary, then the details."""
    return (files("mothball.check") / "rule_pages" / f"{rule}.md").read_text("utf-8")
