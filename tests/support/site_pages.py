"""The generated pages and parts of the documentation site: rules, command line, configuration keys."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mothball.cli.parser import parser_for
from mothball.cli.rule import rule_page
from mothball.config.json_schema import schema
from mothball.model.results import Rule
from tests.tables.configuration_keys import DEFAULTS


def table(columns: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown; ``columns`` are its headings."""
    head = f"| {columns} |\n|{'---|' * (columns.count('|') + 1)}\n"
    return head + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def rules() -> str:
    """Return a table of all rules with links to their pages."""
    rows = ((f"[`{rule}`]({rule}.md)", rule_page(rule).split("\n\n")[1].replace("\n", " ")) for rule in Rule)
    return table("rule | when", rows)


# --- command line -----------------------------------------------------------------------------------------------------


def command_line() -> str:
    """Return a section for each command: its description, its usage, and a table for each group of arguments."""
    _, commands = parser_for(())
    return "\n".join(_command(name, parser, parser.short_usage()) for name, parser in commands.items())


def _command(name: str, parser: argparse.ArgumentParser, usage: str) -> str:
    description = " ".join((parser.description or "").split())
    rows = []
    for group in parser._action_groups:
        actions = [
            action
            for action in group._group_actions
            if action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction)
        ]
        if actions and group.title != "Arguments":
            rows.append((f"**{group.title}**", ""))
        rows += [(_names(action), _cell(action.help or "")) for action in actions]
    shown = f"```text\n{usage}\n```\n"
    return "\n".join([f"### mothball {name}\n", f"{_code(description)}\n", shown, table("argument | meaning", rows)])


def _names(action: argparse.Action) -> str:
    value = f" {_value(action)}" if action.option_strings and action.nargs != 0 else ""
    return ", ".join(f"`{name}{value}`" for name in action.option_strings or (_value(action),))


def _value(action: argparse.Action) -> str:
    if action.metavar is None and action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return str(action.metavar or action.dest.upper())


def _cell(text: str) -> str:
    return _code(text).replace("|", "\\|")


def _code(text: str) -> str:
    """Return a help text with options as code."""
    return re.sub(r"(?<![`\w-])(--[a-z][a-z-]*)", r"`\1`", text)


# --- configuration ----------------------------------------------------------------------------------------------------


def keys() -> dict[str, str]:
    """Return the facts about each key of the project and the user configuration."""
    project, user = schema()["properties"], schema(user=True)["properties"]
    return {key: _key(key, project.get(key), user.get(key)) for key in {**project, **user}}


def _key(key: str, project: Mapping[str, Any] | None, user: Mapping[str, Any] | None) -> str:
    fragment = project or user
    assert fragment is not None
    default = DEFAULTS[key]
    where = " and ".join(name for name, found in (("project", project), ("user", user)) if found)
    facts = (
        f"{fragment['description']}\n\n"
        f"**Type:** {_type(fragment)} · "
        f"**Default:** {f'`{default}`' if default else 'not set'} · "
        f"**In:** {where} configuration\n"
    )
    nested = _nested(fragment)
    if nested is None:
        return facts
    rows = ((f"`{name}`", _type(one), one["description"]) for name, one in nested.items())
    return f"{facts}\n{table('key of an entry | type |', rows)}"


def _nested(fragment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the keys of an entry, if ``fragment`` is a table whose entries are tables."""
    entries = [fragment.get("additionalProperties"), *fragment.get("patternProperties", {}).values()]
    return next((one["properties"] for one in entries if isinstance(one, dict) and "properties" in one), None)


def _type(fragment: Mapping[str, Any]) -> str:
    if "enum" in fragment:
        return " or ".join(f'`"{value}"`' for value in fragment["enum"])
    match fragment["type"]:
        case "array":
            items = fragment["items"]
            return f"array of {items.get('type', 'string')}s"
        case "object":
            return "table"
        case kind:
            return str(kind)
