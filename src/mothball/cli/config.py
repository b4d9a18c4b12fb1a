"""``mothball config schema``: what the configuration may hold, for editors and checks."""

from __future__ import annotations

import argparse
import sys

from mothball.config.json_schema import render_schema


def run(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of a project's configuration, or with ``--user`` of the user's, and return 0."""
    sys.stdout.write(render_schema(user=arguments.user))
    return 0
