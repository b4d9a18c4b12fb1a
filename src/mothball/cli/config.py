"""The command ``mothball config``: show the effective settings, the path of the user's file, or the JSON Schema."""

from __future__ import annotations

import argparse
import sys

from mothball.model.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Run the action and return the exit code."""
    for option, is_set, action in (
        ("--format json", arguments.output == "json", "show"),
        ("--user", arguments.user, "schema"),
    ):
        if is_set and arguments.action != action:
            raise UsageError(f"{option} only applies to `mothball config {action}`", help_text=f"remove {option}")
    match arguments.action:
        case "path":
            from mothball.config.user_directories import user_config_file  # noqa: PLC0415 - one action per run

            sys.stdout.write(f"{user_config_file()}\n")
        case "schema":
            from mothball.config.json_schema import render_schema  # noqa: PLC0415

            sys.stdout.write(render_schema(user=arguments.user))
        case _:
            from mothball.cli.config_show import show  # noqa: PLC0415

            return show(arguments)
    return 0
