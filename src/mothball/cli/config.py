"""The command ``mothball config schema``."""

from __future__ import annotations

import argparse
import sys

from mothball.config.json_schema import render_schema


def run(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of the project configuration, or with ``--user`` of the user configuration; return 0."""
    sys.stdout.write(render_schema(user=arguments.user))
    return 0
