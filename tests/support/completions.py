"""Generate the shell completions of the command line with shtab."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import shtab

from mothball.cli.parser import SHELLS, parser_for
from mothball.model.file_names import FORMATS
from mothball.model.results import Rule

_CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("check", "format"): tuple(FORMATS),
    ("rule", "name"): tuple(map(str, Rule)),
}


def completions() -> dict[str, str]:
    """Return the completion script of each shell."""
    parser, _ = parser_for(())
    for action in parser._actions:
        if (
            action.help == argparse.SUPPRESS
        ):  # the help lists the commands in groups instead; shtab would leave them out
            action.help = "command"
    for command, action in _actions(parser):
        if action.metavar in ("FILE", "PATH"):
            # shtab reads this attribute.
            complete: Any = shtab.FILE
            action.complete = complete  # type: ignore[attr-defined]
        elif (command, action.dest) in _CHOICES:
            # The parser itself suggests the closest name instead.
            action.choices = _CHOICES[command, action.dest]
    return {shell: shtab.complete(parser, shell).rstrip() + "\n" for shell in SHELLS}


def _actions(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Yield each command with each of its arguments."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield from ((name, each) for each in command._actions)
